//! Witnesses: what an own entry names besides, so that its own past shows why it may build on what
//! it builds on.

use std::collections::BTreeSet;

use super::Ledger;
use super::past::Place;
use crate::id::EntryId;

impl Ledger {
    /// Returns entries that an own entry has to name among what it builds on: for what counts only
    /// because entries of others build upon it, one of these; for a branch that stays against
    /// others, one of each person that built upon it. None in almost all cases.
    pub(super) fn witnesses(&self, place: Place<'_>) -> Vec<EntryId> {
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
            named.extend(self.upon(&branch, &accepted.entries).into_iter().filter(&mut first));
        }
        let stands = |id: &EntryId| {
            let node = self.nodes.get(id);
            node.is_some_and(|node| !self.is_frozen(&node.device, node.seq))
                && self.stands_plainly(id, place.view) != Some(false)
        };
        while let Some(id) = lacking.pop_last() {
            let upon = self.upon(&BTreeSet::from([id]), &accepted.entries);
            if let Some(witness) = upon.into_iter().find(stands)
                && named.insert(witness)
            {
                lacking = uncounted(&named);
            }
        }
        named.into_iter().collect()
    }
}
