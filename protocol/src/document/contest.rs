//! What several people wrote without knowing of each other: fields with several values, and what one
//! took away while another edited it.
//!
//! Every change names those it builds on, so of any two it is known whether one knew of the other. Of
//! each field those writes stand that no later one knew of; where they differ, somebody has to decide.
//! Taking a value away is a write too, although Automerge then keeps what it did not know of. Whoever
//! writes the field next knows all of them, which ends it. All nodes that hold the same changes find
//! the same, under the same ids.

use std::collections::{BTreeMap, BTreeSet};

use automerge::{ActorId, Change, ReadDoc as _};

use super::read::field_of;
use super::said::{Said, said_of};
use super::{DELETED, Document, EngineError, Field, LongText, Map, contain};
use crate::id::{ChangeHash, DocId};

/// The field by which things stand in a list; of two places one holds, and nothing is lost.
const ORDER: &str = "order";
/// What begins the keys of what follows from the facts of a run or from its table, so that anybody writes
/// the same: gridded copies, pyramids and the lineage of a derived run.
const DERIVED: [&str; 3] = ["grid/", "pyramid/", "lineage/"];

/// A field that was written several times, differently, by changes that did not know of each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contest {
    /// The map.
    pub map: Map,
    /// The field.
    pub key: String,
    /// What was written, by ascending hash of the change.
    pub candidates: Vec<Candidate>,
}

/// One of several values that were written to a field without knowing of each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The value; `None` when it was taken away, or is of a type we do not use.
    pub value: Option<Field>,
    /// The change that wrote it.
    pub change: ChangeHash,
    /// Whether it is the one that reads now.
    pub reads: bool,
}

/// Something that was taken away and edited by changes that did not know of each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removal {
    /// The item, as `part/id`; `None` when it is the whole document.
    pub item: Option<String>,
    /// The changes that took it away, ascending.
    pub by: Vec<ChangeHash>,
    /// The changes that edited it, ascending, each with what it wrote there.
    pub edits: Vec<(ChangeHash, Spoken)>,
    /// The fields of the item that were taken away, as they are if it stays.
    pub kept: BTreeMap<String, Field>,
}

/// What a change wrote.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Spoken {
    /// Fields, in order.
    pub fields: Vec<Said>,
    /// Texts it typed into.
    pub texts: BTreeSet<LongText>,
}

/// Everything in a document that somebody has to decide.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Contests {
    /// Fields, by map and key.
    pub fields: Vec<Contest>,
    /// What was taken away and edited: the document first, then items.
    pub removals: Vec<Removal>,
}

impl Contest {
    /// Returns its id, the same on every node.
    #[must_use]
    pub fn id(&self, doc: &DocId) -> String {
        let about = format!("{}/{}", self.map.as_str(), self.key);
        conflict_id(doc.as_bytes(), &about, self.candidates.iter().map(|candidate| candidate.change.0))
    }
}

impl Removal {
    /// Returns its id, the same on every node.
    #[must_use]
    pub fn id(&self, doc: &DocId) -> String {
        let about = self.item.as_ref().map_or_else(|| DELETED.to_owned(), |item| format!("removed/{item}"));
        let edits = self.edits.iter().map(|(change, _)| change);
        conflict_id(doc.as_bytes(), &about, self.by.iter().chain(edits).map(|change| change.0))
    }
}

/// Returns the id of a conflict: 32 hex digits over what it is in, what it is about, and its sides.
#[must_use]
pub fn conflict_id(of: &[u8], about: &str, sides: impl IntoIterator<Item = [u8; 32]>) -> String {
    let mut hasher = blake3::Hasher::new_derive_key("dataforge conflict 1");
    for part in [of, about.as_bytes()] {
        hasher.update(&(part.len() as u64).to_le_bytes()).update(part);
    }
    for side in sides {
        hasher.update(&side);
    }
    data_encoding::HEXLOWER.encode(hasher.finalize().as_bytes().split_at(16).0)
}

impl Document {
    /// Returns what somebody has to decide. It costs next to nothing while all changes knew of each
    /// other.
    ///
    /// # Errors
    /// Automerge panics.
    pub fn contests(&self) -> Result<Contests, EngineError> {
        contain(|| {
            let all = self.doc.get_changes_meta(&[]);
            let is_line = all.windows(2).all(|pair| matches!(pair, [a, b] if b.deps == [a.hash]));
            if is_line {
                return Ok(Contests::default());
            }
            let history = History::read(&self.doc.get_changes(&[]));
            let mut removals: Vec<_> = history.deletion().into_iter().collect();
            let (items, taken) = history.items(self);
            removals.extend(items);
            let fields = history.writes.iter().filter(|(place, _)| is_open(place) && !taken.contains(*place));
            let fields = fields.filter_map(|((map, key), writes)| self.contest(&history, *map, key, writes));
            Ok(Contests { fields: fields.collect(), removals })
        })
    }

    /// Returns what was written to one field, if somebody has to decide it.
    #[must_use]
    pub fn conflicts(&self, map: Map, key: &str) -> Vec<Candidate> {
        let fields = self.contests().unwrap_or_default().fields;
        let found = fields.into_iter().find(|contest| contest.map == map && contest.key == key);
        found.map(|contest| contest.candidates).unwrap_or_default()
    }

    /// Returns the changes by which the document is deleted: those whose deletion no later write of the
    /// flag knew of, ascending.
    #[must_use]
    pub fn deletions(&self) -> Vec<ChangeHash> {
        let values = self.doc.get_all(Map::Root.id(), DELETED).unwrap_or_default();
        let deleting = values.iter().filter(|(value, _)| field_of(value) == Some(Field::Bool(true)));
        let mut changes: Vec<_> =
            deleting.filter_map(|(_, id)| self.doc.hash_for_opid(id)).map(|hash| ChangeHash(hash.0)).collect();
        changes.sort_unstable();
        changes
    }

    fn contest(&self, history: &History, map: Map, key: &str, writes: &[Write]) -> Option<Contest> {
        let standing = history.standing(writes);
        let (first, others) = standing.split_first()?;
        if others.iter().all(|other| other.value == first.value) {
            return None;
        }
        let winner = self.doc.get(map.id(), key).ok().flatten().and_then(|(_, id)| self.doc.hash_for_opid(&id));
        let mut candidates: Vec<_> = standing
            .iter()
            .map(|write| {
                let change = history.steps[write.step].change;
                let reads = winner.is_some_and(|winner| winner.0 == change.0);
                Candidate { value: write.value.clone(), change, reads }
            })
            .collect();
        candidates.sort_by_key(|candidate| candidate.change);
        Some(Contest { map, key: key.to_owned(), candidates })
    }
}

/// A map and a field in it.
type FieldPlace = (Map, String);

/// Whether values of a field that differ are a question for people.
fn is_open((map, key): &FieldPlace) -> bool {
    match map {
        // Named by what they hold, and only ever added.
        Map::Renditions => false,
        // A deletion is told with what it concerns; files may have any name.
        Map::Root => key != DELETED && key != "source_name",
        Map::Items => item_of(key).is_none_or(|(_, field)| field != ORDER),
        Map::Attributes | Map::Curves => true,
    }
}

/// Returns the item that a key belongs to, and the field.
fn item_of(key: &str) -> Option<(&str, &str)> {
    let (item, field) = key.rsplit_once('/')?;
    item.contains('/').then_some((item, field))
}

/// A change among the others.
#[derive(Debug)]
struct Step {
    change: ChangeHash,
    actor: usize,
    seq: u64,
    /// Of each actor the last change that it knows, itself included.
    knows: Vec<u64>,
    spoken: Spoken,
}

/// A write to a field.
#[derive(Debug, Clone)]
struct Write {
    step: usize,
    value: Option<Field>,
}

/// All changes of a document, causes first, and the writes to each field in that order.
#[derive(Debug, Default)]
struct History {
    steps: Vec<Step>,
    writes: BTreeMap<FieldPlace, Vec<Write>>,
}

impl History {
    fn read(changes: &[Change]) -> Self {
        let mut history = Self::default();
        let mut actors: BTreeMap<ActorId, usize> = BTreeMap::new();
        let mut places: BTreeMap<automerge::ChangeHash, usize> = BTreeMap::new();
        for (step, change) in changes.iter().enumerate() {
            let next = actors.len();
            let actor = *actors.entry(change.actor_id().clone()).or_insert(next);
            let mut knows = Vec::new();
            for cause in change.deps().iter().filter_map(|dep| places.get(dep)) {
                merge(&mut knows, &history.steps[*cause].knows);
            }
            let mut own = vec![0; actor + 1];
            own[actor] = change.seq();
            merge(&mut knows, &own);
            let spoken = said_of(change);
            // Of several writes of one change to a field the last one holds.
            let last: BTreeMap<_, _> =
                spoken.fields.iter().map(|said| ((said.map, said.key.clone()), said.value.clone())).collect();
            for (place, value) in last {
                history.writes.entry(place).or_default().push(Write { step, value });
            }
            places.insert(change.hash(), step);
            let hash = ChangeHash(change.hash().0);
            history.steps.push(Step { change: hash, actor, seq: change.seq(), knows, spoken });
        }
        history
    }

    /// Whether a change knew of another.
    fn knows(&self, later: usize, earlier: usize) -> bool {
        let (later, earlier) = (&self.steps[later], &self.steps[earlier]);
        later.knows.get(earlier.actor).is_some_and(|seq| *seq >= earlier.seq)
    }

    fn are_apart(&self, one: usize, other: usize) -> bool {
        !self.knows(one, other) && !self.knows(other, one)
    }

    /// Returns the writes to a field that no later one knew of.
    fn standing(&self, writes: &[Write]) -> Vec<Write> {
        let mut standing: Vec<Write> = Vec::new();
        for write in writes {
            standing.retain(|earlier| !self.knows(write.step, earlier.step));
            standing.push(write.clone());
        }
        standing
    }

    fn hashes(&self, steps: impl IntoIterator<Item = usize>) -> Vec<ChangeHash> {
        let mut hashes: Vec<_> = steps.into_iter().map(|step| self.steps[step].change).collect();
        hashes.sort_unstable();
        hashes.dedup();
        hashes
    }

    /// Returns the deletion of the document, if it stands and others edited without knowing of it.
    fn deletion(&self) -> Option<Removal> {
        let writes = self.writes.get(&(Map::Root, DELETED.to_owned()))?;
        let standing = self.standing(writes);
        let by: Vec<_> =
            standing.iter().filter(|write| write.value == Some(Field::Bool(true))).map(|write| write.step).collect();
        let unaware = |step: &usize| by.iter().any(|removal| self.are_apart(*removal, *step));
        let edits = (0..self.steps.len()).filter(|step| !by.contains(step)).filter(unaware);
        let mut edits: Vec<_> = edits
            .map(|step| (self.steps[step].change, edit_of_document(&self.steps[step].spoken)))
            .filter(|(_, spoken)| *spoken != Spoken::default())
            .collect();
        edits.sort_by_key(|(change, _)| *change);
        (!edits.is_empty()).then(|| Removal { item: None, by: self.hashes(by), edits, kept: BTreeMap::new() })
    }

    /// Returns the items that one took away and another edited, and the fields this concerns.
    fn items(&self, document: &Document) -> (Vec<Removal>, BTreeSet<FieldPlace>) {
        let mut items: BTreeMap<&str, Vec<&FieldPlace>> = BTreeMap::new();
        for place in self.writes.keys().filter(|(map, _)| *map == Map::Items) {
            if let Some((item, _)) = item_of(&place.1) {
                items.entry(item).or_default().push(place);
            }
        }
        let (mut removals, mut taken) = (Vec::new(), BTreeSet::new());
        for (item, places) in items {
            if let Some(removal) = self.item(document, item, &places) {
                taken.extend(removal.kept.keys().map(|key| (Map::Items, key.clone())));
                removals.push(removal);
            }
        }
        (removals, taken)
    }

    fn item(&self, document: &Document, item: &str, places: &[&FieldPlace]) -> Option<Removal> {
        let standing: Vec<_> = places.iter().map(|place| self.standing(&self.writes[*place])).collect();
        let all = || standing.iter().flatten();
        let cleared: BTreeSet<_> = all().filter(|write| write.value.is_none()).map(|write| write.step).collect();
        let by: Vec<_> = cleared.into_iter().filter(|step| self.empties(*step, places)).collect();
        let mut edits: BTreeMap<usize, Spoken> = BTreeMap::new();
        for (place, standing) in places.iter().zip(&standing) {
            let is_order = item_of(&place.1).is_some_and(|(_, field)| field == ORDER);
            for write in standing.iter().filter(|write| write.value.is_some() && !is_order) {
                if by.iter().any(|removal| self.are_apart(*removal, write.step)) {
                    let said = Said { map: place.0, key: place.1.clone(), value: write.value.clone() };
                    edits.entry(write.step).or_default().fields.push(said);
                }
            }
        }
        if edits.is_empty() {
            return None;
        }
        let mut kept = BTreeMap::new();
        let is_cleared = |standing: &[Write]| standing.iter().any(|write| write.value.is_none());
        for (place, _) in places.iter().zip(&standing).filter(|(_, standing)| is_cleared(standing)) {
            let before = || by.iter().find_map(|removal| self.before(*removal, place));
            if let Some(value) = document.get(Map::Items, &place.1).or_else(before) {
                kept.insert(place.1.clone(), value);
            }
        }
        let mut edits: Vec<_> = edits.into_iter().map(|(step, spoken)| (self.steps[step].change, spoken)).collect();
        edits.sort_by_key(|(change, _)| *change);
        Some(Removal { item: Some(item.to_owned()), by: self.hashes(by), edits, kept })
    }

    /// Whether nothing is left of an item after a change, by what the change knew.
    fn empties(&self, step: usize, places: &[&FieldPlace]) -> bool {
        places.iter().all(|place| {
            let known: Vec<_> =
                self.writes[*place].iter().filter(|write| self.knows(step, write.step)).cloned().collect();
            self.standing(&known).iter().all(|write| write.value.is_none())
        })
    }

    /// Returns what a field was before a change took it away.
    fn before(&self, step: usize, place: &FieldPlace) -> Option<Field> {
        let writes = self.writes.get(place)?;
        let known = |write: &&Write| write.step != step && self.knows(step, write.step);
        writes.iter().rev().find(known)?.value.clone()
    }
}

/// Returns what a change is as an edit of its document: not its deletion, and nothing that follows
/// from other data.
fn edit_of_document(spoken: &Spoken) -> Spoken {
    let deletes = |said: &Said| said.map == Map::Root && said.key == DELETED && said.value == Some(Field::Bool(true));
    let follows =
        |said: &Said| said.map == Map::Renditions && DERIVED.iter().any(|prefix| said.key.starts_with(prefix));
    let fields = spoken.fields.iter().filter(|said| !deletes(said) && !follows(said)).cloned();
    Spoken { fields: fields.collect(), texts: spoken.texts.clone() }
}

/// Takes the later of what two know.
fn merge(into: &mut Vec<u64>, from: &[u64]) {
    if into.len() < from.len() {
        into.resize(from.len(), 0);
    }
    for (seq, other) in into.iter_mut().zip(from) {
        *seq = (*seq).max(*other);
    }
}

#[cfg(test)]
mod tests;
