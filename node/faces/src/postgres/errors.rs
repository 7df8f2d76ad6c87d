//! Errors as PostgreSQL's clients know them: a code of five characters, a message, a hint, a place.

use dataforge_node::api::{ApiError, ErrorKind};
use dataforge_node::{AskError, QueryError, QueryErrorKind, query_error};
use pgwire::error::{ErrorInfo, PgWireError};

use super::split::Statement;

/// Bad text where SQL should be.
pub(super) const SYNTAX: &str = "42601";
/// The statement would do more than read.
pub(super) const NOT_ALLOWED: &str = "42501";
/// The statement is one that is not given here.
pub(super) const NOT_SUPPORTED: &str = "0A000";
/// A table that does not exist.
const NO_TABLE: &str = "42P01";
/// A function that does not exist.
const NO_FUNCTION: &str = "42883";
/// A workspace that does not exist.
const NO_SCHEMA: &str = "3F000";
/// A column that does not exist.
const NO_COLUMN: &str = "42703";
/// Stopped by the client, or because of its time.
const CANCELLED: &str = "57014";
/// A limit of the engine.
pub(super) const LIMIT: &str = "54000";
/// Bytes that are on no device in reach.
const NOT_HELD: &str = "58030";
/// No such database.
pub(super) const NO_DATABASE: &str = "3D000";
/// A value that is none of its type.
pub(super) const BAD_VALUE: &str = "22P02";
/// A message that breaks the protocol.
pub(super) const PROTOCOL: &str = "08P01";
/// A cursor that is not open.
pub(super) const NO_CURSOR: &str = "34000";
/// A setting that cannot have this value.
pub(super) const BAD_SETTING: &str = "22023";
/// A setting that is not there.
pub(super) const NO_SETTING: &str = "42704";
/// The transaction has failed and waits for its end.
pub(super) const FAILED_TRANSACTION: &str = "25P02";
/// Anything else.
pub(super) const INTERNAL: &str = "XX000";

/// Makes an error that leaves the connection open.
pub(super) fn error(code: &str, message: impl Into<String>) -> PgWireError {
    PgWireError::UserError(Box::new(info("ERROR", code, message)))
}

/// Makes an error that ends the connection.
pub(super) fn fatal(code: &str, message: impl Into<String>) -> PgWireError {
    PgWireError::UserError(Box::new(info("FATAL", code, message)))
}

/// Makes an error that says what to do.
pub(super) fn hinted(code: &str, message: impl Into<String>, hint: impl Into<String>) -> PgWireError {
    let mut info = info("ERROR", code, message);
    info.hint = Some(hint.into());
    PgWireError::UserError(Box::new(info))
}

fn info(severity: &str, code: &str, message: impl Into<String>) -> ErrorInfo {
    let mut info = ErrorInfo::new(severity.to_owned(), code.to_owned(), message.into());
    info.severity_nonlocalized = Some(severity.to_owned());
    info
}

/// Puts why a question has no answer into words; the statement is as the client sent it, when the place in a
/// message is one in it.
pub(super) fn refused(failure: &AskError, statement: Option<Statement<'_>>) -> PgWireError {
    match failure {
        AskError::Query(failure) => failed(failure, statement),
        AskError::Node(failure) => node(failure),
    }
}

/// Puts the failure of a query into words.
pub(super) fn failed(failure: &QueryError, statement: Option<Statement<'_>>) -> PgWireError {
    // Lines and columns of another text than the client's would only mislead.
    let is_whole = statement.is_some_and(|statement| statement.before == 0);
    let message = if is_whole { failure.message.clone() } else { without_place(&failure.message) };
    let mut info = info("ERROR", code_of(failure), message);
    info.hint = query_error(failure).hint;
    let at = statement.and_then(|Statement { text, before }| Some(position(text, &failure.message)? + before));
    info.position = at.map(|characters| characters.to_string());
    PgWireError::UserError(Box::new(info))
}

/// Puts what a node says into words.
pub(super) fn node(failure: &ApiError) -> PgWireError {
    let code = match failure.kind {
        ErrorKind::NotFound => NO_DATABASE,
        ErrorKind::NotAllowed => NOT_ALLOWED,
        _ => INTERNAL,
    };
    let mut info = info("ERROR", code, failure.message.clone());
    info.hint.clone_from(&failure.hint);
    PgWireError::UserError(Box::new(info))
}

fn code_of(failure: &QueryError) -> &'static str {
    let message = failure.message.to_ascii_lowercase();
    match failure.kind {
        QueryErrorKind::Syntax => SYNTAX,
        QueryErrorKind::NotAllowed => NOT_ALLOWED,
        QueryErrorKind::UnknownName if message.starts_with("there is no workspace ") => NO_SCHEMA,
        QueryErrorKind::UnknownName
            if message.starts_with("invalid function ") || message.starts_with("table function ") =>
        {
            NO_FUNCTION
        }
        QueryErrorKind::UnknownName if message.starts_with("table ") || message.starts_with("no run ") => NO_TABLE,
        QueryErrorKind::UnknownName => NO_COLUMN,
        QueryErrorKind::Limit if message.contains("took longer") || message.contains("was cancelled") => CANCELLED,
        QueryErrorKind::Limit => LIMIT,
        QueryErrorKind::NotHeld => NOT_HELD,
        QueryErrorKind::Other
            if message.starts_with("arrow error: cast error: ")
                || message.starts_with("arrow error: parser error: error parsing ") =>
        {
            BAD_VALUE
        }
        _ => INTERNAL,
    }
}

/// Returns the place that a message names as line and column, as a count of characters from 1.
fn position(sql: &str, message: &str) -> Option<usize> {
    let place = message.rsplit_once("Line: ")?.1;
    let (line, column) = place.split_once(", Column: ")?;
    let line: usize = line.trim().parse().ok()?;
    let digits = column.find(|character: char| !character.is_ascii_digit()).unwrap_or(column.len());
    let column: usize = column.get(..digits)?.parse().ok()?;
    let before: usize = sql.split('\n').take(line.checked_sub(1)?).map(|line| line.chars().count() + 1).sum();
    let at = before + column;
    (at >= 1 && at <= sql.chars().count() + 1).then_some(at)
}

/// Returns a message without the line and column that it names.
fn without_place(message: &str) -> String {
    let placeless = || {
        let (before, place) = message.rsplit_once(" at Line: ")?;
        let (line, column) = place.split_once(", Column: ")?;
        let rest = column.trim_start_matches(|character: char| character.is_ascii_digit());
        let _number: u64 = line.parse().ok()?;
        Some(format!("{before}{rest}"))
    };
    placeless().unwrap_or_else(|| message.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(kind: QueryErrorKind, message: &str) -> String {
        let failure = QueryError { kind, message: message.to_owned() };
        ErrorInfo::from(failed(&failure, None)).code
    }

    #[test]
    fn each_kind_has_its_code() {
        assert_eq!(code(QueryErrorKind::Syntax, "expected: an expression"), "42601");
        assert_eq!(code(QueryErrorKind::UnknownName, "table 'well' not found; tables are …"), "42P01");
        assert_eq!(code(QueryErrorKind::UnknownName, "no field named nam. Did you mean name"), "42703");
        assert_eq!(code(QueryErrorKind::UnknownName, "invalid function 'nope'"), "42883");
        assert_eq!(code(QueryErrorKind::UnknownName, "table function 'nope' not found"), "42883");
        assert_eq!(code(QueryErrorKind::UnknownName, "there is no workspace \"nope\" here; there are …"), "3F000");
        assert_eq!(code(QueryErrorKind::NotAllowed, "queries only read"), "42501");
        assert_eq!(code(QueryErrorKind::Limit, "the query took longer than it may"), "57014");
        assert_eq!(code(QueryErrorKind::Limit, "the query was cancelled"), "57014");
        assert_eq!(code(QueryErrorKind::Limit, "the query is nested 90 deep"), "54000");
        let cast = "arrow error: Cast error: Cannot cast string 'a' to value of Int32 type";
        assert_eq!(code(QueryErrorKind::Other, cast), "22P02");
        assert_eq!(code(QueryErrorKind::NotHeld, "nobody holds it"), "58030");
        assert_eq!(code(QueryErrorKind::Other, "divide by zero"), "XX000");
    }

    #[test]
    fn places_are_counted_in_characters() {
        let sql = "select 'é',\n  from wells";
        assert_eq!(position(sql, "expected: an expression, found: from at Line: 2, Column: 3"), Some(15));
        assert_eq!(position(sql, "expected: end at Line: 1, Column: 1"), Some(1));
        assert_eq!(position(sql, "expected: end at Line: 9, Column: 100"), None);
        assert_eq!(position(sql, "nothing of the kind"), None);
    }

    #[test]
    fn a_place_is_one_in_what_the_client_sent_or_none() {
        let failure = QueryError {
            kind: QueryErrorKind::UnknownName,
            message: "no field named nam; did you mean name? at Line: 1, Column: 8".to_owned(),
        };
        let told = |statement| {
            let info = ErrorInfo::from(failed(&failure, statement));
            (info.position, info.message.contains("Line"))
        };
        let text = "select nam from wells";
        assert_eq!(told(Some(Statement { text, before: 0 })), (Some("8".to_owned()), true));
        // The second of two statements.
        assert_eq!(told(Some(Statement { text, before: 10 })), (Some("18".to_owned()), false));
        // One that was put into other terms.
        assert_eq!(told(None), (None, false));
        assert_eq!(without_place("a at Line: x, Column: 1"), "a at Line: x, Column: 1");
        assert_eq!(without_place("a at Line: 2, Column: 31; b"), "a; b");
    }

    #[test]
    fn only_fatal_errors_end_a_connection() {
        assert!(ErrorInfo::from(fatal(NO_DATABASE, "no")).is_fatal());
        assert!(!ErrorInfo::from(error(SYNTAX, "no")).is_fatal());
        assert_eq!(ErrorInfo::from(hinted(SYNTAX, "no", "do")).hint.as_deref(), Some("do"));
    }
}
