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
fn meet(guest: &Place, host: &Place) {
    let up = host.up();
    guest.json(&["sync", "--peer", &address(&up)]);
}

/// Lets a device that is no member any more hand in its work, whatever it is told.
fn hand_in(guest: &Place, host: &Place) {
    let up = host.up();
    drop(guest.run(["sync", "--peer", &address(&up)]));
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
    hand_in(&bob, &cyd);
    meet(&cyd, &ada);
    let wells = |place: &Place| place.json(&["wells"])["wells"].as_array().unwrap().len();
    assert_eq!((wells(&ada), wells(&cyd)), (1, 1));
    let late = ada.json(&["late-work"])["late_work"].clone();
    assert_eq!(late[0]["entries"].as_u64(), Some(written), "{late}");
    let why = cyd.json(&["explain", late[0]["work"][0]["id"].as_str().unwrap()])["entries"][0]["why"].clone();
    assert!(why.as_str().unwrap().contains("Ada removed bob"), "{why}");
    // He is told, once and for all, and got nothing of what came after.
    ada.json(&["set", "Test 1", "company", "Adas Oil"]);
    hand_in(&bob, &ada);
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
    assert_eq!(
        (&members["unaware"][0]["op"]["what"], members["unaware"][0]["days"].as_u64()),
        (&"removed bob".into(), Some(0))
    );
    assert!(said(&ada, &["members"]).contains("wrote nothing yet that knows: Ada removed bob"));
    meet(&cyd, &ada);
    cyd.json(&["set", "Test 1", "field", "Cyds Other Field"]);
    meet(&cyd, &ada);
    assert_eq!(ada.json(&["members"])["unaware"], Value::Array(Vec::new()));
    let devices = ada.json(&["devices"])["devices"].clone();
    let of =
        |person: &str| devices.as_array().unwrap().iter().find(|device| device["person"] == person).unwrap().clone();
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

/// The files of a data directory with their bytes.
fn files_of(of: &Place) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    fn walk(base: &std::path::Path, from: &std::path::Path, found: &mut Vec<(std::path::PathBuf, Vec<u8>)>) {
        for entry in std::fs::read_dir(from).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                walk(base, &path, found);
            } else if let Ok(bytes) = std::fs::read(&path) {
                found.push((path.strip_prefix(base).unwrap().to_owned(), bytes));
            }
        }
    }
    let mut found = Vec::new();
    walk(of.path(), of.path(), &mut found);
    found
}

/// Writes files into a directory, into those that are there already: as a disk image does that is
/// put back.
fn put(files: &[(std::path::PathBuf, Vec<u8>)], into: &Place) {
    for (name, bytes) in files {
        let path = into.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
}

#[test]
fn a_copied_data_directory_goes_on_as_a_device_of_its_own() {
    let (ada, bob, _dir, (_, words)) = two_with_words();
    let twin = Place::new("copy");
    put(&files_of(&bob), &twin);
    bob.json(&["set", "Test 1", "field", "One"]);
    let refused = twin.run(["set", "Test 1", "field", "Other"]);
    assert!(!refused.status.success());
    let told = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(told.contains("copy") && told.contains("device renew"), "{told}");
    assert!(!twin.json(&["wells"]).is_null(), "it still reads");
    said(&twin, &["device", "renew", "--device", "second", "--words-file", &words]);
    twin.json(&["set", "Test 1", "company", "Twin Oil"]);
    meet(&bob, &ada);
    meet(&twin, &ada);
    meet(&bob, &ada);
    for place in [&ada, &bob, &twin] {
        assert_eq!(place.json(&["forks"])["forks"], Value::Array(Vec::new()), "no position was signed twice");
        let well = place.json(&["show", "Test 1"]).to_string();
        assert!(place.path() == twin.path() || well.contains("One") && well.contains("Twin Oil"), "{well}");
    }
}

#[test]
fn a_disk_put_back_shows_as_a_fork_and_nothing_is_lost() {
    let (ada, bob, _dir, (_, words)) = two_with_words();
    let before = files_of(&bob);
    bob.json(&["set", "Test 1", "field", "One"]);
    meet(&bob, &ada);
    ada.json(&["set", "Test 1", "company", "Adas Oil"]);
    // Nothing here tells that this is not where it left off.
    put(&before, &bob);
    for (name, _) in files_of(&bob) {
        if !before.iter().any(|(known, _)| *known == name) {
            std::fs::remove_file(bob.path().join(name)).unwrap();
        }
    }
    bob.json(&["set", "Test 1", "field", "Other"]);
    meet(&bob, &ada);
    let forks = ada.json(&["forks"])["forks"].clone();
    assert_eq!((forks.as_array().unwrap().len(), forks[0]["seq"].as_u64()), (1, Some(0)), "{forks}");
    let branches = forks[0]["branches"].as_array().unwrap().clone();
    assert_eq!(branches.len(), 2, "{forks}");
    let stays: Vec<_> = branches.iter().filter(|branch| branch["stays"] == true).collect();
    assert_eq!(stays.len(), 1, "{forks}");
    assert!(stays[0]["summary"].as_str().unwrap().contains("One"), "Ada built on it: {forks}");
    let gone = branches.iter().find(|branch| branch["stays"] == false).unwrap();
    let why = ada.json(&["explain", gone["entry"].as_str().unwrap()])["entries"][0]["why"].clone();
    assert!(why.as_str().unwrap().contains("two entries"), "{why}");
    assert!(said(&ada, &["forks"]).contains("revoke-device"));
    // Both go on: he under a new key, with what he wrote written again.
    let refused = bob.run(["set", "Test 1", "field", "Other"]);
    let told = format!("{refused:?}");
    assert!(told.contains("device renew"), "{told}");
    said(&bob, &["device", "renew", "--words-file", &words]);
    bob.json(&["set", "Test 1", "field", "Other"]);
    meet(&bob, &ada);
    let well = ada.json(&["show", "Test 1"]).to_string();
    assert!(well.contains("Other") && well.contains("Adas Oil"), "{well}");
    let forks = ada.json(&["forks"])["forks"].clone();
    assert_eq!(forks[0]["branches"].as_array().unwrap().len(), 2, "both entries of the position are kept: {forks}");
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
    let joined = bob.json(&["join", &ticket]);
    bob.json(&["sync"]);
    let words = (words_file(&dir, &made), words_file(&dir, &joined));
    (ada, bob, dir, words)
}

fn states(place: &Place, of: &str) -> Vec<(String, String)> {
    let devices = place.json(&["devices", of])["devices"].clone();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    devices.as_array().unwrap().iter().map(|device| (text(&device["label"]), text(&device["state"]))).collect()
}

fn state_of(place: &Place, of: &str, label: &str) -> String {
    states(place, of).into_iter().find(|(known, _)| known == label).map_or_else(|| "unknown".into(), |(_, state)| state)
}

#[test]
fn a_second_machine_is_linked_by_ticket_and_words_and_a_lost_one_revoked() {
    let (ada, bob, dir, (adas, bobs)) = two_with_words();
    let (desk, other) = (Place::new("desk"), Place::new("other"));
    let up = ada.up();
    let made = ada.json(&["device", "add", "--for", "bob"]);
    assert_eq!((made["person"].as_str(), made["listening"].as_bool()), (Some("bob"), Some(true)), "{made}");
    let ticket = made["ticket"].as_str().unwrap();
    // Neither other words nor no words make an identity, and neither does the wrong command.
    assert!(desk.fails(&["device", "link", ticket, "--words-file", &adas], 5).contains("not the words of bob"));
    assert!(desk.fails(&["device", "link", ticket], 2).contains("no recovery words"));
    let garbage = dir.path().join("garbage");
    std::fs::write(&garbage, "abandon abandon").unwrap();
    assert!(desk.fails(&["device", "link", ticket, "--words-file", garbage.to_str().unwrap()], 4).contains("2 words"));
    assert!(desk.fails(&["join", ticket], 2).contains("device link"));
    assert!(!desk.path().join("keys/device.key").exists());
    let mut link = desk.command(["--json", "device", "link", ticket, "--device", "desk"]);
    link.stdin(std::fs::File::open(&bobs).unwrap());
    let output = link.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let linked: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((linked["person"].as_str(), linked["label"].as_str()), (Some("bob"), Some("desk")), "{linked}");
    assert_eq!(linked["workspace"]["role"], "editor");
    assert_eq!(linked["fingerprint"], made["fingerprint"]);
    assert!(desk.fails(&["device", "link", ticket], 2).contains("linked already"));
    assert!(other.fails(&["device", "link", ticket, "--words-file", &bobs], 5).contains("already used"));
    desk.json(&["sync"]);
    desk.json(&["set", "Test 1", "field", "From The Desk"]);
    desk.json(&["sync"]);
    assert_eq!(field_of(&ada), "From The Desk");
    assert_eq!((state_of(&ada, "bob", "desk"), state_of(&ada, "bob", "bob-laptop")), ("live".into(), "live".into()));
    drop(up);
    // The laptop is lost, with work that came nowhere.
    bob.json(&["set", "Test 1", "company", "Thief Oil"]);
    assert!(desk.fails(&["revoke-device", "bob-laptop"], 2).contains("--yes"));
    let args = ["revoke-device", "bob/bob-laptop", "--words", "--yes", "--words-file"];
    assert!(desk.fails(&[&args[..], &[adas.as_str()]].concat(), 5).contains("not the words"));
    desk.json(&[&args[..], &[bobs.as_str()]].concat());
    meet(&desk, &ada);
    hand_in(&bob, &ada);
    assert_eq!((state_of(&ada, "bob", "desk"), state_of(&ada, "bob", "bob-laptop")), ("live".into(), "revoked".into()));
    let late = ada.json(&["late-work"])["late_work"].clone();
    assert_eq!((late.as_array().unwrap().len(), late[0]["label"].as_str()), (1, Some("bob-laptop")), "{late}");
    assert_eq!(field_of(&ada), "From The Desk");
    assert!(ada.fails(&["revoke-device", "ada-laptop", "--yes"], 5).contains("last device of the only owner"));
    assert!(desk.fails(&["revoke-device", "ada-laptop", "--yes"], 5).contains("admin"));
    ada.verify();
    desk.verify();
}

#[test]
fn the_words_of_the_founder_recover_a_workspace() {
    let (ada, bob, _dir, (adas, bobs)) = two_with_words();
    let args = ["recover", "--remove", "Ada", "--yes", "--words-file"];
    assert!(bob.fails(&["recover", "--words-file", &adas], 2).contains("--yes"));
    assert!(bob.fails(&[&args[..], &[bobs.as_str()]].concat(), 5).contains("shown to Ada"));
    assert_eq!((role_of(&bob, "bob"), role_of(&bob, "Ada")), ("editor".into(), "owner".into()));
    let done = bob.json(&[&args[..], &[adas.as_str()]].concat());
    assert!(done["message"].as_str().unwrap().contains("bob is owner"), "{done}");
    assert_eq!((role_of(&bob, "bob"), role_of(&bob, "Ada")), ("owner".into(), "none".into()));
    bob.json(&["recover", "--yes", "--words-file", &adas]);
    bob.json(&["set", "Test 1", "field", "Bobs Now"]);
    assert_eq!(field_of(&bob), "Bobs Now");
    assert!(ada.fails(&["recover", "--owner", "nobody", "--yes", "--words-file", &adas], 3).contains("there are"));
    bob.verify();
}

#[test]
fn a_void_op_counts_once_it_is_ratified() {
    let (bob, cyd) = (Place::new("bob"), Place::new("cyd"));
    let (ada, _logs) = field(&[(&bob, "admin"), (&cyd, "editor")]);
    bob.json(&["role", "cyd", "viewer", "--yes"]);
    ada.json(&["role", "bob", "editor", "--yes"]);
    meet(&bob, &ada);
    let void = ada.json(&["log", "--void"])["entries"][0]["id"].as_str().unwrap().to_owned();
    assert!(bob.fails(&["ratify", &void], 5).contains("admin"));
    let done = ada.json(&["ratify", &void[..10]]);
    assert!(done["message"].as_str().unwrap().contains("made cyd viewer: counts now"), "{done}");
    assert_eq!(role_of(&ada, "cyd"), "viewer");
    assert!(ada.fails(&["ratify", &void], 2).contains("counts already"));
    meet(&bob, &ada);
    assert_eq!(role_of(&bob, "cyd"), "viewer");
}

#[test]
fn an_invite_with_approval_lets_in_who_is_approved() {
    let (ada, bob, eve) = (Place::new("ada"), Place::new("bob"), Place::new("eve"));
    ada.json(&["init", "Field", "--name", "Ada"]);
    let _up = ada.up();
    let invite = ada.json(&["invite", "--approval", "--role", "viewer", "--uses", "2"]);
    let ticket = invite["ticket"].as_str().unwrap();
    assert_eq!(invite["form"], "approval");
    let asked = bob.json(&["join", ticket]);
    assert_eq!(asked["reply"], "join_pending", "{asked}");
    assert_eq!(asked["recovery_words"].as_str().unwrap().split(' ').count(), 24);
    assert_eq!(eve.json(&["join", ticket])["reply"], "join_pending");
    assert_eq!(bob.json(&["join", ticket])["reply"], "join_pending", "asking twice is asking once");
    let open = ada.json(&["invites"]);
    assert_eq!((open["invites"][0]["form"].as_str(), open["invites"][0]["used"].as_u64()), (Some("approval"), Some(0)));
    assert_eq!(open["pending"].as_array().unwrap().len(), 2, "{open}");
    assert_eq!(
        (open["pending"][0]["name"].as_str(), &open["pending"][0]["fingerprint"]),
        (Some("bob"), &asked["fingerprint"])
    );
    ada.fails(&["approve", "nobody"], 3);
    ada.json(&["approve", asked["fingerprint"].as_str().unwrap()]);
    assert_eq!(bob.json(&["join", ticket])["workspace"]["role"], "viewer");
    assert_eq!(eve.json(&["join", ticket])["reply"], "join_pending");
    let open = ada.json(&["invites"]);
    assert_eq!(
        (open["pending"].as_array().unwrap().len(), open["invites"][0]["used"].as_u64()),
        (1, Some(1)),
        "{open}"
    );
    ada.json(&["uninvite", open["invites"][0]["invite"].as_str().unwrap()]);
    let open = ada.json(&["invites"]);
    assert_eq!(
        (open["pending"].as_array().unwrap().len(), open["invites"].as_array().unwrap().len()),
        (0, 0),
        "{open}"
    );
    eve.fails(&["join", ticket], 5);
    assert_eq!(ada.json(&["members"])["members"].as_array().unwrap().len(), 2);
}

#[test]
fn an_open_invite_is_signed_by_its_ticket_and_an_ended_one_lets_nobody_in() {
    let (ada, bob, cyd, eve) = (Place::new("ada"), Place::new("bob"), Place::new("cyd"), Place::new("eve"));
    ada.json(&["init", "Field", "--name", "Ada"]);
    assert!(ada.fails(&["invite", "--open", "--role", "admin"], 2).contains("no admins"));
    let _up = ada.up();
    let invite = ada.json(&["invite", "--open"]);
    let ticket = invite["ticket"].as_str().unwrap();
    assert_eq!(bob.json(&["join", ticket])["workspace"]["role"], "editor");
    assert!(cyd.fails(&["join", ticket], 5).contains("already used"));
    let log = ada.json(&["log"])["entries"].clone();
    assert!(log.as_array().unwrap().iter().any(|entry| entry["summary"] == "let bob in by an open invite"), "{log}");
    let invite = ada.json(&["invite"]);
    let short = &invite["invite"].as_str().unwrap()[..10];
    ada.json(&["uninvite", short]);
    ada.fails(&["uninvite", short], 3);
    eve.fails(&["join", invite["ticket"].as_str().unwrap()], 5);
    assert_eq!(ada.json(&["members"])["members"].as_array().unwrap().len(), 2);
    bob.json(&["sync"]);
    assert_eq!(bob.json(&["members"])["members"].as_array().unwrap().len(), 2);
}
