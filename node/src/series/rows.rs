//! What lies in each pixel row.

use super::{Extent, Point, Series, View};

/// The samples of one row, at least one of which has a value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Row {
    /// Smallest value of the samples in it.
    pub min: f64,
    /// Largest value.
    pub max: f64,
    /// The first sample in it; its value is NaN when it has none.
    pub first: Point,
    /// The last sample in it; its value is NaN when it has none.
    pub last: Point,
    /// Samples in it, with value or without.
    pub samples: usize,
    /// Samples in it that have a value.
    pub count: usize,
    /// Whether a line leads to `first` from the sample before it, which is the `last` of the nearest row
    /// above that is not none, or [`Rows::above`] when there is no such row.
    pub is_joined: bool,
}

/// What lies in each row of a view.
#[derive(Debug, Clone, PartialEq)]
pub struct Rows {
    /// One for each row of the view; none where no sample has a value. A row whose samples have no value
    /// is none too, and no line leads across it.
    pub rows: Vec<Option<Row>>,
    /// The last sample above the view, when it has a value. The first row that is not none says by
    /// `is_joined` whether a line leads from it.
    pub above: Option<Point>,
    /// The first sample below the view, when it and the last sample above the end of the view have
    /// values: a line leads to it, from the last row that is not none, or from `above` when all are none.
    pub below: Option<Point>,
    /// Whether min and max are those of the samples. Otherwise they are those of buckets that reach into
    /// the row, which may be larger, and first and last are where buckets begin and end.
    pub is_exact: bool,
}

impl Rows {
    /// Number of samples in all rows.
    #[must_use]
    pub fn samples(&self) -> usize {
        self.rows.iter().flatten().map(|row| row.samples).sum()
    }
}

impl Series {
    /// Returns what lies in each row of a view: exactly what the samples whose index is in
    /// `view.edge(n)..view.edge(n + 1)` say.
    ///
    /// Costs a search and a look at some dozens of entries for each row, however many samples there are.
    #[must_use]
    pub fn rows(&self, view: &View) -> Rows {
        let index = self.index();
        let mut end = index.partition_point(|at| *at < view.top());
        let above = end.checked_sub(1).and_then(|last| self.with_value(last));
        let mut rows = Vec::with_capacity(view.rows());
        for n in 0..view.rows() {
            let start = end;
            end = search(index, start, view.edge(n + 1));
            rows.push(self.row(start, end));
        }
        let last = end.checked_sub(1).and_then(|last| self.with_value(last));
        let below = last.and_then(|_| self.with_value(end));
        Rows { rows, above, below, is_exact: true }
    }

    fn row(&self, start: usize, end: usize) -> Option<Row> {
        let Extent { min, max, count } = self.minmax(start..end);
        let (first, last) = (self.point(start)?, self.point(end.checked_sub(1)?)?);
        if count == 0 {
            return None;
        }
        let before = start.checked_sub(1).and_then(|before| self.with_value(before));
        let is_joined = before.is_some() && !first.value.is_nan();
        Some(Row { min, max, first, last, samples: end - start, count, is_joined })
    }

    /// Returns a sample that has a value.
    fn with_value(&self, ordinal: usize) -> Option<Point> {
        self.point(ordinal).filter(|point| !point.value.is_nan())
    }
}

/// Returns the first position from `start` on whose index is not below `edge`: in steps that double, since
/// it is near.
fn search(index: &[f64], start: usize, edge: f64) -> usize {
    let mut step = 1;
    let mut low = start;
    while let Some(at) = index.get(low + step - 1) {
        if *at >= edge {
            break;
        }
        low += step;
        step *= 2;
    }
    let high = (low + step).min(index.len());
    low + index[low..high].partition_point(|at| *at < edge)
}
