//! The queue of transfers, as far as it outlives the process: what was asked for by name, what failed
//! and when it is tried again, and what is paused. The rest of the queue follows from the policies.

use std::collections::{BTreeMap, BTreeSet};

use dataforge_protocol::id::{BlobHash, DeviceId, WorkspaceId};
use rusqlite::params;

use super::Store;
use crate::api::ApiError;

/// What is known of a blob that is to be fetched.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Transfer {
    /// When somebody asked for it by name.
    pub(crate) asked_ms: Option<u64>,
    /// Attempts that failed in a row.
    pub(crate) attempts: u32,
    /// Not tried before.
    pub(crate) next_ms: u64,
    /// Why the last attempt failed.
    pub(crate) last_error: Option<String>,
}

/// A blob, and the workspace that it is fetched for.
pub(crate) type Wish = (WorkspaceId, BlobHash);

/// Something that is not fetched, or not fetched from, for now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Paused {
    /// All of a workspace.
    Workspace(WorkspaceId),
    /// Whatever a device has.
    Device(DeviceId),
    /// One blob.
    Blob(BlobHash),
}

impl Paused {
    const fn parts(&self) -> (&'static str, &[u8; 32]) {
        match self {
            Self::Workspace(id) => ("workspace", id.as_bytes()),
            Self::Device(id) => ("device", id.as_bytes()),
            Self::Blob(hash) => ("blob", hash.as_bytes()),
        }
    }
}

impl Store {
    /// Notes that blobs of a workspace are asked for by name. They are tried at once.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn ask_for(&self, workspace: &WorkspaceId, blobs: &[BlobHash], now_ms: u64) -> Result<(), ApiError> {
        let mut statement = self.connection().prepare_cached(
            "INSERT INTO transfers VALUES (?1, ?2, ?3, 0, 0, NULL)
             ON CONFLICT DO UPDATE SET asked_ms = coalesce(asked_ms, excluded.asked_ms), next_ms = 0",
        )?;
        for hash in blobs {
            statement.execute(params![workspace.as_bytes(), hash.as_bytes(), now_ms])?;
        }
        Ok(())
    }

    /// Notes that an attempt failed.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn note_failure(&self, of: &Wish, attempts: u32, next_ms: u64, why: &str) -> Result<(), ApiError> {
        let (workspace, hash) = of;
        self.connection()
            .prepare_cached(
                "INSERT INTO transfers VALUES (?1, ?2, NULL, ?3, ?4, ?5) ON CONFLICT DO UPDATE SET
                 attempts = excluded.attempts, next_ms = excluded.next_ms, last_error = excluded.last_error",
            )?
            .execute(params![workspace.as_bytes(), hash.as_bytes(), attempts, next_ms, why])?;
        Ok(())
    }

    /// Forgets what was known of transfers that are done, or not wanted any more.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn end_transfers(
        &self,
        workspace: &WorkspaceId,
        blobs: impl IntoIterator<Item = BlobHash>,
    ) -> Result<(), ApiError> {
        let mut statement =
            self.connection().prepare_cached("DELETE FROM transfers WHERE workspace = ?1 AND hash = ?2")?;
        for hash in blobs {
            statement.execute(params![workspace.as_bytes(), hash.as_bytes()])?;
        }
        Ok(())
    }

    /// Returns what is known of transfers.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn transfers(&self) -> Result<BTreeMap<Wish, Transfer>, ApiError> {
        let mut statement = self
            .connection()
            .prepare_cached("SELECT workspace, hash, asked_ms, attempts, next_ms, last_error FROM transfers")?;
        let rows = statement.query_map([], |row| {
            let transfer = Transfer {
                asked_ms: row.get(2)?,
                attempts: row.get(3)?,
                next_ms: row.get(4)?,
                last_error: row.get(5)?,
            };
            Ok(((WorkspaceId(row.get(0)?), BlobHash(row.get(1)?)), transfer))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Pauses something or lets it go on; returns whether that changed anything.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn pause(&self, what: &Paused, on: bool) -> Result<bool, ApiError> {
        let (kind, id) = what.parts();
        let sql = if on {
            "INSERT OR IGNORE INTO pauses VALUES (?1, ?2)"
        } else {
            "DELETE FROM pauses WHERE kind = ?1 AND id = ?2"
        };
        Ok(self.connection().execute(sql, params![kind, id])? > 0)
    }

    /// Returns what is paused.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn pauses(&self) -> Result<BTreeSet<Paused>, ApiError> {
        let mut statement = self.connection().prepare_cached("SELECT kind, id FROM pauses")?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let mut paused = BTreeSet::new();
        for row in rows {
            let (kind, id): (String, [u8; 32]) = row?;
            match kind.as_str() {
                "workspace" => paused.insert(Paused::Workspace(WorkspaceId(id))),
                "device" => paused.insert(Paused::Device(DeviceId(id))),
                _ => paused.insert(Paused::Blob(BlobHash(id))),
            };
        }
        Ok(paused)
    }
}
