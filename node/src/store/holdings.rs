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

    /// Notes the number by which a blob is spoken of.
    ///
    /// # Errors
    /// `Storage`.
    pub(super) fn place(
        &self,
        workspace: &WorkspaceId,
        device: &DeviceId,
        number: u64,
        hash: &BlobHash,
    ) -> Result<(), ApiError> {
        let place = params![workspace.as_bytes(), device.as_bytes(), number, hash.as_bytes()];
        let added = self
            .connection()
            .prepare_cached(
                "INSERT OR IGNORE INTO blob_places SELECT ?1, ?2, ?3, ?4,
                 EXISTS (SELECT 1 FROM held_for AS h WHERE h.hash = ?4 AND h.workspace = ?1),
                 NOT EXISTS (SELECT 1 FROM blob_places AS f WHERE f.hash = ?4 AND f.workspace = ?1
                     AND (f.device, f.number) < (?2, ?3)),
                 NOT EXISTS (SELECT 1 FROM blob_places AS o WHERE o.workspace = ?1 AND o.device = ?2
                     AND o.number = ?3)",
            )?
            .execute(place)?;
        if added == 0 {
            return Ok(());
        }
        for others in [
            "UPDATE blob_places SET is_first = 0
             WHERE hash = ?4 AND workspace = ?1 AND is_first AND (device, number) > (?2, ?3)",
            "UPDATE blob_places SET is_alone = 0
             WHERE workspace = ?1 AND device = ?2 AND number = ?3 AND hash <> ?4 AND is_alone",
        ] {
            self.connection().prepare_cached(others)?.execute(place)?;
        }
        Ok(())
    }

    /// Returns the numbers of the blobs of a workspace that are held here, by chain: all of them, or
    /// only the first of each blob.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn held_numbers(&self, workspace: &WorkspaceId, once: bool) -> Result<Vec<ChainBlobs>, ApiError> {
        // Ordered by the key: nothing is sorted.
        let mut statement = self.connection().prepare_cached(
            "SELECT device, number FROM blob_places
             WHERE workspace = ?1 AND held AND is_alone AND (is_first OR NOT ?2) ORDER BY device, number",
        )?;
        let mut rows = statement.query(params![workspace.as_bytes(), once])?;
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
        let mut statement = self
            .connection()
            .prepare_cached("SELECT device, number FROM blob_places WHERE hash = ?2 AND workspace = ?1 AND is_alone")?;
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
        let mut statement = self.connection().prepare_cached(
            "SELECT device, number, held FROM blob_places WHERE workspace = ?1 AND is_first AND is_alone",
        )?;
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
        let mut statement = self
            .connection()
            .prepare_cached("SELECT hash, device, number FROM blob_places WHERE workspace = ?1 AND is_alone")?;
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows of which a column is not what it says.
    const WRONG: [&str; 4] = [
        "SELECT 1 FROM blob_refs AS b WHERE held <> EXISTS
         (SELECT 1 FROM held_for AS h WHERE h.hash = b.hash AND h.workspace = b.workspace)",
        "SELECT 1 FROM blob_places AS p WHERE held <> EXISTS
         (SELECT 1 FROM held_for AS h WHERE h.hash = p.hash AND h.workspace = p.workspace)",
        "SELECT 1 FROM blob_places AS p WHERE is_first = EXISTS
         (SELECT 1 FROM blob_places AS f WHERE f.hash = p.hash AND f.workspace = p.workspace
          AND (f.device, f.number) < (p.device, p.number))",
        "SELECT 1 FROM blob_places AS p WHERE is_alone = EXISTS
         (SELECT 1 FROM blob_places AS o WHERE o.workspace = p.workspace AND o.device = p.device
          AND o.number = p.number AND o.hash <> p.hash)",
    ];

    #[test]
    fn what_is_kept_of_places_is_so_in_whatever_order_things_come() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        let seed = fastrand::u64(..);
        let mut random = fastrand::Rng::with_seed(seed);
        for step in 0..1_000 {
            let workspace = WorkspaceId([random.u8(..2); 32]);
            let hash = BlobHash([random.u8(..6); 32]);
            match random.u8(..6) {
                0 => store.note_held(&workspace, &[(hash, 1)], 0).unwrap(),
                1 => store.forget_have(&[hash]).unwrap(),
                2 => store.refer_to(&workspace, &[(hash, 1)]),
                _ => store.place(&workspace, &DeviceId([random.u8(..3); 32]), random.u64(..4), &hash).unwrap(),
            }
            if step == 700 {
                store.connection().execute_batch("DELETE FROM blob_places; DELETE FROM blob_refs").unwrap();
            }
            for wrong in WRONG {
                assert!(
                    !store.connection().prepare_cached(wrong).unwrap().exists([]).unwrap(),
                    "seed {seed}, {step}: {wrong}"
                );
            }
        }
    }
}
