//! Statements: what a ticket stands for, what is prepared, and the streams of their results.

use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use dataforge_node::{Node, QueryStream, Question, ScalarValue};
use futures::StreamExt as _;
use futures::stream::BoxStream;
use tokio::sync::watch;
use tonic::Status;

use super::{placeholders, status, wire};

/// The type of a parameter of which the statement does not say what it is.
const UNKNOWN: DataType = DataType::Utf8;

/// A statement that a ticket stands for.
#[derive(Debug)]
pub(super) struct Asked {
    workspace: Option<String>,
    question: Question,
    /// What was announced, and what therefore comes.
    schema: SchemaRef,
    /// Becomes true when it is cancelled.
    stop: watch::Sender<bool>,
}

impl Asked {
    /// Plans a statement, which says what it gives.
    pub(super) async fn plan(node: &Node, workspace: Option<String>, question: Question) -> Result<Self, Status> {
        let schema = if question.parameters.is_empty() {
            let described = node.describe_typed(workspace.as_deref(), &question.sql).await;
            described.map_err(|error| status::of_asked(&error))?.schema
        } else {
            // What a statement gives may depend on the values. This plans it only: it is dropped at once.
            let planned = node.ask_typed(workspace.as_deref(), question.clone()).await;
            planned.map_err(|error| status::of_asked(&error))?.schema()
        };
        Ok(Self { workspace, question, schema: wire::schema(&schema), stop: watch::Sender::new(false) })
    }

    pub(super) const fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// Ends the streams of its results.
    pub(super) fn cancel(&self) {
        self.stop.send_replace(true);
    }
}

/// Starts a statement. Its batches come as they are computed; dropping them cancels it.
pub(super) async fn run(
    node: &Node,
    asked: &Arc<Asked>,
) -> Result<BoxStream<'static, Result<RecordBatch, Status>>, Status> {
    let mut stop = asked.stop.subscribe();
    // It may wait for its turn for long.
    let started = tokio::select! {
        biased;
        () = cancelled(&mut stop) => return Err(was_cancelled()),
        started = node.ask_typed(asked.workspace.as_deref(), asked.question.clone()) => started,
    };
    let batches = started.map_err(|error| status::of_asked(&error))?;
    Ok(until(batches, stop, Arc::clone(asked)))
}

/// Passes batches on until the statement is cancelled, which is an error: what was cut short must not look
/// complete.
fn until(
    batches: QueryStream,
    stop: watch::Receiver<bool>,
    asked: Arc<Asked>,
) -> BoxStream<'static, Result<RecordBatch, Status>> {
    // The statement is kept so that its sign is there as long as its results.
    let passed = futures::stream::unfold(Some((batches, stop, asked)), |state| async move {
        let (mut batches, mut stop, asked) = state?;
        let next = tokio::select! {
            biased;
            () = cancelled(&mut stop) => Some(Err(was_cancelled())),
            next = batches.next() => next.map(|batch| batch.map_err(|error| status::of_query(&error))),
        };
        match next {
            Some(Ok(batch)) => Some((Ok(batch), Some((batches, stop, asked)))),
            Some(Err(status)) => Some((Err(status), None)),
            None => None,
        }
    });
    passed.boxed()
}

fn was_cancelled() -> Status {
    Status::cancelled("the statement was cancelled")
}

async fn cancelled(stop: &mut watch::Receiver<bool>) {
    let told = stop.wait_for(|stop| *stop).await.is_ok();
    if !told {
        std::future::pending::<()>().await;
    }
}

/// A statement that is prepared.
#[derive(Debug)]
pub(super) struct Prepared {
    workspace: Option<String>,
    sql: String,
    /// What it gives as far as can be said without values.
    schema: SchemaRef,
    parameters: Vec<Option<DataType>>,
    values: Mutex<Vec<ScalarValue>>,
}

impl Prepared {
    /// Plans a statement.
    pub(super) async fn new(node: &Node, workspace: Option<String>, sql: &str) -> Result<Self, Status> {
        let sql = placeholders::numbered(sql).into_owned();
        let described = node.describe_typed(workspace.as_deref(), &sql).await;
        let described = described.map_err(|error| status::of_asked(&error))?;
        let schema = wire::schema(&described.schema);
        // The type of nothing says nothing either.
        let is_known = |data_type: &DataType| *data_type != DataType::Null;
        let parameters = described.parameters.into_iter().map(|data_type| data_type.filter(is_known)).collect();
        Ok(Self { workspace, sql, schema, parameters, values: Mutex::default() })
    }

    pub(super) const fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// Returns the types of the parameters; none where the statement does not say.
    pub(super) fn parameters(&self) -> &[Option<DataType>] {
        &self.parameters
    }

    /// Returns a schema with a column for each parameter.
    pub(super) fn parameter_schema(&self) -> Schema {
        let fields = self.parameters.iter().zip(1..).map(|(data_type, number): (_, usize)| {
            let data_type = data_type.as_ref().unwrap_or(&UNKNOWN).clone();
            Field::new(format!("${number}"), data_type, true)
        });
        wire::schema(&Schema::new(fields.collect::<Vec<Field>>())).as_ref().clone()
    }

    /// Sets the values of the parameters.
    pub(super) fn bind(&self, values: Vec<ScalarValue>) {
        *self.values.lock().unwrap_or_else(PoisonError::into_inner) = values;
    }

    /// Plans it with the values it has.
    pub(super) async fn ask(&self, node: &Node) -> Result<Asked, Status> {
        let parameters = self.values.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if parameters.len() < self.parameters.len() {
            return Err(Status::invalid_argument(format!(
                "the statement has {} parameters and {} values: set all of them first",
                self.parameters.len(),
                parameters.len()
            )));
        }
        let question = Question { sql: self.sql.clone(), parameters, ..Question::default() };
        Asked::plan(node, self.workspace.clone(), question).await
    }
}
