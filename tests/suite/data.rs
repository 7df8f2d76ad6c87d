//! Where data are: read from whoever has them, freed only on proof, told in words.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use dataforge_tests::las::write_las;
use dataforge_tests::program::{Place, invite, join, wait_until};
use serde_json::Value;

/// Bytes that others fetched from a node, as it counted them.
fn given(place: &Place) -> u64 {
    // The log is written once a second.
    std::thread::sleep(Duration::from_millis(1300));
    let audit = place.json(&["audit", "--limit", "1000"]);
    audit["accesses"].as_array().unwrap().iter().map(|access| access["bytes"].as_u64().unwrap()).sum()
}

fn on_demand(place: &Place) {
    place.json(&["config", "set", "cache.policy", "demand"]);
}

fn runs(place: &Place) -> Vec<Value> {
    place.json(&["runs"])["runs"].as_array().unwrap().clone()
}

fn window(run: &str, from: u32, to: u32) -> String {
    format!("select dept, c7 from run('{run}') where dept >= {from} and dept < {to}")
}

#[test]
fn a_window_of_one_curve_costs_a_fraction_of_the_table_and_the_second_time_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let log = write_las(dir.path(), 1, 1_000_000, 13, 4);
    let (ada, bob) = (Place::new("ada"), Place::new("bob"));
    ada.json(&["init", "Field"]);
    ada.json(&["import", log.to_str().unwrap()]);
    on_demand(&bob);
    let up = join(&ada, &bob, "viewer");
    assert_eq!(bob.json(&["sync"])["blobs_missing"], 0, "nothing is wanted here");
    let run = &runs(&bob)[0];
    assert_eq!(run["held"], false);
    let id = run["id"].as_str().unwrap().to_owned();
    let blob = ada.json(&["where", run["blob"].as_str().unwrap()]);
    let size = blob["bytes"].as_u64().unwrap();
    assert!(size > 30_000_000, "{size} bytes");

    let before = given(&ada);
    let rows = bob.ok(["query", &window(&id, 200_000, 200_100), "--format", "csv"]);
    assert_eq!(String::from_utf8_lossy(&rows).lines().count(), 201, "a heading and two rows a metre");
    assert_eq!(ada.ok(["query", &window(&id, 200_000, 200_100), "--format", "csv"]), rows);
    let cost = given(&ada) - before;
    println!("{cost} of {size} bytes, {:.2} %", 100.0 * cost as f64 / size as f64);
    assert!(cost > 0 && cost * 50 <= size, "{cost} of {size} bytes");

    assert_eq!(bob.ok(["query", &window(&id, 200_000, 200_100), "--format", "csv"]), rows);
    assert_eq!(given(&ada) - before, cost, "the second time it is here");
    let cache = bob.json(&["cache", "stats"]);
    assert_eq!((cache["files"].as_u64(), cache["partial_files"].as_u64()), (Some(0), Some(1)));

    // Alone with what is here: that still reads, and the rest says who has it.
    drop(up);
    assert_eq!(bob.ok(["query", &window(&id, 200_000, 200_100), "--format", "csv"]), rows);
    let said = bob.fails(&["query", &window(&id, 300_000, 300_100)], 10);
    assert!(said.contains("ada") && said.contains("last seen"), "{said}");
}

#[test]
fn everything_that_reads_fetches_what_it_needs() {
    let dir = tempfile::tempdir().unwrap();
    write_las(dir.path(), 1, 3000, 5, 4);
    std::fs::write(dir.path().join("scan.bin"), vec![7; 100_000]).unwrap();
    let (ada, bob) = (Place::new("ada"), Place::new("bob"));
    ada.json(&["init", "Field"]);
    ada.json(&["import", dir.path().to_str().unwrap()]);
    on_demand(&bob);
    let _up = join(&ada, &bob, "viewer");
    bob.json(&["sync"]);
    let here = |place: &Place| place.json(&["where"])["holders"][0]["blobs"].clone();
    assert_eq!(bob.json(&["cache", "stats"])["files"], 0);
    let out = dir.path().join("out.las");
    bob.ok(["export", "Test 1", "--format", "las", "--out", out.to_str().unwrap()]);
    let from_ada = dir.path().join("ada.las");
    ada.ok(["export", "Test 1", "--format", "las", "--out", from_ada.to_str().unwrap()]);
    assert_eq!(std::fs::read(&out).unwrap(), std::fs::read(from_ada).unwrap(), "the header of the source is there");
    let scan = dir.path().join("scan.out");
    bob.ok(["export", "scan.bin", "--original", "--out", scan.to_str().unwrap()]);
    assert_eq!(std::fs::read(scan).unwrap(), vec![7; 100_000]);
    assert_eq!(here(&bob), 3, "table, source and file");
    assert_eq!(ada.json(&["status"])["workspaces"][0]["blobs_only_here"], 0, "bob said that he has them");
    bob.verify();
}

#[test]
fn a_policy_decides_what_comes_and_marks_what_stays() {
    let dir = tempfile::tempdir().unwrap();
    for number in 1..4 {
        write_las(dir.path(), number, 200, 3, 4);
    }
    let (ada, bob) = (Place::new("ada"), Place::new("bob"));
    ada.json(&["init", "Field"]);
    ada.json(&["import", dir.path().to_str().unwrap()]);
    assert_eq!(ada.json(&["status"])["workspaces"][0]["blobs_only_here"], 6);
    bob.json(&["config", "set", "cache.policy", "follow"]);
    let _up = join(&ada, &bob, "viewer");
    bob.json(&["sync"]);
    let files = || bob.json(&["cache", "stats"])["files"].as_u64().unwrap();
    assert_eq!(files(), 0);
    bob.json(&["star", "Test 2"]);
    bob.json(&["sync"]);
    assert_eq!(files(), 2, "table and source of the favourite");
    bob.json(&["policy", "mirror"]);
    assert_eq!(bob.json(&["sync"])["blobs_missing"], 0);
    assert_eq!(files(), 6);
    let said = bob.fails(&["free", "Test 1", "--go"], 2);
    assert!(said.contains("come back"), "{said}");
    bob.json(&["policy", "demand"]);
    bob.json(&["pin", "Test 3"]);
    let dry = bob.json(&["free", "."]);
    assert_eq!((dry["done"].as_bool(), dry["blobs"].as_u64()), (Some(false), Some(4)), "{dry}");
    assert_eq!(files(), 6, "only looked at");
    let done = bob.json(&["free", ".", "--go"]);
    assert_eq!((done["blobs"].as_u64(), done["kept"][0]["blobs"].as_u64()), (Some(4), Some(2)), "{done}");
    assert_eq!(files(), 2, "what is pinned");
    let data = bob.path().join("blobs/data");
    assert_eq!(std::fs::read_dir(data).unwrap().count(), 2, "the disk has room again");
    bob.verify();
    bob.json(&["fetch", "Test 1"]);
    assert_eq!(files(), 4);
    for unknown in [&["where", "Nowhere"][..], &["free", "Nowhere"], &["pin", "Nowhere"], &["fetch", "Nowhere"]] {
        bob.fails(unknown, 3);
    }
    bob.fails(&["policy", "everything"], 2);
}

#[test]
fn nobody_gives_up_the_last_copy() {
    let dir = tempfile::tempdir().unwrap();
    write_las(dir.path(), 1, 200, 3, 4);
    let (ada, bob) = (Place::new("ada"), Place::new("bob"));
    ada.json(&["init", "Field"]);
    ada.json(&["import", dir.path().to_str().unwrap()]);
    on_demand(&ada);
    on_demand(&bob);
    let up = join(&ada, &bob, "editor");
    bob.json(&["sync"]);
    let kept = ada.json(&["free", ".", "--go"]);
    assert_eq!((kept["blobs"].as_u64(), kept["kept"][0]["blobs"].as_u64()), (Some(0), Some(2)), "{kept}");
    bob.json(&["fetch", "Test 1"]);
    drop(up);
    let alone = bob.json(&["free", ".", "--go"]);
    assert_eq!(alone["blobs"], 0, "ada is away, whatever she said");
    let (ada_up, _bob_up) = (ada.up(), bob.up());
    let word =
        |key: &str| ada_up.reply[key].as_str().unwrap_or_else(|| ada_up.reply[key][0].as_str().unwrap()).to_owned();
    bob.json(&["sync", "--peer", &format!("{}@{}", word("device_id"), word("addresses"))]);
    wait_until("they are connected", || {
        !ada.json(&["status"])["workspaces"][0]["connected"].as_array().unwrap().is_empty()
    });
    let freed = ada.json(&["free", ".", "--go"]);
    assert_eq!(freed["blobs"], 2, "bob proves that he has them: {freed}");
    let place = ada.json(&["where", "Test 1"]);
    assert_eq!(place["holders"].as_array().unwrap().len(), 1, "{place}");
    assert_eq!(place["holders"][0]["is_here"], false);
    let last = bob.json(&["free", ".", "--go"]);
    assert_eq!(last["blobs"], 0, "they are the last copies, and promised: {last}");
    for place in [&ada, &bob] {
        place.verify();
    }
    wait_until("ada said that they went", || bob.json(&["status"])["workspaces"][0]["blobs_only_here"] == 2);
}

fn signal(process: u32, name: &str) {
    let sent = Command::new("kill").args([&format!("-{name}"), &process.to_string()]).status().unwrap();
    assert!(sent.success());
}

/// Of two whose promises are needed the first dies as soon as it gave its own; the other is asleep
/// meanwhile. What was given up is on both disks.
#[test]
fn a_holder_that_dies_between_its_promise_and_the_end_still_has_what_it_promised() {
    let dir = tempfile::tempdir().unwrap();
    for number in 1..20 {
        write_las(dir.path(), number, 400, 5, 4);
    }
    let (ada, bob, cid) = (Place::new("ada"), Place::new("bob"), Place::new("cid"));
    ada.json(&["init", "Field"]);
    ada.json(&["import", dir.path().to_str().unwrap()]);
    let ada_up = join(&ada, &bob, "editor");
    invite(&ada, &cid, "editor");
    let (bob_up, cid_up) = (bob.up(), cid.up());
    for place in [&bob, &cid] {
        wait_until("all of it is there", || place.json(&["status"])["workspaces"][0]["blobs_missing"] == 0);
    }
    on_demand(&ada);
    ada.json(&["config", "set", "cache.min_copies", "2"]);
    // Only who says that they hold it is asked to prove it.
    wait_until("both said so", || ada.json(&["status"])["workspaces"][0]["blobs_too_few"] == 0);
    signal(cid_up.id(), "STOP");
    // Disk pressure: the production eviction runs by itself when the limit is below what is held.
    ada.json(&["config", "set", "cache.limit_bytes", "1"]);
    let files = |place: &Place| place.json(&["cache", "stats"])["files"].as_u64().unwrap();
    let promised = || {
        let database = rusqlite::Connection::open(bob.path().join("node.db")).unwrap();
        database.query_row("SELECT count(*) FROM leases", [], |row| row.get::<_, u64>(0)).unwrap()
    };
    wait_until("bob promised", || promised() > 0);
    bob_up.kill();
    assert_eq!(files(&ada), 38, "one promise is not enough");
    signal(cid_up.id(), "CONT");
    let begun = Instant::now();
    while files(&ada) > 0 && begun.elapsed() < Duration::from_secs(30) {
        std::thread::sleep(Duration::from_millis(100));
    }
    let gone = 38 - files(&ada);
    println!("{gone} blobs went");
    drop((ada_up, cid_up));
    // Every blob is whole somewhere else, twice if it went.
    bob.verify();
    cid.verify();
    assert_eq!((files(&bob), files(&cid)), (38, 38));
    let kept = bob.json(&["policy", "demand"]);
    assert_eq!(kept["own"], true);
    let again = bob.command(["--json", "free", ".", "--go"]).stdin(Stdio::null()).output().unwrap();
    let again: Value = serde_json::from_slice(&again.stdout).unwrap();
    assert_eq!(again["blobs"], 0, "{again}");
    assert!(gone > 0, "two promises are enough, though who gave one is gone");
}
