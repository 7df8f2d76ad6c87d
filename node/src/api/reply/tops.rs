//! Replies about tops, surveys and selections.

use serde::{Deserialize, Serialize};

/// A set of tops.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TopsInfo {
    /// Id.
    pub id: String,
    /// The id as short as it is shown, still unique.
    pub short: String,
    /// What it is called: its title, else the name of its source.
    pub name: String,
    /// What it is about.
    pub description: String,
    /// Its well's id; empty when it has none.
    pub well_id: String,
    /// Its well's name.
    pub well: String,
    /// Tops and zones in it.
    pub tops: u64,
}

/// A set of tops in full.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TopsReply {
    /// The set.
    pub set: TopsInfo,
    /// The survey by which they are in space: its id.
    pub survey: Option<String>,
    /// Its tops, by depth.
    pub tops: Vec<TopInfo>,
}

/// A top or a zone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TopInfo {
    /// Id within the set.
    pub id: String,
    /// Name.
    pub name: String,
    /// `top`, or `zone` when it has a base.
    pub kind: String,
    /// Where it begins, in the unit.
    pub depth: f64,
    /// Where it ends.
    pub base: Option<f64>,
    /// Unit.
    pub unit: String,
    /// What depths are counted from; empty for the well's depths as delivered.
    pub datum: String,
    /// The depth in metres.
    pub depth_m: Option<f64>,
    /// The base in metres.
    pub base_m: Option<f64>,
    /// Who interpreted it.
    pub interpreter: Option<String>,
    /// What is remarked.
    pub remark: Option<String>,
    /// How far off it may be, in the unit.
    pub uncertainty: Option<f64>,
    /// True vertical depth below the survey's datum, in metres.
    pub tvd_m: Option<f64>,
    /// True vertical depth below mean sea level, in metres.
    pub tvdss_m: Option<f64>,
    /// Why one of these is not known.
    pub unknown: Option<String>,
}

/// A deviation survey.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SurveyInfo {
    /// Id.
    pub id: String,
    /// The id as short as it is shown, still unique.
    pub short: String,
    /// What it is called: its title, else the name of its source.
    pub name: String,
    /// What it is about.
    pub description: String,
    /// Its well's id; empty when it has none.
    pub well_id: String,
    /// Its well's name.
    pub well: String,
    /// What depths are counted from; empty for the well's depths as delivered.
    pub datum: String,
    /// How far that is above mean sea level.
    pub elevation_m: Option<f64>,
    /// What north is: `true`, `grid`, `magnetic`, or empty.
    pub azimuth_reference: String,
    /// Stations in it.
    pub stations: u64,
    /// Whether it is the one that counts for its well.
    pub counts: bool,
}

/// A survey in full.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SurveyReply {
    /// The survey.
    pub survey: SurveyInfo,
    /// Its stations, by depth.
    pub stations: Vec<StationInfo>,
    /// Why they make no path.
    pub problem: Option<String>,
    /// Whether the hole is taken to be vertical above the first station, because none is at the datum.
    pub starts_vertical: bool,
}

/// A station.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StationInfo {
    /// Id within the survey.
    pub id: String,
    /// Measured depth, in the unit.
    pub md: f64,
    /// Unit.
    pub unit: String,
    /// Inclination.
    pub inclination_deg: f64,
    /// Azimuth.
    pub azimuth_deg: f64,
    /// Where it is, if the stations make a path.
    pub point: Option<PathPointInfo>,
}

/// A point of a well's path.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PathPointInfo {
    /// Measured depth from the survey's datum.
    pub md_m: f64,
    /// True vertical depth below the survey's datum.
    pub tvd_m: f64,
    /// True vertical depth below mean sea level, if the datum's elevation is known.
    pub tvdss_m: Option<f64>,
    /// North of the top of the hole.
    pub north_m: f64,
    /// East of it.
    pub east_m: f64,
    /// Inclination.
    pub inclination_deg: f64,
    /// Azimuth.
    pub azimuth_deg: f64,
    /// How sharply the hole bends.
    pub dogleg_deg_per_30m: f64,
}

/// Points of a well's path.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PathReply {
    /// The survey's id.
    pub survey: String,
    /// The points, in the order asked for.
    pub points: Vec<PathPointInfo>,
}

/// A selection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SelectionInfo {
    /// Id.
    pub id: String,
    /// The id as short as it is shown, still unique.
    pub short: String,
    /// What it is called.
    pub name: String,
    /// What it is about.
    pub description: String,
    /// Wells chosen.
    pub wells: u64,
    /// Curves chosen.
    pub curves: u64,
    /// Properties chosen.
    pub properties: u64,
    /// Intervals chosen.
    pub intervals: u64,
}

/// A selection in full.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SelectionReply {
    /// The selection.
    pub selection: SelectionInfo,
    /// What it chooses: wells, curves, properties, intervals.
    pub items: Vec<SelectedInfo>,
    /// Why it cannot be used, as where two people chose intervals of different datums at once.
    pub problem: Option<String>,
}

/// Something chosen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SelectedInfo {
    /// `well`, `curve`, `property` or `interval`.
    pub part: String,
    /// What it is called now; its id when it is not here.
    pub name: String,
    /// The well of a well or interval.
    pub well_id: Option<String>,
    /// The run of a curve.
    pub run_id: Option<String>,
    /// The ordinal of a curve.
    pub ordinal: Option<u32>,
    /// The property.
    pub property: Option<String>,
    /// Where an interval begins, in its unit.
    pub from: Option<f64>,
    /// Where it ends.
    pub to: Option<f64>,
    /// Its unit.
    pub unit: Option<String>,
    /// What its depths are counted from.
    pub datum: Option<String>,
    /// Whether it is deleted, or not here.
    pub gone: bool,
}
