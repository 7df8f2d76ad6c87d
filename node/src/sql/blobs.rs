//! Bytes for the engine: from files that are held and were checked, else from peers as far as they are
//! needed and as far as the query may ask for them.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use dataforge_protocol::id::{BlobHash, WorkspaceId};
use dataforge_query::{BlobError, BlobReader, Reading, Refusal, Whereabouts};
use tokio::task::JoinSet;

use crate::api::{ApiError, ErrorKind};
use crate::blob::Blobs;
use crate::node::{Node, WeakNode};
use crate::table::see_that_held;
use crate::{footer, read};

/// Reads blobs of a workspace.
#[derive(Debug)]
pub(super) struct LocalBlobs {
    node: WeakNode,
    blobs: Blobs,
    workspace: WorkspaceId,
    vouched: Mutex<Vouched>,
}

/// Tables that may be opened here: the have-table and the checks vouched for them.
#[derive(Debug)]
struct Vouched {
    /// How often blobs had come to be held no more before they were asked about.
    losses: u64,
    tables: BTreeSet<BlobHash>,
}

impl Vouched {
    const fn of(losses: u64) -> Self {
        Self { losses, tables: BTreeSet::new() }
    }
}

impl LocalBlobs {
    pub(super) const fn new(node: WeakNode, blobs: Blobs, workspace: WorkspaceId) -> Self {
        Self { node, blobs, workspace, vouched: Mutex::new(Vouched::of(0)) }
    }

    /// Sees that a table may be opened. The core is asked once for each, since a scan reads thousands and
    /// would wait for whatever else goes on: a verdict is never taken back, and what is held stays so until
    /// something is given up or lost, after which all are asked about again.
    fn see_that_held(&self, node: &Node, hash: &BlobHash) -> Result<(), ApiError> {
        // Of before it is asked about: what is lost meanwhile shows.
        let losses = node.losses();
        if self.vouched(losses).tables.contains(hash) {
            return Ok(());
        }
        let (workspace, table) = (self.workspace, *hash);
        node.by_clerk(move |core| see_that_held(core, &workspace, &table))?;
        self.vouched(losses).tables.insert(*hash);
        Ok(())
    }

    /// Returns those that were vouched for since so many losses.
    fn vouched(&self, losses: u64) -> MutexGuard<'_, Vouched> {
        let mut vouched = self.vouched.lock().unwrap_or_else(PoisonError::into_inner);
        if vouched.losses != losses {
            *vouched = Vouched::of(losses);
        }
        vouched
    }

    /// Does work on the node's own threads: the engine's know nothing of its network.
    async fn on_node<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, Failed>> + Send + 'static,
    ) -> Result<T, Failed> {
        let mut tasks = JoinSet::new();
        tasks.spawn_on(work, &self.node.runtime()?);
        match tasks.join_next().await {
            Some(Ok(done)) => done,
            _ => Err(Failed::Other(ApiError::new(ErrorKind::Internal, "a read was interrupted"))),
        }
    }

    /// Names of other devices that say they hold a blob; none when that cannot be told.
    async fn holders(&self, node: Node, hash: BlobHash) -> Vec<String> {
        let workspace = self.workspace;
        let asked = async move { read::known_holders(&node, &hash, vec![workspace]).await.map_err(Failed::Other) };
        let known = self.on_node(asked).await;
        known.unwrap_or_default().into_iter().collect()
    }
}

/// Why bytes did not come from peers.
enum Failed {
    /// The query may not ask for them.
    Refused(Refusal),
    /// They could not be had.
    Other(ApiError),
}

impl From<ApiError> for Failed {
    fn from(error: ApiError) -> Self {
        Self::Other(error)
    }
}

fn failed(blob: &[u8; 32], error: ApiError) -> BlobError {
    BlobError::read(blob, Box::new(error) as Box<dyn std::error::Error + Send + Sync>)
}

#[async_trait]
impl BlobReader for LocalBlobs {
    async fn read(
        &self,
        blob: &[u8; 32],
        ranges: &[Range<u64>],
        reading: &Arc<Reading>,
    ) -> Result<Vec<Bytes>, BlobError> {
        let (workspace, hash) = (self.workspace, BlobHash(*blob));
        let failed = |error| failed(blob, error);
        let asked: u64 = ranges.iter().map(|range| range.end.saturating_sub(range.start)).sum();
        // The have-table vouches for the file: without its row the file may be partial. A table of
        // others is opened only after it was checked.
        let node = self.node.get().map_err(failed)?;
        match self.see_that_held(&node, &hash) {
            Ok(()) => {
                node.uses().note(&node, &hash, true);
                reading.note_here(asked);
                return self.blobs.read_ranges(&hash, ranges).map_err(failed);
            }
            Err(error) if error.kind == ErrorKind::NotFound => {}
            Err(error) => return Err(failed(error)),
        }
        let (ranges, of_query, on) = (ranges.to_vec(), Arc::clone(reading), node.clone());
        let before = reading.remote();
        match self.on_node(async move { from_peers(&on, &workspace, &hash, &ranges, &of_query).await }).await {
            Ok(parts) => {
                // What had come before was read here.
                reading.note_here(asked.saturating_sub(reading.remote().saturating_sub(before)));
                Ok(parts)
            }
            Err(Failed::Refused(refusal)) => Err(BlobError::refused(blob, refusal, self.holders(node, hash).await)),
            // Without anybody who holds it, the error itself says more.
            Err(Failed::Other(error)) if error.kind == ErrorKind::NotFound && !error.causes.is_empty() => {
                let holders = error.causes.iter().map(|cause| cause.trim_start_matches("held by ").to_owned());
                Err(BlobError::not_held(blob, holders.collect()))
            }
            Err(Failed::Other(error)) => Err(failed(error)),
        }
    }

    async fn whereabouts(&self, blob: &[u8; 32], ranges: &[Range<u64>]) -> Result<Whereabouts, BlobError> {
        let (workspace, hash) = (self.workspace, BlobHash(*blob));
        let node = self.node.get().map_err(|error| failed(blob, error))?;
        let (of, on, ranges) = (workspace, node.clone(), ranges.to_vec());
        let missing = async move { read::missing(&on, &of, &hash, &ranges).await.map_err(Failed::Other) };
        let missing = match self.on_node(missing).await {
            Ok(missing) => missing,
            Err(Failed::Other(error)) => return Err(failed(blob, error)),
            // Nothing is asked of peers.
            Err(Failed::Refused(refusal)) => return Err(BlobError::refused(blob, refusal, Vec::new())),
        };
        let Some(missing) = missing else { return Ok(Whereabouts { is_held: true, ..Whereabouts::default() }) };
        Ok(Whereabouts { is_held: false, missing, holders: self.holders(node, hash).await })
    }
}

async fn from_peers(
    node: &Node,
    workspace: &WorkspaceId,
    hash: &BlobHash,
    ranges: &[Range<u64>],
    reading: &Reading,
) -> Result<Vec<Bytes>, Failed> {
    let allow = |bytes| reading.ask_remote(bytes).map_err(Failed::Refused);
    footer::see_that_sound(node, workspace, hash, &allow).await?;
    read::read_within(node, workspace, hash, ranges, &allow).await
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: WorkspaceId = WorkspaceId([1; 32]);
    const OTHER: WorkspaceId = WorkspaceId([2; 32]);

    #[tokio::test(flavor = "multi_thread")]
    async fn what_was_vouched_for_is_asked_about_again_once_something_is_given_up() {
        let dir = tempfile::tempdir().unwrap();
        let node = Node::open(dir.path()).await.unwrap();
        let added =
            node.blobs().add(vec![Bytes::from_static(b"a table"), Bytes::from_static(b"another")]).await.unwrap();
        let held: Vec<_> = added.iter().map(|blob| (blob.hash, blob.size)).collect();
        drop(added);
        let [table, another] = [held[0].0, held[1].0];
        node.locked(|core| {
            core.store.note_held(&ONE, &held, 0)?;
            core.store.note_held(&OTHER, &held, 0)
        })
        .unwrap();
        let blobs = LocalBlobs::new(node.weak(), node.blobs().clone(), ONE);
        let reading = Arc::new(Reading::new(true, None));
        let read = async |hash: BlobHash| blobs.read(hash.as_bytes(), &[0..1, 2..7], &reading).await.ok();
        assert_eq!(read(table).await, None, "it was not checked");
        node.locked(|core| {
            core.store.note_check(&table, &[0; 32], None)?;
            core.store.note_check(&another, &[0; 32], None)
        })
        .unwrap();
        let parts = vec![Bytes::from_static(b"a"), Bytes::from_static(b"table")];
        assert_eq!((read(table).await, read(table).await), (Some(parts.clone()), Some(parts.clone())));
        assert!(blobs.vouched(node.losses()).tables.contains(&table), "it is not asked about again");
        // Its file stays for the other workspace, and is not this one's to read.
        node.locked(|core| core.store.give_up(&ONE, &[table])).unwrap();
        assert!(node.blobs().path(&table).exists());
        assert_eq!(read(table).await, None);
        assert!(read(another).await.is_some());
        let others = LocalBlobs::new(node.weak(), node.blobs().clone(), OTHER);
        assert_eq!(others.read(table.as_bytes(), &[0..1, 2..7], &reading).await.ok(), Some(parts));
        node.close().await;
    }
}
