//! Verdicts on tables: whether a blob is sound and holds what a run says of it.

use dataforge_protocol::id::{BlobHash, DocId, WorkspaceId};
use rusqlite::{Row, params};

use super::Store;
use crate::api::ApiError;

/// A table that is held and was not checked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Unchecked {
    /// The run it is of.
    pub(crate) run: DocId,
    /// The table.
    pub(crate) blob: BlobHash,
    /// Id of what it should hold.
    pub(crate) expected: [u8; 32],
}

const NATIVE: &str = "
    SELECT r.id, r.blob, r.expected FROM runs AS r
    WHERE r.workspace = ?1 AND EXISTS (SELECT 1 FROM held_for AS h WHERE h.hash = r.blob AND h.workspace = r.workspace)
    AND NOT EXISTS (SELECT 1 FROM checks AS c WHERE c.blob = r.blob AND c.expected = r.expected)";

const GRIDDED: &str = "
    SELECT g.run, g.blob, g.expected FROM gridded AS g
    WHERE g.workspace = ?1 AND EXISTS (SELECT 1 FROM held_for AS h WHERE h.hash = g.blob AND h.workspace = g.workspace)
    AND NOT EXISTS (SELECT 1 FROM checks AS c WHERE c.blob = g.blob AND c.expected = g.expected)";

fn unchecked(row: &Row<'_>) -> rusqlite::Result<Unchecked> {
    Ok(Unchecked { run: DocId(row.get(0)?), blob: BlobHash(row.get(1)?), expected: row.get(2)? })
}

impl Store {
    /// Notes a verdict; `refused` says why a table is not what it should be.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn note_check(
        &self,
        blob: &BlobHash,
        expected: &[u8; 32],
        refused: Option<&str>,
    ) -> Result<(), ApiError> {
        self.connection().prepare_cached("INSERT OR IGNORE INTO checks VALUES (?1, ?2, ?3)")?.execute(params![
            blob.as_bytes(),
            expected,
            refused
        ])?;
        Ok(())
    }

    /// Returns tables of a workspace that are held and were not checked; native ones first.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn unchecked(&self, workspace: &WorkspaceId) -> Result<Vec<Unchecked>, ApiError> {
        let mut found = Vec::new();
        for sql in [NATIVE, GRIDDED] {
            let mut statement = self.connection().prepare_cached(sql)?;
            for row in statement.query_map(params![workspace.as_bytes()], unchecked)? {
                found.push(row?);
            }
        }
        Ok(found)
    }

    /// Returns whether a blob is held for a workspace and was found to be a sound table.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn has_table(&self, workspace: &WorkspaceId, hash: &BlobHash) -> Result<bool, ApiError> {
        let mut statement = self.connection().prepare_cached(
            "SELECT 1 FROM held_for WHERE hash = ?1 AND workspace = ?2
             AND EXISTS (SELECT 1 FROM checks WHERE checks.blob = ?1 AND checks.refused IS NULL)",
        )?;
        Ok(statement.exists(params![hash.as_bytes(), workspace.as_bytes()])?)
    }

    /// Returns whether a table was found not to be what is expected.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn is_refused(&self, blob: &BlobHash, expected: &[u8; 32]) -> Result<bool, ApiError> {
        let mut statement = self
            .connection()
            .prepare_cached("SELECT 1 FROM checks WHERE blob = ?1 AND expected = ?2 AND refused IS NOT NULL")?;
        Ok(statement.exists(params![blob.as_bytes(), expected])?)
    }

    /// Returns why a table was refused.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn refusal(&self, hash: &BlobHash) -> Result<Option<String>, ApiError> {
        let mut statement = self
            .connection()
            .prepare_cached("SELECT refused FROM checks WHERE blob = ?1 AND refused IS NOT NULL ORDER BY expected")?;
        let mut rows = statement.query_map(params![hash.as_bytes()], |row| row.get(0))?;
        Ok(rows.next().transpose()?)
    }
}
