//! Requests about which data are held here, which elsewhere, and what goes where.

use serde::{Deserialize, Serialize};

/// What is asked about data.
///
/// A `target` is a well, run, project or attachment by name, id or the beginning of its id, or a blob by
/// its hash or the beginning of it; `.` is the workspace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "data", rename_all = "snake_case")]
pub enum DataRequest {
    /// Says who holds it, checked when, and last seen when. → `Where`
    Where {
        /// What.
        target: String,
    },
    /// Lists what of the workspace no other device says it holds. → `OnlyHere`
    OnlyHere {
        /// At most so many runs and attachments.
        limit: u32,
    },
    /// Fetches it, before anything else and whatever the policy. → `Fetched`
    Fetch {
        /// What.
        target: String,
        /// Give up waiting after so many seconds; it stays asked for.
        timeout_secs: u64,
    },
    /// Frees what others prove to hold. → `Freed`
    Free {
        /// What; when left out, whatever is needed least, up to `bytes`.
        target: Option<String>,
        /// So many bytes; all of it when left out.
        bytes: Option<u64>,
        /// Whether it is done, rather than only looked at.
        go: bool,
        /// A stick whose bundles count as a copy, once they are read and hashed.
        #[serde(default)]
        drive: Option<std::path::PathBuf>,
    },
    /// Keeps it here always, or no more. → `Done`
    Pin {
        /// What.
        target: String,
        /// Whether it is.
        on: bool,
    },
    /// Makes it a favourite, or no more. → `Done`
    Star {
        /// What.
        target: String,
        /// Whether it is.
        on: bool,
    },
    /// Lists what is pinned or starred. → `Marks`
    Marks,
    /// Says or sets how much of the workspace is held here. → `Policy`
    Policy {
        /// `mirror`, `follow`, `demand`, or `default` for the setting `cache.policy`; only told when left out.
        set: Option<String>,
    },
    /// Says what the cache holds and how often it had what was read. → `Cache`
    Cache,
    /// Frees cache, of a project or all of it: what is neither pinned nor the last copy. → `Freed`
    Clear {
        /// A project.
        project: Option<String>,
        /// Whether it is done, rather than only looked at.
        go: bool,
    },
    /// Lists transfers. → `Transfers`
    Transfers {
        /// At most so many.
        limit: u32,
    },
    /// Pauses transfers, or lets them go on. → `Done`
    Pause {
        /// A blob, well, run or attachment; `.` for the workspace; `@` and the start of a device's id for a peer.
        target: String,
        /// Whether they are.
        on: bool,
    },
    /// Says which runs and attachments are on screen: their data come first, then those of the same
    /// wells. → `Done`
    Showing {
        /// Runs and attachments.
        targets: Vec<String>,
    },
}
