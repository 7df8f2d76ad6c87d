//! The engine's catalog: rows of the index as Arrow.

mod tops;

use std::collections::HashSet;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, AsArray as _, BooleanArray, Float64Array, Int64Array, RecordBatch, StringArray, TimestampMillisecondArray,
};
use arrow::datatypes::{DataType, Int64Type};
use dataforge_protocol::facts::GriddedCurve;
use dataforge_protocol::id::{DocId, WorkspaceId};
use dataforge_query::{Catalog, CatalogError, CurveColumn, IndexColumn, IndexKind, MetaTable, RunFile, RunFilter};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row, params};

use crate::api::{ApiError, ErrorKind};
use crate::core::Core;
use crate::index::{Index, SHORT, listing, read_dictionary};
use crate::ingest::dictionary::PropertyChoice;
use crate::ingest::units;
use crate::node::WeakNode;
use crate::requests::well_attributes;

/// The index of one workspace.
#[derive(Debug)]
pub(super) struct IndexCatalog {
    node: WeakNode,
    workspace: WorkspaceId,
}

impl IndexCatalog {
    pub(super) const fn new(node: WeakNode, workspace: WorkspaceId) -> Self {
        Self { node, workspace }
    }

    fn with<T>(&self, work: impl FnOnce(&mut Core) -> Result<T, ApiError>) -> Result<T, CatalogError> {
        self.node.get().and_then(|node| node.locked(work)).map_err(CatalogError::from_source)
    }
}

/// Rows in the order of the schema's columns.
const WELLS: &str = "
    SELECT w.id, w.name, w.uwi, w.field, w.company, w.country, count(r.id),
           coalesce(sum(CASE WHEN r.kind = 'log' THEN r.curve_count END), 0),
           min(CASE WHEN r.kind = 'log' AND r.index_kind = 'depth' THEN r.index_min * r.to_si END),
           max(CASE WHEN r.kind = 'log' AND r.index_kind = 'depth' THEN r.index_max * r.to_si END),
           w.grid_unit, w.grid_step, w.grid_origin, NULL, NULL, NULL, NULL, NULL, NULL
    FROM wells AS w
    LEFT JOIN runs AS r ON r.workspace = w.workspace AND r.well = w.id AND r.deleted = 0
    WHERE w.workspace = ?1 AND w.deleted = 0
    GROUP BY w.id ORDER BY w.name, w.id";

const RUNS: &str = "
    SELECT r.id, substr(lower(hex(r.id)), 1, ?2), r.well, coalesce(w.name, ''), r.name, r.source_name, r.source_sha256,
           r.source_bytes, r.blob, r.blob_bytes, r.row_count, r.kind, r.set_name, r.index_mnemonic, r.index_unit,
           r.index_kind, r.index_min, r.index_max, r.step, r.reader, r.service_company, r.log_date, r.run_number, r.pass,
           r.acquisition, r.log_type, r.wellbore, r.datum, r.elevation_m, r.notices, EXISTS (SELECT 1 FROM held_for AS h WHERE h.hash = r.blob AND h.workspace = r.workspace)
    FROM runs AS r
    LEFT JOIN wells AS w ON w.workspace = r.workspace AND w.id = r.well
    WHERE r.workspace = ?1 AND r.deleted = 0 AND coalesce(w.deleted, 0) = 0
    ORDER BY w.name, r.id";

const CURVES: &str = "
    SELECT c.run, substr(lower(hex(c.run)), 1, ?2), r.well, coalesce(w.name, ''), c.ordinal, c.label, c.mnemonic, c.column_name,
           c.unit, c.description, c.property, c.confidence, c.is_text, c.value_count, c.null_count, c.min_value, c.max_value,
           c.mean_value, NULL, c.quality, c.reason, c.top, c.base
    FROM curves AS c
    JOIN runs AS r ON r.workspace = c.workspace AND r.id = c.run
    LEFT JOIN wells AS w ON w.workspace = r.workspace AND w.id = r.well
    WHERE c.workspace = ?1 AND r.deleted = 0 AND coalesce(w.deleted, 0) = 0
    ORDER BY w.name, c.run, c.ordinal";

const NOTICES: &str = "
    SELECT n.run, substr(lower(hex(n.run)), 1, ?2), coalesce(w.name, ''), r.source_name, n.line, n.position, n.kind, n.message
    FROM notices AS n
    JOIN runs AS r ON r.workspace = n.workspace AND r.id = n.run
    LEFT JOIN wells AS w ON w.workspace = r.workspace AND w.id = r.well
    WHERE n.workspace = ?1 AND r.deleted = 0 AND coalesce(w.deleted, 0) = 0
    ORDER BY r.source_name, n.run, n.number";

const ATTACHMENTS: &str = "
    SELECT a.id, a.name, a.description, a.well, w.name, a.blob, a.blob_bytes,
           EXISTS (SELECT 1 FROM held_for AS h WHERE h.hash = a.blob AND h.workspace = a.workspace)
    FROM attachments AS a
    LEFT JOIN wells AS w ON w.workspace = a.workspace AND w.id = a.well
    LEFT JOIN projects AS p ON p.workspace = a.workspace AND p.id = a.project
    WHERE a.workspace = ?1 AND a.deleted = 0 AND coalesce(w.deleted, 0) = 0 AND coalesce(p.deleted, 0) = 0
    ORDER BY w.name, a.name, a.id";

const ENTRIES: &str = "
    SELECT id, device, seq, CASE kind WHEN 0 THEN 'op' WHEN 1 THEN 'open' WHEN 2 THEN 'change' ELSE 'unknown' END, doc,
           CASE outcome WHEN 0 THEN 'accepted' WHEN 1 THEN 'excluded' WHEN 2 THEN 'inert' ELSE 'unreadable' END,
           claimed_ms, NULL, position
    FROM entries WHERE workspace = ?1 ORDER BY position";

impl Catalog for IndexCatalog {
    fn rows(&self, table: MetaTable) -> Result<RecordBatch, CatalogError> {
        let workspace = self.workspace;
        self.with(|core| match table {
            MetaTable::Wells => wells(core, workspace),
            MetaTable::Runs => table_of(core.store.connection(), table, RUNS, params![workspace.as_bytes(), SHORT]),
            MetaTable::Curves => curves(core, workspace),
            MetaTable::Notices => {
                table_of(core.store.connection(), table, NOTICES, params![workspace.as_bytes(), SHORT])
            }
            MetaTable::Attachments => {
                table_of(core.store.connection(), table, ATTACHMENTS, params![workspace.as_bytes()])
            }
            MetaTable::Dictionary => dictionary(core, workspace),
            MetaTable::Members => members(core, workspace),
            MetaTable::Entries => entries(core, workspace),
            MetaTable::Tops => batch(table, tops::tops(core, workspace)?),
            MetaTable::Surveys => batch(table, tops::surveys(core, workspace)?),
            MetaTable::Selections => batch(table, tops::selections(core, workspace)?),
            MetaTable::Charts => batch(table, tops::charts(core, workspace)?),
        })
    }

    fn runs(&self, filter: &RunFilter) -> Result<Vec<RunFile>, CatalogError> {
        let workspace = self.workspace;
        self.with(|core| runs(core.store.connection(), workspace, filter))
    }

    fn gridded(&self, run_id: &str) -> Result<Option<RunFile>, CatalogError> {
        let workspace = self.workspace;
        self.with(|core| {
            let malformed = |_error| ApiError::new(ErrorKind::Internal, "a stored id is malformed");
            gridded(core.store.connection(), workspace, &run_id.parse().map_err(malformed)?)
        })
    }
}

/// One cell, as the schema's types need it.
#[derive(Debug, Clone)]
enum Cell {
    Null,
    Text(String),
    Int(i64),
    Real(f64),
}

impl From<ValueRef<'_>> for Cell {
    fn from(value: ValueRef<'_>) -> Self {
        match value {
            ValueRef::Null => Self::Null,
            ValueRef::Integer(value) => Self::Int(value),
            ValueRef::Real(value) => Self::Real(value),
            ValueRef::Text(text) => Self::Text(String::from_utf8_lossy(text).into_owned()),
            ValueRef::Blob(bytes) => Self::Text(data_encoding::HEXLOWER.encode(bytes)),
        }
    }
}

impl Cell {
    fn text(self) -> Option<String> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    const fn int(&self) -> Option<i64> {
        if let Self::Int(value) = self { Some(*value) } else { None }
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "SQLite stores whole reals as integers; they come back exactly below 2^53"
    )]
    const fn real(&self) -> Option<f64> {
        match self {
            Self::Real(value) => Some(*value),
            Self::Int(value) => Some(*value as f64),
            _ => None,
        }
    }
}

fn table_of(
    connection: &Connection,
    table: MetaTable,
    sql: &str,
    params: impl rusqlite::Params,
) -> Result<RecordBatch, ApiError> {
    let width = table.schema().fields().len();
    let mut columns: Vec<Vec<Cell>> = vec![Vec::new(); width];
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params)?;
    while let Some(row) = rows.next()? {
        for (at, column) in columns.iter_mut().enumerate() {
            column.push(row.get_ref(at)?.into());
        }
    }
    batch(table, columns)
}

fn batch(table: MetaTable, columns: Vec<Vec<Cell>>) -> Result<RecordBatch, ApiError> {
    let schema = table.schema();
    let arrays = schema.fields().iter().zip(columns).map(|(field, cells)| -> ArrayRef {
        let cells = cells.into_iter();
        match field.data_type() {
            DataType::Int64 => Arc::new(cells.map(|cell| cell.int()).collect::<Int64Array>()),
            DataType::Float64 => Arc::new(cells.map(|cell| cell.real()).collect::<Float64Array>()),
            DataType::Boolean => {
                Arc::new(cells.map(|cell| cell.int().map(|value| value != 0)).collect::<BooleanArray>())
            }
            DataType::Timestamp(..) => {
                Arc::new(cells.map(|cell| cell.int()).collect::<TimestampMillisecondArray>().with_timezone("UTC"))
            }
            _ => Arc::new(cells.map(Cell::text).collect::<StringArray>()),
        }
    });
    let arrays = arrays.collect();
    RecordBatch::try_new(schema, arrays).map_err(|error| ApiError::from_error(ErrorKind::Internal, &error))
}

/// Where wells are: attributes that stand in columns of their own.
const PLACE: [&str; 6] = ["latitude_deg", "longitude_deg", "geographic_crs", "x_m", "y_m", "projected_crs"];

fn wells(core: &Core, workspace: WorkspaceId) -> Result<RecordBatch, ApiError> {
    let table = MetaTable::Wells;
    let found = table_of(core.store.connection(), table, WELLS, params![workspace.as_bytes()])?;
    let attributes = well_attributes(core, workspace)?;
    let schema = table.schema();
    let at = |name| schema.index_of(name).map_err(|error| ApiError::from_error(ErrorKind::Internal, &error));
    let ids = found.column(at("well_id")?).as_string::<i32>();
    let mut arrays = found.columns().to_vec();
    for name in PLACE {
        let texts = ids.iter().map(|id| attributes.get(id?)?.get(name));
        let place = at(name)?;
        // People type these too: what is no number is none.
        let number = |text: &String| text.parse::<f64>().ok().filter(|value| value.is_finite());
        let array: ArrayRef = if schema.field(place).data_type().is_numeric() {
            Arc::new(texts.map(|text| text.and_then(number)).collect::<Float64Array>())
        } else {
            Arc::new(texts.collect::<StringArray>())
        };
        if let Some(slot) = arrays.get_mut(place) {
            *slot = array;
        }
    }
    RecordBatch::try_new(schema, arrays).map_err(|error| ApiError::from_error(ErrorKind::Internal, &error))
}

fn curves(core: &Core, workspace: WorkspaceId) -> Result<RecordBatch, ApiError> {
    let table = MetaTable::Curves;
    let found = table_of(core.store.connection(), table, CURVES, params![workspace.as_bytes(), SHORT])?;
    let preferred = Index::new(core.store.connection(), workspace).preferred(None)?;
    let preferred: HashSet<_> =
        preferred.into_iter().map(|(run, ordinal)| (run.to_string(), i64::from(ordinal))).collect();
    let schema = table.schema();
    let at = |name| schema.index_of(name).map_err(|error| ApiError::from_error(ErrorKind::Internal, &error));
    let (run, ordinal, place) = (at("run_id")?, at("ordinal")?, at("preferred")?);
    let (runs, ordinals) = (found.column(run).as_string::<i32>(), found.column(ordinal).as_primitive::<Int64Type>());
    let flags: BooleanArray = runs
        .iter()
        .zip(ordinals)
        .map(|(run, ordinal)| Some(preferred.contains(&(run?.to_owned(), ordinal?))))
        .collect();
    let mut arrays = found.columns().to_vec();
    if let Some(slot) = arrays.get_mut(place) {
        *slot = Arc::new(flags);
    }
    RecordBatch::try_new(schema, arrays).map_err(|error| ApiError::from_error(ErrorKind::Internal, &error))
}

fn dictionary(core: &Core, workspace: WorkspaceId) -> Result<RecordBatch, ApiError> {
    let mut columns: Vec<Vec<Cell>> = vec![Vec::new(); MetaTable::Dictionary.schema().fields().len()];
    let text = |text: Option<&str>| text.map_or(Cell::Null, |text| Cell::Text(text.to_owned()));
    for (key, meaning) in read_dictionary(&core.store, &workspace)?.overrides {
        let row = [
            text(Some(key.mnemonic())),
            text(key.vendor()),
            text(key.unit()),
            text(meaning.property.as_ref().map(PropertyChoice::as_str)),
            text(meaning.unit.as_deref()),
        ];
        for (column, cell) in columns.iter_mut().zip(row) {
            column.push(cell);
        }
    }
    batch(MetaTable::Dictionary, columns)
}

fn members(core: &mut Core, workspace: WorkspaceId) -> Result<RecordBatch, ApiError> {
    let own = core.device();
    let view = core.ledger(&workspace)?.members();
    let mut columns: Vec<Vec<Cell>> = vec![Vec::new(); MetaTable::Members.schema().fields().len()];
    for (person, member) in &view.members {
        for (device, label) in &member.devices {
            let row = [
                Cell::Text(person.to_string()),
                Cell::Text(member.name.clone()),
                Cell::Text(member.role.to_string()),
                Cell::Text(device.to_string()),
                Cell::Text(label.clone()),
                Cell::Int(i64::from(Some(*device) == own)),
            ];
            for (column, cell) in columns.iter_mut().zip(row) {
                column.push(cell);
            }
        }
    }
    batch(MetaTable::Members, columns)
}

fn entries(core: &mut Core, workspace: WorkspaceId) -> Result<RecordBatch, ApiError> {
    let view = core.ledger(&workspace)?.members();
    let names: std::collections::BTreeMap<String, String> = view
        .devices
        .iter()
        .filter_map(|(device, person)| Some((device.to_string(), view.members.get(person)?.name.clone())))
        .collect();
    let found = table_of(core.store.connection(), MetaTable::Entries, ENTRIES, params![workspace.as_bytes()])?;
    let schema = MetaTable::Entries.schema();
    let (Ok(device_at), Ok(author_at)) = (schema.index_of("device_id"), schema.index_of("author")) else {
        return Ok(found);
    };
    let devices = arrow::array::AsArray::as_string::<i32>(found.column(device_at));
    let authors: StringArray =
        devices.iter().map(|device| device.and_then(|device| names.get(device)).map(String::as_str)).collect();
    let mut arrays = found.columns().to_vec();
    if let Some(slot) = arrays.get_mut(author_at) {
        *slot = Arc::new(authors);
    }
    RecordBatch::try_new(schema, arrays).map_err(|error| ApiError::from_error(ErrorKind::Internal, &error))
}

const RUN_FILES: &str = "
    SELECT r.id, coalesce(w.name, ''), coalesce(lower(hex(r.well)), ''), r.blob, r.blob_bytes, r.row_count, r.index_column,
           r.index_kind, r.index_unit, r.to_si, r.index_min, r.index_max, r.index_text, r.kind = 'log'
    FROM runs AS r
    LEFT JOIN wells AS w ON w.workspace = r.workspace AND w.id = r.well
    WHERE r.workspace = ?1 AND r.deleted = 0 AND coalesce(w.deleted, 0) = 0 AND {of}
    AND NOT EXISTS (SELECT 1 FROM checks AS c
                    WHERE c.blob = r.blob AND c.expected = r.expected AND c.refused IS NOT NULL)
    ORDER BY coalesce(w.name, ''), r.id";

const RUN_CURVES: &str = "
    SELECT ordinal, mnemonic, label, column_name, unit, is_text, property, value_count, min_value, max_value
    FROM curves WHERE workspace = ?1 AND run = ?2 ORDER BY ordinal";

fn runs(connection: &Connection, workspace: WorkspaceId, filter: &RunFilter) -> Result<Vec<RunFile>, ApiError> {
    let mut statement = connection.prepare_cached(&listing(RUN_FILES, None))?;
    let mut rows = statement.query(params![workspace.as_bytes(), None::<&[u8]>])?;
    let mut files = Vec::new();
    while let Some(row) = rows.next()? {
        let mut file = run_file(row)?;
        let (run_id, run) = (&file.run_id, &file.run);
        let wanted = filter.wells.as_ref().is_none_or(|wells| wells.contains(&file.well))
            && filter
                .runs
                .as_ref()
                .is_none_or(|ids| ids.iter().any(|id| run_id.starts_with(id.as_str()) || run.starts_with(id.as_str())));
        if !wanted {
            continue;
        }
        file.curves = run_curves(connection, workspace, &row.get(0)?)?;
        if filter.curves.as_ref().is_some_and(|labels| !file.curves.iter().any(|curve| labels.contains(&curve.label))) {
            continue;
        }
        files.push(file);
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
fn run_file(row: &Row<'_>) -> rusqlite::Result<RunFile> {
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
fn gridded(connection: &Connection, workspace: WorkspaceId, run: &DocId) -> Result<Option<RunFile>, ApiError> {
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

fn run_curves(connection: &Connection, workspace: WorkspaceId, run: &[u8; 32]) -> Result<Vec<CurveColumn>, ApiError> {
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
