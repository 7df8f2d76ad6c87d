//! What one query, and all of them together, may use.

use std::path::PathBuf;
use std::time::Duration;

/// The bounds of an [`Engine`](crate::Engine).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Memory for the operators of all running queries together.
    pub memory_bytes: usize,
    /// Wall-clock time of one query, from the call to the last row taken.
    pub timeout: Duration,
    /// Length of the SQL text.
    pub max_sql_bytes: usize,
    /// Operators, keywords that combine (`AND`, `JOIN`, `CASE` …) and list commas in the SQL text.
    /// DataFusion recurses over plans and overflows the stack at a few thousand.
    pub max_operators: usize,
    /// Depth of parentheses, brackets and `CASE`.
    pub max_nesting: usize,
    /// Queries that run at the same time; more wait their turn.
    pub concurrency: usize,
    /// Folder for what does not fit in memory; without one such queries end with an error.
    pub spill_dir: Option<PathBuf>,
    /// Size of all spill files together.
    pub spill_bytes: u64,
    /// Rows of a result; one with more ends with an error.
    pub max_rows: Option<u64>,
    /// Bytes of a result, as columns in memory; one with more ends with an error.
    pub max_result_bytes: Option<u64>,
    /// Memory for results that are kept in case they are asked for again; 0 keeps none.
    pub cache_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory_bytes: 512 * 1024 * 1024,
            timeout: Duration::from_secs(300),
            max_sql_bytes: 64 * 1024,
            max_operators: 1_000,
            max_nesting: 40,
            concurrency: 4,
            spill_dir: None,
            spill_bytes: 4 * 1024 * 1024 * 1024,
            max_rows: None,
            max_result_bytes: None,
            cache_bytes: 64 * 1024 * 1024,
        }
    }
}
