//! The table of a run that is held here, as a whole.

use arrow::record_batch::RecordBatch;
use dataforge_protocol::id::{BlobHash, WorkspaceId};

use crate::api::{ApiError, ErrorKind};
use crate::core::Core;
use crate::ingest::parquet;
use crate::node::Node;

/// Reads a table. For use on threads that may block.
///
/// # Errors
/// `NotFound` when its bytes are not held here, `Damaged` when they were refused or cannot be read.
pub(crate) fn read_table(node: &Node, workspace: &WorkspaceId, blob: &BlobHash) -> Result<RecordBatch, ApiError> {
    node.locked(|core| see_that_held(core, workspace, blob))?;
    let bytes = node.blobs().read_all(blob)?;
    parquet::read(bytes).map_err(|error| ApiError::from_error(ErrorKind::Damaged, &error))
}

/// Sees that a table is held and was checked, fetching it where it is not.
///
/// # Errors
/// `NotFound` when nobody who can be reached has it, `Storage`. That it was refused shows when it is
/// read.
pub(crate) async fn bring(node: &Node, workspace: &WorkspaceId, blob: &BlobHash) -> Result<(), ApiError> {
    let (of, hash) = (*workspace, *blob);
    let is_held = node.with_core(move |core| core.store.holds(&of, &hash)).await?;
    crate::read::hold(node, workspace, blob).await?;
    // What just came was not checked with the rest when the request did begin.
    if is_held { Ok(()) } else { crate::admission::admit(node).await }
}

/// Sees that a table may be opened.
///
/// # Errors
/// As [`read_table`].
pub(crate) fn see_that_held(core: &Core, workspace: &WorkspaceId, blob: &BlobHash) -> Result<(), ApiError> {
    if core.store.has_table(workspace, blob)? {
        return Ok(());
    }
    let refused = |why| {
        ApiError::new(ErrorKind::Damaged, format!("table {} is not what its run says: {why}", blob.fmt_short()))
            .hint("ask who imported it to do so again")
    };
    if let Some(why) = core.store.refusal(blob)? {
        return Err(refused(why));
    }
    if core.store.holds(workspace, blob)? {
        return Err(ApiError::new(ErrorKind::Busy, format!("table {} was not checked yet", blob.fmt_short()))
            .hint("try again; if it stays so, the log says why it cannot be checked"));
    }
    Err(not_held(blob))
}

/// The error of bytes that are not held here.
pub(crate) fn not_held(blob: &BlobHash) -> ApiError {
    ApiError::new(ErrorKind::NotFound, format!("blob {} is not held here", blob.fmt_short()))
        .hint("dataforge where says who has the data of a run or well, dataforge fetch brings it here")
}
