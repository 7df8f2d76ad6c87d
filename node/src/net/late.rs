//! A device that is no member any more: it is told so, with the ops that say why, may hand in what
//! it wrote and nobody here has, and gets nothing else. What it hands in counts as far as the
//! removal's cut goes; the rest is late work, which an admin may accept.

use std::time::Duration;

use dataforge_protocol::id::WorkspaceId;
use dataforge_protocol::sync::HandIn;
use dataforge_protocol::wire::Message;
use iroh::endpoint::{Connection, RecvStream, SendStream};
use tokio::time::timeout;

use super::{code, frame};
use crate::api::{ApiError, ErrorKind};
use crate::node::Node;
use crate::verify::verify;

/// The whole exchange must end within this time.
const EXCHANGE: Duration = Duration::from_secs(60);

/// What a removed device is told, and what is taken from it.
pub(super) struct Removed {
    pub(super) workspace: WorkspaceId,
    pub(super) hand_in: HandIn,
    pub(super) told: Vec<Message>,
}

/// Runs the exchange on the side of the member, and closes the connection.
pub(super) async fn take(
    node: &Node,
    connection: &Connection,
    removed: Removed,
    send: &mut SendStream,
    recv: &mut RecvStream,
) -> Result<(), ApiError> {
    let exchange = timeout(EXCHANGE, hear(node, removed, send, recv)).await;
    let late = |_elapsed| ApiError::new(ErrorKind::Network, "a removed device took too long to hand in its work");
    let done = exchange.map_err(late).and_then(|done| done);
    let code = if done.is_ok() { code::REMOVED } else { code::FAULT };
    connection.close(code.into(), b"this device is no member any more");
    done
}

async fn hear(node: &Node, removed: Removed, send: &mut SendStream, recv: &mut RecvStream) -> Result<(), ApiError> {
    let Removed { workspace, mut hand_in, told } = removed;
    for message in told {
        frame::write(send, &message.to_frame()).await?;
    }
    let broke = |what: &dyn std::fmt::Display| ApiError::new(ErrorKind::NotAllowed, what.to_string());
    loop {
        let content = frame::read(recv).await?;
        let Some(message) = Message::from_frame(&content).map_err(|error| broke(&error))? else { continue };
        let Some(entries) = hand_in.on_message(message).map_err(|fault| broke(&fault))? else { return Ok(()) };
        let verified = verify(entries).map_err(|error| broke(&error))?;
        if !verified.iter().all(|entry| hand_in.takes(entry)) {
            return Err(broke(&"a removed device handed in entries of another"));
        }
        let limits = node.config().late_work;
        let (progress, refused) =
            node.with_core(move |core| core.accept_from_outside(&workspace, verified, &limits)).await?;
        node.on_progress(workspace, &progress);
        if refused > 0 {
            tracing::warn!(
                "no room for {refused} entries that a removed device handed in: see late_work in the settings"
            );
        }
    }
}
