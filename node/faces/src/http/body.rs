//! What comes in: parameters of an address, and bodies, both bounded.

use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody as _};
use axum::extract::Query;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use dataforge_node::api::ErrorKind;
use futures::StreamExt as _;
use serde::de::DeserializeOwned;

use super::problem::Problem;

/// Reads the parameters of an address.
///
/// # Errors
/// Usage, when one is unknown, missing or of a wrong form.
pub(super) fn parameters<T: DeserializeOwned>(uri: &Uri) -> Result<T, Problem> {
    match Query::try_from_uri(uri) {
        Ok(Query(parameters)) => Ok(parameters),
        Err(rejected) => Err(Problem::usage(rejected.body_text())),
    }
}

/// Returns what a body is said to be, in lower case and without what describes it further.
pub(super) fn media_type(headers: &HeaderMap) -> Option<String> {
    let sent = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    sent.split(';').next().map(|media| media.trim().to_ascii_lowercase())
}

/// Takes in a body of at most so many bytes, which must come within a time.
///
/// # Errors
/// 413 when it is larger, 408 when it is slower, usage when it breaks off.
pub(super) async fn take(body: Body, limit: usize, within: Duration) -> Result<Bytes, Problem> {
    let too_large = || {
        let message = format!("the body is larger than {limit} bytes");
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, ErrorKind::Usage, message)
    };
    // What is said to be too large is not read at all.
    if usize::try_from(body.size_hint().lower()).map_or(true, |said| said > limit) {
        return Err(too_large());
    }
    let read = async {
        let mut bytes = Vec::new();
        let mut parts = body.into_data_stream();
        while let Some(part) = parts.next().await {
            let part = part.map_err(|error| Problem::usage(format!("the body broke off: {error}")))?;
            if bytes.len().saturating_add(part.len()) > limit {
                return Err(too_large());
            }
            bytes.extend_from_slice(&part);
        }
        Ok(Bytes::from(bytes))
    };
    tokio::time::timeout(within, read).await.unwrap_or_else(|_elapsed| {
        let message = format!("the body did not come within {} s", within.as_secs());
        Err(Problem::new(StatusCode::REQUEST_TIMEOUT, ErrorKind::Network, message))
    })
}
