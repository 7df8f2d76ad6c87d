//! Members: inviting, joining, listing.

use dataforge_protocol::id::{DeviceId, WorkspaceId};
use dataforge_protocol::limits::MAX_NAME_CHARS;
use dataforge_protocol::op::{Invite, InviteForm, Op, Role};
use dataforge_protocol::ticket::{Ticket, fingerprint, secret_hash};

use super::workspace::{ensure_identity, info};
use crate::api::{ApiError, DeviceInfo, ErrorKind, InviteReply, JoinReply, MemberInfo, Reply};
use crate::clock::{now_ms, random_bytes, rfc3339};
use crate::core::Core;
use crate::net::{self, Purpose};
use crate::node::Node;

/// Milliseconds of an hour.
const HOUR_MS: u64 = 3_600_000;

pub(super) async fn invite(
    node: &Node,
    workspace: WorkspaceId,
    role: &str,
    uses: u32,
    hours: u32,
) -> Result<Reply, ApiError> {
    let usage = |message: String| ApiError::new(ErrorKind::Usage, message);
    let role: Role = role.parse().map_err(|error: dataforge_protocol::op::UnknownRole| usage(error.to_string()))?;
    if role == Role::Owner {
        return Err(usage("nobody can be invited as owner".into()).hint("invite as admin, editor or viewer"));
    }
    if uses == 0 || hours == 0 {
        return Err(usage("an invitation needs at least one use and one hour".into()));
    }
    let listening = node.is_up().await;
    let purpose = if listening { Purpose::Serve } else { Purpose::Once };
    let network = node.network(purpose).await?;
    let mut addresses = network.addresses();
    if !listening {
        // Where this node will listen once it is up.
        let port = node.config().network.listen.port();
        addresses.iter_mut().for_each(|address| address.set_port(port));
    }
    let (secret, expires_ms) = (random_bytes()?, now_ms().saturating_add(u64::from(hours) * HOUR_MS));
    let relays = node.config().network.relays;
    let given = addresses.clone();
    let (ticket, progress) = node
        .with_core(move |core| {
            let (form, key) = (InviteForm::Handed, secret_hash(&secret));
            let op = Op::Invite(Invite { form, key, role, max_uses: uses, expires_ms });
            let (invite, progress) = core.write(&workspace, &[], |writer| {
                let invite = writer.op(&op).map_err(|error| match error.kind {
                    ErrorKind::NotAllowed => {
                        ApiError::new(ErrorKind::NotAllowed, "inviting needs the role of an admin")
                            .hint("ask an admin or owner; an admin may invite editors and viewers")
                    }
                    _ => error,
                })?;
                writer.store().keep_invite(&workspace, &invite, &secret)?;
                Ok(invite)
            })?;
            let inviter = core.identity()?.public.person.name.clone();
            let ticket = Ticket {
                workspace,
                workspace_name: core.ledger(&workspace)?.genesis().name.clone(),
                inviter,
                host: core.identity()?.device(),
                addresses: given,
                relays,
                invite,
                role,
                expires_ms,
                secret,
            };
            Ok((ticket, progress))
        })
        .await?;
    node.on_progress(workspace, &progress);
    Ok(Reply::Invite(InviteReply {
        ticket: ticket.to_string(),
        workspace: ticket.workspace_name,
        role: role.to_string(),
        uses,
        expires: rfc3339(expires_ms),
        addresses: addresses.iter().map(ToString::to_string).collect(),
        listening,
    }))
}

pub(super) async fn join(
    node: &Node,
    text: &str,
    person: Option<String>,
    device: Option<String>,
) -> Result<Reply, ApiError> {
    let ticket: Ticket = text
        .parse()
        .map_err(|error: dataforge_protocol::ticket::TicketError| ApiError::new(ErrorKind::Input, error.to_string()))?;
    if now_ms() > ticket.expires_ms {
        return Err(ApiError::new(ErrorKind::Input, format!("the ticket expired at {}", rfc3339(ticket.expires_ms)))
            .hint(format!("ask {} for a new one", ticket.inviter)));
    }
    let (workspace, dir) = (ticket.workspace, node.directory().to_owned());
    let (identity, recovery_words) = node
        .with_core(move |core| {
            if core.workspace_ids().contains(&workspace) {
                return Err(ApiError::new(ErrorKind::Usage, "this workspace is here already")
                    .hint("dataforge sync exchanges what is new"));
            }
            ensure_identity(core, &dir, person, device)
        })
        .await?;
    let network = node.network(Purpose::Once).await?;
    let person = identity.public.person.clone();
    // The words must not be lost when the host cannot be reached: the identity is made already.
    let joined = net::join(&network, &ticket, person).await;
    let (ops, addresses) = joined.map_err(|error| match &recovery_words {
        Some(words) => ApiError {
            causes: vec![format!("an identity was made; its recovery words, shown only now: {words}")],
            ..error
        },
        None => error,
    })?;
    let host = ticket.host;
    let reply = node
        .with_core(move |core| {
            let mut ops = ops.into_iter();
            let genesis =
                ops.next().ok_or_else(|| ApiError::new(ErrorKind::Network, "the host sent a wrong answer"))?;
            core.begin(&genesis, ops.collect())?;
            core.store.add_peer(&host, &addresses)?;
            if core.role(&workspace)?.is_none() {
                return Err(ApiError::new(ErrorKind::NotAllowed, "the host did not make this device a member"));
            }
            let person = core.identity()?.public.person.id;
            Ok(JoinReply {
                workspace: info(core, workspace)?,
                inviter: ticket.inviter,
                fingerprint: fingerprint(&person),
                recovery_words,
            })
        })
        .await?;
    node.engines().forget();
    Ok(Reply::Join(reply))
}

pub(super) async fn members(node: &Node, workspace: WorkspaceId) -> Result<Reply, ApiError> {
    let members = node.with_core(move |core| list(core, workspace)).await?;
    Ok(Reply::Members { members })
}

fn list(core: &mut Core, workspace: WorkspaceId) -> Result<Vec<MemberInfo>, ApiError> {
    let own = core.device();
    let view = core.ledger(&workspace)?.members();
    let is_own = |device: &DeviceId| Some(*device) == own;
    let mut members: Vec<_> = view
        .members
        .iter()
        .map(|(id, member)| {
            let info = MemberInfo {
                person_id: id.to_string(),
                name: member.name.chars().take(MAX_NAME_CHARS).collect(),
                role: member.role.to_string(),
                fingerprint: fingerprint(id),
                this_person: member.devices.keys().any(is_own),
                devices: member
                    .devices
                    .iter()
                    .map(|(device, label)| DeviceInfo {
                        device_id: device.to_string(),
                        label: label.clone(),
                        this_device: is_own(device),
                    })
                    .collect(),
            };
            (member.role, info)
        })
        .collect();
    members.sort_by(|(a_role, a), (b_role, b)| {
        b_role.cmp(a_role).then_with(|| a.name.cmp(&b.name)).then_with(|| a.person_id.cmp(&b.person_id))
    });
    Ok(members.into_iter().map(|(_, info)| info).collect())
}
