//! What was done on this thread, for tests that count work instead of timing it.

use std::cell::Cell;

thread_local! {
    static DONE: Cell<(usize, usize)> = const { Cell::new((0, 0)) };
}

/// Returns how many changes a history read and how many documents were built since the last call.
pub(crate) fn take() -> (usize, usize) {
    DONE.take()
}

pub(super) fn note_read() {
    DONE.set((DONE.get().0 + 1, DONE.get().1));
}

pub(super) fn note_built() {
    DONE.set((DONE.get().0, DONE.get().1 + 1));
}
