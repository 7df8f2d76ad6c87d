//! Connections: so many at a time, none that outlives the face, and none that is kept from others by a client
//! that does not show the token.
//!
//! tonic gives every connection a task of its own that goes on when the server is dropped, so each
//! carries the sign that it is over.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use futures::Stream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::{Sleep, sleep};
use tonic::transport::server::Connected;

/// Pause after a connection could not be taken, e.g. because too many files are open.
const RETRY: Duration = Duration::from_millis(100);

/// Whether a call on a connection has shown the token.
#[derive(Debug, Clone, Default)]
pub(super) struct Known(Arc<AtomicBool>);

impl Known {
    /// One has.
    pub(super) fn note(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    fn is_so(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Gives the connections of a listener; those beyond `most` are closed at once, and one on which nobody shows
/// the token within `show_token` then. All end when the stream is dropped.
pub(super) fn incoming(
    listener: TcpListener,
    most: usize,
    show_token: Duration,
) -> impl Stream<Item = io::Result<Connection>> {
    let places = Arc::new(Semaphore::new(most));
    let (open, over) = watch::channel(());
    // `open` is never used: that it is dropped is the sign.
    futures::stream::unfold((listener, places, open, over), move |(listener, places, open, over)| async move {
        loop {
            match listener.accept().await {
                Ok((stream, _from)) => {
                    let Ok(place) = Arc::clone(&places).try_acquire_owned() else {
                        tracing::debug!("a connection of Flight SQL is one too many");
                        continue;
                    };
                    let connection = Connection::new(stream, over.clone(), place, show_token);
                    return Some((Ok(connection), (listener, places, open, over)));
                }
                Err(error) => {
                    tracing::warn!("a connection of Flight SQL is not taken: {error}");
                    sleep(RETRY).await;
                }
            }
        }
    })
}

/// A connection that ends with the face.
pub(super) struct Connection {
    stream: TcpStream,
    over: Pin<Box<dyn Future<Output = ()> + Send>>,
    is_over: bool,
    known: Known,
    /// Until when the token has to be shown.
    late: Pin<Box<Sleep>>,
    /// Given back when the connection ends.
    _place: OwnedSemaphorePermit,
}

impl Connection {
    fn new(
        stream: TcpStream,
        mut over: watch::Receiver<()>,
        place: OwnedSemaphorePermit,
        show_token: Duration,
    ) -> Self {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!("a connection of Flight SQL waits to fill packets: {error}");
        }
        let over = Box::pin(async move { while over.changed().await.is_ok() {} });
        let late = Box::pin(sleep(show_token));
        Self { stream, over, is_over: false, known: Known::default(), late, _place: place }
    }
}

impl AsyncRead for Connection {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        // HTTP/2 reads all the time, so this is where the end is seen.
        let is_late = !self.is_over && !self.known.is_so() && self.late.as_mut().poll(cx).is_ready();
        if self.is_over || is_late || self.over.as_mut().poll(cx).is_ready() {
            self.is_over = true;
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

impl Connected for Connection {
    type ConnectInfo = Known;

    fn connect_info(&self) -> Known {
        self.known.clone()
    }
}
