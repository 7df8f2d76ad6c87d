//! The thread that asks the core for queries.
//!
//! Threads of queries give way to others. One that held the core's lock would hold it for as long as it
//! gives way, and edits and syncs would wait behind it. So this thread, which gives way to none, takes the
//! lock for all of them, one after the other: edits and syncs wait for one look at the database at most.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{self, Sender};

use crate::api::{ApiError, ErrorKind};

type Job = Box<dyn FnOnce() + Send>;

/// Gives work to the thread, which ends when this goes.
#[derive(Debug)]
pub(super) struct Clerk(Sender<Job>);

impl Clerk {
    /// Starts the thread. To be made by a thread that gives way to none: it is as patient as its maker.
    pub(super) fn new() -> Self {
        let (jobs, queue) = mpsc::channel::<Job>();
        let started = std::thread::Builder::new().name("dataforge-clerk".to_owned()).spawn(move || {
            for job in queue {
                // Whoever waits for it sees that there is no answer; the others still get theirs.
                if catch_unwind(AssertUnwindSafe(job)).is_err() {
                    tracing::error!("what a query asked of the core failed");
                }
            }
        });
        if let Err(error) = started {
            tracing::error!("queries ask the core themselves, since a thread cannot be started: {error}");
        }
        Self(jobs)
    }

    /// Has work done in its turn, and waits for it.
    ///
    /// # Errors
    /// Those of the work; `Internal` when it panics.
    pub(super) fn ask<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, ApiError> + Send + 'static,
    ) -> Result<T, ApiError> {
        let (done, answer) = mpsc::sync_channel(1);
        // It fails when nobody waits any more.
        let job: Job = Box::new(move || drop(done.send(work())));
        if let Err(unsent) = self.0.send(job) {
            (unsent.0)();
        }
        answer.recv().unwrap_or_else(|_gone| Err(ApiError::new(ErrorKind::Internal, "a look at the core failed")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_after_the_other_is_done_elsewhere_and_a_panic_is_no_end() {
        let clerk = Clerk::new();
        let name = || Ok(std::thread::current().name().map(str::to_owned));
        assert_eq!(clerk.ask(name).unwrap().as_deref(), Some("dataforge-clerk"));
        let failed = clerk.ask(|| -> Result<(), ApiError> { panic!("on purpose") }).unwrap_err();
        assert_eq!(failed.kind, ErrorKind::Internal);
        let refused: Result<(), _> = clerk.ask(|| Err(ApiError::new(ErrorKind::NotFound, "none")));
        assert_eq!(refused.unwrap_err().message, "none");
        assert_eq!(clerk.ask(name).unwrap().as_deref(), Some("dataforge-clerk"));
    }

    #[test]
    fn without_a_thread_the_work_is_done_all_the_same() {
        let (jobs, queue) = mpsc::channel();
        drop(queue);
        assert_eq!(Clerk(jobs).ask(|| Ok(7)).unwrap(), 7);
    }
}
