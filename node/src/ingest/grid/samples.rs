//! The samples of a run in order of depth.

use arrow::array::Float64Array;
use dataforge_query::resample::median_step;

/// The rows of a run that have a depth, by depth; of equal depths in the order of the file.
#[derive(Debug)]
pub(super) struct Depths {
    /// Depth in the unit of the grid, and row.
    rows: Vec<(f64, u32)>,
    /// Rows without a depth.
    pub(super) without: u64,
    /// Rows whose depth another row has too.
    pub(super) repeated: u64,
}

/// The samples of one curve that have a value: depths, strictly ascending, and rows.
#[derive(Debug, Default)]
pub(super) struct Samples {
    pub(super) depths: Vec<f64>,
    pub(super) rows: Vec<u32>,
}

impl Depths {
    /// Sorts the rows of an index, whose depths are put through `place`.
    pub(super) fn new(index: &Float64Array, place: impl Fn(f64) -> f64) -> Self {
        let mut rows: Vec<(f64, u32)> = (0_u32..)
            .zip(index)
            .filter_map(|(row, depth)| Some((place(depth?), row)))
            .filter(|(depth, _)| depth.is_finite())
            .collect();
        let without = index.len() - rows.len();
        // Logs run upwards and tools go back, so the order of the file is not that of the depths.
        rows.sort_by(|one, other| one.0.total_cmp(&other.0));
        let repeated = rows.chunk_by(|one, other| one.0 == other.0).filter(|same| same.len() > 1).map(<[_]>::len).sum();
        let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
        Self { rows, without: count(without), repeated: count(repeated) }
    }

    /// Returns the smallest and the largest depth.
    pub(super) fn ends(&self) -> Option<(f64, f64)> {
        Some((self.rows.first()?.0, self.rows.last()?.0))
    }

    /// Returns the median distance of different depths, 0 when there is only one.
    pub(super) fn median_step(&self) -> f64 {
        median_step(self.rows.iter().map(|(depth, _)| *depth))
    }

    /// Returns the samples of a curve; of equal depths the first row that has a value.
    pub(super) fn samples(&self, valid: impl Fn(usize) -> bool) -> Samples {
        let mut samples = Samples::default();
        for &(depth, row) in self.rows.iter().filter(|(_, row)| valid(*row as usize)) {
            if samples.depths.last() != Some(&depth) {
                samples.depths.push(depth);
                samples.rows.push(row);
            }
        }
        samples
    }
}
