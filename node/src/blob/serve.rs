//! Serving blobs: every request is authorised, and a peer that may not have a blob learns no more
//! than one that asks for a blob nobody has.

use std::sync::Arc;
use std::time::Duration;

use dataforge_protocol::id::{BlobHash, DeviceId};
use iroh::endpoint::Connection;
use iroh_blobs::protocol::Request;
use iroh_blobs::provider::events::{
    AbortReason, ConnectMode, EventMask, EventSender, ObserveMode, ProviderMessage, RequestMode, RequestUpdate,
    ThrottleMode,
};
use iroh_blobs::provider::{StreamPair, handle_get, handle_observe};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::Blobs;
use crate::pace::Pace;

/// Who may read what, and who did.
pub(crate) trait Gate: Send + Sync {
    /// Answers whether a device may read a blob now.
    fn may_read(&self, device: &DeviceId, hash: &BlobHash) -> bool;

    /// Notes a request that was served, with how many bytes of the blob were sent; or one that was
    /// refused, which names none.
    fn note(&self, device: DeviceId, hash: Option<BlobHash>, bytes: u64);
}

/// Serves blobs to members.
#[derive(Clone)]
pub(crate) struct BlobServer {
    blobs: Blobs,
    gate: Arc<dyn Gate>,
    pace: Pace,
}

impl std::fmt::Debug for BlobServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BlobServer").finish_non_exhaustive()
    }
}

/// Requests of one peer that are judged at a time.
const QUEUE: usize = 32;
/// Requests of one peer that are served at a time; more than a node of ours has under way.
const STREAMS: usize = 64;
/// The longest a peer may take to say what it wants.
const ASKING: Duration = Duration::from_secs(10);

/// No blob has this hash.
const NOBODYS: BlobHash = BlobHash([0; 32]);

impl BlobServer {
    /// Makes a server.
    #[must_use]
    pub(crate) fn new(blobs: Blobs, gate: Arc<dyn Gate>, pace: Pace) -> Self {
        Self { blobs, gate, pace }
    }

    /// Serves one connection until it closes.
    pub(crate) async fn serve(&self, connection: Connection) {
        let peer = DeviceId(*connection.remote_id().as_bytes());
        let mask = EventMask {
            connected: ConnectMode::None,
            get: RequestMode::InterceptLog,
            get_many: RequestMode::Disabled,
            push: RequestMode::Disabled,
            observe: ObserveMode::Intercept,
            // Each 16 KiB is asked about, which costs something.
            throttle: if self.pace.limit() > 0 { ThrottleMode::Intercept } else { ThrottleMode::None },
        };
        let (sender, requests) = EventSender::channel(QUEUE, mask);
        let mut streams = JoinSet::new();
        streams.spawn(self.clone().judge(peer, requests));
        let slots = Arc::new(Semaphore::new(STREAMS));
        // Taken before a stream is: what comes in meanwhile waits at the peer.
        while let Ok(slot) = Arc::clone(&slots).acquire_owned().await {
            let Ok(pair) = StreamPair::accept(&connection, sender.clone()).await else { break };
            while streams.try_join_next().is_some() {}
            let server = self.clone();
            streams.spawn(async move {
                server.answer(pair).await;
                drop(slot);
            });
        }
    }

    /// Answers one request from the store as it is open now.
    async fn answer(&self, mut pair: StreamPair) {
        let Ok(Ok(request)) = timeout(ASKING, pair.read_request()).await else { return };
        // Nothing else is ever served; the stream is reset.
        if !matches!(request, Request::Get(_) | Request::Observe(_)) {
            return;
        }
        // Asked before, so that a store that has stopped is opened again first; for a blob that nobody has,
        // so that the time it takes does not tell what is here.
        if let Err(error) = self.blobs.is_known(&NOBODYS).await {
            tracing::warn!("blobs cannot be served: {error}");
            return;
        }
        let Ok(store) = self.blobs.engine().store().await else { return };
        let answered = match request {
            Request::Get(request) => handle_get(pair, store.into(), request).await,
            Request::Observe(request) => handle_observe(pair, store.into(), request).await,
            _ => return,
        };
        if let Err(error) = answered {
            tracing::debug!("a blob request failed: {error:#}");
        }
    }

    async fn judge(self, peer: DeviceId, mut requests: mpsc::Receiver<ProviderMessage>) {
        let mut under_way = JoinSet::new();
        let verdict = |ok: bool| if ok { Ok(()) } else { Err(AbortReason::Permission) };
        while let Some(message) = requests.recv().await {
            // The peer may be gone by the time it is answered.
            match message {
                // Plain blobs only: a hash sequence would name blobs that were not judged.
                ProviderMessage::GetRequestReceived(m) => {
                    let hash = m.request.hash;
                    let ok = m.request.ranges.is_blob() && self.allows(&peer, hash).await;
                    drop(m.tx.send(verdict(ok)).await);
                    while under_way.try_join_next().is_some() {}
                    if ok {
                        let (gate, mut updates) = (Arc::clone(&self.gate), m.rx);
                        under_way.spawn(async move {
                            let mut sent = 0;
                            while let Ok(Some(update)) = updates.recv().await {
                                match update {
                                    RequestUpdate::Completed(end) => sent = end.stats.payload_bytes_sent,
                                    RequestUpdate::Aborted(end) => sent = end.stats.payload_bytes_sent,
                                    RequestUpdate::Started(_) | RequestUpdate::Progress(_) => {}
                                }
                            }
                            gate.note(peer, Some(BlobHash(*hash.as_bytes())), sent);
                        });
                    }
                }
                ProviderMessage::ObserveRequestReceived(m) => {
                    let ok = self.allows(&peer, m.request.hash).await;
                    drop(m.tx.send(verdict(ok)).await);
                }
                ProviderMessage::Throttle(m) => {
                    while under_way.try_join_next().is_some() {}
                    let pace = self.pace.clone();
                    under_way.spawn(async move {
                        pace.took(m.size).await;
                        drop(m.tx.send(Ok(())).await);
                    });
                }
                _ => {}
            }
        }
    }

    async fn allows(&self, peer: &DeviceId, hash: iroh_blobs::Hash) -> bool {
        let hash = BlobHash(*hash.as_bytes());
        if !self.gate.may_read(peer, &hash) {
            self.gate.note(*peer, None, 0);
            return false;
        }
        match self.blobs.ensure_known(&hash).await {
            Ok(()) => true,
            Err(error) => {
                tracing::warn!("blob {} cannot be served: {error}", hash.fmt_short());
                false
            }
        }
    }
}
