//! A curve by buckets of many samples, while its samples are not here.

use std::sync::Arc;

use super::{Extent, Point, Row, Rows, View};

/// Samples that follow each other.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bucket {
    /// Smallest index of its samples; finite.
    pub top: f64,
    /// Largest index of its samples; finite, not below `top`.
    pub base: f64,
    /// Samples in it, with value or without.
    pub samples: u64,
    /// Samples in it that have a value.
    pub count: u64,
    /// Smallest value; without meaning when none has one.
    pub min: f64,
    /// Largest value; without meaning when none has one.
    pub max: f64,
}

/// Buckets of one curve, in order of increasing index.
///
/// Its rows are coarse: a bucket reaches from its first to its last index, and says of each row on the
/// way only what it knows of all its samples.
#[derive(Debug, Clone)]
pub struct Overview {
    buckets: Arc<[Bucket]>,
}

impl Overview {
    /// Makes one of buckets, which are put in order; those without samples, or whose index is not
    /// finite, are left out.
    #[must_use]
    pub fn new(mut buckets: Vec<Bucket>) -> Self {
        buckets.retain(|one| one.samples > 0 && one.top.is_finite() && one.base.is_finite() && one.top <= one.base);
        for bucket in &mut buckets {
            // What somebody else wrote may be anything.
            if !(bucket.min.is_finite() && bucket.max.is_finite() && bucket.min <= bucket.max) {
                bucket.count = 0;
            }
            bucket.count = bucket.count.min(bucket.samples);
        }
        buckets.sort_by(|a, b| a.top.total_cmp(&b.top));
        Self { buckets: buckets.into() }
    }

    /// Returns its buckets in order.
    #[must_use]
    pub fn buckets(&self) -> &[Bucket] {
        &self.buckets
    }

    /// Smallest and largest index; `None` without buckets.
    #[must_use]
    pub fn bounds(&self) -> Option<(f64, f64)> {
        let base = self.buckets.iter().map(|bucket| bucket.base).reduce(f64::max)?;
        Some((self.buckets.first()?.top, base))
    }

    /// Returns the extent of all values.
    #[must_use]
    pub fn extent(&self) -> Extent {
        let mut all = Extent::NONE;
        self.buckets.iter().filter_map(Bucket::extent).for_each(|extent| all.join(&extent));
        all
    }

    /// Number of samples of the buckets that reach into `top..bottom`.
    #[must_use]
    pub fn samples_between(&self, top: f64, bottom: f64) -> u64 {
        let within = self.buckets.iter().filter(|bucket| bucket.top < bottom && bucket.base >= top);
        within.map(|bucket| bucket.samples).sum()
    }

    /// Returns what is known of each row of a view; `is_exact` is false.
    ///
    /// A row says what the buckets say that reach into it. Buckets are joined when all their samples have
    /// values.
    #[must_use]
    pub fn rows(&self, view: &View) -> Rows {
        let mut rows: Vec<Option<Row>> = vec![None; view.rows()];
        let (mut above, mut below) = (None, None);
        // Whether the last sample so far has a value, as far as is known.
        let mut is_open = false;
        for bucket in self.buckets.iter() {
            let Some(extent) = bucket.extent() else {
                is_open = false;
                if bucket.base < view.top() {
                    above = None;
                }
                continue;
            };
            let is_whole = bucket.count == bucket.samples;
            let middle = extent.min.midpoint(extent.max);
            if bucket.base < view.top() {
                above = is_whole.then_some(Point { index: bucket.base, value: middle });
            } else if bucket.top >= view.bottom() {
                if below.is_none() && is_open && is_whole {
                    below = Some(Point { index: bucket.top, value: middle });
                }
                break;
            } else {
                if bucket.top < view.top() {
                    above = Some(Point { index: bucket.top, value: middle });
                }
                spread(bucket, &extent, view, is_open && is_whole, &mut rows);
            }
            is_open = is_whole;
        }
        Rows { rows, above, below, is_exact: false }
    }
}

impl Bucket {
    /// Returns the extent of its values; `None` when it has none.
    fn extent(&self) -> Option<Extent> {
        let count = usize::try_from(self.count).unwrap_or(usize::MAX);
        (count > 0).then_some(Extent { min: self.min, max: self.max, count })
    }
}

/// Puts a bucket that reaches into a view into every row on its way.
fn spread(bucket: &Bucket, extent: &Extent, view: &View, is_joined: bool, rows: &mut [Option<Row>]) {
    let from = view.row_of(bucket.top.max(view.top())).unwrap_or(0);
    let to = view.row_of(bucket.base).unwrap_or_else(|| view.rows().saturating_sub(1));
    let share = (to - from + 1).max(1);
    let (samples, count) = (usize::try_from(bucket.samples).unwrap_or(usize::MAX), extent.count);
    let middle = extent.min.midpoint(extent.max);
    for (n, row) in rows.iter_mut().enumerate().take(to + 1).skip(from) {
        let first = Point { index: view.edge(n).max(bucket.top), value: middle };
        let last = Point { index: view.edge(n + 1).min(bucket.base), value: middle };
        // So that the rows together have about as many as the bucket.
        let (samples, count) = (samples.div_ceil(share), count.div_ceil(share));
        match row {
            Some(row) => {
                row.min = row.min.min(extent.min);
                row.max = row.max.max(extent.max);
                row.last = last;
                row.samples += samples;
                row.count += count;
            }
            None => {
                // Within a bucket one row leads to the next.
                let is_joined = is_joined || n > from || (n == from && bucket.top < view.edge(n));
                *row = Some(Row { min: extent.min, max: extent.max, first, last, samples, count, is_joined });
            }
        }
    }
}
