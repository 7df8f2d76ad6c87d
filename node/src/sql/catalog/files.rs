//! Runs with their Parquet tables, as the engine reads them.

use std::sync::Arc;

use dataforge_protocol::facts::GriddedCurve;
use dataforge_protocol::id::{DocId, WorkspaceId};
use dataforge_query::{CurveColumn, IndexColumn, IndexKind, RunFile, RunFilter};
use rusqlite::{Connection, Params, Row, params};

use crate::api::{ApiError, ErrorKind};
use crate::index::{SHORT, listing};
use crate::ingest::units;

pub(super) const RUN_FILES: &str = "
    SELECT r.id, coalesce(w.name, ''), coalesce(lower(hex(r.well)), ''), r.blob, r.blob_bytes, r.row_count, r.index_column,
           r.index_kind, r.index_unit, r.to_si, r.index_min, r.index_max, r.index_text, r.kind = 'log'
    FROM runs AS r {index}
    LEFT JOIN wells AS w ON w.workspace = r.workspace AND w.id = r.well
    WHERE r.workspace = ?1 AND r.deleted = 0 AND coalesce(w.deleted, 0) = 0 AND {of}
    AND NOT EXISTS (SELECT 1 FROM checks AS c
                    WHERE c.blob = r.blob AND c.expected = r.expected AND c.refused IS NOT NULL)
    ORDER BY coalesce(w.name, ''), r.id";

const RUN_CURVES: &str = "
    SELECT ordinal, mnemonic, label, column_name, unit, is_text, property, value_count, min_value, max_value
    FROM curves WHERE workspace = ?1 AND run = ?2 ORDER BY ordinal";

/// Wells of a name.
const NAMED: &str = "SELECT id FROM wells INDEXED BY wells_by_exact_name WHERE workspace = ?1 AND name = ?2";

/// Returns all runs, by well name and id.
///
/// # Errors
/// `Storage`.
pub(super) fn all(connection: &Connection, workspace: WorkspaceId) -> Result<Vec<Arc<RunFile>>, ApiError> {
    read(connection, workspace, &listing(RUN_FILES, None), params![workspace.as_bytes(), None::<&[u8]>])
}

/// Returns the runs that match a filter which names them or their wells, by well name and id; nothing where
/// it names neither, or names what no index finds.
///
/// # Errors
/// `Storage`.
pub(super) fn named(
    connection: &Connection,
    workspace: WorkspaceId,
    filter: &RunFilter,
) -> Result<Option<Vec<Arc<RunFile>>>, ApiError> {
    let mut found: Vec<Arc<RunFile>> = Vec::new();
    match (&filter.runs, &filter.wells) {
        (Some(ids), _) => {
            let sql = RUN_FILES.replace("{of}", "r.id BETWEEN ?2 AND ?3").replace("{index}", "");
            for (first, last) in ids.iter().filter_map(|id| ids_from(id)) {
                found.extend(read(connection, workspace, &sql, params![workspace.as_bytes(), first, last])?);
            }
        }
        // Runs without a well have no name of one either.
        (None, Some(names)) if names.iter().all(|name| !name.is_empty()) => {
            let sql = listing(RUN_FILES, Some(("r.well", "runs_by_well")));
            let mut wells = connection.prepare_cached(NAMED)?;
            for name in names {
                let ids = wells.query_map(params![workspace.as_bytes(), name], |row| row.get(0))?;
                for id in ids.collect::<Result<Vec<[u8; 32]>, _>>()? {
                    found.extend(read(connection, workspace, &sql, params![workspace.as_bytes(), id])?);
                }
            }
        }
        _ => return Ok(None),
    }
    found.retain(|run| matches(filter, run));
    found.sort_by(|one, other| (&one.well, &one.run_id).cmp(&(&other.well, &other.run_id)));
    // Several beginnings may be of one run.
    found.dedup_by(|one, other| one.run_id == other.run_id);
    Ok(Some(found))
}

/// Whether a run has all that a filter asks for.
pub(super) fn matches(filter: &RunFilter, run: &RunFile) -> bool {
    let begins = |id: &String| run.run_id.starts_with(id.as_str()) || run.run.starts_with(id.as_str());
    filter.wells.as_ref().is_none_or(|wells| wells.contains(&run.well))
        && filter.runs.as_ref().is_none_or(|ids| ids.iter().any(begins))
        && filter.curves.as_ref().is_none_or(|labels| run.curves.iter().any(|curve| labels.contains(&curve.label)))
}

/// Returns the first and the last id that begin with some digits; nothing when no id does.
fn ids_from(digits: &str) -> Option<([u8; 32], [u8; 32])> {
    let filled =
        |text: String| -> Option<[u8; 32]> { data_encoding::HEXLOWER.decode(text.as_bytes()).ok()?.try_into().ok() };
    Some((filled(format!("{digits:0<64}"))?, filled(format!("{digits:f<64}"))?))
}

fn read(
    connection: &Connection,
    workspace: WorkspaceId,
    sql: &str,
    values: impl Params,
) -> Result<Vec<Arc<RunFile>>, ApiError> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(values)?;
    let mut files = Vec::new();
    while let Some(row) = rows.next()? {
        let curves = run_curves(connection, workspace, &row.get(0)?)?;
        files.push(Arc::new(RunFile { curves, ..run_file(row)? }));
    }
    Ok(files)
}

/// Returns the table of one run, or its gridded copy; none when it has none that may be opened.
///
/// # Errors
/// `Storage`.
pub(crate) fn file_of(
    connection: &Connection,
    workspace: WorkspaceId,
    run: &DocId,
    is_gridded: bool,
) -> Result<Option<RunFile>, ApiError> {
    if is_gridded {
        return gridded(connection, workspace, run);
    }
    let mut statement = connection.prepare_cached(&listing(RUN_FILES, Some(("r.id", ""))))?;
    let mut rows = statement.query(params![workspace.as_bytes(), run.as_bytes()])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let curves = run_curves(connection, workspace, run.as_bytes())?;
    Ok(Some(RunFile { curves, ..run_file(row)? }))
}

/// Reads a row without its curves.
pub(super) fn run_file(row: &Row<'_>) -> rusqlite::Result<RunFile> {
    let id: [u8; 32] = row.get(0)?;
    let run_id = data_encoding::HEXLOWER.encode(&id);
    let kind: String = row.get(7)?;
    let kind = match kind.as_str() {
        "depth" => IndexKind::Depth,
        "time" => IndexKind::Time,
        _ => IndexKind::Other,
    };
    let index = IndexColumn {
        name: row.get(6)?,
        kind,
        text: row.get(12)?,
        unit: row.get(8)?,
        to_si: row.get(9)?,
        min: row.get(10)?,
        max: row.get(11)?,
    };
    Ok(RunFile {
        run: run_id.chars().take(SHORT).collect(),
        run_id,
        well: row.get(1)?,
        well_id: row.get(2)?,
        is_log: row.get(13)?,
        blob: row.get(3)?,
        size: row.get(4)?,
        rows: row.get(5)?,
        index,
        curves: Vec::new(),
    })
}

const GRIDDED: &str = "
    SELECT g.blob, g.blob_bytes, g.row_count, g.unit, g.curves
    FROM gridded AS g
    JOIN runs AS r ON r.workspace = g.workspace AND r.id = g.run AND r.blob = g.native
    JOIN wells AS w ON w.workspace = r.workspace AND w.id = r.well
    WHERE g.workspace = ?1 AND g.run = ?2
    AND NOT EXISTS (SELECT 1 FROM checks AS c
                    WHERE c.blob = g.blob AND c.expected = g.expected AND c.refused IS NOT NULL)
    ORDER BY g.unit = w.grid_unit DESC, g.step = w.grid_step DESC, g.maker DESC, g.blob
    LIMIT 1";

/// Returns the gridded copy of a run that fits its present table and the well's grid best.
///
/// # Errors
/// `Storage`, `Damaged` when its list of curves cannot be read.
pub(super) fn gridded(
    connection: &Connection,
    workspace: WorkspaceId,
    run: &DocId,
) -> Result<Option<RunFile>, ApiError> {
    let Some(native) = file_of(connection, workspace, run, false)? else { return Ok(None) };
    let mut statement = connection.prepare_cached(GRIDDED)?;
    let mut rows = statement.query(params![workspace.as_bytes(), run.as_bytes()])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let curves: Vec<GriddedCurve> = serde_json::from_str(&row.get::<_, String>(4)?)
        .map_err(|error| ApiError::from_error(ErrorKind::Damaged, &error))?;
    let unit: String = row.get(3)?;
    let curves = curves.into_iter().filter_map(|copy| {
        let curve = native.curves.iter().find(|curve| curve.ordinal == copy.ordinal)?.clone();
        Some(CurveColumn { column: copy.column, unit: copy.unit, count: copy.count, min: None, max: None, ..curve })
    });
    let index = IndexColumn {
        name: native.index.name.clone(),
        kind: IndexKind::Depth,
        text: false,
        to_si: units::resolve(&unit, Some("length")).and_then(|unit| unit.factor),
        unit,
        min: None,
        max: None,
    };
    let (blob, size, row_count) = (row.get(0)?, row.get(1)?, row.get(2)?);
    Ok(Some(RunFile { blob, size, rows: row_count, index, curves: curves.collect(), ..native }))
}

pub(super) fn run_curves(
    connection: &Connection,
    workspace: WorkspaceId,
    run: &[u8; 32],
) -> Result<Vec<CurveColumn>, ApiError> {
    let mut statement = connection.prepare_cached(RUN_CURVES)?;
    let curves = statement.query_map(params![workspace.as_bytes(), run], |row| {
        Ok(CurveColumn {
            ordinal: row.get(0)?,
            mnemonic: row.get(1)?,
            label: row.get(2)?,
            column: row.get(3)?,
            unit: row.get(4)?,
            text: row.get(5)?,
            property: row.get(6)?,
            count: row.get(7)?,
            min: row.get(8)?,
            max: row.get(9)?,
        })
    })?;
    Ok(curves.collect::<Result<_, _>>()?)
}
