//! Replies about samples.

use serde::{Deserialize, Serialize};

use crate::api::SampleForm;

/// What was sent of a run's samples.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SamplesReply {
    /// The run's id.
    pub run: String,
    /// Which table.
    pub form: SampleForm,
    /// The index.
    pub index: SampleIndex,
    /// The curves, in the order of their columns.
    pub curves: Vec<SampleCurve>,
    /// Rows that were sent; of an overview stretches.
    pub rows: u64,
    /// Rows of the table.
    pub of_rows: u64,
    /// Whether all rows of the table were sent. Never of an overview with more than one row a stretch.
    pub is_complete: bool,
    /// Rows of the table in a stretch; the last may have fewer. 1 for samples.
    pub bucket_rows: u64,
    /// Whether the whole table is held here.
    pub is_held: bool,
    /// Bytes that were sent.
    pub bytes: u64,
}

/// The index of samples.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SampleIndex {
    /// Name of its column.
    pub column: String,
    /// Its unit: as delivered, of a gridded copy that of the grid.
    pub unit: String,
    /// `depth`, `time` or `other`.
    pub kind: String,
    /// Factor from the unit to metres or seconds; none when it is not understood.
    pub to_si: Option<f64>,
    /// Smallest value in the table, as far as is known.
    pub min: Option<f64>,
    /// Largest value in the table.
    pub max: Option<f64>,
}

/// A curve of which samples were sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SampleCurve {
    /// Position in the run.
    pub ordinal: u32,
    /// What it is called, unique in the run.
    pub curve: String,
    /// Its mnemonic as delivered.
    pub mnemonic: String,
    /// Name of its column.
    pub column: String,
    /// The unit of its values: as set or delivered, of a gridded copy the canonical one where it is
    /// understood.
    pub unit: String,
    /// The property it measures.
    pub property: Option<String>,
    /// The array it is an element of: `NMR` of `NMR[3]`. Each element is a curve of its own.
    pub array: Option<String>,
    /// Which element it is: 3 of `NMR[3]`.
    pub element: Option<u32>,
}

/// Where the samples of a run are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SamplePlace {
    /// The run's id.
    pub run: String,
    /// Bytes of its table.
    pub bytes: u64,
    /// Whether all of it is held here.
    pub is_held: bool,
    /// Whether it has a pyramid.
    pub has_pyramid: bool,
    /// Whether an overview needs nobody else: the pyramid is held here, or the table.
    pub has_overview: bool,
    /// Other devices that say they hold the table.
    pub holders: Vec<SampleHolder>,
}

/// Another device that says it holds a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SampleHolder {
    /// Device id.
    pub device_id: String,
    /// Name of person and device.
    pub name: String,
    /// When it was last met from here, RFC 3339 UTC.
    pub last_seen: Option<String>,
    /// Whether it is connected now.
    pub connected: bool,
}
