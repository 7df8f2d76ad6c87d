//! Rows of selections.

use dataforge_protocol::document::{CurveId, Document, Range, SelectionState};
use dataforge_protocol::id::{DocId, WorkspaceId};
use rusqlite::params;

use super::read::{hex, listing};
use super::{Described, Index, SHORT, describe, metres, remove};
use crate::api::{ApiError, ErrorKind, SelectedInfo, SelectionInfo};
use crate::store::Store;

const SELECTIONS: &str = "
    SELECT d.id, d.name, d.description,
           coalesce(sum(s.part = 'well'), 0), coalesce(sum(s.part = 'curve'), 0),
           coalesce(sum(s.part = 'property'), 0), coalesce(sum(s.part = 'interval'), 0)
    FROM described AS d
    LEFT JOIN selected AS s ON s.workspace = d.workspace AND s.id = d.id
    WHERE d.workspace = ?1 AND d.kind = 'selection' AND d.deleted = 0 AND {of}
    GROUP BY d.id ORDER BY d.name, d.id";

const SELECTED: &str = "
    SELECT s.part, s.item, s.well, s.run, s.ordinal, s.property, s.from_value, s.to_value, s.unit, s.datum,
           coalesce(w.name, c.label || ' of ' || r.name, s.property),
           s.run IS NOT NULL AND c.run IS NULL OR coalesce(w.deleted, r.deleted, s.property IS NULL)
    FROM selected AS s
    LEFT JOIN wells AS w ON w.workspace = s.workspace AND w.id = s.well
    LEFT JOIN runs AS r ON r.workspace = s.workspace AND r.id = s.run
    LEFT JOIN curves AS c ON c.workspace = s.workspace AND c.run = s.run AND c.ordinal = s.ordinal
    WHERE s.workspace = ?1 AND s.id = ?2
    ORDER BY CASE s.part WHEN 'well' THEN 0 WHEN 'curve' THEN 1 WHEN 'property' THEN 2 ELSE 3 END,
             coalesce(w.name, r.name, s.property), s.ordinal, s.from_value * coalesce(s.to_m, 1), s.item";

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
    let wells =
        state.wells.iter().map(|well| Row { part: "well", item: well.to_string(), well: Some(well), ..Row::default() });
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

impl Index<'_> {
    /// Lists selections.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn selections(&self) -> Result<Vec<SelectionInfo>, ApiError> {
        self.selections_with(None)
    }

    /// Returns a selection.
    ///
    /// # Errors
    /// `NotFound`.
    pub(crate) fn selection(&self, id: &DocId) -> Result<SelectionInfo, ApiError> {
        let found = self.selections_with(Some(id))?.into_iter().next();
        found.ok_or_else(|| ApiError::new(ErrorKind::NotFound, format!("there is no selection {}", id.fmt_short())))
    }

    fn selections_with(&self, id: Option<&DocId>) -> Result<Vec<SelectionInfo>, ApiError> {
        let sql = listing(SELECTIONS, id.map(|_| ("d.id", "")));
        let mut statement = self.connection.prepare_cached(&sql)?;
        let rows = statement.query_map(params![self.workspace.as_bytes(), id.map(DocId::as_bytes)], |row| {
            let id = hex(&row.get::<_, Vec<u8>>(0)?);
            Ok(SelectionInfo {
                short: id.chars().take(SHORT).collect(),
                id,
                name: row.get(1)?,
                description: row.get(2)?,
                wells: row.get(3)?,
                curves: row.get(4)?,
                properties: row.get(5)?,
                intervals: row.get(6)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Lists what a selection chooses.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn selected(&self, selection: &DocId) -> Result<Vec<SelectedInfo>, ApiError> {
        let mut statement = self.connection.prepare_cached(SELECTED)?;
        let rows = statement.query_map(params![self.workspace.as_bytes(), selection.as_bytes()], |row| {
            let id = |bytes: Option<Vec<u8>>| bytes.map(|bytes| hex(&bytes));
            let item: String = row.get(1)?;
            Ok(SelectedInfo {
                part: row.get(0)?,
                well_id: id(row.get(2)?),
                run_id: id(row.get(3)?),
                ordinal: row.get(4)?,
                property: row.get(5)?,
                from: row.get(6)?,
                to: row.get(7)?,
                unit: row.get(8)?,
                datum: row.get(9)?,
                name: row.get::<_, Option<String>>(10)?.unwrap_or(item),
                gone: row.get(11)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
