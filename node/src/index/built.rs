//! Documents as they were built last.
//!
//! A document is what all of its changes make, and one that people work on for months has hundreds: to
//! build it anew took longer than all else of an edit. So those of many changes are kept, and what came
//! since is added. Automerge makes the same of changes in every order that has causes first, which the gate
//! sees to; what it cannot add is built anew.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use dataforge_protocol::document::{Document, EngineError};
use dataforge_protocol::facts::DocKind;
use dataforge_protocol::id::{DocId, EntryId, WorkspaceId};

/// Documents of fewer changes are built as soon as they are copied.
const MANY: usize = 16;
/// Bytes of all documents that are kept, about.
const MOST: u64 = 32 << 20;
/// Bytes that an op takes besides its part of a change, about.
const OP: u64 = 64;

/// A document of a workspace.
type Key = (WorkspaceId, DocId);

/// Documents that are kept.
#[derive(Debug, Default)]
pub(crate) struct Built(RefCell<Table>);

#[derive(Debug, Default)]
struct Table {
    kept: BTreeMap<Key, Kept>,
    /// Bytes of all of them.
    bytes: u64,
    turn: u64,
}

#[derive(Debug)]
struct Kept {
    /// The entries whose changes it has.
    from: BTreeSet<EntryId>,
    document: Document,
    /// Bytes of its changes.
    body_bytes: u64,
    /// The turn in which it was used.
    used: u64,
}

impl Kept {
    fn bytes(&self) -> u64 {
        self.body_bytes + self.document.ops() * OP
    }

    /// Adds what it lacks of some changes; nothing when it has one that is not among them, or Automerge fails.
    fn grow(mut self, changes: &[EntryId], body: impl Fn(&EntryId) -> Option<Vec<u8>>) -> Option<Self> {
        let lacking: Vec<_> = changes.iter().filter(|id| !self.from.contains(id)).collect();
        if changes.len() - lacking.len() != self.from.len() {
            return None;
        }
        if !lacking.is_empty() {
            let bodies = lacking.iter().map(|id| body(id)).collect::<Option<Vec<_>>>()?;
            self.document = self.document.grow(bodies.iter().map(Vec::as_slice)).ok()?;
            self.from.extend(lacking);
            self.body_bytes += bytes_of(&bodies);
        }
        Some(self)
    }
}

impl Built {
    /// Returns the document that the changes of some entries make, causes first. An entry whose body cannot be
    /// read is left out.
    ///
    /// # Errors
    /// Those of [`Document::build`].
    pub(super) fn build(
        &self,
        key: Key,
        kind: DocKind,
        changes: &[EntryId],
        body: impl Fn(&EntryId) -> Option<Vec<u8>>,
    ) -> Result<Document, EngineError> {
        let mut table = self.0.borrow_mut();
        if let Some(mut kept) = table.take(&key).and_then(|kept| kept.grow(changes, &body)) {
            let document = kept.document.clone();
            kept.used = table.turn;
            table.put(key, kept);
            return Ok(document);
        }
        let bodies: Vec<_> = changes.iter().filter_map(body).collect();
        let document = Document::build(kind, bodies.iter().map(Vec::as_slice))?;
        if changes.len() >= MANY && bodies.len() == changes.len() {
            let (from, body_bytes) = (changes.iter().copied().collect(), bytes_of(&bodies));
            let used = table.turn;
            table.put(key, Kept { from, document: document.clone(), body_bytes, used });
        }
        Ok(document)
    }
}

impl Table {
    fn take(&mut self, key: &Key) -> Option<Kept> {
        self.turn += 1;
        let kept = self.kept.remove(key)?;
        self.bytes -= kept.bytes();
        Some(kept)
    }

    /// Keeps a document, and of the others those that were used last.
    fn put(&mut self, key: Key, kept: Kept) {
        self.bytes += kept.bytes();
        self.kept.insert(key, kept);
        while self.bytes > MOST {
            let oldest = self.kept.iter().min_by_key(|(_, kept)| kept.used).map(|(key, _)| *key);
            let Some(oldest) = oldest.and_then(|key| self.kept.remove(&key)) else { return };
            self.bytes -= oldest.bytes();
        }
    }
}

fn bytes_of(bodies: &[Vec<u8>]) -> u64 {
    bodies.iter().map(|body| body.len() as u64).sum()
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use dataforge_protocol::document::{Contests, DELETED, Edit, Map, WellState};

    use super::*;

    const KEY: Key = (WorkspaceId([1; 32]), DocId([2; 32]));

    fn change_something(edit: &mut Edit<'_, '_>, number: usize, random: &mut fastrand::Rng) -> Result<(), EngineError> {
        let said = format!("{number} and more");
        match random.u8(..8) {
            0 => edit.set_bool(Map::Root, DELETED, number.is_multiple_of(3)),
            1 => edit.set_text(Map::Attributes, "field", None),
            2..5 => edit.set_text(Map::Attributes, ["field", "country"][number % 2], Some(&said)),
            _ => edit.set_text(Map::Root, "name", Some(&said)),
        }
    }

    /// Changes of two people who take turns, each at times without those of the other, causes first.
    fn history(count: usize) -> Vec<(EntryId, Vec<u8>)> {
        let mut random = fastrand::Rng::with_seed(7);
        let mut both = [[0xa; 16], [0xb; 16]].map(|actor| (actor, Document::build(DocKind::Well, []).unwrap(), 0));
        let mut changes: Vec<Vec<u8>> = Vec::new();
        for number in 0.. {
            if changes.len() == count {
                break;
            }
            let (actor, document, seen) = &mut both[number % 2];
            if random.u8(..3) == 0 {
                for change in &changes[*seen..] {
                    document.apply(change).unwrap();
                }
                *seen = changes.len();
            }
            let change = document.edit(*actor, |edit| change_something(edit, number, &mut random)).unwrap();
            changes.extend(change);
        }
        let id = |at: usize| EntryId(std::array::from_fn(|byte| (at >> (byte % 4 * 8)) as u8));
        changes.into_iter().enumerate().map(|(at, change)| (id(at), change)).collect()
    }

    /// All that the index reads of a document.
    fn look(document: &Document) -> [String; 4] {
        [
            format!("{:?}", document.heads()),
            format!("{:?}", WellState::read(document)),
            format!("{:?}", document.contests().unwrap()),
            format!("{:?}", document.deletions()),
        ]
    }

    #[test]
    fn kept_document_grows_to_what_is_built_anew_and_reads_only_what_it_lacks() {
        let history = history(80);
        let bodies: BTreeMap<_, _> = history.iter().cloned().collect();
        let (built, read) = (Built::default(), Cell::new(0));
        let body = |id: &EntryId| {
            read.set(read.get() + 1);
            bodies.get(id).cloned()
        };
        let ids = |count: usize| history[..count].iter().map(|(id, _)| *id).collect::<Vec<_>>();
        // It grows by one and by many, stays, loses some again, and grows once more.
        let one_by_one = (22..60).map(|count| (count, 1));
        let steps = [(10, 10), (11, 11), (20, 20), (21, 1)].into_iter().chain(one_by_one);
        let mut contests = 0;
        for (count, reads) in steps.chain([(80, 21), (80, 0), (40, 40), (41, 1)]) {
            read.set(0);
            let document = built.build(KEY, DocKind::Well, &ids(count), body).unwrap();
            let anew = history[..count].iter().map(|(_, change)| change.as_slice());
            assert_eq!(look(&document), look(&Document::build(DocKind::Well, anew).unwrap()), "{count}");
            assert_eq!(read.get(), reads, "{count}");
            contests += usize::from(document.contests().unwrap() != Contests::default());
        }
        assert!(contests > 5, "people contradicted each other");
        let other = (WorkspaceId([9; 32]), KEY.1);
        read.set(0);
        built.build(other, DocKind::Well, &ids(41), body).unwrap();
        assert_eq!(read.get(), 41, "what is of another workspace is another document");
    }

    #[test]
    fn those_used_last_are_kept() {
        let history = history(MANY);
        let bodies: BTreeMap<_, _> = history.iter().cloned().collect();
        let ids: Vec<_> = history.iter().map(|(id, _)| *id).collect();
        let built = Built::default();
        let key = |number: u64| (KEY.0, DocId(std::array::from_fn(|byte| (number >> (byte % 4 * 8)) as u8)));
        let ask = |number| built.build(key(number), DocKind::Well, &ids, |id| bodies.get(id).cloned()).unwrap();
        ask(0);
        let one = built.0.borrow().bytes;
        let most = MOST / one;
        (1..most + 10).for_each(|number| drop(ask(number)));
        let kept = |number| built.0.borrow().kept.contains_key(&key(number));
        assert!(!kept(9) && kept(10));
        drop((ask(10), ask(most + 10)));
        assert!(kept(10) && !kept(11) && kept(12), "the one that was used again stays");
        let table = built.0.borrow();
        assert_eq!((table.kept.len() as u64, table.bytes), (most, most * one));
    }
}
