//! Rows of a query on their way to a client: taken batch by batch, encoded one by one, stopped when the
//! client asks for it or the time it set is over.

use std::sync::Arc;

use arrow::array::RecordBatch;
use bytes::BytesMut;
use dataforge_node::QueryStream;
use futures::StreamExt as _;
use futures::stream::{Stream, unfold};
use pgwire::api::Type;
use pgwire::api::results::FieldInfo;
use pgwire::error::{PgWireError, PgWireResult};
use pgwire::messages::data::DataRow;
use tokio::sync::{OwnedMutexGuard, watch};
use tokio::time::{Instant, sleep_until};

use super::encode::Column;
use super::errors::{INTERNAL, error, failed};

/// When a statement has to stop.
#[derive(Debug, Clone)]
pub(super) struct Stop {
    /// Changes when the client asks for it.
    pub(super) asked: watch::Receiver<u64>,
    /// When its time is over.
    pub(super) deadline: Option<Instant>,
}

impl Stop {
    /// Waits until the statement has to stop, and says why.
    pub(super) async fn wait(&mut self) -> PgWireError {
        let deadline = self.deadline;
        let over = async {
            match deadline {
                Some(deadline) => sleep_until(deadline).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            changed = self.asked.changed() => match changed {
                Ok(()) => PgWireError::QueryCanceled,
                // The connection is gone.
                Err(_closed) => error("57P01", "the connection is closed"),
            },
            () = over => error("57014", "the statement took longer than statement_timeout allows"),
        }
    }
}

/// Takes the rows of one query.
#[derive(Debug)]
pub(super) struct Rows {
    stream: QueryStream,
    types: Vec<Type>,
    batch: Option<Batch>,
    stop: Stop,
    ended: bool,
}

#[derive(Debug)]
struct Batch {
    columns: Vec<Column>,
    rows: usize,
    next: usize,
}

impl Rows {
    /// Takes rows with columns of these types, which are those that the client was told.
    pub(super) const fn new(stream: QueryStream, types: Vec<Type>, stop: Stop) -> Self {
        Self { stream, types, batch: None, stop, ended: false }
    }

    /// Returns the next row in the formats of the fields, none at the end.
    async fn next(&mut self, fields: &[FieldInfo]) -> Option<PgWireResult<DataRow>> {
        loop {
            if let Some(batch) = &mut self.batch
                && batch.next < batch.rows
            {
                let row = encode(batch, fields);
                batch.next += 1;
                self.ended = row.is_err();
                return Some(row);
            }
            if self.ended {
                return None;
            }
            match self.more().await {
                Ok(more) => self.ended = !more,
                Err(failure) => {
                    self.ended = true;
                    self.batch = None;
                    return Some(Err(failure));
                }
            }
        }
    }

    /// Takes the next batch; whether there was one.
    async fn more(&mut self) -> PgWireResult<bool> {
        self.batch = None;
        let next = tokio::select! {
            biased;
            why = self.stop.wait() => return Err(why),
            next = self.stream.next() => next,
        };
        let Some(batch) = next else { return Ok(false) };
        let batch = batch.map_err(|failure| failed(&failure, None))?;
        self.batch = Some(prepare(&batch, &self.types)?);
        Ok(true)
    }
}

fn prepare(batch: &RecordBatch, types: &[Type]) -> PgWireResult<Batch> {
    if batch.num_columns() != types.len() {
        return Err(error(INTERNAL, "the result has other columns than were announced; ask again"));
    }
    let columns = batch.columns().iter().zip(types);
    let columns: Result<Vec<Column>, _> = columns.map(|(array, of)| Column::new(array, of)).collect();
    let columns = columns.map_err(|failure| error("22003", format!("a value cannot be sent: {failure}")))?;
    Ok(Batch { columns, rows: batch.num_rows(), next: 0 })
}

fn encode(batch: &Batch, fields: &[FieldInfo]) -> PgWireResult<DataRow> {
    let mut buffer = BytesMut::with_capacity(16 * batch.columns.len());
    for (column, field) in batch.columns.iter().zip(fields) {
        column.put(&mut buffer, batch.next, field.format()).map_err(|what| error("22003", what))?;
    }
    let count = i16::try_from(batch.columns.len())
        .map_err(|_error| error("54011", format!("a result has at most {} columns here", i16::MAX)))?;
    Ok(DataRow::new(buffer, count))
}

/// Returns all rows as a stream.
pub(super) fn all(rows: Rows, fields: Arc<Vec<FieldInfo>>) -> impl Stream<Item = PgWireResult<DataRow>> + Send {
    unfold((rows, fields), |(mut rows, fields)| async move {
        let row = rows.next(&fields).await?;
        Some((row, (rows, fields)))
    })
}

/// Returns rows of a cursor as a stream: at most so many, all that are left when none.
pub(super) fn some(
    mut cursor: OwnedMutexGuard<Rows>,
    fields: Arc<Vec<FieldInfo>>,
    stop: Stop,
    limit: Option<usize>,
) -> impl Stream<Item = PgWireResult<DataRow>> + Send {
    // What stops the statement that fetches is what stops the cursor meanwhile.
    cursor.stop = stop;
    unfold((cursor, fields, limit), |(mut cursor, fields, limit)| async move {
        let left = match limit {
            Some(left) => Some(left.checked_sub(1)?),
            None => None,
        };
        let row = cursor.next(&fields).await?;
        Some((row, (cursor, fields, left)))
    })
}

/// Returns one row of texts.
pub(super) fn texts(values: &[&str]) -> DataRow {
    let mut buffer = BytesMut::new();
    for value in values {
        // A setting is never as long as that.
        let length = i32::try_from(value.len()).unwrap_or_default();
        buffer.extend_from_slice(&length.to_be_bytes());
        buffer.extend_from_slice(value.as_bytes());
    }
    DataRow::new(buffer, i16::try_from(values.len()).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_statement_stops_when_asked_or_when_its_time_is_over() {
        let (ask, asked) = watch::channel(0);
        let mut stop = Stop { asked: asked.clone(), deadline: None };
        ask.send_modify(|count| *count += 1);
        assert!(matches!(stop.wait().await, PgWireError::QueryCanceled));
        let mut late = Stop { asked, deadline: Some(Instant::now()) };
        late.asked.mark_unchanged();
        let PgWireError::UserError(info) = late.wait().await else { panic!("an error of ours") };
        assert_eq!(info.code, "57014");
    }

    #[test]
    fn a_row_of_texts_has_lengths_before_them() {
        let row = texts(&["ab", ""]);
        assert_eq!(&row.data[..], [0, 0, 0, 2, b'a', b'b', 0, 0, 0, 0]);
        assert_eq!(row.field_count, 2);
    }
}
