//! Workbooks: the walk in front of the reader, here; the reader, in a worker as always.

use std::time::Duration;

use bytes::Bytes;
use dataforge_node::ingest::prepare_tables;
use dataforge_node::ingest::tabular::{Mapping, preview, read};
use dataforge_node::worker::{Worker, WorkerError, WorkerLimits, prewalk};

use super::table::{note, note_error};
use super::{Scratch, Sharing, Target};
use crate::fuzz::Outcome;

/// What a worker may use here: less than a node grants, so that runs go on.
pub(super) fn worker(program: &std::path::Path) -> Worker {
    let limits = WorkerLimits {
        cpu: Duration::from_secs(10),
        timeout: Duration::from_secs(60),
        output_bytes: 64 << 20,
        ..WorkerLimits::default()
    };
    Worker::of_program(program).with_limits(limits)
}

/// Notes how a worker failed, which must be the fault of the file.
pub(super) fn note_failure(error: &WorkerError, outcome: &mut Outcome) {
    assert!(error.is_about_the_file(), "the worker is at fault: {error}");
    outcome.note_variant("worker", error);
}

/// The target.
#[derive(Debug)]
pub(super) struct Xlsx {
    sharing: Sharing,
    worker: Worker,
    scratch: Scratch,
}

impl Xlsx {
    pub(super) fn new(sharing: Sharing) -> Self {
        Self { worker: worker(&sharing.program), sharing, scratch: Scratch::default() }
    }

    /// Opens a workbook in a worker, and takes what it finds all the way.
    fn open(&mut self, input: &[u8], outcome: &mut Outcome) {
        let book = match self.worker.read_workbook(Bytes::copy_from_slice(input)) {
            Ok(book) => book,
            Err(error) => return note_failure(&error, outcome),
        };
        match read(&book, &Mapping::default()) {
            Ok(reading) => {
                note(&reading, outcome);
                let shown = preview(&book, &Mapping::default()).expect("what is read is previewed");
                shown.mapping.to_toml().expect("a previewed mapping is written");
                if let Ok(prepared) = prepare_tables(input, &reading) {
                    self.scratch.check(&prepared);
                }
            }
            Err(error) => note_error(&error, outcome),
        }
    }
}

impl Target for Xlsx {
    fn run(&mut self, input: &[u8]) -> Outcome {
        let mut outcome = Outcome::default();
        let verdict = prewalk::check(input);
        match &verdict {
            Ok(kind) => outcome.note_variant("kind", kind),
            Err(refusal) => {
                outcome.note_variant("refused", refusal);
                outcome.note_words("why", refusal.to_string().split_once("file: ").map_or("", |(_, why)| why));
            }
        }
        if self.sharing.takes(input) {
            self.open(input, &mut outcome);
            let refused = verdict.is_err();
            outcome.note("opened", refused);
        }
        outcome
    }
}
