//! SQL: the query crate's engine over this node's index and blobs.

mod blobs;
mod catalog;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use dataforge_protocol::id::WorkspaceId;
use dataforge_query::{Engine, Format, Limits, OutputError, QueryError, QueryErrorKind, write};
use tokio::sync::mpsc;

use self::blobs::LocalBlobs;
use self::catalog::IndexCatalog;
use crate::api::{ApiError, ErrorKind, OutputFormat, Reply};
use crate::blob::Blobs;
use crate::client::Output;
use crate::config::QueryConfig;
use crate::node::Node;
use crate::sink::Sink;

/// The engines of a node: one per workspace, made when first asked.
#[derive(Debug)]
pub(crate) struct Engines {
    spill: PathBuf,
    blobs: Blobs,
    config: QueryConfig,
    engines: Mutex<BTreeMap<WorkspaceId, Arc<Engine>>>,
}

impl Engines {
    pub(crate) fn new(dir: &Path, blobs: Blobs, config: &QueryConfig) -> Self {
        Self { spill: dir.join("spill"), blobs, config: config.clone(), engines: Mutex::default() }
    }

    /// Drops all engines; they are made anew when asked for.
    pub(crate) fn forget(&self) {
        self.engines.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn get(&self, node: &Node, workspace: WorkspaceId) -> Result<Arc<Engine>, ApiError> {
        let mut engines = self.engines.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(engine) = engines.get(&workspace) {
            return Ok(Arc::clone(engine));
        }
        crate::directory::create_private(&self.spill)?;
        let limits = Limits {
            memory_bytes: usize::try_from(self.config.memory_bytes).unwrap_or(usize::MAX),
            timeout: Duration::from_secs(self.config.timeout_secs),
            spill_dir: Some(self.spill.clone()),
            ..Limits::default()
        };
        let catalog = Arc::new(IndexCatalog::new(node.weak(), workspace));
        let blobs = Arc::new(LocalBlobs::new(node.weak(), self.blobs.clone(), workspace));
        let engine = Arc::new(Engine::new(catalog, blobs, limits).map_err(|error| query_error(&error))?);
        engines.insert(workspace, Arc::clone(&engine));
        Ok(engine)
    }
}

fn query_error(error: &QueryError) -> ApiError {
    let failure = ApiError::new(ErrorKind::Query, error.message.clone());
    match error.kind {
        QueryErrorKind::NotHeld => failure.hint("dataforge sync fetches what is missing"),
        QueryErrorKind::UnknownName => {
            failure.hint("dataforge query \"show tables\" lists the tables; run('ID') is one run in wide form")
        }
        QueryErrorKind::NotAllowed => failure.hint("queries only read: use select"),
        _ => failure,
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
    sql: &str,
    format: OutputFormat,
    out: &mpsc::Sender<Output>,
) -> Result<Reply, ApiError> {
    let engine = tokio::task::block_in_place(|| node.engines().get(node, workspace))?;
    let stream = engine.query(sql).await.map_err(|error| query_error(&error))?;
    let mut sink = Sink::new(out.clone());
    let written = write(stream, format_of(format), &mut sink).await.map_err(output_error)?;
    Ok(Reply::Query { rows: written.rows, bytes: sink.bytes() })
}
