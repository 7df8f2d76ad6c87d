//! What the node tells about the workspace: metadata rows and the runs with their Parquet tables.
//!
//! The engine calls these methods while it plans, on its own threads; they may block for as long as
//! an indexed SQLite query takes.

use std::error::Error;
use std::fmt::Debug;
use std::sync::Arc;

use arrow::array::RecordBatch;

use crate::blob::BlobReader;
use crate::functions::{Convert, UnitError};
use crate::meta::MetaTable;
use crate::wide::WellMatch;

/// The workspaces of a node: each is a schema of the catalog.
///
/// Every statement asks anew, so a workspace that comes or goes while the engine runs does so here too.
pub trait Workspaces: Send + Sync + Debug {
    /// Returns the names of the schemas, each once, in a stable order.
    ///
    /// # Errors
    /// [`CatalogError`] when they cannot be read.
    fn names(&self) -> Result<Vec<String>, CatalogError>;

    /// Returns the workspace that a name means, letter by letter; none when it means none.
    ///
    /// # Errors
    /// [`CatalogError`] when they cannot be read.
    fn named(&self, name: &str) -> Result<Option<OpenWorkspace>, CatalogError>;

    /// Returns a number that is another one after anything changed that the tables of data show, in any of
    /// the workspaces; the results of queries are kept by it. Without one none are kept.
    fn state(&self) -> Option<u64> {
        None
    }
}

/// What the engine reads one workspace by.
#[derive(Debug, Clone)]
pub struct OpenWorkspace {
    /// What tells it from others for as long as the engine lives, whatever it is called.
    pub id: String,
    /// Its metadata.
    pub catalog: Arc<dyn Catalog>,
    /// Its bytes, and those of no other workspace.
    pub blobs: Arc<dyn BlobReader>,
}

/// The workspace's metadata as the engine needs it.
pub trait Catalog: Send + Sync + Debug {
    /// Returns all rows of a metadata table, in the table's schema and in a stable order.
    fn rows(&self, table: MetaTable) -> Result<RecordBatch, CatalogError>;

    /// Returns how many rows a metadata table has, where that is known without making them; none
    /// otherwise. It is what [`Catalog::rows`] would have, exactly: counts are answered by it.
    ///
    /// # Errors
    /// [`CatalogError`] when they cannot be counted.
    fn count(&self, table: MetaTable) -> Result<Option<u64>, CatalogError> {
        let _ = table;
        Ok(None)
    }

    /// Returns the runs that match, in a stable order: by well name, then run id.
    ///
    /// The filter is a chance to read less: the engine checks its conditions again, so returning
    /// more runs is slow, not wrong; leaving out a run that matches is wrong.
    fn runs(&self, filter: &RunFilter) -> Result<Vec<Arc<RunFile>>, CatalogError>;

    /// Returns the gridded copy of a run, given its full id, as if it were a run of its own; nothing
    /// if there is none.
    fn gridded(&self, run_id: &str) -> Result<Option<RunFile>, CatalogError>;

    /// Returns a number that is another one after anything changed that the tables of data show, for an
    /// engine over this workspace alone: see [`Workspaces::state`].
    fn state(&self) -> Option<u64> {
        None
    }

    /// Returns the runs and curves of the well that a name, an identifier or the start of an id stands
    /// for.
    fn well(&self, name: &str) -> Result<WellMatch, CatalogError>;

    /// Returns how values of one unit become values of another, both as people spell them; values are
    /// points on a scale, so that 20 °C are 68 °F.
    fn conversion(&self, from: &str, to: &str) -> Result<Arc<dyn Convert>, UnitError>;
}

/// Which runs are wanted; every part that is set must match.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunFilter {
    /// Exact well names.
    pub wells: Option<Vec<String>>,
    /// Ids: a run matches if its full id or its short id starts with one of them.
    pub runs: Option<Vec<String>>,
    /// Exact curve labels: a run matches if it has one of them.
    /// All its curves are returned all the same.
    pub curves: Option<Vec<String>>,
}

/// One run and its Parquet table.
///
/// Numbers of rows and the ranges of the index must be true to the table: counts are answered and
/// runs are skipped by them without reading a byte.
#[derive(Debug, Clone, PartialEq)]
pub struct RunFile {
    /// The short id shown to people.
    pub run: String,
    /// The full id, 64 hex digits.
    pub run_id: String,
    /// The well's name.
    pub well: String,
    /// The well's full id.
    pub well_id: String,
    /// Whether it is a log: its rows are samples of curves. Other data sets are tables, and not in
    /// `samples`.
    pub is_log: bool,
    /// BLAKE3 hash of the Parquet table.
    pub blob: [u8; 32],
    /// Bytes of the Parquet table.
    pub size: u64,
    /// Rows of the Parquet table.
    pub rows: u64,
    /// The index, the table's first column.
    pub index: IndexColumn,
    /// The curves, in the order of the table's other columns.
    pub curves: Vec<CurveColumn>,
}

/// What the index of a run measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IndexKind {
    /// A depth; fills `depth_m` when the unit is known.
    Depth,
    /// A time; fills `time_s` when the unit is known.
    Time,
    /// Anything else.
    Other,
}

impl IndexKind {
    /// Returns the word used in SQL.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Depth => "depth",
            Self::Time => "time",
            Self::Other => "other",
        }
    }
}

/// The index column of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct IndexColumn {
    /// Name of the Parquet column, which is its SQL name.
    pub name: String,
    /// What it measures.
    pub kind: IndexKind,
    /// Holds text instead of numbers, such as a date or the name of a formation.
    pub text: bool,
    /// The unit as delivered.
    pub unit: String,
    /// Factor to metres or seconds, if the unit is known.
    pub to_si: Option<f64>,
    /// Smallest value as delivered.
    pub min: Option<f64>,
    /// Largest value as delivered.
    pub max: Option<f64>,
}

/// One curve of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct CurveColumn {
    /// Position in the run; with the run's id it is the curve's identity.
    pub ordinal: u32,
    /// The mnemonic as delivered; may repeat in a run.
    pub mnemonic: String,
    /// The mnemonic made unique in the run: `GR`, `GR_2`.
    pub label: String,
    /// Name of the Parquet column, which is its SQL name: `gr`, `gr_2`.
    pub column: String,
    /// The unit as delivered.
    pub unit: String,
    /// Holds text instead of numbers.
    pub text: bool,
    /// The dictionary's property, if the curve is mapped.
    pub property: Option<String>,
    /// Values that are not null.
    pub count: u64,
    /// Smallest value.
    pub min: Option<f64>,
    /// Largest value.
    pub max: Option<f64>,
}

/// The catalog could not answer.
#[derive(Debug, thiserror::Error)]
#[error("cannot read the workspace's index: {message}")]
pub struct CatalogError {
    /// What went wrong, for people.
    pub message: String,
    /// The cause, if there is one.
    #[source]
    pub source: Option<Box<dyn Error + Send + Sync>>,
}

impl CatalogError {
    /// Makes an error with a message of its own.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), source: None }
    }

    /// Makes an error from its cause.
    pub fn from_source(source: impl Error + Send + Sync + 'static) -> Self {
        Self { message: source.to_string(), source: Some(Box::new(source)) }
    }
}
