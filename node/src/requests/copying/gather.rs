//! What a well consists of in the workspace it is copied from.

use std::collections::{BTreeMap, BTreeSet};

use dataforge_protocol::document::{Contents, Document, RunState};
use dataforge_protocol::entry::BlobRef;
use dataforge_protocol::facts::{DocKind, Facts};
use dataforge_protocol::id::{BlobHash, DocId, WorkspaceId};
use rusqlite::params;

use super::{COPIED, is_local};
use crate::api::{ApiError, ErrorKind};
use crate::clock::{now_ms, rfc3339};
use crate::core::Core;
use crate::index::{Index, facts, materialise};
use crate::requests::people::People;
use crate::store::Scope;

/// Entries that are told as heads of a document.
const MAX_HEADS: usize = 16;
/// Authors that are told.
const MAX_AUTHORS: usize = 32;

/// A well with all that is copied of it.
#[derive(Debug)]
pub(super) struct Source {
    /// The well.
    pub(super) well: DocId,
    /// Its name.
    pub(super) name: String,
    /// Its documents, the well first.
    pub(super) parts: Vec<Part>,
    /// What else should be known.
    pub(super) remarks: Vec<String>,
}

/// One document.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) facts: Facts,
    /// What it is called, for remarks.
    pub(super) called: String,
    pub(super) contents: Contents,
    /// What it names.
    pub(super) blobs: Vec<BlobRef>,
    /// Attributes that tell where it came from.
    pub(super) provenance: Vec<(String, String)>,
}

/// Refuses a well whose data are not held: nobody in the other workspace could fetch them.
pub(super) fn check_held(core: &Core, from: WorkspaceId, well: &DocId) -> Result<(), ApiError> {
    let mut missing = 0;
    for (doc, _) in documents(core, from, well)? {
        for named in core.store.blobs_of(&from, &Scope::Run(doc))? {
            missing += u64::from(!core.store.holds(&from, &named.blob.hash)?);
        }
    }
    if missing == 0 {
        return Ok(());
    }
    let name = Index::new(core.store.connection(), from).well(well).map(|well| well.name)?;
    Err(ApiError::new(ErrorKind::NotFound, format!("{missing} blobs of the well {name} are not held here"))
        .hint(format!("dataforge fetch {} brings them; then copy it", well.fmt_short())))
}

/// Reads a well and what belongs to it.
///
/// # Errors
/// `NotFound` when it is not here any more, `Damaged`, `Storage`.
pub(super) fn source(core: &mut Core, from: WorkspaceId, well: DocId) -> Result<Source, ApiError> {
    let (name, docs, remarks) = {
        let index = Index::new(core.store.connection(), from);
        (index.well(&well)?.name, documents(core, from, &well)?, shared_sources(core, from, &well)?)
    };
    let people = People::of(core, &from)?;
    let by = core.public()?.person.name.clone();
    let (ledger, store) = core.ledger_and_store(&from)?;
    let workspace = ledger.genesis().name.clone();
    let mut parts = Vec::new();
    for (doc, called) in docs {
        let Some(facts) = facts(store, ledger, &doc) else { continue };
        let Some(document) = materialise(store, ledger, &doc)? else { continue };
        let mut contents = document.contents();
        contents.fields.retain(|(map, key, _)| !is_local(*map, key));
        let heads = ledger.doc_heads(&doc);
        let heads: Vec<_> = heads.iter().take(MAX_HEADS).map(ToString::to_string).collect();
        let authors: BTreeSet<_> = ledger.entries_of(&doc).iter().filter_map(|id| ledger.author_of(id)).collect();
        let authors: Vec<_> = authors.iter().take(MAX_AUTHORS).map(|person| people.name(person)).collect();
        let told = [
            ("from", from.to_string()),
            ("from_name", workspace.clone()),
            ("heads", heads.join(" ")),
            ("authors", authors.join(", ")),
            ("by", by.clone()),
            ("at", rfc3339(now_ms())),
        ];
        let mut blobs = named(&facts, &document);
        for blob in &mut blobs {
            // The size that entries declare is the one that is fetched.
            let declared = store.referred(&blob.hash)?.into_iter().find(|(of, _)| *of == from);
            blob.size = declared.map_or(blob.size, |(_, size)| size);
        }
        parts.push(Part {
            facts,
            called,
            contents,
            blobs,
            provenance: told.into_iter().map(|(key, value)| (format!("{COPIED}{key}"), value)).collect(),
        });
    }
    Ok(Source { well, name, parts, remarks })
}

/// Returns the documents of a well, itself first, with what they are called.
fn documents(core: &Core, from: WorkspaceId, well: &DocId) -> Result<Vec<(DocId, String)>, ApiError> {
    // Charts and selections may show several wells: they stay.
    let kinds = [DocKind::Tops, DocKind::Survey].map(DocKind::as_str);
    let mut statement = core.store.connection().prepare_cached(
        "SELECT 0, id, 'the well ' || name FROM wells WHERE workspace = ?1 AND id = ?2
         UNION ALL SELECT 1, id, 'the run ' || name FROM runs WHERE workspace = ?1 AND well = ?2 AND deleted = 0
         UNION ALL SELECT 2, id, 'the file ' || name FROM attachments
             WHERE workspace = ?1 AND well = ?2 AND deleted = 0
         UNION ALL SELECT 3, id, kind || ' ' || name FROM described
             WHERE workspace = ?1 AND well = ?2 AND deleted = 0 AND kind IN (?3, ?4)
         ORDER BY 1, 2",
    )?;
    let rows = statement.query_map(params![from.as_bytes(), well.as_bytes(), kinds[0], kinds[1]], |row| {
        Ok((DocId(row.get(1)?), row.get(2)?))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Says which source files of a well hold runs of others too: they are kept as they are, so they go
/// along whole.
fn shared_sources(core: &Core, from: WorkspaceId, well: &DocId) -> Result<Vec<String>, ApiError> {
    let mut statement = core.store.connection().prepare_cached(
        "SELECT DISTINCT r.source_name FROM runs AS r
         JOIN runs AS o ON o.source_hash = r.source_hash AND o.workspace = r.workspace
         WHERE r.workspace = ?1 AND r.well = ?2 AND r.deleted = 0 AND o.well IS NOT ?2
         ORDER BY 1",
    )?;
    let rows = statement.query_map(params![from.as_bytes(), well.as_bytes()], |row| row.get::<_, String>(0))?;
    let mut told = Vec::new();
    for name in rows {
        told.push(format!("its source file {} holds runs of other wells too, and goes along as it is", name?));
    }
    Ok(told)
}

/// Returns the blobs that a document names.
fn named(facts: &Facts, document: &Document) -> Vec<BlobRef> {
    let mut blobs: BTreeMap<BlobHash, u64> = BTreeMap::new();
    match facts {
        Facts::Run { source, .. } => {
            let state = RunState::read(document);
            for rendition in &state.renditions {
                blobs.insert(*source, rendition.source_size);
                blobs.insert(rendition.blob, rendition.blob_size);
            }
            blobs.extend(state.gridded.iter().map(|copy| (copy.blob, copy.blob_size)));
        }
        Facts::Attachment { blob } => {
            let size = dataforge_protocol::document::AttachmentState::read(document).size;
            blobs.insert(*blob, size.unwrap_or(0));
        }
        _ => {}
    }
    blobs.into_iter().map(|(hash, size)| BlobRef { hash, size }).collect()
}
