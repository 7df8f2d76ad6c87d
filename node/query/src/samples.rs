//! `samples`: every sample of every log in long form, one row per index value and curve.
//!
//! The way of a scan: conditions on what is constant per curve (well, run, mnemonic …) are evaluated
//! once per curve over the catalog's list, before a byte is read; ranges of the index skip runs, row
//! groups and pages; then the chosen curves are read from Parquet, batch by batch.
//! Rows come by run, then by groups of curves, then by batches of index values, then by curve.

mod exec;
mod filter;
mod prune;
mod rows;

use std::sync::{Arc, LazyLock};

use arrow::array::{ArrayRef, AsArray, BooleanArray, RecordBatch, StringArray, new_null_array};
use arrow::datatypes::{DataType, SchemaRef};
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::DFSchema;
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::utils::conjunction;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown, TableType};
use datafusion::physical_plan::{ExecutionPlan, PhysicalExpr};

use self::exec::RunScan;
pub(crate) use self::exec::{SamplesExec, projection};
use self::filter::Wanted;
pub(crate) use self::filter::{Bounds, depth_bounds};
pub(crate) use self::prune::{Selection, select};
use crate::catalog::{Catalog, CurveColumn, RunFile};
use crate::meta::schema_of;
use crate::parquet_file::Source;

/// Curves for which a condition is decided at once: to do so for each run alone takes longer than to read
/// what was chosen, where there are many.
const CURVES_AT_ONCE: usize = 8192;

/// Columns of `samples`, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SampleColumn {
    Well,
    Run,
    WellId,
    RunId,
    Curve,
    Mnemonic,
    Property,
    IndexValue,
    DepthM,
    TimeS,
    IndexKind,
    IndexUnit,
    Value,
    Text,
    Unit,
}

impl SampleColumn {
    const ALL: [Self; 15] = [
        Self::Well,
        Self::Run,
        Self::WellId,
        Self::RunId,
        Self::Curve,
        Self::Mnemonic,
        Self::Property,
        Self::IndexValue,
        Self::DepthM,
        Self::TimeS,
        Self::IndexKind,
        Self::IndexUnit,
        Self::Value,
        Self::Text,
        Self::Unit,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::Well => "well",
            Self::Run => "run",
            Self::WellId => "well_id",
            Self::RunId => "run_id",
            Self::Curve => "curve",
            Self::Mnemonic => "mnemonic",
            Self::Property => "property",
            Self::IndexValue => "index_value",
            Self::DepthM => "depth_m",
            Self::TimeS => "time_s",
            Self::IndexKind => "index_kind",
            Self::IndexUnit => "index_unit",
            Self::Value => "value",
            Self::Text => "text",
            Self::Unit => "unit",
        }
    }

    const fn data_type(self) -> DataType {
        match self {
            Self::IndexValue | Self::DepthM | Self::TimeS | Self::Value => DataType::Float64,
            _ => DataType::Utf8,
        }
    }

    /// Whether one curve of one run has one value.
    const fn is_constant(self) -> bool {
        !matches!(self, Self::IndexValue | Self::DepthM | Self::TimeS | Self::Value | Self::Text)
    }

    /// Whether all curves of one run have one value.
    const fn is_of_run(self) -> bool {
        matches!(self, Self::Well | Self::Run | Self::WellId | Self::RunId | Self::IndexKind | Self::IndexUnit)
    }

    /// Returns the value of a constant column.
    fn constant<'a>(self, run: &'a RunFile, curve: &'a CurveColumn) -> Option<&'a str> {
        match self {
            Self::Well => Some(&run.well),
            Self::Run => Some(&run.run),
            Self::WellId => Some(&run.well_id),
            Self::RunId => Some(&run.run_id),
            Self::Curve => Some(&curve.label),
            Self::Mnemonic => Some(&curve.mnemonic),
            Self::Property => curve.property.as_deref(),
            Self::IndexKind => Some(run.index.kind.as_str()),
            Self::IndexUnit => Some(&run.index.unit),
            Self::Unit => Some(&curve.unit),
            Self::IndexValue | Self::DepthM | Self::TimeS | Self::Value | Self::Text => None,
        }
    }

    fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|column| column.name() == name)
    }
}

/// Returns the schema of the table `samples`.
///
/// | column | meaning |
/// |---|---|
/// | `well`, `run`, `well_id`, `run_id` | where the sample is from; `run` is the short id |
/// | `curve` | the label that is unique in the run: `GR`, `GR_2` |
/// | `mnemonic`, `property`, `unit` | the curve's mnemonic and unit as delivered, its dictionary property |
/// | `index_value`, `index_kind`, `index_unit` | the index as delivered: `depth`, `time` or `other` |
/// | `depth_m`, `time_s` | the index in metres or seconds; null for another kind or an unknown unit |
/// | `value`, `text` | the sample: one is null, by the kind of curve; both if nothing was measured |
pub fn sample_schema() -> SchemaRef {
    static SCHEMA: LazyLock<SchemaRef> =
        LazyLock::new(|| schema_of(SampleColumn::ALL.into_iter().map(|column| (column.name(), column.data_type()))));
    Arc::clone(&SCHEMA)
}

/// The table.
#[derive(Debug)]
pub(crate) struct SamplesTable {
    catalog: Arc<dyn Catalog>,
    source: Arc<Source>,
}

impl SamplesTable {
    pub(crate) const fn new(catalog: Arc<dyn Catalog>, source: Arc<Source>) -> Self {
        Self { catalog, source }
    }
}

#[async_trait]
impl TableProvider for SamplesTable {
    fn schema(&self) -> SchemaRef {
        sample_schema()
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        Ok(filters
            .iter()
            .map(|expr| {
                if filter::is_constant(expr) {
                    TableProviderFilterPushDown::Exact
                } else if filter::has_bounds(expr) {
                    TableProviderFilterPushDown::Inexact
                } else {
                    TableProviderFilterPushDown::Unsupported
                }
            })
            .collect())
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let wanted = Wanted::new(filters);
        let found = if wanted.is_empty() {
            Vec::new()
        } else {
            self.catalog.runs(&wanted.runs).map_err(|error| DataFusionError::External(Box::new(error)))?
        };
        let logs = found.into_iter().filter(|run| run.is_log && run.rows > 0);
        let logs = logs.filter_map(|run| Some((wanted.bounds_in(&run.index)?, run)));
        let (bounds, logs): (Vec<Bounds>, Vec<Arc<RunFile>>) = logs.unzip();
        let chosen = choose_curves(&logs, constant_condition(state, filters)?.as_ref())?;
        let scans = logs.into_iter().zip(bounds).zip(chosen);
        let scans = scans.map(|((run, bounds), curves)| RunScan { run, curves, bounds });
        let runs = scans.filter(|scan| !scan.curves.is_empty()).collect();
        let source = Arc::clone(&self.source);
        Ok(Arc::new(SamplesExec::new(source, runs, projection, limit)?))
    }
}

fn constant_schema() -> SchemaRef {
    schema_of(
        SampleColumn::ALL
            .into_iter()
            .filter(|column| column.is_constant())
            .map(|column| (column.name(), column.data_type())),
    )
}

/// A condition on what is constant per curve.
struct Condition {
    of: Arc<dyn PhysicalExpr>,
    /// What it looks at.
    columns: Vec<SampleColumn>,
}

impl Condition {
    /// Returns for each curve, by its run and its position there, whether the condition is true.
    fn holds(&self, runs: &[Arc<RunFile>], curves: &[(usize, usize)]) -> Result<BooleanArray> {
        let constants = SampleColumn::ALL.into_iter().filter(|column| column.is_constant());
        let columns = constants.map(|column| {
            if !self.columns.contains(&column) {
                return new_null_array(&column.data_type(), curves.len());
            }
            let values = curves.iter().map(|&(run, curve)| column.constant(&runs[run], &runs[run].curves[curve]));
            Arc::new(values.collect::<StringArray>()) as ArrayRef
        });
        let batch = RecordBatch::try_new(constant_schema(), columns.collect())?;
        let verdict = self.of.evaluate(&batch)?.into_array(batch.num_rows())?;
        Ok(verdict.as_boolean().clone())
    }
}

/// Compiles the filters that are constant per curve into one condition.
fn constant_condition(state: &dyn Session, filters: &[Expr]) -> Result<Option<Condition>> {
    let constant = filters.iter().filter(|expr| filter::is_constant(expr));
    let Some(condition) = conjunction(constant.cloned()) else {
        return Ok(None);
    };
    let columns = condition.column_refs().into_iter().filter_map(|column| SampleColumn::named(&column.name)).collect();
    let schema = DFSchema::try_from(constant_schema())?;
    Ok(Some(Condition { of: state.create_physical_expr(condition, &schema)?, columns }))
}

/// Returns positions of the curves of each run for which the condition is true.
fn choose_curves(runs: &[Arc<RunFile>], condition: Option<&Condition>) -> Result<Vec<Vec<usize>>> {
    let Some(condition) = condition else {
        return Ok(runs.iter().map(|run| (0..run.curves.len()).collect()).collect());
    };
    let all = runs.iter().enumerate();
    let all = all.flat_map(|(run, file)| (0..file.curves.len()).map(move |curve| (run, curve)));
    let all: Vec<(usize, usize)> = all.collect();
    let mut chosen = vec![Vec::new(); runs.len()];
    for some in all.chunks(CURVES_AT_ONCE) {
        let verdict = condition.holds(runs, some)?;
        let true_ones = some.iter().zip(&verdict).filter(|(_, verdict)| *verdict == Some(true));
        for (&(run, curve), _) in true_ones {
            chosen[run].push(curve);
        }
    }
    Ok(chosen)
}
