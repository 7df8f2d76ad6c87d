//! Parquet files of others: the worker's check, in a worker.
//!
//! It is slow, a process for each file, and there is no other way: the library that decodes takes a
//! footer at its word about how much memory it needs, and what bounds that is the worker's limit.

use std::io::Write as _;

use dataforge_node::worker::{Expected, Verdict, Worker};

use super::Target;
use super::xlsx::{note_failure, worker};
use crate::fuzz::Outcome;

/// The target.
#[derive(Debug)]
pub(super) struct Parquet(Worker);

impl Parquet {
    pub(super) fn new(program: &std::path::Path) -> Self {
        Self(worker(program))
    }
}

impl Target for Parquet {
    fn run(&mut self, input: &[u8]) -> Outcome {
        let mut outcome = Outcome::default();
        let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
        file.write_all(input).expect("a temporary file takes bytes");
        // No file has so many rows: a sound one is refused for that, which says how many it has.
        let expected = Expected { rows: u64::MAX, columns: Vec::new() };
        match self.0.check_parquet(file.path(), &expected) {
            Ok(Verdict::Sound(facts)) => panic!("not what was expected: {facts:?}"),
            Ok(Verdict::Refused(why)) => {
                let why = why.strip_prefix("the parquet file cannot be read: ").unwrap_or(&why);
                outcome.note_words("refused", why.rsplit_once(": ").map_or(why, |(_, why)| why));
                outcome.note_words("begins", why);
            }
            Err(error) => note_failure(&error, &mut outcome),
        }
        outcome
    }
}
