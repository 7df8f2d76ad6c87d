//! One curve on the points of a grid.

use std::sync::Arc;

use arrow::array::{Array as _, ArrayRef, AsArray as _, Float64Array, UInt32Array};
use arrow::compute::take;
use arrow::datatypes::{DataType, Float64Type};

use super::method::{Method, method_for};
use super::samples::{Depths, Samples};
use super::{GridError, GriddedCurve, Reach};
use crate::ingest::dictionary::Interpretation;
use crate::ingest::units::{self, Conversion, Quantity};

/// A curve on the grid, and what was done to it.
#[derive(Debug)]
pub(super) struct Resampled {
    pub(super) array: ArrayRef,
    pub(super) facts: GriddedCurve,
}

/// Puts one curve on the points at `places`, in its canonical unit when its own is known.
pub(super) fn resample(
    array: &ArrayRef,
    column: &str,
    meaning: &Interpretation,
    set: Option<Method>,
    depths: &Depths,
    places: &[f64],
    reach: Reach,
) -> Result<Resampled, GridError> {
    let samples = depths.samples(|row| array.is_valid(row));
    let property = meaning.property.filter(|_| array.data_type() == &DataType::Float64);
    let canonical = property.and_then(|property| property.unit().zip(Some(property.quantity)));
    let conversion = canonical
        .zip(meaning.unit)
        .and_then(|((to, quantity), from)| Some((Conversion::new(from, to, quantity).ok()?, to)));
    let unit = conversion.map_or_else(|| meaning.unit_text.clone(), |(_, to)| to.symbol.to_owned());
    let numbers = array.as_primitive_opt::<Float64Type>().map(|numbers| {
        let mut values: Vec<f64> = samples.rows.iter().map(|row| numbers.value(*row as usize)).collect();
        if let Some((conversion, _)) = conversion {
            conversion.apply_all(&mut values);
        }
        values
    });
    let turn = conversion
        .and_then(|(_, to)| units::convert(360.0, units::find("angle", "deg")?, to, Quantity::Difference).ok());
    let method = choose(set, numbers.as_deref(), meaning, turn);
    let resampled: ArrayRef = match numbers {
        Some(values) => Arc::new(numbers_at(&samples, &values, method, turn, places, reach)),
        None => {
            let rows = places.iter().scan(0, |at, place| Some(nearest(&samples, *place, at, reach)));
            let rows: UInt32Array = rows.map(|sample| sample.map(|sample| samples.rows[sample])).collect();
            take(array, &rows, None)?
        }
    };
    let facts = facts(column, meaning, method, unit, conversion.is_some(), &resampled, places);
    Ok(Resampled { array: resampled, facts })
}

/// Returns the method that was set, or that of the property; only nearest for what is no number,
/// and for whole numbers of nothing known, which are likely to be codes.
fn choose(set: Option<Method>, numbers: Option<&[f64]>, meaning: &Interpretation, turn: Option<f64>) -> Method {
    let Some(values) = numbers else {
        return Method::Nearest;
    };
    let method = set.unwrap_or_else(|| {
        let codes = meaning.property.is_none() && meaning.unit.is_none_or(|unit| unit.measurement == "none");
        if codes && values.iter().all(|value| value.fract() == 0.0) {
            Method::Nearest
        } else {
            method_for(meaning.property)
        }
    });
    // Of an angle in an unknown unit nobody knows how much a whole turn is.
    if method == Method::Circle && turn.is_none() { Method::Nearest } else { method }
}

fn numbers_at(
    samples: &Samples,
    values: &[f64],
    method: Method,
    turn: Option<f64>,
    places: &[f64],
    reach: Reach,
) -> Float64Array {
    let least = values.iter().copied().fold(0.0, f64::min);
    let mut at = 0;
    let value_at = |place: &f64| {
        let around = around(samples, *place, &mut at, reach)?;
        Some(match (around, method) {
            (Around::On(sample), Method::Linear | Method::Nearest | Method::Circle) => values[sample],
            (Around::Between(left), Method::Nearest) => values[nearer(samples, left, *place)],
            (Around::Between(left), Method::Linear) => line(samples, values, left, *place),
            (Around::Between(left), Method::Circle) => arc(samples, values, left, *place, turn?, least),
            (Around::On(left) | Around::Between(left), Method::Average) => mean(samples, values, left, *place, reach),
        })
    };
    // What a method cannot say, because a number overflows, is null rather than infinite.
    places.iter().map(value_at).map(|value| value.filter(|value| value.is_finite())).collect()
}

/// Where a point lies among samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Around {
    /// On this sample.
    On(usize),
    /// Between this sample and the next, which belong together.
    Between(usize),
}

/// Returns where a point lies; `None` in a gap or beyond the ends. `at` is the last sample not below
/// the point before, and is moved on.
fn around(samples: &Samples, place: f64, at: &mut usize, reach: Reach) -> Option<Around> {
    let depths = &samples.depths;
    while depths.get(*at + 1).is_some_and(|next| *next <= place) {
        *at += 1;
    }
    let left = *depths.get(*at)?;
    let right = depths.get(*at + 1).copied();
    let (to_left, to_right) = ((place - left).abs(), right.map_or(f64::INFINITY, |right| (right - place).abs()));
    if to_left.min(to_right) <= reach.snap {
        return Some(Around::On(if to_right < to_left { *at + 1 } else { *at }));
    }
    let right = right.filter(|_| place > left)?;
    (right - left <= reach.limit).then_some(Around::Between(*at))
}

/// Returns the sample whose value a point takes, by the nearest method.
fn nearest(samples: &Samples, place: f64, at: &mut usize, reach: Reach) -> Option<usize> {
    match around(samples, place, at, reach)? {
        Around::On(sample) => Some(sample),
        Around::Between(left) => Some(nearer(samples, left, place)),
    }
}

/// Returns the nearer of a sample and the next; of equally near ones the shallower.
fn nearer(samples: &Samples, left: usize, place: f64) -> usize {
    let (before, behind) = (place - samples.depths[left], samples.depths[left + 1] - place);
    if behind < before { left + 1 } else { left }
}

/// Returns how far a place is from a sample to the next, from 0 to 1.
fn share(samples: &Samples, left: usize, place: f64) -> f64 {
    let (from, to) = (samples.depths[left], samples.depths[left + 1]);
    ((place - from) / (to - from)).clamp(0.0, 1.0)
}

/// Returns the value on the straight line between a sample and the next.
fn line(samples: &Samples, values: &[f64], left: usize, place: f64) -> f64 {
    let (from, to) = (values[left], values[left + 1]);
    let share = share(samples, left, place);
    // Rounding must not take it out of the range of the two: equal ones give themselves.
    (from * (1.0 - share) + to * share).clamp(from.min(to), from.max(to))
}

/// Returns the angle on the shorter arc between a sample and the next, counted as the curve counts:
/// from 0 to a turn, or from minus to plus half of one when it has negative angles.
fn arc(samples: &Samples, values: &[f64], left: usize, place: f64, turn: f64, least: f64) -> f64 {
    let (from, to) = (values[left], values[left + 1]);
    let start = if least < 0.0 { -turn / 2.0 } else { 0.0 };
    let across = (to - from + turn / 2.0).rem_euclid(turn) - turn / 2.0;
    (from + across * share(samples, left, place) - start).rem_euclid(turn) + start
}

/// Returns the mean over the cell around a point of the straight lines between samples that belong
/// together; of a sample without such neighbours its own value.
fn mean(samples: &Samples, values: &[f64], left: usize, place: f64, reach: Reach) -> f64 {
    let (top, base) = (place - reach.cell / 2.0, place + reach.cell / 2.0);
    let depths = &samples.depths;
    let mut first = left;
    while first > 0 && depths[first] > top {
        first -= 1;
    }
    let (mut sum, mut length) = (0.0, 0.0);
    for left in (first..depths.len() - 1).take_while(|left| depths[*left] < base) {
        if depths[left + 1] - depths[left] > reach.limit {
            continue;
        }
        let (from, to) = (top.max(depths[left]), base.min(depths[left + 1]));
        if from < to {
            let middle = (line(samples, values, left, from) + line(samples, values, left, to)) / 2.0;
            sum += middle * (to - from);
            length += to - from;
        }
    }
    if length > 0.0 { sum / length } else { values[left] }
}

fn facts(
    column: &str,
    meaning: &Interpretation,
    method: Method,
    unit: String,
    canonical: bool,
    array: &ArrayRef,
    places: &[f64],
) -> GriddedCurve {
    let with_value = || places.iter().enumerate().filter(|(at, _)| array.is_valid(*at)).map(|(_, place)| *place);
    let numbers = || array.as_primitive_opt::<Float64Type>().into_iter().flatten().flatten();
    GriddedCurve {
        column: column.to_owned(),
        property: meaning.property.map(|property| property.id.to_owned()),
        method,
        unit,
        canonical,
        count: u64::try_from(array.len() - array.null_count()).unwrap_or(u64::MAX),
        top: with_value().next(),
        base: with_value().next_back(),
        min: numbers().reduce(f64::min),
        max: numbers().reduce(f64::max),
    }
}
