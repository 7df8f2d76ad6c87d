//! What is fuzzed: each target reads bytes as the program does, checks what comes out, and tells
//! what it saw.
//!
//! A target panics when a promise is broken. What it does depends on the bytes alone: options are
//! drawn from a hash of them, so that a file says all that is needed to repeat a run.

mod accept;
mod las;
mod mapping;
mod parquet;
mod table;
mod wire;
mod xlsx;

use std::io::{Seek as _, SeekFrom, Write as _};
use std::time::Duration;

use dataforge_las::{DataSet, Values};
use dataforge_node::ingest::Prepared;
use dataforge_node::worker::{Expected, Verdict, check_here};
use fastrand::Rng;

use super::guard::Limits;
use super::{Outcome, seeds};

/// Something that reads bytes.
pub trait Target: Send {
    /// Reads an input and tells what it showed.
    ///
    /// # Panics
    /// When a promise is broken.
    fn run(&mut self, input: &[u8]) -> Outcome;
}

/// The targets there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// LAS files: read with several options, header alone, prepared, written and read again.
    Las,
    /// Tables of text: read, previewed, read by the previewed mapping, prepared.
    Table,
    /// Mappings: read, written, and applied to two tables.
    Mapping,
    /// Workbooks: the walk before they are opened, and at times the worker process.
    Xlsx,
    /// Parquet files of others: the check, in the worker.
    Parquet,
    /// Bytes of peers: frames, headers, ops, facts, changes, tickets.
    Wire,
    /// Entries of hostile members, through the one door.
    Accept,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Las, Self::Table, Self::Mapping, Self::Xlsx, Self::Parquet, Self::Wire, Self::Accept];

    /// Returns its name, that of its directory below `tests/corpus`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Las => "las",
            Self::Table => "table",
            Self::Mapping => "mapping",
            Self::Xlsx => "xlsx",
            Self::Parquet => "parquet",
            Self::Wire => "wire",
            Self::Accept => "accept",
        }
    }

    /// Returns the target of a name.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Returns it ready to run; `worker` is how often, once in so many runs, workbooks are given to a
    /// worker process as well.
    #[must_use]
    pub fn target(self, worker: Sharing) -> Box<dyn Target> {
        match self {
            Self::Las => Box::new(las::Las::default()),
            Self::Table => Box::new(table::Table::default()),
            Self::Mapping => Box::new(mapping::Mappings::default()),
            Self::Xlsx => Box::new(xlsx::Xlsx::new(worker)),
            Self::Parquet => Box::new(parquet::Parquet::new(&worker.program)),
            Self::Wire => Box::new(wire::Wire::default()),
            Self::Accept => Box::new(accept::Accept::default()),
        }
    }

    /// Returns inputs to begin with.
    #[must_use]
    pub fn seeds(self) -> Vec<Vec<u8>> {
        match self {
            Self::Las => seeds::las(),
            Self::Table => seeds::tables(),
            Self::Mapping => seeds::mappings(),
            Self::Xlsx => seeds::workbooks(),
            Self::Parquet => seeds::parquet(),
            Self::Wire => seeds::bytes(),
            Self::Accept => seeds::programs(),
        }
    }

    /// Returns what a run may use. A run reads its input several times and holds two readings at a
    /// time, so this is more than a reader's own limits.
    #[must_use]
    pub const fn limits(self) -> Limits {
        let (cpu_per_byte, memory_per_byte) = match self {
            Self::Las | Self::Table => (Duration::from_micros(4), 200),
            // Every table of a mapping is looked for in each of two books.
            Self::Mapping => (Duration::from_micros(40), 200),
            // Inflated bytes are up to 250 times as many, and none of them are kept.
            Self::Xlsx => (Duration::from_micros(20), 8),
            Self::Parquet => (Duration::from_micros(20), 1_000),
            Self::Wire | Self::Accept => (Duration::from_micros(20), 200),
        };
        Limits { cpu: Duration::from_secs(2), cpu_per_byte, memory: 64 << 20, memory_per_byte, memory_most: 1 << 30 }
    }
}

/// Whether workbooks also go to a worker process, which takes some ten milliseconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sharing {
    /// The program to start as a worker.
    pub program: std::path::PathBuf,
    /// Once in so many inputs, by their hash.
    pub once_in: u64,
}

impl Sharing {
    /// Whether an input is one that goes to the worker.
    fn takes(&self, input: &[u8]) -> bool {
        random_of(input).u64(..self.once_in) == 0
    }
}

/// Returns random numbers that follow from an input.
fn random_of(input: &[u8]) -> Rng {
    let hash = blake3::hash(input);
    Rng::with_seed(hash.as_bytes().first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes)))
}

/// A file for what is checked in a file.
#[derive(Debug)]
struct Scratch(std::fs::File);

impl Default for Scratch {
    fn default() -> Self {
        Self(tempfile::tempfile().expect("a temporary file"))
    }
}

impl Scratch {
    /// Returns the file, with these bytes in it and nothing else.
    fn holding(&mut self, bytes: &[u8]) -> std::fs::File {
        self.0.set_len(0).expect("a temporary file is cut");
        self.0.seek(SeekFrom::Start(0)).expect("a temporary file is at its start");
        self.0.write_all(bytes).expect("a temporary file takes bytes");
        self.0.try_clone().expect("a second handle")
    }

    /// Checks that what was prepared is what a colleague's node would admit.
    fn check(&mut self, prepared: &Prepared) {
        for run in &prepared.runs {
            let expected = Expected::native(&run.facts);
            if let Verdict::Refused(why) = check_here(self.holding(&run.parquet), Some(&expected)) {
                panic!("our own table would be refused: {why}");
            }
        }
    }
}

/// Checks that a data set is whole.
fn check_whole(set: &DataSet) {
    for column in &set.columns {
        assert_eq!(column.values.len(), set.rows, "column {} of {}", column.definition.mnemonic, set.name);
        if let Values::Number(numbers) = &column.values {
            assert!(!numbers.iter().any(|number| number.is_infinite()), "infinite: {}", column.definition.mnemonic);
        }
    }
}

/// Notes how large a data set is and what is in it.
fn note_set(outcome: &mut Outcome, set: &DataSet) {
    outcome.note_size("columns", set.columns.len());
    outcome.note_size("rows", set.rows);
    let texts = set.columns.iter().filter(|column| matches!(column.values, Values::Text(_))).count();
    outcome.note_size("text columns", texts);
    let nulls = set.columns.iter().any(|column| match &column.values {
        Values::Number(numbers) => numbers.iter().any(|number| number.is_nan()),
        Values::Text(texts) => texts.iter().any(Option::is_none),
    });
    outcome.note("nulls", nulls);
}

/// Whether values are equal bit for bit, null to null.
fn same_bits(one: &[f64], other: &[f64]) -> bool {
    let same = |(a, b): (&f64, &f64)| a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan();
    one.len() == other.len() && one.iter().zip(other).all(same)
}

/// Whether two columns hold the same.
fn same_values(one: &Values, other: &Values) -> bool {
    match (one, other) {
        (Values::Number(one), Values::Number(other)) => same_bits(one, other),
        (Values::Text(one), Values::Text(other)) => one == other,
        _ => false,
    }
}
