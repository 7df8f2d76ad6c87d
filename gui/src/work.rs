//! Work on a thread of its own, for whatever would keep the window from drawing.
//!
//! A view starts a [`Job`], looks at it with every frame, and is drawn again when it ends. Dropping a
//! job forgets its result; the thread ends by itself.

use std::sync::mpsc::{Receiver, TryRecvError, sync_channel};

use egui::Context;

/// Something that is being worked on.
pub struct Job<T> {
    result: Option<Receiver<T>>,
}

/// How a job stands.
#[derive(Debug, PartialEq, Eq)]
pub enum Stand<T> {
    /// It is under way.
    Running,
    /// It has ended so.
    Done(T),
    /// There will be no result: the thread could not be started, or it panicked.
    Lost,
}

impl<T> std::fmt::Debug for Job<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Job").finish_non_exhaustive()
    }
}

/// Asks for a frame, however the work ends.
struct Wake(Context);

impl Drop for Wake {
    fn drop(&mut self) {
        self.0.request_repaint();
    }
}

impl<T: Send + 'static> Job<T> {
    /// Starts work; the window is drawn again once it ends.
    pub fn start(ctx: &Context, work: impl FnOnce() -> T + Send + 'static) -> Self {
        let (sender, result) = sync_channel(1);
        let ctx = ctx.clone();
        let thread = std::thread::Builder::new().name("gui-work".to_owned()).spawn(move || {
            // Dropped in the other order: the queue closes before the window looks.
            let _wake = Wake(ctx);
            let sender = sender;
            // Nobody waits any more for a view that is closed.
            let _gone = sender.send(work());
        });
        Self { result: thread.is_ok().then_some(result) }
    }

    /// Returns how it stands. After `Done` it is `Lost`, so it is to be dropped then.
    pub fn poll(&self) -> Stand<T> {
        let Some(result) = &self.result else {
            return Stand::Lost;
        };
        match result.try_recv() {
            Ok(value) => Stand::Done(value),
            Err(TryRecvError::Empty) => Stand::Running,
            Err(TryRecvError::Disconnected) => Stand::Lost,
        }
    }
}

/// Takes the result of a job that has ended: `Some(None)` when it was lost.
pub fn take<T: Send + 'static>(job: &mut Option<Job<T>>) -> Option<Option<T>> {
    let taken = match job.as_ref()?.poll() {
        Stand::Running => return None,
        Stand::Done(value) => Some(value),
        Stand::Lost => None,
    };
    *job = None;
    Some(taken)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;
    use std::time::Duration;

    use super::{Job, take};

    #[test]
    fn a_job_wakes_the_window_and_brings_its_result_once() {
        let ctx = egui::Context::default();
        let (woken, wakes) = channel();
        ctx.set_request_repaint_callback(move |_| woken.send(()).expect("the test listens"));
        let mut job = Some(Job::start(&ctx, || 7));
        wakes.recv_timeout(Duration::from_secs(20)).expect("the window is woken");
        assert_eq!(take(&mut job), Some(Some(7)));
        assert!(job.is_none());
        assert_eq!(take(&mut job), None);
    }

    #[test]
    fn a_job_that_panics_is_lost_and_no_endless_wait() {
        let ctx = egui::Context::default();
        let (woken, wakes) = channel();
        ctx.set_request_repaint_callback(move |_| woken.send(()).expect("the test listens"));
        let mut job: Option<Job<u8>> = Some(Job::start(&ctx, || panic!("as the test wants it")));
        wakes.recv_timeout(Duration::from_secs(20)).expect("the window is woken");
        assert_eq!(take(&mut job), Some(None));
    }
}
