//! Bytes for the engine: from files that are held and were checked, else from peers as far as they are
//! needed.

use std::ops::Range;

use async_trait::async_trait;
use bytes::Bytes;
use dataforge_protocol::id::{BlobHash, WorkspaceId};
use dataforge_query::{BlobError, BlobReader};
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
}

impl LocalBlobs {
    pub(super) const fn new(node: WeakNode, blobs: Blobs, workspace: WorkspaceId) -> Self {
        Self { node, blobs, workspace }
    }
}

#[async_trait]
impl BlobReader for LocalBlobs {
    async fn read(&self, blob: &[u8; 32], ranges: &[Range<u64>]) -> Result<Vec<Bytes>, BlobError> {
        let (workspace, hash) = (self.workspace, BlobHash(*blob));
        let failed = |error| BlobError::read(blob, Box::new(error) as Box<dyn std::error::Error + Send + Sync>);
        // The have-table vouches for the file: without its row the file may be partial. A table of
        // others is opened only after it was checked.
        let node = self.node.get().map_err(failed)?;
        match node.locked(|core| see_that_held(core, &workspace, &hash)) {
            Ok(()) => {
                node.uses().note(&node, &hash, true);
                return ranges.iter().map(|range| self.blobs.read(&hash, range.clone()).map_err(failed)).collect();
            }
            Err(error) if error.kind == ErrorKind::NotFound => {}
            Err(error) => return Err(failed(error)),
        }
        // On the node's own threads: the engine's know nothing of its network.
        let mut work = JoinSet::new();
        let ranges = ranges.to_vec();
        work.spawn_on(
            async move { from_peers(&node, &workspace, &hash, &ranges).await },
            &self.node.runtime().map_err(failed)?,
        );
        match work.join_next().await {
            Some(Ok(Ok(parts))) => Ok(parts),
            // Without anybody who holds it, the error itself says more.
            Some(Ok(Err(error))) if error.kind == ErrorKind::NotFound && !error.causes.is_empty() => {
                let holders = error.causes.iter().map(|cause| cause.trim_start_matches("held by ").to_owned());
                Err(BlobError::not_held(blob, holders.collect()))
            }
            Some(Ok(Err(error))) => Err(failed(error)),
            _ => Err(failed(ApiError::new(ErrorKind::Internal, "a read was interrupted"))),
        }
    }
}

async fn from_peers(
    node: &Node,
    workspace: &WorkspaceId,
    hash: &BlobHash,
    ranges: &[Range<u64>],
) -> Result<Vec<Bytes>, ApiError> {
    footer::see_that_sound(node, workspace, hash).await?;
    read::read(node, workspace, hash, ranges).await
}
