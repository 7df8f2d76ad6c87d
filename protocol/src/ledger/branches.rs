//! Branches of forked chains: which one stays when several are built upon.
//!
//! From its lowest forked position on, a device's entries are frozen: they count only if entries
//! that stand build upon them, or a cut names them. Where two branches are both built upon, the
//! one that a cut names stays, else that which more persons built upon, else that which starts
//! with the lower id, and the others go with everything that builds on them. What stays of a
//! device is one chain: two changes of one document with one actor and number would end the
//! document.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::Ledger;
use super::judge::Case;
use crate::id::{DeviceId, EntryId, PersonId};

/// The entries of a device that follow one of the entries for a forked position.
pub(super) type Branch = BTreeSet<EntryId>;

/// What counts of some data.
#[derive(Debug, Default)]
pub(super) struct Accepted {
    pub(super) entries: BTreeSet<EntryId>,
    /// Branches that stayed against others.
    pub(super) winners: Vec<Branch>,
}

impl Ledger {
    /// Returns what counts among `set`, the near entries of the case; its others count anyway.
    pub(super) fn accepted(&self, set: &BTreeSet<EntryId>, case: &Case<'_>) -> Accepted {
        let stands = |id: &&EntryId| self.nodes.get(id).is_some_and(|node| self.stands(id, node, case));
        let standing: Vec<_> = set.iter().filter(stands).copied().collect();
        let mut built = BTreeSet::new();
        for id in &standing {
            self.add_near_past(*id, &mut built);
        }
        let mut done = Accepted { entries: built.clone(), winners: Vec::new() };
        for (device, from) in case.forked {
            let frozen = |id: &EntryId| self.nodes.get(id).is_some_and(|n| n.device == *device && n.seq >= *from);
            if built.iter().filter(|id| frozen(id)).nth(1).is_none() {
                continue;
            }
            let slots = self.chains.get(device).map(|chain| chain.range(from..));
            for (seq, _) in slots.into_iter().flatten().filter(|(_, ids)| ids.len() > 1) {
                self.drop_losers((*device, *seq), &built, case, &mut done);
            }
        }
        if done.entries.len() < built.len() {
            // What only losers built upon does not count either.
            let left = std::mem::take(&mut done.entries);
            for id in standing.iter().filter(|id| left.contains(id)) {
                self.add_near_past(*id, &mut done.entries);
            }
        }
        done
    }

    /// Leaves one branch of a device from a position on, if several are built upon.
    fn drop_losers(
        &self,
        (device, seq): (DeviceId, u64),
        built: &BTreeSet<EntryId>,
        case: &Case<'_>,
        done: &mut Accepted,
    ) {
        let mut branches = self.branches(&device, seq, &done.entries);
        if branches.len() < 2 {
            return;
        }
        let named = |branch: &Branch| {
            branch.iter().any(|id| self.nodes.get(id).is_some_and(|node| self.is_named(id, node, case)))
        };
        let rank = |(head, branch): (&EntryId, &Branch)| {
            (Reverse(named(branch)), Reverse(self.supporters(branch, built)), *head)
        };
        let Some((_, _, stays)) = branches.iter().map(rank).min() else { return };
        done.winners.extend(branches.remove(&stays));
        let losers: Branch = branches.into_values().flatten().collect();
        for id in self.upon(&losers, &done.entries) {
            done.entries.remove(&id);
        }
    }

    /// Returns the accepted entries of a device from a position on, by the entry of their chain
    /// that has that position.
    fn branches(&self, device: &DeviceId, seq: u64, accepted: &BTreeSet<EntryId>) -> BTreeMap<EntryId, Branch> {
        let mut branches: BTreeMap<EntryId, Branch> = BTreeMap::new();
        let mut heads: BTreeMap<EntryId, EntryId> = BTreeMap::new();
        let Some(chain) = self.chains.get(device) else { return branches };
        for (at, ids) in chain.range(seq..) {
            for id in ids {
                let before = self.nodes.get(id).and_then(|node| node.prev);
                let head = if *at == seq { Some(*id) } else { before.and_then(|id| heads.get(&id).copied()) };
                let Some(head) = head else { continue };
                heads.insert(*id, head);
                if accepted.contains(id) {
                    branches.entry(head).or_default().insert(*id);
                }
            }
        }
        branches
    }

    /// Returns the number of persons other than its authors that built upon a branch.
    fn supporters(&self, branch: &Branch, built: &BTreeSet<EntryId>) -> usize {
        let own: BTreeSet<PersonId> = branch.iter().filter_map(|id| self.person(id)).collect();
        let upon = self.upon(branch, built);
        let others = upon.iter().filter_map(|id| self.person(id)).filter(|person| !own.contains(person));
        others.collect::<BTreeSet<PersonId>>().len()
    }

    pub(super) fn person(&self, id: &EntryId) -> Option<PersonId> {
        Some(self.nodes.get(id)?.author?.0)
    }

    /// Returns the entries of a set that are among `roots` or build upon them.
    pub(super) fn upon(&self, roots: &BTreeSet<EntryId>, set: &BTreeSet<EntryId>) -> BTreeSet<EntryId> {
        let mut order: Vec<_> = set.iter().filter_map(|id| Some((self.nodes.get(id)?, id))).collect();
        order.sort_by_key(|(node, _)| node.position);
        let mut upon = BTreeSet::new();
        for (node, id) in order {
            if roots.contains(id) || node.deps.iter().any(|dep| upon.contains(dep)) {
                upon.insert(*id);
            }
        }
        upon
    }

    /// Adds an entry with everything near that it builds on.
    pub(super) fn add_near_past(&self, id: EntryId, past: &mut BTreeSet<EntryId>) {
        let mut queue = vec![id];
        while let Some(id) = queue.pop() {
            #[cfg(test)]
            self.step();
            if let Some(node) = self.nodes.get(&id).filter(|node| node.near)
                && past.insert(id)
            {
                queue.extend(node.deps.iter().copied());
            }
        }
    }
}
