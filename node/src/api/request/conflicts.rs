//! Requests about conflicts: what several people wrote without knowing of each other.

use serde::{Deserialize, Serialize};

/// What is asked about conflicts. One is named by its id or a unique start of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "conflicts", rename_all = "snake_case")]
pub enum ConflictsRequest {
    /// Lists them. → `Conflicts`
    List {
        /// Only of this; of all and of the workspace when left out.
        target: Option<String>,
    },
    /// Shows one in full. → `Conflict`
    Show {
        /// Which.
        conflict: String,
    },
    /// Decides one. → `Done`
    Resolve {
        /// Which.
        conflict: String,
        /// How.
        choice: ConflictChoice,
    },
    /// Says or sets how conflicts are decided. → `ConflictPolicy`
    Policy {
        /// The kind of field; `default` for all that have no strategy of their own.
        kind: Option<String>,
        /// The strategy: `manual`, `last_writer`, `mine`, `theirs`, `merge`; `default` takes a kind's own
        /// one away. Only told when left out.
        strategy: Option<String>,
    },
}

/// How a conflict is decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum ConflictChoice {
    /// As the workspace's strategy says.
    Strategy,
    /// What this person wrote.
    Mine,
    /// What others wrote.
    Theirs,
    /// What was written last, by the clocks of its authors.
    LastWriter,
    /// All of it together.
    Merge,
    /// Another value; empty for none.
    Value {
        /// It.
        value: String,
    },
    /// One of the candidates.
    Candidate {
        /// Its number, from 1.
        number: u32,
    },
    /// What was taken away stays; what may be the same are two.
    Keep,
    /// What was taken away goes.
    Delete,
}
