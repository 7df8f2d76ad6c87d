//! Where the samples of runs are, for many runs at once.

use std::collections::BTreeMap;

use dataforge_protocol::id::{BlobHash, DeviceId, DocId, WorkspaceId};
use rusqlite::params;

use super::choose::run_of;
use crate::api::{ApiError, ErrorKind, MAX_PLACES, Reply, SampleHolder, SamplePlace};
use crate::clock::rfc3339;
use crate::core::{Core, device_name};
use crate::holdings;
use crate::node::Node;

/// A run's table, and whether there is a pyramid.
struct Table {
    run: DocId,
    blob: BlobHash,
    bytes: u64,
    is_held: bool,
    has_pyramid: bool,
    is_pyramid_held: bool,
}

/// Says where the samples of runs are.
///
/// # Errors
/// `NotFound` for what is no run, `Usage` for too many, `Storage`.
pub(super) async fn find(node: &Node, workspace: WorkspaceId, runs: Vec<String>) -> Result<Reply, ApiError> {
    if runs.len() > MAX_PLACES {
        return Err(ApiError::new(
            ErrorKind::Usage,
            format!("{} runs at a time are too many: at most {MAX_PLACES}", runs.len()),
        ));
    }
    let connected = node.connections();
    let places = node.with_core(move |core| {
        let tables = runs.iter().map(|run| table(core, workspace, run)).collect::<Result<Vec<_>, _>>()?;
        let hashes: Vec<_> = tables.iter().map(|table| table.blob).collect();
        let holders = holdings::holders(core, &workspace, &hashes)?;
        let devices = devices(core, &workspace, holders.values().flatten().copied(), &connected)?;
        let place = |table: Table| SamplePlace {
            run: table.run.to_string(),
            bytes: table.bytes,
            is_held: table.is_held,
            has_pyramid: table.has_pyramid,
            has_overview: table.is_held || table.is_pyramid_held,
            holders: holders.get(&table.blob).into_iter().flatten().filter_map(|id| devices.get(id).cloned()).collect(),
        };
        Ok(tables.into_iter().map(place).collect())
    });
    Ok(Reply::SamplePlaces { places: places.await? })
}

fn table(core: &Core, workspace: WorkspaceId, target: &str) -> Result<Table, ApiError> {
    let run = run_of(core, workspace, target)?;
    let mut statement = core.store.connection().prepare_cached(
        "SELECT r.blob, r.blob_bytes, EXISTS (SELECT 1 FROM have WHERE have.hash = r.blob),
             EXISTS (SELECT 1 FROM pyramids AS p WHERE p.workspace = r.workspace AND p.run = r.id AND p.native = r.blob),
             EXISTS (SELECT 1 FROM pyramids AS p JOIN have ON have.hash = p.blob
                     WHERE p.workspace = r.workspace AND p.run = r.id AND p.native = r.blob)
         FROM runs AS r WHERE r.workspace = ?1 AND r.id = ?2",
    )?;
    let found = statement.query_row(params![workspace.as_bytes(), run.as_bytes()], |row| {
        Ok(Table {
            run,
            blob: BlobHash(row.get(0)?),
            bytes: row.get(1)?,
            is_held: row.get(2)?,
            has_pyramid: row.get(3)?,
            is_pyramid_held: row.get(4)?,
        })
    });
    Ok(found?)
}

/// Returns what is known of other devices.
fn devices(
    core: &mut Core,
    workspace: &WorkspaceId,
    ids: impl Iterator<Item = DeviceId>,
    connected: &BTreeMap<DeviceId, usize>,
) -> Result<BTreeMap<DeviceId, SampleHolder>, ApiError> {
    let own = core.device();
    let peers: BTreeMap<_, _> = core.store.peers()?.into_iter().map(|peer| (peer.device, peer)).collect();
    let members = core.ledger(workspace)?.members();
    let mut devices = BTreeMap::new();
    for id in ids.filter(|id| Some(*id) != own) {
        devices.entry(id).or_insert_with(|| SampleHolder {
            device_id: id.to_string(),
            name: device_name(&members, &id),
            last_seen: peers.get(&id).and_then(|peer| peer.last_seen_ms).map(rfc3339),
            connected: connected.contains_key(&id),
        });
    }
    Ok(devices)
}
