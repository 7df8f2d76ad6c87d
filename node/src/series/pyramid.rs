//! Minima and maxima of many samples at once, exactly.

use std::ops::Range;

/// Samples under one entry of the lowest level, and entries under one of the next.
pub const FACTOR: usize = 16;

/// The extent of some values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Extent {
    /// Smallest value; positive infinity when there is none.
    pub min: f64,
    /// Largest value; negative infinity when there is none.
    pub max: f64,
    /// Number of samples that have a value.
    pub count: usize,
}

impl Extent {
    /// That of no value.
    pub const NONE: Self = Self { min: f64::INFINITY, max: f64::NEG_INFINITY, count: 0 };

    /// Whether there is no value.
    #[must_use]
    pub const fn is_none(&self) -> bool {
        self.count == 0
    }

    /// Takes a value in; NaN is none.
    pub(crate) fn add(&mut self, value: f64) {
        if !value.is_nan() {
            self.min = self.min.min(value);
            self.max = self.max.max(value);
            self.count += 1;
        }
    }

    /// Takes another extent in.
    pub(crate) fn join(&mut self, other: &Self) {
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
        // What somebody else wrote may be anything.
        self.count = self.count.saturating_add(other.count);
    }
}

/// Extents of 16, 256, 4096 … samples, down to a level of at most 16 entries.
///
/// In doubles, as the values are: about 20 % of their bytes, and exact without a second look. Single
/// precision would be half of that and wrong by a pixel now and then.
#[derive(Debug, Clone, Default)]
pub struct Pyramid {
    /// The lowest level first.
    levels: Vec<Vec<Extent>>,
}

impl Pyramid {
    /// Builds one over values, NaN where there is none.
    #[must_use]
    pub fn new(values: &[f64]) -> Self {
        let mut levels = Vec::new();
        if values.len() > FACTOR {
            let lowest = values.chunks(FACTOR).map(|chunk| {
                let mut extent = Extent::NONE;
                chunk.iter().for_each(|value| extent.add(*value));
                extent
            });
            levels.push(lowest.collect::<Vec<_>>());
        }
        while let Some(last) = levels.last().filter(|last| last.len() > FACTOR) {
            let next = last.chunks(FACTOR).map(|chunk| {
                let mut extent = Extent::NONE;
                chunk.iter().for_each(|entry| extent.join(entry));
                extent
            });
            let next: Vec<_> = next.collect();
            levels.push(next);
        }
        Self { levels }
    }

    /// Returns the extent of the values at some positions: the edges from the values themselves, what
    /// lies between from the levels. `values` are those it was built over; positions beyond their end are
    /// none.
    #[must_use]
    pub fn minmax(&self, values: &[f64], positions: Range<usize>) -> Extent {
        let mut extent = Extent::NONE;
        let mut left = positions.start..positions.end.min(values.len());
        if left.is_empty() {
            return extent;
        }
        let mut scan = |part: Range<usize>| values[part].iter().for_each(|value| extent.add(*value));
        if self.levels.is_empty() || left.len() < 2 * FACTOR {
            scan(left);
            return extent;
        }
        let inner = inside(&left);
        scan(left.start..inner.start * FACTOR);
        scan(inner.end * FACTOR..left.end);
        left = inner;
        for (number, level) in self.levels.iter().enumerate() {
            let mut scan = |part: Range<usize>| level[part].iter().for_each(|entry| extent.join(entry));
            if number + 1 == self.levels.len() || left.len() < 2 * FACTOR {
                scan(left);
                return extent;
            }
            let inner = inside(&left);
            scan(left.start..inner.start * FACTOR);
            scan(inner.end * FACTOR..left.end);
            left = inner;
        }
        extent
    }
}

/// The whole entries of the next level that lie within some positions of one, which are at least
/// `2 * FACTOR - 1`.
const fn inside(positions: &Range<usize>) -> Range<usize> {
    positions.start.div_ceil(FACTOR)..positions.end / FACTOR
}
