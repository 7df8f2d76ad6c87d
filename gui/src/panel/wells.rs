//! Projects, wells, runs and curves of the workspace as a tree, with search and filter above it.

use dataforge_node::api::{CurveInfo, RunInfo, WellInfo};
use egui::{ComboBox, Context, Id, Key as Press, Modifiers, TextEdit, Ui};

use super::Actions;
use crate::action::{Action, Browse};
use crate::format;
use crate::state::{At, Held, Key, Row, State};
use crate::view::Place;
use crate::widget::hint;
use crate::widget::problem::problem_ui;
use crate::widget::tree::{self, Outcome, Tree};

/// Draws search box, filter and tree.
pub fn wells_ui(ui: &mut Ui, state: &State, actions: &mut Actions) {
    let searching = search_ui(ui, state, actions);
    filter_ui(ui, state, actions);
    let tree = &state.tree;
    for error in [state.wells.error(), tree.projects.error(), tree.conflicts.error()].into_iter().flatten() {
        problem_ui(ui, error);
    }
    let Some(wells) = state.wells.value() else {
        if state.wells.is_loading() {
            hint::loading_ui(ui, "Loading wells …");
        }
        return;
    };
    if wells.is_empty() && tree.rows().is_empty() {
        empty_ui(ui, state, actions);
    } else if tree.rows().is_empty() {
        no_match_ui(ui, state, actions);
    } else {
        tree_ui(ui, state, searching, actions);
    }
}

fn empty_ui(ui: &mut Ui, state: &State, actions: &mut Actions) {
    let command = import_command(state);
    hint::empty_ui(ui, "No wells yet", "Wells come with their log files.", &[("Import a folder:", command)]);
    ui.vertical_centered(|ui| {
        ui.add_space(6.0);
        if ui.button("Import files …").on_hover_text("Or drop files and folders on the window").clicked() {
            actions.push(Action::Open(Place::Import));
        }
    });
}

/// Returns the import command; it names the workspace when there are several.
fn import_command(state: &State) -> String {
    let several = state.workspaces().nth(1).is_some();
    match state.workspace_status().filter(|_| several) {
        Some(held) => state.command_line(&format!("import --workspace '{}' DIR", held.workspace.name)),
        None => state.command_line("import DIR"),
    }
}

/// Returns whether the search box has the focus.
#[must_use]
pub fn is_searching(ctx: &Context) -> bool {
    ctx.memory(egui::Memory::focused) == Some(search_id())
}

fn search_id() -> Id {
    Id::unique("search wells")
}

/// Draws the search box and returns whether it has the focus.
fn search_ui(ui: &mut Ui, state: &State, actions: &mut Actions) -> bool {
    let mut words = state.search.clone();
    let edit = TextEdit::singleline(&mut words)
        .id(search_id())
        .hint_text("Name, UWI, field or curve (Ctrl+F)")
        .desired_width(f32::INFINITY);
    let response = ui.add(edit).accessible_name("Search wells");
    if state.attention.search {
        response.request_focus();
        actions.push(Action::SearchFocused);
    }
    let pressed = |key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
    if response.lost_focus() && pressed(Press::Enter) {
        actions.push(Action::SelectFirstMatch);
    }
    if response.lost_focus() && pressed(Press::Escape) {
        words.clear();
    }
    if words != state.search {
        actions.push(Action::Search(words));
    }
    response.has_focus()
}

/// Draws which wells are shown, as far as there is something to choose.
fn filter_ui(ui: &mut Ui, state: &State, actions: &mut Actions) {
    let mut filter = state.tree.filter.clone();
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        if let Some(projects) = state.tree.projects.value().filter(|projects| !projects.is_empty()) {
            let name = |id: &String| projects.iter().find(|it| it.id == *id).map(|it| it.name.as_str());
            let shown = filter.project.as_ref().and_then(name).unwrap_or("All projects");
            let combo = ComboBox::from_id_salt("filter project").selected_text(shown).width(110.0).truncate();
            let combo = combo.show_ui(ui, |ui| {
                ui.selectable_value(&mut filter.project, None, "All projects");
                for project in projects {
                    ui.selectable_value(&mut filter.project, Some(project.id.clone()), &project.name);
                }
            });
            combo.response.accessible_name("Filter by project");
        }
        let held = |held| match held {
            Held::Anywhere => "Held anywhere",
            Held::Here => "Held here",
            Held::NotHere => "Not all held here",
        };
        let combo = ComboBox::from_id_salt("filter held").selected_text(held(filter.held)).width(110.0).truncate();
        let combo = combo.show_ui(ui, |ui| {
            for choice in [Held::Anywhere, Held::Here, Held::NotHere] {
                ui.selectable_value(&mut filter.held, choice, held(choice));
            }
        });
        combo.response.accessible_name("Filter by where data are held");
        ui.checkbox(&mut filter.starred, "Starred");
        ui.checkbox(&mut filter.conflicts, "In conflict");
    });
    if filter != state.tree.filter {
        actions.push(Action::Browse(Browse::Filter(filter)));
    }
}

fn no_match_ui(ui: &mut Ui, state: &State, actions: &mut Actions) {
    let words = state.search.trim();
    let (why, is_filtered) = (format!("Nothing contains “{words}”."), state.tree.filter.is_on());
    let why = match (words.is_empty(), is_filtered) {
        (true, _) => "The filter leaves nothing.".to_owned(),
        (false, true) => format!("{why} The filter may hide it."),
        (false, false) => why,
    };
    hint::empty_ui(ui, "No well matches", &why, &[]);
    ui.vertical_centered(|ui| {
        if !words.is_empty() && ui.button("Clear search").clicked() {
            actions.push(Action::Search(String::new()));
        }
        if is_filtered && ui.button("Show all wells").clicked() {
            actions.push(Action::Browse(Browse::Filter(crate::state::Filter::default())));
        }
    });
}

fn tree_ui(ui: &mut Ui, state: &State, searching: bool, actions: &mut Actions) {
    let rows = state.tree.rows();
    let tree = Tree {
        id: "wells",
        rows: rows.len(),
        chosen: state.tree.cursor_row(),
        reveal: state.attention.well,
        take_focus: !searching,
    };
    let outcome = tree.show(ui, |row| rows.get(row).map_or_else(tree::Row::default, |row| drawn(state, row)));
    follow(ui, state, &outcome, actions);
}

/// Says as actions what happened in the tree.
fn follow(ui: &Ui, state: &State, outcome: &Outcome, actions: &mut Actions) {
    let row = |at: Option<usize>| at.and_then(|at| state.tree.rows().get(at));
    let key = |at: Option<usize>| row(at).and_then(|row| row.key.clone());
    // First, since a step in the same frame wants its own row brought to the eye.
    if outcome.revealed {
        actions.push(Action::WellRevealed);
    }
    let mut browse = |browse| actions.push(Action::Browse(browse));
    if let Some(key) = key(outcome.clicked) {
        browse(Browse::To(key));
    }
    if let Some((key, open)) = key(outcome.turned).zip(row(outcome.turned).and_then(|row| row.open)) {
        browse(Browse::Open(key, !open));
    }
    if let Some(key) = key(outcome.starred) {
        let on = !id_of(&key).is_some_and(|id| state.tree.is_starred(id));
        browse(Browse::Star { key, on });
    }
    if let Some(step) = outcome.step {
        browse(Browse::Step(step));
    }
    if outcome.inwards {
        browse(Browse::In);
    }
    if outcome.outwards {
        browse(Browse::Out);
    }
    if !outcome.typed.is_empty() {
        let at = ui.input(|input| input.time);
        browse(Browse::Typed { letters: outcome.typed.clone(), at });
    }
    if let Some(Key::Well(_) | Key::Run(_) | Key::Curve(_)) = key(outcome.taken) {
        actions.push(Action::Open(Place::Well));
    }
}

/// Returns the id that a star is given to.
#[must_use]
pub fn id_of(key: &Key) -> Option<&str> {
    match key {
        Key::Project(id) | Key::Well(id) | Key::Run(id) | Key::Curve(id) | Key::Chart(id) => Some(id),
        Key::Loose => None,
    }
}

fn drawn(state: &State, row: &Row) -> tree::Row {
    let drawn = match &row.at {
        At::Well(at) => state.wells.value().and_then(|wells| wells.get(*at)).map(well_row),
        At::Run(..) => state.run_of(row).map(run_row),
        At::Curve(..) => state.curve_of(row).map(curve_row),
        At::Project(_, wells) | At::Loose(wells) => Some(group_row(state, row, *wells)),
        At::Told(text) => Some(tree::Row { name: text.clone(), silent: true, ..tree::Row::default() }),
    };
    let star = match &row.key {
        Some(Key::Project(_)) | None => None,
        Some(key) => id_of(key).map(|id| state.tree.is_starred(id)),
    };
    tree::Row { text: state.row_text(row), depth: row.depth, open: row.open, star, ..drawn.unwrap_or_default() }
}

fn group_row(state: &State, row: &Row, wells: usize) -> tree::Row {
    let wells = format::counted(wells as u64, "well");
    let name = match row.at {
        At::Loose(_) => format!("Wells in no project, {wells}"),
        _ => format!("Project {}, {wells}", state.row_text(row)),
    };
    tree::Row { side: wells, name, strong: true, ..tree::Row::default() }
}

fn well_row(well: &WellInfo) -> tree::Row {
    let runs = format::counted(well.runs, "run");
    let curves = format::counted(well.curves, "curve");
    let held = match (well.held, well.runs) {
        (held, runs) if held == runs => "",
        (0, _) => ", not held here",
        _ => ", partly held here",
    };
    let uwi = well.uwi.as_deref().unwrap_or(format::NOTHING);
    let depth = format::interval(well.top_m.map(f64::round), well.base_m.map(f64::round), "m");
    let field = well.field.as_deref().unwrap_or_default();
    tree::Row {
        side: format!("{field}  {runs}{held}"),
        name: format!("Well {}, {runs}, {curves}{held}", well.name),
        more: format!("{}\nUWI {uwi}\n{depth}\n{runs}, {curves}{held}", well.name),
        weak: well.held == 0 && well.runs > 0,
        ..tree::Row::default()
    }
}

fn run_row(run: &RunInfo) -> tree::Row {
    let range = format::interval(run.index_min, run.index_max, &run.index_unit);
    let curves = format::counted(run.curves, "curve");
    let held = if run.held { "held here" } else { "not held here" };
    tree::Row {
        side: if run.held { range.clone() } else { format!("{range}, {held}") },
        name: format!("Branch run {}, {range}, {curves}, {held}", run.name),
        more: format!("{}\nfrom {}\n{range}, {curves}\n{held}", run.name, run.source),
        weak: !run.held,
        ..tree::Row::default()
    }
}

fn curve_row(curve: &CurveInfo) -> tree::Row {
    let property = curve.property.as_deref().unwrap_or("not recognised");
    tree::Row {
        side: format!("{property}  {}", curve.unit),
        name: format!("Branch curve {}, {property}, {}", curve.curve, curve.unit),
        more: format!("{} ({})\n{}\n{property}", curve.curve, curve.mnemonic, curve.description),
        weak: curve.count == 0,
        ..tree::Row::default()
    }
}
