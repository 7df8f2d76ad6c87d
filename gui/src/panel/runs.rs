//! The runs of the selected well; choosing one shows its curves.

use dataforge_node::api::RunInfo;
use egui::{RichText, Ui};

use super::Actions;
use crate::action::Action;
use crate::format;
use crate::state::State;
use crate::widget::hint;
use crate::widget::problem::problem_ui;
use crate::widget::table::{Column, Row, Table};

const COLUMNS: [Column; 7] = [
    Column::text("Run", 130.0, 1.0),
    Column::text("Source", 110.0, 2.0),
    Column::text("Index", 90.0, 0.0),
    Column::text("Range", 170.0, 0.0),
    Column::number("Step", 80.0),
    Column::number("Rows", 80.0),
    Column::number("Curves", 70.0),
];

/// Draws the runs.
pub fn runs_ui(ui: &mut Ui, state: &State, actions: &mut Actions) {
    ui.label(RichText::new("Runs").strong());
    if let Some(error) = state.runs.error() {
        problem_ui(ui, error);
    }
    let Some(runs) = state.runs.value() else {
        if state.runs.is_loading() {
            hint::loading_ui(ui, "Loading runs …");
        }
        return;
    };
    if runs.is_empty() {
        ui.weak("This well has no runs.");
        return;
    }
    let table = Table {
        id: "runs",
        columns: &COLUMNS,
        rows: runs.len(),
        choosable: true,
        chosen: state.selected_run_row(),
        reveal: state.attention.run,
        take_focus: true,
    };
    let outcome = table.show(ui, |row| run_row(&runs[row]));
    if let Some(run) = outcome.clicked.and_then(|row| runs.get(row)) {
        actions.push(Action::SelectRun(run.id.clone()));
    }
    if let Some(step) = outcome.step {
        actions.push(Action::StepRun(step));
    }
    if outcome.revealed {
        actions.push(Action::RunRevealed);
    }
}

fn run_row(run: &RunInfo) -> Row {
    let range = format::interval(run.index_min, run.index_max, &run.index_unit);
    let step = run.step.map_or_else(|| "irregular".to_owned(), |step| format::value(Some(step)));
    let rows = format::counted(run.rows, "row");
    let curves = format::counted(run.curves, "curve");
    let held = if run.held { "held here" } else { "not held here" };
    Row {
        cells: vec![
            run.name.clone(),
            run.source.clone(),
            run.index.clone(),
            range.clone(),
            step,
            format::count(run.rows),
            format::count(run.curves),
        ],
        name: format!("Run {}, {range}, {rows}, {curves}, {held}", run.name),
        more: format!(
            "{}\nfrom {}\n{} index, {rows}, {curves}\n{} {held}\nid {}",
            run.name,
            run.source,
            run.index_kind,
            format::bytes(run.blob_bytes),
            run.short
        ),
        weak: !run.held,
    }
}
