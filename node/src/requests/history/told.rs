//! Places, values and plans in words.

use dataforge_protocol::document::history::{History, Left, Plan, Why, Wrote};
use dataforge_protocol::document::{Field, Map, Place};

use super::Target;
use crate::api::{DocumentPlace, LeftInfo, PlaceChange, StateInfo, TakenBack, WrittenInfo};
use crate::clock::rfc3339;
use crate::requests::people::People;

/// Returns a place as the door has it.
pub(in crate::requests) fn place_info(place: &Place) -> DocumentPlace {
    let (map, field) = match place {
        Place::Field(map, key) => (map.as_str(), key.clone()),
        Place::Text(text) => ("text", text.as_str().to_owned()),
    };
    DocumentPlace { map: map.to_owned(), field }
}

/// Returns a value as text.
pub(super) fn value(place: &Place, field: Option<&Field>) -> String {
    match (place, field) {
        (Place::Field(Map::Renditions, _), _) => "a table".to_owned(),
        (_, Some(Field::Text(text))) => text.clone(),
        (_, Some(Field::Bool(value))) => value.to_string(),
        (Place::Field(Map::Items, _), Some(Field::Bytes(_))) => "what was imported".to_owned(),
        (_, Some(Field::Bytes(bytes))) => data_encoding::HEXLOWER.encode(bytes),
        (_, None) => "something this version does not know".to_owned(),
    }
}

/// Returns what a change wrote to a place.
pub(super) fn wrote(wrote: &Wrote) -> PlaceChange {
    let told = |field: &Option<Field>| field.as_ref().map(|field| value(&wrote.place, Some(field)));
    PlaceChange {
        place: place_info(&wrote.place),
        before: told(&wrote.before),
        after: told(&wrote.after),
        inserted: wrote.inserted as u64,
        deleted: wrote.deleted as u64,
    }
}

/// Tells about a history in words.
#[derive(Debug, Clone, Copy)]
pub(super) struct Words<'a> {
    pub(super) people: &'a People,
    pub(super) history: &'a History,
}

impl Words<'_> {
    /// Says who wrote a step, and when.
    pub(super) fn written(&self, step: usize) -> WrittenInfo {
        let Some(step) = self.history.steps().get(step) else { return WrittenInfo::default() };
        let carried = &step.carried;
        // A device may have been another person's, or nobody's, since.
        let label = carried.person.and_then(|person| {
            let device = self.people.all().get(&person)?.devices.get(&carried.device)?;
            Some(format!("{} ({})", self.people.name(&person), device.label))
        });
        WrittenInfo {
            by: label.unwrap_or_else(|| self.people.device(&carried.device)),
            claimed: rfc3339(carried.claimed_ms),
            entry: carried.entry.to_string(),
        }
    }

    /// Describes a state.
    pub(super) fn state(&self, asked: &str, steps: &[usize]) -> StateInfo {
        StateInfo {
            asked: asked.to_owned(),
            changes: steps.len() as u64,
            last: steps.last().map(|step| self.written(*step)),
        }
    }

    /// Describes a plan.
    pub(super) fn taken_back(&self, target: &Target, plan: &Plan) -> TakenBack {
        let change = |(place, before, after): &(Place, Option<Field>, Option<Field>)| {
            let told = |field: &Option<Field>| field.as_ref().map(|field| value(place, Some(field)));
            let (before, after) = (told(before), told(after));
            PlaceChange { place: place_info(place), before, after, ..PlaceChange::default() }
        };
        TakenBack {
            document: target.name.clone(),
            id: target.doc.to_string(),
            fields: plan.fields.iter().map(change).collect(),
            left: plan.left.iter().map(|left| self.left(left)).collect(),
            ..TakenBack::default()
        }
    }

    fn left(&self, left: &Left) -> LeftInfo {
        let reads = self.history.standing(&left.place).last();
        let (why, steps): (_, &[usize]) = match &left.why {
            Why::Written(steps) => ("it was written to since, or by somebody who had not seen it", steps.as_slice()),
            Why::Table => ("tables stay: delete the run to be rid of one", Default::default()),
        };
        LeftInfo {
            place: Some(place_info(&left.place)),
            value: reads.map(|reads| value(&left.place, reads.value.as_ref())),
            why: why.to_owned(),
            written: steps.iter().map(|step| self.written(*step)).collect(),
        }
    }
}
