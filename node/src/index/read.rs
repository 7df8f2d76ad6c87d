//! Reading the index: lists in a stable order.

use std::collections::BTreeSet;

use dataforge_protocol::document::HeaderField;
use dataforge_protocol::id::{BlobHash, DocId, WorkspaceId};
use rusqlite::{Connection, Row, params};

use crate::api::{ApiError, AttachmentInfo, CurveInfo, ErrorKind, NoticeInfo, RunInfo, WellInfo};

/// Hex digits of a short id.
pub(crate) const SHORT: usize = 10;

/// The index of one workspace.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Index<'a> {
    pub(super) connection: &'a Connection,
    pub(super) workspace: WorkspaceId,
}

const WELLS: &str = "
    SELECT w.id, w.name, w.uwi, w.field, w.company, w.country,
           count(r.id) AS runs, coalesce(sum(CASE WHEN r.kind = 'log' THEN r.curve_count END), 0) AS curves,
           min(CASE WHEN r.kind = 'log' AND r.index_kind = 'depth' THEN r.index_min * r.to_si END) AS top_m,
           max(CASE WHEN r.kind = 'log' AND r.index_kind = 'depth' THEN r.index_max * r.to_si END) AS base_m,
           count(CASE WHEN EXISTS (SELECT 1 FROM held_for AS h WHERE h.hash = r.blob AND h.workspace = r.workspace)
                 THEN 1 END) AS held,
           (SELECT p.id FROM projects AS p
            WHERE p.workspace = w.workspace AND p.id = w.project AND p.deleted = 0) AS project_id,
           w.grid_unit, w.grid_step, w.grid_origin
    FROM wells AS w
    LEFT JOIN runs AS r INDEXED BY runs_by_well ON r.workspace = w.workspace AND r.well = w.id AND r.deleted = 0
    WHERE w.workspace = ?1 AND w.deleted = 0 AND {of}
    GROUP BY w.id ORDER BY w.name, w.id";

const RUNS: &str = "
    SELECT r.*, coalesce(w.name, '') AS well_name,
           EXISTS (SELECT 1 FROM held_for AS h WHERE h.hash = r.blob AND h.workspace = r.workspace) AS held,
           (SELECT c.refused FROM checks AS c WHERE c.blob = r.blob AND c.expected = r.expected) AS refused
    FROM runs AS r {index}
    LEFT JOIN wells AS w ON w.workspace = r.workspace AND w.id = r.well
    WHERE r.workspace = ?1 AND r.deleted = 0 AND coalesce(w.deleted, 0) = 0 AND {of}
    ORDER BY well_name, r.name, r.id";

const CURVES: &str = "
    SELECT c.*, coalesce(w.name, '') AS well_name
    FROM curves AS c
    JOIN runs AS r ON r.workspace = c.workspace AND r.id = c.run
    LEFT JOIN wells AS w ON w.workspace = r.workspace AND w.id = r.well
    WHERE c.workspace = ?1 AND r.deleted = 0 AND coalesce(w.deleted, 0) = 0 AND {of}
    ORDER BY well_name, r.name, c.run, c.ordinal";

const ATTACHMENTS: &str = "
    SELECT a.*, w.name AS well_name, p.name AS project_name,
           EXISTS (SELECT 1 FROM held_for AS h WHERE h.hash = a.blob AND h.workspace = a.workspace) AS held
    FROM attachments AS a {index}
    LEFT JOIN wells AS w ON w.workspace = a.workspace AND w.id = a.well
    LEFT JOIN projects AS p ON p.workspace = a.workspace AND p.id = a.project
    WHERE a.workspace = ?1 AND a.deleted = 0 AND coalesce(w.deleted, 0) = 0 AND coalesce(p.deleted, 0) = 0 AND {of}
    ORDER BY w.name, a.name, a.id";

/// Returns the statement that lists everything, or only what has ?2 in a column, found by an index
/// if one is named. SQLite itself takes an index for no better than reading all of a workspace,
/// because it guesses that a workspace has ten rows.
pub(crate) fn listing(statement: &str, of: Option<(&str, &str)>) -> String {
    let (condition, index) = match of {
        None => ("?2 IS NULL".to_owned(), String::new()),
        Some((column, "")) => (format!("{column} = ?2"), String::new()),
        Some((column, index)) => (format!("{column} = ?2"), format!("INDEXED BY {index}")),
    };
    statement.replace("{of}", &condition).replace("{index}", &index)
}

pub(super) fn hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(bytes)
}

pub(super) fn optional_hex(bytes: Option<Vec<u8>>) -> String {
    bytes.map(|bytes| hex(&bytes)).unwrap_or_default()
}

// By position, as WELLS has them: finding fifteen columns by name took a third of a list of 10,000.
fn well(row: &Row<'_>) -> rusqlite::Result<WellInfo> {
    Ok(WellInfo {
        id: hex(row.get_ref(0)?.as_bytes()?),
        name: row.get(1)?,
        uwi: row.get(2)?,
        field: row.get(3)?,
        company: row.get(4)?,
        country: row.get(5)?,
        runs: row.get(6)?,
        curves: row.get(7)?,
        top_m: row.get(8)?,
        base_m: row.get(9)?,
        held: row.get(10)?,
        project_id: row.get::<_, Option<Vec<u8>>>(11)?.map(|id| hex(&id)),
        grid_unit: row.get(12)?,
        grid_step: row.get(13)?,
        grid_origin: row.get(14)?,
    })
}

fn run(row: &Row<'_>) -> rusqlite::Result<RunInfo> {
    let id = hex(&row.get::<_, Vec<u8>>("id")?);
    Ok(RunInfo {
        short: id.chars().take(SHORT).collect(),
        id,
        name: row.get("name")?,
        well_id: optional_hex(row.get("well")?),
        well: row.get("well_name")?,
        source: row.get("source_name")?,
        kind: row.get("kind")?,
        set: row.get("set_name")?,
        rows: row.get("row_count")?,
        curves: row.get("curve_count")?,
        index: row.get("index_mnemonic")?,
        index_unit: row.get("index_unit")?,
        index_kind: row.get("index_kind")?,
        index_min: row.get("index_min")?,
        index_max: row.get("index_max")?,
        step: row.get("step")?,
        acquisition: acquisition(row)?,
        notices: row.get("notices")?,
        blob: hex(&row.get::<_, Vec<u8>>("blob")?),
        blob_bytes: row.get("blob_bytes")?,
        held: row.get("held")?,
        refused: row.get("refused")?,
    })
}

/// What is known about the acquisition of a run.
fn acquisition(row: &Row<'_>) -> rusqlite::Result<Vec<(String, String)>> {
    let mut fields = Vec::new();
    for field in HeaderField::ALL {
        let value = match field {
            HeaderField::ElevationM => row.get::<_, Option<f64>>("elevation_m")?.map(|metres| metres.to_string()),
            HeaderField::Date => row.get("log_date")?,
            _ => row.get(field.as_str())?,
        };
        fields.extend(value.map(|value| (field.as_str().to_owned(), value)));
    }
    Ok(fields)
}

fn attachment(row: &Row<'_>) -> rusqlite::Result<AttachmentInfo> {
    let id = hex(&row.get::<_, Vec<u8>>("id")?);
    Ok(AttachmentInfo {
        short: id.chars().take(SHORT).collect(),
        id,
        name: row.get("name")?,
        description: row.get("description")?,
        well_id: optional_hex(row.get("well")?),
        well: row.get("well_name")?,
        project_id: optional_hex(row.get("project")?),
        project: row.get("project_name")?,
        bytes: row.get("blob_bytes")?,
        blob: hex(&row.get::<_, Vec<u8>>("blob")?),
        held: row.get("held")?,
    })
}

fn curve(row: &Row<'_>) -> rusqlite::Result<CurveInfo> {
    Ok(CurveInfo {
        run: hex(&row.get::<_, Vec<u8>>("run")?).chars().take(SHORT).collect(),
        well: row.get("well_name")?,
        ordinal: row.get("ordinal")?,
        curve: row.get("label")?,
        mnemonic: row.get("mnemonic")?,
        column: row.get("column_name")?,
        unit: row.get("unit")?,
        description: row.get("description")?,
        property: row.get("property")?,
        confidence: row.get("confidence")?,
        reason: row.get("reason")?,
        quality: row.get("quality")?,
        preferred: false,
        count: row.get("value_count")?,
        nulls: row.get("null_count")?,
        min: row.get("min_value")?,
        max: row.get("max_value")?,
        mean: row.get("mean_value")?,
        top: row.get("top")?,
        base: row.get("base")?,
    })
}

impl<'a> Index<'a> {
    /// Reads through a connection.
    #[must_use]
    pub(crate) const fn new(connection: &'a Connection, workspace: WorkspaceId) -> Self {
        Self { connection, workspace }
    }

    /// Returns a well.
    ///
    /// # Errors
    /// `NotFound`, `Storage`.
    pub(crate) fn well(&self, id: &DocId) -> Result<WellInfo, ApiError> {
        let found = self.wells_of(Some(id))?.pop();
        found.ok_or_else(|| ApiError::new(ErrorKind::NotFound, "its well is not listed"))
    }

    /// Returns the wells, by name.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn wells(&self) -> Result<Vec<WellInfo>, ApiError> {
        self.wells_of(None)
    }

    fn wells_of(&self, id: Option<&DocId>) -> Result<Vec<WellInfo>, ApiError> {
        let mut statement = self.connection.prepare_cached(&listing(WELLS, id.map(|_| ("w.id", ""))))?;
        let rows = statement.query_map(params![self.workspace.as_bytes(), id.map(DocId::as_bytes)], well)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Returns the runs of a well or all, by well and name.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn runs(&self, of: Option<&DocId>) -> Result<Vec<RunInfo>, ApiError> {
        self.runs_with(of.map(|well| (well, "r.well", "runs_by_well")))
    }

    fn runs_with(&self, of: Option<(&DocId, &str, &str)>) -> Result<Vec<RunInfo>, ApiError> {
        let id = of.map(|(id, _, _)| id.as_bytes());
        let mut statement =
            self.connection.prepare_cached(&listing(RUNS, of.map(|(_, column, index)| (column, index))))?;
        let rows = statement.query_map(params![self.workspace.as_bytes(), id], run)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Returns the curves of a run or all, by run and ordinal.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn curves(&self, of: Option<&DocId>) -> Result<Vec<CurveInfo>, ApiError> {
        let well = of.map(|run| self.well_of(run)).transpose()?.flatten();
        // Curves of a run without a well stand for nothing.
        let preferred = if of.is_some() && well.is_none() { BTreeSet::new() } else { self.preferred(well.as_ref())? };
        let mut statement = self.connection.prepare_cached(&listing(CURVES, of.map(|_| ("c.run", ""))))?;
        let rows = statement.query_map(params![self.workspace.as_bytes(), of.map(DocId::as_bytes)], |row| {
            let id = (DocId(row.get("run")?), row.get("ordinal")?);
            Ok(CurveInfo { preferred: preferred.contains(&id), ..curve(row)? })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Returns whether a run has a curve of this number.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn has_curve(&self, run: &DocId, ordinal: u32) -> Result<bool, ApiError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM curves WHERE workspace = ?1 AND run = ?2 AND ordinal = ?3)";
        let mut statement = self.connection.prepare_cached(sql)?;
        Ok(statement.query_row(params![self.workspace.as_bytes(), run.as_bytes(), ordinal], |row| row.get(0))?)
    }

    fn well_of(&self, run: &DocId) -> Result<Option<DocId>, ApiError> {
        let mut statement = self.connection.prepare_cached("SELECT well FROM runs WHERE workspace = ?1 AND id = ?2")?;
        let mut rows = statement.query(params![self.workspace.as_bytes(), run.as_bytes()])?;
        let Some(row) = rows.next()? else { return Ok(None) };
        Ok(row.get::<_, Option<[u8; 32]>>(0)?.map(DocId))
    }

    /// Returns the attachments of a well or all, by well and name.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn attachments(&self, of: Option<&DocId>) -> Result<Vec<AttachmentInfo>, ApiError> {
        self.attachments_with(of, ("a.well", "attachments_by_well"))
    }

    /// Returns the attachments of a project, by name.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn project_attachments(&self, project: &DocId) -> Result<Vec<AttachmentInfo>, ApiError> {
        self.attachments_with(Some(project), ("a.project", ""))
    }

    fn attachments_with(&self, of: Option<&DocId>, by: (&str, &str)) -> Result<Vec<AttachmentInfo>, ApiError> {
        let mut statement = self.connection.prepare_cached(&listing(ATTACHMENTS, of.map(|_| by)))?;
        let rows = statement.query_map(params![self.workspace.as_bytes(), of.map(DocId::as_bytes)], attachment)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Returns the run, as the lists have it.
    ///
    /// # Errors
    /// `NotFound` when it is not listed, `Storage`.
    pub(crate) fn run(&self, id: &DocId) -> Result<RunInfo, ApiError> {
        let found = self.runs_with(Some((id, "r.id", "")))?.pop();
        found.ok_or_else(|| ApiError::new(ErrorKind::NotFound, format!("run {id} is not listed")))
    }

    /// Returns what is added to the depths of a run, in metres.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn depth_shift_m(&self, run: &DocId) -> Result<Option<f64>, ApiError> {
        let mut statement =
            self.connection.prepare_cached("SELECT depth_shift_m FROM runs WHERE workspace = ?1 AND id = ?2")?;
        Ok(statement.query_row(params![self.workspace.as_bytes(), run.as_bytes()], |row| row.get(0))?)
    }

    /// Returns a run's oddities, as the reader reported them.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn notices(&self, run: &DocId) -> Result<Vec<NoticeInfo>, ApiError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT line, position, kind, message FROM notices WHERE workspace = ?1 AND run = ?2 ORDER BY number",
        )?;
        let rows = statement.query_map(params![self.workspace.as_bytes(), run.as_bytes()], |row| {
            Ok(NoticeInfo { line: row.get(0)?, column: row.get(1)?, kind: row.get(2)?, message: row.get(3)? })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Returns the attributes of a well.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn attributes(&self, well: &DocId) -> Result<Vec<(String, String)>, ApiError> {
        let mut statement =
            self.connection.prepare_cached("SELECT attributes FROM wells WHERE workspace = ?1 AND id = ?2")?;
        let json: String =
            statement.query_row(params![self.workspace.as_bytes(), well.as_bytes()], |row| row.get(0))?;
        let attributes: std::collections::BTreeMap<String, String> = serde_json::from_str(&json).unwrap_or_default();
        Ok(attributes.into_iter().collect())
    }

    /// Returns the source and native table of a run.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn blobs(&self, run: &DocId) -> Result<(BlobHash, BlobHash), ApiError> {
        let mut statement =
            self.connection.prepare_cached("SELECT source_hash, blob FROM runs WHERE workspace = ?1 AND id = ?2")?;
        let blobs = statement.query_row(params![self.workspace.as_bytes(), run.as_bytes()], |row| {
            Ok((BlobHash(row.get(0)?), BlobHash(row.get(1)?)))
        })?;
        Ok(blobs)
    }

    /// Returns the number of wells and runs that are listed.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn counts(&self) -> Result<(u64, u64), ApiError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT (SELECT count(*) FROM wells WHERE workspace = ?1 AND deleted = 0),
                    (SELECT count(*) FROM runs WHERE workspace = ?1 AND deleted = 0)",
        )?;
        Ok(statement.query_row(params![self.workspace.as_bytes()], |row| Ok((row.get(0)?, row.get(1)?)))?)
    }
}
