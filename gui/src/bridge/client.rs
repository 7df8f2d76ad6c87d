//! The real door: a [`Client`] of the data directory, in this process or of the one that serves it.
//!
//! While the window has the directory it serves the local socket, so that commands work beside it.

use std::path::PathBuf;

use dataforge_faces::Faces;
use dataforge_node::api::{ApiError, Event, Reply, Request};
use dataforge_node::client::{Client, Output};
use dataforge_node::control;
use dataforge_node::key::{Access, passphrase_of_environment};
use tokio::sync::{Mutex, mpsc};
use tokio::task::AbortHandle;

use super::door::{Door, Opener};
use crate::memory;

/// Events that may wait for the window.
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

/// A client, what happens there, and the socket while the node is in this process.
#[derive(Debug)]
pub struct ClientDoor {
    client: Client,
    events: Mutex<mpsc::Receiver<Event>>,
    serving: Option<AbortHandle>,
    /// How other tools connect, while the node is in this process.
    faces: Mutex<Option<Faces>>,
}

impl Opener for ClientOpener {
    type Door = ClientDoor;

    fn memory(&self) -> Option<PathBuf> {
        Some(self.directory.join(memory::FILE))
    }

    async fn open(&self) -> Result<ClientDoor, ApiError> {
        let passphrase = passphrase_of_environment()?;
        let access = passphrase.as_ref().map_or(Access::Plain, Access::Passphrase);
        let client = Client::open_with(&self.directory, access).await?;
        let mut happening = client.watch().await?;
        let (sender, events) = mpsc::channel(EVENTS);
        // Waiting for an event must not be cut short, so it has a task of its own.
        tokio::spawn(async move {
            while let Some(event) = happening.next().await {
                if sender.send(event).await.is_err() {
                    return;
                }
            }
        });
        let serving = match client.node() {
            Some(node) => {
                let door = control::Door::bind(&self.directory)?;
                let node = node.clone();
                Some(tokio::spawn(async move { door.serve(node, std::future::pending()).await }).abort_handle())
            }
            None => None,
        };
        // Last: nothing is open when the window cannot be.
        let faces = match client.node() {
            Some(node) => Some(Faces::open(node).await),
            None => None,
        };
        Ok(ClientDoor { client, events: Mutex::new(events), serving, faces: Mutex::new(faces) })
    }
}

impl Door for ClientDoor {
    async fn call(&self, request: Request, out: impl FnMut(Output) + Send) -> Result<Reply, ApiError> {
        self.client.call(request, out).await
    }

    async fn next_event(&self) -> Option<Event> {
        self.events.lock().await.recv().await
    }

    async fn close(&self) {
        if let Some(serving) = &self.serving {
            serving.abort();
        }
        // Before the node, so that nobody is answered by one that is closing.
        let faces = self.faces.lock().await.take();
        if let Some(faces) = faces {
            faces.close().await;
        }
        if let Some(node) = self.client.node() {
            node.close().await;
        }
    }
}
