//! Copying and moving wells into another workspace that this node holds.
//!
//! A well is copied with its runs, attachments, tops and surveys. The same facts make the same ids
//! there; what they say now is written as changes there, signed by this device, because entries do not
//! leave their workspace. Blobs are named there too, held for both and not stored twice. Where it came
//! from is told in attributes.
//!
//! Only what is absent there is written: copying again changes nothing, and what members there said
//! stays. A move deletes the well where it was, once the copy is durable.

mod gather;

use dataforge_protocol::document::Map;
use dataforge_protocol::entry::BlobRef;
use dataforge_protocol::id::{DocId, EntryId, WorkspaceId};
use dataforge_protocol::limits::MAX_BLOBS;
use dataforge_protocol::op::Role;
use rusqlite::params;

use self::gather::{Part, Source};
use crate::api::{ApiError, CopiedReply, CopiedWell, CopyRequest, ErrorKind, Reply};
use crate::core::{Core, Progress, Writer};
use crate::index::Index;
use crate::node::Node;

/// What an attribute that tells where something came from begins with.
const COPIED: &str = "copied_";

/// Copies or moves wells.
///
/// # Errors
/// `NotFound` for a well or workspace that is not here, or data that are not held; `NotAllowed` for who
/// is no editor there or, to move, no admin here; `Usage` when both are one. Nothing is written then.
pub(super) async fn copy(node: &Node, from: WorkspaceId, ask: CopyRequest) -> Result<Reply, ApiError> {
    let CopyRequest { wells, to, moves } = ask;
    let (to, wells) = node
        .with_core(move |core| {
            let to = core.find_workspace(Some(&to))?;
            check_roles(core, from, to, moves)?;
            let index = Index::new(core.store.connection(), from);
            let mut docs = wells.iter().map(|well| index.find_well(well)).collect::<Result<Vec<_>, _>>()?;
            let mut seen = std::collections::BTreeSet::new();
            docs.retain(|doc| seen.insert(*doc));
            docs.iter().try_for_each(|doc| gather::check_held(core, from, doc))?;
            docs.iter().try_for_each(|doc| check_not_deleted(core, to, doc))?;
            Ok((to, docs))
        })
        .await?;
    let mut copied = Vec::new();
    for well in wells {
        // One at a time, so that others get their turn; what was done stays done.
        let (info, there) = node.with_core(move |core| one(core, from, to, well)).await?;
        node.on_progress(to, &there);
        if moves {
            super::editing::delete(node, from, well).await?;
        }
        copied.push(info);
    }
    let names = node.with_core(move |core| {
        let name = |core: &mut Core, id: &WorkspaceId| Ok::<_, ApiError>(core.ledger(id)?.genesis().name.clone());
        Ok((name(core, &from)?, name(core, &to)?))
    });
    let (from, to) = names.await?;
    Ok(Reply::Copied(CopiedReply { from, to, moved: moves, wells: copied }))
}

fn check_roles(core: &mut Core, from: WorkspaceId, to: WorkspaceId, moves: bool) -> Result<(), ApiError> {
    if from == to {
        return Err(ApiError::new(ErrorKind::Usage, "the wells are in that workspace already")
            .hint("name another one with --to; dataforge workspaces lists those here"));
    }
    if core.role(&to)?.is_none_or(|role| role < Role::Editor) {
        return Err(ApiError::new(ErrorKind::NotAllowed, "copying needs the role of an editor in the other workspace")
            .hint("ask an admin or owner there"));
    }
    if moves && core.role(&from)?.is_none_or(|role| role < Role::Admin) {
        return Err(ApiError::new(
            ErrorKind::NotAllowed,
            "moving deletes the wells where they are, which needs the role of an admin there",
        )
        .hint("dataforge wells copy leaves them; or ask an admin or owner"));
    }
    Ok(())
}

/// Refuses a well that was deleted there: nobody would see the copy.
fn check_not_deleted(core: &Core, to: WorkspaceId, well: &DocId) -> Result<(), ApiError> {
    let mut statement = core
        .store
        .connection()
        .prepare_cached("SELECT 1 FROM wells WHERE workspace = ?1 AND id = ?2 AND deleted = 1")?;
    if statement.exists(params![to.as_bytes(), well.as_bytes()])? {
        let short = well.fmt_short();
        return Err(ApiError::new(
            ErrorKind::NotAllowed,
            format!("the well {short} is deleted in the other workspace"),
        )
        .hint(format!("dataforge restore {short} brings it back there; that needs the role of an admin")));
    }
    Ok(())
}

/// Copies one well, in one transaction.
fn one(core: &mut Core, from: WorkspaceId, to: WorkspaceId, well: DocId) -> Result<(CopiedWell, Progress), ApiError> {
    let source = gather::source(core, from, well)?;
    let name = source.name.clone();
    let mut info = CopiedWell {
        id: well.to_string(),
        name,
        documents: source.parts.len() as u64,
        remarks: source.remarks.clone(),
        ..CopiedWell::default()
    };
    let mut held = Vec::new();
    for blob in source.parts.iter().flat_map(|part| &part.blobs) {
        // Whoever copies has both, so what is held there is held for both from now on.
        held.extend(core.store.size_held(&from, &blob.hash)?.map(|size| (blob.hash, size)));
    }
    let (info, progress) = core.write(&to, &held, |writer| {
        for part in &source.parts {
            write_part(writer, to, &source, part, &mut info)?;
        }
        Ok(info)
    })?;
    Ok((info, progress))
}

/// Writes one document, as far as it is absent.
fn write_part(
    writer: &mut Writer<'_>,
    to: WorkspaceId,
    source: &Source,
    part: &Part,
    info: &mut CopiedWell,
) -> Result<(), ApiError> {
    let doc = part.facts.doc_id();
    // A run, an attachment or tops name the well, which comes first.
    let deps: Vec<_> = if doc == source.well { None } else { writer.opening(&source.well) }.into_iter().collect();
    let (_, is_new) = writer.open(&part.facts, deps.clone())?;
    let before = writer.document(&doc)?;
    if let Some(before) = &before {
        info.left += before.differing(&part.contents);
        if before.is_deleted() {
            info.remarks.push(format!(
                "{} is deleted there: dataforge restore {} brings it back",
                part.called,
                doc.fmt_short()
            ));
        }
    }
    let mut blobs = Vec::new();
    for blob in &part.blobs {
        if !writer.store().refers(&to, &blob.hash)? {
            blobs.push(*blob);
        }
    }
    let is_written = write_contents(writer, doc, &deps, part, &mut blobs, info)?;
    info.written += u64::from(is_new || is_written);
    Ok(())
}

/// Writes the contents change by change, each with as many blobs as an entry may name, and in the end
/// where it all came from. Returns whether anything was written.
fn write_contents(
    writer: &mut Writer<'_>,
    doc: DocId,
    deps: &[EntryId],
    part: &Part,
    blobs: &mut Vec<BlobRef>,
    info: &mut CopiedWell,
) -> Result<bool, ApiError> {
    let mut is_written = false;
    for contents in part.contents.clone().split() {
        let with: Vec<_> = blobs.iter().take(MAX_BLOBS).copied().collect();
        let changed = writer.edit(doc, deps, with.clone(), |document, actor| document.take_over(actor, &contents))?;
        if changed {
            blobs.retain(|blob| !with.contains(blob));
            info.blobs += with.len() as u64;
            info.bytes += with.iter().map(|blob| blob.size).sum::<u64>();
        }
        is_written |= changed;
    }
    if is_written {
        writer.edit(doc, deps, Vec::new(), |document, actor| {
            let edited = document.edit(actor, |edit| {
                part.provenance.iter().try_for_each(|(key, value)| edit.set_text(Map::Attributes, key, Some(value)))
            });
            Ok(edited?.into_iter().collect())
        })?;
    }
    Ok(is_written)
}

/// Whether a field of a document has a meaning in its own workspace only.
fn is_local(map: Map, key: &str) -> bool {
    match map {
        // Projects do not go along.
        Map::Root => key == "project",
        Map::Attributes => key.starts_with(COPIED),
        Map::Renditions | Map::Curves | Map::Items => false,
    }
}
