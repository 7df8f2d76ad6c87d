//! The metadata tables: fixed schemas, rows from the catalog at every scan.

use std::fmt;
use std::sync::{Arc, LazyLock};

use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::exec_datafusion_err;
use datafusion::datasource::memory::MemorySourceConfig;
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::{Expr, TableType};
use datafusion::physical_plan::ExecutionPlan;

use crate::catalog::Catalog;

/// The tables of metadata.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetaTable {
    /// One row per well.
    Wells,
    /// One row per run.
    Runs,
    /// One row per curve of a run.
    Curves,
    /// One row per device of a member.
    Members,
    /// One row per entry of a chain.
    Entries,
}

impl MetaTable {
    /// Every table.
    pub const ALL: [Self; 5] = [Self::Wells, Self::Runs, Self::Curves, Self::Members, Self::Entries];

    /// Returns the name in SQL.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Wells => "wells",
            Self::Runs => "runs",
            Self::Curves => "curves",
            Self::Members => "members",
            Self::Entries => "entries",
        }
    }

    /// Returns the schema that [`Catalog::rows`] must answer with; every column may be null.
    ///
    /// Ids are full ids as text; `run` is the short id; depths and times are as delivered unless the
    /// name ends in a unit.
    pub fn schema(self) -> SchemaRef {
        static SCHEMAS: LazyLock<[SchemaRef; 5]> = LazyLock::new(|| [wells(), runs(), curves(), members(), entries()]);
        let schemas = &*SCHEMAS;
        Arc::clone(match self {
            Self::Wells => &schemas[0],
            Self::Runs => &schemas[1],
            Self::Curves => &schemas[2],
            Self::Members => &schemas[3],
            Self::Entries => &schemas[4],
        })
    }
}

impl fmt::Display for MetaTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

const TEXT: DataType = DataType::Utf8;
const INT: DataType = DataType::Int64;
const REAL: DataType = DataType::Float64;
const FLAG: DataType = DataType::Boolean;

/// Builds a schema of nullable columns.
pub(crate) fn schema_of(columns: impl IntoIterator<Item = (&'static str, DataType)>) -> SchemaRef {
    Arc::new(Schema::new(
        columns.into_iter().map(|(name, data_type)| Field::new(name, data_type, true)).collect::<Vec<_>>(),
    ))
}

fn wells() -> SchemaRef {
    schema_of([
        ("well_id", TEXT),
        ("name", TEXT),
        ("uwi", TEXT),
        ("field", TEXT),
        ("company", TEXT),
        ("country", TEXT),
        ("runs", INT),
        ("curves", INT),
        ("top_m", REAL),
        ("base_m", REAL),
    ])
}

fn runs() -> SchemaRef {
    schema_of([
        ("run_id", TEXT),
        ("run", TEXT),
        ("well_id", TEXT),
        ("well", TEXT),
        ("source_name", TEXT),
        ("source_sha256", TEXT),
        ("source_bytes", INT),
        ("blob", TEXT),
        ("blob_bytes", INT),
        ("rows", INT),
        ("index_mnemonic", TEXT),
        ("index_unit", TEXT),
        ("index_kind", TEXT),
        ("index_min", REAL),
        ("index_max", REAL),
        ("step", REAL),
        ("reader", TEXT),
        ("held", FLAG),
    ])
}

fn curves() -> SchemaRef {
    schema_of([
        ("run_id", TEXT),
        ("run", TEXT),
        ("well_id", TEXT),
        ("well", TEXT),
        ("ordinal", INT),
        ("curve", TEXT),
        ("mnemonic", TEXT),
        ("column_name", TEXT),
        ("unit", TEXT),
        ("description", TEXT),
        ("property", TEXT),
        ("confidence", INT),
        ("text", FLAG),
        ("count", INT),
        ("nulls", INT),
        ("min_value", REAL),
        ("max_value", REAL),
        ("top", REAL),
        ("base", REAL),
    ])
}

fn members() -> SchemaRef {
    schema_of([
        ("person_id", TEXT),
        ("name", TEXT),
        ("role", TEXT),
        ("device_id", TEXT),
        ("device", TEXT),
        ("self", FLAG),
    ])
}

fn entries() -> SchemaRef {
    schema_of([
        ("entry_id", TEXT),
        ("device_id", TEXT),
        ("seq", INT),
        ("kind", TEXT),
        ("doc_id", TEXT),
        ("status", TEXT),
        ("claimed_at", DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into()))),
        ("author", TEXT),
        ("position", INT),
    ])
}

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
        let batch = self.catalog.rows(self.table).map_err(|error| DataFusionError::External(Box::new(error)))?;
        if batch.schema() != self.schema() {
            return Err(exec_datafusion_err!("the catalog's rows have another schema than the table {}", self.table));
        }
        let plan = MemorySourceConfig::try_new_exec(&[vec![batch]], self.schema(), projection.cloned())?;
        Ok(plan)
    }
}
