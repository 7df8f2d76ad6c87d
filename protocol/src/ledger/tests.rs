//! Tests of the ledger: who may write, what waits, what counts, and that order never matters.

mod chain;
mod contest;
pub(crate) mod fixture;
mod forks;
pub(crate) mod graphs;
mod late;
mod oracle;
mod order;
mod people;
mod restore;
mod roles;
mod unreadable;
mod writing;
