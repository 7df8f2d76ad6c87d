//! What was filed under a well by who did not know that another deletes it: runs, attachments, tops and
//! surveys. They would be gone with the well, and nobody would see them.
//!
//! Who deletes a well names, of each device, the newest entry of what it takes along. A chain is held
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

/// A thing filed under a well.
struct Thing {
    doc: DocId,
    /// What it is, in a word.
    what: String,
    name: String,
}

/// Everything that is hidden with its well; deleted things excepted.
const THINGS: &str = "
    SELECT id, 'run' AS what, name FROM runs INDEXED BY runs_by_well
    WHERE workspace = ?1 AND well = ?2 AND deleted = 0
    UNION ALL SELECT id, 'attachment', name FROM attachments INDEXED BY attachments_by_well
    WHERE workspace = ?1 AND well = ?2 AND deleted = 0
    UNION ALL SELECT id, kind, name FROM described INDEXED BY described_by_well
    WHERE workspace = ?1 AND well = ?2 AND deleted = 0 AND kind IN ('tops', 'survey')
    ORDER BY id";

/// Returns what is filed under a well, by id.
fn things_of(store: &Store, workspace: &WorkspaceId, well: &DocId) -> Result<Vec<Thing>, ApiError> {
    let mut statement = store.connection().prepare_cached(THINGS)?;
    let rows = statement.query_map(params![workspace.as_bytes(), well.as_bytes()], |row| {
        Ok(Thing { doc: DocId(row.get(0)?), what: row.get(1)?, name: row.get(2)? })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The newest entry of each of some devices.
#[derive(Debug, Default)]
struct Newest(BTreeMap<DeviceId, (u64, EntryId)>);

impl Newest {
    fn add(&mut self, store: &Store, id: EntryId) {
        if let Some(Header { link, .. }) = header(store, &id) {
            let known = self.0.entry(link.device).or_insert((link.seq, id));
            *known = (*known).max((link.seq, id));
        }
    }

    /// Returns those that one entry names: of too many devices those of the first ones, and that of
    /// this device in any case.
    fn named(self, own: &DeviceId) -> Vec<EntryId> {
        let mut newest: Vec<_> = self.0.into_iter().collect();
        newest.sort_by_key(|(device, _)| device != own);
        newest.into_iter().map(|(_, (_, id))| id).take(MAX_NAMED).collect()
    }
}

/// Returns what the deletion of a well by a device names: of each device the newest entry of what is
/// filed there.
///
/// # Errors
/// `Storage`.
pub(crate) fn known_with(
    store: &Store,
    ledger: &Ledger,
    workspace: &WorkspaceId,
    well: &DocId,
    own: &DeviceId,
) -> Result<Vec<EntryId>, ApiError> {
    let mut newest = Newest::default();
    for thing in things_of(store, workspace, well)? {
        for (id, _) in ledger.effective_entries(&thing.doc) {
            newest.add(store, id);
        }
    }
    Ok(newest.named(own))
}

/// Returns what the deletions of a well name, for one that takes their place and knows no more.
pub(crate) fn known_before(
    store: &Store,
    ledger: &Ledger,
    well: &DocId,
    deletions: &[EntryId],
    own: &DeviceId,
) -> Vec<EntryId> {
    names(store, ledger, well, deletions).named(own)
}

/// Returns what some deletions of a well name. What they build on in the well itself says nothing: it
/// is there for another reason, and who decides that somebody's edits go was not asked about more.
fn names(store: &Store, ledger: &Ledger, well: &DocId, deletions: &[EntryId]) -> Newest {
    let mut newest = Newest::default();
    for deletion in deletions.iter().filter_map(|id| header(store, id)) {
        for id in deletion.claims.deps.into_iter().filter(|id| ledger.doc_of(id) != Some(*well)) {
            newest.add(store, id);
        }
    }
    newest
}

/// A thing under a deleted well, and the newest entry that filed it there and was not known.
pub(super) struct Unseen {
    pub(super) doc: DocId,
    /// What it is, in a word.
    pub(super) what: String,
    pub(super) name: String,
    pub(super) filed: EntryId,
}

/// Returns what is under a well that is deleted and the deletions did not know of.
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
    let known = names(store, ledger, well, deletions).0;
    let mut found = Vec::new();
    for Thing { doc, what, name } in things_of(store, workspace, well)? {
        let unknown = filings(store, ledger, &doc, well).into_iter().filter_map(|id| {
            let Header { link, claims, .. } = header(store, &id)?;
            let is_known = known.get(&link.device).is_some_and(|(seq, _)| *seq >= link.seq);
            (!is_known).then_some((claims.claimed_ms, id))
        });
        if let Some((_, filed)) = unknown.max() {
            found.push(Unseen { doc, what, name, filed });
        }
    }
    Ok(found)
}

/// Returns the entries that file a thing under a well: all of them, because which came last differs from
/// node to node.
fn filings(store: &Store, ledger: &Ledger, thing: &DocId, well: &DocId) -> Vec<EntryId> {
    let value = Some(Field::Text(well.to_string()));
    let files = |id: &EntryId| {
        let said = store.body(id).and_then(|body| said(&body).ok()).unwrap_or_default();
        said.iter().any(|said| said.map == Map::Root && said.key == "well" && said.value == value)
    };
    let entries = ledger.effective_entries(thing).into_iter();
    entries.filter(|(_, kind)| *kind == EntryKind::Change).map(|(id, _)| id).filter(files).collect()
}

/// Returns the well that a thing is filed under and hidden with, as the rows have it.
///
/// # Errors
/// `Storage`.
pub(super) fn well_of(store: &Store, workspace: &WorkspaceId, thing: &DocId) -> Result<Option<DocId>, ApiError> {
    let mut statement = store.connection().prepare_cached(
        "SELECT well FROM runs WHERE workspace = ?1 AND id = ?2 AND well IS NOT NULL
         UNION ALL SELECT well FROM attachments WHERE workspace = ?1 AND id = ?2 AND well IS NOT NULL
         UNION ALL SELECT well FROM described
         WHERE workspace = ?1 AND id = ?2 AND well IS NOT NULL AND +kind IN ('tops', 'survey')",
    )?;
    let found = statement.query_row(params![workspace.as_bytes(), thing.as_bytes()], |row| Ok(DocId(row.get(0)?)));
    Ok(found.optional()?)
}

/// Looks again at the deleted ones of some wells, because something came or went.
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
