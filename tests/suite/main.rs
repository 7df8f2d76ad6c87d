//! Suites that need more than one crate: one binary, one file per story.

mod bad_input;
mod field;
mod kill;
mod order;
mod simulation;
mod strangers;
