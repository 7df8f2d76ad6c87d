//! The harness of the suites: programs, files, simulated networks, fuzzing.

pub mod chunk;
pub mod forger;
pub mod fuzz;
pub mod history;
pub mod las;
pub mod oracle;
pub mod program;
pub mod raw;
pub mod sim;
pub mod trace;
