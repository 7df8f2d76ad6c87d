//! How fast blobs may travel: a limit for each class of path, shared by all transfers over it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// What may pass at once after a pause.
const BURST: Duration = Duration::from_millis(250);

/// The limit of one class of path. Without one, bytes are only counted.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pace {
    shared: Arc<Inner>,
    /// Counts what passes by this value, too.
    own: Option<Arc<AtomicU64>>,
}

#[derive(Debug, Default)]
struct Inner {
    /// Bytes a second; 0 for no limit.
    limit: AtomicU64,
    /// Bytes that passed.
    passed: AtomicU64,
    /// When what passed so far would have passed at the limit.
    due: Mutex<Option<Instant>>,
}

impl Pace {
    /// Sets the limit in bytes a second; 0 for none.
    pub(crate) fn set_limit(&self, limit: u64) {
        self.shared.limit.store(limit, Ordering::Relaxed);
    }

    /// Returns the limit; 0 for none.
    pub(crate) fn limit(&self) -> u64 {
        self.shared.limit.load(Ordering::Relaxed)
    }

    /// Returns how many bytes passed.
    pub(crate) fn passed(&self) -> u64 {
        self.shared.passed.load(Ordering::Relaxed)
    }

    /// Returns the same limit, whose bytes are counted by `own` as well.
    pub(crate) fn counting(&self, own: &Arc<AtomicU64>) -> Self {
        Self { shared: Arc::clone(&self.shared), own: Some(Arc::clone(own)) }
    }

    /// Notes bytes that passed, and waits until so many may have.
    pub(crate) async fn took(&self, bytes: u64) {
        self.shared.passed.fetch_add(bytes, Ordering::Relaxed);
        if let Some(own) = &self.own {
            own.fetch_add(bytes, Ordering::Relaxed);
        }
        let limit = self.limit();
        if limit == 0 {
            return;
        }
        let due = {
            let mut due = self.shared.due.lock().unwrap_or_else(PoisonError::into_inner);
            let begin = due.unwrap_or_else(Instant::now).max(Instant::now() - BURST);
            let next = begin + Duration::from_secs_f64(bytes as f64 / limit as f64);
            *due = Some(next);
            next
        };
        tokio::time::sleep_until(due).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_limit_holds_for_all_who_share_it() {
        let pace = Pace::default();
        pace.set_limit(1_000_000);
        let begun = Instant::now();
        let take = || async {
            for _ in 0..50 {
                pace.took(50_000).await;
            }
        };
        tokio::join!(take(), take());
        let took = begun.elapsed().as_secs_f64();
        assert!((4.7..=5.1).contains(&took), "5 MB at 1 MB/s took {took} s");
        assert_eq!(pace.passed(), 5_000_000);
        pace.set_limit(0);
        let begun = Instant::now();
        pace.took(1 << 40).await;
        assert_eq!(begun.elapsed(), Duration::ZERO);
    }

    #[tokio::test]
    async fn what_passes_is_counted_for_all_and_for_one() {
        let (pace, own) = (Pace::default(), Arc::default());
        let counting = pace.counting(&own);
        pace.took(5).await;
        counting.took(7).await;
        assert_eq!((pace.passed(), counting.passed(), own.load(Ordering::Relaxed)), (12, 12, 7));
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_saves_up_no_more_than_a_burst() {
        let pace = Pace::default();
        pace.set_limit(1_000_000);
        pace.took(1).await;
        tokio::time::sleep(Duration::from_secs(100)).await;
        let begun = Instant::now();
        pace.took(1_000_000).await;
        assert!(begun.elapsed() >= Duration::from_millis(740), "{:?}", begun.elapsed());
    }
}
