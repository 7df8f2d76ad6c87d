//! The table of a run that is held here, as a whole.

use arrow::record_batch::RecordBatch;
use dataforge_protocol::id::BlobHash;

use crate::api::{ApiError, ErrorKind};
use crate::ingest::parquet;
use crate::node::Node;

/// Reads a table. For use on threads that may block.
///
/// # Errors
/// `NotFound` when its bytes are not held here, `Damaged` when they cannot be read.
pub(crate) fn read_table(node: &Node, blob: &BlobHash) -> Result<RecordBatch, ApiError> {
    if !node.locked(|core| core.store.has_blob(blob))? {
        return Err(not_held(blob));
    }
    let bytes = node.blobs().read_all(blob)?;
    parquet::read(bytes).map_err(|error| ApiError::from_error(ErrorKind::Damaged, &error))
}

/// The error of bytes that are not held here.
pub(crate) fn not_held(blob: &BlobHash) -> ApiError {
    ApiError::new(ErrorKind::NotFound, format!("blob {} is not held here", blob.fmt_short()))
        .hint("dataforge sync fetches what is missing")
}
