//! Edits of real processes: many at once, killed before they are saved, and from a peer who floods.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use dataforge_tests::las::write_las;
use dataforge_tests::program::{Place, invite, join, wait_until, wait_within};
use serde_json::{Value, json};

/// In what time a colleague's edit is here, whatever another one floods with.
const PROMISED: Duration = Duration::from_secs(5);

/// A workspace with some wells.
fn field(wells: u32) -> Place {
    let (place, logs) = (Place::new("ada"), tempfile::tempdir().unwrap());
    for number in 0..wells {
        write_las(logs.path(), number, 4, 2, 7);
    }
    place.json(&["init", "Field"]);
    place.json(&["import", logs.path().to_str().unwrap()]);
    place
}

fn names(place: &Place) -> Vec<String> {
    let wells = place.json(&["wells"]);
    wells["wells"].as_array().unwrap().iter().map(|well| well["name"].as_str().unwrap().to_owned()).collect()
}

/// Writes edits into a file, one a line.
fn file(place: &Place, edits: &[Value]) -> PathBuf {
    let path = place.path().join("edits.jsonl");
    let lines: Vec<_> = edits.iter().map(Value::to_string).collect();
    std::fs::write(&path, lines.join("\n")).unwrap();
    path
}

fn rename(from: &str, to: &str) -> Value {
    json!({ "edit": "set", "target": from, "field": "name", "value": to })
}

fn states(reply: &Value) -> Vec<&str> {
    reply["edits"].as_array().unwrap().iter().map(|edit| edit["state"].as_str().unwrap()).collect()
}

#[test]
fn a_file_of_edits_is_done_with_and_without_a_process_that_serves() {
    let place = field(3);
    let edits = file(&place, &[rename("Test 0", "A"), rename("Nowhere", "B"), rename("Test 1", "C")]);
    let path = edits.to_str().unwrap();
    let output = place.run(["--json", "edit", path]);
    assert_eq!(output.status.code(), Some(3), "one was not found: {}", String::from_utf8_lossy(&output.stderr));
    let reply: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(states(&reply), ["saved", "refused", "saved"]);
    assert!(reply["edits"][1]["error"]["hint"].is_string(), "{reply}");
    assert_eq!(names(&place), ["A", "C", "Test 2"]);
    let up = place.up();
    // A name that the file itself gives is known to what follows.
    file(&place, &[rename("A", "D"), rename("D", "E")]);
    assert_eq!(states(&place.json(&["edit", path])), ["saved", "saved"]);
    assert_eq!(names(&place), ["C", "E", "Test 2"]);
    let said = place.fails(&["edit", place.path().join("nothing").to_str().unwrap()], 8);
    assert!(said.contains("nothing"), "{said}");
    std::fs::write(&edits, "{\"edit\": \"set\"}").unwrap();
    let said = place.fails(&["edit", path], 4);
    assert!(said.contains("line 1"), "{said}");
    drop(up);
    place.verify();
}

#[test]
fn a_kill_before_saved_loses_only_what_was_never_said_to_be() {
    let place = field(2);
    place.json(&["config", "set", "edits.delay_ms", "60000"]);
    let up = place.up();
    let saved = file(&place, &[rename("Test 0", "Saved")]);
    let path = saved.to_str().unwrap();
    assert_eq!(states(&place.json(&["edit", path])), ["saved"]);
    file(&place, &[rename("Test 1", "Taken")]);
    let taken = place.json(&["edit", "--no-wait", path]);
    assert_eq!(states(&taken), ["pending"]);
    assert!(taken["edits"][0]["id"].is_u64(), "{taken}");
    up.kill();
    assert_eq!(names(&place), ["Saved", "Test 1"]);
    // An end in order writes what was taken.
    let up = place.up();
    assert_eq!(states(&place.json(&["edit", "--no-wait", path])), ["pending"]);
    place.json(&["down"]);
    drop(up);
    assert_eq!(names(&place), ["Saved", "Taken"]);
    // A command that has the directory to itself does not leave it to anybody.
    file(&place, &[rename("Taken", "Alone")]);
    assert_eq!(states(&place.json(&["edit", "--no-wait", path])), ["saved"]);
    assert_eq!(names(&place), ["Alone", "Saved"]);
    place.verify();
}

/// The number of a place's attachments.
fn attachments(place: &Place) -> usize {
    place.json(&["attachments"])["attachments"].as_array().unwrap().len()
}

/// Files of the one who floods: two entries each.
const FLOOD: usize = 500;

/// What a place knows of a peer.
fn peer(place: &Place, name: &str) -> Value {
    let peers = place.json(&["peers"]);
    let all = peers["peers"].as_array().unwrap();
    all.iter().find(|peer| peer["name"].as_str().unwrap().starts_with(name)).unwrap().clone()
}

/// Attaches so many files as a flood has, others than before.
fn flood(place: &Place, name: &str) {
    let logs = tempfile::tempdir().unwrap();
    for number in 0..FLOOD {
        std::fs::write(logs.path().join(format!("{name}-{number}.txt")), format!("{name} {number}")).unwrap();
    }
    place.json(&["attach", logs.path().to_str().unwrap()]);
}

#[test]
fn who_joins_takes_all_at_once_and_what_comes_later_is_counted() {
    let (ada, bob) = (field(1), Place::new("bob"));
    flood(&ada, "before");
    // 600 entries at once: the rest of a thousand would take twenty seconds.
    bob.json(&["config", "set", "network.peer_entries_per_s", "20"]);
    let up = join(&ada, &bob, "editor");
    let bob_up = bob.up();
    let took = wait_within(Duration::from_secs(15), "bob has all", || attachments(&bob) == FLOOD);
    println!("{took:?}");
    let slowed = peer(&bob, "ada")["slowed_seconds"].as_f64().unwrap_or(0.0);
    assert!(slowed == 0.0, "{slowed} s");
    flood(&ada, "after");
    wait_until("ada is slowed", || peer(&bob, "ada")["slowed"] == true);
    wait_until("all is here", || attachments(&bob) == 2 * FLOOD);
    // Not even a restart makes a newcomer of who has caught up once.
    drop(bob_up);
    flood(&ada, "again");
    let bob_up = bob.up();
    wait_until("ada is slowed again", || peer(&bob, "ada")["slowed"] == true);
    drop((bob_up, up));
}

#[test]
fn who_floods_is_slowed_and_loses_nothing_while_a_colleague_is_in_time() {
    let (ada, logs) = (field(1), tempfile::tempdir().unwrap());
    let (bob, cid) = (Place::new("bob"), Place::new("cid"));
    // 600 entries at once: the last 400 take twenty seconds.
    ada.json(&["config", "set", "network.peer_entries_per_s", "20"]);
    let ada_up = join(&ada, &bob, "editor");
    invite(&ada, &cid, "editor");
    let cid_up = cid.up();
    wait_until("cid has all", || names(&cid) == ["Test 0"]);
    for number in 0..FLOOD {
        std::fs::write(logs.path().join(format!("{number}.txt")), format!("note {number}")).unwrap();
    }
    bob.json(&["attach", logs.path().to_str().unwrap()]);
    assert_eq!(attachments(&bob), FLOOD);
    let bob_up = bob.up();
    let of_bob = || peer(&ada, "bob");
    wait_until("bob is slowed", || of_bob()["slowed"] == true);
    // It may find more to say about the machine of a test.
    let doctor: Value = serde_json::from_slice(&ada.run(["--json", "doctor"]).stdout).unwrap();
    assert!(doctor["remarks"].as_array().unwrap().iter().any(|one| one.as_str().unwrap().contains("is slowed")));
    let begun = Instant::now();
    cid.json(&["set", "Test 0", "name", "In time"]);
    let took = wait_within(PROMISED, "cid's edit is here", || names(&ada) == ["In time"]);
    println!("{took:?}, {:?} with the commands; {} of {FLOOD} files known", begun.elapsed(), attachments(&ada));
    assert!(attachments(&ada) < FLOOD, "bob is not done: cid did not wait for him");
    // Slowed, not refused.
    wait_until("all of bob's work is here", || attachments(&ada) == FLOOD);
    wait_until("bob is slowed no more", || of_bob()["slowed"] == false);
    assert!(of_bob()["slowed_seconds"].as_f64().unwrap() > 1.0, "{}", of_bob());
    bob.json(&["down"]);
    drop(bob_up);
    wait_until("the log says so", || {
        let log = ada.json(&["sync-log"]);
        let mut all = log["exchanges"].as_array().unwrap().iter();
        all.any(|one| one["reason"].as_str().is_some_and(|reason| reason.contains("slowed for")))
    });
    drop((cid_up, ada_up));
    for place in [&ada, &bob, &cid] {
        place.verify();
    }
}
