//! Fetching a blob from a peer: verified on arrival, hashed again on disk, healed when the store
//! believes it has what a cut took away.

use std::ops::Range;

use bytes::Bytes;
use dataforge_protocol::entry::BlobRef;
use dataforge_protocol::id::BlobHash;
use iroh::endpoint::Connection;
use iroh_blobs::api::TempTag;
use iroh_blobs::get::fsm;
use iroh_blobs::protocol::{ChunkRanges, ChunkRangesExt as _, GetRequest};
use iroh_blobs::store::fs::FsStore;
use tokio::sync::mpsc;

use super::{Blobs, Durable, blob_error, iroh_hash, is_full};
use crate::api::{ApiError, ErrorKind};

/// Bytes asked for at a time when a blob is fetched anew; a multiple of the crate's 16 KiB groups.
const PIECE: u64 = 1 << 20;
/// Pieces that wait to be written.
const PIECES: usize = 4;

fn network(hash: &BlobHash, error: &dyn std::fmt::Display) -> ApiError {
    ApiError::new(ErrorKind::Network, format!("blob {}: {error}", hash.fmt_short()))
}

impl Blobs {
    /// Fetches a blob that is not held over a connection to a peer that holds it. What was received
    /// before a cut is kept and not fetched again. The blob is not durable yet; see
    /// [`Blobs::settle`].
    ///
    /// # Errors
    /// `Network` when the peer does not have it or goes away, `Storage` when it cannot be written.
    pub(crate) async fn fetch(&self, connection: &Connection, blob: &BlobRef) -> Result<Durable, ApiError> {
        let hash = iroh_hash(&blob.hash);
        let tag = self.protect(&blob.hash).await?;
        let look = |store: FsStore| async move { store.remote().local(hash).await };
        // What it takes for complete, and what it cannot open the files of, it would not fetch: a cut
        // fell between its database and the files. That shows when it is settled.
        if let Ok(local) = self.engine().run("cannot look up a blob", look).await
            && !local.is_complete()
        {
            self.fetch_missing(connection, &blob.hash, local.missing()).await?;
        }
        Ok(Durable { hash: blob.hash, size: blob.size, _tag: tag })
    }

    /// Fetches what is missing of a blob.
    async fn fetch_missing(
        &self,
        connection: &Connection,
        hash: &BlobHash,
        missing: GetRequest,
    ) -> Result<(), ApiError> {
        let (store, generation) = self.engine().current().await?;
        let Err(error) = store.remote().execute_get(connection.clone(), missing).await else { return Ok(()) };
        // A full disk or a store that stopped meanwhile is no fault of the peer's.
        if is_full(&format!("{error:#}")) {
            return Err(blob_error("cannot store a blob", &error));
        }
        self.engine().commit().await?;
        if self.engine().current().await?.1 == generation {
            Err(network(hash, &error))
        } else {
            Err(ApiError::new(ErrorKind::Storage, "the blob database had stopped"))
        }
    }

    /// Makes fetched blobs durable; those whose files turn out wrong are fetched anew. Returns what
    /// is durable now.
    ///
    /// # Errors
    /// `Storage` when syncing fails.
    pub(crate) async fn settle(
        &self,
        connection: &Connection,
        fetched: Vec<Durable>,
    ) -> Result<Vec<Durable>, ApiError> {
        let wrong = self.make_durable(fetched.iter().map(|blob| (blob.hash, blob.size)).collect()).await?;
        if wrong.is_empty() {
            return Ok(fetched);
        }
        let (damaged, mut whole): (Vec<_>, Vec<_>) = fetched.into_iter().partition(|blob| wrong.contains(&blob.hash));
        for blob in damaged {
            match self.renew_durably(connection, &blob).await {
                Ok(()) => whole.push(blob),
                Err(error) => tracing::warn!("blob {} could not be healed: {error}", blob.hash.fmt_short()),
            }
        }
        Ok(whole)
    }

    async fn renew_durably(&self, connection: &Connection, blob: &Durable) -> Result<(), ApiError> {
        drop(self.renew(connection, &BlobRef { hash: blob.hash, size: blob.size }).await?);
        let wrong = self.make_durable(vec![(blob.hash, blob.size)]).await?;
        if wrong.is_empty() { Ok(()) } else { Err(ApiError::new(ErrorKind::Damaged, "the disk does not keep it")) }
    }

    /// Fetches a blob whatever the store believes, and puts it in the place of what is there.
    pub(super) async fn renew(&self, connection: &Connection, blob: &BlobRef) -> Result<TempTag, ApiError> {
        let writing = self.0.temp.read().await;
        let store = self.engine().store().await?;
        let (pieces, mut incoming) = mpsc::channel(PIECES);
        // A stream for the store must be shareable between threads; the one of the network is not.
        let stream = futures::stream::poll_fn(move |context| incoming.poll_recv(context));
        let fetched = receive(connection.clone(), *blob, pieces);
        let added = async { store.add_stream(stream).await.temp_tag().await };
        let (fetched, added) = tokio::join!(fetched, added);
        drop(writing);
        if fetched.is_err() || added.is_err() {
            self.sweep_temp();
        }
        fetched?;
        let tag = added.map_err(|error| blob_error("cannot store a blob", &error))?;
        if tag.hash() == iroh_hash(&blob.hash) {
            Ok(tag)
        } else {
            Err(network(&blob.hash, &"the peer sent another one"))
        }
    }
}

/// Receives a blob piece by piece, each verified; one of another size than declared is refused before
/// its bytes come.
async fn receive(
    connection: Connection,
    blob: BlobRef,
    pieces: mpsc::Sender<std::io::Result<Bytes>>,
) -> Result<(), ApiError> {
    let mut at = 0;
    while at < blob.size {
        let end = blob.size.min(at + PIECE);
        let piece = match receive_piece(&connection, &blob, at..end).await {
            Ok(piece) => piece,
            Err(error) => {
                // Without this the store would take the beginning for the whole.
                drop(pieces.send(Err(std::io::ErrorKind::UnexpectedEof.into())).await);
                return Err(error);
            }
        };
        if pieces.send(Ok(piece)).await.is_err() {
            // The store says why it takes no more.
            break;
        }
        at = end;
    }
    Ok(())
}

async fn receive_piece(connection: &Connection, blob: &BlobRef, range: Range<u64>) -> Result<Bytes, ApiError> {
    let len = range.end - range.start;
    let request = GetRequest::blob_ranges(iroh_hash(&blob.hash), ChunkRanges::bytes(range));
    let started = fsm::start(connection.clone(), request, fsm::RequestCounters::default());
    let connected = started.next().await.map_err(|error| network(&blob.hash, &error))?;
    let fsm::ConnectedNext::StartRoot(root) = connected.next().await.map_err(|error| network(&blob.hash, &error))?
    else {
        return Err(network(&blob.hash, &"the peer answers something else"));
    };
    let (content, size) = root.next().next().await.map_err(|error| network(&blob.hash, &error))?;
    if size != blob.size {
        return Err(network(&blob.hash, &format!("{size} bytes instead of {}", blob.size)));
    }
    let (_, piece) = content.concatenate_into_vec().await.map_err(|error| network(&blob.hash, &error))?;
    if piece.len() as u64 == len { Ok(piece.into()) } else { Err(network(&blob.hash, &"the peer lacks a part of it")) }
}
