//! Tables of others: checked in a process of their own before anything here opens them.
//!
//! A table that was made here is what its run says; one that came from a peer is decoded to the
//! last page by a [`Worker`], and its rows, columns and ranges are compared with the facts of the
//! run, since queries rely on both. The verdict is kept, so each table is checked once.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use dataforge_protocol::document::RunState;
use dataforge_protocol::id::WorkspaceId;

use crate::api::{ApiError, ErrorKind, Event};
use crate::core::Core;
use crate::index::materialise;
use crate::node::Node;
use crate::store::Unchecked;
use crate::worker::{Expected, Verdict, Worker, WorkerError};

/// Children at a time; each may use 1 GiB.
const CHILDREN: usize = 2;

/// Checks the tables of all workspaces that are held and were not checked yet. Costs nothing while
/// nothing changes.
///
/// # Errors
/// `Internal` when no child can be started, `Storage`. A table that is refused is no error here,
/// but where it is used.
pub(crate) async fn admit(node: &Node) -> Result<(), ApiError> {
    let _one_at_a_time = node.admission().lock().await;
    let now = *node.changes().borrow();
    if node.admitted_at() == Some(now) {
        return Ok(());
    }
    let waiting = node.with_core(|core| {
        let mut waiting = Vec::new();
        for workspace in core.workspace_ids() {
            waiting.extend(core.store.unchecked(&workspace)?.into_iter().map(|table| (workspace, table)));
        }
        Ok(waiting)
    });
    let waiting = waiting.await?;
    if !waiting.is_empty() {
        tracing::info!("checking tables of others: {}", waiting.len());
        let node = node.clone();
        let checked = tokio::task::spawn_blocking(move || check_all(&node, waiting)).await;
        checked.map_err(|error| ApiError::new(ErrorKind::Internal, format!("a check was interrupted: {error}")))??;
    }
    node.set_admitted_at(now);
    Ok(())
}

/// Checks what waits; what cannot be checked stays unused, and people are told.
pub(crate) async fn admit_or_tell(node: &Node) {
    if let Err(error) = admit(node).await {
        tracing::error!("tables of others cannot be checked: {error}");
        node.emit(Event::Notice { message: format!("tables of others cannot be checked: {error}") });
    }
}

/// Checks tables as they arrive, for as long as the node lives.
pub(crate) fn admit_arrivals(node: &Node) {
    let (weak, mut changes) = (node.weak(), node.changes());
    tokio::spawn(async move {
        loop {
            match weak.get() {
                Ok(node) => admit_or_tell(&node).await,
                Err(_closing) => return,
            }
            if changes.changed().await.is_err() {
                return;
            }
        }
    });
}

type Waiting = (WorkspaceId, Unchecked);

fn check_all(node: &Node, waiting: Vec<Waiting>) -> Result<(), ApiError> {
    let worker = Worker::new().map_err(|error| cannot_check(&error))?;
    let waiting = Mutex::new(VecDeque::from(waiting));
    let next = || waiting.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
    let work = || {
        while let Some((workspace, table)) = next() {
            check(node, &worker, workspace, &table)?;
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let children: Vec<_> = (0..CHILDREN).map(|_| scope.spawn(work)).collect();
        let ended = children.into_iter().map(|child| {
            child.join().unwrap_or_else(|_panic| Err(ApiError::new(ErrorKind::Internal, "a check failed")))
        });
        ended.collect()
    })
}

fn cannot_check(error: &WorkerError) -> ApiError {
    ApiError::from_error(ErrorKind::Internal, error)
        .hint("tables of others are checked by this very program; see that it can be started again")
}

fn check(node: &Node, worker: &Worker, workspace: WorkspaceId, table: &Unchecked) -> Result<(), ApiError> {
    let Some(expected) = node.locked(|core| expectation(core, workspace, table))? else { return Ok(()) };
    let refused = match worker.check_parquet(&node.blobs().path(&table.blob), &expected) {
        Ok(Verdict::Sound(_)) => None,
        Ok(Verdict::Refused(why)) => Some(why),
        Err(error) if error.is_about_the_file() => Some(error.to_string()),
        Err(error) => return Err(cannot_check(&error)),
    };
    if let Some(why) = &refused {
        tracing::warn!(blob = %table.blob, run = %table.run, "a table is refused: {why}");
    }
    conclude(node, table, refused.as_deref())
}

/// Notes a verdict, and that what is kept may be of before it: a query that was admitted before the table
/// came may have met it unchecked.
fn conclude(node: &Node, table: &Unchecked, refused: Option<&str>) -> Result<(), ApiError> {
    node.locked(|core| core.store.note_check(&table.blob, &table.expected, refused))?;
    node.on_verdict();
    Ok(())
}

/// Returns what a table should hold; nothing when the run has changed since and says otherwise.
fn expectation(core: &mut Core, workspace: WorkspaceId, table: &Unchecked) -> Result<Option<Expected>, ApiError> {
    let (ledger, store) = core.ledger_and_store(&workspace)?;
    let Some(document) = materialise(store, ledger, &table.run)? else { return Ok(None) };
    let state = RunState::read(&document);
    let native = |blob| state.renditions.iter().find(|rendition| rendition.blob == blob);
    let copies =
        state.gridded.iter().filter_map(|copy| Some((copy.blob, Expected::gridded(copy, native(copy.native)?))));
    let pyramids =
        state.pyramids.iter().filter_map(|one| Some((one.blob, Expected::pyramid(one, native(one.native)?))));
    let natives = state.renditions.iter().map(|rendition| (rendition.blob, Expected::native(rendition)));
    let all = natives.chain(copies).chain(pyramids);
    let fits = |(blob, expected): &(_, Expected)| *blob == table.blob && expected.id() == table.expected;
    Ok(all.into_iter().find(fits).map(|(_, expected)| expected))
}

#[cfg(test)]
mod tests {
    use dataforge_protocol::id::{BlobHash, DocId};

    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn nothing_that_was_kept_before_a_verdict_is_found_after_it() {
        let dir = tempfile::tempdir().unwrap();
        let node = Node::open(dir.path()).await.unwrap();
        for (number, refused) in [(1, Some("it lies")), (2, None)] {
            let table = Unchecked { run: DocId([number; 32]), blob: BlobHash([number; 32]), expected: [number; 32] };
            // Results are kept by this.
            let before = node.state();
            conclude(&node, &table, refused).unwrap();
            assert_ne!(node.state(), before);
            assert_eq!(node.locked(|core| core.store.refusal(&table.blob)).unwrap().as_deref(), refused);
        }
        node.close().await;
    }
}
