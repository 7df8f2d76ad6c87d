//! Forks: a device that signed two entries for one position.
//!
//! Rule R8 of the authority rules: from its lowest forked position on, a device's entries count
//! only if entries of others that count build upon them; where two branches are both built upon,
//! the one more persons built upon stays, then the lower id, and the others go with everything
//! that builds on them.

use std::collections::{BTreeMap, BTreeSet};

use super::{Ledger, Outcome, Standing};
use crate::id::{DeviceId, EntryId, PersonId};

impl Ledger {
    /// Returns the entries among `set` that count. `set` holds valid Opens and Changes and is
    /// closed under dependencies.
    pub(super) fn accepted(&self, set: &BTreeSet<EntryId>) -> BTreeSet<EntryId> {
        let slots = self.slots(set);
        let mut forked: BTreeMap<DeviceId, u64> = BTreeMap::new();
        for ((device, seq), ids) in &slots {
            if ids.len() > 1 {
                let lowest = forked.entry(*device).or_insert(*seq);
                *lowest = (*lowest).min(*seq);
            }
        }
        let stands = |id: &EntryId| {
            self.nodes.get(id).is_some_and(|node| forked.get(&node.device).is_none_or(|lowest| node.seq < *lowest))
        };
        let mut accepted = BTreeSet::new();
        for id in set.iter().filter(|id| stands(id)) {
            self.add_past(*id, &mut accepted);
        }
        self.drop_losers(&slots, &mut accepted);
        accepted
    }

    fn slots(&self, set: &BTreeSet<EntryId>) -> BTreeMap<(DeviceId, u64), Vec<EntryId>> {
        let mut slots: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for id in set {
            if let Some(node) = self.nodes.get(id) {
                slots.entry((node.device, node.seq)).or_default().push(*id);
            }
        }
        slots
    }

    fn drop_losers(&self, slots: &BTreeMap<(DeviceId, u64), Vec<EntryId>>, accepted: &mut BTreeSet<EntryId>) {
        let contested: Vec<Vec<EntryId>> = slots
            .values()
            .map(|ids| ids.iter().filter(|id| accepted.contains(*id)).copied().collect::<Vec<_>>())
            .filter(|ids| ids.len() > 1)
            .map(|mut ids| {
                ids.sort_by_cached_key(|id| (usize::MAX - self.supporters(id, accepted), *id));
                ids
            })
            .collect();
        for ids in contested {
            for loser in ids.iter().filter(|id| accepted.contains(*id)).skip(1).copied().collect::<Vec<_>>() {
                let dependents: Vec<_> = accepted.iter().filter(|id| self.past(**id).contains(&loser)).copied().collect();
                for id in dependents {
                    accepted.remove(&id);
                }
            }
        }
    }

    /// Number of persons other than its author that built upon an entry.
    fn supporters(&self, id: &EntryId, accepted: &BTreeSet<EntryId>) -> usize {
        let author = self.person(id);
        let builders = accepted.iter().filter(|other| *other != id && self.past(**other).contains(id));
        let persons: BTreeSet<PersonId> = builders.filter_map(|other| self.person(other)).filter(|p| Some(*p) != author).collect();
        persons.len()
    }

    fn person(&self, id: &EntryId) -> Option<PersonId> {
        let node = self.nodes.get(id)?;
        node.view.devices.get(&node.device).copied()
    }

    /// Returns an entry with everything it builds on.
    pub(super) fn past(&self, id: EntryId) -> BTreeSet<EntryId> {
        let mut past = BTreeSet::new();
        self.add_past(id, &mut past);
        past
    }

    pub(super) fn add_past(&self, id: EntryId, past: &mut BTreeSet<EntryId>) {
        let mut queue = vec![id];
        while let Some(id) = queue.pop() {
            if past.insert(id)
                && let Some(node) = self.nodes.get(&id)
            {
                queue.extend(node.deps.iter().copied());
            }
        }
    }

    /// Judges every Open and Change anew after a fork came to light; returns what changed.
    pub(super) fn judge_again(&mut self) -> Vec<(EntryId, Outcome)> {
        let readable = |id: &&EntryId| self.nodes.get(id).is_some_and(|n| n.is_data() && n.standing != Standing::Unreadable);
        let all: BTreeSet<_> = self.order.iter().filter(readable).copied().collect();
        let accepted = self.accepted(&all);
        let mut changed = Vec::new();
        for id in &all {
            let standing = if accepted.contains(id) { Standing::Counts } else { Standing::Excluded };
            if let Some(node) = self.nodes.get_mut(id).filter(|node| node.standing != standing) {
                node.standing = standing;
                changed.push((*id, node.outcome()));
            }
        }
        changed
    }
}
