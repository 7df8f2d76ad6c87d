//! Everything that can happen to the window: what the user does and what the bridge brings.
//!
//! Panels and shortcuts push actions, [`State::apply`](crate::State::apply) is their only reader.

use crate::bridge::Message;
use crate::theme::Choice;
use crate::view::Place;

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
    /// Do a command, by its id.
    Run(&'static str),
    /// Tell the user something.
    Notice(String),
    /// Hide the notice.
    DismissNotice,
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
