//! The node: one handle over the data directory, the network and the caches.
//!
//! Clones share one node. Requests come in through [`Node::call`]; what happens by itself goes out
//! as [`Event`](crate::api::Event)s. Blocking work runs off the async threads; the core's lock is never held across an
//! await.

mod data;
mod news;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Instant;

use dataforge_protocol::id::{DeviceId, WorkspaceId};
use iroh::SecretKey;
use tokio::runtime::Handle;
use tokio::sync::{broadcast, mpsc, watch};
use tokio::task::JoinSet;

use self::data::set_paces;
use crate::accesses::Accesses;
use crate::api::{ApiError, ErrorKind, Reply, Request, Watching};
use crate::backup::Schedule;
use crate::blob::{Blobs, Recovered};
use crate::caller::ClientId;
use crate::client::Output;
use crate::clock::now_ms;
use crate::config::{Config, NetworkConfig};
use crate::control::Service;
use crate::core::{Core, Who, device_name};
use crate::directory::Directory;
use crate::edits::Edits;
use crate::faces::Face;
use crate::feed::{Feed, Told};
use crate::footer::Footers;
use crate::identity::files;
use crate::keep::{Leases, Promises};
use crate::key::Access;
use crate::net::nearby::Neighbours;
use crate::net::{Network, Purpose};
use crate::read::Reads;
use crate::relay::Relay;
use crate::sql::Engines;
use crate::transfer::Transfers;
use crate::uses::Uses;
use crate::{caller, holdings, requests};

/// Events that a slow listener may be behind.
const EVENTS: usize = 1024;

/// A running node.
#[derive(Debug, Clone)]
pub struct Node(Arc<Inner>);

/// A handle that does not keep the node alive, for its own tasks.
#[derive(Debug, Clone)]
pub(crate) struct WeakNode(Weak<Inner>);

#[derive(Debug)]
struct Inner {
    directory: Directory,
    /// Not spoilt by a panic: it repairs itself after a failed transaction.
    core: parking_lot::Mutex<Core>,
    /// How often blobs came to be held no more; goes up under the lock of the core.
    losses: Arc<AtomicU64>,
    /// Rows that had been written to the database when the core was left; goes up under its lock.
    written: AtomicU64,
    blobs: Blobs,
    config: Mutex<Config>,
    network: tokio::sync::Mutex<Option<(Purpose, Arc<Network>)>>,
    running: Mutex<Option<Arc<Network>>>,
    /// Nodes of the local network that can be joined by a code.
    neighbours: Neighbours,
    events: broadcast::Sender<Told>,
    /// Edits that wait to be written.
    edits: Edits,
    /// Counts changes of the core, for sessions to look again.
    changes: watch::Sender<u64>,
    transfers: Transfers,
    leases: Mutex<Leases>,
    promises: Promises,
    /// Held while blobs are hashed for somebody who asks.
    answering: tokio::sync::Mutex<()>,
    uses: Uses,
    reads: Reads,
    footers: Footers,
    /// How a test has this node serve blobs.
    #[cfg(test)]
    lie: Mutex<Option<crate::blob::hostile::Liar>>,
    /// Where this node's own tasks run, for work that is asked for elsewhere.
    runtime: Handle,
    engines: Engines,
    accesses: Accesses,
    schedule: Schedule,
    /// Held while tables of others are checked.
    admission: tokio::sync::Mutex<()>,
    /// The relay that this node runs for others, if it does.
    relay: tokio::sync::Mutex<Option<Relay>>,
    /// The count of changes up to which they were.
    admitted_at: Mutex<Option<u64>>,
    /// The faces that were opened or could not be, with the reason.
    faces: Mutex<BTreeMap<Face, Result<SocketAddr, String>>>,
    /// Counts changes of the settings, for what follows them while it runs.
    settings: watch::Sender<u64>,
    /// Whether it was asked to serve.
    serves: AtomicBool,
    shutdown: watch::Sender<bool>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // The values are replaced whole.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl WeakNode {
    /// Returns the node, unless it has been dropped.
    pub(crate) fn get(&self) -> Result<Node, ApiError> {
        self.0.upgrade().map(Node).ok_or_else(|| ApiError::new(ErrorKind::Internal, "the node is closing"))
    }
}

impl WeakNode {
    /// Returns where the node's own tasks run.
    pub(crate) fn runtime(&self) -> Result<Handle, ApiError> {
        Ok(self.get()?.runtime().clone())
    }
}

impl Node {
    /// Opens a data directory whose key is not sealed, as [`Node::open_with`] does.
    ///
    /// # Errors
    /// As [`Node::open_with`].
    pub async fn open(dir: &Path) -> Result<Self, ApiError> {
        Self::open_with(dir, Access::Plain).await
    }

    /// Opens a data directory, making it when it is missing, and takes its lock.
    ///
    /// # Errors
    /// `Busy` when another process has it, `Sealed` when its key is sealed and the passphrase is
    /// another or none, `Damaged`, `Input` or `Storage` when it cannot be read.
    pub async fn open_with(dir: &Path, access: Access<'_>) -> Result<Self, ApiError> {
        let directory = Directory::open(dir)?;
        files::sweep(directory.path())?;
        crate::faces::forget_places(directory.path())?;
        // First, so that nothing is open yet when there is no passphrase.
        let who = tokio::task::block_in_place(|| Who::read(directory.path(), access))?;
        let config = Config::read(directory.path())?;
        let blobs = Blobs::open(directory.path()).await?;
        let mut core = tokio::task::block_in_place(|| Core::open(directory.path(), who))?;
        let recovered = crate::blob::recover(&blobs, &mut core).await?;
        if recovered != Recovered::default() {
            tracing::info!("after a stop that was not in order: {recovered:?}");
        }
        let engines = Engines::new(directory.path(), blobs.clone());
        let transfers = Transfers::default();
        transfers.load(core.store.transfers()?, core.store.pauses()?);
        set_paces(&transfers, &config.network);
        let leases = Leases::load(core.store.leases()?, Instant::now());
        Ok(Self(Arc::new(Inner {
            directory,
            losses: core.store.losses(),
            written: AtomicU64::new(0),
            core: parking_lot::Mutex::new(core),
            blobs,
            config: Mutex::new(config),
            network: tokio::sync::Mutex::new(None),
            running: Mutex::new(None),
            neighbours: Neighbours::default(),
            events: broadcast::Sender::new(EVENTS),
            edits: Edits::default(),
            changes: watch::Sender::new(0),
            transfers,
            leases: Mutex::new(leases),
            promises: Promises::default(),
            answering: tokio::sync::Mutex::default(),
            uses: Uses::default(),
            reads: Reads::default(),
            footers: Footers::default(),
            #[cfg(test)]
            lie: Mutex::default(),
            runtime: Handle::current(),
            engines,
            accesses: Accesses::default(),
            schedule: Schedule::default(),
            admission: tokio::sync::Mutex::default(),
            relay: tokio::sync::Mutex::default(),
            admitted_at: Mutex::default(),
            faces: Mutex::default(),
            settings: watch::Sender::new(0),
            serves: AtomicBool::new(false),
            shutdown: watch::Sender::new(false),
        })))
    }

    /// Works on a request of nobody in particular, as [`Node::call_for`] does.
    ///
    /// # Errors
    /// As [`Node::call_for`].
    pub async fn call(&self, request: Request, out: mpsc::Sender<Output>) -> Result<Reply, ApiError> {
        self.call_for(None, request, out).await
    }

    /// Works on a request of a client; progress and data go to `out` while it runs.
    ///
    /// # Errors
    /// Whatever the request runs into, with a kind and a hint.
    pub async fn call_for(
        &self,
        client: Option<ClientId>,
        request: Request,
        out: mpsc::Sender<Output>,
    ) -> Result<Reply, ApiError> {
        // A task of its own: large output blocks whoever writes it until it is taken, and whoever
        // takes it may well be the task that waits here. The set ends it when this is dropped.
        let node = self.clone();
        let mut work = JoinSet::new();
        work.spawn(caller::work_for(client, async move { Box::pin(requests::dispatch(&node, request, &out)).await }));
        match work.join_next().await {
            Some(Ok(reply)) => reply,
            Some(Err(error)) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            Some(Err(_)) | None => Err(ApiError::new(ErrorKind::Internal, "the request was given up")),
        }
    }

    /// Waits until a client asks the node to shut down.
    pub async fn until_shutdown(&self) {
        let mut asked = self.0.shutdown.subscribe();
        // The sender lives as long as this node.
        drop(asked.wait_for(|asked| *asked).await);
    }

    pub(crate) fn ask_shutdown(&self) {
        self.0.shutdown.send_replace(true);
    }

    /// Ends the network and closes the stores in order. Other clones are of no use afterwards.
    pub async fn close(&self) {
        self.flush_edits().await;
        if let Err(error) = crate::faces::forget_places(self.directory()) {
            tracing::warn!("programs may look for this node: {error}");
        }
        if let Err(error) = holdings::tell_before_closing(self).await {
            tracing::warn!("what is held here was not told: {error}");
        }
        if let Some(relay) = self.0.relay.lock().await.take() {
            relay.close().await;
        }
        *lock(&self.0.running) = None;
        if let Some((_, network)) = self.0.network.lock().await.take() {
            network.close().await;
        }
        self.0.blobs.close().await;
        if let Err(error) = self.write_accesses().await {
            tracing::warn!("what peers fetched was not noted: {error}");
        }
        if let Err(error) = self.write_uses().await {
            tracing::warn!("what was read was not noted: {error}");
        }
        // Only now: a kill before leaves the blobs that came in last to be looked at again.
        if let Err(error) = self.with_core(|core| core.store.clear_recent()).await {
            tracing::warn!("the end was not noted: {error}");
        }
    }

    pub(crate) fn set_face(&self, face: Face, opened: Result<SocketAddr, String>) {
        lock(&self.0.faces).insert(face, opened);
    }

    /// Forgets a face that was closed.
    pub fn forget_face(&self, face: Face) {
        lock(&self.0.faces).remove(&face);
        self.tell_faces();
    }

    /// Returns what changes with every change of the settings.
    #[must_use]
    pub fn settings_changes(&self) -> watch::Receiver<u64> {
        self.0.settings.subscribe()
    }

    /// Returns what came of opening faces.
    #[must_use]
    pub fn faces(&self) -> BTreeMap<Face, Result<SocketAddr, String>> {
        lock(&self.0.faces).clone()
    }

    /// Returns the data directory.
    #[must_use]
    pub fn directory(&self) -> &Path {
        self.0.directory.path()
    }

    pub(crate) fn blobs(&self) -> &Blobs {
        &self.0.blobs
    }

    /// Returns how many rows had been written when the core was last left, as [`Store::rows_written`] counts them.
    pub(crate) fn written(&self) -> u64 {
        self.0.written.load(Ordering::Acquire)
    }

    pub(crate) fn engines(&self) -> &Engines {
        &self.0.engines
    }

    pub(crate) fn config(&self) -> Config {
        lock(&self.0.config).clone()
    }

    pub(crate) fn change_config(&self, key: &str, value: &str) -> Result<(), ApiError> {
        lock(&self.0.config).set(self.0.directory.path(), key, value)?;
        set_paces(&self.0.transfers, &self.config().network);
        self.0.transfers.on_change();
        if key.starts_with("query.") {
            // The next query is asked of an engine with these limits.
            self.0.engines.forget();
        }
        self.0.settings.send_modify(|count| *count += 1);
        Ok(())
    }

    pub(crate) fn schedule(&self) -> &Schedule {
        &self.0.schedule
    }

    pub(crate) fn relay(&self) -> &tokio::sync::Mutex<Option<Relay>> {
        &self.0.relay
    }

    /// Returns whether relays are configured.
    pub(crate) fn uses_relays(&self) -> bool {
        !lock(&self.0.config).network.relays.is_empty()
    }

    pub(crate) fn admission(&self) -> &tokio::sync::Mutex<()> {
        &self.0.admission
    }

    pub(crate) fn admitted_at(&self) -> Option<u64> {
        *lock(&self.0.admitted_at)
    }

    pub(crate) fn set_admitted_at(&self, count: u64) {
        *lock(&self.0.admitted_at) = Some(count);
    }

    /// Notes that it is asked to serve; returns whether that is the first time.
    pub(crate) fn begins_to_serve(&self) -> bool {
        !self.0.serves.swap(true, Ordering::Relaxed)
    }

    /// Runs `work` on the core, off the async threads.
    pub(crate) async fn with_core<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Core) -> Result<T, ApiError> + Send + 'static,
    ) -> Result<T, ApiError> {
        let node = self.clone();
        let done = tokio::task::spawn_blocking(move || node.locked(work)).await;
        done.unwrap_or_else(|error| Err(ApiError::new(ErrorKind::Internal, format!("a task failed: {error}"))))
    }

    /// Runs short `work` on the core in place.
    pub(crate) fn block<T>(&self, work: impl FnOnce(&mut Core) -> Result<T, ApiError>) -> Result<T, ApiError> {
        tokio::task::block_in_place(|| self.locked(work))
    }

    /// Runs short `work` on the core from a thread that is not ours.
    pub(crate) fn locked<T>(&self, work: impl FnOnce(&mut Core) -> Result<T, ApiError>) -> Result<T, ApiError> {
        let mut core = self.0.core.lock();
        let before = core.restores();
        let done = work(&mut core);
        let restored = core.restores() != before;
        self.0.written.store(core.store.rows_written(), Ordering::Release);
        // Whoever waits is next: one that asks again at once would otherwise be faster, time after time.
        parking_lot::MutexGuard::unlock_fair(core);
        if restored {
            // Sessions begin anew.
            self.0.changes.send_modify(|count| *count += 1);
        }
        done
    }

    /// Returns a handle that does not keep the node alive.
    pub(crate) fn weak(&self) -> WeakNode {
        WeakNode(Arc::downgrade(&self.0))
    }

    pub(crate) fn edits(&self) -> &Edits {
        &self.0.edits
    }

    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.0.changes.subscribe()
    }

    /// Returns how often something changed so far, of what [`Node::changes`] tells.
    pub(crate) fn state(&self) -> u64 {
        *self.0.changes.borrow()
    }

    pub(crate) fn runtime(&self) -> &Handle {
        &self.0.runtime
    }

    pub(crate) fn network_settings(&self) -> Result<(SecretKey, NetworkConfig), ApiError> {
        let secret = self.block(|core| Ok(core.identity()?.secret.clone()))?;
        Ok((secret, self.config().network))
    }

    /// Returns the network, starting it when it does not run; one that serves is never replaced.
    pub(crate) async fn network(&self, purpose: Purpose) -> Result<Arc<Network>, ApiError> {
        let mut slot = self.0.network.lock().await;
        if let Some((running, network)) = slot.as_ref() {
            if *running == Purpose::Serve || purpose == Purpose::Once {
                return Ok(Arc::clone(network));
            }
            network.close().await;
        }
        let network = Network::start(self.weak(), purpose).await?;
        *slot = Some((purpose, Arc::clone(&network)));
        *lock(&self.0.running) = Some(Arc::clone(&network));
        Ok(network)
    }

    /// Returns the nodes of the local network that can be joined by a code.
    pub(crate) fn neighbours(&self) -> &Neighbours {
        &self.0.neighbours
    }

    /// Returns the network while it runs.
    pub(crate) fn running(&self) -> Option<Arc<Network>> {
        lock(&self.0.running).clone()
    }

    /// Returns whether this node serves, rather than doing one exchange.
    pub(crate) async fn is_up(&self) -> bool {
        self.0.network.lock().await.as_ref().is_some_and(|(purpose, _)| *purpose == Purpose::Serve)
    }

    /// Returns how people call a device: its label and person.
    pub(crate) async fn peer_name(&self, workspace: WorkspaceId, device: DeviceId) -> String {
        let name = self.with_core(move |core| {
            let members = core.ledger(&workspace)?.members();
            Ok(device_name(&members, &device))
        });
        name.await.unwrap_or_else(|_error| device.fmt_short())
    }

    pub(crate) async fn note_contact(&self, device: DeviceId, result: Result<u64, &str>) {
        let result = result.map_err(str::to_owned);
        let noted = self
            .with_core(move |core| {
                core.store.note_contact(&device, result.as_ref().map(|ms| *ms).map_err(String::as_str))
            })
            .await;
        if let Err(error) = noted {
            tracing::warn!("a contact was not noted: {error}");
        }
    }

    /// Notes that a peer was reached just now, and where.
    pub(crate) async fn note_reached(&self, device: DeviceId, addresses: Vec<SocketAddr>) {
        let noted = self.with_core(move |core| {
            core.store.transaction(|store| {
                store.add_peer(&device, &addresses)?;
                store.note_contact(&device, Ok(now_ms()))
            })
        });
        if let Err(error) = noted.await {
            tracing::warn!("a contact was not noted: {error}");
        }
    }

    /// Returns the number of open sessions by peer.
    pub(crate) fn connections(&self) -> BTreeMap<DeviceId, usize> {
        let mut counts = BTreeMap::new();
        for (_, device, _) in self.running().map(|network| network.sessions()).unwrap_or_default() {
            *counts.entry(device).or_default() += 1;
        }
        counts
    }
}

impl Service for Node {
    async fn call(
        &self,
        client: Option<ClientId>,
        request: Request,
        out: mpsc::Sender<Output>,
    ) -> Result<Reply, ApiError> {
        self.call_for(client, request, out).await
    }

    fn listen(&self, client: Option<ClientId>, watching: Watching) -> Feed {
        Self::listen(self, client, watching)
    }
}

#[cfg(test)]
mod tests;
