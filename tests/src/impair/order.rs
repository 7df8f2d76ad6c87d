//! What `impair` is told on its input, one JSON object a line, and what it answers.

use serde::{Deserialize, Serialize};

use super::{Counts, Profile};

/// Which directions carry nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cut {
    /// None: the line is whole again.
    Nothing,
    /// From the first device to the second.
    Forward,
    /// From the second to the first.
    Backward,
    /// Both.
    Both,
}

/// A change of the line, now or later; what is not named stays.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Order {
    /// When, in milliseconds from when it is read; several such orders are a script.
    #[serde(skip_serializing_if = "is_now")]
    pub after_ms: u64,
    /// For both directions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub both: Option<Profile>,
    /// For the way from the first device to the second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forward: Option<Profile>,
    /// For the way back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backward: Option<Profile>,
    /// What is cut from now on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cut: Option<Cut>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "what serde asks for")]
const fn is_now(after_ms: &u64) -> bool {
    *after_ms == 0
}

/// The answer to each order, which is also what it says when it is ready and when it ends: what
/// became of the frames until then.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Said {
    /// Of the way from the first device to the second.
    pub forward: Counts,
    /// Of the way back.
    pub backward: Counts,
    /// Why the order was refused; nothing was changed then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}
