//! One curve on the points of a grid.

use std::sync::Arc;

use arrow::array::{Array as _, ArrayRef, AsArray as _, Float64Array, UInt32Array};
use arrow::compute::take;
use arrow::datatypes::{DataType, Float64Type};
use dataforge_query::resample::{Interpolation, Reach, nearest, value_at};

use super::method::{Method, method_for};
use super::samples::{Depths, Samples};
use super::{GridError, GriddedCurve};
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
            let rows = places.iter().scan(0, |at, place| Some(nearest(&samples.depths, *place, at, reach)));
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
    let interpolation = match (method, turn) {
        (Method::Linear, _) => Interpolation::Linear,
        (Method::Average, _) => Interpolation::Average,
        (Method::Circle, Some(turn)) => {
            Interpolation::Circle { turn, least: values.iter().copied().fold(0.0, f64::min) }
        }
        (Method::Nearest, _) | (Method::Circle, None) => Interpolation::Nearest,
    };
    let mut at = 0;
    places.iter().map(|place| value_at((&samples.depths, values), interpolation, *place, &mut at, reach)).collect()
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
