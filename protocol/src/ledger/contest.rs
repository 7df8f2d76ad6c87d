//! Contests: which branch of a fork stays, by what shows of it.
//!
//! The rules are those of `branches`, asked of a summary instead of all entries: whether a
//! branch is named, and whether the entry known for each person who built upon it stands. Where
//! that does not settle it, because one of these does not stand, a branch builds on one that goes,
//! or a device forked again, there is no answer here, and all of the past is looked at.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::sync::Arc;

use super::past::Place;
use super::shown::{Branch, Branches, Fork, Forks};
use super::{Ledger, Node, Standing};
use crate::authority::View;
use crate::id::{DeviceId, EntryId};
use crate::op::CutAt;

/// What shows of forks in some data and ops, and the state of the ops.
#[derive(Debug, Clone, Copy)]
struct Sight<'a> {
    ledger: &'a Ledger,
    forks: &'a Forks,
    view: &'a View,
}

impl Ledger {
    /// Returns whether all that an entry builds on counts by its own past; `None` where only the
    /// whole of that past can tell.
    pub(super) fn counts_as_shown(&self, place: Place<'_>) -> Option<bool> {
        let near = place.deps.iter().filter_map(|id| Some((id, &**self.nodes.get(id)?))).filter(|(_, node)| node.near);
        let near: Vec<_> = near.collect();
        if near.is_empty() {
            return Some(true);
        }
        let shown = self.shown_before(place.deps, place.before, place.view.past());
        let none = Forks::new();
        let sight = Sight { ledger: self, forks: shown.forks().unwrap_or(&none), view: place.view };
        let standing: Vec<_> = near.iter().filter(|(id, node)| sight.stands(id, node)).collect();
        // Of the others, what is built upon by one beside it that stands.
        let counts = |id: &EntryId| standing.iter().any(|(other, node)| *other == id || node.deps.contains(id));
        if !near.iter().all(|(id, _)| counts(id)) {
            return None;
        }
        let losers = sight.losers()?;
        Some(!near.iter().any(|(_, node)| node.shown.built().any(|start| losers.contains(start))))
    }

    /// Takes in what shows at an Open or Change that settled and stands. Returns whether it builds on
    /// a branch that does not stay, where that is so of the same branches as before.
    pub(super) fn loses_as_before(&mut self, id: &EntryId) -> Option<bool> {
        let before = self.losers_now();
        self.take_in_shown(id);
        let (before, after) = (before?, self.losers_now()?);
        let node = self.nodes.get(id)?;
        (before == after).then(|| node.shown.built().any(|start| after.contains(start)))
    }

    /// Takes in what shows at an Open or Change that settled.
    pub(super) fn take_in_shown(&mut self, id: &EntryId) {
        if let Some(node) = self.nodes.get(id) {
            self.marks.shown.follow(&node.shown);
        }
    }

    /// Returns the branches that do not stay, of all that is held.
    fn losers_now(&self) -> Option<BTreeSet<EntryId>> {
        let (view, mut shown) = (Arc::clone(&self.now), self.marks.shown.clone());
        self.add_frozen_ops(view.past(), &mut shown);
        let none = Forks::new();
        Sight { ledger: self, forks: shown.forks().unwrap_or(&none), view: &view }.losers()
    }

    /// Counts an entry that judging looks at.
    #[cfg(test)]
    pub(super) fn step(&self) {
        self.steps.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    }
}

impl Sight<'_> {
    /// Whether an entry surely stands by itself.
    fn stands(&self, id: &EntryId, node: &Node) -> bool {
        #[cfg(test)]
        self.ledger.step();
        let is_frozen = || self.ledger.is_frozen(&node.device, node.seq);
        match self.forks.get(&node.device) {
            Some(fork) if fork.branches == Branches::Several && is_frozen() => {
                let start = self.ledger.start_of(id, node);
                let branch = start.and_then(|start| Some((start, fork.data.get(&start)?)));
                branch.is_some_and(|(start, branch)| self.is_named(node, start, branch))
            }
            _ => self.ledger.stands_plainly(id, self.view) == Some(true),
        }
    }

    /// Whether a cut surely names an entry of a branch, so that it stands.
    fn is_named(&self, node: &Node, start: EntryId, branch: &Branch) -> bool {
        let Some((person, _)) = node.author.filter(|_| self.ledger.still_author(node, self.view)) else { return false };
        let applying = self.ledger.applying(node, self.view);
        let naming = self.ledger.membership.naming_cuts(self.view, &node.device, &person);
        naming.into_iter().any(|(restriction, cut)| {
            let head = self.head_on(cut, start, branch);
            head.is_some_and(|head| head.seq >= node.seq)
                && (applying.is_empty() || applying.iter().any(|applies| applies.op == restriction))
        })
    }

    /// Returns the head of a cut when it is an Open or Change of a branch that shows: then all of
    /// the chain before it shows too.
    fn head_on(&self, cut: &CutAt, start: EntryId, branch: &Branch) -> Option<&Node> {
        let head = self.ledger.nodes.get(&cut.head).filter(|head| head.is_readable_data())?;
        let is_on = self.ledger.start_of(&cut.head, head) == Some(start);
        (is_on && head.seq <= branch.last).then_some(head)
    }

    /// Whether a cut names a branch; `None` where that is not sure.
    fn is_branch_named(&self, device: &DeviceId, start: EntryId, branch: &Branch) -> Option<bool> {
        let mut is_named = false;
        for person in &branch.authors {
            for (_, cut) in self.ledger.membership.naming_cuts(self.view, device, person) {
                let head = self.ledger.nodes.get(&cut.head).filter(|head| head.standing != Standing::Unreadable);
                if head.is_some_and(|head| !head.is_data()) {
                    // Which data is before this op depends on what shows of its chain.
                    return None;
                }
                if let Some(head) = self.head_on(cut, start, branch) {
                    if !self.is_named(head, start, branch) {
                        return None;
                    }
                    is_named = true;
                }
            }
        }
        Some(is_named)
    }

    /// Returns the branches that others stayed against, by the entry each starts with.
    fn losers(&self) -> Option<BTreeSet<EntryId>> {
        let contested = self.forks.iter().filter(|(_, fork)| fork.branches == Branches::Several);
        let mut losers = BTreeSet::new();
        for (device, fork) in contested.clone() {
            if self.ledger.forked_again.contains(device) {
                return None;
            }
            losers.extend(self.losers_of(device, fork)?);
        }
        let rests = |branch: &Branch| !branch.rests_on.is_disjoint(&losers);
        let is_clear = losers.is_empty() || !contested.flat_map(|(_, fork)| fork.data.values()).any(rests);
        is_clear.then_some(losers)
    }

    /// Returns the branches of a device that do not stay.
    fn losers_of(&self, device: &DeviceId, fork: &Fork) -> Option<Vec<EntryId>> {
        if fork.data.len() < 2 {
            return Some(Vec::new());
        }
        let mut built = Vec::new();
        for (start, branch) in &fork.data {
            let is_named = self.is_branch_named(device, *start, branch)?;
            if is_named || !branch.builders.is_empty() {
                built.push((*start, branch, is_named));
            }
        }
        if built.len() < 2 {
            return Some(Vec::new());
        }
        let mut ranks = Vec::new();
        for (start, branch, is_named) in built {
            let supporters = self.supporters(branch, is_named)?;
            ranks.push((Reverse(is_named), Reverse(supporters), start));
        }
        ranks.sort_unstable();
        Some(ranks.into_iter().skip(1).map(|(_, _, start)| start).collect())
    }

    /// Returns the number of persons other than its author that built upon a branch. `None` where
    /// one may have or not, and where it is not sure that the branch counts at all.
    fn supporters(&self, branch: &Branch, is_named: bool) -> Option<usize> {
        let mut supporters = 0;
        let mut counts = is_named;
        for (person, builder) in &branch.builders {
            let stands = self.ledger.nodes.get(&builder.entry).is_some_and(|node| self.stands(&builder.entry, node));
            let is_own = branch.authors.contains(person);
            if !stands && !is_own {
                return None;
            }
            counts |= stands;
            supporters += usize::from(!is_own);
        }
        (counts && branch.authors.len() == 1).then_some(supporters)
    }
}
