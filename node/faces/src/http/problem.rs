//! Errors as clients see them: a status, and the node's own error as JSON.

use axum::Json;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use dataforge_node::api::{ApiError, ErrorKind};
use dataforge_node::{AskError, query_error};
use serde::Serialize;

/// An answer that says why there is none: `{"error": {"kind", "message", "hint"}}`, as the program's own
/// `--json` has it, with the place in a statement that is wrong.
#[derive(Debug)]
pub(super) struct Problem {
    status: StatusCode,
    error: Box<ApiError>,
    place: Option<Place>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

/// Where in a statement, both from 1.
#[derive(Debug, Clone, Copy, Serialize)]
struct Place {
    line: u64,
    column: u64,
}

impl Problem {
    /// Makes one of a status that the kind of error does not give.
    pub(super) fn new(status: StatusCode, kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { status, error: Box::new(ApiError::new(kind, message)), place: None, headers: Vec::new() }
    }

    /// Makes one about a request that makes no sense as it stands.
    pub(super) fn usage(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, ErrorKind::Usage, message)
    }

    /// Makes one about a fault of ours.
    pub(super) fn internal(message: impl Into<String>) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, ErrorKind::Internal, message)
    }

    /// Adds what the user can do.
    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.error.hint = Some(hint.into());
        self
    }

    /// Adds a header.
    pub(super) fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }
}

/// Returns the status for a kind of error.
const fn status(kind: ErrorKind) -> StatusCode {
    match kind {
        ErrorKind::Usage | ErrorKind::Input | ErrorKind::Query => StatusCode::BAD_REQUEST,
        ErrorKind::NotFound => StatusCode::NOT_FOUND,
        ErrorKind::NotAllowed => StatusCode::FORBIDDEN,
        ErrorKind::Busy => StatusCode::TOO_MANY_REQUESTS,
        ErrorKind::Network | ErrorKind::Sealed => StatusCode::SERVICE_UNAVAILABLE,
        ErrorKind::Storage | ErrorKind::Damaged | ErrorKind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

impl From<ApiError> for Problem {
    fn from(error: ApiError) -> Self {
        Self { status: status(error.kind), error: Box::new(error), place: None, headers: Vec::new() }
    }
}

impl From<AskError> for Problem {
    fn from(error: AskError) -> Self {
        match error {
            AskError::Node(error) => error.into(),
            AskError::Query(error) => {
                let place = error.position().map(|at| Place { line: at.line, column: at.column });
                Self { place, ..query_error(&error).into() }
            }
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        #[derive(Serialize)]
        struct Told<'a> {
            error: Placed<'a>,
        }
        #[derive(Serialize)]
        struct Placed<'a> {
            #[serde(flatten)]
            error: &'a ApiError,
            #[serde(flatten)]
            place: Option<Place>,
        }
        let told = Told { error: Placed { error: &self.error, place: self.place } };
        let mut response = (self.status, Json(told)).into_response();
        response.headers_mut().extend(self.headers);
        response
    }
}
