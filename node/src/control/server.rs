//! The owner's end: accepts clients and carries their requests to the service.

use std::path::Path;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, BufReader, BufWriter, ReadHalf, WriteHalf};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use super::endpoint::Listener;
use super::frame::{self, Frame, FrameError, Hello};
use super::{OUTPUT_QUEUE, Service};
use crate::api::{ApiError, ErrorKind, Request, Watching};
use crate::caller::ClientId;
use crate::client::Output;

/// Clients at a time; more wait until one goes.
const MAX_CLIENTS: usize = 64;
/// A client must have said hello within this time.
const HANDSHAKE: Duration = Duration::from_secs(5);
/// Time that requests at work get to end when the node shuts down.
const GRACE: Duration = Duration::from_secs(1);
/// Pause after a client could not be accepted, e.g. for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

/// A bound socket that is not served yet: clients that come now wait.
#[derive(Debug)]
pub struct Door {
    listener: Listener,
}

impl Door {
    /// Binds the socket of a data directory. The caller holds the directory's lock.
    ///
    /// # Errors
    /// `Storage` when there is no place for a socket or it cannot be made.
    pub fn bind(dir: &Path) -> Result<Self, ApiError> {
        let listener = Listener::bind(dir).map_err(|error| {
            ApiError::new(ErrorKind::Storage, format!("the local socket cannot be made: {error}"))
                .hint("set XDG_RUNTIME_DIR to a directory that only you may enter")
        })?;
        Ok(Self { listener })
    }

    /// Serves until `shutdown` is done; requests at work then get a moment to end.
    pub async fn serve<S: Service>(mut self, service: S, shutdown: impl Future<Output = ()>) {
        let mut shutdown = std::pin::pin!(shutdown);
        let stop = watch::Sender::new(false);
        let mut clients = JoinSet::new();
        loop {
            tokio::select! {
                () = &mut shutdown => break,
                Some(_) = clients.join_next() => {}
                accepted = self.listener.accept(), if clients.len() < MAX_CLIENTS => match accepted {
                    Ok(stream) => {
                        clients.spawn(attend(stream, service.clone(), stop.subscribe()));
                    }
                    Err(error) => {
                        tracing::warn!("a client could not be accepted: {error}");
                        tokio::time::sleep(ACCEPT_PAUSE).await;
                    }
                },
            }
        }
        drop(self.listener);
        stop.send_replace(true);
        let ended = tokio::time::timeout(GRACE, async { while clients.join_next().await.is_some() {} });
        if ended.await.is_err() {
            clients.shutdown().await;
        }
    }
}

async fn attend<S: Service>(
    stream: impl AsyncRead + AsyncWrite + Send + 'static,
    service: S,
    mut stop: watch::Receiver<bool>,
) {
    let (read, write) = tokio::io::split(stream);
    let mut session = Session { reader: BufReader::new(read), writer: BufWriter::new(write), service, client: None };
    let stopped = async move {
        // An error means that the server is gone, which comes to the same.
        drop(stop.wait_for(|stop| *stop).await);
    };
    if let Err(error) = session.run(stopped).await {
        tracing::debug!("a client went away: {error}");
    }
}

/// How a connection goes on after a request.
enum Next {
    Continue,
    Gone,
}

struct Session<T, S> {
    reader: BufReader<ReadHalf<T>>,
    writer: BufWriter<WriteHalf<T>>,
    service: S,
    /// What the client calls itself.
    client: Option<ClientId>,
}

impl<T: AsyncRead + AsyncWrite + Send, S: Service> Session<T, S> {
    async fn run(&mut self, stopped: impl Future<Output = ()>) -> Result<(), FrameError> {
        let mut stopped = std::pin::pin!(stopped);
        let greeted = tokio::time::timeout(HANDSHAKE, self.greet()).await;
        if !greeted.unwrap_or(Ok(false))? {
            return Ok(());
        }
        loop {
            let frame = tokio::select! {
                () = &mut stopped => return Ok(()),
                frame = frame::read(&mut self.reader) => frame,
            };
            let next = match frame {
                Ok(Some(Frame::Request(request))) => self.work(*request).await?,
                Ok(Some(Frame::Watch(watching))) => {
                    tokio::select! {
                        () = &mut stopped => Next::Gone,
                        done = self.watch(watching) => { done?; Next::Gone }
                    }
                }
                Ok(Some(_)) => Next::Gone,
                Ok(None) => Next::Gone,
                Err(FrameError::Malformed(error)) => {
                    let refusal = ApiError::new(ErrorKind::Usage, format!("the request is not understood: {error}"))
                        .hint("is the process that serves this data directory of the same version?");
                    frame::write_answer(&mut self.writer, Err(refusal)).await?;
                    Next::Continue
                }
                Err(error) => return Err(error),
            };
            if matches!(next, Next::Gone) {
                return Ok(());
            }
        }
    }

    /// Exchanges hellos; returns whether the client speaks our version.
    async fn greet(&mut self) -> Result<bool, FrameError> {
        let Some(Frame::Hello(theirs)) = frame::read(&mut self.reader).await? else { return Ok(false) };
        // Both are told: the client finds out by our hello.
        frame::write_hello(&mut self.writer, &Hello::ours()).await?;
        self.client = theirs.client.as_deref().and_then(ClientId::from_text);
        Ok(Hello::ours().check(&theirs).is_ok())
    }

    async fn work(&mut self, request: Request) -> Result<Next, FrameError> {
        let Self { reader, writer, service, client } = self;
        let (sender, mut outputs) = mpsc::channel(OUTPUT_QUEUE);
        let mut call = Box::pin(service.call(client.clone(), request, sender));
        let mut gone = std::pin::pin!(until_gone(reader));
        let answer = loop {
            tokio::select! {
                biased;
                Some(output) = outputs.recv() => write_output(writer, output).await?,
                () = &mut gone => return Ok(Next::Gone),
                answer = &mut call => break answer,
            }
        };
        while let Ok(output) = outputs.try_recv() {
            write_output(writer, output).await?;
        }
        frame::write_answer(writer, answer).await?;
        Ok(Next::Continue)
    }

    /// Sends events until the client goes.
    async fn watch(&mut self, watching: Watching) -> Result<(), FrameError> {
        let Self { reader, writer, service, client } = self;
        let mut feed = service.listen(client.clone(), watching);
        let mut gone = std::pin::pin!(until_gone(reader));
        loop {
            let event = tokio::select! {
                () = &mut gone => return Ok(()),
                event = feed.next() => event,
            };
            let Some(event) = event else { return Ok(()) };
            frame::write_event(writer, &event).await?;
        }
    }
}

/// Waits until the client drops the connection. Bytes that come early stay for the next request.
async fn until_gone(reader: &mut (impl tokio::io::AsyncBufRead + Unpin)) {
    if let Ok([_, ..]) = reader.fill_buf().await {
        std::future::pending::<()>().await;
    }
}

async fn write_output(writer: &mut (impl AsyncWrite + Unpin), output: Output) -> std::io::Result<()> {
    match output {
        Output::Event(event) => frame::write_event(writer, &event).await,
        Output::Data(data) => frame::write_data(writer, &data).await,
    }
}
