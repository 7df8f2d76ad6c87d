//! How blobs are read here: what is kept and what goes first follows from it.
//!
//! Reads come by the thousand, so they are added up in memory and written once a second; a cut loses
//! that second.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use dataforge_protocol::id::BlobHash;

use crate::api::ApiError;
use crate::clock::now_ms;
use crate::core::Core;
use crate::node::Node;
use crate::store::Use;

/// How long reads may wait to be written.
const PAUSE: Duration = Duration::from_secs(1);

/// Reads that were not written yet, and how many found what they wanted here.
#[derive(Debug, Default)]
pub(crate) struct Uses {
    waiting: Mutex<BTreeMap<BlobHash, Use>>,
    hits: AtomicU64,
    misses: AtomicU64,
}

impl Uses {
    /// Notes that a blob was read, and whether all of it was here.
    pub(crate) fn note(&self, node: &Node, hash: &BlobHash, is_here: bool) {
        if is_here { &self.hits } else { &self.misses }.fetch_add(1, Ordering::Relaxed);
        let now = now_ms();
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let is_first = waiting.is_empty();
        let used = waiting.entry(*hash).or_default();
        // One look at a run reads its table many times.
        if used.last_ms == 0 {
            used.count = 1;
        }
        used.last_ms = now;
        drop(waiting);
        if is_first {
            let weak = node.weak();
            node.runtime().spawn(async move {
                tokio::time::sleep(PAUSE).await;
                let Ok(node) = weak.get() else { return };
                if let Err(error) = node.write_uses().await {
                    tracing::warn!("what was read was not noted: {error}");
                }
            });
        }
    }

    /// Returns how many reads found everything here, and how many did not, since the node started.
    pub(crate) fn rate(&self) -> (u64, u64) {
        (self.hits.load(Ordering::Relaxed), self.misses.load(Ordering::Relaxed))
    }

    /// Writes what waits.
    ///
    /// # Errors
    /// `Storage`; it waits no longer then.
    pub(crate) fn write(&self, core: &Core) -> Result<(), ApiError> {
        let waiting = std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner));
        if waiting.is_empty() { Ok(()) } else { core.store.transaction(|store| store.note_uses(&waiting)) }
    }
}
