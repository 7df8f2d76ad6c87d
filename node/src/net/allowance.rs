//! How much each peer may push: beyond that it waits, so that the others and whoever works here get
//! their turn.
//!
//! What is sent is only taken later, never refused: what counts stays a function of the entries held.
//! A peer that waits is not read from, so its side stops sending when the connection is full.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use dataforge_protocol::id::DeviceId;

use crate::config::NetworkConfig;

/// What may come at once: as much as is taken in this time. A team's week comes so without a pause.
const BURST: Duration = Duration::from_secs(30);

/// How much may come in a second; 0 for no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rates {
    pub(super) entries: u64,
    pub(super) bytes: u64,
}

impl From<&NetworkConfig> for Rates {
    fn from(config: &NetworkConfig) -> Self {
        Self { entries: config.peer_entries_per_s, bytes: config.peer_bytes_per_s }
    }
}

/// How a peer that pushed too much was slowed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Slowed {
    /// For how long in all since the network started.
    pub(crate) total: Duration,
    /// Whether it is now.
    pub(crate) now: bool,
}

/// What a peer used of what it may.
#[derive(Debug)]
struct Used {
    /// When `entries` and `bytes` were so.
    at: Instant,
    /// The time that the entries take which came and were not worked off by then.
    entries: Duration,
    /// The time that their bytes take.
    bytes: Duration,
    /// How many of its sessions wait.
    waiting: usize,
    total: Duration,
}

/// What all peers used; by device, over all their sessions.
#[derive(Debug, Default)]
pub(crate) struct Allowances(Mutex<BTreeMap<DeviceId, Used>>);

/// The time that an amount takes at a rate.
fn time(amount: usize, per_s: u64) -> Duration {
    if per_s == 0 { Duration::ZERO } else { Duration::from_secs_f64(amount as f64 / per_s as f64) }
}

impl Allowances {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<DeviceId, Used>> {
        // Every change leaves it whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes entries that came from a peer, and returns how long they are to wait.
    pub(super) fn take(
        &self,
        peer: DeviceId,
        (entries, bytes): (usize, usize),
        rates: Rates,
        now: Instant,
    ) -> Duration {
        let mut all = self.lock();
        let (zero, total) = (Duration::ZERO, Duration::ZERO);
        let used = all.entry(peer).or_insert(Used { at: now, entries: zero, bytes: zero, waiting: 0, total });
        let passed = now.saturating_duration_since(used.at);
        used.at = now;
        used.entries = used.entries.saturating_sub(passed) + time(entries, rates.entries);
        used.bytes = used.bytes.saturating_sub(passed) + time(bytes, rates.bytes);
        used.entries.max(used.bytes).saturating_sub(BURST)
    }

    /// Notes that a session with a peer waits, until what is returned is dropped: at the end of the
    /// session too, however that comes.
    pub(super) fn wait(&self, peer: DeviceId) -> Waiting<'_> {
        if let Some(used) = self.lock().get_mut(&peer) {
            used.waiting += 1;
        }
        Waiting { allowances: self, peer, begun: Instant::now() }
    }

    /// Returns how the peers were slowed that ever were.
    pub(crate) fn slowed(&self) -> BTreeMap<DeviceId, Slowed> {
        let all = self.lock();
        let slowed = all.iter().map(|(device, used)| (*device, Slowed { total: used.total, now: used.waiting > 0 }));
        slowed.filter(|(_, slowed)| slowed.now || !slowed.total.is_zero()).collect()
    }
}

/// A session that waits.
#[derive(Debug)]
pub(super) struct Waiting<'a> {
    allowances: &'a Allowances,
    peer: DeviceId,
    begun: Instant,
}

impl Waiting<'_> {
    /// Returns for how long it has waited.
    pub(super) fn elapsed(&self) -> Duration {
        self.begun.elapsed()
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        if let Some(used) = self.allowances.lock().get_mut(&self.peer) {
            used.waiting = used.waiting.saturating_sub(1);
            used.total += self.begun.elapsed();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PEER: DeviceId = DeviceId([1; 32]);
    const RATES: Rates = Rates { entries: 100, bytes: 1_000_000 };

    #[test]
    fn a_burst_passes_and_what_goes_on_waits() {
        let (allowances, begun) = (Allowances::default(), Instant::now());
        assert_eq!(allowances.take(PEER, (3000, 500), RATES, begun), Duration::ZERO);
        let wait = allowances.take(PEER, (200, 500), RATES, begun);
        assert_eq!(wait, Duration::from_secs(2));
        assert_eq!(allowances.slowed(), BTreeMap::new(), "nothing waits yet");
        // It goes on as fast as it may, and each part waits for its own time.
        let mut now = begun + wait;
        for _ in 0..50 {
            let wait = allowances.take(PEER, (100, 500), RATES, now);
            assert_eq!(wait, Duration::from_secs(1));
            now += wait;
        }
        assert_eq!(allowances.take(DeviceId([2; 32]), (3000, 500), RATES, now), Duration::ZERO, "another is another");
    }

    #[test]
    fn a_peer_is_slowed_while_a_session_with_it_waits_and_no_longer() {
        let (allowances, begun) = (Allowances::default(), Instant::now());
        assert!(!allowances.take(PEER, (9000, 500), RATES, begun).is_zero());
        let waiting = || allowances.slowed().get(&PEER).is_some_and(|slowed| slowed.now);
        let (one, mut other) = (allowances.wait(PEER), allowances.wait(PEER));
        assert!(waiting());
        drop(one);
        assert!(waiting(), "another session still does");
        // As when the session ends long before its time.
        other.begun = begun.checked_sub(Duration::from_millis(5)).unwrap();
        drop(other);
        assert!(!waiting());
        assert!(allowances.slowed()[&PEER].total >= Duration::from_millis(5), "for how long is not forgotten");
    }

    #[test]
    fn few_large_entries_wait_for_their_bytes() {
        let (allowances, begun) = (Allowances::default(), Instant::now());
        assert_eq!(allowances.take(PEER, (1, 31_000_000), RATES, begun), Duration::from_secs(1));
        let later = begun + Duration::from_secs(3600);
        assert_eq!(
            allowances.take(PEER, (1, 30_000_000), RATES, later),
            Duration::ZERO,
            "after a pause all is as it was"
        );
        let none = Rates { entries: 0, bytes: 0 };
        assert_eq!(allowances.take(PEER, (1 << 20, 1 << 30), none, later), Duration::ZERO);
    }
}
