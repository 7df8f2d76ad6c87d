//! Dialling known peers: once for `sync`, again and again for a node that stays up.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use dataforge_protocol::id::{DeviceId, WorkspaceId};
use dataforge_protocol::wire::SYNC_ALPN;
use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use iroh::{EndpointAddr, PublicKey};
use tokio::time::{Instant, sleep_until, timeout, timeout_at};

use super::{DIAL, HANDSHAKE, Network, hello, session};
use crate::api::{ApiError, ErrorKind};
use crate::store::Peer;

/// First pause before a peer is dialled again; it doubles up to [`MAX_PAUSE`].
const MIN_PAUSE: Duration = Duration::from_secs(1);
/// Longest pause.
const MAX_PAUSE: Duration = Duration::from_secs(30);

impl Network {
    /// Dials a peer for a workspace and starts a session.
    ///
    /// # Errors
    /// `Network` when it cannot be reached, `NotAllowed` when it does not know this device.
    pub(crate) async fn dial(self: &Arc<Self>, workspace: WorkspaceId, peer: &Peer) -> Result<(), ApiError> {
        let unreachable = |error: &dyn std::fmt::Display| {
            ApiError::new(ErrorKind::Network, format!("cannot reach {}: {error}", peer.device.fmt_short()))
        };
        let id = PublicKey::from_bytes(peer.device.as_bytes()).map_err(|error| unreachable(&error))?;
        let mut address = EndpointAddr::new(id);
        for ip in &peer.addresses {
            address = address.with_ip_addr(*ip);
        }
        address = address.with_addrs(self.relay_addresses());
        if address.is_empty() {
            return Err(unreachable(&"no address is known"));
        }
        let connected = timeout(DIAL, self.endpoint.connect(address, SYNC_ALPN)).await;
        let connection =
            connected.map_err(|_elapsed| unreachable(&"no answer"))?.map_err(|error| unreachable(&error))?;
        let node = self.node.get()?;
        let greeted = timeout(HANDSHAKE, async {
            let (mut send, mut recv) = connection.open_bi().await.map_err(|error| super::frame::lost(&error))?;
            hello::greet(&node, &connection, workspace, self.device, &mut send, &mut recv).await?;
            Ok::<_, ApiError>((send, recv))
        });
        let (send, recv) = greeted.await.map_err(|_elapsed| unreachable(&"no hello"))??;
        let name = connection.remote_id().fmt_short();
        if let Some(opened) = session::open(self, connection, workspace, self.device).await? {
            self.spawn(async move {
                if let Err(error) = opened.run(send, recv).await {
                    tracing::debug!("the session with {name} ended: {error}");
                }
            });
        }
        Ok(())
    }

    /// Returns whether a session with a peer is open.
    pub(crate) fn is_connected(&self, workspace: &WorkspaceId, device: &DeviceId) -> bool {
        super::lock(&self.sessions)
            .get(&(*workspace, *device))
            .is_some_and(|live| live.connection.close_reason().is_none())
    }
}

/// Returns the peers to dial, but this device: members of each workspace with a known address, and by
/// relay all others too.
pub(crate) fn targets(core: &mut crate::core::Core, by_relay: bool) -> Result<Vec<(WorkspaceId, Peer)>, ApiError> {
    let own = core.device();
    let peers = core.store.peers()?;
    let mut targets = Vec::new();
    for workspace in core.workspace_ids() {
        let members = core.ledger(&workspace)?.members();
        for device in members.devices.keys().filter(|device| Some(**device) != own) {
            let known = peers.iter().find(|peer| peer.device == *device);
            if by_relay || known.is_some_and(|peer| !peer.addresses.is_empty()) {
                targets.push((workspace, known.cloned().unwrap_or_else(|| Peer::unseen(*device))));
            }
        }
    }
    Ok(targets)
}

/// Dials peers that are not connected, each with growing pauses, and looks for new ones. One that does
/// not answer keeps no other waiting.
pub(super) async fn keep_dialling(network: Arc<Network>, pass_secs: u64) {
    let mut due: BTreeMap<(WorkspaceId, DeviceId), (Instant, Duration)> = BTreeMap::new();
    let mut dialled = FuturesUnordered::new();
    let mut dialling = BTreeSet::new();
    let longest = MAX_PAUSE.max(Duration::from_secs(pass_secs));
    let mut relay_changes = network.relay_changes();
    loop {
        let Ok(node) = network.node.get() else { return };
        if relay_changes.has_changed().unwrap_or(false) {
            relay_changes.mark_unchanged();
            // Dials on their way may go where nobody is any more.
            dialled.clear();
            dialling.clear();
            due.clear();
        }
        let by_relay = node.uses_relays();
        let targets = node.with_core(move |core| targets(core, by_relay)).await.unwrap_or_default();
        for (workspace, peer) in targets {
            let key = (workspace, peer.device);
            if network.is_shunned(&workspace, &peer.device) || dialling.contains(&key) {
                continue;
            }
            if network.is_connected(&workspace, &peer.device) {
                due.remove(&key);
                continue;
            }
            if due.get(&key).is_some_and(|(at, _)| *at > Instant::now()) {
                continue;
            }
            dialling.insert(key);
            let network = &network;
            dialled.push(async move { (key, network.dial(workspace, &peer).await) });
        }
        let until = Instant::now() + MIN_PAUSE;
        while let Ok(Some((key, result))) = timeout_at(until, dialled.next()).await {
            dialling.remove(&key);
            if let Err(error) = result {
                tracing::debug!("{error}");
                node.note_contact(key.1, Err(&error.to_string())).await;
                let pause = due.get(&key).map_or(MIN_PAUSE, |(_, pause)| *pause);
                // A refusal will not go away in seconds.
                let next = if error.kind == ErrorKind::NotAllowed { longest } else { (pause * 2).min(MAX_PAUSE) };
                due.insert(key, (Instant::now() + pause, next));
            }
        }
        drop(node);
        sleep_until(until).await;
    }
}
