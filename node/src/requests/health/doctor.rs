//! Gathers what `doctor` looks at.

use std::net::{SocketAddr, UdpSocket};

use dataforge_protocol::id::DeviceId;

use super::metrics_url;
use super::peers::{list_peers, names};
use crate::api::{ApiError, ClockInfo, DiscoveryInfo, DoctorReply, HeardInfo, PeerInfo, PortsInfo, RelayInfo, Reply};
use crate::clock::{now_ms, rfc3339};
use crate::config::NetworkConfig;
use crate::doctor::{self, Facts, System};
use crate::net::{MetricsDoor, Network, without_pin};
use crate::node::Node;

pub(super) async fn doctor(node: &Node) -> Result<Reply, ApiError> {
    let (up, config) = (node.is_up().await, node.config());
    let network = node.running().filter(|_| up);
    let network = network.as_deref();
    let (ports, relays) = (ports(network, &config.network), relays(network, &config.network));
    let discovery = discovery(node, network).await?;
    let (clocks, newest_ms, is_copy) = clocks(node, network).await?;
    let place = doctor::place(node.directory(), config.cache.reserve_bytes);
    let interfaces = doctor::interfaces();
    let metrics = network.map(|network| network.gauge.metrics()).unwrap_or_default();
    let faces = node.face_states();
    let peers = list_peers(node).await?;
    let now_ms = now_ms();
    let facts = Facts {
        up,
        interfaces: &interfaces,
        ports: &ports,
        relays: &relays,
        discovery: &discovery,
        now_ms,
        newest_ms,
        clocks: &clocks,
        place: &place,
        metrics: if let MetricsDoor::Failed(why) = &metrics { Some(why.as_str()) } else { None },
        faces: &faces,
        is_copy,
    };
    let problems = doctor::check(&facts);
    let remarks = remarks(up, &config.network, &peers, &discovery);
    let port = bound_port(&ports).unwrap_or_else(|| config.network.listen.port());
    let program = std::env::current_exe().map_or_else(|_| "dataforge".to_owned(), |path| path.display().to_string());
    Ok(Reply::Doctor(Box::new(DoctorReply {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
        up,
        problems,
        remarks,
        interfaces: interfaces.unwrap_or_default(),
        ports,
        firewall: doctor::hints(System::this(), port, config.network.beacon_port, &program),
        relays,
        discovery,
        peers,
        time: rfc3339(now_ms),
        clocks,
        place,
        metrics: metrics_url(&metrics),
        faces,
    })))
}

fn bound_port(ports: &PortsInfo) -> Option<u16> {
    ports.bound.first()?.parse::<SocketAddr>().ok().map(|bound| bound.port())
}

fn ports(network: Option<&Network>, config: &NetworkConfig) -> PortsInfo {
    let in_use = match network {
        Some(network) => network.port_in_use().is_some(),
        // Whether it could be had: for a moment it is.
        None => config.listen.port() != 0 && UdpSocket::bind(config.listen).is_err_and(|error| is_taken(&error)),
    };
    let configured = network.map_or(config.listen, |network| network.gauge.listen).to_string();
    let bound = network.map(|network| network.bound()).unwrap_or_default();
    PortsInfo { configured, bound: bound.iter().map(ToString::to_string).collect(), in_use }
}

fn is_taken(error: &std::io::Error) -> bool {
    error.kind() == std::io::ErrorKind::AddrInUse
}

fn relays(network: Option<&Network>, config: &NetworkConfig) -> Vec<RelayInfo> {
    let used = network.map(|network| network.relays()).unwrap_or_default();
    let watched = network.map(|network| network.relay_uses()).unwrap_or_default();
    let same = |one: &str, other: &str| without_pin(one) == without_pin(other);
    let info = |url: &String| {
        let found = used.iter().find(|relay| same(&relay.url, url));
        // What was found out by asking it says more than how a connection ended.
        let known = watched.iter().find(|relay| same(&relay.url, url)).and_then(|relay| relay.problem.clone());
        RelayInfo {
            url: url.clone(),
            reached: network.map(|_| found.is_some_and(|relay| relay.is_reached)),
            problem: known.or_else(|| found.and_then(|relay| relay.problem.clone())),
        }
    };
    config.relays.iter().map(info).collect()
}

async fn discovery(node: &Node, network: Option<&Network>) -> Result<DiscoveryInfo, ApiError> {
    let Some(network) = network else { return Ok(DiscoveryInfo::default()) };
    let report = network.gauge.discovery().clone();
    let workspaces = node.with_core(|core| core.store.workspaces()).await?;
    let name = |id| workspaces.iter().find(|(known, _)| *known == id).map(|(_, name)| name.clone());
    let heard = report.heard.iter().rev().map(|heard| HeardInfo {
        at: rfc3339(heard.at_ms),
        addresses: heard.addresses.iter().map(ToString::to_string).collect(),
        by: heard.by.to_owned(),
        workspace: heard.workspace.and_then(name),
    });
    Ok(DiscoveryInfo {
        running: report.is_running,
        records: report.records as u64,
        announced: report.announced_ms.map(rfc3339),
        heard_total: report.heard_total,
        heard: heard.collect(),
        interfaces: report.interfaces,
        last_error: report.last_error,
    })
}

/// Clocks of peers: by what they wrote just now, else by entries that were here before their time.
async fn clocks(node: &Node, network: Option<&Network>) -> Result<(Vec<ClockInfo>, Option<u64>, bool), ApiError> {
    let live = network.map(|network| network.gauge.clocks()).unwrap_or_default();
    node.with_core(move |core| {
        let (own, names) = (core.device(), names(core)?);
        let mut ahead = core.store.clocks_ahead()?;
        // What came late says nothing of the clock it was written by.
        ahead.retain(|device, ms| *ms > 0 && Some(*device) != own);
        ahead.extend(live);
        let info = |(device, ms): (DeviceId, i64)| ClockInfo {
            device_id: device.to_string(),
            name: names.get(&device).cloned().unwrap_or_else(|| device.fmt_short()),
            ahead_seconds: ms as f64 / 1000.0,
        };
        let clocks = ahead.into_iter().map(info).collect();
        Ok((clocks, core.store.newest_received_ms()?, core.is_copy))
    })
    .await
}

fn remarks(up: bool, config: &NetworkConfig, peers: &[PeerInfo], discovery: &DiscoveryInfo) -> Vec<String> {
    let mut remarks = Vec::new();
    if !up {
        remarks.push(
            "nobody can reach this node: it is not up; dataforge up serves, dataforge service install keeps it so"
                .to_owned(),
        );
    }
    if config.listen.ip().is_loopback() {
        remarks.push(format!("network.listen is {}: only this machine can reach it", config.listen));
    }
    if up && !discovery.running && discovery.last_error.is_none() {
        let why = if config.discovery { "network.listen is loopback" } else { "network.discovery is false" };
        remarks.push(format!("peers on the same network are not looked for, since {why}: they need an address"));
    }
    for peer in peers.iter().filter(|peer| peer.slowed) {
        remarks.push(format!(
            "{} sends more than network.peer_entries_per_s or network.peer_bytes_per_s: it is slowed, and all of it \
             comes in time",
            peer.name
        ));
    }
    if peers.is_empty() {
        remarks.push("there are no other devices yet: dataforge invite makes a ticket".to_owned());
    } else if peers.iter().all(|peer| peer.last_seen.is_none()) {
        remarks.push("no other device was ever reached: is one of them up, on the same network?".to_owned());
    }
    remarks
}
