//! What can go wrong with a query, in words for people.
//!
//! DataFusion's errors are put into a few kinds and their texts are cleaned of prefixes and of the
//! names of catalog and schema; its "did you mean" hints stay.

use std::error::Error;

use datafusion::common::SchemaError;
use datafusion::error::DataFusionError;

use crate::blob::BlobError;
use crate::catalog::CatalogError;
use crate::engine::Stopped;
use crate::meta::MetaTable;
use crate::parquet_file::RunReadError;

/// What kind of error it is, to choose an exit code or a hint by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QueryErrorKind {
    /// The text is not SQL.
    Syntax,
    /// The statement would do more than read.
    NotAllowed,
    /// A table, column, function or run does not exist.
    UnknownName,
    /// Data is on no device that can be reached.
    NotHeld,
    /// The query is larger than a limit.
    Limit,
    /// Anything else.
    Other,
}

/// A query that failed.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct QueryError {
    /// What kind of error it is.
    pub kind: QueryErrorKind,
    /// What went wrong and what to do, for people.
    pub message: String,
}

impl QueryError {
    pub(crate) fn new(kind: QueryErrorKind, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { kind, message }
    }

    /// Puts an error of DataFusion into kind and words.
    pub(crate) fn from_datafusion(error: &DataFusionError) -> Self {
        if let Some(error) = cause::<RunReadError>(error) {
            return Self::from_read(error);
        }
        if let Some(error) = cause::<CatalogError>(error) {
            return Self::new(QueryErrorKind::Other, error.to_string());
        }
        if let Some(stopped) = cause::<Stopped>(error) {
            return Self::new(QueryErrorKind::Limit, stopped.to_string());
        }
        let root = error.find_root();
        match root {
            DataFusionError::SQL(parser, _) => from_parser(&parser.to_string()),
            DataFusionError::SchemaError(schema, _) => from_schema(schema),
            DataFusionError::ResourcesExhausted(text) => Self::new(
                QueryErrorKind::Limit,
                format!(
                    "the query needs more memory than it may use; select fewer wells or curves, \
                     or aggregate first ({})",
                    text.split(" with top memory").next().unwrap_or_default()
                ),
            ),
            DataFusionError::Plan(text) => from_plan(text),
            DataFusionError::NotImplemented(text)
            | DataFusionError::Execution(text)
            | DataFusionError::Configuration(text)
            | DataFusionError::Internal(text) => Self::new(QueryErrorKind::Other, clean(text)),
            other => Self::new(QueryErrorKind::Other, clean(&other.strip_backtrace())),
        }
    }

    fn from_read(error: &RunReadError) -> Self {
        let kind = match &error.source {
            BlobError::NotHeld { .. } => QueryErrorKind::NotHeld,
            _ => QueryErrorKind::Other,
        };
        let mut message = error.to_string();
        let mut source: Option<&dyn Error> = error.source();
        while let Some(error) = source {
            message.push_str(": ");
            message.push_str(&error.to_string());
            source = error.source();
        }
        if kind == QueryErrorKind::NotHeld {
            message.push_str("; connect to a device that holds it, or leave the run out");
        }
        Self::new(kind, message)
    }
}

impl From<DataFusionError> for QueryError {
    fn from(error: DataFusionError) -> Self {
        Self::from_datafusion(&error)
    }
}

/// Finds an error of the type in a chain of causes.
fn cause<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<E>() {
            return Some(found);
        }
        next = error.source();
    }
    None
}

fn from_parser(text: &str) -> QueryError {
    let text =
        text.trim_start_matches("sql parser error: ").trim_start_matches("ParserError(\"").trim_end_matches("\")");
    if text.to_ascii_lowercase().contains("recursion limit") {
        return QueryError::new(QueryErrorKind::Limit, "the query is nested too deeply; split it with WITH");
    }
    QueryError::new(QueryErrorKind::Syntax, lower_first(text))
}

fn from_schema(error: &SchemaError) -> QueryError {
    let kind = match error {
        SchemaError::FieldNotFound { .. } => QueryErrorKind::UnknownName,
        _ => QueryErrorKind::Other,
    };
    QueryError::new(kind, clean(&error.to_string()))
}

fn from_plan(text: &str) -> QueryError {
    let message = clean(text);
    let lower = message.to_ascii_lowercase();
    if lower.starts_with("table ") && lower.ends_with(" not found") {
        let mut names: Vec<_> = MetaTable::ALL.map(MetaTable::name).into();
        names.push("samples");
        names.sort_unstable();
        let hint = format!("tables are {} and run('id')", names.join(", "));
        return QueryError::new(QueryErrorKind::UnknownName, format!("{message}; {hint}"));
    }
    let unknown = lower.starts_with("invalid function")
        || lower.starts_with("no run has an id")
        || lower.contains("table function") && lower.contains("not found")
        || lower.contains("did you mean");
    let kind = if unknown {
        QueryErrorKind::UnknownName
    } else if lower.contains("not supported: ") {
        QueryErrorKind::NotAllowed
    } else {
        QueryErrorKind::Other
    };
    QueryError::new(kind, message)
}

/// Removes what only a developer of DataFusion wants to read.
fn clean(text: &str) -> String {
    let mut lines = text.lines();
    let first = lines.next().unwrap_or_default();
    let hint = lines.next().filter(|line| line.starts_with("Did you mean"));
    let whole = match hint {
        Some(hint) => format!("{first} {hint}"),
        None => first.to_owned(),
    };
    let text = whole
        .trim_start_matches("Error during planning: ")
        .trim_start_matches("Schema error: ")
        .trim_start_matches("Execution error: ")
        .replace("workspace.public.", "");
    lower_first(text.trim_end_matches('.'))
}

/// Lowers the first letter of a sentence, but not that of an abbreviation.
fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    match (chars.next(), chars.next()) {
        (Some(first), Some(second)) if first.is_uppercase() && second.is_lowercase() => {
            first.to_lowercase().chain(text.chars().skip(1)).collect()
        }
        _ => text.to_owned(),
    }
}
