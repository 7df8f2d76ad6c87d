//! Flows of the frame: lists, views, palette, undo, and what a restart keeps.

use dataforge_node::api::{ImportOptions, ProjectRequest, Reply, Request, WellInfo};
use egui::accesskit::Role;
use egui::{Key, Modifiers};

use crate::support::{Desk, Room, init, las, write};

/// Commands that tests here show.
pub(crate) const COVERED: &[(&str, &str)] = &[
    ("window.palette", "the_palette_finds_commands_wells_and_views"),
    ("window.help", "all_keys_are_listed"),
    ("window.well", "the_palette_finds_commands_wells_and_views"),
    ("window.home", "views_are_gone_through_and_closed"),
    ("window.next_view", "views_are_gone_through_and_closed"),
    ("window.previous_view", "views_are_gone_through_and_closed"),
    ("window.close_view", "views_are_gone_through_and_closed"),
    ("window.next_region", "f6_goes_through_the_parts_of_the_window"),
    ("window.zoom_in", "everything_is_made_larger_and_smaller"),
    ("window.zoom_out", "everything_is_made_larger_and_smaller"),
    ("window.zoom_reset", "everything_is_made_larger_and_smaller"),
    ("window.toggle_lists", "parts_are_hidden_and_shown"),
    ("window.toggle_inspector", "parts_are_hidden_and_shown"),
    ("window.star", "a_star_is_given_kept_and_filtered_by"),
    ("window.undo", "an_edit_is_undone_and_redone"),
    ("window.redo", "an_edit_is_undone_and_redone"),
    ("window.next_workspace", "another_workspace_is_shown"),
    ("window.previous_workspace", "another_workspace_is_shown"),
    ("window.up", "syncing_is_started_and_peers_are_met"),
    ("window.sync", "syncing_is_started_and_peers_are_met"),
    ("window.theme_system", "layout_and_looks_are_remembered_after_a_restart"),
    ("window.theme_dark", "layout_and_looks_are_remembered_after_a_restart"),
    ("window.theme_light", "layout_and_looks_are_remembered_after_a_restart"),
    ("home.next", "home_proposes_what_to_do_first"),
];

fn north() -> Desk {
    let file = las("North 1", "9001", &[("GR", "GAPI"), ("RHOB", "G/C3")], 100);
    let mut desk = Desk::with_files(&[("north1.las", file)]);
    desk.wait_for("Well North 1");
    desk
}

fn wells(desk: &Desk) -> Vec<WellInfo> {
    match desk.call(Request::Wells { workspace: None }) {
        Reply::Wells { wells } => wells,
        other => panic!("{other:?}"),
    }
}

#[test]
fn wells_of_real_files_are_listed_with_their_curves() {
    let mut desk = north();
    desk.click_by(Role::ListBoxOption, "Well North 1");
    desk.wait_for("Curve GR, gamma_ray");
    assert!(desk.shows("Curve RHOB, bulk_density"));
}

#[test]
fn the_tree_is_gone_through_by_keys_down_to_curves() {
    let mut desk = north();
    desk.click_by(Role::ListBoxOption, "Well North 1");
    desk.wait_until("the well", |desk| desk.get_by(Role::ListBoxOption, "Well North 1").is_focused());
    desk.press(Key::ArrowRight);
    desk.wait_for("Branch run");
    desk.press(Key::ArrowRight);
    desk.wait_until("the run", |desk| desk.get_by(Role::ListBoxOption, "Branch run").is_focused());
    desk.press(Key::ArrowRight);
    desk.wait_for("Branch curve GR, gamma_ray");
    desk.harness.event(egui::Event::Text("rh".to_owned()));
    desk.wait_until("the curve", |desk| desk.app().state().selected_curve().is_some_and(|it| it.mnemonic == "RHOB"));
    desk.wait_for("Inspect: Curve");
    desk.wait_for("Column in SQL");
    desk.press(Key::ArrowLeft);
    desk.wait_until("the run again", |desk| desk.app().state().selection.curve.is_none());
    desk.press(Key::ArrowLeft);
    desk.wait_gone("Branch curve");
}

#[test]
fn wells_are_found_by_their_curves_and_stand_under_their_project() {
    let room = Room::new();
    let north = las("North 1", "9001", &[("GR", "GAPI")], 50);
    let south = las("South 2", "9002", &[("DTCO", "US/F")], 50);
    room.with_files(&[("north.las", north), ("south.las", south)]);
    let project = |ask| Request::Projects { workspace: None, ask };
    room.prepare(vec![
        project(ProjectRequest::Create { name: "Infill".to_owned(), description: None }),
        project(ProjectRequest::File { project: Some("Infill".to_owned()), wells: vec!["South 2".to_owned()] }),
    ]);
    let mut desk = Desk::open(room);
    desk.wait_for("Project Infill, 1 well");
    assert!(desk.shows("Wells in no project, 1 well"));
    desk.fill("Search wells", "dtco");
    desk.wait_gone("Well North 1");
    desk.wait_for("Well South 2");
    assert!(!desk.shows("Wells in no project"), "a group with nothing in it is not shown");
    desk.fill("Search wells", "");
    desk.wait_for("Well North 1");
}

#[test]
fn the_palette_finds_commands_wells_and_views() {
    let mut desk = north();
    desk.press_with(Modifiers::COMMAND, Key::K);
    desk.wait_for("Command: Import files");
    desk.fill("Find a command or name", "nor1");
    desk.wait_for("Well: North 1");
    desk.press(Key::Enter);
    desk.wait_for("Curve GR, gamma_ray");
    desk.command("Open the home view");
    desk.wait_for("Lately");
    desk.command("Open the page of the selected well");
    desk.wait_for("Curve GR, gamma_ray");
    desk.press_with(Modifiers::COMMAND, Key::K);
    desk.wait_for("Find a command or name");
    desk.press(Key::Escape);
    desk.wait_gone("Command: Import files");
}

#[test]
fn every_command_of_the_window_is_in_the_palette() {
    let mut desk = north();
    desk.press_with(Modifiers::COMMAND, Key::K);
    for command in dataforge_gui::commands::WINDOW {
        desk.fill("Find a command or name", command.name);
        desk.wait_for(&format!("Command: {}", command.name));
    }
}

#[test]
fn all_keys_are_listed() {
    let mut desk = north();
    desk.press(Key::F1);
    desk.wait_for("Undo the last change of yours");
    assert!(desk.shows("Ctrl+Z"));
    desk.click("Close the keys");
    desk.wait_gone("Undo the last change of yours");
}

#[test]
fn views_are_gone_through_and_closed() {
    let mut desk = north();
    desk.click_by(Role::ListBoxOption, "Well North 1");
    desk.wait_for("Curve GR, gamma_ray");
    desk.press_with(Modifiers::ALT, Key::Home);
    desk.wait_for("Lately");
    desk.press_with(Modifiers::COMMAND, Key::Tab);
    desk.wait_for("Curve GR, gamma_ray");
    desk.press_with(Modifiers::COMMAND | Modifiers::SHIFT, Key::Tab);
    desk.wait_for("Lately");
    desk.press_with(Modifiers::COMMAND, Key::W);
    desk.wait_gone("Lately");
    desk.press_with(Modifiers::ALT, Key::Home);
    desk.wait_for("Lately");
}

#[test]
fn f6_goes_through_the_parts_of_the_window() {
    let mut desk = north();
    for part in ["Part: wells", "Part: views", "Part: inspector", "Part: status", "Part: wells"] {
        desk.press(Key::F6);
        desk.wait_until(part, |desk| desk.get(part).is_focused());
    }
}

#[test]
fn everything_is_made_larger_and_smaller() {
    let mut desk = north();
    let scaled = |scale: f32| move |desk: &Desk| (desk.harness.ctx.zoom_factor() - scale).abs() < 0.01;
    desk.press_with(Modifiers::COMMAND, Key::Plus);
    desk.wait_until("larger", scaled(1.1));
    desk.press_with(Modifiers::COMMAND, Key::Num0);
    desk.wait_until("as usual", scaled(1.0));
    desk.press_with(Modifiers::COMMAND, Key::Minus);
    desk.wait_until("smaller", scaled(0.9));
}

#[test]
fn parts_are_hidden_and_shown() {
    let mut desk = north();
    desk.press_with(Modifiers::COMMAND, Key::B);
    desk.wait_gone("Well North 1");
    desk.press_with(Modifiers::COMMAND, Key::B);
    desk.wait_for("Well North 1");
    assert!(desk.shows("Part: inspector"));
    desk.press_with(Modifiers::COMMAND, Key::I);
    desk.wait_gone("Part: inspector");
    desk.press_with(Modifiers::COMMAND, Key::I);
    desk.wait_for("Part: inspector");
}

#[test]
fn a_star_is_given_kept_and_filtered_by() {
    let room = Room::new();
    let file = |name: &str, uwi: &str| las(name, uwi, &[("GR", "GAPI")], 50);
    room.with_files(&[("a.las", file("Alpha", "1")), ("b.las", file("Beta", "2"))]);
    let mut desk = Desk::open(room);
    desk.click_by(Role::ListBoxOption, "Well Beta");
    desk.press_with(Modifiers::COMMAND, Key::D);
    desk.wait_until("the star", |desk| {
        let well = desk.app().state().selection.well.clone().unwrap_or_default();
        desk.app().state().tree.is_starred(&well)
    });
    desk.click("Starred");
    desk.wait_gone("Well Alpha");
    let mut desk = desk.restart();
    desk.wait_for("Well Beta");
    assert!(!desk.shows("Well Alpha"), "the filter is remembered too");
    desk.press_with(Modifiers::COMMAND, Key::D);
    desk.wait_for("No well matches");
}

#[test]
fn an_edit_is_undone_and_redone() {
    let mut desk = north();
    desk.click_by(Role::ListBoxOption, "Well North 1");
    desk.fill("Company", "ACME");
    desk.press(Key::Enter);
    desk.wait_until("the edit", |desk| wells(desk)[0].company.as_deref() == Some("ACME"));
    desk.wait_for("saved");
    desk.press_with(Modifiers::COMMAND, Key::Z);
    desk.wait_for("undo: no company, was");
    assert_eq!(wells(&desk)[0].company, None);
    desk.wait_until("the inspector", |desk| desk.value("Company").is_empty());
    desk.press_with(Modifiers::COMMAND | Modifiers::SHIFT, Key::Z);
    desk.wait_for("redo: company");
    assert_eq!(wells(&desk)[0].company.as_deref(), Some("ACME"));
}

#[test]
fn an_edit_that_is_refused_is_rolled_back_with_its_reason() {
    let mut desk = north();
    desk.click_by(Role::ListBoxOption, "Well North 1");
    desk.fill("Unit of the depth grid (m, ft)", "furlong");
    desk.press(Key::Enter);
    let rolled_back = |desk: &Desk| desk.value("Unit of the depth grid (m, ft)").is_empty();
    desk.wait_until("the refusal", |desk| desk.shows("refused: ") && rolled_back(desk));
    assert_eq!(wells(&desk)[0].grid_unit, None);
}

#[test]
fn another_workspace_is_shown() {
    let room = Room::new();
    room.with_files(&[("a.las", las("North 1", "9001", &[("GR", "GAPI")], 50))]);
    room.prepare(vec![Request::Init { name: "Other".to_owned(), person: None, device: None }]);
    let mut desk = Desk::open(room);
    desk.wait_for("Well North 1");
    desk.command("Go to the next workspace");
    desk.wait_for("No wells yet");
    desk.command("Go to the workspace before");
    desk.wait_for("Well North 1");
}

#[test]
fn syncing_is_started_and_peers_are_met() {
    let mut desk = north();
    desk.wait_for("Not up");
    desk.command("Start syncing");
    desk.wait_gone("Not up");
    desk.command("Meet all peers once");
    desk.wait_until("an answer", |desk| desk.shows("met 0, not met 0") || desk.shows("nobody was met: "));
}

#[test]
fn home_proposes_what_to_do_first() {
    let mut desk = Desk::with_files(&[]);
    desk.wait_for("There are no wells yet");
    desk.wait_for("Field");
    desk.command("Do the first thing that home proposes");
    desk.wait_for("Choose files …");
}

#[test]
fn layout_and_looks_are_remembered_after_a_restart() {
    let mut desk = north();
    desk.command("Light theme");
    desk.wait_until("light", |desk| desk.harness.ctx.theme() == egui::Theme::Light);
    desk.command("Theme as the system");
    desk.command("Dark theme");
    desk.wait_until("dark", |desk| desk.harness.ctx.theme() == egui::Theme::Dark);
    desk.command("Light theme");
    desk.click_by(Role::ListBoxOption, "Well North 1");
    desk.wait_for("Curve GR, gamma_ray");
    desk.press_with(Modifiers::COMMAND, Key::I);
    desk.press_with(Modifiers::COMMAND, Key::O);
    desk.wait_for("Choose files …");
    let mut desk = desk.restart();
    desk.wait_for("Choose files …");
    desk.wait_until("light", |desk| desk.harness.ctx.theme() == egui::Theme::Light);
    assert!(!desk.shows("Part: inspector"));
    desk.wait_until("the well", |desk| desk.app().state().selected_well().is_some_and(|well| well.name == "North 1"));
    desk.press_with(Modifiers::ALT, Key::Home);
    desk.wait_for("Open again: North 1");
}

#[test]
fn a_damaged_memory_is_set_aside_with_a_word() {
    let room = Room::new();
    room.prepare(vec![init()]);
    write(&room.data().join("desktop.json"), "{ this is no JSON");
    let mut desk = Desk::open(room);
    desk.wait_for("set aside as");
    desk.wait_for("No wells yet");
    assert!(desk.room().data().join("desktop.json.damaged").exists());
}

#[test]
fn names_from_right_to_left_and_long_ones_stay_in_their_place() {
    let room = Room::new();
    let long = "A".repeat(60);
    room.with_files(&[
        ("a.las", las(&long, "1", &[("GR", "GAPI")], 50)),
        ("b.las", las("بئر 7", "2", &[("GR", "GAPI")], 50)),
    ]);
    let looks = crate::support::Looks { any_letters: true, ..Default::default() };
    let mut desk = Desk::open_with(room, looks);
    desk.wait_for(&format!("Well {long}"));
    desk.click_by(Role::ListBoxOption, "Well بئر 7");
    desk.wait_for("Curve GR, gamma_ray");
}

#[test]
fn what_another_program_imports_appears() {
    let mut desk = north();
    let path = desk.room().file("later.las");
    write(&path, &las("Later 9", "9009", &[("GR", "GAPI")], 50));
    desk.call(Request::Import { workspace: None, paths: vec![path], options: ImportOptions::default() });
    desk.wait_for("Well Later 9");
}

#[test]
fn arrow_keys_in_a_text_are_for_the_text() {
    let room = Room::new();
    let file = |name: &str, uwi: &str| las(name, uwi, &[("GR", "GAPI")], 50);
    room.with_files(&[("a.las", file("Alpha", "1")), ("b.las", file("Beta", "2"))]);
    let mut desk = Desk::open(room);
    desk.click_by(Role::ListBoxOption, "Well Alpha");
    desk.fill("Company", "ACME");
    desk.press(Key::ArrowDown);
    desk.step();
    let selected = desk.app().state().selected_well().map(|well| well.name.clone());
    assert_eq!(selected.as_deref(), Some("Alpha"));
}
