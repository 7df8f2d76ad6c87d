//! The engine: one DataFusion session, one runtime of its own, one query after another or several.
//!
//! Every query runs on a thread of its own and hands batches over a short channel, so a slow reader
//! slows the query and not the node's memory.
//! The runtime is not the node's: a query that never yields costs a thread and a place in line, not
//! the network.

mod bounds;
mod cache;
mod collect;
mod explain;
mod filters;
mod guard;
mod meter;
mod priority;
mod question;
mod schemas;
mod session;
mod sized;
mod stream;
mod watch;
mod width;
mod windows;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use datafusion::common::DataFusionError;
use datafusion::common::format::ExplainFormat;
use datafusion::config::ConfigNonZeroUsize;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::execution::session_state::SessionState;
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_plan::sorts::sort::SortExec;
use datafusion::physical_plan::{ExecutionPlan, execute_stream};
use datafusion::prelude::SessionContext;
use tokio::runtime::{Handle, Runtime};
use tokio::sync::Semaphore;

use self::cache::{Cache, Key};
use self::guard::Cancel;
pub(crate) use self::guard::Stopped;
pub use self::question::{Description, Question};
pub(crate) use self::schemas::PUBLIC;
pub use self::stream::QueryStream;
use crate::blob::BlobReader;
use crate::catalog::{Catalog, OpenWorkspace, Workspaces};
use crate::error::{QueryError, QueryErrorKind};
use crate::limits::Limits;
use crate::planned::planned_reads;
use crate::reading::Reading;
use crate::{check, suggest};

/// Stack of the query threads. Planning and dropping plans recurse; memory is only used as deep as
/// they go.
const STACK_BYTES: usize = 64 * 1024 * 1024;

/// Threads that turn timers and reads while the query threads compute.
const IO_THREADS: usize = 2;

/// Rows of a batch.
const BATCH_ROWS: usize = 8192;

/// Share of memory kept for the merges of sorts: their keys can take as much as the rows themselves.
/// Only counts with a spill folder, where it makes sorts spill earlier instead of failing; with
/// DataFusion's default a sort by several columns fails before it has spilled enough.
const SORT_MERGE_SHARE: (usize, usize) = (3, 5);

/// What the workspace of an engine without a node is called.
const ALONE: &str = "workspace";

/// Runs SQL; see the crate's documentation.
#[derive(Debug)]
pub struct Engine {
    core: Arc<Core>,
    threads: Arc<Threads>,
}

/// The threads of an engine. A query that runs keeps them, so that it ends as it would have when the
/// engine is dropped meanwhile.
#[derive(Debug)]
pub(crate) struct Threads {
    handle: Handle,
    // Only None while dropping.
    runtime: Option<Runtime>,
}

impl Threads {
    fn new(runtime: Runtime) -> Self {
        Self { handle: runtime.handle().clone(), runtime: Some(runtime) }
    }

    pub(crate) const fn handle(&self) -> &Handle {
        &self.handle
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        // A runtime must not be waited for on a thread of another one.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// What every query shares.
pub(crate) struct Core {
    state: SessionState,
    workspaces: Arc<dyn Workspaces>,
    cache: Mutex<Cache>,
    /// How the default schema is written before a table; messages leave it out.
    prefix: String,
    limits: Limits,
    turns: Arc<Semaphore>,
}

/// A query that was started.
struct Execution {
    rows: SendableRecordBatchStream,
    /// Whether the same statement gives the same rows as long as the catalog's state is the same.
    is_repeatable: bool,
}

impl std::fmt::Debug for Core {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Core").field("limits", &self.limits).finish()
    }
}

impl Engine {
    /// Makes an engine over one workspace, with threads of its own.
    ///
    /// # Errors
    /// [`QueryError`] when there are no threads, or no folder to spill into.
    pub fn new(catalog: Arc<dyn Catalog>, blobs: Arc<dyn BlobReader>, limits: Limits) -> Result<Self, QueryError> {
        let workspace = OpenWorkspace { id: ALONE.to_owned(), catalog, blobs };
        Self::among(Arc::new(schemas::Alone { name: ALONE, workspace }), ALONE, limits)
    }

    /// Makes an engine over all workspaces of a node, with threads of its own. Names without a schema, and
    /// `run('id')`, are of the workspace named `default`.
    ///
    /// # Errors
    /// As [`Engine::new`]; when the workspaces cannot be read, or none is named so.
    pub fn among(workspaces: Arc<dyn Workspaces>, default: &str, limits: Limits) -> Result<Self, QueryError> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(IO_THREADS)
            .thread_name("dataforge-query")
            .thread_stack_size(STACK_BYTES)
            .on_thread_start(priority::give_way)
            .enable_all()
            .build()
            .map_err(|error| {
                let message = format!("cannot start the threads of the query engine: {error}");
                QueryError::new(QueryErrorKind::Other, message)
            })?;
        // At once: what fails from here on must not wait for them either.
        let threads = Arc::new(Threads::new(runtime));
        let state = bounds::bounded(session::session(Arc::clone(&workspaces), default, &limits)?)?;
        let turns = Arc::new(Semaphore::new(limits.concurrency.max(1)));
        let cache = Mutex::new(Cache::new(limits.cache_bytes));
        let prefix = format!("{}.{default}.", schemas::CATALOG);
        let core = Arc::new(Core { state, workspaces, cache, prefix, limits, turns });
        Ok(Self { core, threads })
    }

    /// Returns the bounds the engine works within.
    pub fn limits(&self) -> &Limits {
        &self.core.limits
    }

    /// Returns the bytes of memory that running queries have taken of what all may take.
    #[must_use]
    pub fn memory_reserved(&self) -> usize {
        self.core.state.runtime_env().memory_pool.reserved()
    }

    /// Plans a query without running it.
    ///
    /// # Errors
    /// As [`Engine::query`], but for those of reading.
    pub async fn describe(&self, sql: &str) -> Result<Description, QueryError> {
        stream::describe(&self.core, self.threads.handle(), sql.to_owned()).await
    }

    /// Plans a query and starts it.
    ///
    /// Returns as soon as the plan is made; errors of reading come through the stream.
    /// Dropping the future or the stream cancels the query.
    pub async fn query(&self, question: impl Into<Question>) -> Result<QueryStream, QueryError> {
        stream::start(&self.core, &self.threads, question.into()).await
    }
}

/// What a query would make is larger than it may be.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct TooLarge(String);

impl TooLarge {
    fn error(message: String) -> DataFusionError {
        DataFusionError::External(Box::new(Self(message)))
    }
}

impl Core {
    /// Checks, plans and starts a query; runs on a query thread.
    async fn execute(
        &self,
        question: &Question,
        reading: &Arc<Reading>,
        cancel: &Arc<Cancel>,
    ) -> Result<Execution, QueryError> {
        let mut state = self.state.clone();
        state.config_mut().set_extension(Arc::clone(reading));
        // Of now, for `now()`.
        let mut state = SessionContext::new_with_state(state).state();
        let mut logical = self.plan(&state, &question.sql).await?;
        if !question.parameters.is_empty() {
            logical = logical.with_param_values(question.parameters.clone())?;
        }
        let is_repeatable = check::is_repeatable(&logical);
        let told = explained(&state, &logical).await;
        let optimized = state.optimize(&logical)?;
        if let Some(rows) = bounds::batch_rows(&optimized)? {
            state.config_mut().options_mut().execution.batch_size = ConfigNonZeroUsize::try_new(rows)?;
        }
        sized::check(&optimized)?;
        let physical = state.query_planner().create_physical_plan(&optimized, &state).await?;
        let bounded = collect::count_kept(sized::bound_groups(physical)?)?;
        let counted = windows::count_held(width::wrap_inputs(filters::count_left(bounded)?)?)?;
        let guarded = guard::wrap_joins(counted, cancel)?;
        // All sorts of all queries that may run at once want to be merged at once.
        let merges = count_sorts(&guarded).max(1) * self.limits.concurrency.max(1);
        state.config_mut().options_mut().execution.sort_spill_reservation_bytes =
            self.limits.memory_bytes / SORT_MERGE_SHARE.1 * SORT_MERGE_SHARE.0 / merges;
        let rows = execute_stream(guarded, state.task_ctx())?;
        let rows = match told {
            Some(text) => {
                let runs = matches!(logical, LogicalPlan::Analyze(_));
                explain::with_reads(rows, text, runs.then(|| Arc::clone(reading)))
            }
            None => rows,
        };
        Ok(Execution { rows, is_repeatable })
    }

    /// What a result is kept by; nothing when the workspaces cannot say in which state they are.
    fn key(&self, question: &Question) -> Option<Key> {
        Some(Key::new(question, self.workspaces.state()?))
    }

    fn cache(&self) -> MutexGuard<'_, Cache> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Checks a statement and makes the plan that says what it gives.
    async fn plan(&self, state: &SessionState, sql: &str) -> Result<LogicalPlan, QueryError> {
        check::text(sql, &self.limits)?;
        let statement = check::statement(sql, &self.limits)?;
        let planned = state.statement_to_plan(statement).await;
        let logical =
            planned.map_err(|error| suggest::unknown(&error, sql, state).unwrap_or_else(|| self.told(&error)))?;
        check::plan(&logical)?;
        bounds::calls(&logical)?;
        Ok(logical)
    }

    /// Puts an error into words that name tables of the default schema as they are written.
    fn told(&self, error: &DataFusionError) -> QueryError {
        let mut told = QueryError::from_datafusion(error);
        told.message = told.message.replace(&self.prefix, "");
        told
    }

    /// Says what a statement gives and takes; runs on a query thread.
    async fn describe(&self, sql: &str) -> Result<Description, QueryError> {
        let logical = self.plan(&self.state, sql).await?;
        let types = logical.get_parameter_types()?;
        // `$1`, `$2` … in the order of their numbers; others by name.
        let mut names: Vec<String> = types.keys().cloned().collect();
        names.sort_by_key(|name| (name.trim_start_matches('$').parse().unwrap_or(u32::MAX), name.clone()));
        let parameters = names.into_iter().map(|name| types.get(&name).cloned().flatten()).collect();
        Ok(Description { schema: stream::unique_names(logical.schema().inner()), parameters })
    }
}

fn count_sorts(plan: &Arc<dyn ExecutionPlan>) -> usize {
    let below: usize = plan.children().into_iter().map(count_sorts).sum();
    below + usize::from(plan.is::<SortExec>())
}

/// Says what the statement reads that is to be explained; nothing for any other statement.
async fn explained(state: &SessionState, logical: &LogicalPlan) -> Option<String> {
    let inner = match logical {
        LogicalPlan::Explain(explain) if is_text(&explain.explain_format) => &explain.plan,
        LogicalPlan::Analyze(analyze) if is_text(&analyze.format) => &analyze.input,
        _ => return None,
    };
    // That it cannot be planned is what the explanation itself says.
    let physical = state.create_physical_plan(inner).await.ok()?;
    let reads = planned_reads(&physical).ok()?;
    Some(explain::planned(&reads).await)
}

/// Whether a format has rows for people; the others are one document for programs.
const fn is_text(format: &ExplainFormat) -> bool {
    matches!(format, ExplainFormat::Indent | ExplainFormat::Tree)
}
