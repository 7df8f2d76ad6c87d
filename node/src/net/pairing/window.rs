//! The pairing window of this node: one at a time, with what it gives and how it ended.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use dataforge_protocol::id::{EntryId, WorkspaceId};
use dataforge_protocol::op::Role;
use dataforge_protocol::pairing::{Code, Shut, Tried, Window};
use tokio::sync::watch;

use super::super::nearby::PairingNotice;
use crate::api::ApiError;

/// What a window gives to whoever has its code.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Offer {
    /// Which window.
    pub(crate) window: u64,
    /// The workspace.
    pub(crate) workspace: WorkspaceId,
    /// The role.
    pub(crate) role: Role,
}

/// How a window ended.
#[derive(Debug, Clone)]
pub(crate) enum End {
    /// The code was right: the ticket of this invite was handed over.
    Handed(EntryId),
    /// The code was right, and no ticket could be made.
    Unable(ApiError),
    /// Three codes were wrong.
    Guessed,
    /// Its time was over.
    Expired,
    /// It was closed, or another one was opened.
    Closed,
}

#[derive(Debug)]
struct Opened {
    window: Window,
    offer: Offer,
    end: Option<End>,
}

/// The pairing window of a node, if one is open.
#[derive(Debug, Default)]
pub(crate) struct Windows {
    opened: Mutex<(u64, Option<Opened>)>,
    changes: watch::Sender<u64>,
    /// What is to be announced to everybody: something exactly while a window takes joiners.
    pub(crate) notice: watch::Sender<Option<PairingNotice>>,
    /// Joiners that are being answered, by a code or a ticket.
    serving: watch::Sender<usize>,
}

impl Windows {
    fn lock(&self) -> MutexGuard<'_, (u64, Option<Opened>)> {
        // Every change leaves it whole.
        self.opened.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn changed(&self) {
        self.changes.send_modify(|count| *count += 1);
    }

    /// Notes that a joiner is being answered, for as long as the value lives.
    pub(in crate::net) fn serve(&self) -> Serving<'_> {
        self.serving.send_modify(|count| *count += 1);
        Serving(&self.serving)
    }

    /// Waits until no joiner is being answered, for a while at most: whoever ends the node before
    /// would cut one off.
    pub(crate) async fn quiet(&self, patience: Duration) {
        let mut serving = self.serving.subscribe();
        drop(tokio::time::timeout(patience, serving.wait_for(|count| *count == 0)).await);
    }

    /// Opens a window for so long, and closes the one before; returns its number.
    pub(crate) fn open(&self, code: Code, time: Duration, label: String, workspace: WorkspaceId, role: Role) -> u64 {
        let mut slot = self.lock();
        slot.0 += 1;
        let offer = Offer { window: slot.0, workspace, role };
        slot.1 = Some(Opened { window: Window::open(code, Instant::now() + time), offer, end: None });
        drop(slot);
        self.notice.send_replace(Some(PairingNotice { label }));
        self.changed();
        offer.window
    }

    /// Closes a window, unless another one took its place.
    pub(crate) fn close(&self, window: u64) {
        let mut slot = self.lock();
        if slot.1.as_ref().is_some_and(|opened| opened.offer.window == window) {
            slot.1 = None;
            drop(slot);
            self.notice.send_replace(None);
            self.changed();
        }
    }

    /// Lets a joiner try.
    ///
    /// # Errors
    /// Why nobody is answered.
    pub(super) fn begin(&self) -> Result<Attempt<'_>, Shut> {
        let mut slot = self.lock();
        let opened = slot.1.as_mut().filter(|opened| opened.end.is_none()).ok_or(Shut::Expired)?;
        let code = opened.window.begin(Instant::now())?.clone();
        Ok(Attempt { windows: self, offer: opened.offer, code, is_ended: false })
    }

    fn end_attempt(&self, window: u64, tried: Tried) -> u8 {
        let mut slot = self.lock();
        let Some(opened) = slot.1.as_mut().filter(|opened| opened.offer.window == window) else { return 0 };
        opened.window.end(tried);
        let left = opened.window.left();
        let is_over = left == 0 || tried == Tried::Right;
        if left == 0 {
            opened.end = Some(End::Guessed);
        }
        drop(slot);
        if is_over {
            self.notice.send_replace(None);
        }
        self.changed();
        left
    }

    /// Notes what came of a right code.
    pub(super) fn note_end(&self, window: u64, end: End) {
        let mut slot = self.lock();
        if let Some(opened) = slot.1.as_mut().filter(|opened| opened.offer.window == window) {
            opened.end = Some(end);
        }
        drop(slot);
        self.changed();
    }

    /// Returns how a window ended, when it has; else when it will at the latest. While a joiner is
    /// at it, or is being given its ticket, it has not.
    fn state(&self, window: u64) -> Result<End, Instant> {
        let slot = self.lock();
        let Some(opened) = slot.1.as_ref().filter(|opened| opened.offer.window == window) else {
            return Ok(End::Closed);
        };
        match (&opened.end, opened.window.shut(Instant::now())) {
            (Some(end), _) => Ok(end.clone()),
            (None, Some(Shut::Expired)) => Ok(End::Expired),
            _ => Err(opened.window.until()),
        }
    }

    /// Waits until a window has ended; returns how.
    pub(crate) async fn ended(&self, window: u64) -> End {
        let mut changes = self.changes.subscribe();
        loop {
            changes.mark_unchanged();
            let until = match self.state(window) {
                Ok(end) => {
                    self.close(window);
                    return end;
                }
                Err(until) => until.max(Instant::now() + Duration::from_millis(50)),
            };
            // The sender lives as long as this value.
            drop(tokio::time::timeout_at(until.into(), changes.changed()).await);
        }
    }
}

/// A joiner that is being answered.
#[derive(Debug)]
pub(in crate::net) struct Serving<'a>(&'a watch::Sender<usize>);

impl Drop for Serving<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}

/// A joiner at it. Dropped without an end, it is taken to have gone away.
#[derive(Debug)]
pub(super) struct Attempt<'a> {
    windows: &'a Windows,
    offer: Offer,
    code: Code,
    is_ended: bool,
}

impl Attempt<'_> {
    pub(super) const fn code(&self) -> &Code {
        &self.code
    }

    /// Ends it; returns how many more codes may be wrong.
    pub(super) fn end(&mut self, tried: Tried) -> u8 {
        self.is_ended = true;
        self.windows.end_attempt(self.offer.window, tried)
    }

    /// Ends it with a right code; returns what is to be given.
    pub(super) fn end_right(&mut self) -> Offer {
        self.end(Tried::Right);
        self.offer
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        if !self.is_ended {
            self.end(Tried::Broken);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn windows() -> (Windows, u64) {
        let windows = Windows::default();
        let code = "48291307".parse().unwrap();
        let number = windows.open(code, Duration::from_secs(60), "rig".into(), WorkspaceId([1; 32]), Role::Editor);
        (windows, number)
    }

    fn is_announced(windows: &Windows) -> bool {
        windows.notice.borrow().is_some()
    }

    #[tokio::test]
    async fn a_window_is_announced_while_it_takes_joiners() {
        let (windows, number) = windows();
        assert!(is_announced(&windows));
        drop(windows.begin().unwrap());
        for left in [2, 1, 0] {
            assert_eq!(windows.begin().unwrap().end(Tried::Wrong), left);
            assert_eq!(is_announced(&windows), left > 0);
        }
        assert_eq!(windows.begin().err(), Some(Shut::Expired));
        assert!(matches!(windows.ended(number).await, End::Guessed));
    }

    #[tokio::test]
    async fn a_right_code_ends_it_once_the_ticket_is_there() {
        let (windows, number) = windows();
        let offer = windows.begin().unwrap().end_right();
        assert!(!is_announced(&windows) && windows.begin().is_err());
        let soon = Duration::from_millis(20);
        assert!(tokio::time::timeout(soon, windows.ended(number)).await.is_err(), "the ticket is being made");
        windows.note_end(offer.window, End::Handed(EntryId([7; 32])));
        assert!(matches!(windows.ended(number).await, End::Handed(EntryId([7, ..]))));
    }

    #[tokio::test]
    async fn it_is_quiet_once_nobody_is_answered() {
        let (windows, _) = windows();
        let soon = Duration::from_millis(20);
        windows.quiet(soon).await;
        let serving = windows.serve();
        assert!(tokio::time::timeout(soon, windows.quiet(Duration::from_secs(9))).await.is_err());
        drop(serving);
        assert!(tokio::time::timeout(soon, windows.quiet(Duration::from_secs(9))).await.is_ok());
    }

    #[tokio::test]
    async fn another_window_closes_the_one_before_and_not_the_other_way_round() {
        let (windows, first) = windows();
        let stale = windows.begin().unwrap();
        let code = "11112222".parse().unwrap();
        let second = windows.open(code, Duration::from_millis(30), "rig".into(), WorkspaceId([1; 32]), Role::Viewer);
        drop(stale);
        windows.close(first);
        assert!(is_announced(&windows));
        assert!(matches!(windows.ended(first).await, End::Closed));
        assert!(matches!(windows.ended(second).await, End::Expired));
        assert!(!is_announced(&windows));
    }
}
