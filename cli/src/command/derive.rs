//! `dataforge derive`.

use std::path::PathBuf;

use clap::Args;
use dataforge_node::api::{DeriveRequest, DerivedReply, LineageInfo, LineageSource, Request};

use crate::context::Context;
use crate::directory::absolute;
use crate::error::Failure;
use crate::output::{Human, clean, plural};

/// Sources of a run that are written out.
const SOURCES: usize = 20;

const EXAMPLES: &str = "\
Examples:
  dataforge derive vsh.parquet --well 'North 1' --name 'Vshale' --from north-1.las:GR \\
      --tool vshale --tool-version 1.2 --parameters '{\"gr_clean\": 20}' --unit VSH=v/v --index-unit m
  dataforge derive smooth.csv --well 'North 1' --name 'GR smoothed' --from north-1.las --tool awk --tool-version 5";

/// Keeps what another tool computed as a run of its own, with what it was made of. The same input again is
/// the run that is here; nothing is ever overwritten.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Derive {
    /// A Parquet file, an Arrow stream, or CSV with a header line: the index first, then one column per curve
    #[arg(value_name = "FILE")]
    path: PathBuf,
    /// The well the run is filed under: name, UWI or id
    #[arg(long, value_name = "WELL")]
    well: String,
    /// What the run is called
    #[arg(long, value_name = "NAME")]
    name: String,
    /// What it was made of, once for each: a run, or RUN:CURVE; @HASH behind it names the table that was read
    #[arg(long = "from", value_name = "RUN[:CURVE][@HASH]", required = true)]
    sources: Vec<String>,
    /// The tool that made it
    #[arg(long, value_name = "TOOL")]
    tool: String,
    /// The version of the tool
    #[arg(long, value_name = "VERSION")]
    tool_version: String,
    /// What the tool was told: a JSON object
    #[arg(long, value_name = "JSON")]
    parameters: Option<String>,
    /// What it is, for people
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// The unit of a column, once for each
    #[arg(long = "unit", value_name = "COLUMN=UNIT", value_parser = unit)]
    units: Vec<(String, String)>,
    /// The column that is the index, when it is not the first one
    #[arg(long, value_name = "COLUMN")]
    index: Option<String>,
    /// The unit of the index
    #[arg(long, value_name = "UNIT")]
    index_unit: Option<String>,
}

fn unit(text: &str) -> Result<(String, String), String> {
    // Names may hold the sign; units do not.
    match text.rsplit_once('=') {
        Some((column, unit)) if !column.trim().is_empty() => Ok((column.trim().to_owned(), unit.trim().to_owned())),
        _ => Err("write COLUMN=UNIT, such as VSH=v/v".to_owned()),
    }
}

impl Derive {
    /// Does it.
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let path = absolute(&self.path)?;
        let ask = Box::new(DeriveRequest {
            well: self.well,
            name: self.name,
            sources: self.sources,
            tool: self.tool,
            version: self.tool_version,
            parameters: self.parameters,
            description: self.description,
            units: self.units,
            index: self.index,
            index_unit: self.index_unit,
        });
        context.ask(Request::Derive { workspace: context.workspace.clone(), path, ask }).await
    }
}

impl Human for DerivedReply {
    fn human(&self) -> String {
        let (name, well) = (clean(&self.name), clean(&self.well));
        let mut lines = vec![match self.outcome.as_str() {
            "derived" => {
                let (curves, rows) = (plural(self.curves, "curve"), plural(self.rows, "row"));
                format!("run {}  {name} of {well}: {curves}, {rows}", self.short)
            }
            "restorable" => {
                let short = &self.short;
                format!("run {short}  {name} is here and deleted: dataforge restore {short} brings it back")
            }
            _ => format!("run {}  {name} of {well} was here already", self.short),
        }];
        lines.extend(self.warnings.iter().map(|warning| format!("note: {}", clean(warning))));
        lines.join("\n")
    }
}

/// What derived runs were made of, as text.
pub(super) fn lineage(runs: &[LineageInfo]) -> String {
    runs.iter().map(one).collect::<Vec<_>>().join("\n")
}

fn one(info: &LineageInfo) -> String {
    let (tool, version, parameters) = (clean(&info.tool), clean(&info.version), clean(&info.parameters));
    let mut lines = vec![format!("run {} is derived by {tool} {version} with {parameters}", info.run)];
    lines.extend(info.description.iter().map(|text| format!("  {}", clean(text))));
    lines.extend(info.sources.iter().take(SOURCES).map(source));
    if let Some(more) = info.sources.len().checked_sub(SOURCES).filter(|more| *more > 0) {
        lines.push(format!("  and from {more} more"));
    }
    lines.join("\n")
}

fn source(source: &LineageSource) -> String {
    let short = |text: &str| text.chars().take(10).collect::<String>();
    let curve = match (&source.curve, source.ordinal) {
        (Some(curve), Some(ordinal)) => format!(":{ordinal} {}", clean(curve)),
        _ => String::new(),
    };
    let name = source.name.as_ref().map_or_else(|| "not here".to_owned(), |name| clean(name));
    format!("  from {}{curve} ({name}), table {}", short(&source.run_id), short(&source.blob))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_belongs_to_a_column() {
        assert_eq!(unit("VSH=v/v"), Ok(("VSH".to_owned(), "v/v".to_owned())));
        assert_eq!(unit("a=b = %"), Ok(("a=b".to_owned(), "%".to_owned())));
        assert_eq!(unit("FLAG="), Ok(("FLAG".to_owned(), String::new())));
        assert!(unit("VSH").is_err() && unit("=m").is_err());
    }

    #[test]
    fn lineage_is_told_with_its_sources() {
        let source = |name: Option<&str>, ordinal| LineageSource {
            run_id: "ab".repeat(32),
            name: name.map(str::to_owned),
            ordinal,
            curve: ordinal.map(|_| "GR".to_owned()),
            blob: "cd".repeat(32),
        };
        let info = LineageInfo {
            run: "0123456789".into(),
            tool: "vshale".into(),
            version: "1.2".into(),
            parameters: "{}".into(),
            description: Some("Larionov".into()),
            sources: vec![source(Some("north-1.las"), Some(2)), source(None, None)],
        };
        let expected = "run 0123456789 is derived by vshale 1.2 with {}\n  Larionov\n  \
            from ababababab:2 GR (north-1.las), table cdcdcdcdcd\n  from ababababab (not here), table cdcdcdcdcd";
        assert_eq!(lineage(&[info]), expected);
    }
}
