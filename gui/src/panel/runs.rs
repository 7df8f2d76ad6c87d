//! The runs of a well; choosing one shows its curves.

use dataforge_node::api::RunInfo;
use egui::{RichText, Ui};

use crate::format;
use crate::state::Slot;
use crate::widget::hint;
use crate::widget::problem::problem_ui;
use crate::widget::table::{Column, Outcome, Row, Table};

const COLUMNS: [Column; 8] = [
    Column::text("Run", 130.0, 1.0),
    Column::text("Source", 110.0, 2.0),
    Column::text("Index", 90.0, 0.0),
    Column::text("Range", 170.0, 0.0),
    Column::number("Step", 80.0),
    Column::number("Rows", 80.0),
    Column::number("Curves", 70.0),
    Column::text("Data", 110.0, 0.0),
];

/// Draws the runs, the one in this row chosen.
pub fn runs_ui(ui: &mut Ui, runs: &Slot<Vec<RunInfo>>, chosen: Option<usize>, reveal: bool) -> Outcome {
    ui.label(RichText::new("Runs").strong());
    if let Some(error) = runs.error() {
        problem_ui(ui, error);
    }
    let Some(runs) = runs.value() else {
        if runs.is_loading() {
            hint::loading_ui(ui, "Loading runs …");
        }
        return Outcome::default();
    };
    if runs.is_empty() {
        ui.weak("This well has no runs.");
        return Outcome::default();
    }
    let table =
        Table { id: "runs", columns: &COLUMNS, rows: runs.len(), choosable: true, chosen, reveal, take_focus: true };
    table.show(ui, |row| run_row(&runs[row]))
}

fn run_row(run: &RunInfo) -> Row {
    let range = format::interval(run.index_min, run.index_max, &run.index_unit);
    let step = run.step.map_or_else(|| "irregular".to_owned(), |step| format::value(Some(step)));
    let rows = format::counted(run.rows, "row");
    let curves = format::counted(run.curves, "curve");
    let held = match (&run.refused, run.held) {
        (Some(_), _) => "refused",
        (None, true) => "held here",
        (None, false) => "not held here",
    };
    let notices = match run.notices {
        0 => String::new(),
        count => format!("\n{} in its source", format::counted(count, "oddity")),
    };
    let refused = run.refused.as_ref().map_or_else(String::new, |why| format!("\nnot used: {why}"));
    Row {
        cells: vec![
            run.name.clone(),
            run.source.clone(),
            run.index.clone(),
            range.clone(),
            step,
            format::count(run.rows),
            format::count(run.curves),
            held.to_owned(),
        ],
        name: format!("Run {}, {range}, {rows}, {curves}, {held}", run.name),
        more: format!(
            "{}\nfrom {}\n{} index, {rows}, {curves}\n{} {held}{notices}{refused}\nid {}",
            run.name,
            run.source,
            run.index_kind,
            format::bytes(run.blob_bytes),
            run.short
        ),
        weak: !run.held,
    }
}
