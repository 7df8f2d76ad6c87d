//! Exchanging with peers: one sync, staying up, and what is known about peers.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use dataforge_protocol::id::{DeviceId, WorkspaceId};
use tokio::sync::{mpsc, watch};

use super::workspace::info;
use crate::api::{ApiError, ErrorKind, Event, RemovedFrom, Reply, StatusReply, SyncSummary, UpReply, WorkspaceStatus};
use crate::client::Output;
use crate::clock::rfc3339;
use crate::config::LateConfig;
use crate::core::Core;
use crate::holdings;
use crate::net::{self, Network, Purpose, SessionInfo};
use crate::node::Node;
use crate::store::Peer;

/// Pause between looks at whether a sync is done.
const LOOK: Duration = Duration::from_millis(20);
/// Times that a peer is dialled whose connection ends before each side has sent what the other lacked: another
/// one took its place that is gone by now, or the peer was restarted.
const TRIES: u32 = 3;
/// Pause before it is dialled again.
const AGAIN: Duration = Duration::from_millis(500);

pub(super) async fn up(node: &Node) -> Result<Reply, ApiError> {
    let network = node.network(Purpose::Serve).await?;
    let device = node.with_core(|core| Ok(core.identity()?.device())).await?;
    let addresses = network.addresses().iter().map(ToString::to_string).collect();
    if node.begins_to_serve() {
        crate::admission::admit_arrivals(node);
        crate::import::watch_configured(node);
        crate::metrics::open(node, &network).await;
        node.runtime().spawn(crate::chores::run(node.weak()));
        node.runtime().spawn(crate::backup::keep_to_schedule(node.weak()));
    }
    let relay = crate::relay::start_configured(node).await?;
    let relays = network.relay_uses();
    Ok(Reply::Up(UpReply { device_id: device.to_string(), addresses, relays, relay }))
}

pub(super) fn parse_peer(text: &str) -> Result<(DeviceId, SocketAddr), ApiError> {
    let parsed = text.split_once('@').and_then(|(device, address)| Some((device.parse().ok()?, address.parse().ok()?)));
    parsed.ok_or_else(|| {
        ApiError::new(ErrorKind::Usage, format!("{text:?} is no peer"))
            .hint("write DEVICE@IP:PORT; dataforge status shows both on the other machine")
    })
}

pub(super) async fn add_peer(node: &Node, device: &str, address: SocketAddr) -> Result<Reply, ApiError> {
    let (device, address) = parse_peer(&format!("{device}@{address}"))?;
    node.with_core(move |core| core.store.add_peer(&device, &[address])).await?;
    Ok(Reply::Done { message: format!("{} is tried at {address}", device.fmt_short()) })
}

/// A session that is waited for.
type Wanted = (WorkspaceId, DeviceId);

pub(super) async fn sync(
    node: &Node,
    workspace: Option<String>,
    extra: Vec<String>,
    timeout_secs: u64,
    out: &mpsc::Sender<Output>,
) -> Result<Reply, ApiError> {
    let started = Instant::now();
    let targets = find_targets(node, workspace, &extra).await?;
    let network = node.network(Purpose::Once).await?;
    let mut summary = SyncSummary {
        reached: Vec::new(),
        unreached: Vec::new(),
        removed: Vec::new(),
        entries_received: 0,
        entries_sent: 0,
        blobs_received: 0,
        bytes_received: 0,
        blobs_missing: 0,
        seconds: 0.0,
    };
    let mut arrivals = node.subscribe();
    let time = (started + Duration::from_secs(timeout_secs), timeout_secs);
    let (mut left, mut workspaces) = (targets, BTreeSet::new());
    for tries_left in (0..TRIES).rev() {
        let (met, cut) = exchange(node, &network, left.clone(), time, out, &mut arrivals, &mut summary).await?;
        workspaces.extend(met);
        left.retain(|(workspace, peer)| cut.contains(&(*workspace, peer.device)));
        if left.is_empty() {
            break;
        }
        if tries_left == 0 || Instant::now() + AGAIN >= time.0 {
            let why = "the connection ended too early; the rest follows with the next sync";
            tell_unreached(node, &cut, why, &mut summary).await;
            break;
        }
        tokio::time::sleep(AGAIN).await;
    }
    crate::admission::admit_or_tell(node).await;
    for workspace in workspaces {
        let counter = node.clone();
        let missing = node.with_core(move |core| counter.count_wanted(core, &workspace)).await?;
        summary.blobs_missing = summary.blobs_missing.max(missing);
    }
    summary.seconds = started.elapsed().as_secs_f64();
    if summary.reached.is_empty() && summary.removed.is_empty() && !summary.unreached.is_empty() {
        let reasons = summary.unreached.iter().map(|(name, why)| format!("{name}: {why}")).collect();
        let failure = ApiError::new(ErrorKind::Network, "no peer could be reached")
            .hint("is dataforge up running there, on the same network?");
        return Err(ApiError { causes: reasons, ..failure });
    }
    Ok(Reply::Sync(summary))
}

/// Returns whom to dial, after noting peers that were named.
async fn find_targets(
    node: &Node,
    workspace: Option<String>,
    extra: &[String],
) -> Result<Vec<(WorkspaceId, Peer)>, ApiError> {
    let extra = extra.iter().map(|text| parse_peer(text)).collect::<Result<Vec<_>, _>>()?;
    node.with_core(move |core| {
        for (device, address) in &extra {
            core.store.add_peer(device, &[*address])?;
        }
        let only = workspace.map(|name| core.find_workspace(Some(&name))).transpose()?;
        core.identity()?;
        let targets = net::targets(core)?;
        Ok(targets.into_iter().filter(|(id, _)| only.is_none_or(|only| only == *id)).collect())
    })
    .await
}

/// Dials peers and exchanges with them; returns the workspaces of those that were reached, and those whose
/// connection ended too early.
async fn exchange(
    node: &Node,
    network: &Arc<Network>,
    targets: Vec<(WorkspaceId, Peer)>,
    (deadline, timeout_secs): (Instant, u64),
    out: &mpsc::Sender<Output>,
    arrivals: &mut crate::feed::Feed,
    summary: &mut SyncSummary,
) -> Result<(Vec<WorkspaceId>, Vec<Wanted>), ApiError> {
    let (wanted, names) = dial_all(node, network, targets, summary).await;
    let (late, cut) = wait(network, &wanted, deadline, out, arrivals, summary).await;
    let why = format!("not done after {timeout_secs} s; the rest follows with the next sync");
    tell_unreached(node, &late, &why, summary).await;
    let reached = wanted.iter().copied().zip(names).filter(|(key, _)| !cut.contains(key)).collect();
    note_reached(node, network, reached, summary).await?;
    // The disk is this side's, so whoever else was reached would have met the same.
    if let Some(failure) = wanted.iter().find_map(|(workspace, device)| network.failure(workspace, device)) {
        return Err(ApiError { message: format!("what came could not be kept: {}", failure.message), ..failure });
    }
    Ok((wanted.iter().map(|(workspace, _)| *workspace).collect(), cut))
}

async fn tell_unreached(node: &Node, which: &[Wanted], why: &str, summary: &mut SyncSummary) {
    for (workspace, device) in which {
        summary.unreached.push((node.peer_name(*workspace, *device).await, why.to_owned()));
    }
}

/// Dials peers; returns the sessions that there are now, and the names of their peers.
async fn dial_all(
    node: &Node,
    network: &Arc<Network>,
    targets: Vec<(WorkspaceId, Peer)>,
    summary: &mut SyncSummary,
) -> (Vec<Wanted>, Vec<String>) {
    let (mut wanted, mut names) = (Vec::new(), Vec::new());
    let dials = targets.into_iter().map(|(workspace, peer)| {
        let network = Arc::clone(network);
        async move { dial(&network, workspace, &peer).await.map(|dialled| (workspace, peer.device, dialled)) }
    });
    for (workspace, device, dialled) in futures::future::join_all(dials).await.into_iter().flatten() {
        let name = node.peer_name(workspace, device).await;
        match dialled {
            Ok(()) => {
                wanted.push((workspace, device));
                names.push(name);
            }
            Err(error) => {
                node.note_contact(device, Err(&error.to_string())).await;
                summary.unreached.push((name, error.to_string()));
            }
        }
    }
    (wanted, names)
}

/// Dials a peer where it was reached before, and then where it is heard; nothing when it is nowhere.
async fn dial(network: &Arc<Network>, workspace: WorkspaceId, peer: &Peer) -> Option<Result<(), ApiError>> {
    if network.is_connected(&workspace, &peer.device) {
        return Some(Ok(()));
    }
    let mut dialled = None;
    let mut tried = Vec::new();
    if network.knows_where(peer) {
        tried = network.heard_at(&peer.device);
        dialled = Some(network.dial(workspace, peer).await);
    }
    let is_unreached =
        |dialled: &Result<(), ApiError>| dialled.as_ref().is_err_and(|error| error.kind == ErrorKind::Network);
    if dialled.as_ref().is_none_or(is_unreached) && network.hear(&peer.device, &tried).await {
        dialled = Some(network.dial(workspace, peer).await);
    }
    dialled
}

/// Tells apart who was exchanged with from who said that this device is no member. Names are those
/// at the time of dialling: a peer may have left since.
async fn note_reached(
    node: &Node,
    network: &Network,
    reached: Vec<(Wanted, String)>,
    summary: &mut SyncSummary,
) -> Result<(), ApiError> {
    for ((id, device), by) in reached {
        let Some(handed_in) = network.handed_in(&id, &device) else {
            if !summary.reached.contains(&by) {
                summary.reached.push(by);
            }
            continue;
        };
        let workspace = node.with_core(move |core| Ok(core.ledger(&id)?.genesis().name.clone())).await?;
        summary.entries_sent += handed_in.entries;
        let left = handed_in.left;
        let (no_room, later) = (left.no_room, left.later);
        summary.removed.push(RemovedFrom { workspace, by, handed_in: handed_in.entries, no_room, later });
    }
    Ok(())
}

/// Whether nothing more will come from or go to the peer by itself.
fn is_done(info: &SessionInfo) -> bool {
    let level = |level: &dataforge_protocol::wire::Level| !level.fetching;
    info.ended.is_some() || (info.caught_up && level(&info.own) && info.peer.as_ref().is_some_and(level))
}

/// Waits for sessions; returns those that were not done in time, and those that ended before each side had
/// sent what the other lacked.
async fn wait(
    network: &Arc<Network>,
    wanted: &[Wanted],
    deadline: Instant,
    out: &mpsc::Sender<Output>,
    arrivals: &mut crate::feed::Feed,
    summary: &mut SyncSummary,
) -> (Vec<Wanted>, Vec<Wanted>) {
    let (received, sent) = (summary.entries_received, summary.entries_sent);
    let mut watched: BTreeMap<Wanted, watch::Receiver<SessionInfo>> = BTreeMap::new();
    // When both sides dialled, a session may take the place of another; what came by either came.
    let mut all: Vec<(Wanted, watch::Receiver<SessionInfo>)> = Vec::new();
    loop {
        let sessions = network.all_sessions();
        // Until it is gone from the table a session has not told all about its end.
        let open: Vec<Wanted> = sessions.iter().map(|(workspace, device, _)| (*workspace, *device)).collect();
        for (workspace, device, live) in sessions {
            if wanted.contains(&(workspace, device)) {
                // It tells how a session stood at its end, too.
                if !all.iter().any(|(_, info)| info.same_channel(&live.info)) {
                    all.push(((workspace, device), live.info.clone()));
                }
                watched.insert((workspace, device), live.info);
            }
        }
        let busy: Vec<_> = wanted
            .iter()
            .filter(|key| watched.get(key).is_none_or(|info| !is_done(&info.borrow())) && open.contains(key))
            .copied()
            .collect();
        // After that look: what came before it was told before it.
        while let Some(event) = arrivals.try_next() {
            if let Event::BlobsArrived { blobs, bytes } = &event {
                summary.blobs_received += blobs;
                summary.bytes_received += bytes;
                let progress = Event::Progress {
                    step: "blobs".into(),
                    done: summary.blobs_received,
                    total: 0,
                    item: String::new(),
                };
                drop(out.try_send(Output::Event(progress)));
            }
        }
        if busy.is_empty() || Instant::now() >= deadline {
            summary.entries_received = received + all.iter().map(|(_, info)| info.borrow().received).sum::<u64>();
            // What was handed in by a device that was removed is counted apart.
            let is_member = |(workspace, device): &Wanted| network.handed_in(workspace, device).is_none();
            let member = all.iter().filter(|(key, _)| is_member(key));
            summary.entries_sent = sent + member.map(|(_, info)| info.borrow().sent).sum::<u64>();
            let caught_up = |key: &Wanted| all.iter().any(|(of, info)| of == key && info.borrow().caught_up);
            let cut = wanted.iter().filter(|key| !busy.contains(key) && is_member(key) && !caught_up(key));
            let cut = cut.copied().collect();
            return (busy, cut);
        }
        tokio::time::sleep(LOOK).await;
    }
}

pub(super) async fn status(node: &Node) -> Result<Reply, ApiError> {
    let up = node.is_up().await;
    let network = node.running();
    let addresses = network.as_ref().map(|network| network.addresses()).unwrap_or_default();
    let relays = network.as_ref().map(|network| network.relay_uses()).unwrap_or_default();
    let relay = crate::relay::serving(node).await?;
    let directory = node.directory().to_owned();
    let min_copies = node.config().cache.min_copies;
    let peers = super::health::list_peers(node).await?;
    let gauge = network.as_ref().map(|network| Arc::clone(&network.gauge));
    let up_since = gauge.as_ref().filter(|_| up).map(|gauge| rfc3339(gauge.begun_ms));
    let metrics = gauge.and_then(|gauge| super::health::metrics_url(&gauge.metrics()));
    let backups = crate::backup::plans(&directory).unwrap_or_default();
    let connected = move |id: &WorkspaceId| network.as_ref().map(|network| network.connected(id)).unwrap_or_default();
    let limits = node.config().late_work;
    let faces = node.face_states();
    let reply = node.with_core(move |core| {
        let mut workspaces = Vec::new();
        // By name, as everywhere.
        for (id, _) in core.store.workspaces()? {
            let peers = connected(&id).iter().map(DeviceId::fmt_short).collect();
            workspaces.push(workspace_status(core, id, peers, (min_copies, &limits))?);
        }
        Ok(StatusReply {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            free_bytes: crate::space::free_bytes(&directory),
            directory,
            device_id: core.device().map(|device| device.to_string()),
            person: core.identity.as_ref().map(|identity| identity.public.person.name.clone()),
            up,
            addresses: addresses.iter().map(ToString::to_string).collect(),
            workspaces,
            blob_bytes: core.store.held_bytes()?,
            up_since,
            peers,
            metrics,
            backups,
            relays,
            relay,
            faces,
        })
    });
    Ok(Reply::Status(reply.await?))
}

fn workspace_status(
    core: &mut Core,
    id: WorkspaceId,
    connected: Vec<String>,
    (min_copies, limits): (u32, &LateConfig),
) -> Result<WorkspaceStatus, ApiError> {
    let own = core.device();
    let next = own.map_or(Ok(0), |device| core.ledger(&id).map(|ledger| ledger.next_seq(&device)))?;
    let safe = core.store.highest_level(&id)?.map_or(0, |seq| seq.saturating_add(1));
    let set_aside = core.store.count_set_aside(&id)?;
    let copies = holdings::copies(core, &id, min_copies)?;
    Ok(WorkspaceStatus {
        workspace: info(core, id)?,
        only_here: next.saturating_sub(safe),
        blobs_missing: core.store.count_missing(&id)?,
        bytes_missing: core.store.missing_bytes(&id)?,
        blobs_only_here: copies.only_here,
        blobs_too_few: copies.too_few,
        min_copies,
        conflicts: crate::conflicts::count(&core.store, &id)?,
        waiting: core.ledger(&id)?.waiting() as u64,
        set_aside,
        late: crate::aside::quota(core, &id, limits)?,
        connected,
    })
}
