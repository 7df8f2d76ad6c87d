//! Tables of others that are read by parts: their footers are checked in a process of their own
//! before this one parses them, as whole tables are.
//!
//! What cannot be checked is whether the statistics tell the truth about pages that are not here. Such
//! a table is checked in full once all of it is held.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{Seek as _, SeekFrom, Write as _};
use std::sync::{Mutex, PoisonError};

use dataforge_protocol::id::{BlobHash, WorkspaceId};

use crate::api::{ApiError, ErrorKind};
use crate::directory::create_private;
use crate::node::Node;
use crate::read;
use crate::worker::{FooterVerdict, Worker, WorkerError};

/// Bytes at the end of a table in which its footer is likely to be; what the query engine reads first,
/// too.
const TAIL: u64 = 64 << 10;
/// The largest footer with page index that is read.
const LARGEST: u64 = 64 << 20;

/// Footers that were found sound since the node started.
#[derive(Debug, Default)]
pub(crate) struct Footers(Mutex<BTreeSet<BlobHash>>);

/// Sees that the footer of a table that a workspace does not hold may be parsed.
///
/// Before anything is asked of peers, `allow` is asked about the number of bytes.
///
/// # Errors
/// `Damaged` when it may not, and those of [`read::read_within`].
pub(crate) async fn see_that_sound<E: From<ApiError>>(
    node: &Node,
    workspace: &WorkspaceId,
    hash: &BlobHash,
    allow: &(impl Fn(u64) -> Result<(), E> + Sync),
) -> Result<(), E> {
    let known = || node.footers().0.lock().unwrap_or_else(PoisonError::into_inner);
    if known().contains(hash) {
        return Ok(());
    }
    let (of, key) = (*workspace, *hash);
    let (refusal, size) =
        node.with_core(move |core| Ok((core.store.refusal(&key)?, core.store.size_of(&of, &key)?))).await?;
    let damaged = |why: String| {
        ApiError::new(ErrorKind::Damaged, format!("table {} is not what its run says: {why}", hash.fmt_short()))
            .hint("ask who imported it to do so again")
    };
    if let Some(why) = refusal {
        return Err(damaged(why).into());
    }
    let Some(size) = size else { return Err(crate::table::not_held(hash).into()) };
    let mut from = size.saturating_sub(TAIL);
    loop {
        let end = from..size;
        let tail = read::read_within(node, workspace, hash, std::slice::from_ref(&end), allow).await?;
        let tail = tail.into_iter().next().unwrap_or_default();
        let dir = node.directory().join("spill");
        let verdict = tokio::task::spawn_blocking(move || check(&dir, &tail, from, size)).await;
        match verdict.map_err(|error| ApiError::new(ErrorKind::Internal, format!("a check failed: {error}")))?? {
            FooterVerdict::Sound => break,
            FooterVerdict::Needs(earlier) if earlier < from && size - earlier <= LARGEST => from = earlier,
            FooterVerdict::Needs(_) => return Err(damaged("its footer is too large".to_owned()).into()),
            FooterVerdict::Refused(why) => return Err(damaged(why).into()),
        }
    }
    known().insert(*hash);
    Ok(())
}

/// Lays the end of a table into a file with nothing before it, and has a child look at it.
fn check(dir: &std::path::Path, tail: &[u8], from: u64, size: u64) -> Result<FooterVerdict, ApiError> {
    create_private(dir)?;
    let failed =
        |error: std::io::Error| ApiError::new(ErrorKind::Storage, format!("cannot write a table's end: {error}"));
    let mut file: File = tempfile::tempfile_in(dir).map_err(failed)?;
    let laid = file
        .set_len(size)
        .and_then(|()| file.seek(SeekFrom::Start(from)))
        .and_then(|_| file.write_all(tail))
        .and_then(|()| file.rewind());
    laid.map_err(failed)?;
    let worker = Worker::new().map_err(|error| ApiError::from_error(ErrorKind::Internal, &error))?;
    match worker.check_footer(file, from) {
        Ok(verdict) => Ok(verdict),
        Err(error) if error.is_about_the_file() => Ok(FooterVerdict::Refused(error.to_string())),
        Err(error) => Err(internal(&error)),
    }
}

fn internal(error: &WorkerError) -> ApiError {
    ApiError::from_error(ErrorKind::Internal, error)
}
