//! Rows of deviation surveys.

use dataforge_protocol::document::{Document, SurveyState};
use dataforge_protocol::id::{DocId, WorkspaceId};
use rusqlite::params;

use super::{Described, describe, metres, remove};
use crate::api::ApiError;
use crate::store::Store;

pub(super) fn refresh(
    store: &Store,
    workspace: &WorkspaceId,
    doc: &DocId,
    document: &Document,
) -> Result<(), ApiError> {
    remove(store, workspace, doc)?;
    let state = SurveyState::read(document);
    describe(store, workspace, doc, document, &Described { well: state.well, name: state.name })?;
    let connection = store.connection();
    connection.prepare_cached("INSERT INTO surveys VALUES (?1, ?2, ?3, ?4, ?5)")?.execute(params![
        workspace.as_bytes(),
        doc.as_bytes(),
        state.datum,
        state.elevation_m,
        state.azimuth_reference,
    ])?;
    let mut statement = connection.prepare_cached("INSERT INTO stations VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")?;
    for (item, station) in &state.stations {
        let unit = &*station.md.unit;
        let (md, to_m) = (station.md.value, metres(unit));
        let angles = (station.inclination_deg, station.azimuth_deg);
        statement.execute(params![workspace.as_bytes(), doc.as_bytes(), item, md, unit, to_m, angles.0, angles.1])?;
    }
    Ok(())
}
