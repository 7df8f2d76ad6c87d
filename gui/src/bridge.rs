//! The bridge between the window and a node.
//!
//! A named thread owns a tokio runtime, opens the data directory and works on commands. Commands go
//! to it, and messages come back, over bounded channels; every message asks for a repaint. The
//! window's side never waits: a full queue is an answer, not a pause.
//! What the messages mean is the state's affair.

mod client;
mod door;
mod worker;

use std::io;
use std::sync::Arc;
use std::thread::JoinHandle;

use bytes::Bytes;
use dataforge_node::api::{ApiError, Event, Reply, Request};
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::{TryRecvError, TrySendError};

pub use self::client::ClientOpener;
pub use self::door::{Door, Opener};
use crate::memory::Memory;

/// Commands that may wait for the bridge: one for each list under way, of every view and every branch of
/// the tree that is open.
const COMMANDS: usize = 1024;

/// Messages that may wait for the window; the bridge pauses when a frame takes that long.
const MESSAGES: usize = 256;

/// Asks the window to draw, from any thread.
pub type Waker = Arc<dyn Fn() + Send + Sync>;

/// What the window wants done.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Open the data directory again after [`Message::OpenFailed`].
    Open,
    /// Call the node.
    Call {
        /// Comes back in the answer.
        ticket: u64,
        /// The request.
        request: Box<Request>,
    },
    /// End a call; it brings nothing more, unless its answer is on its way.
    Cancel {
        /// Its ticket.
        ticket: u64,
    },
    /// Keep how the window stands until it opens again.
    Remember {
        /// How it stands.
        memory: Box<Memory>,
    },
}

/// What the bridge brings.
#[derive(Debug, Clone, PartialEq)]
pub enum Message {
    /// How the window was left; before anything else, where there is a place for it.
    Remembered {
        /// What was kept.
        memory: Box<Memory>,
        /// What the user should know about it.
        notice: Option<String>,
    },
    /// The data directory is open.
    Opened,
    /// It is not; nothing happens until [`Command::Open`].
    OpenFailed(ApiError),
    /// A call has ended.
    Answer {
        /// The ticket of the command.
        ticket: u64,
        /// The reply, boxed because it is far larger than the other messages.
        result: Box<Result<Reply, ApiError>>,
    },
    /// A call is under way and says how far it is.
    Progress {
        /// Its ticket.
        ticket: u64,
        /// Always an [`Event::Progress`] or a notice.
        event: Event,
    },
    /// A call brought a part of its file or result; parts come in order, before the answer.
    Data {
        /// Its ticket.
        ticket: u64,
        /// The bytes.
        bytes: Bytes,
    },
    /// The node said something.
    Event(Event),
    /// Some seconds have passed: look whether another process changed something.
    Tick,
    /// The bridge has ended, which it does only by a bug.
    Ended,
}

/// The window's end of the bridge. Dropping it closes the data directory and ends the thread.
pub struct Bridge {
    commands: Option<mpsc::Sender<Command>>,
    messages: mpsc::Receiver<Message>,
    thread: Option<JoinHandle<()>>,
    ended: bool,
}

impl std::fmt::Debug for Bridge {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Bridge").field("ended", &self.ended).finish_non_exhaustive()
    }
}

impl Bridge {
    /// Starts the thread, which opens the data directory at once.
    ///
    /// # Errors
    /// When the system gives no thread or the runtime cannot be made.
    pub fn start<O: Opener>(opener: O, waker: Waker) -> io::Result<Self> {
        let (commands, command_queue) = mpsc::channel(COMMANDS);
        let (message_queue, messages) = mpsc::channel(MESSAGES);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .thread_name("gui-node")
            .worker_threads(2)
            .enable_all()
            .build()?;
        let thread = std::thread::Builder::new().name("gui-bridge".to_owned()).spawn(move || {
            let outbox = worker::Outbox::new(message_queue, waker);
            worker::run(runtime, opener, command_queue, outbox);
        })?;
        Ok(Self { commands: Some(commands), messages, thread: Some(thread), ended: false })
    }

    /// Hands over a command, or returns it when the queue is full or the bridge has ended.
    ///
    /// # Errors
    /// The command itself, to be tried again or given up.
    pub fn send(&self, command: Command) -> Result<(), Command> {
        let Some(commands) = &self.commands else {
            return Err(command);
        };
        commands.try_send(command).map_err(|error| match error {
            TrySendError::Full(command) | TrySendError::Closed(command) => command,
        })
    }

    /// Returns the next message when there is one.
    pub fn receive(&mut self) -> Option<Message> {
        match self.messages.try_recv() {
            Ok(message) => Some(message),
            Err(TryRecvError::Empty) => None,
            Err(TryRecvError::Disconnected) if self.ended => None,
            Err(TryRecvError::Disconnected) => {
                self.ended = true;
                Some(Message::Ended)
            }
        }
    }
}

impl Drop for Bridge {
    fn drop(&mut self) {
        self.commands = None;
        // Closed first, so that a bridge that waits for room is not waited for.
        self.messages.close();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the bridge thread panicked");
        }
    }
}
