//! What a backup reads of the database, and what a restored one begins with.

use std::collections::BTreeSet;
use std::path::Path;

use dataforge_protocol::id::{BlobHash, DeviceId, EntryId, WorkspaceId};
use rusqlite::{Connection, OpenFlags, params};

use super::{Store, named};
use crate::api::ApiError;

/// No file is this one: a database with this place is a copy wherever it stands.
const NOWHERE: (i64, i64) = (-1, -1);

impl Store {
    /// Opens a second way to the database of a data directory that sees it as it is now, whatever is
    /// written meanwhile. Under the core's lock.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn open_moment(dir: &Path) -> Result<Connection, ApiError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(dir.join("node.db"), flags)?;
        connection.execute_batch("PRAGMA trusted_schema = OFF; PRAGMA mmap_size = 0; BEGIN")?;
        // The first look fixes what is seen.
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_row| Ok(()))?;
        Ok(connection)
    }

    /// Returns the tables of what only a node knows.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn truth_tables() -> Result<Vec<String>, ApiError> {
        let truth = Connection::open_in_memory()?;
        truth.execute_batch(include_str!("truth.sql"))?;
        named(&truth, "table")
    }

    /// Returns the blobs that devices brought into a workspace.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn brought_in(
        &self,
        workspace: &WorkspaceId,
        devices: &[DeviceId],
    ) -> Result<BTreeSet<BlobHash>, ApiError> {
        let mut statement =
            self.connection().prepare_cached("SELECT hash FROM blob_places WHERE workspace = ?1 AND device = ?2")?;
        let mut found = BTreeSet::new();
        for device in devices {
            let rows = statement.query_map(params![workspace.as_bytes(), device.as_bytes()], |row| row.get(0))?;
            for row in rows {
                found.insert(BlobHash(row?));
            }
        }
        Ok(found)
    }

    /// Notes when an entry of a backup came to the node that it was restored from.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn set_received(&self, id: &EntryId, received_ms: u64) -> Result<(), ApiError> {
        let mut statement = self.connection().prepare_cached("UPDATE entries SET received_ms = ?2 WHERE id = ?1")?;
        statement.execute(params![id.as_bytes(), received_ms])?;
        Ok(())
    }

    /// Notes when a workspace of a backup came to the node that it was restored from.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn set_added(&self, workspace: &WorkspaceId, added_ms: u64) -> Result<(), ApiError> {
        let mut statement = self.connection().prepare_cached("UPDATE workspaces SET added_ms = ?2 WHERE id = ?1")?;
        statement.execute(params![workspace.as_bytes(), added_ms])?;
        Ok(())
    }

    /// Makes the database one that stands nowhere it was made: it signs nothing until `device renew`
    /// gave it a key of its own.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn unsettle(&self) -> Result<(), ApiError> {
        self.connection().execute("INSERT OR REPLACE INTO place VALUES (1, ?1, ?2)", [NOWHERE.0, NOWHERE.1])?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_stays_as_it_was_while_others_write() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        store.note_have(&[(BlobHash([1; 32]), 5)], 0).unwrap();
        let moment = Store::open_moment(dir.path()).unwrap();
        store.note_have(&[(BlobHash([2; 32]), 5)], 0).unwrap();
        let count = |connection: &Connection| -> u64 {
            connection.query_row("SELECT count(*) FROM have", [], |row| row.get(0)).unwrap()
        };
        assert_eq!((count(&moment), count(store.connection())), (1, 2));
        assert!(moment.execute("DELETE FROM have", []).is_err(), "and it only reads");
    }

    #[test]
    fn an_unsettled_database_is_a_copy_wherever_it_stands() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        assert!(!store.is_copy(dir.path()).unwrap());
        store.unsettle().unwrap();
        assert!(store.is_copy(dir.path()).unwrap());
        store.settle_here(dir.path()).unwrap();
        assert!(!store.is_copy(dir.path()).unwrap());
    }
}
