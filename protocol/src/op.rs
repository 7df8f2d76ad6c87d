//! Membership ops: who belongs to a workspace, with which role, on which devices.
//!
//! A body is one byte that names the kind, then the op in postcard. A kind this build does not
//! know makes the entry unreadable, not invalid: it is kept, passed on and read after an upgrade.
//! What an op may do, and when it counts, is [`crate::authority`].

mod bounds;
mod cut;
mod kinds;
mod role;

use serde::{Deserialize, Serialize};

pub use self::bounds::{is_name, is_person};
pub use self::cut::{Cut, CutAt};
pub use self::kinds::{
    Add, AddDevice, Admit, Describe, ExtendCut, Genesis, Invite, InviteForm, Leave, NO_RECOVERY_KEY, Person, Proof,
    Ratify, Recover, Remove, RevokeDevice, RevokeInvite, SetRole, Transfer,
};
pub use self::role::{Role, UnknownRole};
use crate::id::{DeviceId, EntryId, WorkspaceId};

/// A membership op.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Op {
    /// Kind 0.
    Genesis(Genesis),
    /// Kind 1.
    Add(Add),
    /// Kind 2.
    SetRole(SetRole),
    /// Kind 3.
    Remove(Remove),
    /// Kind 4.
    Leave(Leave),
    /// Kind 5.
    Ratify(Ratify),
    /// Kind 6.
    ExtendCut(ExtendCut),
    /// Kind 7.
    AddDevice(AddDevice),
    /// Kind 8.
    RevokeDevice(RevokeDevice),
    /// Kind 9.
    Describe(Describe),
    /// Kind 10.
    Recover(Recover),
    /// Kind 11.
    Transfer(Transfer),
    /// Kind 12.
    Invite(Invite),
    /// Kind 13.
    Admit(Admit),
    /// Kind 14.
    RevokeInvite(RevokeInvite),
}

/// Why a body is no op of this version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpError {
    /// A kind this build does not know.
    #[error("op of unknown kind {0}")]
    UnknownKind(u8),
    /// The op does not decode, is not canonical or exceeds a bound.
    #[error("malformed op")]
    Malformed,
}

impl Op {
    /// Returns the number of the kind, the first byte of the body.
    #[must_use]
    pub const fn kind(&self) -> u8 {
        match self {
            Self::Genesis(_) => 0,
            Self::Add(_) => 1,
            Self::SetRole(_) => 2,
            Self::Remove(_) => 3,
            Self::Leave(_) => 4,
            Self::Ratify(_) => 5,
            Self::ExtendCut(_) => 6,
            Self::AddDevice(_) => 7,
            Self::RevokeDevice(_) => 8,
            Self::Describe(_) => 9,
            Self::Recover(_) => 10,
            Self::Transfer(_) => 11,
            Self::Invite(_) => 12,
            Self::Admit(_) => 13,
            Self::RevokeInvite(_) => 14,
        }
    }

    /// Returns the canonical body.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        fn encode<T: Serialize>(kind: u8, value: &T) -> Vec<u8> {
            postcard::to_extend(value, vec![kind]).expect("ops have no unserialisable part")
        }
        let kind = self.kind();
        match self {
            Self::Genesis(op) => encode(kind, op),
            Self::Add(op) => encode(kind, op),
            Self::SetRole(op) => encode(kind, op),
            Self::Remove(op) => encode(kind, op),
            Self::Leave(op) => encode(kind, op),
            Self::Ratify(op) => encode(kind, op),
            Self::ExtendCut(op) => encode(kind, op),
            Self::AddDevice(op) => encode(kind, op),
            Self::RevokeDevice(op) => encode(kind, op),
            Self::Describe(op) => encode(kind, op),
            Self::Recover(op) => encode(kind, op),
            Self::Transfer(op) => encode(kind, op),
            Self::Invite(op) => encode(kind, op),
            Self::Admit(op) => encode(kind, op),
            Self::RevokeInvite(op) => encode(kind, op),
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
            2 => Self::SetRole(decode(rest)?),
            3 => Self::Remove(decode(rest)?),
            4 => Self::Leave(decode(rest)?),
            5 => Self::Ratify(decode(rest)?),
            6 => Self::ExtendCut(decode(rest)?),
            7 => Self::AddDevice(decode(rest)?),
            8 => Self::RevokeDevice(decode(rest)?),
            9 => Self::Describe(decode(rest)?),
            10 => Self::Recover(decode(rest)?),
            11 => Self::Transfer(decode(rest)?),
            12 => Self::Invite(decode(rest)?),
            13 => Self::Admit(decode(rest)?),
            14 => Self::RevokeInvite(decode(rest)?),
            other => return Err(OpError::UnknownKind(*other)),
        };
        if bounds::is_bounded(&op) && op.to_bytes() == body { Ok(op) } else { Err(OpError::Malformed) }
    }

    /// Returns the cut the op carries, if it is of a kind that has one.
    #[must_use]
    pub const fn cut(&self) -> Option<&Cut> {
        match self {
            Self::SetRole(op) => Some(&op.cut),
            Self::Remove(op) => Some(&op.cut),
            Self::Leave(op) => Some(&op.cut),
            Self::ExtendCut(op) => Some(&op.cut),
            Self::RevokeDevice(op) => Some(&op.cut),
            Self::Recover(op) => Some(&op.cut),
            _ => None,
        }
    }

    /// Returns the ops it speaks of, which have to be in its past.
    #[must_use]
    pub fn speaks_of(&self) -> Vec<EntryId> {
        match self {
            Self::Add(op) => op.invite.into_iter().collect(),
            Self::Ratify(op) => op.ops.clone(),
            Self::ExtendCut(op) => vec![op.removal],
            Self::Admit(op) => vec![op.invite],
            Self::RevokeInvite(op) => vec![op.invite],
            _ => Vec::new(),
        }
    }

    /// Returns the persons it brings in, with their devices.
    #[must_use]
    pub fn persons(&self) -> &[Person] {
        match self {
            Self::Genesis(op) => &op.owners,
            Self::Recover(op) => &op.owners,
            Self::Add(op) => std::slice::from_ref(&op.person),
            Self::Admit(op) => std::slice::from_ref(&op.person),
            _ => &[],
        }
    }
}

impl Recover {
    /// Returns what the proofs sign: it names the workspace, the device and the parents too, so
    /// that a proof counts for this op alone.
    #[must_use]
    pub fn digest(&self, workspace: WorkspaceId, device: DeviceId, parents: &[EntryId]) -> [u8; 32] {
        let bare = Op::Recover(Self { proofs: Vec::new(), ..self.clone() });
        let mut hasher = blake3::Hasher::new();
        hasher.update(workspace.as_bytes()).update(device.as_bytes());
        hasher.update(&(parents.len() as u64).to_le_bytes());
        for parent in parents {
            hasher.update(parent.as_bytes());
        }
        *hasher.update(&bare.to_bytes()).finalize().as_bytes()
    }
}

#[cfg(test)]
mod tests;
