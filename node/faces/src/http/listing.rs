//! What there is: the routes themselves, workspaces, wells, runs and curves, as `--json` has them.

use std::future::{Ready, ready};
use std::sync::Arc;

use axum::http::{HeaderValue, Uri, header};
use axum::response::{IntoResponse as _, Response};
use axum::{Json, extract};
use dataforge_node::api::{API_VERSION, Reply, Request};
use serde::{Deserialize, Serialize};

use super::problem::Problem;
use super::{ROUTES, State, body};

/// What there is, for programs. A test compares it with the routes.
pub(super) const OPENAPI: &str = include_str!("openapi.json");

/// Of a list: where.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct OfWorkspace {
    workspace: Option<String>,
}

/// Of a list: where, and of which well.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct OfWell {
    workspace: Option<String>,
    well: Option<String>,
}

/// Of a list: where, and of which run.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct OfRun {
    workspace: Option<String>,
    run: Option<String>,
}

/// Sends a reply as `--json` prints it.
pub(super) fn told(reply: &Reply) -> Response {
    #[derive(Serialize)]
    struct Versioned<'a> {
        api: u32,
        #[serde(flatten)]
        reply: &'a Reply,
    }
    Json(Versioned { api: API_VERSION, reply }).into_response()
}

/// Returns a path as the description has it.
pub(super) fn described(path: &str) -> String {
    path.replace("{file}", "{id}.parquet")
}

/// `GET /v1`.
pub(super) fn index() -> Ready<Response> {
    let paths: Vec<_> = ROUTES.iter().map(|(path, _)| described(path)).collect();
    ready(
        Json(serde_json::json!({
            "api": API_VERSION,
            "program": "dataforge",
            "version": env!("CARGO_PKG_VERSION"),
            "paths": paths,
            "description": "/v1/openapi.json",
        }))
        .into_response(),
    )
}

/// `GET /v1/openapi.json`.
pub(super) fn openapi() -> Ready<Response> {
    let mut response = OPENAPI.into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    ready(response)
}

/// `GET /v1/workspaces`.
pub(super) async fn workspaces(extract::State(state): extract::State<Arc<State>>) -> Result<Response, Problem> {
    Ok(told(&state.ask(Request::Workspaces).await?))
}

/// `GET /v1/wells`.
pub(super) async fn wells(extract::State(state): extract::State<Arc<State>>, uri: Uri) -> Result<Response, Problem> {
    let OfWorkspace { workspace } = body::parameters(&uri)?;
    Ok(told(&state.ask(Request::Wells { workspace }).await?))
}

/// `GET /v1/runs`.
pub(super) async fn runs(extract::State(state): extract::State<Arc<State>>, uri: Uri) -> Result<Response, Problem> {
    let OfWell { workspace, well } = body::parameters(&uri)?;
    Ok(told(&state.ask(Request::Runs { workspace, well }).await?))
}

/// `GET /v1/curves`.
pub(super) async fn curves(extract::State(state): extract::State<Arc<State>>, uri: Uri) -> Result<Response, Problem> {
    let OfRun { workspace, run } = body::parameters(&uri)?;
    Ok(told(&state.ask(Request::Curves { workspace, run }).await?))
}
