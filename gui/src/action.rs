//! Everything that can happen to the window: what the user does and what the bridge brings.
//!
//! Panels and shortcuts push actions, [`State::apply`](crate::State::apply) is their only reader.

use std::path::PathBuf;

use crate::bridge::Message;
use crate::calls::Ticket;
use crate::state::{Filter, Key};
use crate::theme::Choice;
use crate::view::Place;
use crate::view::log::InStep;

/// One change of the state.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// The bridge brought something.
    Received(Message),
    /// Load everything shown again, and open the directory again when that failed.
    Refresh,
    /// Show another workspace, by id.
    SelectWorkspace(String),
    /// Select the workspace above or below.
    StepWorkspace(Step),
    /// Show another well, by id.
    SelectWell(String),
    /// Select the well above or below, among those that match the search.
    StepWell(Step),
    /// Select the first well that matches the search.
    SelectFirstMatch,
    /// Show another run of the well, by id.
    SelectRun(String),
    /// Select the run above or below.
    StepRun(Step),
    /// Show a curve, as `RUN:NUMBER`, of the run that is selected.
    SelectCurve(String),
    /// Go about in the tree.
    Browse(Browse),
    /// Filter the wells by these words.
    Search(String),
    /// Put the cursor into the search box.
    FocusSearch,
    /// The search box has the cursor.
    SearchFocused,
    /// The selected workspace is in view.
    WorkspaceRevealed,
    /// The selected well is in view.
    WellRevealed,
    /// The selected run is in view.
    RunRevealed,
    /// Use another theme.
    ChooseTheme(Choice),
    /// Open a view, or show it.
    Open(Place),
    /// Open a view, or show it, at this depth in metres.
    OpenAt(Place, f64),
    /// Close the view that the user is in.
    CloseView,
    /// A log shows other depths: those that go in step follow.
    InStep(InStep),
    /// Do a command, by its id.
    Run(&'static str),
    /// Undo the last change made here, or redo it.
    Undo {
        /// Redo.
        redo: bool,
    },
    /// Start listening and syncing.
    Up,
    /// Meet all peers once.
    Sync,
    /// End a call that is under way.
    CancelCall(Ticket),
    /// Files were dropped on the window, or chosen.
    Offer(Vec<PathBuf>),
    /// Begin another workspace, or go back to those there are.
    Begin(bool),
    /// Show or hide a part of the window.
    Toggle(Part),
    /// Tell the user something.
    Notice(String),
    /// Hide the notice.
    DismissNotice,
}

/// What the user does in the tree at the left.
#[derive(Debug, Clone, PartialEq)]
pub enum Browse {
    /// Go to the row above or below.
    Step(Step),
    /// Go to the row of this.
    To(Key),
    /// Open the branch, or go into it.
    In,
    /// Close the branch, or go out of it.
    Out,
    /// Open or close a branch.
    Open(Key, bool),
    /// Go to the row that begins with what is typed.
    Typed {
        /// What was typed now.
        letters: String,
        /// When, in seconds.
        at: f64,
    },
    /// Show other wells.
    Filter(Filter),
    /// Give a star, or take it away.
    Star {
        /// To what.
        key: Key,
        /// Whether it has one.
        on: bool,
    },
}

/// A part of the window that can be hidden.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Workspaces and wells at the left.
    Lists,
    /// The inspector at the right.
    Inspector,
}

/// A direction in a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// To the row above.
    Up,
    /// To the row below.
    Down,
}

impl Step {
    /// Returns the row to select of `count`, coming from `from`; from nowhere the nearest end.
    #[must_use]
    pub fn from_row(self, from: Option<usize>, count: usize) -> Option<usize> {
        let last = count.checked_sub(1)?;
        Some(match (self, from) {
            (Self::Up, None) => last,
            (Self::Down, None) => 0,
            (Self::Up, Some(row)) => row.saturating_sub(1).min(last),
            (Self::Down, Some(row)) => row.saturating_add(1).min(last),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Step;

    #[test]
    fn steps_stop_at_the_ends() {
        assert_eq!(Step::Down.from_row(None, 0), None);
        assert_eq!(Step::Down.from_row(None, 3), Some(0));
        assert_eq!(Step::Down.from_row(Some(2), 3), Some(2));
        assert_eq!(Step::Up.from_row(Some(0), 3), Some(0));
        assert_eq!(Step::Up.from_row(Some(9), 3), Some(2));
        assert_eq!(Step::Up.from_row(None, 3), Some(2));
    }
}
