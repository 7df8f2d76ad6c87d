//! Requests about joining: what a ticket says, and pairing on a local network.

use serde::{Deserialize, Serialize};

/// What a program asks about joining.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "joining", rename_all = "snake_case")]
pub enum JoiningRequest {
    /// Says what a ticket would do here; nothing is done, and nobody asked. → `Ticket`
    Show {
        /// The ticket.
        ticket: String,
    },
    /// Opens a pairing window, and closes the one before. → `Pairing`
    Pair {
        /// Workspace.
        workspace: Option<String>,
        /// Role: viewer, editor or admin.
        role: String,
        /// Open for so many minutes, 1 to 60.
        minutes: u32,
        /// What this machine is called while it is open; the label of the device when left out.
        label: Option<String>,
    },
    /// Waits until somebody joined by a pairing window; closes it when the call is dropped.
    /// → `Joined`
    AwaitPaired {
        /// Its number.
        window: u64,
    },
    /// Lists nodes of the local network that have a pairing window open. → `Nearby`
    Nearby {
        /// Listen for so many seconds at most.
        seconds: u32,
    },
    /// Gets a ticket from such a node by its code. → `Handed` or `WrongCode`
    Ask {
        /// Its label or the start of its device id; needed when there are several.
        name: Option<String>,
        /// Where it is, as `DEVICE@IP:PORT`, for networks where it is not heard.
        at: Option<String>,
        /// The code that it shows.
        code: String,
    },
}
