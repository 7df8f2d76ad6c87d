//! The session of an engine: its configuration, what it may reach, its catalog and its functions.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::Arc;

use arrow::datatypes::DataType;
use datafusion::catalog::TableFunction;
use datafusion::common::{DataFusionError, ScalarValue};
use datafusion::config::ConfigNonZeroUsize;
use datafusion::datasource::object_store::ObjectStoreUrl;
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::memory_pool::{FairSpillPool, TrackConsumersPool};
use datafusion::execution::object_store::DefaultObjectStoreRegistry;
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use datafusion::execution::session_state::{SessionState, SessionStateBuilder};
use datafusion::execution::{FunctionRegistry as _, SessionStateDefaults};
use datafusion::logical_expr::{ColumnarValue, ScalarUDF, Signature, SimpleScalarUDF, Volatility};
use datafusion::prelude::{SessionConfig, SessionContext};

use super::BATCH_ROWS;
use super::schemas::{CATALOG, Schemas};
use crate::catalog::Workspaces;
use crate::error::{QueryError, QueryErrorKind};
use crate::functions;
use crate::limits::Limits;
use crate::run::{RunFunction, STORE_URL};
use crate::wide::{NamedArguments, WellFunction};

/// Consumers named in the message when memory runs out.
const NAMED_CONSUMERS: NonZeroUsize = NonZeroUsize::new(3).expect("three is not zero");

/// Makes the session in which names without a schema are of one workspace.
pub(super) fn session(
    workspaces: Arc<dyn Workspaces>,
    default: &str,
    limits: &Limits,
) -> Result<SessionState, QueryError> {
    let schemas = Schemas::new(workspaces, default);
    let found = schemas.find(default).map_err(|error| DataFusionError::External(Box::new(error)))?;
    let Some(own) = found else {
        return Err(QueryError::new(QueryErrorKind::UnknownName, schemas.unknown(default)));
    };
    let function = RunFunction { catalog: Arc::clone(&own.catalog), source: Arc::clone(&own.source) };
    let mut table_functions: HashMap<String, Arc<TableFunction>> = SessionStateDefaults::default_table_functions()
        .into_iter()
        .map(|function| (function.name().to_owned(), function))
        .collect();
    table_functions.insert("run".to_owned(), Arc::new(TableFunction::new("run".to_owned(), Arc::new(function))));
    let well = WellFunction::new(Arc::clone(&own.catalog), Arc::clone(&own.source));
    table_functions.insert("well".to_owned(), Arc::new(TableFunction::new("well".to_owned(), Arc::new(well))));
    let mut state = SessionStateBuilder::new()
        .with_config(config(default)?)
        .with_runtime_env(runtime_env(limits)?)
        .with_default_features()
        // Without file formats and factories there is no way to name a file.
        .with_file_formats(Vec::new())
        .with_table_factories(HashMap::new())
        .with_table_functions(table_functions)
        .build();
    state.register_udf(Arc::new(current_schema(default)))?;
    state.catalog_list().register_catalog(CATALOG.to_owned(), schemas);
    let context = SessionContext::new_with_state(state);
    context.register_relation_planner(Arc::new(NamedArguments))?;
    functions::register(&context, &own.catalog);
    Ok(context.state())
}

/// Returns the function that says which schema names without one are of.
fn current_schema(default: &str) -> ScalarUDF {
    let value = ScalarValue::Utf8(Some(default.to_owned()));
    ScalarUDF::from(SimpleScalarUDF::new_with_signature(
        "current_schema",
        Signature::nullary(Volatility::Stable),
        DataType::Utf8,
        Arc::new(move |_arguments: &[ColumnarValue]| Ok(ColumnarValue::Scalar(value.clone()))),
    ))
}

fn config(default: &str) -> Result<SessionConfig, DataFusionError> {
    let mut config = SessionConfig::new()
        .with_default_catalog_and_schema(CATALOG, default)
        // Ours is the only one.
        .with_create_default_catalog_and_schema(false)
        .with_information_schema(true)
        // One partition keeps the order of additions, and so the bytes of a sum, the same anywhere.
        .with_target_partitions(1);
    let options = config.options_mut();
    options.execution.planning_concurrency = 1;
    options.execution.collect_statistics = false;
    // Joins are rebuilt with a guard; a filter that the old join feeds would wait for ever.
    options.optimizer.enable_join_dynamic_filter_pushdown = false;
    options.execution.batch_size = ConfigNonZeroUsize::try_new(BATCH_ROWS)?;
    Ok(config)
}

fn runtime_env(limits: &Limits) -> Result<Arc<RuntimeEnv>, DataFusionError> {
    let mode = match &limits.spill_dir {
        Some(folder) => DiskManagerMode::Directories(vec![folder.clone()]),
        None => DiskManagerMode::Disabled,
    };
    let disk = DiskManagerBuilder::default().with_mode(mode).with_max_temp_directory_size(limits.spill_bytes);
    let pool = TrackConsumersPool::new(FairSpillPool::new(limits.memory_bytes), NAMED_CONSUMERS);
    let builder = RuntimeEnvBuilder::new()
        .with_memory_pool(Arc::new(pool))
        .with_object_store_registry(Arc::new(DefaultObjectStoreRegistry::new()));
    let environment = match builder.clone().with_disk_manager_builder(disk).build_arc() {
        // A full disk has no room for a folder; what fits into memory is answered all the same.
        Err(DataFusionError::IoError(_)) => {
            let none = DiskManagerBuilder::default().with_mode(DiskManagerMode::Disabled);
            builder.with_disk_manager_builder(none).build_arc()?
        }
        built => built?,
    };
    // The default registry starts with the local file system.
    let files = ObjectStoreUrl::local_filesystem();
    environment.deregister_object_store(files.as_ref())?;
    // Parquet scans ask for a store; ours is empty because bytes come through the blob reader.
    let empty = Arc::new(object_store::memory::InMemory::new());
    environment.register_object_store(ObjectStoreUrl::parse(STORE_URL)?.as_ref(), empty);
    Ok(environment)
}
