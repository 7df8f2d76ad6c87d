//! Taking back: what would have to be written for some changes to be undone, and only they.
//!
//! A field is taken back when what reads there was written by those changes and nobody wrote to it without
//! having seen them, or after them. It becomes what it would be without them. All other fields are left, and
//! said to be. Characters of a text are taken back as long as nobody who wrote to it had seen them.

use std::collections::BTreeSet;

use super::{History, Place, differing};
use crate::document::{DELETED, Document, Edit, EngineError, Field, LongText, Map};

/// Most that one change writes, half of what the gate admits: bytes of keys and values.
const MAX_WEIGHT: usize = 128 * 1024;
/// What an op weighs besides: so many fill a change as the gate admits ops, with room to spare.
const OP_WEIGHT: usize = 32;

/// What would be written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// Places, what reads there now, and what is to.
    pub fields: Vec<(Place, Option<Field>, Option<Field>)>,
    /// Places that stay as they are.
    pub left: Vec<Left>,
}

/// A place that stays as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    /// Where.
    pub place: Place,
    /// Why.
    pub why: Why,
}

/// Why a place stays as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// These steps wrote to it beside or after what is taken back.
    Written(Vec<usize>),
    /// It holds a table, which is imported data.
    Table,
}

impl Plan {
    /// Returns whether it marks the document as deleted, or takes that back.
    #[must_use]
    pub fn deletes(&self) -> bool {
        self.fields.iter().any(|(place, ..)| matches!(place, Place::Field(Map::Root, key) if key == DELETED))
    }

    /// Writes it to a document as an actor, and returns the changes to put into entries, in order. One
    /// does unless there is very much to write.
    ///
    /// # Errors
    /// As [`Document::edit`]; the document is as before.
    pub fn write(&self, document: &mut Document, actor: [u8; 16]) -> Result<Vec<Vec<u8>>, EngineError> {
        let mut doc = document.clone();
        let mut changes = Vec::new();
        let mut rest = self.fields.as_slice();
        while !rest.is_empty() {
            let mut weight = 0;
            let fits = |(place, _, value): &&(Place, Option<Field>, Option<Field>)| {
                weight += weight_of(place, value.as_ref());
                weight <= MAX_WEIGHT
            };
            let count = rest.iter().take_while(fits).count().max(1);
            let (group, later) = rest.split_at(count);
            let write = |edit: &mut Edit<'_, '_>| {
                group.iter().try_for_each(|(place, _, value)| edit.set_place(place, value.as_ref()))
            };
            changes.extend(doc.edit(actor, write)?);
            rest = later;
        }
        *document = doc;
        Ok(changes)
    }
}

impl History {
    /// Plans what makes everything read as at a state, as far as places are in `scope`. Tables stay.
    ///
    /// # Errors
    /// As [`Document::build`].
    pub fn restore(&self, state: &[usize], scope: impl Fn(&Place) -> bool) -> Result<Plan, EngineError> {
        let (now, then) = (self.now()?.values(), self.document(state)?.values());
        let places = differing(&now, &then).into_iter().filter(|place| scope(place) && !is_table(place));
        let change = |place: Place| {
            let (before, after) = (now.get(&place).cloned(), then.get(&place).cloned());
            (place, before, after)
        };
        Ok(Plan { fields: places.map(change).collect(), left: Vec::new() })
    }

    /// Plans what takes some changes back, as far as places are in `scope`.
    ///
    /// # Errors
    /// As [`Document::build`].
    pub fn take_back(&self, taken: &BTreeSet<usize>, scope: impl Fn(&Place) -> bool) -> Result<Plan, EngineError> {
        self.take_back_with(taken, scope, |_| taken.clone())
    }

    /// As [`History::take_back`], for the places that `changes` wrote to, where for each place these steps
    /// are as if they had never been.
    pub(super) fn take_back_with(
        &self,
        changes: &BTreeSet<usize>,
        scope: impl Fn(&Place) -> bool,
        gone: impl Fn(&Place) -> BTreeSet<usize>,
    ) -> Result<Plan, EngineError> {
        let wrote = changes.iter().filter_map(|step| self.steps.get(*step)).flat_map(|step| &step.wrote);
        let places: BTreeSet<_> = wrote.map(|wrote| &wrote.place).filter(|place| scope(place)).collect();
        let mut plan = Plan::default();
        for place in places {
            let gone = gone(place);
            if is_table(place) {
                plan.left.push(Left { place: place.clone(), why: Why::Table });
                continue;
            }
            let (now, without) = match place {
                Place::Text(text) => match self.text_without(*text, &gone)? {
                    Ok((now, without)) => (Some(Field::Text(now)), Some(Field::Text(without))),
                    Err(why) => {
                        plan.left.push(Left { place: place.clone(), why });
                        continue;
                    }
                },
                Place::Field(..) => match self.field_without(place, &gone) {
                    Ok(without) => (self.reading(place), without),
                    Err(why) => {
                        plan.left.push(Left { place: place.clone(), why });
                        continue;
                    }
                },
            };
            if said(place, &now) != said(place, &without) {
                plan.fields.push((place.clone(), now, without));
            }
        }
        Ok(plan)
    }

    /// Returns the value of a field.
    fn reading(&self, place: &Place) -> Option<Field> {
        self.standing(place).last()?.value.clone()
    }

    /// Returns the value that a field would have without some steps.
    fn field_without(&self, place: &Place, gone: &BTreeSet<usize>) -> Result<Option<Field>, Why> {
        let (mine, others): (Vec<usize>, Vec<usize>) =
            self.writers(place).iter().copied().partition(|step| gone.contains(step));
        let beside = others.iter().filter(|other| !mine.iter().any(|step| self.is_before(**other, *step)));
        let beside: Vec<_> = beside.copied().collect();
        if !beside.is_empty() {
            return Err(Why::Written(self.last_of(&beside)));
        }
        let last = self.last_of(&others);
        let wrote = last.iter().filter_map(|step| self.steps.get(*step)?.wrote.iter().find(|w| w.place == *place));
        // As Automerge has it: of values beside each other that of the highest op.
        let winner = wrote.filter(|wrote| wrote.put.is_some()).max_by_key(|wrote| wrote.put);
        Ok(winner.and_then(|wrote| wrote.after.clone()))
    }

    /// Returns a text as it is, and as it would be without some steps.
    fn text_without(
        &self,
        text: LongText,
        gone: &BTreeSet<usize>,
    ) -> Result<Result<(String, String), Why>, EngineError> {
        let (mine, others): (Vec<usize>, Vec<usize>) =
            self.writers(&Place::Text(text)).iter().copied().partition(|step| gone.contains(step));
        let rests_on = |step: usize| mine.iter().any(|taken| *taken == step || self.is_before(*taken, step));
        let after: Vec<_> = others.iter().copied().filter(|step| rests_on(*step)).collect();
        if !after.is_empty() {
            return Ok(Err(Why::Written(self.last_of(&after))));
        }
        let state: Vec<_> = (0..self.steps.len()).filter(|step| !rests_on(*step)).collect();
        Ok(Ok((self.now()?.long_text(text), self.document(&state)?.long_text(text))))
    }
}

/// Returns whether a place holds a table: they are added and never taken away, whoever does not want one
/// deletes the run.
pub(super) fn is_table(place: &Place) -> bool {
    matches!(place, Place::Field(Map::Renditions, _))
}

/// Returns what writing a place adds to a change; each character of a text is an op.
fn weight_of(place: &Place, value: Option<&Field>) -> usize {
    let bytes = match value {
        Some(Field::Text(text)) => text.len(),
        Some(Field::Bytes(bytes)) => bytes.len(),
        Some(Field::Bool(_)) | None => 0,
    };
    match place {
        Place::Field(_, key) => key.len() + bytes + OP_WEIGHT,
        Place::Text(_) => bytes * OP_WEIGHT,
    }
}

/// What a value says: one that is not marked as deleted has no such field.
fn said<'a>(place: &Place, value: &'a Option<Field>) -> Option<&'a Field> {
    let is_nothing =
        |field: &&Field| matches!((place, field), (Place::Field(Map::Root, key), Field::Bool(false)) if key == DELETED);
    value.as_ref().filter(|field| !is_nothing(field))
}
