//! Requests about people: their roles and devices, and what counts of what they wrote.

use serde::{Deserialize, Serialize};

/// What a program asks about people. A member is named by name, by their four words, or by their
/// id or a unique start of it; a device by label, id or start of the id, or as `MEMBER/LABEL`; an
/// entry by its id or a unique start of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "people", rename_all = "snake_case")]
pub enum PeopleRequest {
    /// Says whom and what an act would concern, before it is done. → `Concerned`
    Concerned {
        /// A member; this person when left out.
        member: Option<String>,
        /// A device, instead of all of the member's.
        device: Option<String>,
    },
    /// Gives a member another role. → `Wrote`
    SetRole {
        /// Whose.
        member: String,
        /// The role: viewer, editor, admin or owner.
        role: String,
    },
    /// Removes a member. → `Wrote`
    Remove {
        /// Whom.
        member: String,
    },
    /// Ends this person's membership. → `Wrote`
    Leave,
    /// Makes a member the owner in this person's place. → `Wrote`
    Transfer {
        /// Whom.
        member: String,
        /// The role this person keeps: admin or editor.
        keep: String,
    },
    /// Lists devices, live or not. → `Devices`
    Devices {
        /// Only of this person, a member or one who was.
        member: Option<String>,
    },
    /// Lists work that restrictions leave out. → `LateWork`
    LateWork,
    /// Brings late work in. → `Accepted`
    AcceptLate {
        /// Only of this device or person.
        of: Option<String>,
        /// Only up to this entry of its device.
        until: Option<String>,
    },
    /// Says why an entry, or the entries of a well, run or attachment, count or not. → `Explained`
    Explain {
        /// An entry, well, run or attachment.
        target: String,
    },
    /// Lists devices that signed two entries for one position. → `Forks`
    Forks,
}
