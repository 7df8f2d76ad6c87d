//! Edits that go together, and what a client wants to hear of.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::CurveName;

/// Edits in one request at most.
pub const MAX_EDITS: usize = 1000;

/// One edit. Targets are named as in [`Request`](super::Request); full ids are looked up without
/// writing first what waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "edit", rename_all = "snake_case")]
pub enum Edit {
    /// Sets a field; an empty value takes it away.
    Set {
        /// A well, a run, `RUN:ORDINAL` for a curve, or an attachment.
        target: String,
        /// Field, as of [`Request::Set`](super::Request::Set).
        field: String,
        /// New value.
        value: String,
    },
    /// Says what a mnemonic means in this workspace, or takes it back.
    SetMeaning {
        /// The mnemonic, with vendor and unit or without.
        curve: CurveName,
        /// The property it measures.
        #[serde(default)]
        property: Option<String>,
        /// The unit it is in, whatever the source says.
        #[serde(default)]
        to_unit: Option<String>,
    },
    /// Chooses the curve that stands for a property of a well, or takes it back.
    Prefer {
        /// A well.
        well: String,
        /// A property.
        property: String,
        /// `RUN:ORDINAL`; none takes the choice back.
        #[serde(default)]
        curve: Option<String>,
    },
    /// Marks something as deleted; needs admin.
    Delete {
        /// A well, run or attachment.
        target: String,
    },
    /// Takes a deletion back; needs admin.
    Restore {
        /// A well, run or attachment, also a deleted one.
        target: String,
    },
}

/// What a client wants to hear of; everything by default.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Watching {
    /// Only changes in this workspace, by its full id.
    pub workspace: Option<String>,
    /// Of changes of documents only those of these, by their full ids; all when empty.
    pub documents: BTreeSet<String>,
}
