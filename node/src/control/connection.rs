//! The client's end: one connection to the process that owns a data directory.

use std::path::Path;
use std::time::Duration;

use tokio::io::{BufReader, BufWriter, ReadHalf, WriteHalf};

use super::endpoint;
use super::frame::{self, Frame, Hello};
use crate::api::{ApiError, ErrorKind, Event, Reply, Request, Watching};
use crate::caller::ClientId;
use crate::client::Output;

/// The owner must have said hello within this time.
const HANDSHAKE: Duration = Duration::from_secs(5);

/// A connection to the process that owns a data directory. Dropping it cancels its request.
#[derive(Debug)]
pub struct Connection {
    reader: BufReader<ReadHalf<endpoint::Client>>,
    writer: BufWriter<WriteHalf<endpoint::Client>>,
    /// Whether a request is under way, or broke off: frames of it may still come.
    busy: bool,
}

/// Connects a client, if it has a name, to the process that serves a data directory; none when nobody
/// does.
///
/// # Errors
/// `Busy` when it does not answer or is of another version.
pub async fn connect(dir: &Path, client: Option<&ClientId>) -> Result<Option<Connection>, ApiError> {
    let silent = |why: String| {
        ApiError::new(ErrorKind::Busy, format!("the process that serves {} does not answer: {why}", dir.display()))
    };
    let Some(stream) = endpoint::connect(dir).await.map_err(|error| silent(error.to_string()))? else {
        return Ok(None);
    };
    let (read, write) = tokio::io::split(stream);
    let mut connection = Connection { reader: BufReader::new(read), writer: BufWriter::new(write), busy: false };
    match tokio::time::timeout(HANDSHAKE, connection.greet(client)).await {
        Ok(greeted) => greeted?,
        Err(_) => {
            return Err(silent(format!("no word in {} s", HANDSHAKE.as_secs())).hint("end that process and try again"));
        }
    }
    Ok(Some(connection))
}

impl Connection {
    async fn greet(&mut self, client: Option<&ClientId>) -> Result<(), ApiError> {
        let ours = Hello { client: client.map(ToString::to_string), ..Hello::ours() };
        frame::write_hello(&mut self.writer, &ours).await.map_err(|error| frame::gone(&error))?;
        match frame::read(&mut self.reader).await {
            Ok(Some(Frame::Hello(theirs))) => ours.check(&theirs),
            Ok(Some(_)) => Err(unexpected()),
            Ok(None) => Err(closed()),
            Err(error) => Err(frame::gone(&error)),
        }
    }

    /// Whether the next request may use this connection.
    #[must_use]
    pub const fn is_idle(&self) -> bool {
        !self.busy
    }

    /// Sends a request and waits for its answer; what comes before goes to `on_output`.
    ///
    /// When the future is dropped the connection must be dropped too, see [`Self::is_idle`].
    ///
    /// # Errors
    /// The request's own, or `Busy` when the other process is gone.
    pub async fn call(&mut self, request: &Request, mut on_output: impl FnMut(Output)) -> Result<Reply, ApiError> {
        self.busy = true;
        frame::write_request(&mut self.writer, request).await?;
        let mut pieces = Vec::new();
        let answer = loop {
            match frame::read(&mut self.reader).await.map_err(|error| frame::gone(&error))? {
                Some(Frame::Event(event)) => on_output(Output::Event(event)),
                Some(Frame::Data(data)) => on_output(Output::Data(data)),
                Some(Frame::Part(part)) => frame::add_part(&mut pieces, &part)?,
                Some(Frame::Reply(last)) => {
                    frame::add_part(&mut pieces, &last)?;
                    break serde_json::from_slice(&pieces)
                        .map_err(|error| ApiError::from_error(ErrorKind::Internal, &error));
                }
                Some(Frame::Error(error)) => break Err(error),
                Some(Frame::Hello(_) | Frame::Request(_) | Frame::Watch(_)) => return Err(unexpected()),
                None => return Err(closed()),
            }
        };
        self.busy = false;
        answer
    }

    /// Turns the connection into a stream of events.
    ///
    /// # Errors
    /// `Usage` when too much is named, `Busy` when the other process is gone.
    pub async fn watch(mut self, watching: &Watching) -> Result<Watch, ApiError> {
        frame::write_watch(&mut self.writer, watching).await?;
        Ok(Watch(self))
    }
}

/// The events of the process that owns a data directory.
#[derive(Debug)]
pub struct Watch(Connection);

impl Watch {
    /// Waits for the next event; none when the process is gone. Not to be cancelled halfway.
    pub async fn next(&mut self) -> Option<Event> {
        match frame::read(&mut self.0.reader).await {
            Ok(Some(Frame::Event(event))) => Some(event),
            _ => None,
        }
    }
}

fn closed() -> ApiError {
    frame::gone(&std::io::Error::from(std::io::ErrorKind::UnexpectedEof))
}

fn unexpected() -> ApiError {
    ApiError::new(ErrorKind::Internal, "the process that serves this data directory sent something unexpected")
}
