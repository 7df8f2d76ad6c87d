//! Receiving ranges of a blob from a peer: each group of 16 KiB proves itself before it is written.
//!
//! The size is the one that the workspace declares, never the peer's: a peer that says another one is
//! refused before anything is allocated. What arrived before a failure stays and is not asked for
//! again.

use std::num::NonZeroU64;

use bytes::Bytes;
use dataforge_protocol::entry::BlobRef;
use iroh_blobs::get::fsm::{self, AtBlobContent, BlobContentNext, ConnectedNext, DecodeError};
use iroh_blobs::protocol::{ChunkRanges, GetRequest};
use iroh_blobs::store::fs::FsStore;

use super::stall::Watch;
use super::{iroh_hash, is_full};
use crate::api::{ApiError, ErrorKind};
use crate::pace::Pace;

/// Largest blob that is received in memory and written at once.
pub(crate) const SMALL: u64 = 256 << 10;
/// Groups that wait to be written.
const WAITING: usize = 64;

/// Why a blob, or a part of it, was not received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum FetchError {
    /// The peer does not have it, or not all of it, or may not give it.
    Lacking,
    /// The peer sent what it is not. It is not asked again for a while.
    Lying(String),
    /// It sent no data for too long, though it is there.
    Stalled,
    /// Nothing came from it for too long: it may have moved, or be gone.
    Silent,
    /// The connection was lost.
    Lost(String),
    /// This node could not store it.
    Own(ApiError),
}

impl std::fmt::Display for FetchError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Lacking => f.write_str("the peer does not have it"),
            Self::Lying(what) => write!(f, "the peer sent {what}"),
            Self::Stalled => f.write_str("the peer stopped sending"),
            Self::Silent => f.write_str("nothing comes from the peer any more"),
            Self::Lost(why) => write!(f, "the connection was lost: {why}"),
            Self::Own(error) => error.fmt(f),
        }
    }
}

impl From<DecodeError> for FetchError {
    fn from(error: DecodeError) -> Self {
        match error {
            DecodeError::ParentHashMismatch { .. } | DecodeError::LeafHashMismatch { .. } => {
                Self::Lying("bytes that are not of the blob".to_owned())
            }
            DecodeError::Read { source, .. } if is_broken(&source) => Self::Lost(source.to_string()),
            // It has less than was asked for, or resets the stream because it may not give it.
            _ => Self::Lacking,
        }
    }
}

/// Whether a stream ended because the connection did, rather than by the peer's choice.
fn is_broken(error: &std::io::Error) -> bool {
    use std::io::ErrorKind as Kind;
    !matches!(error.kind(), Kind::UnexpectedEof | Kind::ConnectionReset)
}

/// Asks for ranges of a blob; returns the stream of their content.
pub(super) async fn open(watch: Watch<'_>, blob: &BlobRef, ranges: ChunkRanges) -> Result<AtBlobContent, FetchError> {
    let connection = watch.connection;
    let request = GetRequest::blob_ranges(iroh_hash(&blob.hash), ranges);
    let asked = async {
        let lost = |error: &dyn std::fmt::Display| FetchError::Lost(error.to_string());
        let started = fsm::start(connection.clone(), request, fsm::RequestCounters::default());
        let connected = started.next().await.map_err(|error| lost(&error))?;
        let ConnectedNext::StartRoot(root) = connected.next().await.map_err(|error| lost(&error))? else {
            return Err(FetchError::Lying("an answer to something else".to_owned()));
        };
        let (content, size) = root.next().next().await.map_err(|error| FetchError::from(DecodeError::from(error)))?;
        if size == blob.size {
            Ok(content)
        } else {
            Err(FetchError::Lying(format!("a size of {size} bytes instead of {}", blob.size)))
        }
    };
    watch.over(asked).await?
}

/// Receives a small blob as a whole.
pub(super) async fn receive_small(watch: Watch<'_>, blob: &BlobRef, pace: &Pace) -> Result<Bytes, FetchError> {
    let content = open(watch, blob, ChunkRanges::all()).await?;
    let came = watch.over(content.concatenate_into_vec()).await?;
    let (_, bytes) = came.map_err(FetchError::from)?;
    pace.took(bytes.len() as u64).await;
    if bytes.len() as u64 == blob.size { Ok(bytes.into()) } else { Err(FetchError::Lacking) }
}

/// Receives ranges of a blob into the store; returns how many bytes of it came.
pub(super) async fn receive(
    store: &FsStore,
    watch: Watch<'_>,
    blob: &BlobRef,
    ranges: ChunkRanges,
    pace: &Pace,
) -> Result<u64, FetchError> {
    let own = |error: &dyn std::fmt::Display| FetchError::Own(own_failure(&format!("{error:#}")));
    let Some(size) = NonZeroU64::new(blob.size) else { return Ok(0) };
    let mut content = open(watch, blob, ranges).await?;
    let import = store.import_bao(iroh_hash(&blob.hash), size, WAITING).await.map_err(|error| own(&error))?;
    let (sink, written) = (import.tx, import.rx);
    let read = async move {
        let mut bytes = 0;
        loop {
            let BlobContentNext::More((rest, item)) = watch.over(content.next()).await? else { return Ok(bytes) };
            let item = item.map_err(FetchError::from)?;
            let came = rest.stats().payload_bytes_read - bytes;
            bytes += came;
            if came > 0 {
                pace.took(came).await;
            }
            // The store says why it takes no more.
            if sink.send(item).await.is_err() {
                return Ok(bytes);
            }
            content = rest;
        }
    };
    let (read, written) = tokio::join!(read, written);
    let written = written.map_err(|error| own(&error));
    // Of two faults ours is the one to be told.
    match written {
        Ok(Ok(())) => read,
        Ok(Err(error)) => Err(own(&error)),
        Err(error) => Err(error),
    }
}

fn own_failure(text: &str) -> ApiError {
    let failure = ApiError::new(ErrorKind::Storage, format!("cannot store a blob: {text}"));
    if is_full(text) {
        failure.hint("the disk is full: free some space and try again; nothing was lost")
    } else {
        failure
    }
}
