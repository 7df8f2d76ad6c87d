//! The fields of a project.

use super::{DELETED, Document, Edit, EngineError, Map};

/// What a project says about itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProjectState {
    /// Its name.
    pub name: Option<String>,
    /// What it is about.
    pub description: Option<String>,
    /// Whether it is deleted.
    pub deleted: bool,
}

impl ProjectState {
    /// Reads a project.
    #[must_use]
    pub fn read(doc: &Document) -> Self {
        Self {
            name: doc.get_str(Map::Root, "name"),
            description: doc.get_str(Map::Root, "description"),
            deleted: doc.is_deleted(),
        }
    }

    /// Writes what differs from the document.
    ///
    /// # Errors
    /// Automerge fails.
    pub fn write(&self, edit: &mut Edit<'_, '_>) -> Result<(), EngineError> {
        edit.set_text(Map::Root, "name", self.name.as_deref())?;
        edit.set_text(Map::Root, "description", self.description.as_deref())?;
        edit.set_flag(DELETED, self.deleted)
    }
}
