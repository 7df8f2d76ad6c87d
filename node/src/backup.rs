//! Backups: all that a data directory cannot do without, encrypted, on another disk.
//!
//! A backup is a directory, to which each snapshot adds what is new, or a single file with one
//! snapshot. Blobs and entries never change, so what was written once is not written again; the names
//! of objects follow from their content by a secret key, so nothing has to be looked up to know that.
//! `docs/backup.md` has the format byte by byte.
//!
//! The node writes them (`create`, `schedule`), while it is in use. Looking into one ([`list`]),
//! checking it ([`verify`]) and making a data directory of it ([`restore`]) need no data directory.

mod create;
mod envelope;
mod keys;
mod local;
mod manifest;
mod medium;
mod repository;
mod restore;
mod schedule;
mod tables;
mod verify;

pub(crate) use self::create::{Made, Order, create, prepare};
pub use self::restore::{RestoreOrder, restore};
pub(crate) use self::schedule::{Schedule, can_repeat, keep_to_schedule, plans};
pub use self::verify::{list, verify};

/// How far the work on a backup is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// What is being done.
    pub step: &'static str,
    /// Done so far.
    pub done: u64,
    /// Of so many; 0 when unknown.
    pub total: u64,
}

impl From<Step> for crate::api::Event {
    fn from(Step { step, done, total }: Step) -> Self {
        Self::Progress { step: step.to_owned(), done, total, item: String::new() }
    }
}
