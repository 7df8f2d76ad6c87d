//! What can go wrong with a query, in words for people.
//!
//! DataFusion's errors are put into a few kinds and their texts are cleaned of prefixes; its "did you
//! mean" hints stay.

use std::error::Error;

use datafusion::common::SchemaError;
use datafusion::error::DataFusionError;

use crate::blob::BlobError;
use crate::catalog::CatalogError;
use crate::engine::{Stopped, TooLarge};
use crate::parquet_file::RunReadError;
use crate::reading::Refusal;

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
    /// What went wrong and what to do, for people; names the place, too.
    pub message: String,
}

/// A place in a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// From 1.
    pub line: u64,
    /// From 1, in characters.
    pub column: u64,
}

impl QueryError {
    pub(crate) fn new(kind: QueryErrorKind, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { kind, message }
    }

    /// Says where in the statement it is, as the parser does.
    pub(crate) fn at(mut self, position: Position) -> Self {
        self.message.push_str(&format!(" at Line: {}, Column: {}", position.line, position.column));
        self
    }

    /// Returns where in the statement it is, if it is at one place.
    #[must_use]
    pub fn position(&self) -> Option<Position> {
        let number = |after: &str| -> Option<u64> {
            let (_, rest) = self.message.rsplit_once(after)?;
            rest.split(|letter: char| !letter.is_ascii_digit()).next()?.parse().ok()
        };
        let (line, column) = (number(" at Line: ")?, number(", Column: ")?);
        // A statement that ends too soon has no place, and the parser says 0.
        (line > 0).then_some(Position { line, column })
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
        if let Some(error) = cause::<TooLarge>(error) {
            return Self::new(QueryErrorKind::Limit, error.to_string());
        }
        let root = error.find_root();
        match root {
            DataFusionError::SQL(parser, _) => from_parser(&parser.to_string()),
            DataFusionError::SchemaError(schema, _) => from_schema(schema),
            DataFusionError::ResourcesExhausted(text) => Self::new(
                QueryErrorKind::Limit,
                format!(
                    "the query needs more memory than it may use; select fewer wells or curves, \
                     or aggregate first; dataforge config set query.memory_bytes raises it ({})",
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
            BlobError::NotHeld { .. } | BlobError::Refused { refusal: Refusal::LocalOnly, .. } => {
                QueryErrorKind::NotHeld
            }
            BlobError::Refused { refusal: Refusal::OverBudget { .. }, .. } => QueryErrorKind::Limit,
            _ => QueryErrorKind::Other,
        };
        let mut message = error.to_string();
        let mut source: Option<&dyn Error> = error.source();
        while let Some(error) = source {
            message.push_str(": ");
            message.push_str(&error.to_string());
            source = error.source();
        }
        message.push_str(match &error.source {
            BlobError::NotHeld { .. } => "; connect to a device that holds it, or leave the run out",
            BlobError::Refused { refusal: Refusal::LocalOnly, .. } => {
                "; ask without --local-only (local_only), fetch it before, or leave the run out"
            }
            BlobError::Refused { refusal: Refusal::OverBudget { .. }, .. } => {
                "; raise --remote-bytes (remote_bytes), or select fewer runs, curves or depths"
            }
            _ => "",
        });
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
    if let SchemaError::AmbiguousReference { field } = error
        && field.relation.is_none()
    {
        let name = &field.name;
        let message = format!("several tables have a field {name}; write TABLE.{name}");
        return QueryError::new(QueryErrorKind::Other, message);
    }
    let kind = match error {
        SchemaError::FieldNotFound { .. } => QueryErrorKind::UnknownName,
        _ => QueryErrorKind::Other,
    };
    QueryError::new(kind, clean(&error.to_string()))
}

fn from_plan(text: &str) -> QueryError {
    let message = clean(text);
    let lower = message.to_ascii_lowercase();
    let unknown = lower.starts_with("invalid function")
        || lower.starts_with("no run has an id")
        || lower.starts_with("no well is called")
        || lower.contains(" has no curve called ")
        || lower.starts_with("there is no workspace")
        || lower.starts_with("table ") && lower.ends_with(" not found")
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

/// What DataFusion puts before the words of a function that refuses its arguments.
const COERCION: &str = "user-defined coercion failed with: Error during planning: ";
/// What it puts behind them.
const NO_MATCH: &str = ". No function matches the given name";

/// Removes what only a developer of DataFusion wants to read.
fn clean(text: &str) -> String {
    let mut lines = text.lines();
    let first = lines.next().unwrap_or_default();
    let hint = lines.next().filter(|line| line.starts_with("Did you mean"));
    let whole = match hint {
        Some(hint) => format!("{first} {hint}"),
        None => first.to_owned(),
    };
    let whole = match whole.split_once(COERCION) {
        // Our own functions say what they take; what DataFusion adds says it in types.
        Some((function, said)) => format!("{function}{}", said.split(NO_MATCH).next().unwrap_or(said)),
        None => whole,
    };
    // The list of all types that were tried in vain says less than that there are none.
    let whole = match whole.split_once(" failed to match any signature") {
        Some((function, _)) => {
            let function = function.rsplit_once("Internal error: ").map_or(function, |(_, function)| function);
            format!("{function} takes no arguments of these types")
        }
        None => whole,
    };
    let text = whole
        .trim_start_matches("Error during planning: ")
        .trim_start_matches("Schema error: ")
        .trim_start_matches("Execution error: ");
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_that_refuses_its_arguments_has_the_last_word() {
        let told = "Execution error: Function 'convert' user-defined coercion failed with: Error during planning: takes a \
                    number and two units, like convert(value, 'ft', 'm'). No function matches the given name and \
                    argument types 'convert(Utf8)'. You might need to add explicit type casts.\n\tCandidate functions:";
        assert_eq!(clean(told), "function 'convert' takes a number and two units, like convert(value, 'ft', 'm')");
        assert_eq!(clean("Error during planning: Nothing else."), "nothing else");
        let told = "Internal error: Function 'sum' failed to match any signature, errors: Error during planning: more";
        assert_eq!(clean(told), "function 'sum' takes no arguments of these types");
    }

    #[test]
    fn a_message_says_where_it_is() {
        let position = |message: &str| QueryError::new(QueryErrorKind::Syntax, message).position();
        let parsed = "expected: an expression, found: FROM at Line: 2, Column: 11";
        assert_eq!(position(parsed), Some(Position { line: 2, column: 11 }));
        assert_eq!(position("expected: an expression, found: EOF at Line: 0, Column: 0"), None);
        assert_eq!(position("the query is empty"), None);
        let place = Position { line: 3, column: 4 };
        let error = QueryError::new(QueryErrorKind::UnknownName, "no field named x").at(place);
        assert_eq!((error.position(), error.message.as_str()), (Some(place), "no field named x at Line: 3, Column: 4"));
    }
}
