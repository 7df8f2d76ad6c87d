//! Forks: a device that signed two entries for one position.
//!
//! Rule R8 of the authority rules: from its lowest forked position on, a device's entries are
//! frozen: they count only if entries of others that count build upon them. Where two branches
//! are both built upon, the one more persons built upon stays, then that which starts with the
//! lower id, and the others go with everything that builds on them. A branch is all that
//! follows one of the entries for the forked position, so that what stays of a device is one
//! chain: two changes of one document with one actor and number would end the document.
//!
//! Only entries near a fork are looked at: those that are frozen, build upon frozen ones, or
//! follow such entries on their chain. All others stand, with all they build on. Even so, the past
//! of an entry is as long as the history since the fork; so an entry that is not frozen is marked
//! as *clear* when all near a fork in its past counts. What has only clear entries before it needs
//! no look at its past: of each device that shows one branch, and who builds upon it stands.

use std::collections::{BTreeMap, BTreeSet};

use super::{Ledger, Standing};
use crate::authority::OpSet;
use crate::entry::Entry;
use crate::id::{DeviceId, EntryId, PersonId};

/// The lowest forked position of each device.
type Forked = BTreeMap<DeviceId, u64>;
/// The entries of a device that follow one of the entries for a forked position.
type Branch = BTreeSet<EntryId>;

impl Ledger {
    /// Notes when an entry is the second for its place; returns whether that freezes entries.
    pub(super) fn note_fork(&mut self, entry: &Entry) -> bool {
        let link = entry.header.link();
        let slot = self.chains.get(&link.device).and_then(|chain| chain.get(&link.seq));
        let readable = |id: &&EntryId| self.nodes.get(id).is_some_and(|node| node.standing != Standing::Unreadable);
        if slot.map_or(0, |ids| ids.iter().filter(readable).count()) < 2 {
            return false;
        }
        let lowest = self.forked.entry(link.device).or_insert(u64::MAX);
        let lower = link.seq < *lowest;
        *lowest = (*lowest).min(link.seq);
        lower
    }

    /// Returns whether an entry of this place is frozen.
    fn is_frozen(&self, device: &DeviceId, seq: u64) -> bool {
        self.forked.get(device).is_some_and(|lowest| seq >= *lowest)
    }

    /// Returns whether an entry of this place, with these before it, is near a fork.
    pub(super) fn is_near(&self, device: &DeviceId, seq: u64, before: &[EntryId]) -> bool {
        let near = |id: &EntryId| self.nodes.get(id).is_some_and(|node| node.near);
        self.is_frozen(device, seq) || before.iter().any(near)
    }

    /// Marks anew what is near a fork.
    pub(super) fn mark_near(&mut self) {
        for position in 0..self.order.len() {
            let Some(id) = self.order.get(position) else { continue };
            let Some(node) = self.nodes.get(id).filter(|node| node.is_readable_data()) else {
                continue;
            };
            let before: Vec<_> = node.deps.iter().copied().chain(node.before).collect();
            let near = self.is_near(&node.device, node.seq, &before);
            if let Some(node) = self.nodes.get_mut(id) {
                (node.near, node.clear) = (near, false);
            }
        }
    }

    /// Judges an Open or Change that was settled while forks are known; returns what changed.
    pub(super) fn judge_beside_forks(&mut self, id: EntryId) -> Vec<EntryId> {
        let Some(node) = self.nodes.get(&id).filter(|node| node.near) else { return Vec::new() };
        let counts = |id: &EntryId| self.nodes.get(id).is_some_and(|node| node.standing == Standing::Counts);
        if self.is_frozen(&node.device, node.seq) {
            // Nothing builds upon it yet, and it makes nothing count.
            if let Some(node) = self.nodes.get_mut(&id) {
                node.standing = Standing::Excluded;
            }
            return Vec::new();
        }
        // It builds on branches that stay; that more build on these changes nothing.
        let changed = if node.deps.iter().all(counts) { Vec::new() } else { self.judge_again() };
        let clear = self.is_clear(&id);
        if let Some(node) = self.nodes.get_mut(&id) {
            node.clear = clear;
        }
        changed
    }

    /// Judges every Open and Change near a fork anew; returns what changed.
    pub(super) fn judge_again(&mut self) -> Vec<EntryId> {
        let near = |id: &&EntryId| self.nodes.get(id).is_some_and(|node| node.near);
        let all: BTreeSet<_> = self.order.iter().filter(near).copied().collect();
        let (accepted, _) = self.accepted(&all, &self.forked);
        let mut changed = Vec::new();
        let withdrawn = |id: &EntryId| {
            !accepted.contains(id) && self.nodes.get(id).is_some_and(|node| node.standing == Standing::Counts)
        };
        let unclear = all.iter().any(withdrawn);
        for id in &all {
            if let Some(node) = self.nodes.get_mut(id).filter(|_| unclear) {
                node.clear = false;
            }
            let counts = accepted.contains(id);
            let standing = if counts { Standing::Counts } else { Standing::Excluded };
            if let Some(node) = self.nodes.get_mut(id).filter(|node| node.standing != standing) {
                node.standing = standing;
                changed.push(*id);
            }
        }
        changed
    }

    /// Rule R5: returns what of the past of `deps` does not count, judged from an entry's own past:
    /// `before` is all that it builds on and follows, `prev` the entry before it on its chain.
    pub(super) fn uncounted(
        &self,
        deps: &[EntryId],
        before: Option<EntryId>,
        prev: Option<EntryId>,
        known: &OpSet,
    ) -> BTreeSet<EntryId> {
        let near = |id: &&EntryId| self.nodes.get(id).is_some_and(|node| node.near);
        let mut ops = BTreeSet::new();
        let queue: Vec<_> = deps.iter().chain(&before).filter(near).copied().collect();
        if self.are_clear(&queue) {
            return BTreeSet::new();
        }
        self.add_ops_before(prev, &mut ops);
        let closure = self.near_closure(queue);
        for node in closure.iter().filter_map(|id| self.nodes.get(id)) {
            self.add_ops_before(node.prev, &mut ops);
        }
        let forked = self.forks_among(&closure, &ops, known);
        let mut past = BTreeSet::new();
        if !forked.is_empty() {
            for dep in deps.iter().filter(near) {
                self.add_near_past(*dep, &mut past);
            }
            let (accepted, _) = self.accepted(&closure, &forked);
            past.retain(|id| !accepted.contains(id));
        }
        past
    }

    /// Returns everything near a fork that some entries build on or follow, themselves included.
    fn near_closure(&self, mut queue: Vec<EntryId>) -> BTreeSet<EntryId> {
        let near = |id: &&EntryId| self.nodes.get(id).is_some_and(|node| node.near);
        let mut closure = BTreeSet::new();
        while let Some(id) = queue.pop() {
            if closure.insert(id)
                && let Some(node) = self.nodes.get(&id)
            {
                queue.extend(node.deps.iter().chain(&node.before).filter(near));
            }
        }
        closure
    }

    /// Whether all of these that are near a fork are clear.
    fn are_clear(&self, before: &[EntryId]) -> bool {
        before.iter().all(|id| self.nodes.get(id).is_some_and(|node| !node.near || node.clear))
    }

    /// Returns whether an entry that was just settled is clear.
    fn is_clear(&self, id: &EntryId) -> bool {
        let Some(node) = self.nodes.get(id) else { return false };
        if self.is_frozen(&node.device, node.seq) || node.standing != Standing::Counts {
            return false;
        }
        let before: Vec<_> = node.deps.iter().chain(&node.before).copied().collect();
        if self.are_clear(&before) {
            return true;
        }
        let closure = self.near_closure(vec![*id]);
        let counts = |id: &EntryId| self.nodes.get(id).is_some_and(|node| node.standing == Standing::Counts);
        closure.iter().all(counts)
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

    /// Returns the forks that show in some entries, the ops on their chains and the ops they know.
    fn forks_among(&self, data: &BTreeSet<EntryId>, ops: &BTreeSet<EntryId>, known: &OpSet) -> Forked {
        let shows = |id: &&EntryId| data.contains(*id) || ops.contains(*id) || self.membership.holds(known, id);
        let lowest = |(device, from): (&DeviceId, &u64)| {
            let mut slots = self.chains.get(device)?.range(from..);
            let fork = slots.find(|(_, ids)| ids.iter().filter(shows).count() > 1);
            fork.map(|(seq, _)| (*device, *seq))
        };
        self.forked.iter().filter_map(lowest).collect()
    }

    /// Returns entries that an own entry has to name among what it builds on, besides `deps`, so
    /// that its own past shows why these count: for what is frozen, an entry of another that
    /// builds upon it; for a branch that stays against others, one of each person that built
    /// upon it. None where no fork is near.
    pub(super) fn witnesses(&self, deps: &[EntryId], prev: Option<EntryId>) -> Vec<EntryId> {
        let (before, known) = (self.last_data(prev), self.membership.all());
        let uncounted = |named: &BTreeSet<EntryId>| {
            let deps: Vec<_> = deps.iter().chain(named).copied().collect();
            self.uncounted(&deps, before, prev, &known)
        };
        let mut named = BTreeSet::new();
        let mut lacking = uncounted(&named);
        if lacking.is_empty() {
            return Vec::new();
        }
        let near = |id: &&EntryId| self.nodes.get(id).is_some_and(|node| node.near);
        let all: BTreeSet<_> = self.order.iter().filter(near).copied().collect();
        let (accepted, winners) = self.accepted(&all, &self.forked);
        for branch in winners {
            let mut persons = BTreeSet::new();
            let mut first = |id: &EntryId| self.person(id).is_some_and(|who| persons.insert(who));
            named.extend(self.upon(&branch, &accepted).into_iter().filter(&mut first));
        }
        let stands = |id: &EntryId| self.nodes.get(id).is_some_and(|node| !self.is_frozen(&node.device, node.seq));
        while let Some(id) = lacking.pop_last() {
            let upon = self.upon(&BTreeSet::from([id]), &accepted);
            if let Some(witness) = upon.into_iter().find(stands)
                && named.insert(witness)
            {
                lacking = uncounted(&named);
            }
        }
        named.into_iter().collect()
    }

    fn person(&self, id: &EntryId) -> Option<PersonId> {
        Some(self.nodes.get(id)?.author?.0)
    }

    /// Returns the entries among `set` that count, and the branches that stay against others.
    /// `set` holds the valid Opens and Changes near a fork of a set that is closed under
    /// dependencies; the others of that set count anyway.
    fn accepted(&self, set: &BTreeSet<EntryId>, forked: &Forked) -> (BTreeSet<EntryId>, Vec<Branch>) {
        let stands = |id: &&EntryId| {
            self.nodes.get(id).is_some_and(|node| forked.get(&node.device).is_none_or(|from| node.seq < *from))
        };
        let mut built = BTreeSet::new();
        for id in set.iter().filter(stands) {
            self.add_near_past(*id, &mut built);
        }
        let (mut accepted, mut winners) = (built.clone(), Vec::new());
        for (device, from) in forked {
            let frozen = |id: &EntryId| self.nodes.get(id).is_some_and(|n| n.device == *device && n.seq >= *from);
            if built.iter().filter(|id| frozen(id)).nth(1).is_none() {
                continue;
            }
            let slots = self.chains.get(device).map(|chain| chain.range(from..));
            for (seq, _) in slots.into_iter().flatten().filter(|(_, ids)| ids.len() > 1) {
                winners.extend(self.drop_losers(device, *seq, &built, &mut accepted));
            }
        }
        (accepted, winners)
    }

    /// Leaves one branch of a device from a position on, if several are built upon; returns it.
    fn drop_losers(
        &self,
        device: &DeviceId,
        seq: u64,
        built: &BTreeSet<EntryId>,
        accepted: &mut BTreeSet<EntryId>,
    ) -> Option<Branch> {
        let mut branches = self.branches(device, seq, accepted);
        if branches.len() < 2 {
            return None;
        }
        let rank =
            |(head, branch): (&EntryId, &Branch)| (std::cmp::Reverse(self.supporters(device, branch, built)), *head);
        let (_, stays) = branches.iter().map(rank).min()?;
        let winner = branches.remove(&stays);
        let losers: Branch = branches.into_values().flatten().collect();
        for id in self.upon(&losers, accepted) {
            accepted.remove(&id);
        }
        winner
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

    /// Returns the number of persons other than its author that built upon a branch.
    fn supporters(&self, device: &DeviceId, branch: &Branch, built: &BTreeSet<EntryId>) -> usize {
        let own = |id: &&EntryId| self.nodes.get(id).is_some_and(|node| node.device == *device);
        let author = branch.iter().find(own).and_then(|id| self.person(id));
        let upon = self.upon(branch, built);
        let others = upon.iter().filter_map(|id| self.person(id)).filter(|p| Some(*p) != author);
        others.collect::<BTreeSet<PersonId>>().len()
    }

    /// Returns the entries of a set that are among `roots` or build upon them.
    fn upon(&self, roots: &BTreeSet<EntryId>, set: &BTreeSet<EntryId>) -> BTreeSet<EntryId> {
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

    /// Adds an entry with everything near a fork that it builds on.
    fn add_near_past(&self, id: EntryId, past: &mut BTreeSet<EntryId>) {
        let mut queue = vec![id];
        while let Some(id) = queue.pop() {
            if let Some(node) = self.nodes.get(&id).filter(|node| node.near)
                && past.insert(id)
            {
                queue.extend(node.deps.iter().copied());
            }
        }
    }
}
