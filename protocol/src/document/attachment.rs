//! The fields of an attachment: a file kept as it is.

use super::{DELETED, Document, Edit, EngineError, Map};
use crate::id::DocId;

/// What is said about an attachment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AttachmentState {
    /// The name of the file.
    pub name: Option<String>,
    /// What it is, in a person's words.
    pub description: Option<String>,
    /// The well it belongs to; the workspace when there is neither this nor a project.
    pub well: Option<DocId>,
    /// The project it belongs to.
    pub project: Option<DocId>,
    /// Its size in bytes, as said by who added it.
    pub size: Option<u64>,
    /// Whether it is deleted.
    pub deleted: bool,
}

impl AttachmentState {
    /// Reads an attachment.
    #[must_use]
    pub fn read(doc: &Document) -> Self {
        let text = |key| doc.get_str(Map::Root, key);
        Self {
            name: text("name"),
            description: text("description"),
            well: text("well").and_then(|id| id.parse().ok()),
            project: text("project").and_then(|id| id.parse().ok()),
            size: text("size").and_then(|size| size.parse().ok()),
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
        edit.set_text(Map::Root, "well", self.well.map(|id| id.to_string()).as_deref())?;
        edit.set_text(Map::Root, "project", self.project.map(|id| id.to_string()).as_deref())?;
        edit.set_text(Map::Root, "size", self.size.map(|size| size.to_string()).as_deref())?;
        edit.set_flag(DELETED, self.deleted)
    }
}
