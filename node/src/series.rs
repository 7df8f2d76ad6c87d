//! Samples of a curve as they are drawn: exact minima and maxima per pixel row, gaps as gaps.
//!
//! Pure. The bytes of a table become a [`Series`], which holds all samples of one curve with a
//! [`Pyramid`] over them; a stored pyramid becomes an [`Overview`], which is coarse and says so. Both
//! answer the same question ([`Trace::rows`]): what lies in each row of a [`View`].
//!
//! Everything is in order of increasing index. The index is in one unit and the values in one unit,
//! whichever the caller has; to show others, scale the results (a factor below zero or a reciprocal
//! swaps min and max). No value is NaN; a line leads from one sample to the next only when both have
//! a value, so nothing is drawn where nothing was measured.

use std::ops::Range;
use std::sync::Arc;

mod blocks;
mod buckets;
mod overview;
mod pyramid;
mod reader;
mod rows;
#[cfg(test)]
mod tests;
mod view;

pub use self::blocks::Block;
pub use self::buckets::Buckets;
pub(crate) use self::buckets::columns;
pub use self::overview::{Bucket, Overview};
pub use self::pyramid::{Extent, FACTOR, Pyramid};
pub use self::reader::{OverviewReader, ReadError, SampleReader, Samples};
pub use self::rows::{Row, Rows};
pub use self::view::View;

/// A sample: where, and what was measured there.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// Its index, in the unit of the index; finite.
    pub index: f64,
    /// Its value, in the unit of the curve; NaN when it has none.
    pub value: f64,
}

/// All samples of one curve, in order of increasing index, with a pyramid over them.
///
/// Cheap to clone. Curves of a run share their index.
#[derive(Debug, Clone)]
pub struct Series {
    index: Arc<[f64]>,
    values: Arc<[f64]>,
    pyramid: Arc<Pyramid>,
}

/// Why samples make no series.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SeriesError {
    /// As many values as index values are needed.
    #[error("{values} values for {index} index values")]
    Length {
        /// Index values given.
        index: usize,
        /// Values given.
        values: usize,
    },
    /// An index has to be sorted and finite by then.
    #[error("the index of sample {at} is no number or lies above the one before it")]
    Order {
        /// Its position, from 0.
        at: usize,
    },
}

/// How the rows of a table become samples in order of increasing index: shared by all curves of a
/// run.
///
/// Rows without an index, and those whose index is not finite, have no place and are left out. An index
/// that runs upwards is reversed; one that goes to and fro is sorted, rows of equal index staying in the
/// order of the table.
#[derive(Debug, Clone)]
pub struct Order {
    index: Arc<[f64]>,
    /// Rows of the table in order, when they are not all of them as they stand.
    rows: Option<Arc<[u32]>>,
    is_reversed: bool,
    is_sorted: bool,
}

impl Order {
    /// Finds the order of an index as delivered, NaN where a row has none; at most `u32::MAX` rows
    /// count.
    #[must_use]
    pub fn new(delivered: &[f64]) -> Self {
        let len = u32::try_from(delivered.len()).unwrap_or(u32::MAX);
        let delivered = &delivered[..len as usize];
        let mut rows: Vec<u32> = (0..len).zip(delivered).filter(|(_, at)| at.is_finite()).map(|(row, _)| row).collect();
        let at = |row: &u32| delivered[*row as usize];
        let is_increasing = rows.is_sorted_by(|a, b| at(a) <= at(b));
        let is_reversed = !is_increasing && rows.is_sorted_by(|a, b| at(a) >= at(b));
        if is_reversed {
            rows.reverse();
        } else if !is_increasing {
            rows.sort_by(|a, b| at(a).total_cmp(&at(b)));
        }
        let is_whole = is_increasing && rows.len() == delivered.len();
        let index: Arc<[f64]> = if is_whole { delivered.into() } else { rows.iter().map(at).collect() };
        let is_sorted = !is_increasing && !is_reversed;
        Self { index, rows: (!is_whole).then(|| rows.into()), is_reversed, is_sorted }
    }

    /// Returns the index in order.
    #[must_use]
    pub const fn index(&self) -> &Arc<[f64]> {
        &self.index
    }

    /// Whether the log was delivered from below upwards.
    #[must_use]
    pub const fn is_reversed(&self) -> bool {
        self.is_reversed
    }

    /// Whether the index went to and fro, so that samples stand in another order than delivered.
    #[must_use]
    pub const fn is_sorted(&self) -> bool {
        self.is_sorted
    }

    /// Puts the values of a curve in order: one a row of the table, NaN or infinite where it has none.
    ///
    /// # Errors
    /// [`SeriesError::Length`] when there are fewer values than the order speaks of.
    pub fn series(&self, delivered: &[f64]) -> Result<Series, SeriesError> {
        let short = || SeriesError::Length { index: self.index.len(), values: delivered.len() };
        let values: Arc<[f64]> = match &self.rows {
            None => delivered.get(..self.index.len()).ok_or_else(short)?.into(),
            Some(rows) => {
                let value = |row: &u32| delivered.get(*row as usize).copied();
                rows.iter().map(value).collect::<Option<_>>().ok_or_else(short)?
            }
        };
        Ok(Series::of(Arc::clone(&self.index), values))
    }
}

impl Series {
    /// Makes a series of samples as they were delivered: reversed when they run upwards, sorted when
    /// they go to and fro. For several curves of one index make an [`Order`] once.
    ///
    /// # Errors
    /// [`SeriesError::Length`].
    pub fn new(index: &[f64], values: &[f64]) -> Result<Self, SeriesError> {
        if index.len() != values.len() {
            return Err(SeriesError::Length { index: index.len(), values: values.len() });
        }
        Order::new(index).series(values)
    }

    /// Makes a series of samples that are in order already.
    ///
    /// # Errors
    /// [`SeriesError`].
    pub fn from_ordered(index: Arc<[f64]>, values: Arc<[f64]>) -> Result<Self, SeriesError> {
        if index.len() != values.len() {
            return Err(SeriesError::Length { index: index.len(), values: values.len() });
        }
        let mut before = f64::NEG_INFINITY;
        for (at, &here) in index.iter().enumerate() {
            if !here.is_finite() || here < before {
                return Err(SeriesError::Order { at });
            }
            before = here;
        }
        Ok(Self::of(index, values))
    }

    fn of(index: Arc<[f64]>, values: Arc<[f64]>) -> Self {
        // Infinity can neither be drawn nor measured.
        let values = if values.iter().any(|value| value.is_infinite()) {
            values.iter().map(|value| if value.is_infinite() { f64::NAN } else { *value }).collect()
        } else {
            values
        };
        let pyramid = Arc::new(Pyramid::new(&values));
        Self { index, values, pyramid }
    }

    /// Returns the index of all samples, never decreasing.
    #[must_use]
    pub const fn index(&self) -> &Arc<[f64]> {
        &self.index
    }

    /// Returns the values of all samples, NaN where there is none.
    #[must_use]
    pub const fn values(&self) -> &Arc<[f64]> {
        &self.values
    }

    /// Number of samples, with value or without.
    #[must_use]
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there is no sample.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Returns a sample by its ordinal.
    #[must_use]
    pub fn point(&self, ordinal: usize) -> Option<Point> {
        Some(Point { index: *self.index.get(ordinal)?, value: *self.values.get(ordinal)? })
    }

    /// First and last index; `None` without samples.
    #[must_use]
    pub fn bounds(&self) -> Option<(f64, f64)> {
        Some((*self.index.first()?, *self.index.last()?))
    }

    /// Returns the extent of the values of some samples, given by their ordinals. Exact.
    #[must_use]
    pub fn minmax(&self, ordinals: Range<usize>) -> Extent {
        self.pyramid.minmax(&self.values, ordinals)
    }

    /// Returns the ordinals of the samples whose index lies in `top..bottom`.
    #[must_use]
    pub fn between(&self, top: f64, bottom: f64) -> Range<usize> {
        let start = self.index.partition_point(|at| *at < top);
        start..self.index.partition_point(|at| *at < bottom).max(start)
    }

    /// Returns the sample nearest to an index, of equally near ones the first; it may have no value.
    /// For the readout at a cursor.
    #[must_use]
    pub fn nearest(&self, index: f64) -> Option<Point> {
        let after = self.index.partition_point(|at| *at < index);
        let (before, after) = (after.checked_sub(1).and_then(|at| self.point(at)), self.point(after));
        match (before, after) {
            (Some(before), Some(after)) if after.index - index < index - before.index => Some(after),
            (before, after) => before.or(after),
        }
    }

    /// Returns the pieces of the true line across `top..bottom`, as ordinals of samples that all have
    /// values: to be drawn instead of rows when there are fewer than two samples a row.
    ///
    /// One sample beyond either edge is among them when the line leads there, so that lines reach the
    /// edge. A piece of one sample is a point by itself, to be drawn as a dot.
    #[must_use]
    pub fn segments(&self, top: f64, bottom: f64) -> Vec<Range<usize>> {
        let within = self.between(top, bottom);
        let wide = within.start.saturating_sub(1)..(within.end + 1).min(self.len());
        let mut pieces = Vec::new();
        let mut start = wide.start;
        for ordinal in wide.clone() {
            if self.values[ordinal].is_nan() {
                pieces.push(start..ordinal);
                start = ordinal + 1;
            }
        }
        pieces.push(start..wide.end);
        pieces.retain(|piece| piece.len() > 1 || (piece.len() == 1 && within.contains(&piece.start)));
        pieces
    }
}

/// What is known of a curve: its samples, or an overview while they are not here.
#[derive(Debug, Clone)]
pub enum Trace {
    /// All samples.
    Samples(Series),
    /// Buckets of many samples each.
    Overview(Overview),
}

impl Trace {
    /// Whether [`Trace::rows`] is exact.
    #[must_use]
    pub const fn is_exact(&self) -> bool {
        matches!(self, Self::Samples(_))
    }

    /// Returns what lies in each row of a view.
    #[must_use]
    pub fn rows(&self, view: &View) -> Rows {
        match self {
            Self::Samples(series) => series.rows(view),
            Self::Overview(overview) => overview.rows(view),
        }
    }

    /// First and last index; `None` when there is nothing.
    #[must_use]
    pub fn bounds(&self) -> Option<(f64, f64)> {
        match self {
            Self::Samples(series) => series.bounds(),
            Self::Overview(overview) => overview.bounds(),
        }
    }

    /// Returns the extent of all values.
    #[must_use]
    pub fn extent(&self) -> Extent {
        match self {
            Self::Samples(series) => series.minmax(0..series.len()),
            Self::Overview(overview) => overview.extent(),
        }
    }

    /// Number of samples in `top..bottom`; of an overview those of the buckets that reach into it.
    #[must_use]
    pub fn samples_between(&self, top: f64, bottom: f64) -> u64 {
        match self {
            Self::Samples(series) => series.between(top, bottom).len() as u64,
            Self::Overview(overview) => overview.samples_between(top, bottom),
        }
    }
}
