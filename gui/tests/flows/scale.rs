//! At twice the size no text leaves its place, and states are told by words as well as by colour.

use dataforge_gui::theme::Palette;
use egui::accesskit::Role;
use egui::{Key, Modifiers, Rect};
use egui_kittest::kittest::NodeT as _;

use crate::support::{Desk, Looks, Room, init, las};

/// How far text may stand out: the width of a line.
const SLACK: f32 = 2.0;

/// A window of a small laptop at 200 %.
pub(crate) fn doubled() -> Looks {
    Looks { size: [800.0, 520.0], pixels_per_point: 2.0, ..Looks::default() }
}

/// Checks that all text which is in the window stands within it from left to right, and within the
/// part of the window that it belongs to.
#[track_caller]
pub(crate) fn nothing_stands_out(desk: &Desk, view: &str) {
    let window = desk.harness.ctx.content_rect();
    let texts = desk.harness.root().children_recursive();
    let mut seen = 0;
    for node in texts {
        let about = node.accesskit_node();
        let is_text = matches!(about.role(), Role::Label | Role::Button | Role::CheckBox | Role::TextInput);
        if !is_text || about.bounding_box().is_none() {
            continue;
        }
        let rect: Rect = node.rect();
        if !rect.intersects(window) || rect.width() <= 0.0 {
            continue;
        }
        seen += 1;
        let told = format!("{view}: {:?} {:?} at {rect:?}", about.label(), about.value());
        assert!(stands_within(rect, window), "{told}");
    }
    assert!(seen > 5, "{view}: there is something to look at");
    let runs = texts_within_parents(desk, window, view);
    assert!(runs > 5, "{view}: there is text to look at");
}

fn stands_within(inner: Rect, outer: Rect) -> bool {
    inner.left() >= outer.left() - SLACK && inner.right() <= outer.right() + SLACK
}

/// Checks of every line of text in sight that it stands within what it is the text of; returns how many
/// there are. The text of a field may be longer than the field, which scrolls.
#[track_caller]
fn texts_within_parents(desk: &Desk, window: Rect, view: &str) -> usize {
    let lines = desk.harness.root().children_recursive().filter(|node| node.accesskit_node().role() == Role::TextRun);
    let mut seen = 0;
    for line in lines {
        let Some(parent) = line.parent() else { continue };
        let is_field = matches!(parent.accesskit_node().role(), Role::TextInput | Role::MultilineTextInput);
        let has_bounds =
            line.accesskit_node().bounding_box().is_some() && parent.accesskit_node().bounding_box().is_some();
        if is_field || !has_bounds || !line.rect().intersects(window) {
            continue;
        }
        seen += 1;
        let told = format!("{view}: {:?} at {:?} in {:?}", line.accesskit_node().value(), line.rect(), parent.rect());
        assert!(stands_within(line.rect(), parent.rect()), "{told}");
    }
    seen
}

#[test]
fn no_text_leaves_its_place_at_twice_the_size() {
    let room = Room::new();
    room.with_files(&[("a.las", las(&"Long name ".repeat(5), "9001", &[("GR", "GAPI"), ("RHOB", "G/C3")], 60))]);
    let mut desk = Desk::open_with(room, doubled());
    desk.wait_for("Well Long name");
    desk.wait_for("Lately");
    nothing_stands_out(&desk, "home");
    desk.click_by(Role::ListBoxOption, "Well Long name");
    desk.wait_for("Held by");
    nothing_stands_out(&desk, "well");
    desk.press_with(Modifiers::COMMAND, Key::O);
    desk.wait_for("Choose files …");
    nothing_stands_out(&desk, "import");
    desk.press_with(Modifiers::COMMAND, Key::K);
    desk.wait_for("Command: Import files");
    nothing_stands_out(&desk, "palette");
    desk.press(Key::Escape);
    desk.press(Key::F1);
    desk.wait_for("Undo the last change of yours");
    nothing_stands_out(&desk, "keys");
}

#[test]
fn the_first_steps_fit_at_twice_the_size() {
    let mut desk = Desk::open_with(Room::new(), doubled());
    desk.wait_for("No workspace here yet");
    nothing_stands_out(&desk, "make");
    desk.click("Join by a ticket");
    desk.wait_for("Look at the ticket");
    nothing_stands_out(&desk, "ticket");
    desk.click("Join nearby");
    desk.wait_for("Send the code");
    nothing_stands_out(&desk, "nearby");
}

/// Whoever sees no colours tells the states of the safety of work by their words.
#[test]
fn whether_work_is_safe_is_told_in_words() {
    let room = Room::new();
    room.prepare(vec![init()]);
    let mut desk = Desk::open(room);
    desk.wait_for("Some of your work is only on this machine");
    assert!(!desk.shows("Your work is on other machines too"));
    assert!(desk.shows("only here"), "the status bar says so too");
    assert!(desk.shows("Not up"));
}

/// Returns how bright a colour is to whoever sees no colours, from 0 to 1.
fn grey(colour: egui::Color32) -> f32 {
    let rgba = egui::Rgba::from(colour);
    0.2126 * rgba.r() + 0.7152 * rgba.g() + 0.0722 * rgba.b()
}

#[test]
fn what_went_wrong_and_what_is_well_differ_in_grey() {
    for palette in Palette::ALL {
        let [good, warn, error] = [palette.good, palette.warn, palette.error].map(grey);
        for (one, other) in [(good, palette.text), (warn, palette.text), (error, palette.text)] {
            assert!((one - grey(other)).abs() > 0.01, "a state differs from plain text in grey");
        }
        assert!((good - error).abs() > 0.01, "good and error differ in grey");
        assert!((warn - error).abs() > 0.01, "warn and error differ in grey");
    }
}
