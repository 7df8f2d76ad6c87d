//! The fuzz targets over their seeds, the committed corpus and some mutations: nothing panics, goes
//! on for ever, or takes more than its share of memory.

use std::path::PathBuf;

use dataforge_tests::fuzz::Outcome;
use dataforge_tests::fuzz::alloc::Counting;
use dataforge_tests::fuzz::engine::{Engine, files};
use dataforge_tests::fuzz::guard::{Guard, Trouble};
use dataforge_tests::fuzz::target::{Kind, Sharing, Target};
use dataforge_tests::program::program;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Seed of the run in CI, which is to end as it ended before; `FUZZ_SEED` sets another one.
const SEED: u64 = 1;
/// Mutations of the run in CI; those of a release go on for minutes.
const ITERATIONS: u64 = 400;

fn corpus(kind: Kind) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("corpus").join(kind.name())
}

/// Runs seeds, corpus and mutations of a target; files of others are opened by a worker every
/// `once_in` times.
fn replay(kind: Kind, once_in: u64, iterations: u64) {
    let target = kind.target(Sharing { program: program(), once_in });
    let mut guard = Guard::start(target, kind.limits());
    let directory = corpus(kind);
    for (name, input) in files(&directory).unwrap() {
        if let Err(trouble) = guard.run(&input) {
            panic!("{}: {trouble}", directory.join(name).display());
        }
    }
    let seed = std::env::var("FUZZ_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(SEED);
    println!("fuzz {} --seed {seed}", kind.name());
    let mut engine = Engine::new(kind, seed, Some(&directory)).unwrap();
    for iteration in 0..iterations {
        let input = engine.input(iteration);
        match guard.run(&input) {
            Ok((outcome, _)) => drop(engine.learn(iteration, &input, outcome)),
            Err(trouble) => panic!("--seed {seed} --only {iteration}: {trouble}"),
        }
    }
}

#[test]
fn las_files() {
    replay(Kind::Las, 1, ITERATIONS);
}

#[test]
fn tables_of_text() {
    replay(Kind::Table, 1, ITERATIONS);
}

#[test]
fn mappings() {
    replay(Kind::Mapping, 1, ITERATIONS);
}

#[test]
fn workbooks() {
    replay(Kind::Xlsx, 10, ITERATIONS);
}

#[test]
fn parquet_files() {
    replay(Kind::Parquet, 1, ITERATIONS / 4);
}

#[test]
fn bytes_of_peers() {
    replay(Kind::Wire, 1, 5 * ITERATIONS);
}

#[test]
fn entries_of_hostile_members() {
    replay(Kind::Accept, 1, ITERATIONS);
}

/// A target that does one bad thing.
struct Bad(fn());

impl Target for Bad {
    fn run(&mut self, _: &[u8]) -> Outcome {
        (self.0)();
        Outcome::default()
    }
}

#[test]
fn the_guard_sees_panics_memory_and_endless_runs() {
    let trouble = |bad: fn()| Guard::start(Box::new(Bad(bad)), Kind::Las.limits()).run(b"any").unwrap_err();
    let panic = trouble(|| panic!("a finding"));
    let told = |words: &str, place: &str| words == "a finding" && place.contains("suite/fuzz.rs:");
    assert!(matches!(&panic, Trouble::Panic { words, place } if told(words, place)), "{panic}");
    let memory = trouble(|| drop(std::hint::black_box(vec![1_u8; 80 << 20])));
    assert!(matches!(memory, Trouble::Memory { peak, .. } if peak >= 80 << 20), "{memory}");
    let endless = trouble(|| {
        loop {
            std::hint::spin_loop()
        }
    });
    assert!(matches!(endless, Trouble::Slow { .. }), "{endless}");
}
