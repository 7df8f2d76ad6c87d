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
    /// One row per oddity of a run's source.
    Notices,
    /// One row per file kept as it is.
    Attachments,
    /// One row per mnemonic that the workspace gives a meaning of its own.
    Dictionary,
    /// One row per device of a member.
    Members,
    /// One row per entry of a chain.
    Entries,
    /// One row per top or zone.
    Tops,
    /// One row per station of a deviation survey.
    Surveys,
    /// One row per thing that a selection chooses.
    Selections,
    /// One row per chart.
    Charts,
}

impl MetaTable {
    /// Every table.
    pub const ALL: [Self; 12] = [
        Self::Wells,
        Self::Runs,
        Self::Curves,
        Self::Notices,
        Self::Attachments,
        Self::Dictionary,
        Self::Members,
        Self::Entries,
        Self::Tops,
        Self::Surveys,
        Self::Selections,
        Self::Charts,
    ];

    /// Returns the name in SQL.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Wells => "wells",
            Self::Runs => "runs",
            Self::Curves => "curves",
            Self::Notices => "notices",
            Self::Attachments => "attachments",
            Self::Dictionary => "dictionary",
            Self::Members => "members",
            Self::Entries => "entries",
            Self::Tops => "tops",
            Self::Surveys => "surveys",
            Self::Selections => "selections",
            Self::Charts => "charts",
        }
    }

    /// Returns the schema that [`Catalog::rows`] must answer with; every column may be null.
    ///
    /// Ids are full ids as text; `run` is the short id; depths and times are as delivered unless the
    /// name ends in a unit.
    pub fn schema(self) -> SchemaRef {
        static SCHEMAS: LazyLock<Vec<SchemaRef>> = LazyLock::new(|| {
            MetaTable::ALL.into_iter().map(|table| schema_of(table.columns().iter().cloned())).collect()
        });
        Arc::clone(&SCHEMAS[self as usize])
    }

    const fn columns(self) -> &'static [(&'static str, DataType)] {
        match self {
            Self::Wells => WELLS,
            Self::Runs => RUNS,
            Self::Curves => CURVES,
            Self::Notices => NOTICES,
            Self::Attachments => ATTACHMENTS,
            Self::Dictionary => DICTIONARY,
            Self::Members => MEMBERS,
            Self::Entries => ENTRIES,
            Self::Tops => TOPS,
            Self::Surveys => SURVEYS,
            Self::Selections => SELECTIONS,
            Self::Charts => CHARTS,
        }
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
/// Made UTC when the schema is made: the zone's name cannot stand in a constant.
const TIME: DataType = DataType::Timestamp(TimeUnit::Millisecond, None);

/// Builds a schema of nullable columns.
pub(crate) fn schema_of(columns: impl IntoIterator<Item = (&'static str, DataType)>) -> SchemaRef {
    Arc::new(Schema::new(
        columns
            .into_iter()
            .map(|(name, data_type)| {
                let data_type = match data_type {
                    DataType::Timestamp(unit, _) => DataType::Timestamp(unit, Some("UTC".into())),
                    other => other,
                };
                Field::new(name, data_type, true)
            })
            .collect::<Vec<_>>(),
    ))
}

const WELLS: &[(&str, DataType)] = &[
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
    ("grid_unit", TEXT),
    ("grid_step", REAL),
    ("grid_origin", REAL),
    ("latitude_deg", REAL),
    ("longitude_deg", REAL),
    ("geographic_crs", TEXT),
    ("x_m", REAL),
    ("y_m", REAL),
    ("projected_crs", TEXT),
];

const RUNS: &[(&str, DataType)] = &[
    ("run_id", TEXT),
    ("run", TEXT),
    ("well_id", TEXT),
    ("well", TEXT),
    ("name", TEXT),
    ("source_name", TEXT),
    ("source_sha256", TEXT),
    ("source_bytes", INT),
    ("blob", TEXT),
    ("blob_bytes", INT),
    ("rows", INT),
    ("kind", TEXT),
    ("set_name", TEXT),
    ("index_mnemonic", TEXT),
    ("index_unit", TEXT),
    ("index_kind", TEXT),
    ("index_min", REAL),
    ("index_max", REAL),
    ("step", REAL),
    ("reader", TEXT),
    ("service_company", TEXT),
    ("date", TEXT),
    ("run_number", TEXT),
    ("pass", TEXT),
    ("acquisition", TEXT),
    ("log_type", TEXT),
    ("wellbore", TEXT),
    ("datum", TEXT),
    ("elevation_m", REAL),
    ("notices", INT),
    ("held", FLAG),
];

const CURVES: &[(&str, DataType)] = &[
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
    ("mean_value", REAL),
    ("preferred", FLAG),
    ("quality", TEXT),
    ("reason", TEXT),
    ("top", REAL),
    ("base", REAL),
];

const NOTICES: &[(&str, DataType)] = &[
    ("run_id", TEXT),
    ("run", TEXT),
    ("well", TEXT),
    ("source_name", TEXT),
    ("line", INT),
    ("position", INT),
    ("kind", TEXT),
    ("message", TEXT),
];

const ATTACHMENTS: &[(&str, DataType)] = &[
    ("attachment_id", TEXT),
    ("name", TEXT),
    ("description", TEXT),
    ("well_id", TEXT),
    ("well", TEXT),
    ("blob", TEXT),
    ("blob_bytes", INT),
    ("held", FLAG),
];

const DICTIONARY: &[(&str, DataType)] =
    &[("mnemonic", TEXT), ("vendor", TEXT), ("unit", TEXT), ("property", TEXT), ("to_unit", TEXT)];

const MEMBERS: &[(&str, DataType)] =
    &[("person_id", TEXT), ("name", TEXT), ("role", TEXT), ("device_id", TEXT), ("device", TEXT), ("self", FLAG)];

const ENTRIES: &[(&str, DataType)] = &[
    ("entry_id", TEXT),
    ("device_id", TEXT),
    ("seq", INT),
    ("kind", TEXT),
    ("doc_id", TEXT),
    ("status", TEXT),
    ("claimed_at", TIME),
    ("author", TEXT),
    ("position", INT),
];

const TOPS: &[(&str, DataType)] = &[
    ("tops_id", TEXT),
    ("tops", TEXT),
    ("well_id", TEXT),
    ("well", TEXT),
    ("top_id", TEXT),
    ("name", TEXT),
    ("kind", TEXT),
    ("depth", REAL),
    ("base", REAL),
    ("unit", TEXT),
    ("datum", TEXT),
    ("depth_m", REAL),
    ("base_m", REAL),
    ("tvd_m", REAL),
    ("tvdss_m", REAL),
    ("interpreter", TEXT),
    ("remark", TEXT),
    ("uncertainty", REAL),
];

const SURVEYS: &[(&str, DataType)] = &[
    ("survey_id", TEXT),
    ("survey", TEXT),
    ("well_id", TEXT),
    ("well", TEXT),
    ("counts", FLAG),
    ("datum", TEXT),
    ("azimuth_reference", TEXT),
    ("station_id", TEXT),
    ("md", REAL),
    ("unit", TEXT),
    ("inclination_deg", REAL),
    ("azimuth_deg", REAL),
    ("md_m", REAL),
    ("tvd_m", REAL),
    ("tvdss_m", REAL),
    ("north_m", REAL),
    ("east_m", REAL),
    ("dogleg_deg_per_30m", REAL),
];

const SELECTIONS: &[(&str, DataType)] = &[
    ("selection_id", TEXT),
    ("selection", TEXT),
    ("part", TEXT),
    ("name", TEXT),
    ("well_id", TEXT),
    ("run_id", TEXT),
    ("ordinal", INT),
    ("property", TEXT),
    ("from_depth", REAL),
    ("to_depth", REAL),
    ("unit", TEXT),
    ("datum", TEXT),
    ("from_m", REAL),
    ("to_m", REAL),
];

const CHARTS: &[(&str, DataType)] = &[
    ("chart_id", TEXT),
    ("chart", TEXT),
    ("description", TEXT),
    ("kind", TEXT),
    ("well_id", TEXT),
    ("well", TEXT),
    ("project_id", TEXT),
    ("project", TEXT),
    ("template", FLAG),
    ("archived", FLAG),
    ("tags", TEXT),
    ("series", INT),
    ("author", TEXT),
    ("created_at", TIME),
    ("changed_at", TIME),
];

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
