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

/// What is wanted beside what the policy says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Interest {
    /// Blobs that somebody asked for by name.
    pub(crate) asked: BTreeSet<BlobHash>,
    /// Blobs of what is on screen.
    pub(crate) shown: BTreeSet<BlobHash>,
    /// Blobs of what is around that, and may be next.
    pub(crate) around: BTreeSet<BlobHash>,
}

/// Returns what is wanted and not held, the most urgent first, then the smallest.
///
/// # Errors
/// `Storage`.
pub(crate) fn wanted(
    store: &Store,
    workspace: &WorkspaceId,
    default: Policy,
    interest: &Interest,
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
        let is_asked = interest.asked.contains(&blob.hash) || interest.shown.contains(&blob.hash);
        let is_around = interest.around.contains(&blob.hash);
        let is_wanted = match policy {
            Policy::Mirror => true,
            Policy::Follow => is_asked || is_around || mark.is_some(),
            Policy::Demand => is_asked || is_around || mark == Some(Mark::Pin),
        };
        if is_wanted {
            // What is around what is looked at is as good as looked at.
            let last_ms = if is_around { Some(now_ms) } else { uses.get(&blob.hash).map(|used| used.last_ms) };
            let priority = Priority::of(is_asked, mark, last_ms, now_ms).value();
            wanted.push(Wanted { blob, priority });
        }
    }
    wanted.sort_unstable_by_key(|one| (std::cmp::Reverse(one.priority), one.blob.size, one.blob.hash));
    Ok(wanted)
}
