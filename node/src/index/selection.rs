//! Rows of selections.

use dataforge_protocol::document::{CurveId, Document, Range, SelectionState};
use dataforge_protocol::id::{DocId, WorkspaceId};
use rusqlite::params;

use super::{Described, describe, metres, remove};
use crate::api::ApiError;
use crate::store::Store;

/// A row: what is chosen.
#[derive(Debug, Default)]
struct Row<'a> {
    part: &'static str,
    item: String,
    well: Option<&'a DocId>,
    curve: Option<&'a CurveId>,
    property: Option<&'a str>,
    range: Option<&'a Range>,
}

fn rows(state: &SelectionState) -> impl Iterator<Item = Row<'_>> {
    let wells = state.wells.iter().map(|well| Row {
        part: "well",
        item: well.to_string(),
        well: Some(well),
        ..Row::default()
    });
    let curves = state.curves.iter().map(|curve| Row {
        part: "curve",
        item: curve.to_string(),
        curve: Some(curve),
        ..Row::default()
    });
    let properties = state.properties.iter().map(|property| Row {
        part: "property",
        item: property.clone(),
        property: Some(property),
        ..Row::default()
    });
    let intervals = state.intervals.iter().map(|(item, interval)| Row {
        part: "interval",
        item: item.clone(),
        well: Some(&interval.well),
        range: Some(&interval.range),
        ..Row::default()
    });
    wells.chain(curves).chain(properties).chain(intervals)
}

pub(super) fn refresh(
    store: &Store,
    workspace: &WorkspaceId,
    doc: &DocId,
    document: &Document,
) -> Result<(), ApiError> {
    remove(store, workspace, doc)?;
    describe(store, workspace, doc, document, &Described::default())?;
    let mut statement = store
        .connection()
        .prepare_cached("INSERT INTO selected VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)")?;
    for row in rows(&SelectionState::read(document)) {
        statement.execute(params![
            workspace.as_bytes(),
            doc.as_bytes(),
            row.part,
            row.item,
            row.well.map(DocId::as_bytes),
            row.curve.map(|curve| curve.run.as_bytes()),
            row.curve.map(|curve| curve.ordinal),
            row.property,
            row.range.map(|range| range.from),
            row.range.map(|range| range.to),
            row.range.map(|range| &*range.unit),
            row.range.map(|range| &*range.datum),
            row.range.and_then(|range| metres(&range.unit)),
        ])?;
    }
    Ok(())
}
