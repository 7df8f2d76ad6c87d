//! Output to a client, chunk by chunk, counted and hashed on the way.

use std::io::{self, Write};

use bytes::Bytes;
use dataforge_protocol::id::BlobHash;
use tokio::sync::mpsc;

use crate::client::Output;

/// Bytes sent to a client at a time.
const CHUNK: usize = 256 * 1024;

/// A writer that sends chunks to the client, and waits while it is behind. For use on the threads
/// of a runtime.
pub(crate) struct Sink {
    out: mpsc::Sender<Output>,
    buffer: Vec<u8>,
    bytes: u64,
    hasher: blake3::Hasher,
}

impl Sink {
    /// Returns one that has sent nothing.
    pub(crate) fn new(out: mpsc::Sender<Output>) -> Self {
        Self { out, buffer: Vec::new(), bytes: 0, hasher: blake3::Hasher::new() }
    }

    /// Returns the number of bytes written.
    pub(crate) const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Returns the hash of what was written.
    pub(crate) fn hash(&self) -> BlobHash {
        BlobHash(*self.hasher.finalize().as_bytes())
    }

    fn send(&mut self) -> io::Result<()> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        let chunk = Output::Data(Bytes::from(std::mem::take(&mut self.buffer)));
        // Called from async code through a blocking writer: the client's pace holds the work back.
        tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(self.out.send(chunk)))
            .map_err(|_closed| io::ErrorKind::BrokenPipe.into())
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.buffer.extend_from_slice(bytes);
        self.bytes += bytes.len() as u64;
        self.hasher.update(bytes);
        if self.buffer.len() >= CHUNK {
            self.send()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.send()
    }
}
