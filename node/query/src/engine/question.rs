//! What is asked of the engine, and what is known of an answer before there is one.

use arrow::datatypes::{DataType, SchemaRef};
use datafusion::common::ScalarValue;

/// A statement with its parameters, and what it may cost.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Question {
    /// The statement.
    pub sql: String,
    /// Values of `$1`, `$2` …, in this order.
    pub parameters: Vec<ScalarValue>,
    /// Whether only what is held here may be read.
    pub local_only: bool,
    /// Bytes that may be read from peers at most; no bound when none.
    pub remote_bytes: Option<u64>,
    /// Rows that the result may have; with more it ends with an error. No bound of its own when none.
    pub rows: Option<u64>,
    /// Bytes of columns that the result may have, likewise.
    pub bytes: Option<u64>,
}

impl From<&str> for Question {
    fn from(sql: &str) -> Self {
        Self { sql: sql.to_owned(), ..Self::default() }
    }
}

impl From<&String> for Question {
    fn from(sql: &String) -> Self {
        Self::from(sql.as_str())
    }
}

impl From<String> for Question {
    fn from(sql: String) -> Self {
        Self { sql, ..Self::default() }
    }
}

/// What a statement gives and takes.
#[derive(Debug, Clone, PartialEq)]
pub struct Description {
    /// The columns of its result.
    pub schema: SchemaRef,
    /// The types of `$1`, `$2` …; none where the statement does not say.
    pub parameters: Vec<Option<DataType>>,
}
