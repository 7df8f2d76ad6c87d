//! Rows of wells.

use dataforge_protocol::document::{Document, WellState};
use dataforge_protocol::id::{DocId, WorkspaceId};
use rusqlite::params;

use super::conflicts;
use crate::api::ApiError;
use crate::store::Store;

/// Fields whose concurrent values are shown.
const FIELDS: [&str; 6] = ["name", "uwi", "field", "company", "country", "deleted"];

pub(super) fn refresh(
    store: &Store,
    workspace: &WorkspaceId,
    doc: &DocId,
    document: &Document,
) -> Result<(), ApiError> {
    let state = WellState::read(document);
    let name = state.name.or_else(|| state.uwi.clone()).unwrap_or_else(|| format!("well {}", doc.fmt_short()));
    let attributes = serde_json::to_string(&state.attributes).expect("texts are serialisable");
    store
        .connection()
        .prepare_cached("INSERT OR REPLACE INTO wells VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)")?
        .execute(params![
            workspace.as_bytes(),
            doc.as_bytes(),
            name,
            state.uwi,
            state.field,
            state.company,
            state.country,
            attributes,
            conflicts(document, &FIELDS),
            state.deleted,
        ])?;
    Ok(())
}
