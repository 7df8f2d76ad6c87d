//! Queries: what they may cost, and the format of their output.

use serde::{Deserialize, Serialize};

/// What a query may read and how large its result may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct QueryLimits {
    /// Whether it reads only what is held here; with anything else it ends with an error.
    #[serde(default)]
    pub local_only: bool,
    /// Bytes that it may take from peers.
    #[serde(default)]
    pub remote_bytes: Option<u64>,
    /// Rows of the result; with more it ends with an error.
    #[serde(default)]
    pub rows: Option<u64>,
    /// Bytes of the result's columns, likewise.
    #[serde(default)]
    pub bytes: Option<u64>,
}

/// Format of a query's output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutputFormat {
    /// Text table for people.
    Table,
    /// Comma-separated values with a header line; text that a spreadsheet would run as a formula
    /// begins with an apostrophe.
    Csv,
    /// The same with all text as it is.
    CsvRaw,
    /// Excel workbook.
    Xlsx,
    /// One JSON array of objects.
    Json,
    /// Parquet file.
    Parquet,
    /// Arrow IPC stream.
    Arrow,
}
