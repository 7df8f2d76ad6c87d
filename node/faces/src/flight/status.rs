//! Errors as gRPC says them: a code, and a message with what to do.

use arrow_flight::error::FlightError;
use dataforge_node::api::{ApiError, ErrorKind};
use dataforge_node::{AskError, QueryError, QueryErrorKind, query_error};
use tonic::{Code, Status};

/// Bytes of a message. It travels as a header, whose length clients bound at 8 KiB.
const MAX_MESSAGE_BYTES: usize = 2_000;

/// Said where something would write.
pub(super) const READ_ONLY: &str = "DataForge is read-only here: use SELECT, WITH, EXPLAIN, SHOW or DESCRIBE; \
     data comes in by dataforge import";

/// Said where a transaction is asked for.
pub(super) const NO_TRANSACTIONS: &str =
    "there are no transactions: everything is read-only, and each statement sees what is here when it starts";

/// Returns what is said of an error of the node.
pub(super) fn of(error: &ApiError) -> Status {
    let code = match error.kind {
        ErrorKind::Usage | ErrorKind::Input | ErrorKind::Query => Code::InvalidArgument,
        ErrorKind::NotFound => Code::NotFound,
        ErrorKind::NotAllowed | ErrorKind::Sealed => Code::PermissionDenied,
        ErrorKind::Busy | ErrorKind::Network => Code::Unavailable,
        ErrorKind::Damaged => Code::DataLoss,
        ErrorKind::Storage | ErrorKind::Internal => Code::Internal,
    };
    Status::new(code, message(error))
}

/// Returns what is said of a statement that was not started. What is wrong with its text is an argument that
/// is not valid; that it took too long, or that what it reads is away, is not.
pub(super) fn of_asked(error: &AskError) -> Status {
    match error {
        AskError::Query(error) if matches!(error.kind, QueryErrorKind::Limit | QueryErrorKind::NotHeld) => {
            of_query(error)
        }
        AskError::Query(error) => of(&query_error(error)),
        AskError::Node(error) => of(error),
    }
}

/// Returns what is said of a query that failed.
pub(super) fn of_query(error: &QueryError) -> Status {
    let code = match error.kind {
        QueryErrorKind::Syntax | QueryErrorKind::UnknownName => Code::InvalidArgument,
        QueryErrorKind::NotAllowed => Code::PermissionDenied,
        QueryErrorKind::NotHeld => Code::Unavailable,
        QueryErrorKind::Limit if error.message.contains("took longer") => Code::DeadlineExceeded,
        QueryErrorKind::Limit => Code::ResourceExhausted,
        _ => Code::Unknown,
    };
    Status::new(code, message(&query_error(error)))
}

/// Returns what is said of data that a client sent and that cannot be read.
pub(super) fn of_input(error: FlightError) -> Status {
    match error {
        FlightError::Tonic(status) => *status,
        other => Status::invalid_argument(shortened(format!("the data cannot be read: {other}"))),
    }
}

/// Returns what is said of a fault of this program.
pub(super) fn internal(error: &dyn std::error::Error) -> Status {
    Status::internal(shortened(error.to_string()))
}

fn message(error: &ApiError) -> String {
    let mut message = error.message.clone();
    for cause in &error.causes {
        message = format!("{message}: {cause}");
    }
    // A long message gives way to the hint.
    let mut message = shortened(message);
    if let Some(hint) = &error.hint {
        message = format!("{message}; {hint}");
    }
    message
}

fn shortened(mut text: String) -> String {
    if text.len() > MAX_MESSAGE_BYTES {
        text.truncate(text.floor_char_boundary(MAX_MESSAGE_BYTES));
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_has_the_code_of_the_kind_and_says_what_to_do() {
        let status = of(&ApiError::new(ErrorKind::NotFound, "no workspace x").hint("dataforge workspaces lists them"));
        assert_eq!(status.code(), Code::NotFound);
        assert_eq!(status.message(), "no workspace x; dataforge workspaces lists them");
    }

    #[test]
    fn a_statement_that_is_valid_is_not_said_to_be_otherwise() {
        let code =
            |kind, message: &str| of_asked(&AskError::Query(QueryError { kind, message: message.into() })).code();
        assert_eq!(code(QueryErrorKind::Syntax, "expected: an expression"), Code::InvalidArgument);
        assert_eq!(code(QueryErrorKind::NotAllowed, "queries only read"), Code::InvalidArgument);
        assert_eq!(code(QueryErrorKind::Limit, "the query took longer than it may"), Code::DeadlineExceeded);
        assert_eq!(code(QueryErrorKind::Limit, "the query needs more memory than it may use"), Code::ResourceExhausted);
        assert_eq!(code(QueryErrorKind::NotHeld, "nobody holds it"), Code::Unavailable);
        let node = AskError::Node(ApiError::new(ErrorKind::NotFound, "no workspace x"));
        assert_eq!(of_asked(&node).code(), Code::NotFound);
    }

    #[test]
    fn a_long_message_is_cut_between_characters_and_keeps_its_hint() {
        let status = of(&ApiError::new(ErrorKind::Query, "ö".repeat(5_000)).hint("shorter"));
        assert!(status.message().len() < MAX_MESSAGE_BYTES + 20);
        assert!(status.message().ends_with("…; shorter"));
    }
}
