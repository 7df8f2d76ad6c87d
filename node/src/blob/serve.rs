//! Serving blobs: every request is authorised, and a peer that may not have a blob learns no more
//! than one that asks for a blob nobody has.
//!
//! A small blob that is asked for as a whole comes straight from its file: through the crate's store it
//! costs several times as much as its bytes.

mod asked;

use std::sync::Arc;
use std::time::Duration;

use dataforge_protocol::id::{BlobHash, DeviceId};
use iroh::endpoint::{Connection, SendStream};
use iroh_blobs::protocol::{GetRequest, Request};
use iroh_blobs::provider::events::{
    AbortReason, ConnectMode, EventMask, EventSender, ObserveMode, ProviderMessage, RequestMode, RequestUpdate,
    ThrottleMode,
};
use iroh_blobs::provider::{StreamPair, handle_get, handle_observe};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;
use tokio::time::timeout;

use self::asked::Asked;
use super::{Blobs, SMALL, check};
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
            let Ok((send, recv)) = connection.accept_bi().await else { break };
            while streams.try_join_next().is_some() {}
            let (server, sender, number) = (self.clone(), sender.clone(), connection.stable_id() as u64);
            streams.spawn(async move {
                server.answer(peer, (send, Asked(recv)), (number, sender)).await;
                drop(slot);
            });
        }
    }

    /// Answers one request, from the store as it is open now unless its blob is small.
    async fn answer(
        &self,
        peer: DeviceId,
        (mut send, mut recv): (SendStream, Asked),
        (number, sender): (u64, EventSender),
    ) {
        let Ok(Ok((request, _bytes))) = timeout(ASKING, Request::read_async(&mut recv)).await else { return };
        // Nothing else is ever served; the stream is reset.
        if !matches!(request, Request::Get(_) | Request::Observe(_)) {
            return;
        }
        if let Request::Get(request) = &request
            && self.answer_small(peer, request, &mut send).await
        {
            return;
        }
        let pair = StreamPair::new(number, recv, send, sender);
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

    /// Sends a small blob that is asked for as a whole, and may be; says whether it did. What is wrong with
    /// the request or the file is left to the store to tell.
    async fn answer_small(&self, peer: DeviceId, request: &GetRequest, send: &mut SendStream) -> bool {
        if *request != GetRequest::blob(request.hash) {
            return false;
        }
        // Each waits for the core and has its blob in memory; the store streams what finds no place.
        let Ok(_place) = self.blobs.0.small.try_acquire() else { return false };
        let hash = BlobHash(*request.hash.as_bytes());
        let (gate, path) = (Arc::clone(&self.gate), self.blobs.path(&hash));
        let read = move || {
            let is_small = || std::fs::metadata(&path).is_ok_and(|file| file.len() <= SMALL);
            let data = (gate.may_read(&peer, &hash) && is_small()).then(|| std::fs::read(&path).ok()).flatten()?;
            let (found, encoded) = check::encode(&data);
            (found.as_bytes() == hash.as_bytes()).then_some((data.len() as u64, encoded))
        };
        let Ok(Some((bytes, encoded))) = tokio::task::spawn_blocking(read).await else { return false };
        let mut sent = 0;
        for piece in encoded.chunks(check::GROUP) {
            if send.write_all(piece).await.is_err() {
                break;
            }
            sent += piece.len() as u64;
            self.pace.took(piece.len() as u64).await;
        }
        // The peer may have what it wants.
        drop(send.finish());
        self.gate.note(peer, Some(hash), sent.min(bytes));
        true
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
