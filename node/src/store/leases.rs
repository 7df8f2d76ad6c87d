//! Promises to others not to give up blobs for now.

use dataforge_protocol::id::{BlobHash, DeviceId};
use rusqlite::params;

use super::Store;
use crate::api::ApiError;

/// A promise that was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Lease {
    /// The blob.
    pub(crate) hash: BlobHash,
    /// To whom.
    pub(crate) device: DeviceId,
    /// When, by the clock of this device.
    pub(crate) granted_ms: u64,
}

impl Store {
    /// Writes promises down; one to the same device takes the place of an earlier one.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn note_leases(&self, leases: &[Lease]) -> Result<(), ApiError> {
        let mut statement = self.connection().prepare_cached("INSERT OR REPLACE INTO leases VALUES (?1, ?2, ?3)")?;
        for Lease { hash, device, granted_ms } in leases {
            statement.execute(params![hash.as_bytes(), device.as_bytes(), granted_ms])?;
        }
        Ok(())
    }

    /// Returns all promises that were written down.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn leases(&self) -> Result<Vec<Lease>, ApiError> {
        let mut statement = self.connection().prepare_cached("SELECT hash, device, granted_ms FROM leases")?;
        let rows = statement.query_map([], |row| {
            Ok(Lease { hash: BlobHash(row.get(0)?), device: DeviceId(row.get(1)?), granted_ms: row.get(2)? })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Forgets promises that ran out.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn end_leases(&self, leases: &[(BlobHash, DeviceId)]) -> Result<(), ApiError> {
        let mut statement = self.connection().prepare_cached("DELETE FROM leases WHERE hash = ?1 AND device = ?2")?;
        for (hash, device) in leases {
            statement.execute(params![hash.as_bytes(), device.as_bytes()])?;
        }
        Ok(())
    }
}
