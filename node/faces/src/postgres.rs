//! Answers in the language of PostgreSQL: psql, DBeaver, Excel and R by ODBC, Java by JDBC, psycopg.
//!
//! [pgwire](pgwire) reads and writes the messages. On top of that:
//!
//! - who may connect ([`auth`]), which statements there are ([`command`]), which of them the face itself
//!   answers ([`session`]), and what the engine is asked ([`dataforge_node::pg`] puts what clients ask of
//!   PostgreSQL's catalogue into terms that are there);
//! - rows as they come from the engine ([`rows`]), in text and binary ([`encode`]).
//!
//! Not here: a statement that writes, `COPY`, and TLS, which on addresses of this machine would protect from
//! nobody. docs/postgres.md says what is given.

mod auth;
mod command;
mod connection;
mod encode;
mod errors;
mod parameters;
mod prepared;
mod rows;
mod session;
mod settings;
mod split;
mod types;

use std::future::poll_fn;
use std::io;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use futures::{SinkExt, StreamExt as _};
use pgwire::api::NoopHandler;
use pgwire::error::{ErrorInfo, PgWireError};
use pgwire::messages::{PgWireBackendMessage, PgWireFrontendMessage};
use pgwire::tokio::server::{negotiate_tls, process_error, process_message};
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout_at};

use self::auth::Door;
use self::connection::Connection;
use self::errors::fatal;
use self::prepared::Prepared;
use self::session::Session;
use crate::shared::Shared;

/// Connections at the same time.
const MAX_CONNECTIONS: usize = 64;

/// How long a client may take to show who it is.
const AUTHENTICATION_TIME: Duration = Duration::from_secs(10);

/// Bytes of a message of a client that has not shown who it is.
const MAX_FIRST_BYTES: usize = 64 * 1024;

/// Bytes of any message: a statement has far less, its parameters may be long.
const MAX_MESSAGE_BYTES: usize = 16 * 1024 * 1024;

/// Rest after a connection could not be taken, for example for want of file handles.
const ACCEPT_REST: Duration = Duration::from_millis(100);

/// Serves until it is dropped.
pub(crate) async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    let Some(door) = Door::new(shared.token()) else {
        tracing::error!("the system gives no random bytes, so nobody can connect as to PostgreSQL");
        return;
    };
    let door = Arc::new(door);
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let mut serving = JoinSet::new();
    loop {
        let stream = tokio::select! {
            Some(ended) = serving.join_next() => {
                if let Err(failure) = ended {
                    tracing::warn!("a connection broke off: {failure}");
                }
                continue;
            }
            accepted = listener.accept() => match accepted {
                Ok((stream, from)) if from.ip().is_loopback() => stream,
                Ok(_elsewhere) => continue,
                Err(failure) => {
                    tracing::warn!("a connection cannot be taken: {failure}");
                    sleep(ACCEPT_REST).await;
                    continue;
                }
            },
        };
        let Ok(place) = Arc::clone(&places).try_acquire_owned() else {
            serving.spawn(turn_away(stream));
            continue;
        };
        let connection = Arc::new(Connection::new(Arc::clone(&door), Session::new(Arc::clone(&shared))));
        serving.spawn(async move {
            if let Err(failure) = converse(stream, connection).await {
                tracing::debug!("a connection ended: {failure}");
            }
            drop(place);
        });
    }
}

/// Says that all places are taken.
async fn turn_away(mut stream: TcpStream) {
    // It may be gone already.
    let _ = timeout_at(Instant::now() + AUTHENTICATION_TIME, stream.write_all(&too_many())).await;
}

/// The message that all places are taken, which goes out before anything is read.
fn too_many() -> Vec<u8> {
    let fields = format!("SFATAL\0VFATAL\0C53300\0Mall {MAX_CONNECTIONS} connections are taken\0\0");
    let length = u32::try_from(fields.len() + 4).unwrap_or_default();
    let mut message = vec![b'E'];
    message.extend(length.to_be_bytes());
    message.extend(fields.into_bytes());
    message
}

/// Answers one client until it goes.
async fn converse(stream: TcpStream, connection: Arc<Connection>) -> io::Result<()> {
    let deadline = Instant::now() + AUTHENTICATION_TIME;
    // `None`: a request for TLS is answered with no.
    let Ok(negotiated) = timeout_at(deadline, negotiate_tls::<Prepared>(stream, None)).await else {
        return Ok(());
    };
    let Some(mut socket) = negotiated? else { return Ok(()) };
    let copying = Arc::new(NoopHandler);
    loop {
        let known = connection.session.is_open();
        let limit = if known { MAX_MESSAGE_BYTES } else { MAX_FIRST_BYTES };
        let next = poll_fn(|context| {
            let next = socket.poll_next_unpin(context);
            let waiting = socket.read_buffer().len();
            if next.is_pending() && waiting > limit {
                return Poll::Ready(Some(Err(PgWireError::MessageTooLarge(limit, waiting))));
            }
            next
        });
        let next = if known {
            next.await
        } else {
            let late = |_elapsed| Some(Err(fatal("57014", "showing who you are took too long")));
            timeout_at(deadline, next).await.unwrap_or_else(late)
        };
        let Some(message) = next else { return Ok(()) };
        let failure = match message {
            Ok(PgWireFrontendMessage::Terminate(_)) => return Ok(()),
            Ok(message) => {
                let extended = message.is_extended_query();
                let done = process_message(
                    message,
                    &mut socket,
                    Arc::clone(&connection),
                    Arc::clone(&connection),
                    Arc::clone(&connection),
                    Arc::clone(&copying),
                    Arc::clone(&connection),
                );
                match Box::pin(done).await {
                    Ok(()) => continue,
                    Err(failure) => (failure, extended),
                }
            }
            Err(failure) => (fatal_of(failure), false),
        };
        let (failure, extended) = failure;
        let info = ErrorInfo::from(failure);
        // pgwire goes on after an error as if the client were known; here it ends.
        if info.is_fatal() || !connection.session.is_open() {
            socket.send(PgWireBackendMessage::ErrorResponse(info.into())).await?;
            return SinkExt::<PgWireBackendMessage>::close(&mut socket).await;
        }
        process_error(&mut socket, PgWireError::UserError(Box::new(info)), extended).await?;
    }
}

/// After a message that cannot be read nothing is known of where the next one begins.
fn fatal_of(failure: PgWireError) -> PgWireError {
    let info = ErrorInfo::from(failure);
    if info.is_fatal() { PgWireError::UserError(Box::new(info)) } else { fatal(&info.code, info.message) }
}

#[cfg(test)]
mod tests;
