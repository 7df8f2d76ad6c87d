//! Taking in blobs from somewhere that is not a peer: bytes that were verified on the way, made durable
//! in groups as all others are.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use dataforge_protocol::entry::BlobRef;
use futures::StreamExt as _;
use iroh_blobs::api::TempTag;
use tokio::sync::mpsc;

use super::{Blobs, Durable, blob_error, iroh_hash};
use crate::api::{ApiError, ErrorKind};

/// A blob that was written and is not durable yet. While this lives it is not swept.
#[derive(Debug)]
pub(crate) struct Stored {
    /// Which.
    pub(crate) blob: BlobRef,
    _tag: TempTag,
}

impl Blobs {
    /// Writes a blob that is not held.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) async fn take_bytes(&self, blob: BlobRef, bytes: Bytes) -> Result<Stored, ApiError> {
        if let Some(stored) = self.left_behind(&blob).await? {
            return Ok(stored);
        }
        let writing = self.0.temp.read().await;
        let written = self.write(bytes).await;
        drop(writing);
        if written.is_err() {
            self.sweep_temp();
        }
        Ok(Stored { blob, _tag: written? })
    }

    /// Writes a blob that is not held, piece by piece. An error among the pieces ends it, and nothing is
    /// written then.
    ///
    /// # Errors
    /// `Storage`; `Input` when the pieces are another blob or end with an error.
    pub(crate) async fn take_pieces(
        &self,
        blob: BlobRef,
        mut pieces: mpsc::Receiver<std::io::Result<Bytes>>,
    ) -> Result<Stored, ApiError> {
        let broke_off = || ApiError::new(ErrorKind::Input, format!("blob {} broke off", blob.hash.fmt_short()));
        if let Some(stored) = self.left_behind(&blob).await? {
            // It may be here for another workspace: whoever brings it has to have it all the same.
            while let Some(piece) = pieces.recv().await {
                drop(piece.map_err(|_why| broke_off())?);
            }
            return Ok(stored);
        }
        let writing = self.0.temp.read().await;
        let store = self.engine().store().await?;
        // A stream for the store must be shareable between threads.
        let broke = Arc::new(AtomicBool::new(false));
        let breaks = Arc::clone(&broke);
        let stream = futures::stream::poll_fn(move |context| pieces.poll_recv(context)).inspect(move |piece| {
            if piece.is_err() {
                breaks.store(true, Ordering::Relaxed);
            }
        });
        let added = store.add_stream(stream).await.temp_tag().await;
        drop(writing);
        let tag = added.map_err(|error| {
            self.sweep_temp();
            if broke.load(Ordering::Relaxed) {
                return broke_off();
            }
            blob_error("cannot store a blob", &error)
        })?;
        if tag.hash() != iroh_hash(&blob.hash) {
            return Err(ApiError::new(ErrorKind::Input, format!("blob {} is another one", blob.hash.fmt_short())));
        }
        Ok(Stored { blob, _tag: tag })
    }

    /// Finds what a kill left: files that are right, which are never written again.
    async fn left_behind(&self, blob: &BlobRef) -> Result<Option<Stored>, ApiError> {
        if !self.has(&blob.hash, blob.size).await? {
            return Ok(None);
        }
        Ok(Some(Stored { blob: *blob, _tag: self.protect(&blob.hash).await? }))
    }

    /// Makes blobs durable that were written.
    ///
    /// # Errors
    /// `Storage` when syncing fails or one is not on the disk as it was written.
    pub(crate) async fn settle_stored(&self, stored: Vec<Stored>) -> Result<Vec<Durable>, ApiError> {
        let noting = self.noting().await;
        let wrong = self.make_durable(stored.iter().map(|one| (one.blob.hash, one.blob.size)).collect()).await?;
        if let Some(hash) = wrong.first() {
            let message = format!("blob {} was not stored as written", hash.fmt_short());
            return Err(ApiError::new(ErrorKind::Storage, message));
        }
        let durable = stored.into_iter().map(|Stored { blob, _tag }| Durable {
            hash: blob.hash,
            size: blob.size,
            _tag,
            _noting: Arc::clone(&noting),
        });
        Ok(durable.collect())
    }
}
