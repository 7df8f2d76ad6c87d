//! One way to a data directory: in this process when it is free, else through the process that has
//! it.
//!
//! Requests may run side by side: in another process each gets a connection of its own. Dropping a
//! call cancels its request.

mod overlay;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
/// Joins what is typed here with what others typed meanwhile, as the node does with a `was`.
pub use dataforge_protocol::document::merge_text;
use tokio::sync::mpsc;
use tokio::time::Instant;

pub use self::overlay::{Overlay, Standing};
use crate::api::{ApiError, ErrorKind, Event, Reply, Request, Watching};
use crate::caller::ClientId;
use crate::control::{self, Connection, OUTPUT_QUEUE};
use crate::feed::Feed;
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

/// A way to a data directory. What is done by it is not told to it as news.
#[derive(Debug)]
pub struct Client {
    /// What it is called there.
    id: ClientId,
    way: Way,
}

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
        let id = ClientId::new()?;
        loop {
            // Boxed: opening a node is a large future.
            let busy = match Box::pin(Node::open_with(dir, access)).await {
                Ok(node) => return Ok(Self { id, way: Way::Here(node) }),
                Err(error) if error.kind == ErrorKind::Busy => error,
                Err(error) => return Err(error),
            };
            if let Some(connection) = control::connect(dir, Some(&id)).await? {
                let way = Way::There { dir: dir.to_owned(), idle: Mutex::new(vec![connection]) };
                return Ok(Self { id, way });
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
        matches!(self.way, Way::There { .. })
    }

    /// Returns the node when it is in this process.
    #[must_use]
    pub const fn node(&self) -> Option<&Node> {
        match &self.way {
            Way::Here(node) => Some(node),
            Way::There { .. } => None,
        }
    }

    /// Works on a request; progress and data go to `on_output` while it runs.
    ///
    /// # Errors
    /// The request's own, or `Busy` when the other process is gone.
    pub async fn call(&self, request: Request, on_output: impl FnMut(Output)) -> Result<Reply, ApiError> {
        match &self.way {
            Way::Here(node) => call_here(node, &self.id, request, on_output).await,
            Way::There { dir, idle } => {
                let spare = lock(idle).pop();
                let mut connection = match spare {
                    Some(connection) => connection,
                    None => connect(dir, &self.id).await?,
                };
                let answer = connection.call(&request, on_output).await;
                if connection.is_idle() {
                    lock(idle).push(connection);
                }
                answer
            }
        }
    }

    /// Returns the events from now on, but for those of what this client does.
    ///
    /// # Errors
    /// `Busy` when the other process is gone.
    pub async fn watch(&self) -> Result<Events, ApiError> {
        self.watch_only(Watching::default()).await
    }

    /// Returns the events from now on that a client wants to hear: to watch something else, watch that
    /// first and then drop these.
    ///
    /// # Errors
    /// `Usage` when too much is named, `Busy` when the other process is gone.
    pub async fn watch_only(&self, watching: Watching) -> Result<Events, ApiError> {
        Ok(Events(match &self.way {
            Way::Here(node) => Source::Here(node.listen(Some(self.id.clone()), watching)),
            Way::There { dir, .. } => Source::There(connect(dir, &self.id).await?.watch(&watching).await?),
        }))
    }

    /// Ends in order: closes the node when it is in this process.
    pub async fn close(self) {
        if let Way::Here(node) = self.way {
            node.close().await;
        }
    }
}

/// Events of a node.
#[derive(Debug)]
pub struct Events(Source);

#[derive(Debug)]
enum Source {
    Here(Feed),
    There(control::Watch),
}

impl Events {
    /// Waits for the next event; none when the node is gone. Not to be cancelled halfway: give it a
    /// task of its own.
    pub async fn next(&mut self) -> Option<Event> {
        match &mut self.0 {
            Source::There(watch) => watch.next().await,
            Source::Here(feed) => feed.next().await,
        }
    }
}

async fn call_here(
    node: &Node,
    id: &ClientId,
    request: Request,
    mut on_output: impl FnMut(Output),
) -> Result<Reply, ApiError> {
    let (sender, mut outputs) = mpsc::channel(OUTPUT_QUEUE);
    let mut call = Box::pin(node.call_for(Some(id.clone()), request, sender));
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

async fn connect(dir: &Path, id: &ClientId) -> Result<Connection, ApiError> {
    control::connect(dir, Some(id)).await?.ok_or_else(|| {
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
