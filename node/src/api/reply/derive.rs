//! Replies about derived runs.

use serde::{Deserialize, Serialize};

/// A derived run that was appended, or was here already.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct DerivedReply {
    /// Its id: the same well, sources, tool, version, parameters, description and table have the same one on
    /// every node.
    pub run: String,
    /// The id as short as it is shown.
    pub short: String,
    /// `derived`, `already here`, or `restorable`: it is here and deleted.
    pub outcome: String,
    /// What it is called.
    pub name: String,
    /// The id of its well.
    pub well_id: String,
    /// The name of its well.
    pub well: String,
    /// Rows.
    pub rows: u64,
    /// Curves, the index excluded.
    pub curves: u64,
    /// Hash of its table.
    pub blob: String,
    /// What is odd about the table: units that are not known, an index without a unit.
    pub warnings: Vec<String>,
}

/// What a derived run was made of and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineageInfo {
    /// The run, short.
    pub run: String,
    /// The tool that made it.
    pub tool: String,
    /// Its version.
    pub version: String,
    /// What it was told: the text of a JSON object.
    pub parameters: String,
    /// What it is, for people.
    pub description: Option<String>,
    /// What it was made of.
    pub sources: Vec<LineageSource>,
}

/// One thing that a derived run was made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineageSource {
    /// The id of the run.
    pub run_id: String,
    /// What the run is called now; none when it is not here, or is deleted.
    pub name: Option<String>,
    /// The number of the curve; none when it was made of the run as a whole.
    pub ordinal: Option<u32>,
    /// The mnemonic of the curve as delivered.
    pub curve: Option<String>,
    /// Hash of the table that was read.
    pub blob: String,
}
