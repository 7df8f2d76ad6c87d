//! Suites that need more than one crate: one binary, one file per story.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that cannot go on fails where it stands, and prints its seed"
)]

mod admission;
mod always_on;
mod backup;
mod bad_input;
mod bundle;
mod charts;
mod collection;
mod conflicts;
mod data;
#[cfg(target_os = "linux")]
mod disk;
mod editing;
mod export;
mod field;
mod fuzz;
mod gridded;
mod history;
mod hostile;
mod import_flow;
mod joining;
mod kill;
mod meaning;
#[cfg(target_os = "linux")]
mod network;
mod order;
mod people;
#[cfg(target_os = "linux")]
mod plot;
mod power;
mod projects;
mod relay;
mod repair;
mod samples;
mod simulation;
mod strangers;
mod tables;
mod tops;
mod tree;
mod worker;
