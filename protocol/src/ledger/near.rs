//! What may not count: the entries that judging looks at.
//!
//! An Open or Change is *near* when a fork, a removal or an op that may be void touches it, or
//! something it builds on or follows. All others stand, whatever ops and data are considered, with
//! all they build on. Each entry near a fork also carries the branches that show in its past, so
//! that most are judged without a look at it: where one branch of each device shows, forks have no
//! say.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Ledger, Node, Standing};
use crate::authority::OpSet;
use crate::entry::{Entry, EntryKind};
use crate::id::{DeviceId, EntryId};

/// The branches of forked devices that show in the past of an entry, itself included.
pub(super) type Shown = BTreeMap<DeviceId, Branches>;

/// What shows of a forked device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Branches {
    /// The branch that starts with this entry, at the lowest forked position.
    One(EntryId),
    /// Several, or one that is forked again.
    Several,
}

impl Branches {
    fn and(self, other: Self) -> Self {
        if self == other { self } else { Self::Several }
    }
}

/// Adds what shows of a device.
fn add(shown: &mut Arc<Shown>, device: DeviceId, branches: Branches) {
    let both = shown.get(&device).map_or(branches, |mine| mine.and(branches));
    if shown.get(&device) != Some(&both) {
        Arc::make_mut(shown).insert(device, both);
    }
}

impl Ledger {
    /// Notes when an entry is the second for its place; returns whether entries must be marked and
    /// judged again.
    pub(super) fn note_fork(&mut self, entry: &Entry) -> bool {
        let link = entry.header.link();
        let slot = self.chains.get(&link.device).and_then(|chain| chain.get(&link.seq));
        let readable = |id: &&EntryId| self.nodes.get(id).is_some_and(|node| node.standing != Standing::Unreadable);
        let same: Vec<_> = slot.into_iter().flatten().filter(readable).copied().collect();
        if same.len() < 2 {
            return false;
        }
        let Some(lowest) = self.forked.get(&link.device).copied() else {
            self.forked.insert(link.device, link.seq);
            return true;
        };
        if link.seq < lowest {
            // The fork known so far is now one of a branch.
            self.forked.insert(link.device, link.seq);
            self.forked_again.insert(link.device);
            return true;
        }
        // Those of other branches are no fork of its own. What an op says of its place may be a lie.
        let branch = |id: &EntryId| self.nodes.get(id).and_then(|node| self.branch_of(id, node));
        let own = branch(&entry.id);
        let is_apart = |other: Option<Branches>| match (own, other) {
            (Some(Branches::One(own)), Some(Branches::One(other))) => own != other,
            _ => false,
        };
        let is_split = same.iter().any(|id| *id != entry.id && !is_apart(branch(id)));
        link.seq > lowest && is_split && self.forked_again.insert(link.device)
    }

    /// Returns whether an entry of this place is frozen.
    pub(super) fn is_frozen(&self, device: &DeviceId, seq: u64) -> bool {
        self.forked.get(device).is_some_and(|lowest| seq >= *lowest)
    }

    /// Returns whether an Open or Change is near, given those before it.
    pub(super) fn is_near(&self, id: &EntryId, node: &Node) -> bool {
        let near = |id: &EntryId| self.nodes.get(id).is_some_and(|node| node.near);
        self.is_frozen(&node.device, node.seq)
            || node.deps.iter().chain(&node.before).any(near)
            || node.author.is_some_and(|(person, _)| self.membership.may_restrict(&node.device, &person))
            || node.past.meets(self.membership.contestable())
            || self.heads_a_cut(id, node)
    }

    /// Whether a cut names an Open or Change, or an op before it on its chain, as the head of a chain,
    /// rightly or not.
    fn heads_a_cut(&self, id: &EntryId, node: &Node) -> bool {
        let mut next = Some((*id, node));
        while let Some((id, node)) = next {
            if !self.membership.cuts_headed(&id).is_empty() {
                return true;
            }
            let before = node.prev.and_then(|id| Some((id, &**self.nodes.get(&id)?)));
            next = before.filter(|(_, node)| !node.is_data());
        }
        false
    }

    /// Marks anew what is near, and what shows of forks in its past.
    pub(super) fn mark_near(&mut self) {
        let is_op = |id: &&EntryId| self.nodes.get(id).is_some_and(|node| node.kind == Some(EntryKind::Op));
        let frozen = |id: &&EntryId| self.nodes.get(id).is_some_and(|node| self.is_frozen(&node.device, node.seq));
        self.frozen_ops = match self.forked.is_empty() {
            true => Vec::new(),
            false => self.order.iter().filter(is_op).filter(frozen).copied().collect(),
        };
        for position in 0..self.order.len() {
            let Some(id) = self.order.get(position).copied() else { continue };
            let Some(node) = self.nodes.get(&id).filter(|node| node.is_readable_data()) else {
                continue;
            };
            let (near, shown) = (self.is_near(&id, node), self.shown_at(&id, node));
            if let Some(node) = self.nodes.get_mut(&id) {
                (node.near, node.shown) = (near, shown);
            }
        }
    }

    /// Returns what shows of forks in the past of an Open or Change, with itself and the ops before
    /// it on its chain.
    pub(super) fn shown_at(&self, id: &EntryId, node: &Node) -> Arc<Shown> {
        if self.forked.is_empty() {
            return Arc::default();
        }
        let mut shown = self.shown_before(&node.deps, node.before, &node.past);
        let mut next = Some((*id, node));
        while let Some((id, node)) = next {
            if let Some(branches) = self.branch_of(&id, node) {
                add(&mut shown, node.device, branches);
            }
            let before = node.prev.and_then(|id| Some((id, &**self.nodes.get(&id)?)));
            next = before.filter(|(_, node)| !node.is_data());
        }
        shown
    }

    /// Returns what shows of forks in what an entry builds on and follows, and in the ops it knows.
    pub(super) fn shown_before(&self, deps: &[EntryId], before: Option<EntryId>, known: &OpSet) -> Arc<Shown> {
        let mut shown: Arc<Shown> = Arc::default();
        for node in deps.iter().chain(&before).filter_map(|id| self.nodes.get(id)) {
            if shown.is_empty() {
                shown = Arc::clone(&node.shown);
            } else if !Arc::ptr_eq(&shown, &node.shown) {
                node.shown.iter().for_each(|(device, branches)| add(&mut shown, *device, *branches));
            }
        }
        for id in self.frozen_ops.iter().filter(|id| self.membership.holds(known, id)) {
            if let Some(node) = self.nodes.get(id)
                && let Some(branches) = self.branch_of(id, node)
            {
                add(&mut shown, node.device, branches);
            }
        }
        shown
    }

    /// Returns the branch of a forked device that an entry is on; none before the fork.
    fn branch_of(&self, id: &EntryId, node: &Node) -> Option<Branches> {
        let lowest = *self.forked.get(&node.device)?;
        if node.seq < lowest {
            return None;
        }
        if self.forked_again.contains(&node.device) {
            return Some(Branches::Several);
        }
        let mut next = (*id, node);
        while next.1.seq > lowest {
            // What continues a chain that is not held may be on any branch.
            let Some(before) = next.1.prev.and_then(|id| Some((id, &**self.nodes.get(&id)?))) else {
                return Some(Branches::Several);
            };
            if let Some(found) = before.1.shown.get(&node.device).filter(|_| before.1.is_data()) {
                return Some(*found);
            }
            next = before;
        }
        Some(Branches::One(next.0))
    }
}

/// Whether no device shows more than one branch.
pub(super) fn shows_no_fork(shown: &Shown) -> bool {
    shown.values().all(|branches| *branches != Branches::Several)
}
