//! Bytes for the engine: held blobs are read by position, others are an error that names them.

use std::ops::Range;

use async_trait::async_trait;
use bytes::Bytes;
use dataforge_protocol::id::BlobHash;
use dataforge_query::{BlobError, BlobReader};

use crate::api::ErrorKind;
use crate::blob::Blobs;
use crate::node::WeakNode;
use crate::table::see_that_held;

/// Reads held blobs.
#[derive(Debug)]
pub(super) struct LocalBlobs {
    node: WeakNode,
    blobs: Blobs,
}

impl LocalBlobs {
    pub(super) const fn new(node: WeakNode, blobs: Blobs) -> Self {
        Self { node, blobs }
    }
}

#[async_trait]
impl BlobReader for LocalBlobs {
    async fn read(&self, blob: &[u8; 32], ranges: &[Range<u64>]) -> Result<Vec<Bytes>, BlobError> {
        let hash = BlobHash(*blob);
        let failed = |error| BlobError::read(blob, Box::new(error) as Box<dyn std::error::Error + Send + Sync>);
        // The have-table vouches for the file: without its row the file may be partial. A table of
        // others is opened only after it was checked.
        let node = self.node.get().map_err(failed)?;
        match node.locked(|core| see_that_held(core, &hash)) {
            Ok(()) => {}
            Err(error) if error.kind == ErrorKind::NotFound => return Err(BlobError::not_held(blob, Vec::new())),
            Err(error) => return Err(failed(error)),
        }
        ranges.iter().map(|range| self.blobs.read(&hash, range.clone()).map_err(failed)).collect()
    }
}
