//! Sync under loss, latency, partitions, crashes and a hostile member, by seed.

use std::time::{Duration, Instant};

use dataforge_tests::sim::{Report, run};

/// Seeds of a run in CI, unless time runs out before; `SIM_SEEDS` sets another number.
const SEEDS: u64 = 400;
/// No new seed is begun after this time.
const BUDGET: Duration = Duration::from_secs(20);
/// Seeds that must have been run for the counts to say anything.
const LEAST: u64 = 20;

/// Says how to run a seed again, when a test fails in it.
struct Rerun(u64);

impl Drop for Rerun {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("rerun: SIM_SEED={} cargo test -p dataforge-tests --test suite simulation", self.0);
        }
    }
}

fn seed_run(seed: u64) -> Report {
    let _rerun = Rerun(seed);
    run(seed)
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[test]
fn nodes_agree_after_everything_healed() {
    if let Some(seed) = number("SIM_SEED") {
        eprintln!("{:?}", seed_run(seed));
        return;
    }
    let (seeds, budget) = number("SIM_SEEDS").map_or((SEEDS, BUDGET), |seeds| (seeds, Duration::MAX));
    let (start, mut total, mut done) = (Instant::now(), Report::default(), 0);
    for seed in (0..seeds).take_while(|_| start.elapsed() < budget) {
        let report = seed_run(seed);
        total.entries += report.entries;
        total.excluded += report.excluded;
        total.inert += report.inert;
        total.acknowledged += report.acknowledged;
        total.refused += report.refused;
        total.crashes += report.crashes;
        total.cuts += report.cuts;
        total.faults += report.faults;
        done += 1;
    }
    eprintln!("{done} seeds in {:?}: {total:?}", start.elapsed());
    assert!(done >= seeds.min(LEAST), "the simulation has become too slow: {done} seeds");
    // That it tries what it is there to try.
    if done >= LEAST {
        let tried = [total.excluded, total.crashes, total.cuts, total.faults, total.acknowledged];
        assert!(tried.iter().all(|count| *count > 0), "{total:?}");
    }
}

#[test]
fn one_seed_gives_one_run() {
    for seed in [1, 7, 23] {
        let _rerun = Rerun(seed);
        assert_eq!(run(seed), run(seed));
    }
}
