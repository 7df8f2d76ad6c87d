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
    /// Gives a member another role, or all of a group. → `Wrote`
    SetRole {
        /// Whose: a member, or `@` and a group.
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
    /// Ends a device for ever. → `Wrote`
    RevokeDevice {
        /// Which.
        device: String,
        /// The recovery words of its person: then nothing voids it.
        words: Option<Words>,
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
    /// Lets void ops count. → `Wrote`
    Ratify {
        /// The ops.
        ops: Vec<String>,
    },
    /// Makes a ticket by which a person adds another machine. → `DeviceTicket`
    DeviceTicket {
        /// Whose; this person's when left out.
        member: Option<String>,
        /// Valid for so many hours.
        hours: u32,
    },
    /// Gives the workspace owners by its recovery words. → `Wrote`
    Recover {
        /// The recovery words of whoever made the workspace.
        words: Words,
        /// The owner from now on; this person when left out.
        owner: Option<String>,
        /// Members to remove with it.
        remove: Vec<String>,
    },
    /// What concerns recovery by several owners. → see there
    Quorum {
        /// What.
        ask: super::QuorumRequest,
    },
    /// Lists open invites, and who waits for approval. → `Invites`
    Invites,
    /// Ends an invite. → `Wrote`
    Uninvite {
        /// The invite: its id or a unique start of it.
        invite: String,
    },
    /// Lets somebody in who asked by an invite with approval. → `Wrote`
    Approve {
        /// Who: by name, words or id.
        person: String,
    },
}

/// Recovery words on their way from the keyboard to the one use of them. Never printed or kept.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Words(pub String);

impl std::fmt::Debug for Words {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Words(secret)")
    }
}
