//! Flows of the log viewer: open, scale, annotate, print, and the same chart on two desktops.

use std::time::{Duration, Instant};

use dataforge_node::api::chart::ChartState;
use dataforge_node::api::{ChartReply, ChartRequest, CreateChart, ListCharts, Reply, Request};
use egui::accesskit::Role;
use egui::{Key, Modifiers};

use crate::support::{DEADLINE, Desk, Host, Room, init, las, write};

/// Commands that tests here show.
#[allow(dead_code, reason = "read by the registry")]
pub(crate) const COVERED: &[(&str, &str)] = &[
    ("well.log", "a_triple_combo_opens_with_its_tracks_and_says_what_is_absent"),
    ("well.charts", "charts_are_made_starred_and_put_away"),
    ("log.save_chart", "a_scale_is_changed_and_shared"),
    ("log.edit", "a_scale_is_changed_and_shared"),
    ("log.save_template", "a_chart_becomes_a_template"),
    ("log.add_marker", "annotations_are_placed_by_click_and_by_keyboard"),
    ("log.add_line", "annotations_are_placed_by_click_and_by_keyboard"),
    ("log.add_region", "annotations_are_placed_by_click_and_by_keyboard"),
    ("log.print", "a_log_is_printed_as_pdf"),
    ("log.fit", "depths_are_scrolled_and_zoomed_by_keys_and_commands"),
    ("log.zoom_in", "depths_are_scrolled_and_zoomed_by_keys_and_commands"),
    ("log.zoom_out", "depths_are_scrolled_and_zoomed_by_keys_and_commands"),
    ("log.page_up", "depths_are_scrolled_and_zoomed_by_keys_and_commands"),
    ("log.page_down", "depths_are_scrolled_and_zoomed_by_keys_and_commands"),
    ("log.top", "depths_are_scrolled_and_zoomed_by_keys_and_commands"),
    ("log.base", "depths_are_scrolled_and_zoomed_by_keys_and_commands"),
    ("log.scale_200", "depths_are_scrolled_and_zoomed_by_keys_and_commands"),
    ("log.scale_500", "depths_are_scrolled_and_zoomed_by_keys_and_commands"),
    ("log.in_step", "units_domain_and_step_are_switched"),
    ("log.depth_unit", "units_domain_and_step_are_switched"),
    ("log.domain", "units_domain_and_step_are_switched"),
    ("log.retry", "curves_that_are_not_here_say_who_holds_them"),
    ("log.cancel", "curves_that_are_not_here_say_who_holds_them"),
    ("charts.open", "charts_are_made_starred_and_put_away"),
    ("charts.star", "charts_are_made_starred_and_put_away"),
    ("charts.archive", "charts_are_made_starred_and_put_away"),
    ("charts.archived", "charts_are_made_starred_and_put_away"),
];

/// Curves of a triple combo without spontaneous potential.
const CURVES: &[(&str, &str)] = &[("GR", "GAPI"), ("CALI", "IN"), ("RT", "OHMM"), ("RHOB", "G/C3"), ("NPHI", "V/V")];

fn file() -> String {
    las("North 1", "9001", CURVES, 400)
}

fn desk() -> Desk {
    Desk::with_files(&[("north1.las", file())])
}

/// Opens the log of the well by the page of the well.
fn open_log(desk: &mut Desk) {
    desk.click_by(Role::ListBoxOption, "Well North 1");
    if !desk.has(Role::Button, "Open log") {
        desk.press_with(Modifiers::ALT, Key::W);
    }
    desk.click_by(Role::Button, "Open log");
    desk.wait_for("Track 1: Correlation, GR 0 to 150");
}

/// Opens the log and saves it as a chart.
fn open_chart(desk: &mut Desk) {
    open_log(desk);
    desk.click("Save as chart");
    desk.wait_for("is made");
    desk.wait_until("the chart is one to edit", |desk| desk.harness_has_no_button("Save as chart"));
}

/// Does a command by the palette.
fn command(desk: &mut Desk, name: &str) {
    desk.press_with(Modifiers::COMMAND, Key::K);
    desk.fill("Find a command or name", name);
    desk.press(Key::Enter);
}

trait More {
    fn harness_has_no_button(&self, label: &str) -> bool;
    fn charts(&self) -> Vec<String>;
    fn chart(&self) -> ChartState;
    fn said(&self) -> String;
}

impl More for Desk {
    fn harness_has_no_button(&self, label: &str) -> bool {
        !self.has(Role::Button, label)
    }

    fn charts(&self) -> Vec<String> {
        let list = ListCharts { archived: true, ..ListCharts::default() };
        match self.call(Request::Charts { workspace: None, ask: ChartRequest::List(list) }) {
            Reply::Charts { charts } => charts.into_iter().map(|chart| chart.id).collect(),
            other => panic!("no charts: {other:?}"),
        }
    }

    /// Returns the one chart there is, as the node has it.
    fn chart(&self) -> ChartState {
        let charts = self.charts();
        let [chart] = charts.as_slice() else { panic!("{} charts", charts.len()) };
        show(self.call(Request::Charts { workspace: None, ask: ChartRequest::Show { chart: chart.clone() } })).chart
    }

    /// Returns what is said of the depths in sight.
    fn said(&self) -> String {
        use egui_kittest::kittest::NodeT as _;
        self.get_by(Role::Canvas, "Log, ").accesskit_node().label().unwrap_or_default()
    }
}

fn show(reply: Reply) -> ChartReply {
    match reply {
        Reply::Chart(chart) => *chart,
        other => panic!("no chart: {other:?}"),
    }
}

fn right_of(chart: &ChartState, label: &str) -> Option<f64> {
    chart.series.iter().find(|series| series.label.as_deref() == Some(label))?.right
}

#[test]
fn a_triple_combo_opens_with_its_tracks_and_says_what_is_absent() {
    let mut desk = desk();
    open_log(&mut desk);
    desk.wait_for("Track 3: Resistivity, RSHAL 0.2 to 2000");
    desk.wait_for("logarithmic");
    assert!(desk.shows("Series SP -160 to 40 mV: no such curve"), "{}", desk.texts().join("\n"));
    // Values at the pointer, over all tracks, as one text that is read out.
    // Just in the middle there is a sample that is absent.
    let at = desk.get_by(Role::Canvas, "Log, ").rect().center() + egui::vec2(0.0, 25.0);
    desk.wait_until("a value of the gamma ray", |desk| {
        desk.harness.hover_at(at);
        desk.texts().iter().any(|text| text.contains("Cursor: MD") && !text.contains("GR –"))
    });
    let read = desk.texts().into_iter().find(|text| text.contains("Cursor: MD")).expect("waited for");
    assert!(read.contains("RHOB") && read.contains("SP –"), "{read}");
    assert!(desk.charts().is_empty(), "looking at a template saves nothing");
}

#[test]
fn a_scale_is_changed_and_shared() {
    let mut desk = desk();
    open_chart(&mut desk);
    desk.press_with(Modifiers::COMMAND, Key::E);
    desk.click("Select Series GR");
    desk.fill("Series right", "200");
    desk.press(Key::Enter);
    desk.wait_for("Series GR 0 to 200 gAPI");
    desk.wait_until("it is saved", |desk| right_of(&desk.chart(), "GR") == Some(200.0));
    // A field that goes with what is selected is written all the same.
    desk.fill("Series left", "10");
    desk.click("Select Series RDEEP");
    desk.wait_until("what was typed is saved", |desk| {
        desk.chart().series.iter().any(|series| series.label.as_deref() == Some("GR") && series.left == Some(10.0))
    });
    desk.click("Select Series GR");
    // What does not fit is told in place and changes nothing.
    desk.fill("Series right", "wide");
    desk.press(Key::Enter);
    desk.wait_for("\"wide\" does not fit");
    assert_eq!(right_of(&desk.chart(), "GR"), Some(200.0));
}

#[test]
fn a_change_that_is_refused_is_taken_back_and_told() {
    let mut desk = desk();
    open_chart(&mut desk);
    desk.press_with(Modifiers::COMMAND, Key::E);
    desk.click("Select Series RDEEP");
    desk.fill("Series left", "0");
    desk.press(Key::Enter);
    // A logarithmic scale cannot begin at 0: only the node knows.
    desk.wait_for("The change was not saved");
    desk.wait_for("Series RDEEP 0.2 to 2000");
    desk.click("Dismiss the problem");
    desk.wait_gone("The change was not saved");
}

#[test]
fn annotations_are_placed_by_click_and_by_keyboard() {
    let mut desk = desk();
    open_chart(&mut desk);
    desk.click("Add a marker");
    desk.wait_for("Click where the marker goes");
    desk.click_by(Role::Canvas, "Log, ");
    desk.wait_until("its text has the cursor", |desk| {
        desk.has(Role::MultilineTextInput, "Annotation text")
            && desk.get_by(Role::MultilineTextInput, "Annotation text").is_focused()
    });
    desk.fill("Annotation text", "Top sand");
    desk.wait_for("Marker \"Top sand\" at");
    desk.wait_until("the text is saved", |desk| {
        desk.chart().annotations.iter().any(|one| one.text.as_deref() == Some("Top sand"))
    });
    let marker = desk.chart().annotations[0].clone();
    assert!(marker.depth.is_some_and(|depth| (1000.0..1200.0).contains(&depth)), "{marker:?}");
    assert!(marker.track.is_some() && marker.x.is_some(), "it stands at a value of a track: {marker:?}");
    // With keys alone: the tracks have the focus, Enter takes the cursor's depth.
    for (button, label) in [("Add a line", "Line without text at"), ("Add a region", "Region without text from")] {
        desk.click(button);
        desk.get_by(Role::Canvas, "Log, ").focus();
        desk.step();
        desk.press(Key::Enter);
        if button == "Add a region" {
            for _ in 0..40 {
                desk.press_with(Modifiers::SHIFT, Key::ArrowDown);
            }
            desk.press(Key::Enter);
        }
        desk.wait_for(label);
        // What is new gets the cursor once it is saved.
        desk.wait_until("its text has the cursor", |desk| {
            desk.has(Role::MultilineTextInput, "Annotation text")
                && desk.get_by(Role::MultilineTextInput, "Annotation text").is_focused()
        });
    }
    desk.wait_until("all are saved", |desk| desk.chart().annotations.len() == 3);
    // What is there is in nobody's way: another one goes over it.
    desk.click("Add a marker");
    desk.click_by(Role::Canvas, "Log, ");
    desk.wait_until("a marker over the others is saved", |desk| desk.chart().annotations.len() == 4);
    desk.click("Add a marker");
    desk.wait_for("Click where the marker goes");
    desk.press(Key::Escape);
    desk.wait_gone("Click where the marker goes");
    desk.click("Select Annotation Top sand");
    desk.click("Remove the annotation");
    desk.wait_until("it is gone", |desk| desk.chart().annotations.len() == 3);
}

#[test]
fn depths_are_scrolled_and_zoomed_by_keys_and_commands() {
    let mut desk = desk();
    open_log(&mut desk);
    desk.wait_until("all depths are in sight", |desk| desk.said().contains("1203 m"));
    let all = desk.said();
    command(&mut desk, "Show at 1:200");
    desk.wait_until("a scale of 1:200", |desk| desk.said().ends_with("about 1:200"));
    desk.get_by(Role::Canvas, "Log, ").focus();
    desk.step();
    for (key, name) in [(Key::Home, "Go to the top"), (Key::End, "Go to the base"), (Key::PageUp, "Scroll up a page")] {
        let before = desk.said();
        desk.press(key);
        desk.wait_until("it moved", |desk| desk.said() != before);
        let by_key = desk.said();
        // The command does the same from the other end.
        command(&mut desk, if key == Key::Home { "Go to the base" } else { "Go to the top" });
        desk.wait_until("it went away", |desk| desk.said() != by_key);
        if key != Key::PageUp {
            command(&mut desk, name);
            desk.wait_until(name, |desk| desk.said() == by_key);
        }
        desk.get_by(Role::Canvas, "Log, ").focus();
        desk.step();
    }
    for name in ["Scroll down a page", "Scroll up a page", "Zoom in", "Zoom out", "Show at 1:500"] {
        let before = desk.said();
        command(&mut desk, name);
        desk.wait_until(name, |desk| desk.said() != before);
    }
    command(&mut desk, "Show all depths");
    desk.wait_until("all again", |desk| desk.said() == all);
}

#[test]
fn units_domain_and_step_are_switched() {
    let mut desk = desk();
    open_log(&mut desk);
    desk.wait_until("metres", |desk| desk.said().contains(" m,"));
    command(&mut desk, "Switch metres and feet");
    desk.wait_until("feet", |desk| desk.said().contains(" ft,"));
    command(&mut desk, "Switch measured and vertical depth");
    desk.wait_for("no vertical depths:");
    command(&mut desk, "Switch measured and vertical depth");
    desk.wait_gone("no vertical depths:");
    let is_on = |desk: &Desk| {
        use egui_kittest::kittest::NodeT as _;
        let box_of = desk.get_by(Role::CheckBox, "In step");
        box_of.accesskit_node().toggled() == Some(egui::accesskit::Toggled::True)
    };
    assert!(is_on(&desk));
    command(&mut desk, "Go in step with other logs");
    desk.wait_until("it goes by itself", |desk| !is_on(desk));
}

#[test]
fn a_log_is_printed_as_pdf() {
    let mut desk = desk();
    open_log(&mut desk);
    let path = desk.room().file("north.pdf");
    desk.press_with(Modifiers::COMMAND, Key::P);
    desk.fill("Print scale", "500");
    desk.fill("Print to file", &path.display().to_string());
    desk.click("Print it");
    desk.wait_for("Printed 1 sheet at 1:500");
    let bytes = std::fs::read(&path).expect("it was written");
    assert!(bytes.starts_with(b"%PDF"), "{:?}", &bytes[..bytes.len().min(8)]);
    // A folder that is not there is told in place.
    let nowhere = desk.room().file("no/such/folder/north.pdf");
    desk.fill("Print to file", &nowhere.display().to_string());
    desk.click("Print it");
    desk.wait_for("annot write");
    // Nor is a file that is there written over unasked.
    std::fs::write(&path, "mine").expect("a file for a test");
    desk.fill("Print to file", &path.display().to_string());
    desk.click("Print it");
    desk.wait_for("here is a file of this name already");
    assert_eq!(std::fs::read(&path).expect("it is there"), b"mine");
    desk.click("Replace");
    desk.click("Print it");
    desk.wait_for("Printed 1 sheet at 1:500");
    assert!(std::fs::read(&path).expect("it is there").starts_with(b"%PDF"));
    desk.fill("Print scale", "small");
    desk.wait_for("the scale: \"small\" is no number");
}

#[test]
fn charts_are_made_starred_and_put_away() {
    let mut desk = desk();
    desk.click_by(Role::ListBoxOption, "Well North 1");
    desk.click("Open charts");
    desk.wait_for("No charts yet");
    desk.click("Template for a new chart: choose a template");
    desk.click("Triple combo");
    desk.click("New chart of North 1");
    desk.wait_for("Track 1: Correlation, GR 0 to 150");
    desk.wait_until("it is one chart", |desk| desk.charts().len() == 1);
    desk.press_with(Modifiers::COMMAND, Key::W);
    for _ in 0..4 {
        if !desk.has(Role::ListBoxOption, "Chart Triple combo, North 1") {
            desk.press_with(Modifiers::COMMAND, Key::Tab);
            desk.step();
        }
    }
    desk.click_by(Role::ListBoxOption, "Chart Triple combo, North 1");
    desk.click("Star: Triple combo, North 1");
    desk.wait_for("log tracks, starred");
    desk.click("Put away: Triple combo, North 1");
    desk.wait_for("No charts yet");
    desk.click("Also those put away");
    desk.wait_for("starred, put away");
    desk.click("Open: Triple combo, North 1");
    desk.wait_for("Track 1: Correlation, GR 0 to 150");
}

#[test]
fn a_chart_becomes_a_template() {
    let mut desk = desk();
    open_chart(&mut desk);
    command(&mut desk, "Save as template");
    desk.wait_until("there is a template of the workspace", |desk| {
        let templates = desk.call(Request::Charts { workspace: None, ask: ChartRequest::Templates });
        let Reply::ChartTemplates { templates } = templates else { panic!("no templates") };
        templates.iter().any(|one| !one.built_in && one.title == "Triple combo, North 1 template")
    });
}

/// Makes a chart of North 1 and returns its id.
fn chart_of(call: impl Fn(Request) -> Reply) -> String {
    let create = CreateChart {
        template: Some("triple_combo".to_owned()),
        well: Some("North 1".to_owned()),
        title: Some("Shared".to_owned()),
        ..CreateChart::default()
    };
    match call(Request::Charts { workspace: None, ask: ChartRequest::Create(create) }) {
        Reply::ChartWrote(wrote) => wrote.chart,
        other => panic!("no chart: {other:?}"),
    }
}

/// Opens the chart Shared by the list of charts.
fn open_shared(desk: &mut Desk) {
    desk.click_by(Role::ListBoxOption, "Well North 1");
    desk.click("Open charts");
    desk.click_by(Role::ListBoxOption, "Chart Shared");
    desk.click("Open: Shared");
    desk.wait_for("Track 1: Correlation, GR 0 to 150");
}

fn join(ticket: String) -> Request {
    Request::Join { ticket, person: Some("Bob".to_owned()), device: Some("rig".to_owned()), ignore_clock: false }
}

#[test]
fn two_desktops_edit_one_chart_together() {
    let room = Room::new();
    room.with_files(&[("north1.las", file())]);
    let mut ada = Desk::open(room);
    ada.wait_for("Well North 1");
    ada.call(Request::Up);
    chart_of(|request| ada.call(request));
    let invite = Request::Invite { workspace: None, role: "editor".to_owned(), uses: 1, hours: 1, form: None };
    let Reply::Invite(invited) = ada.call(invite) else { panic!("no invite") };
    let room = Room::new();
    room.prepare(vec![join(invited.ticket), Request::Sync { workspace: None, peers: Vec::new(), timeout_secs: 60 }]);
    let mut bob = Desk::open(room);
    bob.wait_for("Well North 1");
    bob.call(Request::Up);
    open_shared(&mut ada);
    open_shared(&mut bob);
    bob.wait_until("they are connected", |desk| match desk.call(Request::Status) {
        Reply::Status(status) => status.workspaces.iter().any(|one| !one.connected.is_empty()),
        _ => false,
    });

    // A scale that Ada changes appears at Bob's.
    ada.press_with(Modifiers::COMMAND, Key::E);
    ada.click("Select Series GR");
    ada.fill("Series right", "180");
    let began = Instant::now();
    ada.press(Key::Enter);
    ada.wait_for("Series GR 0 to 180 gAPI");
    for desk in [&mut ada, &mut bob] {
        desk.wait_until("the node has it", |desk| {
            desk.chart().series.iter().any(|series| series.right.is_some_and(|right| (right - 180.0).abs() < 1e-9))
        });
    }
    bob.wait_for("Series GR 0 to 180 gAPI");
    let scale = began.elapsed();

    // An annotation of Bob's appears at Ada's.
    let began = Instant::now();
    bob.click("Add a line");
    bob.click_by(Role::Canvas, "Log, ");
    bob.wait_until("the node has it", |desk| desk.chart().annotations.len() == 1);
    ada.wait_for("Line without text at");
    let annotation = began.elapsed();
    eprintln!("another desktop showed a scale after {scale:?}, an annotation after {annotation:?}; wanted: 1 s");
    assert!(scale < DEADLINE / 4 && annotation < DEADLINE / 4);

    // Both change something before they hear of each other: both changes are there.
    bob.press_with(Modifiers::COMMAND, Key::E);
    if !bob.shows("Select Series RHOB") {
        bob.press_with(Modifiers::COMMAND, Key::E);
    }
    bob.click("Select Series RHOB");
    bob.fill("Series right", "3");
    ada.fill("Series right", "160");
    ada.press(Key::Enter);
    bob.press(Key::Enter);
    // What a field says goes out with one of the frames after.
    let has = |desk: &Desk, right: f64| {
        desk.chart().series.iter().any(|series| series.right.is_some_and(|is| (is - right).abs() < 1e-9))
    };
    ada.wait_until("the node has it", |desk| has(desk, 160.0));
    bob.wait_until("the node has it", |desk| has(desk, 3.0));
    for desk in [&mut ada, &mut bob] {
        desk.wait_for("GR 0 to 160 gAPI");
        desk.wait_for("RHOB 1.95 to 3 g");
    }
}

#[test]
fn curves_that_are_not_here_say_who_holds_them() {
    let host_room = Room::new();
    host_room.with_files(&[("north1.las", file())]);
    let host = Host::up(host_room);
    let ticket = host.ticket("editor");
    let room = Room::new();
    write(&room.data().join("dataforge.toml"), "[network]\nlisten = \"127.0.0.1:0\"\n\n[cache]\npolicy = \"demand\"\n");
    room.prepare(vec![join(ticket), Request::Sync { workspace: None, peers: Vec::new(), timeout_secs: 60 }]);
    drop(host);
    let mut desk = Desk::open(room);
    open_log(&mut desk);
    desk.wait_for("Series GR 0 to 150 gAPI: not here, held by Ada");
    desk.wait_for("not connected");
    assert!(desk.shows("Series SP -160 to 40 mV: no such curve"), "what is nowhere is told apart");
    // Trying again asks once more and stops when it is told to; nothing breaks while nobody answers.
    command(&mut desk, "Load what failed again");
    command(&mut desk, "Stop loading");
    desk.wait_for("held by Ada");
}

#[test]
fn an_idle_log_draws_nothing() {
    let mut desk = desk();
    open_log(&mut desk);
    desk.wait_until("it is loaded", |desk| !desk.shows("Loading"));
    let settled = Instant::now() + DEADLINE;
    while desk.woken_within(Duration::from_millis(300)) {
        desk.step();
        assert!(Instant::now() < settled, "it never comes to rest");
    }
    let end = Instant::now() + Duration::from_secs(2);
    let mut frames = 0;
    // Only what asks for a frame gets one; ticks of the bridge come every few seconds.
    while Instant::now() < end {
        if desk.woken_within(Duration::from_millis(100)) {
            desk.step();
            frames += 1;
        }
    }
    assert!(frames < 20, "{frames} frames while nothing happened");
}

#[test]
fn a_workspace_without_wells_has_no_log() {
    let room = Room::new();
    room.prepare(vec![init()]);
    let mut desk = Desk::open(room);
    desk.wait_for("Field");
    assert!(!desk.has(Role::Button, "Open log"));
}
