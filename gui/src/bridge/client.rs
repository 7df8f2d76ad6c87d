//! The real door: a [`Client`] of the data directory, in this process or of the one that serves it.

use std::path::PathBuf;

use dataforge_node::api::{ApiError, Event, Reply, Request};
use dataforge_node::client::{Client, Output};
use tokio::sync::{Mutex, mpsc};

use super::door::{Door, Opener};

/// Events of calls that may wait; progress beyond them is dropped, the next one tells more.
const EVENTS: usize = 64;

/// Opens the data directory.
#[derive(Debug, Clone)]
pub struct ClientOpener {
    directory: PathBuf,
}

impl ClientOpener {
    /// Will open this directory.
    #[must_use]
    pub fn new(directory: PathBuf) -> Self {
        Self { directory }
    }
}

/// A client and the events its calls bring.
#[derive(Debug)]
pub struct ClientDoor {
    client: Client,
    sender: mpsc::Sender<Event>,
    events: Mutex<mpsc::Receiver<Event>>,
}

impl Opener for ClientOpener {
    type Door = ClientDoor;

    async fn open(&self) -> Result<ClientDoor, ApiError> {
        let client = Client::open(&self.directory).await?;
        let (sender, events) = mpsc::channel(EVENTS);
        Ok(ClientDoor { client, sender, events: Mutex::new(events) })
    }
}

impl Door for ClientDoor {
    async fn call(&self, request: Request) -> Result<Reply, ApiError> {
        let forward = |output| {
            if let Output::Event(event) = output
                && self.sender.try_send(event).is_err()
            {
                tracing::debug!("an event was dropped, the window is behind");
            }
        };
        self.client.call(request, forward).await
    }

    async fn next_event(&self) -> Option<Event> {
        self.events.lock().await.recv().await
    }
}
