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

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, RecordBatch, StringArray};
use arrow::datatypes::{DataType, SchemaRef};
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::DFSchema;
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::utils::conjunction;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown, TableType};
use datafusion::physical_plan::{ExecutionPlan, PhysicalExpr};

pub(crate) use self::exec::projection;
use self::exec::{RunScan, SamplesExec};
pub(crate) use self::filter::Bounds;
use self::filter::Wanted;
pub(crate) use self::prune::select;
use crate::catalog::{Catalog, CurveColumn, RunFile};
use crate::meta::schema_of;
use crate::parquet_file::Source;

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
        let condition = constant_condition(state, filters)?;
        let mut runs = Vec::new();
        for run in found.into_iter().filter(|run| run.is_log) {
            let Some(bounds) = wanted.bounds_in(&run.index) else {
                continue;
            };
            let curves = choose_curves(&run, condition.as_ref())?;
            if run.rows > 0 && !curves.is_empty() {
                runs.push(RunScan { run: Arc::new(run), curves, bounds });
            }
        }
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

/// Compiles the filters that are constant per curve into one condition.
fn constant_condition(state: &dyn Session, filters: &[Expr]) -> Result<Option<Arc<dyn PhysicalExpr>>> {
    let constant = filters.iter().filter(|expr| filter::is_constant(expr));
    let Some(condition) = conjunction(constant.cloned()) else {
        return Ok(None);
    };
    let schema = DFSchema::try_from(constant_schema())?;
    state.create_physical_expr(condition, &schema).map(Some)
}

/// Returns positions of the curves for which the condition is true.
fn choose_curves(run: &RunFile, condition: Option<&Arc<dyn PhysicalExpr>>) -> Result<Vec<usize>> {
    let all = 0..run.curves.len();
    let Some(condition) = condition else {
        return Ok(all.collect());
    };
    if run.curves.is_empty() {
        return Ok(Vec::new());
    }
    let columns: Vec<ArrayRef> = SampleColumn::ALL
        .into_iter()
        .filter(|column| column.is_constant())
        .map(|column| {
            let values = run.curves.iter().map(|curve| column.constant(run, curve));
            Arc::new(values.collect::<StringArray>()) as ArrayRef
        })
        .collect();
    let batch = RecordBatch::try_new(constant_schema(), columns)?;
    let verdict = condition.evaluate(&batch)?.into_array(batch.num_rows())?;
    let verdict: &BooleanArray = verdict.as_boolean();
    Ok(all.filter(|&position| verdict.is_valid(position) && verdict.value(position)).collect())
}
