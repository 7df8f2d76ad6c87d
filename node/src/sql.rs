//! SQL and export: the query crate's engine over this node's index and blobs.

mod blobs;
mod catalog;

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use dataforge_protocol::id::WorkspaceId;
use dataforge_query::{Engine, Format, Limits, OutputError, QueryError, QueryErrorKind, write};
use tokio::sync::mpsc;

use self::blobs::LocalBlobs;
use self::catalog::IndexCatalog;
use crate::api::{ApiError, ErrorKind, OutputFormat, Reply};
use crate::blob::Blobs;
use crate::client::Output;
use crate::config::QueryConfig;
use crate::index::Index;
use crate::node::Node;

/// Bytes sent to a client at a time.
const CHUNK: usize = 256 * 1024;

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
        let blobs = Arc::new(LocalBlobs::new(node.weak(), self.blobs.clone()));
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

fn output_error(error: OutputError) -> ApiError {
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
    Ok(Reply::Query { rows: written.rows, bytes: sink.bytes })
}

/// Sends a run's native table as output: the very Parquet bytes, or CSV, or a workbook.
///
/// # Errors
/// `NotFound` when there is no such run, `Usage` for another format, `Query` or `Damaged` when its
/// bytes cannot be read.
pub(crate) async fn export(
    node: &Node,
    workspace: WorkspaceId,
    run: String,
    format: OutputFormat,
    out: &mpsc::Sender<Output>,
) -> Result<Reply, ApiError> {
    let (id, blob, held, rows) = node
        .with_core(move |core| {
            let index = Index::new(core.store.connection(), workspace);
            let id = index.find_run(&run)?;
            let (_, blob) = index.blobs(&id)?;
            let rows = index.runs(None)?.into_iter().find(|run| run.id == id.to_string()).map_or(0, |run| run.rows);
            Ok((id, blob, core.store.has_blob(&blob)?, rows))
        })
        .await?;
    match format {
        OutputFormat::Csv | OutputFormat::CsvRaw | OutputFormat::Xlsx => {
            query(node, workspace, &format!("select * from run('{id}')"), format, out).await
        }
        OutputFormat::Parquet if held => {
            let bytes = tokio::task::block_in_place(|| node.blobs().read_all(&blob))?;
            let mut sink = Sink::new(out.clone());
            tokio::task::block_in_place(|| sink.write_all(&bytes).and_then(|()| sink.flush()))
                .map_err(|error| ApiError::new(ErrorKind::Internal, format!("the output was closed: {error}")))?;
            Ok(Reply::Query { rows, bytes: sink.bytes })
        }
        OutputFormat::Parquet => {
            Err(ApiError::new(ErrorKind::NotFound, format!("the table of run {} is not held here", id.fmt_short()))
                .hint("dataforge sync fetches what is missing"))
        }
        _ => Err(ApiError::new(ErrorKind::Usage, "runs are exported as parquet, csv or xlsx")),
    }
}

/// A writer that sends chunks to the client, and waits while it is behind.
struct Sink {
    out: mpsc::Sender<Output>,
    buffer: Vec<u8>,
    bytes: u64,
}

impl Sink {
    const fn new(out: mpsc::Sender<Output>) -> Self {
        Self { out, buffer: Vec::new(), bytes: 0 }
    }

    fn send(&mut self) -> io::Result<()> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        let chunk = Output::Data(Bytes::from(std::mem::take(&mut self.buffer)));
        // Called from async code through a blocking writer: the client's pace holds the query back.
        tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(self.out.send(chunk)))
            .map_err(|_closed| io::ErrorKind::BrokenPipe.into())
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.buffer.extend_from_slice(bytes);
        self.bytes += bytes.len() as u64;
        if self.buffer.len() >= CHUNK {
            self.send()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.send()
    }
}
