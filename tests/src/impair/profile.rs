//! How bad one direction of a network is.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// How frames get lost, by the model of Gilbert and Elliott: a line is in a good or a bad state,
/// changes between them by chance before each frame, and loses frames with a chance of the state.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Loss {
    /// Chance that a good line turns bad.
    pub into_bad: f64,
    /// Chance that a bad line turns good.
    pub into_good: f64,
    /// Chance to lose a frame in the good state.
    pub in_good: f64,
    /// Chance to lose a frame in the bad state.
    pub in_bad: f64,
}

impl Loss {
    /// Returns loss of each frame by itself.
    #[must_use]
    pub fn even(chance: f64) -> Self {
        Self { in_good: chance, in_bad: chance, ..Self::default() }
    }

    /// Returns loss in bursts: of all frames `chance`, in runs of `length` frames on average.
    #[must_use]
    pub fn bursts(chance: f64, length: f64) -> Self {
        let into_good = 1.0 / length;
        // In the long run a line is bad for into_bad / (into_bad + into_good) of the frames.
        Self { into_bad: chance * into_good / (1.0 - chance), into_good, in_good: 0.0, in_bad: 1.0 }
    }
}

/// What a line takes in a second, and what waits before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// Bits in a second.
    pub bits_per_s: u64,
    /// Bytes that wait for the line at most; a frame that finds no room is dropped.
    pub queue_bytes: u64,
}

impl Rate {
    /// Returns a rate whose queue holds so much time of it.
    #[must_use]
    pub fn new(bits_per_s: u64, queue: Duration) -> Self {
        let bytes = u128::from(bits_per_s) * queue.as_micros() / 8_000_000;
        Self { bits_per_s, queue_bytes: u64::try_from(bytes).unwrap_or(u64::MAX) }
    }
}

/// All that happens to the frames of one direction; by default nothing.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Profile {
    /// Loss.
    pub loss: Loss,
    /// What every frame takes.
    pub delay_us: u64,
    /// What a frame takes longer, evenly from nothing to this. It alone changes no order: who is
    /// faster waits for who is before.
    pub jitter_us: u64,
    /// Chance that a frame is overtaken by those behind it.
    pub reorder: f64,
    /// For how long it is held back then.
    pub reorder_us: u64,
    /// Chance that a frame comes twice.
    pub duplicate: f64,
    /// Chance that one bit of a frame is turned over.
    pub corrupt: f64,
    /// Rate; none for as fast as it goes.
    pub rate: Option<Rate>,
}

impl Profile {
    /// Returns a profile that only delays.
    #[must_use]
    pub fn delay_ms(ms: u64) -> Self {
        Self { delay_us: ms * 1000, ..Self::default() }
    }

    /// Returns the profile with a loss.
    #[must_use]
    pub fn with_loss(self, loss: Loss) -> Self {
        Self { loss, ..self }
    }

    /// Returns the profile with a rate, and a queue of a fifth of a second.
    #[must_use]
    pub fn with_rate(self, bits_per_s: u64) -> Self {
        Self { rate: Some(Rate::new(bits_per_s, Duration::from_millis(200))), ..self }
    }
}
