//! Rows of members, entries, projects and conflicts.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{AsArray as _, RecordBatch, StringArray};
use dataforge_protocol::id::WorkspaceId;
use dataforge_query::MetaTable;
use rusqlite::params;

use super::cells::{Cell, Columns, count, flag, table_of, text, written_time};
use crate::api::{ApiError, ErrorKind};
use crate::core::Core;
use crate::index::Index;
use crate::requests::{People, open_conflicts};

/// Entries, in the order of the schema's columns.
pub(super) const ENTRIES: &str = "
    SELECT id, device, seq, CASE kind WHEN 0 THEN 'op' WHEN 1 THEN 'open' WHEN 2 THEN 'change' ELSE 'unknown' END, doc,
           CASE outcome WHEN 0 THEN 'accepted' WHEN 1 THEN 'excluded' WHEN 2 THEN 'inert' ELSE 'unreadable' END,
           claimed_ms, NULL, position
    FROM entries WHERE workspace = ?1 ORDER BY position";

/// Returns the rows of members, in the order of the schema's columns.
pub(super) fn members(core: &mut Core, workspace: WorkspaceId) -> Result<Vec<Vec<Cell>>, ApiError> {
    let own = core.device();
    let view = core.ledger(&workspace)?.members();
    let mut columns = Columns::<6>::new();
    for (person, member) in &view.members {
        for (device, label) in &member.devices {
            columns.row([
                text(&person.to_string()),
                Cell::Text(member.name.clone()),
                Cell::Text(member.role.to_string()),
                text(&device.to_string()),
                Cell::Text(label.clone()),
                flag(Some(*device) == own),
            ]);
        }
    }
    Ok(columns.into_columns())
}

/// Returns the rows of entries, with the names of who wrote them.
pub(super) fn entries(core: &mut Core, workspace: WorkspaceId) -> Result<RecordBatch, ApiError> {
    let view = core.ledger(&workspace)?.members();
    let names: BTreeMap<String, String> = view
        .devices
        .iter()
        .filter_map(|(device, person)| Some((device.to_string(), view.members.get(person)?.name.clone())))
        .collect();
    let found = table_of(core.store.connection(), MetaTable::Entries, ENTRIES, params![workspace.as_bytes()])?;
    let schema = MetaTable::Entries.schema();
    let (Ok(device_at), Ok(author_at)) = (schema.index_of("device_id"), schema.index_of("author")) else {
        return Ok(found);
    };
    let devices = found.column(device_at).as_string::<i32>();
    let authors: StringArray =
        devices.iter().map(|device| device.and_then(|device| names.get(device)).map(String::as_str)).collect();
    let mut arrays = found.columns().to_vec();
    if let Some(slot) = arrays.get_mut(author_at) {
        *slot = Arc::new(authors);
    }
    RecordBatch::try_new(schema, arrays).map_err(|error| ApiError::from_error(ErrorKind::Internal, &error))
}

/// Returns the rows of projects, in the order of the schema's columns.
pub(super) fn projects(core: &mut Core, workspace: WorkspaceId) -> Result<Vec<Vec<Cell>>, ApiError> {
    let people = People::of(core, &workspace)?;
    let mut columns = Columns::<10>::new();
    for project in Index::new(core.store.connection(), workspace).projects()? {
        columns.row([
            text(&project.id.to_string()),
            text(&project.name),
            project.description.into(),
            project.owner.map(|owner| owner.to_string()).into(),
            project.owner.map(|owner| people.name(&owner)).into(),
            flag(project.archived),
            text(&project.tags.join(", ")),
            project.quota.map_or(Cell::Null, count),
            count(project.wells),
            count(project.attachments),
        ]);
    }
    Ok(columns.into_columns())
}

/// Returns the rows of conflicts, one for each side, in the order of the schema's columns.
pub(super) fn conflicts(core: &mut Core, workspace: WorkspaceId) -> Result<Vec<Vec<Cell>>, ApiError> {
    let mut columns = Columns::<17>::new();
    for conflict in open_conflicts(core, workspace, None)? {
        for side in &conflict.candidates {
            columns.row([
                text(&conflict.id),
                text(&conflict.about),
                text(&conflict.kind),
                text(&conflict.strategy),
                text(&conflict.document_id),
                text(&conflict.document),
                text(&conflict.field),
                Cell::Int(i64::from(side.number)),
                // An empty text is a value somebody wrote.
                side.value.clone().map_or(Cell::Null, Cell::Text),
                text(&side.edits.join("; ")),
                flag(side.reads),
                flag(side.removes),
                side.person_id.clone().into(),
                text(&side.person),
                text(&side.device_id),
                text(&side.entry),
                written_time(&side.claimed),
            ]);
        }
    }
    Ok(columns.into_columns())
}
