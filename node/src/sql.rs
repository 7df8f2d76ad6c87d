//! SQL: the query crate's engine over this node's index and blobs. `docs/sql.md` is for people.

mod blobs;
mod catalog;
mod clerk;
mod kept;
mod typed;
mod workspaces;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use dataforge_protocol::id::WorkspaceId;
use dataforge_query::{
    Description, Engine, Format, Limits, OutputError, QueryError, QueryErrorKind, QueryStream, Question, Tables, write,
};
use tokio::sync::mpsc;

use self::blobs::LocalBlobs;
pub(crate) use self::catalog::file_of;
use self::clerk::Clerk;
use self::kept::{Kept, Known};
pub use self::typed::AskError;
use self::workspaces::NodeWorkspaces;
use crate::api::{ApiError, ErrorKind, OutputFormat, QueryLimits, Reply};
use crate::blob::Blobs;
use crate::client::Output;
use crate::core::Core;
use crate::node::Node;
use crate::sink::Sink;

/// The engines of a node: one per workspace, made when first asked. Each reads all workspaces, and names
/// without a schema are of its own.
#[derive(Debug)]
pub(crate) struct Engines {
    spill: PathBuf,
    blobs: Blobs,
    engines: Mutex<BTreeMap<WorkspaceId, Arc<Engine>>>,
    /// What reads tables without SQL, the same way.
    tables: Mutex<BTreeMap<WorkspaceId, Tables>>,
    kept: Kept,
    clerk: Clerk,
}

impl Engines {
    pub(crate) fn new(dir: &Path, blobs: Blobs) -> Self {
        let (engines, tables, kept) = (Mutex::default(), Mutex::default(), Kept::default());
        Self { spill: dir.join("spill"), blobs, engines, tables, kept, clerk: Clerk::new() }
    }

    /// Returns what reads tables of a workspace without SQL.
    pub(crate) fn tables(&self, node: &Node, workspace: WorkspaceId) -> Tables {
        let make = || Tables::new(Arc::new(LocalBlobs::new(node.weak(), self.blobs.clone(), workspace)));
        self.tables.lock().unwrap_or_else(PoisonError::into_inner).entry(workspace).or_insert_with(make).clone()
    }

    /// Drops all engines; they are made anew when asked for. Queries that run go on.
    pub(crate) fn forget(&self) {
        self.engines.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.tables.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.kept.clear();
    }

    /// Returns the workspaces of the node if they are known without asking its core.
    pub(crate) fn workspaces_now(&self, node: &Node) -> Option<Known> {
        self.kept.workspaces_now(node)
    }

    /// Returns the engine of a workspace if it was made before.
    fn made(&self, workspace: &WorkspaceId) -> Option<Arc<Engine>> {
        self.engines.lock().unwrap_or_else(PoisonError::into_inner).get(workspace).cloned()
    }

    fn get(&self, node: &Node, workspace: WorkspaceId) -> Result<Arc<Engine>, ApiError> {
        let mut engines = self.engines.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(engine) = engines.get(&workspace) {
            return Ok(Arc::clone(engine));
        }
        crate::directory::create_private(&self.spill)?;
        let config = node.config().query;
        let limits = Limits {
            memory_bytes: usize::try_from(config.memory_bytes).unwrap_or(usize::MAX),
            timeout: Duration::from_secs(config.timeout_secs),
            spill_dir: Some(self.spill.clone()),
            max_rows: bound(config.max_rows),
            max_result_bytes: bound(config.max_result_bytes),
            cache_bytes: config.cache_bytes,
            ..Limits::default()
        };
        let kept = self.kept.within(config.cache_bytes);
        let workspaces = NodeWorkspaces::new(node.weak(), self.blobs.clone(), workspace, kept);
        let schema = workspaces.own_schema()?;
        let engine = Engine::among(Arc::new(workspaces), &schema, limits).map_err(|error| query_error(&error))?;
        let engine = Arc::new(engine);
        engines.insert(workspace, Arc::clone(&engine));
        Ok(engine)
    }
}

impl Node {
    /// Runs a read-only SQL statement over a workspace, as `dataforge query` does, and gives its result as
    /// batches of one schema. Dropping the stream cancels it.
    ///
    /// # Errors
    /// `NotFound` for an unknown workspace, `Query` when the statement is refused.
    pub async fn ask(&self, workspace: Option<&str>, question: Question) -> Result<QueryStream, ApiError> {
        let engine = self.engine(workspace).await?;
        engine.query(question).await.map_err(|error| query_error(&error))
    }

    /// Says what a statement gives and takes, without running it.
    ///
    /// # Errors
    /// As [`Node::ask`].
    pub async fn describe(&self, workspace: Option<&str>, sql: &str) -> Result<Description, ApiError> {
        let engine = self.engine(workspace).await?;
        engine.describe(sql).await.map_err(|error| query_error(&error))
    }

    /// Runs `work` on the core for a thread of a query. Blocks.
    fn by_clerk<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Core) -> Result<T, ApiError> + Send + 'static,
    ) -> Result<T, ApiError> {
        let node = self.clone();
        self.by_clerk_unlocked(move || node.locked(work))
    }

    /// Runs `work`, which takes the core's lock by itself, for a thread of a query. Blocks.
    fn by_clerk_unlocked<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, ApiError> + Send + 'static,
    ) -> Result<T, ApiError> {
        self.engines().clerk.ask(work)
    }

    async fn engine(&self, workspace: Option<&str>) -> Result<Arc<Engine>, ApiError> {
        // As for any other request: what was edited before is there, and tables of others are checked first.
        self.flush_edits().await;
        crate::admission::admit_or_tell(self).await;
        let workspace = crate::requests::find(self, workspace.map(str::to_owned)).await?;
        self.engine_of(workspace)
    }

    fn engine_of(&self, workspace: WorkspaceId) -> Result<Arc<Engine>, ApiError> {
        if let Some(engine) = self.engines().made(&workspace) {
            return Ok(engine);
        }
        tokio::task::block_in_place(|| self.engines().get(self, workspace))
    }
}

/// A setting of which 0 is no bound.
const fn bound(setting: u64) -> Option<u64> {
    if setting == 0 { None } else { Some(setting) }
}

/// Returns what is said of a query that failed.
#[must_use]
pub fn query_error(error: &QueryError) -> ApiError {
    let failure = ApiError::new(ErrorKind::Query, error.message.clone());
    match error.kind {
        QueryErrorKind::NotHeld => {
            failure.hint("dataforge where says who has the data of a run or well, dataforge fetch brings it here")
        }
        QueryErrorKind::UnknownName => {
            let hint = unknown_hint(&failure.message);
            failure.hint(hint)
        }
        QueryErrorKind::Limit => {
            failure.hint("dataforge config get lists the limits of queries; EXPLAIN says what one reads")
        }
        QueryErrorKind::NotAllowed => failure.hint("queries only read: use select"),
        _ => failure,
    }
}

/// Returns where the names are listed of which one is not known.
fn unknown_hint(message: &str) -> &'static str {
    if message.starts_with("no well is called") {
        "dataforge wells lists the wells"
    } else if message.contains(" has no curve called ") {
        "dataforge curves lists the curves"
    } else if message.contains("there is no unit ") {
        "dataforge query \"select * from units\" lists the units"
    } else if message.starts_with("there is no workspace") {
        "dataforge workspaces lists the workspaces"
    } else if message.starts_with("no run has an id") {
        "dataforge runs lists the runs"
    } else if message.starts_with("no field") {
        "dataforge query \"describe TABLE\" lists the columns of a table"
    } else {
        "dataforge query \"show tables\" lists the tables; run('ID') is one run in wide form"
    }
}

pub(crate) fn output_error(error: OutputError) -> ApiError {
    match error {
        OutputError::Query(error) => query_error(&error),
        other => ApiError::from_error(ErrorKind::Query, &other),
    }
}

const fn format_of(format: OutputFormat) -> Format {
    match format {
        OutputFormat::Table => Format::Table,
        OutputFormat::Csv => Format::Csv,
        OutputFormat::CsvRaw => Format::CsvRaw,
        OutputFormat::Xlsx => Format::Xlsx,
        OutputFormat::Json => Format::Json,
        OutputFormat::Parquet => Format::Parquet,
        OutputFormat::Arrow => Format::Arrow,
    }
}

/// Runs a statement and sends the result as output.
///
/// # Errors
/// `Query` when it is refused or fails; part of the output may have been sent then.
pub(crate) async fn query(
    node: &Node,
    workspace: WorkspaceId,
    sql: String,
    limits: QueryLimits,
    format: OutputFormat,
    out: &mpsc::Sender<Output>,
) -> Result<Reply, ApiError> {
    let engine = node.engine_of(workspace)?;
    let QueryLimits { local_only, remote_bytes, rows, bytes } = limits;
    let question = Question { local_only, remote_bytes, rows, bytes, ..Question::from(sql) };
    let stream = engine.query(question).await.map_err(|error| query_error(&error))?;
    let mut sink = Sink::new(out.clone());
    let written = write(stream, format_of(format), &mut sink).await.map_err(output_error)?;
    Ok(Reply::Query { rows: written.rows, bytes: sink.bytes() })
}
