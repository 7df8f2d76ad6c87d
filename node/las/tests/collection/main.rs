//! Reads the shared collection of LAS files and compares with what other readers made of them.
//!
//! The collection stands beside the repository, not in it. Without it there is nothing to
//! compare: the tests say so loudly, and fail where `CI=true` promises it.

mod collection;
mod every_file;
mod expected;
mod facts;
mod generator;
mod las3;
mod others;
mod roundtrip;
mod traps;
