//! The have-table: which blobs are durable here, and which are referred to.

use dataforge_protocol::entry::BlobRef;
use dataforge_protocol::id::{BlobHash, WorkspaceId};
use rusqlite::{OptionalExtension as _, params};

use super::Store;
use crate::api::ApiError;

impl Store {
    /// Notes blobs as held. Only after their files and directory were synced.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn note_have(&self, blobs: &[(BlobHash, u64)], now_ms: u64) -> Result<(), ApiError> {
        let mut statement = self.connection().prepare_cached("INSERT OR IGNORE INTO have VALUES (?1, ?2, ?3)")?;
        for (hash, size) in blobs {
            statement.execute(params![hash.as_bytes(), size, now_ms])?;
        }
        Ok(())
    }

    /// Takes blobs out of the table, because their bytes turned out to be missing or wrong.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn forget_have(&self, blobs: &[BlobHash]) -> Result<(), ApiError> {
        let mut statement = self.connection().prepare_cached("DELETE FROM have WHERE hash = ?1")?;
        for hash in blobs {
            statement.execute(params![hash.as_bytes()])?;
        }
        Ok(())
    }

    /// Returns whether a blob is held.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn has_blob(&self, hash: &BlobHash) -> Result<bool, ApiError> {
        Ok(self.connection().prepare_cached("SELECT 1 FROM have WHERE hash = ?1")?.exists(params![hash.as_bytes()])?)
    }

    /// Returns the size of a blob that is held.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn blob_size(&self, hash: &BlobHash) -> Result<Option<u64>, ApiError> {
        let mut statement = self.connection().prepare_cached("SELECT size FROM have WHERE hash = ?1")?;
        Ok(statement.query_row(params![hash.as_bytes()], |row| row.get(0)).optional()?)
    }

    /// Returns all blobs held, with their sizes.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn held(&self) -> Result<Vec<BlobRef>, ApiError> {
        let mut statement = self.connection().prepare_cached("SELECT hash, size FROM have ORDER BY hash")?;
        let rows = statement.query_map([], |row| Ok(BlobRef { hash: BlobHash(row.get(0)?), size: row.get(1)? }))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Notes that a workspace refers to blobs.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn refer(&self, workspace: &WorkspaceId, blobs: &[BlobRef]) -> Result<(), ApiError> {
        let mut statement = self.connection().prepare_cached("INSERT OR IGNORE INTO blob_refs VALUES (?1, ?2, ?3)")?;
        for blob in blobs {
            statement.execute(params![workspace.as_bytes(), blob.hash.as_bytes(), blob.size])?;
        }
        Ok(())
    }

    /// Returns whether a workspace refers to a blob.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn refers(&self, workspace: &WorkspaceId, hash: &BlobHash) -> Result<bool, ApiError> {
        let mut statement =
            self.connection().prepare_cached("SELECT 1 FROM blob_refs WHERE workspace = ?1 AND hash = ?2")?;
        Ok(statement.exists(params![workspace.as_bytes(), hash.as_bytes()])?)
    }

    /// Returns the blobs a workspace refers to and that are not held, smallest first.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn missing_blobs(&self, workspace: &WorkspaceId) -> Result<Vec<BlobRef>, ApiError> {
        let mut statement = self.connection().prepare_cached(
            "SELECT hash, size FROM blob_refs AS r WHERE workspace = ?1
             AND NOT EXISTS (SELECT 1 FROM have WHERE have.hash = r.hash) ORDER BY size, hash",
        )?;
        let rows = statement.query_map(params![workspace.as_bytes()], |row| {
            Ok(BlobRef { hash: BlobHash(row.get(0)?), size: row.get(1)? })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Returns the number of blobs a workspace refers to and that are not held.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn count_missing(&self, workspace: &WorkspaceId) -> Result<u64, ApiError> {
        let mut statement = self.connection().prepare_cached(
            "SELECT count(*) FROM blob_refs AS r WHERE workspace = ?1
             AND NOT EXISTS (SELECT 1 FROM have WHERE have.hash = r.hash)",
        )?;
        Ok(statement.query_row(params![workspace.as_bytes()], |row| row.get(0))?)
    }

    /// Returns the bytes of all blobs held.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn held_bytes(&self) -> Result<u64, ApiError> {
        Ok(self.connection().query_row("SELECT coalesce(sum(size), 0) FROM have", [], |row| row.get(0))?)
    }
}
