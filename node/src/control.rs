//! The door over a local socket: the same requests, replies and events as [`crate::api`], for other
//! programs of the same person on the same machine.
//!
//! The process that owns a data directory serves it with [`Door`]; others reach it with [`connect`].
//! Nothing here decides anything: requests are handed to a [`Service`] and its answers carried back.
//! A connection works on one request at a time; dropping it cancels the request.
//!
//! ```text
//! frame   = length:u32 (big endian, of tag and content)  tag:u8  content
//! client  → hello, then request | watch, each after the one before is answered
//! server  → hello | error, then (event | data)* (part* reply | error) per request; event* for watch
//! ```
//!
//! | tag | content | bound |
//! |---|---|---|
//! | 1 hello | JSON `{"api", "program"}`, of a client that has a name also `client`; both sides first | 4 KiB |
//! | 2 request | JSON [`Request`] | 4 MiB |
//! | 3 watch | JSON [`Watching`], or nothing for everything; events follow until the connection is dropped | 1 MiB |
//! | 4 event | JSON [`Event`](crate::api::Event) | 4 MiB |
//! | 5 data | bytes of a query or export | 16 MiB |
//! | 6 part | the next piece of a reply's JSON that is longer than one frame | 4 MiB |
//! | 7 reply | JSON [`Reply`], or its last piece | 4 MiB, 256 MiB with its parts |
//! | 8 error | JSON [`ApiError`] | 4 MiB |

mod connection;
mod endpoint;
mod frame;
mod server;
#[cfg(test)]
mod tests;

use std::path::Path;

use tokio::sync::mpsc;

pub use self::connection::{Connection, Watch, connect};
pub use self::server::Door;
use crate::api::{ApiError, Reply, Request, Watching};
use crate::caller::ClientId;
use crate::client::Output;
use crate::feed::Feed;

/// Outputs of one request that may wait for a slow reader.
pub const OUTPUT_QUEUE: usize = 16;

/// What serves requests.
pub trait Service: Clone + Send + Sync + 'static {
    /// Works on a request of a client; progress and data go to `out` while it runs. Dropping the future
    /// cancels the request.
    fn call(
        &self,
        client: Option<ClientId>,
        request: Request,
        out: mpsc::Sender<Output>,
    ) -> impl Future<Output = Result<Reply, ApiError>> + Send;

    /// Returns the events from now on that a client watches.
    fn listen(&self, client: Option<ClientId>, watching: Watching) -> Feed;
}

/// Serves a data directory until `shutdown` is done. The caller holds the directory's lock.
///
/// # Errors
/// `Storage` when there is no place for a socket or it cannot be made.
pub async fn serve<S: Service>(dir: &Path, service: S, shutdown: impl Future<Output = ()>) -> Result<(), ApiError> {
    Door::bind(dir)?.serve(service, shutdown).await;
    Ok(())
}
