//! Requests about workspaces with several founding owners, and recovery by enough of these.

use serde::{Deserialize, Serialize};

use super::Words;

/// What a program asks before and when a workspace is made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "founding", rename_all = "snake_case")]
pub enum FoundingRequest {
    /// Gives the file by which somebody else names this person as owner; makes the identity when
    /// there is none yet. → `Identity`
    Identity {
        /// Display name of the person; by default the login name.
        person: Option<String>,
        /// Label of this device; by default the host name.
        device: Option<String>,
    },
    /// Says whose an identity file is. → `Identity`
    ReadIdentity {
        /// The text of the file.
        text: String,
    },
    /// Makes a workspace with several owners. → `Init`
    Workspace {
        /// Name of the workspace.
        name: String,
        /// Display name of the person; by default the login name.
        person: Option<String>,
        /// Label of this device; by default the host name.
        device: Option<String>,
        /// The identity files of the other owners, as text.
        owners: Vec<String>,
        /// How many of the owners together may recover the workspace; 0 for never.
        quorum: u8,
        /// Whether nobody's words alone may.
        only_quorum: bool,
    },
}

/// What a program asks about recovery by several owners. A draft is the text of its file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "quorum", rename_all = "snake_case")]
pub enum QuorumRequest {
    /// Says who may recover the workspace. → `Recoverers`
    Who,
    /// Drafts a recovery, to be signed by owners and written by this device. → `RecoveryDraft`
    Draft {
        /// The owners from now on; this person when empty.
        owners: Vec<String>,
        /// Members to remove with it.
        remove: Vec<String>,
    },
    /// Says what a draft would do, and who signed it. → `RecoveryDraft`
    Read {
        /// Copies of one draft.
        drafts: Vec<String>,
    },
    /// Signs a draft with somebody's words. → `RecoveryDraft`
    Sign {
        /// Copies of one draft.
        drafts: Vec<String>,
        /// The recovery words of an owner whom the genesis names.
        words: Words,
    },
    /// Writes the recovery that a draft is. → `Wrote`
    Publish {
        /// Copies of one draft.
        drafts: Vec<String>,
    },
}
