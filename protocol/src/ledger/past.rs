//! What an entry may build on: only what counts, judged from its own past (rule R5).

use std::collections::BTreeSet;

use super::Ledger;
use super::branches::Accepted;
use super::judge::{Case, Forked};
use crate::authority::View;
use crate::id::EntryId;

/// An entry to be judged, or to be written: where it stands and what it knows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    /// What it builds on.
    pub(super) deps: &'a [EntryId],
    /// The Open or Change before it on its chain.
    pub(super) before: Option<EntryId>,
    /// The state at the ops it knows.
    pub(super) view: &'a View,
}

impl Ledger {
    /// Returns whether an entry builds only on what counts, judged from its own past.
    pub(super) fn builds_on_what_counts(&self, place: Place<'_>) -> bool {
        let found = self.counts_as_shown(place);
        #[cfg(test)]
        self.check_shown(place, found);
        found.unwrap_or_else(|| self.looked_up(place).is_empty())
    }

    /// Returns what of the past of an entry does not count, judged from its own past.
    pub(super) fn uncounted(&self, place: Place<'_>) -> BTreeSet<EntryId> {
        if self.counts_as_shown(place) == Some(true) { BTreeSet::new() } else { self.looked_up(place) }
    }

    /// The same, by a look at all of that past.
    fn looked_up(&self, place: Place<'_>) -> BTreeSet<EntryId> {
        let near = |id: &&EntryId| self.nodes.get(id).is_some_and(|node| node.near);
        let (closure, accepted) = self.accepted_before(place);
        let mut past = BTreeSet::new();
        for dep in place.deps.iter().filter(near) {
            self.add_near_past(*dep, &mut past);
        }
        past.retain(|id| closure.contains(id) && !accepted.entries.contains(id));
        past
    }

    /// Asserts that what shows tells the same as a look at all of the past, without counting that.
    #[cfg(test)]
    fn check_shown(&self, place: Place<'_>, found: Option<bool>) {
        use std::sync::atomic::Ordering::Relaxed;
        let steps = self.steps.load(Relaxed);
        assert!(found.is_none_or(|counts| counts == self.looked_up(place).is_empty()), "{found:?}");
        self.steps.store(steps, Relaxed);
    }

    /// Returns everything near that an entry builds on or follows, and what of it counts.
    pub(super) fn accepted_before(&self, place: Place<'_>) -> (BTreeSet<EntryId>, Accepted) {
        let near = |id: &&EntryId| self.nodes.get(id).is_some_and(|node| node.near);
        let closure = self.near_closure(place.deps.iter().chain(&place.before).filter(near).copied().collect());
        let mut ops = BTreeSet::new();
        for node in closure.iter().filter_map(|id| self.nodes.get(id)) {
            self.add_ops_before(node.prev, &mut ops);
        }
        let forked = self.forks_among(&closure, &ops, place.view);
        let case = Case { view: place.view, part: Some((&closure, &ops)), forked: &forked };
        let accepted = self.accepted(&closure, &case);
        (closure, accepted)
    }

    /// Returns everything near that some entries build on or follow, themselves included.
    pub(super) fn near_closure(&self, mut queue: Vec<EntryId>) -> BTreeSet<EntryId> {
        let near = |id: &&EntryId| self.nodes.get(id).is_some_and(|node| node.near);
        let mut closure = BTreeSet::new();
        while let Some(id) = queue.pop() {
            #[cfg(test)]
            self.step();
            if closure.insert(id)
                && let Some(node) = self.nodes.get(&id)
            {
                queue.extend(node.deps.iter().chain(&node.before).filter(near));
            }
        }
        closure
    }

    /// Adds the ops between an entry and the Open or Change before it on its chain.
    fn add_ops_before(&self, prev: Option<EntryId>, ops: &mut BTreeSet<EntryId>) {
        let mut next = prev;
        while let Some(id) = next
            && let Some(node) = self.nodes.get(&id).filter(|node| !node.is_data())
            && ops.insert(id)
        {
            next = node.prev;
        }
    }

    /// Returns the forks that show in some entries, the ops on their chains and the ops known.
    fn forks_among(&self, data: &BTreeSet<EntryId>, ops: &BTreeSet<EntryId>, view: &View) -> Forked {
        let shows = |id: &&EntryId| data.contains(*id) || ops.contains(*id) || self.membership.holds(view.past(), id);
        let lowest = |(device, from): (&_, &u64)| {
            let mut slots = self.chains.get(device)?.range(from..);
            let fork = slots.find(|(_, ids)| ids.iter().filter(shows).count() > 1);
            fork.map(|(seq, _)| (*device, *seq))
        };
        self.forked.iter().filter_map(lowest).collect()
    }
}
