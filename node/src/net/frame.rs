//! Frames on a QUIC stream: a big-endian `u32` length and so many bytes.

use std::net::SocketAddr;

use dataforge_protocol::limits::MAX_FRAME_BYTES;
use iroh::TransportAddr;
use iroh::endpoint::{Connection, RecvStream, SendStream};

use crate::api::{ApiError, ErrorKind};

pub(super) fn lost(error: &dyn std::fmt::Display) -> ApiError {
    ApiError::new(ErrorKind::Network, format!("the connection was lost: {error}"))
}

/// Returns the addresses a peer is reached at over a connection, the one in use first.
pub(super) fn addresses(connection: &Connection) -> Vec<SocketAddr> {
    let paths = connection.paths();
    let mut found: Vec<_> = paths
        .iter()
        .filter_map(|path| match path.remote_addr() {
            TransportAddr::Ip(address) => Some((!path.is_selected(), *address)),
            _ => None,
        })
        .collect();
    found.sort();
    found.into_iter().map(|(_, address)| address).collect()
}

/// Whether the path in use is not within the networks of this node.
pub(crate) fn is_relayed(connection: &Connection) -> bool {
    let paths = connection.paths();
    paths.iter().any(|path| path.is_selected() && !matches!(path.remote_addr(), TransportAddr::Ip(_)))
}

/// Reads one frame; the length is checked before anything is allocated.
pub(super) async fn read(stream: &mut RecvStream) -> Result<Vec<u8>, ApiError> {
    let mut length = [0; 4];
    stream.read_exact(&mut length).await.map_err(|error| lost(&error))?;
    let length = u32::from_be_bytes(length) as usize;
    if length > MAX_FRAME_BYTES {
        let message = format!("the peer broke the protocol: a frame of {length} bytes");
        return Err(ApiError::new(ErrorKind::NotAllowed, message));
    }
    let mut content = vec![0; length];
    stream.read_exact(&mut content).await.map_err(|error| lost(&error))?;
    Ok(content)
}

/// Writes one frame that carries its length already.
pub(super) async fn write(stream: &mut SendStream, frame: &[u8]) -> Result<(), ApiError> {
    stream.write_all(frame).await.map_err(|error| lost(&error))
}
