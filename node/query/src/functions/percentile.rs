//! `percentile(value, p)`: the exact percentile, of a group or of a window of rows.
//!
//! Between two values it is interpolated linearly by rank: method 7 of Hyndman and Fan, "Sample
//! Quantiles in Statistical Packages", The American Statistician 50 (1996), which is the default of
//! NumPy, R and Excel; in the arithmetic of NumPy's `_lerp`, so that results are the same to the bit.

mod sorted;

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray as _, Float64Array};
use arrow::datatypes::{DataType, Field, FieldRef, Float64Type};
use datafusion::common::utils::SingleRowListArrayBuilder;
use datafusion::common::{ScalarValue, internal_err, plan_err};
use datafusion::error::Result;
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::utils::format_state_name;
use datafusion::logical_expr::{Accumulator, AggregateUDFImpl, Signature, Volatility};

use self::sorted::Sorted;
use super::{constant, is_number};

const NAME: &str = "percentile";

/// The function.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Percentile {
    signature: Signature,
}

impl Percentile {
    pub(super) fn new() -> Self {
        Self { signature: Signature::user_defined(Volatility::Immutable) }
    }
}

impl AggregateUDFImpl for Percentile {
    fn name(&self) -> &str {
        NAME
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, arg_types: &[DataType]) -> Result<Vec<DataType>> {
        match arg_types {
            [value, percent] if is_number(value) && is_number(percent) => {
                Ok(vec![DataType::Float64, DataType::Float64])
            }
            _ => plan_err!("takes a number and a percentage from 0 to 100, like {NAME}(value, 50)"),
        }
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        Ok(DataType::Float64)
    }

    fn state_fields(&self, args: StateFieldsArgs<'_>) -> Result<Vec<FieldRef>> {
        let values = DataType::List(Arc::new(Field::new_list_field(DataType::Float64, true)));
        Ok(vec![Arc::new(Field::new(format_state_name(args.name, NAME), values, true))])
    }

    fn accumulator(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        if args.is_distinct {
            return plan_err!("{NAME}() counts every value; take DISTINCT values in a query below it");
        }
        let percent = args.exprs.get(1).and_then(constant);
        let Some(ScalarValue::Float64(Some(percent))) = percent else {
            return plan_err!("{NAME}() takes its percentage as a constant, like {NAME}(value, 50)");
        };
        if !(0.0..=100.0).contains(&percent) {
            return plan_err!("{NAME}() takes a percentage from 0 to 100, not {percent}");
        }
        Ok(Box::new(Values { percent, fresh: Vec::new(), sorted: Sorted::default(), nans: 0, asked: false }))
    }
}

/// The values of a group or window.
#[derive(Debug)]
struct Values {
    percent: f64,
    /// Values that came since they were last put in order.
    fresh: Vec<f64>,
    /// The others.
    sorted: Sorted,
    /// Values that are not numbers, of which any makes the result none.
    nans: u64,
    /// Whether a result was asked for: then more are to come, each of a few other values.
    asked: bool,
}

impl Values {
    fn add(&mut self, values: &Float64Array) {
        for value in values.iter().flatten() {
            if value.is_nan() {
                self.nans += 1;
            } else {
                self.fresh.push(value);
            }
        }
    }

    /// Puts what is fresh among the others.
    fn settle(&mut self) {
        self.sorted.extend(std::mem::take(&mut self.fresh));
    }

    fn result(&mut self) -> Option<f64> {
        if self.nans > 0 {
            return Some(f64::NAN);
        }
        if !self.asked && self.sorted.len() == 0 {
            // The one result of a group needs no order.
            self.asked = true;
            return of_unsorted(&mut self.fresh, self.percent);
        }
        self.settle();
        of_ranks(self.sorted.len(), self.percent, |rank| self.sorted.nth(rank))
    }
}

/// Returns the percentile of values, which are put in another order.
fn of_unsorted(values: &mut [f64], percent: f64) -> Option<f64> {
    let place = place(values.len(), percent)?;
    let (_, low, above) = values.select_nth_unstable_by(place.rank, f64::total_cmp);
    let low = *low;
    // Of the last one there is no next.
    let high = above.iter().copied().min_by(f64::total_cmp).unwrap_or(low);
    Some(between(low, high, place.share))
}

fn of_ranks(count: usize, percent: f64, value: impl Fn(usize) -> Option<f64>) -> Option<f64> {
    let place = place(count, percent)?;
    let low = value(place.rank)?;
    let high = value(place.rank + 1).unwrap_or(low);
    Some(between(low, high, place.share))
}

/// Where a percentile lies: at a rank, and how far from there to the next.
#[derive(Debug, Clone, Copy)]
struct Place {
    rank: usize,
    share: f64,
}

fn place(count: usize, percent: f64) -> Option<Place> {
    let last = count.checked_sub(1)?;
    let virtual_rank = last as f64 * (percent / 100.0);
    // It is between 0 and the last rank.
    let rank = (virtual_rank.floor() as usize).min(last);
    Some(Place { rank, share: virtual_rank - rank as f64 })
}

/// Returns what lies between two values, as NumPy does it: from the nearer one.
fn between(low: f64, high: f64, share: f64) -> f64 {
    if low == high {
        return low;
    }
    let difference = high - low;
    if share >= 0.5 { high - difference * (1.0 - share) } else { low + difference * share }
}

impl Accumulator for Values {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        if let Some(values) = values.first() {
            self.add(values.as_primitive::<Float64Type>());
        }
        Ok(())
    }

    fn retract_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        self.settle();
        let Some(values) = values.first() else { return Ok(()) };
        for value in values.as_primitive::<Float64Type>().iter().flatten() {
            let gone = if value.is_nan() {
                let gone = self.nans > 0;
                self.nans = self.nans.saturating_sub(1);
                gone
            } else {
                self.sorted.remove(value)
            };
            if !gone {
                return internal_err!("{NAME}() was to leave out a value that it does not have");
            }
        }
        Ok(())
    }

    fn supports_retract_batch(&self) -> bool {
        true
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        Ok(ScalarValue::Float64(self.result()))
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        let nans = (0..self.nans).map(|_| f64::NAN);
        let values: Float64Array = self.sorted.iter().chain(self.fresh.iter().copied()).chain(nans).map(Some).collect();
        Ok(vec![SingleRowListArrayBuilder::new(Arc::new(values)).with_nullable(true).build_list_scalar()])
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let Some(states) = states.first() else { return Ok(()) };
        for values in states.as_list::<i32>().iter().flatten() {
            self.add(values.as_primitive::<Float64Type>());
        }
        Ok(())
    }

    fn size(&self) -> usize {
        size_of_val(self) + self.fresh.capacity() * size_of::<f64>() + self.sorted.bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: &[f64], percent: f64) -> Option<f64> {
        of_unsorted(&mut values.to_vec(), percent)
    }

    #[test]
    fn percentiles_are_those_of_numpy() {
        // numpy.percentile([15, 20, 35, 40, 50], …)
        let values = [35.0, 15.0, 50.0, 20.0, 40.0];
        for (percent, expected) in [(0.0, 15.0), (5.0, 16.0), (30.0, 23.0), (40.0, 29.0), (50.0, 35.0), (100.0, 50.0)] {
            assert_eq!(of(&values, percent), Some(expected), "{percent}");
        }
        // numpy.percentile([0.1, 0.2], 75)
        assert_eq!(of(&[0.2, 0.1], 75.0), Some(0.175_000_000_000_000_02));
        assert_eq!(of(&[7.0], 99.0), Some(7.0));
        assert_eq!(of(&[], 50.0), None);
        assert_eq!(of(&[f64::INFINITY, f64::INFINITY], 50.0), Some(f64::INFINITY));
    }

    #[test]
    fn values_that_come_and_go_leave_what_is_there() {
        let mut random = fastrand::Rng::with_seed(3);
        let array = |values: &[f64]| -> [ArrayRef; 1] { [Arc::new(Float64Array::from(values.to_vec()))] };
        let start = || Values { percent: 30.0, fresh: Vec::new(), sorted: Sorted::default(), nans: 0, asked: false };
        let (mut values, mut kept) = (start(), Vec::new());
        for _ in 0..3_000 {
            let new: Vec<f64> = (0..random.usize(0..4)).map(|_| f64::from(random.i32(-50..50)) / 7.0).collect();
            values.update_batch(&array(&new)).unwrap();
            kept.extend(new);
            let gone: Vec<f64> = kept.drain(..random.usize(0..4).min(kept.len())).collect();
            values.retract_batch(&array(&gone)).unwrap();
            assert_eq!(values.evaluate().unwrap(), ScalarValue::Float64(of(&kept, 30.0)));
        }
        let mut other = start();
        let state = values.state().unwrap()[0].to_array().unwrap();
        other.merge_batch(&[state]).unwrap();
        assert_eq!(other.evaluate().unwrap(), values.evaluate().unwrap());
        assert!(values.retract_batch(&array(&[1e9])).is_err());
    }

    #[test]
    fn what_is_no_number_makes_the_result_none() {
        let mut values = Values { percent: 50.0, fresh: Vec::new(), sorted: Sorted::default(), nans: 0, asked: false };
        let array = |values: Vec<Option<f64>>| -> [ArrayRef; 1] { [Arc::new(Float64Array::from(values))] };
        values.update_batch(&array(vec![Some(1.0), None, Some(f64::NAN)])).unwrap();
        assert!(matches!(values.evaluate().unwrap(), ScalarValue::Float64(Some(value)) if value.is_nan()));
        values.retract_batch(&array(vec![None, Some(f64::NAN)])).unwrap();
        assert_eq!(values.evaluate().unwrap(), ScalarValue::Float64(Some(1.0)));
    }
}
