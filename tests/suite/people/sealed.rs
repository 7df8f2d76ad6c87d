//! The key of a device under a passphrase: with real nodes, at every cut, on a terminal.

use std::io::{Read as _, Write as _};
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use dataforge_tests::program::{Place, Up, has_tool, program, skip, wait_until};
use dataforge_tests::trace::{self, Cut};
use serde_json::Value;

use super::{address, field_of, meet, role_of, two_with_words};

const FIRST: &str = "first passphrase";
const SECOND: &str = "second passphrase";

/// Runs a command with a passphrase in its environment.
fn run_with(place: &Place, passphrase: &str, args: &[&str]) -> Output {
    place.command(args).env("DATAFORGE_PASSPHRASE", passphrase).output().unwrap()
}

/// Runs a command that must succeed with a passphrase; returns its reply.
fn with(place: &Place, passphrase: &str, args: &[&str]) -> Value {
    let output = run_with(place, passphrase, &[&["--json"], args].concat());
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Runs a command that must fail with a passphrase; returns what it said.
fn refused(place: &Place, passphrase: &str, args: &[&str], code: i32) -> String {
    let output = run_with(place, passphrase, args);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(code), "{args:?}: {said}");
    said
}

fn up_with(place: &Place, passphrase: &str) -> Up {
    let mut command = place.command(["--json", "up"]);
    command.env("DATAFORGE_PASSPHRASE", passphrase);
    Up::start(command)
}

fn is_sealed(place: &Place) -> bool {
    place.json(&["key", "status"])["sealed"] == true
}

/// Writes a passphrase into a file of its own.
fn file_of(place: &Place, passphrase: &str) -> String {
    let path = place.path().join(format!("{}.txt", passphrase.replace(' ', "-")));
    std::fs::write(&path, format!("{passphrase}\n")).unwrap();
    path.to_str().unwrap().to_owned()
}

fn keys_left(place: &Place) -> Vec<String> {
    let entries = std::fs::read_dir(place.path().join("keys")).unwrap().flatten();
    let mut names: Vec<_> = entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn a_sealed_key_wants_its_passphrase_and_another_one_is_said_to_be_another_one() {
    let ada = Place::new("ada");
    assert!(ada.fails(&["key", "status"], 3).contains("no identity"));
    ada.json(&["init", "Field", "--name", "Ada"]);
    let before = ada.json(&["key", "status"]);
    assert_eq!(
        (before["sealed"].as_bool(), &before["cost"], before["person"].as_str()),
        (Some(false), &Value::Null, Some("Ada"))
    );
    let plain = std::fs::read_to_string(ada.path().join("keys/device.key")).unwrap();
    assert!(ada.fails(&["key", "seal"], 2).contains("no terminal"));
    assert!(ada.fails(&["key", "unseal"], 2).contains("not sealed"));
    assert!(ada.fails(&["key", "check"], 2).contains("not sealed"));
    assert!(refused(&ada, "short", &["key", "seal"], 2).contains("5 characters"));
    assert!(!is_sealed(&ada));
    with(&ada, FIRST, &["key", "seal"]);
    let after = ada.json(&["key", "status"]);
    let cost = &after["cost"];
    assert_eq!((after["sealed"].as_bool(), &after["device_id"]), (Some(true), &before["device_id"]));
    assert_eq!(
        (cost["memory_kib"].as_u64(), cost["passes"].as_u64(), cost["lanes"].as_u64()),
        (Some(65536), Some(3), Some(4))
    );
    let sealed = std::fs::read(ada.path().join("keys/device.key")).unwrap();
    assert!(!String::from_utf8_lossy(&sealed).contains(plain.trim()) && sealed.len() == 136);
    // Without a passphrase nothing is done, and it is said what to do.
    let told: Value = serde_json::from_str(&ada.fails(&["--json", "status"], 11)).unwrap();
    assert_eq!(told["error"]["kind"], "sealed");
    let hint = told["error"]["hint"].as_str().unwrap();
    assert!(hint.contains("--passphrase-file") && hint.contains("DATAFORGE_PASSPHRASE"), "{hint}");
    assert!(ada.fails(&["up"], 11).contains("sealed by a passphrase"));
    assert!(refused(&ada, SECOND, &["status"], 11).contains("not the passphrase"));
    assert!(refused(&ada, SECOND, &["key", "check"], 11).contains("not the passphrase"));
    assert!(refused(&ada, SECOND, &["key", "unseal"], 11).contains("not the passphrase"));
    with(&ada, FIRST, &["key", "check"]);
    assert_eq!(with(&ada, FIRST, &["status"])["device_id"], before["device_id"]);
    let file = file_of(&ada, FIRST);
    ada.json(&["--passphrase-file", &file, "status"]);
    assert!(ada.fails(&["--passphrase-file", "/nowhere", "status"], 8).contains("/nowhere"));
    // The file goes before the environment.
    assert_eq!(run_with(&ada, SECOND, &["--passphrase-file", &file, "status"]).status.code(), Some(0));
    with(&ada, FIRST, &["key", "unseal"]);
    assert_eq!(std::fs::read_to_string(ada.path().join("keys/device.key")).unwrap(), plain);
    ada.verify();
}

#[test]
fn a_node_that_is_up_needs_no_passphrase_but_for_its_seal() {
    let ada = Place::new("ada");
    ada.json(&["init", "Field", "--name", "Ada"]);
    with(&ada, FIRST, &["key", "seal"]);
    let (first, second) = (file_of(&ada, FIRST), file_of(&ada, SECOND));
    let up = up_with(&ada, FIRST);
    assert_eq!(ada.json(&["status"])["up"], true);
    assert!(ada.fails(&["key", "unseal"], 2).contains("no terminal"));
    assert!(refused(&ada, SECOND, &["key", "unseal"], 11).contains("not the passphrase"));
    assert!(refused(&ada, SECOND, &["key", "seal", "--new-passphrase-file", &second], 11).contains("not the"));
    assert!(is_sealed(&ada));
    with(&ada, FIRST, &["key", "seal", "--new-passphrase-file", &second]);
    drop(up);
    refused(&ada, FIRST, &["status"], 11);
    with(&ada, SECOND, &["status"]);
    // Sealed while it runs unsealed, and the other way round.
    with(&ada, SECOND, &["key", "unseal"]);
    let up = ada.up();
    ada.json(&["key", "seal", "--new-passphrase-file", &first]);
    drop(up);
    let up = up_with(&ada, FIRST);
    with(&ada, FIRST, &["key", "unseal"]);
    drop(up);
    ada.json(&["status"]);
}

#[test]
fn a_renewed_key_is_sealed_by_the_same_passphrase_and_machines_are_added_and_recovered() {
    let (ada, bob, _dir, (adas, bobs)) = two_with_words();
    let desk = Place::new("desk");
    with(&ada, SECOND, &["key", "seal"]);
    with(&bob, FIRST, &["key", "seal"]);
    let old = bob.json(&["key", "status"])["device_id"].clone();
    bob.fails(&["device", "renew", "--words-file", &bobs], 11);
    with(&bob, FIRST, &["device", "renew", "--words-file", &bobs]);
    let status = bob.json(&["key", "status"]);
    assert!(status["sealed"] == true && status["device_id"] != old, "{status}");
    bob.fails(&["status"], 11);
    with(&bob, FIRST, &["set", "Test 1", "field", "Sealed Field"]);
    let up = up_with(&ada, SECOND);
    with(&bob, FIRST, &["sync", "--peer", &address(&up)]);
    assert_eq!(field_of(&ada), "Sealed Field");
    let ticket = ada.json(&["device", "add", "--for", "bob"])["ticket"].as_str().unwrap().to_owned();
    // Another machine begins unsealed; a passphrase that is not needed is no mistake.
    with(&desk, FIRST, &["device", "link", &ticket, "--device", "desk", "--words-file", &bobs]);
    assert!(!is_sealed(&desk));
    drop(up);
    with(&bob, FIRST, &["recover", "--remove", "Ada", "--yes", "--words-file", &adas]);
    let up = up_with(&bob, FIRST);
    assert_eq!((role_of(&bob, "bob"), role_of(&bob, "Ada")), ("owner".into(), "none".into()));
    drop(up);
    assert!(is_sealed(&bob));
}

#[test]
fn who_lost_the_passphrase_or_the_key_goes_on_by_the_recovery_words() {
    let (ada, bob, _dir, (adas, bobs)) = two_with_words();
    with(&bob, FIRST, &["key", "seal"]);
    assert!(bob.ok(["key", "check", "--words", "--words-file", &bobs]).starts_with(b"these are the words of bob"));
    assert!(bob.fails(&["key", "check", "--words", "--words-file", &adas], 5).contains("not the words of bob"));
    let renew = ["device", "renew", "--without-key", "--words-file"];
    assert!(bob.fails(&[&renew[..], &[&adas]].concat(), 5).contains("not the words of bob"));
    assert!(is_sealed(&bob), "nothing was changed");
    let done = bob.json(&[&renew[..], &[&bobs]].concat());
    assert!(done["message"].as_str().unwrap().contains("not sealed"), "{done}");
    bob.json(&["set", "Test 1", "field", "Found Again"]);
    meet(&bob, &ada);
    assert_eq!(field_of(&ada), "Found Again");
    // A key file that is damaged.
    let key = bob.path().join("keys/device.key");
    std::fs::write(&key, &std::fs::read(&key).unwrap()[..20]).unwrap();
    assert!(bob.fails(&["status"], 9).contains("--without-key"));
    assert!(bob.fails(&["key", "status"], 9).contains("damaged"));
    bob.json(&[&renew[..], &[&bobs]].concat());
    bob.json(&["set", "Test 1", "company", "And Again"]);
    meet(&bob, &ada);
    assert!(ada.json(&["wells"]).to_string().contains("And Again"));
    ada.verify();
    bob.verify();
}

#[test]
fn a_cut_at_any_call_leaves_a_key_that_opens_and_nothing_half_written() {
    if !trace::works() {
        return skip("a_cut_at_any_call_leaves_a_key_that_opens_and_nothing_half_written", "strace");
    }
    let ada = Place::new("ada");
    let device = ada.json(&["init", "Field", "--name", "Ada"])["device_id"].clone();
    let file = file_of(&ada, FIRST);
    let keys = ada.path().join("keys");
    let paths: Vec<PathBuf> = vec![keys.clone(), keys.join("device.key")];
    let mut killed_in_all = 0;
    for path in &paths {
        for count in 1.. {
            // Sealed and unsealed in turn, so that both are cut.
            let args = match is_sealed(&ada) {
                true => ["--passphrase-file", &file, "key", "unseal"].to_vec(),
                false => ["key", "seal", "--new-passphrase-file", &file].to_vec(),
            };
            let at = Cut { calls: "openat,rename,fsync", path: Some(path), count };
            let (output, killed) = trace::run_cut(&ada, at, &args);
            assert!(killed || output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            assert_eq!(ada.json(&["--passphrase-file", &file, "status"])["device_id"], device, "{path:?} {count}");
            assert_eq!(keys_left(&ada), ["device.key", "identity.json"], "{path:?} {count}");
            if !killed {
                break;
            }
            killed_in_all += 1;
        }
    }
    assert!(killed_in_all >= 4, "{killed_in_all} cuts");
}

#[test]
fn a_key_is_durable_before_it_takes_the_place_of_the_old_one() {
    if !trace::works() {
        return skip("a_key_is_durable_before_it_takes_the_place_of_the_old_one", "strace");
    }
    let ada = Place::new("ada");
    ada.json(&["init", "Field", "--name", "Ada"]);
    let file = file_of(&ada, FIRST);
    let lines = trace::watch(&ada, "openat,rename,fsync", &["key", "seal", "--new-passphrase-file", &file]);
    let at = |what: &str, part: &str| {
        let found = lines.iter().position(|line| line.contains(what) && line.contains(part));
        found.unwrap_or_else(|| panic!("{what} {part} in {lines:#?}"))
    };
    let (synced, renamed) = (at("fsync(", "/keys/device.new-"), at("rename(", "/keys/device.key"));
    let directory = lines.iter().rposition(|line| line.contains("fsync(") && line.contains("/keys>")).unwrap();
    assert!(synced < renamed && renamed < directory, "{lines:#?}");
    let written = |line: &&String| line.contains("/keys/device.key\"") && line.contains("O_WRONLY");
    assert_eq!(lines.iter().find(written), None, "the file itself is never opened for writing");
}

/// Runs a command on a terminal, with an answer for each question that hides what is typed; returns
/// what it showed.
fn typed(place: &Place, line: &str, answers: &[&str]) -> String {
    let mut command = Command::new("script");
    command.args(["-qec", line, "/dev/null"]);
    place.set_environment(&mut command);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let (mut input, mut output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let shown = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&shown);
    let reader = std::thread::spawn(move || {
        let mut part = [0; 4096];
        while let Ok(length @ 1..) = output.read(&mut part) {
            seen.lock().unwrap().extend_from_slice(&part[..length]);
        }
    });
    let text = || String::from_utf8_lossy(&shown.lock().unwrap()).into_owned();
    for (number, answer) in answers.iter().enumerate() {
        wait_until("it asks", || text().matches("not shown as you type: ").count() > number);
        // The question comes just before the terminal stops to show what is typed.
        std::thread::sleep(Duration::from_millis(500));
        input.write_all(answer.as_bytes()).unwrap();
    }
    child.wait().unwrap();
    reader.join().unwrap();
    text()
}

#[test]
fn a_passphrase_is_asked_for_on_the_terminal_and_never_shown() {
    if !has_tool("script") {
        return skip("a_passphrase_is_asked_for_on_the_terminal_and_never_shown", "script, which gives a terminal");
    }
    let ada = Place::new("ada");
    ada.json(&["init", "Field", "--name", "Ada"]);
    let line = |args: &str| format!("'{}' --dir '{}' {args}", program().display(), ada.path().display());
    let told = typed(&ada, &line("key seal"), &["first passphrase\n", "first passfrase\n"]);
    assert!(told.contains("not the same") && !is_sealed(&ada), "{told}");
    let told = typed(&ada, &line("key seal"), &["first passphrase\n", "first passphrase\n"]);
    assert!(told.contains("Once more") && told.contains("the key is sealed") && is_sealed(&ada), "{told}");
    let told = typed(&ada, &line("workspaces"), &["wrong passphrase\n", "first passphrase\n"]);
    assert!(told.contains("this is not the passphrase") && told.contains("Field"), "{told}");
    assert!(!told.contains("first pass") && !told.contains("wrong pass"), "{told}");
    let told = typed(&ada, &line("workspaces"), &["one\n", "two\n", "three\n"]);
    assert!(told.matches("not the passphrase").count() == 3 && !told.contains("Field"), "{told}");
    // Ctrl-C gives the terminal back as it was.
    let command = format!("trap : INT; {}; stty -a", line("workspaces"));
    let told = typed(&ada, &format!("sh -c \"{}\"", command.replace('"', "\\\"")), &["\x03"]);
    assert!(told.contains(" echo ") && !told.contains(" -echo "), "{told}");
}
