//! What each action does to the state.

use dataforge_node::api::{ApiError, ErrorKind, Event, Request};

use super::lists::{OF_WORKSPACE, Subject};
use super::{Key, NodeState, State};
use crate::action::{Action, Part, Step};
use crate::bridge::{Command, Message};
use crate::calls::busy;

impl State {
    /// Applies an action and returns what the bridge has to do.
    pub fn apply(&mut self, action: Action) -> Vec<Command> {
        match action {
            Action::Received(message) => return self.on_message(message),
            Action::Refresh => return self.refresh(),
            Action::SelectWorkspace(id) => return self.select_workspace(Some(id)),
            Action::StepWorkspace(step) => return self.step_workspace(step),
            Action::SelectWell(id) => return self.show_well(id),
            Action::StepWell(step) => {
                return self.select_row(step.from_row(self.selected_row(), self.match_count()));
            }
            Action::SelectFirstMatch => return self.select_row(Some(0)),
            Action::SelectRun(id) => {
                let key = Key::Run(id.clone());
                if self.tree.rows().iter().any(|row| row.key.as_ref() == Some(&key)) {
                    self.tree.cursor = Some(key);
                }
                self.selection.curve = None;
                return self.select_run(Some(id));
            }
            Action::StepRun(step) => return self.step_run(step),
            Action::SelectCurve(id) => self.selection.curve = Some(id),
            Action::Browse(browse) => return self.browse(browse),
            Action::Search(words) => {
                self.search = words;
                self.make_rows();
                return self.load(Subject::Mnemonics).into_iter().collect();
            }
            Action::FocusSearch => {
                self.parts.lists_hidden = false;
                self.attention.search = true;
            }
            Action::SearchFocused => self.attention.search = false,
            Action::WorkspaceRevealed => self.attention.workspace = false,
            Action::WellRevealed => self.attention.well = false,
            Action::RunRevealed => self.attention.run = false,
            Action::ChooseTheme(choice) => self.theme = choice,
            Action::Notice(text) => self.notice = Some(text),
            Action::DismissNotice => self.notice = None,
            Action::Undo { redo } => return self.undo(redo),
            Action::Up => return self.begin_deed(super::Deed::Up, Request::Up),
            Action::Sync => {
                let request = Request::Sync { workspace: None, peers: Vec::new(), timeout_secs: 60 };
                return self.begin_deed(super::Deed::Sync, request);
            }
            Action::Offer(paths) => self.parts.offered = (self.parts.offered.0 + 1, paths),
            Action::Begin(on) => self.parts.beginning = on,
            Action::Toggle(Part::Lists) => self.parts.lists_hidden = !self.parts.lists_hidden,
            Action::Toggle(Part::Inspector) => self.parts.inspector_hidden = !self.parts.inspector_hidden,
            // The window's own affair.
            Action::Open(_)
            | Action::OpenAt(..)
            | Action::CloseView
            | Action::InStep(_)
            | Action::Run(_)
            | Action::CancelCall(_) => {}
        }
        Vec::new()
    }

    /// Gives up on a command that the bridge could not take.
    pub fn on_refused(&mut self, command: &Command) {
        match command {
            Command::Open => self.node = NodeState::Failed(busy()),
            Command::Call { ticket, .. } => self.refuse(*ticket),
            Command::Cancel { .. } | Command::Remember { .. } => {}
        }
    }

    fn refresh(&mut self) -> Vec<Command> {
        match self.node {
            NodeState::Failed(_) => {
                self.node = NodeState::Opening;
                vec![Command::Open]
            }
            NodeState::Opening => Vec::new(),
            NodeState::Open => self.load_everything(),
        }
    }

    fn on_message(&mut self, message: Message) -> Vec<Command> {
        match message {
            Message::Opened => {
                self.node = NodeState::Open;
                self.load_everything()
            }
            Message::Remembered { memory, notice } => {
                if notice.is_some() {
                    self.notice = notice;
                }
                self.recall(*memory);
                Vec::new()
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
            // The lists come without.
            Message::Progress { .. } => Vec::new(),
            Message::Data { ticket, bytes } => {
                self.on_data(ticket, &bytes);
                Vec::new()
            }
            Message::Event(event) => self.on_event(event),
            Message::Tick => self.load_all(&[Subject::Status]),
        }
    }

    fn on_event(&mut self, event: Event) -> Vec<Command> {
        match event {
            Event::Changed { workspace, .. } if self.selection.workspace.as_ref() == Some(&workspace) => {
                self.load_everything()
            }
            Event::BlobsArrived { .. } => self.load_all(&[Subject::Status, Subject::Wells, Subject::Runs]),
            Event::Changed { .. } | Event::PeerConnected { .. } | Event::PeerLost { .. } => {
                self.load_all(&[Subject::Status])
            }
            Event::Notice { message } => {
                self.notice = Some(message);
                Vec::new()
            }
            Event::Refused { error, .. } => {
                self.notice = Some(format!("an edit was refused: {}", error.message));
                self.load_everything()
            }
            // What was saved is this window's own, and comes as no other news.
            Event::Saved { .. } => self.load_everything(),
            // Lists are loaded again when they may have changed. Progress is that of this window's own
            // requests, which are all short.
            Event::Documents { .. } | Event::Progress { .. } => Vec::new(),
        }
    }

    pub(super) fn select_workspace(&mut self, id: Option<String>) -> Vec<Command> {
        if self.selection.workspace == id {
            return Vec::new();
        }
        self.selection.workspace = id;
        self.wells.clear();
        self.tree.clear();
        self.make_rows();
        let mut commands = self.select_well(None);
        commands.extend(self.load_all(&OF_WORKSPACE));
        commands.extend(self.load(Subject::Mnemonics));
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
        id.map_or_else(Vec::new, |id| self.show_well(id))
    }

    /// Selects a well and brings it into view in the tree.
    fn show_well(&mut self, id: String) -> Vec<Command> {
        let project = self.wells.value().into_iter().flatten().find(|well| well.id == id).map(|well| &well.project_id);
        let group = project.map(|project| project.clone().map_or(Key::Loose, Key::Project));
        if let Some(group) = group.filter(|group| !self.tree.is_open(group)) {
            self.tree.set_open(group, true);
            self.make_rows();
        }
        self.attention.well = true;
        self.tree.cursor = Some(Key::Well(id.clone()));
        self.selection.curve = None;
        self.select_well(Some(id))
    }

    pub(super) fn select_well(&mut self, id: Option<String>) -> Vec<Command> {
        if self.selection.well == id {
            return Vec::new();
        }
        self.selection.well = id;
        self.runs.clear();
        let mut commands = self.select_run(None);
        commands.extend(self.load_all(&[Subject::Runs]));
        commands
    }

    pub(super) fn select_run(&mut self, id: Option<String>) -> Vec<Command> {
        if self.selection.run == id {
            return Vec::new();
        }
        self.selection.run = id;
        self.selection.curve = None;
        self.curves.clear();
        self.load_all(&[Subject::Curves])
    }
}
