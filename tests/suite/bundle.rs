//! Work that travels in pockets: bundles in files, and a stick that goes round. No network runs in
//! these stories, but for joining once.

mod carried;
mod hostile;
mod stick;
mod volumes;

use std::path::{Path, PathBuf};

use dataforge_tests::las::write_las;
use dataforge_tests::program::{Place, invite};
use serde_json::Value;

/// A workspace of Ada's with some wells, and members who were let in and have nothing else of it.
fn field(members: &[(&Place, &str)], wells: u32) -> (Place, tempfile::TempDir) {
    let (ada, dir) = (Place::new("ada"), tempfile::tempdir().unwrap());
    ada.json(&["init", "Field", "--name", "Ada"]);
    let up = ada.up();
    for (member, role) in members {
        invite(&ada, member, role);
    }
    drop(up);
    let logs = dir.path().join("logs");
    std::fs::create_dir(&logs).unwrap();
    (1..=wells).for_each(|number| drop(write_las(&logs, number, 1000, 4, 3)));
    ada.json(&["import", logs.to_str().unwrap()]);
    (ada, dir)
}

fn word(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn export(place: &Place, file: &Path, more: &[&str]) -> Value {
    place.json(&[&["bundle", "export", word(file)][..], more].concat())
}

fn take(place: &Place, file: &Path) -> Value {
    place.json(&["bundle", "import", word(file)])
}

fn wells(place: &Place) -> Value {
    place.wells()
}

fn number(value: &Value, key: &str) -> u64 {
    value[key].as_u64().unwrap_or_else(|| panic!("no {key} in {value}"))
}

/// All files below a directory, with their sizes.
fn listing(dir: &Path) -> Vec<(PathBuf, u64)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap().flatten() {
        if entry.path().is_dir() {
            found.extend(listing(&entry.path()));
        } else {
            found.push((entry.path(), entry.metadata().unwrap().len()));
        }
    }
    found.sort();
    found
}

/// What a data directory holds: what it says of itself, its rows, and the files of its blobs.
#[derive(Debug, PartialEq)]
struct Held {
    status: Value,
    rows: Vec<u64>,
    files: Vec<(PathBuf, u64)>,
}

fn held(place: &Place) -> Held {
    let status = place.json(&["status"])["workspaces"].clone();
    let database = rusqlite::Connection::open(place.path().join("node.db")).unwrap();
    let tables = ["entries", "have", "holdings", "bundles", "peer_levels", "checks", "transfers"];
    let count = |table| database.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap();
    let (rows, dir) = (tables.into_iter().map(count).collect(), place.path().join("blobs"));
    let mut files = listing(&dir.join("data"));
    files.extend(listing(&dir.join("temp")));
    Held { status, rows, files }
}
