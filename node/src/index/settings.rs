//! Rows of the workspace's settings.

use dataforge_protocol::document::{Document, Map};
use dataforge_protocol::id::{DocId, WorkspaceId};
use rusqlite::params;

use super::remove;
use crate::api::ApiError;
use crate::store::Store;

pub(super) fn refresh(
    store: &Store,
    workspace: &WorkspaceId,
    doc: &DocId,
    document: &Document,
) -> Result<(), ApiError> {
    remove(store, workspace, doc)?;
    let mut statement = store.connection().prepare_cached("INSERT INTO settings VALUES (?1, ?2, ?3, ?4)")?;
    for (key, value) in document.texts(Map::Attributes) {
        statement.execute(params![workspace.as_bytes(), doc.as_bytes(), key, value])?;
    }
    Ok(())
}
