//! Held blobs that nothing needs any more.

use dataforge_protocol::id::BlobHash;
use rusqlite::params;

use super::Store;
use super::marks::dead;
use crate::api::ApiError;

impl Store {
    /// Adds so much time to the age of held blobs that no workspace refers to which holds them, or only for
    /// things that are deleted; what is needed again is garbage no more.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn age_garbage(&self, by_ms: u64) -> Result<(), ApiError> {
        let sql = format!(
            "SELECT hash FROM have AS h WHERE NOT EXISTS
             (SELECT 1 FROM blob_refs AS b JOIN held_for AS f ON f.hash = b.hash AND f.workspace = b.workspace
              WHERE b.hash = h.hash AND NOT {})",
            dead()
        );
        let mut statement = self.connection().prepare_cached(&sql)?;
        let rows = statement.query_map([], |row| row.get::<_, [u8; 32]>(0))?;
        let unneeded = rows.collect::<Result<std::collections::BTreeSet<_>, _>>()?;
        let mut known = self.connection().prepare_cached("SELECT hash FROM garbage")?;
        let known = known.query_map([], |row| row.get::<_, [u8; 32]>(0))?.collect::<Result<Vec<_>, _>>()?;
        let mut forget = self.connection().prepare_cached("DELETE FROM garbage WHERE hash = ?1")?;
        for hash in known.iter().filter(|hash| !unneeded.contains(*hash)) {
            forget.execute(params![hash])?;
        }
        self.connection().prepare_cached("UPDATE garbage SET age_ms = age_ms + ?1")?.execute(params![by_ms])?;
        let mut add = self.connection().prepare_cached("INSERT OR IGNORE INTO garbage VALUES (?1, 0)")?;
        for hash in &unneeded {
            add.execute(params![hash])?;
        }
        Ok(())
    }

    /// Returns garbage of an age and more.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn garbage_since(&self, age_ms: u64) -> Result<Vec<BlobHash>, ApiError> {
        let mut statement = self.connection().prepare_cached(
            "SELECT hash FROM garbage AS g WHERE age_ms >= ?1
             AND EXISTS (SELECT 1 FROM have WHERE have.hash = g.hash)",
        )?;
        let rows = statement.query_map(params![age_ms], |row| row.get(0))?;
        Ok(rows.map(|row| row.map(BlobHash)).collect::<Result<_, _>>()?)
    }
}
