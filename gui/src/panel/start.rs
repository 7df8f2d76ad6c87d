//! The whole window while there is no workspace to show: opening, failed, or none here yet.

use egui::Ui;

use super::Actions;
use crate::action::Action;
use crate::state::{NodeState, State};
use crate::widget::hint;
use crate::widget::problem::problem_ui;

/// Widest that an error is drawn.
const PROBLEM_WIDTH: f32 = 640.0;

/// Returns whether this panel is what there is to show.
#[must_use]
pub fn is_needed(state: &State) -> bool {
    state.node != NodeState::Open || state.workspaces().next().is_none()
}

/// Draws why there is nothing to show, and what to do.
pub fn start_ui(ui: &mut Ui, state: &State, actions: &mut Actions) {
    let directory = state.directory.display();
    match (&state.node, state.status.error()) {
        (NodeState::Opening, _) => hint::loading_ui(ui, &format!("Opening {directory} …")),
        (NodeState::Failed(error), _) => failure_ui(ui, "The data directory cannot be opened", error, actions),
        (NodeState::Open, Some(error)) => failure_ui(ui, "The node gives no status", error, actions),
        (NodeState::Open, None) if state.status.value().is_none() => hint::loading_ui(ui, "Loading …"),
        (NodeState::Open, None) => hint::empty_ui(
            ui,
            "No workspace here yet",
            &format!("{directory} holds none. Make one, or join one you were invited to; this window will show it."),
            &[("Make one:", state.command_line("init NAME")), ("Join one:", state.command_line("join TICKET"))],
        ),
    }
}

fn failure_ui(ui: &mut Ui, title: &str, error: &dataforge_node::api::ApiError, actions: &mut Actions) {
    ui.vertical_centered(|ui| {
        ui.add_space((ui.available_height() * 0.15).min(90.0));
        ui.set_max_width(PROBLEM_WIDTH.min(ui.available_width()));
        ui.heading(title);
        ui.add_space(6.0);
        problem_ui(ui, error);
        ui.add_space(6.0);
        if ui.button("Try again").on_hover_text("F5").clicked() {
            actions.push(Action::Refresh);
        }
    });
}
