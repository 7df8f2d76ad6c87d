//! Who may do what, and which work counts: roles, removals, late work, voids and forks.

use dataforge_tests::las::write_las;
use dataforge_tests::program::{Place, Up, has_tool, invite, skip};
use serde_json::Value;

/// A workspace of Ada's with a well `Test 1`, and members that have all of it.
fn field(members: &[(&Place, &str)]) -> (Place, tempfile::TempDir) {
    let (ada, logs) = (Place::new("ada"), tempfile::tempdir().unwrap());
    ada.json(&["init", "Field", "--name", "Ada"]);
    write_las(logs.path(), 1, 40, 2, 3);
    ada.json(&["import", logs.path().to_str().unwrap()]);
    let up = ada.up();
    for (member, role) in members {
        invite(&ada, member, role);
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
fn meet(guest: &Place, host: &Place) {
    let up = host.up();
    guest.json(&["sync", "--peer", &address(&up)]);
}

fn role_of(place: &Place, name: &str) -> String {
    let members = place.json(&["members"])["members"].clone();
    let member = members.as_array().unwrap().iter().find(|member| member["name"] == name);
    member.map_or_else(|| "none".to_owned(), |member| member["role"].as_str().unwrap().to_owned())
}

fn field_of(place: &Place) -> Value {
    place.json(&["wells"])["wells"][0]["field"].clone()
}

fn said(place: &Place, args: &[&str]) -> String {
    String::from_utf8(place.ok(args)).unwrap()
}

#[test]
fn roles_are_given_by_name_words_or_id_and_the_rules_are_said() {
    let (bob, bob2, cyd) = (Place::new("bob"), Place::new("bob"), Place::new("cyd"));
    let (ada, _logs) = field(&[(&bob, "editor"), (&bob2, "viewer"), (&cyd, "admin")]);
    let told = ada.fails(&["role", "bob", "viewer", "--yes"], 2);
    let members = ada.json(&["members"])["members"].clone();
    let bobs: Vec<_> = members.as_array().unwrap().iter().filter(|member| member["name"] == "bob").collect();
    assert_eq!(bobs.len(), 2);
    for bob in &bobs {
        assert!(told.contains(bob["fingerprint"].as_str().unwrap()), "{told}");
    }
    let editor = bobs.iter().find(|bob| bob["role"] == "editor").unwrap();
    let viewer = bobs.iter().find(|bob| bob["role"] == "viewer").unwrap();
    let words = editor["fingerprint"].as_str().unwrap();
    assert!(ada.fails(&["role", words, "viewer"], 2).contains("--yes"), "a lower role wants to be confirmed");
    let wrote = ada.json(&["role", words, "viewer", "--yes"]);
    assert!(wrote["message"].as_str().unwrap().contains("viewer now"), "{wrote}");
    assert_eq!(wrote["entry"].as_str().unwrap().len(), 64);
    // A higher role asks nothing; the start of an id names its person.
    ada.json(&["role", &viewer["person_id"].as_str().unwrap()[..8], "editor"]);
    meet(&cyd, &ada);
    assert!(cyd.fails(&["role", "Ada", "viewer", "--yes"], 5).contains("not below you"));
    assert!(cyd.fails(&["role", words, "admin"], 5).contains("below"), "an admin makes no admins");
    assert!(cyd.fails(&["remove", "cyd", "--yes"], 2).contains("dataforge leave"));
    assert!(cyd.fails(&["transfer", words, "--yes"], 5).contains("owner"));
    assert!(cyd.fails(&["role", "nobody", "viewer"], 3).contains("there are: "));
    assert!(ada.fails(&["leave", "--yes"], 5).contains("transfer"), "the only owner stays");
    assert!(ada.fails(&["role", "Ada", "admin", "--yes"], 5).contains("only owner"));
    ada.json(&["transfer", "cyd", "--keep", "editor", "--yes"]);
    assert_eq!((role_of(&ada, "cyd"), role_of(&ada, "Ada")), ("owner".into(), "editor".into()));
    ada.json(&["leave", "--yes"]);
    assert_eq!(role_of(&ada, "Ada"), "none");
    assert!(ada.fails(&["set", "Test 1", "field", "x"], 5).contains("role"));
    meet(&cyd, &ada);
    assert_eq!((role_of(&cyd, "cyd"), role_of(&cyd, "Ada")), ("owner".into(), "none".into()));
    ada.verify();
    cyd.verify();
}

#[test]
fn nothing_is_removed_unasked_and_a_no_is_a_no() {
    let bob = Place::new("bob");
    let (ada, _logs) = field(&[(&bob, "editor")]);
    for args in [&["remove", "bob"][..], &["leave"], &["transfer", "bob"]] {
        assert!(ada.fails(args, 2).contains("--yes"), "{args:?}");
    }
    assert_eq!(role_of(&ada, "bob"), "editor");
    if !has_tool("script") {
        return skip("nothing_is_removed_unasked_and_a_no_is_a_no", "script, which gives a terminal");
    }
    for (answer, role) in [("n", "editor"), ("", "editor"), ("y", "none")] {
        let program = dataforge_tests::program::program();
        let line = format!("'{}' --dir '{}' remove bob", program.display(), ada.path().display());
        let mut command = std::process::Command::new("script");
        command.args(["-qec", &line, "/dev/null"]);
        ada.set_environment(&mut command);
        command.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped());
        let mut child = command.spawn().unwrap();
        std::io::Write::write_all(child.stdin.as_mut().unwrap(), format!("{answer}\n").as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        let told = String::from_utf8_lossy(&output.stdout);
        assert!(told.contains("bob-laptop") && told.contains("Remove bob? [y/N]"), "{told}");
        assert_eq!(output.status.success(), role == "none", "{told}");
        assert_eq!(role_of(&ada, "bob"), role, "after {answer:?}");
    }
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
    assert_eq!((explained["outcome"].as_str(), explained["author"].as_str()), (Some("excluded"), Some("bob (bob-laptop)")));
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

#[test]
fn members_says_who_does_not_know_of_a_removal_and_devices_how_each_stands() {
    let (bob, cyd) = (Place::new("bob"), Place::new("cyd"));
    let (ada, _logs) = field(&[(&bob, "editor"), (&cyd, "editor")]);
    cyd.json(&["set", "Test 1", "field", "Cyds Field"]);
    meet(&cyd, &ada);
    ada.json(&["remove", "bob", "--yes"]);
    let members = ada.json(&["members"]);
    assert_eq!(members["unaware"].as_array().unwrap().len(), 1, "{members}");
    assert_eq!(members["unaware"][0]["device"], "cyd (cyd-laptop)");
    assert_eq!((&members["unaware"][0]["op"]["what"], members["unaware"][0]["days"].as_u64()), (&"removed bob".into(), Some(0)));
    assert!(said(&ada, &["members"]).contains("wrote nothing yet that knows: Ada removed bob"));
    meet(&cyd, &ada);
    cyd.json(&["set", "Test 1", "field", "Cyds Other Field"]);
    meet(&cyd, &ada);
    assert_eq!(ada.json(&["members"])["unaware"], Value::Array(Vec::new()));
    let devices = ada.json(&["devices"])["devices"].clone();
    let of = |person: &str| devices.as_array().unwrap().iter().find(|device| device["person"] == person).unwrap().clone();
    assert_eq!((&of("bob")["state"], &of("cyd")["state"]), (&"ended".into(), &"live".into()));
    assert_eq!((of("cyd")["entries"].as_u64(), of("bob")["entries"].as_u64()), (Some(2), Some(0)));
    assert!(of("cyd")["last_contact"].is_string(), "{devices}");
    assert_eq!(of("Ada")["this_device"], true);
    assert_eq!(ada.json(&["devices", "bob"])["devices"].as_array().unwrap().len(), 1);
}

#[test]
fn an_op_that_does_not_count_says_what_speaks_against_it() {
    let (bob, cyd) = (Place::new("bob"), Place::new("cyd"));
    let (ada, _logs) = field(&[(&bob, "admin"), (&cyd, "editor")]);
    bob.json(&["role", "cyd", "viewer", "--yes"]);
    ada.json(&["role", "bob", "editor", "--yes"]);
    meet(&bob, &ada);
    for place in [&ada, &bob] {
        assert_eq!((role_of(place, "bob"), role_of(place, "cyd")), ("editor".into(), "editor".into()));
        let void = place.json(&["log", "--void"])["entries"].clone();
        assert_eq!(void.as_array().unwrap().len(), 1, "{void}");
        assert_eq!(void[0]["summary"], "made cyd viewer");
        assert!(void[0]["why"].as_str().unwrap().contains("Ada made bob editor"), "{void}");
        let explained = place.json(&["explain", void[0]["id"].as_str().unwrap()])["entries"][0].clone();
        assert_eq!(explained["outcome"], "void");
        assert_eq!(explained["ops"][0]["what"], "made bob editor");
    }
}

/// Copies a data directory, as a backup that is put back somewhere else.
fn copy(of: &Place) -> Place {
    fn walk(from: &std::path::Path, to: &std::path::Path) {
        std::fs::create_dir_all(to).unwrap();
        for entry in std::fs::read_dir(from).unwrap().flatten() {
            let to = to.join(entry.file_name());
            if entry.path().is_dir() { walk(&entry.path(), &to) } else { drop(std::fs::copy(entry.path(), to)) }
        }
    }
    let place = Place::new("copy");
    walk(of.path(), place.path());
    place
}

#[test]
fn a_copied_data_directory_shows_as_a_fork() {
    let bob = Place::new("bob");
    let (ada, _logs) = field(&[(&bob, "editor")]);
    let twin = copy(&bob);
    bob.json(&["set", "Test 1", "field", "One"]);
    twin.json(&["set", "Test 1", "field", "Other"]);
    assert_eq!(ada.json(&["forks"])["forks"], Value::Array(Vec::new()));
    meet(&bob, &ada);
    ada.json(&["set", "Test 1", "company", "Adas Oil"]);
    meet(&twin, &ada);
    let forks = ada.json(&["forks"])["forks"].clone();
    assert_eq!((forks.as_array().unwrap().len(), forks[0]["seq"].as_u64()), (1, Some(0)), "{forks}");
    let branches = forks[0]["branches"].as_array().unwrap().clone();
    assert_eq!(branches.len(), 2, "{forks}");
    let stays: Vec<_> = branches.iter().filter(|branch| branch["stays"] == true).collect();
    assert_eq!(stays.len(), 1, "{forks}");
    assert!(stays[0]["summary"].as_str().unwrap().contains("One"), "Ada built on it: {forks}");
    assert_eq!(stays[0]["builders"][0], "Ada");
    let gone = branches.iter().find(|branch| branch["stays"] == false).unwrap();
    let why = ada.json(&["explain", gone["entry"].as_str().unwrap()])["entries"][0]["why"].clone();
    assert!(why.as_str().unwrap().contains("two entries"), "{why}");
    assert!(said(&ada, &["forks"]).contains("revoke-device"));
}
