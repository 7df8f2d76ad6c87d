//! For which workspaces blobs are held.
//!
//! A workspace is the boundary of who may have what. A blob that is on the disk for one workspace and
//! named by another is missing for the other until it came for it, too: by an import there, from its
//! peers, in a bundle of it, or by a copy of who has both. The disk keeps one copy.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use dataforge_protocol::entry::BlobRef;
use dataforge_protocol::id::{BlobHash, WorkspaceId};
use rusqlite::{OptionalExtension as _, params};

use super::Store;
use crate::api::ApiError;

/// The chore that a database of an earlier version waits for.
const BY_WORKSPACE: &str = "hold by workspace";

impl Store {
    /// Notes blobs as held for a workspace. Only after their files and directory were synced.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn note_held(
        &self,
        workspace: &WorkspaceId,
        blobs: &[(BlobHash, u64)],
        now_ms: u64,
    ) -> Result<(), ApiError> {
        if blobs.is_empty() {
            return Ok(());
        }
        self.note_have(blobs, now_ms)?;
        let mut held = self.connection().prepare_cached("INSERT OR IGNORE INTO held_for VALUES (?1, ?2)")?;
        for (hash, _) in blobs {
            held.execute(params![hash.as_bytes(), workspace.as_bytes()])?;
        }
        self.forget_begun(blobs.iter().map(|(hash, _)| *hash))
    }

    /// Returns whether a blob is held for a workspace.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn holds(&self, workspace: &WorkspaceId, hash: &BlobHash) -> Result<bool, ApiError> {
        let mut statement =
            self.connection().prepare_cached("SELECT 1 FROM held_for WHERE hash = ?1 AND workspace = ?2")?;
        Ok(statement.exists(params![hash.as_bytes(), workspace.as_bytes()])?)
    }

    /// Returns whether a blob is held for a workspace that refers to it: what its members may have.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn offers(&self, workspace: &WorkspaceId, hash: &BlobHash) -> Result<bool, ApiError> {
        let mut statement = self.connection().prepare_cached(
            "SELECT 1 FROM held_for WHERE hash = ?1 AND workspace = ?2
             AND EXISTS (SELECT 1 FROM blob_refs WHERE workspace = ?2 AND hash = ?1)",
        )?;
        Ok(statement.exists(params![hash.as_bytes(), workspace.as_bytes()])?)
    }

    /// Returns the size of a blob that is held for a workspace.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn size_held(&self, workspace: &WorkspaceId, hash: &BlobHash) -> Result<Option<u64>, ApiError> {
        if self.holds(workspace, hash)? { self.blob_size(hash) } else { Ok(None) }
    }

    /// Returns the workspaces that a blob is held for.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn held_for(&self, hash: &BlobHash) -> Result<Vec<WorkspaceId>, ApiError> {
        let mut statement = self.connection().prepare_cached("SELECT workspace FROM held_for WHERE hash = ?1")?;
        let rows = statement.query_map(params![hash.as_bytes()], |row| row.get(0))?;
        Ok(rows.map(|row| row.map(WorkspaceId)).collect::<Result<_, _>>()?)
    }

    /// Returns the blobs that are held for a workspace and that it refers to.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn held_of(&self, workspace: &WorkspaceId) -> Result<Vec<BlobRef>, ApiError> {
        let mut statement = self.connection().prepare_cached(
            "SELECT b.hash, h.size FROM blob_refs AS b JOIN have AS h ON h.hash = b.hash
             WHERE b.workspace = ?1
             AND EXISTS (SELECT 1 FROM held_for AS f WHERE f.hash = b.hash AND f.workspace = b.workspace)
             ORDER BY b.hash",
        )?;
        let rows = statement.query_map(params![workspace.as_bytes()], |row| {
            Ok(BlobRef { hash: BlobHash(row.get(0)?), size: row.get(1)? })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Returns those of some blobs that are on the disk, for whichever workspace.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn on_disk(&self, blobs: impl IntoIterator<Item = BlobHash>) -> Result<BTreeSet<BlobHash>, ApiError> {
        let mut found = BTreeSet::new();
        for hash in blobs {
            if self.has_blob(&hash)? {
                found.insert(hash);
            }
        }
        Ok(found)
    }

    /// Returns the count of how often blobs came to be held no more, for whichever workspace. It goes up under
    /// the lock that is held until the transaction ends, so who found a blob held and reads the same count
    /// afterwards without a lock knows that it was so all along.
    pub(crate) fn losses(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.losses)
    }

    /// Notes that blobs are held no more from now on.
    pub(super) fn note_loss(&self) {
        self.losses.fetch_add(1, Ordering::AcqRel);
    }

    /// Gives up blobs of a workspace. They leave the have-table when no other one holds them.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn give_up(&self, workspace: &WorkspaceId, blobs: &[BlobHash]) -> Result<(), ApiError> {
        self.note_loss();
        let mut held = self.connection().prepare_cached("DELETE FROM held_for WHERE hash = ?1 AND workspace = ?2")?;
        let mut have = self.connection().prepare_cached(
            "DELETE FROM have WHERE hash = ?1 AND NOT EXISTS (SELECT 1 FROM held_for WHERE hash = ?1)",
        )?;
        for hash in blobs {
            // Of what was not held for it nothing follows.
            if held.execute(params![hash.as_bytes(), workspace.as_bytes()])? > 0 {
                have.execute(params![hash.as_bytes()])?;
            }
        }
        Ok(())
    }

    /// Notes that parts of a blob are about to come for a workspace. Returns whether those that are here
    /// came for it.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn begin(&self, workspace: &WorkspaceId, hash: &BlobHash) -> Result<bool, ApiError> {
        self.connection()
            .prepare_cached("INSERT OR IGNORE INTO begun_for VALUES (?1, ?2)")?
            .execute(params![hash.as_bytes(), workspace.as_bytes()])?;
        Ok(self.begun_for(hash)? == Some(*workspace))
    }

    /// Returns the workspace that parts of a blob came for.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn begun_for(&self, hash: &BlobHash) -> Result<Option<WorkspaceId>, ApiError> {
        let mut statement = self.connection().prepare_cached("SELECT workspace FROM begun_for WHERE hash = ?1")?;
        Ok(statement.query_row(params![hash.as_bytes()], |row| row.get(0)).optional()?.map(WorkspaceId))
    }

    /// Returns all blobs of which parts came, with the workspace they came for.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn begun(&self) -> Result<BTreeMap<BlobHash, WorkspaceId>, ApiError> {
        let mut statement = self.connection().prepare_cached("SELECT hash, workspace FROM begun_for")?;
        let rows = statement.query_map([], |row| Ok((BlobHash(row.get(0)?), WorkspaceId(row.get(1)?))))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Forgets for whom parts came: they are gone, or the whole is here.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn forget_begun(&self, blobs: impl IntoIterator<Item = BlobHash>) -> Result<(), ApiError> {
        let mut statement = self.connection().prepare_cached("DELETE FROM begun_for WHERE hash = ?1")?;
        for hash in blobs {
            statement.execute(params![hash.as_bytes()])?;
        }
        Ok(())
    }

    /// Holds what an earlier version held for every workspace that names it, if that is still to be done.
    /// Only when the derived tables are filled.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn sort_held(&self) -> Result<(), ApiError> {
        if self.last_time(BY_WORKSPACE)?.is_none() {
            return Ok(());
        }
        self.transaction(|store| {
            store.hold_named()?;
            store.connection().execute("DELETE FROM chores WHERE chore = ?1", params![BY_WORKSPACE])?;
            Ok(())
        })
    }

    /// Holds what is on the disk for every workspace that names it: what nothing better is known of.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn hold_named(&self) -> Result<(), ApiError> {
        self.connection().execute_batch(
            "INSERT OR IGNORE INTO held_for
             SELECT h.hash, b.workspace FROM have AS h JOIN blob_refs AS b ON b.hash = h.hash;
             -- Of parts likewise, where it is only one that they can have come for.
             INSERT OR IGNORE INTO begun_for
             SELECT p.hash, min(b.workspace) FROM partials AS p JOIN blob_refs AS b ON b.hash = p.hash
             GROUP BY p.hash HAVING count(*) = 1",
        )?;
        Ok(())
    }

    /// Drops what says that blobs are held which are not on the disk.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn drop_unheld(&self) -> Result<(), ApiError> {
        self.note_loss();
        self.connection().execute_batch(
            "DELETE FROM held_for WHERE NOT EXISTS (SELECT 1 FROM have WHERE have.hash = held_for.hash)",
        )?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::{BOTH, DERIVED};
    use super::*;

    const ONE: WorkspaceId = WorkspaceId([1; 32]);
    const OTHER: WorkspaceId = WorkspaceId([2; 32]);

    fn blob(number: u8) -> (BlobHash, u64) {
        (BlobHash::of(&[number]), u64::from(number))
    }

    fn open() -> (tempfile::TempDir, Store) {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        (dir, store)
    }

    /// Whether a blob is on the disk, held for the one workspace, and for the other.
    fn is_held(store: &Store, number: u8) -> [bool; 3] {
        let hash = blob(number).0;
        [store.has_blob(&hash).unwrap(), store.holds(&ONE, &hash).unwrap(), store.holds(&OTHER, &hash).unwrap()]
    }

    #[test]
    fn what_one_workspace_holds_is_missing_for_another_that_names_it() {
        let (_dir, store) = open();
        store.refer_to(&ONE, &[blob(1)]);
        store.refer_to(&OTHER, &[blob(1), blob(2)]);
        store.note_held(&OTHER, &[blob(1), blob(2)], 0).unwrap();
        assert_eq!(is_held(&store, 1), [true, false, true]);
        let numbers = |workspace| store.held_numbers(workspace, false).unwrap().len();
        assert_eq!((numbers(&ONE), numbers(&OTHER)), (0, 1), "it is not told");
        let missing = |workspace| store.missing_blobs(workspace).unwrap().iter().map(|b| b.hash).collect::<Vec<_>>();
        assert_eq!((missing(&ONE), missing(&OTHER)), (vec![blob(1).0], vec![]));
        assert_eq!((store.count_missing(&ONE).unwrap(), store.missing_bytes(&ONE).unwrap()), (1, 1));
        assert_eq!((store.size_held(&ONE, &blob(1).0).unwrap(), store.blob_size(&blob(1).0).unwrap()), (None, Some(1)));
        assert!(store.carried(&ONE).unwrap().is_empty() && store.held_of(&ONE).unwrap().is_empty());
        assert_eq!((store.carried(&OTHER).unwrap().len(), store.held_of(&OTHER).unwrap().len()), (2, 2));

        store.note_held(&ONE, &[blob(1)], 0).unwrap();
        assert_eq!(is_held(&store, 1), [true, true, true]);
        assert!(missing(&ONE).is_empty() && numbers(&ONE) == 1);
        assert_eq!((store.count_held().unwrap(), store.held_bytes().unwrap()), (2, 3), "once on the disk");
    }

    #[test]
    fn what_one_workspace_gives_up_stays_for_as_long_as_another_holds_it() {
        let (_dir, store) = open();
        store.note_held(&ONE, &[blob(1), blob(2)], 0).unwrap();
        store.note_held(&OTHER, &[blob(1)], 0).unwrap();
        store.give_up(&OTHER, &[blob(2).0]).unwrap();
        assert_eq!(is_held(&store, 2), [true, true, false], "it was never the other's");
        store.give_up(&ONE, &[blob(1).0, blob(2).0]).unwrap();
        assert_eq!((is_held(&store, 1), is_held(&store, 2)), ([true, false, true], [false, false, false]));
        store.give_up(&OTHER, &[blob(1).0]).unwrap();
        assert_eq!(is_held(&store, 1), [false, false, false]);
        store.note_held(&ONE, &[blob(1)], 0).unwrap();
        store.note_held(&OTHER, &[blob(1)], 0).unwrap();
        store.forget_have(&[blob(1).0]).unwrap();
        assert_eq!(is_held(&store, 1), [false, false, false], "what is damaged is nobody's");
    }

    #[test]
    fn every_way_to_hold_a_blob_no_more_is_counted() {
        let (_dir, store) = open();
        let count = || store.losses().load(Ordering::Acquire);
        store.note_held(&ONE, &[blob(1), blob(2)], 0).unwrap();
        assert_eq!(count(), 0);
        store.give_up(&ONE, &[blob(1).0]).unwrap();
        assert_eq!(count(), 1);
        store.forget_have(&[blob(2).0]).unwrap();
        assert_eq!(count(), 2);
        store.drop_unheld().unwrap();
        assert_eq!(count(), 3);
    }

    #[test]
    fn what_is_needed_by_who_does_not_hold_it_is_garbage() {
        let (_dir, store) = open();
        store.refer_to(&ONE, &[blob(1), blob(2)]);
        store.note_held(&OTHER, &[blob(1)], 0).unwrap();
        store.note_held(&ONE, &[blob(2)], 0).unwrap();
        store.age_garbage(0).unwrap();
        assert_eq!(store.garbage_since(0).unwrap(), [blob(1).0]);
        store.note_held(&ONE, &[blob(1)], 0).unwrap();
        store.age_garbage(5).unwrap();
        assert!(store.garbage_since(0).unwrap().is_empty());
    }

    #[test]
    fn parts_are_of_the_workspace_they_came_for_until_the_whole_is_here() {
        let (_dir, store) = open();
        assert!(store.begin(&ONE, &blob(1).0).unwrap() && store.begin(&ONE, &blob(1).0).unwrap());
        assert!(!store.begin(&OTHER, &blob(1).0).unwrap());
        assert_eq!(store.begun().unwrap(), BTreeMap::from([(blob(1).0, ONE)]));
        store.note_held(&OTHER, &[blob(1)], 0).unwrap();
        assert_eq!(store.begun_for(&blob(1).0).unwrap(), None);
    }

    #[test]
    fn what_an_earlier_version_held_is_so_for_whoever_names_it_and_only_once() {
        let (dir, store) = open();
        store.note_have(&[blob(1), blob(2), blob(3)], 0).unwrap();
        store.refer_to(&ONE, &[blob(1), blob(2)]);
        store.refer_to(&OTHER, &[blob(2), blob(4)]);
        store
            .connection()
            .execute_batch(
                "DROP TABLE held_for; DROP TABLE begun_for; DROP TABLE joining; DROP TABLE transfers;
                 CREATE TABLE transfers (hash BLOB PRIMARY KEY, asked_ms, attempts, next_ms, last_error);
                 INSERT INTO transfers SELECT hash, 7, 2, 9, 'why' FROM blob_refs WHERE hash NOT IN (SELECT hash FROM have);
",
            )
            .unwrap();
        store.connection().execute_batch(&format!("PRAGMA user_version = {}", 7 * BOTH + DERIVED)).unwrap();
        drop(store);
        let store = Store::open(dir.path()).unwrap();
        assert_eq!(is_held(&store, 1), [true, false, false], "not before the derived tables are filled");
        store.sort_held().unwrap();
        let held = [1, 2, 3].map(|number| is_held(&store, number));
        assert_eq!(held, [[true, true, false], [true, true, true], [true, false, false]]);
        let known = store.transfers().unwrap();
        assert_eq!(known.keys().collect::<Vec<_>>(), [&(OTHER, blob(4).0)]);
        assert_eq!(known[&(OTHER, blob(4).0)].asked_ms, Some(7));
        // Later nothing follows from a name.
        store.refer_to(&OTHER, &[blob(1)]);
        store.sort_held().unwrap();
        assert_eq!(is_held(&store, 1), [true, true, false]);
    }

    #[test]
    fn what_is_not_on_the_disk_is_held_for_nobody() {
        let (_dir, store) = open();
        store.note_held(&ONE, &[blob(1), blob(2)], 0).unwrap();
        store.connection().execute("DELETE FROM have WHERE hash = ?1", params![blob(1).0.as_bytes()]).unwrap();
        store.drop_unheld().unwrap();
        assert_eq!((is_held(&store, 1), is_held(&store, 2)), ([false; 3], [true, true, false]));
    }
}
