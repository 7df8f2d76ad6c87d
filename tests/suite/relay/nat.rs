//! Two sites behind routers that give no way in, and relays between them.

use std::path::Path;
use std::time::Duration;

use dataforge_tests::las::write_las;
use dataforge_tests::net::{Host, Lab, Switch};
use dataforge_tests::program::{Place, Up, wait_within};
use serde_json::Value;

const LISTEN: &str = "0.0.0.0:7411";
const PATIENCE: Duration = Duration::from_secs(60);
/// Bytes of the blob that goes through the relay.
const BLOB: usize = 100_000_000;
/// A dead relay is replaced within this time, a silent one within that.
const DEAD: Duration = Duration::from_secs(10);
const SILENT: Duration = Duration::from_secs(40);

/// A machine with its node.
struct Site {
    // First: the process ends before the directory goes.
    up: Option<Up>,
    place: Place,
}

impl Site {
    fn new(lab: &Lab, name: &str, switch: &Switch, address: &str, router: Option<&str>) -> Self {
        let host: Host = lab.host(name);
        host.plug(switch, "eth0", &[address]);
        if let Some(router) = router {
            host.set_default_route(router);
        }
        Self { up: None, place: Place::run_by(name, host.prefix(), LISTEN) }
    }

    fn start(&mut self) {
        self.up = Some(self.place.up());
    }

    /// Brings it up with a relay.
    fn serve(&mut self, at: &str) {
        self.up = Some(Up::start(self.place.command(["--json", "relay", "--listen", at])));
    }

    fn status(&self) -> Value {
        self.place.json(&["status"])
    }

    fn field(&self) -> Value {
        self.place.json(&["wells"])["wells"][0]["field"].clone()
    }

    fn set(&self, value: &str) {
        self.place.json(&["set", "Test 1", "field", value]);
    }

    fn signal(&self, name: &str) {
        let id = self.up.as_ref().unwrap().id().to_string();
        let sent = std::process::Command::new("kill").args([&format!("-{name}"), &id]).status().unwrap();
        assert!(sent.success());
    }

    /// How a peer whose name begins so is reached.
    fn path_to(&self, name: &str) -> String {
        let peers = self.place.json(&["peers"])["peers"].clone();
        let found = peers.as_array().unwrap().iter().find(|peer| peer["name"].as_str().unwrap().starts_with(name));
        found.and_then(|peer| peer["path"].as_str()).unwrap_or_default().to_owned()
    }
}

/// Two relays in the middle, Ada in the west and Bob in the east, each behind a router of its own.
struct Field {
    relays: [Site; 2],
    urls: [String; 2],
    ada: Site,
    bob: Site,
    stranger: Site,
}

const MIDDLE: [&str; 2] = ["203.0.113.1", "203.0.113.2"];

fn field(lab: &Lab) -> Field {
    let (middle, west, east) = (lab.switch("middle"), lab.switch("west"), lab.switch("east"));
    let _west_router = lab.nat("westnat", (&west, "10.1.0.1/24"), (&middle, "203.0.113.11/24"));
    let _east_router = lab.nat("eastnat", (&east, "10.2.0.1/24"), (&middle, "203.0.113.12/24"));
    let mut rita = Site::new(lab, "rita", &middle, "203.0.113.1/24", None);
    let mut rolf = Site::new(lab, "rolf", &middle, "203.0.113.2/24", None);
    let ada = Site::new(lab, "ada", &west, "10.1.0.5/24", Some("10.1.0.1"));
    let bob = Site::new(lab, "bob", &east, "10.2.0.5/24", Some("10.2.0.1"));
    let stranger = Site::new(lab, "eve", &middle, "203.0.113.66/24", None);
    let logs = tempfile::tempdir().unwrap();
    rita.place.json(&["init", "Field"]);
    write_las(logs.path(), 1, 200, 3, 4);
    rita.place.json(&["import", logs.path().to_str().unwrap()]);
    let at = MIDDLE.map(|ip| format!("{ip}:7415"));
    rita.serve(&at[0]);
    for (guest, role) in [(&rolf, "viewer"), (&ada, "admin")] {
        let invited = rita.place.json(&["invite", "--role", role]);
        guest.place.json(&["join", "--yes", invited["ticket"].as_str().unwrap()]);
    }
    rolf.serve(&at[1]);
    let urls = at.map(|at| format!("http://{at}"));
    Field { relays: [rita, rolf], urls, ada, bob, stranger }
}

impl Field {
    /// Changes something on one side; returns how long it takes to the other.
    fn passes(&self, patience: Duration, text: &str) -> Duration {
        self.ada.set(text);
        wait_within(patience, &format!("{text:?} is with Bob"), || self.bob.field() == text)
    }

    /// The relay that both sides use now.
    fn in_use(&self) -> Option<usize> {
        let used = |site: &Site| {
            let relays = site.status()["relays"].as_array().unwrap().clone();
            relays.iter().position(|relay| relay["state"] == "in use")
        };
        used(&self.ada).filter(|at| used(&self.bob) == Some(*at))
    }
}

/// Bob joins a workspace whose host he reaches by relay only: it takes his word, and then one command.
fn join_through_the_relay(field: &mut Field) {
    super::use_relays(&field.ada.place, &[&field.urls[0], &field.urls[1]]);
    field.ada.start();
    let invited = field.ada.place.json(&["invite", "--role", "editor"]);
    let ticket = invited["ticket"].as_str().unwrap();
    let said = field.bob.place.fails(&["join", "--yes", ticket], 7);
    assert!(said.contains(&field.urls[0]) && said.contains("--relay"), "{said}");
    let joined = field.bob.place.run(["join", "--yes", "--relay", ticket]);
    let said = String::from_utf8_lossy(&joined.stderr).into_owned();
    assert!(joined.status.success() && said.contains(&field.urls[0]), "{said}");
    field.bob.start();
    wait_within(PATIENCE, "they meet through the relay", || field.ada.path_to("bob").starts_with("relay"));
}

fn attach(site: &Site, bytes: usize) -> String {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("large.bin");
    let mut noise = vec![0; bytes];
    fastrand::Rng::with_seed(1).fill(&mut noise);
    std::fs::write(&path, &noise).unwrap();
    site.place.json(&["attach", path.to_str().unwrap()]);
    blake3::hash(&noise).to_hex().to_string()
}

fn has_file(site: &Site, hash: &str) -> bool {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("out");
    let words = [Path::new("export"), "large.bin".as_ref(), "--original".as_ref(), "--out".as_ref(), &out];
    site.place.run(words).status.success()
        && std::fs::read(&out).is_ok_and(|bytes| blake3::hash(&bytes).to_hex().to_string() == hash)
}

/// Stops the relay in use by a signal; returns how long it takes until a change passes by the other.
fn replaced(field: &Field, signal: &str, patience: Duration) -> (usize, Duration) {
    let mut failed = None;
    wait_within(PATIENCE, "both use one relay", || {
        failed = field.in_use();
        failed.is_some() && field.ada.path_to("bob").starts_with("relay")
    });
    let failed = failed.unwrap();
    field.passes(PATIENCE, &format!("before {signal}"));
    field.relays[failed].signal(signal);
    (failed, field.passes(patience, &format!("after {signal}")))
}

#[test]
fn both_sides_behind_symmetric_nat() {
    let Some(lab) = Lab::new("both_sides_behind_symmetric_nat") else { return };
    let mut field = field(&lab);
    join_through_the_relay(&mut field);

    field.passes(PATIENCE, "by Ada");
    field.bob.set("by Bob");
    wait_within(PATIENCE, "Bob's change is with Ada", || field.ada.field() == "by Bob");
    let hash = attach(&field.ada, BLOB);
    let took = wait_within(Duration::from_secs(180), "the blob is with Bob", || has_file(&field.bob, &hash));
    println!("{BLOB} bytes took {took:?}");
    assert!(field.bob.path_to("ada").starts_with("relay"), "there is no other way: {}", field.bob.path_to("ada"));

    // One that is nobody's member gets nothing from it.
    field.stranger.place.json(&["init", "Elsewhere"]);
    super::use_relays(&field.stranger.place, &[&field.urls[0]]);
    field.stranger.start();
    wait_within(PATIENCE, "the stranger is refused", || {
        let relay = field.stranger.status()["relays"][0].clone();
        relay["problem"].as_str().is_some_and(|problem| problem.contains("does not know this device"))
    });
    let relay = field.relays[0].status()["relay"].clone();
    assert!(relay["refused"].as_u64() > Some(0) && relay["guests"] == 0, "{relay}");

    let (dead, took) = replaced(&field, "KILL", DEAD);
    println!("a dead relay was replaced after {took:?}");
    field.relays[dead].up = None;
    field.relays[dead].serve(&format!("{}:7415", MIDDLE[dead]));
    let (silent, took) = replaced(&field, "STOP", SILENT);
    println!("a silent relay was replaced after {took:?}");
    field.relays[silent].signal("CONT");

    // Who is removed is not served any more.
    field.ada.place.json(&["remove", "bob", "--yes"]);
    wait_within(PATIENCE, "Bob is refused", || {
        let relays = field.bob.status()["relays"].as_array().unwrap().clone();
        relays.iter().all(|relay| relay["state"] != "in use")
    });
    for site in [&field.ada, &field.bob] {
        site.place.verify();
    }
}
