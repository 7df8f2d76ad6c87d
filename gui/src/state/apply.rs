//! What each action does to the state.

use dataforge_node::api::{ApiError, ErrorKind, Event, Reply, Request};

use super::slot::expect;
use super::{NodeState, State};
use crate::action::{Action, Step};
use crate::bridge::{Command, Message};
use crate::calls::busy;

/// The lists that are loaded, in the order in which they hang on each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Subject {
    Status,
    Wells,
    Runs,
    Curves,
}

/// All of them.
const EVERYTHING: [Subject; 4] = [Subject::Status, Subject::Wells, Subject::Runs, Subject::Curves];

impl State {
    /// Applies an action and returns what the bridge has to do.
    pub fn apply(&mut self, action: Action) -> Vec<Command> {
        match action {
            Action::Received(message) => return self.on_message(message),
            Action::Refresh => return self.refresh(),
            Action::SelectWorkspace(id) => return self.select_workspace(Some(id)),
            Action::StepWorkspace(step) => return self.step_workspace(step),
            Action::SelectWell(id) => return self.select_well(Some(id)),
            Action::StepWell(step) => {
                return self.select_row(step.from_row(self.selected_row(), self.match_count()));
            }
            Action::SelectFirstMatch => return self.select_row(Some(0)),
            Action::SelectRun(id) => return self.select_run(Some(id)),
            Action::StepRun(step) => return self.step_run(step),
            Action::Search(words) => {
                self.search = words;
                self.match_wells();
            }
            Action::FocusSearch => self.attention.search = true,
            Action::SearchFocused => self.attention.search = false,
            Action::WorkspaceRevealed => self.attention.workspace = false,
            Action::WellRevealed => self.attention.well = false,
            Action::RunRevealed => self.attention.run = false,
            Action::ChooseTheme(choice) => self.theme = choice,
            Action::Notice(text) => self.notice = Some(text),
            Action::DismissNotice => self.notice = None,
            // The window's own affair.
            Action::Open(_) | Action::OpenAt(..) | Action::CloseView | Action::Run(_) => {}
        }
        Vec::new()
    }

    /// Gives up on a command that the bridge could not take.
    pub fn on_refused(&mut self, command: &Command) {
        let error = busy();
        match command {
            Command::Open => self.node = NodeState::Failed(error),
            Command::Call { ticket, .. } if self.status.awaits(*ticket) => self.status.refuse(error),
            Command::Call { ticket, .. } if self.wells.awaits(*ticket) => self.wells.refuse(error),
            Command::Call { ticket, .. } if self.runs.awaits(*ticket) => self.runs.refuse(error),
            Command::Call { ticket, .. } if self.curves.awaits(*ticket) => self.curves.refuse(error),
            Command::Call { .. } | Command::Cancel { .. } => {}
        }
    }

    fn refresh(&mut self) -> Vec<Command> {
        match self.node {
            NodeState::Failed(_) => {
                self.node = NodeState::Opening;
                vec![Command::Open]
            }
            NodeState::Opening => Vec::new(),
            NodeState::Open => self.load_all(&EVERYTHING),
        }
    }

    fn on_message(&mut self, message: Message) -> Vec<Command> {
        match message {
            Message::Opened => {
                self.node = NodeState::Open;
                self.load_all(&EVERYTHING)
            }
            Message::OpenFailed(error) => {
                self.node = NodeState::Failed(error);
                Vec::new()
            }
            Message::Ended => {
                let error = ApiError::new(ErrorKind::Internal, "the connection to the node has ended");
                self.node = NodeState::Failed(error.hint("close the window and open it again"));
                Vec::new()
            }
            Message::Answer { ticket, result } => self.on_answer(ticket, *result),
            // The lists come without either.
            Message::Progress { .. } | Message::Data { .. } => Vec::new(),
            Message::Event(event) => self.on_event(event),
            Message::Tick => self.load_all(&[Subject::Status]),
        }
    }

    fn on_event(&mut self, event: Event) -> Vec<Command> {
        match event {
            Event::Changed { workspace, .. } if self.selection.workspace.as_ref() == Some(&workspace) => {
                self.load_all(&EVERYTHING)
            }
            Event::BlobsArrived { .. } => self.load_all(&[Subject::Status, Subject::Runs]),
            Event::Changed { .. } | Event::PeerConnected { .. } | Event::PeerLost { .. } => {
                self.load_all(&[Subject::Status])
            }
            Event::Notice { message } => {
                self.notice = Some(message);
                Vec::new()
            }
            Event::Refused { error, .. } => {
                self.notice = Some(format!("an edit was refused: {}", error.message));
                self.load_all(&EVERYTHING)
            }
            // Lists are loaded again when they may have changed. Progress is that of this window's own
            // requests, which are all short.
            Event::Documents { .. } | Event::Saved { .. } | Event::Progress { .. } => Vec::new(),
        }
    }

    fn on_answer(&mut self, ticket: u64, result: Result<Reply, ApiError>) -> Vec<Command> {
        if self.status.awaits(ticket) {
            self.on_status(result)
        } else if self.wells.awaits(ticket) {
            self.on_wells(result)
        } else if self.runs.awaits(ticket) {
            self.on_runs(result)
        } else if self.curves.awaits(ticket) {
            let again = self.curves.end(expect(result, |reply| match reply {
                Reply::Curves { curves } => Some(curves),
                _ => None,
            }));
            self.load_again(again, Subject::Curves)
        } else {
            Vec::new()
        }
    }

    fn on_status(&mut self, result: Result<Reply, ApiError>) -> Vec<Command> {
        let before = self.workspace_status().map(|held| held.workspace.entries);
        let again = self.status.end(expect(result, |reply| match reply {
            Reply::Status(status) => Some(status),
            _ => None,
        }));
        let mut commands = self.load_again(again, Subject::Status);
        let now = self.workspace_status().map(|held| held.workspace.entries);
        if now.is_none() {
            let first = self.workspaces().next().map(|workspace| workspace.id.clone());
            commands.extend(self.select_workspace(first));
        } else if before != now {
            // Another process wrote entries, and its event did not come this way.
            commands.extend(self.load_all(&EVERYTHING[1..]));
        }
        commands
    }

    fn on_wells(&mut self, result: Result<Reply, ApiError>) -> Vec<Command> {
        let again = self.wells.end(expect(result, |reply| match reply {
            Reply::Wells { wells } => Some(wells),
            _ => None,
        }));
        self.match_wells();
        let mut commands = self.load_again(again, Subject::Wells);
        if self.wells.error().is_none() && self.selected_well().is_none() {
            commands.extend(self.select_well(None));
        }
        commands
    }

    fn on_runs(&mut self, result: Result<Reply, ApiError>) -> Vec<Command> {
        let again = self.runs.end(expect(result, |reply| match reply {
            Reply::Runs { runs } => Some(runs),
            _ => None,
        }));
        let mut commands = self.load_again(again, Subject::Runs);
        if self.selected_run().is_none() {
            let first = self.runs.value().and_then(|runs| runs.first()).map(|run| run.id.clone());
            commands.extend(self.select_run(first));
        }
        commands
    }

    fn select_workspace(&mut self, id: Option<String>) -> Vec<Command> {
        if self.selection.workspace == id {
            return Vec::new();
        }
        self.selection.workspace = id;
        self.wells.clear();
        self.match_wells();
        let mut commands = self.select_well(None);
        commands.extend(self.load_all(&[Subject::Wells]));
        commands
    }

    fn step_workspace(&mut self, step: Step) -> Vec<Command> {
        let row = step.from_row(self.selected_workspace_row(), self.workspaces().count());
        let id = row.and_then(|row| self.workspaces().nth(row)).map(|workspace| workspace.id.clone());
        self.attention.workspace = id.is_some();
        id.map_or_else(Vec::new, |id| self.select_workspace(Some(id)))
    }

    fn step_run(&mut self, step: Step) -> Vec<Command> {
        let runs = self.runs.value().map_or(&[][..], Vec::as_slice);
        let row = step.from_row(self.selected_run_row(), runs.len());
        let id = row.and_then(|row| runs.get(row)).map(|run| run.id.clone());
        self.attention.run = id.is_some();
        id.map_or_else(Vec::new, |id| self.select_run(Some(id)))
    }

    fn select_row(&mut self, row: Option<usize>) -> Vec<Command> {
        let id = row.and_then(|row| self.matching_well(row)).map(|well| well.id.clone());
        self.attention.well = id.is_some();
        id.map_or_else(Vec::new, |id| self.select_well(Some(id)))
    }

    fn select_well(&mut self, id: Option<String>) -> Vec<Command> {
        if self.selection.well == id {
            return Vec::new();
        }
        self.selection.well = id;
        self.runs.clear();
        let mut commands = self.select_run(None);
        commands.extend(self.load_all(&[Subject::Runs]));
        commands
    }

    fn select_run(&mut self, id: Option<String>) -> Vec<Command> {
        if self.selection.run == id {
            return Vec::new();
        }
        self.selection.run = id;
        self.curves.clear();
        self.load_all(&[Subject::Curves])
    }

    fn load_again(&mut self, again: bool, subject: Subject) -> Vec<Command> {
        if again { self.load_all(&[subject]) } else { Vec::new() }
    }

    fn load_all(&mut self, subjects: &[Subject]) -> Vec<Command> {
        subjects.iter().filter_map(|&subject| self.load(subject)).collect()
    }

    /// Asks for a list, unless it is being loaded or nothing is selected that it would belong to.
    fn load(&mut self, subject: Subject) -> Option<Command> {
        if self.node != NodeState::Open {
            return None;
        }
        let workspace = self.selection.workspace.clone();
        let request = match subject {
            Subject::Status => Request::Status,
            _ if workspace.is_none() => return None,
            Subject::Wells => Request::Wells { workspace },
            Subject::Runs => Request::Runs { workspace, well: Some(self.selection.well.clone()?) },
            Subject::Curves => Request::Curves { workspace, run: Some(self.selection.run.clone()?) },
        };
        let ticket = self.tickets.next();
        let begun = match subject {
            Subject::Status => self.status.begin(ticket),
            Subject::Wells => self.wells.begin(ticket),
            Subject::Runs => self.runs.begin(ticket),
            Subject::Curves => self.curves.begin(ticket),
        };
        if !begun {
            return None;
        }
        Some(Command::Call { ticket, request: Box::new(request) })
    }
}
