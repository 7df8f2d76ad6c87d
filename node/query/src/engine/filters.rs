//! Filters put the rows that are left together until they fill a batch, without asking the memory pool: of
//! one long text in every batch that goes in, thousands. What they may hold is reserved before they get it:
//! what went in since they last gave a batch, and no more than a batch of the widest of those rows.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arrow::array::RecordBatch;
use datafusion::common::internal_err;
use datafusion::common::tree_node::{Transformed, TransformedResult as _, TreeNode as _};
use datafusion::error::Result;
use datafusion::execution::TaskContext;
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryReservation};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::execution_plan::replace_children_if_necessary;
use datafusion::physical_plan::filter::FilterExec;

use super::meter::size;
use super::watch::{Look, Watch, WatchExec};
use super::width::widest;

/// Where the execution of a filter leaves what its rows are counted by.
type Slot = Arc<Mutex<Option<Arc<Held>>>>;

/// Puts a count around every filter.
///
/// # Errors
/// When the plan cannot be rebuilt.
pub(super) fn count_left(plan: Arc<dyn ExecutionPlan>) -> Result<Arc<dyn ExecutionPlan>> {
    plan.transform_up(|node| {
        let Some(filter) = node.downcast_ref::<FilterExec>() else { return Ok(Transformed::no(node)) };
        let kept = filter.projection().clone();
        let slot = Slot::default();
        let inputs = node.children().into_iter().map(|input| {
            let watch = Entering { slot: Arc::clone(&slot) };
            WatchExec::above(Arc::clone(input), Arc::new(watch))
        });
        let inputs = inputs.collect();
        let filter = replace_children_if_necessary(Arc::clone(&node), inputs)?;
        Ok(Transformed::yes(WatchExec::above(filter, Arc::new(Leaving { kept, slot }))))
    })
    .data()
}

/// Counts the rows that go into a filter.
#[derive(Debug)]
struct Entering {
    slot: Slot,
}

impl Watch for Entering {
    fn start(&self, _context: &TaskContext) -> Result<Look> {
        let held = self.slot.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(held) = held else { return internal_err!("a count of rows has no filter") };
        Ok(Box::new(move |batch: &RecordBatch| held.take(batch)))
    }
}

/// Sees that a filter gave a batch.
#[derive(Debug)]
struct Leaving {
    /// Columns that the filter passes on; none for all.
    kept: Option<Arc<[usize]>>,
    slot: Slot,
}

impl Watch for Leaving {
    fn start(&self, context: &TaskContext) -> Result<Look> {
        let reservation = MemoryConsumer::new("filtered rows").register(context.memory_pool());
        let rows = context.session_config().batch_size() as u64;
        let held = Arc::new(Held { rows, kept: self.kept.clone(), counts: Mutex::default(), reservation });
        // The filter, which is started next, starts what goes into it at once, which takes it.
        *self.slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&held));
        Ok(Box::new(move |_batch: &RecordBatch| held.gave()))
    }
}

/// What one execution of a filter may hold.
#[derive(Debug)]
struct Held {
    /// Rows of a batch that is full.
    rows: u64,
    /// Columns that are held; none for all.
    kept: Option<Arc<[usize]>>,
    counts: Mutex<Counts>,
    reservation: MemoryReservation,
}

/// What went in since the last batch came out.
#[derive(Debug, Default, Clone, Copy)]
struct Counts {
    bytes: u64,
    /// Bytes of texts and arrays of the widest row.
    widest: u64,
    /// Bytes of the last batch, of which some rows may be left over.
    last: u64,
}

impl Held {
    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self, batch: &RecordBatch) -> Result<()> {
        let batch = match &self.kept {
            Some(columns) => batch.project(columns)?,
            None => batch.clone(),
        };
        let width = batch.columns().iter().map(|column| widest(column) as u64).fold(0, u64::saturating_add);
        let mut counts = self.counts();
        counts.last = size(&batch);
        counts.bytes = counts.bytes.saturating_add(counts.last);
        counts.widest = counts.widest.max(width);
        self.reserve(*counts)
    }

    fn gave(&self) -> Result<()> {
        let mut counts = self.counts();
        counts.bytes = counts.last;
        self.reserve(*counts)
    }

    fn reserve(&self, counts: Counts) -> Result<()> {
        let bytes = counts.bytes.min(counts.widest.saturating_mul(self.rows));
        self.reservation.try_resize(usize::try_from(bytes).unwrap_or(usize::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::watch::testing::run;

    /// A long text in the first row of every batch. What is random is not made after a filter instead of before.
    const LONG: &str = "SELECT CASE WHEN x % 8192 = 1 \
                        THEN repeat(CAST(x AS TEXT), 200000 + CAST(random() AS BIGINT)) ELSE '' END AS s \
                        FROM generate_series(1, 200000) t(x)";

    #[test]
    fn long_texts_that_wait_for_a_full_batch_count() {
        let error = run(&format!("SELECT s FROM ({LONG}) WHERE length(s) > 10"), count_left).expect_err("too many");
        assert!(error.contains("filtered rows"), "{error}");
    }

    #[test]
    fn what_is_left_out_or_passed_on_does_not_count() {
        let sql = "SELECT x FROM generate_series(1, 500000) t(x) WHERE x % 100000 = 0";
        assert_eq!(run(sql, count_left), Ok((5, 0)));
        // Twenty megabytes and more pass, a batch at a time.
        let sql = "SELECT s FROM (SELECT x, repeat(CAST(x AS TEXT), 20 + CAST(random() AS BIGINT)) AS s \
                   FROM generate_series(10000, 200000) t(x)) WHERE length(s) > 10 AND x % 7 > 0";
        let (rows, reserved) = run(sql, count_left).expect("rows");
        assert!(rows > 150_000 && reserved == 0, "{rows}, {reserved}");
    }
}
