//! Blobs between two members of a workspace: one connection, over which both sides fetch and serve what
//! is of that workspace and nothing else.
//!
//! Each session takes work from the node's table of transfers: groups of small blobs, parts of large
//! ones. Whoever finds that nothing is missing of a blob makes it durable.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use dataforge_protocol::entry::BlobRef;
use dataforge_protocol::id::{BlobHash, DeviceId, WorkspaceId};
use dataforge_protocol::wire::BLOBS_ALPN;
use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use iroh::EndpointAddr;
use iroh::endpoint::Connection;
use tokio::sync::{Notify, watch};
use tokio::time::timeout;

use super::gauge::Tally;
use super::rivals::{GRACE, Seat};
use super::{DIAL, Network, code, hello};
use crate::api::{ApiError, ErrorKind, Event};
use crate::blob::{FetchError, Fetched};
use crate::clock::now_ms;
use crate::node::Node;
use crate::pace::Pace;
use crate::read::{self, Way};
use crate::store::Transfer;
use crate::transfer::{Part, Provider, Work};

/// Blobs fetched from one peer at a time.
const PARALLEL: usize = 16;
/// Pause after a pass that failed.
const PAUSE: Duration = Duration::from_secs(2);
/// How often a session looks whether another one left something to do.
const LOOK: Duration = Duration::from_secs(1);

/// What a session fetches from its peer.
#[derive(Debug)]
pub(super) struct Fetch {
    provider: Provider,
    /// Whether there is something to fetch now.
    pub(super) state: watch::Sender<bool>,
    /// What came.
    tally: Arc<Tally>,
}

impl Fetch {
    pub(super) fn new(workspace: WorkspaceId, peer: DeviceId, tally: Arc<Tally>) -> Self {
        Self { provider: (workspace, peer), state: watch::Sender::new(false), tally }
    }

    const fn workspace(&self) -> WorkspaceId {
        self.provider.0
    }

    const fn peer(&self) -> DeviceId {
        self.provider.1
    }
}

/// Keeps a connection for blobs beside a session that this side dialled.
pub(super) async fn keep_linked(network: &Arc<Network>, workspace: WorkspaceId, session: &Connection) {
    while session.close_reason().is_none() {
        link(network, workspace, session).await;
        tokio::time::sleep(LOOK).await;
    }
}

/// Dials the peer of a session for blobs, has it served over the same connection, and waits for its end.
async fn link(network: &Arc<Network>, workspace: WorkspaceId, session: &Connection) {
    let peer = DeviceId(*session.remote_id().as_bytes());
    let provider = (workspace, peer);
    let is_open = |seat: &Seat<Connection>| seat.all().any(|open| open.close_reason().is_none());
    if network.blob_connections.borrow().get(&provider).is_some_and(is_open) {
        return;
    }
    let mut address = EndpointAddr::new(session.remote_id());
    for ip in super::frame::addresses(session) {
        address = address.with_ip_addr(ip);
    }
    address = address.with_addrs(network.relay_addresses());
    match timeout(DIAL, dial(network, workspace, address)).await {
        Ok(Ok(connection)) => {
            // The peer is served for as long as the connection is open, also by a session that comes after.
            let (serving, served) = (Arc::clone(network), connection.clone());
            network.spawn(async move { serve(&serving, provider, served).await });
            connection.closed().await;
        }
        Ok(Err(error)) => tracing::debug!("no blob connection to {}: {error}", peer.fmt_short()),
        Err(_elapsed) => tracing::debug!("no blob connection to {} in time", peer.fmt_short()),
    }
}

/// Dials a peer for the blobs of a workspace.
pub(super) async fn dial(
    network: &Network,
    workspace: WorkspaceId,
    address: EndpointAddr,
) -> Result<Connection, ApiError> {
    let connected = network.endpoint().connect(address, BLOBS_ALPN).await;
    let connection = connected.map_err(|error| super::frame::lost(&error))?;
    let node = network.node.get()?;
    match hello::name(&node, &connection, workspace, network.device).await {
        Ok(()) => Ok(connection),
        Err(error) => {
            connection.close(code::REFUSED.into(), b"");
            Err(error)
        }
    }
}

/// Registers a blob connection and serves the peer over it until it closes.
pub(super) async fn serve(network: &Arc<Network>, provider: Provider, connection: Connection) {
    let Ok(node) = network.node.get() else { return };
    super::guard::widen(&connection);
    let server = node.blob_server(provider.0, super::frame::is_relayed(&connection));
    drop(node);
    if network.register_blobs(&provider, &connection) {
        let waiting = Arc::clone(network);
        network.spawn(async move {
            tokio::time::sleep(GRACE).await;
            waiting.end_spare_blobs(&provider);
        });
    }
    let served = connection.clone();
    let _counted = network.gauge.count(&connection);
    #[cfg(test)]
    let lie = network.node.get().ok().and_then(|node| node.lie());
    #[cfg(test)]
    if let Some(lie) = lie {
        lie.serve(connection).await;
        network.unregister_blobs(&provider, &served);
        return;
    }
    server.serve(connection).await;
    network.unregister_blobs(&provider, &served);
}

/// Takes part in fetching for as long as it lives.
struct Offer<'a> {
    node: &'a Node,
    provider: Provider,
    number: u64,
}

impl Drop for Offer<'_> {
    fn drop(&mut self) {
        self.node.transfers().leave(&self.provider, self.number);
    }
}

/// Fetches missing blobs whenever told to look, until the session drops the task.
pub(super) async fn fetch_when_wanted(network: &Arc<Network>, fetch: &Fetch, wanted: &Notify) {
    let Ok(node) = network.node.get() else { return };
    let connection = loop {
        wanted.notified().await;
        if let Ok(connection) = blob_connection(network, fetch.provider).await {
            break connection;
        }
        fetch.state.send_replace(false);
        // The connection may come later than this waited, and nobody tells of it.
        tokio::time::sleep(PAUSE).await;
        wanted.notify_one();
    };
    let is_relayed = super::frame::is_relayed(&connection);
    drop(connection);
    let number = node.transfers().join(fetch.provider, is_relayed);
    let _offer = Offer { node: &node, provider: fetch.provider, number };
    let mut work = node.transfers().work();
    loop {
        work.borrow_and_update();
        // While one makes durable what it has, the other fetches.
        let (one, other) = tokio::join!(fetch_all(network, &node, fetch), fetch_all(network, &node, fetch));
        let fetched = one.and(other);
        // Before a sync takes this for the end.
        let own = fetched.as_ref().err().filter(|error| error.kind == ErrorKind::Storage);
        network.note_failure(fetch.provider.0, fetch.peer(), own.cloned());
        fetch.state.send_replace(false);
        if let Err(error) = fetched {
            tracing::warn!("fetching blobs from {} stopped: {error}", fetch.peer().fmt_short());
            if error.kind == ErrorKind::Storage {
                node.emit(Event::Notice { message: format!("blobs are not fetched: {error}") });
            }
            // A fault that lasts must not spin.
            tokio::time::sleep(PAUSE).await;
            continue;
        }
        let retry = node
            .transfers()
            .next_try(Instant::now(), now_ms())
            .map_or(LOOK * 30, |ms| Duration::from_millis(ms.saturating_sub(now_ms())).max(LOOK / 10));
        tokio::select! {
            () = wanted.notified() => {}
            changed = work.changed() => if changed.is_err() { return },
            () = tokio::time::sleep(retry) => {}
        }
    }
}

async fn fetch_all(network: &Arc<Network>, node: &Node, fetch: &Fetch) -> Result<(), ApiError> {
    loop {
        node.list_wanted(&fetch.provider.0).await?;
        let Some(work) = node.transfers().next(&fetch.provider, Instant::now(), now_ms()) else { return Ok(()) };
        fetch.state.send_replace(true);
        match work {
            Work::Group(blobs) => fetch_group(network, node, fetch, Taken { node, blobs }).await?,
            Work::Begin(blob) => {
                let taken = Taken { node, blobs: vec![blob] };
                if read::ways(node, fetch.workspace(), &[blob]).await? == [Way::GoOn] {
                    begin(node, fetch, blob, taken).await?;
                    fetch_parts(network, node, fetch, blob).await?;
                } else {
                    // Parts of it that are here count for nothing: it comes from one peer as a whole.
                    fetch_group(network, node, fetch, taken).await?;
                }
            }
            Work::Join(blob) => fetch_parts(network, node, fetch, blob).await?,
        }
    }
}

/// Blobs that a session took; given back when it is done with them, or dropped.
struct Taken<'a> {
    node: &'a Node,
    blobs: Vec<BlobRef>,
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        self.node.transfers().give_back(&self.blobs);
    }
}

async fn fetch_group(network: &Arc<Network>, node: &Node, fetch: &Fetch, taken: Taken<'_>) -> Result<(), ApiError> {
    let connection = blob_connection(network, fetch.provider).await?;
    node.check_space(taken.blobs.iter().map(|blob| blob.size).sum())?;
    let ways = read::ways(node, fetch.workspace(), &taken.blobs).await?;
    let mut running = FuturesUnordered::new();
    let mut left = taken.blobs.iter().zip(ways);
    let (mut arrived, mut lost, mut is_over) = (Vec::new(), None, false);
    loop {
        while running.len() < PARALLEL
            && !is_over
            && let Some((blob, way)) = left.next()
        {
            let connection = &connection;
            running.push(async move { (blob, way, fetch_one(network, node, fetch, connection, (blob, way)).await) });
        }
        let Some((blob, way, result)) = running.next().await else { break };
        match result {
            Ok(fetched) => {
                arrived.extend(fetched.map(|fetched| (fetched, way)));
                is_over |= is_superseded(network, fetch, &connection);
            }
            Err(error) => {
                is_over |= error == FetchError::Silent;
                lost = note_failure(network, node, fetch, &connection, &blob.hash, error).await.or(lost);
                is_over |= lost.is_some();
            }
        }
    }
    let (arrived, _paces): (Vec<_>, Vec<_>) =
        arrived.into_iter().map(|((fetched, pace), way)| ((fetched, way), pace)).unzip();
    settle(node, fetch, &connection, arrived).await?;
    lost.map_or(Ok(()), Err)
}

/// Fetches a blob as a whole; nothing when it was paused meanwhile, or is to come over a newer connection.
/// What came counts as coming for as long as the pace is kept.
async fn fetch_one(
    network: &Network,
    node: &Node,
    fetch: &Fetch,
    connection: &Connection,
    (blob, way): (&BlobRef, Way),
) -> Result<Option<(Fetched, Pace)>, FetchError> {
    let pace = node.transfers().pace(super::frame::is_relayed(connection));
    let pace = pace.counting(&node.transfers().coming(&blob.hash));
    let fetching = async {
        match way {
            Way::GoOn => node.blobs().fetch(connection, blob, &pace).await,
            Way::Anew => node.blobs().fetch_anew(connection, blob, &pace).await,
            Way::Again => node.blobs().fetch_again(connection, blob, &pace).await,
        }
    };
    tokio::select! {
        fetched = fetching => {
            let fetched = fetched?;
            fetch.tally.received(blob.size);
            Ok(Some((fetched, pace)))
        }
        () = paused(node, fetch, &blob.hash) => Ok(None),
        () = superseded(network, fetch, connection) => Ok(None),
    }
}

/// Waits until somebody says to leave a blob.
async fn paused(node: &Node, fetch: &Fetch, hash: &BlobHash) {
    let mut stops = node.transfers().stops();
    // The table lives as long as the node.
    drop(stops.wait_for(|_| node.transfers().is_paused(&fetch.provider, hash)).await);
}

fn newer(open: &BTreeMap<Provider, Seat<Connection>>, provider: &Provider, connection: &Connection) -> bool {
    open.get(provider)
        .map(Seat::used)
        .is_some_and(|open| open.stable_id() != connection.stable_id() && open.close_reason().is_none())
}

/// Returns whether there is a newer connection to the peer of one.
fn is_superseded(network: &Network, fetch: &Fetch, connection: &Connection) -> bool {
    newer(&network.blob_connections.borrow(), &fetch.provider, connection)
}

/// Waits until there is a newer connection to the peer of one, which is to be used instead.
async fn superseded(network: &Network, fetch: &Fetch, connection: &Connection) {
    let mut open = network.blob_connections.subscribe();
    // The table lives as long as the network.
    drop(open.wait_for(|open| newer(open, &fetch.provider, connection)).await);
}

/// Notes that a peer did not give a blob. Returns what ends the pass: a fault that concerns more than
/// this blob.
async fn note_failure(
    network: &Network,
    node: &Node,
    fetch: &Fetch,
    connection: &Connection,
    hash: &BlobHash,
    error: FetchError,
) -> Option<ApiError> {
    tracing::debug!("blob {} from {}: {error}", hash.fmt_short(), fetch.peer().fmt_short());
    if error == FetchError::Silent {
        network.doubt(fetch.peer());
    }
    if matches!(error, FetchError::Lying(_)) {
        tracing::warn!("{} is not asked for blobs for a while: {error}", fetch.peer().fmt_short());
    }
    let known = node.transfers().on_failure(&fetch.provider, hash, &error, Instant::now(), now_ms());
    if let Some(Transfer { attempts, next_ms, last_error, .. }) = known {
        let of = (fetch.workspace(), *hash);
        let why = last_error.unwrap_or_default();
        let noted = node.with_core(move |core| core.store.note_failure(&of, attempts, next_ms, &why)).await;
        if let Err(error) = noted {
            return Some(error);
        }
    }
    match error {
        FetchError::Own(error) => Some(error),
        _ if connection.close_reason().is_some() => Some(ApiError::new(ErrorKind::Network, "the peer went away")),
        _ => None,
    }
}

/// Sees what is missing of a large blob, so that all peers can give parts of it.
async fn begin(node: &Node, fetch: &Fetch, blob: BlobRef, taken: Taken<'_>) -> Result<(), ApiError> {
    node.check_space(blob.size)?;
    let fetched = node.blobs().begin(&blob).await?;
    let missing = node.blobs().missing(&blob, 0..blob.size).await;
    node.transfers().share(fetch.workspace(), fetched, missing);
    // It is not this session's alone any more.
    drop(taken);
    Ok(())
}

/// A part that a session took; given back with all of it missing when the session ends meanwhile.
struct TakenPart<'a> {
    node: &'a Node,
    part: Option<Part>,
}

impl Drop for TakenPart<'_> {
    fn drop(&mut self) {
        if let Some(part) = self.part.take() {
            let missing = vec![part.range.clone()];
            self.node.transfers().end_part(&part, missing);
            self.node.transfers().drop_idle(&part.hash);
        }
    }
}

/// Fetches parts of a blob until none are left for this peer, and makes it durable when nothing is
/// missing.
async fn fetch_parts(network: &Arc<Network>, node: &Node, fetch: &Fetch, blob: BlobRef) -> Result<(), ApiError> {
    let connection = blob_connection(network, fetch.provider).await;
    let connection = match connection {
        Ok(connection) => connection,
        Err(error) => {
            node.transfers().drop_idle(&blob.hash);
            return Err(error);
        }
    };
    let mut running = FuturesUnordered::new();
    let mut lost = None;
    loop {
        while lost.is_none()
            && !is_superseded(network, fetch, &connection)
            && let Some(part) = node.transfers().take_part(&fetch.provider, &blob.hash, Instant::now())
        {
            let connection = &connection;
            running.push(async move { fetch_part(network, node, fetch, connection, &blob, part).await });
        }
        let Some(result) = running.next().await else { break };
        if let Err(error) = result {
            lost = note_failure(network, node, fetch, &connection, &blob.hash, error).await.or(lost);
        }
    }
    if let Some(fetched) = node.transfers().take_complete(&fetch.provider, &blob.hash) {
        let taken = Taken { node, blobs: vec![blob] };
        let fetched =
            Arc::try_unwrap(fetched).map_err(|_shared| ApiError::new(ErrorKind::Internal, "a blob is shared"));
        settle(node, fetch, &connection, vec![(fetched?, Way::GoOn)]).await?;
        drop(taken);
    } else {
        node.transfers().drop_idle(&blob.hash);
    }
    lost.map_or(Ok(()), Err)
}

async fn fetch_part(
    network: &Network,
    node: &Node,
    fetch: &Fetch,
    connection: &Connection,
    blob: &BlobRef,
    part: Part,
) -> Result<(), FetchError> {
    let mut taken = TakenPart { node, part: Some(part.clone()) };
    let pace = node.transfers().pace(super::frame::is_relayed(connection));
    let pace = pace.counting(&node.transfers().coming(&blob.hash));
    // Some of it may be here from an earlier attempt.
    let ranges = node.blobs().missing(blob, part.range.clone()).await;
    let receive = node.blobs().receive(connection, blob, &ranges, &pace);
    let received = tokio::select! {
        received = receive => received,
        () = paused(node, fetch, &blob.hash) => Ok(0),
        () = superseded(network, fetch, connection) => Ok(0),
    };
    if let Ok(bytes) = &received {
        fetch.tally.received(*bytes);
    }
    let missing = node.blobs().missing(blob, part.range.clone()).await;
    let received = match received {
        // It ended in order and brought less than was asked for.
        Ok(bytes) if !missing.is_empty() && bytes > 0 => Err(FetchError::Lacking),
        other => other,
    };
    taken.part = None;
    node.transfers().end_part(&part, missing);
    if let Some(missing) = node.transfers().missing_of(&blob.hash) {
        let (done, item) = (blob.size.saturating_sub(missing), blob.hash.fmt_short());
        node.emit(Event::Progress { step: "fetching".into(), done, total: blob.size, item });
    }
    received.map(|_| ())
}

/// Makes what arrived durable, then notes it as held, then tells.
async fn settle(
    node: &Node,
    fetch: &Fetch,
    connection: &Connection,
    mut arrived: Vec<(Fetched, Way)>,
) -> Result<(), ApiError> {
    // What another workspace brought to the disk meanwhile may be what seemed to come: it comes again.
    let gone_on: Vec<_> = arrived.iter().filter(|(_, way)| *way == Way::GoOn).map(|(one, _)| one.blob.hash).collect();
    let overtaken = node.with_core(move |core| core.store.on_disk(gone_on)).await?;
    arrived.retain(|(one, _)| !overtaken.contains(&one.blob.hash));
    if arrived.is_empty() {
        return Ok(());
    }
    let asked: Vec<_> = arrived.iter().map(|(one, _)| one.blob.hash).collect();
    let durable = node.blobs().settle(connection, arrived.into_iter().map(|(one, _)| one).collect()).await?;
    let held: Vec<_> = durable.iter().map(|blob| (blob.hash, blob.size)).collect();
    node.note_held(fetch.workspace(), &held).await?;
    fetch.tally.arrived(held.len() as u64);
    drop(durable);
    let held: BTreeSet<_> = held.iter().map(|(hash, _)| *hash).collect();
    // What could not be made whole counts as lacking at this peer.
    for hash in asked.iter().filter(|hash| !held.contains(hash)) {
        node.transfers().note_lacking(&fetch.provider, hash);
    }
    Ok(())
}

/// Returns the connection for blobs of a workspace to a peer, waiting for the side that dials it.
pub(super) async fn blob_connection(network: &Network, provider: Provider) -> Result<Connection, ApiError> {
    let mut open = network.blob_connections.subscribe();
    let used = |open: &BTreeMap<Provider, Seat<Connection>>| open.get(&provider).map(|seat| seat.used().clone());
    let lost = |what: &str| ApiError::new(ErrorKind::Network, format!("no blob connection to the peer: {what}"));
    let found = timeout(DIAL, open.wait_for(|open| used(open).is_some_and(|c| c.close_reason().is_none()))).await;
    let open = found.map_err(|_elapsed| lost("timed out"))?.map_err(|_closed| lost("closing"))?;
    used(&open).ok_or_else(|| lost("closed"))
}
