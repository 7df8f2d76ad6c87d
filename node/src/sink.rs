//! Output to a client or a file, chunk by chunk, counted and hashed on the way.

use std::fs::File;
use std::io::{self, Write};

use bytes::Bytes;
use dataforge_protocol::id::BlobHash;
use tokio::sync::mpsc;

use crate::client::Output;

/// Bytes sent at a time.
const CHUNK: usize = 256 * 1024;

/// Where output goes.
enum Target {
    Client(mpsc::Sender<Output>),
    File(File),
}

/// A writer that sends chunks to the client, and waits while it is behind; or to a file. For use on
/// the threads of a runtime. What was written last is only sent by a flush.
pub(crate) struct Sink {
    target: Target,
    buffer: Vec<u8>,
    bytes: u64,
    hasher: blake3::Hasher,
}

impl Sink {
    /// Returns one that has sent nothing.
    pub(crate) fn new(out: mpsc::Sender<Output>) -> Self {
        Self::to(Target::Client(out))
    }

    /// Returns one that has written nothing into a file.
    pub(crate) fn to_file(file: File) -> Self {
        Self::to(Target::File(file))
    }

    fn to(target: Target) -> Self {
        Self { target, buffer: Vec::new(), bytes: 0, hasher: blake3::Hasher::new() }
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
        let chunk = std::mem::take(&mut self.buffer);
        match &mut self.target {
            Target::File(file) => file.write_all(&chunk),
            // Called from async code through a blocking writer: the client's pace holds the work back.
            Target::Client(out) => {
                let chunk = Output::Data(Bytes::from(chunk));
                tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(out.send(chunk)))
                    .map_err(|_closed| io::ErrorKind::BrokenPipe.into())
            }
        }
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
