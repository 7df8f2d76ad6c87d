//! Things the window itself has done by the node: each ends with a word to the user or a new list.

use dataforge_node::api::{ApiError, HistoryRequest, Reply, Request, TakenBackReply};

use super::State;
use crate::bridge::Command;

/// What was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    /// A star given or taken away.
    Star,
    /// The last change undone.
    Undo,
    /// The last undo taken back.
    Redo,
    /// Listening and syncing.
    Up,
    /// Meeting all peers once.
    Sync,
}

impl Deed {
    /// Returns what is said of it when it fails.
    const fn failed(self) -> &'static str {
        match self {
            Self::Star => "the star was not set",
            Self::Undo => "nothing was undone",
            Self::Redo => "nothing was redone",
            Self::Up => "syncing did not start",
            Self::Sync => "nobody was met",
        }
    }

    /// Returns what it is called while it is under way.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Star => "Setting a star",
            Self::Undo => "Undoing",
            Self::Redo => "Redoing",
            Self::Up => "Starting to sync",
            Self::Sync => "Syncing",
        }
    }
}

impl State {
    /// Returns what is under way.
    pub fn deeds(&self) -> impl Iterator<Item = Deed> {
        self.deeds.values().copied()
    }

    /// Asks the node for it.
    pub(super) fn begin_deed(&mut self, deed: Deed, request: Request) -> Vec<Command> {
        let ticket = self.tickets.next();
        self.deeds.insert(ticket, deed);
        vec![Command::Call { ticket, request: Box::new(request) }]
    }

    /// Undoes the last change made here, or redoes it.
    pub(super) fn undo(&mut self, redo: bool) -> Vec<Command> {
        let workspace = self.selection.workspace.clone();
        let ask = HistoryRequest::Undo { target: None, redo };
        self.begin_deed(if redo { Deed::Redo } else { Deed::Undo }, Request::History { workspace, ask })
    }

    /// Takes the end of a deed; none when it is of something else.
    pub(super) fn on_deed(&mut self, ticket: u64, result: &Result<Reply, ApiError>) -> Option<Vec<Command>> {
        let deed = self.deeds.remove(&ticket)?;
        match result {
            Err(error) => self.notice = Some(format!("{}: {}", deed.failed(), error.message)),
            Ok(Reply::TakenBack(taken)) => self.notice = Some(told(taken)),
            Ok(Reply::Sync(met)) => {
                let (reached, unreached) = (met.reached.len(), met.unreached.len());
                self.notice = Some(format!(
                    "met {reached}, not met {unreached}; {} entries came, {} went",
                    met.entries_received, met.entries_sent
                ));
            }
            Ok(_) => {}
        }
        Some(self.load_everything())
    }
}

/// Returns what was taken back, in words.
fn told(taken: &TakenBackReply) -> String {
    let fields = |document: &dataforge_node::api::TakenBack| {
        let fields: Vec<String> = document.fields.iter().map(dataforge_node::api::PlaceChange::told).collect();
        format!("{} of {}", fields.join(", "), document.document)
    };
    let documents: Vec<String> = taken.documents.iter().map(fields).collect();
    if documents.is_empty() {
        return format!("{}: there is nothing of yours", taken.deed);
    }
    format!("{}: {}", taken.deed, documents.join("; "))
}

#[cfg(test)]
mod tests {
    use dataforge_node::api::{DocumentPlace, PlaceChange, TakenBack, TakenBackReply};

    use super::told;

    #[test]
    fn what_was_undone_is_said_in_words() {
        let place = DocumentPlace { map: "root".to_owned(), field: "field".to_owned() };
        let change = PlaceChange {
            place,
            before: Some("East".to_owned()),
            after: Some("West".to_owned()),
            ..Default::default()
        };
        let document = TakenBack { document: "North 1".to_owned(), fields: vec![change], ..TakenBack::default() };
        let reply = TakenBackReply { deed: "undo".to_owned(), dry_run: false, documents: vec![document] };
        assert_eq!(told(&reply), "undo: field \"East\" \u{2192} \"West\" of North 1");
        let nothing = TakenBackReply { deed: "redo".to_owned(), dry_run: false, documents: Vec::new() };
        assert_eq!(told(&nothing), "redo: there is nothing of yours");
    }
}
