//! Rows of sets of tops.

use dataforge_protocol::document::{Document, Position, TopsState};
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
    let state = TopsState::read(document);
    describe(store, workspace, doc, document, &Described { well: state.well, name: state.name })?;
    let mut statement = store
        .connection()
        .prepare_cached("INSERT INTO tops VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)")?;
    for (item, top) in &state.tops {
        let unit = &*top.depth.unit;
        statement.execute(params![
            workspace.as_bytes(),
            doc.as_bytes(),
            item,
            top.name,
            top.depth.value,
            top.base.as_ref().and_then(|base| value_in(base, unit)),
            unit,
            top.depth.datum,
            metres(unit),
            top.interpreter,
            top.remark,
            top.uncertainty.as_ref().and_then(|length| value_in(length, unit)),
        ])?;
    }
    Ok(())
}

/// Returns the value of a position in another unit.
fn value_in(position: &Position, unit: &str) -> Option<f64> {
    if position.unit == unit {
        return Some(position.value);
    }
    Some(position.value * metres(&position.unit)? / metres(unit)?)
}
