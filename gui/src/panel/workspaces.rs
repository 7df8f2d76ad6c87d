//! The workspaces held here; choosing one shows its wells.

use egui::Ui;

use super::Actions;
use crate::action::Action;
use crate::format;
use crate::state::State;
use crate::theme::ROW_HEIGHT;
use crate::widget::problem::problem_ui;
use crate::widget::table::{Column, Row, Table};

/// Rows shown before the list scrolls, so that most of the panel is left to the wells.
const ROWS_SHOWN: usize = 5;

const COLUMNS: [Column; 3] =
    [Column::text("Workspace", 120.0, 1.0), Column::text("Role", 80.0, 0.0), Column::number("Wells", 70.0)];

/// Draws the workspaces.
pub fn workspaces_ui(ui: &mut Ui, state: &State, actions: &mut Actions) {
    if let Some(error) = state.status.error() {
        problem_ui(ui, error);
    }
    let workspaces: Vec<_> = state.workspaces().collect();
    let table = Table {
        id: "workspaces",
        columns: &COLUMNS,
        rows: workspaces.len(),
        choosable: true,
        chosen: state.selected_workspace_row(),
        reveal: state.attention.workspace,
        take_focus: true,
    };
    #[expect(clippy::cast_precision_loss, reason = "at most a handful of rows")]
    let height = (workspaces.len().min(ROWS_SHOWN) + 1) as f32 * ROW_HEIGHT;
    let size = egui::vec2(ui.available_width(), height);
    let outcome = ui
        .allocate_ui(size, |ui| {
            ui.set_min_size(size);
            ui.set_max_height(height);
            table.show(ui, |row| {
                let workspace = workspaces[row];
                let counts = format!(
                    "{}, {}, {}, {}",
                    format::counted(workspace.wells, "well"),
                    format::counted(workspace.runs, "run"),
                    format::counted(workspace.members, "member"),
                    format::counted(workspace.entries, "entry"),
                );
                Row {
                    cells: vec![workspace.name.clone(), workspace.role.clone(), format::count(workspace.wells)],
                    name: format!("Workspace {}, {}, {counts}", workspace.name, workspace.role),
                    more: format!("{}\n{counts}\nid {}", workspace.name, workspace.id),
                    weak: false,
                }
            })
        })
        .inner;
    // First, since a step in the same frame wants its own row brought to the eye.
    if outcome.revealed {
        actions.push(Action::WorkspaceRevealed);
    }
    if let Some(workspace) = outcome.clicked.and_then(|row| workspaces.get(row)) {
        actions.push(Action::SelectWorkspace(workspace.id.clone()));
    }
    if let Some(step) = outcome.step {
        actions.push(Action::StepWorkspace(step));
    }
}
