//! What a plan says of how much its window functions hold.

use std::sync::Arc;

use arrow::datatypes::DataType;
use datafusion::common::ScalarValue;
use datafusion::error::Result;
use datafusion::logical_expr::{WindowFrameBound, WindowFrameUnits};
use datafusion::physical_expr::aggregate::AggregateFunctionExpr;
use datafusion::physical_expr::window::SlidingAggregateWindowExpr;
use datafusion::physical_plan::windows::{
    BoundedWindowAggExec, PlainAggregateWindowExpr, StandardWindowExpr, WindowAggExec, WindowExpr,
};
use datafusion::physical_plan::{ExecutionPlan, InputOrderMode, PhysicalExpr};

/// Aggregates whose state does not grow with the rows they saw.
const SMALL: [&str; 26] = [
    "sum",
    "avg",
    "count",
    "min",
    "max",
    "var",
    "var_pop",
    "stddev",
    "stddev_pop",
    "corr",
    "covar_samp",
    "covar_pop",
    "regr_slope",
    "regr_intercept",
    "regr_count",
    "regr_r2",
    "regr_avgx",
    "regr_avgy",
    "regr_sxx",
    "regr_syy",
    "regr_sxy",
    "bool_and",
    "bool_or",
    "first_value",
    "last_value",
    "approx_distinct",
];

/// Aggregates that put what they saw together.
const COLLECTING: [&str; 2] = ["array_agg", "string_agg"];

/// A row that is far from the first one.
const FAR: usize = 1 << 40;

/// What is known of an operator of window functions from its plan.
#[derive(Debug)]
pub(super) struct Shape {
    /// Whether all rows are gathered before the first comes out.
    pub(super) gathers: bool,
    /// Rows before the current one that frames reach; none when that may be all of the partition.
    pub(super) behind: Option<u64>,
    /// What partitions differ by, when they come one after the other; otherwise nothing.
    pub(super) keys: Vec<Arc<dyn PhysicalExpr>>,
    /// Bytes of the results of a row, of the functions whose results are all of one size.
    pub(super) fixed: u64,
    /// Functions that give one of the texts or arrays that they saw.
    pub(super) picking: Vec<Arc<dyn WindowExpr>>,
    /// Functions that put texts or arrays together.
    pub(super) collecting: Vec<Arc<dyn WindowExpr>>,
}

impl Shape {
    /// Returns the shape of a node; none when it is no operator of window functions.
    ///
    /// # Errors
    /// When a function does not say what it gives.
    pub(super) fn of(node: &Arc<dyn ExecutionPlan>) -> Result<Option<Self>> {
        let (functions, gathers, is_sorted) = if let Some(window) = node.downcast_ref::<WindowAggExec>() {
            (window.window_expr(), true, true)
        } else if let Some(window) = node.downcast_ref::<BoundedWindowAggExec>() {
            (window.window_expr(), false, window.input_order_mode == InputOrderMode::Sorted)
        } else {
            return Ok(None);
        };
        let keys = functions.iter().map(|function| function.partition_by()).min_by_key(|keys| keys.len());
        let keys = keys.filter(|_| is_sorted).unwrap_or_default().to_vec();
        let behind = functions.iter().try_fold(0_u64, |most, function| Some(most.max(reach(function)?)));
        let mut shape = Self { gathers, behind, keys, fixed: 0, picking: Vec::new(), collecting: Vec::new() };
        for function in functions {
            let collects = aggregate(function).is_some_and(|function| COLLECTING.contains(&function.fun().name()));
            match width(function.field()?.data_type()) {
                Some(bytes) => shape.fixed = shape.fixed.saturating_add(bytes),
                None if collects => shape.collecting.push(Arc::clone(function)),
                None => shape.picking.push(Arc::clone(function)),
            }
        }
        Ok(Some(shape))
    }
}

/// Returns how many rows before the current one a function needs; none when that may be all of them.
fn reach(function: &Arc<dyn WindowExpr>) -> Option<u64> {
    let frame = function.get_window_frame();
    if let Some(standard) = function.as_any().downcast_ref::<StandardWindowExpr>() {
        let evaluator = standard.get_standard_func_expr().create_evaluator().ok()?;
        if !evaluator.uses_window_frame() {
            let start = evaluator.get_range(FAR, FAR + 1).ok()?.start;
            return (start > 0).then(|| FAR.saturating_sub(start) as u64);
        }
    } else if frame.start_bound.is_unbounded() {
        // One state has all rows so far.
        let aggregate = aggregate(function)?;
        return (!aggregate.is_distinct() && SMALL.contains(&aggregate.fun().name())).then_some(0);
    }
    match (&frame.units, &frame.start_bound) {
        (WindowFrameUnits::Rows, WindowFrameBound::Preceding(rows)) => match rows.cast_to(&DataType::UInt64) {
            Ok(ScalarValue::UInt64(rows)) => rows,
            _ => None,
        },
        (WindowFrameUnits::Rows, WindowFrameBound::CurrentRow | WindowFrameBound::Following(_)) => Some(0),
        _ => None,
    }
}

/// Returns the aggregate that a function is, if it is one.
fn aggregate(function: &Arc<dyn WindowExpr>) -> Option<&AggregateFunctionExpr> {
    let any = function.as_any();
    if let Some(plain) = any.downcast_ref::<PlainAggregateWindowExpr>() {
        return Some(plain.get_aggregate_expr());
    }
    any.downcast_ref::<SlidingAggregateWindowExpr>().map(SlidingAggregateWindowExpr::get_aggregate_expr)
}

/// Returns the bytes of a value, when all of a type have as many.
fn width(data_type: &DataType) -> Option<u64> {
    match data_type {
        DataType::Null => Some(0),
        DataType::Boolean => Some(1),
        other => other.primitive_width().map(|bytes| bytes as u64),
    }
}
