//! Taking blobs off the disk. The crate removes nothing but in its collector, which asks what is to
//! live before each run; so its question is left open until a sweep is ordered.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use dataforge_protocol::id::BlobHash;
use iroh_blobs::Hash;
use iroh_blobs::store::{GcConfig, ProtectCb, ProtectOutcome};
use tokio::sync::{OwnedRwLockWriteGuard, oneshot, watch};
use tokio::time::timeout;

use super::{Blobs, blob_error, iroh_hash};
use crate::api::{ApiError, ErrorKind};
use crate::directory::{storage, sync_directory};

/// Pause between two runs of the collector.
const INTERVAL: Duration = Duration::from_millis(10);
/// The longest a run may take.
const PATIENCE: Duration = Duration::from_secs(120);
/// How long is waited for a moment at which nothing is being noted as held.
const WINDOW: Duration = Duration::from_secs(30);
/// Pause between looks for one.
const LOOK: Duration = Duration::from_millis(20);

/// Passes orders to the collector of the store that is open.
#[derive(Debug, Default)]
pub(super) struct Sweeper {
    state: Mutex<State>,
    changed: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct State {
    order: Option<Order>,
    /// To tell when the run that is under way has ended.
    running: Option<oneshot::Sender<()>>,
    /// The store that is open.
    generation: u64,
}

#[derive(Debug)]
struct Order {
    live: HashSet<Hash>,
    done: oneshot::Sender<()>,
}

impl Sweeper {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes the settings of the collector of the store of a generation.
    pub(super) fn config(self: &Arc<Self>, generation: u64) -> GcConfig {
        let sweeper = Arc::clone(self);
        let protect: ProtectCb = Arc::new(move |live| {
            let sweeper = Arc::clone(&sweeper);
            Box::pin(async move { sweeper.next(generation, live).await })
        });
        GcConfig { interval: INTERVAL, add_protected: Some(protect) }
    }

    /// Waits for an order and says what is to live.
    async fn next(&self, generation: u64, live: &mut HashSet<Hash>) -> ProtectOutcome {
        let mut changes = self.changed.subscribe();
        loop {
            {
                let mut state = self.state();
                // Those of stores that are closed wait for nothing.
                if generation == state.generation {
                    if let Some(done) = state.running.take() {
                        // Whoever ordered it may have given up.
                        let _told = done.send(());
                    }
                    if let Some(order) = state.order.take() {
                        live.extend(order.live);
                        state.running = Some(order.done);
                        return ProtectOutcome::Continue;
                    }
                }
            }
            if changes.changed().await.is_err() {
                return ProtectOutcome::Abort;
            }
        }
    }

    /// Notes that the store of a generation is open, and no other.
    pub(super) fn opened(&self, generation: u64) {
        let mut state = self.state();
        state.generation = generation;
        // The run that was under way will not end.
        state.running = None;
    }
}

/// A moment at which nothing is being noted as held.
#[derive(Debug)]
pub(crate) struct Window {
    _alone: OwnedRwLockWriteGuard<()>,
}

impl Blobs {
    /// Waits for a moment to sweep; `None` when there is none, because imports or downloads go on.
    pub(crate) async fn window(&self) -> Option<Window> {
        // Never queued for: who notes one blob while holding another would wait for itself.
        let find = async {
            loop {
                if let Ok(guard) = Arc::clone(&self.0.noting).try_write_owned() {
                    return Window { _alone: guard };
                }
                tokio::time::sleep(LOOK).await;
            }
        };
        timeout(WINDOW, find).await.ok()
    }

    /// Removes every blob but those that are to live and those that are being written or received.
    ///
    /// # Errors
    /// `Storage` when the collector has stopped; the store is opened anew then.
    pub(crate) async fn sweep(&self, window: Window, live: impl IntoIterator<Item = BlobHash>) -> Result<(), ApiError> {
        self.engine().commit().await?;
        let (done, ended) = oneshot::channel();
        let live = live.into_iter().map(|hash| iroh_hash(&hash)).collect();
        self.0.sweeper.state().order = Some(Order { live, done });
        self.0.sweeper.changed.send_modify(|count| *count += 1);
        let swept = timeout(PATIENCE, ended)
            .await
            .map_err(|_elapsed| "it takes too long")
            .and_then(|ended| ended.map_err(|_gone| "the collector was closed"));
        drop(window);
        if let Err(why) = swept {
            // An order that nobody took must not be carried out when it is out of date.
            self.0.sweeper.state().order = None;
            self.engine().commit().await?;
            return Err(blob_error("cannot remove blobs", &why));
        }
        let data = self.options().path.data_path.clone();
        // A cut must not bring files back that no database knows.
        let synced =
            tokio::task::spawn_blocking(move || sync_directory(&data).map_err(|e| storage("cannot sync", &data, &e)));
        synced.await.map_err(|error| ApiError::new(ErrorKind::Internal, format!("a task failed: {error}")))?
    }
}
