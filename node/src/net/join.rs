//! Joining: a stranger with a ticket becomes a member.

use std::net::SocketAddr;

use dataforge_protocol::entry::Entry;
use dataforge_protocol::hello::same;
use dataforge_protocol::id::DeviceId;
use dataforge_protocol::ledger::Ledger;
use dataforge_protocol::op::{Add, InviteForm, Op, Person};
use dataforge_protocol::sync::Entries as _;
use dataforge_protocol::ticket::{
    JoinOp, JoinRefusal, JoinReply, JoinRequest, JoinSide, Ticket, join_frame, join_proof, read_join_frame, secret_hash,
};
use dataforge_protocol::wire::JOIN_ALPN;
use iroh::endpoint::Connection;
use iroh::{EndpointAddr, PublicKey};
use tokio::time::timeout;

use super::{DIAL, Network, code, frame, hello};
use crate::api::{ApiError, ErrorKind};
use crate::clock::now_ms;
use crate::core::Core;

/// Membership ops a host may send.
const MAX_OPS: u32 = 100_000;

/// Asks the host of a ticket to be admitted; returns the verified membership ops, genesis first,
/// and the address the host was reached at.
pub(crate) async fn join(
    network: &Network,
    ticket: &Ticket,
    person: Person,
) -> Result<(Vec<Entry>, Vec<SocketAddr>), ApiError> {
    let unreachable = |error: &dyn std::fmt::Display| {
        ApiError::new(
            ErrorKind::Network,
            format!("cannot reach {} to join {:?}: {error}", ticket.inviter, ticket.workspace_name),
        )
        .hint("the inviting machine must be running dataforge up, on a network this one can reach")
    };
    let host = PublicKey::from_bytes(ticket.host.as_bytes()).map_err(|error| unreachable(&error))?;
    let mut address = EndpointAddr::new(host);
    for ip in &ticket.addresses {
        address = address.with_ip_addr(*ip);
    }
    let connected = timeout(DIAL, network.endpoint.connect(address, JOIN_ALPN)).await;
    let connection = connected.map_err(|_elapsed| unreachable(&"no answer"))?.map_err(|error| unreachable(&error))?;
    let ops = timeout(DIAL, ask(&connection, ticket, person)).await.map_err(|_elapsed| unreachable(&"no answer"))??;
    let reached = frame::addresses(&connection).into_iter().chain(ticket.addresses.iter().copied()).collect();
    connection.close(code::DONE.into(), b"");
    Ok((ops, reached))
}

async fn ask(connection: &Connection, ticket: &Ticket, person: Person) -> Result<Vec<Entry>, ApiError> {
    let refused = || {
        ApiError::new(ErrorKind::NotAllowed, "the host does not accept this ticket")
            .hint("it may have been used already or taken back: ask for a new one")
    };
    let bad = || ApiError::new(ErrorKind::Network, "the host sent a wrong answer");
    let exporter = hello::exporter(connection)?;
    let proof = |side| join_proof(&ticket.secret, &exporter, side, &ticket.host, &ticket.invite, &person);
    let (mut send, mut recv) = connection.open_bi().await.map_err(|error| frame::lost(&error))?;
    let request = JoinRequest { invite: ticket.invite, proof: proof(JoinSide::Joiner), person: person.clone() };
    frame::write(&mut send, &join_frame(&request)).await?;
    let answer = frame::read(&mut recv).await.map_err(|_closed| refused())?;
    let ops = match read_join_frame::<JoinReply>(&answer).ok_or_else(bad)? {
        JoinReply::Admitted { proof: theirs, ops } if same(&theirs, &proof(JoinSide::Host)) && ops <= MAX_OPS => ops,
        JoinReply::Admitted { .. } => return Err(bad()),
        JoinReply::Refused(why) => return Err(ApiError::new(ErrorKind::NotAllowed, why.to_string())),
    };
    let mut entries = Vec::new();
    for _ in 0..ops {
        let content = frame::read(&mut recv).await?;
        let op = read_join_frame::<JoinOp>(&content).ok_or_else(bad)?;
        entries.push(op.verify().map_err(|_error| bad())?);
    }
    match entries.first() {
        Some(genesis) if genesis.id.0 == ticket.workspace.0 => Ok(entries),
        _ => Err(bad()),
    }
}

/// Answers one joiner. Nothing is answered before its proof verifies.
pub(super) async fn host(network: &Network, connection: &Connection) -> Result<(), ApiError> {
    let node = network.node.get()?;
    let joiner = DeviceId(*connection.remote_id().as_bytes());
    let exporter = hello::exporter(connection)?;
    let (mut send, mut recv) = connection.accept_bi().await.map_err(|error| frame::lost(&error))?;
    let request = read_join_frame::<JoinRequest>(&frame::read(&mut recv).await?).ok_or_else(hello::refused)?;
    let own = network.device;
    let invite = request.invite;
    let known = node.with_core(move |core| core.store.invite(&invite)).await?;
    let (workspace, secret) = known.ok_or_else(hello::refused)?;
    let proof = |side| join_proof(&secret, &exporter, side, &own, &request.invite, &request.person);
    let is_device = request.person.devices.iter().all(|(cert, _)| cert.device == joiner);
    if !same(&request.proof, &proof(JoinSide::Joiner)) || !is_device {
        return Err(hello::refused());
    }
    let person = request.person.clone();
    let admitted = node.with_core(move |core| admit(core, &workspace, &invite, &secret, person)).await?;
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

type Admitted = Result<(Vec<JoinOp>, crate::core::Progress), JoinRefusal>;

/// Redeems an invite on this device's chain: checks time and uses, and writes the Add. A person
/// who was admitted and lost the answer may ask again.
fn admit(
    core: &mut Core,
    workspace: &dataforge_protocol::id::WorkspaceId,
    invite: &dataforge_protocol::id::EntryId,
    secret: &[u8; 32],
    person: Person,
) -> Result<Admitted, ApiError> {
    let ledger = core.ledger(workspace)?;
    let Some(Op::Invite(terms)) = ledger.op(invite).cloned() else { return Ok(Err(JoinRefusal::NotAllowed)) };
    if terms.form != InviteForm::Handed || terms.key != secret_hash(secret) {
        return Ok(Err(JoinRefusal::NotAllowed));
    }
    let adds = adds(ledger, invite);
    let mut progress = crate::core::Progress::default();
    if !adds.contains(&person) {
        if now_ms() > terms.expires_ms {
            return Ok(Err(JoinRefusal::Expired));
        }
        if adds.len() >= terms.max_uses as usize {
            return Ok(Err(JoinRefusal::UsedUp));
        }
        let op = Op::Add(Add { person, role: terms.role, invite: Some(*invite) });
        if Op::from_bytes(&op.to_bytes()).is_err() {
            return Ok(Err(JoinRefusal::CannotAdd));
        }
        match core.write(workspace, &[], |writer| writer.op(&op)) {
            Ok((_, done)) => progress = done,
            Err(error) if error.kind == ErrorKind::NotAllowed => return Ok(Err(JoinRefusal::CannotAdd)),
            Err(error) => return Err(error),
        }
    }
    let (ledger, store) = core.ledger_and_store(workspace)?;
    let ops = ledger.ops().iter().filter_map(|id| store.entry(id)).collect();
    Ok(Ok((ops, progress)))
}

/// Returns the persons admitted through an invite.
fn adds(ledger: &Ledger, invite: &dataforge_protocol::id::EntryId) -> Vec<Person> {
    let ops = ledger.ops();
    let adds = ops.iter().filter_map(|id| match ledger.op(id) {
        Some(Op::Add(add)) if add.invite == Some(*invite) => Some(add.person.clone()),
        _ => None,
    });
    adds.collect()
}
