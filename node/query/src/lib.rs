//! Read-only SQL over the well-log workspace, with DataFusion.
//!
//! This crate knows nothing of SQLite, the network or documents: the node hands it two traits,
//! [`Catalog`] (rows of metadata and lists of runs) and [`BlobReader`] (bytes by hash and range),
//! so that DataFusion is compiled once and touched rarely.
//!
//! # Tables
//!
//! | name | what |
//! |---|---|
//! | `wells`, `runs`, `curves`, `units`, `members` … | metadata: [`MetaTable`] has all, and [`MetaTable::columns`] their columns |
//! | `samples` | every sample of every log in long form, see [`sample_schema`] |
//! | `run('id')` | one run in wide form, as it is in its Parquet table; full id or a unique start of it |
//! | `run('id', 'gridded')` | its gridded copy, on the well's depth grid in canonical units |
//! | `well('name', 'gr,rhob', step => 0.5)` | curves of a well side by side by depth, see [`WellFile`] |
//! | `information_schema.*` | the tables above described as tables |
//! | `pg_catalog.*` | the same for clients of PostgreSQL, see [`pg`] |
//!
//! The catalog is `dataforge`, with a schema for each workspace of the node: see [`Workspaces`].
//! Names without a schema are of the engine's own workspace, and so are runs.
//!
//! Names are folded to lower case by SQL and all names of tables and columns are lower case.
//! Depth is there as delivered (`index_value`) *and* in metres (`depth_m`), so that feet, metres and
//! time never mix silently.
//!
//! # Promises
//!
//! - **Read-only by construction.**
//!   Only queries, `EXPLAIN`, `SHOW` and `DESCRIBE` are taken; plans may scan our own tables only; no
//!   file system is registered.
//! - **Deterministic.**
//!   Plans have one partition, files come in the catalog's stable order and batches are cut the same
//!   way, so a query gives the same bytes on two nodes of the same version with the same data, also
//!   for `sum(value)` where the order of additions matters.
//!   Functions that ask for the time or for randomness are outside that promise, and so is the order
//!   of rows without `ORDER BY` across versions of this crate.
//! - **Bounded.**
//!   [`Limits`] bound the text, the plan, memory, spill files, time and results; a [`Question`] bounds
//!   what is taken from peers.
//!   Functions that allocate outside of the bounded memory say before what they will make.
//!   Queries run on threads of their own, never on those that serve the network.
//! - **Cancelled by dropping** the [`QueryStream`].
//!
//! # Example
//!
//! ```no_run
//! # use std::sync::Arc;
//! # use dataforge_query::{BlobReader, Catalog, Engine, Format, Limits, write};
//! # async fn example(catalog: Arc<dyn Catalog>, blobs: Arc<dyn BlobReader>)
//! # -> Result<(), Box<dyn std::error::Error>> {
//! let engine = Engine::new(catalog, blobs, Limits::default())?;
//! let stream = engine
//!     .query("SELECT well, avg(value) FROM samples WHERE curve = 'GR' GROUP BY well ORDER BY well")
//!     .await?;
//! write(stream, Format::Csv, &mut std::io::stdout()).await?;
//! # Ok(())
//! # }
//! ```

mod blob;
mod catalog;
mod check;
mod engine;
mod error;
pub mod formula;
mod functions;
mod limits;
mod meta;
mod output;
mod page;
mod parquet_file;
pub mod pg;
mod planned;
mod reading;
pub mod resample;
mod run;
mod samples;
mod suggest;
mod tables;
mod wide;

pub use blob::{BlobError, BlobReader};
pub use catalog::{
    Catalog, CatalogError, CurveColumn, IndexColumn, IndexKind, OpenWorkspace, RunFile, RunFilter, Workspaces,
};
pub use datafusion::common::ScalarValue;
pub use engine::{Description, Engine, QueryStream, Question};
pub use error::{Position, QueryError, QueryErrorKind};
pub use functions::{Convert, UnitError};
pub use limits::Limits;
pub use meta::{Column, ColumnType, MetaTable};
pub use output::{CsvWriter, Format, Formulas, OutputError, Written, write, write_batches};
pub use reading::{Reading, Refusal, Whereabouts};
pub use samples::sample_schema;
pub use tables::{TableStream, Tables};
pub use wide::{WellCurve, WellFile, WellMatch, WellRun, near};
