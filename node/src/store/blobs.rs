//! The have-table: which blobs are durable here, and which are referred to. For which workspaces they are
//! held is told by `held`.

use dataforge_protocol::entry::{BlobRef, Header};
use dataforge_protocol::id::{BlobHash, WorkspaceId};
use rusqlite::{OptionalExtension as _, params};

use super::Store;
use crate::api::ApiError;

/// Blobs that are hashed again after a stop that was not in order: hashing them takes a second or
/// two, and they are more than a disk holds in its own memory.
const RECENT: u64 = 4096;
/// Bytes of such blobs; the oldest of them may be larger.
const RECENT_BYTES: u64 = 1 << 30;

impl Store {
    /// Notes blobs as being on the disk, for no workspace yet. Only after their files and directory were
    /// synced.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn note_have(&self, blobs: &[(BlobHash, u64)], now_ms: u64) -> Result<(), ApiError> {
        let mut have = self.connection().prepare_cached("INSERT OR IGNORE INTO have VALUES (?1, ?2, ?3)")?;
        let mut recent = self.connection().prepare_cached("INSERT INTO recent (hash, size) VALUES (?1, ?2)")?;
        for (hash, size) in blobs {
            if have.execute(params![hash.as_bytes(), size, now_ms])? > 0 {
                recent.execute(params![hash.as_bytes(), size])?;
            }
        }
        self.trim_recent()
    }

    /// Drops the oldest of the recent blobs that are more than need be.
    fn trim_recent(&self) -> Result<(), ApiError> {
        let mut statement = self.connection().prepare_cached(
            "DELETE FROM recent WHERE number IN (
                 SELECT number FROM (
                     SELECT number, size, sum(size) OVER newest AS bytes, row_number() OVER newest AS place
                     FROM recent WINDOW newest AS (ORDER BY number DESC)
                 ) WHERE place > ?1 OR bytes - size > ?2)",
        )?;
        statement.execute(params![RECENT, RECENT_BYTES])?;
        Ok(())
    }

    /// Returns the blobs that came in last, since the node was last stopped in order.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn recent(&self) -> Result<Vec<BlobRef>, ApiError> {
        // What was forgotten since is not held.
        let mut statement = self.connection().prepare_cached(
            "SELECT hash, size FROM recent AS r WHERE EXISTS (SELECT 1 FROM have WHERE have.hash = r.hash)
             ORDER BY number",
        )?;
        let rows = statement.query_map([], |row| Ok(BlobRef { hash: BlobHash(row.get(0)?), size: row.get(1)? }))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Notes that the blobs that came in last need no more attention.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn clear_recent(&self) -> Result<(), ApiError> {
        // Deleting everything would write even where there is nothing.
        if self.connection().prepare_cached("SELECT 1 FROM recent")?.exists([])? {
            self.connection().execute("DELETE FROM recent", [])?;
        }
        Ok(())
    }

    /// Takes blobs out of the table, because their bytes turned out to be missing or wrong.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn forget_have(&self, blobs: &[BlobHash]) -> Result<(), ApiError> {
        self.note_loss();
        for table in ["have", "held_for"] {
            let mut statement = self.connection().prepare_cached(&format!("DELETE FROM {table} WHERE hash = ?1"))?;
            for hash in blobs {
                statement.execute(params![hash.as_bytes()])?;
            }
        }
        Ok(())
    }

    /// Returns whether a blob is on the disk, for whichever workspace.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn has_blob(&self, hash: &BlobHash) -> Result<bool, ApiError> {
        Ok(self.connection().prepare_cached("SELECT 1 FROM have WHERE hash = ?1")?.exists(params![hash.as_bytes()])?)
    }

    /// Returns the size of a blob that is on the disk, for whichever workspace.
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

    /// Returns the blobs held that follow one, by hash, up to so many bytes but at least one.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn held_after(&self, after: Option<&BlobHash>, bytes: u64) -> Result<Vec<BlobRef>, ApiError> {
        let after = after.map_or(&[][..], |hash| hash.as_bytes());
        let mut statement =
            self.connection().prepare_cached("SELECT hash, size FROM have WHERE hash > ?1 ORDER BY hash")?;
        let mut rows = statement.query(params![after])?;
        let (mut found, mut sum) = (Vec::new(), 0_u64);
        while let Some(row) = rows.next()? {
            let blob = BlobRef { hash: BlobHash(row.get(0)?), size: row.get(1)? };
            sum = sum.saturating_add(blob.size);
            if !found.is_empty() && sum > bytes {
                break;
            }
            found.push(blob);
        }
        Ok(found)
    }

    /// Notes the blobs that an entry names.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn refer(&self, workspace: &WorkspaceId, header: &Header) -> Result<(), ApiError> {
        let Header { link, claims } = header;
        let mut refs = self.connection().prepare_cached(
            "INSERT OR IGNORE INTO blob_refs SELECT ?1, ?2, ?3,
             EXISTS (SELECT 1 FROM held_for AS h WHERE h.hash = ?2 AND h.workspace = ?1)",
        )?;
        for (blob, number) in claims.blobs.iter().zip(claims.blob_base..) {
            refs.execute(params![workspace.as_bytes(), blob.hash.as_bytes(), blob.size])?;
            self.place(workspace, &link.device, number, &blob.hash)?;
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

    /// Returns the number of blobs a workspace refers to and that are not held, but for those of
    /// deleted things only.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn count_missing(&self, workspace: &WorkspaceId) -> Result<u64, ApiError> {
        let mut statement = self.connection().prepare_cached(&format!(
            "SELECT count(*) FROM blob_refs AS b WHERE workspace = ?1 AND NOT held AND NOT {}",
            super::marks::dead()
        ))?;
        Ok(statement.query_row(params![workspace.as_bytes()], |row| row.get(0))?)
    }

    /// Returns the bytes of blobs that a workspace refers to and that are not held.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn missing_bytes(&self, workspace: &WorkspaceId) -> Result<u64, ApiError> {
        let mut statement = self.connection().prepare_cached(&format!(
            "SELECT coalesce(sum(size), 0) FROM blob_refs AS b WHERE workspace = ?1 AND NOT held AND NOT {}",
            super::marks::dead()
        ))?;
        Ok(statement.query_row(params![workspace.as_bytes()], |row| row.get(0))?)
    }

    /// Returns the bytes of all blobs held, but for those that some workspaces hold and refer to.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn held_bytes_but(&self, workspaces: &[WorkspaceId]) -> Result<u64, ApiError> {
        let ids: Vec<_> = workspaces.iter().map(|id| format!("x'{id}'")).collect();
        let sql = format!(
            "SELECT coalesce(sum(size), 0) FROM have AS h WHERE NOT EXISTS
             (SELECT 1 FROM blob_refs AS b JOIN held_for AS f ON f.hash = b.hash AND f.workspace = b.workspace
              WHERE b.hash = h.hash AND b.workspace IN ({}))",
            ids.join(", ")
        );
        Ok(self.connection().query_row(&sql, [], |row| row.get(0))?)
    }

    /// Returns the number of blobs held.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn count_held(&self) -> Result<u64, ApiError> {
        Ok(self.connection().query_row("SELECT count(*) FROM have", [], |row| row.get(0))?)
    }

    /// Returns the bytes of all blobs held.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn held_bytes(&self) -> Result<u64, ApiError> {
        Ok(self.connection().query_row("SELECT coalesce(sum(size), 0) FROM have", [], |row| row.get(0))?)
    }
}

#[cfg(test)]
impl Store {
    /// Refers to blobs as an entry of a device would.
    pub(crate) fn refer_to(&self, workspace: &WorkspaceId, blobs: &[(BlobHash, u64)]) {
        use dataforge_protocol::entry::{BodyRef, Claims, Link};
        use dataforge_protocol::id::DeviceId;
        let link = Link {
            version: 1,
            kind: 1,
            workspace: *workspace,
            device: DeviceId([7; 32]),
            seq: 0,
            prev: None,
            body: BodyRef::of(b""),
        };
        let blobs = blobs.iter().map(|(hash, size)| BlobRef { hash: *hash, size: *size }).collect();
        let claims = Claims { blobs, ..Claims::default() };
        self.refer(workspace, &Header { link, claims }).unwrap();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(number: u64) -> BlobHash {
        BlobHash::of(&number.to_le_bytes())
    }

    #[test]
    fn recent_blobs_are_the_newest_and_no_more_than_need_be() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        let recent = || store.recent().unwrap().into_iter().map(|blob| blob.hash).collect::<Vec<_>>();
        let small: Vec<_> = (0..RECENT + 10).map(|number| (hash(number), 1)).collect();
        store.note_have(&small, 0).unwrap();
        assert_eq!(recent(), small[10..].iter().map(|(hash, _)| *hash).collect::<Vec<_>>());
        store.note_have(&small[..10], 0).unwrap();
        assert_eq!(recent().len() as u64, RECENT, "what is held already is not new");
        let large = [(hash(90_001), RECENT_BYTES / 2), (hash(90_002), RECENT_BYTES), (hash(90_003), 5)];
        store.note_have(&large, 0).unwrap();
        assert_eq!(recent(), [hash(90_002), hash(90_003)]);
        store.forget_have(&[hash(90_003)]).unwrap();
        assert_eq!(recent(), [hash(90_002)], "what is not held is nobody's concern");
        store.clear_recent().unwrap();
        assert!(recent().is_empty());
        assert!(store.has_blob(&hash(90_002)).unwrap());
    }
}
