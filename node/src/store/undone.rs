//! Which changes of this device are undos, and of what.

use std::collections::BTreeMap;

use dataforge_protocol::id::{EntryId, WorkspaceId};
use rusqlite::params;

use super::Store;
use crate::api::ApiError;

impl Store {
    /// Notes that a change undoes another one.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn note_undone(
        &self,
        workspace: &WorkspaceId,
        entry: &EntryId,
        undoes: &EntryId,
    ) -> Result<(), ApiError> {
        self.connection().prepare_cached("INSERT OR REPLACE INTO undone VALUES (?1, ?2, ?3)")?.execute(params![
            workspace.as_bytes(),
            entry.as_bytes(),
            undoes.as_bytes()
        ])?;
        Ok(())
    }

    /// Returns the undos of a workspace and what each undoes.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn undone(&self, workspace: &WorkspaceId) -> Result<BTreeMap<EntryId, EntryId>, ApiError> {
        let mut statement =
            self.connection().prepare_cached("SELECT entry, undoes FROM undone WHERE workspace = ?1")?;
        let rows = statement
            .query_map(params![workspace.as_bytes()], |row| Ok((EntryId(row.get(0)?), EntryId(row.get(1)?))))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
