//! Fuzzing of whatever reads bytes of others: targets, mutations, and a guard over each run.
//!
//! The way of an input: [`engine`] picks a kept input and [`mutate`]s it → [`guard`] lets the
//! [`target`] run on it, in a thread of its own, and watches time and memory → the [`Outcome`]
//! decides whether the input is kept. One seed decides everything, so a run can be repeated.
//!
//! There is no compiler coverage to guide it: that needs an unstable compiler, and this project is
//! built by the stable one alone. The guide is what the target itself tells: which error, which
//! notices with which words, how many columns, what the writer left out. An input that shows two
//! of these together for the first time is kept. That sees less than coverage does, since branches
//! without an outcome of their own are invisible to it; mutations that know lines, cells, zip
//! records and footers make up for some of it, and millions of runs for the rest.

pub mod alloc;
pub mod engine;
pub mod guard;
pub mod mutate;
pub mod seeds;
pub mod target;

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::hash::{DefaultHasher, Hash, Hasher as _};

/// Most features of an outcome that are looked at, so that pairs of them stay few.
const MAX_FEATURES: usize = 64;

/// What a run showed, as hashes of features such as "the error was `NoData`".
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome(BTreeSet<u64>);

impl Outcome {
    /// Notes that `what` had this value.
    pub fn note(&mut self, what: &str, value: impl Hash) {
        let mut hasher = DefaultHasher::new();
        (what, value).hash(&mut hasher);
        self.0.insert(hasher.finish());
    }

    /// Notes a number by its size alone.
    pub fn note_size(&mut self, what: &str, number: usize) {
        self.note(what, number.checked_ilog2());
    }

    /// Notes which variant of an enum something is.
    pub fn note_variant(&mut self, what: &str, value: &impl Debug) {
        self.note(what, variant(value));
    }

    /// Notes a message by the words before its first number, quote or colon; what follows is often
    /// text of the input.
    pub fn note_words(&mut self, what: &str, message: &str) {
        let end = message.find(|c: char| !c.is_ascii_lowercase() && !matches!(c, ' ' | ',')).unwrap_or(message.len());
        self.note(what, message.get(..end.min(60)));
    }

    /// Returns the features.
    pub fn features(&self) -> impl Iterator<Item = u64> {
        self.0.iter().copied().take(MAX_FEATURES)
    }
}

/// Returns the name of a variant, from the way it is shown.
fn variant(value: &impl Debug) -> String {
    let shown = format!("{value:?}");
    shown.chars().take_while(|c| c.is_ascii_alphanumeric()).collect()
}
