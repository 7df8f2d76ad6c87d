//! `moving_average(value, n) OVER (ORDER BY …)`: the mean of the n rows around each row.
//!
//! The rows are cut into blocks of n; every window lies in two of them at most, so that its sum is the
//! sum of the end of one block and the beginning of the next. Nothing is ever subtracted, so a large
//! value leaves no trace in windows it is not in. Sums carry what rounding took from them, so a mean
//! is right to the last bit unless the numbers of a window cancel out to nearly all their digits.

use std::sync::Arc;

use arrow::array::{Array as _, ArrayRef, AsArray as _, Float64Array};
use arrow::datatypes::{DataType, Field, FieldRef, Float64Type};
use datafusion::common::{ScalarValue, exec_err, plan_err};
use datafusion::error::Result;
use datafusion::logical_expr::function::{PartitionEvaluatorArgs, WindowUDFFieldArgs};
use datafusion::logical_expr::{PartitionEvaluator, Signature, Volatility, WindowUDFImpl};

use super::{constant, is_number};

const NAME: &str = "moving_average";

/// The function.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct MovingAverage {
    signature: Signature,
}

impl MovingAverage {
    pub(super) fn new() -> Self {
        Self { signature: Signature::user_defined(Volatility::Immutable) }
    }
}

impl WindowUDFImpl for MovingAverage {
    fn name(&self) -> &str {
        NAME
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, arg_types: &[DataType]) -> Result<Vec<DataType>> {
        match arg_types {
            [value, count] if is_number(value) && count.is_integer() => Ok(vec![DataType::Float64, DataType::Int64]),
            _ => plan_err!("takes a number and how many rows, like {NAME}(value, 5) OVER (ORDER BY depth_m)"),
        }
    }

    fn field(&self, args: WindowUDFFieldArgs<'_>) -> Result<FieldRef> {
        Ok(Arc::new(Field::new(args.name(), DataType::Float64, true)))
    }

    fn partition_evaluator(&self, args: PartitionEvaluatorArgs<'_>) -> Result<Box<dyn PartitionEvaluator>> {
        let count = args.input_exprs().get(1).and_then(constant);
        let Some(ScalarValue::Int64(Some(count))) = count else {
            return plan_err!("{NAME}() takes how many rows as a constant, like {NAME}(value, 5)");
        };
        match usize::try_from(count) {
            Ok(count) if count > 0 => Ok(Box::new(Evaluator { count })),
            _ => plan_err!("{NAME}() takes one row or more, not {count}"),
        }
    }
}

#[derive(Debug)]
struct Evaluator {
    count: usize,
}

impl PartitionEvaluator for Evaluator {
    fn evaluate_all(&mut self, values: &[ArrayRef], num_rows: usize) -> Result<ArrayRef> {
        let Some(values) = values.first().filter(|values| values.len() == num_rows) else {
            return exec_err!("{NAME}() got other rows than it was told");
        };
        Ok(Arc::new(averages(values.as_primitive::<Float64Type>(), self.count)))
    }
}

/// Returns for every row the mean of the rows around it: `count / 2` before, itself, and as many behind
/// as make `count`; fewer at the ends. What is null is left out; a window of nulls has none.
fn averages(values: &Float64Array, count: usize) -> Float64Array {
    let rows = values.len();
    let block = count.min(rows).max(1);
    let sums: Vec<Sum> = values.iter().map(|value| value.map_or(Sum::NONE, Sum::of)).collect();
    // From the beginning of a row's block up to it, and from it to the end of its block.
    let (mut up_to, mut from) = (sums.clone(), sums);
    for row in (1..rows).filter(|row| row % block != 0) {
        up_to[row] = up_to[row - 1].plus(up_to[row]);
    }
    for row in (1..rows).rev().filter(|row| row % block != 0) {
        from[row - 1] = from[row - 1].plus(from[row]);
    }
    let (before, behind) = (count / 2, (count - 1) / 2);
    let mean = |row: usize| {
        let (first, last) = (row.saturating_sub(before), row.saturating_add(behind).min(rows - 1));
        let sum = if first / block != last / block {
            from[first].plus(up_to[last])
        } else if first % block == 0 {
            up_to[last]
        } else {
            // A window that is not whole ends with the last row.
            from[first]
        };
        sum.mean()
    };
    (0..rows).map(mean).collect()
}

/// A sum with what rounding took from it, and how many numbers it has.
#[derive(Debug, Clone, Copy)]
struct Sum {
    high: f64,
    low: f64,
    count: u32,
}

impl Sum {
    const NONE: Self = Self { high: 0.0, low: 0.0, count: 0 };

    const fn of(value: f64) -> Self {
        Self { high: value, low: 0.0, count: 1 }
    }

    fn plus(self, other: Self) -> Self {
        let count = self.count.saturating_add(other.count);
        let high = self.high + other.high;
        if !high.is_finite() {
            return Self { high, low: 0.0, count };
        }
        let part = high - self.high;
        let lost = (self.high - (high - part)) + (other.high - part);
        let low = self.low + other.low + lost;
        // Once more, so that the low part stays below the last digit of the high one.
        let sum = high + low;
        Self { high: sum, low: low - (sum - high), count }
    }

    fn mean(self) -> Option<f64> {
        if self.count == 0 {
            return None;
        }
        let count = f64::from(self.count);
        let mean = self.high / count;
        // What the division left over, and what rounding took before it.
        let rest = (-mean).mul_add(count, self.high) + self.low;
        Some(if mean.is_finite() { mean + rest / count } else { mean })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: &[Option<f64>], count: usize) -> Vec<Option<f64>> {
        averages(&values.iter().copied().collect(), count).iter().collect()
    }

    #[test]
    fn windows_are_centred_and_cut_at_the_ends() {
        let values = [Some(1.0), Some(2.0), Some(6.0), None, Some(4.0)];
        assert_eq!(of(&values, 1), values);
        assert_eq!(of(&values, 3), [Some(1.5), Some(3.0), Some(4.0), Some(5.0), Some(4.0)]);
        // Of an even number one more before than behind.
        assert_eq!(of(&values, 2), [Some(1.0), Some(1.5), Some(4.0), Some(6.0), Some(4.0)]);
        assert_eq!(of(&values, 99), [Some(3.25); 5]);
        assert_eq!(of(&values, usize::MAX), [Some(3.25); 5]);
        assert_eq!(of(&[None, None, None, Some(2.0)], 3), [None, None, Some(2.0), Some(2.0)]);
        assert!(of(&[], 3).is_empty());
    }

    #[test]
    fn a_large_value_leaves_no_trace() {
        let values = [Some(1e300), Some(0.1), Some(0.1), Some(0.1), Some(f64::INFINITY), Some(0.1), Some(0.2)];
        let means = of(&values, 3);
        assert_eq!(means[2], Some(0.1));
        assert_eq!(means[3], Some(f64::INFINITY));
        assert_eq!(means[6], Some(0.150_000_000_000_000_02));
    }

    #[test]
    fn every_window_is_what_adding_its_rows_gives() {
        let mut random = fastrand::Rng::with_seed(9);
        for _ in 0..200 {
            let rows = random.usize(0..60);
            let value = |random: &mut fastrand::Rng| (random.u8(0..5) > 0).then(|| f64::from(random.i32(-1000..1000)));
            let values: Vec<Option<f64>> = (0..rows).map(|_| value(&mut random)).collect();
            let count = random.usize(1..80);
            let slow = |row: usize| {
                let last = (row + (count - 1) / 2).min(rows - 1);
                let window: Vec<f64> = values[row.saturating_sub(count / 2)..=last].iter().flatten().copied().collect();
                // Whole numbers are added without loss.
                (!window.is_empty()).then(|| window.iter().sum::<f64>() / window.len() as f64)
            };
            assert_eq!(of(&values, count), (0..rows).map(slow).collect::<Vec<_>>(), "{count} of {rows}");
        }
    }
}
