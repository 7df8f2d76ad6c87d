//! Replies and events about edits.

use serde::{Deserialize, Serialize};

use crate::api::ApiError;

/// What became of an edit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum EditOutcome {
    /// It is durable.
    Saved {
        /// What was done, for people.
        message: String,
    },
    /// It waits to be written; an event says what became of it.
    Pending {
        /// Its number, while this process lives.
        id: u64,
    },
    /// It was not done.
    Refused {
        /// Why.
        error: ApiError,
    },
}

/// A document that changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangedDocument {
    /// Its id; of a curve that of its run.
    pub document: String,
    /// Its kind: `well`, `run`, `chart` and so on.
    pub kind: String,
    /// Who changed it: person and device. Nobody where only what counts changed.
    pub by: Vec<String>,
    /// Whether it was changed on this node, rather than by a peer.
    pub here: bool,
}
