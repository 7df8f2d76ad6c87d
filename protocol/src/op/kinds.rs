//! The kinds of ops and their fields. The order of the fields is that of the encoding.

use serde::{Deserialize, Serialize};

use super::cut::Cut;
use super::role::Role;
use crate::id::{DeviceId, EntryId, PersonId};
use crate::key::{DeviceCert, Signature};

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

/// In place of a recovery key where only owners together may recover a workspace. It is a point of low
/// order, under which no signature verifies.
pub const NO_RECOVERY_KEY: PersonId = PersonId([0; 32]);

/// The first op of a workspace; its entry id is the workspace id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Genesis {
    /// Makes the id unique.
    pub nonce: [u8; 32],
    /// Name of the workspace.
    pub name: String,
    /// The owners.
    pub owners: Vec<Person>,
    /// Public key that may recover the workspace; [`NO_RECOVERY_KEY`] for none.
    pub recovery: PersonId,
    /// How many of these owners together may recover the workspace; 0 is never.
    pub quorum: u8,
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

/// Gives a member another role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetRole {
    /// Whose.
    pub person: PersonId,
    /// The role from now on.
    pub role: Role,
    /// What of their entries counts, when the role is below editor.
    pub cut: Cut,
}

/// Removes a member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remove {
    /// Whom.
    pub person: PersonId,
    /// What of their entries counts.
    pub cut: Cut,
}

/// Ends the author's own membership.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leave {
    /// What of their entries counts.
    pub cut: Cut,
}

/// Lets ops count that a restriction of their author made void.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ratify {
    /// The ops, sorted, 1 to [`crate::limits::MAX_RATIFIED`].
    pub ops: Vec<EntryId>,
}

/// Lets later entries of somebody restricted count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExtendCut {
    /// The restriction: a set role, remove, leave, revoke device or recover.
    pub removal: EntryId,
    /// What counts besides.
    pub cut: Cut,
}

/// Certifies another device of the author.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddDevice {
    /// The device.
    pub cert: DeviceCert,
    /// Its label.
    pub label: String,
}

/// Ends a device for ever.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RevokeDevice {
    /// The device.
    pub device: DeviceId,
    /// What of its entries counts.
    pub cut: Cut,
    /// Its person's signature over it, see [`crate::key::sign_revocation`]; nothing voids an op
    /// that has one.
    pub signature: Option<Signature>,
}

/// Changes one's own display name or device label.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Describe {
    /// New display name.
    pub name: Option<String>,
    /// New label of the signing device.
    pub device_label: Option<String>,
}

/// A signature under a recover op.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proof {
    /// The recovery key, or an owner of the genesis.
    pub key: PersonId,
    /// Its signature over [`Recover::digest`], see [`crate::key::sign_recovery`].
    pub signature: Signature,
}

/// Gives a workspace owners by the recovery key, or by enough of its first owners.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recover {
    /// Greater than that of every recover before it.
    pub epoch: u64,
    /// Owners from now on.
    pub owners: Vec<Person>,
    /// No members from now on; sorted.
    pub removed: Vec<PersonId>,
    /// What of the entries of those removed counts.
    pub cut: Cut,
    /// Signatures, sorted by key.
    pub proofs: Vec<Proof>,
}

/// Makes a member an owner and lowers the author.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transfer {
    /// The owner from now on.
    pub person: PersonId,
    /// The role left to the author: editor or admin.
    pub role: Role,
}

/// How an invite is redeemed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum InviteForm {
    /// On the device that made it, which counts its uses.
    Handed,
    /// On any admin's device.
    Approval,
    /// On any editor's device, by a signature of the ticket's key.
    Open,
}

/// Announces an invite.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invite {
    /// How it is redeemed.
    pub form: InviteForm,
    /// Hash of the ticket's secret ([`crate::ticket::secret_hash`]); of an open invite the public
    /// half of the ticket's key.
    pub key: [u8; 32],
    /// Role the invited get.
    pub role: Role,
    /// How many may use it.
    pub max_uses: u32,
    /// Not after this time of the admitting device's clock, in milliseconds since 1970.
    pub expires_ms: u64,
}

/// Admits a person through an open invite.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Admit {
    /// The invite.
    pub invite: EntryId,
    /// Who; the role is the invite's.
    pub person: Person,
    /// The ticket key's signature over workspace, invite and person, see
    /// [`crate::key::sign_admission`].
    pub signature: Signature,
}

/// Ends an invite.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RevokeInvite {
    /// The invite.
    pub invite: EntryId,
}
