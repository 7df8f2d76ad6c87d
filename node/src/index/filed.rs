//! Runs that were filed under a well by who did not know that another deletes it: they would be gone with
//! the well, and nobody would see them.
//!
//! Who deletes a well names, of each device, the newest entry of the runs it takes along. A chain is held
//! from its beginning, so whoever knew an entry knew all before it on its chain.

use std::collections::{BTreeMap, BTreeSet};

use dataforge_protocol::document::{Field, Map, said};
use dataforge_protocol::entry::{EntryKind, Header, ReadHeader, read_header};
use dataforge_protocol::id::{DeviceId, DocId, EntryId, WorkspaceId};
use dataforge_protocol::ledger::{Bodies as _, Ledger};
use rusqlite::{OptionalExtension as _, params};

use super::{conflicts, materialise};
use crate::api::ApiError;
use crate::store::Store;

/// Most entries that a deletion names; an entry may build on few.
const MAX_NAMED: usize = 40;

fn header(store: &Store, id: &EntryId) -> Option<Header> {
    let signed = store.stored_entry(id).ok().flatten()?;
    match read_header(&signed.header) {
        Ok(ReadHeader::Known(_, header)) => Some(header),
        _ => None,
    }
}

/// Returns the runs filed under a well, deleted ones excepted.
fn runs_of(store: &Store, workspace: &WorkspaceId, well: &DocId) -> Result<Vec<(DocId, String)>, ApiError> {
    let mut statement = store.connection().prepare_cached(
        "SELECT id, name FROM runs INDEXED BY runs_by_well WHERE workspace = ?1 AND well = ?2 AND deleted = 0 ORDER BY id",
    )?;
    let rows = statement.query_map(params![workspace.as_bytes(), well.as_bytes()], |row| {
        Ok((DocId(row.get(0)?), row.get::<_, String>(1)?))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Returns what the deletion of a well names: of each device the newest entry of its runs.
///
/// # Errors
/// `Storage`.
pub(crate) fn known_with(
    store: &Store,
    ledger: &Ledger,
    workspace: &WorkspaceId,
    well: &DocId,
) -> Result<Vec<EntryId>, ApiError> {
    let mut newest: BTreeMap<DeviceId, (u64, EntryId)> = BTreeMap::new();
    for (run, _) in runs_of(store, workspace, well)? {
        for (id, _) in ledger.effective_entries(&run) {
            if let Some(Header { link, .. }) = header(store, &id) {
                let known = newest.entry(link.device).or_insert((link.seq, id));
                *known = (*known).max((link.seq, id));
            }
        }
    }
    Ok(newest.into_values().map(|(_, id)| id).take(MAX_NAMED).collect())
}

/// A run under a deleted well, and the newest entry that filed it there and was not known.
pub(super) struct Unseen {
    pub(super) run: DocId,
    pub(super) name: String,
    pub(super) filed: EntryId,
}

/// Returns the runs under a well that is deleted of which the deletions did not know.
///
/// # Errors
/// `Storage`.
pub(super) fn unseen(
    store: &Store,
    ledger: &Ledger,
    workspace: &WorkspaceId,
    well: &DocId,
    deletions: &[EntryId],
) -> Result<Vec<Unseen>, ApiError> {
    // What each deletion knew of each device's chain.
    let mut known: BTreeMap<DeviceId, u64> = BTreeMap::new();
    for deletion in deletions.iter().filter_map(|id| header(store, id)) {
        let named = deletion.claims.deps.iter().filter_map(|id| header(store, id)).map(|header| header.link);
        for link in named.chain([deletion.link.clone()]) {
            let seq = known.entry(link.device).or_insert(link.seq);
            *seq = (*seq).max(link.seq);
        }
    }
    let mut found = Vec::new();
    for (run, name) in runs_of(store, workspace, well)? {
        let unknown = filings(store, ledger, &run, well).into_iter().filter_map(|id| {
            let Header { link, claims, .. } = header(store, &id)?;
            let is_known = known.get(&link.device).is_some_and(|seq| *seq >= link.seq);
            (!is_known).then_some((claims.claimed_ms, id))
        });
        if let Some((_, filed)) = unknown.max() {
            found.push(Unseen { run, name, filed });
        }
    }
    Ok(found)
}

/// Returns the entries that file a run under a well: all of them, because which came last differs from
/// node to node.
fn filings(store: &Store, ledger: &Ledger, run: &DocId, well: &DocId) -> Vec<EntryId> {
    let value = Some(Field::Text(well.to_string()));
    let files = |id: &EntryId| {
        let said = store.body(id).and_then(|body| said(&body).ok()).unwrap_or_default();
        said.iter().any(|said| said.map == Map::Root && said.key == "well" && said.value == value)
    };
    let entries = ledger.effective_entries(run).into_iter();
    entries.filter(|(_, kind)| *kind == EntryKind::Change).map(|(id, _)| id).filter(files).collect()
}

/// Returns the well that a run is filed under, as the rows have it.
///
/// # Errors
/// `Storage`.
pub(super) fn well_of(store: &Store, workspace: &WorkspaceId, run: &DocId) -> Result<Option<DocId>, ApiError> {
    let mut statement = store
        .connection()
        .prepare_cached("SELECT well FROM runs WHERE workspace = ?1 AND id = ?2 AND well IS NOT NULL")?;
    let found = statement.query_row(params![workspace.as_bytes(), run.as_bytes()], |row| Ok(DocId(row.get(0)?)));
    Ok(found.optional()?)
}

/// Looks again at the deleted ones of some wells, because a run came or went.
///
/// # Errors
/// `Storage`.
pub(super) fn look_again(
    store: &Store,
    ledger: &Ledger,
    workspace: &WorkspaceId,
    wells: BTreeSet<DocId>,
) -> Result<(), ApiError> {
    let mut statement = store
        .connection()
        .prepare_cached("SELECT count(*) FROM wells WHERE workspace = ?1 AND id = ?2 AND deleted = 1")?;
    for well in wells {
        let deleted: u64 = statement.query_row(params![workspace.as_bytes(), well.as_bytes()], |row| row.get(0))?;
        // A well that cannot be built keeps its rows, as everywhere.
        if deleted == 1
            && let Ok(Some(document)) = materialise(store, ledger, &well)
        {
            conflicts::refresh(store, ledger, workspace, &well, &document)?;
        }
    }
    Ok(())
}
