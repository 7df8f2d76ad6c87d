//! The node's database: chains, what is held, and the index derived from both.
//!
//! SQLite in WAL mode with `synchronous=FULL`: a committed transaction survives a power cut. One
//! connection, used under the core's lock, so there is one writer. Nothing is ever acknowledged
//! before its transaction is committed.

mod blobs;
mod entries;
mod peers;

use std::path::Path;

use rusqlite::Connection;

pub(crate) use self::entries::{kind_word, outcome_word};
pub(crate) use self::peers::Peer;
use crate::api::{ApiError, ErrorKind};

/// Version of the schema (`user_version`).
const SCHEMA: i64 = 1;
/// `application_id`: "dfrg".
const APPLICATION: i64 = 0x6466_7267;

/// The database of a data directory.
#[derive(Debug)]
pub(crate) struct Store {
    connection: Connection,
}

/// A database error as users see it.
impl From<rusqlite::Error> for ApiError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;
        let code = error.sqlite_error_code();
        let kind = match code {
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => ErrorKind::Damaged,
            _ => ErrorKind::Storage,
        };
        let failure = Self::new(kind, format!("database: {error}"));
        match code {
            Some(ErrorCode::DiskFull) => {
                failure.hint("the disk is full: free some space and try again; nothing was lost")
            }
            Some(ErrorCode::DatabaseCorrupt) => failure.hint("run dataforge verify; do not delete the directory"),
            _ => failure,
        }
    }
}

impl Store {
    /// Opens the database of a data directory, making it when it is missing.
    ///
    /// # Errors
    /// `Damaged` when it is no database of ours, `Input` when a newer version made it, `Storage`
    /// otherwise.
    pub(crate) fn open(dir: &Path) -> Result<Self, ApiError> {
        let connection = Connection::open(dir.join("node.db"))?;
        connection.execute_batch(
            "PRAGMA journal_mode = WAL;
             PRAGMA synchronous = FULL;
             PRAGMA foreign_keys = ON;
             PRAGMA trusted_schema = OFF;
             PRAGMA cell_size_check = ON;
             PRAGMA mmap_size = 0;",
        )?;
        let version: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
        match version {
            0 => connection.execute_batch(&format!(
                "BEGIN IMMEDIATE;\n{}\nPRAGMA application_id = {APPLICATION};\nPRAGMA user_version = {SCHEMA};\nCOMMIT;",
                include_str!("store/schema.sql")
            ))?,
            SCHEMA => {}
            newer => {
                return Err(ApiError::new(ErrorKind::Input, format!("the database has version {newer}, this program reads {SCHEMA}"))
                    .hint("use the version of DataForge that made it, or a newer one"));
            }
        }
        Ok(Self { connection })
    }

    /// Runs `work` in one transaction: all of it is durable when this returns `Ok`, none of it
    /// otherwise.
    ///
    /// # Errors
    /// Those of `work`, and `Storage` when the transaction cannot be committed.
    pub(crate) fn transaction<T>(&self, work: impl FnOnce(&Self) -> Result<T, ApiError>) -> Result<T, ApiError> {
        self.connection.execute_batch("BEGIN IMMEDIATE")?;
        match work(self).and_then(|value| Ok(self.connection.execute_batch("COMMIT").map(|()| value)?)) {
            Ok(value) => Ok(value),
            Err(error) => {
                // After some errors SQLite has rolled back already and says so; either way nothing stays.
                drop(self.connection.execute_batch("ROLLBACK"));
                Err(error)
            }
        }
    }

    /// Gives the index modules the connection.
    pub(crate) const fn connection(&self) -> &Connection {
        &self.connection
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failed_transaction_leaves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        let failed: Result<(), _> = store.transaction(|store| {
            store.note_have(&[(dataforge_protocol::id::BlobHash([1; 32]), 5)], 0)?;
            Err(ApiError::new(ErrorKind::Input, "no"))
        });
        assert!(failed.is_err());
        assert!(!store.has_blob(&dataforge_protocol::id::BlobHash([1; 32])).unwrap());
    }

    #[test]
    fn database_of_a_newer_version_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        Store::open(dir.path()).unwrap().connection.execute_batch("PRAGMA user_version = 99").unwrap();
        assert_eq!(Store::open(dir.path()).unwrap_err().kind, ErrorKind::Input);
    }
}
