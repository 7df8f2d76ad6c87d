//! `depth_shift(depth, by)` and `depth_shift(depth, from, to)`: depths on another count.
//!
//! With one number all depths move by it. With lists of depths the log is tied at those points: a
//! depth between two of them moves in proportion, one beyond the ends by as much as the nearest, as
//! logs and cores are matched by hand.

use std::sync::Arc;

use arrow::array::{Array as _, ArrayRef, AsArray as _, Float64Array};
use arrow::compute::kernels::numeric::add;
use arrow::datatypes::{DataType, Field, Float64Type};
use datafusion::common::{ScalarValue, exec_err, plan_err};
use datafusion::error::Result;
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility};

use super::is_number;

const NAME: &str = "depth_shift";

/// The function.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct DepthShift {
    signature: Signature,
}

impl DepthShift {
    pub(super) fn new() -> Self {
        Self { signature: Signature::user_defined(Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for DepthShift {
    fn name(&self) -> &str {
        NAME
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, arg_types: &[DataType]) -> Result<Vec<DataType>> {
        let list = || DataType::List(Arc::new(Field::new_list_field(DataType::Float64, true)));
        match arg_types {
            [depth, by] if is_number(depth) && is_number(by) => Ok(vec![DataType::Float64, DataType::Float64]),
            [depth, from, to] if is_number(depth) && is_list(from) && is_list(to) => {
                Ok(vec![DataType::Float64, list(), list()])
            }
            _ => plan_err!(
                "takes a depth and what is added, like {NAME}(depth_m, 1.5), or lists of depths that belong together, \
                 like {NAME}(depth_m, [1000, 1200], [1001.5, 1202])"
            ),
        }
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        Ok(DataType::Float64)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let all_constant = args.args.iter().all(|arg| matches!(arg, ColumnarValue::Scalar(_)));
        let rows = if all_constant { 1 } else { args.number_rows };
        let depths: ArrayRef = match args.args.as_slice() {
            [depth, by] => add(&depth.to_array(rows)?, &by.to_array(rows)?)?,
            [depth, ColumnarValue::Scalar(from), ColumnarValue::Scalar(to)] => {
                let ties = Ties::read(&from.to_array()?, &to.to_array()?, 0)?;
                let depths = depth.to_array(rows)?;
                let moved = |depth: Option<f64>| Some(ties.as_ref()?.moved(depth?));
                Arc::new(depths.as_primitive::<Float64Type>().iter().map(moved).collect::<Float64Array>())
            }
            [depth, from, to] => {
                let (depths, from, to) = (depth.to_array(rows)?, from.to_array(rows)?, to.to_array(rows)?);
                let moved = depths.as_primitive::<Float64Type>().iter().enumerate().map(|(row, depth)| {
                    let ties = Ties::read(&from, &to, row)?;
                    Ok(ties.zip(depth).map(|(ties, depth)| ties.moved(depth)))
                });
                Arc::new(moved.collect::<Result<Float64Array>>()?)
            }
            _ => return exec_err!("{NAME}() takes two or three arguments"),
        };
        if all_constant {
            return Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&depths, 0)?));
        }
        Ok(ColumnarValue::Array(depths))
    }
}

fn is_list(data_type: &DataType) -> bool {
    match data_type {
        DataType::List(field) | DataType::LargeList(field) | DataType::FixedSizeList(field, _) => {
            is_number(field.data_type())
        }
        other => other.is_null(),
    }
}

/// Depths that belong together, both strictly ascending.
#[derive(Debug)]
struct Ties {
    from: Vec<f64>,
    to: Vec<f64>,
}

impl Ties {
    /// Reads the lists of a row; nothing when one of them is null.
    fn read(from: &ArrayRef, to: &ArrayRef, row: usize) -> Result<Option<Self>> {
        let list = |lists: &ArrayRef| {
            let lists = lists.as_list::<i32>();
            lists.is_valid(row).then(|| lists.value(row).as_primitive::<Float64Type>().iter().collect::<Vec<_>>())
        };
        let (Some(from), Some(to)) = (list(from), list(to)) else { return Ok(None) };
        if from.is_empty() || from.len() != to.len() {
            return exec_err!(
                "{NAME}() takes two lists of as many depths, one or more, not of {} and {}",
                from.len(),
                to.len()
            );
        }
        Ok(Some(Self { from: ascending(&from)?, to: ascending(&to)? }))
    }

    fn moved(&self, depth: f64) -> f64 {
        let after = self.from.partition_point(|tie| *tie <= depth);
        let (Some(left), Some(right)) = (after.checked_sub(1), self.from.get(after)) else {
            // Beyond the ends, or not a number.
            let end = after.saturating_sub(1);
            return depth + (self.to[end] - self.from[end]);
        };
        if depth == self.from[left] {
            return self.to[left];
        }
        let share = (depth - self.from[left]) / (right - self.from[left]);
        let (low, high) = (self.to[left], self.to[after]);
        (low * (1.0 - share) + high * share).clamp(low, high)
    }
}

fn ascending(depths: &[Option<f64>]) -> Result<Vec<f64>> {
    let known: Vec<f64> = depths.iter().copied().flatten().filter(|depth| depth.is_finite()).collect();
    if known.len() < depths.len() {
        return exec_err!("{NAME}() takes lists of depths without gaps; one of them is missing or no number");
    }
    if let Some(pair) = known.windows(2).find(|pair| pair[0] >= pair[1]) {
        return exec_err!("{NAME}() takes lists of depths that grow, but {} comes before {}", pair[0], pair[1]);
    }
    Ok(known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depths_between_ties_move_in_proportion() {
        let ties = Ties { from: vec![1000.0, 1200.0], to: vec![1001.5, 1202.5] };
        for (depth, expected) in
            [(900.0, 901.5), (1000.0, 1001.5), (1100.0, 1102.0), (1200.0, 1202.5), (1300.0, 1302.5)]
        {
            assert_eq!(ties.moved(depth), expected);
        }
        assert!(ties.moved(f64::NAN).is_nan());
        let one = Ties { from: vec![10.0], to: vec![12.0] };
        assert_eq!([one.moved(9.0), one.moved(10.0), one.moved(11.0)], [11.0, 12.0, 13.0]);
    }

    #[test]
    fn depths_that_do_not_grow_are_refused() {
        assert_eq!(ascending(&[Some(1.0), Some(2.0)]).unwrap(), [1.0, 2.0]);
        for depths in [vec![Some(2.0), Some(2.0)], vec![Some(1.0), None], vec![Some(f64::INFINITY)]] {
            assert!(ascending(&depths).is_err());
        }
    }
}
