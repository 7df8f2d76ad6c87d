//! `dataforge tops`.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use dataforge_node::api::{
    NewTop, OutputFormat, QueryLimits, Reply, Request, TopInfo, TopsInfo, TopsReply, TopsRequest,
};
use serde::de::DeserializeOwned;

use super::query::into_file;
use crate::context::Context;
use crate::error::Failure;
use crate::output::{Align, Human, Table, decimal, thousandths, title};

const EXAMPLES: &str = "\
Examples:
  dataforge tops create \"North 1\" \"Picks of May\"
  dataforge tops add \"Picks of May\" Brent 2105.5 --unit m --datum KB --base 2240
  dataforge tops set \"Picks of May\" Brent depth \"2106 m KB\"
  dataforge tops export \"Picks of May\" --out tops.csv
A set is named by its name, its id or the start of it, or by its well when that has one set.";

/// Largest file of JSON that is read.
const MAX_JSON_BYTES: u64 = 16 << 20;

/// Lists tops and zones, or edits them for everybody.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Tops {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List sets of tops
    List {
        /// Only of this well: name, id or start of the id
        well: Option<String>,
    },
    /// List the tops of a set, with their true vertical depths
    Show {
        /// The set
        target: String,
    },
    /// Make a set
    Create {
        /// The well: name, id or start of the id
        well: String,
        /// What it is called
        title: String,
        /// What it is about
        #[arg(long, default_value = "")]
        description: String,
    },
    /// Add a top or a zone, or all of a file
    Add(Add),
    /// Set a field of a top: name, depth, base, interpreter, remark, uncertainty
    Set {
        /// The set
        target: String,
        /// The top: its name or id
        top: String,
        /// The field
        field: String,
        /// The value; a depth as a number, or as number, unit and datum; empty takes it away
        #[arg(allow_hyphen_values = true)]
        value: String,
    },
    /// Take a top away
    Remove {
        /// The set
        target: String,
        /// The top: its name or id
        top: String,
    },
    /// Change what a set is called
    Rename {
        /// The set
        target: String,
        /// What it is called from now on
        title: String,
    },
    /// Change what is said about a set
    Describe {
        /// The set
        target: String,
        /// What is said from now on
        description: String,
    },
    /// Delete a set; restore brings it back
    Delete {
        /// The set
        target: String,
    },
    /// Write a set as a table that import reads
    Export {
        /// The set
        target: String,
        /// The file, as comma-separated values
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        /// Replace a file that exists
        #[arg(long)]
        force: bool,
    },
}

/// A top to be added.
#[derive(Debug, Args)]
struct Add {
    /// The set
    target: String,
    /// Its name
    #[arg(required_unless_present = "file")]
    name: Option<String>,
    /// Where it begins
    #[arg(required_unless_present = "file", allow_negative_numbers = true)]
    depth: Option<f64>,
    /// Where it ends, which makes it a zone
    #[arg(long, allow_negative_numbers = true)]
    base: Option<f64>,
    /// Unit of the depths, e.g. m or ft
    #[arg(long, required_unless_present = "file")]
    unit: Option<String>,
    /// What depths are counted from: KB, RT, DF, GL, MSL …; the well's depths as delivered by default
    #[arg(long, default_value = "")]
    datum: String,
    /// Who interpreted it
    #[arg(long)]
    interpreter: Option<String>,
    /// What is remarked
    #[arg(long)]
    remark: Option<String>,
    /// How far off it may be, in the unit
    #[arg(long)]
    uncertainty: Option<f64>,
    /// A JSON array of tops: objects with name, depth, base, unit, datum, interpreter, remark, uncertainty
    #[arg(long, value_name = "FILE", conflicts_with_all = ["name", "base", "unit", "interpreter", "remark", "uncertainty"])]
    file: Option<PathBuf>,
}

impl Add {
    fn ask(self) -> Result<TopsRequest, Failure> {
        let new = match (self.file, self.name, self.depth, self.unit) {
            (Some(file), ..) => read_json(&file)?,
            (None, Some(name), Some(depth), Some(unit)) => vec![NewTop {
                name,
                depth,
                base: self.base,
                unit,
                datum: self.datum,
                interpreter: self.interpreter,
                remark: self.remark,
                uncertainty: self.uncertainty,
            }],
            _ => return Err(Failure::usage("no top is given", "give name, depth and --unit, or --file FILE")),
        };
        Ok(TopsRequest::Add { target: self.target, new })
    }
}

/// Reads a JSON array from a file.
pub(super) fn read_json<T: DeserializeOwned>(path: &Path) -> Result<Vec<T>, Failure> {
    let failed = |why: String| Failure::usage(format!("cannot read {}: {why}", path.display()), "check the file");
    let size = std::fs::metadata(path).map_err(|error| failed(error.to_string()))?.len();
    if size > MAX_JSON_BYTES {
        return Err(failed(format!("it has {size} bytes, at most {MAX_JSON_BYTES} are read")));
    }
    let text = std::fs::read_to_string(path).map_err(|error| failed(error.to_string()))?;
    serde_json::from_str(&text).map_err(|error| failed(error.to_string()))
}

impl Tops {
    /// Does it.
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let ask = match self.action {
            Action::List { well } => TopsRequest::List { well },
            Action::Show { target } => TopsRequest::Show { target },
            Action::Create { well, title, description } => TopsRequest::Create { well, title, description },
            Action::Add(add) => add.ask()?,
            Action::Set { target, top, field, value } => TopsRequest::Set { target, top, field, value },
            Action::Remove { target, top } => TopsRequest::Remove { target, top },
            Action::Rename { target, title } => TopsRequest::Rename { target, title },
            Action::Describe { target, description } => TopsRequest::Describe { target, description },
            Action::Delete { target } => TopsRequest::Delete { target },
            Action::Export { target, out, force } => return export(context, target, &out, force).await,
        };
        context.ask(Request::Tops { workspace: context.workspace.clone(), ask }).await
    }
}

/// Writes a set as a table, under names that import knows.
async fn export(context: &Context, target: String, out: &Path, force: bool) -> Result<(), Failure> {
    let workspace = context.workspace.clone();
    let ask = TopsRequest::Show { target };
    let Reply::Tops(reply) = context.call(Request::Tops { workspace: workspace.clone(), ask }).await? else {
        return Err(Failure::usage("the node answered something else", "use a node of the same version"));
    };
    let unit = reply.tops.first().map_or("m", |top| &*top.unit);
    if reply.tops.iter().any(|top| top.unit != unit) {
        return Err(Failure::usage("the tops are in several units", "set all of them in one unit first"));
    }
    let sql = format!(
        "select t.well as \"Well\", w.uwi as \"UWI\", t.name as \"Formation\", t.depth as \"MD ({unit})\", \
         t.base as \"Base ({unit})\", t.datum as \"Datum\", t.interpreter as \"Interpreter\", \
         t.remark as \"Remark\", t.uncertainty as \"Uncertainty ({unit})\" \
         from tops as t left join wells as w on w.well_id = t.well_id \
         where t.tops_id = '{}' order by t.depth, t.name",
        reply.set.id
    );
    let request = Request::Query { workspace, sql, format: OutputFormat::CsvRaw, limits: QueryLimits::default() };
    into_file(context, request, out, force).await
}

fn optional(value: Option<f64>) -> String {
    value.map(decimal).unwrap_or_default()
}

impl Human for Vec<TopsInfo> {
    fn human(&self) -> String {
        let columns = [
            ("set", Align::Left),
            ("well", Align::Left),
            ("name", Align::Left),
            ("tops", Align::Right),
            ("description", Align::Left),
        ];
        let mut table = Table::new(&columns);
        for set in self {
            table.row([&set.short, &set.well, &set.name, &set.tops.to_string(), &set.description]);
        }
        table.or("no tops yet: dataforge import FILE, or dataforge tops create WELL TITLE")
    }
}

impl Human for TopsReply {
    fn human(&self) -> String {
        let columns = [
            ("top", Align::Left),
            ("depth", Align::Right),
            ("base", Align::Right),
            ("unit", Align::Left),
            ("datum", Align::Left),
            ("tvd m", Align::Right),
            ("tvdss m", Align::Right),
            ("interpreter", Align::Left),
            ("id", Align::Left),
        ];
        let mut table = Table::new(&columns);
        for top in &self.tops {
            let TopInfo { name, depth, base, unit, datum, interpreter, id, .. } = top;
            let interpreter = interpreter.as_deref().unwrap_or_default();
            let [tvd, tvdss] = [top.tvd_m, top.tvdss_m].map(|depth| depth.map(thousandths).unwrap_or_default());
            table.row([name, &decimal(*depth), &optional(*base), unit, datum, &tvd, &tvdss, interpreter, id]);
        }
        let set = &self.set;
        let mut text = format!("{} ({}), of {}\n\n", title(&set.name), set.short, title(&set.well));
        text.push_str(&table.or("no tops in it: dataforge tops add"));
        let mut reasons: Vec<_> = self.tops.iter().filter_map(|top| top.unknown.as_deref()).collect();
        reasons.sort_unstable();
        reasons.dedup();
        if let Some(reason) = reasons.first() {
            text.push_str(&format!("\n\nnot all depths are known in space: {}", crate::output::clean(reason)));
        }
        text
    }
}
