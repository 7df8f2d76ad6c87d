//! Replies about exchanging with peers, and the state of the node.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{PeerStanding, RelayServing, RelayUse, WorkspaceInfo};

/// The result of a sync.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SyncSummary {
    /// Peers reached and exchanged with, by name.
    pub reached: Vec<String>,
    /// Peers not reached, with why.
    pub unreached: Vec<(String, String)>,
    /// Those that said that this device is no member.
    #[serde(default)]
    pub removed: Vec<RemovedFrom>,
    /// Entries received and settled.
    pub entries_received: u64,
    /// Entries sent.
    pub entries_sent: u64,
    /// Blobs received.
    pub blobs_received: u64,
    /// Bytes of blobs received.
    pub bytes_received: u64,
    /// Blobs still missing here.
    pub blobs_missing: u64,
    /// Seconds it took.
    pub seconds: f64,
}

/// What a peer said that knows of the removal of this device or its person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemovedFrom {
    /// Name of the workspace.
    pub workspace: String,
    /// The peer, by name.
    pub by: String,
    /// Entries that it lacked and took: they are late work, unless they were written before.
    pub handed_in: u64,
    /// Entries that stay here because it keeps no room for them.
    #[serde(default)]
    pub no_room: u64,
    /// Entries beyond what it takes at a time: they can follow.
    #[serde(default)]
    pub later: u64,
}

/// What a node keeps aside of people who are no members, or not with the device that signed it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LateQuota {
    /// Entries.
    pub entries: u64,
    /// Their bytes.
    pub bytes: u64,
    /// The setting `late_work.max_entries`.
    pub max_entries: u64,
    /// The setting `late_work.max_bytes`.
    pub max_bytes: u64,
    /// Whether nobody hands in more.
    pub is_full: bool,
    /// People who hand in no more.
    pub full: Vec<String>,
}

/// The state of this node.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StatusReply {
    /// Version of the program.
    pub version: String,
    /// Data directory.
    pub directory: PathBuf,
    /// This device's id; none before `init` or `join`.
    pub device_id: Option<String>,
    /// Display name of the person.
    pub person: Option<String>,
    /// Whether a process serves the directory and syncs.
    pub up: bool,
    /// Addresses it listens on.
    pub addresses: Vec<String>,
    /// Per workspace.
    pub workspaces: Vec<WorkspaceStatus>,
    /// Bytes of blobs held.
    pub blob_bytes: u64,
    /// Free bytes on the disk.
    pub free_bytes: Option<u64>,
    /// Since when it is up, RFC 3339 UTC.
    #[serde(default)]
    pub up_since: Option<String>,
    /// Other devices of members, and how each is reached.
    #[serde(default)]
    pub peers: Vec<PeerInfo>,
    /// Where metrics are given.
    #[serde(default)]
    pub metrics: Option<String>,
    /// What is backed up by itself.
    #[serde(default)]
    pub backups: Vec<super::BackupPlan>,
    /// The relays it may use, the preferred one first; empty while it does not run.
    #[serde(default)]
    pub relays: Vec<RelayUse>,
    /// The relay it runs for others.
    #[serde(default)]
    pub relay: Option<RelayServing>,
    /// The faces that are set, by which other tools connect.
    #[serde(default)]
    pub faces: Vec<FaceStatus>,
}

/// A face that the settings ask for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FaceStatus {
    /// `http`, `postgres` or `flight`.
    pub face: String,
    /// Address and port where it is open; where it is to be open while it is not.
    pub address: String,
    /// Whether it is open.
    pub open: bool,
    /// Why it is not, when opening it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// The state of a workspace.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WorkspaceStatus {
    /// The workspace.
    pub workspace: WorkspaceInfo,
    /// Own entries that no peer is known to hold: work that exists on this machine only.
    pub only_here: u64,
    /// Blobs referred to and not held here.
    pub blobs_missing: u64,
    /// Their bytes: what is to be received, unless the policy leaves them elsewhere.
    #[serde(default)]
    pub bytes_missing: u64,
    /// Blobs held here that no other device says it holds.
    #[serde(default)]
    pub blobs_only_here: u64,
    /// Blobs held here that fewer than `min_copies` others say they hold; the former among them.
    #[serde(default)]
    pub blobs_too_few: u64,
    /// The setting `cache.min_copies`.
    #[serde(default)]
    pub min_copies: u32,
    /// What several people wrote without knowing of each other, and somebody has to decide.
    #[serde(default)]
    pub conflicts: u64,
    /// Entries that wait for missing ones.
    pub waiting: u64,
    /// Entries without effect or not counted.
    pub set_aside: u64,
    /// Those of them that are of nobody's who is a member.
    #[serde(default)]
    pub late: LateQuota,
    /// Peers connected now.
    pub connected: Vec<String>,
}

/// A known peer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PeerInfo {
    /// Device id.
    pub device_id: String,
    /// Device label, with the person's name.
    pub name: String,
    /// Known addresses.
    pub addresses: Vec<String>,
    /// Whether it is connected now.
    pub connected: bool,
    /// Last contact, RFC 3339 UTC.
    pub last_seen: Option<String>,
    /// Why the last attempt failed.
    pub last_error: Option<String>,
    /// How it is reached: `direct` or `relay`; while it is away how it was met last, also `bundle`; none when
    /// it never was.
    #[serde(default)]
    pub path: Option<String>,
    /// The address in use.
    #[serde(default)]
    pub address: Option<String>,
    /// Milliseconds there and back over the path in use.
    #[serde(default)]
    pub latency_ms: Option<f64>,
    /// Bytes sent to it since this node is up.
    #[serde(default)]
    pub bytes_sent: u64,
    /// Bytes received from it since then.
    #[serde(default)]
    pub bytes_received: u64,
    /// Whether what it sends waits, because it sends more than it may.
    #[serde(default)]
    pub slowed: bool,
    /// For how long what it sent waited since this node is up.
    #[serde(default)]
    pub slowed_seconds: f64,
    /// How far each side has what the other has, for each workspace that it is a member of.
    #[serde(default)]
    pub standings: Vec<PeerStanding>,
}

/// The result of a verification.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerifyReport {
    /// Blobs re-hashed.
    pub blobs: u64,
    /// Bytes re-hashed.
    pub bytes: u64,
    /// Entries checked: signature, hashes, chain.
    pub entries: u64,
    /// Everything that is wrong; empty when all is well.
    pub problems: Vec<String>,
    /// What was wrong and is right again.
    #[serde(default)]
    pub repaired: Vec<String>,
}

/// A node that listens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpReply {
    /// This device.
    pub device_id: String,
    /// Addresses it listens on.
    pub addresses: Vec<String>,
    /// The relays it may use.
    #[serde(default)]
    pub relays: Vec<RelayUse>,
    /// The relay it runs for others.
    #[serde(default)]
    pub relay: Option<RelayServing>,
}
