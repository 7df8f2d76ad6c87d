//! The main story: a folder of logs, two machines, one answer.

use std::path::PathBuf;

use dataforge_tests::las::write_las;
use dataforge_tests::program::{Place, join, shared, skip, wait_until};

const SQL: &str = "select well, run, curve, count(value), min(value), max(value), sum(value) \
                   from samples group by well, run, curve order by well, run, curve";

fn same_answer_on_both(logs: &[PathBuf], files: u64) {
    let (a, b) = (Place::new("ada"), Place::new("bob"));
    a.json(&["init", "Field"]);
    let args: Vec<_> = std::iter::once("import").chain(logs.iter().map(|path| path.to_str().unwrap())).collect();
    let summary = a.json(&args);
    assert_eq!((summary["imported"].as_u64(), summary["failed"].as_u64()), (Some(files), Some(0)), "{summary}");
    let _up = join(&a, &b, "editor");
    let sync = b.json(&["sync"]);
    assert_eq!(sync["blobs_missing"], 0, "{sync}");
    let ask = ["query", SQL, "--format", "csv"];
    let (from_a, from_b) = (a.ok(ask), b.ok(ask));
    assert!(from_a.len() > 200, "an answer");
    assert_eq!(from_a, from_b);
    assert_eq!(a.verify(), b.verify());
}

#[test]
fn a_folder_of_logs_gives_the_same_answer_on_two_machines() {
    let dir = tempfile::tempdir().unwrap();
    for number in 0..12 {
        write_las(dir.path(), number, 300, 5, 1);
    }
    same_answer_on_both(&[dir.path().to_owned()], 12);
}

#[test]
fn real_logs_give_the_same_answer_on_two_machines() {
    match shared("las/files/mcmurray") {
        Some(logs) => same_answer_on_both(&[logs], 100),
        None => skip("real_logs_give_the_same_answer_on_two_machines", "the shared LAS files"),
    }
}

#[test]
fn the_same_file_twice_or_on_two_machines_is_one_run() {
    let dir = tempfile::tempdir().unwrap();
    let log = write_las(dir.path(), 1, 50, 3, 2);
    let copy = dir.path().join("copy under another name.las");
    std::fs::copy(&log, &copy).unwrap();
    let (log, copy) = (log.to_str().unwrap(), copy.to_str().unwrap());
    let (a, b) = (Place::new("ada"), Place::new("bob"));
    a.json(&["init", "Field"]);
    assert_eq!(a.json(&["import", log])["imported"], 1);
    assert_eq!(a.json(&["import", log])["already_here"], 1);
    let _up = join(&a, &b, "editor");
    assert_eq!(b.json(&["import", copy])["imported"], 1, "bob has not synced yet");
    b.json(&["sync"]);
    for place in [&a, &b] {
        let runs = place.json(&["runs"]);
        assert_eq!(runs["runs"].as_array().map(Vec::len), Some(1), "{runs}");
        assert_eq!(place.json(&["wells"])["wells"].as_array().map(Vec::len), Some(1));
        place.verify();
    }
}

#[test]
fn edits_travel_both_ways_while_both_are_up() {
    let dir = tempfile::tempdir().unwrap();
    let log = write_las(dir.path(), 1, 50, 3, 3);
    let (a, b) = (Place::new("ada"), Place::new("bob"));
    a.json(&["init", "Field"]);
    a.json(&["import", log.to_str().unwrap()]);
    let _a_up = join(&a, &b, "editor");
    let _b_up = b.up();
    wait_until("bob has the well", || b.json(&["wells"])["wells"].as_array().is_some_and(|w| w.len() == 1));
    b.json(&["set", "Test 1", "field", "Northern Harness"]);
    wait_until("ada sees bob's edit", || a.json(&["wells"])["wells"][0]["field"] == "Northern Harness");
    a.json(&["rename", "Test 1", "Test One"]);
    wait_until("bob sees ada's edit", || b.json(&["wells"])["wells"][0]["name"] == "Test One");
}
