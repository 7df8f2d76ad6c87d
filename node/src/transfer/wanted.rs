//! What is to be fetched of a workspace, by its policy, and in which order.

use std::collections::BTreeSet;

use dataforge_protocol::entry::BlobRef;
use dataforge_protocol::id::{BlobHash, WorkspaceId};

use crate::api::ApiError;
use crate::keep::{Mark, Policy, Priority};
use crate::store::Store;

/// A blob that is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// Which.
    pub(crate) blob: BlobRef,
    /// How urgently; the greater first.
    pub(crate) priority: u8,
}

/// Returns what is wanted and not held, the most urgent first, then the smallest.
///
/// # Errors
/// `Storage`.
pub(crate) fn wanted(
    store: &Store,
    workspace: &WorkspaceId,
    default: Policy,
    asked: &BTreeSet<BlobHash>,
    shown: &BTreeSet<BlobHash>,
    now_ms: u64,
) -> Result<Vec<Wanted>, ApiError> {
    let policy = store.policy(workspace)?.unwrap_or(default);
    let missing = store.missing_blobs(workspace)?;
    if missing.is_empty() {
        return Ok(Vec::new());
    }
    let marked = store.marked_blobs(workspace)?;
    let uses = store.uses()?;
    let mut wanted = Vec::new();
    for blob in missing {
        let mark = marked.get(&blob.hash).copied();
        let is_asked = asked.contains(&blob.hash) || shown.contains(&blob.hash);
        let is_wanted = match policy {
            Policy::Mirror => true,
            Policy::Follow => is_asked || mark.is_some(),
            Policy::Demand => is_asked || mark == Some(Mark::Pin),
        };
        if is_wanted {
            let last_ms = uses.get(&blob.hash).map(|used| used.last_ms);
            let priority = Priority::of(is_asked, mark, last_ms, now_ms).value();
            wanted.push(Wanted { blob, priority });
        }
    }
    wanted.sort_unstable_by_key(|one| (std::cmp::Reverse(one.priority), one.blob.size, one.blob.hash));
    Ok(wanted)
}
