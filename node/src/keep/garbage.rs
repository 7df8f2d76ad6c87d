//! What nothing needs any more: of deleted runs, wells and files, or of entries that do not count.
//!
//! It stays for 30 days, so that a deletion can be taken back. The days are those this node has seen:
//! a clock that was set ahead ends nothing early.

use std::time::Instant;

use super::evict::sweep;
use crate::api::ApiError;
use crate::clock::now_ms;
use crate::node::Node;

/// How long it stays, in milliseconds.
const RETENTION: u64 = 30 * DAY;
const DAY: u64 = 24 * 3600 * 1000;
/// What a gap between two looks counts at most.
const GAP: u64 = 7 * DAY;
const CHORE: &str = "garbage";

/// Looks for garbage, and removes what has been some for long enough; returns how many blobs went.
///
/// # Errors
/// `Storage`.
pub(crate) async fn collect(node: &Node) -> Result<usize, ApiError> {
    let collector = node.clone();
    let gone = node
        .with_core(move |core| {
            let now = now_ms();
            let last = core.store.last_time(CHORE)?.unwrap_or(now);
            let passed = now.saturating_sub(last).min(GAP);
            core.store.transaction(|store| {
                store.age_garbage(passed)?;
                store.note_time(CHORE, now)?;
                // What was promised to others stays until the next look.
                let at = Instant::now();
                let mut old = store.garbage_since(RETENTION)?;
                old.retain(|hash| !collector.leases().is_promised(hash, at));
                store.forget_have(&old)?;
                Ok(old)
            })
        })
        .await?;
    if !gone.is_empty() {
        tracing::info!("blobs that nothing has needed for 30 days are removed: {}", gone.len());
        node.look_for_blobs();
        sweep(node).await?;
    }
    Ok(gone.len())
}
