//! Replies about how a node is doing.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{FaceStatus, PeerInfo};

/// How far a device and this one have the same of a workspace. What cannot be known is null.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeerStanding {
    /// Workspace id.
    pub workspace_id: String,
    /// Its name.
    pub workspace: String,
    /// Whether a session is open.
    pub connected: bool,
    /// Whether each side has sent what the other lacked when they met.
    pub caught_up: bool,
    /// Entries held here that it lacks: those that wait to be sent, and at least the own ones that it has not
    /// confirmed; while it is away only these, by its last word.
    pub ahead: u64,
    /// Entries that it had when the session began and that are not here yet; null while it is away.
    pub behind: Option<u64>,
    /// Blobs that it wants and lacks; null while it is away.
    pub blobs_ahead: Option<u64>,
    /// Blobs that are wanted here and missing; null while it is away.
    pub blobs_behind: Option<u64>,
}

/// A session with a peer, or a bundle that came or went.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExchangeInfo {
    /// Device id of the other side; of a bundle who made it.
    pub device_id: String,
    /// Its name.
    pub device: String,
    /// Workspace id.
    pub workspace_id: String,
    /// Its name.
    pub workspace: String,
    /// `out` when this side dialled, or wrote the bundle; else `in`.
    pub direction: String,
    /// `direct`, `relay` or `bundle`.
    pub path: String,
    /// When it began, RFC 3339 UTC.
    pub begun: String,
    /// When it ended; null while it is open.
    pub ended: Option<String>,
    /// How long it took; of an open one until now.
    pub seconds: f64,
    /// Entries that came and were settled.
    pub entries_in: u64,
    /// Entries that were sent.
    pub entries_out: u64,
    /// Blobs that came.
    pub blobs_in: u64,
    /// Requests for blobs, or parts of them, that were served.
    pub blobs_out: u64,
    /// Bytes of blobs that came.
    pub bytes_in: u64,
    /// Bytes of blobs that were sent.
    pub bytes_out: u64,
    /// Why it ended.
    pub reason: Option<String>,
}

/// Something that is wrong, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// What it is about: `network`, `port`, `relay`, `discovery`, `clock`, `disk`, `directory`, `files`,
    /// `metrics`, `device`.
    pub about: String,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub advice: String,
}

/// A network interface.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InterfaceInfo {
    /// Its name.
    pub name: String,
    /// Its addresses with the length of their networks, e.g. `192.168.1.7/24`.
    pub addresses: Vec<String>,
    /// Whether it is up.
    pub up: bool,
    /// Whether only this machine can be reached over it.
    pub loopback: bool,
}

/// A relay that is configured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RelayInfo {
    /// Where it is.
    pub url: String,
    /// Whether it is connected; null while this node is not up.
    pub reached: Option<bool>,
    /// Why not.
    pub problem: Option<String>,
}

/// A record of discovery that was heard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeardInfo {
    /// When, RFC 3339 UTC.
    pub at: String,
    /// From where.
    pub addresses: Vec<String>,
    /// `dns-sd` or `beacon`.
    pub by: String,
    /// The workspace of this node that it is about; null when it is about none.
    pub workspace: Option<String>,
}

/// What discovery did and saw.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct DiscoveryInfo {
    /// Whether it runs.
    pub running: bool,
    /// Interfaces on which it announces and listens.
    pub interfaces: Vec<String>,
    /// Records that are announced.
    pub records: u64,
    /// When they were announced last, RFC 3339 UTC.
    pub announced: Option<String>,
    /// Records heard since this node is up.
    pub heard_total: u64,
    /// The newest of them, the newest first.
    pub heard: Vec<HeardInfo>,
    /// What went wrong last.
    pub last_error: Option<String>,
}

/// Where a node listens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PortsInfo {
    /// The setting `network.listen`.
    pub configured: String,
    /// Sockets that are bound; none while this node is not up.
    pub bound: Vec<String>,
    /// Whether the configured port belongs to another program.
    pub in_use: bool,
}

/// The clock of a peer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClockInfo {
    /// Device id.
    pub device_id: String,
    /// Its name.
    pub name: String,
    /// By how many seconds it goes before the clock here.
    pub ahead_seconds: f64,
}

/// Where the data directory is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlaceInfo {
    /// The directory.
    pub directory: PathBuf,
    /// The kind of its file system, where the system tells.
    pub file_system: Option<String>,
    /// Free bytes on its disk.
    pub free_bytes: Option<u64>,
    /// Bytes that are left free.
    pub reserve_bytes: u64,
    /// Files that the process may have open.
    pub open_files: Option<u64>,
}

/// What `doctor` found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DoctorReply {
    /// Version of the program that answers.
    pub version: String,
    /// Operating system.
    pub system: String,
    /// Whether a process serves the directory and syncs.
    pub up: bool,
    /// What is wrong; empty when all is well.
    pub problems: Vec<Problem>,
    /// What is worth knowing.
    pub remarks: Vec<String>,
    /// Network interfaces.
    pub interfaces: Vec<InterfaceInfo>,
    /// Where it listens.
    pub ports: PortsInfo,
    /// What a firewall has to let through, and how that is said to the one of this system.
    pub firewall: Vec<String>,
    /// Relays that are configured.
    pub relays: Vec<RelayInfo>,
    /// What discovery did and saw.
    pub discovery: DiscoveryInfo,
    /// Other devices of members, and how each is reached.
    pub peers: Vec<PeerInfo>,
    /// The time here, RFC 3339 UTC.
    pub time: String,
    /// Clocks of peers, as far as they can be told.
    pub clocks: Vec<ClockInfo>,
    /// Where the data are.
    pub place: PlaceInfo,
    /// Where metrics are given; null when they are not.
    pub metrics: Option<String>,
    /// The faces that are set.
    #[serde(default)]
    pub faces: Vec<FaceStatus>,
}
