//! A result on its way out: batches, written in a format, in chunks as the client takes them.
//!
//! A thread of the query writes, because the formats' writers block; it is held back by a short queue. The end is a
//! message of its own: a queue that just closes, like a query that fails, breaks the body off before its
//! last chunk, so that nobody takes a part for the whole. When the client is gone the queue closes on this
//! side, and the thread drops the query, which ends it.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::RecordBatch;
use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, header};
use axum::response::Response;
use dataforge_node::api::{ApiError, ErrorKind};
use dataforge_node::{Format, OutputError, QueryError, QueryStream, query_error, write_batches};
use futures::{StreamExt as _, stream};
use tokio::runtime::Handle;
use tokio::sync::mpsc;

use super::format::media_type;
use super::problem::Problem;

/// Bytes that are sent at once, if so many are there.
const CHUNK: usize = 64 << 10;
/// Chunks that wait for the client.
const QUEUED: usize = 4;

/// What the thread that writes says.
#[derive(Debug)]
enum Part {
    Data(Bytes),
    Failed(ApiError),
    End,
}

/// Sends a result. What fails before its first byte is a problem; what fails later breaks the body off.
pub(super) async fn respond(results: QueryStream, format: Format) -> Result<Response, Problem> {
    let (to, mut parts) = mpsc::channel(QUEUED);
    let handle = Handle::current();
    results.take_elsewhere(move |results| write(results, format, to, handle));
    let body = match parts.recv().await {
        Some(Part::Data(first)) => {
            let first: Result<Bytes, ApiError> = Ok(first);
            Body::from_stream(stream::iter([first]).chain(stream::unfold(Some(parts), next_part)))
        }
        Some(Part::End) => Body::empty(),
        Some(Part::Failed(error)) => return Err(error.into()),
        None => return Err(cut_short().into()),
    };
    let mut response = Response::new(body);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type(format)));
    Ok(response)
}

type Parts = Option<mpsc::Receiver<Part>>;

/// Returns the next chunk, or why there is none; nothing after the end.
async fn next_part(parts: Parts) -> Option<(Result<Bytes, ApiError>, Parts)> {
    let mut parts = parts?;
    let error = match parts.recv().await {
        Some(Part::Data(bytes)) => return Some((Ok(bytes), Some(parts))),
        Some(Part::End) => return None,
        Some(Part::Failed(error)) => error,
        None => cut_short(),
    };
    tracing::debug!("a result breaks off: {error}");
    // What came before is sent first: hyper drops what it holds back when a body fails.
    tokio::task::yield_now().await;
    Some((Err(error), None))
}

fn cut_short() -> ApiError {
    ApiError::new(ErrorKind::Internal, "a result was cut short; the log has more")
}

/// Writes a result. Blocks, and waits for the client.
fn write(results: QueryStream, format: Format, to: mpsc::Sender<Part>, handle: Handle) {
    let schema = results.schema();
    let mut out = Out(Arc::new(Mutex::new(Waiting { bytes: Vec::new(), to: to.clone() })));
    let batches = Batches { results, out: out.clone(), to: to.clone(), handle, is_begun: false };
    let written = write_batches(schema, batches, format, &mut out);
    let last = match written.and_then(|_| out.send().map_err(OutputError::Io)) {
        Ok(()) => Part::End,
        Err(OutputError::Query(error)) => Part::Failed(query_error(&error)),
        Err(other) => Part::Failed(ApiError::from_error(ErrorKind::Query, &other)),
    };
    // It fails when nobody listens any more.
    drop(to.blocking_send(last));
}

/// Where the writer of a format writes to, and what is sent on while batches are waited for.
#[derive(Debug, Clone)]
struct Out(Arc<Mutex<Waiting>>);

/// What was written and not sent yet.
#[derive(Debug)]
struct Waiting {
    bytes: Vec<u8>,
    to: mpsc::Sender<Part>,
}

impl Out {
    fn send(&self) -> io::Result<()> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).send()
    }
}

impl Waiting {
    fn send(&mut self) -> io::Result<()> {
        if self.bytes.is_empty() {
            return Ok(());
        }
        let part = Part::Data(Bytes::from(std::mem::take(&mut self.bytes)));
        self.to.blocking_send(part).map_err(|_closed| io::ErrorKind::BrokenPipe.into())
    }
}

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.bytes.extend_from_slice(bytes);
        if waiting.bytes.len() >= CHUNK {
            waiting.send()?;
        }
        Ok(bytes.len())
    }

    /// Sends nothing: writers flush when they are dropped too, after a query that failed at once.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The batches of a query, for a thread that may block.
struct Batches {
    results: QueryStream,
    out: Out,
    to: mpsc::Sender<Part>,
    handle: Handle,
    is_begun: bool,
}

impl Iterator for Batches {
    type Item = Result<RecordBatch, QueryError>;

    fn next(&mut self) -> Option<Self::Item> {
        // What was written of one batch goes before the next is waited for. The head of the file alone does
        // not: a query that fails at once is then a problem, and no result that is broken off.
        if self.is_begun && self.out.send().is_err() {
            return None;
        }
        self.is_begun = true;
        let Self { results, to, handle, .. } = self;
        handle.block_on(async {
            tokio::select! {
                biased;
                // Nobody is left to be told how it ends.
                () = to.closed() => None,
                batch = results.next() => batch,
            }
        })
    }
}
