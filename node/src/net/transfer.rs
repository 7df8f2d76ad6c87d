//! Blobs between two members: one connection per pair, over which both sides fetch and serve.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use dataforge_protocol::entry::BlobRef;
use dataforge_protocol::id::{BlobHash, DeviceId, WorkspaceId};
use dataforge_protocol::wire::BLOBS_ALPN;
use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use iroh::EndpointAddr;
use iroh::endpoint::Connection;
use tokio::sync::{Notify, watch};
use tokio::time::timeout;

use super::{DIAL, Network, lock};
use crate::api::{ApiError, ErrorKind, Event};
use crate::blob::Durable;
use crate::clock::now_ms;
use crate::node::Node;

/// Blobs fetched from one peer at a time.
const PARALLEL: usize = 16;
/// Blobs made durable together.
const GROUP: usize = 128;
/// Bytes made durable together.
const GROUP_BYTES: u64 = 64 << 20;
/// Pause after a pass that failed.
const PAUSE: Duration = Duration::from_secs(2);
/// A fetch without end is given up after this time per 64 MiB, and retried elsewhere.
const STALL: Duration = Duration::from_secs(60);

/// What a session fetches from its peer.
#[derive(Debug)]
pub(super) struct Fetch {
    workspace: WorkspaceId,
    peer: DeviceId,
    /// Blobs the peer did not have when asked.
    lacking: Mutex<BTreeSet<BlobHash>>,
    /// Whether there is something to fetch now.
    pub(super) state: watch::Sender<bool>,
}

impl Fetch {
    pub(super) fn new(workspace: WorkspaceId, peer: DeviceId) -> Self {
        Self { workspace, peer, lacking: Mutex::default(), state: watch::Sender::new(false) }
    }

    /// The peer says that it holds these now.
    pub(super) fn may_have(&self, hashes: &[BlobHash]) {
        let mut lacking = lock(&self.lacking);
        for hash in hashes {
            lacking.remove(hash);
        }
    }
}

/// Dials the peer of a session for blobs, and serves it over the same connection.
pub(super) async fn link(network: &Arc<Network>, session: &Connection) {
    let peer = DeviceId(*session.remote_id().as_bytes());
    if network.blob_connections.borrow().get(&peer).is_some_and(|open| open.close_reason().is_none()) {
        return;
    }
    let mut address = EndpointAddr::new(session.remote_id());
    for ip in super::frame::addresses(session) {
        address = address.with_ip_addr(ip);
    }
    match timeout(DIAL, network.endpoint.connect(address, BLOBS_ALPN)).await {
        Ok(Ok(connection)) => serve(network, peer, connection).await,
        Ok(Err(error)) => tracing::debug!("no blob connection to {}: {error}", peer.fmt_short()),
        Err(_elapsed) => tracing::debug!("no blob connection to {} in time", peer.fmt_short()),
    }
}

/// Registers a blob connection and serves the peer over it until it closes.
pub(super) async fn serve(network: &Arc<Network>, peer: DeviceId, connection: Connection) {
    let Ok(node) = network.node.get() else { return };
    let server = node.blob_server();
    drop(node);
    network.blob_connections.send_modify(|open| {
        open.insert(peer, connection.clone());
    });
    let id = connection.stable_id();
    server.serve(connection).await;
    network.blob_connections.send_if_modified(|open| {
        let same = open.get(&peer).is_some_and(|open| open.stable_id() == id);
        if same {
            open.remove(&peer);
        }
        same
    });
}

/// Fetches missing blobs whenever told to look, until the session drops the task.
pub(super) async fn fetch_when_wanted(network: &Arc<Network>, fetch: &Fetch, wanted: &Notify) {
    loop {
        wanted.notified().await;
        let Ok(node) = network.node.get() else { return };
        let fetched = fetch_missing(network, &node, fetch).await;
        fetch.state.send_replace(false);
        if let Err(error) = fetched {
            tracing::warn!("fetching blobs from {} stopped: {error}", fetch.peer.fmt_short());
            if error.kind == ErrorKind::Storage {
                node.emit(Event::Notice { message: format!("blobs are not fetched: {error}") });
            }
            // What was claimed here is free again for sessions with others; a fault that lasts must
            // not spin.
            tokio::time::sleep(PAUSE).await;
            node.on_claims_freed();
        }
    }
}

async fn fetch_missing(network: &Arc<Network>, node: &Node, fetch: &Fetch) -> Result<(), ApiError> {
    loop {
        let workspace = fetch.workspace;
        let missing = node.with_core(move |core| core.store.missing_blobs(&workspace)).await?;
        let claimed = {
            let lacking = lock(&fetch.lacking);
            let wanted = missing.into_iter().filter(|blob| !lacking.contains(&blob.hash));
            node.claim(group(wanted))
        };
        if claimed.is_empty() {
            return Ok(());
        }
        fetch.state.send_replace(true);
        let fetched = fetch_group(network, node, fetch, claimed.blobs()).await;
        drop(claimed);
        fetched?;
    }
}

/// The first blobs that are made durable together.
fn group(wanted: impl Iterator<Item = BlobRef>) -> Vec<BlobRef> {
    let mut bytes = 0;
    wanted
        .take(GROUP)
        .take_while(|blob| {
            let fits = bytes == 0 || bytes + blob.size <= GROUP_BYTES;
            bytes += blob.size;
            fits
        })
        .collect()
}

async fn fetch_group(network: &Arc<Network>, node: &Node, fetch: &Fetch, blobs: &[BlobRef]) -> Result<(), ApiError> {
    let connection = blob_connection(network, fetch.peer).await?;
    node.check_space(blobs.iter().map(|blob| blob.size).sum())?;
    let mut running = FuturesUnordered::new();
    let mut left = blobs.iter();
    let (mut arrived, mut lost) = (Vec::new(), None);
    loop {
        while running.len() < PARALLEL
            && lost.is_none()
            && let Some(blob) = left.next()
        {
            let (store, connection) = (node.blobs(), &connection);
            let patience = STALL * u32::try_from(1 + blob.size / GROUP_BYTES).unwrap_or(u32::MAX);
            running.push(async move { (blob, timeout(patience, store.fetch(connection, blob)).await) });
        }
        let Some((blob, result)) = running.next().await else { break };
        match result {
            Ok(Ok(durable)) => arrived.push(durable),
            _ if connection.close_reason().is_some() => {
                lost = Some(ApiError::new(ErrorKind::Network, "the peer went away"))
            }
            // No fault of the peer's: it is asked again.
            Ok(Err(error)) if error.kind == ErrorKind::Storage => lost = Some(error),
            _ => {
                lock(&fetch.lacking).insert(blob.hash);
            }
        }
    }
    settle(node, fetch, &connection, arrived).await?;
    lost.map_or(Ok(()), Err)
}

/// Makes what arrived durable, then notes it as held, then tells.
async fn settle(node: &Node, fetch: &Fetch, connection: &Connection, arrived: Vec<Durable>) -> Result<(), ApiError> {
    let asked: Vec<_> = arrived.iter().map(|blob| blob.hash).collect();
    let durable = node.blobs().settle(connection, arrived).await?;
    let held: Vec<_> = durable.iter().map(|blob| (blob.hash, blob.size)).collect();
    let stored = held.clone();
    node.with_core(move |core| core.store.transaction(|store| store.note_have(&stored, now_ms()))).await?;
    drop(durable);
    // What could not be made whole counts as lacking at this peer.
    lock(&fetch.lacking).extend(asked.into_iter().filter(|hash| !held.iter().any(|(held, _)| held == hash)));
    if !held.is_empty() {
        node.on_blobs(&held);
    }
    Ok(())
}

/// Returns the blob connection to a peer, waiting for the side that dials it.
async fn blob_connection(network: &Arc<Network>, peer: DeviceId) -> Result<Connection, ApiError> {
    let mut open = network.blob_connections.subscribe();
    let lost = |what: &str| ApiError::new(ErrorKind::Network, format!("no blob connection to the peer: {what}"));
    let found = timeout(DIAL, open.wait_for(|open| open.get(&peer).is_some_and(|c| c.close_reason().is_none()))).await;
    let open = found.map_err(|_elapsed| lost("timed out"))?.map_err(|_closed| lost("closing"))?;
    open.get(&peer).cloned().ok_or_else(|| lost("closed"))
}
