//! Tables of metadata that are kept as they were read, until something is written to the database.
//!
//! What is kept follows from the rows of the database alone. SQLite counts the rows that are written, and the
//! count is looked at under the lock under which a table is read; so with the same count it is the table that
//! would be read now. The node knows the count of when the core was last left: where that is the one of what
//! is kept, the core need not be asked. Whatever is written empties all: what it changed is not looked into.
//! Tables that tell of members, of the running node or of the network follow from more than the database, and
//! are read each time.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arrow::array::RecordBatch;
use dataforge_protocol::id::WorkspaceId;
use dataforge_query::{CurveColumn, MetaTable, RunFile};

use crate::api::ApiError;
use crate::core::Core;
use crate::node::Node;

/// The runs of a workspace with their Parquet tables.
pub(super) type Files = Arc<[Arc<RunFile>]>;
/// The workspaces of a node with their names.
pub(crate) type Known = Arc<[(WorkspaceId, String)]>;

/// What is kept for all engines of a node, within the bounds that one of them is given.
#[derive(Debug, Clone, Default)]
pub(super) struct Kept {
    tables: Arc<Mutex<Tables>>,
    /// Bytes of all tables at most; 0 keeps none.
    limit: u64,
}

#[derive(Debug, Default)]
struct Tables {
    /// Rows that had been written when these were read.
    written: u64,
    /// Few, and as good as always asked for.
    workspaces: Option<Known>,
    bytes: u64,
    /// With their bytes, the oldest first.
    kept: VecDeque<(WorkspaceId, Table, u64)>,
}

#[derive(Debug)]
enum Table {
    Rows(MetaTable, RecordBatch),
    Files(Files),
}

impl Kept {
    /// Returns the same, within other bounds.
    pub(super) fn within(&self, limit: u64) -> Self {
        Self { tables: Arc::clone(&self.tables), limit }
    }

    /// Forgets all of it.
    pub(super) fn clear(&self) {
        *self.lock() = Tables::default();
    }

    /// Returns the rows of a table: those that are kept, else those that are made now.
    ///
    /// # Errors
    /// Those of `make`.
    pub(super) fn rows(
        &self,
        core: &mut Core,
        workspace: WorkspaceId,
        table: MetaTable,
        make: impl FnOnce(&mut Core) -> Result<RecordBatch, ApiError>,
    ) -> Result<RecordBatch, ApiError> {
        if !follows_from_database(table) {
            return make(core);
        }
        // Of before it is made: if that wrote something, it would not be found.
        let written = core.store.rows_written();
        if let Some(batch) = self.at(written).rows(&workspace, table) {
            return Ok(batch);
        }
        let batch = make(core)?;
        let bytes = batch.get_array_memory_size() as u64;
        self.at(written).keep(workspace, Table::Rows(table, batch.clone()), bytes, self.limit);
        Ok(batch)
    }

    /// Returns the runs of a workspace, likewise.
    ///
    /// # Errors
    /// Those of `make`.
    pub(super) fn files(
        &self,
        core: &mut Core,
        workspace: WorkspaceId,
        make: impl FnOnce(&mut Core) -> Result<Vec<Arc<RunFile>>, ApiError>,
    ) -> Result<Files, ApiError> {
        let written = core.store.rows_written();
        if let Some(files) = self.at(written).files(&workspace) {
            return Ok(files);
        }
        let files: Files = make(core)?.into();
        let bytes = files.iter().map(|file| bytes_of(file)).sum();
        self.at(written).keep(workspace, Table::Files(Arc::clone(&files)), bytes, self.limit);
        Ok(files)
    }

    /// Returns the workspaces, likewise.
    ///
    /// # Errors
    /// `Storage`.
    pub(super) fn workspaces(&self, core: &Core) -> Result<Known, ApiError> {
        let written = core.store.rows_written();
        if let Some(known) = &self.at(written).workspaces {
            return Ok(Arc::clone(known));
        }
        let known: Known = core.store.workspaces()?.into();
        self.at(written).workspaces = Some(Arc::clone(&known));
        Ok(known)
    }

    /// Returns the rows of a table if they are kept and still so.
    pub(super) fn rows_now(&self, node: &Node, workspace: &WorkspaceId, table: MetaTable) -> Option<RecordBatch> {
        self.now(node.written())?.rows(workspace, table)
    }

    /// Returns the runs of a workspace, likewise.
    pub(super) fn files_now(&self, node: &Node, workspace: &WorkspaceId) -> Option<Files> {
        self.now(node.written())?.files(workspace)
    }

    /// Returns the workspaces, likewise.
    pub(super) fn workspaces_now(&self, node: &Node) -> Option<Known> {
        self.now(node.written())?.workspaces.clone()
    }

    /// Returns what is kept if it is of when so many rows had been written.
    fn now(&self, written: u64) -> Option<MutexGuard<'_, Tables>> {
        Some(self.lock()).filter(|tables| tables.written == written)
    }

    fn lock(&self) -> MutexGuard<'_, Tables> {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns what is kept of when so many rows had been written, and nothing of before. To be called under the
    /// lock of the core.
    fn at(&self, written: u64) -> MutexGuard<'_, Tables> {
        let mut tables = self.lock();
        if tables.written != written {
            *tables = Tables { written, ..Tables::default() };
        }
        tables
    }
}

impl Tables {
    fn of<'a>(&'a self, workspace: &'a WorkspaceId) -> impl Iterator<Item = &'a Table> {
        self.kept.iter().filter(move |(of, ..)| of == workspace).map(|(_, table, _)| table)
    }

    fn rows(&self, workspace: &WorkspaceId, wanted: MetaTable) -> Option<RecordBatch> {
        self.of(workspace).find_map(|table| match table {
            Table::Rows(of, batch) if *of == wanted => Some(batch.clone()),
            _ => None,
        })
    }

    fn files(&self, workspace: &WorkspaceId) -> Option<Files> {
        self.of(workspace).find_map(|table| match table {
            Table::Files(files) => Some(Arc::clone(files)),
            Table::Rows(..) => None,
        })
    }

    fn keep(&mut self, workspace: WorkspaceId, table: Table, bytes: u64, limit: u64) {
        if bytes > limit {
            return;
        }
        self.bytes += bytes;
        self.kept.push_back((workspace, table, bytes));
        while self.bytes > limit {
            let Some((.., oldest)) = self.kept.pop_front() else { return };
            self.bytes -= oldest;
        }
    }
}

/// Whether nothing but the rows of the database decides what a table has.
const fn follows_from_database(table: MetaTable) -> bool {
    matches!(
        table,
        MetaTable::Wells
            | MetaTable::Wellbores
            | MetaTable::Runs
            | MetaTable::Curves
            | MetaTable::Tables
            | MetaTable::Notices
            | MetaTable::Lineage
            | MetaTable::Attachments
            | MetaTable::Tops
            | MetaTable::Surveys
            | MetaTable::Selections
    )
}

/// Returns about how many bytes of memory a run takes.
fn bytes_of(file: &RunFile) -> u64 {
    let of_curve = |curve: &CurveColumn| {
        let property = curve.property.as_ref().map_or(0, String::len);
        let texts = [&curve.mnemonic, &curve.label, &curve.column, &curve.unit];
        size_of::<CurveColumn>() + property + texts.into_iter().map(String::len).sum::<usize>()
    };
    let texts = [&file.run, &file.run_id, &file.well, &file.well_id, &file.index.name, &file.index.unit];
    let texts: usize = texts.into_iter().map(String::len).sum();
    let curves: usize = file.curves.iter().map(of_curve).sum();
    (size_of::<RunFile>() + texts + curves) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: WorkspaceId = WorkspaceId([1; 32]);
    const OTHER: WorkspaceId = WorkspaceId([2; 32]);

    fn keep(kept: &Kept, written: u64, workspace: WorkspaceId, table: MetaTable, bytes: u64) {
        let batch = RecordBatch::new_empty(table.schema());
        kept.at(written).keep(workspace, Table::Rows(table, batch), bytes, kept.limit);
    }

    fn has(kept: &Kept, written: u64, workspace: WorkspaceId, table: MetaTable) -> bool {
        kept.at(written).rows(&workspace, table).is_some()
    }

    #[test]
    fn a_table_is_found_for_its_workspace_until_something_is_written() {
        let kept = Kept::default().within(100);
        keep(&kept, 7, ONE, MetaTable::Wells, 10);
        kept.at(7).keep(ONE, Table::Files(Files::default()), 10, 100);
        assert!(has(&kept, 7, ONE, MetaTable::Wells) && kept.at(7).files(&ONE).is_some());
        assert!(!has(&kept, 7, ONE, MetaTable::Runs) && !has(&kept, 7, OTHER, MetaTable::Wells));
        assert!(kept.at(7).files(&OTHER).is_none());
        assert!(!has(&kept, 8, ONE, MetaTable::Wells) && kept.at(8).files(&ONE).is_none());
        assert!(!has(&kept, 7, ONE, MetaTable::Wells), "nothing of before comes back");
        keep(&kept, 8, ONE, MetaTable::Wells, 10);
        kept.clear();
        assert!(!has(&kept, 8, ONE, MetaTable::Wells));
    }

    #[test]
    fn a_look_of_before_finds_nothing_and_takes_nothing_away() {
        let kept = Kept::default().within(100);
        keep(&kept, 8, ONE, MetaTable::Wells, 10);
        kept.at(8).workspaces = Some(Known::default());
        assert!(kept.now(7).is_none() && kept.now(9).is_none());
        let now = kept.now(8).unwrap();
        assert!(now.rows(&ONE, MetaTable::Wells).is_some() && now.workspaces.is_some());
        drop(now);
        assert!(kept.at(9).workspaces.is_none());
    }

    #[test]
    fn the_oldest_leaves_first_and_what_is_too_large_is_not_kept() {
        let kept = Kept::default().within(100);
        for (at, table) in MetaTable::ALL.into_iter().enumerate() {
            keep(&kept, 0, ONE, table, 40);
            assert!(has(&kept, 0, ONE, table) && kept.lock().bytes <= 100);
            assert!(at < 2 || !has(&kept, 0, ONE, MetaTable::ALL[at - 2]), "only two have room");
        }
        keep(&kept, 0, OTHER, MetaTable::Wells, 101);
        assert!(!has(&kept, 0, OTHER, MetaTable::Wells) && kept.lock().kept.len() == 2);
        let none = Kept::default();
        keep(&none, 0, ONE, MetaTable::Wells, 1);
        assert!(!has(&none, 0, ONE, MetaTable::Wells), "within nothing nothing is kept");
    }
}
