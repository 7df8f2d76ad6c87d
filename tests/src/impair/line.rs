//! One direction of a bad network: pure, seeded, with time as an argument.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Profile;

/// Frames that wait at most; beyond it they are dropped as by a full queue, so that a rate of
/// nothing or an endless delay costs bounded memory.
const MAX_WAITING: usize = 200_000;

/// What became of frames. Bytes are those on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Counts {
    /// Frames that came in.
    pub offered: u64,
    /// Their bytes.
    pub offered_bytes: u64,
    /// Frames that went out, the second ones of duplicates among them.
    pub delivered: u64,
    /// Their bytes.
    pub delivered_bytes: u64,
    /// Frames lost by chance.
    pub lost: u64,
    /// Frames that a cut swallowed, those under way among them.
    pub cut: u64,
    /// Frames that found the queue full.
    pub queue_full: u64,
    /// Frames that were doubled.
    pub duplicated: u64,
    /// Frames that were held back.
    pub reordered: u64,
    /// Frames of which a bit was turned over.
    pub corrupted: u64,
}

/// One direction. Frames are offered and taken at times that never go back.
#[derive(Debug)]
pub struct Line {
    profile: Profile,
    is_cut: bool,
    /// The state of the loss.
    is_bad: bool,
    random: fastrand::Rng,
    /// Bytes before each frame that are not on the wire, and bytes that are never damaged.
    prefix: usize,
    spared: usize,
    /// When the line has sent all that it took.
    free_at: Duration,
    /// When the last frame that keeps the order goes out.
    last_due: Duration,
    /// By due time, then as they came.
    under_way: BTreeMap<(Duration, u64), Vec<u8>>,
    serial: u64,
    counts: Counts,
}

impl Line {
    /// Makes a whole and perfect line. `prefix` bytes before each frame are not on the wire; of
    /// these and the next ones `spared` bytes in all are never damaged.
    #[must_use]
    pub fn new(seed: u64, prefix: usize, spared: usize) -> Self {
        Self {
            profile: Profile::default(),
            is_cut: false,
            is_bad: false,
            random: fastrand::Rng::with_seed(seed),
            prefix,
            spared: spared.max(prefix),
            free_at: Duration::ZERO,
            last_due: Duration::ZERO,
            under_way: BTreeMap::new(),
            serial: 0,
            counts: Counts::default(),
        }
    }

    /// Changes how bad it is, for frames from now on.
    pub fn set_profile(&mut self, profile: Profile) {
        self.profile = profile;
        // What was held up by a slow line is not in the way of a fast one.
        self.free_at = Duration::ZERO;
        self.last_due = Duration::ZERO;
        self.is_bad = false;
    }

    /// Cuts it, with what is under way, or joins it again.
    pub fn set_cut(&mut self, is_cut: bool) {
        self.is_cut = is_cut;
        if is_cut {
            self.counts.cut += self.under_way.len() as u64;
            self.under_way.clear();
            self.free_at = Duration::ZERO;
            self.last_due = Duration::ZERO;
        }
    }

    /// Returns what became of the frames so far.
    #[must_use]
    pub const fn counts(&self) -> Counts {
        self.counts
    }

    /// Takes in a frame at a time.
    pub fn offer(&mut self, now: Duration, frame: &[u8]) {
        let bytes = self.on_wire(frame);
        self.counts.offered += 1;
        self.counts.offered_bytes += bytes;
        if self.is_cut {
            self.counts.cut += 1;
        } else if self.is_lost() {
            self.counts.lost += 1;
        } else {
            self.send(now, frame, bytes);
            if self.happens(self.profile.duplicate) {
                self.counts.duplicated += 1;
                self.send(now, frame, bytes);
            }
        }
    }

    /// Returns a frame that is due, the earliest.
    pub fn take(&mut self, now: Duration) -> Option<Vec<u8>> {
        let first = self.under_way.first_entry()?;
        if first.key().0 > now {
            return None;
        }
        let frame = first.remove();
        self.counts.delivered += 1;
        self.counts.delivered_bytes += self.on_wire(&frame);
        Some(frame)
    }

    /// Returns when the next frame is due.
    #[must_use]
    pub fn next_due(&self) -> Option<Duration> {
        self.under_way.first_key_value().map(|((due, _), _)| *due)
    }

    fn on_wire(&self, frame: &[u8]) -> u64 {
        frame.len().saturating_sub(self.prefix) as u64
    }

    fn happens(&mut self, chance: f64) -> bool {
        chance > 0.0 && self.random.f64() < chance
    }

    fn is_lost(&mut self) -> bool {
        let loss = self.profile.loss;
        if self.happens(if self.is_bad { loss.into_good } else { loss.into_bad }) {
            self.is_bad = !self.is_bad;
        }
        self.happens(if self.is_bad { loss.in_bad } else { loss.in_good })
    }

    /// When a frame has gone over the line, if it finds room before it.
    fn sent_at(&mut self, now: Duration, bytes: u64) -> Option<Duration> {
        let Some(rate) = self.profile.rate else { return Some(now) };
        let bits_per_s = u128::from(rate.bits_per_s.max(1));
        let waiting = self.free_at.saturating_sub(now).as_nanos() * bits_per_s / 8_000_000_000;
        if waiting > 0 && waiting + u128::from(bytes) > u128::from(rate.queue_bytes) {
            return None;
        }
        let takes = u128::from(bytes) * 8_000_000_000 / bits_per_s;
        self.free_at = self.free_at.max(now) + Duration::from_nanos(u64::try_from(takes).unwrap_or(u64::MAX));
        Some(self.free_at)
    }

    fn send(&mut self, now: Duration, frame: &[u8], bytes: u64) {
        let sent = if self.under_way.len() < MAX_WAITING { self.sent_at(now, bytes) } else { None };
        let Some(sent) = sent else {
            self.counts.queue_full += 1;
            return;
        };
        let mut frame = frame.to_vec();
        if self.happens(self.profile.corrupt) && frame.len() > self.spared {
            let at = self.random.usize(self.spared..frame.len());
            frame[at] ^= 1 << self.random.u32(0..8);
            self.counts.corrupted += 1;
        }
        let jitter = if self.profile.jitter_us > 0 { self.random.u64(0..=self.profile.jitter_us) } else { 0 };
        let mut due = sent + Duration::from_micros(self.profile.delay_us + jitter);
        if self.happens(self.profile.reorder) {
            self.counts.reordered += 1;
            due += Duration::from_micros(self.profile.reorder_us);
        } else {
            due = due.max(self.last_due);
            self.last_due = due;
        }
        self.serial += 1;
        self.under_way.insert((due, self.serial), frame);
    }
}
