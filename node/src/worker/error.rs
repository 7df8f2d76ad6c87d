//! Why a file was not opened.

use std::path::PathBuf;
use std::time::Duration;

/// A child did not do its work.
#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    /// The file is not what it should be.
    #[error("{0}")]
    Refused(String),
    /// The file is larger than its kind may be.
    #[error("the file has {bytes} bytes, at most {most} are read")]
    TooLarge {
        /// Its size.
        bytes: u64,
        /// The most.
        most: u64,
    },
    /// The file needs more memory than the child may use.
    #[error("the file needs more than {} MiB of memory to be opened", .limit_bytes >> 20)]
    TooMuchMemory {
        /// The limit.
        limit_bytes: u64,
    },
    /// The file needs more time than the child may use.
    #[error("the file was not opened within {} s", .limit.as_secs_f64())]
    TooSlow {
        /// The limit.
        limit: Duration,
    },
    /// The file holds more than the child may say.
    #[error("the file holds more than {limit_bytes} bytes of values")]
    TooMuchOutput {
        /// The limit.
        limit_bytes: u64,
    },
    /// The child ended before its work was done.
    #[error("the file crashed the process that opened it: {how}")]
    Crashed {
        /// How it ended.
        how: String,
    },
    /// The child said something that no worker says.
    #[error("the process that opened the file gave no sensible answer: {what}")]
    Garbled {
        /// What is wrong with it.
        what: String,
    },
    /// The file cannot be read from the disk.
    #[error("the file cannot be read")]
    File(#[source] std::io::Error),
    /// The program started is no worker.
    #[error("not a worker: {}", .program.display())]
    NotAWorker {
        /// The program.
        program: PathBuf,
    },
    /// The program cannot be started.
    #[error("the worker cannot be started: {}", .program.display())]
    Spawn {
        /// The program.
        program: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The path of this program is not known.
    #[error("the path of this program is not known")]
    NoProgram {
        /// Why not.
        source: std::io::Error,
    },
    /// A child would start another.
    #[error("a worker starts no worker")]
    Nested,
}

impl WorkerError {
    /// Whether the file is the reason, so that trying again will not help.
    #[must_use]
    pub const fn is_about_the_file(&self) -> bool {
        !matches!(
            self,
            Self::File(_) | Self::NotAWorker { .. } | Self::Spawn { .. } | Self::NoProgram { .. } | Self::Nested
        )
    }
}
