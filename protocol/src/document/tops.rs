//! The fields of a set of tops: names at depths along one well, and zones between two depths.
//!
//! What an import found of a row is one bytes value that nobody edits; what people say about a top is
//! a field of its own beside it and goes before it. So two people who import one table make one document
//! without a conflict, and neither takes back what the other says. Whoever takes a top away takes
//! all its fields.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::part::{IMPORTED, Imported, decode, encode, is_item_id, key, split};
use super::{Document, Edit, EngineError, Field, Map, Position};
use crate::id::DocId;

/// Rows of an import, and items that people made.
pub const MAX_ITEMS: usize = 4_000;
/// Characters of a text of an item.
pub const MAX_ITEM_CHARS: usize = 1_024;

/// What the keys of tops begin with.
const PART: &str = "top";

/// A top or a zone.
#[derive(Debug, Clone, PartialEq)]
pub struct Top {
    /// The formation, marker or zone.
    pub name: String,
    /// Where it begins.
    pub depth: Position,
    /// Where it ends: then it is a zone.
    pub base: Option<Position>,
    /// Who interpreted it.
    pub interpreter: Option<String>,
    /// What is remarked about it.
    pub remark: Option<String>,
    /// How far off the depth may be: a length.
    pub uncertainty: Option<Position>,
}

/// A field of a top.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TopField {
    /// [`Top::name`].
    Name,
    /// [`Top::depth`].
    Depth,
    /// [`Top::base`].
    Base,
    /// [`Top::interpreter`].
    Interpreter,
    /// [`Top::remark`].
    Remark,
    /// [`Top::uncertainty`].
    Uncertainty,
}

impl TopField {
    /// All fields.
    pub const ALL: [Self; 6] =
        [Self::Name, Self::Depth, Self::Base, Self::Interpreter, Self::Remark, Self::Uncertainty];

    /// Returns the word used in keys and commands.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Depth => "depth",
            Self::Base => "base",
            Self::Interpreter => "interpreter",
            Self::Remark => "remark",
            Self::Uncertainty => "uncertainty",
        }
    }

    /// Whether it holds a [`Position`].
    #[must_use]
    pub const fn is_position(self) -> bool {
        matches!(self, Self::Depth | Self::Base | Self::Uncertainty)
    }
}

/// What an import found in a table of tops.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TopsFacts {
    /// The unit of all depths.
    pub unit: String,
    /// The tops.
    pub rows: Vec<TopFacts>,
}

/// A row of such a table.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct TopFacts {
    /// Its number in the table, from 0.
    pub row: u32,
    /// [`Top::name`].
    pub name: String,
    /// [`Top::depth`], its value.
    pub depth: f64,
    /// [`Top::base`], its value.
    pub base: Option<f64>,
    /// What the depths are counted from; may be empty.
    pub datum: String,
    /// [`Top::interpreter`].
    pub interpreter: Option<String>,
    /// [`Top::remark`].
    pub remark: Option<String>,
    /// [`Top::uncertainty`], its value.
    pub uncertainty: Option<f64>,
}

/// What is said about the tops of a well.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TopsState {
    /// The well.
    pub well: Option<DocId>,
    /// The name of the source, where it came from one.
    pub name: Option<String>,
    /// Whether it is deleted.
    pub deleted: bool,
    /// The tops by their ids.
    pub tops: BTreeMap<String, Top>,
}

/// A top while its fields are put together.
#[derive(Debug, Default)]
struct Draft {
    /// What was imported, with its unit.
    imported: Option<(String, TopFacts)>,
    said: BTreeMap<&'static str, String>,
}

impl Draft {
    /// Takes a field. What is malformed is as if it were not said.
    fn take(&mut self, field: &str, value: &Field) {
        match value {
            Field::Bytes(bytes) if field == IMPORTED => self.imported = decode(bytes),
            Field::Text(text) if text.chars().count() <= MAX_ITEM_CHARS => {
                let Some(field) = TopField::ALL.into_iter().find(|known| known.as_str() == field) else { return };
                let is_required = matches!(field, TopField::Name | TopField::Depth);
                let is_malformed = field.is_position() && Position::from_text(text).is_none();
                // An empty text hides what was imported.
                let counts = if text.is_empty() { !is_required } else { !is_malformed };
                if counts {
                    self.said.insert(field.as_str(), text.clone());
                }
            }
            _ => {}
        }
    }

    /// Returns the top, unless it lacks its name or depth.
    fn finish(self) -> Option<Top> {
        let mut fields = self.imported.map(|(unit, facts)| facts.fields(&unit)).unwrap_or_default();
        fields.extend(self.said);
        let mut text = |field: TopField| fields.remove(field.as_str()).filter(|text| !text.is_empty());
        let position = |text: Option<String>| text.and_then(|text| Position::from_text(&text));
        Some(Top {
            name: text(TopField::Name)?,
            depth: position(text(TopField::Depth))?,
            base: position(text(TopField::Base)),
            interpreter: text(TopField::Interpreter),
            remark: text(TopField::Remark),
            uncertainty: position(text(TopField::Uncertainty)),
        })
    }
}

impl TopFacts {
    /// Returns the fields as people would say them.
    fn fields(self, unit: &str) -> BTreeMap<&'static str, String> {
        let position = |value: f64, datum: &str| Position::new(value, unit, datum).map(|position| position.to_string());
        let fields = [
            (TopField::Depth, position(self.depth, &self.datum)),
            (TopField::Base, self.base.and_then(|base| position(base, &self.datum))),
            (TopField::Uncertainty, self.uncertainty.and_then(|value| position(value, ""))),
            (TopField::Name, Some(self.name)),
            (TopField::Interpreter, self.interpreter),
            (TopField::Remark, self.remark),
        ];
        fields.into_iter().filter_map(|(field, text)| Some((field.as_str(), text?))).collect()
    }
}

impl TopsFacts {
    /// Whether a document can hold them.
    #[must_use]
    pub fn fits(&self) -> bool {
        self.rows.len() <= MAX_ITEMS
    }
}

impl TopsState {
    /// Reads a set of tops.
    #[must_use]
    pub fn read(doc: &Document) -> Self {
        let mut drafts: BTreeMap<String, Draft> = BTreeMap::new();
        for (name, value) in doc.entries(Map::Items) {
            let Some((id, field)) = split(&name, PART).filter(|(id, _)| is_item_id(id)) else { continue };
            if drafts.len() < 2 * MAX_ITEMS || drafts.contains_key(id) {
                drafts.entry(id.to_owned()).or_default().take(field, &value);
            }
        }
        Self {
            well: doc.get_str(Map::Root, "well").and_then(|id| id.parse().ok()),
            name: doc.get_str(Map::Root, "name"),
            deleted: doc.is_deleted(),
            tops: drafts.into_iter().filter_map(|(id, draft)| Some((id, draft.finish()?))).collect(),
        }
    }
}

impl Document {
    /// Puts in the tops that an import found, and returns the changes to put into entries, in order.
    /// A new document is filed under a well, with the name of its source. What people say stays.
    ///
    /// # Errors
    /// The document holds no tops, or Automerge fails; the document is as before.
    pub fn fill_tops(
        &mut self,
        actor: [u8; 16],
        filed: Option<(&DocId, Option<&str>)>,
        facts: &TopsFacts,
    ) -> Result<Vec<Vec<u8>>, EngineError> {
        let rows = facts.rows.iter().map(|row| (row.row, encode(&(&facts.unit, row))));
        self.fill(actor, filed, Imported { part: PART, common: None, rows: rows.collect() })
    }
}

impl Edit<'_, '_> {
    /// Says which well a set of tops or a survey is of, and what its source is called.
    ///
    /// # Errors
    /// Automerge fails.
    pub fn file_under(&mut self, well: &DocId, name: Option<&str>) -> Result<(), EngineError> {
        self.set_text(Map::Root, "well", Some(&well.to_string()))?;
        if let Some(name) = name {
            self.set_text(Map::Root, "name", Some(name))?;
        }
        Ok(())
    }

    /// Says a field of a top; an empty text takes it away.
    ///
    /// # Errors
    /// The document has no items, or Automerge fails.
    pub fn set_top(&mut self, id: &str, field: TopField, text: &str) -> Result<(), EngineError> {
        self.set_text(Map::Items, &key(PART, id, field.as_str()), Some(text))
    }

    /// Puts in a whole top.
    ///
    /// # Errors
    /// As [`Edit::set_top`].
    pub fn add_top(&mut self, id: &str, top: &Top) -> Result<(), EngineError> {
        let position = |position: &Option<Position>| position.as_ref().map(ToString::to_string);
        let fields = [
            (TopField::Name, Some(top.name.clone())),
            (TopField::Depth, Some(top.depth.to_string())),
            (TopField::Base, position(&top.base)),
            (TopField::Interpreter, top.interpreter.clone()),
            (TopField::Remark, top.remark.clone()),
            (TopField::Uncertainty, position(&top.uncertainty)),
        ];
        for (field, text) in fields {
            if let Some(text) = text {
                self.set_top(id, field, &text)?;
            }
        }
        Ok(())
    }

    /// Takes a top away; what was said about it stays in the history.
    ///
    /// # Errors
    /// As [`Edit::set_top`].
    pub fn remove_top(&mut self, id: &str) -> Result<(), EngineError> {
        self.remove_item(PART, id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{item_id, row_id};
    use crate::facts::DocKind;

    fn facts() -> TopsFacts {
        let top =
            |row, name: &str, depth, base| TopFacts { row, name: name.into(), depth, base, ..TopFacts::default() };
        TopsFacts {
            unit: "m".into(),
            rows: vec![top(0, "Brent", 1500.5, Some(1612.0)), top(2, "Dunlin", 1612.0, None)],
        }
    }

    fn imported_by(actor: u8) -> (Document, Vec<Vec<u8>>) {
        let mut doc = Document::build(DocKind::Tops, []).unwrap();
        let changes = doc.fill_tops([actor; 16], Some((&DocId([7; 32]), Some("tops.csv"))), &facts()).unwrap();
        (doc, changes)
    }

    #[test]
    fn what_people_say_goes_before_what_was_imported() {
        let (mut doc, _) = imported_by(1);
        let before = TopsState::read(&doc);
        assert_eq!((before.well, before.name.as_deref()), (Some(DocId([7; 32])), Some("tops.csv")));
        let names: Vec<_> = before.tops.values().map(|top| (&*top.name, top.depth.to_string())).collect();
        assert_eq!(names, [("Brent", "1500.5 m".to_owned()), ("Dunlin", "1612 m".to_owned())]);
        let added = item_id([9; 8]);
        let top = Top {
            name: "Statfjord".into(),
            depth: Position::new(5900.0, "ft", "KB").unwrap(),
            base: None,
            interpreter: Some("Ada".into()),
            remark: None,
            uncertainty: Position::new(3.0, "ft", ""),
        };
        doc.edit([2; 16], |edit| {
            edit.set_top(&row_id(0), TopField::Depth, "1499 m")?;
            edit.set_top(&row_id(0), TopField::Base, "")?;
            edit.remove_top(&row_id(2))?;
            edit.add_top(&added, &top)
        })
        .unwrap();
        let after = TopsState::read(&doc);
        assert_eq!(after.tops.len(), 2);
        assert_eq!(after.tops[&added], top);
        let brent = &after.tops[&row_id(0)];
        assert_eq!((&*brent.name, brent.depth.to_string(), &brent.base), ("Brent", "1499 m".into(), &None));
    }

    #[test]
    fn two_imports_of_one_table_agree_and_take_no_edit_back() {
        let (mut one, first) = imported_by(1);
        let edit = one.edit([1; 16], |edit| edit.set_top(&row_id(0), TopField::Name, "Ness")).unwrap().unwrap();
        for actor in [2, 0xff] {
            let (mut other, second) = imported_by(actor);
            let mut here = one.clone();
            for change in &second {
                here.apply(change).unwrap();
            }
            for change in first.iter().chain([&edit]) {
                other.apply(change).unwrap();
            }
            let state = TopsState::read(&here);
            assert_eq!(state, TopsState::read(&other));
            assert_eq!((state.tops.len(), &*state.tops[&row_id(0)].name), (2, "Ness"));
        }
    }

    #[test]
    fn what_is_malformed_is_as_if_it_were_not_said() {
        let (mut doc, _) = imported_by(1);
        let before = TopsState::read(&doc);
        let long = "x".repeat(MAX_ITEM_CHARS + 1);
        doc.edit([1; 16], |edit| {
            for (name, text) in [
                (key(PART, &row_id(0), "depth"), "deep"),
                (key(PART, &row_id(2), "depth"), ""),
                (key(PART, &row_id(0), "name"), ""),
                (key(PART, &row_id(2), "name"), &*long),
                (key(PART, &row_id(2), "colour"), "red"),
                (key(PART, "1", "name"), "no id"),
                (key(PART, &item_id([1; 8]), "name"), "no depth"),
            ] {
                edit.set_text(Map::Items, &name, Some(text))?;
            }
            Ok(())
        })
        .unwrap();
        assert_eq!(TopsState::read(&doc), before);
        let broken = key(PART, &row_id(0), IMPORTED);
        doc.edit([1; 16], |edit| edit.set_bytes(Map::Items, &broken, Some(b"no facts"))).unwrap();
        assert_eq!(TopsState::read(&doc).tops.len(), 1);
    }

    #[test]
    fn another_reading_takes_the_place_of_the_first_and_leaves_what_people_say() {
        let (mut doc, _) = imported_by(1);
        doc.edit([1; 16], |edit| edit.set_top(&row_id(0), TopField::Name, "Ness")).unwrap();
        let mut again = facts();
        again.unit = "ft".into();
        again.rows.truncate(1);
        doc.fill_tops([1; 16], None, &again).unwrap();
        let state = TopsState::read(&doc);
        assert_eq!(state.tops.len(), 1);
        assert_eq!(
            (&*state.tops[&row_id(0)].name, state.tops[&row_id(0)].depth.to_string()),
            ("Ness", "1500.5 ft".into())
        );
        assert_eq!(doc.fill_tops([1; 16], None, &again).unwrap(), Vec::<Vec<u8>>::new());
    }

    #[test]
    fn the_bytes_of_an_import_stay_as_they_are() {
        let row = TopFacts { name: "B".into(), depth: 1.5, ..TopFacts::default() };
        let bytes = data_encoding::HEXLOWER.encode(&encode(&("m", row)));
        assert_eq!(bytes, "016d000142000000000000f83f0000000000");
    }

    #[test]
    fn as_many_rows_as_fit_pass_the_gate_in_several_changes() {
        let row = |row| TopFacts { row, name: "x".repeat(100), remark: Some("y".repeat(100)), ..TopFacts::default() };
        let rows = u32::try_from(MAX_ITEMS).unwrap();
        let facts = TopsFacts { unit: "m".into(), rows: (0..rows).map(row).collect() };
        assert!(facts.fits());
        let mut doc = Document::build(DocKind::Tops, []).unwrap();
        let changes = doc.fill_tops([1; 16], Some((&DocId([7; 32]), None)), &facts).unwrap();
        assert!(changes.len() > 2, "{}", changes.len());
        let again = Document::build(DocKind::Tops, changes.iter().map(Vec::as_slice)).unwrap();
        assert_eq!(TopsState::read(&again).tops.len(), MAX_ITEMS);
    }
}
