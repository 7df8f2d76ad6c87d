//! `run('id')`: one run in wide form, column by column as in its Parquet table; `run('id', 'gridded')`
//! is its gridded copy.
//!
//! DataFusion's own Parquet source reads it, so pruning by statistics and page index come for free;
//! the bytes come through [`TableFileFactory`], never through an object store.

use std::fmt;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use async_trait::async_trait;
use datafusion::catalog::{Session, TableFunctionArgs, TableFunctionImpl, TableProvider};
use datafusion::common::stats::Precision;
use datafusion::common::{Statistics, plan_err};
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::object_store::ObjectStoreUrl;
use datafusion::datasource::physical_plan::{FileScanConfigBuilder, ParquetSource};
use datafusion::datasource::source::DataSourceExec;
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::{Expr, TableType};
use datafusion::physical_plan::ExecutionPlan;

use crate::blob::hex;
use crate::catalog::{Catalog, RunFile, RunFilter};
use crate::parquet_file::{RunExtension, Source, TableFileFactory};
use crate::reading::Reading;
use crate::suggest;

/// The one object store URL that is registered; the store behind it is empty.
pub(crate) const STORE_URL: &str = "blob://workspace";

/// Runs named in the message when an id is not unique.
const MAX_LISTED: usize = 5;

/// The table function.
pub(crate) struct RunFunction {
    pub(crate) catalog: Arc<dyn Catalog>,
    pub(crate) source: Arc<Source>,
}

impl fmt::Debug for RunFunction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RunFunction")
    }
}

impl TableFunctionImpl for RunFunction {
    fn call_with_args(&self, args: TableFunctionArgs<'_, '_>) -> Result<Arc<dyn TableProvider>> {
        let texts: Option<Vec<&str>> = args.exprs().iter().map(text).collect();
        let (id, gridded) = match texts.as_deref() {
            Some([id]) => (*id, false),
            Some([id, form]) if form.eq_ignore_ascii_case("native") => (*id, false),
            Some([id, form]) if form.eq_ignore_ascii_case("gridded") => (*id, true),
            _ => return plan_err!("run() takes an id as text and perhaps a form, like run('1f0c9a', 'gridded')"),
        };
        let mut run = find(self.catalog.as_ref(), id)?;
        if gridded {
            run = Arc::new(gridded_copy(self.catalog.as_ref(), &run)?);
        }
        Ok(Arc::new(RunTable { schema: schema(&run), run, source: Arc::clone(&self.source) }))
    }
}

/// Returns the text of a literal.
fn text(expr: &Expr) -> Option<&str> {
    let Expr::Literal(value, _) = expr else { return None };
    value.try_as_str()?
}

fn gridded_copy(catalog: &dyn Catalog, run: &RunFile) -> Result<RunFile> {
    let found = catalog.gridded(&run.run_id).map_err(|error| DataFusionError::External(Box::new(error)))?;
    match found {
        Some(copy) => Ok(copy),
        None => plan_err!("run {} has no gridded copy; dataforge grid makes one", run.run),
    }
}

/// Finds the one run whose id starts with the text.
fn find(catalog: &dyn Catalog, id: &str) -> Result<Arc<RunFile>> {
    let id = id.trim();
    let wanted = id.to_ascii_lowercase();
    if wanted.is_empty() {
        return plan_err!("run() takes an id that is not empty; see the table runs");
    }
    let filter = RunFilter { runs: Some(vec![wanted.clone()]), ..RunFilter::default() };
    let mut found = catalog.runs(&filter).map_err(|error| DataFusionError::External(Box::new(error)))?;
    found.retain(|run| {
        let short = run.run.to_ascii_lowercase();
        short.starts_with(&wanted) || run.run_id.to_ascii_lowercase().starts_with(&wanted)
    });
    if let Some(exact) =
        found.iter().position(|run| run.run_id.eq_ignore_ascii_case(id) || run.run.eq_ignore_ascii_case(id))
    {
        return Ok(found.swap_remove(exact));
    }
    match found.len() {
        0 => plan_err!("no run has an id that starts with '{id}'{}; see the table runs", hint(catalog, id)),
        1 => Ok(found.swap_remove(0)),
        count => {
            let listed: Vec<String> =
                found.iter().take(MAX_LISTED).map(|run| format!("{} (well {})", run.run, run.well)).collect();
            plan_err!("{count} runs have an id that starts with '{id}', give more of it: {}", listed.join(", "))
        }
    }
}

/// Names runs that may be meant: those of a well of that name, else those with an id like it.
fn hint(catalog: &dyn Catalog, id: &str) -> String {
    let all = catalog.runs(&RunFilter::default()).unwrap_or_default();
    let of_well = all.iter().filter(|run| run.well.eq_ignore_ascii_case(id));
    let listed: Vec<&str> = of_well.take(MAX_LISTED).map(|run| run.run.as_str()).collect();
    if !listed.is_empty() {
        return format!(", which is a well with the runs {}", listed.join(", "));
    }
    let near = suggest::nearest(id, all.iter().map(|run| run.run.as_str()));
    if near.is_empty() { String::new() } else { format!("; did you mean {}?", near.join(", ")) }
}

fn schema(run: &RunFile) -> SchemaRef {
    let field = |name: &str, text: bool| {
        let data_type = if text { DataType::Utf8 } else { DataType::Float64 };
        Field::new(name, data_type, true)
    };
    let index = field(&run.index.name, run.index.text);
    let curves = run.curves.iter().map(|curve| field(&curve.column, curve.text));
    Arc::new(Schema::new(std::iter::once(index).chain(curves).collect::<Vec<_>>()))
}

/// The wide table of one run.
#[derive(Debug)]
pub(crate) struct RunTable {
    schema: SchemaRef,
    run: Arc<RunFile>,
    source: Arc<Source>,
}

#[async_trait]
impl TableProvider for RunTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        _filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let factory = Arc::new(TableFileFactory(Reading::of(state.config())));
        let parquet = ParquetSource::new(Arc::clone(&self.schema))
            .with_parquet_file_reader_factory(factory)
            .with_enable_page_index(true)
            .with_bloom_filter_on_read(false);
        let extension = RunExtension { run: Arc::clone(&self.run), source: Arc::clone(&self.source) };
        let file = PartitionedFile::new(hex(&self.run.blob), self.run.size).with_extension(extension);
        let mut statistics = Statistics::new_unknown(&self.schema);
        if let Ok(rows) = usize::try_from(self.run.rows) {
            statistics.num_rows = Precision::Exact(rows);
        }
        let config = FileScanConfigBuilder::new(ObjectStoreUrl::parse(STORE_URL)?, Arc::new(parquet))
            .with_file(file)
            .with_statistics(statistics)
            .with_projection_indices(projection.cloned())?
            .with_limit(limit)
            .build();
        Ok(DataSourceExec::from_data_source(config))
    }
}
