//! Answers Arrow Flight SQL: gRPC over HTTP/2 on this machine, without TLS, read-only.
//!
//! A call passes through the [`guard`] first, which knows the token and the names of this machine, then
//! through the [`door`], which completes what `arrow-flight` leaves open, and ends in the [`service`].
//! Statements run through [`Node::ask`](dataforge_node::Node::ask) and are streamed as they come.

mod actions;
mod bind;
mod connection;
mod door;
mod guard;
mod held;
mod metadata;
mod placeholders;
mod service;
mod session;
mod sql_info;
mod statement;
mod status;
#[cfg(test)]
mod tests;
mod types;
mod wire;

use std::sync::Arc;
use std::time::Duration;

use arrow_flight::flight_service_server::FlightServiceServer;
use axum::middleware::from_fn_with_state;
use tokio::net::TcpListener;
use tonic::service::Routes;
use tonic::transport::Server;

use self::connection::incoming;
use self::door::Door;
use self::guard::Guard;
use self::service::Service;
use crate::shared::Shared;

/// Bytes of one message that a client sends: statements and parameters are small.
const MAX_MESSAGE_BYTES: usize = 4 * 1024 * 1024;

/// Bytes of the headers of one call; a token has 64.
const MAX_HEADER_BYTES: u32 = 16 * 1024;

/// Calls at the same time on one connection.
const MAX_STREAMS: u32 = 64;

/// How often a silent client is asked whether it is there.
const KEEPALIVE_EVERY: Duration = Duration::from_secs(30);

/// How long it may take to say so.
const KEEPALIVE_WITHIN: Duration = Duration::from_secs(20);

/// What clients may take up together.
#[derive(Debug, Clone, Copy)]
struct Bounds {
    /// Connections at the same time.
    connections: usize,
    /// How long a connection stays on which nobody has shown the token.
    show_token: Duration,
    /// Of tickets, prepared statements and sessions each; the one longest unused gives way.
    held: usize,
    /// How long a ticket that nobody uses is kept.
    keep_ticket: Duration,
    /// How long a prepared statement that nobody uses is kept.
    keep_prepared: Duration,
    /// How long a session that nobody uses is kept.
    keep_session: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            connections: 64,
            show_token: Duration::from_secs(10),
            held: 256,
            keep_ticket: Duration::from_secs(10 * 60),
            keep_prepared: Duration::from_secs(60 * 60),
            keep_session: Duration::from_secs(24 * 60 * 60),
        }
    }
}

/// Serves until it is dropped; connections end with it.
pub(crate) async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    serve_within(listener, shared, Bounds::default()).await;
}

async fn serve_within(listener: TcpListener, shared: Arc<Shared>, bounds: Bounds) {
    let port = match listener.local_addr() {
        Ok(at) => at.port(),
        Err(error) => {
            tracing::warn!("Flight SQL is not given: {error}");
            return;
        }
    };
    let service = match Service::new(Arc::clone(&shared), &bounds) {
        Ok(service) => service,
        Err(error) => {
            tracing::warn!("Flight SQL is not given: {error}");
            return;
        }
    };
    let flight = FlightServiceServer::new(Door::new(service)).max_decoding_message_size(MAX_MESSAGE_BYTES);
    let guard = Arc::new(Guard::new(shared, port));
    // Around the whole router, so that no call gets past it, not even one of another service.
    let guarded = Routes::new(flight).into_axum_router().layer(from_fn_with_state(guard, guard::check));
    let served = Server::builder()
        .max_concurrent_streams(MAX_STREAMS)
        .http2_max_header_list_size(MAX_HEADER_BYTES)
        .http2_keepalive_interval(Some(KEEPALIVE_EVERY))
        .http2_keepalive_timeout(Some(KEEPALIVE_WITHIN))
        .add_routes(Routes::from(guarded))
        .serve_with_incoming(incoming(listener, bounds.connections, bounds.show_token))
        .await;
    if let Err(error) = served {
        tracing::warn!("Flight SQL is no longer given: {error}");
    }
}
