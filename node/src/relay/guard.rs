//! Whom a relay lets in: members of its workspaces, and for a while holders of an open invite.
//!
//! The relay's handshake has proven a device's key before it is judged here. What is judged is what
//! the ledgers say at that moment, and again whenever they change: a device that is no member any more
//! is disconnected, whatever it does with its connection.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use dataforge_protocol::id::{DeviceId, WorkspaceId};
use dataforge_protocol::pass::Pass;
use iroh::EndpointId;
use iroh_relay::server::{Access, AccessControl, ClientRequest, ConnectionId, RelayService};

use crate::api::ApiError;
use crate::clock::now_ms;
use crate::core::Core;
use crate::node::WeakNode;

/// Clients that are no members yet, at a time.
const MAX_GUESTS: usize = 16;
/// How long such a client may stay: joining takes seconds.
const GUEST_STAY: Duration = Duration::from_secs(300);
/// Pause between looks without any change: guests' time runs out, and a connection that was being
/// made while its device was removed is found.
const LOOK: Duration = Duration::from_secs(5);
/// Changes come in bursts.
const BURST: Duration = Duration::from_millis(100);
/// What a device hears that is not let in. A stranger learns nothing of whom the relay is for.
const STRANGER: &str = "this relay does not know this device";
const FULL: &str = "this relay is full: try again later";

/// Who a device is to the relay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    Member,
    Guest,
    Stranger,
}

/// A client that was let in.
#[derive(Debug, Clone)]
struct Client {
    connection: ConnectionId,
    device: DeviceId,
    pass: Option<Pass>,
    is_guest: bool,
    since: Instant,
}

/// Judges clients of a relay.
#[derive(Debug)]
pub(super) struct Guard {
    node: WeakNode,
    /// The workspaces it serves; all when empty.
    only: BTreeSet<WorkspaceId>,
    max_clients: usize,
    clients: Mutex<Vec<Client>>,
    refused: AtomicU64,
}

/// How many clients a relay has.
#[derive(Debug, Clone, Copy)]
pub(super) struct Count {
    pub(super) members: u64,
    pub(super) guests: u64,
    pub(super) refused: u64,
}

/// Returns the workspaces that a relay serves now. One that this device is no member of is not among
/// them: nobody tells it of changes there.
pub(super) fn served(core: &mut Core, only: &BTreeSet<WorkspaceId>) -> Result<Vec<WorkspaceId>, ApiError> {
    let mut served = Vec::new();
    for workspace in core.workspace_ids() {
        if (only.is_empty() || only.contains(&workspace)) && core.role(&workspace)?.is_some() {
            served.push(workspace);
        }
    }
    Ok(served)
}

fn judge(
    core: &mut Core,
    only: &BTreeSet<WorkspaceId>,
    device: &DeviceId,
    pass: Option<&Pass>,
) -> Result<Standing, ApiError> {
    let mut standing = Standing::Stranger;
    for workspace in served(core, only)? {
        let ledger = core.ledger(&workspace)?;
        if ledger.members().is_member(device) {
            return Ok(Standing::Member);
        }
        let used = crate::requests::invite_uses;
        if pass.is_some_and(|pass| pass.admits(&workspace, ledger, device, now_ms(), used)) {
            standing = Standing::Guest;
        }
    }
    Ok(standing)
}

impl Guard {
    pub(super) fn new(node: WeakNode, only: BTreeSet<WorkspaceId>, max_clients: usize) -> Arc<Self> {
        Arc::new(Self { node, only, max_clients, clients: Mutex::default(), refused: AtomicU64::default() })
    }

    fn clients(&self) -> MutexGuard<'_, Vec<Client>> {
        // Every change is one push or retain.
        self.clients.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) const fn only(&self) -> &BTreeSet<WorkspaceId> {
        &self.only
    }

    pub(super) fn count(&self) -> Count {
        let clients = self.clients();
        let guests = clients.iter().filter(|client| client.is_guest).count() as u64;
        Count { members: clients.len() as u64 - guests, guests, refused: self.refused.load(Ordering::Relaxed) }
    }

    async fn standing(&self, device: DeviceId, pass: Option<Pass>) -> Result<Standing, ApiError> {
        let only = self.only.clone();
        self.node.get()?.with_core(move |core| judge(core, &only, &device, pass.as_ref())).await
    }

    fn refuse(&self, why: &str) -> Access {
        self.refused.fetch_add(1, Ordering::Relaxed);
        Access::Deny { reason: Some(why.to_owned()) }
    }

    /// Lets a client in that was judged, as far as there is room.
    fn admit(&self, client: Client) -> Result<(), &'static str> {
        let mut clients = self.clients();
        let guests = clients.iter().filter(|client| client.is_guest).count();
        if clients.len() >= self.max_clients || (client.is_guest && guests >= MAX_GUESTS) {
            return Err(FULL);
        }
        clients.push(client);
        Ok(())
    }

    /// Disconnects whoever may not stay, for as long as the node lives.
    pub(super) async fn follow(self: Arc<Self>, service: RelayService) {
        let Ok(mut changes) = self.node.get().map(|node| node.changes()) else { return };
        loop {
            if let Err(error) = self.show_out(&service).await {
                tracing::warn!("the relay cannot look up its clients: {error}");
            }
            match tokio::time::timeout(LOOK, changes.changed()).await {
                Ok(Ok(())) => tokio::time::sleep(BURST).await,
                Ok(Err(_closing)) => return,
                Err(_elapsed) => {}
            }
        }
    }

    async fn show_out(&self, service: &RelayService) -> Result<(), ApiError> {
        let (clients, only) = (self.clients().clone(), self.only.clone());
        if clients.is_empty() {
            return Ok(());
        }
        let node = self.node.get()?;
        let judged = node.with_core(move |core| {
            let judge = |client: Client| {
                let standing = judge(core, &only, &client.device, client.pass.as_ref())?;
                Ok((client, standing))
            };
            clients.into_iter().map(judge).collect::<Result<Vec<_>, ApiError>>()
        });
        for (client, standing) in judged.await? {
            if standing == Standing::Member {
                // Somebody who joined is no guest any more.
                let mut clients = self.clients();
                clients.iter_mut().filter(|c| c.connection == client.connection).for_each(|c| c.is_guest = false);
                continue;
            }
            if standing == Standing::Stranger || client.since.elapsed() > GUEST_STAY {
                tracing::info!("the relay disconnects {}", client.device.fmt_short());
                if let Ok(id) = EndpointId::from_bytes(client.device.as_bytes()) {
                    // One that is still being set up is found at the next look.
                    let _is_found = service.clients().disconnect(id, Some(client.connection));
                }
            }
        }
        Ok(())
    }
}

impl AccessControl for Guard {
    async fn on_connect(&self, request: &ClientRequest) -> Access {
        let device = DeviceId(*request.endpoint_id().as_bytes());
        let pass = request.auth_token().and_then(|token| token.parse::<Pass>().ok());
        let standing = match self.standing(device, pass.clone()).await {
            Ok(standing) => standing,
            Err(error) => {
                tracing::warn!("the relay cannot look up {}: {error}", device.fmt_short());
                return self.refuse("this relay cannot look it up now: try again later");
            }
        };
        if standing == Standing::Stranger {
            return self.refuse(STRANGER);
        }
        let is_guest = standing == Standing::Guest;
        let client = Client { connection: request.connection_id(), device, pass, is_guest, since: Instant::now() };
        match self.admit(client) {
            Ok(()) => Access::Allow,
            Err(why) => self.refuse(why),
        }
    }

    fn on_disconnect(&self, _device: EndpointId, connection: ConnectionId) {
        self.clients().retain(|client| client.connection != connection);
    }
}
