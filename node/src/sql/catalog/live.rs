//! Rows of what goes on between nodes: peers and transfers. Without a network they say what is known.

use std::collections::BTreeMap;
use std::time::Instant;

use dataforge_protocol::id::WorkspaceId;

use super::cells::{Cell, Columns, count, flag, text, written_time};
use crate::api::ApiError;
use crate::clock::now_ms;
use crate::core::device_name;
use crate::node::Node;
use crate::requests::known_peers;
use crate::store::Scope;

/// Returns the rows of peers, in the order of the schema's columns: devices of members of the workspace.
pub(super) fn peers(node: &Node, workspace: WorkspaceId) -> Result<Vec<Vec<Cell>>, ApiError> {
    let id = workspace.to_string();
    let mut columns = Columns::<16>::new();
    for peer in known_peers(node)? {
        let Some(standing) = peer.standings.iter().find(|standing| standing.workspace_id == id) else { continue };
        columns.row([
            text(&peer.device_id),
            text(&peer.name),
            flag(standing.connected),
            peer.path.clone().into(),
            peer.address.clone().into(),
            peer.latency_ms.into(),
            count(peer.bytes_sent),
            count(peer.bytes_received),
            flag(peer.slowed),
            peer.last_seen.as_deref().map_or(Cell::Null, written_time),
            peer.last_error.clone().into(),
            flag(standing.caught_up),
            count(standing.ahead),
            standing.behind.map_or(Cell::Null, count),
            standing.blobs_ahead.map_or(Cell::Null, count),
            standing.blobs_behind.map_or(Cell::Null, count),
        ]);
    }
    Ok(columns.into_columns())
}

/// Returns the rows of transfers, what happens first first, in the order of the schema's columns.
pub(super) fn transfers(node: &Node, workspace: WorkspaceId) -> Result<Vec<Vec<Cell>>, ApiError> {
    node.list_wanted_here(&workspace)?;
    let mut standings = node.transfers().standings(Instant::now(), now_ms());
    standings.retain(|standing| standing.workspace == workspace);
    standings.sort_by_key(|standing| standing.state);
    let (names, members) = node.locked(|core| {
        // Most often there are none, and names are those of all blobs.
        let named =
            if standings.is_empty() { Vec::new() } else { core.store.blobs_of(&workspace, &Scope::Workspace)? };
        let names: BTreeMap<_, _> = named.into_iter().map(|one| (one.blob.hash, (one.form, one.name))).collect();
        Ok((names, core.ledger(&workspace)?.members()))
    })?;
    let mut columns = Columns::<10>::new();
    for standing in standings {
        let (kind, name) = names.get(&standing.blob.hash).cloned().unwrap_or_default();
        let giving: Vec<_> = standing.from.iter().map(|device| device_name(&members, device)).collect();
        columns.row([
            text(&standing.blob.hash.to_string()),
            count(standing.blob.size),
            count(standing.missing),
            text(&kind),
            text(&name),
            text(standing.state.as_str()),
            Cell::Int(i64::from(standing.priority)),
            text(&giving.join(", ")),
            Cell::Int(i64::from(standing.attempts)),
            standing.last_error.into(),
        ]);
    }
    Ok(columns.into_columns())
}
