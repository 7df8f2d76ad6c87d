//! When which peer is dialled: 1, 2, 4 … 30 s after a failure, with jitter, at once after news.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use dataforge_protocol::id::{DeviceId, WorkspaceId};

/// First pause before a peer is dialled again; it doubles up to [`MAX_PAUSE`].
pub(super) const MIN_PAUSE: Duration = Duration::from_secs(1);
/// Longest pause.
const MAX_PAUSE: Duration = Duration::from_secs(30);

/// How long it is news that a device was heard somewhere else: until what is heard of it no longer names
/// where it was.
const NEWS: Duration = Duration::from_secs(10);
/// A device is heard elsewhere for so long before it counts as moved: what is heard of it comes piece by
/// piece.
const SURE: Duration = Duration::from_millis(900);

/// A peer in a workspace.
pub(super) type Key = (WorkspaceId, DeviceId);

/// How a dial ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// A session is open.
    Connected,
    /// It did not answer.
    Unreachable,
    /// It does not know this device: that will not change in seconds.
    Refused,
}

#[derive(Debug, Clone, Copy)]
struct Due {
    at: Instant,
    pause: Duration,
    is_running: bool,
}

/// The dials to come.
#[derive(Debug)]
pub(super) struct Plan {
    due: BTreeMap<Key, Due>,
    /// Between passes over everybody.
    pass: Duration,
    passed: Instant,
}

impl Plan {
    pub(super) const fn new(pass: Duration, now: Instant) -> Self {
        Self { due: BTreeMap::new(), pass, passed: now }
    }

    /// Returns whether a peer is to be dialled now, and notes that it is.
    pub(super) fn begin(&mut self, key: Key, now: Instant) -> bool {
        let due = self.due.entry(key).or_insert(Due { at: now, pause: MIN_PAUSE, is_running: false });
        if due.is_running || due.at > now {
            return false;
        }
        due.is_running = true;
        true
    }

    /// Notes how a dial ended; `jitter` from 0 to 1 spreads the next ones of many peers.
    pub(super) fn on_outcome(&mut self, key: Key, outcome: Outcome, now: Instant, jitter: f64) {
        if outcome == Outcome::Connected {
            self.due.remove(&key);
            return;
        }
        let Some(due) = self.due.get_mut(&key) else { return };
        due.is_running = false;
        let pause = if outcome == Outcome::Refused { self.pass.max(MAX_PAUSE) } else { due.pause };
        due.at = now + pause.mul_f64(0.75 + 0.5 * jitter.clamp(0.0, 1.0));
        due.pause = (due.pause * 2).min(MAX_PAUSE);
    }

    /// Has a peer dialled at once that was heard at a new address, also while a dial to the old ones
    /// waits for an answer.
    pub(super) fn on_heard(&mut self, device: &DeviceId, now: Instant) {
        for (_, due) in self.due.iter_mut().filter(|((_, of), _)| of == device) {
            *due = Due { at: now, pause: MIN_PAUSE, is_running: false };
        }
    }

    /// Has everybody dialled at once, as after a change of the network.
    pub(super) fn reset(&mut self, now: Instant) {
        self.passed = now;
        for due in self.due.values_mut() {
            (due.at, due.pause) = (now, MIN_PAUSE);
        }
    }

    /// Has everybody dialled at once, whatever is on its way.
    pub(super) fn forget_running(&mut self, now: Instant) {
        for due in self.due.values_mut() {
            *due = Due { at: now, pause: MIN_PAUSE, is_running: false };
        }
    }

    /// Has everybody dialled now and then, however long their pauses have grown.
    pub(super) fn pass_when_due(&mut self, now: Instant) {
        if now.duration_since(self.passed) >= self.pass {
            self.reset(now);
        }
    }
}

/// Peers that are connected and were heard at an address where they were not before.
#[derive(Debug, Default)]
pub(super) struct Moves(BTreeMap<Key, Heard>);

#[derive(Debug)]
struct Heard {
    at: Instant,
    /// Since when what is heard leaves out where it is connected.
    elsewhere: Option<Instant>,
}

impl Moves {
    /// Notes that a peer was heard at another address.
    pub(super) fn on_news(&mut self, key: Key, now: Instant) {
        self.0.insert(key, Heard { at: now, elsewhere: None });
    }

    /// Returns whether a peer moved, by whether what is heard of it now leaves out where it is connected.
    pub(super) fn has_moved(&mut self, key: Key, is_elsewhere: bool, now: Instant) -> bool {
        self.0.retain(|_, heard| now.duration_since(heard.at) < NEWS);
        let Some(heard) = self.0.get_mut(&key) else { return false };
        if !is_elsewhere {
            heard.elsewhere = None;
            return false;
        }
        now.duration_since(*heard.elsewhere.get_or_insert(now)) >= SURE
    }

    /// A peer is dialled where it was heard.
    pub(super) fn forget(&mut self, key: &Key) {
        self.0.remove(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: Key = (WorkspaceId([1; 32]), DeviceId([2; 32]));

    /// The seconds after which each of some failing dials begins, without jitter.
    fn pauses(plan: &mut Plan, start: Instant, count: usize, outcome: Outcome) -> Vec<u64> {
        let (mut now, mut last, mut pauses) = (start, start, Vec::new());
        while pauses.len() < count {
            if plan.begin(KEY, now) {
                pauses.push((now - last).as_secs());
                last = now;
                plan.on_outcome(KEY, outcome, now, 0.5);
            }
            now += Duration::from_secs(1);
        }
        pauses
    }

    #[test]
    fn pauses_double_up_to_thirty_seconds() {
        let now = Instant::now();
        let mut plan = Plan::new(Duration::from_secs(300), now);
        assert_eq!(pauses(&mut plan, now, 9, Outcome::Unreachable), [0, 1, 2, 4, 8, 16, 30, 30, 30]);
    }

    #[test]
    fn refusal_waits_for_the_next_pass() {
        let now = Instant::now();
        let mut plan = Plan::new(Duration::from_secs(300), now);
        assert_eq!(pauses(&mut plan, now, 3, Outcome::Refused), [0, 300, 300]);
    }

    #[test]
    fn jitter_moves_a_dial_by_a_quarter_at_most() {
        let now = Instant::now();
        for (jitter, earliest) in [(0.0, 750), (1.0, 1250), (7.0, 1250), (-3.0, 750)] {
            let mut plan = Plan::new(Duration::from_secs(300), now);
            assert!(plan.begin(KEY, now));
            plan.on_outcome(KEY, Outcome::Unreachable, now, jitter);
            assert!(!plan.begin(KEY, now + Duration::from_millis(earliest - 1)), "{jitter}");
            assert!(plan.begin(KEY, now + Duration::from_millis(earliest)), "{jitter}");
        }
    }

    #[test]
    fn news_and_changes_of_the_network_end_a_pause() {
        let now = Instant::now();
        let mut plan = Plan::new(Duration::from_secs(300), now);
        pauses(&mut plan, now, 5, Outcome::Unreachable);
        let later = now + Duration::from_secs(16);
        assert!(!plan.begin(KEY, later));
        plan.on_heard(&DeviceId([9; 32]), later);
        assert!(!plan.begin(KEY, later));
        plan.on_heard(&KEY.1, later);
        assert!(plan.begin(KEY, later));
        // Not twice at a time, unless it is somewhere else.
        plan.reset(later);
        assert!(!plan.begin(KEY, later));
        plan.on_heard(&KEY.1, later);
        assert!(plan.begin(KEY, later));
        plan.on_outcome(KEY, Outcome::Unreachable, later, 0.5);
        plan.reset(later);
        assert!(plan.begin(KEY, later));
    }

    #[test]
    fn who_is_heard_elsewhere_for_a_while_after_news_has_moved() {
        let now = Instant::now();
        let mut moves = Moves::default();
        assert!(!moves.has_moved(KEY, true, now), "that was so before");
        moves.on_news(KEY, now);
        assert!(!moves.has_moved(KEY, true, now));
        // The rest of what is heard names where it is.
        assert!(!moves.has_moved(KEY, false, now + SURE / 2));
        assert!(!moves.has_moved(KEY, true, now + SURE));
        assert!(moves.has_moved(KEY, true, now + SURE * 2));
        moves.forget(&KEY);
        assert!(!moves.has_moved(KEY, true, now + SURE * 3));
        moves.on_news(KEY, now);
        assert!(!moves.has_moved(KEY, true, now + NEWS - SURE));
        assert!(!moves.has_moved(KEY, true, now + NEWS), "it is no news any more");
    }

    #[test]
    fn pass_reaches_those_who_refused() {
        let now = Instant::now();
        let mut plan = Plan::new(Duration::from_secs(300), now);
        assert!(plan.begin(KEY, now));
        plan.on_outcome(KEY, Outcome::Refused, now, 1.0);
        plan.pass_when_due(now + Duration::from_secs(299));
        assert!(!plan.begin(KEY, now + Duration::from_secs(299)));
        plan.pass_when_due(now + Duration::from_secs(300));
        assert!(plan.begin(KEY, now + Duration::from_secs(300)));
    }
}
