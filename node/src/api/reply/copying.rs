//! What was carried from one workspace into another.

use serde::{Deserialize, Serialize};

/// What copying or moving wells did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CopiedReply {
    /// Name of the workspace they were in.
    pub from: String,
    /// Name of the workspace they are in now.
    pub to: String,
    /// Whether they are deleted where they were.
    pub moved: bool,
    /// Well by well, as they were named.
    pub wells: Vec<CopiedWell>,
}

/// What became of one well.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CopiedWell {
    /// Id of the well, the same in both workspaces.
    pub id: String,
    /// Its name where it was.
    pub name: String,
    /// Documents of it: the well, runs, attachments, tops, surveys, charts and selections.
    pub documents: u64,
    /// Those of them that something was written of; none when all was there already.
    pub written: u64,
    /// Blobs that the other workspace did not name before.
    pub blobs: u64,
    /// Bytes of these.
    pub bytes: u64,
    /// Fields that say something else there, and were left as they are.
    pub left: u64,
    /// What else should be known, e.g. that a source file holds more than the well.
    pub remarks: Vec<String>,
}
