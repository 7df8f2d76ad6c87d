//! The whole window while there is no workspace to show: opening, failed, or none here yet.

use egui::Ui;

use super::Actions;
use crate::action::Action;
use crate::app::BEGIN;
use crate::start::Begin;
use crate::state::{NodeState, State};
use crate::tiles::Around;
use crate::widget::hint;
use crate::widget::problem::problem_ui;

/// Widest that an error is drawn.
const PROBLEM_WIDTH: f32 = 640.0;

/// Returns whether this panel is what there is to show.
#[must_use]
pub fn is_needed(state: &State) -> bool {
    state.node != NodeState::Open || state.workspaces().next().is_none()
}

/// Draws why there is nothing to show, or the first steps.
pub fn start_ui(ui: &mut Ui, begin: &mut Begin, around: &mut Around<'_>) {
    let state = around.state;
    let directory = state.directory.display();
    match (&state.node, state.status.error()) {
        (NodeState::Opening, _) => hint::loading_ui(ui, &format!("Opening {directory} …")),
        (NodeState::Failed(error), _) => {
            failure_ui(ui, "The data directory cannot be opened", error, around.actions);
        }
        (NodeState::Open, Some(error)) if state.status.value().is_none() => {
            failure_ui(ui, "The node gives no status", error, around.actions);
        }
        (NodeState::Open, _) if state.status.value().is_none() => hint::loading_ui(ui, "Loading …"),
        (NodeState::Open, _) => begin.ui(ui, &mut around.cx(BEGIN)),
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
