//! Aggregates that keep what they saw: `array_agg` takes texts that stand beside views of them for as large
//! as the views, 16 bytes each, so the memory pool does not learn of gigabytes. What is left out is
//! reserved before it gets there.

use std::sync::Arc;

use arrow::array::RecordBatch;
use datafusion::common::tree_node::{Transformed, TransformedResult as _, TreeNode as _};
use datafusion::error::Result;
use datafusion::execution::TaskContext;
use datafusion::execution::memory_pool::MemoryConsumer;
use datafusion::physical_plan::aggregates::{AggregateExec, AggregateMode};
use datafusion::physical_plan::execution_plan::replace_children_if_necessary;
use datafusion::physical_plan::{ExecutionPlan, PhysicalExpr};

use super::meter::beside;
use super::watch::{Look, Watch, WatchExec};

/// The aggregates that keep columns as they come.
const KEEPING: [&str; 2] = ["array_agg", "string_agg"];

/// Puts the count before every aggregate that needs it.
///
/// # Errors
/// When the plan cannot be rebuilt.
pub(super) fn count_kept(plan: Arc<dyn ExecutionPlan>) -> Result<Arc<dyn ExecutionPlan>> {
    plan.transform_up(|node| {
        let kept = kept(&node);
        if kept.is_empty() {
            return Ok(Transformed::no(node));
        }
        let watch: Arc<dyn Watch> = Arc::new(Kept(kept.into()));
        let inputs = node.children().into_iter().map(|input| WatchExec::above(Arc::clone(input), Arc::clone(&watch)));
        let inputs = inputs.collect();
        Ok(Transformed::yes(replace_children_if_necessary(Arc::clone(&node), inputs)?))
    })
    .data()
}

/// Returns what the aggregates of a node keep.
fn kept(node: &Arc<dyn ExecutionPlan>) -> Vec<Arc<dyn PhysicalExpr>> {
    let Some(aggregate) = node.downcast_ref::<AggregateExec>() else { return Vec::new() };
    // Others take states, of which the ones before made what they hold.
    if !matches!(aggregate.mode(), AggregateMode::Single | AggregateMode::SinglePartitioned | AggregateMode::Partial) {
        return Vec::new();
    }
    let functions = aggregate.aggr_expr().iter().filter(|function| KEEPING.contains(&function.fun().name()));
    functions.flat_map(|function| function.expressions()).collect()
}

/// Counts what is kept.
#[derive(Debug)]
struct Kept(Arc<[Arc<dyn PhysicalExpr>]>);

impl Watch for Kept {
    fn start(&self, context: &TaskContext) -> Result<Look> {
        let reservation = MemoryConsumer::new("collected texts").register(context.memory_pool());
        let kept = Arc::clone(&self.0);
        Ok(Box::new(move |batch: &RecordBatch| reservation.try_grow(left_out(&kept, batch)?)))
    }
}

/// Returns the bytes of a batch that the aggregates do not count.
fn left_out(kept: &[Arc<dyn PhysicalExpr>], batch: &RecordBatch) -> Result<usize> {
    let mut bytes = 0_u64;
    for expr in kept {
        let column = expr.evaluate(batch)?.into_array(batch.num_rows())?;
        bytes = bytes.saturating_add(beside(&column));
    }
    Ok(usize::try_from(bytes).unwrap_or(usize::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::watch::testing::run;

    /// Views of five thousand bytes each.
    const LONG: &str = "CAST(repeat(CAST(x AS TEXT), 1000) AS TEXT)";

    #[test]
    fn texts_beside_views_count_and_leave_with_their_query() {
        let few = format!("SELECT array_agg({LONG}) FROM generate_series(10000, 10100) t(x)");
        assert_eq!(run(&few, count_kept), Ok((1, 0)));
        for by in ["1", "x"] {
            let sql = format!("SELECT array_agg({LONG}) FROM generate_series(10000, 40000) t(x) GROUP BY x % {by}");
            let error = run(&sql, count_kept).expect_err(&sql);
            assert!(error.contains("collected texts"), "{error}");
        }
    }
}
