//! What one query may read, and what it has read.
//!
//! The reading of a query travels in its session's configuration to the tables that it scans, and from
//! there with every call to the reader of blobs. The reader asks it before bytes come from peers.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use datafusion::prelude::SessionConfig;

/// Readings that were begun.
static BEGUN: AtomicU64 = AtomicU64::new(0);

/// The bounds of one query's reads, and the bytes it has read so far.
#[derive(Debug)]
pub struct Reading {
    /// Larger than that of every reading begun before.
    number: u64,
    local_only: bool,
    remote_bytes: Option<u64>,
    here: AtomicU64,
    remote: AtomicU64,
    is_cached: AtomicBool,
}

impl Default for Reading {
    fn default() -> Self {
        Self {
            number: BEGUN.fetch_add(1, Ordering::Relaxed),
            local_only: false,
            remote_bytes: None,
            here: AtomicU64::new(0),
            remote: AtomicU64::new(0),
            is_cached: AtomicBool::new(false),
        }
    }
}

impl Reading {
    /// Makes a reading that may take so many bytes from peers, or none at all.
    #[must_use]
    pub fn new(local_only: bool, remote_bytes: Option<u64>) -> Self {
        Self { local_only, remote_bytes, ..Self::default() }
    }

    /// Returns the reading of the query that a session belongs to; one without bounds outside of
    /// queries.
    pub(crate) fn of(config: &SessionConfig) -> Arc<Self> {
        config.get_extension::<Self>().unwrap_or_default()
    }

    /// Returns a number that is larger for a reading that was begun later.
    pub(crate) const fn number(&self) -> u64 {
        self.number
    }

    /// Notes bytes that were read from what is held here.
    pub fn note_here(&self, bytes: u64) {
        self.here.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Asks to take bytes from peers; they count from then on.
    ///
    /// # Errors
    /// When the query may read only what is held here, or when it would take more than it may.
    pub fn ask_remote(&self, bytes: u64) -> Result<(), Refusal> {
        if bytes == 0 {
            return Ok(());
        }
        if self.local_only {
            return Err(Refusal::LocalOnly);
        }
        let bound = self.remote_bytes.unwrap_or(u64::MAX);
        let taken = self.remote.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |so_far| {
            so_far.checked_add(bytes).filter(|sum| *sum <= bound)
        });
        match taken {
            Ok(_) => Ok(()),
            Err(so_far) => Err(Refusal::OverBudget { bound, so_far, asked: bytes }),
        }
    }

    /// Returns the bytes read from what is held here.
    #[must_use]
    pub fn here(&self) -> u64 {
        self.here.load(Ordering::Relaxed)
    }

    /// Returns the bytes asked of peers.
    #[must_use]
    pub fn remote(&self) -> u64 {
        self.remote.load(Ordering::Relaxed)
    }

    /// Returns whether the result was kept from an earlier query, so that nothing was read.
    #[must_use]
    pub fn is_cached(&self) -> bool {
        self.is_cached.load(Ordering::Relaxed)
    }

    pub(crate) fn note_cached(&self) {
        self.is_cached.store(true, Ordering::Relaxed);
    }
}

/// Why bytes were not asked of peers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The query may read only what is held here.
    #[error("the query reads only what is held here")]
    LocalOnly,
    /// The query would take more from peers than it may.
    #[error("the query may take {bound} bytes from peers, has taken {so_far} and needs {asked} more")]
    OverBudget {
        /// Bytes that it may take.
        bound: u64,
        /// Bytes it took before.
        so_far: u64,
        /// Bytes of the read that was refused.
        asked: u64,
    },
}

/// Where the bytes of a blob are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Whereabouts {
    /// Whether all of it is held here.
    pub is_held: bool,
    /// Bytes that would come from peers for the ranges that were asked about.
    pub missing: u64,
    /// Names of other devices known to hold it, for people, when it is not held here.
    pub holders: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_beyond_the_budget_is_refused_and_not_counted() {
        let reading = Reading::new(false, Some(100));
        assert_eq!(reading.ask_remote(60), Ok(()));
        assert_eq!(reading.ask_remote(41), Err(Refusal::OverBudget { bound: 100, so_far: 60, asked: 41 }));
        assert_eq!((reading.ask_remote(40), reading.remote()), (Ok(()), 100));
        assert_eq!(Reading::default().ask_remote(u64::MAX), Ok(()), "without a bound");
    }

    #[test]
    fn nothing_comes_from_peers_when_only_what_is_here_may_be_read() {
        let reading = Reading::new(true, Some(100));
        assert_eq!(reading.ask_remote(1), Err(Refusal::LocalOnly));
        assert_eq!(reading.ask_remote(0), Ok(()), "no bytes");
        assert_eq!(reading.remote(), 0);
    }
}
