//! Inviting and joining.

use dataforge_protocol::id::{EntryId, WorkspaceId};
use dataforge_protocol::op::{Invite, InviteForm, Op, Role};
use dataforge_protocol::ticket::{Ticket, TicketForm, fingerprint, secret_hash};
use iroh::SecretKey;

use super::ticket::{Given, Reached, check_elsewhere, in_hours};
use super::workspace::{ensure_identity, info};
use crate::api::{ApiError, ErrorKind, InviteReply, JoinPendingReply, JoinReply, Reply};
use crate::clock::{random_bytes, rfc3339};
use crate::core::{Core, Progress};
use crate::net::{self, Answer, Purpose};
use crate::node::Node;
use crate::ticket;

/// What an invite is to say.
#[derive(Debug)]
pub(super) struct Terms {
    pub(super) role: String,
    pub(super) uses: u32,
    pub(super) hours: u32,
    pub(super) form: Option<String>,
}

fn usage(message: impl Into<String>, hint: &str) -> ApiError {
    ApiError::new(ErrorKind::Usage, message).hint(hint)
}

/// Reads a role that can be given by an invite.
pub(super) fn role_to_give(text: &str) -> Result<Role, ApiError> {
    let role: Role = text
        .parse()
        .map_err(|error: dataforge_protocol::op::UnknownRole| ApiError::new(ErrorKind::Usage, error.to_string()))?;
    if role == Role::Owner {
        return Err(usage("nobody can be invited as owner", "invite as admin, editor or viewer"));
    }
    Ok(role)
}

fn checked(terms: &Terms) -> Result<(Role, InviteForm), ApiError> {
    let role = role_to_give(&terms.role)?;
    let form = match terms.form.as_deref() {
        None | Some("handed") => InviteForm::Handed,
        Some("approval") => InviteForm::Approval,
        Some("open") => InviteForm::Open,
        Some(other) => return Err(usage(format!("there is no invite {other:?}"), "use handed, approval or open")),
    };
    if form == InviteForm::Open && role > Role::Editor {
        return Err(usage("an open invite makes no admins", "invite as editor or viewer, or without --open"));
    }
    if terms.uses == 0 || terms.hours == 0 {
        return Err(usage("an invitation needs at least one use and one hour", "leave --uses and --hours out"));
    }
    Ok((role, form))
}

pub(super) async fn invite(node: &Node, workspace: WorkspaceId, terms: Terms) -> Result<Reply, ApiError> {
    let (role, form) = checked(&terms)?;
    let (ticket, reached) = make(node, workspace, (form, role, terms.uses), in_hours(terms.hours)).await?;
    Ok(Reply::Invite(InviteReply {
        words: ticket.words(),
        ticket: ticket.to_string(),
        form: terms.form.unwrap_or_else(|| "handed".to_owned()),
        invite: ticket.invite.to_string(),
        workspace: ticket.workspace_name,
        role: role.to_string(),
        uses: terms.uses,
        expires: rfc3339(ticket.expires_ms),
        addresses: reached.shown(),
        listening: reached.listening,
    }))
}

/// Writes an invite and makes its ticket.
pub(super) async fn make(
    node: &Node,
    workspace: WorkspaceId,
    (form, role, uses): (InviteForm, Role, u32),
    expires_ms: u64,
) -> Result<(Ticket, Reached), ApiError> {
    let reached = Reached::of(node).await?;
    let (secret, host) = (random_bytes()?, reached.clone());
    let (ticket, progress) = node
        .with_core(move |core| {
            // Of an open invite everybody knows the public half, and the ticket's bearer signs.
            let key = match form {
                InviteForm::Open => *SecretKey::from_bytes(&secret).public().as_bytes(),
                InviteForm::Handed | InviteForm::Approval => secret_hash(&secret),
            };
            let op = Op::Invite(Invite { form, key, role, max_uses: uses, expires_ms });
            let (invite, progress) = announce(core, &workspace, &op, &secret)?;
            let form = match form {
                InviteForm::Handed => TicketForm::Handed,
                InviteForm::Approval => TicketForm::Approval,
                InviteForm::Open => TicketForm::Open,
            };
            let ticket = host.ticket(core, workspace, Given { invite, form, role, expires_ms, secret })?;
            Ok((ticket, progress))
        })
        .await?;
    node.on_progress(workspace, &progress);
    Ok((ticket, reached))
}

/// Writes the invite op and keeps the ticket's secret with it.
fn announce(
    core: &mut Core,
    workspace: &WorkspaceId,
    op: &Op,
    secret: &[u8; 32],
) -> Result<(EntryId, Progress), ApiError> {
    core.write(workspace, &[], |writer| {
        let invite = writer.op(op).map_err(|error| match error.kind {
            ErrorKind::NotAllowed => ApiError::new(ErrorKind::NotAllowed, "inviting needs the role of an admin")
                .hint("ask an admin or owner; an admin may invite editors and viewers"),
            _ => error,
        })?;
        writer.store().keep_invite(workspace, &invite, secret)?;
        Ok(invite)
    })
}

pub(super) async fn join(
    node: &Node,
    text: &str,
    person: Option<String>,
    device: Option<String>,
    ignore_clock: bool,
) -> Result<Reply, ApiError> {
    let ticket = ticket::read(text)?;
    if let TicketForm::Device { name, .. } = &ticket.form {
        return Err(usage(format!("this ticket adds a machine of {name}"), "dataforge device link TICKET uses it"));
    }
    let (workspace, dir) = (ticket.workspace, node.directory().to_owned());
    let about = ticket.clone();
    let (identity, recovery_words) = node
        .with_core(move |core| {
            check_elsewhere(core, &about)?;
            if !ignore_clock {
                ticket::check_time(&about)?;
            }
            ensure_identity(core, &dir, person, device)
        })
        .await?;
    let network = node.network(Purpose::Once).await?;
    let person = identity.public.person.clone();
    let words = fingerprint(&person.id);
    // The words must not be lost when the host cannot be reached: the identity is made already.
    let joined = net::join(&network, &ticket, person).await;
    let answer = joined.map_err(|error| match &recovery_words {
        Some(words) => {
            let made = format!("an identity was made; its recovery words, shown only now: {words}");
            ApiError { causes: error.causes.iter().cloned().chain([made]).collect(), ..error }
        }
        None => error,
    })?;
    let Answer::Admitted { ops, addresses } = answer else {
        return Ok(Reply::JoinPending(JoinPendingReply {
            workspace: ticket.workspace_name,
            inviter: ticket.inviter,
            fingerprint: words,
            recovery_words,
        }));
    };
    let host = ticket.host;
    let reply = node
        .with_core(move |core| {
            let mut ops = ops.into_iter();
            let genesis =
                ops.next().ok_or_else(|| ApiError::new(ErrorKind::Network, "the host sent a wrong answer"))?;
            let id = core.begin(&genesis, ops.collect())?;
            core.store.begin_joining(&id, &host)?;
            core.store.add_peer(&host, &addresses)?;
            if core.role(&workspace)?.is_none() {
                return Err(ApiError::new(ErrorKind::NotAllowed, "the host did not make this device a member"));
            }
            Ok(JoinReply {
                workspace: info(core, workspace)?,
                inviter: ticket.inviter,
                fingerprint: words,
                recovery_words,
            })
        })
        .await?;
    node.engines().forget();
    Ok(Reply::Join(reply))
}
