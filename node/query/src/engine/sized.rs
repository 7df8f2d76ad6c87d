//! Numbers in a statement that something is made as large as: before a row is read, and without asking the
//! memory pool, so one that is too large would end the process.

use std::sync::Arc;

use arrow::datatypes::DataType;
use datafusion::common::ScalarValue;
use datafusion::common::tree_node::{Transformed, TransformedResult as _, TreeNode as _};
use datafusion::error::Result;
use datafusion::logical_expr::{Expr, LogicalPlan};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::aggregates::AggregateExec;

use super::TooLarge;
use super::bounds::each_part;

/// The largest `LIMIT` for which the best groups alone are kept: room is made for all of them, and ten times
/// as many entries of a table. Beyond it all groups are kept, which are counted, and the best are taken.
const MOST_GROUPS: usize = 10_000;

/// The most centroids of an approximate percentile; a hundred are usual.
const MOST_CENTROIDS: f64 = 10_000.0;

/// Takes from aggregates a limit that is too large to make room for.
///
/// # Errors
/// When the plan cannot be rebuilt.
pub(super) fn bound_groups(plan: Arc<dyn ExecutionPlan>) -> Result<Arc<dyn ExecutionPlan>> {
    plan.transform_up(|node| {
        let Some(aggregate) = node.downcast_ref::<AggregateExec>() else { return Ok(Transformed::no(node)) };
        // Those that only stop after so many groups make no room for them.
        let makes_room = !aggregate.is_unordered_unfiltered_group_by_distinct();
        if !makes_room || aggregate.limit_options().is_none_or(|options| options.limit() <= MOST_GROUPS) {
            return Ok(Transformed::no(node));
        }
        // The node above sorts, and limits what it gives.
        let all: Arc<dyn ExecutionPlan> = Arc::new(aggregate.with_new_limit_options(None));
        Ok(Transformed::yes(all))
    })
    .data()
}

/// Checks how many centroids the approximate percentiles of an optimised plan ask for.
///
/// # Errors
/// When they are too many, or the plan does not say how many.
pub(super) fn check(plan: &LogicalPlan) -> Result<()> {
    let mut checked = Ok(());
    each_part(plan, |_, part| {
        if checked.is_ok() {
            checked = centroids(part);
        }
    })?;
    checked
}

fn centroids(part: &Expr) -> Result<()> {
    let (name, args) = match part {
        Expr::AggregateFunction(call) => (call.func.name(), &call.params.args),
        Expr::WindowFunction(call) => (call.fun.name(), &call.params.args),
        _ => return Ok(()),
    };
    let asked = match name {
        "approx_percentile_cont" => args.get(2),
        "approx_percentile_cont_with_weight" => args.get(3),
        _ => None,
    };
    let Some(asked) = asked else { return Ok(()) };
    if let Expr::Literal(value, _) = asked
        && let Ok(ScalarValue::Float64(Some(asked))) = value.cast_to(&DataType::Float64)
        && asked <= MOST_CENTROIDS
    {
        return Ok(());
    }
    Err(TooLarge::error(format!("{name}() takes at most {MOST_CENTROIDS} centroids, as a constant")))
}

#[cfg(test)]
mod tests {
    use datafusion::physical_plan::displayable;
    use datafusion::prelude::{SessionConfig, SessionContext};

    use super::*;

    #[test]
    fn room_is_made_for_a_small_limit_only() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let context = SessionContext::new_with_config(SessionConfig::new().with_target_partitions(1));
        for (limit, stays) in [(10, true), (MOST_GROUPS, true), (MOST_GROUPS + 1, false), (1_000_000_000_000, false)] {
            let sql = format!(
                "SELECT x % 3 AS k, max(x) AS m FROM generate_series(1, 9) t(x) GROUP BY 1 ORDER BY m DESC NULLS LAST \
                 LIMIT {limit}"
            );
            let plan = runtime.block_on(async { context.sql(&sql).await?.create_physical_plan().await }).unwrap();
            let shown = |plan: &Arc<dyn ExecutionPlan>| displayable(plan.as_ref()).indent(false).to_string();
            let hint = format!("lim=[{limit}]");
            assert!(shown(&plan).contains(&hint), "without the bound it is as large as asked: {}", shown(&plan));
            let bounded = bound_groups(plan).unwrap();
            assert_eq!(shown(&bounded).contains(&hint), stays, "{}", shown(&bounded));
        }
    }
}
