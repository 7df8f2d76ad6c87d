//! Replies and events.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// What a node answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "reply", rename_all = "snake_case")]
pub enum Reply {
    /// To `Init`.
    Init(InitReply),
    /// To `Workspaces`.
    Workspaces {
        /// By name.
        workspaces: Vec<WorkspaceInfo>,
    },
    /// To `Import`.
    Import(ImportSummary),
    /// To `Wells`.
    Wells {
        /// By name.
        wells: Vec<WellInfo>,
    },
    /// To `Runs`.
    Runs {
        /// By well and name.
        runs: Vec<RunInfo>,
    },
    /// To `Curves`.
    Curves {
        /// By run and ordinal.
        curves: Vec<CurveInfo>,
    },
    /// To `Show`.
    Show(ShowReply),
    /// To `Query` and `Export`; the data came as output.
    Query {
        /// Rows written.
        rows: u64,
        /// Bytes written.
        bytes: u64,
    },
    /// To `Invite`.
    Invite(InviteReply),
    /// To `Join`.
    Join(JoinReply),
    /// To `Members`.
    Members {
        /// Owners first, then by name.
        members: Vec<MemberInfo>,
    },
    /// To `Sync`.
    Sync(SyncSummary),
    /// To `Status`.
    Status(StatusReply),
    /// To `Peers`.
    Peers {
        /// By name.
        peers: Vec<PeerInfo>,
    },
    /// To `Log`.
    Log {
        /// Newest first.
        entries: Vec<LogEntry>,
    },
    /// To `Verify`.
    Verify(VerifyReport),
    /// To `ConfigGet` and `ConfigSet`.
    Config {
        /// Key and value (TOML), sorted by key.
        values: Vec<(String, String)>,
    },
    /// To `Up`.
    Up(UpReply),
    /// To requests that return nothing else.
    Done {
        /// What was done, for people.
        message: String,
    },
}

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

/// What became of one file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileResult {
    /// The file.
    pub path: PathBuf,
    /// `imported`, `already here`, `restorable` (its run is deleted) or `failed`.
    pub outcome: String,
    /// Ids of its runs.
    pub runs: Vec<String>,
    /// Well name.
    pub well: Option<String>,
    /// Curves, the index excluded.
    pub curves: u64,
    /// Rows.
    pub rows: u64,
    /// Located oddities, `line:column: message`; the first ones.
    pub warnings: Vec<String>,
    /// How many oddities there were in all.
    pub warnings_total: u64,
    /// Why it failed, located.
    pub error: Option<String>,
    /// What to do about it.
    pub hint: Option<String>,
}

/// The result of an import.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ImportSummary {
    /// Files imported now.
    pub imported: u64,
    /// Files that were here already.
    pub already_here: u64,
    /// Files that failed.
    pub failed: u64,
    /// Files skipped in directories because they are no log files.
    pub skipped: u64,
    /// Bytes read.
    pub bytes: u64,
    /// Seconds it took.
    pub seconds: f64,
    /// Every file, by path.
    pub files: Vec<FileResult>,
}

/// A well.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WellInfo {
    /// Id.
    pub id: String,
    /// Name.
    pub name: String,
    /// UWI or API number as delivered.
    pub uwi: Option<String>,
    /// Field.
    pub field: Option<String>,
    /// Operating company.
    pub company: Option<String>,
    /// Country.
    pub country: Option<String>,
    /// Runs.
    pub runs: u64,
    /// Curves over all runs.
    pub curves: u64,
    /// Shallowest index over depth runs, in metres.
    pub top_m: Option<f64>,
    /// Deepest.
    pub base_m: Option<f64>,
}

/// A run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunInfo {
    /// Id.
    pub id: String,
    /// The id as short as it is shown, still unique.
    pub short: String,
    /// Name.
    pub name: String,
    /// Its well's id.
    pub well_id: String,
    /// Its well's name.
    pub well: String,
    /// Name of the source file.
    pub source: String,
    /// Rows.
    pub rows: u64,
    /// Curves, the index excluded.
    pub curves: u64,
    /// Index mnemonic.
    pub index: String,
    /// Index unit as delivered.
    pub index_unit: String,
    /// `depth`, `time` or `other`.
    pub index_kind: String,
    /// Smallest index value, as delivered.
    pub index_min: Option<f64>,
    /// Largest index value.
    pub index_max: Option<f64>,
    /// Step, as delivered; none when irregular.
    pub step: Option<f64>,
    /// Hash of the native table.
    pub blob: String,
    /// Its size.
    pub blob_bytes: u64,
    /// Whether its bytes are held here.
    pub held: bool,
}

/// A curve.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CurveInfo {
    /// Its run, short.
    pub run: String,
    /// Its well's name.
    pub well: String,
    /// Position in the run, from 1.
    pub ordinal: u32,
    /// Label: the mnemonic, with `_2`, `_3` for repeats, or the name given to it.
    pub curve: String,
    /// Mnemonic as delivered.
    pub mnemonic: String,
    /// Column in SQL.
    pub column: String,
    /// Unit as delivered or as set.
    pub unit: String,
    /// Description as delivered.
    pub description: String,
    /// Detected or set property, e.g. `gamma_ray`.
    pub property: Option<String>,
    /// How sure the detection is, in percent; 100 when set by hand.
    pub confidence: u8,
    /// Non-null values.
    pub count: u64,
    /// Null values.
    pub nulls: u64,
    /// Smallest value.
    pub min: Option<f64>,
    /// Largest value.
    pub max: Option<f64>,
    /// Index of the first value, as delivered.
    pub top: Option<f64>,
    /// Index of the last value.
    pub base: Option<f64>,
}

/// Where a curve has values and where it has none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CoverageInfo {
    /// Run, short.
    pub run: String,
    /// Curve label.
    pub curve: String,
    /// Unit of the intervals.
    pub unit: String,
    /// Intervals with values, `[top, base]`, in the delivered unit.
    pub intervals: Vec<(f64, f64)>,
    /// Gaps between them.
    pub gaps: Vec<(f64, f64)>,
    /// Share of samples that are not null, 0 to 1.
    pub filled: f64,
    /// One line of text that draws it over the well's whole interval.
    pub bar: String,
}

/// A well or run in full.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ShowReply {
    /// The well.
    pub well: WellInfo,
    /// Its runs, or the one run.
    pub runs: Vec<RunInfo>,
    /// Their curves.
    pub curves: Vec<CurveInfo>,
    /// Coverage of each curve whose bytes are held here.
    pub coverage: Vec<CoverageInfo>,
    /// Further attributes (header items), sorted.
    pub attributes: Vec<(String, String)>,
    /// Fields with concurrent values: field and all values.
    pub conflicts: Vec<(String, Vec<String>)>,
}

/// An invitation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InviteReply {
    /// The ticket's text.
    pub ticket: String,
    /// Workspace name.
    pub workspace: String,
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

/// The result of a sync.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SyncSummary {
    /// Peers reached, by name.
    pub reached: Vec<String>,
    /// Peers not reached, with why.
    pub unreached: Vec<(String, String)>,
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
    /// Entries that wait for missing ones.
    pub waiting: u64,
    /// Entries without effect or not counted.
    pub set_aside: u64,
    /// Peers connected now.
    pub connected: Vec<String>,
}

/// A known peer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
}

/// An entry as `log` lists it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogEntry {
    /// Entry id.
    pub id: String,
    /// Author's name and device.
    pub author: String,
    /// Position on the device's chain.
    pub seq: u64,
    /// `op`, `open` or `change`.
    pub kind: String,
    /// What it did, for people.
    pub summary: String,
    /// `accepted`, `excluded`, `inert` or `unreadable`.
    pub status: String,
    /// The author's clock, RFC 3339 UTC.
    pub claimed: String,
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
}

/// A node that listens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpReply {
    /// This device.
    pub device_id: String,
    /// Addresses it listens on.
    pub addresses: Vec<String>,
}

/// What happens while a request is worked on, or while one watches.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// Progress of a request.
    Progress {
        /// What is being done, e.g. `reading`, `storing`, `entries`, `blobs`.
        step: String,
        /// Done so far.
        done: u64,
        /// Of so many; 0 when unknown.
        total: u64,
        /// The thing at hand, e.g. a file name.
        item: String,
    },
    /// Entries were settled in a workspace: lists may have changed.
    Changed {
        /// Workspace id.
        workspace: String,
        /// Entries.
        entries: u64,
    },
    /// Blobs arrived.
    BlobsArrived {
        /// How many.
        blobs: u64,
        /// Bytes.
        bytes: u64,
    },
    /// A peer connected.
    PeerConnected {
        /// Device id.
        device: String,
        /// Name.
        name: String,
    },
    /// A peer went away.
    PeerLost {
        /// Device id.
        device: String,
        /// Name.
        name: String,
        /// Why.
        reason: String,
    },
    /// Something the user should know.
    Notice {
        /// Text.
        message: String,
    },
}
