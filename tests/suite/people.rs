//! Who may do what, and which work counts: roles, removals, late work, voids and forks.

mod devices;
mod invites;
mod late;
mod quorum;
mod roles;
mod sealed;
mod sheet;

use dataforge_tests::las::write_las;
use dataforge_tests::program::{Place, Up, invite};
use serde_json::Value;

/// A workspace of Ada's with a well `Test 1`, and members that have all of it.
pub(super) fn field(members: &[(&Place, &str)]) -> (Place, tempfile::TempDir) {
    let (ada, logs) = (Place::new("ada"), tempfile::tempdir().unwrap());
    ada.json(&["init", "Field", "--name", "Ada"]);
    write_las(logs.path(), 1, 40, 2, 3);
    ada.json(&["import", logs.path().to_str().unwrap()]);
    let up = ada.up();
    for (member, role) in members {
        invite(&ada, member, role);
    }
    // Once all are in, so that they know of each other.
    for (member, _) in members {
        member.json(&["sync"]);
    }
    drop(up);
    (ada, logs)
}

/// Where a node that is up is reached.
fn address(up: &Up) -> String {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    format!("{}@{}", text(&up.reply["device_id"]), text(&up.reply["addresses"][0]))
}

/// Lets one node exchange with another.
pub(super) fn meet(guest: &Place, host: &Place) {
    let up = host.up();
    guest.json(&["sync", "--peer", &address(&up)]);
}

/// Lets a device that is no member any more hand in its work; returns what it is told.
fn hand_in(guest: &Place, host: &Place) -> Value {
    let up = host.up();
    let output = guest.run(["--json", "sync", "--peer", &address(&up)]);
    assert_eq!(output.status.code(), Some(5), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn role_of(place: &Place, name: &str) -> String {
    let members = place.json(&["members"])["members"].clone();
    let member = members.as_array().unwrap().iter().find(|member| member["name"] == name);
    member.map_or_else(|| "none".to_owned(), |member| member["role"].as_str().unwrap().to_owned())
}

fn field_of(place: &Place) -> Value {
    place.json(&["wells"])["wells"][0]["field"].clone()
}

pub(super) fn said(place: &Place, args: &[&str]) -> String {
    String::from_utf8(place.ok(args)).unwrap()
}

/// Keeps recovery words in a file, as they came with a reply.
fn words_file(dir: &tempfile::TempDir, reply: &Value) -> String {
    let path = dir.path().join(format!("words-{}", fastrand::u64(..)));
    std::fs::write(&path, reply["recovery_words"].as_str().unwrap()).unwrap();
    path.to_str().unwrap().to_owned()
}

/// A workspace of Ada's with Bob as editor, and the words of both.
fn two_with_words() -> (Place, Place, tempfile::TempDir, (String, String)) {
    let (ada, bob, dir) = (Place::new("ada"), Place::new("bob"), tempfile::tempdir().unwrap());
    let made = ada.json(&["init", "Field", "--name", "Ada"]);
    write_las(dir.path(), 1, 40, 2, 3);
    ada.json(&["import", dir.path().to_str().unwrap()]);
    let _up = ada.up();
    let ticket = ada.json(&["invite"])["ticket"].as_str().unwrap().to_owned();
    let joined = bob.json(&["join", "--yes", &ticket]);
    bob.json(&["sync"]);
    let words = (words_file(&dir, &made), words_file(&dir, &joined));
    (ada, bob, dir, words)
}
