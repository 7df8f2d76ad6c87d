//! Parts of the window that make calls like views and are none: the inspector, and the first steps.

use super::keys::Over;
use crate::calls::{News, Ticket, ViewId};
use crate::inspector::Inspector;
use crate::start::Begin;
use crate::tiles::Around;
use crate::view::Happened;

/// The inspector among those who make calls.
pub(super) const INSPECTOR: ViewId = ViewId::MAX;

/// The first steps among those who make calls.
pub(crate) const BEGIN: ViewId = ViewId::MAX - 1;

/// Returns whether a call is of one of them.
pub(super) fn is_side(owner: ViewId) -> bool {
    owner == INSPECTOR || owner == BEGIN
}

/// All of them.
#[derive(Debug, Default)]
pub(super) struct Sides {
    /// What is known of what is selected.
    pub(super) inspector: Inspector,
    /// Making or joining a workspace.
    pub(super) begin: Begin,
    /// What lies over the window.
    pub(super) over: Over,
}

impl Sides {
    /// Loads what they show again.
    pub(super) fn refresh(&mut self, around: &mut Around<'_>) {
        self.inspector.refresh(&mut around.cx(INSPECTOR));
    }

    /// Tells them of something.
    pub(super) fn on_event(&mut self, event: &Happened<'_>, around: &mut Around<'_>) {
        self.inspector.on_event(event, &mut around.cx(INSPECTOR));
    }

    /// Hands something of a call to whoever made it.
    pub(super) fn on_news(&mut self, owner: ViewId, ticket: Ticket, news: News, around: &mut Around<'_>) {
        match owner {
            INSPECTOR => self.inspector.on_news(ticket, news, &mut around.cx(owner)),
            _ => self.begin.on_news(ticket, news, &mut around.cx(owner)),
        }
    }
}
