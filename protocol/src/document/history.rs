//! The history of one document: what each change wrote over what, in an order that is the same on
//! every device, and the document at any state before.
//!
//! Everything comes from the changes themselves, read once each; only a state, or a text at a state, needs a
//! document to be built. The order follows what builds on what, then the time that authors claim, where
//! nothing is earlier than what it builds on; a wrong clock moves a change within its rights and
//! changes no state.
//!
//! It does not judge changes: it is given those that count and have effect.

mod take;
#[cfg(test)]
mod tests;
mod undo;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use automerge::Change;

pub use self::take::{Left, Plan, Why};
pub use self::undo::Undone;
use super::written::{Act, OpId, WrittenOp, bytes_of, ops_of};
use super::{DELETED, Document, EngineError, Field, LongText, Map, Place, constant_hash, contain};
use crate::facts::DocKind;
use crate::id::{ChangeHash, DeviceId, EntryId, PersonId};

/// A change that counts and has effect, with what its entry says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Carried {
    /// The entry.
    pub entry: EntryId,
    /// The device that signed it.
    pub device: DeviceId,
    /// The person behind it.
    pub person: Option<PersonId>,
    /// The author's clock.
    pub claimed_ms: u64,
    /// The change.
    pub body: Vec<u8>,
}

/// One change in a history.
#[derive(Debug, Clone)]
pub struct Step {
    /// The change, with what its entry says.
    pub carried: Carried,
    /// The author's clock, but no earlier than that of what it builds on.
    pub time_ms: u64,
    /// Whether it builds on no other change of the document.
    pub is_first: bool,
    /// What it wrote, in the order of places.
    pub wrote: Vec<Wrote>,
    /// The counter of its first op: higher than those of all that it builds on.
    start_op: u64,
    /// Its actor, by its place in the history's list, and its number among the actor's changes.
    author: (usize, u32),
    /// The highest number of each actor among it and what it builds on.
    knows: Vec<u32>,
}

/// What a change wrote to one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrote {
    /// Where.
    pub place: Place,
    /// What read there, as its author saw it; of a text nothing.
    pub before: Option<Field>,
    /// What its author made it; of a text nothing.
    pub after: Option<Field>,
    /// Characters that went into a text.
    pub inserted: usize,
    /// Characters that went out of it.
    pub deleted: usize,
    /// The op that left a value; none when the field was taken away.
    put: Option<OpId>,
}

/// A value that nothing replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The value; `None` when it is of a type we do not use.
    pub value: Option<Field>,
    /// The step that wrote it.
    pub step: usize,
    id: OpId,
}

/// A state of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    /// Before all changes.
    Start,
    /// After the change of an entry and all it builds on.
    Entry(EntryId),
    /// As far as the clocks of its authors say that it was written by then, in milliseconds since 1970.
    Time(u64),
    /// So many changes back from now.
    Back(usize),
}

/// The history of one document. Steps are named by their place in the order.
#[derive(Debug, Clone)]
pub struct History {
    kind: DocKind,
    steps: Vec<Step>,
    writers: BTreeMap<Place, Vec<usize>>,
    standing: BTreeMap<Place, Vec<Standing>>,
}

/// A change that was read and is not in its place yet.
struct Read {
    step: Step,
    written: Vec<WrittenOp>,
}

impl History {
    /// Makes the history of some changes, those that others build on first.
    ///
    /// # Errors
    /// Automerge cannot read a change, or one comes before one it depends on.
    pub fn new(kind: DocKind, changes: Vec<Carried>) -> Result<Self, EngineError> {
        let mut reads = contain(|| read_all(kind, changes))?;
        reads.sort_by_key(|read| key(&read.step));
        let mut history =
            Self { kind, steps: Vec::with_capacity(reads.len()), writers: BTreeMap::new(), standing: BTreeMap::new() };
        let mut values = HashMap::new();
        for read in reads {
            history.push(read, &mut values);
        }
        Ok(history)
    }

    fn push(&mut self, Read { mut step, written }: Read, values: &mut HashMap<OpId, Option<Field>>) {
        let number = self.steps.len();
        let mut wrote: BTreeMap<Place, Wrote> = BTreeMap::new();
        for WrittenOp { place, act, id, replaced } in written {
            let before = replaced.iter().max().and_then(|id| values.get(id)).cloned().flatten();
            // Of several ops on one field the first saw what was there before the change.
            let said = wrote.entry(place.clone()).or_insert_with(|| Wrote {
                place: place.clone(),
                before,
                after: None,
                inserted: 0,
                deleted: 0,
                put: None,
            });
            let standing = self.standing.entry(place).or_default();
            standing.retain(|value| !replaced.contains(&value.id));
            (said.after, said.put) = (None, None);
            match act {
                Act::Put(value) => {
                    // Tables are large, and nobody asks what was in one.
                    let value = value.filter(|_| !take::is_table(&said.place));
                    values.insert(id, value.clone());
                    (said.after, said.put) = (value.clone(), Some(id));
                    standing.push(Standing { value, step: number, id });
                    standing.sort_by_key(|value| value.id);
                }
                Act::Delete => {}
                Act::Splice(inserted, deleted) => {
                    said.inserted += inserted;
                    said.deleted += deleted;
                }
            }
        }
        for place in wrote.keys() {
            self.writers.entry(place.clone()).or_default().push(number);
        }
        step.wrote = wrote.into_values().collect();
        self.steps.push(step);
    }

    /// Returns the kind of the document.
    #[must_use]
    pub const fn kind(&self) -> DocKind {
        self.kind
    }

    /// Returns the changes, the oldest first.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Returns the step of an entry.
    #[must_use]
    pub fn find(&self, entry: &EntryId) -> Option<usize> {
        self.steps.iter().position(|step| step.carried.entry == *entry)
    }

    /// Returns the places that anything was written to.
    pub fn places(&self) -> impl Iterator<Item = &Place> {
        self.writers.keys()
    }

    /// Returns the steps that wrote to a place, the oldest first.
    #[must_use]
    pub fn writers(&self, place: &Place) -> &[usize] {
        self.writers.get(place).map(Vec::as_slice).unwrap_or_default()
    }

    /// Returns the values of a field that nothing replaced; the one that reads comes last.
    #[must_use]
    pub fn standing(&self, place: &Place) -> &[Standing] {
        self.standing.get(place).map(Vec::as_slice).unwrap_or_default()
    }

    /// Returns whether a step builds on another one.
    #[must_use]
    pub fn is_before(&self, earlier: usize, later: usize) -> bool {
        let (Some(one), Some(other)) = (self.steps.get(earlier), self.steps.get(later)) else { return false };
        let (actor, number) = one.author;
        earlier != later && other.knows.get(actor).is_some_and(|known| *known >= number)
    }

    /// Returns the steps of a state; `None` when its entry is no step, or there are fewer changes.
    #[must_use]
    pub fn state(&self, at: At) -> Option<Vec<usize>> {
        match at {
            At::Start => Some(Vec::new()),
            At::Entry(entry) => {
                let last = self.find(&entry)?;
                Some((0..=last).filter(|step| *step == last || self.is_before(*step, last)).collect())
            }
            // Nothing is earlier than what it builds on, so these build on each other only.
            At::Time(ms) => Some((0..self.steps.len()).take_while(|at| self.time(*at) <= ms).collect()),
            At::Back(count) => Some((0..self.steps.len().checked_sub(count)?).collect()),
        }
    }

    fn time(&self, step: usize) -> u64 {
        self.steps.get(step).map_or(u64::MAX, |step| step.time_ms)
    }

    /// Returns the history as it was at a state.
    ///
    /// # Errors
    /// The steps lack one that others of them build on.
    pub fn until(&self, state: &[usize]) -> Result<Self, EngineError> {
        let carried = state.iter().filter_map(|step| Some(self.steps.get(*step)?.carried.clone()));
        Self::new(self.kind, carried.collect())
    }

    /// Builds the document at a state.
    ///
    /// # Errors
    /// As [`Document::build`].
    pub fn document(&self, state: &[usize]) -> Result<Document, EngineError> {
        let bodies = state.iter().filter_map(|step| Some(self.steps.get(*step)?.carried.body.as_slice()));
        Document::build(self.kind, bodies)
    }

    /// Builds the document as it is now.
    ///
    /// # Errors
    /// As [`Document::build`].
    pub fn now(&self) -> Result<Document, EngineError> {
        self.document(&(0..self.steps.len()).collect::<Vec<_>>())
    }

    /// Returns those of some steps, ascending, that none of the others builds on.
    fn last_of(&self, steps: &[usize]) -> Vec<usize> {
        let mut last: Vec<usize> = Vec::new();
        for step in steps.iter().rev() {
            if !last.iter().any(|later| self.is_before(*step, *later)) {
                last.push(*step);
            }
        }
        last.reverse();
        last
    }
}

/// What steps are ordered by. What builds on another has a higher counter and no lower time.
fn key(step: &Step) -> (u64, u64, EntryId) {
    (step.time_ms, step.start_op, step.carried.entry)
}

fn read_all(kind: DocKind, changes: Vec<Carried>) -> Result<Vec<Read>, EngineError> {
    let mut reads: Vec<Read> = Vec::with_capacity(changes.len());
    let mut known: HashMap<[u8; 32], usize> = HashMap::new();
    let mut actors: HashMap<[u8; 16], usize> = HashMap::new();
    for carried in changes {
        #[cfg(test)]
        super::work::note_read();
        let change = Change::from_bytes(carried.body.clone()).map_err(EngineError::Unreadable)?;
        let next = actors.len();
        let actor = *actors.entry(bytes_of(change.actor_id())).or_insert(next);
        let number = u32::try_from(change.seq()).unwrap_or(u32::MAX);
        let (mut knows, mut time_ms, mut is_first) = (Vec::new(), carried.claimed_ms, true);
        for dep in change.deps() {
            if dep.0 == constant_hash(kind).0 {
                continue;
            }
            let before = known.get(&dep.0).and_then(|at| reads.get(*at));
            let before = before.ok_or(EngineError::MissingDependency(ChangeHash(dep.0)))?;
            (time_ms, is_first) = (time_ms.max(before.step.time_ms), false);
            merge(&mut knows, &before.step.knows);
        }
        if knows.len() <= actor {
            knows.resize(actor + 1, 0);
        }
        if let Some(known) = knows.get_mut(actor) {
            *known = number;
        }
        known.insert(change.hash().0, reads.len());
        let (start_op, written) = (change.start_op().get(), ops_of(&change));
        let step = Step { carried, time_ms, is_first, wrote: Vec::new(), start_op, author: (actor, number), knows };
        reads.push(Read { step, written });
    }
    Ok(reads)
}

/// Raises numbers to those of another list.
fn merge(knows: &mut Vec<u32>, other: &[u32]) {
    if knows.len() < other.len() {
        knows.resize(other.len(), 0);
    }
    for (mine, theirs) in knows.iter_mut().zip(other) {
        *mine = (*mine).max(*theirs);
    }
}

impl Document {
    /// Returns everything that reads in the document: fields of all its maps, and texts that are not
    /// empty. One that is not marked as deleted has no such field.
    #[must_use]
    pub fn values(&self) -> BTreeMap<Place, Field> {
        let fields = Map::of(self.kind())
            .iter()
            .copied()
            .flat_map(|map| self.entries(map).map(move |(key, field)| (Place::Field(map, key.into_owned()), field)));
        let texts =
            LongText::of(self.kind()).iter().map(|text| (Place::Text(*text), Field::Text(self.long_text(*text))));
        let is_said = |(place, field): &(Place, Field)| match (place, field) {
            (Place::Field(Map::Root, key), Field::Bool(false)) => key != DELETED,
            (Place::Text(_), Field::Text(text)) => !text.is_empty(),
            _ => true,
        };
        fields.chain(texts).filter(is_said).collect()
    }
}

/// Returns the places whose values differ.
#[must_use]
pub fn differing(one: &BTreeMap<Place, Field>, other: &BTreeMap<Place, Field>) -> Vec<Place> {
    let places: BTreeSet<_> = one.keys().chain(other.keys()).collect();
    places.into_iter().filter(|place| one.get(*place) != other.get(*place)).cloned().collect()
}
