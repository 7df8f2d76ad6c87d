//! The first minutes: a workspace is made or joined on an empty machine.

use dataforge_node::Node;
use dataforge_node::api::{PeopleRequest, Request};
use egui::Key;
use egui::accesskit::Role;

use crate::support::{Desk, Host, Room, las, write};

/// Commands that tests here show.
pub(crate) const COVERED: &[(&str, &str)] = &[("window.begin", "another_workspace_is_made_beside_the_first")];

/// A host that is up with the workspace Field of Ada and the well North 1.
fn host() -> Host {
    let room = Room::new();
    room.with_files(&[("north1.las", las("North 1", "9001", &[("GR", "GAPI")], 100))]);
    Host::up(room)
}

/// Joins by a ticket, as Bob on an empty machine, and goes on to look around.
fn join(desk: &mut Desk, ticket: &str) {
    desk.click("Join by a ticket");
    desk.fill("Ticket", ticket);
    desk.click("Look at the ticket");
    desk.wait_for("Invited by");
    desk.fill("Your name", "Bob");
    desk.click("Join");
    desk.wait_for("You have joined Field");
    desk.click("I wrote them down");
}

#[test]
fn first_run_by_create() {
    let mut desk = Desk::empty();
    desk.wait_for("No workspace here yet");
    desk.fill("Name of the workspace", "North Field");
    desk.fill("Your name", "Ada");
    desk.fill("Name of this machine", "truck");
    desk.click("Make the workspace");
    desk.wait_for("Write these words down");
    // All of them.
    desk.wait_for("24. ");
    let words = desk.texts().into_iter().find(|text| text.contains("24. ")).unwrap_or_default();
    desk.click("I wrote them down");
    desk.click("Import a folder");
    desk.wait_for("Choose files …");
    desk.wait_for("Workspace North Field, owner");
    assert!(desk.shows("Ada on "));
    assert!(!desk.texts().contains(&words), "the words are shown once");
}

#[test]
fn the_words_must_be_written_down_before_it_goes_on() {
    let mut desk = Desk::empty();
    desk.fill("Name of the workspace", "North Field");
    desk.click("Make the workspace");
    desk.wait_for("It goes on once they are written down");
    desk.click("Look around");
    desk.step();
    assert!(desk.shows("Write these words down"), "a button that is off does nothing");
    desk.click("I wrote them down");
    desk.click("Look around");
    desk.wait_for("Workspace North Field, owner");
}

#[test]
fn first_run_by_join() {
    let host = host();
    let mut desk = Desk::empty();
    join(&mut desk, &host.ticket("editor"));
    desk.click("Start syncing");
    desk.wait_for("Workspace Field, editor");
    desk.wait_for("Well North 1");
    desk.click_by(Role::ListBoxOption, "Well North 1");
    desk.wait_for("Curve GR, gamma_ray");
    desk.wait_gone("Not up");
}

#[test]
fn a_ticket_file_is_dropped_on_the_window() {
    let host = host();
    let mut desk = Desk::empty();
    desk.wait_for("No workspace here yet");
    let path = desk.room().file("bob.dfticket");
    write(&path, &host.ticket("viewer"));
    desk.drop_file(&path);
    desk.wait_for("Invited by");
    assert!(desk.shows("viewer"));
}

#[test]
fn a_ticket_that_is_none_is_refused_in_place() {
    let mut desk = Desk::empty();
    desk.click("Join by a ticket");
    desk.fill("Ticket", "hello");
    desk.click("Look at the ticket");
    desk.wait_for("Hint: ");
    assert!(desk.shows("Look at the ticket"), "it can be tried again at once");
}

#[test]
fn another_workspace_is_made_beside_the_first() {
    let mut desk = Desk::with_files(&[]);
    desk.wait_for("No wells yet");
    desk.command("Make or join another workspace");
    desk.wait_for("Another workspace");
    assert!(!desk.shows("Your name"), "who one is is known by now");
    desk.fill("Name of the workspace", "South Field");
    desk.click("Make the workspace");
    desk.click("Look around");
    desk.wait_for("Workspace South Field, owner");
    desk.wait_until("the new one", |desk| {
        desk.app().state().workspace_status().is_some_and(|held| held.workspace.name == "South Field")
    });
}

#[test]
fn a_workspace_one_was_removed_from_says_so() {
    let host = host();
    let mut desk = Desk::empty();
    join(&mut desk, &host.ticket("editor"));
    desk.click("Start syncing");
    desk.wait_for("Workspace Field, editor");
    desk.wait_for("Well North 1");
    host.call(Request::People { workspace: None, ask: PeopleRequest::Remove { member: "Bob".to_owned() } });
    desk.wait_for("You are no member of Field any more");
    desk.click_by(Role::ListBoxOption, "Well North 1");
    desk.wait_for("You can read this workspace, and not change it");
}

#[test]
fn a_locked_directory_says_so_and_is_tried_again() {
    let room = Room::new();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    // It has the directory, and answers nobody.
    let node = runtime.block_on(Box::pin(Node::open(&room.data()))).unwrap();
    let mut desk = Desk::open(room);
    desk.wait_for("The data directory cannot be opened");
    assert!(desk.shows("Busy"));
    runtime.block_on(node.close());
    drop(node);
    desk.press(Key::F5);
    desk.wait_for("No workspace here yet");
}
