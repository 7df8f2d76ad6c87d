//! Files that others made, in formats too rich to be trusted, opened in a process of its own.
//!
//! A workbook is a zip of XML, a Parquet file a tree of offsets: their readers are large, and a
//! hostile file may make them use all memory, run for ever or crash. So they run in a child, this
//! very program started again as `dataforge worker`, which gives up the right to open files, to
//! start programs and to use more than its share of memory and time before it reads a byte. The
//! parent takes what the child says within bounds, and survives whatever becomes of it.
//!
//! The file comes to the child as its standard input; what it finds goes to its standard output in
//! frames. Both are of this one version of the program, so the frames need no compatibility.
//!
//! Any program that opens a [`Node`](crate::Node) calls [`run_if_asked`] before anything else, so
//! that it can be its own worker.

mod child;
mod error;
mod expected;
mod frame;
mod limits;
mod parent;
mod parquet;
pub mod prewalk;
mod sandbox;
mod workbook;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::OnceLock;

use bytes::Bytes;

pub use self::error::WorkerError;
pub use self::expected::{Expected, ExpectedColumn};
pub use self::limits::WorkerLimits;
#[doc(hidden)]
pub use self::parquet::check_here;
pub use self::parquet::footer::FooterVerdict;
pub use self::parquet::{TableFacts, Verdict};
use crate::ingest::tabular::RawBook;

/// The first argument of a child.
const COMMAND: &str = "worker";

/// Set for a child, so that it never starts one itself and no program is one by mistake.
const CHILD: &str = "DATAFORGE_WORKER_CHILD";

/// Names another program to start.
const PROGRAM: &str = "DATAFORGE_WORKER";

/// Does a child's work if this process was started for it; to be called first thing in `main`.
///
/// Returns the exit code to end with, or `None` in a process that is no child.
#[must_use]
pub fn run_if_asked() -> Option<ExitCode> {
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next().as_deref() != Some(OsStr::new(COMMAND)) {
        return None;
    }
    Some(child::run(arguments.collect::<Vec<_>>(), std::env::var_os(CHILD).is_some()))
}

/// What [`use_program`] named.
static OTHER_PROGRAM: OnceLock<PathBuf> = OnceLock::new();

/// Names the program to start instead of this very one, for a program whose `main` does not call
/// [`run_if_asked`]. `DATAFORGE_WORKER` goes before it; only the first call counts.
pub fn use_program(program: impl Into<PathBuf>) {
    OTHER_PROGRAM.get_or_init(|| program.into());
}

/// Starts children, one for each file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Worker {
    program: PathBuf,
    limits: WorkerLimits,
}

impl Worker {
    /// Returns one that starts this very program, or the one that `DATAFORGE_WORKER` or
    /// [`use_program`] names.
    ///
    /// # Errors
    /// In a child, and when the path of this program is not known.
    pub fn new() -> Result<Self, WorkerError> {
        if std::env::var_os(CHILD).is_some() {
            return Err(WorkerError::Nested);
        }
        let program = match std::env::var_os(PROGRAM).filter(|program| !program.is_empty()) {
            Some(program) => PathBuf::from(program),
            None => match OTHER_PROGRAM.get() {
                Some(program) => program.clone(),
                None => std::env::current_exe().map_err(|source| WorkerError::NoProgram { source })?,
            },
        };
        Ok(Self { program, limits: WorkerLimits::default() })
    }

    /// Returns one that starts another program.
    #[must_use]
    pub fn of_program(program: impl Into<PathBuf>) -> Self {
        Self { program: program.into(), limits: WorkerLimits::default() }
    }

    /// Returns one with other limits.
    #[must_use]
    pub const fn with_limits(mut self, limits: WorkerLimits) -> Self {
        self.limits = limits;
        self
    }

    /// Returns the cells of a workbook: xlsx, xlsm, xlsb, xls or ods. Blocks until it is read.
    ///
    /// # Errors
    /// When the file is refused, needs more than the limits or crashes the child; and when no child
    /// can be started, which says nothing about the file: see [`WorkerError::is_about_the_file`].
    pub fn read_workbook(&self, bytes: Bytes) -> Result<RawBook, WorkerError> {
        workbook::read(&self.program, &self.limits, bytes)
    }

    /// Checks that the Parquet file at `path` is sound and what is expected. Blocks until every
    /// page is decoded.
    ///
    /// # Errors
    /// As [`Worker::read_workbook`]; a file that is read and is not what is expected is no error but
    /// a [`Verdict::Refused`].
    pub fn check_parquet(&self, path: &Path, expected: &Expected) -> Result<Verdict, WorkerError> {
        parquet::check(&self.program, &self.limits, path, expected)
    }

    /// Checks footer and page index of a table whose pages are not here; `from` is where what is in the
    /// file begins.
    ///
    /// # Errors
    /// As [`Worker::check_parquet`].
    pub fn check_footer(&self, file: std::fs::File, from: u64) -> Result<FooterVerdict, WorkerError> {
        parquet::footer::check(&self.program, &self.limits, file, from)
    }
}
