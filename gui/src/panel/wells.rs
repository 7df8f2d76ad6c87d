//! The wells of the workspace, with the search box above them.

use dataforge_node::api::WellInfo;
use egui::{Key, Modifiers, TextEdit, Ui};

use super::Actions;
use crate::action::Action;
use crate::format;
use crate::state::State;
use crate::widget::hint;
use crate::widget::problem::problem_ui;
use crate::widget::table::{Column, Row, Table};

const COLUMNS: [Column; 4] = [
    Column::text("Well", 110.0, 2.0),
    Column::text("Field", 70.0, 1.0),
    Column::number("Runs", 50.0),
    Column::number("Depth, m", 120.0),
];

/// Draws search box and wells.
pub fn wells_ui(ui: &mut Ui, state: &State, actions: &mut Actions) {
    let searching = search_ui(ui, state, actions);
    if let Some(error) = state.wells.error() {
        problem_ui(ui, error);
    }
    let Some(wells) = state.wells.value() else {
        if state.wells.is_loading() {
            hint::loading_ui(ui, "Loading wells …");
        }
        return;
    };
    if wells.is_empty() {
        let command = import_command(state);
        hint::empty_ui(ui, "No wells yet", "Wells come with their log files.", &[("Import a folder:", command)]);
    } else if state.match_count() == 0 {
        no_match_ui(ui, state, actions);
    } else {
        list_ui(ui, state, searching, actions);
    }
}

/// Returns the import command; it names the workspace when there are several.
fn import_command(state: &State) -> String {
    let several = state.workspaces().nth(1).is_some();
    match state.workspace_status().filter(|_| several) {
        Some(held) => state.command_line(&format!("import --workspace '{}' DIR", held.workspace.name)),
        None => state.command_line("import DIR"),
    }
}

/// Draws the search box and returns whether it has the focus.
fn search_ui(ui: &mut Ui, state: &State, actions: &mut Actions) -> bool {
    let mut words = state.search.clone();
    let edit = TextEdit::singleline(&mut words).hint_text("Search wells (Ctrl+F)").desired_width(f32::INFINITY);
    let response = ui.add(edit).accessible_name("Search wells");
    if state.attention.search {
        response.request_focus();
        actions.push(Action::SearchFocused);
    }
    let pressed = |key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
    if response.lost_focus() && pressed(Key::Enter) {
        actions.push(Action::SelectFirstMatch);
    }
    if response.lost_focus() && pressed(Key::Escape) {
        words.clear();
    }
    if words != state.search {
        actions.push(Action::Search(words));
    }
    response.has_focus()
}

fn no_match_ui(ui: &mut Ui, state: &State, actions: &mut Actions) {
    hint::empty_ui(ui, "No well matches", &format!("Nothing contains “{}”.", state.search.trim()), &[]);
    ui.vertical_centered(|ui| {
        if ui.button("Clear search").clicked() {
            actions.push(Action::Search(String::new()));
        }
    });
}

fn list_ui(ui: &mut Ui, state: &State, searching: bool, actions: &mut Actions) {
    let table = Table {
        id: "wells",
        columns: &COLUMNS,
        rows: state.match_count(),
        choosable: true,
        chosen: state.selected_row(),
        reveal: state.attention.well,
        take_focus: !searching,
    };
    let outcome = table.show(ui, |row| state.matching_well(row).map_or_else(Row::default, well_row));
    if let Some(well) = outcome.clicked.and_then(|row| state.matching_well(row)) {
        actions.push(Action::SelectWell(well.id.clone()));
    }
    if let Some(step) = outcome.step {
        actions.push(Action::StepWell(step));
    }
    if outcome.revealed {
        actions.push(Action::WellRevealed);
    }
}

fn well_row(well: &WellInfo) -> Row {
    let depth = format::interval(well.top_m.map(f64::round), well.base_m.map(f64::round), "");
    let runs = format::counted(well.runs, "run");
    let curves = format::counted(well.curves, "curve");
    let uwi = well.uwi.as_deref().unwrap_or(format::NOTHING);
    Row {
        cells: vec![well.name.clone(), well.field.clone().unwrap_or_default(), format::count(well.runs), depth],
        name: format!("Well {}, {runs}, {curves}", well.name),
        more: format!("{}\nUWI {uwi}\n{runs}, {curves}", well.name),
        weak: false,
    }
}
