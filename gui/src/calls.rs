//! Calls of the node on their way: who made each, so that its answer finds its way back.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use dataforge_node::api::{ApiError, ErrorKind, Event, Reply, Request};

use crate::bridge::Command;

/// A call, while it is under way.
pub type Ticket = u64;

/// A view, for as long as the window is open.
pub type ViewId = u64;

/// What comes of a call.
#[derive(Debug, Clone, PartialEq)]
pub enum News {
    /// How far it is.
    Progress(Event),
    /// The next part of its file or result.
    Data(Bytes),
    /// Its end.
    Ended(Box<Result<Reply, ApiError>>),
}

/// Gives out tickets; clones give out others.
#[derive(Debug, Clone, Default)]
pub struct Tickets(Arc<AtomicU64>);

impl Tickets {
    /// Returns a ticket that nobody has.
    #[must_use]
    pub fn next(&self) -> Ticket {
        self.0.fetch_add(1, Ordering::Relaxed) + 1
    }
}

/// The calls of views: who made each, and what is to be sent.
#[derive(Debug, Default)]
pub struct Calls {
    tickets: Tickets,
    owners: BTreeMap<Ticket, ViewId>,
    tasks: BTreeMap<Ticket, Task>,
    outgoing: Vec<Command>,
}

/// A call that takes so long that the user wants to know of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// What is done.
    pub name: String,
    /// Done so far.
    pub done: u64,
    /// Of so many; 0 when unknown.
    pub total: u64,
    /// The thing at hand.
    pub item: String,
}

/// Returns what a request that takes its time is called; none for those that do not.
fn long_name(request: &Request) -> Option<&'static str> {
    Some(match request {
        Request::Import { options, .. } if options.dry_run => "Checking files",
        Request::Import { .. } => "Importing",
        Request::Attach { .. } => "Attaching",
        Request::Sync { .. } => "Syncing",
        Request::Verify { .. } => "Verifying",
        Request::Export { .. } | Request::ExportAll { .. } => "Exporting",
        Request::Grid { .. } => "Gridding",
        Request::Rebuild => "Rebuilding",
        Request::Bundle { .. } => "Working on a bundle",
        Request::Join { .. } => "Joining",
        _ => return None,
    })
}

impl Calls {
    /// Will take tickets from here.
    #[must_use]
    pub fn new(tickets: Tickets) -> Self {
        Self { tickets, ..Self::default() }
    }

    /// Makes a call for a view.
    pub fn call(&mut self, owner: ViewId, request: Request) -> Ticket {
        let ticket = self.tickets.next();
        self.owners.insert(ticket, owner);
        if let Some(name) = long_name(&request) {
            let task = Task { name: name.to_owned(), done: 0, total: 0, item: String::new() };
            self.tasks.insert(ticket, task);
        }
        self.outgoing.push(Command::Call { ticket, request: Box::new(request) });
        ticket
    }

    /// Ends a call; nothing more is heard of it.
    pub fn cancel(&mut self, ticket: Ticket) {
        self.tasks.remove(&ticket);
        if self.owners.remove(&ticket).is_some() {
            self.outgoing.push(Command::Cancel { ticket });
        }
    }

    /// Ends all calls of a view that is gone.
    pub fn forget(&mut self, view: ViewId) {
        let tickets: Vec<_> =
            self.owners.iter().filter(|(_, owner)| **owner == view).map(|(ticket, _)| *ticket).collect();
        for ticket in tickets {
            self.cancel(ticket);
        }
    }

    /// Returns whose call it is.
    #[must_use]
    pub fn owner(&self, ticket: Ticket) -> Option<ViewId> {
        self.owners.get(&ticket).copied()
    }

    /// Notes that a call has ended.
    pub fn ended(&mut self, ticket: Ticket) {
        self.owners.remove(&ticket);
        self.tasks.remove(&ticket);
    }

    /// Notes how far a call is; one that says so is a task.
    pub fn progressed(&mut self, ticket: Ticket, event: &Event) {
        if let (Event::Progress { step, done, total, item }, true) = (event, self.owners.contains_key(&ticket)) {
            let name = || Task { name: step.clone(), done: 0, total: 0, item: String::new() };
            let task = self.tasks.entry(ticket).or_insert_with(name);
            (task.done, task.total) = (*done, *total);
            task.item.clone_from(item);
        }
    }

    /// Returns the calls that take their time, the oldest first.
    pub fn tasks(&self) -> impl Iterator<Item = (Ticket, &Task)> {
        self.tasks.iter().map(|(ticket, task)| (*ticket, task))
    }

    /// Returns how many calls of views are under way.
    #[must_use]
    pub fn under_way(&self) -> usize {
        self.owners.len()
    }

    /// Takes what is to be sent.
    pub fn take(&mut self) -> Vec<Command> {
        std::mem::take(&mut self.outgoing)
    }
}

/// What is said of a call that could not be sent.
#[must_use]
pub fn busy() -> ApiError {
    ApiError::new(ErrorKind::Busy, "the node is still busy with earlier requests").hint("press F5 in a moment")
}

/// What the owner of a call hears that the user has ended.
#[must_use]
pub fn cancelled() -> ApiError {
    ApiError::new(ErrorKind::Busy, "it was cancelled before its end").hint("what was done until then stays")
}

#[cfg(test)]
mod tests {
    use dataforge_node::api::{Event, Request};

    use super::Calls;
    use crate::bridge::Command;

    #[test]
    fn calls_of_a_view_that_is_gone_are_cancelled_and_nobodys() {
        let mut calls = Calls::default();
        let (one, two) = (calls.call(1, Request::Status), calls.call(2, Request::Peers));
        assert_eq!((calls.owner(one), calls.owner(two)), (Some(1), Some(2)));
        assert_eq!(calls.take().len(), 2);
        calls.forget(1);
        assert_eq!(calls.take(), [Command::Cancel { ticket: one }]);
        assert_eq!((calls.owner(one), calls.owner(two)), (None, Some(2)));
        calls.ended(two);
        calls.cancel(two);
        assert!(calls.take().is_empty(), "what has ended is not cancelled");
        assert_eq!(calls.under_way(), 0);
    }

    #[test]
    fn a_call_that_takes_its_time_is_a_task_until_it_ends() {
        let mut calls = Calls::default();
        let short = calls.call(1, Request::Status);
        let long = calls.call(1, Request::Verify { repair: false });
        assert_eq!(calls.tasks().map(|(ticket, _)| ticket).collect::<Vec<_>>(), [long]);
        let progress = Event::Progress { step: "reading".into(), done: 3, total: 9, item: "a.las".into() };
        calls.progressed(long, &progress);
        calls.progressed(short, &progress);
        let told: Vec<_> = calls.tasks().map(|(_, task)| (task.name.as_str(), task.done, task.total)).collect();
        assert_eq!(told, [("reading", 3, 9), ("Verifying", 3, 9)]);
        calls.ended(short);
        calls.cancel(long);
        assert_eq!(calls.tasks().count(), 0);
        calls.progressed(long, &progress);
        assert_eq!(calls.tasks().count(), 0, "what has ended makes no progress");
    }
}
