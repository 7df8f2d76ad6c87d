//! Joining: a stranger with a ticket becomes a member, or a member's new device gets the ops by
//! which it makes itself one.

use std::net::SocketAddr;
use std::time::Duration;

use dataforge_protocol::entry::Entry;
use dataforge_protocol::hello::same;
use dataforge_protocol::id::{DeviceId, EntryId, WorkspaceId};
use dataforge_protocol::key::sign_admission;
use dataforge_protocol::ledger::{DeviceState, Ledger};
use dataforge_protocol::op::{Add, AddDevice, Admit, Invite, InviteForm, Op, Person};
use dataforge_protocol::pass::Pass;
use dataforge_protocol::sync::Entries as _;
use dataforge_protocol::ticket::{
    JoinOp, JoinRefusal, JoinReply, JoinRequest, JoinSide, Ticket, TicketForm, join_frame, join_proof, read_join_frame,
    secret_hash,
};
use dataforge_protocol::wire::JOIN_ALPN;
use iroh::endpoint::{Connection, ConnectionError, SendStream, VarInt};
use iroh::{EndpointAddr, PublicKey, SecretKey};
use tokio::time::timeout;

use super::reach::Reach;
use super::{DIAL, HANDSHAKE, Network, Purpose, code, frame, hello, without_pin};
use crate::api::{ApiError, ErrorKind};
use crate::clock::{now_ms, rfc3339};
use crate::core::{Core, Progress};
use crate::requests::invite_uses;
use crate::store::{DeviceTicket, JoinAsked};

/// Membership ops a host may send.
const MAX_OPS: u32 = 100_000;
/// People who may wait for approval by one invite.
const MAX_REQUESTS: u64 = 100;
/// How long it may take to answer who has shown a ticket, and to be answered: on a bad line most of it is sent
/// more than once.
const ANSWER: Duration = Duration::from_secs(30);
/// How often a host is asked that was reached, when the line to it is lost.
const TRIES: u32 = 3;

/// What a host answers to somebody with a right ticket.
#[derive(Debug)]
pub(crate) enum Answer {
    /// Admitted.
    Admitted {
        /// The verified membership ops, genesis first.
        ops: Vec<Entry>,
        /// Where the host was reached.
        addresses: Vec<SocketAddr>,
    },
    /// An admin has to approve it.
    Pending,
}

/// Asks the host of a ticket to be admitted.
pub(crate) async fn join(network: &Network, ticket: &Ticket, person: Person) -> Result<Answer, ApiError> {
    let cert = person.devices.first().map(|(cert, _)| cert);
    let (Some(cert), true) = (cert, network.node.get()?.uses_relays()) else {
        return ask_host(network, ticket, person).await;
    };
    // A relay knows nobody who is to become a member: an endpoint of its own shows it a pass.
    let pass = Pass::of_ticket(ticket, cert).to_string();
    let guest = Box::pin(Network::start_with(network.node.clone(), Purpose::Once, Some(&pass))).await?;
    let answer = ask_host(&guest, ticket, person).await;
    let problems =
        guest.relay_uses().into_iter().filter_map(|relay| Some(format!("{}: {}", relay.url, relay.problem?)));
    let problems: Vec<_> = problems.collect();
    guest.close().await;
    answer.map_err(|error| ApiError { causes: [error.causes, problems].concat(), ..error })
}

/// Says which relay may be used where the host of a ticket cannot be reached, if there is one.
fn advice(network: &Network, ticket: &Ticket) -> Option<String> {
    let named = ticket.relays.iter().map(|relay| without_pin(relay)).collect::<Vec<_>>();
    let configured = network.node.get().map(|node| node.config().network.relays).unwrap_or_default();
    let is_used = named.iter().any(|relay| configured.iter().any(|own| without_pin(own) == *relay));
    (!named.is_empty() && !is_used).then(|| {
        format!(
            "the ticket names the relay {}, which is contacted only when you say so: add --relay",
            named.join(" and ")
        )
    })
}

async fn ask_host(network: &Network, ticket: &Ticket, person: Person) -> Result<Answer, ApiError> {
    let (local, listen) = (network.addresses(), network.node.get()?.config().network.listen);
    let to = format!("join {:?}", ticket.workspace_name);
    let reach = Reach { whom: &ticket.inviter, to: &to, tried: &ticket.addresses, local: &local, listen };
    let unreachable = |error: &dyn std::fmt::Display| {
        let mut failed = reach.failed(error);
        failed.hint = match (failed.hint, advice(network, ticket)) {
            (Some(hint), Some(advice)) => Some(format!("{hint}; {advice}")),
            (hint, advice) => hint.or(advice),
        };
        failed
    };
    let host = PublicKey::from_bytes(ticket.host.as_bytes()).map_err(|error| unreachable(&error))?;
    let mut tries = 0;
    let (connection, ops) = loop {
        tries += 1;
        let connection = find(network, host, ticket).await.map_err(|error| unreachable(&error))?;
        let asked = timeout(ANSWER, ask(&connection, ticket, person.clone())).await;
        match asked.map_err(|_elapsed| unreachable(&"no answer"))? {
            // A host that let somebody in who did not hear of it says so again.
            Err(error) if error.kind == ErrorKind::Network && tries < TRIES => {
                tracing::debug!("the host is asked again: {error}");
            }
            answer => break (connection, answer?),
        }
    };
    let reached = frame::addresses(&connection).into_iter().chain(ticket.addresses.iter().copied()).collect();
    connection.close(code::DONE.into(), b"");
    Ok(ops.map_or(Answer::Pending, |ops| Answer::Admitted { ops, addresses: reached }))
}

/// Connects to the host of a ticket.
async fn find(network: &Network, host: PublicKey, ticket: &Ticket) -> Result<Connection, String> {
    let connected = dial(network, host, &ticket.addresses).await;
    if connected.is_err() {
        // It may be somewhere else by now. What is heard does not tell a stranger whose it is; the
        // host's key does.
        let heard = network.hear_all(&ticket.addresses).await;
        if !heard.is_empty() {
            return dial(network, host, &heard).await;
        }
    }
    connected
}

/// Connects to a host at any of these addresses.
async fn dial(network: &Network, host: PublicKey, addresses: &[SocketAddr]) -> Result<Connection, String> {
    let mut address = EndpointAddr::new(host);
    for ip in addresses {
        address = address.with_ip_addr(*ip);
    }
    address = address.with_addrs(network.relay_addresses());
    if address.is_empty() {
        return Err("no address is known".to_owned());
    }
    let connected = timeout(DIAL, network.endpoint().connect(address, JOIN_ALPN)).await;
    connected.map_err(|_elapsed| "no answer".to_owned())?.map_err(|error| error.to_string())
}

/// Whether the host ended a connection because of the ticket. It also ends those that take too long.
fn is_refused(connection: &Connection) -> bool {
    let code = VarInt::from_u32(code::REFUSED);
    matches!(connection.close_reason(), Some(ConnectionError::ApplicationClosed(said)) if said.error_code == code)
}

/// Returns the membership ops; nothing when an admin has to approve it first.
async fn ask(connection: &Connection, ticket: &Ticket, person: Person) -> Result<Option<Vec<Entry>>, ApiError> {
    let refused = || {
        ApiError::new(ErrorKind::NotAllowed, "the host does not accept this ticket")
            .hint("it may have been used already or taken back: ask for a new one")
    };
    let bad = || ApiError::new(ErrorKind::Network, "the host sent a wrong answer");
    let exporter = hello::exporter(connection)?;
    let proof = |side| join_proof(&ticket.secret, &exporter, side, &ticket.host, &ticket.invite, &person);
    let (mut send, mut recv) = connection.open_bi().await.map_err(|error| frame::lost(&error))?;
    let admission = (ticket.form == TicketForm::Open)
        .then(|| sign_admission(&SecretKey::from_bytes(&ticket.secret), ticket.workspace, ticket.invite, &person));
    let proved = proof(JoinSide::Joiner);
    let request = JoinRequest { invite: ticket.invite, proof: proved, person: person.clone(), admission };
    frame::write(&mut send, &join_frame(&request)).await?;
    let answer =
        frame::read(&mut recv).await.map_err(|error| if is_refused(connection) { refused() } else { error })?;
    let ops = match read_join_frame::<JoinReply>(&answer).ok_or_else(bad)? {
        JoinReply::Admitted { proof: theirs, ops } if same(&theirs, &proof(JoinSide::Host)) && ops <= MAX_OPS => ops,
        JoinReply::Admitted { .. } => return Err(bad()),
        JoinReply::Refused(JoinRefusal::Pending) => return Ok(None),
        JoinReply::Refused(why) => return Err(refusal(why, ticket)),
    };
    let mut entries = Vec::new();
    for _ in 0..ops {
        let content = frame::read(&mut recv).await?;
        let op = read_join_frame::<JoinOp>(&content).ok_or_else(bad)?;
        entries.push(op.verify().map_err(|_error| bad())?);
    }
    match entries.first() {
        Some(genesis) if genesis.id.0 == ticket.workspace.0 => Ok(Some(entries)),
        _ => Err(bad()),
    }
}

/// What a refusal means, and what to do; clocks that differ are told apart from tickets that are old.
fn refusal(why: JoinRefusal, ticket: &Ticket) -> ApiError {
    let error = ApiError::new(ErrorKind::NotAllowed, why.to_string());
    match why {
        JoinRefusal::Expired if now_ms() <= ticket.expires_ms => error.hint(format!(
            "it was valid until {} and the clock here says {}: the clock of {}'s machine, which decides, is ahead",
            rfc3339(ticket.expires_ms),
            rfc3339(now_ms()),
            ticket.inviter
        )),
        JoinRefusal::CannotAdd | JoinRefusal::NotAllowed | JoinRefusal::NotMember => {
            error.hint(format!("{} can say why: dataforge members and invites there show it", ticket.inviter))
        }
        _ => error,
    }
}

/// A ticket given out by this device.
enum Given {
    /// For a new member.
    Invite(WorkspaceId, EntryId, [u8; 32]),
    /// For another device of a member.
    Device(DeviceTicket),
}

impl Given {
    fn find(core: &Core, ticket: &EntryId) -> Result<Option<Self>, ApiError> {
        if let Some((workspace, secret)) = core.store.invite(ticket)? {
            return Ok(Some(Self::Invite(workspace, *ticket, secret)));
        }
        Ok(core.store.device_ticket(ticket)?.map(Self::Device))
    }

    const fn workspace(&self) -> WorkspaceId {
        match self {
            Self::Invite(workspace, ..) => *workspace,
            Self::Device(ticket) => ticket.workspace,
        }
    }

    const fn secret(&self) -> [u8; 32] {
        match self {
            Self::Invite(.., secret) => *secret,
            Self::Device(ticket) => ticket.secret,
        }
    }
}

/// Answers one joiner. Nothing is answered before its proof verifies; who has proved to have a ticket may be
/// slow.
pub(super) async fn host(network: &Network, connection: &Connection) -> Result<(), ApiError> {
    let late = |_elapsed| ApiError::new(ErrorKind::Network, "the joiner took too long");
    let asked = timeout(HANDSHAKE, async {
        let (send, mut recv) = connection.accept_bi().await.map_err(|error| frame::lost(&error))?;
        let request = read_join_frame::<JoinRequest>(&frame::read(&mut recv).await?).ok_or_else(hello::refused)?;
        Ok::<_, ApiError>((send, request))
    });
    let (send, request) = asked.await.map_err(late)??;
    timeout(ANSWER, answer(network, connection, send, request)).await.map_err(late)?
}

async fn answer(
    network: &Network,
    connection: &Connection,
    mut send: SendStream,
    request: JoinRequest,
) -> Result<(), ApiError> {
    let node = network.node.get()?;
    let joiner = DeviceId(*connection.remote_id().as_bytes());
    let exporter = hello::exporter(connection)?;
    let own = network.device;
    let ticket = request.invite;
    let given = node.with_core(move |core| Given::find(core, &ticket)).await?.ok_or_else(hello::refused)?;
    let (workspace, secret) = (given.workspace(), given.secret());
    let proof = |side| join_proof(&secret, &exporter, side, &own, &request.invite, &request.person);
    let is_device = request.person.devices.iter().all(|(cert, _)| cert.device == joiner);
    if !same(&request.proof, &proof(JoinSide::Joiner)) || !is_device {
        return Err(hello::refused());
    }
    let asked = request.clone();
    let admitted = node
        .with_core(move |core| match given {
            Given::Invite(workspace, invite, secret) => admit(core, (workspace, invite), &secret, joiner, asked),
            Given::Device(ticket) => link(core, &ticket, joiner, &asked.person),
        })
        .await?;
    let ops = match admitted {
        Err(why) => {
            frame::write(&mut send, &join_frame(&JoinReply::Refused(why))).await?;
            Vec::new()
        }
        Ok((ops, progress)) => {
            node.on_progress(workspace, &progress);
            let count = u32::try_from(ops.len()).unwrap_or(u32::MAX);
            frame::write(&mut send, &join_frame(&JoinReply::Admitted { proof: proof(JoinSide::Host), ops: count }))
                .await?;
            ops
        }
    };
    for op in ops {
        frame::write(&mut send, &join_frame(&op)).await?;
    }
    // The joiner closes once it has everything; one that is gone has the ops on its next sync.
    drop(send.finish());
    connection.closed().await;
    Ok(())
}

type Admitted = Result<(Vec<JoinOp>, Progress), JoinRefusal>;

/// Redeems an invite: checks time and uses, and writes the op that lets the person in. A person
/// who was admitted and lost the answer may ask again, and a device that is a member's, because the
/// genesis names it, is given the ops without a use of the invite.
fn admit(
    core: &mut Core,
    (workspace, invite): (WorkspaceId, EntryId),
    secret: &[u8; 32],
    joiner: DeviceId,
    request: JoinRequest,
) -> Result<Admitted, ApiError> {
    let ledger = core.ledger(&workspace)?;
    let Some(Op::Invite(terms)) = ledger.op(&invite).cloned() else { return Ok(Err(JoinRefusal::NotAllowed)) };
    let key = match terms.form {
        InviteForm::Open => *SecretKey::from_bytes(secret).public().as_bytes(),
        InviteForm::Handed | InviteForm::Approval => secret_hash(secret),
    };
    if terms.key != key {
        return Ok(Err(JoinRefusal::NotAllowed));
    }
    let is_member = ledger.members().devices.get(&joiner) == Some(&request.person.id);
    if is_member || brings_in(ledger, &invite, &request.person) {
        return Ok(Ok((ops(core, &workspace)?, Progress::default())));
    }
    let used = match terms.form {
        // By all ops, void ones too: so the rules count them.
        InviteForm::Handed => adds(ledger, &invite),
        InviteForm::Approval | InviteForm::Open => invite_uses(ledger, &invite),
    };
    if !ledger.members().invites.contains_key(&invite) {
        return Ok(Err(if is_revoked(ledger, &invite) { JoinRefusal::Revoked } else { JoinRefusal::NotAllowed }));
    }
    if now_ms() > terms.expires_ms {
        return Ok(Err(JoinRefusal::Expired));
    }
    if used >= u64::from(terms.max_uses) {
        return Ok(Err(JoinRefusal::UsedUp));
    }
    let Some(op) = letting_in(core, (&workspace, &invite), &terms, request)? else {
        return Ok(Err(JoinRefusal::Pending));
    };
    if Op::from_bytes(&op.to_bytes()).is_err() {
        return Ok(Err(JoinRefusal::CannotAdd));
    }
    match core.write(&workspace, &[], |writer| writer.op(&op)) {
        Ok((_, progress)) => Ok(Ok((ops(core, &workspace)?, progress))),
        Err(error) if error.kind == ErrorKind::NotAllowed => Ok(Err(JoinRefusal::CannotAdd)),
        Err(error) => Err(error),
    }
}

/// Returns the op that lets a person in; nothing when an admin has to approve it, which is noted.
fn letting_in(
    core: &Core,
    (workspace, invite): (&WorkspaceId, &EntryId),
    terms: &Invite,
    request: JoinRequest,
) -> Result<Option<Op>, ApiError> {
    let JoinRequest { person, admission, .. } = request;
    Ok(match (terms.form, admission) {
        (InviteForm::Approval, _) => {
            let add = Op::Add(Add { person: person.clone(), role: terms.role, invite: Some(*invite) });
            // Nobody is shown a person that could never be added.
            if Op::from_bytes(&add.to_bytes()).is_err() || core.store.count_requests(invite)? >= MAX_REQUESTS {
                return Ok(Some(add));
            }
            core.store.keep_request(workspace, &JoinAsked { invite: *invite, person, asked_ms: now_ms() })?;
            None
        }
        (InviteForm::Open, Some(signature)) => Some(Op::Admit(Admit { invite: *invite, person, signature })),
        // Of an open invite without a signature the rules refuse this.
        _ => Some(Op::Add(Add { person, role: terms.role, invite: Some(*invite) })),
    })
}

/// Gives a member's new device the ops by which it certifies itself; writes nothing.
fn link(core: &mut Core, ticket: &DeviceTicket, joiner: DeviceId, person: &Person) -> Result<Admitted, ApiError> {
    if now_ms() > ticket.expires_ms {
        return Ok(Err(JoinRefusal::Expired));
    }
    if ticket.redeemed.is_some_and(|device| device != joiner) {
        return Ok(Err(JoinRefusal::UsedUp));
    }
    let people = core.ledger(&ticket.workspace)?.people();
    if person.id != ticket.person || people.get(&person.id).is_none_or(|known| known.role.is_none()) {
        return Ok(Err(JoinRefusal::NotMember));
    }
    let is_good = |(cert, label): &(dataforge_protocol::key::DeviceCert, String)| {
        let op = Op::AddDevice(AddDevice { cert: cert.clone(), label: label.clone() });
        cert.person == person.id && Op::from_bytes(&op.to_bytes()).is_ok()
    };
    let is_gone = |of: &dataforge_protocol::ledger::KnownPerson| {
        of.devices.get(&joiner).is_some_and(|known| known.state != DeviceState::Live)
    };
    if person.devices.is_empty() || !person.devices.iter().all(is_good) || people.values().any(is_gone) {
        return Ok(Err(JoinRefusal::CannotAdd));
    }
    core.store.redeem_device_ticket(&ticket.ticket, &joiner)?;
    Ok(Ok((ops(core, &ticket.workspace)?, Progress::default())))
}

fn ops(core: &mut Core, workspace: &WorkspaceId) -> Result<Vec<JoinOp>, ApiError> {
    let (ledger, store) = core.ledger_and_store(workspace)?;
    Ok(ledger.ops().iter().filter_map(|id| store.entry(id)).collect())
}

/// Returns how many people were added through an invite.
fn adds(ledger: &Ledger, invite: &EntryId) -> u64 {
    let adds = |id: &&EntryId| matches!(ledger.op(id), Some(Op::Add(add)) if add.invite == Some(*invite));
    ledger.ops().iter().filter(adds).count() as u64
}

/// Returns whether somebody ended an invite.
fn is_revoked(ledger: &Ledger, invite: &EntryId) -> bool {
    ledger.ops().iter().any(|id| matches!(ledger.op(id), Some(Op::RevokeInvite(revoke)) if revoke.invite == *invite))
}

/// Returns whether an op lets a person in by an invite.
fn brings_in(ledger: &Ledger, invite: &EntryId, person: &Person) -> bool {
    let brings = |id: &EntryId| match ledger.op(id) {
        Some(Op::Add(add)) => add.invite == Some(*invite) && add.person == *person,
        Some(Op::Admit(admit)) => admit.invite == *invite && admit.person == *person,
        _ => false,
    };
    ledger.ops().iter().any(brings)
}
