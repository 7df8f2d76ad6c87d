//! The fields of a selection: wells, curves, properties, and depths of wells.
//!
//! What is chosen names itself in its key, so that two people who choose one thing choose it once.

use std::collections::{BTreeMap, BTreeSet};

use super::part::{is_item_id, key, split};
use super::{CurveId, Document, Edit, EngineError, Field, Map, Range};
use crate::id::DocId;

/// Things of one part that are read.
pub const MAX_SELECTED: usize = 10_000;
/// Characters of the name of a property.
const MAX_PROPERTY_CHARS: usize = 128;
/// The field that says that something is chosen.
const CHOSEN: &str = "in";

/// A part of a selection whose items name themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selected {
    /// A well.
    Well(DocId),
    /// A curve.
    Curve(CurveId),
    /// All curves of a property.
    Property(String),
}

/// Depths of a well.
#[derive(Debug, Clone, PartialEq)]
pub struct Interval {
    /// The well.
    pub well: DocId,
    /// The depths.
    pub range: Range,
}

/// What is chosen.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SelectionState {
    /// Whether it is deleted.
    pub deleted: bool,
    /// Wells.
    pub wells: BTreeSet<DocId>,
    /// Curves.
    pub curves: BTreeSet<CurveId>,
    /// Properties.
    pub properties: BTreeSet<String>,
    /// Depths, by the ids of their items.
    pub intervals: BTreeMap<String, Interval>,
}

impl Selected {
    fn key(&self) -> String {
        match self {
            Self::Well(well) => key("well", &well.to_string(), CHOSEN),
            Self::Curve(curve) => key("curve", &curve.to_string(), CHOSEN),
            Self::Property(property) => key("property", property, CHOSEN),
        }
    }

    /// Reads a key that says that something is chosen.
    fn from_key(name: &str) -> Option<Self> {
        let chosen = |part| split(name, part).filter(|(_, field)| *field == CHOSEN).map(|(id, _)| id);
        let selected = if let Some(id) = chosen("well") {
            Self::Well(id.parse().ok()?)
        } else if let Some(id) = chosen("curve") {
            Self::Curve(CurveId::from_text(id)?)
        } else {
            let property = chosen("property").filter(|property| property.chars().count() <= MAX_PROPERTY_CHARS)?;
            Self::Property(property.to_owned())
        };
        // Only the key that we would write.
        (selected.key() == name).then_some(selected)
    }
}

impl SelectionState {
    /// Reads a selection.
    #[must_use]
    pub fn read(doc: &Document) -> Self {
        let mut state = Self { deleted: doc.is_deleted(), ..Self::default() };
        for (name, value) in doc.entries(Map::Items) {
            match (Selected::from_key(&name), value) {
                (Some(Selected::Well(well)), Field::Bool(true)) if state.wells.len() < MAX_SELECTED => {
                    state.wells.insert(well);
                }
                (Some(Selected::Curve(curve)), Field::Bool(true)) if state.curves.len() < MAX_SELECTED => {
                    state.curves.insert(curve);
                }
                (Some(Selected::Property(name)), Field::Bool(true)) if state.properties.len() < MAX_SELECTED => {
                    state.properties.insert(name);
                }
                (None, Field::Text(text)) if state.intervals.len() < MAX_SELECTED => {
                    if let Some((id, interval)) = interval(&name, &text) {
                        state.intervals.insert(id, interval);
                    }
                }
                _ => {}
            }
        }
        state
    }
}

/// Reads an interval: `WELL FROM TO UNIT DATUM` in one field.
fn interval(name: &str, text: &str) -> Option<(String, Interval)> {
    let (id, field) = split(name, "interval")?;
    let (well, range) = text.split_once(' ')?;
    let interval = Interval { well: well.parse().ok()?, range: Range::from_text(range)? };
    (is_item_id(id) && field == CHOSEN && interval.text() == text).then(|| (id.to_owned(), interval))
}

impl Interval {
    fn text(&self) -> String {
        format!("{} {}", self.well, self.range)
    }
}

impl Edit<'_, '_> {
    /// Chooses something, or no more.
    ///
    /// # Errors
    /// The document has no items, or Automerge fails.
    pub fn select(&mut self, what: &Selected, on: bool) -> Result<(), EngineError> {
        if on { self.set_bool(Map::Items, &what.key(), true) } else { self.set_text(Map::Items, &what.key(), None) }
    }

    /// Chooses depths of a well, or, with nothing, no more.
    ///
    /// # Errors
    /// As [`Edit::select`].
    pub fn select_interval(&mut self, id: &str, interval: Option<&Interval>) -> Result<(), EngineError> {
        self.set_text(Map::Items, &key("interval", id, CHOSEN), interval.map(Interval::text).as_deref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::item_id;
    use crate::facts::DocKind;

    #[test]
    fn what_two_people_choose_at_once_is_chosen_once() {
        let (well, run) = (DocId([1; 32]), DocId([2; 32]));
        let mut one = Document::build(DocKind::Selection, []).unwrap();
        let mut other = one.clone();
        let all = [
            Selected::Well(well),
            Selected::Curve(CurveId { run, ordinal: 3 }),
            Selected::Property("gamma_ray".into()),
        ];
        let write = |edit: &mut Edit<'_, '_>| all.iter().try_for_each(|what| edit.select(what, true));
        one.edit([1; 16], write).unwrap();
        let change = other.edit([2; 16], write).unwrap().unwrap();
        one.apply(&change).unwrap();
        let interval = Interval { well, range: Range::new(100.0, 200.5, "m", "KB").unwrap() };
        one.edit([1; 16], |edit| edit.select_interval(&item_id([3; 8]), Some(&interval))).unwrap();
        let state = SelectionState::read(&one);
        assert_eq!((state.wells.len(), state.curves.len(), state.properties.len()), (1, 1, 1));
        assert_eq!(state.intervals, BTreeMap::from([(item_id([3; 8]), interval)]));
        one.edit([1; 16], |edit| {
            all.iter().try_for_each(|what| edit.select(what, false))?;
            edit.select_interval(&item_id([3; 8]), None)
        })
        .unwrap();
        assert_eq!(SelectionState::read(&one), SelectionState::default());
    }

    #[test]
    fn what_is_no_choice_is_left_out() {
        let mut doc = Document::build(DocKind::Selection, []).unwrap();
        doc.edit([1; 16], |edit| {
            edit.set_bool(Map::Items, "well/1/in", true)?;
            edit.set_bool(Map::Items, &format!("curve/{}:01/in", DocId([1; 32])), true)?;
            edit.set_bool(Map::Items, &format!("well/{}/in", DocId([1; 32])), false)?;
            edit.set_text(Map::Items, &format!("interval/{}/in", item_id([1; 8])), Some("1 2 m"))
        })
        .unwrap();
        assert_eq!(SelectionState::read(&doc), SelectionState::default());
    }
}
