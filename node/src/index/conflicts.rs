//! Rows of conflicts: what of a document somebody has to decide, with who wrote each side and when.

use std::collections::BTreeMap;

use dataforge_protocol::document::{Contest, Contests, Document, Map, Removal, conflict_id};
use dataforge_protocol::entry::{EntryKind, ReadHeader, read_header};
use dataforge_protocol::facts::DocKind;
use dataforge_protocol::gate;
use dataforge_protocol::id::{ChangeHash, DeviceId, DocId, EntryId, WorkspaceId};
use dataforge_protocol::ledger::{Bodies as _, Ledger};
use rusqlite::params;

use super::{filed, materialise};
use crate::api::ApiError;
use crate::conflicts::{About, FieldKind, Side, edits, text};
use crate::store::Store;

/// Most conflicts of one document that are listed; the others follow as these are decided.
const MAX_PER_DOCUMENT: usize = 1000;
/// Most edits that are told of what another took away.
const MAX_EDITS: usize = 32;

/// Makes the rows of a document anew.
pub(super) fn refresh(
    store: &Store,
    ledger: &Ledger,
    workspace: &WorkspaceId,
    doc: &DocId,
    document: &Document,
) -> Result<(), ApiError> {
    store
        .connection()
        .prepare_cached("DELETE FROM conflicts WHERE workspace = ?1 AND doc = ?2")?
        .execute(params![workspace.as_bytes(), doc.as_bytes()])?;
    let contests = match document.contests() {
        Ok(contests) => contests,
        Err(error) => {
            tracing::error!("conflicts of document {} are not known: {error}", doc.fmt_short());
            return Ok(());
        }
    };
    let is_gone = document.kind() == DocKind::Well && document.is_deleted();
    if contests == Contests::default() && !is_gone {
        return Ok(());
    }
    let authors = Authors { store, ledger, entries: carriers(store, ledger, doc) };
    let filed = if is_gone { filed_row(workspace, document, doc, &authors)? } else { None };
    let rows = contests.removals.iter().map(|removal| removal_row(document, doc, &authors, removal));
    let rows = rows.chain(contests.fields.iter().map(|contest| field_row(document, doc, &authors, contest)));
    let rows = filed.into_iter().chain(rows);
    let mut insert = store
        .connection()
        .prepare_cached("INSERT OR REPLACE INTO conflicts VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")?;
    for row in rows.take(MAX_PER_DOCUMENT) {
        let sides = serde_json::to_string(&row.sides).expect("texts are serialisable");
        insert.execute(params![
            workspace.as_bytes(),
            row.id,
            doc.as_bytes(),
            row.about.as_str(),
            row.kind.as_str(),
            row.map,
            row.field,
            sides,
        ])?;
    }
    Ok(())
}

/// A row to be written.
struct NewRow {
    id: String,
    about: About,
    kind: FieldKind,
    map: &'static str,
    field: String,
    sides: Vec<Side>,
}

fn field_row(document: &Document, doc: &DocId, authors: &Authors<'_>, contest: &Contest) -> NewRow {
    let sides = contest.candidates.iter().map(|candidate| Side {
        value: candidate.value.as_ref().map(text),
        reads: candidate.reads,
        ..authors.side(&candidate.change)
    });
    NewRow {
        id: contest.id(doc),
        about: About::Field,
        kind: FieldKind::of(document.kind(), contest.map, &contest.key),
        map: contest.map.as_str(),
        field: contest.key.clone(),
        sides: sides.collect(),
    }
}

fn removal_row(document: &Document, doc: &DocId, authors: &Authors<'_>, removal: &Removal) -> NewRow {
    let is_gone = match &removal.item {
        None => document.is_deleted(),
        Some(_) => removal.kept.keys().all(|key| document.get(Map::Items, key).is_none()),
    };
    let removing = removal.by.iter().map(|change| Side { removes: true, reads: is_gone, ..authors.side(change) });
    let editing = removal.edits.iter().map(|(change, spoken)| Side {
        edits: edits(spoken),
        reads: !is_gone,
        ..authors.side(change)
    });
    let editing = newest(editing.collect());
    let (about, kind, map) = match &removal.item {
        None => (About::Deletion, FieldKind::Deletion, Map::Root),
        Some(item) => (About::Item, FieldKind::of(document.kind(), Map::Items, item), Map::Items),
    };
    NewRow {
        id: removal.id(doc),
        about,
        kind,
        map: map.as_str(),
        field: removal.item.clone().unwrap_or_default(),
        sides: removing.chain(editing).collect(),
    }
}

/// Returns those that are told: the ones written last, as ordered as they are given.
fn newest(mut sides: Vec<Side>) -> Vec<Side> {
    let mut written: Vec<_> = sides.iter().map(|side| (side.claimed_ms, side.change.clone())).collect();
    written.sort_unstable_by(|one, other| other.cmp(one));
    if let Some((claimed_ms, change)) = written.get(MAX_EDITS.saturating_sub(1)) {
        sides.retain(|side| side.written() >= (*claimed_ms, change.as_str()));
    }
    sides
}

/// Returns the row of a deleted well under which others filed something without knowing of the deletion.
fn filed_row(
    workspace: &WorkspaceId,
    document: &Document,
    well: &DocId,
    authors: &Authors<'_>,
) -> Result<Option<NewRow>, ApiError> {
    let deleting = document.deletions();
    let entries: Vec<_> = deleting.iter().filter_map(|change| authors.entries.get(change).copied()).collect();
    let unseen = filed::unseen(authors.store, authors.ledger, workspace, well, &entries)?;
    if unseen.is_empty() {
        return Ok(None);
    }
    let sides = deleting.iter().map(|change| change.0).chain(unseen.iter().map(|unseen| unseen.doc.0));
    let id = conflict_id(well.as_bytes(), About::Filed.as_str(), sides);
    let removing = deleting.iter().map(|change| Side { removes: true, reads: true, ..authors.side(change) });
    let filing = unseen.iter().map(|unseen| Side {
        change: unseen.filed.to_string(),
        edits: vec![format!("filed {} {} here", unseen.what, unseen.name)],
        ..authors.side_of(Some(&unseen.filed))
    });
    let filing = newest(filing.collect());
    let (kind, map) = (FieldKind::Deletion, Map::Root.as_str());
    let sides = removing.chain(filing).collect();
    Ok(Some(NewRow { id, about: About::Filed, kind, map, field: String::new(), sides }))
}

/// What is known of the question about things under a deleted well.
#[derive(Debug, Clone, Default)]
pub(crate) struct FiledQuestion {
    /// Its id; none where nothing is to be asked.
    pub(crate) id: Option<String>,
    /// What the deletions name, for one that takes their place without answering it.
    pub(crate) known: Vec<EntryId>,
}

/// Returns the question about things under a well, as it is now for a device; rows may be older.
///
/// # Errors
/// `Storage`, `Damaged` when Automerge cannot build the well.
pub(crate) fn filed_question(
    store: &Store,
    ledger: &Ledger,
    workspace: &WorkspaceId,
    well: &DocId,
    own: &DeviceId,
) -> Result<FiledQuestion, ApiError> {
    let document = materialise(store, ledger, well)?;
    let Some(document) = document.filter(|document| document.kind() == DocKind::Well && document.is_deleted()) else {
        return Ok(FiledQuestion::default());
    };
    let authors = Authors { store, ledger, entries: carriers(store, ledger, well) };
    let deletions: Vec<_> =
        document.deletions().iter().filter_map(|change| authors.entries.get(change).copied()).collect();
    let known = filed::known_before(store, ledger, well, &deletions, own);
    let row = filed_row(workspace, &document, well, &authors)?;
    Ok(FiledQuestion { id: row.map(|row| row.id), known })
}

/// Who wrote the changes of a document.
struct Authors<'a> {
    store: &'a Store,
    ledger: &'a Ledger,
    entries: BTreeMap<ChangeHash, EntryId>,
}

/// Returns the entries that carry the changes of a document.
fn carriers(store: &Store, ledger: &Ledger, doc: &DocId) -> BTreeMap<ChangeHash, EntryId> {
    let entries = ledger.effective_entries(doc).into_iter().filter(|(_, kind)| *kind == EntryKind::Change);
    let hashed = entries.filter_map(|(id, _)| {
        let body = store.body(&id)?;
        let scan = gate::scan(&body).ok()?;
        Some((scan.hash, id))
    });
    // The same change in two entries is told of the one with the least id, which is the same everywhere.
    let mut carriers: BTreeMap<ChangeHash, EntryId> = BTreeMap::new();
    hashed.for_each(|(hash, id)| {
        carriers.entry(hash).and_modify(|known| *known = id.min(*known)).or_insert(id);
    });
    carriers
}

impl Authors<'_> {
    /// Returns the side of a change without what it says.
    fn side(&self, change: &ChangeHash) -> Side {
        Side { change: change.to_string(), ..self.side_of(self.entries.get(change)) }
    }

    fn side_of(&self, entry: Option<&EntryId>) -> Side {
        let header = entry.and_then(|id| self.store.stored_entry(id).ok().flatten());
        let header = header.and_then(|signed| match read_header(&signed.header) {
            Ok(ReadHeader::Known(_, header)) => Some(header),
            _ => None,
        });
        let person = entry.and_then(|id| self.ledger.author_of(id));
        Side {
            change: String::new(),
            entry: entry.map(ToString::to_string).unwrap_or_default(),
            person: person.map(|person| person.to_string()),
            device: header.as_ref().map(|header| header.link.device.to_string()).unwrap_or_default(),
            claimed_ms: header.map_or(0, |header| header.claims.claimed_ms),
            value: None,
            reads: false,
            removes: false,
            edits: Vec::new(),
        }
    }
}
