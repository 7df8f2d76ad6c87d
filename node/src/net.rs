//! The network side of a node: one endpoint, four protocols, sessions that stay open.
//!
//! Nothing is contacted but addresses the user gave (tickets, static peers, relays), a member was
//! reached at before, or a member announces on the LAN: no public DNS, port mapping or telemetry.
//! Every connection is judged: sync by the hello, blobs by membership and the same hello, join by the
//! ticket, pairing by the code.

mod allowance;
mod congestion;
mod dial;
mod discovery;
mod endpoint;
mod exchange;
mod frame;
mod gauge;
mod guard;
mod hello;
mod intake;
mod join;
mod late;
mod listen;
pub(crate) mod nearby;
pub(crate) mod pairing;
mod reach;
mod relay;
mod report;
mod rivals;
mod session;
mod traffic;
mod transfer;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use dataforge_protocol::id::{BlobHash, DeviceId, WorkspaceId};
use dataforge_protocol::wire::Message;
use iroh::endpoint::Connection;
use iroh::{Endpoint, SecretKey};
use tokio::sync::{Notify, broadcast, mpsc, watch};
use tokio::task::JoinSet;

use self::allowance::Allowances;
pub(crate) use self::dial::targets;
use self::discovery::Surroundings;
pub(crate) use self::discovery::hear_windows;
pub(crate) use self::endpoint::Purpose;
pub(crate) use self::frame::is_relayed;
use self::gauge::Tally;
pub(crate) use self::gauge::{Gauge, Link, MetricsDoor, Standing};
pub(crate) use self::join::{Answer, join};
pub(crate) use self::relay::{PIN, check_relays, without_pin};
use self::rivals::{AT_ONCE, Choice, Seat, Seats};
pub(crate) use self::session::SessionInfo;
use crate::api::ApiError;
use crate::config::NetworkConfig;
use crate::node::WeakNode;
use crate::transfer::Provider;

/// A stranger's handshake and first message must arrive within this time.
const HANDSHAKE: Duration = Duration::from_secs(5);
/// A dial is given up after this time.
const DIAL: Duration = Duration::from_secs(8);
/// So long after a start everybody who is near has been heard.
const HEARING: Duration = Duration::from_secs(3);
/// How long a peer that broke the protocol is left alone.
const FAULT_PAUSE: Duration = Duration::from_secs(60);
/// How long a peer is left alone after a failure on this side, of the disk for instance.
const OWN_FAULT_PAUSE: Duration = Duration::from_secs(10);
/// How long a peer is doubted that could not be dialled at once: after that what is open may be as good as ever.
const DOUBT: Duration = Duration::from_secs(10);
/// How long a peer is left alone that says that this device is no member any more.
const REMOVED_PAUSE: Duration = Duration::from_secs(300);
/// Announcements of blobs that a slow session may be behind.
const ANNOUNCEMENTS: usize = 256;
/// The shortest and longest time for which peers are told that this node goes; between them it is a round
/// trip. Who misses it finds out by silence; to be sure, QUIC goes on for seconds on a long way.
const GOODBYE: (Duration, Duration) = (Duration::from_millis(20), Duration::from_secs(1));
/// A round trip where none was measured.
const TRIP: Duration = Duration::from_millis(100);

/// What was handed in to a peer that said that this device is no member, and what was not.
#[derive(Debug, Clone, Copy)]
pub(crate) struct HandedIn {
    pub(crate) entries: u64,
    pub(crate) left: dataforge_protocol::sync::Left,
}

/// QUIC close codes. They say as little as they can to a stranger.
mod code {
    /// All is done.
    pub(super) const DONE: u32 = 0;
    /// Not a member, or not a workspace we know: one code for both.
    pub(super) const REFUSED: u32 = 403;
    /// The peer broke the protocol.
    pub(super) const FAULT: u32 = 400;
    /// No member any more, and told so.
    pub(super) const REMOVED: u32 = 410;
    /// Broke the protocol or was removed a short while ago: not now.
    pub(super) const LATER: u32 = 429;
    /// Another connection of the same two devices serves this workspace.
    pub(super) const DUPLICATE: u32 = 409;
}

/// A session that is open.
#[derive(Debug, Clone)]
pub(crate) struct Live {
    dialler: DeviceId,
    connection: Connection,
    /// When the handshake of the connection was done.
    since: Instant,
    pub(crate) info: watch::Receiver<SessionInfo>,
    /// Messages for the peer beside what the session sends by itself.
    notices: mpsc::Sender<Message>,
    /// Blobs that it moved.
    tally: Arc<Tally>,
}

/// What became of a session that was to be registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Registered {
    /// Another one serves these two devices.
    Not,
    /// It serves them.
    Alone,
    /// It and another one do, until the other side has closed one of them.
    Beside,
}

/// The network of a running node.
#[derive(Debug)]
pub(crate) struct Network {
    /// Replaced when it stopped by itself.
    endpoint: Mutex<Endpoint>,
    /// What it is bound with.
    binding: (SecretKey, NetworkConfig, Purpose),
    /// Whether it is closed on purpose.
    is_closing: AtomicBool,
    started: Instant,
    device: DeviceId,
    node: WeakNode,
    sessions: Mutex<Seats<Live>>,
    /// The connections to each peer over which the blobs of a workspace are fetched and served, both ways.
    /// One is used; others are there where both sides dialled, until the lower device id has closed them.
    blob_connections: watch::Sender<BTreeMap<Provider, Seat<Connection>>>,
    /// Peers that broke the protocol, or said that this device is no member: left alone until then.
    shunned: Mutex<BTreeMap<(WorkspaceId, DeviceId), Instant>>,
    /// Peers that said that this device is no member, with the entries handed in to each.
    removed: Mutex<BTreeMap<(WorkspaceId, DeviceId), HandedIn>>,
    /// Sessions that failed for a reason of this side, a full disk for instance.
    failures: Mutex<BTreeMap<(WorkspaceId, DeviceId), ApiError>>,
    /// When peers were told what is held here.
    told: Mutex<Option<Instant>>,
    /// The configured relays; none when there are none.
    relays: Option<Arc<relay::Relays>>,
    /// Counts changes of the relay in use.
    relay_changes: watch::Sender<u64>,
    /// Blobs that came to be held here, for sessions to announce.
    held: broadcast::Sender<Arc<Vec<BlobHash>>>,
    /// What is announced and heard on the LAN.
    surroundings: Mutex<Surroundings>,
    /// Tells the dialler that a member was heard, or is to be dialled for another reason.
    look_around: Notify,
    /// Peers that nothing comes from any more, though they are connected, since when: to be dialled again.
    doubted: Mutex<BTreeMap<DeviceId, Instant>>,
    /// Counts changes of the network this machine is in.
    network_changes: watch::Sender<u64>,
    /// The pairing window, and what is to be announced of it.
    pub(crate) pairing: pairing::Windows,
    tasks: Mutex<JoinSet<()>>,
    /// Workspaces that were joined and of which not all has come yet, with who let this device in: what
    /// comes of them is not counted.
    joining: Mutex<BTreeMap<WorkspaceId, DeviceId>>,
    /// How much peers pushed of what they may.
    pub(crate) allowances: Allowances,
    /// What is counted and noted for `status`, `doctor` and metrics.
    pub(crate) gauge: Arc<Gauge>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A panic elsewhere leaves these maps whole: every change is one insert or remove.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Network {
    /// Binds the endpoint and starts to answer.
    ///
    /// # Errors
    /// `Network` when no socket can be bound.
    pub(crate) async fn start(node: WeakNode, purpose: Purpose) -> Result<Arc<Self>, ApiError> {
        Self::start_with(node, purpose, None).await
    }

    /// Binds an endpoint that shows relays a pass, if there is one.
    async fn start_with(node: WeakNode, purpose: Purpose, pass: Option<&str>) -> Result<Arc<Self>, ApiError> {
        let (secret, config) = node.get()?.network_settings()?;
        let relays = relay::Relays::of(&config, pass)?.map(Arc::new);
        let endpoint = endpoint::bind(&secret, &config, purpose, relays.as_deref()).await?;
        let network = Arc::new(Self {
            device: DeviceId(*secret.public().as_bytes()),
            endpoint: Mutex::new(endpoint),
            binding: (secret, config.clone(), purpose),
            is_closing: AtomicBool::new(false),
            started: Instant::now(),
            node,
            sessions: Mutex::default(),
            shunned: Mutex::default(),
            removed: Mutex::default(),
            failures: Mutex::default(),
            blob_connections: watch::Sender::default(),
            told: Mutex::default(),
            relays,
            relay_changes: watch::Sender::default(),
            held: broadcast::Sender::new(ANNOUNCEMENTS),
            surroundings: Mutex::default(),
            look_around: Notify::new(),
            doubted: Mutex::default(),
            network_changes: watch::Sender::default(),
            pairing: pairing::Windows::default(),
            tasks: Mutex::default(),
            joining: Mutex::default(),
            allowances: Allowances::default(),
            gauge: Arc::new(Gauge::new(config.listen)),
        });
        if let Err(error) = network.node.get()?.with_core(|core| core.store.end_cut_exchanges()).await {
            tracing::warn!("the sync log is not put right: {error}");
        }
        network.spawn(listen::listen(Arc::clone(&network)));
        if let Some(relays) = network.relays.clone() {
            network.spawn(relay::supervise(Arc::clone(&network), relays));
        }
        network.spawn(guard::keep_to_members(Arc::clone(&network)));
        network.spawn(discovery::run(Arc::clone(&network), config.clone()));
        network.spawn(crate::holdings::keep_telling(network.node.clone()));
        if purpose == Purpose::Serve {
            network.spawn(gauge::keep_counting(Arc::clone(&network)));
            network.spawn(dial::keep_dialling(Arc::clone(&network), config.pass_secs));
        }
        Ok(network)
    }

    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let mut tasks = lock(&self.tasks);
        while tasks.try_join_next().is_some() {}
        tasks.spawn(task);
    }

    /// Returns the endpoint as it is now.
    fn endpoint(&self) -> Endpoint {
        lock(&self.endpoint).clone()
    }

    /// Binds another endpoint in place of one that stopped by itself; sessions are dialled again.
    async fn rebind(&self) -> Result<(), ApiError> {
        let (secret, config, purpose) = &self.binding;
        let fresh = endpoint::bind(secret, config, *purpose, self.relays.as_deref()).await?;
        *lock(&self.endpoint) = fresh;
        Ok(())
    }

    /// Returns the UDP port this node listens on.
    fn port(&self) -> Option<u16> {
        self.endpoint().bound_sockets().first().map(SocketAddr::port)
    }

    /// Has peers dialled anew after a change of the network this machine is in.
    fn on_network_change(&self, why: &str) {
        tracing::debug!("the network changed: {why}");
        self.network_changes.send_modify(|count| *count += 1);
        let endpoint = self.endpoint();
        self.spawn(async move { endpoint.network_change().await });
    }

    /// Waits until a device is heard at an address that was not tried, for as long as it takes after a
    /// start to hear everybody.
    pub(crate) async fn hear(&self, device: &DeviceId, tried: &[SocketAddr]) -> bool {
        loop {
            if self.heard_at(device).iter().any(|address| !tried.contains(address)) {
                return true;
            }
            if !discovery::is_on(&self.binding.1) || self.started.elapsed() > HEARING {
                return false;
            }
            tokio::time::sleep(HEARING / 30).await;
        }
    }

    /// Returns all addresses at which anybody is heard, but for those that were tried.
    async fn hear_all(&self, tried: &[SocketAddr]) -> Vec<SocketAddr> {
        if discovery::is_on(&self.binding.1) {
            tokio::time::sleep(HEARING.saturating_sub(self.started.elapsed())).await;
        }
        let mut heard = lock(&self.surroundings).addresses();
        heard.retain(|address| !tried.contains(address));
        heard
    }

    /// Returns where a device was heard on the LAN lately.
    pub(crate) fn heard_at(&self, device: &DeviceId) -> Vec<SocketAddr> {
        lock(&self.surroundings).addresses_of(device)
    }

    /// Gives metrics for as long as the network runs.
    pub(crate) fn serve_metrics(&self, serving: impl Future<Output = ()> + Send + 'static) {
        self.spawn(serving);
    }

    /// Whether a peer is heard elsewhere than where the open session with it leads.
    fn is_elsewhere(&self, workspace: &WorkspaceId, device: &DeviceId) -> bool {
        let heard = self.heard_at(device);
        let sessions = lock(&self.sessions);
        let open = sessions.get(&(*workspace, *device)).map(Seat::used);
        let Some(open) = open.filter(|open| open.since.elapsed() > AT_ONCE) else { return false };
        !heard.is_empty() && !frame::addresses(&open.connection).iter().any(|used| heard.contains(used))
    }

    /// Has a peer dialled although it is connected, because nothing comes from it any more: it may be
    /// somewhere else.
    pub(crate) fn doubt(&self, device: DeviceId) {
        if let Some(relays) = self.relays.as_ref().filter(|_| self.is_relayed(&device)) {
            relays.doubt();
        }
        lock(&self.doubted).insert(device, Instant::now());
        self.look_around.notify_one();
    }

    fn is_doubted(&self, device: &DeviceId) -> bool {
        lock(&self.doubted).get(device).is_some_and(|since| since.elapsed() < DOUBT)
    }

    /// Gives up all connections to a peer before it is dialled: as long as one is open, iroh sends what
    /// begins another to where it leads, and nowhere else.
    fn give_up(&self, device: &DeviceId) {
        let sessions = lock(&self.sessions);
        let of_device = sessions.iter().filter(|((_, of), _)| of == device);
        for live in of_device.flat_map(|(_, seat)| seat.all()) {
            live.connection.close(code::DUPLICATE.into(), b"");
        }
        drop(sessions);
        let open = self.blob_connections.borrow();
        for blobs in open.iter().filter(|((_, of), _)| of == device).flat_map(|(_, seat)| seat.all()) {
            blobs.close(code::DUPLICATE.into(), b"");
        }
    }

    /// A peer is dialled, or has dialled: until the next doubt that is enough.
    fn end_doubt(&self, device: &DeviceId) {
        lock(&self.doubted).remove(device);
    }

    /// Returns where this node can be reached.
    pub(crate) fn addresses(&self) -> Vec<SocketAddr> {
        endpoint::addresses(&self.endpoint())
    }

    /// Returns the open sessions.
    pub(crate) fn sessions(&self) -> Vec<(WorkspaceId, DeviceId, Live)> {
        let sessions = lock(&self.sessions);
        sessions.iter().map(|((workspace, device), seat)| (*workspace, *device, seat.used().clone())).collect()
    }

    /// Returns the open sessions, and of those with one peer the one that is used last.
    pub(crate) fn all_sessions(&self) -> Vec<(WorkspaceId, DeviceId, Live)> {
        let sessions = lock(&self.sessions);
        let of = |((workspace, device), seat): (&Provider, &Seat<Live>)| {
            let mut all: Vec<_> = seat.all().map(|live| (*workspace, *device, live.clone())).collect();
            all.reverse();
            all
        };
        sessions.iter().flat_map(of).collect()
    }

    /// Returns how long it takes to the farthest peer and back.
    pub(crate) fn longest_trip(&self) -> Duration {
        let trips = self.all_sessions().into_iter().filter_map(|(_, _, live)| Link::of(&live.connection).latency);
        trips.max().unwrap_or(TRIP)
    }

    /// Returns the devices of open sessions of a workspace.
    pub(crate) fn connected(&self, workspace: &WorkspaceId) -> Vec<DeviceId> {
        lock(&self.sessions).keys().filter(|(of, _)| of == workspace).map(|(_, device)| *device).collect()
    }

    /// Waits until all sessions have caught up, for a while at most.
    pub(crate) async fn settled(&self, patience: Duration) {
        let sessions = self.sessions();
        let all = sessions.into_iter().map(|(_, _, live)| async move {
            let mut info = live.info;
            // One that ends is settled too.
            drop(info.wait_for(|info| info.caught_up || info.ended.is_some()).await);
        });
        drop(tokio::time::timeout(patience, futures::future::join_all(all)).await);
    }

    /// Sends a message to a peer whose session is open.
    pub(crate) fn tell(&self, workspace: &WorkspaceId, device: &DeviceId, message: Message) {
        if let Some(seat) = lock(&self.sessions).get(&(*workspace, *device)) {
            // A session that is ending sends nothing more.
            drop(seat.used().notices.try_send(message));
        }
    }

    /// Sends a message to every peer of a workspace, but for one.
    pub(crate) fn tell_all(&self, workspace: &WorkspaceId, but: Option<DeviceId>, message: &Message) {
        for device in self.connected(workspace).into_iter().filter(|device| Some(*device) != but) {
            *lock(&self.told) = Some(Instant::now());
            self.tell(workspace, &device, message.clone());
        }
    }

    /// Returns how long ago peers were told something last.
    pub(crate) fn since_told(&self) -> Duration {
        lock(&self.told).map_or(Duration::MAX, |told| told.elapsed())
    }

    /// Returns whether a peer is reached over a relay.
    pub(crate) fn is_relayed(&self, device: &DeviceId) -> bool {
        let open = self.blob_connections.borrow();
        open.iter().any(|((_, peer), seat)| peer == device && is_relayed(seat.used()))
    }

    /// Returns the connection for blobs of a workspace to a peer that is connected, waiting for it a while.
    ///
    /// # Errors
    /// `Network`.
    pub(crate) async fn blob_connection(&self, provider: Provider) -> Result<Connection, ApiError> {
        transfer::blob_connection(self, provider).await
    }

    /// Announces blobs that came to be held here.
    pub(crate) fn announce(&self, blobs: Vec<BlobHash>) {
        // Nobody listens while no session is open.
        drop(self.held.send(Arc::new(blobs)));
    }

    /// Notes whether what came from a peer could be kept, and why not.
    fn note_failure(&self, workspace: WorkspaceId, peer: DeviceId, failure: Option<ApiError>) {
        let mut failures = lock(&self.failures);
        match failure {
            Some(failure) => failures.insert((workspace, peer), failure),
            None => failures.remove(&(workspace, peer)),
        };
    }

    /// Returns why the session with a peer failed on this side, if it did.
    pub(crate) fn failure(&self, workspace: &WorkspaceId, peer: &DeviceId) -> Option<ApiError> {
        lock(&self.failures).get(&(*workspace, *peer)).cloned()
    }

    /// Registers a session beside those that are open with the peer; see [`rivals`]. Returns whether it
    /// may go on, and whether somebody has to look later which of two stayed.
    fn register(&self, workspace: WorkspaceId, peer: DeviceId, live: Live) -> Registered {
        if live.connection.close_reason().is_some() {
            return Registered::Not;
        }
        let (connection, mut registered) = (live.connection.clone(), Registered::Alone);
        match lock(&self.sessions).entry((workspace, peer)) {
            Entry::Vacant(vacant) => {
                vacant.insert(Seat::new(live));
            }
            Entry::Occupied(mut seat) if seat.get().used().connection.close_reason().is_some() => {
                // Its session ends by itself and finds that it has no place any more.
                seat.get_mut().meet(live, Choice::Newer);
            }
            Entry::Occupied(mut seat) => {
                let open = seat.get().used();
                let gap = live.since.saturating_duration_since(open.since);
                let choice = rivals::choose(self.device, peer, [open.dialler, live.dialler], gap);
                if choice == Choice::Newer && gap >= AT_ONCE {
                    self.end_blobs(&(workspace, peer));
                }
                registered = match seat.get_mut().meet(live, choice) {
                    Some(gone) if gone.connection.stable_id() == connection.stable_id() => Registered::Not,
                    Some(gone) => {
                        gone.connection.close(code::DUPLICATE.into(), b"");
                        Registered::Alone
                    }
                    None => Registered::Beside,
                };
            }
        }
        if registered != Registered::Not {
            self.end_doubt(&peer);
            self.note_failure(workspace, peer, None);
        }
        registered
    }

    /// Closes the blob connections beside a session: what leads to where the peer was gives no blobs either.
    fn end_blobs(&self, provider: &Provider) {
        for blobs in self.blob_connections.borrow().get(provider).into_iter().flat_map(Seat::all) {
            blobs.close(code::DUPLICATE.into(), b"");
        }
    }

    /// Registers a connection for blobs, which is used from now on. Returns whether there is another one
    /// that this side has to close after a while: both sides may use another one of two, so only the lower
    /// device id does.
    fn register_blobs(&self, provider: &Provider, connection: &Connection) -> bool {
        let mut is_beside = false;
        self.blob_connections.send_modify(|open| match open.entry(*provider) {
            Entry::Vacant(vacant) => {
                vacant.insert(Seat::new(connection.clone()));
            }
            Entry::Occupied(mut seat) => {
                is_beside = true;
                // Nobody is closed yet: what is under way over it goes on.
                drop(seat.get_mut().meet(connection.clone(), Choice::AwaitNewer));
            }
        });
        is_beside && self.device < provider.1
    }

    /// Takes a connection for blobs out that ended; another one that is open is used instead.
    fn unregister_blobs(&self, provider: &Provider, connection: &Connection) {
        self.blob_connections.send_modify(|open| {
            if let Entry::Occupied(mut seat) = open.entry(*provider)
                && seat.get_mut().leave(|one| one.stable_id() == connection.stable_id())
            {
                seat.remove();
            }
        });
    }

    /// Closes the connections for blobs to a peer that are not used.
    fn end_spare_blobs(&self, provider: &Provider) {
        let open = self.blob_connections.borrow();
        // The one that is used comes first.
        for spare in open.get(provider).into_iter().flat_map(|seat| seat.all().skip(1)) {
            spare.close(code::DUPLICATE.into(), b"");
        }
    }

    /// Closes all sessions with a peer but the newest. The other side had time to decide, so it does not
    /// know of the others: it was restarted.
    fn end_older(&self, workspace: WorkspaceId, peer: DeviceId) {
        let sessions = lock(&self.sessions);
        let all = sessions.get(&(workspace, peer)).into_iter().flat_map(Seat::all);
        let mut open: Vec<_> = all.filter(|live| live.connection.close_reason().is_none()).collect();
        open.sort_by_key(|live| live.since);
        open.pop();
        for older in open {
            older.connection.close(code::DUPLICATE.into(), b"");
        }
    }

    /// Leaves a peer alone for a while.
    fn shun(&self, workspace: WorkspaceId, peer: DeviceId, pause: Duration) {
        lock(&self.shunned).insert((workspace, peer), Instant::now() + pause);
    }

    /// Notes that a peer said that this device is no member, and how many entries were handed in.
    fn note_removed(&self, workspace: WorkspaceId, peer: DeviceId, handed_in: HandedIn) {
        lock(&self.removed).insert((workspace, peer), handed_in);
    }

    /// Returns how many entries were handed in to a peer that said that this device is no member.
    pub(crate) fn handed_in(&self, workspace: &WorkspaceId, peer: &DeviceId) -> Option<HandedIn> {
        lock(&self.removed).get(&(*workspace, *peer)).copied()
    }

    /// Returns whether a peer is left alone for now.
    fn is_shunned(&self, workspace: &WorkspaceId, peer: &DeviceId) -> bool {
        let mut shunned = lock(&self.shunned);
        let now = Instant::now();
        shunned.retain(|_, until| *until > now);
        shunned.contains_key(&(*workspace, *peer))
    }

    /// Takes a session out of the table, unless another one took its place. Returns whether the peer is
    /// gone with it.
    fn unregister(&self, workspace: WorkspaceId, peer: DeviceId, connection: &Connection) -> bool {
        let is_it = |live: &Live| live.connection.stable_id() == connection.stable_id();
        rivals::leave(&mut lock(&self.sessions), workspace, peer, is_it)
    }

    /// Whether a session with a peer is open, for whatever workspace.
    fn has_session(&self, peer: &DeviceId) -> bool {
        lock(&self.sessions).keys().any(|(_, device)| device == peer)
    }

    /// Ends all sessions and closes the endpoint, telling the peers.
    pub(crate) async fn close(&self) {
        self.is_closing.store(true, Ordering::SeqCst);
        let goodbye = self.longest_trip().clamp(GOODBYE.0, GOODBYE.1);
        for (_, _, live) in self.all_sessions() {
            live.connection.close(code::DONE.into(), b"");
        }
        // It goes on in its own time where the process does.
        let endpoint = self.endpoint();
        let closing = tokio::spawn(async move { endpoint.close().await });
        drop(tokio::time::timeout(goodbye, closing).await);
        self.gauge.all_noted().await;
        let mut tasks = std::mem::take(&mut *lock(&self.tasks));
        tasks.abort_all();
        while tasks.join_next().await.is_some() {}
    }
}

#[cfg(test)]
mod tests;
