//! Listing projects, and showing one.

use dataforge_protocol::id::{DocId, EntryId, WorkspaceId};
use dataforge_protocol::ledger::Ledger;
use rusqlite::{OptionalExtension as _, params};

use super::find;
use crate::api::{ApiError, ProjectInfo, ProjectReply, Reply};
use crate::clock::rfc3339;
use crate::core::Core;
use crate::index::{Index, ProjectRow};
use crate::node::Node;
use crate::requests::people::People;
use crate::store::{Scope, Store};

pub(super) async fn list(
    node: &Node,
    workspace: WorkspaceId,
    archived: bool,
    tag: Option<String>,
) -> Result<Reply, ApiError> {
    let projects = node.with_core(move |core| {
        let mut rows = Index::new(core.store.connection(), workspace).projects()?;
        rows.retain(|row| archived || !row.archived);
        rows.retain(|row| tag.as_ref().is_none_or(|tag| row.tags.contains(tag)));
        let people = People::of(core, &workspace)?;
        let (ledger, store) = core.ledger_and_store(&workspace)?;
        rows.into_iter().map(|row| info(&people, ledger, store, workspace, row)).collect::<Result<Vec<_>, _>>()
    });
    Ok(Reply::Projects { projects: projects.await? })
}

pub(super) async fn show(node: &Node, workspace: WorkspaceId, project: String) -> Result<Reply, ApiError> {
    let default = node.config().cache.project_limit_bytes;
    let reply = node.with_core(move |core| shown(core, workspace, &project, default)).await?;
    Ok(Reply::Project(Box::new(reply)))
}

fn shown(core: &mut Core, workspace: WorkspaceId, project: &str, default: u64) -> Result<ProjectReply, ApiError> {
    let id = find(core, workspace, project)?;
    let people = People::of(core, &workspace)?;
    let (ledger, store) = core.ledger_and_store(&workspace)?;
    let index = Index::new(store.connection(), workspace);
    let row = index.project(&id)?;
    let (mut bytes, mut held_bytes) = (0, 0);
    for named in store.blobs_of(&workspace, &Scope::Project(id))? {
        bytes += named.blob.size;
        if store.holds(&workspace, &named.blob.hash)? {
            held_bytes += named.blob.size;
        }
    }
    let mut wells = index.wells_in(&id)?.iter().map(|well| index.well(well)).collect::<Result<Vec<_>, _>>()?;
    wells.sort_by(|a, b| (&a.name, &a.id).cmp(&(&b.name, &b.id)));
    Ok(ProjectReply {
        bytes,
        held_bytes,
        quota_bytes: row.quota.unwrap_or(default),
        wells,
        attachments: index.project_attachments(&id)?,
        project: info(&people, ledger, store, workspace, row)?,
    })
}

fn info(
    people: &People,
    ledger: &Ledger,
    store: &Store,
    workspace: WorkspaceId,
    row: ProjectRow,
) -> Result<ProjectInfo, ApiError> {
    let made = entry(store, workspace, &row.id, "kind = 1 AND outcome = 0 ORDER BY position")?;
    let changed = entry(store, workspace, &row.id, "outcome = 0 ORDER BY position DESC")?;
    let author = made.and_then(|(id, _)| ledger.author_of(&id));
    let at = |entry: Option<(EntryId, u64)>| entry.map_or_else(String::new, |(_, claimed)| rfc3339(claimed));
    Ok(ProjectInfo {
        id: row.id.to_string(),
        short: row.id.fmt_short(),
        name: row.name,
        description: row.description,
        owner_id: row.owner.map(|id| id.to_string()),
        owner: row.owner.map(|id| people.name(&id)),
        tags: row.tags,
        archived: row.archived,
        settings: row.settings,
        wells: row.wells,
        attachments: row.attachments,
        created_by: author.map(|person| people.name(&person)).unwrap_or_default(),
        created_at: at(made),
        updated_at: at(changed),
        conflicts: crate::conflicts::values(store, &workspace, &row.id)?,
    })
}

/// Returns the first entry of a document that fulfils a condition, and when it claims to be from.
fn entry(
    store: &Store,
    workspace: WorkspaceId,
    doc: &DocId,
    condition: &str,
) -> Result<Option<(EntryId, u64)>, ApiError> {
    // The condition is one of ours.
    let sql = format!("SELECT id, claimed_ms FROM entries WHERE workspace = ?1 AND doc = ?2 AND {condition} LIMIT 1");
    let mut statement = store.connection().prepare_cached(&sql)?;
    let found = statement
        .query_row(params![workspace.as_bytes(), doc.as_bytes()], |row| Ok((EntryId(row.get(0)?), row.get(1)?)));
    Ok(found.optional()?)
}
