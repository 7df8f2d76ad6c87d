//! Replies about what comes in and goes out.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// What became of one file.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct FileResult {
    /// The file.
    pub path: PathBuf,
    /// `imported`, `attached`, `already here`, `restorable` (its run is deleted) or `failed`; in a dry
    /// run what would have become of it.
    pub outcome: String,
    /// Ids of its runs and attachments.
    pub runs: Vec<String>,
    /// Well name.
    pub well: Option<String>,
    /// Ids of wells that it made.
    pub new_wells: Vec<String>,
    /// Wells that may be the same as those.
    pub duplicates: Vec<String>,
    /// In a dry run, the mapping by which its tables are read, as TOML.
    pub mapping: Option<String>,
    /// In a dry run, what would be made of it.
    pub plan: Vec<PlannedRun>,
    /// Curves, the index excluded.
    pub curves: u64,
    /// Rows.
    pub rows: u64,
    /// Located oddities, `line:column: message`; the first ones.
    pub warnings: Vec<String>,
    /// How many oddities there were in all.
    pub warnings_total: u64,
    /// Why it failed, located.
    pub error: Option<String>,
    /// What to do about it.
    pub hint: Option<String>,
}

/// A run that an import would make.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlannedRun {
    /// Its well's name.
    pub well: Option<String>,
    /// Whether the import would make that well.
    pub new_well: bool,
    /// `log`, or a kind of table: `tops`, `survey`, `core` …
    pub kind: String,
    /// The data set's name in its source.
    pub set: String,
    /// Rows.
    pub rows: u64,
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
    /// Its curves.
    pub curves: Vec<PlannedCurve>,
}

/// A curve that an import would make.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedCurve {
    /// Mnemonic as delivered.
    pub mnemonic: String,
    /// Unit as delivered.
    pub unit: String,
    /// Detected property.
    pub property: Option<String>,
    /// How sure the detection is, in percent.
    pub confidence: u8,
    /// Why, in words.
    pub reason: String,
    /// Values.
    pub count: u64,
}

/// The result of an import.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct ImportSummary {
    /// Files imported now.
    pub imported: u64,
    /// Files that were here already.
    pub already_here: u64,
    /// Files that failed.
    pub failed: u64,
    /// Files kept as attachments now.
    pub attached: u64,
    /// Files left alone in directories.
    pub skipped: u64,
    /// Whether nothing was written.
    pub dry_run: bool,
    /// Bytes read.
    pub bytes: u64,
    /// Seconds it took.
    pub seconds: f64,
    /// Every file, by path.
    pub files: Vec<FileResult>,
}

/// What was odd about a run's source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportReply {
    /// The run, short.
    pub run: String,
    /// Name of the source file.
    pub source: String,
    /// Oddities seen, also those not kept.
    pub seen: u64,
    /// Those kept.
    pub notices: Vec<NoticeInfo>,
}

/// One oddity of a source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticeInfo {
    /// 1-based line; 0 when it concerns the whole file.
    pub line: u32,
    /// 1-based column in characters; 0 when it concerns the whole line.
    pub column: u32,
    /// Its kind, e.g. `short-row`.
    pub kind: String,
    /// What was found and what was done about it.
    pub message: String,
}

/// What was exported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportReply {
    /// What it is.
    pub what: String,
    /// Rows; 0 for a file that is kept as it is.
    pub rows: u64,
    /// Curves, the index excluded.
    pub curves: u64,
    /// Bytes written.
    pub bytes: u64,
    /// BLAKE3 of what was written.
    pub hash: String,
    /// What could not be written and why.
    pub remarks: Vec<String>,
}

/// A workspace in a directory.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExportAllReply {
    /// The directory.
    pub directory: PathBuf,
    /// Files written.
    pub files: u64,
    /// Bytes written.
    pub bytes: u64,
    /// What could not be written: name and why.
    pub failed: Vec<(String, String)>,
    /// Seconds it took.
    pub seconds: f64,
}

/// Something that was exported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportInfo {
    /// When, RFC 3339 UTC.
    pub exported: String,
    /// What.
    pub what: String,
    /// Format.
    pub format: String,
    /// The file as the client named it.
    pub file: String,
    /// Bytes.
    pub bytes: u64,
    /// BLAKE3 of what was written.
    pub hash: String,
}
