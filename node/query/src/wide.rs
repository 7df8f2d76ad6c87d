//! `well('name')`: the curves of a well side by side, one row per depth.
//!
//! The way of a call: the catalog tells the well's runs and curves; [`choice`] picks the columns;
//! [`exec`] reads the chosen runs piece by piece in order of depth and joins them. Without a step the
//! rows are the depths as delivered, all of them, and nothing is interpolated; with one they are its
//! multiples, and values between samples follow the rule of gridded copies ([`crate::resample`]).

mod args;
mod buffer;
mod choice;
mod exec;
mod reader;
mod rows;
mod segments;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use datafusion::catalog::{Session, TableFunctionArgs, TableFunctionImpl, TableProvider};
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown, TableType};
use datafusion::physical_plan::ExecutionPlan;

pub(crate) use self::args::NamedArguments;
use self::args::WellArguments;
pub use self::choice::near;
use self::choice::{Layout, choose, found};
pub(crate) use self::exec::WellExec;
pub(crate) use self::reader::convert;
use crate::catalog::{Catalog, RunFile};
use crate::functions::Convert;
use crate::parquet_file::Source;
use crate::reading::Reading;
use crate::resample::Interpolation;
use crate::samples::{Bounds, depth_bounds};

/// The column of depths.
pub(crate) const DEPTH: &str = "depth_m";

/// What a name of a well stands for.
#[derive(Debug, Clone)]
pub enum WellMatch {
    /// One well.
    Found(Box<WellFile>),
    /// Several, with what tells them apart.
    Several(Vec<String>),
    /// None; names that are much like it.
    Unknown(Vec<String>),
}

/// The runs and curves of a well that can be laid side by side.
#[derive(Debug, Clone)]
pub struct WellFile {
    /// The well's name.
    pub well: String,
    /// Its logs.
    pub runs: Vec<WellRun>,
    /// Their curves.
    pub curves: Vec<WellCurve>,
}

/// A log of a well.
#[derive(Debug, Clone)]
pub struct WellRun {
    /// Its table.
    pub file: RunFile,
    /// The step of its index as delivered; none when it is irregular.
    pub step: Option<f64>,
    /// What is added to its depths, in metres, to count them from the well's datum.
    pub shift_m: f64,
    /// Why its depths have no certain place among those of the well, if they have none; a clause that
    /// goes on "the run".
    pub unplaced: Option<String>,
}

/// A curve of a log of a well.
#[derive(Debug, Clone)]
pub struct WellCurve {
    /// Position in [`WellFile::runs`].
    pub run: usize,
    /// Position in the run's [`RunFile::curves`].
    pub curve: usize,
    /// Whether it stands for its property, among those whose depths have a place.
    pub preferred: bool,
    /// The unit its values have here.
    pub unit: String,
    /// How delivered values come to that unit; none when they are in it.
    pub conversion: Option<Arc<dyn Convert>>,
    /// How values between samples are found.
    pub interpolation: Interpolation,
}

/// Median steps in metres of runs whose catalog tells none, by the hash of their table and the metres in the
/// unit of its index: two runs may have one table in different units.
#[derive(Debug, Default)]
struct Steps(Mutex<BTreeMap<([u8; 32], u64), f64>>);

impl Steps {
    fn get(&self, blob: [u8; 32], to_m: f64) -> Option<f64> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&(blob, to_m.to_bits())).copied()
    }

    fn put(&self, blob: [u8; 32], to_m: f64, step: f64) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert((blob, to_m.to_bits()), step);
    }
}

/// The table function.
pub(crate) struct WellFunction {
    catalog: Arc<dyn Catalog>,
    source: Arc<Source>,
    steps: Arc<Steps>,
}

impl WellFunction {
    pub(crate) fn new(catalog: Arc<dyn Catalog>, source: Arc<Source>) -> Self {
        Self { catalog, source, steps: Arc::default() }
    }
}

impl fmt::Debug for WellFunction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WellFunction")
    }
}

impl TableFunctionImpl for WellFunction {
    fn call_with_args(&self, args: TableFunctionArgs<'_, '_>) -> Result<Arc<dyn TableProvider>> {
        let arguments = WellArguments::read(args.exprs())?;
        let matched = self.catalog.well(&arguments.well).map_err(|error| DataFusionError::External(Box::new(error)))?;
        let file = found(matched, &arguments.well)?;
        let layout = choose(&file, arguments.curves.as_deref(), arguments.spacing)?;
        Ok(Arc::new(WellTable {
            layout: Arc::new(layout),
            source: Arc::clone(&self.source),
            steps: Arc::clone(&self.steps),
        }))
    }
}

/// The wide table of a well.
#[derive(Debug)]
pub(crate) struct WellTable {
    layout: Arc<Layout>,
    source: Arc<Source>,
    steps: Arc<Steps>,
}

#[async_trait]
impl TableProvider for WellTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.layout.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        Ok(filters
            .iter()
            .map(|expr| {
                if depth_bounds(std::slice::from_ref(*expr)) == Bounds::ALL {
                    TableProviderFilterPushDown::Unsupported
                } else {
                    TableProviderFilterPushDown::Inexact
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
        let bounds = depth_bounds(filters);
        let (layout, steps) = (Arc::clone(&self.layout), Arc::clone(&self.steps));
        let source = (Arc::clone(&self.source), Reading::of(state.config()));
        Ok(Arc::new(WellExec::new(layout, source, steps, projection, bounds, limit)?))
    }
}
