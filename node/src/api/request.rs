//! Requests.

use std::net::SocketAddr;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// What a program asks of a node.
///
/// `workspace` is a workspace's name or id; it may be left out while the node holds one only.
/// A `run` or `well` is named by its name, its full id, or a prefix of its id that is unique.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "request", rename_all = "snake_case")]
pub enum Request {
    /// Makes a workspace, and this device's identity when it has none yet. → [`Reply::Init`](super::Reply::Init)
    Init {
        /// Name of the workspace.
        name: String,
        /// Display name of the person; by default the login name.
        person: Option<String>,
        /// Label of this device; by default the host name.
        device: Option<String>,
    },
    /// Lists the workspaces held here. → `Workspaces`
    Workspaces,
    /// Imports files. Progress comes as events. → `Import`
    Import {
        /// Workspace.
        workspace: Option<String>,
        /// Absolute paths of files and directories (walked in full).
        paths: Vec<PathBuf>,
        /// Refuse a file at its first oddity.
        strict: bool,
    },
    /// Lists wells. → `Wells`
    Wells {
        /// Workspace.
        workspace: Option<String>,
    },
    /// Lists runs, of one well or all. → `Runs`
    Runs {
        /// Workspace.
        workspace: Option<String>,
        /// Only of this well.
        well: Option<String>,
    },
    /// Lists curves, of one run or all. → `Curves`
    Curves {
        /// Workspace.
        workspace: Option<String>,
        /// Only of this run.
        run: Option<String>,
    },
    /// Shows a well or run in full, with coverage. → `Show`
    Show {
        /// Workspace.
        workspace: Option<String>,
        /// A well or run.
        target: String,
    },
    /// Sets a field of a well or run. → `Done`
    Set {
        /// Workspace.
        workspace: Option<String>,
        /// A well, a run, or `RUN:ORDINAL` for a curve.
        target: String,
        /// Field: wells `name uwi field company country`; runs `name well`; curves `name unit property`.
        field: String,
        /// New value.
        value: String,
    },
    /// Marks a well or run as deleted; needs admin. → `Done`
    Delete {
        /// Workspace.
        workspace: Option<String>,
        /// A well or run.
        target: String,
    },
    /// Takes a deletion back; needs admin. → `Done`
    Restore {
        /// Workspace.
        workspace: Option<String>,
        /// A well or run, also a deleted one.
        target: String,
    },
    /// Runs a read-only SQL statement; the result comes as output. → `Query`
    Query {
        /// Workspace.
        workspace: Option<String>,
        /// The statement.
        sql: String,
        /// Format of the output.
        format: OutputFormat,
    },
    /// Writes a run's native table; the file comes as output. → `Query`
    Export {
        /// Workspace.
        workspace: Option<String>,
        /// A run.
        run: String,
        /// Format: parquet or csv.
        format: OutputFormat,
    },
    /// Makes an invitation that this device will redeem. → `Invite`
    Invite {
        /// Workspace.
        workspace: Option<String>,
        /// Role: viewer, editor or admin.
        role: String,
        /// How many may use it.
        uses: u32,
        /// Valid for so many hours.
        hours: u32,
    },
    /// Joins a workspace by a ticket. → `Join`
    Join {
        /// The ticket.
        ticket: String,
        /// Display name of the person, when this device has no identity yet.
        person: Option<String>,
        /// Label of this device.
        device: Option<String>,
    },
    /// Lists members and their devices. → `Members`
    Members {
        /// Workspace.
        workspace: Option<String>,
    },
    /// Exchanges entries and blobs with every peer that can be reached, then returns. → `Sync`
    Sync {
        /// Workspace; all when left out.
        workspace: Option<String>,
        /// More addresses to try, as `DEVICE@IP:PORT`.
        peers: Vec<String>,
        /// Give up after so many seconds.
        timeout_secs: u64,
    },
    /// Says whether work is safe and what is going on. → `Status`
    Status,
    /// Lists known peers and how they were reached. → `Peers`
    Peers,
    /// Lists the newest entries. → `Log`
    Log {
        /// Workspace.
        workspace: Option<String>,
        /// Only of this well or run.
        target: Option<String>,
        /// At most so many.
        limit: u32,
    },
    /// Re-hashes every blob and checks every chain. → `Verify`
    Verify,
    /// Makes the index anew from the chains. → `Done`
    Rebuild,
    /// Returns the configuration. → `Config`
    ConfigGet {
        /// One key, e.g. `network.listen`; all when left out.
        key: Option<String>,
    },
    /// Changes the configuration. → `Config`
    ConfigSet {
        /// Key.
        key: String,
        /// Value as in TOML; text needs no quotes.
        value: String,
    },
    /// Adds a static address of a peer. → `Done`
    AddPeer {
        /// Device id, 64 hex digits.
        device: String,
        /// Where it listens.
        address: SocketAddr,
    },
    /// Starts listening and syncing, as `dataforge up` does. → `Up`
    Up,
    /// Ends the process that serves the socket. → `Done`
    Shutdown,
}

/// Format of a query's output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutputFormat {
    /// Text table for people.
    Table,
    /// Comma-separated values with a header line.
    Csv,
    /// One JSON array of objects.
    Json,
    /// Parquet file.
    Parquet,
    /// Arrow IPC stream.
    Arrow,
}
