//! Kills at chosen system calls: nothing that was acknowledged is lost, and the same command again
//! finishes the work. The seed chooses the calls; `KILL_SEED` sets it.

use std::collections::BTreeSet;
use std::path::PathBuf;

use dataforge_tests::las::write_las;
use dataforge_tests::program::{Place, Up, invite, skip, wait_until};
use dataforge_tests::trace::{self, Cut};

/// Kills per phase.
const KILLS: usize = 3;
const ACKNOWLEDGED: u32 = 6;
const FILES: u32 = 60;

fn random(test: &str) -> fastrand::Rng {
    let seed = std::env::var("KILL_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or_else(|| fastrand::u64(..));
    println!("{test}: KILL_SEED={seed}");
    fastrand::Rng::with_seed(seed)
}

struct Field {
    place: Place,
    logs: tempfile::TempDir,
    files: Vec<PathBuf>,
}

/// A workspace with six acknowledged runs and a folder of sixty more to come.
fn field() -> Field {
    let (place, logs) = (Place::new("ada"), tempfile::tempdir().unwrap());
    place.json(&["init", "Field"]);
    let first = logs.path().join("first");
    let second = logs.path().join("second");
    std::fs::create_dir_all(&first).unwrap();
    std::fs::create_dir_all(&second).unwrap();
    for number in 0..ACKNOWLEDGED {
        write_las(&first, number, 60, 3, 5);
    }
    let files = (0..FILES).map(|number| write_las(&second, 100 + number, 60, 3, 5)).collect();
    place.json(&["import", first.to_str().unwrap()]);
    Field { place, logs, files }
}

fn wells(place: &Place) -> BTreeSet<String> {
    let wells = place.json(&["wells"]);
    wells["wells"].as_array().unwrap().iter().map(|well| well["name"].as_str().unwrap().to_owned()).collect()
}

fn acknowledged() -> BTreeSet<String> {
    (0..ACKNOWLEDGED).map(|number| format!("Test {number}")).collect()
}

/// System calls, the path they must touch if any, and which of them kills.
type Choice = (&'static str, Option<PathBuf>, u32);

/// Kills imports where `choose` says, at least [`KILLS`] times, then checks and finishes. An import
/// that survives leaves nothing to kill, so the next one begins anew.
fn import_survives(test: &str, choose: impl Fn(&Field, &mut fastrand::Rng) -> Choice) {
    let mut random = random(test);
    let mut kills = 0;
    for _ in 0..5 * KILLS {
        let field = field();
        let folder = field.logs.path().join("second");
        let args = ["import", folder.to_str().unwrap()];
        loop {
            let before = wells(&field.place);
            let (calls, path, count) = choose(&field, &mut random);
            let at = Cut { calls, path: path.as_deref(), count };
            let (_, killed) = trace::run_cut(&field.place, at, &args);
            field.place.verify();
            let after = wells(&field.place);
            assert!(after.is_superset(&before) && after.is_superset(&acknowledged()), "{at:?} lost wells");
            kills += usize::from(killed);
            if kills >= KILLS || !killed {
                break;
            }
        }
        let summary = field.place.json(&args);
        assert_eq!(summary["failed"], 0, "{summary}");
        assert_eq!(wells(&field.place).len() as u32, ACKNOWLEDGED + FILES);
        field.place.verify();
        if kills >= KILLS {
            return;
        }
    }
    panic!("{test}: only {kills} kills");
}

fn ready(test: &str) -> bool {
    let works = trace::works();
    if !works {
        skip(test, "strace");
    }
    works
}

#[test]
fn import_killed_while_parsing_loses_nothing() {
    if ready("import_killed_while_parsing_loses_nothing") {
        import_survives("parsing", |field, random| {
            ("openat,read", random.choice(&field.files).cloned(), random.u32(1..=2))
        });
    }
}

#[test]
fn import_killed_while_storing_a_blob_loses_nothing() {
    if ready("import_killed_while_storing_a_blob_loses_nothing") {
        import_survives("storing a blob", |_, random| {
            let (calls, most) = *random.choice([("rename", 20), ("fsync", 60), ("fdatasync", 3)].iter()).unwrap();
            (calls, None, random.u32(1..=most))
        });
    }
}

#[test]
fn import_killed_while_committing_loses_nothing() {
    if ready("import_killed_while_committing_loses_nothing") {
        import_survives("committing", |field, random| {
            // The write-ahead log goes when the last process closes it, but its name stays.
            let wal = field.place.path().canonicalize().unwrap().join("node.db-wal");
            let (calls, most) = *random.choice([("pwrite64", 200), ("fsync,fdatasync", 2)].iter()).unwrap();
            (calls, Some(wal), random.u32(1..=most))
        });
    }
}

#[test]
fn sync_killed_while_receiving_finishes_with_both_sides_equal() {
    if !ready("sync_killed_while_receiving_finishes_with_both_sides_equal") {
        return;
    }
    let mut random = random("receiving");
    let field = field();
    field.place.json(&["import", field.logs.path().to_str().unwrap()]);
    let _up = field.place.up();
    let mut kills = 0;
    for _ in 0..4 * KILLS {
        let guest = Place::new("bob");
        invite(&field.place, &guest, "editor");
        let (calls, most) = *random.choice([("recvmmsg,recvmsg", 30), ("pwrite64", 60), ("fsync", 10)].iter()).unwrap();
        let cut = Cut { calls, path: None, count: random.u32(2..=most) };
        let (_, killed) = trace::run_cut(&guest, cut, &["sync"]);
        guest.verify();
        kills += usize::from(killed);
        finish(&field.place, &guest);
        if kills >= KILLS {
            return;
        }
    }
    panic!("only {kills} kills");
}

#[test]
fn host_killed_while_sending_serves_the_rest_after_a_restart() {
    let (field, guest) = (field(), Place::new("bob"));
    field.place.json(&["import", field.logs.path().to_str().unwrap()]);
    let up = field.place.up();
    invite(&field.place, &guest, "editor");
    let mut sync = guest.command(["sync", "--timeout", "5"]).spawn().unwrap();
    std::thread::sleep(std::time::Duration::from_millis(random("sending").u64(50..400)));
    up.kill();
    sync.wait().unwrap();
    field.place.verify();
    guest.verify();
    // The host has another port now: the guest is told.
    let up: Up = field.place.up();
    let device = up.reply["device_id"].as_str().unwrap();
    let address = up.reply["addresses"][0].as_str().unwrap();
    guest.json(&["sync", "--peer", &format!("{device}@{address}")]);
    finish(&field.place, &guest);
}

fn finish(host: &Place, guest: &Place) {
    let sync = guest.json(&["sync"]);
    assert_eq!(sync["blobs_missing"], 0, "{sync}");
    wait_until("both hold the same entries", || host.verify() == guest.verify());
    assert_eq!(wells(host), wells(guest));
    let runs = guest.json(&["runs"]);
    assert!(runs["runs"].as_array().unwrap().iter().all(|run| run["held"] == true));
}
