//! What may not count: the entries that judging looks at.
//!
//! An Open or Change is *near* when a fork, a removal or an op that may be void touches it, or
//! something it builds on or follows. All others stand, whatever ops and data are considered, with
//! all they build on. Each entry near a fork also carries what shows of it in its past.

use std::collections::BTreeMap;

use super::shown::{self, Branch, Branches, Builder, Forks, Shown};
use super::{Ledger, Node, Standing};
use crate::authority::OpSet;
use crate::entry::{Entry, EntryKind};
use crate::id::{DeviceId, EntryId};

/// What is kept about forks beside the entries, made anew when one is found.
#[derive(Debug, Default)]
pub(super) struct Marks {
    /// Ops on forked parts of chains.
    pub(super) frozen_ops: Vec<EntryId>,
    /// The entry that the branch of an Open or Change starts with, of those on forked parts.
    pub(super) starts: BTreeMap<EntryId, EntryId>,
    /// What shows in all Opens and Changes together.
    pub(super) shown: Shown,
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
        self.marks = Marks::default();
        for position in 0..self.order.len() {
            let Some(id) = self.order.get(position).copied() else { continue };
            self.mark_frozen(id);
            let Some(node) = self.nodes.get(&id).filter(|node| node.is_readable_data()) else {
                continue;
            };
            let (near, shown) = (self.is_near(&id, node), self.shown_at(&id, node));
            self.marks.shown.follow(&shown);
            if let Some(node) = self.nodes.get_mut(&id) {
                (node.near, node.shown) = (near, shown);
            }
        }
    }

    /// Notes an entry that is on a forked part of a chain.
    pub(super) fn mark_frozen(&mut self, id: EntryId) {
        if self.forked.is_empty() {
            return;
        }
        let Some(node) = self.nodes.get(&id).filter(|node| self.is_frozen(&node.device, node.seq)) else { return };
        let start = self.start_of(&id, node);
        if node.kind == Some(EntryKind::Op) {
            self.marks.frozen_ops.push(id);
        }
        self.marks.starts.extend(start.map(|start| (id, start)));
    }

    /// Returns what shows of forks in the past of an Open or Change, with itself and the ops before
    /// it on its chain.
    pub(super) fn shown_at(&self, id: &EntryId, node: &Node) -> Shown {
        if self.forked.is_empty() {
            return Shown::default();
        }
        let mut shown = self.shown_before(&node.deps, node.before, &node.past);
        let mut own = Forks::new();
        let mut next = Some((*id, node));
        while let Some((id, node)) = next {
            if let Some(branches) = self.branch_of(&id, node) {
                shown::note(&mut own, node.device, branches);
            }
            let before = node.prev.and_then(|id| Some((id, &**self.nodes.get(&id)?)));
            next = before.filter(|(_, node)| !node.is_data());
        }
        let Some((person, _)) = node.author else { return shown };
        let start = self.start_of(id, node);
        let builder = Builder { entry: *id, frozen: self.is_frozen(&node.device, node.seq) };
        let upon = shown.built().filter(|built| Some(**built) != start);
        let upon: Vec<_> = upon.filter_map(|built| Some((*built, self.nodes.get(built)?.device))).collect();
        for (built, device) in &upon {
            let branch = Branch { builders: BTreeMap::from([(person, builder)]), ..Branch::default() };
            shown::note_branch(&mut own, *device, *built, branch);
        }
        if let Some(start) = start {
            let (authors, rests_on) = ([person].into(), upon.into_iter().map(|(built, _)| built).collect());
            let branch = Branch { last: node.seq, authors, rests_on, builders: BTreeMap::new() };
            shown::note_branch(&mut own, node.device, start, branch);
            shown.note_built(start);
        }
        shown.add(own);
        shown
    }

    /// Returns what shows of forks in what an entry builds on and follows, and in the ops it knows.
    pub(super) fn shown_before(&self, deps: &[EntryId], before: Option<EntryId>, known: &OpSet) -> Shown {
        let mut shown = Shown::default();
        deps.iter().filter_map(|id| self.nodes.get(id)).for_each(|node| shown.build_on(&node.shown));
        before.iter().filter_map(|id| self.nodes.get(id)).for_each(|node| shown.follow(&node.shown));
        self.add_frozen_ops(known, &mut shown);
        shown
    }

    /// Adds what shows of forks in some ops.
    pub(super) fn add_frozen_ops(&self, known: &OpSet, shown: &mut Shown) {
        let mut own = Forks::new();
        for id in self.marks.frozen_ops.iter().filter(|id| self.membership.holds(known, id)) {
            if let Some(node) = self.nodes.get(id)
                && let Some(branches) = self.branch_of(id, node)
            {
                shown::note(&mut own, node.device, branches);
            }
        }
        shown.add(own);
    }

    /// Returns the entry that the branch starts with that an entry is on, where that is known.
    pub(super) fn start_of(&self, id: &EntryId, node: &Node) -> Option<EntryId> {
        match self.branch_of(id, node)? {
            Branches::One(start) => Some(start),
            Branches::Several => None,
        }
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
            if let Some(start) = self.marks.starts.get(&next.0) {
                return Some(Branches::One(*start));
            }
            // What continues a chain that is not held may be on any branch.
            let Some(before) = next.1.prev.and_then(|id| Some((id, &**self.nodes.get(&id)?))) else {
                return Some(Branches::Several);
            };
            next = before;
        }
        Some(Branches::One(next.0))
    }
}
