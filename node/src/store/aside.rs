//! What is stored and does not count, or cannot be read, by device.

use std::collections::BTreeMap;

use dataforge_protocol::id::{DeviceId, WorkspaceId};
use rusqlite::params;

use super::Store;
use crate::api::ApiError;

/// Bytes of a signature, which every entry has.
const SIGNATURE: u64 = 64;

/// A number of entries and what they take.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Aside {
    /// Entries.
    pub(crate) entries: u64,
    /// Their bytes, with signatures.
    pub(crate) bytes: u64,
}

impl Store {
    /// Returns what is kept aside of each device, a member's or not.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn aside(&self, workspace: &WorkspaceId) -> Result<BTreeMap<DeviceId, Aside>, ApiError> {
        // Word for word what the index `entries_aside` has, so that nothing else is gone through.
        let mut statement = self.connection().prepare_cached(
            "SELECT device, count(*), sum(length(header) + length(body))
             FROM entries WHERE workspace = ?1 AND outcome IN (1, 3) GROUP BY device",
        )?;
        let rows = statement.query_map(params![workspace.as_bytes()], |row| {
            let (entries, bytes): (u64, u64) = (row.get(1)?, row.get(2)?);
            let bytes = bytes.saturating_add(entries.saturating_mul(SIGNATURE));
            Ok((DeviceId(row.get(0)?), Aside { entries, bytes }))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_aside_is_added_up_from_its_index_alone() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        let workspace = WorkspaceId([1; 32]);
        for (number, device, outcome) in [(1_u8, 7_u8, 0), (2, 7, 1), (3, 7, 3), (4, 7, 2), (5, 8, 1), (6, 9, 0)] {
            let sql = "INSERT INTO entries VALUES (NULL, ?1, ?2, ?3, ?4, 2, NULL, ?5, x'', ?6, ?7, NULL, 0, 0)";
            let (header, body) = (vec![0_u8; 100], vec![0_u8; usize::from(number)]);
            let (id, device) = ([number; 32], [device; 32]);
            let values = params![workspace.as_bytes(), id, device, number, header, body, outcome];
            store.connection().execute(sql, values).unwrap();
        }
        let aside = |entries, bytes| Aside { entries, bytes };
        let expected = [(DeviceId([7; 32]), aside(2, 200 + 5 + 128)), (DeviceId([8; 32]), aside(1, 100 + 5 + 64))];
        assert_eq!(store.aside(&workspace).unwrap(), BTreeMap::from(expected));
        assert_eq!(store.aside(&WorkspaceId([2; 32])).unwrap(), BTreeMap::new());
        let sql = "EXPLAIN QUERY PLAN SELECT device, count(*), sum(length(header) + length(body))
                   FROM entries WHERE workspace = ?1 AND outcome IN (1, 3) GROUP BY device";
        let plan: String =
            store.connection().query_row(sql, params![workspace.as_bytes()], |row| row.get("detail")).unwrap();
        assert!(plan.contains("entries_aside"), "{plan}");
    }
}
