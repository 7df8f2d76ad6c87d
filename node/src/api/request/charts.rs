//! Requests about charts.

use serde::{Deserialize, Serialize};

/// What is asked about charts.
///
/// A `chart` is named by its title, its id or the beginning of it. An `item` is an axis, track, series,
/// fill or annotation: `PART/NAME`, where the name is its id or the beginning of it, or what it is called
/// (label, title, source, text); without the part where that is clear.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "charts", rename_all = "snake_case")]
pub enum ChartRequest {
    /// Lists charts. → `Charts`
    List(ListCharts),
    /// Lists templates: those of the program and those of the workspace. → `ChartTemplates`
    Templates,
    /// Shows a chart, with the curves it takes values from and what is wrong with it. → `Chart`
    Show {
        /// A chart.
        chart: String,
    },
    /// Shows a template as it is for a well, without making a chart: with the id of none. → `Chart`
    Preview {
        /// A template, or any chart.
        template: String,
        /// A well.
        well: String,
    },
    /// Makes a chart. → `ChartWrote`
    Create(CreateChart),
    /// Writes a chart as JSON. → `ChartFile`
    Export {
        /// A chart.
        chart: String,
    },
    /// Makes a chart of JSON, or replaces what one consists of. → `ChartWrote`
    Import {
        /// The chart that is replaced; a new one is made when left out.
        chart: Option<String>,
        /// The JSON.
        text: String,
        /// The well it is of, whatever the JSON says.
        well: Option<String>,
        /// The project it belongs to, whatever the JSON says.
        project: Option<String>,
    },
    /// Changes a chart, in one transaction. → `ChartWrote`
    Edit {
        /// A chart.
        chart: String,
        /// What is done, in this order.
        edits: Vec<ChartEdit>,
    },
    /// Marks a chart as deleted; needs admin. → `Done`
    Delete {
        /// A chart.
        chart: String,
    },
}

/// Which charts are listed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ListCharts {
    /// Only of this well.
    pub well: Option<String>,
    /// Only of this project, or of wells in it.
    pub project: Option<String>,
    /// Only those that show this curve, `RUN:NUMBER`.
    pub curve: Option<String>,
    /// Only with this tag.
    pub tag: Option<String>,
    /// Those that are put away too.
    pub archived: bool,
}

/// How a chart is made.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct CreateChart {
    /// Its title; that of the template and the well when left out.
    pub title: Option<String>,
    /// What it is made from: a template of the program, a template of the workspace, or any chart.
    pub template: Option<String>,
    /// What it shows, without a template: `log_tracks`, `crossplot`, `histogram`, `coverage` or `line`.
    pub kind: Option<String>,
    /// The well it is of.
    pub well: Option<String>,
    /// The project it belongs to.
    pub project: Option<String>,
    /// Whether it becomes a template of the workspace, of no well.
    pub as_template: bool,
}

/// One change of a chart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "edit", rename_all = "snake_case")]
pub enum ChartEdit {
    /// Sets fields of the chart or of an item.
    Set {
        /// The item; the chart itself when left out.
        item: Option<String>,
        /// Fields, each with its value as text; none takes the field away.
        fields: Vec<(String, Option<String>)>,
    },
    /// Adds an item.
    Add {
        /// `axis`, `track`, `series`, `fill` or `annotation`.
        part: String,
        /// Its fields.
        fields: Vec<(String, String)>,
        /// Where it goes.
        place: ItemPlace,
    },
    /// Moves an item among those of its part.
    Move {
        /// The item.
        item: String,
        /// Where it goes.
        place: ItemPlace,
        /// Of a series or annotation: the track it goes to.
        track: Option<String>,
    },
    /// Removes an item, with what cannot be without it: the series of a track, the fills of a series.
    Remove {
        /// The item.
        item: String,
    },
    /// Puts tags on, and takes others off.
    Tag {
        /// Those put on.
        add: Vec<String>,
        /// Those taken off.
        remove: Vec<String>,
    },
    /// Puts the chart away, or takes it out again.
    Archive {
        /// Whether it is.
        on: bool,
    },
    /// Changes the title or the description as a whole.
    Text {
        /// `title` or `description`.
        text: String,
        /// How it reads now.
        value: String,
        /// How it read when the change began: what others wrote since is kept then.
        was: Option<String>,
    },
    /// Changes the text of an annotation as a whole.
    ItemText {
        /// The annotation.
        item: String,
        /// How it reads now; empty for no text.
        value: String,
        /// How it read when the change began: what others wrote since is kept then.
        was: Option<String>,
    },
    /// Takes characters out of the title or the description, and puts others in.
    Splice {
        /// `title` or `description`.
        text: String,
        /// Where, in characters; the end when left out.
        at: Option<u64>,
        /// How many go.
        delete: u64,
        /// What comes.
        insert: String,
    },
}

/// Where an item goes.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ItemPlace {
    /// Before all others.
    First,
    /// Behind all others.
    #[default]
    Last,
    /// Before this one.
    Before(String),
    /// Behind this one.
    After(String),
}
