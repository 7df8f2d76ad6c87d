//! The door as the bridge sees it, so that tests can stand behind it.

use std::future::Future;
use std::path::PathBuf;

use dataforge_node::api::{ApiError, Event, Reply, Request};
use dataforge_node::client::Output;

/// An open data directory that answers requests.
pub trait Door: Send + Sync + 'static {
    /// Answers a request; progress and data go to `out` while it is worked on. Calls run side by side,
    /// and dropping one cancels it.
    fn call(
        &self,
        request: Request,
        out: impl FnMut(Output) + Send,
    ) -> impl Future<Output = Result<Reply, ApiError>> + Send;

    /// Waits for the next event; `None` when there will be no more.
    ///
    /// The future may be dropped and made again without losing an event.
    fn next_event(&self) -> impl Future<Output = Option<Event>> + Send;

    /// Closes the data directory in order; the window is gone.
    fn close(&self) -> impl Future<Output = ()> + Send {
        async {}
    }
}

/// Opens a [`Door`], as often as the user tries.
pub trait Opener: Send + 'static {
    /// What it opens.
    type Door: Door;

    /// Returns the file that keeps how the window was left; none where nothing is kept.
    fn memory(&self) -> Option<PathBuf> {
        None
    }

    /// Opens it.
    fn open(&self) -> impl Future<Output = Result<Self::Door, ApiError>> + Send;
}
