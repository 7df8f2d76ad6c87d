//! Edits of the inspector on their way: pending, saved, refused.

use std::collections::BTreeMap;

use dataforge_node::api::{ApiError, Edit, EditOutcome, Reply, Request};
use dataforge_node::client::{Overlay, Standing};

use crate::calls::Ticket;
use crate::state::expect;
use crate::view::Cx;

/// A field of something.
type Place = (String, String);

/// What is known of edits.
#[derive(Debug, Default)]
pub(super) struct Edits {
    /// Asked for, and not yet numbered.
    sent: BTreeMap<Ticket, (Place, String)>,
    /// Numbered, and not yet saved.
    pending: Overlay<Place, String>,
    /// Saved from here, and whether the lists have it: what they say after that is by somebody else.
    settled: BTreeMap<Place, (String, bool)>,
    /// Refused, until the next try.
    refused: BTreeMap<Place, ApiError>,
    /// What became of edits before their numbers were known here.
    early: BTreeMap<u64, Option<ApiError>>,
}

/// A value as it is shown, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Shown {
    /// As it was read.
    Read(String),
    /// As it is to be.
    Pending(String),
    /// As it was saved from here.
    Saved(String),
}

impl Shown {
    /// Returns the value.
    pub(super) fn text(&self) -> &str {
        match self {
            Self::Read(text) | Self::Pending(text) | Self::Saved(text) => text,
        }
    }
}

impl Edits {
    /// Asks for an edit, which shows at once.
    pub(super) fn send(&mut self, cx: &mut Cx<'_>, target: &str, field: &str, value: String) {
        let edit = Edit::Set { target: target.to_owned(), field: field.to_owned(), value: value.clone() };
        let request = Request::Edits { workspace: cx.workspace(), edits: vec![edit], wait: false };
        let place = (target.to_owned(), field.to_owned());
        self.refused.remove(&place);
        self.settled.remove(&place);
        self.sent.insert(cx.call(request), (place, value));
    }

    /// Takes the answer to one.
    pub(super) fn on_answer(&mut self, ticket: Ticket, result: Result<Reply, ApiError>) {
        let Some((place, value)) = self.sent.remove(&ticket) else {
            return;
        };
        let outcome = expect(result, |reply| match reply {
            Reply::Edits { edits } => edits.into_iter().next(),
            _ => None,
        });
        match outcome {
            Ok(EditOutcome::Saved { .. }) => drop(self.settled.insert(place, (value, false))),
            Ok(EditOutcome::Refused { error }) | Err(error) => drop(self.refused.insert(place, error)),
            Ok(EditOutcome::Pending { id }) => match self.early.remove(&id) {
                None => self.pending.apply(id, place, value),
                Some(None) => drop(self.settled.insert(place, (value, false))),
                Some(Some(error)) => drop(self.refused.insert(place, error)),
            },
        }
    }

    /// Takes that edits are saved.
    pub(super) fn on_saved(&mut self, ids: &[u64]) {
        for id in ids {
            match self.pending.saved(&[*id]).pop() {
                Some((place, value)) => drop(self.settled.insert(place, (value, false))),
                None if !self.sent.is_empty() => drop(self.early.insert(*id, None)),
                None => {}
            }
        }
    }

    /// Takes that an edit is refused.
    pub(super) fn on_refused(&mut self, id: u64, error: ApiError) {
        match self.pending.refused(id) {
            Some((place, _)) => drop(self.refused.insert(place, error)),
            None if !self.sent.is_empty() => drop(self.early.insert(id, Some(error))),
            None => {}
        }
    }

    /// Forgets what is only said of edits that are over.
    pub(super) fn forget_told(&mut self) {
        self.settled.clear();
        self.refused.clear();
    }

    /// Forgets what was saved: somebody else wrote since.
    pub(super) fn forget_settled(&mut self) {
        self.settled.clear();
    }

    /// Returns a value as it is shown, given how it was read.
    pub(super) fn shown(&mut self, target: &str, field: &str, read: &str) -> Shown {
        let place = (target.to_owned(), field.to_owned());
        if let Some((_, value)) = self.sent.values().rev().find(|(of, _)| *of == place) {
            return Shown::Pending(value.clone());
        }
        let read = read.to_owned();
        if let (value, Standing::Pending) = self.pending.shown(&place, &read) {
            return Shown::Pending(value.clone());
        }
        match self.settled.get_mut(&place) {
            None => Shown::Read(read),
            Some((value, is_listed)) if *value == read => {
                *is_listed = true;
                Shown::Saved(read)
            }
            Some((value, false)) => Shown::Saved(value.clone()),
            Some((_, true)) => {
                self.settled.remove(&place);
                Shown::Read(read)
            }
        }
    }

    /// Returns why the last edit of a field was refused.
    pub(super) fn refusal(&self, target: &str, field: &str) -> Option<&ApiError> {
        self.refused.get(&(target.to_owned(), field.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use dataforge_node::api::{ApiError, EditOutcome, ErrorKind, Reply};

    use super::{Edits, Shown};
    use crate::calls::Calls;
    use crate::state::State;
    use crate::tiles::Around;

    /// Asks for an edit of the field of a well and returns its ticket.
    fn send(edits: &mut Edits, calls: &mut Calls, value: &str) -> u64 {
        let state = State::new(PathBuf::from("/data"), "dataforge".to_owned());
        let mut actions = Vec::new();
        let mut around = Around { state: &state, calls, actions: &mut actions };
        edits.send(&mut around.cx(1), "w", "field", value.to_owned());
        *edits.sent.keys().next_back().unwrap()
    }

    fn pending(id: u64) -> Result<Reply, ApiError> {
        Ok(Reply::Edits { edits: vec![EditOutcome::Pending { id }] })
    }

    fn shown(edits: &mut Edits) -> Shown {
        edits.shown("w", "field", "old")
    }

    #[test]
    fn an_edit_is_pending_and_then_saved() {
        let (mut edits, mut calls) = (Edits::default(), Calls::default());
        let ticket = send(&mut edits, &mut calls, "new");
        assert_eq!(shown(&mut edits), Shown::Pending("new".to_owned()), "at once");
        edits.on_answer(ticket, pending(4));
        assert_eq!(shown(&mut edits), Shown::Pending("new".to_owned()));
        edits.on_saved(&[4]);
        assert_eq!(shown(&mut edits), Shown::Saved("new".to_owned()));
        assert_eq!(edits.shown("w", "field", "new"), Shown::Saved("new".to_owned()), "the lists have it now");
        assert_eq!(shown(&mut edits), Shown::Read("old".to_owned()), "it was undone since");
    }

    #[test]
    fn an_edit_that_is_refused_gives_way_and_says_why() {
        let (mut edits, mut calls) = (Edits::default(), Calls::default());
        let ticket = send(&mut edits, &mut calls, "new");
        edits.on_answer(ticket, pending(4));
        edits.on_refused(4, ApiError::new(ErrorKind::NotAllowed, "viewers may not"));
        assert_eq!(shown(&mut edits), Shown::Read("old".to_owned()));
        assert_eq!(edits.refusal("w", "field").map(|error| error.message.as_str()), Some("viewers may not"));
        send(&mut edits, &mut calls, "again");
        assert!(edits.refusal("w", "field").is_none(), "until the next try");
    }

    #[test]
    fn news_that_come_before_the_number_count_too() {
        let (mut edits, mut calls) = (Edits::default(), Calls::default());
        let ticket = send(&mut edits, &mut calls, "new");
        edits.on_saved(&[4]);
        edits.on_answer(ticket, pending(4));
        assert_eq!(shown(&mut edits), Shown::Saved("new".to_owned()));
        let ticket = send(&mut edits, &mut calls, "newer");
        edits.on_refused(5, ApiError::new(ErrorKind::Input, "too long"));
        edits.on_answer(ticket, pending(5));
        assert_eq!(shown(&mut edits), Shown::Read("old".to_owned()));
        assert!(edits.refusal("w", "field").is_some());
    }
}
