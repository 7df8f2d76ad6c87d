//! Reading: the maps of a document, their fields and their conflicts.

use std::borrow::Cow;

use automerge::{ActorId, ObjId, ROOT, ReadDoc as _, ScalarValue, ScalarValueRef, Value, ValueRef};

use super::Document;
use crate::id::ChangeHash;

/// A map of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Map {
    /// The document itself.
    Root,
    /// Free attributes by name; in every kind.
    Attributes,
    /// What reader versions made of a run's data set.
    Renditions,
    /// Overrides of a run's curves.
    Curves,
    /// What a chart, a selection, a set of tops or a survey consists of, by `part/id/field`.
    Items,
}

/// A text that several people can edit at once; charts, selections, tops and surveys have both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LongText {
    /// The title.
    Title,
    /// What it is about.
    Description,
}

impl LongText {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Title, Self::Description];

    /// Returns the word used in JSON and commands.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Title => "title",
            Self::Description => "description",
        }
    }

    /// Returns the object, as [`Map::id`] does.
    pub(super) fn id(self) -> ObjId {
        ObjId::Id(self.counter(), ActorId::from([0_u8; 16]), 0)
    }

    /// Returns the counter of the op that made it.
    pub(super) const fn counter(self) -> u64 {
        match self {
            Self::Title => 2,
            Self::Description => 3,
        }
    }
}

impl Map {
    /// Returns the word used in JSON and in ids of conflicts.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Root => "root",
            Self::Attributes => "attributes",
            Self::Renditions => "renditions",
            Self::Curves => "curves",
            Self::Items => "items",
        }
    }

    /// Returns the object: the op of the constant change that made it.
    pub(super) fn id(self) -> ObjId {
        // The last number is only a hint: the least actor comes first in Automerge's list.
        self.counter().map_or(ROOT, |counter| ObjId::Id(counter, ActorId::from([0_u8; 16]), 0))
    }

    /// Returns the counter of that op; the document itself has none.
    pub(super) const fn counter(self) -> Option<u64> {
        match self {
            Self::Root => None,
            Self::Attributes => Some(1),
            Self::Renditions => Some(2),
            Self::Curves => Some(3),
            Self::Items => Some(4),
        }
    }
}

/// A value of a type we use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Field {
    /// A text.
    Text(String),
    /// A truth value.
    Bool(bool),
    /// Bytes.
    Bytes(Vec<u8>),
}

/// One of several values that were written to a field without knowing of each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The value; `None` when it is of a type we do not use.
    pub value: Option<Field>,
    /// The change that wrote it.
    pub change: Option<ChangeHash>,
}

/// Returns a value if it is of a type we use.
pub(super) fn field_of(value: &Value<'_>) -> Option<Field> {
    let Value::Scalar(value) = value else {
        return None;
    };
    match value.as_ref() {
        ScalarValue::Str(text) => Some(Field::Text(text.to_string())),
        ScalarValue::Boolean(value) => Some(Field::Bool(*value)),
        ScalarValue::Bytes(bytes) => Some(Field::Bytes(bytes.clone())),
        _ => None,
    }
}

impl Document {
    /// Returns a field.
    #[must_use]
    pub fn get(&self, map: Map, key: &str) -> Option<Field> {
        let (value, _) = self.doc.get(map.id(), key).ok()??;
        field_of(&value)
    }

    /// Returns a text field.
    #[must_use]
    pub fn get_str(&self, map: Map, key: &str) -> Option<String> {
        match self.get(map, key)? {
            Field::Text(text) => Some(text),
            Field::Bool(_) | Field::Bytes(_) => None,
        }
    }

    /// Returns a truth value.
    #[must_use]
    pub fn get_bool(&self, map: Map, key: &str) -> Option<bool> {
        match self.get(map, key)? {
            Field::Bool(value) => Some(value),
            Field::Text(_) | Field::Bytes(_) => None,
        }
    }

    /// Returns a bytes field.
    #[must_use]
    pub fn get_bytes(&self, map: Map, key: &str) -> Option<Vec<u8>> {
        match self.get(map, key)? {
            Field::Bytes(bytes) => Some(bytes),
            Field::Text(_) | Field::Bool(_) => None,
        }
    }

    /// Returns the fields of a map by key, ascending; values of other types are left out.
    pub fn entries(&self, map: Map) -> impl Iterator<Item = (Cow<'_, str>, Field)> {
        self.doc.map_range(map.id(), ..).filter_map(|item| {
            let ValueRef::Scalar(value) = item.value else {
                return None;
            };
            let field = match value {
                ScalarValueRef::Str(text) => Field::Text(text.into_owned()),
                ScalarValueRef::Boolean(value) => Field::Bool(value),
                ScalarValueRef::Bytes(bytes) => Field::Bytes(bytes.into_owned()),
                _ => return None,
            };
            Some((item.key, field))
        })
    }

    /// Returns the values of a field if there are several; the one that reads comes last.
    #[must_use]
    pub fn conflicts(&self, map: Map, key: &str) -> Vec<Candidate> {
        let values = self.doc.get_all(map.id(), key).unwrap_or_default();
        if values.len() < 2 {
            return Vec::new();
        }
        let candidate = |(value, id): &(Value<'_>, ObjId)| Candidate {
            value: field_of(value),
            change: self.doc.hash_for_opid(id).map(|hash| ChangeHash(hash.0)),
        };
        values.iter().map(candidate).collect()
    }

    /// Returns a text that several people can edit; empty in a kind that has none.
    #[must_use]
    pub fn long_text(&self, text: LongText) -> String {
        self.doc.text(text.id()).unwrap_or_default()
    }

    /// Returns whether the document is marked as deleted.
    #[must_use]
    pub fn is_deleted(&self) -> bool {
        self.get_bool(Map::Root, super::DELETED).unwrap_or(false)
    }
}
