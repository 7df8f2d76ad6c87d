//! Replies about founding owners, and recovery by enough of them.

use serde::{Deserialize, Serialize};

/// An identity file, and whose it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdentityReply {
    /// The text of the file.
    pub text: String,
    /// Who.
    pub person: PersonInfo,
    /// Labels of the devices in it.
    pub devices: Vec<String>,
    /// The 24 recovery words, when the identity was made now: shown once, stored nowhere.
    pub recovery_words: Option<String>,
}

/// A person as others tell them apart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonInfo {
    /// Person id.
    pub person_id: String,
    /// Display name.
    pub name: String,
    /// Four words to compare by voice.
    pub fingerprint: String,
}

/// Who may recover a workspace.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecoverersReply {
    /// The owners that the genesis names, owners still or not.
    pub owners: Vec<PersonInfo>,
    /// How many of them together may; 0 for never.
    pub quorum: u8,
    /// Whose words alone may.
    pub by_words_of: Option<String>,
}

/// A recovery that is not written yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecoveryDraftReply {
    /// The text of its file, with the signatures so far.
    pub text: String,
    /// Name of the workspace.
    pub workspace: String,
    /// The device that drafted it and is to write it.
    pub drafted_by: String,
    /// Whether that is this device.
    pub this_device: bool,
    /// Who becomes owner.
    pub owners: Vec<PersonInfo>,
    /// Who is removed.
    pub removed: Vec<PersonInfo>,
    /// How many signatures it needs.
    pub quorum: u8,
    /// Who signed it.
    pub signed: Vec<PersonInfo>,
    /// Who may still sign it.
    pub unsigned: Vec<PersonInfo>,
}
