//! The stream that a peer asks on.

use bytes::Bytes;
use iroh::endpoint::{ReadExactError, RecvStream, VarInt};
use iroh_blobs::util::RecvStream as Reads;

/// Bytes that a request has room in at first; most have fewer.
const ROOM: usize = 4 << 10;

/// A stream of which no more is held than came.
///
/// The crate's own makes room for the longest request, a mebibyte, before it reads one.
#[derive(Debug)]
pub(super) struct Asked(pub(super) RecvStream);

impl Reads for Asked {
    async fn recv_bytes(&mut self, len: usize) -> std::io::Result<Bytes> {
        let (mut came, mut filled) = (vec![0; len.min(ROOM)], 0);
        while let Some(read) = self.0.read(came.get_mut(filled..).unwrap_or_default()).await? {
            filled += read;
            if filled == len {
                break;
            }
            if filled == came.len() {
                came.resize(len.min(came.len() * 2), 0);
            }
        }
        came.truncate(filled);
        Ok(came.into())
    }

    async fn recv_bytes_exact(&mut self, len: usize) -> std::io::Result<Bytes> {
        let came = self.recv_bytes(len).await?;
        if came.len() == len { Ok(came) } else { Err(std::io::ErrorKind::UnexpectedEof.into()) }
    }

    async fn recv_exact(&mut self, target: &mut [u8]) -> std::io::Result<()> {
        self.0.read_exact(target).await.map_err(|error| match error {
            ReadExactError::FinishedEarly(_) => std::io::ErrorKind::UnexpectedEof.into(),
            ReadExactError::ReadError(error) => error.into(),
        })
    }

    fn stop(&mut self, code: VarInt) -> std::io::Result<()> {
        Ok(self.0.stop(code)?)
    }

    fn id(&self) -> u64 {
        self.0.id().index()
    }
}
