//! The hello: both sides prove that they know the workspace, on this connection, before either
//! tells anything about it.

use dataforge_protocol::entry::{EntryKind, ReadHeader};
use dataforge_protocol::hello::{EXPORTER_LABEL, Side, same, tag};
use dataforge_protocol::id::{DeviceId, WorkspaceId};
use dataforge_protocol::ledger::Ledger;
use dataforge_protocol::limits::{BATCH_BYTES, MAX_BATCH_ENTRIES};
use dataforge_protocol::sync::Entries as _;
use dataforge_protocol::wire::{Hello, Message};
use iroh::endpoint::{Connection, RecvStream, SendStream};

use super::frame;
use crate::api::{ApiError, ErrorKind};
use crate::core::Core;
use crate::node::Node;

/// Bytes of membership ops a stranger may introduce itself with.
const MAX_INTRODUCTION: usize = 4 << 20;

/// Returns the secret of this connection that tags and proofs are bound to.
pub(super) fn exporter(connection: &Connection) -> Result<[u8; 32], ApiError> {
    let mut secret = [0; 32];
    let exported = connection.export_keying_material(&mut secret, EXPORTER_LABEL, b"");
    exported.map_err(|error| ApiError::new(ErrorKind::Internal, format!("no key material: {error:?}")))?;
    Ok(secret)
}

pub(super) fn refused() -> ApiError {
    ApiError::new(ErrorKind::NotAllowed, "the peer does not know this device as a member")
}

fn hello(tag: [u8; 32], introduce: bool) -> Message {
    Message::Hello(Hello { tag, introduce, agent: concat!("dataforge/", env!("CARGO_PKG_VERSION")).to_owned() })
}

async fn read_hello(recv: &mut RecvStream) -> Result<Hello, ApiError> {
    match Message::from_frame(&frame::read(recv).await?) {
        Ok(Some(Message::Hello(hello))) => Ok(hello),
        _ => Err(ApiError::new(ErrorKind::Network, "the peer did not say hello")),
    }
}

/// Greets a listener on behalf of one workspace.
pub(super) async fn greet(
    node: &Node,
    connection: &Connection,
    workspace: WorkspaceId,
    own: DeviceId,
    send: &mut SendStream,
    recv: &mut RecvStream,
) -> Result<(), ApiError> {
    let peer = DeviceId(*connection.remote_id().as_bytes());
    let exporter = exporter(connection)?;
    let secret = node.with_core(move |core| Ok(core.ledger(&workspace)?.genesis().discovery_secret)).await?;
    frame::write(send, &hello(tag(&secret, &exporter, Side::Dialler, &own, &peer), false).to_frame()).await?;
    let answer = read_hello(recv).await?;
    if !same(&answer.tag, &tag(&secret, &exporter, Side::Listener, &own, &peer)) {
        return Err(ApiError::new(ErrorKind::Network, "the peer does not hold this workspace"));
    }
    if answer.introduce {
        for message in node.with_core(move |core| introduction(core, &workspace)).await? {
            frame::write(send, &message.to_frame()).await?;
        }
    }
    Ok(())
}

/// Returns all membership ops of a workspace as messages; an empty one ends them.
fn introduction(core: &mut Core, workspace: &WorkspaceId) -> Result<Vec<Message>, ApiError> {
    let (ledger, store) = core.ledger_and_store(workspace)?;
    let (mut messages, mut part, mut bytes) = (Vec::new(), Vec::new(), 0);
    for op in ledger.ops().iter().filter_map(|id| store.entry(id)) {
        bytes += op.size();
        part.push(op);
        if bytes >= BATCH_BYTES || part.len() >= MAX_BATCH_ENTRIES {
            messages.push(Message::Introduction(std::mem::take(&mut part)));
            bytes = 0;
        }
    }
    if !part.is_empty() {
        messages.push(Message::Introduction(part));
    }
    messages.push(Message::Introduction(Vec::new()));
    Ok(messages)
}

/// Answers a dialler: finds the workspace its tag is for, and makes sure it is a member. One that
/// knows the workspace but is not known here may show membership ops first; until they make it a
/// member it is told nothing but that the tag is known.
pub(super) async fn answer(
    node: &Node,
    connection: &Connection,
    own: DeviceId,
    send: &mut SendStream,
    recv: &mut RecvStream,
) -> Result<WorkspaceId, ApiError> {
    let peer = DeviceId(*connection.remote_id().as_bytes());
    let exporter = exporter(connection)?;
    let asked = read_hello(recv).await?;
    let found = node
        .with_core(move |core| {
            for workspace in core.workspace_ids() {
                let ledger = core.ledger(&workspace)?;
                let secret = ledger.genesis().discovery_secret;
                if same(&asked.tag, &tag(&secret, &exporter, Side::Dialler, &peer, &own)) {
                    return Ok(Some((workspace, secret, ledger.members().is_member(&peer))));
                }
            }
            Ok(None)
        })
        .await?;
    let Some((workspace, secret, known)) = found else { return Err(refused()) };
    let tag = tag(&secret, &exporter, Side::Listener, &peer, &own);
    frame::write(send, &hello(tag, !known).to_frame()).await?;
    if !known {
        hear_introduction(node, workspace, recv).await?;
        let member = node.with_core(move |core| Ok(core.ledger(&workspace)?.members().is_member(&peer))).await?;
        if !member {
            return Err(refused());
        }
    }
    Ok(workspace)
}

async fn hear_introduction(node: &Node, workspace: WorkspaceId, recv: &mut RecvStream) -> Result<(), ApiError> {
    let mut bytes = 0;
    loop {
        let content = frame::read(recv).await?;
        bytes += content.len();
        let ops = match Message::from_frame(&content) {
            Ok(Some(Message::Introduction(ops))) if bytes <= MAX_INTRODUCTION => ops,
            _ => return Err(refused()),
        };
        if ops.is_empty() {
            return Ok(());
        }
        let is_op = |header: &ReadHeader| matches!(header, ReadHeader::Known(EntryKind::Op, _));
        let verified: Vec<_> =
            ops.into_iter().filter_map(|op| op.verify().ok()).filter(|entry| is_op(&entry.header)).collect();
        let progress = node.with_core(move |core| core.accept(&workspace, verified)).await?;
        node.on_progress(workspace, &progress);
    }
}

/// Whether a device is a member of a workspace by what is known here.
pub(super) fn is_member(ledger: &mut Ledger, device: &DeviceId) -> bool {
    ledger.members().is_member(device)
}
