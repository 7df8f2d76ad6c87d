//! Killed at each call that writes, syncs, renames or removes something in the data directory, while
//! it imports, downloads or gives up: nothing that was acknowledged is lost, nothing that is held is
//! missing or wrong, and the same command again does the rest.
//!
//! Some calls are tried, chosen by `DISK_SEED`; `KILL_POSITIONS` says how many, or `all`.

use std::collections::BTreeSet;

use dataforge_tests::program::skip;
use dataforge_tests::trace::{self, Cut};

use super::{FILES, Field, Work};

/// Calls that are tried when nobody says.
const POSITIONS: usize = 6;
const CALLS: &str = "pwrite64,write,ftruncate,fsync,fdatasync,syncfs,rename,unlink";

/// Returns which of so many calls are tried.
fn positions(test: &str, of: usize) -> BTreeSet<usize> {
    let asked = std::env::var("KILL_POSITIONS").unwrap_or_default();
    let count = if asked == "all" { of } else { asked.parse().unwrap_or(POSITIONS).min(of) };
    let seed = std::env::var("DISK_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or_else(|| fastrand::u64(..));
    println!("{test}: DISK_SEED={seed}, {count} of {of} calls");
    fastrand::Rng::with_seed(seed).choose_multiple(0..of, count).into_iter().collect()
}

/// Kills the work at some of its calls; `check` looks at what is left after each.
fn survives(test: &str, work: Work, check: impl Fn(&Field, &str)) {
    if !trace::works() {
        return skip(test, "strace");
    }
    let dir = tempfile::tempdir().unwrap();
    let field = Field::new(dir.path(), work);
    let writes = field.writes(CALLS);
    let (mut killed, mut tried) = (0, 0);
    for position in positions(test, writes.len()) {
        let write = &writes[position];
        field.restore();
        let path = Some(write.path.as_path()).filter(|path| path.is_absolute());
        let at = Cut { calls: &write.call, path, count: write.count };
        let (_, was_killed) = trace::run_cut(&field.place, at, &field.args());
        check(&field, &format!("{test}: call {position}, {at:?}"));
        (killed, tried) = (killed + usize::from(was_killed), tried + 1);
    }
    println!("{test}: {tried} runs, {killed} killed");
    // Threads share the work in another way each time, so some are missed.
    assert!(killed * 3 >= tried, "most are killed");
}

#[test]
fn import_killed_at_a_write_loses_nothing() {
    survives("import_killed_at_a_write_loses_nothing", Work::Import, |field, at| {
        field.check_reads(at);
        field.check_recovery(at, false);
    });
}

#[test]
fn download_killed_at_a_write_loses_nothing() {
    survives("download_killed_at_a_write_loses_nothing", Work::Download, |field, at| {
        field.check_reads(at);
        field.check_recovery(at, false);
    });
}

#[test]
fn eviction_killed_at_a_write_loses_nothing() {
    survives("eviction_killed_at_a_write_loses_nothing", Work::Evict, |field, at| {
        let (_, host) = field.host.as_ref().unwrap();
        // What is held is whole, and what is gone is where it was proved to be.
        field.place.verify();
        host.verify();
        let all = |place: &dataforge_tests::program::Place| {
            let reply = place.json(&["runs"]);
            reply["runs"].as_array().unwrap().iter().filter(|run| run["held"] == true).count()
        };
        assert_eq!(all(host), 2 * FILES as usize, "{at}");
        assert_eq!(field.runs().1, 2 * FILES as usize, "{at}: all are still listed");
        let rest = field.place.json(&["free", ".", "--go"]);
        assert!(rest["kept"].as_array().unwrap().is_empty(), "{at}: {rest}");
        assert_eq!(all(&field.place), 0, "{at}: {rest}");
        field.place.json(&["fetch", "."]);
        assert_eq!(all(&field.place), 2 * FILES as usize, "{at}: what was given up comes back");
        field.check_reads(at);
        field.place.verify();
    });
}
