//! The harness of the suites: programs, files, simulated networks, fuzzing.

pub mod chunk;
pub mod field;
pub mod forger;
pub mod fuzz;
pub mod history;
pub mod impair;
pub mod las;
#[cfg(target_os = "linux")]
pub mod net;
pub mod oracle;
#[cfg(target_os = "linux")]
pub mod power;
pub mod program;
pub mod python;
pub mod queries;
pub mod raw;
pub mod sim;
pub mod trace;
