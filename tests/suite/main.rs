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
mod browser;
mod bundle;
mod catalog;
mod charts;
mod clients;
mod collection;
mod conflicts;
mod data;
mod derive;
#[cfg(target_os = "linux")]
mod disk;
mod editing;
mod export;
mod field;
mod fuzz;
mod gridded;
mod history;
mod hostile;
mod http;
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
mod queries;
mod relay;
mod repair;
mod samples;
mod simulation;
mod sql_costs;
#[cfg(target_os = "linux")]
mod sql_load;
mod sql_trace;
mod strangers;
mod tables;
mod tops;
mod tree;
mod wells;
mod worker;
