//! What counts now: kept up to date as entries settle.
//!
//! Most entries stand and build on what counts: they count, and nothing else changes. An entry
//! that stands on what did not count makes that count. Whatever may withdraw entries, or bring
//! back several, judges all that is near anew.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::branches::Accepted;
use super::judge::Case;
use super::{Ledger, Standing};
use crate::id::EntryId;

impl Ledger {
    /// Brings what counts up to date after an Open or Change settled; returns what changed with it.
    pub(super) fn count_data(&mut self, id: EntryId) -> Vec<EntryId> {
        let turns_a_cut = self.turns_a_cut(&id);
        let Some(node) = self.nodes.get(&id).filter(|node| node.near) else {
            return if turns_a_cut { self.judge_again() } else { Vec::new() };
        };
        let now = self.now();
        let case = Case { view: &now, part: None, forked: &self.forked };
        let stands = self.stands(&id, node, &case);
        let uncounted: Vec<_> = node.deps.iter().filter(|dep| !self.counts(dep)).copied().collect();
        let is_frozen = self.is_frozen(&node.device, node.seq);
        // As part of a fork it may change which branch stays.
        let may_settle_fork = stands && !self.forked.is_empty() && (is_frozen || !uncounted.is_empty());
        let loses = if may_settle_fork && !is_frozen {
            self.loses_as_before(&id)
        } else {
            self.take_in_shown(&id);
            (!may_settle_fork).then_some(false)
        };
        if !stands || loses == Some(true) {
            // Nothing builds upon it yet, and it makes nothing count.
            self.set_standing(&id, Standing::Excluded);
        }
        match loses {
            Some(false) if stands && !turns_a_cut => self.count_past(uncounted),
            Some(_) if !turns_a_cut => Vec::new(),
            _ => self.judge_again(),
        }
    }

    /// Makes entries count with all that they build on; returns those that did not.
    fn count_past(&mut self, mut queue: Vec<EntryId>) -> Vec<EntryId> {
        let mut changed = Vec::new();
        while let Some(id) = queue.pop() {
            if self.counts(&id) {
                continue;
            }
            self.set_standing(&id, Standing::Counts);
            queue.extend(self.nodes.get(&id).into_iter().flat_map(|node| node.deps.iter().copied()));
            changed.push(id);
        }
        changed
    }

    fn set_standing(&mut self, id: &EntryId, standing: Standing) {
        if let Some(node) = self.nodes.get_mut(id) {
            node.standing = standing;
        }
    }

    pub(super) fn counts(&self, id: &EntryId) -> bool {
        self.nodes.get(id).is_some_and(|node| node.standing == Standing::Counts)
    }

    /// Takes in an op that was just added to the membership: returns the ops that came into effect
    /// or lost it, and whether data must be judged again.
    pub(super) fn count_op(&mut self, id: &EntryId) -> (Vec<EntryId>, bool) {
        let before = Arc::clone(self.now.effective());
        // Given back, so that the membership need not copy it.
        self.now = Arc::default();
        self.now = self.membership.now();
        let now = self.now();
        let mut changed = self.membership.differing(&before, now.effective());
        if !self.membership.holds(now.effective(), id) {
            changed.push(*id);
        }
        for op in &changed {
            let in_effect = self.membership.holds(now.effective(), op);
            self.set_standing(op, if in_effect { Standing::Counts } else { Standing::Excluded });
        }
        changed.retain(|op| op != id);
        // Any of these may have been what made somebody an author.
        let unsettles = !changed.is_empty() || self.membership.changes_verdicts(id);
        (changed, unsettles)
    }

    /// Judges every Open and Change that is near anew; returns what changed.
    pub(super) fn judge_again(&mut self) -> Vec<EntryId> {
        let (all, accepted) = self.accepted_now();
        let mut changed = Vec::new();
        for id in all {
            let standing = if accepted.entries.contains(&id) { Standing::Counts } else { Standing::Excluded };
            if let Some(node) = self.nodes.get_mut(&id).filter(|node| node.standing != standing) {
                node.standing = standing;
                changed.push(id);
            }
        }
        changed
    }

    /// Returns all that is near, and what of it counts.
    pub(super) fn accepted_now(&self) -> (BTreeSet<EntryId>, Accepted) {
        let near = |id: &&EntryId| self.nodes.get(id).is_some_and(|node| node.near);
        let all: BTreeSet<_> = self.order.iter().filter(near).copied().collect();
        let now = self.now();
        let case = Case { view: &now, part: None, forked: &self.forked };
        let accepted = self.accepted(&all, &case);
        (all, accepted)
    }
}
