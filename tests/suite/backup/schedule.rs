//! Backups that a node makes by itself.

use std::path::Path;

use dataforge_tests::program::wait_until;
use serde_json::Value;

use super::{fails, field, files, json};

fn snapshots(target: &str) -> Vec<String> {
    let names = files(&Path::new(target).join("snapshots"));
    names.iter().map(|path| path.file_name().unwrap().to_str().unwrap().to_owned()).collect()
}

#[test]
fn a_node_that_is_up_backs_up_again_and_again_and_keeps_so_many() {
    let field = field();
    let target = field.target();
    let set = json(&field.ada, &["backup", "schedule", &target, "--every", "1s", "--keep", "2"]);
    assert_eq!(set["plans"][0]["every_secs"], 1, "{set}");
    assert_eq!(snapshots(&target), [""; 0], "it is begun, and made by a node that is up");
    let up = field.ada.up();
    wait_until("four were made and two are left", || {
        let there = snapshots(&target);
        there.len() == 2 && there[0].as_str() >= "00000003"
    });
    let status = field.ada.json(&["status"]);
    assert!(status["backups"][0]["done"].is_string() && status["backups"][0]["error"].is_null(), "{status}");
    // The drive goes away: nothing is made in its place, it is told, and goes on when it is back.
    let gone = format!("{target}-gone");
    std::fs::rename(&target, &gone).unwrap();
    let error = || field.ada.json(&["backup", "schedule"])["plans"][0]["error"].clone();
    wait_until("it is told that the drive is gone", || error().as_str().is_some_and(|error| error.contains("plug in")));
    assert!(!Path::new(&target).exists());
    let last = std::fs::read_dir(format!("{gone}/snapshots")).unwrap().count();
    assert_eq!(last, 2);
    std::fs::rename(&gone, &target).unwrap();
    wait_until("it goes on", || error().is_null());
    let off = field.ada.json(&["backup", "schedule", "--off"]);
    assert_eq!(off["plans"], Value::Array(Vec::new()));
    drop(up);
    let checked = json(&field.ada, &["backup", "verify", &target]);
    assert_eq!(checked["left_over"], 0, "{checked}");
    let (new, _) = field.restore("new");
    assert_eq!(
        new.json(&["backup", "schedule"])["plans"],
        Value::Array(Vec::new()),
        "a restored one does not take over"
    );
}

#[test]
fn what_cannot_be_scheduled_is_told() {
    let field = field();
    let file = field.path("all.dfbackup");
    let args = ["backup", "schedule", file.to_str().unwrap(), "--every", "1d"];
    assert!(fails(&field.ada, &args, 2).contains("into a directory"));
    assert!(fails(&field.ada, &["backup", "schedule", &field.target()], 2).contains("--every"));
    assert!(fails(&field.ada, &["backup", "schedule", &field.target(), "--off"], 3).contains("scheduled"));
    assert!(fails(&field.ada, &["backup", "schedule", &field.target(), "--every", "soon"], 2).contains("24h"));
}
