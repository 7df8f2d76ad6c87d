//! Fetching a blob from a peer: verified on arrival, hashed again on disk, healed when the store
//! believes it has what a cut took away.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use dataforge_protocol::entry::BlobRef;
use dataforge_protocol::id::BlobHash;
use futures::StreamExt as _;
use iroh::endpoint::Connection;
use iroh_blobs::api::TempTag;
use iroh_blobs::api::blobs::EncodedItem;
use iroh_blobs::protocol::{ChunkRanges, ChunkRangesExt as _};
use iroh_blobs::store::fs::FsStore;
use tokio::sync::mpsc;

use super::check::GROUP;
use super::receive::{FetchError, SMALL, open, receive, receive_small};
use super::stall::Watch;
use super::{Blobs, Durable, blob_error, iroh_hash};
use crate::api::{ApiError, ErrorKind};
use crate::pace::Pace;

/// Bytes asked for at a time when a blob is fetched anew; a multiple of the crate's 16 KiB groups.
const PIECE: u64 = 1 << 20;
/// Pieces that wait to be written.
const PIECES: usize = 4;

fn network(hash: &BlobHash, error: &dyn std::fmt::Display) -> ApiError {
    ApiError::new(ErrorKind::Network, format!("blob {}: {error}", hash.fmt_short()))
}

/// A blob that is being received. While this lives it is not swept.
#[derive(Debug)]
pub(crate) struct Fetched {
    /// Its hash and size.
    pub(crate) blob: BlobRef,
    _tag: TempTag,
}

impl Blobs {
    /// Begins to receive a blob that is not held.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) async fn begin(&self, blob: &BlobRef) -> Result<Fetched, ApiError> {
        Ok(Fetched { blob: *blob, _tag: self.protect(&blob.hash).await? })
    }

    /// Receives a blob that is not held, as a whole. What was received before is not fetched again. It is
    /// not durable yet; see [`Blobs::settle`].
    ///
    /// # Errors
    /// Why the peer does not give it, or why it cannot be stored.
    pub(crate) async fn fetch(
        &self,
        connection: &Connection,
        blob: &BlobRef,
        pace: &Pace,
    ) -> Result<Fetched, FetchError> {
        let fetched = self.begin(blob).await.map_err(FetchError::Own)?;
        if (1..=SMALL).contains(&blob.size) {
            // The crate makes and syncs three files for a blob that comes by parts.
            let bytes = receive_small(self.watch(connection), blob, pace).await?;
            let _writing = self.0.temp.read().await;
            drop(self.write(bytes).await.map_err(FetchError::Own)?);
            return Ok(fetched);
        }
        let missing = self.missing(blob, 0..blob.size).await;
        self.receive(connection, blob, &missing, pace).await?;
        Ok(fetched)
    }

    /// Receives a blob as a whole from one peer, whatever is here of it, and puts it in the place of that:
    /// what is here came for another workspace. It is not durable yet.
    ///
    /// # Errors
    /// As [`Blobs::fetch`].
    pub(crate) async fn fetch_anew(
        &self,
        connection: &Connection,
        blob: &BlobRef,
        pace: &Pace,
    ) -> Result<Fetched, FetchError> {
        Ok(Fetched { blob: *blob, _tag: self.renew(connection, blob, pace).await? })
    }

    /// Receives a blob that is on the disk for another workspace: all of it comes and is verified, so that
    /// this peer is known to have it, and what is on the disk stays as it is.
    ///
    /// # Errors
    /// As [`Blobs::fetch`].
    pub(crate) async fn fetch_again(
        &self,
        connection: &Connection,
        blob: &BlobRef,
        pace: &Pace,
    ) -> Result<Fetched, FetchError> {
        let fetched = self.begin(blob).await.map_err(FetchError::Own)?;
        let watch = self.watch(connection);
        if (1..=SMALL).contains(&blob.size) {
            drop(receive_small(watch, blob, pace).await?);
            return Ok(fetched);
        }
        for range in pieces_of(blob) {
            drop(receive_piece(watch, blob, range, pace).await?);
        }
        Ok(fetched)
    }

    /// Whether nothing of a blob is here.
    pub(crate) async fn is_absent(&self, blob: &BlobRef) -> bool {
        self.present(blob).await.is_empty()
    }

    fn watch<'a>(&'a self, connection: &'a Connection) -> Watch<'a> {
        self.0.lines.watch(connection)
    }

    /// Returns what is here of a blob. What the store takes for complete, or cannot open the files of,
    /// counts as here: a cut fell between its database and the files, which shows when it is settled.
    async fn present(&self, blob: &BlobRef) -> ChunkRanges {
        let hash = iroh_hash(&blob.hash);
        let look = |store: FsStore| async move { store.remote().local(hash).await };
        let known = self.engine().run("cannot look up a blob", look).await;
        if !known.is_ok_and(|local| !local.is_complete()) {
            return ChunkRanges::all();
        }
        let Ok(store) = self.engine().store().await else { return ChunkRanges::empty() };
        store.observe(hash).await.map_or_else(|_error| ChunkRanges::empty(), |field| field.ranges)
    }

    /// Returns the ranges of bytes within `range` that are not here yet, in groups of 16 KiB.
    pub(crate) async fn missing(&self, blob: &BlobRef, range: Range<u64>) -> Vec<Range<u64>> {
        let present = self.present(blob).await;
        let wanted = ChunkRanges::bytes(aligned(&range, blob.size));
        byte_ranges(&(&wanted - &present), blob.size)
    }

    /// Receives ranges of a blob from a peer. What came before a failure is kept; returns the bytes
    /// that came.
    ///
    /// # Errors
    /// Why the peer does not give it, or why it cannot be stored.
    pub(crate) async fn receive(
        &self,
        connection: &Connection,
        blob: &BlobRef,
        ranges: &[Range<u64>],
        pace: &Pace,
    ) -> Result<u64, FetchError> {
        if ranges.is_empty() {
            return Ok(0);
        }
        let chunks = ranges.iter().fold(ChunkRanges::empty(), |all, range| all | ChunkRanges::bytes(range.clone()));
        let (store, generation) = self.engine().current().await.map_err(FetchError::Own)?;
        let error = match receive(&store, self.watch(connection), blob, chunks, pace).await {
            Ok(bytes) => return Ok(bytes),
            Err(error) => error,
        };
        if matches!(error, FetchError::Own(_)) {
            // A store that stopped is opened anew for whoever comes next.
            self.engine().commit().await.map_err(FetchError::Own)?;
            if self.engine().current().await.map_err(FetchError::Own)?.1 != generation {
                return Err(FetchError::Own(ApiError::new(ErrorKind::Storage, "the blob database had stopped")));
            }
        }
        Err(error)
    }

    /// Reads ranges of a blob of which only parts are here; each group is verified. `None` when one of
    /// them is not here.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) async fn read_partial(
        &self,
        blob: &BlobRef,
        ranges: &[Range<u64>],
    ) -> Result<Option<Vec<Bytes>>, ApiError> {
        let store = self.engine().store().await?;
        let mut parts = Vec::with_capacity(ranges.len());
        for range in ranges {
            let asked = aligned(range, blob.size);
            let mut stream = Box::pin(store.export_bao(iroh_hash(&blob.hash), ChunkRanges::bytes(asked)).stream());
            let mut part = Vec::with_capacity(usize::try_from(range.end - range.start).unwrap_or_default());
            while let Some(item) = stream.next().await {
                match item {
                    EncodedItem::Leaf(leaf) => part.extend_from_slice(within(&leaf.data, leaf.offset, range)),
                    EncodedItem::Error(_) => return Ok(None),
                    _ => {}
                }
            }
            if part.len() as u64 != range.end - range.start {
                return Ok(None);
            }
            parts.push(part.into());
        }
        Ok(Some(parts))
    }

    /// Makes fetched blobs durable; those whose files turn out wrong are fetched anew. Returns what
    /// is durable now.
    ///
    /// # Errors
    /// `Storage` when syncing fails.
    pub(crate) async fn settle(
        &self,
        connection: &Connection,
        fetched: Vec<Fetched>,
    ) -> Result<Vec<Durable>, ApiError> {
        let noting = self.noting().await;
        let wrong = self.make_durable(fetched.iter().map(|one| (one.blob.hash, one.blob.size)).collect()).await?;
        let mut whole = Vec::with_capacity(fetched.len());
        for one in fetched {
            let Fetched { blob, _tag } = one;
            if wrong.contains(&blob.hash)
                && let Err(error) = self.renew_durably(connection, &blob).await
            {
                tracing::warn!("blob {} could not be healed: {error}", blob.hash.fmt_short());
                continue;
            }
            whole.push(Durable { hash: blob.hash, size: blob.size, _tag, _noting: Arc::clone(&noting) });
        }
        Ok(whole)
    }

    async fn renew_durably(&self, connection: &Connection, blob: &BlobRef) -> Result<(), ApiError> {
        drop(self.renew(connection, blob, &Pace::default()).await.map_err(|error| match error {
            FetchError::Own(own) => own,
            error => network(&blob.hash, &error),
        })?);
        let wrong = self.make_durable(vec![(blob.hash, blob.size)]).await?;
        if wrong.is_empty() { Ok(()) } else { Err(ApiError::new(ErrorKind::Damaged, "the disk does not keep it")) }
    }

    /// Fetches a blob whatever the store believes, and puts it in the place of what is there.
    pub(super) async fn renew(
        &self,
        connection: &Connection,
        blob: &BlobRef,
        pace: &Pace,
    ) -> Result<TempTag, FetchError> {
        let writing = self.0.temp.read().await;
        let store = self.engine().store().await.map_err(FetchError::Own)?;
        let (pieces, mut incoming) = mpsc::channel(PIECES);
        // A stream for the store must be shareable between threads; the one of the network is not.
        let stream = futures::stream::poll_fn(move |context| incoming.poll_recv(context));
        let fetched = receive_all(self.watch(connection), *blob, pieces, pace);
        let added = async { store.add_stream(stream).await.temp_tag().await };
        let (fetched, added) = tokio::join!(fetched, added);
        drop(writing);
        if fetched.is_err() || added.is_err() {
            self.sweep_temp();
        }
        fetched?;
        let tag = added.map_err(|error| FetchError::Own(blob_error("cannot store a blob", &error)))?;
        if tag.hash() == iroh_hash(&blob.hash) { Ok(tag) } else { Err(FetchError::Lying("another blob".to_owned())) }
    }
}

/// Receives a blob piece by piece, each verified; one of another size than declared is refused before
/// its bytes come.
async fn receive_all(
    watch: Watch<'_>,
    blob: BlobRef,
    pieces: mpsc::Sender<std::io::Result<Bytes>>,
    pace: &Pace,
) -> Result<(), FetchError> {
    for range in pieces_of(&blob) {
        let piece = match receive_piece(watch, &blob, range, pace).await {
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
    }
    Ok(())
}

/// Cuts a blob into pieces that are asked for one after another.
fn pieces_of(blob: &BlobRef) -> impl Iterator<Item = Range<u64>> {
    let size = blob.size;
    let starts = std::iter::successors(Some(0), |at: &u64| at.checked_add(PIECE));
    starts.take_while(move |at| *at < size).map(move |at| at..size.min(at.saturating_add(PIECE)))
}

async fn receive_piece(watch: Watch<'_>, blob: &BlobRef, range: Range<u64>, pace: &Pace) -> Result<Bytes, FetchError> {
    let len = range.end - range.start;
    let content = open(watch, blob, ChunkRanges::bytes(range)).await?;
    let came = watch.over(content.concatenate_into_vec()).await?;
    let (_, piece) = came.map_err(FetchError::from)?;
    pace.took(piece.len() as u64).await;
    if piece.len() as u64 == len { Ok(piece.into()) } else { Err(FetchError::Lacking) }
}

/// Widens a range to whole groups.
fn aligned(range: &Range<u64>, size: u64) -> Range<u64> {
    let group = GROUP as u64;
    range.start / group * group..range.end.div_ceil(group).saturating_mul(group).min(size)
}

/// Returns the part of a leaf that lies within a range.
fn within<'a>(data: &'a [u8], offset: u64, range: &Range<u64>) -> &'a [u8] {
    let place = |at: u64| usize::try_from(at.saturating_sub(offset)).unwrap_or(usize::MAX).min(data.len());
    data.get(place(range.start)..place(range.end)).unwrap_or_default()
}

/// Bytes of one chunk of a tree.
const CHUNK: u64 = 1024;

fn byte_ranges(chunks: &ChunkRanges, size: u64) -> Vec<Range<u64>> {
    let ends: Vec<u64> = chunks.boundaries().iter().map(|chunk| chunk.0.saturating_mul(CHUNK).min(size)).collect();
    let ranges = ends.chunks(2).map(|pair| match pair {
        [start, end] => aligned(&(*start..*end), size),
        [start] => aligned(&(*start..size), size),
        _ => 0..0,
    });
    ranges.filter(|range| !range.is_empty()).collect()
}
