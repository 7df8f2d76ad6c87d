//! `dataforge import`.

mod plan;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use dataforge_node::api::{ErrorKind, FileResult, ImportOptions, ImportSummary, Nulls, Reply, Request};

use crate::context::Context;
use crate::error::Failure;
use crate::outfile::OutFile;
use crate::output::{Align, Human, Table, bytes, clean, count, duration, plural};
use crate::paths;

/// Warnings that are printed; `--json` has more.
const WARNINGS: usize = 10;
/// Wells of one file's well shown.
const OTHERS: usize = 2;
/// Proposals of duplicates that are printed.
const DUPLICATES: usize = 10;
/// Bytes of a map.
const MAX_MAP_BYTES: u64 = 1 << 20;

const EXAMPLES: &str = "\
Examples:
  dataforge import ~/logs                      # a folder: logs and tables; the rest is kept as attachments
  dataforge import ~/logs --dry-run            # what would happen, and why
  dataforge import tops.csv --write-map m.toml # how its columns would be read, as a file to correct
  dataforge import tops.csv --map m.toml       # and the table read by it
  dataforge import ~/incoming --watch          # and go on with what appears there";

/// Imports logs and tables. Ends with 4 when a file failed; the others are imported all the same.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Import {
    /// Files, folders (walked in full) and patterns with *, ? and **
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Say what would happen, and write nothing
    #[arg(long)]
    dry_run: bool,
    /// Refuse a file at its first oddity
    #[arg(long)]
    strict: bool,
    /// How columns of tables are to be read; docs/tables.md has the form
    #[arg(long, value_name = "FILE")]
    map: Option<PathBuf>,
    /// Write how the columns of one table would be read into a file, and import nothing
    #[arg(long, value_name = "FILE", conflicts_with = "watch")]
    write_map: Option<PathBuf>,
    /// The well all runs belong to, instead of the one the files name
    #[arg(long, value_name = "WELL")]
    well: Option<String>,
    /// The project that wells without one are filed under, and that other files belong to; its quota and
    /// its allowed file types hold
    #[arg(long, value_name = "PROJECT")]
    project: Option<String>,
    /// File what has no identifier under the one well of its name
    #[arg(long)]
    match_names: bool,
    /// Encoding of the text, such as windows-1251; found out by default
    #[arg(long, value_name = "NAME")]
    encoding: Option<String>,
    /// What counts as no value besides the header's: none (not even that), common, aggressive, or
    /// numbers and words
    #[arg(long, value_name = "VALUE,…", value_delimiter = ',', allow_hyphen_values = true)]
    nulls: Vec<String>,
    /// Leave files alone that are no logs and no tables
    #[arg(long)]
    no_attachments: bool,
    /// Make gridded copies too
    #[arg(long)]
    grid: bool,
    /// Go on with what appears in the folders, until Ctrl-C
    #[arg(long, conflicts_with = "dry_run")]
    watch: bool,
}

impl Import {
    /// Does it.
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let paths = paths::expand(&self.paths)?;
        let options = ImportOptions {
            strict: self.strict,
            dry_run: self.dry_run || self.write_map.is_some(),
            encoding: self.encoding,
            nulls: nulls(self.nulls),
            map: self.map.as_deref().map(read_map).transpose()?,
            well: self.well,
            project: self.project,
            match_names: self.match_names,
            no_attachments: self.no_attachments,
            grid: self.grid,
            watch: self.watch,
        };
        let reply = context.call(Request::Import { workspace: context.workspace.clone(), paths, options }).await?;
        if let (Some(path), Reply::Import(summary)) = (&self.write_map, &reply) {
            write_map(path, &summary.files)?;
        }
        show(context, reply)
    }
}

/// Prints what became of files; some of them may have failed.
pub(super) fn show(context: &Context, reply: Reply) -> Result<(), Failure> {
    context.show(&reply)?;
    match reply {
        Reply::Import(summary) if summary.failed > 0 => {
            context.note(&format!("error: {} not imported, see above", plural(summary.failed, "file")));
            Err(Failure::Reported(ErrorKind::Input))
        }
        _ => Ok(()),
    }
}

fn write_map(path: &Path, files: &[FileResult]) -> Result<(), Failure> {
    let maps: Vec<_> = files.iter().filter_map(|file| file.mapping.as_deref()).collect();
    let [map] = maps.as_slice() else {
        return Err(Failure::usage(format!("a map is for one table, these are {}", maps.len()), "name one file"));
    };
    let mut file = OutFile::create(path, false)?;
    file.write_all(map.as_bytes()).map_err(|error| Failure::from_file("write", path, &error))?;
    file.finish().map(|_path| ())
}

fn nulls(values: Vec<String>) -> Nulls {
    match values.as_slice() {
        [] => Nulls::Header,
        [one] if one == "none" => Nulls::None,
        [one] if one == "common" => Nulls::Common,
        [one] if one == "aggressive" => Nulls::Aggressive,
        _ => Nulls::Also(values),
    }
}

fn read_map(path: &Path) -> Result<String, Failure> {
    let size = std::fs::metadata(path).map_err(|error| Failure::from_file("read", path, &error))?.len();
    if size > MAX_MAP_BYTES {
        return Err(Failure::usage(format!("{} is too large for a map", path.display()), "is it the table itself?"));
    }
    std::fs::read_to_string(path).map_err(|error| Failure::from_file("read", path, &error))
}

impl Human for ImportSummary {
    fn human(&self) -> String {
        let mut table = Table::new(&[("files", Align::Left), ("", Align::Right)]);
        table.row([if self.dry_run { "would be imported" } else { "imported" }, &count(self.imported)]);
        if self.attached > 0 {
            table.row([if self.dry_run { "would be attached" } else { "attached" }, &count(self.attached)]);
        }
        table.row(["already here", &count(self.already_here)]);
        table.row(["failed", &count(self.failed)]);
        if self.skipped > 0 {
            table.row(["left alone", &count(self.skipped)]);
        }
        let imported = self.files.iter().filter(|file| file.outcome == "imported");
        let (runs, curves, rows) = imported.fold((0, 0, 0), |(runs, curves, rows), file| {
            (runs + file.runs.len() as u64, curves + file.curves, rows + file.rows)
        });
        let totals = format!(
            "{}, {}, {} from {} in {}",
            plural(runs, "run"),
            plural(curves, "curve"),
            plural(rows, "row"),
            bytes(self.bytes),
            duration(Duration::try_from_secs_f64(self.seconds).unwrap_or_default()),
        );
        let files = &self.files;
        let parts = [
            table.text(),
            totals,
            plan::text(files),
            failures(files),
            restorable(files),
            duplicates(files),
            warnings(files),
        ];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n\n")
    }
}

fn duplicates(files: &[FileResult]) -> String {
    let mut lines = Vec::new();
    for file in files.iter().filter(|file| !file.duplicates.is_empty()) {
        let mut others: Vec<_> = file.duplicates.iter().take(OTHERS).map(|other| clean(other)).collect();
        if let more @ 1.. = file.duplicates.len() - others.len() {
            others.push(format!("and {more} more"));
        }
        lines.push(format!("maybe the same well  {}: {}", name(file), others.join("; ")));
    }
    if lines.len() > DUPLICATES {
        let more = lines.len() - DUPLICATES;
        lines.truncate(DUPLICATES);
        lines.push(format!("                     and {more} more: dataforge duplicates"));
    }
    lines.join("\n")
}

fn name(file: &FileResult) -> String {
    clean(&file.path.display().to_string())
}

fn failures(files: &[FileResult]) -> String {
    let mut lines = Vec::new();
    for file in files.iter().filter(|file| file.outcome == "failed") {
        lines.push(format!("failed  {}", name(file)));
        lines.push(format!("        {}", clean(file.error.as_deref().unwrap_or("no reason is known"))));
        lines.extend(file.hint.iter().map(|hint| format!("        hint: {}", clean(hint))));
    }
    lines.join("\n")
}

fn restorable(files: &[FileResult]) -> String {
    let mut lines = Vec::new();
    for file in files.iter().filter(|file| file.outcome == "restorable") {
        let runs: Vec<_> =
            file.runs.iter().map(|run| format!("dataforge restore {}", super::workspaces::short(run))).collect();
        lines.push(format!("deleted before  {}\n                take it back with {}", name(file), runs.join("; ")));
    }
    lines.join("\n")
}

fn warnings(files: &[FileResult]) -> String {
    let total: u64 = files.iter().map(|file| file.warnings_total).sum();
    if total == 0 {
        return String::new();
    }
    let shown = files.iter().flat_map(|file| file.warnings.iter().map(move |warning| (file, warning)));
    let mut lines: Vec<_> = shown
        .take(WARNINGS)
        .map(|(file, warning)| {
            let short = file.path.file_name().unwrap_or_default().to_string_lossy();
            format!("warning  {}:{}", clean(&short), clean(warning))
        })
        .collect();
    let more = total.saturating_sub(lines.len() as u64);
    if more > 0 {
        lines.push(format!("         and {} more; --json has those of every file", count(more)));
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, outcome: &str) -> FileResult {
        FileResult {
            path: name.into(),
            outcome: outcome.into(),
            runs: vec!["0123456789abcdef".into()],
            curves: 3,
            rows: 1000,
            ..FileResult::default()
        }
    }

    #[test]
    fn a_summary_names_what_failed_and_why() {
        let bad = FileResult {
            error: Some("line 3: no ~A section".into()),
            hint: Some("is it cut off?".into()),
            ..file("/x/bad.las", "failed")
        };
        let odd = FileResult { warnings: vec!["7:1: odd".into()], warnings_total: 5, ..file("/x/odd.las", "imported") };
        let files = vec![bad, odd, file("/x/gone.las", "restorable")];
        let summary = ImportSummary {
            imported: 1,
            already_here: 1,
            failed: 1,
            bytes: 4_500_000,
            seconds: 0.25,
            files,
            ..ImportSummary::default()
        };
        let expected = "\
FILES
imported      1
already here  1
failed        1

1 run, 3 curves, 1,000 rows from 4.5 MB in 250 ms

failed  /x/bad.las
        line 3: no ~A section
        hint: is it cut off?

deleted before  /x/gone.las
                take it back with dataforge restore 0123456789

warning  odd.las:7:1: odd
         and 4 more; --json has those of every file";
        assert_eq!(summary.human(), expected);
    }
}
