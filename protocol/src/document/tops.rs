//! The fields of a set of tops: names at depths along one well, and zones between two depths.
//!
//! What an import found is one bytes value that nobody edits; what people say about a top is a field
//! of its own under [`Map::Items`] and goes before it. So two people who import one table make one
//! document without a conflict, and an import never takes an edit back.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::part::{is_item_id, key, row_id, split};
use super::{Document, Edit, EngineError, Field, Map, Position};
use crate::id::DocId;

/// The key of what was imported, in [`Map::Items`].
pub(super) const IMPORTED: &str = "imported";
/// Rows of an import, and items that people made.
pub const MAX_ITEMS: usize = 4_000;
/// Bytes of an import: it is one change.
pub const MAX_IMPORT_BYTES: usize = 192 * 1024;
/// Characters of a text of an item.
pub const MAX_ITEM_CHARS: usize = 1_024;

/// What the keys of tops begin with.
const PART: &str = "top";
/// The field that takes an item away.
pub(super) const REMOVED: &str = "removed";

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
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
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
    removed: bool,
    fields: BTreeMap<&'static str, String>,
}

impl Draft {
    fn imported(facts: &TopFacts, unit: &str) -> Self {
        let position = |value: f64, datum: &str| Position::new(value, unit, datum).map(|position| position.to_string());
        let fields = [
            (TopField::Name, Some(facts.name.clone())),
            (TopField::Depth, position(facts.depth, &facts.datum)),
            (TopField::Base, facts.base.and_then(|base| position(base, &facts.datum))),
            (TopField::Interpreter, facts.interpreter.clone()),
            (TopField::Remark, facts.remark.clone()),
            (TopField::Uncertainty, facts.uncertainty.and_then(|value| position(value, ""))),
        ];
        let fields = fields.into_iter().filter_map(|(field, text)| Some((field.as_str(), text?)));
        Self { removed: false, fields: fields.collect() }
    }

    /// Takes what a person says. What is malformed is as if it were not said.
    fn say(&mut self, field: &str, value: &Field) {
        match value {
            Field::Bool(true) if field == REMOVED => self.removed = true,
            Field::Text(text) if text.chars().count() <= MAX_ITEM_CHARS => {
                let Some(field) = TopField::ALL.into_iter().find(|known| known.as_str() == field) else { return };
                let required = matches!(field, TopField::Name | TopField::Depth);
                let is_malformed = field.is_position() && Position::from_text(text).is_none();
                if text.is_empty() && !required {
                    self.fields.remove(field.as_str());
                } else if !text.is_empty() && !is_malformed {
                    self.fields.insert(field.as_str(), text.clone());
                }
            }
            _ => {}
        }
    }

    /// Returns the top, unless it is taken away or lacks its name or depth.
    fn finish(mut self) -> Option<Top> {
        if self.removed {
            return None;
        }
        let mut text = |field: TopField| self.fields.remove(field.as_str());
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

impl TopsFacts {
    /// Returns the bytes that a document holds; `None` when they are too many for one change.
    #[must_use]
    pub fn to_bytes(&self) -> Option<Vec<u8>> {
        let bytes = postcard::to_stdvec(self).expect("facts have no unserialisable part");
        (bytes.len() <= MAX_IMPORT_BYTES && self.rows.len() <= MAX_ITEMS).then_some(bytes)
    }
}

impl TopsState {
    /// Reads a set of tops.
    #[must_use]
    pub fn read(doc: &Document) -> Self {
        let mut drafts: BTreeMap<String, Draft> = BTreeMap::new();
        if let Some(facts) = imported(doc) {
            let rows = facts.rows.iter().take(MAX_ITEMS);
            drafts.extend(rows.map(|row| (row_id(row.row), Draft::imported(row, &facts.unit))));
        }
        for (name, value) in doc.entries(Map::Items) {
            let Some((id, field)) = split(&name, PART).filter(|(id, _)| is_item_id(id)) else { continue };
            if drafts.len() < 2 * MAX_ITEMS || drafts.contains_key(id) {
                drafts.entry(id.to_owned()).or_default().say(field, &value);
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

fn imported(doc: &Document) -> Option<TopsFacts> {
    let bytes = doc.get_bytes(Map::Items, IMPORTED)?;
    let facts: TopsFacts = postcard::from_bytes(&bytes).ok()?;
    (facts.to_bytes().as_ref() == Some(&bytes)).then_some(facts)
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

    /// Puts in what an import found, as the bytes of [`TopsFacts`] or of a survey's.
    ///
    /// # Errors
    /// The document has no items, or Automerge fails.
    pub fn set_imported(&mut self, bytes: &[u8]) -> Result<(), EngineError> {
        self.set_bytes(Map::Items, IMPORTED, Some(bytes))
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
        self.set_bool(Map::Items, &key(PART, id, REMOVED), true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::item_id;
    use crate::facts::DocKind;

    fn facts() -> TopsFacts {
        let top =
            |row, name: &str, depth, base| TopFacts { row, name: name.into(), depth, base, ..TopFacts::default() };
        TopsFacts {
            unit: "m".into(),
            rows: vec![top(0, "Brent", 1500.5, Some(1612.0)), top(2, "Dunlin", 1612.0, None)],
        }
    }

    fn imported_by(actor: u8) -> (Document, Vec<u8>) {
        let mut doc = Document::build(DocKind::Tops, []).unwrap();
        let bytes = facts().to_bytes().unwrap();
        let write = |edit: &mut Edit<'_, '_>| {
            edit.file_under(&DocId([7; 32]), Some("tops.csv"))?;
            edit.set_imported(&bytes)
        };
        let change = doc.edit([actor; 16], write).unwrap().unwrap();
        (doc, change)
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
            here.apply(&second).unwrap();
            for change in [&first, &edit] {
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
        doc.edit([1; 16], |edit| edit.set_imported(b"no facts")).unwrap();
        assert_eq!(TopsState::read(&doc).tops.len(), 0);
    }

    #[test]
    fn the_bytes_of_an_import_stay_as_they_are() {
        let row = TopFacts { name: "B".into(), depth: 1.5, ..TopFacts::default() };
        let facts = TopsFacts { unit: "m".into(), rows: vec![row] };
        let bytes = data_encoding::HEXLOWER.encode(&facts.to_bytes().unwrap());
        assert_eq!(bytes, "016d01000142000000000000f83f0000000000");
    }

    #[test]
    fn an_import_too_large_for_one_change_has_no_bytes() {
        let mut facts = facts();
        facts.rows[0].remark = Some("x".repeat(MAX_IMPORT_BYTES));
        assert_eq!(facts.to_bytes(), None);
    }
}
