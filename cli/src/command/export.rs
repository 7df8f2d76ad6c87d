//! `dataforge export`.

use std::path::{Path, PathBuf};

use clap::{ArgGroup, Args, ValueEnum};
use dataforge_node::api::{ExportAllReply, ExportFormat, ExportOptions, ExportReply, Reply, Request};

use crate::context::Context;
use crate::directory::absolute;
use crate::error::Failure;
use crate::outfile::OutFile;
use crate::output::{Human, bytes, clean, count, plural};

const EXAMPLES: &str = "\
Examples:
  dataforge export \"North 1\" --out north.las
  dataforge export 51889b751e --out part.las --curves GR,bulk_density --depth 1000 1200 --unit m
  dataforge export 51889b751e --original --out as-delivered.las
  dataforge export --wells --out wells.gpkg
  dataforge export --all ./handover --format las
  dataforge export --all ./reservoir --selection Reservoir";

/// Writes a run, a well or an attachment to a file, which appears whole or not at all.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
#[command(group(ArgGroup::new("what").required(true).args(["target", "all", "wells"])))]
pub(crate) struct Export {
    /// A run, a well or an attachment: name, id or start of the id
    target: Option<String>,
    /// The whole workspace into a directory that is empty or does not exist
    #[arg(long, value_name = "DIR", conflicts_with = "out")]
    all: Option<PathBuf>,
    /// Of everything only the wells and attachments of this project
    #[arg(long, value_name = "PROJECT", requires = "all")]
    project: Option<String>,
    /// The locations of all wells, as a GeoPackage
    #[arg(long)]
    wells: bool,
    /// Format of the file; by default its name decides
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// The source file, byte for byte
    #[arg(long, conflicts_with = "format")]
    original: bool,
    /// The file
    #[arg(long, value_name = "FILE", required_unless_present = "all")]
    out: Option<PathBuf>,
    /// Replace a file that exists
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    options: Options,
}

/// What of a run, and how.
#[derive(Debug, Args)]
#[command(next_help_heading = "What of a run, and how")]
struct Options {
    /// Only what a selection chooses: its name, id or start of the id
    #[arg(long, value_name = "SELECTION", conflicts_with_all = ["curves", "depth", "wells"])]
    selection: Option<String>,
    /// Only these curves, by label, mnemonic or property
    #[arg(long, value_delimiter = ',', value_name = "CURVE,…")]
    curves: Vec<String>,
    /// Only rows from one index value to another, in the unit of the export
    #[arg(long, num_args = 2, value_names = ["FROM", "TO"], allow_negative_numbers = true)]
    depth: Option<Vec<f64>>,
    /// Unit of the index, e.g. m or ft; as delivered by default
    #[arg(long)]
    unit: Option<String>,
    /// Resample to this step, in the unit of the index
    #[arg(long)]
    step: Option<f64>,
    /// The gridded copy, in the units of the properties
    #[arg(long)]
    gridded: bool,
    /// Version of LAS: 1.2, 2.0 or 3.0
    #[arg(long, value_name = "VERSION")]
    las_version: Option<String>,
    /// LAS with rows that run over several lines
    #[arg(long)]
    wrap: bool,
    /// How LAS spells no value
    #[arg(long, value_name = "NUMBER", allow_hyphen_values = true)]
    null: Option<String>,
    /// Leave cells of CSV that a spreadsheet would run as formulas as they are
    #[arg(long)]
    raw: bool,
}

/// Format of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Log ASCII Standard
    Las,
    /// Comma-separated values
    Csv,
    /// Workbook
    Xlsx,
    /// Parquet; the stored table byte for byte when nothing is chosen from it
    Parquet,
}

impl From<Format> for ExportFormat {
    fn from(format: Format) -> Self {
        match format {
            Format::Las => Self::Las,
            Format::Csv => Self::Csv,
            Format::Xlsx => Self::Xlsx,
            Format::Parquet => Self::Parquet,
        }
    }
}

impl From<Options> for ExportOptions {
    fn from(options: Options) -> Self {
        let window = options.depth.unwrap_or_default();
        Self {
            selection: options.selection,
            curves: options.curves,
            from: window.first().copied(),
            to: window.get(1).copied(),
            unit: options.unit,
            step: options.step,
            gridded: options.gridded,
            las_version: options.las_version,
            wrap: options.wrap,
            null: options.null,
            raw: options.raw,
            project: None,
        }
    }
}

impl Export {
    /// Does it.
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let workspace = context.workspace.clone();
        if let Some(directory) = &self.all {
            let directory = absolute(directory)?;
            let format = if self.original { ExportFormat::Original } else { self.format.unwrap_or(Format::Las).into() };
            let options = ExportOptions { project: self.project, ..self.options.into() };
            return context.ask(Request::ExportAll { workspace, directory, format, options }).await;
        }
        let Some(out) = self.out else {
            return Err(Failure::usage("no file is named", "add --out FILE"));
        };
        let format = if self.wells {
            ExportFormat::Geopackage
        } else if self.original {
            ExportFormat::Original
        } else {
            choose(self.format, &out)?
        };
        let file = out.display().to_string();
        let target = self.target.unwrap_or_default();
        let request = Request::Export { workspace, target, format, options: self.options.into(), file };
        into_file(context, request, &out, self.force).await
    }
}

/// Chooses the format from what was asked for and the name of the file.
fn choose(asked: Option<Format>, out: &Path) -> Result<ExportFormat, Failure> {
    let extension = out.extension().map(|extension| extension.to_string_lossy().to_lowercase());
    let named = match extension.as_deref() {
        Some("las") => Some(Format::Las),
        Some("csv") => Some(Format::Csv),
        Some("xlsx") => Some(Format::Xlsx),
        Some("parquet") => Some(Format::Parquet),
        _ => None,
    };
    let unknown = || {
        Failure::usage(
            format!("{} does not say which format", out.display()),
            "add --format or --original, or a name that ends in .las, .csv, .xlsx or .parquet",
        )
    };
    asked.or(named).map(ExportFormat::from).ok_or_else(unknown)
}

async fn into_file(context: &Context, request: Request, path: &Path, force: bool) -> Result<(), Failure> {
    let mut file = OutFile::create(path, force)?;
    let reply = context.call_into(request, &mut file).await?;
    let path = file.finish()?;
    if context.json {
        return context.show(&reply);
    }
    if let Reply::Export(reply) = reply {
        for remark in &reply.remarks {
            context.note(&format!("note: {}", clean(remark)));
        }
        if !context.quiet {
            let path = clean(&path.display().to_string());
            return crate::output::write_text(&format!("{} in {path}", reply.human()));
        }
    }
    Ok(())
}

impl Human for ExportReply {
    fn human(&self) -> String {
        let size = bytes(self.bytes);
        match (self.rows, self.curves) {
            (0, _) => size,
            (rows, 0) => format!("{}, {size}", plural(rows, "row")),
            (rows, curves) => format!("{}, {}, {size}", plural(curves, "curve"), plural(rows, "row")),
        }
    }
}

impl Human for ExportAllReply {
    fn human(&self) -> String {
        let directory = clean(&self.directory.display().to_string());
        let mut lines = vec![format!("{}, {} in {directory}", plural(self.files, "file"), bytes(self.bytes))];
        for (name, why) in &self.failed {
            lines.push(format!("not written  {}: {}", clean(name), clean(why)));
        }
        if !self.failed.is_empty() {
            lines.push(format!("{} not written", count(self.failed.len() as u64)));
        }
        lines.join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_format_follows_the_file_name_unless_it_is_given() {
        assert_eq!(choose(None, Path::new("a.LAS")).unwrap(), ExportFormat::Las);
        assert_eq!(choose(Some(Format::Csv), Path::new("a.las")).unwrap(), ExportFormat::Csv);
        assert!(choose(None, Path::new("a")).is_err());
    }
}
