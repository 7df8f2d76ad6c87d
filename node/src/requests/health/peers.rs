//! Other devices of members: who is online, over which path, how far each side has what the other has.

use std::collections::BTreeMap;

use dataforge_protocol::id::{DeviceId, WorkspaceId};

use crate::api::{ApiError, PeerInfo, PeerStanding, Reply};
use crate::clock::rfc3339;
use crate::core::Core;
use crate::net::{Link, Standing};
use crate::node::Node;

pub(crate) async fn peers(node: &Node) -> Result<Reply, ApiError> {
    Ok(Reply::Peers { peers: list_peers(node).await? })
}

/// Lists them, by name.
pub(crate) async fn list_peers(node: &Node) -> Result<Vec<PeerInfo>, ApiError> {
    node.with_core(listed(node)).await
}

/// Lists them, by name, on this thread.
///
/// # Errors
/// `Storage`.
pub(crate) fn known_peers(node: &Node) -> Result<Vec<PeerInfo>, ApiError> {
    let listed = listed(node);
    node.locked(listed)
}

/// Asks the network, where it runs, and returns what lists them with that.
fn listed(node: &Node) -> impl FnOnce(&mut Core) -> Result<Vec<PeerInfo>, ApiError> + Send + use<> {
    let network = node.running();
    let (mut open, mut bytes, mut slowed) = (Vec::new(), BTreeMap::new(), BTreeMap::new());
    if let Some(network) = &network {
        network.look_at_traffic();
        (open, bytes) = (network.standings(), network.gauge.traffic.peers());
        slowed = network.allowances.slowed();
    }
    move |core: &mut Core| -> Result<Vec<PeerInfo>, ApiError> {
        let own = core.device();
        let (names, paths) = (names(core)?, core.store.last_paths()?);
        let mut peers: BTreeMap<DeviceId, PeerInfo> =
            names.iter().map(|(device, name)| (*device, blank(device, Some(name)))).collect();
        for peer in core.store.peers()? {
            let info = peers.entry(peer.device).or_insert_with(|| blank(&peer.device, None));
            info.addresses = peer.addresses.iter().map(ToString::to_string).collect();
            info.last_seen = peer.last_seen_ms.map(rfc3339);
            info.last_error = peer.last_error;
        }
        if let Some(own) = own {
            peers.remove(&own);
        }
        let mut standings = standings(core, &open)?;
        for (device, info) in &mut peers {
            info.standings = standings.remove(device).unwrap_or_default();
            info.path = paths.get(device).cloned();
            if let Some(bytes) = bytes.get(device) {
                (info.bytes_sent, info.bytes_received) = (bytes.sent(), bytes.received());
            }
            if let Some(slowed) = slowed.get(device) {
                (info.slowed, info.slowed_seconds) = (slowed.now, slowed.total.as_secs_f64());
            }
            if let Some(standing) = open.iter().find(|open| open.device == *device) {
                set_link(info, &standing.link);
            }
        }
        let mut peers: Vec<_> = peers.into_values().collect();
        peers.sort_by(|a, b| a.name.cmp(&b.name).then_with(|| a.device_id.cmp(&b.device_id)));
        Ok(peers)
    }
}

fn blank(device: &DeviceId, name: Option<&String>) -> PeerInfo {
    PeerInfo {
        device_id: device.to_string(),
        name: name.cloned().unwrap_or_else(|| device.fmt_short()),
        addresses: Vec::new(),
        connected: false,
        last_seen: None,
        last_error: None,
        path: None,
        address: None,
        latency_ms: None,
        bytes_sent: 0,
        bytes_received: 0,
        slowed: false,
        slowed_seconds: 0.0,
        standings: Vec::new(),
    }
}

fn set_link(info: &mut PeerInfo, link: &Link) {
    info.connected = true;
    info.path = Some(if link.is_relayed { "relay" } else { "direct" }.to_owned());
    info.address = link.address.map(|address| address.to_string());
    info.latency_ms = link.latency.map(|time| time.as_secs_f64() * 1000.0);
}

/// Returns how far each device of a member and this one have the same, for each workspace.
fn standings(core: &mut Core, open: &[Standing]) -> Result<BTreeMap<DeviceId, Vec<PeerStanding>>, ApiError> {
    let own = core.device();
    let mut all: BTreeMap<DeviceId, Vec<PeerStanding>> = BTreeMap::new();
    for id in core.workspace_ids() {
        let levels = core.store.levels(&id)?;
        let ledger = core.ledger(&id)?;
        let written = own.map_or(0, |own| ledger.next_seq(&own));
        let name = ledger.genesis().name.clone();
        for device in ledger.members().devices.keys().filter(|device| Some(**device) != own) {
            let confirmed = levels.get(device).map_or(0, |seq| seq.saturating_add(1));
            let session = open.iter().find(|open| open.workspace == id && open.device == *device);
            let standing = standing(&id, &name, written.saturating_sub(confirmed), session);
            all.entry(*device).or_default().push(standing);
        }
    }
    Ok(all)
}

fn standing(workspace: &WorkspaceId, name: &str, unconfirmed: u64, session: Option<&Standing>) -> PeerStanding {
    let info = session.map(|session| &session.info);
    PeerStanding {
        workspace_id: workspace.to_string(),
        workspace: name.to_owned(),
        connected: session.is_some(),
        caught_up: info.is_some_and(|info| info.caught_up),
        ahead: info.map_or(0, |info| info.to_send).max(unconfirmed),
        behind: info.and_then(|info| info.behind),
        blobs_ahead: info.and_then(|info| info.peer.as_ref()).map(|level| level.missing_blobs),
        blobs_behind: info.map(|info| info.own.missing_blobs),
    }
}

/// Returns the names of all members' devices.
pub(super) fn names(core: &mut Core) -> Result<BTreeMap<DeviceId, String>, ApiError> {
    let mut names = BTreeMap::new();
    for id in core.workspace_ids() {
        for member in core.ledger(&id)?.members().members.values() {
            names.extend(member.devices.iter().map(|(device, label)| (*device, format!("{} ({label})", member.name))));
        }
    }
    Ok(names)
}
