//! The index: documents as rows, derived from the chains one document at a time.
//!
//! A document is materialised from the entries that count and have effect. One that Automerge
//! cannot build keeps the rows it had, loudly; that is never a verdict on an entry.

mod attachment;
mod built;
mod chart;
mod conflicts;
mod dictionary;
mod filed;
mod find;
mod labels;
mod lineage;
mod preferred;
mod project;
mod read;
mod run;
mod selection;
mod settings;
mod survey;
mod tops;
mod well;

use std::collections::BTreeSet;

use dataforge_protocol::document::{Document, LongText};
use dataforge_protocol::entry::{EntryKind, ReadHeader, read_header};
use dataforge_protocol::facts::{DocKind, Facts};
use dataforge_protocol::id::{DocId, EntryId, WorkspaceId};
use dataforge_protocol::ledger::{Bodies as _, Ledger, Outcome};
use rusqlite::params;

pub(crate) use self::built::Built;
pub(crate) use self::chart::{ChartFilter, ChartRow, Listed, SourceRow};
pub(crate) use self::conflicts::{FiledQuestion, filed_question};
pub(crate) use self::dictionary::read as read_dictionary;
pub(crate) use self::filed::known_with;
pub(crate) use self::find::Found;
pub(crate) use self::project::ProjectRow;
pub(crate) use self::read::{Index, SHORT, listing};
use crate::api::{ApiError, ErrorKind};
use crate::store::Store;

/// Returns the facts of a document, from its first Open.
pub(crate) fn facts(store: &Store, ledger: &Ledger, doc: &DocId) -> Option<Facts> {
    let open = ledger.effective_entries(doc).into_iter().find(|(_, kind)| *kind == EntryKind::Open)?;
    Facts::from_bytes(&store.body(&open.0)?)
}

/// Returns a document's present state; `None` when it is not open.
///
/// # Errors
/// `Damaged` when Automerge cannot build it.
pub(crate) fn materialise(store: &Store, ledger: &Ledger, doc: &DocId) -> Result<Option<Document>, ApiError> {
    build(store, ledger, doc, &ledger.effective_entries(doc))
}

/// Makes a document from some of its entries, causes first.
///
/// # Errors
/// As [`materialise`].
pub(crate) fn build(
    store: &Store,
    ledger: &Ledger,
    doc: &DocId,
    entries: &[(EntryId, EntryKind)],
) -> Result<Option<Document>, ApiError> {
    let Some(kind) = ledger.doc_kind(doc, store) else { return Ok(None) };
    let changes: Vec<_> = entries.iter().filter(|(_, kind)| *kind == EntryKind::Change).map(|(id, _)| *id).collect();
    let built = store.built().build((ledger.workspace(), *doc), kind, &changes, |id| store.body(id));
    built.map(Some).map_err(|error| {
        let failure = ApiError::from_error(ErrorKind::Damaged, &error);
        ApiError { message: format!("document {}: {}", doc.fmt_short(), failure.message), ..failure }
    })
}

/// Makes the rows of documents anew.
///
/// # Errors
/// `Storage`.
pub(crate) fn refresh(
    store: &Store,
    ledger: &Ledger,
    workspace: &WorkspaceId,
    docs: &BTreeSet<DocId>,
) -> Result<(), ApiError> {
    let mut wells = BTreeSet::new();
    for doc in docs {
        refresh_one(store, ledger, workspace, doc, &mut wells)?;
    }
    // Each once, however much came or went there.
    filed::look_again(store, ledger, workspace, wells)
}

/// Makes the rows of a document anew. Wells that it came to, or went from, are added to `wells`.
fn refresh_one(
    store: &Store,
    ledger: &Ledger,
    workspace: &WorkspaceId,
    doc: &DocId,
    wells: &mut BTreeSet<DocId>,
) -> Result<(), ApiError> {
    wells.extend(filed::well_of(store, workspace, doc)?);
    let document = match materialise(store, ledger, doc) {
        Ok(Some(document)) => document,
        Ok(None) => return remove(store, workspace, doc),
        Err(error) => {
            tracing::error!("a document is frozen until an upgrade: {error} {:?}", error.causes);
            return Ok(());
        }
    };
    refresh_rows(store, ledger, workspace, doc, &document, wells)?;
    conflicts::refresh(store, ledger, workspace, doc, &document)?;
    wells.extend(filed::well_of(store, workspace, doc)?);
    Ok(())
}

fn refresh_rows(
    store: &Store,
    ledger: &Ledger,
    workspace: &WorkspaceId,
    doc: &DocId,
    document: &Document,
    wells: &mut BTreeSet<DocId>,
) -> Result<(), ApiError> {
    match document.kind() {
        DocKind::Project => project::refresh(store, workspace, doc, document),
        DocKind::Well => well::refresh(store, workspace, doc, document),
        DocKind::Run => run::refresh(store, workspace, doc, document, facts(store, ledger, doc).as_ref()),
        DocKind::Attachment => attachment::refresh(store, workspace, doc, document, facts(store, ledger, doc).as_ref()),
        DocKind::Dictionary => {
            for run in dictionary::refresh(store, workspace, document)? {
                refresh_one(store, ledger, workspace, &run, wells)?;
            }
            Ok(())
        }
        DocKind::Chart => chart::refresh(store, ledger, workspace, doc, document),
        DocKind::Selection => selection::refresh(store, workspace, doc, document),
        DocKind::Tops => tops::refresh(store, workspace, doc, document),
        DocKind::Survey => survey::refresh(store, workspace, doc, document),
        DocKind::Settings => settings::refresh(store, workspace, doc, document),
    }
}

/// The derived tables of documents, each with the column that names the document; none for a table
/// that holds one document of its workspace.
const TABLES: [(&str, Option<&str>); 22] = [
    ("projects", Some("id")),
    ("wells", Some("id")),
    ("preferred", Some("well")),
    ("runs", Some("id")),
    ("curves", Some("run")),
    ("notices", Some("run")),
    ("gridded", Some("run")),
    ("pyramids", Some("run")),
    ("derivations", Some("run")),
    ("derived_from", Some("run")),
    ("attachments", Some("id")),
    ("dictionary", None),
    ("described", Some("id")),
    ("charts", Some("id")),
    ("chart_series", Some("chart")),
    ("settings", Some("id")),
    ("conflicts", Some("doc")),
    ("tops", Some("id")),
    ("surveys", Some("id")),
    ("stations", Some("id")),
    ("chosen_surveys", Some("well")),
    ("selected", Some("id")),
];

/// Notes a document of the kinds that have a title, so that it is found and called by it.
fn describe(
    store: &Store,
    workspace: &WorkspaceId,
    doc: &DocId,
    document: &Document,
    more: &Described,
) -> Result<(), ApiError> {
    let title = document.long_text(LongText::Title);
    let name = if title.is_empty() { more.name.clone().unwrap_or_else(|| doc.fmt_short()) } else { title };
    store
        .connection()
        .prepare_cached("INSERT OR REPLACE INTO described VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?
        .execute(params![
            workspace.as_bytes(),
            doc.as_bytes(),
            document.kind().as_str(),
            name,
            document.long_text(LongText::Description),
            more.well.as_ref().map(DocId::as_bytes),
            document.is_deleted(),
        ])?;
    Ok(())
}

/// What [`describe`] notes besides titles.
#[derive(Debug, Default)]
struct Described {
    /// The well it belongs to.
    well: Option<DocId>,
    /// What it is called while it has no title.
    name: Option<String>,
}

/// Returns the metres in a unit; nothing when it is no unit of length.
fn metres(unit: &str) -> Option<f64> {
    crate::ingest::units::resolve(unit, Some("length")).and_then(|unit| unit.factor)
}

fn remove(store: &Store, workspace: &WorkspaceId, doc: &DocId) -> Result<(), ApiError> {
    for (table, column) in TABLES {
        let Some(column) = column else { continue };
        let sql = format!("DELETE FROM {table} WHERE workspace = ?1 AND {column} = ?2");
        store.connection().prepare_cached(&sql)?.execute(params![workspace.as_bytes(), doc.as_bytes()])?;
    }
    Ok(())
}

/// Empties the index of a workspace.
///
/// # Errors
/// `Storage`.
pub(crate) fn clear(store: &Store, workspace: &WorkspaceId) -> Result<(), ApiError> {
    for (table, _) in TABLES.into_iter().chain([("blob_refs", None), ("blob_places", None)]) {
        store
            .connection()
            .execute(&format!("DELETE FROM {table} WHERE workspace = ?1"), params![workspace.as_bytes()])?;
    }
    Ok(())
}

/// Notes again which blobs the accepted entries of a workspace refer to.
///
/// # Errors
/// `Storage`.
pub(crate) fn refer_again(store: &Store, workspace: &WorkspaceId) -> Result<(), ApiError> {
    store.each_entry(workspace, |_, stored| {
        if stored.outcome == Outcome::Accepted
            && let Ok(ReadHeader::Known(_, header)) = read_header(&stored.signed.header)
        {
            store.refer(workspace, &header)?;
        }
        Ok(())
    })
}
