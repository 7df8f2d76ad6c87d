//! All the window knows, and the one place where it changes.
//!
//! [`State::apply`] takes an action and returns the commands that follow from it. It does no I/O,
//! reads no clock and draws nothing, so every story of the window can be told without one.
//!
//! The lists hang on each other: status → workspace → wells → well → runs → run → curves. Each is a
//! [`Slot`]; selecting something empties the slots below it and asks for the next one.

mod apply;
mod slot;

use std::path::PathBuf;

use dataforge_node::api::{ApiError, CurveInfo, RunInfo, StatusReply, WellInfo, WorkspaceInfo, WorkspaceStatus};

pub use self::slot::{Slot, expect};
use crate::calls::Tickets;
use crate::theme::Choice;

/// Whether the data directory is open.
#[derive(Debug, Clone, PartialEq)]
pub enum NodeState {
    /// The bridge is at it.
    Opening,
    /// It is.
    Open,
    /// It is not, for this reason.
    Failed(ApiError),
}

/// What the next frame should bring to the user's eye.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Attention {
    /// Put the cursor into the search box.
    pub search: bool,
    /// Scroll to the selected workspace.
    pub workspace: bool,
    /// Scroll to the selected well.
    pub well: bool,
    /// Scroll to the selected run.
    pub run: bool,
}

/// What is selected, by id.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// Workspace.
    pub workspace: Option<String>,
    /// Well.
    pub well: Option<String>,
    /// Run.
    pub run: Option<String>,
}

/// The state of the window.
#[derive(Debug)]
pub struct State {
    /// The data directory.
    pub directory: PathBuf,
    /// Start of a command line for this directory, e.g. `dataforge --dir /data`.
    pub program: String,
    /// Whether it is open.
    pub node: NodeState,
    /// Status of the node and its workspaces.
    pub status: Slot<StatusReply>,
    /// Wells of the selected workspace, by name.
    pub wells: Slot<Vec<WellInfo>>,
    /// Runs of the selected well.
    pub runs: Slot<Vec<RunInfo>>,
    /// Curves of the selected run.
    pub curves: Slot<Vec<CurveInfo>>,
    /// What is selected.
    pub selection: Selection,
    /// Words that a well must contain.
    pub search: String,
    /// What the next frame should show.
    pub attention: Attention,
    /// Dark, light or as the system.
    pub theme: Choice,
    /// The last thing the node wanted the user to know.
    pub notice: Option<String>,
    /// Rows of `wells` that match the search, in order.
    matches: Vec<usize>,
    /// Numbers of calls.
    tickets: Tickets,
}

impl State {
    /// Makes the state of a window that is about to open a directory.
    #[must_use]
    pub fn new(directory: PathBuf, program: String) -> Self {
        Self {
            directory,
            program,
            node: NodeState::Opening,
            status: Slot::default(),
            wells: Slot::default(),
            runs: Slot::default(),
            curves: Slot::default(),
            selection: Selection::default(),
            search: String::new(),
            attention: Attention::default(),
            theme: Choice::default(),
            notice: None,
            matches: Vec::new(),
            tickets: Tickets::default(),
        }
    }

    /// Returns what gives out numbers of calls.
    #[must_use]
    pub fn tickets(&self) -> Tickets {
        self.tickets.clone()
    }

    /// Returns the workspaces held here, by name.
    pub fn workspaces(&self) -> impl Iterator<Item = &WorkspaceInfo> {
        self.status.value().into_iter().flat_map(|status| status.workspaces.iter().map(|held| &held.workspace))
    }

    /// Returns the row of the selected workspace.
    #[must_use]
    pub fn selected_workspace_row(&self) -> Option<usize> {
        let id = self.selection.workspace.as_deref()?;
        self.workspaces().position(|workspace| workspace.id == id)
    }

    /// Returns the state of the selected workspace.
    #[must_use]
    pub fn workspace_status(&self) -> Option<&WorkspaceStatus> {
        let id = self.selection.workspace.as_deref()?;
        self.status.value()?.workspaces.iter().find(|held| held.workspace.id == id)
    }

    /// Returns how many wells match the search.
    #[must_use]
    pub fn match_count(&self) -> usize {
        self.matches.len()
    }

    /// Returns a well by its row among those that match the search.
    #[must_use]
    pub fn matching_well(&self, row: usize) -> Option<&WellInfo> {
        self.wells.value()?.get(*self.matches.get(row)?)
    }

    /// Returns the row of the selected well among those that match the search.
    #[must_use]
    pub fn selected_row(&self) -> Option<usize> {
        let id = self.selection.well.as_deref()?;
        (0..self.matches.len()).find(|&row| self.matching_well(row).is_some_and(|well| well.id == id))
    }

    /// Returns the selected well.
    #[must_use]
    pub fn selected_well(&self) -> Option<&WellInfo> {
        let id = self.selection.well.as_deref()?;
        self.wells.value()?.iter().find(|well| well.id == id)
    }

    /// Returns the row of the selected run.
    #[must_use]
    pub fn selected_run_row(&self) -> Option<usize> {
        let id = self.selection.run.as_deref()?;
        self.runs.value()?.iter().position(|run| run.id == id)
    }

    /// Returns the selected run.
    #[must_use]
    pub fn selected_run(&self) -> Option<&RunInfo> {
        self.runs.value()?.get(self.selected_run_row()?)
    }

    /// Returns a command line for the user to type.
    #[must_use]
    pub fn command_line(&self, arguments: &str) -> String {
        format!("{} {arguments}", self.program)
    }

    fn match_wells(&mut self) {
        let words: Vec<String> = self.search.split_whitespace().map(str::to_lowercase).collect();
        let wells = self.wells.value().map_or(&[][..], Vec::as_slice);
        self.matches = (0..wells.len()).filter(|&row| contains_all(&wells[row], &words)).collect();
    }
}

/// Whether each word occurs in some field of the well that people search by.
fn contains_all(well: &WellInfo, words: &[String]) -> bool {
    let optional = [&well.uwi, &well.field, &well.company, &well.country];
    let fields: Vec<String> =
        std::iter::once(&well.name).chain(optional.into_iter().flatten()).map(|field| field.to_lowercase()).collect();
    words.iter().all(|word| fields.iter().any(|field| field.contains(word)))
}

#[cfg(test)]
mod tests;
