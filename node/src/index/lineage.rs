//! Rows of what derived runs were made of and how.

use dataforge_protocol::document::Document;
use dataforge_protocol::id::{BlobHash, DocId, WorkspaceId};
use rusqlite::{OptionalExtension as _, params};

use super::read::{Index, SHORT, hex};
use crate::api::{ApiError, LineageInfo, LineageSource};
use crate::derive::Lineage;
use crate::store::Store;

/// Notes what a run was made of, if it is a derived one. What cannot be read is passed over: the run is one
/// all the same.
pub(super) fn insert(
    store: &Store,
    workspace: &WorkspaceId,
    doc: &DocId,
    document: &Document,
    source: &BlobHash,
) -> Result<(), ApiError> {
    let Some(lineage) = document.lineage(source).and_then(|bytes| Lineage::read(&bytes)) else { return Ok(()) };
    store.connection().prepare_cached("INSERT INTO derivations VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?.execute(params![
        workspace.as_bytes(),
        doc.as_bytes(),
        lineage.tool,
        lineage.version,
        lineage.parameters.to_string(),
        lineage.description,
    ])?;
    let mut statement =
        store.connection().prepare_cached("INSERT INTO derived_from VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?;
    for (number, of) in (1_u32..).zip(&lineage.sources) {
        // Whoever reads a lineage has seen that these are ids.
        let (Ok(run), Ok(blob)) = (of.run.parse::<DocId>(), of.blob.parse::<BlobHash>()) else { continue };
        statement.execute(params![
            workspace.as_bytes(),
            doc.as_bytes(),
            number,
            run.as_bytes(),
            of.ordinal,
            of.mnemonic,
            blob.as_bytes(),
        ])?;
    }
    Ok(())
}

const SOURCES: &str = "
    SELECT f.source_run, f.source_number, f.source_curve, f.source_blob, r.name
    FROM derived_from AS f
    LEFT JOIN runs AS r ON r.workspace = f.workspace AND r.id = f.source_run AND r.deleted = 0
    WHERE f.workspace = ?1 AND f.run = ?2 ORDER BY f.number";

impl Index<'_> {
    /// Returns what a run was made of and how; nothing for one that was imported.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn lineage(&self, run: &DocId) -> Result<Option<LineageInfo>, ApiError> {
        let of = params![self.workspace.as_bytes(), run.as_bytes()];
        let mut statement = self.connection.prepare_cached(
            "SELECT tool, version, parameters, description FROM derivations WHERE workspace = ?1 AND run = ?2",
        )?;
        let made = statement.query_row(of, |row| {
            Ok(LineageInfo {
                run: run.to_string().chars().take(SHORT).collect(),
                tool: row.get(0)?,
                version: row.get(1)?,
                parameters: row.get(2)?,
                description: row.get(3)?,
                sources: Vec::new(),
            })
        });
        let Some(mut info) = made.optional()? else { return Ok(None) };
        let mut statement = self.connection.prepare_cached(SOURCES)?;
        let sources = statement.query_map(of, |row| {
            Ok(LineageSource {
                run_id: hex(&row.get::<_, Vec<u8>>(0)?),
                ordinal: row.get(1)?,
                curve: row.get(2)?,
                blob: hex(&row.get::<_, Vec<u8>>(3)?),
                name: row.get(4)?,
            })
        })?;
        info.sources = sources.collect::<Result<_, _>>()?;
        Ok(Some(info))
    }

    /// Whether a run has a gridded copy with these bytes.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn has_copy(&self, run: &DocId, blob: &BlobHash) -> Result<bool, ApiError> {
        let mut statement =
            self.connection.prepare_cached("SELECT 1 FROM gridded WHERE workspace = ?1 AND run = ?2 AND blob = ?3")?;
        Ok(statement.exists(params![self.workspace.as_bytes(), run.as_bytes(), blob.as_bytes()])?)
    }
}
