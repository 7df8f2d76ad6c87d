//! Replies that list what is in a workspace.

use serde::{Deserialize, Serialize};

use super::{LineageInfo, PlaceChange};

/// A well.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct WellInfo {
    /// Id.
    pub id: String,
    /// Name.
    pub name: String,
    /// UWI or API number as delivered.
    pub uwi: Option<String>,
    /// Field.
    pub field: Option<String>,
    /// Operating company.
    pub company: Option<String>,
    /// Country.
    pub country: Option<String>,
    /// Runs.
    pub runs: u64,
    /// Curves over all runs.
    pub curves: u64,
    /// Runs whose bytes are held here.
    #[serde(default)]
    pub held: u64,
    /// The project it is filed under.
    #[serde(default)]
    pub project_id: Option<String>,
    /// Shallowest index over depth logs, in metres.
    pub top_m: Option<f64>,
    /// Deepest.
    pub base_m: Option<f64>,
    /// Unit of its depth grid, as set.
    pub grid_unit: Option<String>,
    /// Step of its depth grid, as set.
    pub grid_step: Option<f64>,
    /// Origin of its depth grid, as set.
    pub grid_origin: Option<f64>,
}

/// A run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunInfo {
    /// Id.
    pub id: String,
    /// The id as short as it is shown, still unique.
    pub short: String,
    /// Name.
    pub name: String,
    /// Its well's id.
    pub well_id: String,
    /// Its well's name.
    pub well: String,
    /// Name of the source file.
    pub source: String,
    /// `log`, or a kind of table: `tops`, `survey`, `core` …
    pub kind: String,
    /// The data set's name in its source.
    pub set: String,
    /// Rows.
    pub rows: u64,
    /// Curves, the index excluded.
    pub curves: u64,
    /// Index mnemonic.
    pub index: String,
    /// Index unit as delivered.
    pub index_unit: String,
    /// `depth`, `time` or `other`.
    pub index_kind: String,
    /// Smallest index value, as delivered.
    pub index_min: Option<f64>,
    /// Largest index value.
    pub index_max: Option<f64>,
    /// Step, as delivered; none when irregular.
    pub step: Option<f64>,
    /// The acquisition: field and value, as set or else as delivered.
    pub acquisition: Vec<(String, String)>,
    /// Oddities of the source.
    pub notices: u64,
    /// Hash of the native table.
    pub blob: String,
    /// Its size.
    pub blob_bytes: u64,
    /// Whether its bytes are held here.
    pub held: bool,
    /// Why its table, which came from a peer, is not used.
    pub refused: Option<String>,
}

/// A curve.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CurveInfo {
    /// Its run, short.
    pub run: String,
    /// Its well's name.
    pub well: String,
    /// Position in the run, from 1.
    pub ordinal: u32,
    /// Label: the mnemonic, with `_2`, `_3` for repeats, or the name given to it.
    pub curve: String,
    /// Mnemonic as delivered.
    pub mnemonic: String,
    /// Column in SQL.
    pub column: String,
    /// Unit as delivered or as set.
    pub unit: String,
    /// Description as delivered.
    pub description: String,
    /// Detected or set property, e.g. `gamma_ray`.
    pub property: Option<String>,
    /// How sure the detection is, in percent; 100 when set by hand.
    pub confidence: u8,
    /// Why, in words.
    pub reason: String,
    /// Whether it stands for its property in its well.
    pub preferred: bool,
    /// What it is worth: `raw` until somebody says otherwise.
    pub quality: String,
    /// Non-null values.
    pub count: u64,
    /// Null values.
    pub nulls: u64,
    /// Smallest value.
    pub min: Option<f64>,
    /// Largest value.
    pub max: Option<f64>,
    /// Mean value.
    pub mean: Option<f64>,
    /// Index of the first value, as delivered.
    pub top: Option<f64>,
    /// Index of the last value.
    pub base: Option<f64>,
}

/// Where a curve has values and where it has none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CoverageInfo {
    /// Run, short.
    pub run: String,
    /// Curve label.
    pub curve: String,
    /// Unit of the intervals.
    pub unit: String,
    /// Intervals with values, `[top, base]`, in the delivered unit.
    pub intervals: Vec<(f64, f64)>,
    /// Gaps between them.
    pub gaps: Vec<(f64, f64)>,
    /// Share of samples that are not null, 0 to 1.
    pub filled: f64,
    /// One line of text that draws it over the well's whole interval.
    pub bar: String,
}

/// A well or run in full.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ShowReply {
    /// The well.
    pub well: WellInfo,
    /// Its runs, or the one run.
    pub runs: Vec<RunInfo>,
    /// Their curves.
    pub curves: Vec<CurveInfo>,
    /// What those of them that are derived were made of.
    #[serde(default)]
    pub lineage: Vec<LineageInfo>,
    /// Coverage of each curve whose bytes are held here.
    pub coverage: Vec<CoverageInfo>,
    /// Further attributes (header items), sorted.
    pub attributes: Vec<(String, String)>,
    /// Fields with concurrent values: field and all values.
    pub conflicts: Vec<(String, Vec<String>)>,
}

/// Wells that may be the same.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DuplicateInfo {
    /// One well: id and name.
    pub one: (String, String),
    /// The other.
    pub other: (String, String),
    /// How likely it is, in percent.
    pub score: u8,
    /// Why.
    pub reasons: Vec<String>,
}

/// What the workspace says about a mnemonic.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MeaningInfo {
    /// The mnemonic.
    pub mnemonic: String,
    /// The service company; empty for any.
    pub vendor: String,
    /// The unit; empty for any.
    pub unit: String,
    /// The property it measures.
    pub property: Option<String>,
    /// The unit it is in, whatever the source says.
    pub to_unit: Option<String>,
}

/// A property that a curve may measure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CandidateInfo {
    /// The property.
    pub property: String,
    /// Its name for people.
    pub name: String,
    /// Its canonical unit.
    pub unit: String,
    /// How sure it is, in percent.
    pub confidence: u8,
    /// Why, in words.
    pub reason: String,
}

/// A gridded copy of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GriddedInfo {
    /// The run, short.
    pub run: String,
    /// Hash of the table.
    pub blob: String,
    /// Unit of the grid.
    pub unit: String,
    /// Its step.
    pub step: f64,
    /// A depth it goes through.
    pub origin: f64,
    /// Rows.
    pub rows: u64,
    /// Curves.
    pub curves: u64,
    /// Whether it was there already.
    pub already_here: bool,
    /// What was left out and why, or why there is none.
    pub remarks: Vec<String>,
}

/// A file kept as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttachmentInfo {
    /// Id.
    pub id: String,
    /// The id as short as it is shown.
    pub short: String,
    /// Name of the file.
    pub name: String,
    /// What it is.
    pub description: Option<String>,
    /// Its well's id; empty when it belongs to no well.
    pub well_id: String,
    /// Its well's name.
    pub well: Option<String>,
    /// Its project's id; empty when it belongs to none. Without well and project it is the workspace's.
    #[serde(default)]
    pub project_id: String,
    /// Its project's name.
    #[serde(default)]
    pub project: Option<String>,
    /// Bytes.
    pub bytes: u64,
    /// Hash.
    pub blob: String,
    /// Whether its bytes are held here.
    pub held: bool,
}

/// An entry as `log` lists it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogEntry {
    /// Entry id.
    pub id: String,
    /// Author's name and device.
    pub author: String,
    /// Position on the device's chain.
    pub seq: u64,
    /// `op`, `open` or `change`.
    pub kind: String,
    /// What it did, for people.
    pub summary: String,
    /// `accepted`, `excluded`, `inert` or `unreadable`.
    pub status: String,
    /// The author's clock, RFC 3339 UTC.
    pub claimed: String,
    /// When it came here, by this node's clock.
    #[serde(default)]
    pub received: String,
    /// Of an op: whether it is void.
    #[serde(default)]
    pub void: bool,
    /// Of a void op: why.
    #[serde(default)]
    pub why: Option<String>,
    /// Of a change, in the log of one thing: what it wrote.
    #[serde(default)]
    pub wrote: Vec<PlaceChange>,
}
