//! The engine: one DataFusion session, one runtime of its own, one query after another or several.
//!
//! Every query runs on a thread of its own and hands batches over a short channel, so a slow reader
//! slows the query and not the node's memory.
//! The runtime is not the node's: a query that never yields costs a thread and a place in line, not
//! the network.

mod guard;
mod stream;

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::Arc;

use datafusion::catalog::TableFunction;
use datafusion::common::DataFusionError;
use datafusion::config::ConfigNonZeroUsize;
use datafusion::datasource::object_store::ObjectStoreUrl;
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::memory_pool::{FairSpillPool, TrackConsumersPool};
use datafusion::execution::object_store::DefaultObjectStoreRegistry;
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use datafusion::execution::session_state::{SessionState, SessionStateBuilder};
use datafusion::execution::{SendableRecordBatchStream, SessionStateDefaults};
use datafusion::physical_plan::execute_stream;
use datafusion::prelude::{SessionConfig, SessionContext};
use tokio::runtime::Runtime;
use tokio::sync::Semaphore;

use self::guard::Cancel;
pub(crate) use self::guard::Stopped;
pub use self::stream::QueryStream;
use crate::blob::BlobReader;
use crate::catalog::Catalog;
use crate::check;
use crate::error::{QueryError, QueryErrorKind};
use crate::limits::Limits;
use crate::meta::{MetaProvider, MetaTable};
use crate::parquet_file::Source;
use crate::run::{RunFunction, STORE_URL};
use crate::samples::SamplesTable;

/// Stack of the query threads. Planning and dropping plans recurse; memory is only used as deep as
/// they go.
const STACK_BYTES: usize = 64 * 1024 * 1024;

/// Threads that turn timers and reads while the query threads compute.
const IO_THREADS: usize = 2;

/// Fifths of memory kept for the merge of a sort: its keys can take as much as the rows themselves.
/// Only counts with a spill folder, where it makes sorts spill earlier instead of failing.
const SORT_MERGE_FIFTHS: usize = 3;

/// Consumers named in the message when memory runs out.
const NAMED_CONSUMERS: NonZeroUsize = NonZeroUsize::new(3).expect("three is not zero");

/// Runs SQL; see the crate's documentation.
#[derive(Debug)]
pub struct Engine {
    core: Arc<Core>,
    // Only None while dropping.
    runtime: Option<Runtime>,
}

/// What every query shares.
pub(crate) struct Core {
    state: SessionState,
    limits: Limits,
    turns: Arc<Semaphore>,
}

impl std::fmt::Debug for Core {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Core").field("limits", &self.limits).finish()
    }
}

impl Engine {
    /// Makes an engine over a workspace, with threads of its own.
    pub fn new(catalog: Arc<dyn Catalog>, blobs: Arc<dyn BlobReader>, limits: Limits) -> Result<Self, QueryError> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(IO_THREADS)
            .thread_name("dataforge-query")
            .thread_stack_size(STACK_BYTES)
            .enable_all()
            .build()
            .map_err(|error| {
                let message = format!("cannot start the threads of the query engine: {error}");
                QueryError::new(QueryErrorKind::Other, message)
            })?;
        let state = session(catalog, blobs, &limits)?;
        let turns = Arc::new(Semaphore::new(limits.concurrency.max(1)));
        let core = Arc::new(Core { state, limits, turns });
        Ok(Self { core, runtime: Some(runtime) })
    }

    /// Returns the bounds the engine works within.
    pub fn limits(&self) -> &Limits {
        &self.core.limits
    }

    /// Plans a query and starts it.
    ///
    /// Returns as soon as the plan is made; errors of reading come through the stream.
    /// Dropping the future or the stream cancels the query.
    pub async fn query(&self, sql: &str) -> Result<QueryStream, QueryError> {
        let Some(runtime) = &self.runtime else {
            return Err(QueryError::new(QueryErrorKind::Other, "the query engine is shutting down"));
        };
        stream::start(&self.core, runtime.handle(), sql.to_owned()).await
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        // A runtime must not be waited for on a thread of another one.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Core {
    /// Checks, plans and starts a query; runs on a query thread.
    async fn execute(&self, sql: &str, cancel: &Arc<Cancel>) -> Result<SendableRecordBatchStream, QueryError> {
        check::text(sql, &self.limits)?;
        let statement = check::statement(sql, &self.limits)?;
        let context = SessionContext::new_with_state(self.state.clone());
        let state = context.state();
        let logical = state.statement_to_plan(statement).await?;
        check::plan(&logical)?;
        let physical = state.create_physical_plan(&logical).await?;
        let guarded = guard::wrap_joins(physical, cancel)?;
        Ok(execute_stream(guarded, context.task_ctx())?)
    }
}

fn session(
    catalog: Arc<dyn Catalog>,
    blobs: Arc<dyn BlobReader>,
    limits: &Limits,
) -> Result<SessionState, DataFusionError> {
    let source = Source::new(blobs);
    let function = RunFunction { catalog: Arc::clone(&catalog), source: Arc::clone(&source) };
    let mut functions: HashMap<String, Arc<TableFunction>> = SessionStateDefaults::default_table_functions()
        .into_iter()
        .map(|function| (function.name().to_owned(), function))
        .collect();
    functions.insert("run".to_owned(), Arc::new(TableFunction::new("run".to_owned(), Arc::new(function))));
    let state = SessionStateBuilder::new()
        .with_config(config(limits)?)
        .with_runtime_env(runtime_env(limits)?)
        .with_default_features()
        // Without file formats and factories there is no way to name a file.
        .with_file_formats(Vec::new())
        .with_table_factories(HashMap::new())
        .with_table_functions(functions)
        .build();
    let context = SessionContext::new_with_state(state);
    for table in MetaTable::ALL {
        let provider = MetaProvider::new(table, Arc::clone(&catalog));
        context.register_table(table.name(), Arc::new(provider))?;
    }
    context.register_table("samples", Arc::new(SamplesTable::new(catalog, source)))?;
    Ok(context.state())
}

fn config(limits: &Limits) -> Result<SessionConfig, DataFusionError> {
    let mut config = SessionConfig::new()
        .with_default_catalog_and_schema("workspace", "public")
        .with_information_schema(true)
        // One partition keeps the order of additions, and so the bytes of a sum, the same anywhere.
        .with_target_partitions(1);
    let options = config.options_mut();
    options.execution.planning_concurrency = 1;
    options.execution.collect_statistics = false;
    // Joins are rebuilt with a guard; a filter that the old join feeds would wait for ever.
    options.optimizer.enable_join_dynamic_filter_pushdown = false;
    options.execution.batch_size = ConfigNonZeroUsize::try_new(8192)?;
    // Sorted parts are merged within this share; with the default a sort by several columns fails
    // before it has spilled enough.
    options.execution.sort_spill_reservation_bytes = limits.memory_bytes / 5 * SORT_MERGE_FIFTHS;
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
