//! Requests about earlier states.

use serde::{Deserialize, Serialize};

/// What is asked about earlier states, or to go back to one.
///
/// A `target` is what other requests name, or `dictionary` or `settings`. A state is an entry (its id or
/// the start of it), a time by the clocks of authors, which nobody vouches for, or `~N`, which is N
/// changes back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "history", rename_all = "snake_case")]
pub enum HistoryRequest {
    /// Says who wrote each value, and when. → `Blame`
    Blame {
        /// What.
        target: String,
        /// As it was at this state; as it is when left out.
        at: Option<String>,
    },
    /// Says what differs between two states. → `Diff`
    Diff {
        /// What.
        target: String,
        /// One state.
        from: String,
        /// The other; now when left out.
        to: Option<String>,
    },
    /// Makes everything read as at an earlier state, by a new change. → `TakenBack`
    RestoreAt {
        /// What.
        target: String,
        /// The state.
        at: String,
    },
    /// Undoes the last change of this person that can be undone, or redoes what was undone last.
    /// → `TakenBack`
    Undo {
        /// Of this; of all that was written on this device when left out.
        target: Option<String>,
        /// Whether to redo.
        redo: bool,
    },
    /// Takes back what a device wrote after a point of its chain, by new changes. → `TakenBack`
    Revert {
        /// Device.
        device: String,
        /// An entry of the device, or a time by its clock: whatever follows on its chain is taken back.
        after: String,
        /// Only in this.
        target: Option<String>,
        /// Whether it is only looked at.
        dry_run: bool,
    },
}
