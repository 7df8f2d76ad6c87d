//! Known peers, and how far they hold this device's chain.

use std::net::SocketAddr;

use dataforge_protocol::id::{DeviceId, WorkspaceId};
use rusqlite::{OptionalExtension as _, params};

use super::Store;
use crate::api::ApiError;

/// Addresses remembered per peer, newest first.
const MAX_ADDRESSES: usize = 8;

/// A peer as remembered.
#[derive(Debug, Clone)]
pub(crate) struct Peer {
    /// Its device.
    pub(crate) device: DeviceId,
    /// Where it was reached, newest first.
    pub(crate) addresses: Vec<SocketAddr>,
    /// Last contact.
    pub(crate) last_seen_ms: Option<u64>,
    /// Why the last attempt failed.
    pub(crate) last_error: Option<String>,
}

impl Peer {
    /// A device that was never reached.
    pub(crate) const fn unknown(device: DeviceId) -> Self {
        Self { device, addresses: Vec::new(), last_seen_ms: None, last_error: None }
    }
}

impl Store {
    /// Notes that a workspace was joined, and who let this device in.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn begin_joining(&self, workspace: &WorkspaceId, host: &DeviceId) -> Result<(), ApiError> {
        let key = params![workspace.as_bytes(), host.as_bytes()];
        self.connection().execute("INSERT OR REPLACE INTO joining VALUES (?1, ?2)", key)?;
        Ok(())
    }

    /// Notes that all of a workspace that was joined has come that somebody had.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn end_joining(&self, workspace: &WorkspaceId) -> Result<(), ApiError> {
        self.connection().execute("DELETE FROM joining WHERE workspace = ?1", params![workspace.as_bytes()])?;
        Ok(())
    }

    /// Returns who let this device into a workspace of which not all has come yet.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn joining(&self, workspace: &WorkspaceId) -> Result<Option<DeviceId>, ApiError> {
        let mut statement = self.connection().prepare_cached("SELECT host FROM joining WHERE workspace = ?1")?;
        Ok(statement.query_row(params![workspace.as_bytes()], |row| row.get(0)).optional()?.map(DeviceId))
    }

    /// Remembers addresses of a peer, newest first.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn add_peer(&self, device: &DeviceId, addresses: &[SocketAddr]) -> Result<(), ApiError> {
        let mut all = addresses.to_vec();
        all.extend(self.peer(device)?.map(|peer| peer.addresses).unwrap_or_default());
        let mut seen = std::collections::BTreeSet::new();
        all.retain(|address| seen.insert(*address));
        all.truncate(MAX_ADDRESSES);
        let json = serde_json::to_string(&all).expect("addresses are serialisable");
        self.connection()
            .prepare_cached(
                "INSERT INTO peers (device, addresses) VALUES (?1, ?2)
                 ON CONFLICT (device) DO UPDATE SET addresses = excluded.addresses",
            )?
            .execute(params![device.as_bytes(), json])?;
        Ok(())
    }

    /// Notes how the last attempt to reach a peer went.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn note_contact(&self, device: &DeviceId, result: Result<u64, &str>) -> Result<(), ApiError> {
        let (seen, error) = match result {
            Ok(now_ms) => (Some(now_ms), None),
            Err(error) => (None, Some(error)),
        };
        let rows = self
            .connection()
            .prepare_cached(
                "INSERT INTO peers (device, addresses, last_seen_ms, last_error) VALUES (?1, '[]', ?2, ?3)
                 ON CONFLICT (device) DO UPDATE SET
                 last_seen_ms = coalesce(excluded.last_seen_ms, last_seen_ms), last_error = excluded.last_error",
            )?
            .execute(params![device.as_bytes(), seen, error])?;
        self.note_unseen(rows);
        Ok(())
    }

    /// Returns a peer.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn peer(&self, device: &DeviceId) -> Result<Option<Peer>, ApiError> {
        Ok(self.peers()?.into_iter().find(|peer| peer.device == *device))
    }

    /// Returns all peers, by device.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn peers(&self) -> Result<Vec<Peer>, ApiError> {
        let mut statement = self
            .connection()
            .prepare_cached("SELECT device, addresses, last_seen_ms, last_error FROM peers ORDER BY device")?;
        let rows = statement.query_map([], |row| {
            let addresses: String = row.get(1)?;
            Ok(Peer {
                device: DeviceId(row.get(0)?),
                addresses: serde_json::from_str(&addresses).unwrap_or_default(),
                last_seen_ms: row.get(2)?,
                last_error: row.get(3)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Notes that a peer holds this device's chain up to a position.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn note_level(&self, workspace: &WorkspaceId, device: &DeviceId, seq: u64) -> Result<(), ApiError> {
        self.connection()
            .prepare_cached(
                "INSERT INTO peer_levels VALUES (?1, ?2, ?3)
                 ON CONFLICT (workspace, device) DO UPDATE SET seq = max(seq, excluded.seq)",
            )?
            .execute(params![workspace.as_bytes(), device.as_bytes(), seq])?;
        Ok(())
    }

    /// Returns the highest position of this device's chain that any peer is known to hold.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn highest_level(&self, workspace: &WorkspaceId) -> Result<Option<u64>, ApiError> {
        let mut statement =
            self.connection().prepare_cached("SELECT max(seq) FROM peer_levels WHERE workspace = ?1")?;
        Ok(statement.query_row(params![workspace.as_bytes()], |row| row.get(0))?)
    }
}
