//! The network side of a node: one endpoint, three protocols, sessions that stay open.
//!
//! Nothing is contacted but addresses the user gave (tickets, static peers) or a member was reached
//! at before: no public DNS, relay, port mapping or telemetry. Every connection is judged: sync by
//! the hello, blobs by membership, join by the ticket.

mod dial;
mod endpoint;
mod frame;
mod hello;
mod join;
mod late;
mod listen;
mod session;
mod transfer;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use dataforge_protocol::id::{BlobHash, DeviceId, WorkspaceId};
use dataforge_protocol::wire::Message;
use iroh::Endpoint;
use iroh::endpoint::Connection;
use tokio::sync::{broadcast, mpsc, watch};
use tokio::task::JoinSet;

pub(crate) use self::dial::targets;
pub(crate) use self::endpoint::Purpose;
pub(crate) use self::frame::is_relayed;
pub(crate) use self::join::{Answer, join};
pub(crate) use self::session::SessionInfo;
use crate::api::ApiError;
use crate::node::WeakNode;

/// A stranger's handshake and first message must arrive within this time.
const HANDSHAKE: Duration = Duration::from_secs(5);
/// A dial is given up after this time.
const DIAL: Duration = Duration::from_secs(8);
/// How long a peer that broke the protocol is left alone.
const FAULT_PAUSE: Duration = Duration::from_secs(60);
/// How long a peer is left alone after a failure on this side, of the disk for instance.
const OWN_FAULT_PAUSE: Duration = Duration::from_secs(10);
/// How long a peer is left alone that says that this device is no member any more.
const REMOVED_PAUSE: Duration = Duration::from_secs(300);
/// Connections being answered at a time; more are refused until one ends.
const MAX_CONNECTIONS: usize = 64;
/// Announcements of blobs that a slow session may be behind.
const ANNOUNCEMENTS: usize = 256;

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
    pub(crate) info: watch::Receiver<SessionInfo>,
    /// Messages for the peer beside what the session sends by itself.
    notices: mpsc::Sender<Message>,
}

/// The network of a running node.
#[derive(Debug)]
pub(crate) struct Network {
    endpoint: Endpoint,
    device: DeviceId,
    node: WeakNode,
    sessions: Mutex<BTreeMap<(WorkspaceId, DeviceId), Live>>,
    /// The connection to each peer over which blobs are fetched and served, both ways.
    blob_connections: watch::Sender<BTreeMap<DeviceId, Connection>>,
    /// Peers that broke the protocol, or said that this device is no member: left alone until then.
    shunned: Mutex<BTreeMap<(WorkspaceId, DeviceId), Instant>>,
    /// Peers that said that this device is no member, with the entries handed in to each.
    removed: Mutex<BTreeMap<(WorkspaceId, DeviceId), HandedIn>>,
    /// Sessions that failed for a reason of this side, a full disk for instance.
    failures: Mutex<BTreeMap<(WorkspaceId, DeviceId), ApiError>>,
    /// When peers were told what is held here.
    told: Mutex<Option<Instant>>,
    /// Blobs that came to be held here, for sessions to announce.
    held: broadcast::Sender<Arc<Vec<BlobHash>>>,
    tasks: Mutex<JoinSet<()>>,
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
        let (secret, config) = node.get()?.network_settings()?;
        let endpoint = endpoint::bind(&secret, &config, purpose).await?;
        let network = Arc::new(Self {
            device: DeviceId(*secret.public().as_bytes()),
            endpoint,
            node,
            sessions: Mutex::default(),
            shunned: Mutex::default(),
            removed: Mutex::default(),
            failures: Mutex::default(),
            blob_connections: watch::Sender::default(),
            told: Mutex::default(),
            held: broadcast::Sender::new(ANNOUNCEMENTS),
            tasks: Mutex::default(),
        });
        network.spawn(listen::listen(Arc::clone(&network)));
        network.spawn(crate::holdings::keep_telling(network.node.clone()));
        if purpose == Purpose::Serve {
            network.spawn(dial::keep_dialling(Arc::clone(&network), config.pass_secs));
        }
        Ok(network)
    }

    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let mut tasks = lock(&self.tasks);
        while tasks.try_join_next().is_some() {}
        tasks.spawn(task);
    }

    /// Returns where this node can be reached.
    pub(crate) fn addresses(&self) -> Vec<SocketAddr> {
        endpoint::addresses(&self.endpoint)
    }

    /// Returns the open sessions.
    pub(crate) fn sessions(&self) -> Vec<(WorkspaceId, DeviceId, Live)> {
        lock(&self.sessions).iter().map(|((workspace, device), live)| (*workspace, *device, live.clone())).collect()
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
        if let Some(live) = lock(&self.sessions).get(&(*workspace, *device)) {
            // A session that is ending sends nothing more.
            drop(live.notices.try_send(message));
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
        self.blob_connections.borrow().get(device).is_some_and(is_relayed)
    }

    /// Returns the blob connection to a peer that is connected, waiting for it a while.
    ///
    /// # Errors
    /// `Network`.
    pub(crate) async fn blob_connection(&self, peer: DeviceId) -> Result<Connection, ApiError> {
        transfer::blob_connection(self, peer).await
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

    /// Registers an open session; of two between the same devices the one dialled by the lower id
    /// stays, of two dialled by the same side the newer. Returns whether this one may go on.
    fn register(&self, workspace: WorkspaceId, peer: DeviceId, live: Live) -> bool {
        let mut sessions = lock(&self.sessions);
        let key = (workspace, peer);
        if let Some(open) = sessions.get(&key).filter(|open| open.connection.close_reason().is_none()) {
            if open.dialler < live.dialler {
                return false;
            }
            open.connection.close(code::DUPLICATE.into(), b"");
        }
        sessions.insert(key, live);
        drop(sessions);
        self.note_failure(workspace, peer, None);
        true
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

    /// Takes a session out of the table, unless another one took its place.
    fn unregister(&self, workspace: WorkspaceId, peer: DeviceId, connection: &Connection) {
        let mut sessions = lock(&self.sessions);
        let key = (workspace, peer);
        if sessions.get(&key).is_some_and(|open| open.connection.stable_id() == connection.stable_id()) {
            sessions.remove(&key);
        }
    }

    /// Ends all sessions and closes the endpoint, telling the peers.
    pub(crate) async fn close(&self) {
        for (_, _, live) in self.sessions() {
            live.connection.close(code::DONE.into(), b"");
        }
        self.endpoint.close().await;
        let mut tasks = std::mem::take(&mut *lock(&self.tasks));
        tasks.abort_all();
        while tasks.join_next().await.is_some() {}
    }
}

#[cfg(test)]
mod tests;
