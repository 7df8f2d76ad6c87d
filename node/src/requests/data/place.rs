//! Who has what.

use std::collections::{BTreeMap, BTreeSet};

use dataforge_protocol::id::{DeviceId, WorkspaceId};

use super::{blobs, target};
use crate::api::{ApiError, HolderInfo, OnlyHereInfo, OnlyHereReply, Reply, WhereBlob, WhereReply};
use crate::clock::rfc3339;
use crate::core::{Core, device_name};
use crate::holdings;
use crate::node::Node;
use crate::store::{NamedBlob, Scope};

/// Blobs that are listed one by one.
const FEW: usize = 20;

pub(super) async fn find(node: &Node, workspace: WorkspaceId, text: String) -> Result<Reply, ApiError> {
    let connected: BTreeSet<_> = node.connections().into_keys().collect();
    let reply = node.with_core(move |core| {
        let target = target(core, &workspace, &text)?;
        let named = blobs(core, &workspace, &target)?;
        place(core, workspace, target.name, &named, &connected)
    });
    Ok(Reply::Where(reply.await?))
}

/// Lists what of a workspace is held here and, by what others say, nowhere else.
pub(super) async fn only_here(node: &Node, workspace: WorkspaceId, limit: u32) -> Result<Reply, ApiError> {
    let reply = node.with_core(move |core| {
        let named = core.store.blobs_of(&workspace, &Scope::Workspace)?;
        let hashes: Vec<_> = named.iter().map(|one| one.blob.hash).collect();
        let holders = holdings::holders(core, &workspace, &hashes)?;
        let own = core.device();
        let mut things: BTreeMap<_, OnlyHereInfo> = BTreeMap::new();
        for one in named {
            let is_elsewhere =
                holders.get(&one.blob.hash).is_some_and(|devices| devices.iter().any(|d| Some(*d) != own));
            if is_elsewhere || !core.store.holds(&workspace, &one.blob.hash)? {
                continue;
            }
            let well_id = one.well.map(|well| well.to_string());
            let thing = things.entry((well_id.clone(), one.name.clone())).or_insert_with(|| OnlyHereInfo {
                name: one.name,
                well_id,
                blobs: 0,
                bytes: 0,
            });
            thing.blobs += 1;
            thing.bytes += one.blob.size;
        }
        let mut things: Vec<_> = things.into_values().collect();
        things.sort_by_key(|thing| std::cmp::Reverse(thing.bytes));
        let (blobs, bytes) = (things.iter().map(|one| one.blobs).sum(), things.iter().map(|one| one.bytes).sum());
        things.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(OnlyHereReply { blobs, bytes, things })
    });
    Ok(Reply::OnlyHere(reply.await?))
}

fn place(
    core: &mut Core,
    workspace: WorkspaceId,
    name: String,
    named: &[NamedBlob],
    connected: &BTreeSet<DeviceId>,
) -> Result<WhereReply, ApiError> {
    let hashes: Vec<_> = named.iter().map(|one| one.blob.hash).collect();
    let mut holders = holdings::holders(core, &workspace, &hashes)?;
    let own = core.device();
    // Of this device the have-table knows, not what it said some time ago.
    for hash in &hashes {
        let devices = holders.entry(*hash).or_default();
        if let Some(own) = own {
            devices.remove(&own);
            if core.store.holds(&workspace, hash)? {
                devices.insert(own);
            }
        }
    }
    let devices = devices(core, workspace, named, &holders, connected)?;
    let names: BTreeMap<_, _> = devices.iter().map(|(device, info)| (*device, info.name.clone())).collect();
    let each = named.iter().take(if named.len() <= FEW { FEW } else { 0 }).map(|one| WhereBlob {
        hash: one.blob.hash.to_string(),
        what: format!("{} {}", one.form, one.name).trim().to_owned(),
        bytes: one.blob.size,
        holders: holders.get(&one.blob.hash).into_iter().flatten().filter_map(|d| names.get(d).cloned()).collect(),
    });
    let each = each.collect();
    let mut infos: Vec<_> = devices.into_values().collect();
    infos.sort_by(|a, b| {
        (!a.is_here, std::cmp::Reverse(a.bytes), &a.name).cmp(&(!b.is_here, std::cmp::Reverse(b.bytes), &b.name))
    });
    Ok(WhereReply {
        target: name,
        blobs: named.len() as u64,
        bytes: named.iter().map(|one| one.blob.size).sum(),
        holders: infos,
        nowhere: holders.values().filter(|devices| devices.is_empty()).count() as u64,
        each,
    })
}

fn devices(
    core: &mut Core,
    workspace: WorkspaceId,
    named: &[NamedBlob],
    holders: &BTreeMap<dataforge_protocol::id::BlobHash, BTreeSet<DeviceId>>,
    connected: &BTreeSet<DeviceId>,
) -> Result<BTreeMap<DeviceId, HolderInfo>, ApiError> {
    let own = core.device();
    let statements: BTreeMap<_, _> = holdings::all(core, &workspace)?.into_iter().map(|(h, _)| (h.device, h)).collect();
    let peers: BTreeMap<_, _> = core.store.peers()?.into_iter().map(|peer| (peer.device, peer)).collect();
    let verified_here = core.store.last_time(crate::chores::VERIFIED)?;
    let members = core.ledger(&workspace)?.members();
    let time = |ms: u64| Some(ms).filter(|ms| *ms > 0).map(rfc3339);
    let mut infos: BTreeMap<DeviceId, HolderInfo> = BTreeMap::new();
    for one in named {
        for device in holders.get(&one.blob.hash).into_iter().flatten() {
            let is_here = Some(*device) == own;
            let said = statements.get(device).filter(|_| !is_here);
            let info = infos.entry(*device).or_insert_with(|| HolderInfo {
                device_id: device.to_string(),
                name: device_name(&members, device),
                is_here,
                blobs: 0,
                bytes: 0,
                said: said.and_then(|holding| time(holding.said_ms)),
                verified: if is_here { verified_here } else { said.map(|h| h.verified_ms) }.and_then(time),
                last_seen: peers.get(device).and_then(|peer| peer.last_seen_ms).and_then(time),
                connected: connected.contains(device),
            });
            info.blobs += 1;
            info.bytes += one.blob.size;
        }
    }
    Ok(infos)
}
