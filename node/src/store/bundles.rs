//! Bundles that were made or taken here, and what they said of who holds what.

use dataforge_protocol::entry::BlobRef;
use dataforge_protocol::holding::{BlobSet, ChainBlobs};
use dataforge_protocol::id::{BlobHash, BundleId, DeviceId, EntryId, WorkspaceId};
use dataforge_protocol::ledger::DeviceTips;
use rusqlite::{OptionalExtension as _, Row, params};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Store;
use crate::api::ApiError;

/// Bundles that are remembered of each workspace, the latest.
const REMEMBERED: u32 = 2000;

/// A bundle that is remembered.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct BundleRow {
    /// Its id.
    pub(crate) id: BundleId,
    /// Whose it is.
    pub(crate) device: DeviceId,
    /// When it was made, by that device's clock.
    pub(crate) made_ms: u64,
    /// The bundle it goes on from.
    pub(crate) base: Option<BundleId>,
    /// Ends of the chains its device held.
    pub(crate) tips: Vec<DeviceTips>,
    /// Blobs its device lacked and wanted; none when that was not told.
    pub(crate) wants: Option<Vec<ChainBlobs>>,
    /// Blobs that are in it.
    pub(crate) blobs: Vec<ChainBlobs>,
    /// Its entries but for ops, by their places here in the order of settling.
    pub(crate) entries: Option<BlobSet>,
    /// Of one that was made here and is encrypted: who can read it.
    pub(crate) readers: Option<Vec<DeviceId>>,
}

/// A blob that is held and that a bundle may carry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Carried {
    /// Which.
    pub(crate) blob: BlobRef,
    /// By which numbers it is spoken of.
    pub(crate) places: Vec<(DeviceId, u64)>,
}

fn encode(value: &impl Serialize) -> Vec<u8> {
    postcard::to_stdvec(value).expect("rows have no unserialisable part")
}

fn decode<T: DeserializeOwned + Default>(bytes: &[u8]) -> T {
    // Written here; what cannot be read asks for more than is needed.
    postcard::from_bytes(bytes).unwrap_or_default()
}

fn row(row: &Row<'_>) -> rusqlite::Result<BundleRow> {
    let some = |at: usize| -> rusqlite::Result<Option<Vec<u8>>> { row.get(at) };
    Ok(BundleRow {
        id: BundleId(row.get(0)?),
        device: DeviceId(row.get(1)?),
        made_ms: row.get(2)?,
        base: row.get::<_, Option<[u8; 32]>>(3)?.map(BundleId),
        tips: decode(&row.get::<_, Vec<u8>>(4)?),
        wants: some(5)?.and_then(|bytes| postcard::from_bytes(&bytes).ok()),
        blobs: decode(&row.get::<_, Vec<u8>>(6)?),
        entries: some(7)?.map(|bytes| decode(&bytes)),
        readers: some(8)?.map(|bytes| decode(&bytes)),
    })
}

const COLUMNS: &str = "id, device, made_ms, base, tips, wants, blobs, entries, readers";

impl Store {
    /// Remembers a bundle.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn note_bundle(&self, workspace: &WorkspaceId, row: &BundleRow, now_ms: u64) -> Result<(), ApiError> {
        // SQLite's numbers have a sign.
        let made_ms = i64::try_from(row.made_ms).unwrap_or(i64::MAX);
        self.connection()
            .prepare_cached("INSERT OR REPLACE INTO bundles VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)")?
            .execute(params![
                row.id.as_bytes(),
                workspace.as_bytes(),
                row.device.as_bytes(),
                made_ms,
                now_ms,
                row.base.as_ref().map(BundleId::as_bytes),
                encode(&row.tips),
                row.wants.as_ref().map(encode),
                encode(&row.blobs),
                row.entries.as_ref().map(encode),
                row.readers.as_ref().map(encode),
            ])?;
        self.connection()
            .prepare_cached(
                "DELETE FROM bundles WHERE workspace = ?1 AND id IN (
                     SELECT id FROM bundles WHERE workspace = ?1 ORDER BY noted_ms DESC, id LIMIT -1 OFFSET ?2)",
            )?
            .execute(params![workspace.as_bytes(), REMEMBERED])?;
        Ok(())
    }

    /// Returns a bundle that is remembered.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn bundle(&self, workspace: &WorkspaceId, id: &BundleId) -> Result<Option<BundleRow>, ApiError> {
        let mut statement = self
            .connection()
            .prepare_cached(&format!("SELECT {COLUMNS} FROM bundles WHERE workspace = ?1 AND id = ?2"))?;
        Ok(statement.query_row(params![workspace.as_bytes(), id.as_bytes()], row).optional()?)
    }

    /// Returns the bundles whose ids begin with some hex digits, a few at most.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn bundles_beginning(&self, workspace: &WorkspaceId, hex: &str) -> Result<Vec<BundleRow>, ApiError> {
        let mut statement = self.connection().prepare_cached(&format!(
            "SELECT {COLUMNS} FROM bundles WHERE workspace = ?1 AND lower(hex(id)) LIKE ?2 || '%' LIMIT 3"
        ))?;
        let rows = statement.query_map(params![workspace.as_bytes(), hex.to_lowercase()], row)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Returns the latest bundle of a device.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn last_bundle_of(
        &self,
        workspace: &WorkspaceId,
        device: &DeviceId,
    ) -> Result<Option<BundleRow>, ApiError> {
        let mut statement = self.connection().prepare_cached(&format!(
            "SELECT {COLUMNS} FROM bundles WHERE workspace = ?1 AND device = ?2 ORDER BY made_ms DESC LIMIT 1"
        ))?;
        Ok(statement.query_row(params![workspace.as_bytes(), device.as_bytes()], row).optional()?)
    }

    /// Returns what a peer is known to hold of another device's chain: an entry there.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn level_of(
        &self,
        workspace: &WorkspaceId,
        peer: &DeviceId,
        chain: &DeviceId,
    ) -> Result<Option<(u64, EntryId)>, ApiError> {
        let mut statement = self.connection().prepare_cached(
            "SELECT e.seq, e.id FROM peer_levels AS l
             JOIN entries AS e ON e.workspace = l.workspace AND e.device = ?3 AND e.seq = l.seq
             WHERE l.workspace = ?1 AND l.device = ?2 LIMIT 1",
        )?;
        let found = statement.query_row(params![workspace.as_bytes(), peer.as_bytes(), chain.as_bytes()], |row| {
            Ok((row.get(0)?, EntryId(row.get(1)?)))
        });
        Ok(found.optional()?)
    }

    /// Returns the blobs of a workspace that are held, by hash, but for those of deleted things only.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn carried(&self, workspace: &WorkspaceId) -> Result<Vec<Carried>, ApiError> {
        let mut statement = self.connection().prepare_cached(&format!(
            "SELECT b.hash, b.size FROM blob_refs AS b WHERE b.workspace = ?1
             AND EXISTS (SELECT 1 FROM have WHERE have.hash = b.hash AND have.size = b.size)
             AND EXISTS (SELECT 1 FROM held_for AS f WHERE f.hash = b.hash AND f.workspace = b.workspace) AND NOT {}
             ORDER BY b.hash",
            super::marks::dead()
        ))?;
        let rows = statement.query_map(params![workspace.as_bytes()], |row| {
            Ok(BlobRef { hash: BlobHash(row.get(0)?), size: row.get(1)? })
        })?;
        let mut carried = Vec::new();
        for blob in rows {
            let blob = blob?;
            carried.push(Carried { blob, places: self.places(workspace, &blob.hash)? });
        }
        carried.dedup_by_key(|one| one.blob.hash);
        Ok(carried)
    }

    /// Returns blobs by the numbers they are spoken of.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn numbers_of<'a>(
        &self,
        workspace: &WorkspaceId,
        blobs: impl IntoIterator<Item = &'a BlobHash>,
    ) -> Result<Vec<ChainBlobs>, ApiError> {
        let mut places = Vec::new();
        for hash in blobs {
            places.extend(self.places(workspace, hash)?);
        }
        Ok(by_chain(places))
    }
}

/// Puts places together by chain.
pub(crate) fn by_chain(mut places: Vec<(DeviceId, u64)>) -> Vec<ChainBlobs> {
    places.sort_unstable();
    places.dedup();
    let chains = places.chunk_by(|a, b| a.0 == b.0);
    chains
        .filter_map(|chain| {
            let (device, _) = chain.first()?;
            let numbers = BlobSet::from_sorted(chain.iter().map(|(_, number)| *number));
            Some(ChainBlobs { device: *device, numbers })
        })
        .collect()
}
