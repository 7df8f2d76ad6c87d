//! Membership ops: who belongs to a workspace, with which role, on which devices.
//!
//! A body is one byte that names the kind, then the op in postcard. A kind this build does not
//! know makes the entry unreadable, not invalid: it is kept, passed on and read after an upgrade.

use serde::{Deserialize, Serialize};

use crate::id::{EntryId, PersonId};
use crate::key::DeviceCert;
use crate::limits;

/// What a member may do. Ordered: a higher role may do all a lower one may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Role {
    /// Reads.
    Viewer,
    /// Reads and writes.
    Editor,
    /// Manages members, deletes.
    Admin,
    /// Everything; only an owner makes owners.
    Owner,
}

impl Role {
    /// Returns the word used everywhere.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Editor => "editor",
            Self::Admin => "admin",
            Self::Owner => "owner",
        }
    }
}

impl std::fmt::Display for Role {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::str::FromStr for Role {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, UnknownRole> {
        [Self::Viewer, Self::Editor, Self::Admin, Self::Owner]
            .into_iter()
            .find(|role| role.as_str() == text)
            .ok_or(UnknownRole)
    }
}

/// The word names no role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("unknown role: use viewer, editor, admin or owner")]
pub struct UnknownRole;

/// A person as an op introduces them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// Their key.
    pub id: PersonId,
    /// Their display name.
    pub name: String,
    /// Their devices, each certified by their key, with a label.
    pub devices: Vec<(DeviceCert, String)>,
}

/// The first op of a workspace; its entry id is the workspace id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Genesis {
    /// Makes the id unique.
    pub nonce: [u8; 32],
    /// Name of the workspace.
    pub name: String,
    /// The owners.
    pub owners: Vec<Person>,
    /// Public key that may recover the workspace.
    pub recovery: PersonId,
    /// Shared by all members; lets them recognise each other without naming the workspace.
    pub discovery_secret: [u8; 32],
}

/// Admits a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Add {
    /// Who.
    pub person: Person,
    /// With which role.
    pub role: Role,
    /// The invite it redeems, if any.
    pub invite: Option<EntryId>,
}

/// Changes one's own display name or device label.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Describe {
    /// New display name.
    pub name: Option<String>,
    /// New label of the signing device.
    pub device_label: Option<String>,
}

/// Announces an invite that the signing device will redeem.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invite {
    /// BLAKE3 of the ticket's secret.
    pub secret_hash: [u8; 32],
    /// Role the invited get.
    pub role: Role,
    /// How many may use it.
    pub max_uses: u32,
    /// Not after this time of the admitting device's clock, in milliseconds since 1970.
    pub expires_ms: u64,
}

/// A membership op.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Op {
    /// Kind 0.
    Genesis(Genesis),
    /// Kind 1.
    Add(Add),
    /// Kind 9.
    Describe(Describe),
    /// Kind 12.
    Invite(Invite),
}

/// Why a body is no op of this version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpError {
    /// A kind this build does not know; kinds 2–8, 10, 11 and 13 are reserved.
    #[error("op of unknown kind {0}")]
    UnknownKind(u8),
    /// The op does not decode, is not canonical or exceeds a bound.
    #[error("malformed op")]
    Malformed,
}

impl Op {
    /// Returns the canonical body.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        fn encode<T: Serialize>(kind: u8, value: &T) -> Vec<u8> {
            postcard::to_extend(value, vec![kind]).expect("ops have no unserialisable part")
        }
        match self {
            Self::Genesis(op) => encode(0, op),
            Self::Add(op) => encode(1, op),
            Self::Describe(op) => encode(9, op),
            Self::Invite(op) => encode(12, op),
        }
    }

    /// Reads a body.
    ///
    /// # Errors
    /// [`OpError`] when the kind is unknown, or the op is malformed or out of bounds.
    pub fn from_bytes(body: &[u8]) -> Result<Self, OpError> {
        fn decode<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, OpError> {
            postcard::from_bytes(bytes).map_err(|_error| OpError::Malformed)
        }
        let (kind, rest) = body.split_first().ok_or(OpError::Malformed)?;
        let op = match kind {
            0 => Self::Genesis(decode(rest)?),
            1 => Self::Add(decode(rest)?),
            9 => Self::Describe(decode(rest)?),
            12 => Self::Invite(decode(rest)?),
            other => return Err(OpError::UnknownKind(*other)),
        };
        if op.is_bounded() && op.to_bytes() == body { Ok(op) } else { Err(OpError::Malformed) }
    }

    fn is_bounded(&self) -> bool {
        match self {
            Self::Genesis(op) => {
                is_name(&op.name)
                    && !op.owners.is_empty()
                    && op.owners.len() <= 16
                    && op.owners.iter().all(person_is_bounded)
            }
            Self::Add(op) => person_is_bounded(&op.person),
            Self::Describe(op) => [&op.name, &op.device_label].into_iter().flatten().all(|name| is_name(name)),
            Self::Invite(op) => op.role < Role::Owner && op.max_uses > 0,
        }
    }
}

fn person_is_bounded(person: &Person) -> bool {
    is_name(&person.name)
        && (1..=limits::MAX_DEVICES).contains(&person.devices.len())
        && person
            .devices
            .iter()
            .all(|(cert, label)| is_name(label) && cert.person == person.id && cert.verify().is_ok())
}

/// Returns whether a text can name a workspace, person or device: 1 to 120 characters, no control
/// characters or marks that change the direction of text.
#[must_use]
pub fn is_name(text: &str) -> bool {
    let chars = text.chars().count();
    let odd = |c: char| {
        c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    (1..=limits::MAX_NAME_CHARS).contains(&chars) && !text.trim().is_empty() && !text.chars().any(odd)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_kind_is_told_apart_from_malformed() {
        assert_eq!(Op::from_bytes(&[200, 1]), Err(OpError::UnknownKind(200)));
        assert_eq!(Op::from_bytes(&[]), Err(OpError::Malformed));
        assert_eq!(Op::from_bytes(&[9]), Err(OpError::Malformed));
    }

    #[test]
    fn invite_of_an_owner_is_malformed() {
        let invite = Op::Invite(Invite { secret_hash: [1; 32], role: Role::Owner, max_uses: 1, expires_ms: 0 });
        assert_eq!(Op::from_bytes(&invite.to_bytes()), Err(OpError::Malformed));
    }

    #[test]
    fn names_that_mislead_are_refused() {
        assert!(is_name("Rig 7 — Øst"));
        for name in ["", "  ", "a\nb", "evil\u{202e}txt", &"x".repeat(121)] {
            assert!(!is_name(name), "{name:?}");
        }
    }
}
