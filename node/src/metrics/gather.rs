//! The numbers, asked for at every request.

use std::collections::BTreeMap;
use std::time::Instant;

use dataforge_protocol::id::{DeviceId, WorkspaceId};

use super::text::{Family, Kind};
use crate::api::ApiError;
use crate::clock::now_ms;
use crate::core::Core;
use crate::node::Node;
use crate::store::{Peer, Written};
use crate::transfer::TransferState;
use crate::{holdings, keep};

/// What is known of a workspace.
#[derive(Debug)]
struct Workspace {
    id: WorkspaceId,
    entries: u64,
    set_aside: u64,
    waiting: u64,
    only_here: u64,
    blobs_missing: u64,
    blobs_only_here: u64,
    blobs_too_few: u64,
}

/// What the database knows.
#[derive(Debug)]
struct Stored {
    workspaces: Vec<Workspace>,
    blobs: u64,
    blob_bytes: u64,
    cache_bytes: u64,
    peers: Vec<Peer>,
    written: Written,
}

fn stored(core: &mut Core, default: keep::Policy, min_copies: u32) -> Result<Stored, ApiError> {
    let own = core.device();
    let mut workspaces = Vec::new();
    for id in core.workspace_ids() {
        let next = own.map_or(Ok(0), |device| core.ledger(&id).map(|ledger| ledger.next_seq(&device)))?;
        let safe = core.store.highest_level(&id)?.map_or(0, |seq| seq.saturating_add(1));
        let copies = holdings::copies(core, &id, min_copies)?;
        workspaces.push(Workspace {
            id,
            entries: core.ledger(&id)?.position(),
            set_aside: core.store.count_set_aside(&id)?,
            waiting: core.ledger(&id)?.waiting() as u64,
            only_here: next.saturating_sub(safe),
            blobs_missing: core.store.count_missing(&id)?,
            blobs_only_here: copies.only_here,
            blobs_too_few: copies.too_few,
        });
    }
    let partial: u64 = core.store.partials()?.iter().map(|(_, bytes)| bytes).sum();
    Ok(Stored {
        workspaces,
        blobs: core.store.count_held()?,
        blob_bytes: core.store.held_bytes()?,
        cache_bytes: keep::cached_bytes(core, default)? + partial,
        written: core.store.written(),
        peers: core.store.peers()?.into_iter().filter(|peer| Some(peer.device) != own).collect(),
    })
}

/// Asks for all numbers.
pub(super) async fn gather(node: &Node) -> Result<Vec<Family>, ApiError> {
    let limits = node.config().cache;
    let (default, min_copies) = (limits.policy, limits.min_copies);
    let stored = node.with_core(move |core| stored(core, default, min_copies)).await?;
    let mut families = vec![
        Family::new(Kind::Gauge, "dataforge_build_info", "The version of the program; always 1.")
            .with([("version", env!("CARGO_PKG_VERSION").to_owned())], 1.0),
    ];
    families.extend(network(node));
    families.extend(of_workspaces(&stored.workspaces));
    let gauge = |name, help, value: u64| Family::one(Kind::Gauge, name, help, value as f64);
    families.push(gauge("dataforge_blobs_held", "Blobs that are durable here.", stored.blobs));
    families.push(gauge("dataforge_blob_bytes", "Bytes of blobs that are durable here.", stored.blob_bytes));
    families.push(gauge(
        "dataforge_cache_bytes",
        "Bytes of blobs held of workspaces that are not mirrored.",
        stored.cache_bytes,
    ));
    families.push(gauge("dataforge_cache_limit_bytes", "The setting cache.limit_bytes.", limits.limit_bytes));
    if let Some(free) = crate::space::free_bytes(node.directory()) {
        families.push(gauge("dataforge_disk_free_bytes", "Free bytes on the disk of the data directory.", free));
    }
    let counter = |name, help, value: u64| Family::one(Kind::Counter, name, help, value as f64);
    families.push(counter(
        "dataforge_transactions_total",
        "Transactions of the database that were committed.",
        stored.written.transactions,
    ));
    families.push(counter(
        "dataforge_changes_total",
        "Changes of documents that were stored, own ones and those of peers.",
        stored.written.changes,
    ));
    families.push(transfers(node).await?);
    families.extend(of_peers(node, &stored.peers));
    Ok(families)
}

/// What the network counts.
fn network(node: &Node) -> Vec<Family> {
    let Some(network) = node.running() else { return Vec::new() };
    network.look_at_traffic();
    let gauge = &network.gauge;
    let (opened_in, opened_out) = gauge.sessions_opened();
    let (accepted, refused) = gauge.entries();
    let bytes = gauge.traffic.all();
    let by = |direction: &str, path: &str| [("direction", direction.to_owned()), ("path", path.to_owned())];
    let direction = |word: &str| [("direction", word.to_owned())];
    let mut families = vec![
        Family::one(
            Kind::Gauge,
            "dataforge_start_time_seconds",
            "When the network was started, in seconds since 1970.",
            gauge.begun_ms as f64 / 1000.0,
        ),
        Family::one(
            Kind::Gauge,
            "dataforge_peers_connected",
            "Devices with an open session.",
            node.connections().len() as f64,
        ),
        Family::one(Kind::Gauge, "dataforge_sessions_open", "Open sessions.", network.sessions().len() as f64),
        Family::new(Kind::Counter, "dataforge_sessions_opened_total", "Sessions, by who dialled: in, the other side.")
            .with(direction("in"), opened_in as f64)
            .with(direction("out"), opened_out as f64),
        Family::one(
            Kind::Counter,
            "dataforge_entries_accepted_total",
            "Entries of peers that were verified and settled.",
            accepted as f64,
        ),
        Family::one(
            Kind::Counter,
            "dataforge_entries_refused_total",
            "Entries of peers that can never count.",
            refused as f64,
        ),
    ];
    families.push(
        Family::new(
            Kind::Counter,
            "dataforge_network_bytes_total",
            "Bytes of connections to members, by direction and class of path.",
        )
        .with(by("in", "direct"), bytes.direct_in as f64)
        .with(by("out", "direct"), bytes.direct_out as f64)
        .with(by("in", "relay"), bytes.relay_in as f64)
        .with(by("out", "relay"), bytes.relay_out as f64),
    );
    families
}

/// A number of each workspace: its name, what it says, and how it is had.
type OfWorkspace = (&'static str, &'static str, fn(&Workspace) -> u64);

fn of_workspaces(workspaces: &[Workspace]) -> Vec<Family> {
    const ALL: [OfWorkspace; 7] = [
        ("dataforge_entries_held", "Entries held.", |one| one.entries),
        ("dataforge_entries_set_aside", "Entries held without effect or not counted.", |one| one.set_aside),
        ("dataforge_entries_waiting", "Entries that wait for missing ones.", |one| one.waiting),
        ("dataforge_entries_only_here", "Own entries that no peer is known to hold.", |one| one.only_here),
        ("dataforge_blobs_missing", "Blobs referred to and not held.", |one| one.blobs_missing),
        ("dataforge_blobs_only_here", "Blobs held that no other device says it holds.", |one| one.blobs_only_here),
        (
            "dataforge_blobs_below_min_copies",
            "Blobs held that fewer than cache.min_copies others say they hold.",
            |one| one.blobs_too_few,
        ),
    ];
    let family = |(name, help, value): OfWorkspace| {
        workspaces.iter().fold(Family::new(Kind::Gauge, name, help), |family, one| {
            family.with([("workspace", one.id.fmt_short())], value(one) as f64)
        })
    };
    ALL.into_iter().map(family).collect()
}

async fn transfers(node: &Node) -> Result<Family, ApiError> {
    let workspaces = node.with_core(|core| Ok(core.workspace_ids())).await?;
    for workspace in &workspaces {
        node.list_wanted(workspace).await?;
    }
    let mut counts: BTreeMap<TransferState, u64> = BTreeMap::new();
    for standing in node.transfers().standings(Instant::now(), now_ms()) {
        *counts.entry(standing.state).or_default() += 1;
    }
    let family = Family::new(Kind::Gauge, "dataforge_transfers", "Blobs wanted and not held, by state.");
    let states = [
        (TransferState::Fetching, "fetching"),
        (TransferState::Queued, "queued"),
        (TransferState::Retrying, "retrying"),
        (TransferState::Waiting, "waiting"),
        (TransferState::Paused, "paused"),
    ];
    Ok(states.into_iter().fold(family, |family, (state, word)| {
        let count = counts.get(&state).copied().unwrap_or_default();
        family.with([("state", word.to_owned())], count as f64)
    }))
}

fn of_peers(node: &Node, peers: &[Peer]) -> [Family; 4] {
    let label = |device: &DeviceId| [("peer", device.fmt_short())];
    let open = node.connections();
    let mut last = Family::new(
        Kind::Gauge,
        "dataforge_peer_last_contact_timestamp_seconds",
        "When a peer was met last, in seconds since 1970; now, while it is connected.",
    );
    let mut connected = Family::new(Kind::Gauge, "dataforge_peer_connected", "Whether a session with a peer is open.");
    for peer in peers {
        let is_open = open.contains_key(&peer.device);
        connected = connected.with(label(&peer.device), f64::from(u8::from(is_open)));
        if let Some(seen) = if is_open { Some(now_ms()) } else { peer.last_seen_ms } {
            last = last.with(label(&peer.device), seen as f64 / 1000.0);
        }
    }
    let mut latency = Family::new(
        Kind::Gauge,
        "dataforge_peer_latency_seconds",
        "Time there and back of the path in use to a peer that is connected.",
    );
    let standings = node.running().map(|network| network.standings()).unwrap_or_default();
    let links: BTreeMap<_, _> = standings.into_iter().map(|one| (one.device, one.link)).collect();
    for (device, link) in links {
        if let Some(time) = link.latency {
            latency = latency.with(label(&device), time.as_secs_f64());
        }
    }
    let mut slowed = Family::new(
        Kind::Counter,
        "dataforge_peer_slowed_seconds_total",
        "Time that entries of a peer waited because it sent more than it may.",
    );
    let all = node.running().map(|network| network.allowances.slowed()).unwrap_or_default();
    for (device, of_it) in all {
        slowed = slowed.with(label(&device), of_it.total.as_secs_f64());
    }
    [last, connected, latency, slowed]
}
