//! Replies about workspaces and who is in them.

use serde::{Deserialize, Serialize};

/// A new workspace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InitReply {
    /// The workspace.
    pub workspace: WorkspaceInfo,
    /// This person.
    pub person_id: String,
    /// Their display name.
    pub person: String,
    /// Four words to compare by voice.
    pub fingerprint: String,
    /// This device.
    pub device_id: String,
    /// The 24 recovery words, when the identity was made now: shown once, stored nowhere.
    pub recovery_words: Option<String>,
    /// Who may recover the workspace.
    #[serde(default)]
    pub recoverers: super::RecoverersReply,
}

/// A workspace held here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkspaceInfo {
    /// Id.
    pub id: String,
    /// Name.
    pub name: String,
    /// This person's role, `none` when not a member.
    pub role: String,
    /// Counts of wells, runs, members, entries.
    pub wells: u64,
    /// Runs.
    pub runs: u64,
    /// Members.
    pub members: u64,
    /// Entries.
    pub entries: u64,
}

/// An invitation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InviteReply {
    /// The ticket's text.
    pub ticket: String,
    /// Workspace name.
    pub workspace: String,
    /// How it is redeemed: `handed`, `approval` or `open`.
    pub form: String,
    /// Its id.
    pub invite: String,
    /// Four words that `join` shows too, to be compared by voice.
    #[serde(default)]
    pub words: String,
    /// Role it gives.
    pub role: String,
    /// How many may use it.
    pub uses: u32,
    /// Not after, RFC 3339 UTC.
    pub expires: String,
    /// Addresses in it.
    pub addresses: Vec<String>,
    /// Whether this process listens, so that it can be redeemed now.
    pub listening: bool,
}

/// A joined workspace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JoinReply {
    /// The workspace.
    pub workspace: WorkspaceInfo,
    /// Who invited.
    pub inviter: String,
    /// This person's four words.
    pub fingerprint: String,
    /// The 24 recovery words, when the identity was made now.
    pub recovery_words: Option<String>,
}

/// A request to join that waits for approval.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JoinPendingReply {
    /// Name of the workspace.
    pub workspace: String,
    /// Who invited.
    pub inviter: String,
    /// This person's four words, to be read to whoever approves.
    pub fingerprint: String,
    /// The 24 recovery words, when the identity was made now.
    pub recovery_words: Option<String>,
}

/// A member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberInfo {
    /// Person id.
    pub person_id: String,
    /// Display name.
    pub name: String,
    /// Role.
    pub role: String,
    /// Four words to compare by voice.
    pub fingerprint: String,
    /// Whether it is this person.
    pub this_person: bool,
    /// Devices.
    pub devices: Vec<DeviceInfo>,
}

/// A device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceInfo {
    /// Device id.
    pub device_id: String,
    /// Label.
    pub label: String,
    /// Whether it is this device.
    pub this_device: bool,
}

/// What a device fetched from here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessInfo {
    /// The device's id.
    pub device_id: String,
    /// Its person and label.
    pub device: String,
    /// Hash of the blob; none for requests that were refused.
    pub hash: Option<String>,
    /// What the blob is, as it is called now.
    pub what: String,
    /// Requests.
    pub requests: u64,
    /// Bytes of it that were sent.
    pub bytes: u64,
    /// When first, RFC 3339 UTC.
    pub first: String,
    /// When last.
    pub last: String,
}
