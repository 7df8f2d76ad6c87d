//! The hello: both sides prove that they know the workspace, on this connection, before either
//! tells anything about it.

use std::collections::BTreeSet;

use dataforge_protocol::entry::{EntryKind, ReadHeader};
use dataforge_protocol::hello::{EXPORTER_LABEL, Side, same, tag};
use dataforge_protocol::id::{DeviceId, EntryId, WorkspaceId};
use dataforge_protocol::sync::{self, Entries as _, HandIn};
use dataforge_protocol::wire::{Hello, Message};
use iroh::endpoint::{Connection, RecvStream, SendStream};

use super::frame;
use super::late::Removed;
use crate::api::{ApiError, ErrorKind};
use crate::aside::Kept;
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
    let mut messages = sync::introduction(ledger.ops().iter().filter_map(|id| store.entry(id)));
    messages.push(Message::Introduction(Vec::new()));
    Ok(messages)
}

/// Who a dialler turned out to be.
pub(super) enum Dialler {
    /// A member of this workspace.
    Member(WorkspaceId),
    /// No member of it any more.
    Removed(Removed),
}

impl Dialler {
    /// Returns the workspace it asks for.
    pub(super) const fn workspace(&self) -> WorkspaceId {
        match self {
            Self::Member(workspace) | Self::Removed(Removed { workspace, .. }) => *workspace,
        }
    }
}

/// Names the workspace that a connection for blobs is for, and sees that the listener knows it, too.
pub(super) async fn name(
    node: &Node,
    connection: &Connection,
    workspace: WorkspaceId,
    own: DeviceId,
) -> Result<(), ApiError> {
    let (mut send, mut recv) = connection.open_bi().await.map_err(|error| frame::lost(&error))?;
    let peer = DeviceId(*connection.remote_id().as_bytes());
    let exporter = exporter(connection)?;
    let secret = node.with_core(move |core| Ok(core.ledger(&workspace)?.genesis().discovery_secret)).await?;
    frame::write(&mut send, &hello(tag(&secret, &exporter, Side::Dialler, &own, &peer), false).to_frame()).await?;
    let answer = read_hello(&mut recv).await?;
    // Nothing more is said on it.
    drop(send.finish());
    if same(&answer.tag, &tag(&secret, &exporter, Side::Listener, &own, &peer)) {
        Ok(())
    } else {
        Err(ApiError::new(ErrorKind::Network, "the peer does not hold this workspace"))
    }
}

/// Hears which workspace a connection for blobs is for: one that the dialler is a member of.
pub(super) async fn named(node: &Node, connection: &Connection, own: DeviceId) -> Result<WorkspaceId, ApiError> {
    let (mut send, mut recv) = connection.accept_bi().await.map_err(|error| frame::lost(&error))?;
    let (peer, exporter) = (DeviceId(*connection.remote_id().as_bytes()), exporter(connection)?);
    let asked = read_hello(&mut recv).await?;
    let found = node.with_core(move |core| find(core, &asked.tag, &exporter, [peer, own])).await?;
    let Some((workspace, secret, true)) = found else { return Err(refused()) };
    let tag = tag(&secret, &exporter, Side::Listener, &peer, &own);
    frame::write(&mut send, &hello(tag, false).to_frame()).await?;
    drop(send.finish());
    Ok(workspace)
}

/// Finds the workspace that a dialler's tag is for, with its discovery secret and whether the dialler is
/// known as a member.
fn find(
    core: &mut Core,
    asked: &[u8; 32],
    exporter: &[u8; 32],
    [peer, own]: [DeviceId; 2],
) -> Result<Option<(WorkspaceId, [u8; 32], bool)>, ApiError> {
    for workspace in core.workspace_ids() {
        let ledger = core.ledger(&workspace)?;
        let secret = ledger.genesis().discovery_secret;
        if same(asked, &tag(&secret, exporter, Side::Dialler, &peer, &own)) {
            return Ok(Some((workspace, secret, ledger.members().is_member(&peer))));
        }
    }
    Ok(None)
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
) -> Result<Dialler, ApiError> {
    let peer = DeviceId(*connection.remote_id().as_bytes());
    let exporter = exporter(connection)?;
    let asked = read_hello(recv).await?;
    let found = node.with_core(move |core| find(core, &asked.tag, &exporter, [peer, own])).await?;
    let Some((workspace, secret, known)) = found else { return Err(refused()) };
    let tag = tag(&secret, &exporter, Side::Listener, &peer, &own);
    frame::write(send, &hello(tag, !known).to_frame()).await?;
    if known {
        return Ok(Dialler::Member(workspace));
    }
    let shown = hear_introduction(node, workspace, recv).await?;
    let limits = node.config().late_work;
    let dialler = node.with_core(move |core| {
        let (ledger, store) = core.ledger_and_store(&workspace)?;
        if ledger.members().is_member(&peer) {
            return Ok(Some(Dialler::Member(workspace)));
        }
        let room = Kept::of(store, ledger)?.room(ledger, &peer, &limits);
        let begun = HandIn::begin(ledger, peer, &shown, store, room);
        Ok(begun.map(|(hand_in, told)| Dialler::Removed(Removed { workspace, hand_in, told })))
    });
    dialler.await?.ok_or_else(refused)
}

/// Takes the membership ops that a dialler shows; returns which.
async fn hear_introduction(
    node: &Node,
    workspace: WorkspaceId,
    recv: &mut RecvStream,
) -> Result<BTreeSet<EntryId>, ApiError> {
    let (mut bytes, mut shown) = (0, BTreeSet::new());
    loop {
        let content = frame::read(recv).await?;
        bytes += content.len();
        let ops = match Message::from_frame(&content) {
            Ok(Some(Message::Introduction(ops))) if bytes <= MAX_INTRODUCTION => ops,
            _ => return Err(refused()),
        };
        if ops.is_empty() {
            return Ok(shown);
        }
        let is_op = |header: &ReadHeader| matches!(header, ReadHeader::Known(EntryKind::Op, _));
        let verified: Vec<_> =
            ops.into_iter().filter_map(|op| op.verify().ok()).filter(|entry| is_op(&entry.header)).collect();
        shown.extend(verified.iter().map(|op| op.id));
        // Whoever knows the secret may show ops, members who are not known yet and those who were.
        let limits = node.config().late_work;
        let (progress, _refused) =
            node.with_core(move |core| core.accept_from_outside(&workspace, verified, &limits)).await?;
        node.on_progress(workspace, &progress);
    }
}
