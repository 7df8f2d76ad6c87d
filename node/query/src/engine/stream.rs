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

use super::cache::{Gathering, Kept};
use super::guard::{Cancel, Stopped};
use super::meter::Meter;
use super::{Core, Description, Question, Threads};
use crate::error::{QueryError, QueryErrorKind};
use crate::reading::Reading;

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
    reading: Arc<Reading>,
    batches: Pin<Box<dyn Stream<Item = Result<RecordBatch, QueryError>> + Send>>,
    /// They are there for as long as this is, though the engine may be gone.
    threads: Arc<Threads>,
}

impl QueryStream {
    /// Returns the schema of all batches.
    pub fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    /// Returns what the query has read so far.
    #[must_use]
    pub fn reading(&self) -> &Reading {
        &self.reading
    }

    /// Gives the result to a thread of the engine, which gives way to others as those do that compute it. `take`
    /// may block.
    pub fn take_elsewhere(self, take: impl FnOnce(Self) + Send + 'static) {
        let threads = Arc::clone(&self.threads);
        drop(threads.handle().spawn_blocking(move || take(self)));
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
struct StopOnDrop {
    cancel: Arc<Cancel>,
}

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.cancel.stop(Stopped::Dropped);
    }
}

/// Starts a query and waits for its plan.
pub(super) async fn start(
    core: &Arc<Core>,
    threads: &Arc<Threads>,
    question: Question,
) -> Result<QueryStream, QueryError> {
    let cancel = Arc::new(Cancel::default());
    let guard = StopOnDrop { cancel: Arc::clone(&cancel) };
    let (started_tx, started_rx) = oneshot::channel();
    let (batch_tx, batch_rx) = mpsc::channel(QUEUED_BATCHES);
    let (core, stop) = (Arc::clone(core), Arc::clone(&cancel));
    let reading = Arc::new(Reading::new(question.local_only, question.remote_bytes));
    let of_query = Arc::clone(&reading);
    let job = Job { core, cancel: stop, question, reading: of_query, started: started_tx, batches: batch_tx };
    threads.handle().spawn(supervise(job));
    let started = tokio::select! {
        biased;
        started = started_rx => started.map_err(|_closed| lost(&cancel))?,
        why = cancel.stopped() => return Err(stopped(why)),
    };
    let schema = started?;
    Ok(QueryStream { schema, reading, batches: batches(batch_rx, guard), threads: Arc::clone(threads) })
}

/// Plans a statement on a query thread, in its turn and within its time.
pub(super) async fn describe(core: &Arc<Core>, handle: &Handle, sql: String) -> Result<Description, QueryError> {
    let core = Arc::clone(core);
    let planned = handle.spawn(async move {
        let limit = core.limits.timeout;
        let planning = async {
            let Ok(turn) = Arc::clone(&core.turns).acquire_owned().await else {
                return Err(lost(&Cancel::default()));
            };
            let handle = Handle::current();
            let planned = tokio::task::spawn_blocking(move || {
                let planned = handle.block_on(core.describe(&sql));
                drop(turn);
                planned
            });
            planned.await.unwrap_or_else(|_failed| Err(lost(&Cancel::default())))
        };
        tokio::time::timeout(limit, planning).await.unwrap_or_else(|_elapsed| Err(stopped(Stopped::TimedOut)))
    });
    planned.await.unwrap_or_else(|_failed| Err(lost(&Cancel::default())))
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
    question: Question,
    reading: Arc<Reading>,
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
        // Of before the tables are looked at: what changes meanwhile is asked for by another key.
        let key = self.core.key(&self.question);
        let kept = key.as_ref().and_then(|key| self.core.cache().get(key));
        if let Some(kept) = kept {
            self.reading.note_cached();
            return self.send_kept(kept).await;
        }
        let execution = match self.core.execute(&self.question, &self.reading, &self.cancel).await {
            Ok(execution) => execution,
            Err(error) => {
                // Nobody listens any more if this fails.
                let _ = self.started.send(Err(error));
                return;
            }
        };
        let schema = unique_names(&execution.rows.schema());
        if self.started.send(Ok(Arc::clone(&schema))).is_err() {
            return;
        }
        let limit = self.core.limits.cache_bytes;
        let key = key.filter(|_| execution.is_repeatable);
        let mut gathering = key.and_then(|key| Gathering::new(key, &schema, limit));
        let mut meter = Meter::new(&self.question, &self.core.limits);
        let mut stream = execution.rows;
        let mut last = Message::End;
        while let Some(next) = stream.next().await {
            let renamed = next.and_then(|batch| rename(&batch, &schema)).map_err(QueryError::from);
            match renamed.and_then(|batch| meter.add(&batch).map(|()| batch)) {
                Ok(batch) if batch.num_rows() == 0 => {}
                Ok(batch) => {
                    gathering = gathering.and_then(|result| result.add(&batch));
                    if self.batches.send(Message::Batch(batch)).await.is_err() {
                        return;
                    }
                }
                Err(error) => {
                    last = Message::Failed(error);
                    gathering = None;
                    break;
                }
            }
        }
        if let Some(result) = gathering {
            result.keep(&mut self.core.cache());
        }
        let _ = self.batches.send(last).await;
    }

    /// Sends a result that was kept.
    async fn send_kept(self, kept: Kept) {
        if self.started.send(Ok(kept.schema)).is_err() {
            return;
        }
        let mut meter = Meter::new(&self.question, &self.core.limits);
        for batch in kept.batches.iter() {
            if let Err(error) = meter.add(batch) {
                let _ = self.batches.send(Message::Failed(error)).await;
                return;
            }
            if self.batches.send(Message::Batch(batch.clone())).await.is_err() {
                return;
            }
        }
        let _ = self.batches.send(Message::End).await;
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
            why = guard.cancel.stopped() => return Some((Err(stopped(why)), None)),
        };
        match message {
            Some(Message::Batch(batch)) => Some((Ok(batch), Some((queue, guard)))),
            Some(Message::Failed(error)) => Some((Err(error), None)),
            Some(Message::End) => None,
            None => Some((Err(lost(&guard.cancel)), None)),
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
pub(super) fn unique_names(schema: &SchemaRef) -> SchemaRef {
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
