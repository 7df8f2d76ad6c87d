//! Requests that carry wells from one workspace into another.

use serde::{Deserialize, Serialize};

/// Which wells are copied, and where to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CopyRequest {
    /// The wells.
    pub wells: Vec<String>,
    /// The workspace they are copied into: its name, id or start of the id.
    pub to: String,
    /// Whether they are deleted where they were; needs admin there.
    #[serde(default)]
    pub moves: bool,
}
