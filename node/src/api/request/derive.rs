//! Derived runs: what a tool computed, with what it was made of.

use serde::{Deserialize, Serialize};

/// What a tool computed, and of what; the table itself comes beside it: a Parquet file, an Arrow stream or
/// CSV with a header line, one column for the index and one for each curve.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct DeriveRequest {
    /// The well the run is filed under: name, UWI or id.
    pub well: String,
    /// What the run is called.
    pub name: String,
    /// What it was made of, at least one: `RUN`, or `RUN:CURVE` with the number, label or mnemonic of a curve.
    /// `@HASH` behind it names the table that was read, which must still be the one of the run or its gridded
    /// copy.
    pub sources: Vec<String>,
    /// The tool that made it.
    pub tool: String,
    /// Its version.
    pub version: String,
    /// What it was told, as the text of a JSON object; none is an empty one.
    pub parameters: Option<String>,
    /// What it is, for people.
    pub description: Option<String>,
    /// Units by the names of columns; they win over what the table says of its columns.
    pub units: Vec<(String, String)>,
    /// The column that is the index; the first one when left out.
    pub index: Option<String>,
    /// The unit of the index.
    pub index_unit: Option<String>,
}
