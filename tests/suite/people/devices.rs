//! Devices of a person: linked, revoked, copied, put back, and recovery by the words.

use dataforge_tests::program::Place;
use serde_json::Value;

use super::{field_of, hand_in, meet, role_of, said, two_with_words};

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
    assert!(desk.fails(&["join", "--yes", ticket], 2).contains("device link"));
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
