//! How much is kept aside of people who are no members, or not with the device that signed it.
//!
//! Bounds hold at the door only: for what such a device hands in, or shows to introduce itself. What
//! members send is never asked, and nothing that is stored goes. So an entry that finds no room is
//! as one that never came, and the answers of a ledger are those of the entries it holds, as ever.
//! `docs/authority.md` says why nothing that counts depends on it.

use std::collections::{BTreeMap, BTreeSet};

use dataforge_protocol::entry::Entry;
use dataforge_protocol::id::{DeviceId, PersonId, WorkspaceId};
use dataforge_protocol::ledger::Ledger;
use dataforge_protocol::wire::Room;

use crate::api::{ApiError, LateQuota};
use crate::config::LateConfig;
use crate::requests::People;
use crate::store::{Aside, Store};

/// What is kept aside in a workspace, by whose it is: of devices that nothing here certifies all
/// together.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    all: Aside,
    by_person: BTreeMap<Option<PersonId>, Aside>,
    /// Devices of which an entry found no room: what follows rests on it.
    closed: BTreeSet<DeviceId>,
}

impl Kept {
    /// Adds up what is stored.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn of(store: &Store, ledger: &Ledger) -> Result<Self, ApiError> {
        let members = ledger.members();
        let mut kept = Self::default();
        for (device, aside) in store.aside(&ledger.workspace())? {
            if !members.is_member(&device) {
                kept.add(ledger.certified(&device), aside);
            }
        }
        Ok(kept)
    }

    fn add(&mut self, person: Option<PersonId>, aside: Aside) {
        for sum in [&mut self.all, self.by_person.entry(person).or_default()] {
            sum.entries = sum.entries.saturating_add(aside.entries);
            sum.bytes = sum.bytes.saturating_add(aside.bytes);
        }
    }

    /// Returns the room that is left for somebody.
    fn left(&self, person: Option<PersonId>, limits: &LateConfig) -> Aside {
        let theirs = self.by_person.get(&person).copied().unwrap_or_default();
        Aside {
            entries: limits
                .max_entries
                .saturating_sub(self.all.entries)
                .min(limits.max_person_entries.saturating_sub(theirs.entries)),
            bytes: limits
                .max_bytes
                .saturating_sub(self.all.bytes)
                .min(limits.max_person_bytes.saturating_sub(theirs.bytes)),
        }
    }

    /// Returns the room that a device is told of.
    pub(crate) fn room(&self, ledger: &Ledger, device: &DeviceId, limits: &LateConfig) -> Room {
        let left = self.left(ledger.certified(device), limits);
        Room {
            through: ledger.named_up_to(device),
            entries: left.entries.min(Room::MOST.entries),
            bytes: left.bytes.min(Room::MOST.bytes),
        }
    }

    /// Whether an entry that comes from outside is taken. A member's always is, and so is the first at a
    /// position that a cut in force names: it may count.
    pub(crate) fn takes(&mut self, ledger: &Ledger, entry: &Entry, limits: &LateConfig) -> bool {
        let link = entry.header.link();
        if ledger.contains(&entry.id) || ledger.members().is_member(&link.device) {
            return true;
        }
        if self.closed.contains(&link.device) {
            return false;
        }
        let is_named = Some(link.seq) <= ledger.named_up_to(&link.device);
        if is_named && !ledger.is_settled_at(&link.device, link.seq) {
            return true;
        }
        let (person, bytes) = (ledger.certified(&link.device), entry.signed.size() as u64);
        let left = self.left(person, limits);
        if left.entries == 0 || left.bytes < bytes {
            self.closed.insert(link.device);
            return false;
        }
        self.add(person, Aside { entries: 1, bytes });
        true
    }

    /// Says how much is kept aside, and of whom no more is taken.
    pub(crate) fn told(&self, people: &People, limits: &LateConfig) -> LateQuota {
        let is_full = |left: Aside| left.entries == 0 || left.bytes == 0;
        let of_workspace = Aside {
            entries: limits.max_entries.saturating_sub(self.all.entries),
            bytes: limits.max_bytes.saturating_sub(self.all.bytes),
        };
        let name = |person: &Option<PersonId>| {
            person.map_or_else(|| "devices not known here".to_owned(), |person| people.name(&person))
        };
        LateQuota {
            entries: self.all.entries,
            bytes: self.all.bytes,
            max_entries: limits.max_entries,
            max_bytes: limits.max_bytes,
            is_full: is_full(of_workspace),
            full: self.by_person.keys().filter(|person| is_full(self.left(**person, limits))).map(name).collect(),
        }
    }
}

/// Says how much is kept aside in a workspace.
///
/// # Errors
/// `NotFound`, `Storage`.
pub(crate) fn quota(
    core: &mut crate::core::Core,
    workspace: &WorkspaceId,
    limits: &LateConfig,
) -> Result<LateQuota, ApiError> {
    let (ledger, store) = core.ledger_and_store(workspace)?;
    let kept = Kept::of(store, ledger)?;
    if kept.all.entries == 0 {
        let (max_entries, max_bytes) = (limits.max_entries, limits.max_bytes);
        return Ok(LateQuota { max_entries, max_bytes, ..LateQuota::default() });
    }
    Ok(kept.told(&People::of(core, workspace)?, limits))
}
