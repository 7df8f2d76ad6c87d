//! Tickets: making one that leads here.

use std::net::SocketAddr;

use dataforge_protocol::id::{EntryId, WorkspaceId};
use dataforge_protocol::op::Role;
use dataforge_protocol::ticket::{Ticket, TicketForm};

use crate::api::{ApiError, ErrorKind};
use crate::clock::now_ms;
use crate::core::Core;
use crate::net::Purpose;
use crate::node::Node;

/// Milliseconds of an hour.
const HOUR_MS: u64 = 3_600_000;

/// How a ticket leads to this node.
#[derive(Debug, Clone)]
pub(super) struct Reached {
    /// Where it listens, or will once it is up.
    addresses: Vec<SocketAddr>,
    relays: Vec<String>,
    /// Whether it listens there now.
    pub(super) listening: bool,
}

/// What a ticket is for.
#[derive(Debug)]
pub(super) struct Given {
    pub(super) invite: EntryId,
    pub(super) form: TicketForm,
    pub(super) role: Role,
    pub(super) expires_ms: u64,
    pub(super) secret: [u8; 32],
}

impl Reached {
    /// Finds out how this node is reached.
    ///
    /// # Errors
    /// `Network` when no socket can be bound, `NotFound` when there is no identity yet.
    pub(super) async fn of(node: &Node) -> Result<Self, ApiError> {
        let listening = node.is_up().await;
        let purpose = if listening { Purpose::Serve } else { Purpose::Once };
        let network = node.network(purpose).await?;
        let (mut addresses, config) = (network.addresses(), node.config().network);
        if !listening {
            // Where this node will listen once it is up.
            let port = config.listen.port();
            addresses.iter_mut().for_each(|address| address.set_port(port));
        }
        Ok(Self { addresses, relays: config.relays, listening })
    }

    /// Returns the addresses as replies have them.
    pub(super) fn shown(&self) -> Vec<String> {
        self.addresses.iter().map(ToString::to_string).collect()
    }

    /// Makes a ticket that leads here.
    ///
    /// # Errors
    /// `NotFound` when the workspace is not here, or there is no identity yet.
    pub(super) fn ticket(self, core: &mut Core, workspace: WorkspaceId, given: Given) -> Result<Ticket, ApiError> {
        Ok(Ticket {
            workspace,
            workspace_name: core.ledger(&workspace)?.genesis().name.clone(),
            inviter: core.identity()?.public.person.name.clone(),
            host: core.identity()?.device(),
            addresses: self.addresses,
            relays: self.relays,
            invite: given.invite,
            form: given.form,
            role: given.role,
            expires_ms: given.expires_ms,
            secret: given.secret,
        })
    }
}

/// Refuses a ticket that this very device made, or of a workspace that is here.
///
/// # Errors
/// `Usage`.
pub(super) fn check_elsewhere(core: &mut Core, ticket: &Ticket) -> Result<(), ApiError> {
    let usage = |message: String, hint: &str| Err(ApiError::new(ErrorKind::Usage, message).hint(hint));
    if core.device() == Some(ticket.host) {
        return usage(
            format!("this machine made the ticket for {:?} itself", ticket.workspace_name),
            "send it to whoever is to join: they run dataforge join there; --dir names another data directory",
        );
    }
    if !core.workspace_ids().contains(&ticket.workspace) {
        return Ok(());
    }
    let name = core.ledger(&ticket.workspace)?.genesis().name.clone();
    match core.role(&ticket.workspace)? {
        Some(role) => usage(
            format!("this workspace is here already: {name:?}, and you are {role} in it"),
            "dataforge sync exchanges what is new; the ticket was not used",
        ),
        None => usage(
            format!("this workspace is here already: {name:?}, and you are no member of it any more"),
            "let an admin there invite you again and join with another data directory (--dir)",
        ),
    }
}

/// Returns the time in so many minutes, in milliseconds since 1970.
pub(super) fn in_minutes(minutes: u32) -> u64 {
    now_ms().saturating_add(u64::from(minutes) * 60_000)
}

/// Returns the time in so many hours, in milliseconds since 1970.
pub(super) fn in_hours(hours: u32) -> u64 {
    now_ms().saturating_add(u64::from(hours) * HOUR_MS)
}
