//! Replies about which data are held here and elsewhere.

use serde::{Deserialize, Serialize};

/// Who has what of something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WhereReply {
    /// What was asked about, as it is called.
    pub target: String,
    /// Blobs it has.
    pub blobs: u64,
    /// Bytes of these.
    pub bytes: u64,
    /// Devices, this one first, then those that have most.
    pub holders: Vec<HolderInfo>,
    /// Blobs that no device says it has.
    pub nowhere: u64,
    /// Each blob, when there are few.
    pub each: Vec<WhereBlob>,
}

/// A device that has some of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HolderInfo {
    /// Device id.
    pub device_id: String,
    /// Name of person and device.
    pub name: String,
    /// Whether it is this one.
    pub is_here: bool,
    /// Blobs it has.
    pub blobs: u64,
    /// Bytes of these.
    pub bytes: u64,
    /// When it said so, by its clock, RFC 3339 UTC.
    pub said: Option<String>,
    /// When it last hashed everything it has.
    pub verified: Option<String>,
    /// When it was last met from here.
    pub last_seen: Option<String>,
    /// Whether it is connected now.
    pub connected: bool,
}

/// A blob and who has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WhereBlob {
    /// Hash.
    pub hash: String,
    /// What it is: `table`, `gridded`, `pyramid`, `source` or `file`, of which run or attachment.
    pub what: String,
    /// Bytes.
    pub bytes: u64,
    /// Names of devices that have it.
    pub holders: Vec<String>,
}

/// What a lost machine would lose of a workspace's data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OnlyHereReply {
    /// Blobs that are held here and that no other device says it holds.
    pub blobs: u64,
    /// Bytes of these.
    pub bytes: u64,
    /// What they are of, the largest first, up to the limit.
    pub things: Vec<OnlyHereInfo>,
}

/// A run or attachment with data that only this device has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OnlyHereInfo {
    /// As it is called.
    pub name: String,
    /// Id of its well.
    pub well_id: Option<String>,
    /// Blobs.
    pub blobs: u64,
    /// Bytes of these.
    pub bytes: u64,
}

/// What was fetched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FetchedReply {
    /// Blobs that came.
    pub blobs: u64,
    /// Bytes of these.
    pub bytes: u64,
    /// Blobs that did not come, each with why.
    pub missing: Vec<(String, String)>,
}

/// What was freed, or would be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FreedReply {
    /// Whether it was done.
    pub done: bool,
    /// Blobs that went.
    pub blobs: u64,
    /// Bytes that are free.
    pub bytes: u64,
    /// Blobs and bytes that stay, by reason.
    pub kept: Vec<KeptInfo>,
}

/// Why some of it stays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptInfo {
    /// In words.
    pub reason: String,
    /// Blobs.
    pub blobs: u64,
    /// Bytes.
    pub bytes: u64,
}

/// Something that is pinned or starred.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MarkInfo {
    /// `pin` or `star`.
    pub mark: String,
    /// What, as it is called.
    pub target: String,
    /// Its id.
    pub id: String,
    /// Bytes of its blobs.
    pub bytes: u64,
}

/// How much of a workspace is held here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyReply {
    /// `mirror`, `follow` or `demand`.
    pub policy: String,
    /// Whether the workspace has it of its own, rather than by the setting.
    pub own: bool,
}

/// What the cache holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CacheReply {
    /// Blobs held.
    pub files: u64,
    /// Bytes of these.
    pub bytes: u64,
    /// Blobs of which parts are here, and bytes of these.
    pub partial_files: u64,
    /// Bytes of these parts.
    pub partial_bytes: u64,
    /// Reads that found everything here, since the node started.
    pub hits: u64,
    /// Reads that did not.
    pub misses: u64,
    /// Hits of all reads, 0 to 1; none before the first.
    pub hit_rate: Option<f64>,
    /// The limits: all, warning, per project.
    pub limit_bytes: u64,
    /// From here on a warning is given.
    pub warn_bytes: u64,
    /// Of one project.
    pub project_limit_bytes: u64,
    /// What there is to say about limits, in words.
    pub warnings: Vec<String>,
}

/// Transfers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransfersReply {
    /// The first of them, in the order they are taken.
    pub transfers: Vec<TransferInfo>,
    /// All of them.
    pub total: u64,
    /// Bytes still missing of all.
    pub missing_bytes: u64,
    /// Paused workspaces and peers, in words.
    pub paused: Vec<String>,
}

/// A transfer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransferInfo {
    /// Hash.
    pub hash: String,
    /// What it is of what.
    pub what: String,
    /// Bytes.
    pub bytes: u64,
    /// Bytes still missing.
    pub missing_bytes: u64,
    /// `fetching`, `queued`, `retrying`, `waiting` for a peer that has it, `paused`.
    pub state: String,
    /// Urgency, 10 the highest.
    pub priority: u8,
    /// Names of devices that give it now.
    pub from: Vec<String>,
    /// Attempts that failed in a row.
    pub attempts: u32,
    /// Why the last one did.
    pub last_error: Option<String>,
}
