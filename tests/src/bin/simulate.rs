//! Runs seeds of the simulation: `simulate --seeds A..B [--bug NAME] [--threads N]`.
//!
//! Without a bug it ends with status 1 when a seed fails. With one it ends with status 1 when no
//! seed does; the first seed that finds the bug ends the search.

#![expect(clippy::print_stdout, reason = "a program for the command line")]

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;

use dataforge_protocol::bug::Bug;
use dataforge_tests::sim::{Plan, Report, attempt};

/// What is asked for.
struct Asked {
    seeds: std::ops::Range<u64>,
    bug: Option<Bug>,
    threads: usize,
}

fn ask(args: impl Iterator<Item = String>) -> Result<Asked, String> {
    let mut asked = Asked { seeds: 0..100, bug: None, threads: 1 };
    let mut args = args;
    while let Some(name) = args.next() {
        let value = args.next().ok_or_else(|| format!("{name} needs a value"))?;
        match name.as_str() {
            "--seeds" => {
                let range = value.split_once("..").and_then(|(a, b)| Some(a.parse().ok()?..b.parse().ok()?));
                asked.seeds = range.ok_or("seeds are A..B")?;
            }
            "--bug" => {
                let bug = Bug::ALL.into_iter().find(|bug| bug.as_str() == value);
                asked.bug = Some(bug.ok_or_else(|| format!("no bug is called {value}"))?);
            }
            "--threads" => asked.threads = value.parse().map_err(|_error| "threads are a number")?,
            _ => return Err(format!("unknown option {name}")),
        }
    }
    Ok(asked)
}

/// What the threads share.
#[derive(Default)]
struct Found {
    next: AtomicU64,
    stop: AtomicBool,
    total: Mutex<Report>,
    failed: Mutex<BTreeMap<u64, String>>,
}

fn work(asked: &Asked, found: &Found) {
    while !found.stop.load(Ordering::Relaxed) {
        let seed = asked.seeds.start + found.next.fetch_add(1, Ordering::Relaxed);
        if seed >= asked.seeds.end {
            return;
        }
        let plan = Plan { seed, canary: false };
        let first = attempt(plan, asked.bug);
        let outcome = match first {
            Ok(report) if seed.is_multiple_of(10) && asked.bug.is_none() => match attempt(plan, None) {
                Ok(again) if again == report => Ok(report),
                _ => Err("the same seed gives another run".to_owned()),
            },
            other => other,
        };
        match outcome {
            Ok(report) => found.total.lock().expect("no thread panics").add(&report),
            Err(why) => {
                found.failed.lock().expect("no thread panics").insert(seed, why);
                found.stop.fetch_or(asked.bug.is_some(), Ordering::Relaxed);
            }
        }
    }
}

fn main() -> ExitCode {
    let asked = match ask(std::env::args().skip(1)) {
        Ok(asked) => asked,
        Err(why) => {
            eprintln!("{why}\nsimulate --seeds A..B [--bug NAME] [--threads N]");
            return ExitCode::from(2);
        }
    };
    // Each failure is printed once, at the end.
    std::panic::set_hook(Box::new(|_| {}));
    let (start, found) = (Instant::now(), Found::default());
    std::thread::scope(|scope| {
        for _ in 0..asked.threads.max(1) {
            scope.spawn(|| work(&asked, &found));
        }
    });
    let seconds = start.elapsed().as_secs_f64();
    let failed = found.failed.into_inner().expect("no thread panics");
    for (seed, why) in &failed {
        // All of it when it is the only one.
        let lines = if failed.len() == 1 { usize::MAX } else { 4 };
        println!("seed {seed}: {}", why.lines().take(lines).collect::<Vec<_>>().join("\n    "));
    }
    for (what, count) in &found.total.into_inner().expect("no thread panics").counts {
        println!("{count:>10} {what}");
    }
    let done = found.next.into_inner().min(asked.seeds.end - asked.seeds.start);
    #[expect(clippy::cast_precision_loss, reason = "few seeds")]
    let rate = done as f64 / seconds;
    println!("{done} seeds in {seconds:.1} s, {rate:.2} per second; {} failed", failed.len());
    if failed.is_empty() == asked.bug.is_none() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
