//! A metadata table for DataFusion: its rows come from the catalog whenever it is scanned.

use std::sync::Arc;

use arrow::array::{RecordBatch, RecordBatchOptions};
use arrow::datatypes::{Schema, SchemaRef};
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::exec_datafusion_err;
use datafusion::datasource::memory::MemorySourceConfig;
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::{Expr, TableType};
use datafusion::physical_plan::ExecutionPlan;

use super::MetaTable;
use crate::catalog::{Catalog, CatalogError};

/// One metadata table for DataFusion.
#[derive(Debug)]
pub(crate) struct MetaProvider {
    table: MetaTable,
    catalog: Arc<dyn Catalog>,
}

impl MetaProvider {
    pub(crate) const fn new(table: MetaTable, catalog: Arc<dyn Catalog>) -> Self {
        Self { table, catalog }
    }

    pub(crate) const fn table(&self) -> MetaTable {
        self.table
    }

    /// Returns rows without columns, as many as there are, where the catalog knows that without making
    /// them: what counts them asks for no more.
    fn counted(&self) -> Result<Option<RecordBatch>> {
        let Some(rows) = self.catalog.count(self.table).map_err(external)? else { return Ok(None) };
        let Ok(rows) = usize::try_from(rows) else { return Ok(None) };
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        Ok(Some(RecordBatch::try_new_with_options(Arc::new(Schema::empty()), Vec::new(), &options)?))
    }
}

fn external(error: CatalogError) -> DataFusionError {
    DataFusionError::External(Box::new(error))
}

#[async_trait]
impl TableProvider for MetaProvider {
    fn schema(&self) -> SchemaRef {
        self.table.schema()
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        _state: &dyn Session,
        projection: Option<&Vec<usize>>,
        _filters: &[Expr],
        _limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        if projection.is_some_and(Vec::is_empty)
            && let Some(batch) = self.counted()?
        {
            let schema = batch.schema();
            let plan = MemorySourceConfig::try_new_exec(&[vec![batch]], schema, None)?;
            return Ok(plan);
        }
        let batch = self.catalog.rows(self.table).map_err(external)?;
        if batch.schema() != self.schema() {
            return Err(exec_datafusion_err!("the catalog's rows have another schema than the table {}", self.table));
        }
        let plan = MemorySourceConfig::try_new_exec(&[vec![batch]], self.schema(), projection.cloned())?;
        Ok(plan)
    }
}
