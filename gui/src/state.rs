//! All the window knows, and the one place where it changes.
//!
//! [`State::apply`] takes an action and returns the commands that follow from it. It does no I/O,
//! reads no clock and draws nothing, so every story of the window can be told without one.
//!
//! The lists hang on each other: status → workspace → wells → well → runs → run → curves. Each is a
//! [`Slot`]; selecting something empties the slots below it and asks for the next one.

mod apply;
mod browse;
mod deeds;
mod lists;
mod slot;
mod tree;

use std::collections::BTreeMap;
use std::path::PathBuf;

use dataforge_node::api::{
    ApiError, CurveInfo, PeerInfo, RunInfo, StatusReply, WellInfo, WorkspaceInfo, WorkspaceStatus,
};

pub use self::deeds::Deed;
pub use self::slot::{Slot, expect};
pub use self::tree::{At, Filter, Held, Hit, Key, Row, Tree};
use crate::calls::Tickets;
use crate::memory::{Memory, Recent};
use crate::theme::Choice;

/// Places that are remembered as opened lately.
const RECENT: usize = 12;

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
    /// Curve of the run, as `RUN:NUMBER`.
    pub curve: Option<String>,
}

/// How the window's parts stand, besides what they show.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parts {
    /// Whether the lists at the left are hidden.
    pub lists_hidden: bool,
    /// Whether the inspector at the right is hidden.
    pub inspector_hidden: bool,
    /// Whether a workspace is being made or joined beside those there are.
    pub beginning: bool,
    /// What was opened lately, the latest first.
    pub recent: Vec<Recent>,
    /// Files that were dropped on the window or chosen, for whoever takes them, and how often some were.
    pub offered: (u64, Vec<PathBuf>),
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
    /// Projects, wells, runs and curves as they are shown.
    pub tree: Tree,
    /// How the window's parts stand.
    pub parts: Parts,
    /// What the next frame should show.
    pub attention: Attention,
    /// Dark, light or as the system.
    pub theme: Choice,
    /// The last thing the node wanted the user to know.
    pub notice: Option<String>,
    /// Rows of `wells` that match the search, in the order in which they are shown.
    matches: Vec<usize>,
    /// What was asked of the node by the window itself, by ticket.
    deeds: BTreeMap<u64, Deed>,
    /// Results of queries on their way, by ticket.
    arriving: BTreeMap<u64, Vec<u8>>,
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
            tree: Tree::default(),
            parts: Parts::default(),
            attention: Attention::default(),
            theme: Choice::default(),
            notice: None,
            matches: Vec::new(),
            deeds: BTreeMap::new(),
            arriving: BTreeMap::new(),
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

    /// Returns the selected curve.
    #[must_use]
    pub fn selected_curve(&self) -> Option<&CurveInfo> {
        let (run, ordinal) = self.selection.curve.as_deref()?.rsplit_once(':')?;
        let ordinal: u32 = ordinal.parse().ok()?;
        if self.selection.run.as_deref() != Some(run) {
            return None;
        }
        self.curves.value()?.iter().find(|curve| curve.ordinal == ordinal)
    }

    /// Returns whether this person is a member of the selected workspace no more: it can be read and
    /// exported, and nothing in it changed.
    #[must_use]
    pub fn is_removed(&self) -> bool {
        self.workspace_status().is_some_and(|held| held.workspace.role == "none")
    }

    /// Returns the peer that says that this device is no member of the selected workspace any more, though
    /// nothing here says so yet.
    #[must_use]
    pub fn told_removed(&self) -> Option<&str> {
        let id = self.selection.workspace.as_deref()?;
        let told = |peer: &&PeerInfo| {
            peer.last_error.as_deref().is_some_and(|why| why.contains("no member of the workspace any more"))
                && peer.standings.iter().any(|standing| standing.workspace_id == id)
        };
        self.status.value()?.peers.iter().find(told).map(|peer| peer.name.as_str())
    }

    /// Notes that something was opened.
    pub fn note_opened(&mut self, recent: Recent) {
        let all = &mut self.parts.recent;
        all.retain(|other| (&other.place, &other.well) != (&recent.place, &recent.well));
        all.insert(0, recent);
        all.truncate(RECENT);
    }

    /// Returns what of it is remembered until the window opens again.
    #[must_use]
    pub fn memory(&self) -> Memory {
        Memory {
            theme: self.theme,
            workspace: self.selection.workspace.clone(),
            well: self.selection.well.clone(),
            filter: self.tree.filter.clone(),
            stars: self.tree.stars.clone(),
            lists_hidden: self.parts.lists_hidden,
            inspector_hidden: self.parts.inspector_hidden,
            recent: self.parts.recent.clone(),
            ..Memory::default()
        }
    }

    /// Takes up what was remembered.
    fn recall(&mut self, memory: Memory) {
        self.theme = memory.theme;
        self.selection.workspace = memory.workspace;
        self.selection.well = memory.well;
        self.tree.cursor = self.selection.well.clone().map(Key::Well);
        self.tree.filter = memory.filter;
        self.tree.stars = memory.stars;
        self.parts.lists_hidden = memory.lists_hidden;
        self.parts.inspector_hidden = memory.inspector_hidden;
        self.parts.recent = memory.recent;
    }
}

#[cfg(test)]
mod tests;
