//! From a parsed log file to the bytes of its tables: pure functions, no clock, no files.
//!
//! The data's way: source bytes and what the reader made of them → [`table`] (Arrow) → [`parquet`]
//! (bytes) → [`prepare()`], which adds the facts that documents carry. The same source and reader
//! give the same bytes on every machine, so colleagues who import one file make one blob.
//! [`units`] and [`dictionary`] say what names mean; nothing here changes a delivered value, and
//! storing, signing and announcing are the caller's work.

#[cfg(test)]
pub(crate) mod collection;
pub mod coverage;
pub mod datetime;
pub mod dictionary;
pub mod facts;
pub mod filling;
pub mod grid;
pub mod identity;
pub mod index;
pub mod parquet;
pub mod prepare;
pub mod pyramid;
pub mod sample;
pub mod table;
pub mod tabular;
pub mod units;
pub mod well;

pub use filling::Filling;
pub(crate) use prepare::prepare_derived;
pub use prepare::{IngestError, Prepared, PreparedRun, Warning, prepare, prepare_tables};
pub use well::WellHeader;
