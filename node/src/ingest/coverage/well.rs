//! Where a well has data: per curve and per property, over all its runs, in metres.
//!
//! Runs are of different steps and units, so everything is in metres here. A property is covered
//! where any of its curves is; where curves of different runs both are, they overlap and somebody
//! has to choose or join them. Runs without a depth in metres are named and left out.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Coverage, Span, TOLERANCE};

/// A run with the coverage of its curves.
#[derive(Debug, Clone, PartialEq)]
pub struct RunInput {
    /// How it is called.
    pub run: String,
    /// Factor from the unit of its index to metres; `None` when it has no depth or an unknown unit.
    pub to_m: Option<f64>,
    /// What is added to its depths, in metres, to count them from the datum of the others.
    pub shift_m: f64,
    /// Its curves.
    pub curves: Vec<CurveInput>,
}

/// A curve with its coverage.
#[derive(Debug, Clone, PartialEq)]
pub struct CurveInput {
    /// How it is called.
    pub label: String,
    /// Id of its property.
    pub property: Option<String>,
    /// Its coverage, in the unit of the index.
    pub coverage: Coverage,
}

/// A stretch of the hole in metres.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Stretch {
    /// Its smaller depth.
    pub top_m: f64,
    /// Its larger depth; equal to the smaller for a single sample.
    pub base_m: f64,
}

/// Where a well has data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WellCoverage {
    /// From the smallest to the largest depth of any run; `None` without any.
    pub extent: Option<Stretch>,
    /// The properties, by id.
    pub properties: Vec<PropertyStretches>,
    /// The curves, in the order of runs and columns.
    pub curves: Vec<CurveStretches>,
    /// Runs that have no place here.
    pub left_out: Vec<LeftOut>,
}

/// Where a property is covered by any curve.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PropertyStretches {
    /// Id of the property.
    pub property: String,
    /// Stretches with values, ascending, those nearer than the threshold joined.
    pub intervals: Vec<Stretch>,
    /// Stretches of the well without, ascending, larger than the threshold.
    pub gaps: Vec<Stretch>,
    /// Stretches that curves of several runs cover, ascending.
    pub overlaps: Vec<Overlap>,
    /// How much is covered.
    pub covered_m: f64,
    /// The threshold used.
    pub threshold_m: f64,
    /// The largest step of its curves.
    pub step_m: f64,
}

/// A stretch that several runs cover.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Overlap {
    /// The stretch.
    #[serde(flatten)]
    pub stretch: Stretch,
    /// The runs, by name.
    pub runs: Vec<String>,
}

/// Where one curve has values.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CurveStretches {
    /// The run.
    pub run: String,
    /// The curve.
    pub label: String,
    /// Id of its property.
    pub property: Option<String>,
    /// Stretches with values, ascending.
    pub intervals: Vec<Stretch>,
    /// Stretches of its run without, ascending, larger than the threshold.
    pub gaps: Vec<Stretch>,
    /// How much is covered.
    pub covered_m: f64,
    /// Its step; 0 when there is none.
    pub step_m: f64,
}

/// A run that has no place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// The run.
    pub run: String,
    /// Why.
    pub reason: String,
}

/// Returns where a well has data. Stretches of a property no farther apart than `threshold_m`
/// count as one; `None` for the largest threshold of its curves.
#[must_use]
pub fn well_coverage(runs: &[RunInput], threshold_m: Option<f64>) -> WellCoverage {
    let mut well = WellCoverage { extent: None, properties: Vec::new(), curves: Vec::new(), left_out: Vec::new() };
    let mut by_property: BTreeMap<&str, Vec<Part<'_>>> = BTreeMap::new();
    for run in runs {
        let Some(to_m) = run.to_m else {
            let reason = "no depth in metres".to_owned();
            well.left_out.push(LeftOut { run: run.run.clone(), reason });
            continue;
        };
        let stretch = |span: &Span| placed(span, to_m, run.shift_m);
        for curve in &run.curves {
            let coverage = &curve.coverage;
            well.extent = joined(well.extent, coverage.domain.as_ref().map(stretch));
            let intervals: Vec<Stretch> = coverage.intervals.iter().map(stretch).collect();
            let gaps = coverage.gaps.iter().map(|gap| stretch(&gap.span));
            let gaps =
                gaps.filter(|gap| threshold_m.is_none_or(|threshold| gap.base_m - gap.top_m > threshold)).collect();
            let metres = |length: Option<f64>| length.unwrap_or(0.0) * to_m;
            if let Some(property) = &curve.property {
                let (threshold_m, step_m) = (metres(coverage.threshold), metres(coverage.step));
                let part = Part { run: &run.run, intervals: intervals.clone(), threshold_m, step_m };
                by_property.entry(property).or_default().push(part);
            }
            well.curves.push(CurveStretches {
                run: run.run.clone(),
                label: curve.label.clone(),
                property: curve.property.clone(),
                intervals,
                gaps,
                covered_m: coverage.covered() * to_m,
                step_m: metres(coverage.step),
            });
        }
    }
    let extent = well.extent;
    let property = |(id, parts): (&str, Vec<Part<'_>>)| of_property(id, &parts, extent, threshold_m);
    well.properties = by_property.into_iter().map(property).collect();
    well
}

/// What one curve adds to its property.
struct Part<'a> {
    run: &'a str,
    intervals: Vec<Stretch>,
    threshold_m: f64,
    step_m: f64,
}

/// Returns a span in metres from the common datum.
fn placed(span: &Span, to_m: f64, shift_m: f64) -> Stretch {
    Stretch { top_m: span.top * to_m + shift_m, base_m: span.base * to_m + shift_m }
}

/// Returns the stretch that holds both.
fn joined(one: Option<Stretch>, other: Option<Stretch>) -> Option<Stretch> {
    let (Some(one), Some(other)) = (one, other) else {
        return one.or(other);
    };
    Some(Stretch { top_m: one.top_m.min(other.top_m), base_m: one.base_m.max(other.base_m) })
}

fn of_property(id: &str, parts: &[Part<'_>], extent: Option<Stretch>, threshold_m: Option<f64>) -> PropertyStretches {
    let largest = |of: fn(&Part<'_>) -> f64| parts.iter().map(of).fold(0.0, f64::max);
    let threshold_m = threshold_m.unwrap_or_else(|| largest(|part| part.threshold_m));
    let step_m = largest(|part| part.step_m);
    let all = parts.iter().flat_map(|part| part.intervals.iter().copied()).collect();
    let intervals = union(all, threshold_m * (1.0 + TOLERANCE));
    let gaps = extent.map(|extent| gaps(&intervals, extent, threshold_m * (1.0 + TOLERANCE))).unwrap_or_default();
    let covered_m = intervals.iter().map(|part| part.base_m - part.top_m + step_m).sum();
    PropertyStretches {
        property: id.to_owned(),
        overlaps: overlaps(parts),
        intervals,
        gaps,
        covered_m,
        threshold_m,
        step_m,
    }
}

/// Joins stretches that overlap or are no farther apart than `near`.
fn union(mut stretches: Vec<Stretch>, near: f64) -> Vec<Stretch> {
    stretches.sort_by(|one, other| one.top_m.total_cmp(&other.top_m));
    let mut joined: Vec<Stretch> = Vec::new();
    for stretch in stretches {
        match joined.last_mut().filter(|last| stretch.top_m - last.base_m <= near) {
            Some(last) => last.base_m = last.base_m.max(stretch.base_m),
            None => joined.push(stretch),
        }
    }
    joined
}

/// Returns what lies between stretches, and before and behind them, if it is larger than `near`.
fn gaps(intervals: &[Stretch], extent: Stretch, near: f64) -> Vec<Stretch> {
    if intervals.is_empty() {
        return vec![extent];
    }
    let tops = intervals.iter().map(|part| part.base_m);
    let bases = intervals.iter().map(|part| part.top_m);
    let holes = std::iter::once(extent.top_m).chain(tops).zip(bases.chain([extent.base_m]));
    holes.filter(|(top, base)| base - top > near).map(|(top_m, base_m)| Stretch { top_m, base_m }).collect()
}

/// Returns the stretches that curves of two or more runs cover, with these runs.
fn overlaps(parts: &[Part<'_>]) -> Vec<Overlap> {
    // Ends of stretches in order: at each, how many curves of a run begin or end.
    let mut ends: Vec<(f64, i32, &str)> = Vec::new();
    for part in parts {
        for stretch in &part.intervals {
            ends.push((stretch.top_m, 1, part.run));
            ends.push((stretch.base_m, -1, part.run));
        }
    }
    ends.sort_by(|one, other| one.0.total_cmp(&other.0));
    let mut open: BTreeMap<&str, i32> = BTreeMap::new();
    let mut found: Vec<Overlap> = Vec::new();
    let mut from = f64::NEG_INFINITY;
    for (depth, change, run) in ends {
        let runs: BTreeSet<&str> = open.iter().filter(|(_, count)| **count > 0).map(|(run, _)| *run).collect();
        // Runs that only touch, and single samples, have no length in common.
        if runs.len() > 1 && depth > from {
            let runs: Vec<String> = runs.into_iter().map(str::to_owned).collect();
            match found.last_mut().filter(|last| last.stretch.base_m == from && last.runs == runs) {
                Some(last) => last.stretch.base_m = depth,
                None => found.push(Overlap { stretch: Stretch { top_m: from, base_m: depth }, runs }),
            }
        }
        *open.entry(run).or_default() += change;
        from = depth;
    }
    found
}
