//! Undo and redo of one's own changes.
//!
//! An undo is a change like any other; that it is one, and of what, is known to the device that made it
//! and given here as a table. A redo is the undo of an undo. A change and its undo are as if
//! neither had been when an earlier change is undone.

use std::collections::{BTreeMap, BTreeSet};

use super::{History, Place, Plan};
use crate::document::EngineError;
use crate::id::EntryId;

/// Which steps of a history are undos, and of which others.
#[derive(Debug, Clone, Default)]
pub struct Undone {
    /// The step that each undo takes back.
    of: BTreeMap<usize, usize>,
}

impl Undone {
    /// Returns whether a step is an undo or a redo.
    #[must_use]
    pub fn is_undo(&self, step: usize) -> bool {
        self.of.contains_key(&step)
    }

    /// Returns whether a step is an undo of a change, and no redo.
    #[must_use]
    pub fn can_redo(&self, step: usize) -> bool {
        self.of.get(&step).is_some_and(|of| !self.is_undo(*of)) && !self.is_undone(step)
    }

    /// Returns whether a step was taken back, and that not in turn.
    #[must_use]
    pub fn is_undone(&self, step: usize) -> bool {
        // An undo comes after what it undoes, so this ends.
        self.of.iter().any(|(undo, of)| *of == step && *undo > step && !self.is_undone(*undo))
    }

    /// Returns the pairs of a step and an undo of it that stands.
    fn pairs(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        self.of.iter().filter(|(undo, _)| !self.is_undone(**undo)).map(|(undo, of)| (*of, *undo))
    }
}

impl History {
    /// Reads which steps are undos, from a table of undo entries and what each undoes.
    #[must_use]
    pub fn undone(&self, table: &BTreeMap<EntryId, EntryId>) -> Undone {
        let places: BTreeMap<_, _> = self.steps.iter().enumerate().map(|(at, step)| (step.carried.entry, at)).collect();
        let found = table.iter().filter_map(|(undo, of)| Some((*places.get(undo)?, *places.get(of)?)));
        Undone { of: found.collect() }
    }

    /// Plans the undo of a step: of a change or, for a redo, of an undo.
    ///
    /// # Errors
    /// As [`Document::build`](crate::document::Document::build).
    pub fn undo(&self, step: usize, undone: &Undone) -> Result<Plan, EngineError> {
        // What came after and was undone since does not stand in the way.
        let pairs: Vec<_> = undone.pairs().filter(|(of, _)| self.is_before(step, *of)).collect();
        let gone = |place: &Place| {
            let wrote = self.writers(place);
            let mut gone = BTreeSet::from([step]);
            gone.extend(pairs.iter().filter(|(_, undo)| wrote.contains(undo)).flat_map(|(of, undo)| [*of, *undo]));
            gone
        };
        self.take_back_with(&BTreeSet::from([step]), |_| true, gone)
    }
}
