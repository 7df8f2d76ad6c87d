//! How much may be in memory at a time, over all files that are being read.

use std::sync::{Arc, Condvar, Mutex, PoisonError};

/// Bytes of files in memory at a time. Reading one takes a few times its size: its columns, its
/// table and what the writer of the table needs.
const BYTES: u64 = 384 << 20;

/// Bytes that may still be taken.
#[derive(Debug, Clone)]
pub(super) struct Budget(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    left: Mutex<u64>,
    freed: Condvar,
}

/// Bytes taken; given back when dropped.
#[derive(Debug)]
pub(super) struct Share {
    budget: Budget,
    bytes: u64,
}

impl Budget {
    /// Returns a whole one.
    pub(super) fn new() -> Self {
        Self(Arc::new(Shared { left: Mutex::new(BYTES), freed: Condvar::new() }))
    }

    /// Waits until there is room for so many bytes; a file larger than the whole waits until it is
    /// alone.
    pub(super) fn take(&self, bytes: u64) -> Share {
        let bytes = bytes.min(BYTES);
        let left = self.0.left.lock().unwrap_or_else(PoisonError::into_inner);
        let wait = self.0.freed.wait_while(left, |left| *left < bytes);
        *wait.unwrap_or_else(PoisonError::into_inner) -= bytes;
        Share { budget: self.clone(), bytes }
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        *self.budget.0.left.lock().unwrap_or_else(PoisonError::into_inner) += self.bytes;
        self.budget.0.freed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_file_waits_until_it_is_alone() {
        let budget = Budget::new();
        let small = budget.take(1);
        let waiting = {
            let budget = budget.clone();
            std::thread::Builder::new().spawn(move || drop(budget.take(u64::MAX))).unwrap()
        };
        drop(budget.take(BYTES / 2));
        assert!(!waiting.is_finished());
        drop(small);
        waiting.join().unwrap();
        assert_eq!(*budget.0.left.lock().unwrap(), BYTES);
    }
}
