//! Reading the chosen curves of the chosen runs, one run after the other.
//!
//! A run with many curves is read a group of curves at a time, so that memory is bounded by the group
//! and a row group; the index is read again for each group.
//! Nothing is read at all when only constant columns are asked.

use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use datafusion::common::stats::Precision;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{Statistics, internal_err};
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryPool};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::EquivalenceProperties;
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType, project_schema};
use datafusion::physical_plan::statistics::StatisticsArgs;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, Partitioning, PhysicalExpr, PlanProperties,
};
use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ArrowReaderMetadata;
use parquet::arrow::async_reader::ParquetRecordBatchStreamBuilder;

use super::filter::Bounds;
use super::prune::select;
use super::rows::{Needs, Repeats, RowBuilder};
use super::{SampleColumn, sample_schema};
use crate::catalog::RunFile;
use crate::parquet_file::{Source, TableFile};
use crate::planned::PlannedRead;
use crate::reading::Reading;

/// Curves read together.
const CURVE_GROUP: usize = 16;

/// One run and what is wanted of it.
#[derive(Debug, Clone)]
pub(super) struct RunScan {
    pub(super) run: Arc<RunFile>,
    /// Positions in `run.curves`.
    pub(super) curves: Vec<usize>,
    /// Range of the index as delivered; rows outside may be left out.
    pub(super) bounds: Bounds,
}

/// The scan of `samples`.
#[derive(Debug)]
pub(crate) struct SamplesExec {
    source: Arc<Source>,
    runs: Arc<[RunScan]>,
    columns: Arc<[SampleColumn]>,
    limit: Option<usize>,
    properties: Arc<PlanProperties>,
}

impl SamplesExec {
    pub(super) fn new(
        source: Arc<Source>,
        runs: Vec<RunScan>,
        projection: Option<&Vec<usize>>,
        limit: Option<usize>,
    ) -> Result<Self> {
        let schema = project_schema(&sample_schema(), projection)?;
        let columns = match projection {
            Some(positions) => positions.iter().map(|&at| SampleColumn::ALL[at]).collect(),
            None => SampleColumn::ALL.into(),
        };
        let properties = PlanProperties::new(
            EquivalenceProperties::new(schema),
            Partitioning::UnknownPartitioning(1),
            EmissionType::Incremental,
            Boundedness::Bounded,
        );
        Ok(Self { source, runs: runs.into(), columns, limit, properties: Arc::new(properties) })
    }

    /// Returns what is read of each run at most.
    pub(crate) fn planned_reads(&self) -> Vec<PlannedRead> {
        let needs = Needs::of(&self.columns);
        let reads = self.runs.iter().map(|scan| {
            let groups = scan.curves.chunks(CURVE_GROUP);
            let names = groups.map(|curves| names(&scan.run, curves, needs).into_iter().map(str::to_owned).collect());
            PlannedRead {
                run: Arc::clone(&scan.run),
                source: Arc::clone(&self.source),
                groups: names.collect(),
                bounds: scan.bounds,
            }
        });
        reads.collect()
    }
}

/// Names of the columns that are read for some curves of a run.
fn names<'a>(run: &'a RunFile, curves: &[usize], needs: Needs) -> Vec<&'a str> {
    let curves = curves.iter().map(|&at| &run.curves[at]).filter(|curve| needs.needs(curve));
    let mut names: Vec<&str> = curves.map(|curve| curve.column.as_str()).collect();
    if needs.index {
        names.push(&run.index.name);
    }
    names
}

impl DisplayAs for SamplesExec {
    fn fmt_as(&self, _format: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let curves: usize = self.runs.iter().map(|scan| scan.curves.len()).sum();
        let names: Vec<&str> = self.columns.iter().map(|column| column.name()).collect();
        write!(f, "SamplesExec: runs={}, curves={curves}, columns=[{}]", self.runs.len(), names.join(", "))
    }
}

impl ExecutionPlan for SamplesExec {
    fn name(&self) -> &'static str {
        "SamplesExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        Vec::new()
    }

    fn with_new_children(self: Arc<Self>, children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        if children.is_empty() { Ok(self) } else { internal_err!("a scan of samples has no inputs") }
    }

    fn apply_expressions(
        &self,
        _visit: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        if partition != 0 {
            return internal_err!("a scan of samples has one partition, not {partition}");
        }
        let reader = Arc::new(Reader {
            source: Arc::clone(&self.source),
            columns: Arc::clone(&self.columns),
            schema: self.schema(),
            limit: self.limit,
            batch_rows: context.session_config().batch_size(),
            pool: Arc::clone(context.memory_pool()),
            reading: Reading::of(context.session_config()),
            repeats: Mutex::default(),
        });
        let runs = Arc::clone(&self.runs);
        let groups = (0..runs.len()).flat_map(move |at| {
            let RunScan { run, curves, bounds } = &runs[at];
            // A footer that is not kept is parsed once for all groups of its run.
            let table = Arc::<OnceLock<ArrowReaderMetadata>>::default();
            let (run, bounds) = (Arc::clone(run), *bounds);
            let groups: Vec<Vec<usize>> = curves.chunks(CURVE_GROUP).map(<[usize]>::to_vec).collect();
            groups.into_iter().map(move |curves| Group {
                scan: RunScan { run: Arc::clone(&run), curves, bounds },
                table: Arc::clone(&table),
            })
        });
        let batches = futures::stream::iter(groups).then(move |group| Arc::clone(&reader).read(group)).try_flatten();
        let stream = RecordBatchStreamAdapter::new(self.schema(), batches);
        Ok(Box::pin(stream))
    }

    fn statistics_from_inputs(&self, _inputs: &[Arc<Statistics>], _args: &StatisticsArgs) -> Result<Arc<Statistics>> {
        let mut statistics = Statistics::new_unknown(&self.schema());
        let rows = self.runs.iter().try_fold(0_usize, |sum, scan| {
            let rows = usize::try_from(scan.run.rows).ok()?;
            sum.checked_add(rows.checked_mul(scan.curves.len())?)
        });
        let all = self.runs.iter().all(|scan| scan.bounds.is_all());
        statistics.num_rows = match rows {
            Some(rows) if all => Precision::Exact(rows),
            Some(rows) => Precision::Inexact(rows),
            None => Precision::Absent,
        };
        Ok(Arc::new(statistics))
    }
}

/// Curves of a run that are read together.
struct Group {
    scan: RunScan,
    /// The footer of the run's table, once a group has read it.
    table: Arc<OnceLock<ArrowReaderMetadata>>,
}

type Batches = BoxStream<'static, Result<RecordBatch>>;

/// What reading every group of curves shares.
struct Reader {
    source: Arc<Source>,
    columns: Arc<[SampleColumn]>,
    schema: SchemaRef,
    limit: Option<usize>,
    batch_rows: usize,
    pool: Arc<dyn MemoryPool>,
    reading: Arc<Reading>,
    repeats: Mutex<Repeats>,
}

impl Reader {
    async fn read(self: Arc<Self>, group: Group) -> Result<Batches> {
        let RunScan { run, curves, bounds } = &group.scan;
        let rows = RowBuilder::new(
            Arc::clone(run),
            curves.clone(),
            Arc::clone(&self.columns),
            Arc::clone(&self.schema),
            self.batch_rows,
            &mut self.repeats.lock().unwrap_or_else(PoisonError::into_inner),
        );
        let names = names(run, curves, Needs::of(&self.columns));
        if names.is_empty() && bounds.is_all() {
            return Ok(constant_batches(rows, run.rows, self.batch_rows));
        }
        self.read_table(&group, &names, rows).await
    }

    async fn read_table(&self, group: &Group, names: &[&str], rows: RowBuilder) -> Result<Batches> {
        let RunScan { run, bounds, .. } = &group.scan;
        let mut file = self.source.open(Arc::clone(run), &self.reading);
        let table = match group.table.get() {
            Some(table) => table.clone(),
            None => {
                let table = file.footer().await?;
                group.table.get_or_init(|| table).clone()
            }
        };
        let selection = select(&table, &run.index.name, *bounds)?;
        if selection.row_groups.is_empty() {
            return Ok(futures::stream::empty().boxed());
        }
        let mask = projection(&table, names, &file)?;
        let bytes = largest_row_group(&table, &mask, &selection.row_groups);
        let mut builder = ParquetRecordBatchStreamBuilder::new_with_metadata(file, table)
            .with_batch_size(self.batch_rows)
            .with_row_groups(selection.row_groups)
            .with_projection(mask);
        if let Some(selected) = selection.rows {
            builder = builder.with_row_selection(selected);
        }
        if let Some(limit) = self.limit {
            builder = builder.with_limit(limit);
        }
        let reservation = MemoryConsumer::new("samples").register(&self.pool);
        reservation.try_grow(bytes)?;
        let batches = builder
            .build()?
            .map(move |batch| {
                // Held for as long as the reader is.
                let _reserved = &reservation;
                let built = rows.build(&batch?)?;
                Ok::<_, DataFusionError>(futures::stream::iter(built.into_iter().map(Ok)))
            })
            .try_flatten();
        Ok(batches.boxed())
    }
}

fn constant_batches(rows: RowBuilder, total: u64, batch_rows: usize) -> Batches {
    let step = batch_rows as u64;
    let starts = (0..total.div_ceil(step)).map(move |at| at * step);
    futures::stream::iter(starts)
        .map(move |start| {
            let count = usize::try_from((total - start).min(step)).unwrap_or(batch_rows);
            let built = rows.build_constant(count)?;
            Ok::<_, DataFusionError>(futures::stream::iter(built.into_iter().map(Ok)))
        })
        .try_flatten()
        .boxed()
}

/// Selects columns by name; a name that is missing means the catalog and the table disagree.
pub(crate) fn projection(table: &ArrowReaderMetadata, names: &[&str], file: &TableFile) -> Result<ProjectionMask> {
    let mut roots = Vec::with_capacity(names.len());
    for name in names {
        let found = table.schema().fields().find(name);
        let Some((position, _)) = found else {
            return Err(file.mismatch(format!("it has no column {name}")).into());
        };
        roots.push(position);
    }
    Ok(ProjectionMask::roots(table.parquet_schema(), roots))
}

/// Bytes that the reader holds at once: the chosen columns of the largest row group.
fn largest_row_group(table: &ArrowReaderMetadata, mask: &ProjectionMask, row_groups: &[usize]) -> usize {
    let bytes = row_groups.iter().map(|&group| {
        let columns = table.metadata().row_group(group).columns().iter();
        let chosen = columns.enumerate().filter(|(leaf, _)| mask.leaf_included(*leaf));
        chosen.map(|(_, column)| usize::try_from(column.compressed_size()).unwrap_or(0)).sum()
    });
    bytes.max().unwrap_or(0)
}
