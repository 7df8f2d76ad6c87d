//! What a node that is up does now and then: it keeps to its limits, removes what nothing needs, hashes
//! what it holds again, and forgets promises that ran out.

use std::time::{Duration, Instant};

use dataforge_protocol::entry::BlobRef;
use dataforge_protocol::id::BlobHash;

use crate::api::{ApiError, Event};
use crate::blob::Verdict;
use crate::clock::now_ms;
use crate::keep;
use crate::node::{Node, WeakNode};

/// Pause between rounds.
const ROUND: Duration = Duration::from_secs(60);
/// Rounds between looks for garbage.
const GARBAGE: u64 = 60;
/// What is done when everything that is held was hashed again.
pub(crate) const VERIFIED: &str = "verify";

/// Does the chores for as long as the node lives.
pub(crate) async fn run(weak: WeakNode) {
    let mut scrub = Scrub::default();
    let mut limits = Limits::default();
    let mut rounds = 0;
    // What changed may be more than the limits allow at once.
    let Ok(mut changes) = weak.get().map(|node| node.changes()) else { return };
    loop {
        let Ok(node) = weak.get() else { return };
        let done = round(&node, rounds, &mut scrub, &mut limits).await;
        if let Err(error) = done {
            tracing::warn!("chores: {error}");
        }
        rounds += 1;
        drop(node);
        let until = tokio::time::Instant::now() + ROUND;
        loop {
            match tokio::time::timeout_at(until, changes.changed()).await {
                Ok(Ok(())) => {
                    // Arrivals come in bursts.
                    tokio::time::sleep(Duration::from_secs(1)).await;
                    let Ok(node) = weak.get() else { return };
                    if let Err(error) = limits.keep(&node, false).await {
                        tracing::warn!("limits: {error}");
                    }
                }
                Ok(Err(_closing)) => return,
                Err(_elapsed) => break,
            }
        }
    }
}

async fn round(node: &Node, rounds: u64, scrub: &mut Scrub, limits: &mut Limits) -> Result<(), ApiError> {
    let ended = node.leases().expire(Instant::now());
    if !ended.is_empty() {
        node.with_core(move |core| core.store.transaction(|store| store.end_leases(&ended))).await?;
    }
    limits.keep(node, true).await?;
    if rounds == 1 {
        // A kill may have left what was given up, or what nobody wants any more.
        keep::sweep(node).await?;
    }
    if rounds.is_multiple_of(GARBAGE) {
        keep::collect(node).await?;
    }
    // A start has enough to do.
    if rounds > 0 { scrub.go_on(node).await } else { Ok(()) }
}

/// Keeping to the limits.
#[derive(Debug, Default)]
struct Limits {
    is_warned: bool,
    /// Whether too little could be given up: others are not asked again before the next round.
    is_in_vain: bool,
}

impl Limits {
    /// Gives up what is too much, and warns when it soon will be.
    async fn keep(&mut self, node: &Node, is_round: bool) -> Result<(), ApiError> {
        if is_round || !self.is_in_vain {
            let freed = keep::keep_within_limits(node).await?;
            self.is_in_vain = freed.kept.iter().any(|(_, why)| *why == keep::Reason::TooFewCopies);
            if freed.bytes() > 0 {
                let message = format!("{} bytes of data that others hold were freed here", freed.bytes());
                tracing::info!("{message}");
                node.emit(Event::Notice { message });
            }
        }
        let config = node.config().cache;
        let held = node.with_core(move |core| keep::cached_bytes(core, config.policy)).await?;
        let is_over = held > config.warn_bytes;
        if is_over && !self.is_warned {
            let message = format!(
                "{held} bytes of data are held here, more than cache.warn_bytes ({}); from cache.limit_bytes ({}) on, \
                 what others hold is freed in workspaces that are not mirrored",
                config.warn_bytes, config.limit_bytes
            );
            node.emit(Event::Notice { message });
        }
        self.is_warned = is_over;
        Ok(())
    }
}

/// Hashing again what is held, a little in each round.
#[derive(Debug, Default)]
struct Scrub {
    /// The last blob that was hashed.
    after: Option<BlobHash>,
    /// Whether it began with the first, so that its end is the end of all.
    is_whole: bool,
}

impl Scrub {
    async fn go_on(&mut self, node: &Node) -> Result<(), ApiError> {
        let bytes = node.config().cache.scrub_bytes_per_min;
        if bytes == 0 {
            return Ok(());
        }
        let after = self.after;
        self.is_whole |= after.is_none();
        let next = node.with_core(move |core| core.store.held_after(after.as_ref(), bytes)).await?;
        let Some(last) = next.last() else {
            if self.is_whole {
                node.with_core(|core| core.store.note_time(VERIFIED, now_ms())).await?;
            }
            *self = Self::default();
            return Ok(());
        };
        self.after = Some(last.hash);
        if find_damage(node, next).await? > 0 {
            self.is_whole = false;
        }
        Ok(())
    }
}

/// Hashes blobs again; what is damaged is held no more, and fetched from whoever has it.
async fn find_damage(node: &Node, blobs: Vec<BlobRef>) -> Result<usize, ApiError> {
    let store = node.blobs().clone();
    let checked = tokio::task::spawn_blocking(move || {
        let pairs: Vec<_> = blobs.iter().map(|blob| (blob.hash, blob.size)).collect();
        store.check(&pairs).map(|verdicts| blobs.into_iter().zip(verdicts).collect::<Vec<_>>())
    });
    let checked =
        checked.await.map_err(|error| ApiError::new(crate::api::ErrorKind::Internal, error.to_string()))??;
    let mut lost = Vec::new();
    for (blob, verdict) in checked {
        match verdict {
            Verdict::Whole => {}
            Verdict::Unservable => node.blobs().mend(&blob).await?,
            Verdict::Damaged => lost.push(blob.hash),
        }
    }
    if lost.is_empty() {
        return Ok(0);
    }
    let count = lost.len();
    for hash in &lost {
        tracing::error!("blob {hash} is damaged on disk");
    }
    node.with_core(move |core| core.store.transaction(|store| store.forget_have(&lost))).await?;
    node.emit(Event::Notice {
        message: format!("{count} blobs are damaged on disk; they are fetched again from peers"),
    });
    node.look_for_blobs();
    Ok(count)
}
