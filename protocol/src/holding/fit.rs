//! Makes a statement smaller by leaving out what costs most for what it says: the shortest runs.

use std::ops::Range;

use super::set::{Measure, varint_len};
use super::{BlobSet, Holding};
use crate::limits;

/// Which runs are kept: those that are longer than `above`, and the first so many of just that
/// length.
#[derive(Debug, Clone, Copy)]
struct Keep {
    above: u64,
    equal: u64,
}

impl Keep {
    fn takes(&mut self, run: &Range<u64>) -> bool {
        let len = run.end - run.start;
        let is_among = len == self.above && self.equal > 0;
        self.equal -= u64::from(is_among);
        len > self.above || is_among
    }
}

impl Holding {
    /// Sorts the chains, and leaves out runs, the shortest first, until the statement is within the
    /// limits.
    #[must_use]
    pub fn fit(mut self) -> Self {
        self.chains.retain(|chain| !chain.numbers.is_empty());
        self.chains.sort_by_key(|chain| chain.device);
        if self.fits(Keep { above: 0, equal: 0 }) {
            return self;
        }
        let longest = self.lengths().max().unwrap_or(0);
        let above = first(0, longest, |above| self.fits(Keep { above, equal: 0 }));
        let count = self.lengths().filter(|len| *len == above).count() as u64;
        let left_out = first(0, count, |left_out| self.fits(Keep { above, equal: count - left_out }));
        let mut keep = Keep { above, equal: count - left_out };
        for chain in &mut self.chains {
            chain.numbers = BlobSet::from_runs(chain.numbers.runs().filter(|run| keep.takes(run)));
        }
        self.chains.retain(|chain| !chain.numbers.is_empty());
        self
    }

    fn lengths(&self) -> impl Iterator<Item = u64> + '_ {
        self.chains.iter().flat_map(|chain| chain.numbers.runs()).map(|run| run.end - run.start)
    }

    /// Returns whether the statement is within the limits with these runs only.
    fn fits(&self, mut keep: Keep) -> bool {
        let (mut chains, mut bytes) = (0_u64, 0);
        for chain in &self.chains {
            let measure = Measure::of(chain.numbers.runs().filter(|run| keep.takes(run)));
            if !measure.is_empty() {
                chains += 1;
                bytes += 32 + measure.bytes();
            }
        }
        let numbers = [self.counter, self.said_ms, self.verified_ms, chains];
        bytes += 64 + numbers.map(varint_len).iter().sum::<u64>();
        chains <= limits::MAX_HOLDING_CHAINS as u64 && bytes <= limits::MAX_HOLDING_BYTES as u64
    }
}

/// Returns the first number in a range for which something holds that holds for the last.
fn first(mut low: u64, mut high: u64, holds: impl Fn(u64) -> bool) -> u64 {
    while low < high {
        let middle = low + (high - low) / 2;
        if holds(middle) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    high
}
