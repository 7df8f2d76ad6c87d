//! The sync log: sessions with peers, and bundles. Bounded, the oldest rows go first.

use std::collections::BTreeMap;

use dataforge_protocol::id::{DeviceId, WorkspaceId};
use rusqlite::{Row, params};

use super::Store;
use crate::api::ApiError;

/// Rows that are kept.
const MAX_ROWS: u64 = 100_000;
/// How long they are kept.
const MAX_AGE_MS: u64 = 90 * 24 * 3_600_000;
/// Rows between two looks at what is to go.
const LOOK: u64 = 64;
/// What is said of a session whose end nobody noted.
const CUT: &str = "this node stopped without closing it";

/// What an exchange moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Moved {
    /// Entries that came and were settled.
    pub(crate) entries_in: u64,
    /// Entries that were sent.
    pub(crate) entries_out: u64,
    /// Blobs that came.
    pub(crate) blobs_in: u64,
    /// Requests for blobs that were served.
    pub(crate) blobs_out: u64,
    /// Their bytes.
    pub(crate) bytes_in: u64,
    /// Their bytes.
    pub(crate) bytes_out: u64,
}

/// A row of the sync log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Exchange {
    /// Workspace.
    pub(crate) workspace: WorkspaceId,
    /// The other side.
    pub(crate) device: DeviceId,
    /// Whether this side dialled, or wrote the bundle.
    pub(crate) is_out: bool,
    /// `direct`, `relay` or `bundle`.
    pub(crate) path: String,
    /// When it began.
    pub(crate) begun_ms: u64,
    /// When it ended; none while it is open.
    pub(crate) ended_ms: Option<u64>,
    /// What it moved.
    pub(crate) moved: Moved,
    /// Why it ended.
    pub(crate) reason: Option<String>,
}

/// Which rows are wanted.
#[derive(Debug, Clone, Default)]
pub(crate) struct ExchangeFilter {
    /// Only of this workspace.
    pub(crate) workspace: Option<WorkspaceId>,
    /// Only with these devices; all when left out.
    pub(crate) devices: Option<Vec<DeviceId>>,
    /// Only those that were not over by then.
    pub(crate) since_ms: u64,
    /// At most so many.
    pub(crate) limit: u32,
}

const COLUMNS: &str = "workspace, device, direction, path, begun_ms, ended_ms, entries_in, entries_out, blobs_in,
     blobs_out, bytes_in, bytes_out, reason";

fn read(row: &Row<'_>) -> Result<Exchange, rusqlite::Error> {
    let direction: String = row.get(2)?;
    let moved = Moved {
        entries_in: row.get(6)?,
        entries_out: row.get(7)?,
        blobs_in: row.get(8)?,
        blobs_out: row.get(9)?,
        bytes_in: row.get(10)?,
        bytes_out: row.get(11)?,
    };
    Ok(Exchange {
        workspace: WorkspaceId(row.get(0)?),
        device: DeviceId(row.get(1)?),
        is_out: direction == "out",
        path: row.get(3)?,
        begun_ms: row.get(4)?,
        ended_ms: row.get(5)?,
        moved,
        reason: row.get(12)?,
    })
}

impl Store {
    /// Notes an exchange; returns the number of its row, for [`Store::end_exchange`].
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn note_exchange(&self, exchange: &Exchange) -> Result<i64, ApiError> {
        let Exchange { workspace, device, is_out, path, begun_ms, ended_ms, moved, reason } = exchange;
        let sql = format!("INSERT INTO exchanges ({COLUMNS}) VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13)");
        let rows = self.connection().prepare_cached(&sql)?.execute(params![
            workspace.as_bytes(),
            device.as_bytes(),
            if *is_out { "out" } else { "in" },
            path,
            begun_ms,
            ended_ms,
            moved.entries_in,
            moved.entries_out,
            moved.blobs_in,
            moved.blobs_out,
            moved.bytes_in,
            moved.bytes_out,
            reason,
        ])?;
        self.note_unseen(rows);
        let id = self.connection().last_insert_rowid();
        if u64::try_from(id).is_ok_and(|id| id.is_multiple_of(LOOK)) {
            self.prune_exchanges(*begun_ms, MAX_ROWS)?;
        }
        Ok(id)
    }

    /// Notes how an exchange stands, or how it ended.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn end_exchange(
        &self,
        id: i64,
        ended_ms: Option<u64>,
        path: &str,
        moved: &Moved,
        reason: Option<&str>,
    ) -> Result<(), ApiError> {
        let rows = self
            .connection()
            .prepare_cached(
                "UPDATE exchanges SET ended_ms = ?2, path = ?3, entries_in = ?4, entries_out = ?5, blobs_in = ?6,
                 blobs_out = ?7, bytes_in = ?8, bytes_out = ?9, reason = ?10 WHERE id = ?1",
            )?
            .execute(params![
                id,
                ended_ms,
                path,
                moved.entries_in,
                moved.entries_out,
                moved.blobs_in,
                moved.blobs_out,
                moved.bytes_in,
                moved.bytes_out,
                reason,
            ])?;
        self.note_unseen(rows);
        Ok(())
    }

    /// Ends what a kill left open: nothing is, when the network starts.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn end_cut_exchanges(&self) -> Result<(), ApiError> {
        let is_any: bool = self.connection().query_row(
            "SELECT EXISTS (SELECT 1 FROM exchanges WHERE ended_ms IS NULL)",
            [],
            |row| row.get(0),
        )?;
        if is_any {
            // When is not known: it cannot have been before it began.
            let sql = "UPDATE exchanges SET ended_ms = begun_ms, reason = ?1 WHERE ended_ms IS NULL";
            self.connection().execute(sql, params![CUT])?;
        }
        Ok(())
    }

    fn prune_exchanges(&self, now_ms: u64, rows: u64) -> Result<(), ApiError> {
        let oldest = now_ms.saturating_sub(MAX_AGE_MS);
        self.connection().execute(
            "DELETE FROM exchanges WHERE ended_ms < ?1
             OR id <= (SELECT id FROM exchanges ORDER BY id DESC LIMIT 1 OFFSET ?2)",
            params![oldest, rows],
        )?;
        Ok(())
    }

    /// Returns exchanges, the newest first.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn exchanges(&self, filter: &ExchangeFilter) -> Result<Vec<Exchange>, ApiError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM exchanges WHERE (?1 IS NULL OR workspace = ?1)
             AND (ended_ms IS NULL OR ended_ms >= ?2) ORDER BY id DESC"
        );
        let mut statement = self.connection().prepare_cached(&sql)?;
        let workspace = filter.workspace.as_ref().map(WorkspaceId::as_bytes);
        let mut rows = statement.query(params![workspace, filter.since_ms])?;
        let mut found = Vec::new();
        while found.len() < usize::try_from(filter.limit).unwrap_or(usize::MAX)
            && let Some(row) = rows.next()?
        {
            let exchange = read(row)?;
            if filter.devices.as_ref().is_none_or(|devices| devices.contains(&exchange.device)) {
                found.push(exchange);
            }
        }
        Ok(found)
    }

    /// Returns by what each device was met last.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn last_paths(&self) -> Result<BTreeMap<DeviceId, String>, ApiError> {
        let mut statement = self.connection().prepare_cached(
            "SELECT device, path FROM exchanges WHERE id IN (SELECT max(id) FROM exchanges GROUP BY device)",
        )?;
        let rows = statement.query_map([], |row| Ok((DeviceId(row.get(0)?), row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Returns up to which position each device is known to hold this device's chain.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn levels(&self, workspace: &WorkspaceId) -> Result<BTreeMap<DeviceId, u64>, ApiError> {
        let mut statement =
            self.connection().prepare_cached("SELECT device, seq FROM peer_levels WHERE workspace = ?1")?;
        let rows =
            statement.query_map(params![workspace.as_bytes()], |row| Ok((DeviceId(row.get(0)?), row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Returns by how much the clocks of devices seem to go before this one: the most that one of their
    /// latest entries was here before it was written, in milliseconds.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn clocks_ahead(&self) -> Result<BTreeMap<DeviceId, i64>, ApiError> {
        let mut statement = self.connection().prepare_cached(
            "SELECT device, max(claimed_ms - received_ms) FROM
             (SELECT device, claimed_ms, received_ms FROM entries ORDER BY position DESC LIMIT 2000) GROUP BY device",
        )?;
        let rows = statement.query_map([], |row| Ok((DeviceId(row.get(0)?), row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Returns when the last entry came here, by the clock of then.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn newest_received_ms(&self) -> Result<Option<u64>, ApiError> {
        let sql = "SELECT max(received_ms) FROM (SELECT received_ms FROM entries ORDER BY position DESC LIMIT 2000)";
        Ok(self.connection().query_row(sql, [], |row| row.get(0))?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exchange(device: u8, begun_ms: u64, ended_ms: Option<u64>) -> Exchange {
        let moved = Moved { entries_in: 1, bytes_out: 7, ..Moved::default() };
        Exchange {
            workspace: WorkspaceId([1; 32]),
            device: DeviceId([device; 32]),
            is_out: true,
            path: "direct".into(),
            begun_ms,
            ended_ms,
            moved,
            reason: None,
        }
    }

    fn all(store: &Store) -> Vec<Exchange> {
        store.exchanges(&ExchangeFilter { limit: u32::MAX, ..ExchangeFilter::default() }).unwrap()
    }

    #[test]
    fn exchanges_are_listed_newest_first_and_by_what_is_asked() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        store.note_exchange(&exchange(1, 10, Some(20))).unwrap();
        let open = store.note_exchange(&exchange(2, 30, None)).unwrap();
        assert_eq!(all(&store).iter().map(|one| one.begun_ms).collect::<Vec<_>>(), [30, 10]);
        let with = |filter: ExchangeFilter| store.exchanges(&ExchangeFilter { limit: 10, ..filter }).unwrap();
        let of = ExchangeFilter { devices: Some(vec![DeviceId([1; 32])]), ..ExchangeFilter::default() };
        assert_eq!(with(of), [exchange(1, 10, Some(20))]);
        assert_eq!(with(ExchangeFilter { since_ms: 21, ..ExchangeFilter::default() }), [exchange(2, 30, None)]);
        let other = ExchangeFilter { workspace: Some(WorkspaceId([9; 32])), ..ExchangeFilter::default() };
        assert!(with(other).is_empty());
        let moved = Moved { blobs_in: 3, ..Moved::default() };
        store.end_exchange(open, Some(40), "relay", &moved, Some("ended here")).unwrap();
        let ended = &all(&store)[0];
        assert_eq!((ended.ended_ms, ended.moved, ended.reason.as_deref()), (Some(40), moved, Some("ended here")));
        assert_eq!(store.last_paths().unwrap().get(&DeviceId([2; 32])).map(String::as_str), Some("relay"));
    }

    #[test]
    fn what_a_kill_left_open_is_ended_and_says_so() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        store.note_exchange(&exchange(1, 10, None)).unwrap();
        store.end_cut_exchanges().unwrap();
        assert_eq!(all(&store)[0].reason.as_deref(), Some(CUT));
        assert_eq!(all(&store)[0].ended_ms, Some(10));
    }

    #[test]
    fn the_oldest_rows_go_by_number_and_by_age() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        for at in 0..10 {
            store.note_exchange(&exchange(1, at, Some(at))).unwrap();
        }
        store.prune_exchanges(10, 4).unwrap();
        assert_eq!(all(&store).iter().map(|one| one.begun_ms).collect::<Vec<_>>(), [9, 8, 7, 6]);
        store.note_exchange(&exchange(1, 11, None)).unwrap();
        store.prune_exchanges(MAX_AGE_MS + 9, 100).unwrap();
        assert_eq!(all(&store).iter().map(|one| one.begun_ms).collect::<Vec<_>>(), [11, 9], "what is open stays");
    }
}
