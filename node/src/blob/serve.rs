//! Serving blobs: every request is authorised, and a peer that may not have a blob learns no more
//! than one that asks for a blob nobody has.

use std::sync::Arc;

use dataforge_protocol::id::{BlobHash, DeviceId};
use iroh::endpoint::Connection;
use iroh_blobs::provider::events::{
    AbortReason, ConnectMode, EventMask, EventSender, ObserveMode, ProviderMessage, RequestMode, ThrottleMode,
};

use super::Blobs;

/// Answers whether a device may read a blob now.
pub(crate) type MayRead = Arc<dyn Fn(&DeviceId, &BlobHash) -> bool + Send + Sync>;

/// Serves blobs to members.
#[derive(Clone)]
pub(crate) struct BlobServer {
    blobs: Blobs,
    may_read: MayRead,
}

impl std::fmt::Debug for BlobServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BlobServer").finish_non_exhaustive()
    }
}

/// Requests of one peer that are judged at a time.
const QUEUE: usize = 32;

impl BlobServer {
    /// Makes a server.
    #[must_use]
    pub(crate) fn new(blobs: Blobs, may_read: MayRead) -> Self {
        Self { blobs, may_read }
    }

    /// Serves one connection until it closes.
    pub(crate) async fn serve(&self, connection: Connection) {
        let peer = DeviceId(*connection.remote_id().as_bytes());
        let mask = EventMask {
            connected: ConnectMode::None,
            get: RequestMode::Intercept,
            get_many: RequestMode::Disabled,
            push: RequestMode::Disabled,
            observe: ObserveMode::Intercept,
            throttle: ThrottleMode::None,
        };
        let (sender, mut requests) = EventSender::channel(QUEUE, mask);
        let may_read = Arc::clone(&self.may_read);
        let allowed = move |hash: iroh_blobs::Hash| may_read(&peer, &BlobHash(*hash.as_bytes()));
        let judge = tokio::spawn(async move {
            while let Some(message) = requests.recv().await {
                let verdict = |ok: bool| if ok { Ok(()) } else { Err(AbortReason::Permission) };
                // The peer may be gone by the time it is answered.
                match message {
                    // Plain blobs only: a hash sequence would name blobs that were not judged.
                    ProviderMessage::GetRequestReceived(m) => {
                        let ok = m.request.ranges.is_blob() && allowed(m.request.hash);
                        drop(m.tx.send(verdict(ok)).await);
                    }
                    ProviderMessage::ObserveRequestReceived(m) => {
                        let ok = allowed(m.request.hash);
                        drop(m.tx.send(verdict(ok)).await);
                    }
                    _ => {}
                }
            }
        });
        iroh_blobs::provider::handle_connection(connection, self.blobs.store().clone().into(), sender).await;
        judge.abort();
    }
}
