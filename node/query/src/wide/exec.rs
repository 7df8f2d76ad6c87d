//! The plan of reading a well: one partition, rows by depth.

use std::fmt;
use std::sync::Arc;

use arrow::array::RecordBatch;
use datafusion::common::stats::Precision;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{Statistics, internal_err};
use datafusion::error::Result;
use datafusion::execution::memory_pool::MemoryConsumer;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::expressions::Column as ColumnExpr;
use datafusion::physical_expr::{EquivalenceProperties, PhysicalSortExpr};
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType, project_schema};
use datafusion::physical_plan::statistics::StatisticsArgs;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, Partitioning, PhysicalExpr, PlanProperties,
};
use futures::{FutureExt as _, StreamExt as _, TryStreamExt as _};

use super::choice::Layout;
use super::reader::{Reader, Scan};
use super::{DEPTH, Steps};
use crate::parquet_file::Source;
use crate::planned::PlannedRead;
use crate::reading::Reading;
use crate::samples::Bounds;

/// The scan of a well.
#[derive(Debug)]
pub(crate) struct WellExec {
    scan: Scan,
    limit: Option<usize>,
    properties: Arc<PlanProperties>,
}

impl WellExec {
    pub(super) fn new(
        layout: Arc<Layout>,
        (source, reading): (Arc<Source>, Arc<Reading>),
        steps: Arc<Steps>,
        projection: Option<&Vec<usize>>,
        bounds: Bounds,
        limit: Option<usize>,
    ) -> Result<Self> {
        let schema = project_schema(&layout.schema, projection)?;
        let fields: Arc<[usize]> = match projection {
            Some(positions) => positions.as_slice().into(),
            None => (0..layout.schema.fields().len()).collect(),
        };
        let depth = fields.iter().position(|field| *field == 0);
        // Depths strictly ascend.
        let ordering = depth.map(|at| {
            let depth: Arc<dyn PhysicalExpr> = Arc::new(ColumnExpr::new(DEPTH, at));
            vec![PhysicalSortExpr::new_default(depth)]
        });
        let properties = PlanProperties::new(
            EquivalenceProperties::new_with_orderings(Arc::clone(&schema), ordering),
            Partitioning::UnknownPartitioning(1),
            EmissionType::Incremental,
            Boundedness::Bounded,
        );
        let scan = Scan { layout, source, reading, steps, fields, schema, bounds };
        Ok(Self { scan, limit, properties: Arc::new(properties) })
    }

    /// Returns what is read of each run at most: its columns, whatever the depths.
    pub(crate) fn planned_reads(&self) -> Vec<PlannedRead> {
        let layout = &self.scan.layout;
        let reads = layout.runs.iter().enumerate().filter_map(|(at, placed)| {
            let columns = self.scan.fields.iter().filter_map(|field| layout.columns.get(field.checked_sub(1)?));
            let mut names: Vec<String> =
                columns.filter(|column| column.run == at).map(|column| column.name.clone()).collect();
            if layout.spacing.is_some() && names.is_empty() {
                return None;
            }
            names.push(placed.file.index.name.clone());
            Some(PlannedRead {
                run: Arc::clone(&placed.file),
                source: Arc::clone(&self.scan.source),
                groups: vec![names],
                bounds: Bounds::ALL,
            })
        });
        reads.collect()
    }
}

impl DisplayAs for WellExec {
    fn fmt_as(&self, _format: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let layout = &self.scan.layout;
        let names: Vec<&str> = self.scan.schema.fields().iter().map(|field| field.name().as_str()).collect();
        write!(f, "WellExec: runs={}, columns=[{}]", layout.runs.len(), names.join(", "))?;
        if let Some(spacing) = layout.spacing {
            write!(f, ", step={}", spacing.step)?;
        }
        if self.scan.bounds != Bounds::ALL {
            write!(f, ", depth_m={}..{}", self.scan.bounds.low, self.scan.bounds.high)?;
        }
        Ok(())
    }
}

impl ExecutionPlan for WellExec {
    fn name(&self) -> &'static str {
        "WellExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        Vec::new()
    }

    fn with_new_children(self: Arc<Self>, children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        if children.is_empty() { Ok(self) } else { internal_err!("a scan of a well has no inputs") }
    }

    fn apply_expressions(
        &self,
        _visit: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        if partition != 0 {
            return internal_err!("a scan of a well has one partition, not {partition}");
        }
        let reservation = MemoryConsumer::new("well").register(context.memory_pool());
        let batch_rows = context.session_config().batch_size();
        let limit = self.limit.unwrap_or(usize::MAX);
        let opened = Reader::open(self.scan.clone(), batch_rows, reservation).boxed();
        let batches = futures::stream::once(opened)
            .map_ok(move |reader| {
                futures::stream::try_unfold((reader, limit), |(reader, left)| next(reader, left).boxed())
            })
            .try_flatten()
            .boxed();
        Ok(Box::pin(RecordBatchStreamAdapter::new(self.schema(), batches)))
    }

    fn statistics_from_inputs(&self, _inputs: &[Arc<Statistics>], _args: &StatisticsArgs) -> Result<Arc<Statistics>> {
        let mut statistics = Statistics::new_unknown(&self.schema());
        let runs = self.scan.layout.runs.iter();
        if self.scan.layout.spacing.is_none() {
            let rows = runs.map(|run| run.file.rows).fold(0, u64::saturating_add);
            statistics.num_rows = usize::try_from(rows).map_or(Precision::Absent, Precision::Inexact);
        }
        Ok(Arc::new(statistics))
    }
}

/// Returns the next rows of a reader, no more than are left.
async fn next(mut reader: Reader, left: usize) -> Result<Option<(RecordBatch, (Reader, usize))>> {
    if left == 0 {
        return Ok(None);
    }
    let Some(batch) = reader.next().await? else { return Ok(None) };
    let batch = batch.slice(0, batch.num_rows().min(left));
    let left = left - batch.num_rows();
    Ok(Some((batch, (reader, left))))
}
