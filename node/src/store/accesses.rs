//! Who fetched what from this node.

use std::collections::BTreeMap;

use dataforge_protocol::id::{BlobHash, DeviceId, WorkspaceId};
use rusqlite::params;

use super::Store;
use crate::api::ApiError;

/// What one device asked of one blob. Requests that were refused have none: they may name whatever
/// the peer likes.
pub(crate) type AccessKey = (DeviceId, Option<BlobHash>);

/// How often and how much.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Access {
    /// When first, in milliseconds since 1970.
    pub(crate) first_ms: u64,
    /// When last.
    pub(crate) last_ms: u64,
    /// Requests.
    pub(crate) requests: u64,
    /// Bytes of the blob that were sent.
    pub(crate) bytes: u64,
}

/// An access as it is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Accessed {
    /// Who and what.
    pub(crate) key: AccessKey,
    /// How much.
    pub(crate) access: Access,
    /// What the blob is called; none when nothing in the workspace is made of it any more.
    pub(crate) what: Option<String>,
}

const NAMED: &str = "
    SELECT a.device, a.hash, a.first_ms, a.last_ms, a.requests, a.bytes, coalesce(
        (SELECT 'run ' || name FROM runs WHERE workspace = ?1 AND blob = a.hash),
        (SELECT 'source of run ' || name FROM runs WHERE workspace = ?1 AND source_hash = a.hash),
        (SELECT 'gridded run ' || r.name FROM gridded AS g, runs AS r
            WHERE g.workspace = ?1 AND g.blob = a.hash AND r.workspace = ?1 AND r.id = g.run),
        (SELECT 'pyramid of run ' || r.name FROM pyramids AS p, runs AS r
            WHERE p.workspace = ?1 AND p.blob = a.hash AND r.workspace = ?1 AND r.id = p.run),
        (SELECT 'file ' || name FROM attachments WHERE workspace = ?1 AND blob = a.hash))
    FROM accesses AS a
    WHERE a.hash = x'' OR EXISTS (SELECT 1 FROM blob_refs AS b WHERE b.workspace = ?1 AND b.hash = a.hash)
    ORDER BY a.last_ms DESC, a.device, a.hash";

impl Store {
    /// Adds to what devices fetched.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn note_accesses(&self, accesses: &BTreeMap<AccessKey, Access>) -> Result<(), ApiError> {
        let mut statement = self.connection().prepare_cached(
            "INSERT INTO accesses VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO UPDATE SET
                 last_ms = max(last_ms, excluded.last_ms), requests = requests + excluded.requests,
                 bytes = bytes + excluded.bytes",
        )?;
        for ((device, hash), access) in accesses {
            let hash = hash.as_ref().map_or(&[][..], |hash| hash.as_bytes());
            let Access { first_ms, last_ms, requests, bytes } = access;
            let values = params![device.as_bytes(), hash, first_ms, last_ms, requests, bytes];
            self.note_unseen(statement.execute(values)?);
        }
        Ok(())
    }

    /// Gives each access to blobs of a workspace, the newest first, until `more` says no. Refused
    /// requests belong to no workspace and are among them.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn each_access(
        &self,
        workspace: &WorkspaceId,
        mut more: impl FnMut(Accessed) -> bool,
    ) -> Result<(), ApiError> {
        let mut statement = self.connection().prepare_cached(NAMED)?;
        let mut rows = statement.query(params![workspace.as_bytes()])?;
        while let Some(row) = rows.next()? {
            let hash: Vec<u8> = row.get(1)?;
            let hash = <[u8; 32]>::try_from(hash).ok().map(BlobHash);
            let access =
                Access { first_ms: row.get(2)?, last_ms: row.get(3)?, requests: row.get(4)?, bytes: row.get(5)? };
            let accessed = Accessed { key: (DeviceId(row.get(0)?), hash), access, what: row.get(6)? };
            if !more(accessed) {
                break;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(store: &Store, workspace: WorkspaceId) -> Vec<Accessed> {
        let mut all = Vec::new();
        let each = |accessed| {
            all.push(accessed);
            true
        };
        store.each_access(&workspace, each).unwrap();
        all
    }

    #[test]
    fn accesses_add_up_and_belong_to_their_workspace() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        let (workspace, other) = (WorkspaceId([1; 32]), WorkspaceId([2; 32]));
        let (device, hash) = (DeviceId([3; 32]), BlobHash([4; 32]));
        let access = |ms, bytes| Access { first_ms: ms, last_ms: ms, requests: 1, bytes };
        store.refer_to(&workspace, &[(hash, 9)]);
        store.note_accesses(&BTreeMap::from([((device, Some(hash)), access(5, 100))])).unwrap();
        let second = BTreeMap::from([((device, Some(hash)), access(7, 20)), ((device, None), access(6, 0))]);
        store.note_accesses(&second).unwrap();
        let all = listed(&store, workspace);
        assert_eq!(all.len(), 2);
        assert_eq!(all[0].key, (device, Some(hash)));
        assert_eq!(all[0].access, Access { first_ms: 5, last_ms: 7, requests: 2, bytes: 120 });
        let elsewhere = listed(&store, other);
        assert_eq!(elsewhere.iter().map(|accessed| accessed.key).collect::<Vec<_>>(), [(device, None)]);
    }
}
