//! The engine's catalog: rows of the index, and of what the node knows besides, as Arrow.

mod cells;
mod files;
mod live;
mod people;
mod places;
#[cfg(test)]
mod tests;
mod tops;
mod wide;
mod words;

use std::collections::HashSet;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray as _, BooleanArray, Float64Array, RecordBatch, StringArray};
use arrow::datatypes::Int64Type;
use dataforge_protocol::id::WorkspaceId;
use dataforge_query::{Catalog, CatalogError, Convert, MetaTable, RunFile, RunFilter, UnitError, WellMatch};
use rusqlite::{Connection, params};

use self::cells::{batch, table_of};
pub(crate) use self::files::file_of;
use crate::api::{ApiError, ErrorKind};
use crate::core::Core;
use crate::index::{Index, SHORT};
use crate::ingest::{dictionary, units};
use crate::node::{Node, WeakNode};
use crate::requests::well_attributes;
use crate::sql::kept::{Files, Kept};

/// So many runs are looked through as fast as one is found by the index.
const AT_A_GLANCE: usize = 1_000;

/// The index of one workspace.
#[derive(Debug)]
pub(super) struct IndexCatalog {
    node: WeakNode,
    workspace: WorkspaceId,
    kept: Kept,
}

impl IndexCatalog {
    pub(super) const fn new(node: WeakNode, workspace: WorkspaceId, kept: Kept) -> Self {
        Self { node, workspace, kept }
    }

    fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Core) -> Result<T, ApiError> + Send + 'static,
    ) -> Result<T, CatalogError> {
        self.node.get().and_then(|node| node.by_clerk(work)).map_err(CatalogError::from_source)
    }

    /// Returns what is kept and still so, without asking the core.
    fn now<T>(&self, look: impl FnOnce(&Kept, &Node) -> Option<T>) -> Option<T> {
        self.node.get().ok().and_then(|node| look(&self.kept, &node))
    }
}

/// Rows in the order of the schema's columns. The index is named because SQLite takes the key for as good,
/// and would go through all runs of the workspace for each well.
const WELLS: &str = "
    SELECT w.id, w.name, w.uwi, w.field, w.company, w.country, count(r.id),
           coalesce(sum(CASE WHEN r.kind = 'log' THEN r.curve_count END), 0),
           min(CASE WHEN r.kind = 'log' AND r.index_kind = 'depth' THEN r.index_min * r.to_si END),
           max(CASE WHEN r.kind = 'log' AND r.index_kind = 'depth' THEN r.index_max * r.to_si END),
           w.grid_unit, w.grid_step, w.grid_origin, NULL, NULL, NULL, NULL, NULL, NULL
    FROM wells AS w
    LEFT JOIN runs AS r INDEXED BY runs_by_well ON r.workspace = w.workspace AND r.well = w.id AND r.deleted = 0
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

const LINEAGE: &str = "
    SELECT d.run, substr(lower(hex(d.run)), 1, ?2), r.well, coalesce(w.name, ''), f.source_run,
           substr(lower(hex(f.source_run)), 1, ?2), f.source_curve, f.source_number, f.source_blob, d.tool, d.version,
           d.parameters, d.description
    FROM derivations AS d
    JOIN derived_from AS f ON f.workspace = d.workspace AND f.run = d.run
    JOIN runs AS r ON r.workspace = d.workspace AND r.id = d.run
    LEFT JOIN wells AS w ON w.workspace = r.workspace AND w.id = r.well
    WHERE d.workspace = ?1 AND r.deleted = 0 AND coalesce(w.deleted, 0) = 0
    ORDER BY w.name, d.run, f.number";

/// Runs that are tables.
const TABLES: &str = "
    SELECT r.id, substr(lower(hex(r.id)), 1, ?2), r.well, w.name, r.name, r.kind, r.set_name, r.source_name, r.index_column,
           r.curve_count, r.row_count, r.blob, r.blob_bytes,
           EXISTS (SELECT 1 FROM held_for AS h WHERE h.hash = r.blob AND h.workspace = r.workspace)
    FROM runs AS r
    LEFT JOIN wells AS w ON w.workspace = r.workspace AND w.id = r.well
    WHERE r.workspace = ?1 AND r.kind <> 'log' AND r.deleted = 0 AND coalesce(w.deleted, 0) = 0
    ORDER BY w.name, r.id";

const WELLBORES: &str = "
    SELECT w.id, w.name, r.wellbore, count(r.id), coalesce(sum(CASE WHEN r.kind = 'log' THEN r.curve_count END), 0),
           min(CASE WHEN r.kind = 'log' AND r.index_kind = 'depth' THEN r.index_min * r.to_si END),
           max(CASE WHEN r.kind = 'log' AND r.index_kind = 'depth' THEN r.index_max * r.to_si END)
    FROM wells AS w
    JOIN runs AS r ON r.workspace = w.workspace AND r.well = w.id AND r.deleted = 0
    WHERE w.workspace = ?1 AND w.deleted = 0
    GROUP BY w.id, r.wellbore ORDER BY w.name, w.id, r.wellbore";

/// Wells, to be counted without what is told of each.
const WELLS_ALONE: &str = "SELECT 1 FROM wells WHERE workspace = ?1 AND deleted = 0";

const PROJECTS_ALONE: &str = "SELECT 1 FROM projects WHERE workspace = ?1 AND deleted = 0";

impl Catalog for IndexCatalog {
    fn rows(&self, table: MetaTable) -> Result<RecordBatch, CatalogError> {
        let workspace = self.workspace;
        // These ask the network too, which must not be asked under the core's lock.
        if matches!(table, MetaTable::Peers | MetaTable::Transfers) {
            let rows = self.node.get().and_then(|node| {
                let rows = if table == MetaTable::Peers { live::peers } else { live::transfers };
                let asked = node.clone();
                node.by_clerk_unlocked(move || batch(table, rows(&asked, workspace)?))
            });
            return rows.map_err(CatalogError::from_source);
        }
        if let Some(rows) = self.now(|kept, node| kept.rows_now(node, &workspace, table)) {
            return Ok(rows);
        }
        let kept = self.kept.clone();
        self.with(move |core| kept.rows(core, workspace, table, |core| rows(core, workspace, table)))
    }

    fn count(&self, table: MetaTable) -> Result<Option<u64>, CatalogError> {
        let known = match table {
            MetaTable::Properties => Some(dictionary::properties().len()),
            MetaTable::Units => Some(units::units().len()),
            _ => None,
        };
        if let Some(known) = known {
            return Ok(u64::try_from(known).ok());
        }
        let Some(sql) = counted(table) else { return Ok(None) };
        let workspace = self.workspace;
        if let Some(rows) = self.now(|kept, node| kept.rows_now(node, &workspace, table)) {
            return Ok(u64::try_from(rows.num_rows()).ok());
        }
        self.with(move |core| count(core.store.connection(), sql, workspace).map(Some))
    }

    fn runs(&self, filter: &RunFilter) -> Result<Vec<Arc<RunFile>>, CatalogError> {
        let (workspace, kept, filter) = (self.workspace, self.kept.clone(), filter.clone());
        let matching =
            |all: &Files, filter: &RunFilter| all.iter().filter(|run| files::matches(filter, run)).cloned().collect();
        let names_some = filter.runs.is_some() || filter.wells.is_some();
        if let Some(all) = self.now(|kept, node| kept.files_now(node, &workspace))
            && (all.len() <= AT_A_GLANCE || !names_some)
        {
            return Ok(matching(&all, &filter));
        }
        self.with(move |core| {
            // A few are found at once, also where there are too many to be kept.
            if let Some(few) = files::named(core.store.connection(), workspace, &filter)? {
                return Ok(few);
            }
            let all = kept.files(core, workspace, |core| files::all(core.store.connection(), workspace))?;
            Ok(matching(&all, &filter))
        })
    }

    fn gridded(&self, run_id: &str) -> Result<Option<RunFile>, CatalogError> {
        let (workspace, run_id) = (self.workspace, run_id.to_owned());
        self.with(move |core| {
            let malformed = |_error| ApiError::new(ErrorKind::Internal, "a stored id is malformed");
            files::gridded(core.store.connection(), workspace, &run_id.parse().map_err(malformed)?)
        })
    }

    fn well(&self, name: &str) -> Result<WellMatch, CatalogError> {
        let (workspace, name) = (self.workspace, name.to_owned());
        self.with(move |core| wide::well(core, workspace, &name))
    }

    fn conversion(&self, from: &str, to: &str) -> Result<Arc<dyn Convert>, UnitError> {
        wide::conversion(from, to)
    }
}

/// Returns the rows of a table that the core knows alone.
fn rows(core: &mut Core, workspace: WorkspaceId, table: MetaTable) -> Result<RecordBatch, ApiError> {
    let read = |core: &Core, sql| table_of(core.store.connection(), table, sql, params![workspace.as_bytes()]);
    let read_short =
        |core: &Core, sql| table_of(core.store.connection(), table, sql, params![workspace.as_bytes(), SHORT]);
    match table {
        MetaTable::Wells => wells(core, workspace),
        MetaTable::Wellbores => read(core, WELLBORES),
        MetaTable::Runs => read_short(core, RUNS),
        MetaTable::Curves => curves(core, workspace),
        MetaTable::Tables => read_short(core, TABLES),
        MetaTable::Notices => read_short(core, NOTICES),
        MetaTable::Lineage => read_short(core, LINEAGE),
        MetaTable::Attachments => read(core, ATTACHMENTS),
        MetaTable::Projects => batch(table, people::projects(core, workspace)?),
        MetaTable::Tops => batch(table, tops::tops(core, workspace)?),
        MetaTable::Surveys => batch(table, tops::surveys(core, workspace)?),
        MetaTable::Selections => batch(table, tops::selections(core, workspace)?),
        MetaTable::Charts => batch(table, tops::charts(core, workspace)?),
        MetaTable::Dictionary => batch(table, words::dictionary(core, workspace)?),
        MetaTable::Properties => batch(table, words::properties()),
        MetaTable::Units => batch(table, words::units()),
        MetaTable::Members => batch(table, people::members(core, workspace)?),
        MetaTable::Devices => batch(table, places::devices(core, workspace)?),
        MetaTable::Entries => people::entries(core, workspace),
        MetaTable::Conflicts => batch(table, people::conflicts(core, workspace)?),
        MetaTable::Blobs => batch(table, places::blobs(core, workspace)?),
        MetaTable::Holdings => batch(table, places::held(core, workspace)?),
        MetaTable::Peers | MetaTable::Transfers => {
            Err(ApiError::new(ErrorKind::Internal, format!("{table} is not the core's to tell")))
        }
    }
}

/// Returns the statement whose rows are counted in place of making those of a table.
const fn counted(table: MetaTable) -> Option<&'static str> {
    Some(match table {
        MetaTable::Wells => WELLS_ALONE,
        MetaTable::Projects => PROJECTS_ALONE,
        MetaTable::Runs => RUNS,
        MetaTable::Curves => CURVES,
        MetaTable::Tables => TABLES,
        MetaTable::Notices => NOTICES,
        MetaTable::Attachments => ATTACHMENTS,
        MetaTable::Entries => people::ENTRIES,
        _ => return None,
    })
}

/// Counts the rows of a statement; SQLite leaves out what only fills their columns.
fn count(connection: &Connection, sql: &str, workspace: WorkspaceId) -> Result<u64, ApiError> {
    let mut statement = connection.prepare_cached(&format!("SELECT count(*) FROM ({sql})"))?;
    let found = if statement.parameter_count() > 1 {
        statement.query_row(params![workspace.as_bytes(), SHORT], |row| row.get(0))
    } else {
        statement.query_row(params![workspace.as_bytes()], |row| row.get(0))
    };
    Ok(found?)
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
