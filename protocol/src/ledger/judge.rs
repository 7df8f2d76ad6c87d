//! Judging: which Opens and Changes stand by themselves, for some ops and some data.
//!
//! The rules of acceptance are those of `docs/authority.md`. They are asked in two cases: of
//! everything held, which tells what counts, and of the past of one entry, which tells whether it
//! was right to build on what it builds on. A [`Case`] is one of these.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Ledger, Node, Standing};
use crate::authority::{Restriction, View};
use crate::bug::{self, Bug};
use crate::id::{DeviceId, EntryId};
use crate::op::{CutAt, Role};

/// The lowest forked position of each device.
pub(super) type Forked = BTreeMap<DeviceId, u64>;

/// Some ops, and the data that is considered with them.
#[derive(Debug)]
pub(super) struct Case<'a> {
    /// The state of the ops.
    pub(super) view: &'a View,
    /// The data, and the ops between them on their chains; `None` for all that is held.
    pub(super) part: Option<(&'a BTreeSet<EntryId>, &'a BTreeSet<EntryId>)>,
    /// The forks that show in data and ops.
    pub(super) forked: &'a Forked,
}

impl Case<'_> {
    fn is_frozen(&self, node: &Node) -> bool {
        self.forked.get(&node.device).is_some_and(|from| node.seq >= *from)
    }
}

impl Ledger {
    /// Returns the state at all ops held.
    pub(super) fn now(&self) -> Arc<View> {
        Arc::clone(&self.now)
    }

    /// Returns whether an Open or Change counts by itself.
    pub(super) fn stands(&self, id: &EntryId, node: &Node, case: &Case<'_>) -> bool {
        self.still_author(node, case.view)
            && self.is_in(id, node, case)
            && (!case.is_frozen(node) || self.is_named(id, node, case))
    }

    /// Whether what made its author an editor is in effect.
    pub(super) fn still_author(&self, node: &Node, view: &View) -> bool {
        let Some((person, _)) = node.author else { return false };
        (node.all_effective && node.past.is_subset(view.effective()))
            || self.membership.still_author(view, &node.past, &node.device, &person)
    }

    /// Returns the restrictions in force that apply to an entry: those it does not know, without
    /// the later ones.
    pub(super) fn applying<'v>(&self, node: &Node, view: &'v View) -> Vec<&'v Restriction> {
        let Some((person, _)) = node.author else { return Vec::new() };
        let writes_again = || view.members.get(&person).is_some_and(|member| member.role >= Role::Editor);
        if bug::is_on(Bug::PastCut) || (bug::is_on(Bug::Resurrect) && writes_again()) {
            return Vec::new();
        }
        let unknown = |restriction: &&Restriction| !node.past.contains(restriction.number);
        let unknown: Vec<_> = view.restrictions_on(&node.device, &person).filter(unknown).collect();
        let is_first =
            |restriction: &&Restriction| !unknown.iter().any(|other| restriction.past.contains(other.number));
        unknown.iter().copied().filter(is_first).collect()
    }

    /// Whether no restriction applies, or the cut of one that does holds the entry.
    pub(super) fn is_in(&self, id: &EntryId, node: &Node, case: &Case<'_>) -> bool {
        let applying = self.applying(node, case.view);
        let holds = |restriction: &&Restriction| {
            let cuts = self.membership.cuts_of(case.view, &restriction.op);
            cuts.into_iter().flat_map(|cut| cut.at(&node.device)).any(|cut| self.is_in_cut(id, node, cut, case, false))
        };
        applying.is_empty() || applying.iter().any(holds)
    }

    /// By the chain that ends with the head, as far as it is here; after that by position, unless
    /// `exact`.
    pub(super) fn is_in_cut(&self, id: &EntryId, node: &Node, cut: &CutAt, case: &Case<'_>, exact: bool) -> bool {
        let mut next = Some(cut.head);
        while let Some(at) = next
            && let Some(found) = self.considered(&at, case)
        {
            if found.seq <= node.seq {
                return at == *id;
            }
            // Then it is in, whether all of the chain in between is considered or not.
            let in_line = found.connected && found.device == node.device && !self.branched.contains(&node.device);
            if in_line && !exact && node.seq <= cut.seq {
                return true;
            }
            next = found.prev;
        }
        !exact && node.seq <= cut.seq
    }

    /// Whether the cut of a restriction of its author or device, in effect, names its chain.
    pub(super) fn is_named(&self, id: &EntryId, node: &Node, case: &Case<'_>) -> bool {
        let Some((person, _)) = node.author else { return false };
        let mut cuts = self.membership.naming_cuts(case.view, &node.device, &person).into_iter();
        cuts.any(|(_, cut)| self.is_in_cut(id, node, cut, case, true))
    }

    /// Returns an entry of the chain set of a case.
    fn considered(&self, id: &EntryId, case: &Case<'_>) -> Option<&Node> {
        let node = self.nodes.get(id).filter(|node| node.standing != Standing::Unreadable)?;
        let known = |(data, between): (&BTreeSet<EntryId>, &BTreeSet<EntryId>)| {
            data.contains(id) || between.contains(id) || self.membership.holds(case.view.past(), id)
        };
        case.part.is_none_or(known).then_some(node)
    }

    /// Whether a cut means the same whatever data is considered: its head is not here, or is where
    /// the cut says on a chain without branches.
    pub(super) fn is_plain(&self, cut: &CutAt) -> bool {
        let Some(head) = self.nodes.get(&cut.head) else { return true };
        head.connected && head.device == cut.device && head.seq == cut.seq && !self.branched.contains(&cut.device)
    }

    /// Whether the same holds of a cut for an entry before all forks of its device, where there is one
    /// chain.
    fn is_before_forks(&self, cut: &CutAt, node: &Node) -> bool {
        let Some(head) = self.nodes.get(&cut.head) else { return true };
        let is_right = head.connected && head.device == cut.device && head.seq == cut.seq;
        is_right && self.forked.get(&cut.device).is_some_and(|lowest| node.seq < *lowest)
    }

    /// Whether a cut may hold other entries now that this one took its place: it is the head, or ended
    /// what was to be seen of the chain before the head.
    pub(super) fn turns_a_cut(&self, id: &EntryId) -> bool {
        let turns = |cut: &CutAt| !self.is_plain(cut) && self.leads_to(cut.head, id);
        if self.awaited.contains(id) {
            self.membership.cut_places().any(turns)
        } else {
            self.membership.cuts_headed(id).iter().any(turns)
        }
    }

    /// Whether a chain leads from its end over ops to an entry. Data has waited for all that is
    /// before it.
    fn leads_to(&self, end: EntryId, id: &EntryId) -> bool {
        let mut next = Some(end);
        while let Some(at) = next.filter(|at| at != id) {
            let found = self.nodes.get(&at).filter(|node| node.standing != Standing::Unreadable && !node.is_data());
            next = found.and_then(|node| node.prev);
        }
        next.is_some()
    }

    /// Whether an entry that is on no forked part stands for these ops, whatever data is considered
    /// with it; `None` when that depends on the data.
    pub(super) fn stands_plainly(&self, id: &EntryId, view: &View) -> Option<bool> {
        let node = self.nodes.get(id)?;
        if !self.still_author(node, view) {
            return Some(false);
        }
        let applying = self.applying(node, view);
        let mut found = applying.is_empty();
        for restriction in applying {
            let cuts = self.membership.cuts_of(view, &restriction.op);
            for cut in cuts.into_iter().flat_map(|cut| cut.at(&node.device)) {
                if !self.is_plain(cut) && !self.is_before_forks(cut, node) {
                    return None;
                }
                found |= node.seq <= cut.seq;
            }
        }
        Some(found)
    }
}
