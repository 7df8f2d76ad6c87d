//! What window functions hold.
//!
//! DataFusion's window operators keep rows, and make results that repeat them, without asking the memory
//! pool: `array_agg(x) OVER ()` over a hundred thousand numbers has eighty gigabytes. So the rows that go
//! into them are counted before they get there, and what becomes of them is reserved; without room for it
//! the query ends.
//!
//! There are two such operators. One gathers all rows before the first comes out. The other lets go of
//! rows that no frame reaches any more: how far frames reach back follows from the functions, and how many
//! rows still wait for those behind them from how many came out.

mod shape;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arrow::array::{Array as _, ArrayRef, RecordBatch};
use arrow::compute::{concat, partition};
use arrow::error::ArrowError;
use datafusion::common::internal_err;
use datafusion::common::tree_node::{Transformed, TransformedResult as _, TreeNode as _};
use datafusion::error::Result;
use datafusion::execution::TaskContext;
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryReservation};
use datafusion::physical_plan::execution_plan::replace_children_if_necessary;
use datafusion::physical_plan::windows::WindowExpr;
use datafusion::physical_plan::{ExecutionPlan, PhysicalExpr};

use self::shape::Shape;
use super::meter::{bytes_of, size};
use super::watch::{Look, Watch, WatchExec};
use super::width::widest;

/// Bytes that an operator and its functions keep of a row beside its values.
const ROW_BYTES: u64 = 64;

/// Copies of the rows: those that came, and those that are put together of them.
const COPIES: u64 = 2;

/// Where the execution of an operator leaves what its rows are counted by.
type Slot = Arc<Mutex<Option<Arc<Held>>>>;

/// Puts a count around every operator of window functions.
///
/// # Errors
/// When the plan cannot be rebuilt.
pub(super) fn count_held(plan: Arc<dyn ExecutionPlan>) -> Result<Arc<dyn ExecutionPlan>> {
    plan.transform_up(|node| {
        let Some(shape) = Shape::of(&node)? else { return Ok(Transformed::no(node)) };
        let slot = Slot::default();
        let inputs = node.children().into_iter().map(|input| {
            let watch = Entering { slot: Arc::clone(&slot) };
            WatchExec::above(Arc::clone(input), Arc::new(watch))
        });
        let inputs = inputs.collect();
        let operator = replace_children_if_necessary(Arc::clone(&node), inputs)?;
        let watch = Leaving { shape: Arc::new(shape), slot };
        Ok(Transformed::yes(WatchExec::above(operator, Arc::new(watch))))
    })
    .data()
}

/// Counts the rows that go into an operator.
#[derive(Debug)]
struct Entering {
    slot: Slot,
}

impl Watch for Entering {
    fn start(&self, _context: &TaskContext) -> Result<Look> {
        let held = self.slot.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(held) = held else { return internal_err!("a count of rows has no operator") };
        Ok(Box::new(move |batch: &RecordBatch| held.take(batch)))
    }
}

/// Counts the rows that come out of an operator.
#[derive(Debug)]
struct Leaving {
    shape: Arc<Shape>,
    slot: Slot,
}

impl Watch for Leaving {
    fn start(&self, context: &TaskContext) -> Result<Look> {
        let reservation = MemoryConsumer::new("window functions").register(context.memory_pool());
        let held = Arc::new(Held { shape: Arc::clone(&self.shape), counts: Mutex::default(), reservation });
        // The operator, which is started next, starts what goes into it at once, which takes it.
        *self.slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&held));
        Ok(Box::new(move |batch: &RecordBatch| held.gave(batch)))
    }
}

/// What one execution of an operator holds.
#[derive(Debug)]
struct Held {
    shape: Arc<Shape>,
    counts: Mutex<Counts>,
    reservation: MemoryReservation,
}

/// Rows and bytes.
#[derive(Debug, Default, Clone, Copy)]
struct Part {
    rows: u64,
    bytes: u64,
    /// Bytes of what is put together.
    collected: u64,
}

/// What went in and came out.
#[derive(Debug, Default)]
struct Counts {
    into: Part,
    rows_out: u64,
    /// The most bytes that a row has, as the mean of its batch.
    row_bytes: u64,
    /// The most bytes that the functions which pick a value may give for a row.
    picked: u64,
    /// The partition that the last row belongs to.
    partition: Part,
    /// The most bytes that are put together for a row of the last batch.
    most: u64,
    /// Bytes that are put together for the rows of the partitions before.
    before: u64,
    /// The keys of the last row.
    last: Vec<ArrayRef>,
}

impl Held {
    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts rows that go in.
    fn take(&self, batch: &RecordBatch) -> Result<()> {
        let mut counts = self.counts();
        counts.add(&self.shape, batch)?;
        self.reserve(&counts)
    }

    /// Counts rows that came out.
    fn gave(&self, batch: &RecordBatch) -> Result<()> {
        let mut counts = self.counts();
        counts.rows_out = counts.rows_out.saturating_add(batch.num_rows() as u64);
        self.reserve(&counts)
    }

    fn reserve(&self, counts: &Counts) -> Result<()> {
        self.reservation.try_resize(usize::try_from(counts.held(&self.shape)).unwrap_or(usize::MAX))
    }
}

impl Counts {
    fn add(&mut self, shape: &Shape, batch: &RecordBatch) -> Result<()> {
        let rows = batch.num_rows() as u64;
        if rows == 0 {
            return Ok(());
        }
        let bytes = size(batch);
        let collected = sum(&shape.collecting, batch, bytes_of)?;
        self.picked = self.picked.max(sum(&shape.picking, batch, |column| widest(column) as u64)?);
        self.row_bytes = self.row_bytes.max(bytes.div_ceil(rows));
        self.into = self.into.and(Part { rows, bytes, collected });
        let share = |whole: u64, part: u64| whole.saturating_mul(part).div_ceil(rows);
        self.most = 0;
        for (at, part) in self.parts(&shape.keys, batch)?.into_iter().enumerate() {
            if at > 0 {
                let ended = std::mem::take(&mut self.partition);
                self.before = self.before.saturating_add(ended.rows.saturating_mul(ended.collected));
            }
            let (bytes, collected) = (share(bytes, part), share(collected, part));
            self.partition = self.partition.and(Part { rows: part, bytes, collected });
            self.most = self.most.max(self.partition.collected);
        }
        Ok(())
    }

    /// Returns how many rows of a batch belong to the partition before it, and how many to each that follows.
    fn parts(&mut self, keys: &[Arc<dyn PhysicalExpr>], batch: &RecordBatch) -> Result<Vec<u64>> {
        let rows = batch.num_rows();
        if keys.is_empty() {
            return Ok(vec![rows as u64]);
        }
        let columns = keys.iter().map(|key| key.evaluate(batch)?.into_array(rows)).collect::<Result<Vec<_>>>()?;
        let last = columns.iter().map(|column| column.slice(rows - 1, 1)).collect();
        let before = std::mem::replace(&mut self.last, last);
        let lengths = |columns: &[ArrayRef]| -> Result<Vec<u64>> {
            Ok(partition(columns)?.ranges().into_iter().map(|range| range.len() as u64).collect())
        };
        if before.is_empty() {
            return lengths(&columns);
        }
        let joined = before.iter().zip(&columns).map(|(before, column)| concat(&[before.as_ref(), column.as_ref()]));
        let mut parts = lengths(&joined.collect::<Result<Vec<_>, ArrowError>>()?)?;
        // The row before was counted.
        if let Some(first) = parts.first_mut() {
            *first -= 1;
        }
        Ok(parts)
    }

    /// Returns the bytes that are held at most.
    fn held(&self, shape: &Shape) -> u64 {
        let waiting = self.into.rows.saturating_sub(self.rows_out);
        let (rows, bytes, collected) = if shape.gathers {
            let last = self.partition.rows.saturating_mul(self.partition.collected);
            (self.into.rows, self.into.bytes, self.before.saturating_add(last))
        } else {
            let behind = shape.behind.unwrap_or(u64::MAX).min(self.partition.rows);
            let bytes = waiting.saturating_add(behind).saturating_mul(self.row_bytes);
            let most = self.partition.bytes.max(waiting.saturating_mul(self.row_bytes));
            (waiting, bytes.min(most), waiting.saturating_mul(self.most))
        };
        let row = ROW_BYTES.saturating_add(shape.fixed).saturating_add(self.picked);
        bytes.saturating_mul(COPIES).saturating_add(rows.saturating_mul(row)).saturating_add(collected)
    }
}

impl Part {
    const fn and(self, other: Self) -> Self {
        Self {
            rows: self.rows.saturating_add(other.rows),
            bytes: self.bytes.saturating_add(other.bytes),
            collected: self.collected.saturating_add(other.collected),
        }
    }
}

/// Returns what the arguments of functions measure together.
fn sum(functions: &[Arc<dyn WindowExpr>], batch: &RecordBatch, measure: fn(&ArrayRef) -> u64) -> Result<u64> {
    let mut sum = 0_u64;
    for function in functions {
        for argument in function.evaluate_args(batch)? {
            sum = sum.saturating_add(measure(&argument));
        }
    }
    Ok(sum)
}

#[cfg(test)]
mod tests;
