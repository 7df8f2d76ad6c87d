//! Rows of wells.

use dataforge_protocol::document::{Document, WellState};
use dataforge_protocol::id::{DocId, WorkspaceId};
use rusqlite::params;

use super::remove;
use crate::api::ApiError;
use crate::ingest::identity::normal_name;
use crate::store::Store;

pub(super) fn refresh(
    store: &Store,
    workspace: &WorkspaceId,
    doc: &DocId,
    document: &Document,
) -> Result<(), ApiError> {
    remove(store, workspace, doc)?;
    let state = WellState::read(document);
    let name = state.name.or_else(|| state.uwi.clone()).unwrap_or_else(|| format!("well {}", doc.fmt_short()));
    let attributes = serde_json::to_string(&state.attributes).expect("texts are serialisable");
    store
        .connection()
        .prepare_cached("INSERT INTO wells VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)")?
        .execute(params![
            workspace.as_bytes(),
            doc.as_bytes(),
            name,
            normal_name(&name),
            state.uwi,
            state.field,
            state.company,
            state.country,
            state.grid.unit,
            state.grid.step,
            state.grid.origin,
            attributes,
            state.deleted,
            state.project.as_ref().map(DocId::as_bytes),
        ])?;
    if let Some(survey) = &state.survey {
        let sql = "INSERT INTO chosen_surveys VALUES (?1, ?2, ?3)";
        let values = params![workspace.as_bytes(), doc.as_bytes(), survey.as_bytes()];
        store.connection().prepare_cached(sql)?.execute(values)?;
    }
    let mut statement = store.connection().prepare_cached("INSERT INTO preferred VALUES (?1, ?2, ?3, ?4, ?5)")?;
    for (property, curve) in &state.preferred {
        let (run, ordinal) = (curve.run.as_bytes(), curve.ordinal);
        statement.execute(params![workspace.as_bytes(), doc.as_bytes(), property, run, ordinal])?;
    }
    Ok(())
}
