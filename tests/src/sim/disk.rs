//! A store in memory with crash semantics: what was not committed is gone.

use std::collections::BTreeMap;

use dataforge_protocol::entry::{Entry, SignedEntry};
use dataforge_protocol::id::EntryId;
use dataforge_protocol::ledger::{Acceptance, Bodies, Inert, Ledger, Outcome};
use dataforge_protocol::sync::Entries;

/// One committed entry, with what a store keeps of its outcome.
#[derive(Debug, Clone)]
struct Row {
    signed: SignedEntry,
    outcome: Outcome,
}

/// Entries by id, and their order of settling.
#[derive(Debug, Default)]
pub(super) struct Disk {
    rows: BTreeMap<EntryId, Row>,
    order: Vec<EntryId>,
    /// The open transaction.
    staged: Vec<(EntryId, Row)>,
    staged_changes: Vec<(EntryId, Outcome)>,
}

/// What is left of an outcome when a store has kept it: reasons become text.
fn kept(outcome: &Outcome) -> Outcome {
    match outcome {
        Outcome::Inert(inert) => Outcome::Inert(Inert::Stored(inert.to_string())),
        other => other.clone(),
    }
}

impl Disk {
    pub(super) fn stage(&mut self, done: &Acceptance) {
        for (entry, outcome) in &done.settled {
            let row = Row { signed: entry.signed.clone(), outcome: kept(outcome) };
            self.staged.push((entry.id, row));
        }
        self.staged_changes.extend(done.changed.iter().map(|(id, outcome)| (*id, kept(outcome))));
    }

    pub(super) fn stage_first(&mut self, genesis: &Entry) {
        let row = Row { signed: genesis.signed.clone(), outcome: Outcome::Accepted };
        self.staged.push((genesis.id, row));
    }

    /// Makes the open transaction durable; returns the entries in it.
    pub(super) fn commit(&mut self) -> Vec<EntryId> {
        let mut ids = Vec::new();
        for (id, row) in self.staged.drain(..) {
            assert!(self.rows.insert(id, row).is_none(), "{id} was settled twice");
            self.order.push(id);
            ids.push(id);
        }
        for (id, outcome) in self.staged_changes.drain(..) {
            self.rows.get_mut(&id).expect("a changed entry is stored").outcome = outcome;
        }
        ids
    }

    pub(super) fn crash(&mut self) {
        self.staged.clear();
        self.staged_changes.clear();
    }

    pub(super) fn order(&self) -> &[EntryId] {
        &self.order
    }

    pub(super) fn outcome(&self, id: &EntryId) -> Option<&Outcome> {
        self.rows.get(id).map(|row| &row.outcome)
    }

    pub(super) fn restore(&self) -> Ledger {
        let read = |id: &EntryId| {
            let Row { signed, outcome } = self.rows[id].clone();
            (signed.read().expect("a stored entry reads"), outcome)
        };
        Ledger::restore(self.order.iter().map(read)).expect("a stored log restores")
    }
}

impl Bodies for Disk {
    fn body(&self, id: &EntryId) -> Option<Vec<u8>> {
        let staged = || self.staged.iter().find(|(other, _)| other == id).map(|(_, row)| row);
        Some(self.rows.get(id).or_else(staged)?.signed.body.clone())
    }
}

impl Entries for Disk {
    /// Only what is durable is ever sent.
    fn entry(&self, id: &EntryId) -> Option<SignedEntry> {
        Some(self.rows.get(id)?.signed.clone())
    }
}
