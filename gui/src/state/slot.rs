//! One thing that is loaded from the node: its value, the last error, and the call under way.

use dataforge_node::api::{ApiError, ErrorKind, Reply, Request};

use crate::view::Cx;

/// Loaded at most once at a time. A wish that comes during a load is remembered, so that a storm of
/// events costs two loads and the last one is never older than the last event.
#[derive(Debug)]
pub struct Slot<T> {
    value: Option<T>,
    error: Option<ApiError>,
    ticket: Option<u64>,
    again: bool,
    /// What is asked for again, when it was wished by a call.
    wish: Option<Box<Request>>,
}

impl<T> Default for Slot<T> {
    fn default() -> Self {
        Self { value: None, error: None, ticket: None, again: false, wish: None }
    }
}

impl<T> Slot<T> {
    /// Returns the newest value, also while or after a newer load failed.
    #[must_use]
    pub fn value(&self) -> Option<&T> {
        self.value.as_ref()
    }

    /// Returns why the last load failed.
    #[must_use]
    pub fn error(&self) -> Option<&ApiError> {
        self.error.as_ref()
    }

    /// Returns whether a load is under way.
    #[must_use]
    pub fn is_loading(&self) -> bool {
        self.ticket.is_some()
    }

    /// Begins a load by a call, unless one is under way: then it is done again after that.
    pub fn load(&mut self, cx: &mut Cx<'_>, request: Request) {
        if self.ticket.is_some() {
            self.again = true;
            self.wish = Some(Box::new(request));
        } else {
            self.wish = None;
            self.ticket = Some(cx.call(request));
        }
    }

    /// Takes the end of its load as [`Slot::take`] does, and begins what was wished for meanwhile. Only
    /// this one is loaded again: two that are loaded together and each began both again would never end.
    pub fn follow(&mut self, cx: &mut Cx<'_>, result: Result<Reply, ApiError>, pick: impl FnOnce(Reply) -> Option<T>) {
        let again = self.take(result, pick);
        if let Some(request) = self.wish.take().filter(|_| again) {
            self.load(cx, *request);
        }
    }

    /// Takes the end of its load; `pick` takes the one kind of reply that the request may bring. Returns
    /// whether it has to be done again.
    pub fn take(&mut self, result: Result<Reply, ApiError>, pick: impl FnOnce(Reply) -> Option<T>) -> bool {
        self.end(expect(result, pick))
    }

    /// Returns whether this ticket is the one awaited; answers to others are out of date.
    #[must_use]
    pub fn awaits(&self, ticket: u64) -> bool {
        self.ticket == Some(ticket)
    }

    /// Notes a load under this ticket; `false` when one is under way already.
    pub fn begin(&mut self, ticket: u64) -> bool {
        if self.ticket.is_some() {
            self.again = true;
            return false;
        }
        self.ticket = Some(ticket);
        true
    }

    /// Notes the end of the load; `true` when it has to be done again. A failure keeps the old value.
    pub fn end(&mut self, result: Result<T, ApiError>) -> bool {
        self.ticket = None;
        match result {
            Ok(value) => {
                self.value = Some(value);
                self.error = None;
            }
            Err(error) => self.error = Some(error),
        }
        std::mem::take(&mut self.again)
    }

    /// Notes that the load never began; it is not done again by itself.
    pub fn refuse(&mut self, error: ApiError) {
        self.ticket = None;
        self.again = false;
        self.error = Some(error);
    }

    /// Forgets everything, the load under way included.
    pub fn clear(&mut self) {
        *self = Self::default();
    }
}

/// Takes the one kind of reply that a request may bring.
///
/// # Errors
/// That of the call, or `Internal` when the node answers something else.
pub fn expect<T>(result: Result<Reply, ApiError>, pick: impl FnOnce(Reply) -> Option<T>) -> Result<T, ApiError> {
    pick(result?).ok_or_else(|| {
        ApiError::new(ErrorKind::Internal, "the node answered with another kind of reply")
            .hint("is the process that serves the directory of the same version?")
    })
}

#[cfg(test)]
mod tests {
    use dataforge_node::api::{Reply, Request};

    use super::Slot;
    use crate::bridge::Command;
    use crate::calls::Calls;
    use crate::state::State;
    use crate::view::Cx;

    #[test]
    fn what_is_wished_for_during_a_load_is_loaded_once_after_it() {
        let state = State::new("/data".into(), "dataforge".to_owned());
        let (mut actions, mut calls) = (Vec::new(), Calls::new(state.tickets()));
        let mut cx = Cx { state: &state, actions: &mut actions, view: 1, calls: &mut calls };
        let mut slot = Slot::<()>::default();
        for request in [Request::Status, Request::Rebuild, Request::Peers] {
            slot.load(&mut cx, request);
        }
        let done = || Ok(Reply::Done { message: String::new() });
        slot.follow(&mut cx, done(), |_reply| Some(()));
        assert!(slot.is_loading(), "the last wish");
        slot.follow(&mut cx, done(), |_reply| Some(()));
        assert!(!slot.is_loading(), "and no more");
        let asked = calls.take().into_iter().filter_map(|command| match command {
            Command::Call { request, .. } => Some(*request),
            _ => None,
        });
        assert_eq!(asked.collect::<Vec<_>>(), [Request::Status, Request::Peers]);
    }
}
