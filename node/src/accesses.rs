//! The access log: who fetched what from here.
//!
//! Requests come by the thousand, so they are added up in memory and written once a second; a cut
//! loses that second, which is of what was given away, not of anybody's work.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use dataforge_protocol::id::{BlobHash, DeviceId};

use crate::api::ApiError;
use crate::clock::now_ms;
use crate::core::Core;
use crate::node::WeakNode;
use crate::store::{Access, AccessKey};

/// How long accesses may wait to be written.
const PAUSE: Duration = Duration::from_secs(1);

/// Accesses that were not written yet.
#[derive(Debug, Default)]
pub(crate) struct Accesses(Mutex<BTreeMap<AccessKey, Access>>);

impl Accesses {
    /// Notes that a request was served, with how many bytes of a blob, or refused when it names none.
    pub(crate) fn note(&self, node: &WeakNode, device: DeviceId, hash: Option<BlobHash>, bytes: u64) {
        let now = now_ms();
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_first = waiting.is_empty();
        let entry = waiting.entry((device, hash));
        let access = entry.or_insert(Access { first_ms: now, last_ms: now, requests: 0, bytes: 0 });
        access.last_ms = now;
        access.requests += 1;
        access.bytes = access.bytes.saturating_add(bytes);
        drop(waiting);
        if is_first {
            let node = node.clone();
            tokio::spawn(async move {
                tokio::time::sleep(PAUSE).await;
                let Ok(node) = node.get() else { return };
                if let Err(error) = node.write_accesses().await {
                    tracing::warn!("what peers fetched was not noted: {error}");
                }
            });
        }
    }

    /// Writes what waits.
    ///
    /// # Errors
    /// `Storage`; it waits no longer then, so that a full disk does not fill the memory as well.
    pub(crate) fn write(&self, core: &Core) -> Result<(), ApiError> {
        let waiting = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        if waiting.is_empty() { Ok(()) } else { core.store.transaction(|store| store.note_accesses(&waiting)) }
    }
}
