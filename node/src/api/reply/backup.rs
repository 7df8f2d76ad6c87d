//! Replies about backups.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// A backup that was made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BackupReply {
    /// Where it is.
    pub target: PathBuf,
    /// Number of its snapshot.
    pub snapshot: u64,
    /// Workspaces in it.
    pub workspaces: u64,
    /// Entries in it.
    pub entries: u64,
    /// Blobs in it.
    pub blobs: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Blobs that are held here and not in it, because others were asked for.
    pub left_out: u64,
    /// Their bytes.
    pub left_out_bytes: u64,
    /// Objects that were written for it; the others were there.
    pub new_objects: u64,
    /// Bytes that were written for it.
    pub new_bytes: u64,
    /// Numbers of older snapshots that were removed.
    pub removed: Vec<u64>,
    /// What is wrong; empty when all is well.
    pub problems: Vec<String>,
    /// Seconds it took.
    pub seconds: f64,
}

/// The snapshots of a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupListReply {
    /// Where it is.
    pub target: PathBuf,
    /// Oldest first.
    pub snapshots: Vec<BackupSnapshot>,
    /// What is wrong; empty when all is well.
    pub problems: Vec<String>,
}

/// A snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupSnapshot {
    /// Its number.
    pub number: u64,
    /// When it was begun, RFC 3339 UTC.
    pub created: String,
    /// Objects it takes.
    pub objects: u64,
    /// Bytes that were written for it.
    pub new_bytes: u64,
    /// What is in it; null without the passphrase.
    pub content: Option<BackupContent>,
}

/// What is in a snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupContent {
    /// Display name of the person.
    pub person: String,
    /// Label of the device.
    pub device: String,
    /// Its id.
    pub device_id: Option<String>,
    /// Names of the workspaces.
    pub workspaces: Vec<String>,
    /// Entries.
    pub entries: u64,
    /// Blobs.
    pub blobs: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Which blobs were asked for.
    pub choice: String,
    /// Blobs that were held and not asked for.
    pub left_out: u64,
}

/// What checking a backup found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupVerifyReply {
    /// Where it is.
    pub target: PathBuf,
    /// Whether only checksums were looked at.
    pub quick: bool,
    /// Snapshots checked.
    pub snapshots: u64,
    /// Objects checked.
    pub objects: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Entries whose signatures were checked; 0 when quick.
    pub entries: u64,
    /// Blobs that were hashed; 0 when quick.
    pub blobs: u64,
    /// Objects that no snapshot takes: an interrupted backup left them, and the next one takes them up.
    pub left_over: u64,
    /// What is wrong, and what is lost by it; empty when all is well.
    pub problems: Vec<String>,
    /// What was damaged and was set aside, so that the next backup writes it again.
    pub repaired: Vec<String>,
}

/// A data directory made from a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupRestoredReply {
    /// The backup.
    pub target: PathBuf,
    /// Number of the snapshot.
    pub snapshot: u64,
    /// When it was begun, RFC 3339 UTC.
    pub created: String,
    /// The data directory.
    pub directory: PathBuf,
    /// Names of the workspaces.
    pub workspaces: Vec<String>,
    /// Entries.
    pub entries: u64,
    /// Blobs.
    pub blobs: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Blobs that are in the backup and were not asked for.
    pub left_out: u64,
    /// Label of the device that the backup is of.
    pub device: String,
    /// Whether the directory is a device of its own already: until then it writes nothing.
    pub renewed: bool,
    /// What could not be restored; empty when all is well.
    pub problems: Vec<String>,
}

/// A backup that is made by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupPlan {
    /// Where to.
    pub target: PathBuf,
    /// Seconds between two.
    pub every_secs: u64,
    /// Snapshots to keep; all when null.
    pub keep: Option<u32>,
    /// Which blobs.
    pub blobs: String,
    /// When it was last tried, RFC 3339 UTC.
    pub tried: Option<String>,
    /// When it last came out well.
    pub done: Option<String>,
    /// Why it did not, the last time.
    pub error: Option<String>,
}
