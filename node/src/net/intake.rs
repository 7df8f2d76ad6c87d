//! Reading what a peer sends, no faster than it may send.

use std::sync::Arc;
use std::time::Instant;

use dataforge_protocol::id::{DeviceId, WorkspaceId};
use dataforge_protocol::wire::Message;
use iroh::endpoint::{Connection, RecvStream};
use tokio::sync::mpsc;

use super::allowance::Rates;
use super::gauge::Tally;
use super::{Network, frame, lock};
use crate::api::{ApiError, ErrorKind};

/// What a peer pushes, and how fast it may.
pub(super) struct Intake {
    pub(super) network: Arc<Network>,
    pub(super) connection: Connection,
    pub(super) workspace: WorkspaceId,
    pub(super) peer: DeviceId,
    pub(super) tally: Arc<Tally>,
}

impl Intake {
    /// Waits until entries of the peer may be looked at.
    async fn take(&self, message: &Message, bytes: usize) {
        let (Message::Entries(entries) | Message::Introduction(entries)) = message else { return };
        // Who joins has nothing yet that others would wait for, and all of a workspace to take.
        if lock(&self.network.joining).contains_key(&self.workspace) {
            return;
        }
        let Ok(node) = self.network.node.get() else { return };
        let rates = Rates::from(&node.config().network);
        drop(node);
        let allowances = &self.network.allowances;
        let wait = allowances.take(self.peer, (entries.len(), bytes), rates, Instant::now());
        if wait.is_zero() {
            return;
        }
        let begun = Instant::now();
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            // What came before the end counts as it does otherwise.
            _ = self.connection.closed() => {}
        }
        allowances.waited(self.peer, begun.elapsed());
        self.tally.slowed(begun.elapsed());
    }
}

/// Reads messages until the stream ends or the peer breaks the protocol; one that pushes too much is not
/// read from for a while.
pub(super) async fn read(mut recv: RecvStream, intake: Intake, incoming: mpsc::Sender<Result<Message, ApiError>>) {
    loop {
        let message = match frame::read(&mut recv).await {
            Ok(content) => match Message::from_frame(&content) {
                Ok(Some(message)) => {
                    intake.take(&message, content.len()).await;
                    Ok(message)
                }
                Ok(None) => continue,
                Err(error) => {
                    Err(ApiError::new(ErrorKind::NotAllowed, format!("the peer broke the protocol: {error}")))
                }
            },
            Err(error) => Err(error),
        };
        let failed = message.is_err();
        if incoming.send(message).await.is_err() || failed {
            return;
        }
    }
}
