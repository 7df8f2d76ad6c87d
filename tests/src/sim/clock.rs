//! A node's clock: shown and, for invites, asked; it may be wrong by any amount.

/// Milliseconds since 1970 when a run begins.
const BEGIN_MS: i64 = 1_764_000_000_000;
/// Milliseconds of the longest jump: ten years.
const JUMP_MS: i64 = 10 * 365 * 24 * 3_600_000;

/// How a node's clock differs from the time of the simulation.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Clock {
    offset_ms: i64,
    /// How much too fast it runs, in millionths.
    drift_ppm: i64,
}

impl Clock {
    /// Returns what it shows.
    pub(super) fn read(self, now_ms: u64) -> u64 {
        let now = i64::try_from(now_ms).unwrap_or(i64::MAX / 2_000_000);
        let shown = BEGIN_MS + now + now / 1_000_000 * self.drift_ppm + self.offset_ms;
        u64::try_from(shown).unwrap_or(0)
    }

    /// Sets it to something else.
    pub(super) fn jump(&mut self, random: &mut fastrand::Rng) {
        let most = [1_000, 3_600_000, JUMP_MS][random.usize(..3)];
        self.offset_ms = random.i64(-most..=most);
        self.drift_ppm = random.i64(-500..=500);
    }
}
