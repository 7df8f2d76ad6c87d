//! The bridge's own thread: opens the door, then works on commands until the window is gone.

use std::collections::{HashMap, VecDeque};
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use dataforge_node::api::{ApiError, ErrorKind, Reply, Request};
use dataforge_node::client::Output;
use tokio::runtime::Runtime;
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::MissedTickBehavior;

use super::door::{Door, Opener};
use super::{COMMANDS, Command, Message, Waker};
use crate::memory::{self, Memory};

/// Calls that run side by side; more wait for their turn.
const CALLS: usize = 16;

/// Time between two [`Message::Tick`]. Another process may change the directory without an event.
const TICK: Duration = Duration::from_secs(5);

/// Parts of one call's output that may wait for the window.
const PARTS: usize = 32;

/// Time that calls get to end once the window is closed.
const GRACE: Duration = Duration::from_secs(2);

/// Where messages for the window go.
#[derive(Clone)]
pub(super) struct Outbox {
    queue: mpsc::Sender<Message>,
    waker: Waker,
}

impl Outbox {
    pub(super) fn new(queue: mpsc::Sender<Message>, waker: Waker) -> Self {
        Self { queue, waker }
    }

    /// Delivers a message, waiting for room. Once the window is gone messages are of no use.
    async fn send(&self, message: Message) {
        if self.queue.send(message).await.is_ok() {
            (self.waker)();
        }
    }
}

/// Where it is kept how the window stands.
struct Keeper(Option<PathBuf>);

impl Keeper {
    /// Writes it, which takes less than a frame; a disk that does not take it costs only that.
    fn keep(&self, memory: &Memory) {
        if let Some(path) = &self.0
            && path.parent().is_some_and(Path::is_dir)
            && let Err(error) = memory::write(path, memory)
        {
            tracing::warn!("how the window stands is not kept: {error} ({})", path.display());
        }
    }
}

/// Says that the bridge has ended, however it ended: the window then finds its queue closed.
struct Farewell(Waker);

impl Drop for Farewell {
    fn drop(&mut self) {
        (self.0)();
    }
}

/// Runs until the window drops its end.
pub(super) fn run<O: Opener>(runtime: Runtime, opener: O, commands: mpsc::Receiver<Command>, outbox: Outbox) {
    let _farewell = Farewell(Arc::clone(&outbox.waker));
    runtime.block_on(open_and_serve(opener, commands, outbox));
    runtime.shutdown_timeout(GRACE);
}

async fn open_and_serve<O: Opener>(opener: O, mut commands: mpsc::Receiver<Command>, outbox: Outbox) {
    let keeper = Keeper(opener.memory());
    if let Some(path) = &keeper.0 {
        let memory::Read { memory, notice } = memory::read(path);
        outbox.send(Message::Remembered { memory: Box::new(memory), notice }).await;
    }
    loop {
        match guard(opener.open()).await {
            Ok(door) => {
                outbox.send(Message::Opened).await;
                return serve(Arc::new(door), commands, outbox, keeper).await;
            }
            Err(error) => outbox.send(Message::OpenFailed(error)).await,
        }
        loop {
            match commands.recv().await {
                None => return,
                Some(Command::Open) => break,
                Some(Command::Remember { memory }) => keeper.keep(&memory),
                // Asked before the window knew that there is no node: whoever asked must not wait forever.
                Some(Command::Call { ticket, .. }) => {
                    let error = ApiError::new(ErrorKind::Busy, "the data directory is not open");
                    outbox.send(Message::Answer { ticket, result: Box::new(Err(error)) }).await;
                }
                Some(Command::Cancel { .. }) => {}
            }
        }
    }
}

async fn serve<D: Door>(door: Arc<D>, mut commands: mpsc::Receiver<Command>, outbox: Outbox, keeper: Keeper) {
    let mut calls = JoinSet::new();
    let mut running: HashMap<u64, AbortHandle> = HashMap::new();
    // Apart from the commands, so that one of them can still end a call, or the window, when all calls hang.
    let mut waiting: VecDeque<(u64, Box<Request>)> = VecDeque::new();
    let mut eventful = true;
    let mut ticks = tokio::time::interval_at(tokio::time::Instant::now() + TICK, TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        while calls.len() < CALLS
            && let Some((ticket, request)) = waiting.pop_front()
        {
            let work = answer(Arc::clone(&door), outbox.clone(), ticket, *request);
            running.insert(ticket, calls.spawn(work));
        }
        tokio::select! {
            command = commands.recv(), if waiting.len() < COMMANDS => match command {
                None => return door.close().await,
                Some(Command::Open) => outbox.send(Message::Opened).await,
                Some(Command::Call { ticket, request }) => waiting.push_back((ticket, request)),
                Some(Command::Remember { memory }) => keeper.keep(&memory),
                Some(Command::Cancel { ticket }) => {
                    waiting.retain(|(waits, _)| *waits != ticket);
                    if let Some(call) = running.remove(&ticket) {
                        call.abort();
                    }
                }
            },
            Some(ended) = calls.join_next(), if !calls.is_empty() => {
                if let Ok(ticket) = ended {
                    running.remove(&ticket);
                }
            }
            event = door.next_event(), if eventful => match event {
                Some(event) => outbox.send(Message::Event(event)).await,
                None => eventful = false,
            },
            _ = ticks.tick() => outbox.send(Message::Tick).await,
        }
    }
}

/// Makes a call and passes on what it brings; returns its ticket.
async fn answer<D: Door>(door: Arc<D>, outbox: Outbox, ticket: u64, request: Request) -> u64 {
    let (parts, mut queue) = mpsc::channel(PARTS);
    let outgoing = outbox.clone();
    // A task of its own, since the call's own waits here for room.
    let forward = tokio::spawn(async move {
        while let Some(output) = queue.recv().await {
            outgoing
                .send(match output {
                    Output::Event(event) => Message::Progress { ticket, event },
                    Output::Data(bytes) => Message::Data { ticket, bytes },
                })
                .await;
        }
    });
    let out = move |output| {
        // Nobody takes it once the window is gone.
        let _gone = tokio::task::block_in_place(|| parts.blocking_send(output));
    };
    let result: Result<Reply, ApiError> = guard(door.call(request, out)).await;
    if forward.await.is_err() {
        tracing::error!("passing on what a call brings panicked");
    }
    outbox.send(Message::Answer { ticket, result: Box::new(result) }).await;
    ticket
}

/// Turns a panic into an error, so that whoever asked hears of it instead of waiting forever.
async fn guard<T>(future: impl Future<Output = Result<T, ApiError>>) -> Result<T, ApiError> {
    let mut future = pin!(future);
    poll_fn(|context| {
        // A future that has panicked is never polled again: the error ends the wait.
        catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))).unwrap_or_else(|_| {
            let error = ApiError::new(ErrorKind::Internal, "the node panicked");
            Poll::Ready(Err(error.hint("this is a bug: please report it with what the terminal says")))
        })
    })
    .await
}
