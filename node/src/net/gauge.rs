//! What the network counts and notes about itself, for `status`, `doctor` and metrics.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use dataforge_protocol::id::{DeviceId, WorkspaceId};
use iroh::Watcher as _;
use iroh::endpoint::Connection;
use tokio::sync::watch;

use super::report::DiscoveryReport;
use super::rivals::Seat;
use super::traffic::Traffic;
use super::{Network, SessionInfo, frame, lock};
use crate::clock::now_ms;

/// How often connections are looked at for what they moved.
const LOOK: Duration = Duration::from_secs(2);
/// How long the ends of sessions may take to be noted when the network closes.
const NOTING: Duration = Duration::from_secs(1);

/// Blobs that a session moved.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    blobs_in: AtomicU64,
    blobs_out: AtomicU64,
    bytes_in: AtomicU64,
    bytes_out: AtomicU64,
    /// Milliseconds that its entries waited, because the peer pushed more than it may.
    slowed_ms: AtomicU64,
}

impl Tally {
    /// Notes blobs that came whole.
    pub(crate) fn arrived(&self, blobs: u64) {
        self.blobs_in.fetch_add(blobs, Ordering::Relaxed);
    }

    /// Notes bytes of blobs that came.
    pub(crate) fn received(&self, bytes: u64) {
        self.bytes_in.fetch_add(bytes, Ordering::Relaxed);
    }

    fn served(&self, bytes: u64) {
        self.blobs_out.fetch_add(1, Ordering::Relaxed);
        self.bytes_out.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Notes that entries waited because there were too many.
    pub(super) fn slowed(&self, time: Duration) {
        self.slowed_ms.fetch_add(u64::try_from(time.as_millis()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// Returns for how long they did.
    pub(super) fn slowed_for(&self) -> Duration {
        Duration::from_millis(self.slowed_ms.load(Ordering::Relaxed))
    }

    /// Returns blobs in and out, and their bytes.
    pub(super) fn moved(&self) -> [u64; 4] {
        [&self.blobs_in, &self.blobs_out, &self.bytes_in, &self.bytes_out].map(|count| count.load(Ordering::Relaxed))
    }
}

/// Whether metrics are given to others, and where.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) enum MetricsDoor {
    /// Not asked for.
    #[default]
    Off,
    /// Open at this address.
    At(SocketAddr),
    /// Asked for, and not to be had.
    Failed(String),
}

/// Counts and notes of a network.
#[derive(Debug)]
pub(crate) struct Gauge {
    /// When it started.
    pub(crate) begun_ms: u64,
    /// The address it was told to listen on.
    pub(crate) listen: SocketAddr,
    /// Bytes of connections.
    pub(crate) traffic: Traffic,
    opened_in: AtomicU64,
    opened_out: AtomicU64,
    accepted: AtomicU64,
    refused: AtomicU64,
    /// By how much the clock of each peer went before this one when it last wrote something.
    clocks: Mutex<BTreeMap<DeviceId, i64>>,
    report: Mutex<DiscoveryReport>,
    metrics: Mutex<MetricsDoor>,
    /// Sessions whose end is not noted yet.
    open: watch::Sender<usize>,
}

impl Gauge {
    /// Begins to count, for a network that was told to listen on an address.
    pub(super) fn new(listen: SocketAddr) -> Self {
        Self {
            begun_ms: now_ms(),
            listen,
            traffic: Traffic::default(),
            opened_in: AtomicU64::default(),
            opened_out: AtomicU64::default(),
            accepted: AtomicU64::default(),
            refused: AtomicU64::default(),
            clocks: Mutex::default(),
            report: Mutex::default(),
            metrics: Mutex::default(),
            open: watch::Sender::default(),
        }
    }

    /// Notes that a session began; it ends with what is returned.
    pub(super) fn opened(self: &Arc<Self>, is_out: bool) -> OpenSession {
        let count = if is_out { &self.opened_out } else { &self.opened_in };
        count.fetch_add(1, Ordering::Relaxed);
        self.open.send_modify(|open| *open += 1);
        OpenSession(Arc::clone(self))
    }

    /// Counts what a connection moves, to the end of what is returned.
    pub(super) fn count(self: &Arc<Self>, connection: &Connection) -> Counted {
        Counted { gauge: Arc::clone(self), connection: connection.clone() }
    }

    /// Returns the sessions that began: those that others dialled, and those that this node did.
    pub(crate) fn sessions_opened(&self) -> (u64, u64) {
        (self.opened_in.load(Ordering::Relaxed), self.opened_out.load(Ordering::Relaxed))
    }

    /// Notes what became of entries of a peer.
    pub(super) fn judged(&self, accepted: usize, refused: usize) {
        self.accepted.fetch_add(accepted as u64, Ordering::Relaxed);
        self.refused.fetch_add(refused as u64, Ordering::Relaxed);
    }

    /// Returns how many entries of peers were accepted, and how many refused.
    pub(crate) fn entries(&self) -> (u64, u64) {
        (self.accepted.load(Ordering::Relaxed), self.refused.load(Ordering::Relaxed))
    }

    /// Notes the time that a peer put on something it wrote just now.
    pub(super) fn note_clock(&self, peer: DeviceId, claimed_ms: u64) {
        let ahead = i64::try_from(claimed_ms).unwrap_or(i64::MAX).saturating_sub_unsigned(now_ms());
        lock(&self.clocks).insert(peer, ahead);
    }

    /// Returns by how much the clock of each peer goes before this one, in milliseconds.
    pub(crate) fn clocks(&self) -> BTreeMap<DeviceId, i64> {
        lock(&self.clocks).clone()
    }

    /// Returns what discovery did and saw, to be read or added to.
    pub(crate) fn discovery(&self) -> MutexGuard<'_, DiscoveryReport> {
        lock(&self.report)
    }

    /// Notes whether metrics are given.
    pub(crate) fn set_metrics(&self, door: MetricsDoor) {
        *lock(&self.metrics) = door;
    }

    /// Returns whether metrics are given.
    pub(crate) fn metrics(&self) -> MetricsDoor {
        lock(&self.metrics).clone()
    }

    /// Waits until the ends of all sessions are noted, for a moment at most.
    pub(super) async fn all_noted(&self) {
        let mut open = self.open.subscribe();
        // The sender lives as long as this value.
        drop(tokio::time::timeout(NOTING, open.wait_for(|open| *open == 0)).await);
    }
}

/// A session whose end is to be noted.
#[derive(Debug)]
pub(super) struct OpenSession(Arc<Gauge>);

impl Drop for OpenSession {
    fn drop(&mut self) {
        self.0.open.send_modify(|open| *open = open.saturating_sub(1));
    }
}

/// A connection that is counted.
#[derive(Debug)]
pub(super) struct Counted {
    gauge: Arc<Gauge>,
    connection: Connection,
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.gauge.traffic.end(&self.connection);
    }
}

/// How a connected peer is reached.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Link {
    /// Whether it is over a relay.
    pub(crate) is_relayed: bool,
    /// The address in use, of a direct path.
    pub(crate) address: Option<SocketAddr>,
    /// There and back.
    pub(crate) latency: Option<Duration>,
}

impl Link {
    pub(super) fn of(connection: &Connection) -> Self {
        let paths = connection.paths();
        let used = paths.iter().find(|path| path.is_selected()).or_else(|| paths.iter().next());
        let address = frame::addresses(connection).first().copied();
        let is_relayed = frame::is_relayed(connection);
        Self { is_relayed, address: address.filter(|_| !is_relayed), latency: used.map(|path| path.rtt()) }
    }
}

/// How a session stands.
#[derive(Debug, Clone)]
pub(crate) struct Standing {
    /// Workspace.
    pub(crate) workspace: WorkspaceId,
    /// Peer.
    pub(crate) device: DeviceId,
    /// What is known about it.
    pub(crate) info: SessionInfo,
    /// How the peer is reached.
    pub(crate) link: Link,
}

/// A relay, as the endpoint sees it.
#[derive(Debug, Clone)]
pub(crate) struct RelayState {
    /// Where it is.
    pub(crate) url: String,
    /// Whether it is connected.
    pub(crate) is_reached: bool,
    /// Why not.
    pub(crate) problem: Option<String>,
}

impl Network {
    /// Returns the sockets that are bound.
    pub(crate) fn bound(&self) -> Vec<SocketAddr> {
        self.endpoint().bound_sockets()
    }

    /// Returns the relays that the endpoint uses now.
    pub(crate) fn relays(&self) -> Vec<RelayState> {
        let mut watcher = self.endpoint().home_relay_status();
        let relays = watcher.get().into_iter().map(|relay| RelayState {
            url: relay.url().to_string(),
            is_reached: relay.is_connected(),
            problem: relay.last_error().map(ToString::to_string),
        });
        relays.collect()
    }

    /// Returns how all open sessions stand.
    pub(crate) fn standings(&self) -> Vec<Standing> {
        let sessions = self.sessions().into_iter();
        let all = sessions.map(|(workspace, device, live)| {
            let link = Link::of(&live.connection);
            Standing { workspace, device, info: live.info.borrow().clone(), link }
        });
        all.collect()
    }

    /// Looks at what connections moved.
    pub(crate) fn look_at_traffic(&self) {
        for (_, _, live) in self.sessions() {
            self.gauge.traffic.look(&live.connection);
        }
        let blobs: Vec<_> = self.blob_connections.borrow().values().flat_map(Seat::all).cloned().collect();
        for connection in blobs {
            self.gauge.traffic.look(&connection);
        }
    }

    /// Notes that a blob of a workspace, or a part of it, was given to a peer.
    pub(crate) fn note_served(&self, workspace: &WorkspaceId, device: &DeviceId, bytes: u64) {
        let tally = lock(&self.sessions).get(&(*workspace, *device)).map(|seat| Arc::clone(&seat.used().tally));
        if let Some(tally) = tally {
            tally.served(bytes);
        }
    }

    /// Returns the port that was asked for, when another one had to be taken.
    pub(crate) fn port_in_use(&self) -> Option<u16> {
        let port = self.gauge.listen.port();
        (port != 0 && self.bound().iter().all(|bound| bound.port() != port)).then_some(port)
    }
}

/// Says so when the port that was asked for is in use, and looks at connections now and then.
pub(super) async fn keep_counting(network: Arc<Network>) {
    if let Some(port) = network.port_in_use() {
        let taken = network.bound().first().map_or(0, SocketAddr::port);
        tracing::warn!("UDP port {port} is in use by another program: listening on {taken}; see dataforge doctor");
    }
    loop {
        tokio::time::sleep(LOOK).await;
        network.look_at_traffic();
    }
}
