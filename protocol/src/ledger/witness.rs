//! Witnesses: what an own entry names besides, so that its own past shows why it may build on what
//! it builds on.

use std::collections::BTreeSet;

use super::past::Place;
use super::{Ledger, Node};
use crate::entry::EntryKind;
use crate::id::{DocId, EntryId};

impl Ledger {
    /// Returns entries that an own entry has to name among what it builds on: for what counts only
    /// because entries of others build upon it, one of these; for a branch that stays against
    /// others, one of each person that built upon it. None in almost all cases.
    ///
    /// `doc` is that of a change, whose entry names of its document just what the change builds on.
    pub(super) fn witnesses(&self, place: Place<'_>, doc: Option<DocId>) -> Vec<EntryId> {
        let may_name = |id: &EntryId| {
            let node = self.nodes.get(id);
            let opens = |node: &Node| node.kind == Some(EntryKind::Open) && node.inert.is_none();
            node.is_some_and(|node| doc.is_none() || node.doc != doc || opens(node))
        };
        let uncounted = |named: &BTreeSet<EntryId>| {
            let deps: Vec<_> = place.deps.iter().chain(named).copied().collect();
            self.uncounted(Place { deps: &deps, ..place })
        };
        let mut named = BTreeSet::new();
        let mut lacking = uncounted(&named);
        if lacking.is_empty() {
            return Vec::new();
        }
        let (_, accepted) = self.accepted_now();
        for branch in accepted.winners {
            let mut persons = BTreeSet::new();
            let mut first = |id: &EntryId| self.person(id).is_some_and(|who| persons.insert(who));
            let upon = self.upon(&branch, &accepted.entries);
            named.extend(upon.into_iter().filter(may_name).filter(&mut first));
        }
        let stands = |id: &EntryId| {
            let node = self.nodes.get(id);
            node.is_some_and(|node| !self.is_frozen(&node.device, node.seq))
                && self.stands_plainly(id, place.view) != Some(false)
        };
        while let Some(id) = lacking.pop_last() {
            let upon = self.upon(&BTreeSet::from([id]), &accepted.entries);
            if let Some(witness) = upon.into_iter().filter(may_name).find(stands)
                && named.insert(witness)
            {
                lacking = uncounted(&named);
            }
        }
        named.into_iter().collect()
    }
}
