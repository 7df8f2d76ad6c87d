//! The index of a run: what it measures, its unit, its step and its direction.
//!
//! The rows are the truth; `STRT`, `STOP` and `STEP` of the header are wrong often enough to be
//! kept only as declared, and to be warned about. Nothing is sorted or repaired.

use dataforge_las::{Column, HeaderItem, Values};
use dataforge_protocol::facts::IndexKind;

use crate::ingest::dictionary;
use crate::ingest::units::{self, Unit};

#[cfg(test)]
mod tests;

/// How far a step may be off the median one, as a share of it, and the run still be regular.
const STEP_TOLERANCE: f64 = 0.01;

/// Where an index runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Its values grow.
    Ascending,
    /// Its values shrink, as in a log recorded from the bottom.
    Descending,
}

/// What the rows say about an index.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Shape {
    /// Smallest value.
    pub min: Option<f64>,
    /// Largest value.
    pub max: Option<f64>,
    /// First non-null value.
    pub first: Option<f64>,
    /// Last non-null value.
    pub last: Option<f64>,
    /// The common step, negative downwards; `None` when irregular.
    pub step: Option<f64>,
    /// Rows that do not continue in the direction of the first step.
    pub reversals: u64,
    /// Where it runs, when it has no nulls and every row continues in one direction.
    pub strict: Option<Direction>,
}

/// What an index measures and how its unit relates to metres or seconds.
#[derive(Debug, Clone, PartialEq)]
pub struct Meaning {
    /// What it measures.
    pub kind: IndexKind,
    /// Its unit as delivered.
    pub unit: String,
    /// The unit, when understood.
    pub resolved: Option<&'static Unit>,
}

impl Meaning {
    /// Returns the factor to metres or seconds.
    #[must_use]
    pub fn to_si(&self) -> Option<f64> {
        self.resolved.and_then(|unit| unit.factor)
    }
}

/// Returns what the values of an index say; text says nothing.
#[must_use]
pub fn shape(values: &Values) -> Shape {
    let Values::Number(values) = values else {
        return Shape::default();
    };
    let mut valid = values.iter().copied().filter(|value| !value.is_nan());
    let Some(first) = valid.next() else {
        return Shape::default();
    };
    let mut steps = Vec::with_capacity(values.len());
    let (mut min, mut max, mut last) = (first, first, first);
    for value in valid {
        steps.push(value - last);
        (min, max, last) = (min.min(value), max.max(value), value);
    }
    let direction = direction(&steps);
    let against = steps.iter().filter(|&&step| step == 0.0 || sign(step) != direction).count();
    let whole = steps.len() + 1 == values.len();
    Shape {
        min: Some(min),
        max: Some(max),
        first: Some(first),
        last: Some(last),
        step: if whole { common_step(steps) } else { None },
        reversals: u64::try_from(against).unwrap_or(u64::MAX),
        strict: direction.filter(|_| whole && against == 0),
    }
}

/// Returns the direction of the first step that is one.
fn direction(steps: &[f64]) -> Option<Direction> {
    steps.iter().find_map(|&step| sign(step))
}

fn sign(step: f64) -> Option<Direction> {
    if step > 0.0 {
        Some(Direction::Ascending)
    } else if step < 0.0 {
        Some(Direction::Descending)
    } else {
        None
    }
}

/// Returns the median step if all are close to it, freed of the noise of subtraction.
fn common_step(mut steps: Vec<f64>) -> Option<f64> {
    if steps.is_empty() {
        return None;
    }
    let middle = steps.len() / 2;
    let median = *steps.select_nth_unstable_by(middle, f64::total_cmp).1;
    let allowed = median.abs() * STEP_TOLERANCE;
    let regular = median != 0.0 && steps.iter().all(|step| (step - median).abs() <= allowed);
    // Ten digits: 1000.1524 - 1000.0 is 0.1524 and an error of one part in 10^12.
    regular.then(|| format!("{median:.9e}").parse().ok()).flatten()
}

/// Returns what an index measures, from its `~C` line and, for the unit, `STRT`, `STOP`, `STEP`.
///
/// The unit of the `~C` line wins; a header unit stands in when that one is empty or says nothing.
#[must_use]
pub fn meaning(index: &Column, declared: [Option<&HeaderItem>; 3]) -> Meaning {
    let own = &index.definition.unit;
    let unit = [own]
        .into_iter()
        .chain(declared.into_iter().flatten().map(|item| &item.unit))
        .find(|unit| says_something(unit))
        .unwrap_or(own);
    let named = kind_by_name(&index.definition);
    let as_kind = |measurement, kind| units::resolve(unit, Some(measurement)).map(|unit| (kind, Some(unit)));
    let depth = as_kind("length", IndexKind::Depth);
    let time = as_kind("time", IndexKind::Time);
    let (kind, resolved) = depth.or(time).unwrap_or_else(|| {
        // A unit of another kind, say an angle, speaks against the name.
        let other = units::resolve(unit, None).is_some() && says_something(unit);
        (if other { IndexKind::Other } else { named }, None)
    });
    Meaning { kind, unit: unit.clone(), resolved }
}

/// Returns whether a unit is more than a placeholder.
#[must_use]
pub fn says_something(unit: &str) -> bool {
    !unit.trim().is_empty() && units::resolve(unit, Some("none")).is_none()
}

fn kind_by_name(definition: &HeaderItem) -> IndexKind {
    let mnemonic = definition.mnemonic.trim().to_uppercase();
    if matches!(&*mnemonic, "DATE" | "DATETIME" | "TIMESTAMP" | "RIGTIME") {
        return IndexKind::Time;
    }
    let property = dictionary::detect(&mnemonic, "", "").map(|detection| detection.property);
    match property.filter(|property| property.class == "Index").map(|index| index.measurement) {
        Some("length") => IndexKind::Depth,
        Some("time") => IndexKind::Time,
        _ => IndexKind::Other,
    }
}
