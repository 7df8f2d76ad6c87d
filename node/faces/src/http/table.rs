//! `/v1/runs/ID.parquet`: the file of a run, byte for byte, by ranges.
//!
//! Readers of Parquet ask for the size, then the footer, then for the columns they want. What is not held
//! here comes from peers as far as it is asked for, and not further.

use std::ops::Range;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::rejection::PathRejection;
use axum::extract::{self, Path};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::Response;
use dataforge_node::api::{ApiError, ErrorKind};
use dataforge_node::{Format, RunTable};
use futures::{StreamExt as _, stream};
use serde::Deserialize;

use super::problem::Problem;
use super::range::{Wanted, wanted};
use super::{State, body, format};

/// Bytes that are read at once.
const PART: u64 = 1 << 20;
/// What names of files end with.
const SUFFIX: &str = ".parquet";

/// Which file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    workspace: Option<String>,
    form: Option<Form>,
}

/// In which form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Form {
    /// As delivered.
    Native,
    /// On the depth grid of its well.
    Gridded,
}

/// `GET` and `HEAD` of `/v1/runs/ID.parquet`.
pub(super) async fn table(
    extract::State(state): extract::State<Arc<State>>,
    file: Result<Path<String>, PathRejection>,
    uri: Uri,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let Path(file) = file.map_err(|rejected| Problem::usage(rejected.body_text()))?;
    let Asked { workspace, form } = body::parameters(&uri)?;
    let run = file.strip_suffix(SUFFIX).filter(|run| !run.is_empty()).ok_or_else(|| {
        Problem::new(StatusCode::NOT_FOUND, ErrorKind::NotFound, format!("there is nothing at {}", uri.path()))
            .hint("runs are files: /v1/runs/ID.parquet")
    })?;
    let table = state.node().run_table(workspace.as_deref(), run, form == Some(Form::Gridded)).await?;
    let tag = format!("\"{}\"", table.hash());
    let mut response = if is_known(&headers, &tag) {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        response
    } else {
        send(&state, table, &method, asked_for(&headers, &method, &tag, table.size())).await?
    };
    let fixed = response.headers_mut();
    fixed.insert(header::ETAG, text(tag)?);
    fixed.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    Ok(response)
}

/// Whether the client has these very bytes.
fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    let known = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|known| known.to_str().ok());
    known.flat_map(|known| known.split(',')).any(|known| {
        let known = known.trim();
        known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag
    })
}

/// Which bytes are asked for.
fn asked_for(headers: &HeaderMap, method: &Method, tag: &str, size: u64) -> Wanted {
    // A range about what the client had of another file is none of this one.
    let is_of_this = headers.get(header::IF_RANGE).is_none_or(|of| of.as_bytes() == tag.as_bytes());
    match headers.get(header::RANGE).and_then(|range| range.to_str().ok()) {
        Some(range) if is_of_this && *method == Method::GET => wanted(range, size),
        _ => Wanted::Whole,
    }
}

async fn send(state: &Arc<State>, table: RunTable, method: &Method, asked_for: Wanted) -> Result<Response, Problem> {
    let size = table.size();
    let (range, status) = match asked_for {
        Wanted::Whole => (0..size, StatusCode::OK),
        Wanted::Part(range) => (range, StatusCode::PARTIAL_CONTENT),
        Wanted::Outside => {
            let message = format!("the file has {size} bytes, and none of those asked for");
            let problem = Problem::new(StatusCode::RANGE_NOT_SATISFIABLE, ErrorKind::Usage, message);
            return Err(problem.header(header::CONTENT_RANGE, text(format!("bytes */{size}"))?));
        }
    };
    let body = if *method == Method::HEAD { Body::empty() } else { bytes(state, table, range.clone()).await? };
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(format::media_type(Format::Parquet)));
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(range.end - range.start));
    if status == StatusCode::PARTIAL_CONTENT {
        let Range { start, end } = range;
        headers.insert(header::CONTENT_RANGE, text(format!("bytes {start}-{}/{size}", end.saturating_sub(1)))?);
    }
    Ok(response)
}

/// Returns bytes of a file, read as they are taken. The first are there already, so that what cannot be read
/// at all is a problem, and no answer that breaks off.
async fn bytes(state: &Arc<State>, table: RunTable, range: Range<u64>) -> Result<Body, Problem> {
    let Range { start, end } = range;
    let first_end = start.saturating_add(PART).min(end);
    let first: Result<Bytes, ApiError> = Ok(state.node().read_table(&table, start..first_end).await?);
    let rest = stream::try_unfold((Arc::clone(state), first_end), move |(state, at)| async move {
        if at >= end {
            return Ok(None);
        }
        let until = at.saturating_add(PART).min(end);
        let part = state.node().read_table(&table, at..until).await?;
        Ok::<_, ApiError>(Some((part, (state, until))))
    });
    Ok(Body::from_stream(stream::iter([first]).chain(rest)))
}

fn text(text: String) -> Result<HeaderValue, Problem> {
    HeaderValue::try_from(text).map_err(|error| Problem::internal(error.to_string()))
}
