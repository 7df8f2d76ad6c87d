//! One way to a data directory: in this process when it is free, else through the process that has
//! it.
//!
//! Requests may run side by side: in another process each gets a connection of its own. Dropping a
//! call cancels its request.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{broadcast, mpsc};
use tokio::time::Instant;

use crate::api::{ApiError, ErrorKind, Event, Reply, Request};
use crate::control::{self, Connection, OUTPUT_QUEUE};
use crate::key::Access;
use crate::node::Node;

/// How long a directory may be taken by a process that does not answer, e.g. a short command beside
/// this one, or a node that is about to open its socket.
const PATIENCE: Duration = Duration::from_secs(3);
/// Pause between two tries.
const RETRY: Duration = Duration::from_millis(50);

/// What a request sends while it runs.
#[derive(Debug, Clone)]
pub enum Output {
    /// What is being done.
    Event(Event),
    /// Bytes of a query's or export's result, in order.
    Data(Bytes),
}

/// A way to a data directory.
#[derive(Debug)]
pub struct Client(Way);

#[derive(Debug)]
enum Way {
    /// This process has the directory.
    Here(Node),
    /// Another one has it; idle connections to it.
    There { dir: PathBuf, idle: Mutex<Vec<Connection>> },
}

impl Client {
    /// Opens a data directory whose key is not sealed, or connects to the process that has it.
    ///
    /// # Errors
    /// As [`Client::open_with`].
    pub async fn open(dir: &Path) -> Result<Self, ApiError> {
        Self::open_with(dir, Access::Plain).await
    }

    /// Opens a data directory, or connects to the process that has it, which needs no passphrase.
    ///
    /// # Errors
    /// `Busy` when that process does not answer; whatever opening the node runs into.
    pub async fn open_with(dir: &Path, access: Access<'_>) -> Result<Self, ApiError> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            // Boxed: opening a node is a large future.
            let busy = match Box::pin(Node::open_with(dir, access)).await {
                Ok(node) => return Ok(Self(Way::Here(node))),
                Err(error) if error.kind == ErrorKind::Busy => error,
                Err(error) => return Err(error),
            };
            if let Some(connection) = control::connect(dir).await? {
                return Ok(Self(Way::There { dir: dir.to_owned(), idle: Mutex::new(vec![connection]) }));
            }
            if Instant::now() >= deadline {
                return Err(unanswered(busy));
            }
            tokio::time::sleep(RETRY).await;
        }
    }

    /// Whether another process has the directory.
    #[must_use]
    pub const fn is_remote(&self) -> bool {
        matches!(self.0, Way::There { .. })
    }

    /// Returns the node when it is in this process.
    #[must_use]
    pub const fn node(&self) -> Option<&Node> {
        match &self.0 {
            Way::Here(node) => Some(node),
            Way::There { .. } => None,
        }
    }

    /// Works on a request; progress and data go to `on_output` while it runs.
    ///
    /// # Errors
    /// The request's own, or `Busy` when the other process is gone.
    pub async fn call(&self, request: Request, on_output: impl FnMut(Output)) -> Result<Reply, ApiError> {
        match &self.0 {
            Way::Here(node) => call_here(node, request, on_output).await,
            Way::There { dir, idle } => {
                let spare = lock(idle).pop();
                let mut connection = match spare {
                    Some(connection) => connection,
                    None => connect(dir).await?,
                };
                let answer = connection.call(&request, on_output).await;
                if connection.is_idle() {
                    lock(idle).push(connection);
                }
                answer
            }
        }
    }

    /// Returns the events from now on.
    ///
    /// # Errors
    /// `Busy` when the other process is gone.
    pub async fn watch(&self) -> Result<Events, ApiError> {
        Ok(Events(match &self.0 {
            Way::Here(node) => Source::Here(node.subscribe()),
            Way::There { dir, .. } => Source::There(connect(dir).await?.watch().await?),
        }))
    }

    /// Ends in order: closes the node when it is in this process.
    pub async fn close(self) {
        if let Way::Here(node) = self.0 {
            node.close().await;
        }
    }
}

/// Events of a node.
#[derive(Debug)]
pub struct Events(Source);

#[derive(Debug)]
enum Source {
    Here(broadcast::Receiver<Event>),
    There(control::Watch),
}

impl Events {
    /// Waits for the next event; none when the node is gone. Not to be cancelled halfway: give it a
    /// task of its own.
    pub async fn next(&mut self) -> Option<Event> {
        match &mut self.0 {
            Source::There(watch) => watch.next().await,
            Source::Here(events) => match events.recv().await {
                Ok(event) => Some(event),
                Err(broadcast::error::RecvError::Lagged(missed)) => {
                    Some(Event::Notice { message: format!("{missed} events were missed: look again") })
                }
                Err(broadcast::error::RecvError::Closed) => None,
            },
        }
    }
}

async fn call_here(node: &Node, request: Request, mut on_output: impl FnMut(Output)) -> Result<Reply, ApiError> {
    let (sender, mut outputs) = mpsc::channel(OUTPUT_QUEUE);
    let mut call = Box::pin(node.call(request, sender));
    let answer = loop {
        tokio::select! {
            biased;
            Some(output) = outputs.recv() => on_output(output),
            answer = &mut call => break answer,
        }
    };
    while let Ok(output) = outputs.try_recv() {
        on_output(output);
    }
    answer
}

async fn connect(dir: &Path) -> Result<Connection, ApiError> {
    control::connect(dir).await?.ok_or_else(|| {
        ApiError::new(ErrorKind::Busy, format!("the process that served {} is gone", dir.display())).hint("try again")
    })
}

fn unanswered(busy: ApiError) -> ApiError {
    busy.hint("another dataforge command is at work there and does not answer others: wait until it ends, or stop it")
}

fn lock(idle: &Mutex<Vec<Connection>>) -> std::sync::MutexGuard<'_, Vec<Connection>> {
    // Push and pop leave it whole.
    idle.lock().unwrap_or_else(PoisonError::into_inner)
}
