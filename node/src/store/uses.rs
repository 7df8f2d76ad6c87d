//! When blobs were read here, parts of others that are here because somebody read them, and when
//! something was done last.

use std::collections::BTreeMap;

use dataforge_protocol::id::BlobHash;
use rusqlite::{OptionalExtension as _, params};

use super::Store;
use crate::api::ApiError;

/// How a blob was read here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Use {
    /// When last, in milliseconds since 1970; 0 for never.
    pub(crate) last_ms: u64,
    /// How often.
    pub(crate) count: u64,
}

impl Store {
    /// Adds to how blobs were read.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn note_uses(&self, uses: &BTreeMap<BlobHash, Use>) -> Result<(), ApiError> {
        let mut statement = self.connection().prepare_cached(
            "INSERT INTO uses VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET
             last_ms = max(last_ms, excluded.last_ms), count = count + excluded.count",
        )?;
        for (hash, Use { last_ms, count }) in uses {
            self.note_unseen(statement.execute(params![hash.as_bytes(), last_ms, count])?);
        }
        Ok(())
    }

    /// Returns how blobs were read.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn uses(&self) -> Result<BTreeMap<BlobHash, Use>, ApiError> {
        let mut statement = self.connection().prepare_cached("SELECT hash, last_ms, count FROM uses")?;
        let rows = statement
            .query_map([], |row| Ok((BlobHash(row.get(0)?), Use { last_ms: row.get(1)?, count: row.get(2)? })))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Notes how much is here of a blob that is not held as a whole.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn note_partial(&self, hash: &BlobHash, bytes: u64, now_ms: u64) -> Result<(), ApiError> {
        self.connection().prepare_cached("INSERT OR REPLACE INTO partials VALUES (?1, ?2, ?3)")?.execute(params![
            hash.as_bytes(),
            bytes,
            now_ms
        ])?;
        Ok(())
    }

    /// Forgets that parts of blobs are here.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn forget_partials(&self, blobs: impl IntoIterator<Item = BlobHash>) -> Result<(), ApiError> {
        let mut statement = self.connection().prepare_cached("DELETE FROM partials WHERE hash = ?1")?;
        for hash in blobs {
            statement.execute(params![hash.as_bytes()])?;
        }
        Ok(())
    }

    /// Returns the blobs of which parts are here, with their bytes, those read longest ago first.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn partials(&self) -> Result<Vec<(BlobHash, u64)>, ApiError> {
        let mut statement = self.connection().prepare_cached(
            "SELECT hash, bytes FROM partials AS p WHERE NOT EXISTS (SELECT 1 FROM have WHERE have.hash = p.hash)
             ORDER BY last_ms, hash",
        )?;
        let rows = statement.query_map([], |row| Ok((BlobHash(row.get(0)?), row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Returns when something was done last.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn last_time(&self, chore: &str) -> Result<Option<u64>, ApiError> {
        let mut statement = self.connection().prepare_cached("SELECT last_ms FROM chores WHERE chore = ?1")?;
        Ok(statement.query_row(params![chore], |row| row.get(0)).optional()?)
    }

    /// Notes that something was done.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn note_time(&self, chore: &str, now_ms: u64) -> Result<(), ApiError> {
        self.connection()
            .prepare_cached("INSERT OR REPLACE INTO chores VALUES (?1, ?2)")?
            .execute(params![chore, now_ms])?;
        Ok(())
    }
}
