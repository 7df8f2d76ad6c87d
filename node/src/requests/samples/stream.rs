//! An Arrow IPC stream to a client, in chunks small enough to be shown as progress.

use arrow::array::RecordBatch;
use arrow::datatypes::Schema;
use arrow::error::ArrowError;
use arrow::ipc::writer::StreamWriter;
use bytes::Bytes;
use tokio::sync::mpsc;

use crate::api::{ApiError, ErrorKind};
use crate::client::Output;

/// Bytes sent at a time at most.
const CHUNK: usize = 256 << 10;

/// Writes batches to a client; waits while it is behind.
pub(super) struct Stream<'a> {
    writer: StreamWriter<Vec<u8>>,
    out: &'a mpsc::Sender<Output>,
    /// Bytes that were sent.
    bytes: u64,
}

impl<'a> Stream<'a> {
    /// Begins with the schema.
    pub(super) fn new(schema: &Schema, out: &'a mpsc::Sender<Output>) -> Result<Self, ApiError> {
        Ok(Self { writer: StreamWriter::try_new(Vec::new(), schema).map_err(unwritten)?, out, bytes: 0 })
    }

    /// Sends a batch.
    pub(super) async fn send(&mut self, batch: &RecordBatch) -> Result<(), ApiError> {
        self.writer.write(batch).map_err(unwritten)?;
        let written = std::mem::take(self.writer.get_mut());
        self.pass_on(written).await
    }

    /// Sends the end; returns the number of bytes that were sent.
    pub(super) async fn finish(mut self) -> Result<u64, ApiError> {
        self.writer.finish().map_err(unwritten)?;
        let written = std::mem::take(self.writer.get_mut());
        self.pass_on(written).await?;
        Ok(self.bytes)
    }

    async fn pass_on(&mut self, written: Vec<u8>) -> Result<(), ApiError> {
        self.bytes += written.len() as u64;
        let mut rest = Bytes::from(written);
        while !rest.is_empty() {
            let chunk = rest.split_to(rest.len().min(CHUNK));
            let gone = |_closed| ApiError::new(ErrorKind::Internal, "nobody listens any more");
            self.out.send(Output::Data(chunk)).await.map_err(gone)?;
        }
        Ok(())
    }
}

fn unwritten(error: ArrowError) -> ApiError {
    ApiError::from_error(ErrorKind::Internal, &error)
}
