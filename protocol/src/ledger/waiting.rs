//! Entries that wait for missing ones: bounded, the oldest go first and are asked for again.

use std::collections::{BTreeMap, BTreeSet};

use crate::entry::Entry;
use crate::id::EntryId;
use crate::limits;

/// Entries that wait, each for one missing entry at a time.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    entries: BTreeMap<EntryId, Place>,
    by_missing: BTreeMap<EntryId, BTreeSet<EntryId>>,
    by_age: BTreeMap<u64, EntryId>,
    next_age: u64,
    bytes: usize,
}

#[derive(Debug)]
struct Place {
    entry: Entry,
    missing: EntryId,
    age: u64,
}

impl Waiting {
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Returns what an entry waits for.
    pub(super) fn missing_of(&self, id: &EntryId) -> Option<EntryId> {
        self.entries.get(id).map(|place| place.missing)
    }

    pub(super) fn push(&mut self, entry: Entry, missing: EntryId) {
        let (id, age) = (entry.id, self.next_age);
        self.remove(&id);
        self.next_age += 1;
        self.bytes += entry.signed.size();
        self.by_missing.entry(missing).or_default().insert(id);
        self.by_age.insert(age, id);
        self.entries.insert(id, Place { entry, missing, age });
        while self.len() > limits::MAX_WAITING_ENTRIES || self.bytes > limits::MAX_WAITING_BYTES {
            let Some((_, oldest)) = self.by_age.pop_first() else { break };
            self.remove(&oldest);
        }
    }

    pub(super) fn remove(&mut self, id: &EntryId) -> Option<Entry> {
        let Place { entry, missing, age } = self.entries.remove(id)?;
        self.bytes -= entry.signed.size();
        self.by_age.remove(&age);
        if let Some(others) = self.by_missing.get_mut(&missing) {
            others.remove(id);
            if others.is_empty() {
                self.by_missing.remove(&missing);
            }
        }
        Some(entry)
    }

    /// Takes the entries that waited for `id`.
    pub(super) fn take(&mut self, id: &EntryId) -> Vec<Entry> {
        let ids = self.by_missing.get(id).cloned().unwrap_or_default();
        ids.iter().filter_map(|id| self.remove(id)).collect()
    }

    /// Returns how many places the two orders hold, which are never more than there are entries.
    #[cfg(test)]
    pub(super) fn places(&self) -> (usize, usize) {
        (self.by_age.len(), self.by_missing.values().map(BTreeSet::len).sum())
    }
}
