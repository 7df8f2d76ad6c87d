//! Bugs on purpose: what shows that the simulator finds such.
//!
//! With the feature `bugs`, which only the tests turn on, one of them can be switched on for what a
//! thread does in [`with`]. Without it [`is_on`] is always false and costs nothing.

/// A bug that was thought of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Bug {
    /// What is written is acknowledged before it is synced.
    SkipSync,
    /// What is beyond a cut counts.
    PastCut,
    /// Tips are compared by their positions, not their ids.
    CompareCounters,
    /// The second entry for a place on a chain is dropped.
    DropFork,
    /// What decides between equals is which came first.
    ArrivalOrder,
    /// The first op of a change may have any counter that is high enough.
    HighStartOp,
    /// An entry need not continue the chain it names.
    ForgetPrev,
    /// A restriction that a later membership knows of is forgotten.
    Resurrect,
    /// Void ops count.
    CountVoid,
    /// What waits is lost in a restart and refused afterwards.
    LosePending,
    /// After a restore from a backup the old chain is continued.
    SignTwice,
    /// Others are told, and the writer is answered, before anything is stored.
    ApplyFirst,
}

impl Bug {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::SkipSync,
        Self::PastCut,
        Self::CompareCounters,
        Self::DropFork,
        Self::ArrivalOrder,
        Self::HighStartOp,
        Self::ForgetPrev,
        Self::Resurrect,
        Self::CountVoid,
        Self::LosePending,
        Self::SignTwice,
        Self::ApplyFirst,
    ];

    /// Returns its name on a command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SkipSync => "skip-sync",
            Self::PastCut => "past-cut",
            Self::CompareCounters => "compare-counters",
            Self::DropFork => "drop-fork",
            Self::ArrivalOrder => "arrival-order",
            Self::HighStartOp => "high-start-op",
            Self::ForgetPrev => "forget-prev",
            Self::Resurrect => "resurrect",
            Self::CountVoid => "count-void",
            Self::LosePending => "lose-pending",
            Self::SignTwice => "sign-twice",
            Self::ApplyFirst => "apply-first",
        }
    }
}

#[cfg(feature = "bugs")]
mod switch {
    use std::cell::Cell;

    use super::Bug;

    thread_local! {
        static ON: Cell<Option<Bug>> = const { Cell::new(None) };
    }

    /// Returns whether a bug is switched on in this thread.
    #[must_use]
    pub fn is_on(bug: Bug) -> bool {
        ON.get() == Some(bug)
    }

    /// Runs `work` with a bug switched on, or with none.
    pub fn with<T>(bug: Option<Bug>, work: impl FnOnce() -> T) -> T {
        /// Also when `work` panics, which is how it is found out.
        struct Back(Option<Bug>);
        impl Drop for Back {
            fn drop(&mut self) {
                ON.set(self.0);
            }
        }
        let _back = Back(ON.replace(bug));
        work()
    }
}

#[cfg(feature = "bugs")]
pub use switch::{is_on, with};

/// Returns whether a bug is switched on: never, in this build.
#[cfg(not(feature = "bugs"))]
#[must_use]
pub const fn is_on(_bug: Bug) -> bool {
    false
}

#[cfg(all(test, feature = "bugs"))]
mod tests {
    use super::*;

    #[test]
    fn a_bug_is_on_for_as_long_as_it_is_asked_for() {
        assert!(!is_on(Bug::SkipSync));
        with(Some(Bug::SkipSync), || {
            assert!(is_on(Bug::SkipSync) && !is_on(Bug::PastCut));
            let other = std::thread::spawn(|| is_on(Bug::SkipSync));
            assert!(!other.join().unwrap());
        });
        let panicked = std::panic::catch_unwind(|| with(Some(Bug::PastCut), || panic!("found")));
        assert!(panicked.is_err() && !is_on(Bug::PastCut));
    }
}
