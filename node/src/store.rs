//! The node's database: chains, what is held, and the index derived from both.
//!
//! SQLite in WAL mode with `synchronous=FULL`: a committed transaction survives a power cut. One
//! connection, used under the core's lock, so there is one writer. Nothing is ever acknowledged
//! before its transaction is committed.

mod accesses;
mod aside;
mod blobs;
mod bundles;
mod checks;
mod entries;
mod exchanges;
mod exports;
mod garbage;
mod held;
mod holdings;
mod leases;
mod marks;
mod moment;
mod peers;
mod people;
mod place;
mod scope;
mod tickets;
mod transfers;
mod undone;
mod uses;

use std::cell::Cell;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use rusqlite::Connection;

pub(crate) use self::accesses::{Access, AccessKey};
pub(crate) use self::aside::Aside;
pub(crate) use self::bundles::{BundleRow, Carried, by_chain};
pub(crate) use self::checks::Unchecked;
pub(crate) use self::entries::{kind_word, outcome_word};
pub(crate) use self::exchanges::{Exchange, ExchangeFilter, Moved};
pub(crate) use self::exports::Exported;
pub(crate) use self::leases::Lease;
pub(crate) use self::peers::Peer;
pub(crate) use self::scope::{DocumentBlob, NamedBlob, Scope};
pub(crate) use self::tickets::{DeviceTicket, JoinAsked};
pub(crate) use self::transfers::{Paused, Transfer, Wish};
pub(crate) use self::uses::Use;
use crate::api::{ApiError, ErrorKind};
use crate::index::Built;

/// Version of `truth.sql`; a newer one is left alone.
const TRUTH: i64 = 8;
/// What leads from each earlier version that was in use to the next.
const STEPS: [(i64, &str); 5] = [
    (3, include_str!("store/from_3.sql")),
    (4, include_str!("store/from_4.sql")),
    (5, include_str!("store/from_5.sql")),
    (6, include_str!("store/from_6.sql")),
    (7, include_str!("store/from_7.sql")),
];
/// Version of `derived.sql`; another one is made anew.
const DERIVED: i64 = 10;
/// `user_version` holds both: the truth's times this, and the derived one's.
const BOTH: i64 = 1_000;
/// `application_id`: "dfrg".
const APPLICATION: i64 = 0x6466_7267;

/// The database of a data directory.
#[derive(Debug)]
pub(crate) struct Store {
    connection: Connection,
    /// Whether the derived tables were made anew and are empty.
    is_stale: bool,
    /// What was written since it was opened.
    written: Cell<Written>,
    /// Rows written of what no kept table shows.
    unseen: Cell<u64>,
    /// Counts how often blobs came to be held no more.
    losses: Arc<AtomicU64>,
    /// Documents as they were built last.
    built: Built,
}

/// What was written to a database since it was opened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Written {
    /// Transactions that were committed.
    pub(crate) transactions: u64,
    /// Entries that change a document.
    pub(crate) changes: u64,
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

/// Statements that are kept prepared. There are some hundreds in all, and what asks for a list goes
/// through a dozen; of the 16 that are kept otherwise, one list leaves none to the next.
const PREPARED: usize = 256;

/// What each connection is told first.
const SETTINGS: &str = "
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA foreign_keys = ON;
    PRAGMA trusted_schema = OFF;
    PRAGMA cell_size_check = ON;
    PRAGMA mmap_size = 0;
    -- Ids are hashes, so the rows of an import go everywhere: KiB to keep of the pages, and
    -- pages of the log after which they are copied back.
    PRAGMA cache_size = -65536;
    PRAGMA wal_autocheckpoint = 8000;";

fn connect(path: &Path) -> Result<Connection, rusqlite::Error> {
    use rusqlite::ffi::{SQLITE_IOERR_SHMMAP, SQLITE_IOERR_SHMOPEN, SQLITE_IOERR_SHMSIZE};
    let connection = Connection::open(path)?;
    let Err(error) = connection.execute_batch(SETTINGS) else { return Ok(connection) };
    let code = error.sqlite_error().map(|error| error.extended_code);
    let of_index = [SQLITE_IOERR_SHMMAP, SQLITE_IOERR_SHMOPEN, SQLITE_IOERR_SHMSIZE];
    if !code.is_some_and(|code| of_index.contains(&code)) {
        return Err(error);
    }
    // A full disk has no room for the index of the log that processes share. Whoever has the database
    // alone keeps it in memory, and can read.
    drop(connection);
    let connection = Connection::open(path)?;
    connection.execute_batch("PRAGMA locking_mode = EXCLUSIVE")?;
    connection.execute_batch(SETTINGS)?;
    Ok(connection)
}

impl Store {
    /// Opens the database of a data directory, making it when it is missing.
    ///
    /// # Errors
    /// `Damaged` when it is no database of ours, `Input` when a newer version made it, `Storage`
    /// otherwise.
    pub(crate) fn open(dir: &Path) -> Result<Self, ApiError> {
        let connection = connect(&dir.join("node.db"))?;
        connection.set_prepared_statement_cache_capacity(PREPARED);
        let mut version: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
        while let Some((from, step)) = STEPS.iter().find(|(from, _)| *from == version / BOTH) {
            version = (from + 1) * BOTH + version % BOTH;
            connection
                .execute_batch(&format!("BEGIN IMMEDIATE;\n{step}\nPRAGMA user_version = {version};\nCOMMIT;"))?;
        }
        let is_stale = match (version / BOTH, version % BOTH) {
            (0, 0) => {
                create(&connection, include_str!("store/truth.sql"), DERIVED)?;
                false
            }
            (TRUTH, DERIVED) => false,
            (TRUTH, _) => {
                // The version follows once they are filled again.
                create(&connection, &drop_derived(&connection)?, 0)?;
                true
            }
            _ => {
                return Err(ApiError::new(
                    ErrorKind::Input,
                    format!("the database has version {version}, this program reads {}", TRUTH * BOTH + DERIVED),
                )
                .hint("use the version of DataForge that made it, or a newer one"));
            }
        };
        let (written, unseen, losses) = (Cell::default(), Cell::default(), Arc::default());
        Ok(Self { connection, is_stale, written, unseen, losses, built: Built::default() })
    }

    /// Runs `work` in one transaction: all of it is durable when this returns `Ok`, none of it
    /// otherwise.
    ///
    /// # Errors
    /// Those of `work`, and `Storage` when the transaction cannot be committed.
    pub(crate) fn transaction<T>(&self, work: impl FnOnce(&Self) -> Result<T, ApiError>) -> Result<T, ApiError> {
        let before = self.written.get();
        self.connection.execute_batch("BEGIN IMMEDIATE")?;
        match work(self).and_then(|value| Ok(self.connection.execute_batch("COMMIT").map(|()| value)?)) {
            Ok(value) => {
                let written = self.written.get();
                self.written.set(Written { transactions: written.transactions + 1, ..written });
                Ok(value)
            }
            Err(error) => {
                self.written.set(before);
                // After some errors SQLite has rolled back already and says so; either way nothing stays.
                drop(self.connection.execute_batch("ROLLBACK"));
                Err(error)
            }
        }
    }

    /// Runs `work`, which only reads, in one look at the database: to begin one with each statement costs as
    /// much as a short statement does.
    ///
    /// # Errors
    /// Those of `work`, and `Storage`.
    pub(crate) fn reading<T>(&self, work: impl FnOnce(&Self) -> Result<T, ApiError>) -> Result<T, ApiError> {
        let look = self.connection.unchecked_transaction()?;
        let read = work(self)?;
        look.finish()?;
        Ok(read)
    }

    /// Returns what was written since it was opened.
    pub(crate) const fn written(&self) -> Written {
        self.written.get()
    }

    /// Notes that an entry that changes a document was stored.
    fn note_change(&self) {
        let written = self.written.get();
        self.written.set(Written { changes: written.changes + 1, ..written });
    }

    /// Returns how many rows were written since it was opened, those of transactions that came to nothing
    /// included, but not those of [`Store::note_unseen`]. While it stays the same, so does everything else that
    /// is read: nobody else writes to the database of a directory that is locked.
    pub(crate) fn rows_written(&self) -> u64 {
        self.connection.total_changes() - self.unseen.get()
    }

    /// Notes that a statement wrote rows of how tables were read and peers were met. They come every second
    /// while somebody reads, and are no reason to read anything again.
    fn note_unseen(&self, rows: usize) {
        self.unseen.set(self.unseen.get() + rows as u64);
    }

    /// Returns whether the derived tables are empty because they were made anew.
    pub(crate) const fn is_stale(&self) -> bool {
        self.is_stale
    }

    /// Notes that the derived tables are filled.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn note_fresh(&mut self) -> Result<(), ApiError> {
        self.connection.execute_batch(&format!("PRAGMA user_version = {}", TRUTH * BOTH + DERIVED))?;
        self.is_stale = false;
        Ok(())
    }

    /// Gives the documents that are kept as they were built.
    pub(crate) const fn built(&self) -> &Built {
        &self.built
    }

    /// Gives the index modules the connection.
    pub(crate) const fn connection(&self) -> &Connection {
        &self.connection
    }
}

/// Runs statements and makes the derived tables, in one transaction that also notes the versions.
fn create(connection: &Connection, first: &str, derived: i64) -> Result<(), ApiError> {
    let version = TRUTH * BOTH + derived;
    connection.execute_batch(&format!(
        "BEGIN IMMEDIATE;\n{first}\n{}\nPRAGMA application_id = {APPLICATION};\nPRAGMA user_version = {version};\nCOMMIT;",
        include_str!("store/derived.sql")
    ))?;
    Ok(())
}

/// Returns the statements that drop every table, trigger and index that `truth.sql` does not make.
fn drop_derived(connection: &Connection) -> Result<String, ApiError> {
    let truth = Connection::open_in_memory()?;
    truth.execute_batch(include_str!("store/truth.sql"))?;
    let mut statements = String::new();
    for kind in ["trigger", "index", "table"] {
        let kept = named(&truth, kind)?;
        for name in named(connection, kind)?.into_iter().filter(|name| !kept.contains(name)) {
            // Writing to a string does not fail.
            let _ = writeln!(statements, "DROP {kind} \"{name}\";");
        }
    }
    Ok(statements)
}

/// Returns the names of what a database has of a kind: table, index or trigger.
fn named(connection: &Connection, kind: &str) -> Result<Vec<String>, ApiError> {
    let mut statement =
        connection.prepare("SELECT name FROM sqlite_schema WHERE type = ?1 AND name NOT LIKE 'sqlite_%'")?;
    let names = statement.query_map([kind], |row| row.get(0))?;
    Ok(names.collect::<Result<_, _>>()?)
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
        assert_eq!(store.written(), Written::default());
        let one = store.transaction(|store| {
            store.note_change();
            Ok(())
        });
        one.unwrap();
        assert_eq!(store.written(), Written { transactions: 1, changes: 1 });
    }

    #[test]
    fn whatever_is_written_counts_but_for_notes_of_reading_and_meeting() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        let blob = dataforge_protocol::id::BlobHash([1; 32]);
        let device = dataforge_protocol::id::DeviceId([2; 32]);
        let empty = store.rows_written();
        store.note_have(&[(blob, 5)], 0).unwrap();
        let one = store.rows_written();
        assert!(one > empty);
        for _ in 0..2 {
            store.note_uses(&[(blob, Use { last_ms: 1, count: 1 })].into()).unwrap();
            store.note_contact(&device, Ok(3)).unwrap();
        }
        assert_eq!(store.rows_written(), one);
        let failed: Result<(), _> = store.transaction(|store| {
            store.forget_have(&[blob])?;
            Err(ApiError::new(ErrorKind::Input, "no"))
        });
        assert!(failed.is_err() && store.has_blob(&blob).unwrap());
        let two = store.rows_written();
        assert!(two > one, "it never goes back to a number that it had");
        store.forget_have(&[blob]).unwrap();
        assert!(store.rows_written() > two);
    }

    #[test]
    fn other_derived_tables_are_made_anew_and_the_truth_stays() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        assert!(!store.is_stale());
        store.note_have(&[(dataforge_protocol::id::BlobHash([1; 32]), 5)], 0).unwrap();
        let old = format!("CREATE TABLE gone (x); DROP TABLE wells; PRAGMA user_version = {}", TRUTH * BOTH + 999);
        store.connection.execute_batch(&old).unwrap();
        drop(store);
        let store = Store::open(dir.path()).unwrap();
        assert!(store.is_stale());
        let names = named(&store.connection, "table").unwrap();
        assert!(names.contains(&"wells".to_owned()) && !names.contains(&"gone".to_owned()), "{names:?}");
        assert!(store.has_blob(&dataforge_protocol::id::BlobHash([1; 32])).unwrap());
        drop(store);
        let mut store = Store::open(dir.path()).unwrap();
        assert!(store.is_stale(), "until they are filled");
        store.note_fresh().unwrap();
        drop(store);
        assert!(!Store::open(dir.path()).unwrap().is_stale());
    }

    #[test]
    fn database_of_an_earlier_version_becomes_what_a_new_one_is() {
        let dir = tempfile::tempdir().unwrap();
        let schema = |store: &Store| -> Vec<(String, String)> {
            let sql = "SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name";
            let mut statement = store.connection.prepare(sql).unwrap();
            let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
            rows.map(Result::unwrap).collect()
        };
        let store = Store::open(dir.path()).unwrap();
        let new = schema(&store);
        store.note_have(&[(dataforge_protocol::id::BlobHash([1; 32]), 5)], 0).unwrap();
        for table in [
            "recent",
            "accesses",
            "marks",
            "policies",
            "transfers",
            "pauses",
            "uses",
            "partials",
            "holdings",
            "leases",
            "garbage",
            "chores",
            "exchanges",
            "bundles",
            "undone",
            "held_for",
            "begun_for",
            "joining",
        ] {
            store.connection.execute_batch(&format!("DROP TABLE {table}")).unwrap();
        }
        store.connection.execute_batch("DROP INDEX entries_aside").unwrap();
        store.connection.execute_batch(&format!("PRAGMA user_version = {}", 3 * BOTH)).unwrap();
        drop(store);
        let store = Store::open(dir.path()).unwrap();
        assert_eq!(schema(&store), new);
        assert!(store.has_blob(&dataforge_protocol::id::BlobHash([1; 32])).unwrap());
    }

    #[test]
    fn every_table_is_described() {
        let dir = tempfile::tempdir().unwrap();
        let described = include_str!("../../docs/storage.md");
        for table in named(&Store::open(dir.path()).unwrap().connection, "table").unwrap() {
            assert!(described.contains(&format!("`{table}`")), "docs/storage.md does not describe {table}");
        }
    }

    #[test]
    fn database_of_a_newer_version_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        Store::open(dir.path()).unwrap().connection.execute_batch("PRAGMA user_version = 99001").unwrap();
        assert_eq!(Store::open(dir.path()).unwrap_err().kind, ErrorKind::Input);
    }
}
