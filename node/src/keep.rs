//! What is kept here, and what may go.
//!
//! A policy says what a workspace's blobs are held for: all of them, those that are marked, or those
//! somebody asks for. What is held beyond that is cache, which is bounded; it goes in an order that
//! can be told beforehand, and only while others prove that they hold it.

mod evict;
mod garbage;
mod lease;
mod order;
mod prove;

pub(crate) use self::evict::{Freed, cached_bytes, free, keep_within_limits, sweep};
pub(crate) use self::garbage::collect;
pub(crate) use self::lease::Leases;
pub(crate) use self::order::{Priority, Reason};
pub(crate) use self::prove::{Promises, answer};

/// How much of a workspace's data is held here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Policy {
    /// Everything.
    Mirror,
    /// What is pinned or starred.
    Follow,
    /// What is asked for.
    Demand,
}

impl Policy {
    /// The words people use.
    pub(crate) const WORDS: [&str; 3] = ["mirror", "follow", "demand"];

    /// Returns its word.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Mirror => "mirror",
            Self::Follow => "follow",
            Self::Demand => "demand",
        }
    }

    /// Reads its word.
    pub(crate) fn from_word(word: &str) -> Option<Self> {
        [Self::Mirror, Self::Follow, Self::Demand].into_iter().find(|policy| policy.as_str() == word)
    }
}

/// What somebody said about a well, run, project, attachment or workspace; the stronger is the
/// greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Mark {
    /// A favourite.
    Star,
    /// Always kept here.
    Pin,
}

impl Mark {
    /// Returns its word.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Star => "star",
            Self::Pin => "pin",
        }
    }

    /// Reads its word.
    pub(crate) fn from_word(word: &str) -> Option<Self> {
        [Self::Star, Self::Pin].into_iter().find(|mark| mark.as_str() == word)
    }
}
