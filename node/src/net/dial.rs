//! Dialling members: once for `sync`, again and again for a node that stays up.

mod plan;

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use dataforge_protocol::id::{DeviceId, WorkspaceId};
use dataforge_protocol::wire::SYNC_ALPN;
use iroh::{EndpointAddr, PublicKey};
use tokio::task::JoinSet;
use tokio::time::timeout;

use self::plan::{Key, MIN_PAUSE, Moves, Outcome, Plan};
use super::{DIAL, HANDSHAKE, Network, hello, session};
use crate::api::{ApiError, ErrorKind};
use crate::core::Core;
use crate::store::Peer;

/// Dials at a time.
const MAX_DIALS: usize = 16;
/// The endpoint is bound anew when members are heard, none answers, and no session was open for so long.
const ALONE: Duration = Duration::from_secs(300);

impl Network {
    /// Dials a peer for a workspace and starts a session.
    ///
    /// # Errors
    /// `Network` when it cannot be reached, `NotAllowed` when it does not know this device.
    pub(crate) async fn dial(self: &Arc<Self>, workspace: WorkspaceId, peer: &Peer) -> Result<(), ApiError> {
        let unreachable = |error: &dyn std::fmt::Display| {
            ApiError::new(ErrorKind::Network, format!("cannot reach {}: {error}", peer.device.fmt_short()))
        };
        let address = self.address_of(peer).map_err(|error| unreachable(&error))?;
        if address.is_empty() {
            return Err(unreachable(&"no address is known, and it was not heard on this network"));
        }
        let connected = timeout(DIAL, self.endpoint().connect(address, SYNC_ALPN)).await;
        let connection =
            connected.map_err(|_elapsed| unreachable(&"no answer"))?.map_err(|error| unreachable(&error))?;
        let since = Instant::now();
        let node = self.node.get()?;
        let greeted = timeout(HANDSHAKE, async {
            let (mut send, mut recv) = connection.open_bi().await.map_err(|error| super::frame::lost(&error))?;
            hello::greet(&node, &connection, workspace, self.device, &mut send, &mut recv).await?;
            Ok::<_, ApiError>((send, recv))
        });
        let (send, recv) = greeted.await.map_err(|_elapsed| unreachable(&"no hello"))??;
        let name = connection.remote_id().fmt_short();
        if let Some(opened) = session::open(self, connection, workspace, (self.device, since)).await? {
            self.spawn(async move {
                if let Err(error) = opened.run(send, recv).await {
                    tracing::debug!("the session with {name} ended: {error}");
                }
            });
        }
        Ok(())
    }

    /// Returns where a peer may be: where it was heard lately, and where it was reached before.
    fn address_of(&self, peer: &Peer) -> Result<EndpointAddr, iroh::KeyParsingError> {
        let mut address = EndpointAddr::new(PublicKey::from_bytes(peer.device.as_bytes())?);
        for ip in self.heard_at(&peer.device).into_iter().chain(peer.addresses.iter().copied()) {
            address = address.with_ip_addr(ip);
        }
        Ok(address.with_addrs(self.relay_addresses()))
    }

    /// Returns whether a session with a peer is open.
    pub(crate) fn is_connected(&self, workspace: &WorkspaceId, device: &DeviceId) -> bool {
        super::lock(&self.sessions)
            .get(&(*workspace, *device))
            .is_some_and(|seat| seat.all().any(|live| live.connection.close_reason().is_none()))
    }

    /// Returns whether there is an address for a peer.
    pub(crate) fn knows_where(&self, peer: &Peer) -> bool {
        !peer.addresses.is_empty() || self.relays.is_some() || !self.heard_at(&peer.device).is_empty()
    }
}

/// Returns all other devices of members of each workspace, with the addresses they were reached at.
pub(crate) fn targets(core: &mut Core) -> Result<Vec<(WorkspaceId, Peer)>, ApiError> {
    let own = core.device();
    let peers = core.store.peers()?;
    let mut targets = Vec::new();
    for workspace in core.workspace_ids() {
        let members = core.ledger(&workspace)?.members();
        for device in members.devices.keys().filter(|device| Some(**device) != own && members.is_member(device)) {
            let known = peers.iter().find(|peer| peer.device == *device).cloned();
            targets.push((workspace, known.unwrap_or_else(|| Peer::unknown(*device))));
        }
    }
    Ok(targets)
}

/// Dials members that are not connected, each with growing pauses, and those that are heard at once.
pub(super) async fn keep_dialling(network: Arc<Network>, pass_secs: u64) {
    let mut dialler = Dialler {
        plan: Plan::new(Duration::from_secs(pass_secs.max(1)), Instant::now()),
        dials: JoinSet::new(),
        tried: BTreeSet::new(),
        moves: Moves::default(),
        alone_since: Instant::now(),
        network,
    };
    let mut changes = dialler.network.network_changes.subscribe();
    let mut relay_changes = dialler.network.relay_changes();
    loop {
        if dialler.begin_due().await.is_err() {
            return;
        }
        let network = Arc::clone(&dialler.network);
        tokio::select! {
            () = tokio::time::sleep(MIN_PAUSE) => dialler.plan.pass_when_due(Instant::now()),
            Some(Ok((key, outcome))) = dialler.dials.join_next(), if !dialler.dials.is_empty() => {
                dialler.plan.on_outcome(key, outcome, Instant::now(), jitter());
            }
            () = network.look_around.notified() => {}
            Ok(()) = changes.changed() => dialler.plan.reset(Instant::now()),
            Ok(()) = relay_changes.changed() => {
                // Dials on their way may go where nobody is any more.
                dialler.plan.forget_running(Instant::now());
            }
        }
    }
}

struct Dialler {
    network: Arc<Network>,
    plan: Plan,
    dials: JoinSet<(Key, Outcome)>,
    /// Addresses at which devices were heard, as of their last dial.
    tried: BTreeSet<(DeviceId, SocketAddr)>,
    /// Peers that may have moved.
    moves: Moves,
    /// Since when no session was open.
    alone_since: Instant,
}

impl Dialler {
    /// Begins the dials that are due.
    async fn begin_due(&mut self) -> Result<(), ApiError> {
        let node = self.network.node.get()?;
        let targets = node.with_core(targets).await.unwrap_or_default();
        let now = Instant::now();
        let (mut heard, mut dialled) = (BTreeSet::new(), BTreeSet::new());
        for (workspace, peer) in targets {
            let key = (workspace, peer.device);
            let at: Vec<_> = self.network.heard_at(&peer.device).into_iter().map(|at| (peer.device, at)).collect();
            let is_news = at.iter().any(|at| !self.tried.contains(at));
            if is_news {
                self.plan.on_heard(&peer.device, now);
            }
            heard.extend(at);
            let is_connected = self.network.is_connected(&workspace, &peer.device);
            if is_connected {
                self.alone_since = now;
                if is_news {
                    self.moves.on_news(key, now);
                }
                // What leads to where it was would be given up only after half a minute of silence.
                let is_elsewhere = self.network.is_elsewhere(&workspace, &peer.device);
                if !self.moves.has_moved(key, is_elsewhere, now) && !self.network.is_doubted(&peer.device) {
                    continue;
                }
            }
            let is_left_alone = self.network.is_shunned(&workspace, &peer.device) || !self.network.knows_where(&peer);
            if is_left_alone || self.dials.len() >= MAX_DIALS || !self.plan.begin(key, now) {
                continue;
            }
            if is_connected {
                self.network.give_up(&peer.device);
            }
            self.moves.forget(&key);
            dialled.insert(peer.device);
            let network = Arc::clone(&self.network);
            self.dials.spawn(async move { (key, dial(&network, workspace, &peer).await) });
        }
        for device in dialled {
            self.network.end_doubt(&device);
        }
        if !heard.is_empty() && now.duration_since(self.alone_since) > ALONE {
            tracing::warn!("members are heard, and none was reached for {} s: binding anew", ALONE.as_secs());
            self.alone_since = now;
            // The listener binds another one.
            self.network.endpoint().close().await;
        }
        self.tried = heard;
        Ok(())
    }
}

async fn dial(network: &Arc<Network>, workspace: WorkspaceId, peer: &Peer) -> Outcome {
    let Err(error) = network.dial(workspace, peer).await else { return Outcome::Connected };
    tracing::debug!("{error}");
    if let Ok(node) = network.node.get() {
        node.note_contact(peer.device, Err(&error.to_string())).await;
    }
    if error.kind == ErrorKind::NotAllowed { Outcome::Refused } else { Outcome::Unreachable }
}

/// A number from 0 to 1.
fn jitter() -> f64 {
    let mut byte = [0];
    // Without randomness there is no jitter, and nothing else is lost.
    let _ = getrandom::fill(&mut byte);
    f64::from(byte[0]) / 255.0
}
