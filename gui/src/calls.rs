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
    outgoing: Vec<Command>,
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
        self.outgoing.push(Command::Call { ticket, request: Box::new(request) });
        ticket
    }

    /// Ends a call; nothing more is heard of it.
    pub fn cancel(&mut self, ticket: Ticket) {
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

#[cfg(test)]
mod tests {
    use dataforge_node::api::Request;

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
}
