//! Stopping a query that does not want to stop.
//!
//! DataFusion's join operators do not yield: a nested loop whose filter rarely matches computes for
//! minutes within one poll, and dropping its stream does nothing until then.
//! Two measures: joins are wrapped so that they yield between batches, and their filters fail as
//! soon as the query is stopped, also in the middle of a batch.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, Schema};
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode};
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::ColumnarValue;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::coop::CooperativeExec;
use datafusion::physical_plan::joins::utils::JoinFilter;
use datafusion::physical_plan::joins::{
    CrossJoinExec, HashJoinExec, NestedLoopJoinExec, NestedLoopJoinExecBuilder, SortMergeJoinExec,
};
use datafusion::physical_plan::recursive_query::RecursiveQueryExec;
use tokio::sync::Notify;

/// Why a query was stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Stopped {
    /// Nobody waits for the result any more.
    #[error("the query was cancelled")]
    Dropped,
    /// It took too long.
    #[error("the query took longer than it may; narrow it by well, curve or depth, or raise query.timeout_secs")]
    TimedOut,
}

/// The stop signal of one query.
#[derive(Debug, Default)]
pub(crate) struct Cancel {
    // 0 while running, then why it stopped; the first reason stays.
    reason: AtomicU8,
    changed: Notify,
}

impl Cancel {
    pub(crate) fn stop(&self, why: Stopped) {
        let code = match why {
            Stopped::Dropped => 1,
            Stopped::TimedOut => 2,
        };
        let first = self.reason.compare_exchange(0, code, Ordering::AcqRel, Ordering::Acquire);
        if first.is_ok() {
            self.changed.notify_waiters();
        }
    }

    pub(crate) fn reason(&self) -> Option<Stopped> {
        match self.reason.load(Ordering::Acquire) {
            0 => None,
            1 => Some(Stopped::Dropped),
            _ => Some(Stopped::TimedOut),
        }
    }

    /// Waits until the query is stopped.
    pub(crate) async fn stopped(&self) -> Stopped {
        loop {
            // Registered before the check, so that no signal falls between.
            let changed = self.changed.notified();
            if let Some(why) = self.reason() {
                return why;
            }
            changed.await;
        }
    }
}

/// Makes the joins of a plan stop with the query.
pub(crate) fn wrap_joins(plan: Arc<dyn ExecutionPlan>, cancel: &Arc<Cancel>) -> Result<Arc<dyn ExecutionPlan>> {
    plan.transform_up(|node| {
        let guarded = guard_filter(&node, cancel)?;
        let joins = guarded.is_some()
            || node.is::<CrossJoinExec>()
            || node.is::<HashJoinExec>()
            || node.is::<NestedLoopJoinExec>()
            || node.is::<SortMergeJoinExec>()
            || node.is::<RecursiveQueryExec>();
        if !joins {
            return Ok(Transformed::no(node));
        }
        let join = guarded.unwrap_or(node);
        let wrapped: Arc<dyn ExecutionPlan> = Arc::new(CooperativeExec::new(join));
        Ok(Transformed::yes(wrapped))
    })
    .data()
}

fn guard_filter(node: &Arc<dyn ExecutionPlan>, cancel: &Arc<Cancel>) -> Result<Option<Arc<dyn ExecutionPlan>>> {
    if let Some(join) = node.downcast_ref::<NestedLoopJoinExec>()
        && let Some(filter) = join.filter()
    {
        let guarded =
            NestedLoopJoinExecBuilder::new(Arc::clone(join.left()), Arc::clone(join.right()), *join.join_type())
                .with_projection_ref(join.projection().clone())
                .with_filter(Some(guard(filter, cancel)))
                .build()?;
        return Ok(Some(Arc::new(guarded)));
    }
    if let Some(join) = node.downcast_ref::<HashJoinExec>()
        && let Some(filter) = join.filter()
    {
        let filter = guard(filter, cancel);
        return Ok(Some(join.builder().with_filter(Some(filter)).build_exec()?));
    }
    if let Some(join) = node.downcast_ref::<SortMergeJoinExec>()
        && let Some(filter) = join.filter()
    {
        let guarded = SortMergeJoinExec::try_new(
            Arc::clone(join.left()),
            Arc::clone(join.right()),
            join.on().to_vec(),
            Some(guard(filter, cancel)),
            join.join_type(),
            join.sort_options().to_vec(),
            join.null_equality(),
        )?;
        return Ok(Some(Arc::new(guarded)));
    }
    Ok(None)
}

fn guard(filter: &JoinFilter, cancel: &Arc<Cancel>) -> JoinFilter {
    let expression = Arc::new(GuardedExpr { inner: Arc::clone(filter.expression()), cancel: Arc::clone(cancel) });
    JoinFilter::new(expression, filter.column_indices().to_vec(), Arc::clone(filter.schema()))
}

/// An expression that fails once its query is stopped.
#[derive(Debug)]
struct GuardedExpr {
    inner: Arc<dyn PhysicalExpr>,
    cancel: Arc<Cancel>,
}

impl fmt::Display for GuardedExpr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl PartialEq for GuardedExpr {
    fn eq(&self, other: &Self) -> bool {
        self.inner.eq(&other.inner)
    }
}

impl Eq for GuardedExpr {}

impl Hash for GuardedExpr {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.inner.hash(state);
    }
}

impl PhysicalExpr for GuardedExpr {
    fn data_type(&self, schema: &Schema) -> Result<DataType> {
        self.inner.data_type(schema)
    }

    fn nullable(&self, schema: &Schema) -> Result<bool> {
        self.inner.nullable(schema)
    }

    fn evaluate(&self, batch: &RecordBatch) -> Result<ColumnarValue> {
        match self.cancel.reason() {
            Some(why) => Err(DataFusionError::External(Box::new(why))),
            None => self.inner.evaluate(batch),
        }
    }

    fn children(&self) -> Vec<&Arc<dyn PhysicalExpr>> {
        vec![&self.inner]
    }

    fn with_new_children(self: Arc<Self>, mut children: Vec<Arc<dyn PhysicalExpr>>) -> Result<Arc<dyn PhysicalExpr>> {
        let inner = children.pop().unwrap_or_else(|| Arc::clone(&self.inner));
        let cancel = Arc::clone(&self.cancel);
        Ok(Arc::new(Self { inner, cancel }))
    }

    fn fmt_sql(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt_sql(f)
    }
}
