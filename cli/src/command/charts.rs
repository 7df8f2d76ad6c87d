//! `dataforge charts`.

mod change;
mod tell;

use std::io::Write as _;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use dataforge_node::api::{
    ApiError, ChartEdit, ChartFileReply, ChartRequest, CreateChart, ErrorKind, ListCharts, Reply, Request,
};

use self::change::{Add, Describe, Move, Set};
use crate::context::Context;
use crate::directory::absolute;
use crate::error::Failure;
use crate::outfile::OutFile;
use crate::output;

/// Longest file that is read: more than the node takes.
const MAX_FILE_BYTES: u64 = 2 << 20;

const EXAMPLES: &str = "\
A chart is named by its title, its id or the start of it; an axis, track, series, fill or
annotation by its id, its label, title, source or text, as PART/NAME where that is clearer.

Examples:
  dataforge charts create --template triple-combo --well \"North 1\"
  dataforge charts add-series \"Triple combo, North 1\" source=dt_compressional track=Porosity
  dataforge charts set \"Triple combo, North 1\" --item GR left=0 right=200
  dataforge charts annotate \"Triple combo, North 1\" depth=1203.5 depth_unit=m text=\"Top sand\"
  dataforge charts export \"Triple combo, North 1\" --out triple.json";

/// Lists, makes and changes charts.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Charts {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List charts
    List(List),
    /// List templates to make charts from
    Templates,
    /// Show a chart: its parts, the curves it shows, what is wrong with it
    Show {
        /// The chart
        chart: String,
    },
    /// Make a chart, from a template, another chart or nothing
    Create(Create),
    /// Set fields of a chart or of a part of it
    Set(Set),
    /// Add an axis
    AddAxis(Add),
    /// Add a track
    AddTrack(Add),
    /// Add a series; its scale, colour and line are the usual ones unless given
    AddSeries(Add),
    /// Add a fill between a series and an edge, a value or another series
    AddFill(Add),
    /// Add a marker, line or region with a text
    Annotate(Add),
    /// Move a part among those of its kind
    Move(Move),
    /// Remove parts, with what cannot be without them
    Remove {
        /// The chart
        chart: String,
        /// The parts
        #[arg(required = true)]
        items: Vec<String>,
    },
    /// Put tags on a chart, or take them off
    Tag {
        /// The chart
        chart: String,
        /// The tags
        #[arg(required = true)]
        tags: Vec<String>,
        /// Take them off
        #[arg(long)]
        off: bool,
    },
    /// Put a chart away, or take it out again
    Archive {
        /// The chart
        chart: String,
        /// Take it out again
        #[arg(long)]
        off: bool,
    },
    /// Change the title of a chart
    Rename {
        /// The chart
        chart: String,
        /// The new title
        title: String,
    },
    /// Change the description of a chart, or the text of an annotation; several people may at once
    Describe(Describe),
    /// Write a chart as JSON
    Export(Export),
    /// Make a chart of JSON, or replace what one consists of
    Import(Import),
    /// Mark a chart as deleted; needs the role of an admin
    Delete {
        /// The chart
        chart: String,
    },
}

#[derive(Debug, Args)]
struct List {
    /// Only of this well
    #[arg(long)]
    well: Option<String>,
    /// Only of this project, or of wells in it
    #[arg(long)]
    project: Option<String>,
    /// Only those that show this curve, RUN:NUMBER
    #[arg(long)]
    curve: Option<String>,
    /// Only with this tag
    #[arg(long)]
    tag: Option<String>,
    /// Those that are put away too
    #[arg(long)]
    archived: bool,
}

#[derive(Debug, Args)]
struct Create {
    /// Make it from this: a template, or any chart
    #[arg(long, conflicts_with = "kind")]
    template: Option<String>,
    /// What it shows, without a template: `log_tracks`, crossplot, histogram, coverage or line
    #[arg(long)]
    kind: Option<String>,
    /// The well it is of
    #[arg(long)]
    well: Option<String>,
    /// The project it belongs to
    #[arg(long)]
    project: Option<String>,
    /// Its title
    #[arg(long)]
    title: Option<String>,
    /// Make it a template of the workspace, of no well
    #[arg(long, conflicts_with = "well")]
    as_template: bool,
}

#[derive(Debug, Args)]
struct Export {
    /// The chart
    chart: String,
    /// Write to this file instead of standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Replace a file that exists
    #[arg(long)]
    force: bool,
}

#[derive(Debug, Args)]
struct Import {
    /// The file; - for standard input
    file: PathBuf,
    /// Replace this chart; a new one is made without
    #[arg(long, value_name = "CHART")]
    to: Option<String>,
    /// The well it is of, whatever the file says
    #[arg(long)]
    well: Option<String>,
    /// The project it belongs to, whatever the file says
    #[arg(long)]
    project: Option<String>,
}

impl Charts {
    /// Does it.
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let one = |edit| vec![edit];
        let (chart, edits) = match self.action {
            Action::List(List { well, project, curve, tag, archived }) => {
                let list = ListCharts { well, project, curve, tag, archived };
                return ask(context, ChartRequest::List(list)).await;
            }
            Action::Templates => return ask(context, ChartRequest::Templates).await,
            Action::Show { chart } => return ask(context, ChartRequest::Show { chart }).await,
            Action::Create(Create { template, kind, well, project, title, as_template }) => {
                let create = CreateChart { title, template, kind, well, project, as_template };
                return ask(context, ChartRequest::Create(create)).await;
            }
            Action::Export(export) => return export.run(context).await,
            Action::Import(import) => return import.run(context).await,
            Action::Delete { chart } => return ask(context, ChartRequest::Delete { chart }).await,
            Action::Set(set) => set.into_edits()?,
            Action::AddAxis(add) => add.into_edits("axis")?,
            Action::AddTrack(add) => add.into_edits("track")?,
            Action::AddSeries(add) => add.into_edits("series")?,
            Action::AddFill(add) => add.into_edits("fill")?,
            Action::Annotate(add) => add.into_edits("annotation")?,
            Action::Move(step) => step.into_edits(),
            Action::Describe(describe) => describe.into_edits(),
            Action::Remove { chart, items } => {
                (chart, items.into_iter().map(|item| ChartEdit::Remove { item }).collect())
            }
            Action::Tag { chart, tags, off } => {
                let (add, remove) = if off { (Vec::new(), tags) } else { (tags, Vec::new()) };
                (chart, one(ChartEdit::Tag { add, remove }))
            }
            Action::Archive { chart, off } => (chart, one(ChartEdit::Archive { on: !off })),
            Action::Rename { chart, title } => {
                (chart, one(ChartEdit::Text { text: "title".into(), value: title, was: None }))
            }
        };
        ask(context, ChartRequest::Edit { chart, edits }).await
    }
}

fn request(context: &Context, ask: ChartRequest) -> Request {
    Request::Charts { workspace: context.workspace.clone(), ask }
}

async fn ask(context: &Context, ask: ChartRequest) -> Result<(), Failure> {
    context.ask(request(context, ask)).await
}

impl Export {
    async fn run(self, context: &Context) -> Result<(), Failure> {
        // Before anything is asked, so that a file that exists is told about first.
        let file = self.out.map(|path| OutFile::create(&path, self.force)).transpose()?;
        let reply = context.call(request(context, ChartRequest::Export { chart: self.chart })).await?;
        let Reply::ChartFile(ChartFileReply { text, .. }) = &reply else { return context.show(&reply) };
        if let Some(mut file) = file {
            file.write_all(text.as_bytes()).and_then(|()| file.write_all(b"\n")).map_err(Failure::from_output)?;
            let path = file.finish()?;
            context.note(&format!("written to {}", output::clean(&path.display().to_string())));
        } else if !context.json {
            return output::write_json_text(text);
        }
        if context.json { context.show(&reply) } else { Ok(()) }
    }
}

impl Import {
    async fn run(self, context: &Context) -> Result<(), Failure> {
        let text = read(&self.file)?;
        let Self { to, well, project, .. } = self;
        ask(context, ChartRequest::Import { chart: to, text, well, project }).await
    }
}

/// Reads a file, or standard input for `-`.
fn read(file: &std::path::Path) -> Result<String, Failure> {
    use std::io::Read as _;

    let path = if file.as_os_str() == "-" { None } else { Some(absolute(file)?) };
    let failed = |error: std::io::Error| Failure::from_file("read", file, &error);
    let source: Box<dyn std::io::Read> = match &path {
        None => Box::new(std::io::stdin().lock()),
        Some(path) => Box::new(std::fs::File::open(path).map_err(failed)?),
    };
    let mut bytes = Vec::new();
    source.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes).map_err(failed)?;
    let wrong = |what: &str| {
        let error = ApiError::new(ErrorKind::Input, format!("{}: {what}", file.display()));
        Failure::Api(error.hint("docs/charts.md says what a chart's file holds"))
    };
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(wrong("this is too large for a chart"));
    }
    String::from_utf8(bytes).map_err(|_not_utf8| wrong("this is no text in UTF-8"))
}
