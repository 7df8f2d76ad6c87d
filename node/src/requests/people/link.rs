//! Another machine of a person: the ticket for it, and adding it.

use dataforge_protocol::id::{EntryId, PersonId, WorkspaceId};
use dataforge_protocol::op::Role;
use dataforge_protocol::ticket::{TicketForm, fingerprint};

use super::names::People;
use super::{not_allowed, usage};
use crate::api::{ApiError, DeviceTicketReply, ErrorKind, LinkedReply, Reply, Words};
use crate::clock::{random_bytes, rfc3339};
use crate::core::{Core, Progress};
use crate::identity::Identity;
use crate::net::{self, Answer, Purpose};
use crate::node::Node;
use crate::requests::ticket::{Given, Reached, in_hours};
use crate::requests::workspace::{device_label, info};
use crate::store::DeviceTicket;
use crate::ticket;
use crate::words::{check_words, phrase};

/// Makes a ticket by which a person adds another machine, through this one.
pub(super) async fn ticket(
    node: &Node,
    workspace: WorkspaceId,
    member: Option<String>,
    hours: u32,
) -> Result<Reply, ApiError> {
    if hours == 0 {
        return Err(usage("a ticket needs at least one hour", "leave --hours out for an hour"));
    }
    let reached = Reached::of(node).await?;
    let (secret, invite, expires_ms) = (random_bytes()?, EntryId(random_bytes()?), in_hours(hours));
    let host = reached.clone();
    let (ticket, person, name) = node
        .with_core(move |core| {
            let people = People::of(core, &workspace)?;
            let (me, _) = people.me()?;
            let person = member.map_or(Ok(me), |member| people.find(&member, true))?;
            let name = people.get(&person).map_or_else(|| people.name(&person), |known| known.name.clone());
            core.store.keep_device_ticket(&DeviceTicket {
                ticket: invite,
                workspace,
                secret,
                person,
                expires_ms,
                redeemed: None,
            })?;
            let form = TicketForm::Device { person, name: name.clone() };
            let given = Given { invite, form, role: Role::Viewer, expires_ms, secret };
            Ok((host.ticket(core, workspace, given)?, person, name))
        })
        .await?;
    Ok(Reply::DeviceTicket(DeviceTicketReply {
        words: ticket.words(),
        ticket: ticket.to_string(),
        workspace: ticket.workspace_name,
        person: name,
        fingerprint: fingerprint(&person),
        expires: rfc3339(expires_ms),
        addresses: reached.shown(),
        listening: reached.listening,
    }))
}

/// How far linking came.
enum Ready {
    /// The recovery words are needed.
    Words,
    /// The workspace is here and this device a member.
    Done,
    /// The identity is there; `true` when the workspace is here already.
    Go(Box<Identity>, bool),
}

/// Adds this machine to a person by a ticket. Without `words` it says whether they are needed.
pub(in crate::requests) async fn link(
    node: &Node,
    text: &str,
    words: Option<Words>,
    device: Option<String>,
    ignore_clock: bool,
) -> Result<Reply, ApiError> {
    let ticket = ticket::read(text)?;
    if !ignore_clock {
        ticket::check_time(&ticket)?;
    }
    let TicketForm::Device { person, name } = ticket.form.clone() else {
        return Err(usage(
            "this ticket is for a new member, not for another machine of yours",
            "dataforge join TICKET uses it",
        ));
    };
    let (dir, workspace) = (node.directory().to_owned(), ticket.workspace);
    let given = name.clone();
    let ready = node.with_core(move |core| ready(core, &dir, (workspace, person, &given), words, device)).await?;
    let identity = match ready {
        Ready::Words => {
            return Ok(Reply::WordsNeeded {
                person: name,
                fingerprint: fingerprint(&person),
                workspace: ticket.workspace_name,
            });
        }
        Ready::Done => {
            return Err(usage("this machine is linked already", "dataforge sync exchanges what is new"));
        }
        Ready::Go(identity, true) => identity,
        Ready::Go(identity, false) => {
            let network = node.network(Purpose::Once).await?;
            let answer = net::join(&network, &ticket, identity.public.person.clone()).await?;
            let Answer::Admitted { ops, addresses } = answer else {
                return Err(ApiError::new(ErrorKind::Network, "the host sent a wrong answer"));
            };
            let host = ticket.host;
            node.with_core(move |core| {
                let mut ops = ops.into_iter();
                let wrong = || ApiError::new(ErrorKind::Network, "the host sent a wrong answer");
                let id = core.begin(&ops.next().ok_or_else(wrong)?, ops.collect())?;
                core.store.begin_joining(&id, &host)?;
                core.store.add_peer(&host, &addresses)
            })
            .await?;
            identity
        }
    };
    let (reply, progress) = node.with_core(move |core| certify(core, &workspace, &identity)).await?;
    node.on_progress(workspace, &progress);
    node.engines().forget();
    Ok(Reply::Linked(reply))
}

fn ready(
    core: &mut Core,
    dir: &std::path::Path,
    (workspace, person, name): (WorkspaceId, PersonId, &str),
    words: Option<Words>,
    label: Option<String>,
) -> Result<Ready, ApiError> {
    let is_here = core.workspace_ids().contains(&workspace);
    if let Some(identity) = core.identity.clone() {
        if identity.public.person.id != person {
            return Err(usage(
                format!("this data directory is {}'s, and the ticket is for {name}", identity.public.person.name),
                "name another data directory with --dir",
            ));
        }
        let is_done = is_here && core.role(&workspace)?.is_some();
        return Ok(if is_done { Ready::Done } else { Ready::Go(Box::new(identity), is_here) });
    }
    let Some(words) = words else { return Ok(Ready::Words) };
    let phrase = phrase(&words)?;
    check_words(&phrase, &person, name)?;
    let identity = Identity::from_phrase(dir, &phrase, (name, &label.unwrap_or_else(device_label)), None)?;
    core.identity = Some(identity.clone());
    Ok(Ready::Go(Box::new(identity), is_here))
}

/// Writes this device's own certificate into the workspace.
fn certify(core: &mut Core, workspace: &WorkspaceId, identity: &Identity) -> Result<(LinkedReply, Progress), ApiError> {
    let own = identity.device();
    let (op, label) = identity.certifying()?;
    let (_, progress) = core.write(workspace, &[], |writer| writer.op(&op)).map_err(|error| match error.kind {
        ErrorKind::NotAllowed => not_allowed(
            "this machine cannot be added: you are no member, or it was a member's before",
            "ask an admin or owner; a device that was revoked needs a new data directory",
        ),
        _ => error,
    })?;
    let person = identity.public.person.id;
    let people = People::of(core, workspace)?;
    let reply = LinkedReply {
        workspace: info(core, *workspace)?,
        person: people.name(&person),
        fingerprint: fingerprint(&person),
        device_id: own.to_string(),
        label,
    };
    Ok((reply, progress))
}
