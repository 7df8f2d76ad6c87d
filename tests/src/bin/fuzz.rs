//! Feeds the readers of foreign files with mutated ones and reports what breaks them.
//!
//! `cargo run --bin fuzz -- TARGET [--minutes N] [--seed N] [--corpus DIR] [--out DIR]` runs until
//! the time is over or something breaks; then the input is in the directory given by `--out` and
//! the exit code is 1. `fuzz TARGET FILE…` runs files. `--only ITERATION` goes, with the seed and
//! corpus of a former run, through the same iterations without a word, then shows this one.
//! `--distill DIR` writes small inputs that show what was seen, for a corpus.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a tool of the command line prints what it finds")]

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use dataforge_tests::fuzz::alloc::Counting;
use dataforge_tests::fuzz::engine::Engine;
use dataforge_tests::fuzz::guard::{Guard, Trouble, Used};
use dataforge_tests::fuzz::target::{Kind, Sharing};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// How often progress is told.
const TELL: Duration = Duration::from_secs(30);

/// Once in so many inputs a worker process opens the file as well.
const WORKER_ONCE_IN: u64 = 100;

/// Inputs shorter than this tell nothing of the time a byte takes.
const TIMED_BYTES: usize = 64 << 10;

const USAGE: &str = "usage: fuzz las|table|mapping|xlsx|parquet|wire|accept [FILE…] [--minutes N] [--seed N] [--corpus DIR] \
[--out DIR] [--only ITERATION] [--distill DIR]";

/// What is asked for.
struct Options {
    kind: Kind,
    files: Vec<PathBuf>,
    minutes: f64,
    seed: u64,
    corpus: Option<PathBuf>,
    out: PathBuf,
    only: Option<u64>,
    distill: Option<PathBuf>,
}

impl Options {
    fn parse(mut arguments: impl Iterator<Item = String>) -> Option<Self> {
        let kind = Kind::of(&arguments.next()?)?;
        let mut options = Self {
            kind,
            files: Vec::new(),
            minutes: 1.0,
            seed: fastrand::u64(..1_000_000),
            corpus: None,
            out: std::env::temp_dir().join(format!("fuzz-{}", kind.name())),
            only: None,
            distill: None,
        };
        while let Some(argument) = arguments.next() {
            match &*argument {
                "--minutes" => options.minutes = arguments.next()?.parse().ok()?,
                "--seed" => options.seed = arguments.next()?.parse().ok()?,
                "--corpus" => options.corpus = Some(arguments.next()?.into()),
                "--out" => options.out = arguments.next()?.into(),
                "--only" => options.only = Some(arguments.next()?.parse().ok()?),
                "--distill" => options.distill = Some(arguments.next()?.into()),
                file if !file.starts_with('-') => options.files.push(file.into()),
                _ => return None,
            }
        }
        Some(options)
    }
}

fn main() -> ExitCode {
    // This program is its own worker.
    if let Some(code) = dataforge_node::worker::run_if_asked() {
        return code;
    }
    let Some(options) = Options::parse(std::env::args().skip(1)) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    let done = if options.files.is_empty() { run(&options) } else { run_files(&options) };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}

fn guard(kind: Kind, once_in: u64) -> std::io::Result<Guard> {
    let sharing = Sharing { program: std::env::current_exe()?, once_in };
    Ok(Guard::start(kind.target(sharing), kind.limits()))
}

/// Runs files; returns whether none made trouble.
fn run_files(options: &Options) -> std::io::Result<bool> {
    let mut sound = true;
    for file in &options.files {
        let input = std::fs::read(file)?;
        match guard(options.kind, 1)?.run(&input) {
            Ok((_, used)) => println!("{}: {:?}, {} KiB", file.display(), used.cpu, used.memory >> 10),
            Err(trouble) => {
                println!("{}: {}", file.display(), trouble);
                sound = false;
            }
        }
    }
    Ok(sound)
}

/// What a run came to.
#[derive(Default)]
struct Figures {
    memory: u64,
    slowest_ns: u128,
    told: Duration,
}

impl Figures {
    fn add(&mut self, input: &[u8], used: Used) {
        self.memory = self.memory.max(used.memory);
        if input.len() >= TIMED_BYTES {
            self.slowest_ns = self.slowest_ns.max(used.cpu.as_nanos() / input.len() as u128);
        }
    }

    fn tell(&self, runs: u64, spent: Duration, kept: usize) {
        let rate = runs as f64 / spent.as_secs_f64();
        let (seconds, memory, slowest) = (spent.as_secs(), self.memory >> 20, self.slowest_ns);
        println!(
            "{seconds} s: {runs} executions, {rate:.0}/s, {kept} kept, peak {memory} MiB, slowest {slowest} ns/byte"
        );
    }
}

/// Runs mutated inputs until the time is over; returns whether none made trouble.
fn run(options: &Options) -> std::io::Result<bool> {
    let Options { kind, seed, .. } = *options;
    std::fs::create_dir_all(&options.out)?;
    let mut engine = Engine::new(kind, seed, options.corpus.as_deref())?;
    let mut guard = guard(kind, WORKER_ONCE_IN)?;
    // Should the process die, what it was at remains here.
    let at_work = options.out.join("at-work");
    println!("{} --seed {seed}; the input at work is {}", kind.name(), at_work.display());
    let (started, limit) = (Instant::now(), Duration::from_secs_f64(options.minutes * 60.0));
    let mut figures = Figures::default();
    let mut iteration = 0;
    while options.only.is_some() || started.elapsed() < limit {
        let input = engine.input(iteration);
        std::fs::write(&at_work, &input)?;
        let run = guard.run(&input);
        if options.only == Some(iteration) {
            return show(options, iteration, &input, run.map(|(_, used)| used));
        }
        match run {
            Ok((outcome, used)) => {
                figures.add(&input, used);
                engine.learn(iteration, &input, outcome);
            }
            Err(trouble) => return show(options, iteration, &input, Err(trouble)),
        }
        iteration += 1;
        if started.elapsed() > figures.told + TELL {
            figures.told = started.elapsed();
            figures.tell(iteration, figures.told, engine.kept());
        }
    }
    figures.tell(iteration, started.elapsed(), engine.kept());
    if let Some(directory) = &options.distill {
        distill(&engine, kind, directory)?;
    }
    Ok(true)
}

/// Writes an input and says what it did; returns whether that was no trouble.
fn show(options: &Options, iteration: u64, input: &[u8], run: Result<Used, Trouble>) -> std::io::Result<bool> {
    let path = options.out.join(format!("{}-{}-{iteration}", options.kind.name(), options.seed));
    std::fs::write(&path, input)?;
    let place = format!("iteration {iteration}, {} bytes in {}", input.len(), path.display());
    match run {
        Ok(used) => println!("{place}: {:?}, {} KiB", used.cpu, used.memory >> 10),
        Err(ref trouble) => println!("{place}: {}", trouble),
    }
    Ok(run.is_ok())
}

fn distill(engine: &Engine, kind: Kind, directory: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(directory)?;
    let inputs = engine.distilled();
    for input in &inputs {
        let name = blake3::hash(input).to_hex();
        std::fs::write(directory.join(format!("{}-{}", kind.name(), &name[..8])), input)?;
    }
    println!("{} inputs in {}", inputs.len(), directory.display());
    Ok(())
}
