//! `dataforge import`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use dataforge_node::api::{ErrorKind, FileResult, ImportSummary, Reply, Request};

use crate::context::Context;
use crate::error::Failure;
use crate::output::{Align, Human, Table, bytes, clean, count, duration, plural};
use crate::paths;

/// Warnings that are printed; `--json` has more.
const WARNINGS: usize = 10;

/// Imports LAS files. Ends with 4 when a file failed; the others are imported all the same.
#[derive(Debug, Args)]
pub(crate) struct Import {
    /// Files, folders (walked in full) and patterns with *, ? and **
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Refuse a file at its first oddity
    #[arg(long)]
    strict: bool,
}

impl Import {
    /// Does it.
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let paths = paths::expand(&self.paths)?;
        let reply =
            context.call(Request::Import { workspace: context.workspace.clone(), paths, strict: self.strict }).await?;
        context.show(&reply)?;
        match reply {
            Reply::Import(summary) if summary.failed > 0 => {
                context.note(&format!("error: {} not imported, see above", plural(summary.failed, "file")));
                Err(Failure::Reported(ErrorKind::Input))
            }
            _ => Ok(()),
        }
    }
}

impl Human for ImportSummary {
    fn human(&self) -> String {
        let mut table = Table::new(&[("files", Align::Left), ("", Align::Right)]);
        table.row(["imported", &count(self.imported)]);
        table.row(["already here", &count(self.already_here)]);
        table.row(["failed", &count(self.failed)]);
        if self.skipped > 0 {
            table.row(["skipped, no logs", &count(self.skipped)]);
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
        let parts = [table.text(), totals, failures(&self.files), restorable(&self.files), warnings(&self.files)];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n\n")
    }
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
            well: None,
            curves: 3,
            rows: 1000,
            warnings: Vec::new(),
            warnings_total: 0,
            error: None,
            hint: None,
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
            skipped: 0,
            bytes: 4_500_000,
            seconds: 0.25,
            files,
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
