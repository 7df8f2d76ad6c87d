//! Setting connections to the relay up: few at a time, few of one source, and not for long.
//!
//! iroh's service bounds the HTTP part of a connection. The relay's own handshake, by which a client
//! proves who it is, comes after it in a task of its own that nothing ends, so that whoever goes silent
//! there would keep a socket for ever. So a second handle to each socket stays here until the service has
//! taken the client in, or shown it out, and shuts the socket down when that takes too long, or when the
//! connection has to give way to newer ones.

use std::error::Error;
use std::net::{IpAddr, Shutdown, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use iroh_relay::server::RelayService;
use iroh_relay::server::http_server::RelayServiceWithNotify;
use iroh_relay::server::streams::MaybeTlsStream;
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio_rustls::TlsAcceptor;

use crate::crowd::{Crowd, network_of};

/// Connections being set up at a time.
const CONNECTING: usize = 256;
/// Of these, from one source: many members may be behind one address, and each is set up in a few round
/// trips.
const CONNECTING_OF_SOURCE: usize = 32;
/// A connection must be set up within this time.
const ESTABLISH: Duration = Duration::from_secs(10);
/// Pause between looks whether the service is done with a handshake.
const LOOK: Duration = Duration::from_millis(100);

/// The places for connections that are being set up.
#[derive(Debug)]
pub(super) struct Setups(Mutex<Crowd<IpAddr>>);

impl Default for Setups {
    fn default() -> Self {
        Self(Mutex::new(Crowd::new(CONNECTING, CONNECTING_OF_SOURCE)))
    }
}

impl Setups {
    fn crowd(&self) -> MutexGuard<'_, Crowd<IpAddr>> {
        // Every change is one push or removal.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives a connection a place; the oldest of a crowd gives way.
    pub(super) fn take(self: &Arc<Self>, from: SocketAddr) -> Place {
        let (number, gives_way) = self.crowd().take(network_of(from.ip()));
        Place { setups: Arc::clone(self), number, gives_way }
    }
}

/// A place of a connection that is being set up.
#[derive(Debug)]
pub(super) struct Place {
    setups: Arc<Setups>,
    number: u64,
    gives_way: Arc<Notify>,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.setups.crowd().leave(self.number);
    }
}

/// A second handle to a socket, which shuts it down unless told that it is set up.
struct Held {
    socket: std::net::TcpStream,
    is_set_up: bool,
}

impl Held {
    fn of(stream: TcpStream) -> std::io::Result<(TcpStream, Self)> {
        let stream = stream.into_std()?;
        let socket = stream.try_clone()?;
        Ok((TcpStream::from_std(stream)?, Self { socket, is_set_up: false }))
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if !self.is_set_up {
            // It may be closed already.
            drop(self.socket.shutdown(Shutdown::Both));
        }
    }
}

/// Has the service take a connection over, or ends it.
pub(super) async fn set_up(place: Place, stream: TcpStream, service: RelayService, tls: Option<TlsAcceptor>) {
    let (stream, mut held) = match Held::of(stream) {
        Ok(both) => both,
        Err(error) => {
            tracing::debug!("the relay cannot take a connection: {error}");
            return;
        }
    };
    let handshake = tokio::time::timeout(ESTABLISH, Box::pin(shake_hands(stream, service, tls)));
    tokio::select! {
        done = handshake => match done {
            Ok(Ok(())) => held.is_set_up = true,
            Ok(Err(error)) => tracing::debug!("a connection to the relay ended: {error}"),
            Err(_elapsed) => tracing::debug!("a connection to the relay was not set up in time"),
        },
        () = place.gives_way.notified() => {}
    }
}

/// Serves a connection until the service has taken the client in, or shown it out.
async fn shake_hands(
    stream: TcpStream,
    service: RelayService,
    tls: Option<TlsAcceptor>,
) -> Result<(), Box<dyn Error + Send + Sync>> {
    let stream = match tls {
        Some(tls) => MaybeTlsStream::Tls(tls.accept(stream).await?),
        None => MaybeTlsStream::Plain(stream),
    };
    let done = Arc::new(Notify::new());
    let service = RelayServiceWithNotify::new(service, Arc::clone(&done));
    http1::Builder::new().serve_connection(TokioIo::new(stream), service).with_upgrades().await?;
    // The task of the relay's handshake holds the other one until it ends, well or not.
    while Arc::strong_count(&done) > 1 {
        tokio::time::sleep(LOOK).await;
    }
    Ok(())
}
