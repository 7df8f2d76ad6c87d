//! From a query to a stream of batches: threads, turns, time limit and cancellation.
//!
//! Three parties: the *query thread* plans and computes; the *supervisor* on the engine's runtime
//! waits for a turn and for the time limit; the *stream* in the caller's hands takes batches.
//! They share a [`Cancel`]. The end is sent as a message: a channel that just closes is an error, so
//! a result that was cut short never looks complete.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use arrow::array::{RecordBatch, RecordBatchOptions};
use arrow::datatypes::{Field, Schema, SchemaRef};
use datafusion::error::DataFusionError;
use futures::{Stream, StreamExt};
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep_until};
use tracing::error;

use super::Core;
use super::guard::{Cancel, Stopped};
use crate::error::{QueryError, QueryErrorKind};

/// Batches that wait for the reader.
const QUEUED_BATCHES: usize = 2;

enum Message {
    Batch(RecordBatch),
    Failed(QueryError),
    End,
}

type Started = Result<SchemaRef, QueryError>;

/// The result of a query: batches of one schema, in order.
///
/// Column names are unique: repeated ones get `_2`, `_3`.
/// Dropping the stream cancels the query.
pub struct QueryStream {
    schema: SchemaRef,
    batches: Pin<Box<dyn Stream<Item = Result<RecordBatch, QueryError>> + Send>>,
}

impl QueryStream {
    /// Returns the schema of all batches.
    pub fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }
}

impl fmt::Debug for QueryStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QueryStream").field("schema", &self.schema).finish_non_exhaustive()
    }
}

impl Stream for QueryStream {
    type Item = Result<RecordBatch, QueryError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.batches.poll_next_unpin(cx)
    }
}

/// Stops the query when the caller lets go.
struct StopOnDrop(Arc<Cancel>);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.stop(Stopped::Dropped);
    }
}

/// Starts a query and waits for its plan.
pub(super) async fn start(core: &Arc<Core>, handle: &Handle, sql: String) -> Result<QueryStream, QueryError> {
    let cancel = Arc::new(Cancel::default());
    let guard = StopOnDrop(Arc::clone(&cancel));
    let (started_tx, started_rx) = oneshot::channel();
    let (batch_tx, batch_rx) = mpsc::channel(QUEUED_BATCHES);
    let job = Job { core: Arc::clone(core), cancel: Arc::clone(&cancel), sql, started: started_tx, batches: batch_tx };
    handle.spawn(supervise(job));
    let started = tokio::select! {
        biased;
        started = started_rx => started.map_err(|_closed| lost(&cancel))?,
        why = cancel.stopped() => return Err(stopped(why)),
    };
    let schema = started?;
    Ok(QueryStream { batches: batches(batch_rx, guard), schema })
}

/// Gives the job its turn and its time.
async fn supervise(job: Job) {
    let deadline = Instant::now() + job.core.limits.timeout;
    let cancel = Arc::clone(&job.cancel);
    let turns = Arc::clone(&job.core.turns);
    let run = async move {
        let Ok(turn) = turns.acquire_owned().await else {
            return;
        };
        let handle = Handle::current();
        let thread = tokio::task::spawn_blocking(move || {
            handle.block_on(job.run());
            // A thread that cannot be stopped keeps its turn, so that they do not pile up.
            drop(turn);
        });
        if let Err(error) = thread.await {
            error!(%error, "query thread ended early");
        }
    };
    tokio::select! {
        biased;
        () = run => {}
        _ = cancel.stopped() => {}
        () = sleep_until(deadline) => cancel.stop(Stopped::TimedOut),
    }
}

/// The query thread's side.
struct Job {
    core: Arc<Core>,
    cancel: Arc<Cancel>,
    sql: String,
    started: oneshot::Sender<Started>,
    batches: mpsc::Sender<Message>,
}

impl Job {
    async fn run(self) {
        let cancel = Arc::clone(&self.cancel);
        tokio::select! {
            biased;
            _ = cancel.stopped() => {}
            () = self.produce() => {}
        }
    }

    async fn produce(self) {
        let mut stream = match self.core.execute(&self.sql, &self.cancel).await {
            Ok(stream) => stream,
            Err(error) => {
                // Nobody listens any more if this fails.
                let _ = self.started.send(Err(error));
                return;
            }
        };
        let schema = unique_names(&stream.schema());
        if self.started.send(Ok(Arc::clone(&schema))).is_err() {
            return;
        }
        let mut last = Message::End;
        while let Some(next) = stream.next().await {
            let renamed = next.and_then(|batch| rename(&batch, &schema));
            match renamed {
                Ok(batch) if batch.num_rows() == 0 => {}
                Ok(batch) => {
                    if self.batches.send(Message::Batch(batch)).await.is_err() {
                        return;
                    }
                }
                Err(error) => {
                    last = Message::Failed(error.into());
                    break;
                }
            }
        }
        let _ = self.batches.send(last).await;
    }
}

fn rename(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch, DataFusionError> {
    let rows = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    let columns = batch.columns().to_vec();
    Ok(RecordBatch::try_new_with_options(Arc::clone(schema), columns, &rows)?)
}

/// The caller's side: batches until the end, or one error.
fn batches(
    queue: mpsc::Receiver<Message>,
    guard: StopOnDrop,
) -> Pin<Box<dyn Stream<Item = Result<RecordBatch, QueryError>> + Send>> {
    let state = Some((queue, guard));
    Box::pin(futures::stream::unfold(state, |state| async move {
        let (mut queue, guard) = state?;
        let message = tokio::select! {
            biased;
            message = queue.recv() => message,
            why = guard.0.stopped() => return Some((Err(stopped(why)), None)),
        };
        match message {
            Some(Message::Batch(batch)) => Some((Ok(batch), Some((queue, guard)))),
            Some(Message::Failed(error)) => Some((Err(error), None)),
            Some(Message::End) => None,
            None => Some((Err(lost(&guard.0)), None)),
        }
    }))
}

fn stopped(why: Stopped) -> QueryError {
    QueryError::new(QueryErrorKind::Limit, why.to_string())
}

/// The query thread is gone without a last word.
fn lost(cancel: &Cancel) -> QueryError {
    match cancel.reason() {
        Some(why) => stopped(why),
        None => QueryError::new(
            QueryErrorKind::Other,
            "the query ended early because of a fault in the query engine; the log has more",
        ),
    }
}

/// Makes column names unique, so that every output format can carry them.
fn unique_names(schema: &SchemaRef) -> SchemaRef {
    let mut names: Vec<String> = Vec::with_capacity(schema.fields().len());
    for field in schema.fields() {
        let mut name = field.name().clone();
        let mut count = 1;
        while names.contains(&name) {
            count += 1;
            name = format!("{}_{count}", field.name());
        }
        names.push(name);
    }
    let fields: Vec<Field> =
        schema.fields().iter().zip(names).map(|(field, name)| field.as_ref().clone().with_name(name)).collect();
    Arc::new(Schema::new(fields))
}
