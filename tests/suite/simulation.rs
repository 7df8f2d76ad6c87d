//! Nodes under everything that goes wrong, by seed: they come to agree and lose nothing they
//! acknowledged.

use std::time::{Duration, Instant};

use dataforge_protocol::bug::Bug;
use dataforge_tests::sim::{Plan, Report, attempt, run};

/// Seeds of a run in CI, unless time runs out before; `SIM_SEEDS` sets another number.
const SEEDS: u64 = 2_000;
/// No new seed is begun after this time.
const BUDGET: Duration = Duration::from_secs(240);
/// Seeds that must have been run for the counts to say anything.
const LEAST: u64 = 60;
/// What every run of so many seeds has some of.
const TRIED: [&str; 16] = [
    "acknowledged",
    "bundles",
    "crashes",
    "crashes in recovery",
    "cuts",
    "disk errors",
    "entries",
    "excluded",
    "frames",
    "inert",
    "ops",
    "pairs that agree",
    "peer faults",
    "sessions",
    "timeouts",
    "unreadable",
];

/// Says how to run a seed again, when a test fails in it.
struct Rerun(u64);

impl Drop for Rerun {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let seed = self.0;
            eprintln!("seed {seed} failed: SIM_SEED={seed} cargo test --test suite simulation");
        }
    }
}

fn plan(seed: u64) -> Plan {
    Plan { seed, canary: false }
}

fn seed_run(seed: u64) -> Report {
    let _rerun = Rerun(seed);
    run(plan(seed))
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[test]
fn nodes_agree_after_everything_healed() {
    if let Some(seed) = number("SIM_SEED") {
        eprintln!("{:#?}", seed_run(seed));
        return;
    }
    let (seeds, budget) = number("SIM_SEEDS").map_or((SEEDS, BUDGET), |seeds| (seeds, Duration::MAX));
    let (start, mut total, mut done) = (Instant::now(), Report::default(), 0);
    for seed in (0..seeds).take_while(|_| start.elapsed() < budget) {
        let report = seed_run(seed);
        if seed % 10 == 0 {
            assert_eq!(seed_run(seed), report, "one seed gives one run");
        }
        total.add(&report);
        done += 1;
    }
    eprintln!("{done} seeds in {:?}: {:#?}", start.elapsed(), total.counts);
    assert!(done >= seeds.min(LEAST), "the simulation has become too slow: {done} seeds");
    // That it tries what it is there to try.
    if done >= LEAST {
        for what in TRIED {
            assert!(total.counts.get(what).is_some_and(|count| *count > 0), "no {what} in {done} seeds");
        }
    }
}

/// The first seed that finds each bug on purpose; without the bug it passes.
const FOUND: [(Bug, u64); 12] = [
    (Bug::SkipSync, 0),
    (Bug::PastCut, 2),
    (Bug::CompareCounters, 101),
    (Bug::DropFork, 10),
    (Bug::ArrivalOrder, 67),
    (Bug::HighStartOp, 0),
    (Bug::ForgetPrev, 23),
    (Bug::Resurrect, 24),
    (Bug::CountVoid, 7),
    (Bug::LosePending, 3),
    (Bug::SignTwice, 5),
    (Bug::ApplyFirst, 1),
];

#[test]
fn every_bug_on_purpose_is_found_and_nothing_else() {
    assert_eq!(FOUND.map(|(bug, _)| bug), Bug::ALL);
    for (bug, seed) in FOUND {
        assert!(attempt(plan(seed), Some(bug)).is_err(), "{} is not found by seed {seed}", bug.as_str());
        assert!(attempt(plan(seed), None).is_ok(), "seed {seed} fails without a bug");
    }
}

/// A check that is turned round fails: so the others can.
#[test]
fn the_canary_dies() {
    let failed = (0..20).filter(|seed| attempt(Plan { seed: *seed, canary: true }, None).is_err()).count();
    assert!(failed > 10, "a broken check is noticed in {failed} of 20 seeds only");
}
