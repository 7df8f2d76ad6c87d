//! A provider that lies, for tests: it serves what it holds, but for one thing that is wrong.

use std::time::Duration;

use dataforge_protocol::entry::BlobRef;
use futures::StreamExt as _;
use iroh::endpoint::{Connection, SendStream};
use iroh_blobs::api::blobs::EncodedItem;
use iroh_blobs::protocol::{ChunkRanges, Request};
use tokio::task::JoinSet;

use super::tests::{connect_with, store};
use super::{Blobs, FetchError, Verdict};
use crate::pace::Pace;

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lie {
    /// The size.
    Size(u64),
    /// The bytes from this place in the blob on.
    Wrong(u64),
    /// It stops there and keeps the stream open.
    Stall(u64),
    /// It ends there.
    Truncated(u64),
    /// It goes on for ever.
    Endless,
}

/// A provider that lies.
#[derive(Debug, Clone)]
pub(crate) struct Liar {
    pub(crate) blobs: Blobs,
    pub(crate) lie: Lie,
}

impl Liar {
    /// Serves a connection.
    pub(crate) async fn serve(&self, connection: Connection) {
        let mut streams = JoinSet::new();
        while let Ok((send, mut recv)) = connection.accept_bi().await {
            let liar = self.clone();
            streams.spawn(async move {
                let Ok((Request::Get(request), _)) = Request::read_async(&mut recv).await else { return };
                liar.answer(request, send).await;
            });
        }
    }

    async fn answer(&self, request: iroh_blobs::protocol::GetRequest, mut send: SendStream) {
        let Ok(store) = self.blobs.engine().store().await else { return };
        let ranges = request.ranges.iter().next().cloned().unwrap_or_else(ChunkRanges::empty);
        let mut items = Box::pin(store.export_bao(request.hash, ranges).stream());
        while let Some(item) = items.next().await {
            let bytes = match item {
                EncodedItem::Size(size) => match self.lie {
                    Lie::Size(other) => other.to_le_bytes().to_vec(),
                    _ => size.to_le_bytes().to_vec(),
                },
                EncodedItem::Parent(parent) => [*parent.pair.0.as_bytes(), *parent.pair.1.as_bytes()].concat(),
                EncodedItem::Leaf(leaf) => {
                    let mut data = leaf.data.to_vec();
                    let end = leaf.offset + data.len() as u64;
                    match self.lie {
                        Lie::Wrong(at) if at < end => data[0] ^= 1,
                        Lie::Stall(at) if at < end => return std::future::pending().await,
                        Lie::Truncated(at) if at < end => {
                            drop(send.finish());
                            return;
                        }
                        _ => {}
                    }
                    data
                }
                _ => break,
            };
            if send.write_all(&bytes).await.is_err() {
                return;
            }
        }
        if self.lie == Lie::Endless {
            while send.write_all(&[0; 1 << 16]).await.is_ok() {}
        }
        drop(send.finish());
        // A stream that is dropped at once would be reset.
        drop(send.stopped().await);
    }
}

/// Bytes of a blob of 64 groups.
const SIZE: u64 = 64 * (16 << 10);

fn lies() -> Vec<Lie> {
    let sizes = [0, SIZE + 1, SIZE - 1, 1 << 63, 10_000_000_000_000].map(Lie::Size);
    let places = (0..64).map(|group| group * (16 << 10));
    let at_each = places.flat_map(|at| [Lie::Wrong(at), Lie::Stall(at), Lie::Truncated(at)]);
    sizes.into_iter().chain(at_each).chain([Lie::Endless]).collect()
}

async fn endures(source: Blobs, blob: BlobRef, lie: Lie) {
    let here = tempfile::tempdir().unwrap();
    let (blobs, _) = store(&here, &[]).await;
    let liar = Liar { blobs: source.clone(), lie };
    let serve = move |connection| {
        let liar = liar.clone();
        async move { liar.serve(connection).await }
    };
    let (_server, _client, connection) = connect_with(serve).await;
    let pace = Pace::default();
    let fetched = tokio::time::timeout(Duration::from_secs(20), blobs.fetch(&connection, &blob, &pace)).await;
    let fetched = fetched.unwrap_or_else(|_| panic!("{lie:?} takes for ever"));
    match (lie, &fetched) {
        (Lie::Size(_) | Lie::Wrong(_), Err(FetchError::Lying(_)))
        | (Lie::Stall(_), Err(FetchError::Stalled))
        | (Lie::Truncated(_), Err(FetchError::Lacking))
        | (Lie::Endless, Ok(_)) => {}
        _ => panic!("{lie:?}: {fetched:?}"),
    }
    assert!(pace.passed() <= blob.size, "{lie:?}: {} bytes", pace.passed());
    // The next one gives what is left.
    let (_server, _client, honest) = super::tests::connect_to(source, true).await;
    let rest = Pace::default();
    let whole = blobs.fetch(&honest, &blob, &rest).await.unwrap();
    let twice = (pace.passed() + rest.passed()).saturating_sub(blob.size);
    assert!(twice <= 4 * (16 << 10), "{lie:?}: {twice} bytes came twice");
    assert_eq!(blobs.settle(&honest, vec![whole]).await.unwrap().len(), 1, "{lie:?}");
    assert_eq!(super::tests::verdict(&blobs, &blob), Verdict::Whole, "{lie:?}");
    blobs.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_lies_is_found_out_and_the_next_one_gives_the_rest() {
    let there = tempfile::tempdir().unwrap();
    let mut random = fastrand::Rng::with_seed(5);
    let content: Vec<u8> = (0..SIZE).map(|_| random.u8(..)).collect();
    let (source, refs) = store(&there, &[content]).await;
    let all = futures::stream::iter(lies());
    all.for_each_concurrent(12, |lie| endures(source.clone(), refs[0], lie)).await;
}
