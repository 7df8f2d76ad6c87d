//! What is stored about entries by device, for answers about people.

use std::collections::BTreeMap;

use dataforge_protocol::id::{DeviceId, EntryId, WorkspaceId};
use rusqlite::{OptionalExtension as _, params};

use super::Store;
use crate::api::ApiError;

/// What there is of a device.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct DeviceCount {
    /// Entries that count.
    pub(crate) counted: u64,
    /// Entries that do not.
    pub(crate) aside: u64,
    /// The newest one, by the device's clock.
    pub(crate) last_claimed_ms: Option<u64>,
}

impl Store {
    /// Returns when an entry was written, by its device's clock, and when it came here.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn entry_times(&self, id: &EntryId) -> Result<Option<(u64, u64)>, ApiError> {
        let mut statement =
            self.connection().prepare_cached("SELECT claimed_ms, received_ms FROM entries WHERE id = ?1")?;
        let times = statement.query_row(params![id.as_bytes()], |row| Ok((row.get(0)?, row.get(1)?)));
        Ok(times.optional()?)
    }

    /// Returns what there is of each device that wrote something.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn device_counts(&self, workspace: &WorkspaceId) -> Result<BTreeMap<DeviceId, DeviceCount>, ApiError> {
        let mut statement = self.connection().prepare_cached(
            "SELECT device, count(*) FILTER (WHERE outcome = 0), count(*) FILTER (WHERE outcome <> 0), max(claimed_ms)
             FROM entries WHERE workspace = ?1 GROUP BY device",
        )?;
        let rows = statement.query_map(params![workspace.as_bytes()], |row| {
            let count = DeviceCount { counted: row.get(1)?, aside: row.get(2)?, last_claimed_ms: row.get(3)? };
            Ok((DeviceId(row.get(0)?), count))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
