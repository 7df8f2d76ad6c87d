//! Rows that are too wide to be repeated.
//!
//! Joins repeat a row of one side for each of the other, a batch at a time, without asking the memory
//! pool for the values: a text of a megabyte becomes eight gigabytes. So what goes into them is looked
//! at, batch by batch, and a row that is too wide ends the query; what comes out of them counts against
//! the pool. The value of a subquery, which is repeated for every row too, may not be wider either.

use std::fmt;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray as _, GenericListArray, OffsetSizeTrait, RecordBatch};
use arrow::datatypes::{ArrowNativeType as _, ByteArrayType, DataType};
use datafusion::common::internal_err;
use datafusion::common::tree_node::{Transformed, TransformedResult as _, TreeNode as _, TreeNodeRecursion};
use datafusion::error::Result;
use datafusion::execution::memory_pool::MemoryConsumer;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_plan::execution_plan::replace_children_if_necessary;
use datafusion::physical_plan::joins::{CrossJoinExec, HashJoinExec, NestedLoopJoinExec, SortMergeJoinExec};
use datafusion::physical_plan::scalar_subquery::ScalarSubqueryExec;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::unnest::UnnestExec;
use datafusion::physical_plan::{DisplayAs, DisplayFormatType, ExecutionPlan, PhysicalExpr, PlanProperties};
use futures::StreamExt as _;

use super::TooLarge;
use super::meter::{bytes_of, size};
use super::watch::{Look, Watch, WatchExec};

/// Bytes of texts and arrays in one row that goes into a join.
const MOST_BYTES: usize = 64 * 1024;

/// Bytes that unnesting the arrays of one row may repeat: all of its rows are made at once.
const MOST_UNNESTED: usize = 64 * 1024 * 1024;

/// Puts the check before every operator that repeats rows.
///
/// # Errors
/// When the plan cannot be rebuilt.
pub(super) fn wrap_inputs(plan: Arc<dyn ExecutionPlan>) -> Result<Arc<dyn ExecutionPlan>> {
    plan.transform_up(|node| {
        let repeats = node.is::<CrossJoinExec>()
            || node.is::<HashJoinExec>()
            || node.is::<NestedLoopJoinExec>()
            || node.is::<SortMergeJoinExec>()
            || node.is::<UnnestExec>();
        let asks = node.is::<ScalarSubqueryExec>();
        if !repeats && !asks {
            return Ok(Transformed::no(node));
        }
        // What is unnested is taken apart rather than repeated.
        let unnested = node.downcast_ref::<UnnestExec>().map(UnnestExec::list_column_indices).unwrap_or_default();
        let unnested: Arc<[Unnested]> =
            unnested.iter().map(|list| Unnested { column: list.index_in_input_schema, depth: list.depth }).collect();
        let inputs = node.children().into_iter().enumerate().map(|(at, input)| {
            if asks && at == 0 {
                // It passes these on; what the others give is a value for each of them.
                return Arc::clone(input);
            }
            let (input, unnested) = (Arc::clone(input), Arc::clone(&unnested));
            let checked: Arc<dyn ExecutionPlan> = Arc::new(WidthExec { input, unnested });
            checked
        });
        let inputs = inputs.collect();
        let checked = replace_children_if_necessary(Arc::clone(&node), inputs)?;
        Ok(Transformed::yes(if repeats { WatchExec::above(checked, Arc::new(Made)) } else { checked }))
    })
    .data()
}

/// Counts a batch of repeated rows until the next one is there: each of many joins holds one.
#[derive(Debug)]
struct Made;

impl Watch for Made {
    fn start(&self, context: &TaskContext) -> Result<Look> {
        let reservation = MemoryConsumer::new("repeated rows").register(context.memory_pool());
        Ok(Box::new(move |batch: &RecordBatch| {
            reservation.try_resize(usize::try_from(size(batch)).unwrap_or(usize::MAX))
        }))
    }
}

/// A column whose arrays become rows.
#[derive(Debug, Clone, Copy)]
struct Unnested {
    column: usize,
    /// How many arrays within each other.
    depth: usize,
}

/// Passes rows on, none of them too wide.
#[derive(Debug)]
struct WidthExec {
    input: Arc<dyn ExecutionPlan>,
    /// Columns that are not repeated.
    unnested: Arc<[Unnested]>,
}

impl DisplayAs for WidthExec {
    fn fmt_as(&self, _format: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WidthExec")
    }
}

impl ExecutionPlan for WidthExec {
    fn name(&self) -> &'static str {
        "WidthExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        self.input.properties()
    }

    fn maintains_input_order(&self) -> Vec<bool> {
        vec![true]
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.input]
    }

    fn with_new_children(self: Arc<Self>, mut children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        match children.pop() {
            Some(input) if children.is_empty() => Ok(Arc::new(Self { input, unnested: Arc::clone(&self.unnested) })),
            _ => internal_err!("a check of widths has one input"),
        }
    }

    fn apply_expressions(
        &self,
        _visit: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let rows = self.input.execute(partition, context)?;
        let schema = rows.schema();
        let unnested = Arc::clone(&self.unnested);
        let checked = rows.map(move |batch| batch.and_then(|batch| check(&batch, &unnested).map(|()| batch)));
        Ok(Box::pin(RecordBatchStreamAdapter::new(schema, checked)))
    }
}

fn check(batch: &RecordBatch, unnested: &[Unnested]) -> Result<()> {
    let is_repeated = |at: usize| unnested.iter().all(|list| list.column != at);
    let columns = batch.columns().iter().enumerate().filter(|(at, _)| is_repeated(*at)).map(|(_, column)| column);
    let width: usize = columns.clone().map(widest).fold(0, usize::saturating_add);
    if width > MOST_BYTES {
        return Err(TooLarge::error(format!(
            "a row of {width} bytes is too wide to be joined, unnested or a value for other rows, the limit is \
             {MOST_BYTES}; select shorter texts and arrays before"
        )));
    }
    let rows = unnested.iter().map(|list| longest_list(batch.column(list.column), list.depth)).max().unwrap_or(0);
    let numbers: usize = columns.map(|column| column.data_type().primitive_width().unwrap_or(0)).sum();
    let bytes = rows.saturating_mul(width.saturating_add(numbers));
    if bytes > MOST_UNNESTED {
        return Err(TooLarge::error(format!(
            "unnesting would make {bytes} bytes of one row, the limit is {MOST_UNNESTED}; select fewer columns beside, \
             or unnest shorter arrays"
        )));
    }
    Ok(())
}

/// Rows that the arrays of one row become at most.
fn longest_list(column: &ArrayRef, depth: usize) -> usize {
    match column.data_type() {
        DataType::List(_) if depth == 1 => most_values(column.as_list::<i32>()),
        DataType::LargeList(_) if depth == 1 => most_values(column.as_list::<i64>()),
        _ => leaves(column),
    }
}

/// Values of all arrays of a column, however deep they are.
fn leaves(column: &ArrayRef) -> usize {
    match column.data_type() {
        DataType::List(_) => leaves(column.as_list::<i32>().values()),
        DataType::LargeList(_) => leaves(column.as_list::<i64>().values()),
        DataType::FixedSizeList(..) => leaves(column.as_fixed_size_list().values()),
        DataType::ListView(_) => leaves(column.as_list_view::<i32>().values()),
        DataType::LargeListView(_) => leaves(column.as_list_view::<i64>().values()),
        _ => column.len(),
    }
}

/// Bytes of the widest value of a column of texts or arrays, or a bound of it; 0 for numbers.
pub(super) fn widest(column: &ArrayRef) -> usize {
    use arrow::datatypes::{BinaryType, LargeBinaryType, LargeUtf8Type, Utf8Type};
    match column.data_type() {
        DataType::Utf8 => longest::<Utf8Type>(column),
        DataType::LargeUtf8 => longest::<LargeUtf8Type>(column),
        DataType::Binary => longest::<BinaryType>(column),
        DataType::LargeBinary => longest::<LargeBinaryType>(column),
        DataType::Utf8View => {
            let texts = column.as_string_view();
            texts.iter().flatten().map(str::len).max().unwrap_or(0)
        }
        DataType::BinaryView => {
            let values = column.as_binary_view();
            values.iter().flatten().map(<[u8]>::len).max().unwrap_or(0)
        }
        DataType::List(_) => lists::<i32>(column),
        DataType::LargeList(_) => lists::<i64>(column),
        other if other.primitive_width().is_some() || other.is_null() || *other == DataType::Boolean => 0,
        // Seldom; its mean stands for all of them.
        _ => bytes(column) / column.len().max(1),
    }
}

fn longest<T: ByteArrayType>(column: &ArrayRef) -> usize {
    let offsets = column.as_bytes::<T>().value_offsets();
    let (mut most, mut start) = (0_usize, offsets.first().map_or(0, |first| first.as_usize()));
    // For every row that is joined, so as little as can be.
    for end in offsets.iter().map(|end| end.as_usize()) {
        most = most.max(end - start);
        start = end;
    }
    most
}

fn lists<O: OffsetSizeTrait>(column: &ArrayRef) -> usize {
    let lists = column.as_list::<O>();
    let values = lists.values();
    most_values(lists).saturating_mul(bytes(values).div_ceil(values.len().max(1)))
}

/// Values of the longest array.
fn most_values<O: OffsetSizeTrait>(lists: &GenericListArray<O>) -> usize {
    let lengths = lists.value_offsets().windows(2).map(|pair| match pair {
        [start, end] => end.as_usize() - start.as_usize(),
        _ => 0,
    });
    lengths.max().unwrap_or(0)
}

fn bytes(column: &ArrayRef) -> usize {
    usize::try_from(bytes_of(column)).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use arrow::array::{Int64Array, ListArray, StringArray};
    use arrow::datatypes::Int64Type;

    use super::*;

    #[test]
    fn texts_and_arrays_count_by_their_longest() {
        let texts: ArrayRef = Arc::new(StringArray::from(vec![Some("a"), None, Some("abcd")]));
        assert_eq!(widest(&texts), 4);
        assert_eq!(widest(&texts.slice(0, 2)), 1);
        let lists: ArrayRef =
            Arc::new(ListArray::from_iter_primitive::<Int64Type, _, _>([Some(vec![Some(1); 10]), None]));
        assert!((80..=90).contains(&widest(&lists)), "{}", widest(&lists));
        let numbers: ArrayRef = Arc::new(Int64Array::from(vec![1, 2]));
        assert_eq!(widest(&numbers), 0);
    }

    #[test]
    fn a_row_that_is_too_wide_is_an_error() {
        let batch = |length: usize| {
            let texts: ArrayRef = Arc::new(StringArray::from(vec!["x".repeat(length)]));
            RecordBatch::try_from_iter([("a", Arc::clone(&texts)), ("b", texts)]).unwrap()
        };
        check(&batch(MOST_BYTES / 2), &[]).unwrap();
        let error = check(&batch(MOST_BYTES / 2 + 1), &[]).unwrap_err();
        assert!(error.to_string().contains("too wide"), "{error}");
        check(&batch(MOST_BYTES), &[Unnested { column: 1, depth: 1 }]).unwrap();
    }

    #[test]
    fn a_row_that_becomes_too_many_is_an_error() {
        let batch = |values: i64| {
            let list = Some((0..values).map(Some).collect::<Vec<_>>());
            let lists: ArrayRef = Arc::new(ListArray::from_iter_primitive::<Int64Type, _, _>([list]));
            let texts: ArrayRef = Arc::new(StringArray::from(vec!["x".repeat(60_000)]));
            RecordBatch::try_from_iter([("list", lists), ("text", texts)]).unwrap()
        };
        let unnested = [Unnested { column: 0, depth: 1 }];
        check(&batch(1_000), &unnested).unwrap();
        let error = check(&batch(2_000), &unnested).unwrap_err();
        assert!(error.to_string().contains("unnesting would make 120000000 bytes"), "{error}");
    }
}
