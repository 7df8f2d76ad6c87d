//! What devices say that they hold, and by which numbers blobs are spoken of.

use dataforge_protocol::holding::{BlobSet, ChainBlobs, SignedHolding};
use dataforge_protocol::id::{BlobHash, DeviceId, DocId, WorkspaceId};
use dataforge_protocol::key::Signature;
use rusqlite::{OptionalExtension as _, Row, params};

use super::Store;
use crate::api::ApiError;

fn signed(row: &Row<'_>) -> rusqlite::Result<SignedHolding> {
    let signature: [u8; 64] = row.get(1)?;
    Ok(SignedHolding { bytes: row.get(0)?, signature: Signature::from_bytes(&signature) })
}

/// Whether a place `p` stands for one blob: after a fork a number can stand for several.
const UNAMBIGUOUS: &str = "NOT EXISTS (SELECT 1 FROM blob_places AS o WHERE o.workspace = p.workspace
    AND o.device = p.device AND o.number = p.number AND o.hash <> p.hash)";
/// Whether a place `p` is the first of its blob.
const FIRST: &str = "NOT EXISTS (SELECT 1 FROM blob_places AS f WHERE f.hash = p.hash AND f.workspace = p.workspace
    AND (f.device, f.number) < (p.device, p.number))";
const HELD: &str = "EXISTS (SELECT 1 FROM held_for AS h WHERE h.hash = p.hash AND h.workspace = p.workspace)";

impl Store {
    /// Keeps a device's statement in the place of an earlier one.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn note_holding(
        &self,
        workspace: &WorkspaceId,
        device: &DeviceId,
        counter: u64,
        holding: &SignedHolding,
        now_ms: u64,
    ) -> Result<(), ApiError> {
        // SQLite's numbers have a sign.
        let counter = i64::try_from(counter).unwrap_or(i64::MAX);
        let signature = holding.signature.to_bytes();
        self.connection()
            .prepare_cached("INSERT OR REPLACE INTO holdings VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?
            .execute(params![workspace.as_bytes(), device.as_bytes(), counter, holding.bytes, signature, now_ms])?;
        Ok(())
    }

    /// Returns the statement of a device.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn holding(
        &self,
        workspace: &WorkspaceId,
        device: &DeviceId,
    ) -> Result<Option<SignedHolding>, ApiError> {
        let mut statement = self
            .connection()
            .prepare_cached("SELECT bytes, signature FROM holdings WHERE workspace = ?1 AND device = ?2")?;
        Ok(statement.query_row(params![workspace.as_bytes(), device.as_bytes()], signed).optional()?)
    }

    /// Returns all statements about a workspace, by device.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn holdings(&self, workspace: &WorkspaceId) -> Result<Vec<SignedHolding>, ApiError> {
        let mut statement = self
            .connection()
            .prepare_cached("SELECT bytes, signature FROM holdings WHERE workspace = ?1 ORDER BY device")?;
        let rows = statement.query_map(params![workspace.as_bytes()], signed)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Returns the numbers of the blobs of a workspace that are held here, by chain: all of them, or
    /// only the first of each blob.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn held_numbers(&self, workspace: &WorkspaceId, once: bool) -> Result<Vec<ChainBlobs>, ApiError> {
        let which = if once { FIRST } else { "1" };
        // Ordered by the key: nothing is sorted.
        let mut statement = self.connection().prepare_cached(&format!(
            "SELECT device, number FROM blob_places AS p
             WHERE workspace = ?1 AND {HELD} AND {which} AND {UNAMBIGUOUS} ORDER BY device, number"
        ))?;
        let mut rows = statement.query(params![workspace.as_bytes()])?;
        let (mut chains, mut numbers): (Vec<ChainBlobs>, Vec<u64>) = (Vec::new(), Vec::new());
        let mut of = None;
        let mut close = |of: Option<DeviceId>, numbers: &mut Vec<u64>| {
            if let Some(device) = of {
                chains.push(ChainBlobs { device, numbers: BlobSet::from_sorted(std::mem::take(numbers)) });
            }
        };
        while let Some(row) = rows.next()? {
            let device = DeviceId(row.get(0)?);
            if of != Some(device) {
                close(of, &mut numbers);
                of = Some(device);
            }
            numbers.push(row.get(1)?);
        }
        close(of, &mut numbers);
        Ok(chains)
    }

    /// Returns the chains and numbers by which a blob is spoken of, those that stand for it alone.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn places(&self, workspace: &WorkspaceId, hash: &BlobHash) -> Result<Vec<(DeviceId, u64)>, ApiError> {
        let mut statement = self.connection().prepare_cached(&format!(
            "SELECT device, number FROM blob_places AS p WHERE hash = ?2 AND workspace = ?1 AND {UNAMBIGUOUS}"
        ))?;
        let rows = statement.query_map(params![workspace.as_bytes(), hash.as_bytes()], |row| {
            Ok((DeviceId(row.get(0)?), row.get(1)?))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Gives the place of every blob of a workspace once, and whether the blob is held here.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn each_place(
        &self,
        workspace: &WorkspaceId,
        mut take: impl FnMut(DeviceId, u64, bool),
    ) -> Result<(), ApiError> {
        let mut statement = self.connection().prepare_cached(&format!(
            "SELECT device, number, {HELD} FROM blob_places AS p WHERE workspace = ?1 AND {FIRST} AND {UNAMBIGUOUS}"
        ))?;
        let mut rows = statement.query(params![workspace.as_bytes()])?;
        while let Some(row) = rows.next()? {
            take(DeviceId(row.get(0)?), row.get(1)?, row.get(2)?);
        }
        Ok(())
    }

    /// Gives every chain and number by which a blob of a workspace is spoken of, those that stand for it
    /// alone.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn each_number(
        &self,
        workspace: &WorkspaceId,
        mut take: impl FnMut(BlobHash, DeviceId, u64),
    ) -> Result<(), ApiError> {
        let mut statement = self.connection().prepare_cached(&format!(
            "SELECT hash, device, number FROM blob_places AS p WHERE workspace = ?1 AND {UNAMBIGUOUS}"
        ))?;
        let mut rows = statement.query(params![workspace.as_bytes()])?;
        while let Some(row) = rows.next()? {
            take(BlobHash(row.get(0)?), DeviceId(row.get(1)?), row.get(2)?);
        }
        Ok(())
    }

    /// Returns the projects of a workspace, each with the bytes it should have at most where it says so.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn projects(&self, workspace: &WorkspaceId) -> Result<Vec<(DocId, Option<u64>)>, ApiError> {
        let mut statement =
            self.connection().prepare_cached("SELECT id, quota FROM projects WHERE workspace = ?1 ORDER BY id")?;
        let rows = statement.query_map(params![workspace.as_bytes()], |row| Ok((DocId(row.get(0)?), row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
