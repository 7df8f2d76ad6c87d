//! Requests for samples as they are drawn.

use serde::{Deserialize, Serialize};

/// What is asked about samples.
///
/// Samples come as output: an Arrow IPC stream, which [`SampleReader`](crate::series::SampleReader) or
/// [`OverviewReader`](crate::series::OverviewReader) turns into series as it comes. Curves are named by their
/// ordinals in the run; none stands for all that are numbers. What is on screen is told by `Showing`
/// ([`DataRequest`](super::DataRequest)), so that it comes first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "samples", rename_all = "snake_case")]
pub enum SamplesRequest {
    /// Sends all samples of some curves, fetching of the table what is needed and not here: the index first,
    /// then a column for each curve in the order of the run, in the order of its rows. → `Samples`
    Read {
        /// A run.
        run: String,
        /// Ordinals of curves.
        #[serde(default)]
        curves: Vec<u32>,
        /// Which table.
        #[serde(default)]
        form: SampleForm,
        /// From this index on, in the unit of the table.
        #[serde(default)]
        from: Option<f64>,
        /// Up to this index, which counts.
        #[serde(default)]
        to: Option<f64>,
    },
    /// Sends minima and maxima of stretches of rows: of the stored pyramid, which is small and is fetched
    /// first, or of the table where there is none. → `Samples`
    Overview {
        /// A run.
        run: String,
        /// Ordinals of curves.
        #[serde(default)]
        curves: Vec<u32>,
        /// At most so many stretches, up to [`MAX_BUCKETS`].
        buckets: u32,
    },
    /// Says of runs whether their samples are here, and who else has them. → `SamplePlaces`
    Where {
        /// Runs, at most [`MAX_PLACES`].
        runs: Vec<String>,
    },
}

/// Stretches of an overview at most.
pub const MAX_BUCKETS: u32 = 8_192;
/// Runs that may be asked about at a time.
pub const MAX_PLACES: usize = 1_000;

/// A table of a run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SampleForm {
    /// As delivered.
    #[default]
    Native,
    /// The gridded copy, on the depth grid of the well, in canonical units.
    Gridded,
}
