//! Views: the state of a set of ops.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::OpSet;
use crate::id::{DeviceId, EntryId, PersonId};
use crate::op::{Invite, Role};

/// A member as seen at some heads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Role.
    pub role: Role,
    /// Display name.
    pub name: String,
    /// Live devices and their labels.
    pub devices: BTreeMap<DeviceId, String>,
}

/// An effective op that puts a person below editor and is in force, or that revokes a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restriction {
    /// The op.
    pub op: EntryId,
    /// Its number in sets of ops.
    pub number: usize,
    /// The ops before it.
    pub past: Arc<OpSet>,
}

/// The membership at a set of heads.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct View {
    /// All ops in the past of the heads, the heads included.
    pub(super) past: Arc<OpSet>,
    /// Those that are not void.
    pub(super) effective: Arc<OpSet>,
    /// Members by person.
    pub members: BTreeMap<PersonId, Member>,
    /// The member behind each live device.
    pub devices: BTreeMap<DeviceId, PersonId>,
    /// Invites that count and were not revoked, with the device that made them.
    pub invites: BTreeMap<EntryId, (DeviceId, Invite)>,
    /// Restrictions in force by the person they restrict.
    pub(super) restricted: BTreeMap<PersonId, Vec<Restriction>>,
    /// Revocations by device.
    pub(super) revoked: BTreeMap<DeviceId, Vec<Restriction>>,
    /// Whether self-restrictions were left out, so that an owner remains.
    pub(super) guarded: bool,
}

impl View {
    /// Returns all ops in the past of the heads, the heads included.
    #[must_use]
    pub const fn past(&self) -> &Arc<OpSet> {
        &self.past
    }

    /// Returns those of them that are not void.
    #[must_use]
    pub const fn effective(&self) -> &Arc<OpSet> {
        &self.effective
    }

    /// Returns the person and role behind a device, if it belongs to a member.
    #[must_use]
    pub fn author(&self, device: &DeviceId) -> Option<(PersonId, Role)> {
        let person = self.devices.get(device)?;
        Some((*person, self.members.get(person)?.role))
    }

    /// Returns whether a device belongs to a member.
    #[must_use]
    pub fn is_member(&self, device: &DeviceId) -> bool {
        self.author(device).is_some()
    }

    /// Returns the restrictions in force against a person, and the revocations of a device of
    /// theirs.
    pub fn restrictions_on<'v>(
        &'v self,
        device: &DeviceId,
        person: &PersonId,
    ) -> impl Iterator<Item = &'v Restriction> + use<'v> {
        self.restricted.get(person).into_iter().flatten().chain(self.revoked.get(device).into_iter().flatten())
    }
}
