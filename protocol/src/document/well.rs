//! The fields of a well.

use std::collections::BTreeMap;

use super::{DELETED, Document, Edit, EngineError, Field, Map};
use crate::id::DocId;

/// What is said about a well.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WellState {
    /// Its name.
    pub name: Option<String>,
    /// Its unique well identifier or API number, as written.
    pub uwi: Option<String>,
    /// The field it is in.
    pub field: Option<String>,
    /// The operating company.
    pub company: Option<String>,
    /// The country.
    pub country: Option<String>,
    /// The project it is filed under.
    pub project: Option<DocId>,
    /// Whether it is deleted.
    pub deleted: bool,
    /// Free attributes by name.
    pub attributes: BTreeMap<String, String>,
}

impl WellState {
    /// Reads a well.
    #[must_use]
    pub fn read(doc: &Document) -> Self {
        let text = |key| doc.get_str(Map::Root, key);
        Self {
            name: text("name"),
            uwi: text("uwi"),
            field: text("field"),
            company: text("company"),
            country: text("country"),
            project: text("project").and_then(|id| id.parse().ok()),
            deleted: doc.is_deleted(),
            attributes: doc.texts(Map::Attributes),
        }
    }

    /// Writes what differs from the document.
    ///
    /// # Errors
    /// Automerge fails.
    pub fn write(&self, edit: &mut Edit<'_, '_>) -> Result<(), EngineError> {
        let project = self.project.map(|id| id.to_string());
        let texts = [
            ("name", &self.name),
            ("uwi", &self.uwi),
            ("field", &self.field),
            ("company", &self.company),
            ("country", &self.country),
            ("project", &project),
        ];
        for (key, text) in texts {
            edit.set_text(Map::Root, key, text.as_deref())?;
        }
        edit.set_flag(DELETED, self.deleted)?;
        edit.set_texts(Map::Attributes, &self.attributes)
    }
}

impl Document {
    /// Returns the texts of a map.
    pub(super) fn texts(&self, map: Map) -> BTreeMap<String, String> {
        let texts = self.entries(map).filter_map(|(key, field)| match field {
            Field::Text(text) => Some((key.into_owned(), text)),
            Field::Bool(_) | Field::Bytes(_) => None,
        });
        texts.collect()
    }
}
