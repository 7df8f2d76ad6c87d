//! Rows of sets of tops.

use dataforge_protocol::document::{Document, Position, TopsState};
use dataforge_protocol::id::{DocId, WorkspaceId};
use rusqlite::{Row, params};

use super::read::{hex, listing, optional_hex};
use super::{Described, Index, SHORT, describe, metres, remove};
use crate::api::{ApiError, ErrorKind, TopInfo, TopsInfo};
use crate::store::Store;

const SETS: &str = "
    SELECT d.id, d.name, d.description, d.well, coalesce(w.name, '') AS well_name,
           (SELECT count(*) FROM tops AS t WHERE t.workspace = d.workspace AND t.id = d.id) AS tops
    FROM described AS d {index}
    LEFT JOIN wells AS w ON w.workspace = d.workspace AND w.id = d.well
    WHERE d.workspace = ?1 AND d.kind = 'tops' AND d.deleted = 0 AND coalesce(w.deleted, 0) = 0 AND {of}
    ORDER BY well_name, d.name, d.id";

const TOPS: &str = "
    SELECT item, name, depth, base, unit, datum, to_m, interpreter, remark, uncertainty
    FROM tops WHERE workspace = ?1 AND id = ?2
    ORDER BY depth * coalesce(to_m, 1), name, item";

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
            // The row has one datum: a base from another one would be told at a wrong depth.
            top.base.as_ref().filter(|base| base.datum == top.depth.datum).and_then(|base| value_in(base, unit)),
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

// By position, as SETS has them: columns are found by name by comparing with each.
fn info(row: &Row<'_>) -> rusqlite::Result<TopsInfo> {
    let id = hex(row.get_ref(0)?.as_bytes()?);
    Ok(TopsInfo {
        short: id.chars().take(SHORT).collect(),
        id,
        name: row.get(1)?,
        description: row.get(2)?,
        well_id: optional_hex(row.get(3)?),
        well: row.get(4)?,
        tops: row.get(5)?,
    })
}

/// Returns a top without its place in space, by position as TOPS has it.
fn top(row: &Row<'_>) -> rusqlite::Result<TopInfo> {
    let (depth, base): (f64, Option<f64>) = (row.get(2)?, row.get(3)?);
    let to_m: Option<f64> = row.get(6)?;
    Ok(TopInfo {
        id: row.get(0)?,
        name: row.get(1)?,
        kind: if base.is_some() { "zone" } else { "top" }.to_owned(),
        depth,
        base,
        unit: row.get(4)?,
        datum: row.get(5)?,
        depth_m: to_m.map(|to_m| depth * to_m),
        base_m: base.zip(to_m).map(|(base, to_m)| base * to_m),
        interpreter: row.get(7)?,
        remark: row.get(8)?,
        uncertainty: row.get(9)?,
        tvd_m: None,
        tvdss_m: None,
        unknown: None,
    })
}

impl Index<'_> {
    /// Lists sets of tops, of one well or all.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn sets_of_tops(&self, well: Option<&DocId>) -> Result<Vec<TopsInfo>, ApiError> {
        self.sets_with(well.map(|well| (well, "d.well", "described_by_well")))
    }

    /// Returns a set of tops.
    ///
    /// # Errors
    /// `NotFound`, also when its well is deleted.
    pub(crate) fn set_of_tops(&self, id: &DocId) -> Result<TopsInfo, ApiError> {
        let found = self.sets_with(Some((id, "d.id", "")))?.into_iter().next();
        found.ok_or_else(|| ApiError::new(ErrorKind::NotFound, format!("there are no tops {}", id.fmt_short())))
    }

    fn sets_with(&self, of: Option<(&DocId, &str, &str)>) -> Result<Vec<TopsInfo>, ApiError> {
        let sql = listing(SETS, of.map(|(_, column, index)| (column, index)));
        let mut statement = self.connection.prepare_cached(&sql)?;
        let rows = statement.query_map(params![self.workspace.as_bytes(), of.map(|(id, ..)| id.as_bytes())], info)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Lists the tops of a set by depth, without their places in space.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn tops(&self, set: &DocId) -> Result<Vec<TopInfo>, ApiError> {
        let mut statement = self.connection.prepare_cached(TOPS)?;
        let rows = statement.query_map(params![self.workspace.as_bytes(), set.as_bytes()], top)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
