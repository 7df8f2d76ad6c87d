//! Replies about charts.

pub use dataforge_protocol::document::chart as model;
use dataforge_protocol::document::chart::ChartState;
use serde::{Deserialize, Serialize};

/// A chart as it is listed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChartInfo {
    /// Id.
    pub id: String,
    /// The id as short as it is shown.
    pub short: String,
    /// Title; the short id when it has none.
    pub title: String,
    /// What it is about.
    pub description: String,
    /// `log_tracks`, `crossplot`, `histogram`, `coverage` or `line`.
    pub kind: String,
    /// Its well's id.
    pub well_id: Option<String>,
    /// Its well's name.
    pub well: Option<String>,
    /// Its project's id.
    pub project_id: Option<String>,
    /// Its project's name.
    pub project: Option<String>,
    /// Whether it is a template.
    pub template: bool,
    /// Whether it is put away.
    pub archived: bool,
    /// Tags, sorted.
    pub tags: Vec<String>,
    /// How many series it has.
    pub series: u64,
    /// Who made it.
    pub author: String,
    /// When, by their clock, RFC 3339 UTC.
    pub created: String,
    /// When it was last changed, by the clock of whoever did.
    pub changed: String,
}

/// A chart in full.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChartReply {
    /// As it is listed.
    pub info: ChartInfo,
    /// What it consists of.
    pub chart: ChartState,
    /// Where it takes values from, in the order of axes and series.
    pub sources: Vec<ChartSource>,
    /// What is wrong with it; it shows all the same.
    pub problems: Vec<ChartProblem>,
}

/// Something of a chart that takes values, and the curve it takes them from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChartSource {
    /// `axis` or `series`.
    pub part: String,
    /// The item.
    pub item: String,
    /// `source` or `colour_by`.
    pub field: String,
    /// A property, or a curve.
    pub source: String,
    /// The well whose property it is, or the curve's.
    pub well_id: Option<String>,
    /// The curve; none when there is no such curve.
    pub curve: Option<ChartCurve>,
}

/// A curve that a chart shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChartCurve {
    /// Its run's id.
    pub run: String,
    /// Its position in the run.
    pub ordinal: u32,
    /// Its label.
    pub label: String,
    /// Its column in the run's table.
    pub column: String,
    /// Its unit as delivered or as set.
    pub unit: String,
    /// Its property.
    pub property: Option<String>,
    /// Hash of the run's table.
    pub blob: String,
    /// Whether its bytes are held here.
    pub held: bool,
}

/// Something that is wrong with a chart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChartProblem {
    /// Where: `part/id/field`, or a field of the chart.
    pub at: String,
    /// What.
    pub message: String,
    /// Whether a curve, well or project is not here, which may come or have been.
    pub gone: bool,
}

/// A template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChartTemplate {
    /// What it is named by: a word, or the id of a chart of the workspace.
    pub name: String,
    /// Title.
    pub title: String,
    /// What it is for.
    pub description: String,
    /// `log_tracks`, `crossplot`, `histogram`, `coverage` or `line`.
    pub kind: String,
    /// Whether it comes with the program.
    pub built_in: bool,
}

/// A chart that was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChartWroteReply {
    /// Its id.
    pub chart: String,
    /// Items that were added, as `part/id`.
    pub added: Vec<String>,
    /// Whether anything changed.
    pub changed: bool,
    /// What was done, for people.
    pub message: String,
}

/// A chart as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChartFileReply {
    /// Its id.
    pub chart: String,
    /// The JSON.
    pub text: String,
}
