//! What the gate keeps of a change that passed: who wrote it, on what, and for each op where it
//! wrote and what it made, so that later changes can be checked against it.

use std::collections::BTreeMap;

use super::scan::{Action, Key, OpRef, Scan};
use crate::id::ChangeHash;

/// A change that passed the gate, without its values.
#[derive(Debug, Clone)]
pub struct ChangeInfo {
    pub(super) hash: ChangeHash,
    pub(super) deps: Vec<ChangeHash>,
    /// Its own actor, then the others it names.
    pub(super) actors: Vec<[u8; 16]>,
    pub(super) seq: u64,
    pub(super) start_op: u32,
    /// The map keys it writes to, each once.
    names: Box<[Box<str>]>,
    pub(super) ops: Vec<OpFact>,
}

/// Where an op wrote and what it made.
#[derive(Debug, Clone, Copy)]
pub(super) struct OpFact {
    pub(super) obj: Option<OpRef>,
    pub(super) key: FactKey,
    pub(super) insert: bool,
    pub(super) action: Action,
}

/// A [`Key`] that does not borrow.
#[derive(Debug, Clone, Copy)]
pub(super) enum FactKey {
    /// Position in the names of the change.
    Prop(u32),
    Head,
    Elem(OpRef),
}

/// An op id that means the same in every change.
pub(super) type OpId = ([u8; 16], u32);

impl ChangeInfo {
    /// Takes what is needed from a scan.
    pub(super) fn new(scan: &Scan<'_>) -> Self {
        let mut names: Vec<Box<str>> = Vec::new();
        let mut places = BTreeMap::new();
        let ops = scan
            .ops
            .iter()
            .map(|op| OpFact {
                obj: op.obj,
                key: match op.key {
                    Key::Head => FactKey::Head,
                    Key::Elem(elem) => FactKey::Elem(elem),
                    Key::Prop(name) => FactKey::Prop(*places.entry(name).or_insert_with(|| {
                        names.push(name.into());
                        names.len() as u32 - 1
                    })),
                },
                insert: op.insert,
                action: op.action,
            })
            .collect();
        Self {
            hash: scan.hash,
            deps: scan.deps.clone(),
            actors: scan.actors.clone(),
            seq: scan.seq,
            // The scan refuses counters beyond 32 bits.
            start_op: scan.start_op as u32,
            names: names.into(),
            ops,
        }
    }

    /// Returns the hash of the change.
    #[must_use]
    pub const fn hash(&self) -> ChangeHash {
        self.hash
    }

    /// Returns the hashes of the changes it was made on.
    #[must_use]
    pub fn deps(&self) -> &[ChangeHash] {
        &self.deps
    }

    /// Returns its actor.
    #[must_use]
    pub fn actor(&self) -> [u8; 16] {
        self.actors.first().copied().unwrap_or_default()
    }

    /// Returns its number among the changes of its actor.
    #[must_use]
    pub const fn seq(&self) -> u64 {
        self.seq
    }

    /// Returns the counter of its last op.
    #[must_use]
    pub const fn max_op(&self) -> u64 {
        self.start_op as u64 + self.ops.len() as u64 - 1
    }

    /// Returns the id behind one of its references.
    pub(super) fn id(&self, op: OpRef) -> Option<OpId> {
        Some((*self.actors.get(usize::from(op.actor))?, op.counter))
    }

    /// Returns one of its map keys.
    pub(super) fn name(&self, place: u32) -> Option<&str> {
        self.names.get(place as usize).map(AsRef::as_ref)
    }

    /// Returns the op of its own with a counter.
    pub(super) fn op(&self, counter: u32) -> Option<&OpFact> {
        self.ops.get(counter.checked_sub(self.start_op)? as usize)
    }
}
