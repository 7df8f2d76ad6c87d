//! Real nodes on networks made for a test: hosts and switches in namespaces of their own, with bad
//! lines between them. The seed of what goes wrong is printed; `NET_SEED` sets it.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, Instant};

use dataforge_tests::las::write_las;
use dataforge_tests::net::{Host, Lab};
use dataforge_tests::program::{Place, Up, wait_within};
use serde_json::Value;

mod bed;
mod breaks;
mod cases;
mod chain;
mod crowd;
mod discovery;
mod ladder;
mod lan_only;
mod lines;
mod nearby;

/// Where nodes listen on their hosts: the same after a restart, as on a real machine.
const LISTEN: &str = "0.0.0.0:7411";

/// A node on a host of its own.
struct Node {
    // Before the place: the process ends first.
    up: Option<Up>,
    place: Place,
    host: Host,
}

impl Node {
    fn new(lab: &Lab, name: &str) -> Self {
        let host = lab.host(name);
        Self { up: None, place: Place::run_by(name, host.prefix(), LISTEN), host }
    }

    /// From now on its program is run by further words, such as those of another clock.
    fn run_by(&mut self, words: &[&str]) {
        let mut prefix = self.host.prefix();
        prefix.extend(words.iter().map(|word| (*word).to_owned()));
        self.place.set_prefix(prefix);
    }

    fn start(&mut self) {
        self.up = Some(self.place.up());
    }

    /// Ends it in order.
    fn stop(&mut self) {
        self.place.json(&["down"]);
        let up = self.up.take().unwrap();
        let process = format!("/proc/{}/fd", up.id());
        // A process that ended and was not waited for has no open files any more.
        wait_within(Duration::from_secs(20), "it ends", || std::fs::read_dir(&process).map_or(0, Iterator::count) == 0);
    }

    /// Ends it as a cut of power would.
    fn kill(&mut self) {
        self.up.take().unwrap().kill();
    }

    fn signal(&self, name: &str) {
        let id = self.up.as_ref().unwrap().id().to_string();
        let sent = std::process::Command::new("kill").args([&format!("-{name}"), &id]).status().unwrap();
        assert!(sent.success());
    }

    /// What its own database says, read beside it.
    fn ask<T>(&self, ask: impl FnOnce(&rusqlite::Connection) -> rusqlite::Result<T>) -> T {
        let database = rusqlite::Connection::open(self.place.path().join("node.db")).unwrap();
        database.busy_timeout(Duration::from_secs(10)).unwrap();
        ask(&database).unwrap()
    }

    /// The entries it has on disk.
    fn entries(&self) -> BTreeSet<[u8; 32]> {
        self.ask(|database| database.prepare("SELECT id FROM entries")?.query_map([], |row| row.get(0))?.collect())
    }

    fn status(&self) -> Value {
        self.place.json(&["status"])["workspaces"][0].clone()
    }

    fn is_connected(&self) -> bool {
        self.status()["connected"].as_array().is_some_and(|peers| !peers.is_empty())
    }

    fn field_of(&self, well: &str) -> Value {
        let wells = self.place.json(&["wells"])["wells"].clone();
        wells.as_array().unwrap().iter().find(|found| found["name"] == well).map(|found| found["field"].clone()).into()
    }
}

/// Makes a workspace with one well.
fn begin(node: &mut Node) {
    let logs = tempfile::tempdir().unwrap();
    node.place.json(&["init", "Field"]);
    write_las(logs.path(), 1, 200, 3, 4);
    node.place.json(&["import", logs.path().to_str().unwrap()]);
    node.start();
}

/// Joins a guest by a ticket of a host that is up, and brings it up. On a bad line it tries again
/// with the same ticket, as a person would.
fn join(host: &Node, guest: &mut Node, role: &str) {
    let invite = host.place.json(&["invite", "--role", role]);
    let ticket = invite["ticket"].as_str().unwrap();
    let begun = Instant::now();
    let mut tries = 0;
    loop {
        let done = guest.place.run(["--json", "join", "--yes", ticket]);
        tries += 1;
        if done.status.success() {
            break;
        }
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        assert_eq!(done.status.code(), Some(7), "only the network may be the reason: {said}");
        assert!(begun.elapsed() < Duration::from_secs(120), "joining failed {tries} times: {said}");
    }
    if tries > 1 {
        println!("joined at try {tries}, after {:?}", begun.elapsed());
    }
    guest.start();
}

/// Waits until all of them have the same entries and every blob.
fn agree(patience: Duration, nodes: &[&Node]) -> Duration {
    let took = wait_within(patience, "all have the same entries", || {
        let first = nodes[0].entries();
        nodes[1..].iter().all(|node| node.entries() == first)
    });
    let rest = patience.saturating_sub(took).max(Duration::from_secs(1));
    took + wait_within(rest, "all have every blob", || nodes.iter().all(|node| node.status()["blobs_missing"] == 0))
}

/// Attaches so many bytes that nothing makes fewer of.
fn attach(node: &Node, name: &str, bytes: usize) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(name);
    std::fs::write(&path, noise(bytes)).unwrap();
    node.place.json(&["attach", path.to_str().unwrap()]);
}

fn noise(bytes: usize) -> Vec<u8> {
    let mut noise = vec![0; bytes];
    fastrand::Rng::new().fill(&mut noise);
    noise
}

/// Whether a node gives back what was attached, byte for byte.
fn has_file(node: &Node, name: &str, bytes: usize) -> bool {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("out");
    let done = node.place.run([Path::new("export"), name.as_ref(), "--original".as_ref(), "--out".as_ref(), &out]);
    done.status.success() && std::fs::metadata(&out).is_ok_and(|file| file.len() == bytes as u64)
}

/// A change each way and a blob, within so much time; then both are whole.
fn live(patience: Duration, ada: &Node, bob: &Node, blob: usize) {
    agree(patience, &[ada, bob]);
    let name = "Test 1";
    ada.place.json(&["set", name, "field", "by Ada"]);
    let there = wait_within(patience, "Ada's change is with Bob", || bob.field_of(name) == "by Ada");
    bob.place.json(&["set", name, "field", "by Bob"]);
    let back = wait_within(patience, "Bob's change is with Ada", || ada.field_of(name) == "by Bob");
    attach(ada, "live.bin", blob);
    let blobs = agree(patience, &[ada, bob]);
    println!("changes took {there:?} and {back:?}, {blob} bytes {blobs:?}");
    assert!(has_file(bob, "live.bin", blob));
    for node in [ada, bob] {
        node.place.verify();
    }
}

/// A number from the environment, for runs that take longer than CI.
fn asked(variable: &str, otherwise: u64) -> u64 {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

/// A random source whose seed is printed, and taken from `NET_SEED`.
fn random() -> fastrand::Rng {
    let seed = asked("NET_SEED", fastrand::u64(..));
    println!("NET_SEED={seed}");
    fastrand::Rng::with_seed(seed)
}
