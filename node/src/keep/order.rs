//! In which order what is held here goes when room is needed.

use dataforge_protocol::entry::BlobRef;

use super::Mark;
use crate::store::Use;

/// How long a blob counts as seen lately, in milliseconds.
const LATELY: u64 = 24 * 3600 * 1000;

/// How much a blob is needed here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Priority {
    /// Nothing speaks for it.
    Rest,
    /// It was read in the last 24 hours.
    Lately,
    /// Somebody starred or pinned what it belongs to.
    Favourite,
    /// It is on screen, or was asked for.
    Shown,
}

impl Priority {
    /// Finds it out; `last_ms` is when it was read last.
    pub(crate) fn of(is_shown: bool, mark: Option<Mark>, last_ms: Option<u64>, now_ms: u64) -> Self {
        if is_shown {
            Self::Shown
        } else if mark.is_some() {
            Self::Favourite
        } else if last_ms.is_some_and(|last| now_ms.saturating_sub(last) <= LATELY) {
            Self::Lately
        } else {
            Self::Rest
        }
    }

    /// Returns its number.
    pub(crate) const fn value(self) -> u8 {
        match self {
            Self::Rest => 0,
            Self::Lately => 5,
            Self::Favourite => 8,
            Self::Shown => 10,
        }
    }
}

/// A blob that may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Candidate {
    /// Which.
    pub(crate) blob: BlobRef,
    /// How much it is needed.
    pub(crate) priority: Priority,
    /// How it was read.
    pub(crate) used: Use,
}

/// Sorts what may go: the least needed first, then what was read longest ago, then what was read
/// least often.
pub(super) fn sort(candidates: &mut [Candidate]) {
    candidates.sort_unstable_by_key(|one| (one.priority, one.used.last_ms, one.used.count, one.blob.hash));
}

/// Why a blob stays though room is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Reason {
    /// Fewer other devices than are required proved that they hold it.
    TooFewCopies,
    /// It is pinned, or starred where that is followed: it would come back at once.
    Marked,
    /// It is on screen.
    Shown,
    /// Another device was promised that it stays for now.
    Promised,
    /// Its workspace is mirrored: it would come back at once.
    Mirrored,
}

#[cfg(test)]
mod tests {
    use dataforge_protocol::id::BlobHash;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn priorities_are_those_that_are_told() {
        let day = LATELY;
        let cases = [
            (true, None, None, 10),
            (true, Some(Mark::Star), Some(0), 10),
            (false, Some(Mark::Star), None, 8),
            (false, Some(Mark::Pin), None, 8),
            (false, None, Some(5), 5),
            (false, None, Some(0), 0),
            (false, None, None, 0),
        ];
        for (is_shown, mark, last, value) in cases {
            assert_eq!(Priority::of(is_shown, mark, last, day + 5).value(), value, "{is_shown} {mark:?} {last:?}");
        }
        assert_eq!(Priority::of(false, None, Some(day * 9), 3), Priority::Lately, "a clock that was set back");
    }

    proptest! {
        #[test]
        fn what_goes_first_is_needed_least(keys in prop::collection::vec((0_usize..4, 0_u64..4, 0_u64..4), 0..40)) {
            let all = [Priority::Rest, Priority::Lately, Priority::Favourite, Priority::Shown];
            let mut candidates: Vec<_> = keys.iter().enumerate().map(|(at, (priority, last_ms, count))| Candidate {
                blob: BlobRef { hash: BlobHash::of(&at.to_le_bytes()), size: 1 },
                priority: all[*priority],
                used: Use { last_ms: *last_ms, count: *count },
            }).collect();
            sort(&mut candidates);
            prop_assert_eq!(candidates.len(), keys.len());
            for pair in candidates.windows(2) {
                let (first, second) = (pair[0], pair[1]);
                prop_assert!(first.priority <= second.priority);
                if first.priority == second.priority {
                    prop_assert!(first.used.last_ms <= second.used.last_ms);
                    if first.used.last_ms == second.used.last_ms {
                        prop_assert!(first.used.count <= second.used.count);
                    }
                }
            }
        }
    }
}
