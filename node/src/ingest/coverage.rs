//! Where a curve has values and where it has none.
//!
//! Two neighbouring samples belong together when they are no further apart than the threshold,
//! twice the step unless asked otherwise; a larger hole is a gap, be it of nulls or of missing
//! rows. Positions are in the unit of the index, and in metres where its factor is known.
//! Rows may run in any direction: results always go from the smaller index to the larger.

use arrow::array::{Array as _, AsArray as _};
use arrow::datatypes::Float64Type;
use arrow::record_batch::RecordBatch;
use dataforge_protocol::facts::{IndexFacts, IndexKind};
use serde::{Deserialize, Serialize};

#[cfg(test)]
mod tests;
mod text;
mod well;

pub use self::text::{render, render_well};
pub use self::well::{
    CurveInput, CurveStretches, LeftOut, Overlap, PropertyStretches, RunInput, Stretch, WellCoverage, well_coverage,
};

/// How many steps apart two samples may be and still belong together.
const THRESHOLD_STEPS: f64 = 2.0;
/// Differences of an index carry rounding noise, so thresholds are taken this much wider.
const TOLERANCE: f64 = 1e-6;

/// How coverage is judged.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Options {
    /// Largest distance of samples that belong together, in the unit of the index; `None` for
    /// twice the step.
    pub threshold: Option<f64>,
    /// Factor from the unit of the index to metres; `None` when it is not a depth or unknown.
    pub to_m: Option<f64>,
}

/// A stretch of the index.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Span {
    /// Smaller end, in the unit of the index.
    pub top: f64,
    /// Larger end, in the unit of the index; equal to the smaller for a single sample.
    pub base: f64,
    /// Smaller end in metres.
    pub top_m: Option<f64>,
    /// Larger end in metres.
    pub base_m: Option<f64>,
}

/// Where a gap lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum GapPlace {
    /// Before the first sample.
    Start,
    /// Between samples.
    Inside,
    /// After the last sample.
    End,
    /// The curve has no sample at all.
    Whole,
}

/// A stretch without samples, from the last sample before it to the first one behind it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Gap {
    /// Where it lies.
    pub place: GapPlace,
    /// Its ends.
    pub span: Span,
}

/// Where one curve has values.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Coverage {
    /// The index of the run, which all its curves share; `None` without any index value.
    pub domain: Option<Span>,
    /// Stretches with values, ascending.
    pub intervals: Vec<Span>,
    /// Stretches without, ascending.
    pub gaps: Vec<Gap>,
    /// Different index values.
    pub rows: u64,
    /// Those of them that have a value.
    pub samples: u64,
    /// The step the default threshold was taken from: the median distance of rows.
    pub step: Option<f64>,
    /// The threshold used; `None` when there is no step to take it from.
    pub threshold: Option<f64>,
}

/// Coverage of one column of a table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CurveCoverage {
    /// Name of the column.
    pub column: String,
    /// Its coverage.
    pub coverage: Coverage,
}

/// Returns where a curve has values, from its index (NaN where null) and which rows are valid.
///
/// Rows beyond the shorter of the two are not looked at.
#[must_use]
pub fn coverage(index: &[f64], valid: &[bool], options: Options) -> Coverage {
    let rows = sorted_rows(index.iter().copied().zip(valid.iter().copied()));
    let step = median_step(&rows);
    let threshold = options.threshold.or(step.map(|step| step * THRESHOLD_STEPS));
    let span = |top: f64, base: f64| Span {
        top,
        base,
        top_m: options.to_m.map(|factor| top * factor),
        base_m: options.to_m.map(|factor| base * factor),
    };
    let domain = rows.first().zip(rows.last()).map(|(first, last)| span(first.0, last.0));
    let samples: Vec<f64> = rows.iter().filter(|row| row.1).map(|row| row.0).collect();
    let (intervals, gaps) = split(&samples, domain, threshold, span);
    Coverage { domain, intervals, gaps, rows: count(rows.len()), samples: count(samples.len()), step, threshold }
}

/// Returns the coverage of all curves of a table whose first column is the index described;
/// nothing for an index of text, which has no distances.
#[must_use]
pub fn coverage_of(batch: &RecordBatch, index: &IndexFacts, threshold: Option<f64>) -> Vec<CurveCoverage> {
    let schema = batch.schema();
    let Some(values) = batch.columns().first().and_then(|column| {
        column
            .as_primitive_opt::<Float64Type>()
            .map(|depths| depths.iter().map(|depth| depth.unwrap_or(f64::NAN)).collect::<Vec<_>>())
    }) else {
        return Vec::new();
    };
    let to_m = index.to_si.filter(|_| index.kind == IndexKind::Depth);
    let options = Options { threshold, to_m };
    let columns = batch.columns().iter().zip(schema.fields()).skip(1);
    columns
        .map(|(array, field)| {
            let valid: Vec<bool> = (0..array.len()).map(|row| array.is_valid(row)).collect();
            let coverage = coverage(&values, &valid, options);
            CurveCoverage { column: field.name().clone(), coverage }
        })
        .collect()
}

/// Returns the rows that have an index, ascending; of equal ones a valid one counts.
fn sorted_rows(rows: impl Iterator<Item = (f64, bool)>) -> Vec<(f64, bool)> {
    let mut rows: Vec<(f64, bool)> = rows.filter(|row| !row.0.is_nan()).collect();
    rows.sort_by(|one, other| one.0.total_cmp(&other.0));
    rows.dedup_by(|next, kept| {
        let same = next.0 == kept.0;
        kept.1 |= same && next.1;
        same
    });
    rows
}

fn median_step(rows: &[(f64, bool)]) -> Option<f64> {
    let mut steps: Vec<f64> = rows.windows(2).map(|pair| pair[1].0 - pair[0].0).collect();
    let middle = steps.len() / 2;
    (!steps.is_empty()).then(|| *steps.select_nth_unstable_by(middle, f64::total_cmp).1)
}

/// Splits ascending samples into stretches, and finds the holes around them.
fn split(
    samples: &[f64],
    domain: Option<Span>,
    threshold: Option<f64>,
    span: impl Fn(f64, f64) -> Span,
) -> (Vec<Span>, Vec<Gap>) {
    let (mut intervals, mut gaps) = (Vec::new(), Vec::new());
    let Some(domain) = domain else {
        return (intervals, gaps);
    };
    let (Some(&first), Some(&last)) = (samples.first(), samples.last()) else {
        gaps.push(Gap { place: GapPlace::Whole, span: domain });
        return (intervals, gaps);
    };
    let apart = |top: f64, base: f64| threshold.is_some_and(|threshold| base - top > threshold * (1.0 + TOLERANCE));
    let mut hole = |place, top, base| gaps.push(Gap { place, span: span(top, base) });
    if apart(domain.top, first) {
        hole(GapPlace::Start, domain.top, first);
    }
    let mut top = first;
    for pair in samples.windows(2).filter(|pair| apart(pair[0], pair[1])) {
        intervals.push(span(top, pair[0]));
        hole(GapPlace::Inside, pair[0], pair[1]);
        top = pair[1];
    }
    intervals.push(span(top, last));
    if apart(last, domain.base) {
        hole(GapPlace::End, last, domain.base);
    }
    (intervals, gaps)
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

impl Coverage {
    /// Returns the share of index values that have a value, from 0 to 1.
    #[must_use]
    pub fn share(&self) -> f64 {
        if self.rows == 0 { 0.0 } else { self.samples as f64 / self.rows as f64 }
    }

    /// Returns how much of the index has values, in its unit: a sample stands for half a step on
    /// either side.
    #[must_use]
    pub fn covered(&self) -> f64 {
        let step = self.step.unwrap_or(0.0);
        self.intervals.iter().map(|part| part.base - part.top + step).sum()
    }

    /// Returns the coverage as a line of text over the whole index: `#` covered, `+` in part,
    /// `.` not at all.
    #[must_use]
    pub fn bar(&self, cells: usize) -> String {
        let Some(domain) = self.domain else {
            return ".".repeat(cells);
        };
        let parts: Vec<(f64, f64)> = self.intervals.iter().map(|part| (part.top, part.base)).collect();
        text::bar(&parts, (domain.top, domain.base), self.step.unwrap_or(0.0) / 2.0, cells)
    }
}
