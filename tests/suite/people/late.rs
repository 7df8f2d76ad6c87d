//! Work that comes after its author was removed.

use dataforge_tests::las::write_las;
use dataforge_tests::program::Place;
use serde_json::Value;

use super::{field, field_of, hand_in, meet, role_of, said};

#[test]
fn a_hundred_entries_handed_in_after_a_removal_count_for_nobody_until_they_are_accepted() {
    let (bob, cyd) = (Place::new("bob"), Place::new("cyd"));
    let (ada, logs) = field(&[(&bob, "editor"), (&cyd, "editor")]);
    ada.json(&["remove", "bob", "--yes"]);
    meet(&cyd, &ada);
    (2..40).for_each(|number| drop(write_las(logs.path(), number, 30, 1, 5)));
    bob.json(&["import", logs.path().to_str().unwrap()]);
    let log = bob.json(&["log", "--member", "bob", "--limit", "1000"])["entries"].clone();
    let written = log.as_array().unwrap().len() as u64;
    assert!(written >= 100, "{written} entries");
    // Cyd knows of the removal: she takes it and counts none of it, and neither does Ada.
    let told = hand_in(&bob, &cyd);
    let out = &told["removed"][0];
    assert_eq!((out["workspace"].as_str(), out["by"].as_str()), (Some("Field"), Some("cyd (cyd-laptop)")), "{told}");
    assert_eq!((out["handed_in"].as_u64(), told["entries_sent"].as_u64()), (Some(written), Some(written)), "{told}");
    assert_eq!(told["reached"], Value::Array(Vec::new()), "{told}");
    meet(&cyd, &ada);
    let wells = |place: &Place| place.json(&["wells"])["wells"].as_array().unwrap().len();
    assert_eq!((wells(&ada), wells(&cyd)), (1, 1));
    let late = ada.json(&["late-work"])["late_work"].clone();
    assert_eq!(late[0]["entries"].as_u64(), Some(written), "{late}");
    let why = cyd.json(&["explain", late[0]["work"][0]["id"].as_str().unwrap()])["entries"][0]["why"].clone();
    assert!(why.as_str().unwrap().contains("Ada removed bob"), "{why}");
    // He is told, once and for all, and got nothing of what came after.
    ada.json(&["set", "Test 1", "company", "Adas Oil"]);
    let told = hand_in(&bob, &ada);
    assert_eq!((told["removed"][0]["handed_in"].as_u64(), told["entries_sent"].as_u64()), (Some(0), Some(0)), "{told}");
    assert!(!bob.json(&["wells"]).to_string().contains("Adas Oil"));
    assert!(said(&bob, &["members"]).contains("Ada") && role_of(&bob, "bob") == "none", "he knows of it");
    ada.json(&["late-work", "accept"]);
    meet(&cyd, &ada);
    assert_eq!((wells(&ada), wells(&cyd)), (39, 39));
}

/// Bob edits offline, Ada removes him, and his work comes to her through Cyd.
fn late_work() -> (Place, Place, Place, tempfile::TempDir) {
    let (bob, cyd) = (Place::new("bob"), Place::new("cyd"));
    let (ada, logs) = field(&[(&bob, "editor"), (&cyd, "editor")]);
    bob.json(&["set", "Test 1", "field", "Bobs Field"]);
    bob.json(&["set", "Test 1", "company", "Bobs Oil"]);
    ada.json(&["remove", "bob", "--yes"]);
    meet(&bob, &cyd);
    assert_eq!(field_of(&cyd), "Bobs Field", "cyd knows of no removal yet");
    meet(&cyd, &ada);
    (ada, bob, cyd, logs)
}

#[test]
fn late_work_is_listed_explained_and_brought_in() {
    let (ada, _bob, cyd, _logs) = late_work();
    for place in [&ada, &cyd] {
        assert_ne!(field_of(place), "Bobs Field", "it came after the removal");
    }
    let late = ada.json(&["late-work"])["late_work"].clone();
    assert_eq!((late.as_array().unwrap().len(), late[0]["entries"].as_u64()), (1, Some(2)), "{late}");
    assert_eq!((late[0]["person"].as_str(), late[0]["label"].as_str()), (Some("bob"), Some("bob-laptop")));
    assert_eq!(late[0]["restrictions"][0]["what"], "removed bob");
    assert_eq!(late[0]["restrictions"][0]["by"], "Ada");
    assert_eq!(late[0]["documents"][0], "well Test 1");
    let (first, second) = (&late[0]["work"][0], &late[0]["work"][1]);
    assert!(first["summary"].as_str().unwrap().contains("field = \"Bobs Field\""), "{first}");
    let id = first["id"].as_str().unwrap();
    let explained = ada.json(&["explain", &id[..12]])["entries"][0].clone();
    assert_eq!(
        (explained["outcome"].as_str(), explained["author"].as_str()),
        (Some("excluded"), Some("bob (bob-laptop)"))
    );
    assert!(explained["why"].as_str().unwrap().contains("Ada removed bob"), "{explained}");
    assert_eq!(explained["ops"][0]["id"], late[0]["restrictions"][0]["id"]);
    let whole = said(&ada, &["explain", "Test 1"]);
    assert!(whole.contains("late work") && whole.contains("may write"), "{whole}");
    // What an editor may not do, and what is not there.
    assert!(cyd.fails(&["late-work", "accept"], 5).contains("admin"));
    ada.fails(&["late-work", "accept", "cyd"], 3);
    ada.fails(&["late-work", "accept", "--until", late[0]["restrictions"][0]["id"].as_str().unwrap()], 2);
    let done = ada.json(&["late-work", "accept", "bob", "--until", id]);
    assert_eq!((done["entries"].as_u64(), done["documents"][0].as_str()), (Some(1), Some("well Test 1")), "{done}");
    let well = ada.json(&["wells"])["wells"][0].clone();
    assert_eq!(well["field"], "Bobs Field");
    assert_ne!(well["company"], "Bobs Oil");
    let why = ada.json(&["explain", id])["entries"][0]["why"].clone();
    assert!(why.as_str().unwrap().contains("brought in"), "{why}");
    let left = ada.json(&["late-work"])["late_work"].clone();
    assert_eq!((left[0]["entries"].as_u64(), &left[0]["work"][0]["id"]), (Some(1), &second["id"]), "{left}");
    ada.json(&["late-work", "accept"]);
    assert_eq!(ada.json(&["late-work"])["late_work"], Value::Array(Vec::new()));
    meet(&cyd, &ada);
    for place in [&ada, &cyd] {
        assert_eq!(place.json(&["wells"])["wells"][0]["company"], "Bobs Oil");
        place.verify();
    }
    let by_bob = ada.json(&["log", "--member", "bob"])["entries"].clone();
    assert_eq!(by_bob.as_array().unwrap().len(), 2, "{by_bob}");
    assert!(by_bob[0]["received"].as_str().unwrap().ends_with('Z'));
}

/// Sets what is kept aside of one person.
fn set_room(place: &Place, entries: u64) {
    place.json(&["config", "set", "late_work.max_person_entries", &entries.to_string()]);
}

#[test]
fn late_work_beyond_the_room_for_it_stays_with_its_author_and_counts_all_the_same_once_accepted() {
    let (bob, cyd) = (Place::new("bob"), Place::new("cyd"));
    let (ada, _logs) = field(&[(&bob, "editor"), (&cyd, "editor")]);
    ada.json(&["remove", "bob", "--yes"]);
    meet(&cyd, &ada);
    for (field, value) in [("company", "1"), ("company", "2"), ("company", "3"), ("field", "Bobs"), ("company", "5")] {
        bob.json(&["set", "Test 1", field, value]);
    }
    let log = bob.json(&["log", "--member", "bob", "--limit", "1000"])["entries"].clone();
    let written = log.as_array().unwrap().len() as u64;
    assert_eq!(written, 5, "{log}");
    set_room(&ada, 2);
    set_room(&cyd, 4);
    let told = hand_in(&bob, &ada);
    let out = &told["removed"][0];
    assert_eq!(
        (out["handed_in"].as_u64(), out["no_room"].as_u64(), out["later"].as_u64()),
        (Some(2), Some(3), Some(0)),
        "{told}"
    );
    let late = ada.json(&["late-work"]);
    assert_eq!((late["quota"]["entries"].as_u64(), &late["quota"]["full"][0]), (Some(2), &"bob".into()), "{late}");
    assert_eq!(late["late_work"][0]["entries"].as_u64(), Some(2), "{late}");
    assert!(said(&ada, &["status"]).contains("of late work, no room for more of bob"));
    assert!(said(&ada, &["late-work"]).contains("no room for more of bob"));
    // Cyd has more room. What she took comes to Ada from her, a member, whatever Ada's room: both
    // hold the same, so that what counts never depends on it.
    let told = hand_in(&bob, &cyd);
    assert_eq!(
        (told["removed"][0]["handed_in"].as_u64(), told["removed"][0]["no_room"].as_u64()),
        (Some(4), Some(1)),
        "{told}"
    );
    meet(&cyd, &ada);
    for place in [&ada, &cyd] {
        let late = place.json(&["late-work"]);
        assert_eq!(
            (late["late_work"][0]["entries"].as_u64(), late["quota"]["entries"].as_u64()),
            (Some(4), Some(4)),
            "{late}"
        );
        assert_ne!(field_of(place), "Bobs");
    }
    // The room is made again when the work is brought in.
    let done = ada.json(&["late-work", "accept"]);
    assert_eq!(done["entries"].as_u64(), Some(4), "{done}");
    meet(&cyd, &ada);
    for place in [&ada, &cyd] {
        assert_eq!(field_of(place), "Bobs");
        let late = place.json(&["late-work"]);
        assert_eq!((late["quota"]["entries"].as_u64(), &late["quota"]["full"]), (Some(0), &Value::Array(Vec::new())));
        place.verify();
    }
    let told = hand_in(&bob, &ada);
    assert_eq!(
        (told["removed"][0]["handed_in"].as_u64(), told["removed"][0]["no_room"].as_u64()),
        (Some(1), Some(0)),
        "{told}"
    );
    assert!(!said(&ada, &["status"]).contains("no room"));
}

#[test]
fn the_room_of_a_workspace_is_shared_and_what_finds_none_is_said() {
    let (bob, cyd) = (Place::new("bob"), Place::new("cyd"));
    let (ada, _logs) = field(&[(&bob, "editor"), (&cyd, "editor")]);
    ada.json(&["remove", "bob", "--yes"]);
    ada.json(&["remove", "cyd", "--yes"]);
    ada.json(&["config", "set", "late_work.max_entries", "1"]);
    for place in [&bob, &cyd] {
        place.json(&["set", "Test 1", "field", "Late"]);
    }
    let told = hand_in(&bob, &ada);
    assert_eq!(
        (told["removed"][0]["handed_in"].as_u64(), told["removed"][0]["no_room"].as_u64()),
        (Some(1), Some(0)),
        "{told}"
    );
    let up = ada.up();
    let output = cyd.run(["sync", "--peer", &super::address(&up)]);
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        told.contains("no room for 1 entry of yours")
            && told.contains("late_work settings")
            && !told.contains("has all"),
        "{told}"
    );
    drop(up);
    let status = said(&ada, &["status"]);
    assert!(status.contains("1 entry") && status.contains("of late work, no room for more"), "{status}");
}
