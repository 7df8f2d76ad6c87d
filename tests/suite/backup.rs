//! Backups: made, checked, restored, and what goes wrong with them.

mod damage;
mod schedule;

use std::path::{Path, PathBuf};
use std::process::Output;

use dataforge_tests::las::write_las;
use dataforge_tests::program::{Place, invite};
use serde_json::Value;

const PASSPHRASE: &str = "five random words are good";
const QUERY: &str = "select well, run, curve, count(value), sum(value) from samples group by 1, 2, 3 order by 1, 2, 3";

/// A workspace of Ada's with two wells, a place for backups, and her recovery words.
struct Field {
    ada: Place,
    dir: tempfile::TempDir,
    words: String,
}

fn field() -> Field {
    let (ada, dir) = (Place::new("ada"), tempfile::tempdir().unwrap());
    let made = ada.json(&["init", "Field", "--name", "Ada"]);
    let words = dir.path().join("words");
    std::fs::write(&words, made["recovery_words"].as_str().unwrap()).unwrap();
    let logs = dir.path().join("logs");
    std::fs::create_dir(&logs).unwrap();
    for number in 1..3 {
        write_las(&logs, number, 300, 3, 7);
    }
    ada.json(&["import", logs.to_str().unwrap()]);
    Field { ada, words: words.to_str().unwrap().to_owned(), dir }
}

impl Field {
    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Where backups go.
    fn target(&self) -> String {
        self.path("backup").to_str().unwrap().to_owned()
    }

    /// Imports one more well.
    fn import(&self, number: u32) {
        let logs = self.path(&format!("logs-{number}"));
        std::fs::create_dir(&logs).unwrap();
        write_las(&logs, number, 300, 3, 7);
        self.ada.json(&["import", logs.to_str().unwrap()]);
    }

    /// Restores the newest snapshot.
    fn restore(&self, to: &str) -> (Place, Value) {
        let path = self.path(to);
        let restored = json(&self.ada, &["restore", &self.target(), "--to", path.to_str().unwrap()]);
        (Place::restored(&path, "ada"), restored)
    }
}

/// Runs a command with the passphrase of backups.
fn run(place: &Place, args: &[&str]) -> Output {
    place.command(args).env("DATAFORGE_PASSPHRASE", PASSPHRASE).output().unwrap()
}

/// Runs one that must succeed; returns its reply.
fn json(place: &Place, args: &[&str]) -> Value {
    let output = run(place, &[&["--json"][..], args].concat());
    assert!(output.status.success(), "{args:?}: {}{}", said(&output), String::from_utf8_lossy(&output.stdout));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Runs one that must end with a code; returns what it said, on both outputs.
fn fails(place: &Place, args: &[&str], code: i32) -> String {
    let output = run(place, args);
    let text = format!("{}{}", said(&output), String::from_utf8_lossy(&output.stdout));
    assert_eq!(output.status.code(), Some(code), "{args:?}: {text}");
    text
}

fn rows(place: &Place) -> Value {
    let rows = place.json(&["query", QUERY])["data"].clone();
    assert!(rows.as_array().unwrap().len() > 5, "{rows}");
    rows
}

/// Lets one node exchange with another that is up meanwhile.
fn meet(guest: &Place, host: &Place) {
    let up = host.up();
    let (device, address) = (up.reply["device_id"].as_str().unwrap(), up.reply["addresses"][0].as_str().unwrap());
    guest.json(&["sync", "--peer", &format!("{device}@{address}")]);
}

fn files(of: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut left = vec![of.to_owned()];
    while let Some(path) = left.pop() {
        if path.is_dir() {
            left.extend(std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}

#[test]
fn what_is_lost_comes_back_on_another_path_and_both_machines_go_on_without_a_fork() {
    let field = field();
    let bob = Place::new("bob");
    let up = field.ada.up();
    invite(&field.ada, &bob, "editor");
    drop(up);
    field.ada.json(&["set", "Test 1", "field", "Before"]);
    field.ada.json(&["pin", "Test 1"]);
    let made = json(&field.ada, &["backup", &field.target()]);
    assert_eq!((made["snapshot"].as_u64(), made["blobs"].as_u64()), (Some(1), Some(4)), "{made}");
    field.import(3);
    field.ada.json(&["set", "Test 2", "field", "Later"]);
    // From now on the data directory needs no passphrase, and writes what is new only.
    let more = field.ada.json(&["backup", &field.target()]);
    let written = |reply: &Value| reply["new_bytes"].as_u64().unwrap();
    assert!(written(&more) < written(&made), "{made} {more}");
    let none = field.ada.json(&["backup", &field.target()]);
    assert!(written(&none) * 4 < written(&more) && none["problems"] == Value::Array(Vec::new()), "{more} {none}");
    let before = (rows(&field.ada), field.ada.json(&["wells"])["wells"].clone(), field.ada.verify());
    let checked = json(&field.ada, &["backup", "verify", &field.target()]);
    assert_eq!((checked["snapshots"].as_u64(), checked["blobs"].as_u64()), (Some(3), Some(6)), "{checked}");

    // The machine as it was is put aside; what is in its place is wrecked.
    let aside = Place::restored(&field.path("aside"), "ada");
    std::fs::rename(field.ada.path(), aside.path()).unwrap();
    std::fs::create_dir(field.ada.path()).unwrap();
    for file in files(aside.path()) {
        let wrecked = field.ada.path().join(file.strip_prefix(aside.path()).unwrap());
        std::fs::create_dir_all(wrecked.parent().unwrap()).unwrap();
        let bytes = std::fs::read(&file).unwrap();
        std::fs::write(wrecked, &bytes[..bytes.len() / 3]).unwrap();
    }
    assert!(!field.ada.run(["wells"]).status.success(), "it is wrecked");

    let (twin, restored) = field.restore("elsewhere");
    assert_eq!((restored["snapshot"].as_u64(), restored["blobs"].as_u64()), (Some(3), Some(6)), "{restored}");
    assert_eq!((rows(&twin), twin.json(&["wells"])["wells"].clone(), twin.verify()), before);
    let pins = twin.json(&["pins"])["marks"].clone();
    assert!(pins[0]["target"].as_str().unwrap().contains("Test 1"), "and what only this node knew: {pins}");
    // It never goes on as the device it was.
    let told = twin.fails(&["set", "Test 1", "company", "Twin Oil"], 5);
    assert!(told.contains("device renew"), "{told}");
    twin.json(&["device", "renew", "--device", "second", "--words-file", &field.words]);

    aside.json(&["set", "Test 1", "company", "Old Oil"]);
    twin.json(&["set", "Test 2", "company", "Twin Oil"]);
    for place in [&aside, &twin, &aside] {
        meet(place, &bob);
    }
    let entries = bob.verify();
    for place in [&aside, &twin, &bob] {
        assert_eq!(place.json(&["forks"])["forks"], Value::Array(Vec::new()), "no position was signed twice");
    }
    meet(&twin, &bob);
    for place in [&aside, &twin, &bob] {
        let wells = place.json(&["wells"])["wells"].to_string();
        assert!(wells.contains("Old Oil") && wells.contains("Twin Oil"), "{wells}");
        assert_eq!((place.verify(), rows(place)), (entries, before.0.clone()));
    }
    let devices = bob.json(&["devices", "Ada"])["devices"].clone();
    assert_eq!(devices.as_array().unwrap().len(), 2, "{devices}");
}

#[test]
fn a_single_file_holds_all_and_words_make_a_device_at_once() {
    let field = field();
    let (file, to) = (field.path("all.dfbackup"), field.path("new"));
    let (file, to) = (file.to_str().unwrap(), to.to_str().unwrap());
    json(&field.ada, &["backup", file]);
    field.import(3);
    let made = field.ada.json(&["backup", file]);
    assert_eq!((made["snapshot"].as_u64(), made["blobs"].as_u64()), (Some(2), Some(6)), "{made}");
    assert_eq!(files(field.dir.path()).iter().filter(|path| path.to_str().unwrap().contains("dfbackup")).count(), 1);
    json(&field.ada, &["backup", "verify", file]);
    let args = ["backup", "restore", file, "--to", to, "--words-file", &field.words, "--device", "new"];
    let restored = json(&field.ada, &args);
    assert_eq!(restored["renewed"], true, "{restored}");
    let new = Place::restored(Path::new(to), "ada");
    assert_eq!(rows(&new), rows(&field.ada));
    new.json(&["set", "Test 1", "company", "New Oil"]);
    assert_ne!(new.json(&["status"])["device_id"], field.ada.json(&["status"])["device_id"]);
}

#[test]
fn chosen_data_are_backed_up_and_chosen_data_restored() {
    let field = field();
    let target = field.target();
    let made = json(&field.ada, &["backup", &target, "--blobs", "Test 1"]);
    assert_eq!((made["blobs"].as_u64(), made["left_out"].as_u64()), (Some(2), Some(2)), "{made}");
    assert_eq!(field.ada.json(&["backup", &target, "--blobs", "own"])["blobs"], 4);
    assert_eq!(field.ada.json(&["backup", &target, "--blobs", "none"])["blobs"], 0);
    assert!(field.ada.fails(&["backup", &target, "--blobs", "Nowhere 9"], 3).contains("Nowhere 9"));
    let listed = json(&field.ada, &["backup", "list", &target]);
    let choices: Vec<_> =
        listed["snapshots"].as_array().unwrap().iter().map(|one| one["content"]["choice"].clone()).collect();
    assert_eq!(choices, ["Test 1", "own", "none"], "{listed}");
    let plain = field.ada.json(&["backup", "list", &target]);
    assert!(plain["snapshots"][2]["content"].is_null(), "without the passphrase: {plain}");

    let restore = |to: &str, more: &[&str]| {
        let path = field.path(to);
        let args = [&["restore", &target, "--to", path.to_str().unwrap()][..], more].concat();
        (json(&field.ada, &args), Place::restored(&path, "ada"))
    };
    let (restored, one) = restore("one", &["--snapshot", "1"]);
    assert_eq!((restored["blobs"].as_u64(), restored["snapshot"].as_u64()), (Some(2), Some(1)), "{restored}");
    let held: Vec<_> = one.json(&["runs"])["runs"].as_array().unwrap().iter().map(|run| run["held"] == true).collect();
    assert_eq!(held.iter().filter(|held| **held).count(), 1);
    let (restored, part) = restore("part", &["--snapshot", "2", "--blobs", "Test 2"]);
    assert_eq!((restored["blobs"].as_u64(), restored["left_out"].as_u64()), (Some(2), Some(2)), "{restored}");
    part.verify();
    let (restored, bare) = restore("bare", &[]);
    assert_eq!((restored["blobs"].as_u64(), restored["entries"].as_u64()), (Some(0), Some(field.ada.verify())));
    assert_eq!(bare.wells(), field.ada.wells());
}

#[test]
fn a_sealed_key_is_restored_sealed_and_has_a_passphrase_of_its_own() {
    let field = field();
    let secret = field.path("secret");
    std::fs::write(&secret, "the passphrase of the key").unwrap();
    let secret = secret.to_str().unwrap();
    field.ada.json(&["--passphrase-file", secret, "key", "seal"]);
    // What is given is the key's, so that the backup's has to be given apart.
    let told = field.ada.fails(&["--passphrase-file", secret, "backup", &field.target()], 11);
    assert!(told.contains("--backup-passphrase-file"), "{told}");
    let own = field.path("own");
    std::fs::write(&own, PASSPHRASE).unwrap();
    let args =
        ["--passphrase-file", secret, "backup", &field.target(), "--backup-passphrase-file", own.to_str().unwrap()];
    field.ada.json(&args);
    let to = field.path("new");
    // Where there is no data directory, there is no key to take it for.
    let other = Place::new("other");
    json(&other, &["restore", &field.target(), "--to", to.to_str().unwrap()]);
    let new = Place::restored(&to, "ada");
    assert_eq!(new.json(&["key", "status"])["sealed"], true);
    new.fails(&["wells"], 11);
    assert!(!new.json(&["--passphrase-file", secret, "wells"]).is_null());
}
