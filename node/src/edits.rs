//! Edits on their way to the database: those that come together are written together.
//!
//! A queue in the order they came. Edits of one client in one workspace are written in one
//! transaction, and what they say of one document in one change of it. Whoever waits for an edit has
//! it written at once, with what is queued before it; one that is only taken waits for more, for a
//! moment or until there are enough. An edit that is refused is refused alone. Before anything else is
//! asked of the node all that is queued is written, so that everybody reads what they wrote; what was
//! taken and not written when the process dies was never said to be saved.

#[cfg(test)]
mod tests;
mod write;

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use dataforge_protocol::id::WorkspaceId;
use tokio::sync::{oneshot, watch};

use crate::api::{ApiError, Edit, EditOutcome, ErrorKind, Event, MAX_EDITS};
use crate::caller::{self, ClientId};
use crate::core::Progress;
use crate::feed::Audience;
use crate::node::Node;

/// Edits that may wait in all; who brings more waits until those are written.
const MAX_WAITING: usize = 10 * MAX_EDITS;

/// What became of an edit: what was done, in words, or why not.
type Outcome = Result<String, ApiError>;

/// The queue of a node.
#[derive(Debug)]
pub(crate) struct Edits {
    queue: Mutex<Queue>,
    /// All edits with a number below this were dealt with.
    dealt_with: watch::Sender<u64>,
}

#[derive(Debug)]
struct Queue {
    waiting: VecDeque<Waiting>,
    /// The number of the next edit.
    next: u64,
    /// Whether edits are being written, or about to be.
    is_writing: bool,
    /// Whether they will be in a moment.
    is_timed: bool,
}

/// An edit that waits.
#[derive(Debug)]
struct Waiting {
    id: u64,
    workspace: WorkspaceId,
    caller: Option<ClientId>,
    edit: Edit,
    /// Who waits for it; nobody does for one that was only taken.
    reply: Option<oneshot::Sender<Outcome>>,
}

impl Default for Edits {
    fn default() -> Self {
        let queue = Queue { waiting: VecDeque::new(), next: 1, is_writing: false, is_timed: false };
        Self { queue: Mutex::new(queue), dealt_with: watch::Sender::new(1) }
    }
}

impl Edits {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        // Every change of it leaves it whole.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Queues edits if there is room, and returns their numbers.
    fn push(&self, edits: &mut Vec<Waiting>) -> Option<Vec<u64>> {
        let mut queue = self.lock();
        if queue.waiting.len() + edits.len() > MAX_WAITING {
            return None;
        }
        let first = queue.next;
        for (id, mut edit) in (first..).zip(edits.drain(..)) {
            edit.id = id;
            queue.next = id + 1;
            queue.waiting.push_back(edit);
        }
        Some((first..queue.next).collect())
    }

    /// Takes the next edits that go into one transaction; when there are none the writing is over.
    fn take(&self, most: usize) -> Vec<Waiting> {
        let mut queue = self.lock();
        let Some(first) = queue.waiting.front() else {
            queue.is_writing = false;
            return Vec::new();
        };
        let of = (first.workspace, first.caller.clone());
        let together = queue.waiting.iter().take(most.max(1));
        let count = together.take_while(|waiting| waiting.workspace == of.0 && waiting.caller == of.1).count();
        queue.waiting.drain(..count).collect()
    }
}

impl Node {
    /// Does one edit, and waits until it is durable.
    pub(crate) async fn edit_one(&self, workspace: WorkspaceId, edit: Edit) -> Outcome {
        match self.edit(workspace, vec![edit], true).await?.pop() {
            Some(EditOutcome::Saved { message }) => Ok(message),
            Some(EditOutcome::Refused { error }) => Err(error),
            _ => Err(given_up()),
        }
    }

    /// Does edits, and waits until they are durable, or only takes them.
    ///
    /// # Errors
    /// `Usage` when they are too many; what is wrong with one is its outcome.
    pub(crate) async fn edit(
        &self,
        workspace: WorkspaceId,
        edits: Vec<Edit>,
        wait: bool,
    ) -> Result<Vec<EditOutcome>, ApiError> {
        if edits.len() > MAX_EDITS {
            return Err(ApiError::new(ErrorKind::Usage, format!("these are {} edits", edits.len()))
                .hint(format!("send at most {MAX_EDITS} at a time")));
        }
        let caller = caller::current();
        let mut replies = Vec::new();
        let mut waiting: Vec<_> = edits
            .into_iter()
            .map(|edit| {
                let reply = wait.then(|| {
                    let (sender, receiver) = oneshot::channel();
                    replies.push(receiver);
                    sender
                });
                Waiting { id: 0, workspace, caller: caller.clone(), edit, reply }
            })
            .collect();
        let ids = loop {
            match self.edits().push(&mut waiting) {
                Some(ids) => break ids,
                None => self.flush_edits().await,
            }
        };
        if !wait {
            self.write_edits_soon();
            return Ok(ids.into_iter().map(|id| EditOutcome::Pending { id }).collect());
        }
        self.write_edits();
        let mut outcomes = Vec::with_capacity(replies.len());
        for reply in replies {
            outcomes.push(match reply.await.unwrap_or_else(|_gone| Err(given_up())) {
                Ok(message) => EditOutcome::Saved { message },
                Err(error) => EditOutcome::Refused { error },
            });
        }
        Ok(outcomes)
    }

    /// Waits until all edits that are queued now are dealt with.
    pub(crate) async fn flush_edits(&self) {
        let until = {
            let queue = self.edits().lock();
            if queue.waiting.is_empty() && !queue.is_writing {
                return;
            }
            queue.next
        };
        self.write_edits();
        let mut dealt_with = self.edits().dealt_with.subscribe();
        // The sender lives as long as this node.
        drop(dealt_with.wait_for(|done| *done >= until).await);
    }

    /// Has what is queued written by a task of its own, whoever gives up waiting for it.
    fn write_edits(&self) {
        let mut queue = self.edits().lock();
        if !std::mem::replace(&mut queue.is_writing, true) {
            self.runtime().spawn(write_all(self.clone()));
        }
    }

    /// Has what is queued written in a moment, or now if it is enough.
    fn write_edits_soon(&self) {
        let settings = self.config().edits;
        let mut queue = self.edits().lock();
        if queue.waiting.len() >= settings.most() {
            drop(queue);
            return self.write_edits();
        }
        if !std::mem::replace(&mut queue.is_timed, true) {
            let node = self.weak();
            self.runtime().spawn(async move {
                tokio::time::sleep(Duration::from_millis(settings.delay_ms)).await;
                // One that is closed has written them.
                if let Ok(node) = node.get() {
                    node.edits().lock().is_timed = false;
                    node.write_edits();
                }
            });
        }
    }
}

/// Writes what is queued until nothing is.
async fn write_all(node: Node) {
    loop {
        let together = node.edits().take(node.config().edits.most());
        let Some(last) = together.last().map(|waiting| waiting.id) else { return };
        // In a task of its own: a fault there must not keep all later edits waiting.
        let writer = node.clone();
        if let Err(fault) = tokio::spawn(async move { write_together(&writer, together).await }).await {
            tracing::error!("edits were given up: {fault}");
        }
        node.edits().dealt_with.send_replace(last + 1);
    }
}

/// Writes edits of one client in one workspace, and says what became of each.
async fn write_together(node: &Node, together: Vec<Waiting>) {
    let Some(Waiting { workspace, caller, .. }) = together.first() else { return };
    let (workspace, caller) = (*workspace, caller.clone());
    let edits: Vec<_> = together.iter().map(|waiting| waiting.edit.clone()).collect();
    let done = node.with_core(move |core| Ok(write::write(core, &workspace, &edits))).await;
    let (outcomes, progress) = done.unwrap_or_else(|error| {
        let outcomes = together.iter().map(|_| Err(error.clone())).collect();
        (outcomes, Progress::default())
    });
    caller::work_for(caller.clone(), async { node.on_progress(workspace, &progress) }).await;
    let mut saved = Vec::new();
    for (Waiting { id, reply, .. }, outcome) in together.into_iter().zip(outcomes) {
        match (reply, outcome) {
            // Who waited may be gone.
            (Some(reply), outcome) => drop(reply.send(outcome)),
            (None, Ok(_)) => saved.push(id),
            (None, Err(error)) => {
                node.tell(Event::Refused { edit: id, error }, Audience::only(caller.clone()));
            }
        }
    }
    if !saved.is_empty() {
        node.tell(Event::Saved { edits: saved }, Audience::only(caller));
    }
}

fn given_up() -> ApiError {
    ApiError::new(ErrorKind::Internal, "the edit was given up").hint("look whether it was done, and try again")
}
