//! Rows of attachments.

use dataforge_protocol::document::{AttachmentState, Document};
use dataforge_protocol::facts::Facts;
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
    facts: Option<&Facts>,
) -> Result<(), ApiError> {
    remove(store, workspace, doc)?;
    let state = AttachmentState::read(document);
    let Some(Facts::Attachment { blob }) = facts else { return Ok(()) };
    // One whose first change has not arrived yet is not listed.
    let Some(name) = &state.name else { return Ok(()) };
    store.connection().prepare_cached("INSERT INTO attachments VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)")?.execute(
        params![
            workspace.as_bytes(),
            doc.as_bytes(),
            state.well.as_ref().map(DocId::as_bytes),
            name,
            state.description,
            blob.as_bytes(),
            state.size.and_then(|size| i64::try_from(size).ok()).unwrap_or(0),
            state.deleted,
            state.project.as_ref().map(DocId::as_bytes),
        ],
    )?;
    Ok(())
}
