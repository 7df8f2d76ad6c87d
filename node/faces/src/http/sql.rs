//! `/v1/sql`: a statement by an address or a body, and its result as it comes.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{self, Request};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use dataforge_node::api::ErrorKind;
use dataforge_node::{Question, ScalarValue};
use serde::Deserialize;
use serde_json::Value;

use super::problem::Problem;
use super::{State, body, format, output};

/// Bytes of a body: a statement with its parameters.
const MAX_BODY: usize = 1 << 20;
/// How long a body may take to come.
const BODY_TIME: Duration = Duration::from_secs(30);

/// What an address says, all of it or beside a body.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ByUrl {
    q: Option<String>,
    workspace: Option<String>,
    format: Option<String>,
    #[serde(default)]
    local_only: bool,
    remote_bytes: Option<u64>,
}

/// What a body of JSON says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ByBody {
    sql: String,
    #[serde(default)]
    parameters: Vec<Value>,
    workspace: Option<String>,
    format: Option<String>,
    #[serde(default)]
    local_only: bool,
    remote_bytes: Option<u64>,
}

/// A statement, where it is asked and how its result is wanted.
#[derive(Debug)]
struct Asked {
    question: Question,
    workspace: Option<String>,
    format: Option<String>,
}

impl ByUrl {
    fn asked(self, sql: String) -> Asked {
        let Self { q: _, workspace, format, local_only, remote_bytes } = self;
        Asked { question: Question { sql, local_only, remote_bytes, ..Question::default() }, workspace, format }
    }
}

impl ByBody {
    /// What the body leaves open, the address may say.
    fn asked(self, url: ByUrl) -> Result<Asked, Problem> {
        let numbered = self.parameters.iter().zip(1..);
        let parameters: Result<Vec<_>, Problem> = numbered.map(|(value, number)| scalar(value, number)).collect();
        let question = Question {
            sql: self.sql,
            parameters: parameters?,
            local_only: self.local_only || url.local_only,
            remote_bytes: self.remote_bytes.or(url.remote_bytes),
            ..Question::default()
        };
        Ok(Asked { question, workspace: self.workspace.or(url.workspace), format: self.format.or(url.format) })
    }
}

/// Returns the value of a parameter.
fn scalar(value: &Value, number: usize) -> Result<ScalarValue, Problem> {
    Ok(match value {
        Value::Null => ScalarValue::Null,
        Value::Bool(truth) => ScalarValue::Boolean(Some(*truth)),
        Value::String(text) => ScalarValue::Utf8(Some(text.clone())),
        Value::Number(figure) => match (figure.as_i64(), figure.as_u64()) {
            (Some(whole), _) => ScalarValue::Int64(Some(whole)),
            (None, Some(whole)) => ScalarValue::UInt64(Some(whole)),
            (None, None) => ScalarValue::Float64(figure.as_f64()),
        },
        Value::Array(_) | Value::Object(_) => {
            return Err(Problem::usage(format!("parameter ${number} is a list or an object"))
                .hint("parameters are text, numbers, true, false or null"));
        }
    })
}

/// `GET /v1/sql?q=…`.
pub(super) async fn by_url(
    extract::State(state): extract::State<Arc<State>>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let mut url: ByUrl = body::parameters(&uri)?;
    let sql = url.q.take().ok_or_else(|| Problem::usage("there is no statement").hint("give it as q=select…"))?;
    answer(&state, &headers, url.asked(sql)).await
}

/// `POST /v1/sql`, with JSON or with the statement itself.
pub(super) async fn by_body(
    extract::State(state): extract::State<Arc<State>>,
    request: Request,
) -> Result<Response, Problem> {
    let (head, body) = request.into_parts();
    let url: ByUrl = body::parameters(&head.uri)?;
    if url.q.is_some() {
        return Err(Problem::usage("the statement is in the body, so q has no place in the address"));
    }
    let asked = match body::media_type(&head.headers).as_deref() {
        Some("application/json") => {
            let bytes = body::take(body, MAX_BODY, BODY_TIME).await?;
            let by_body: ByBody = serde_json::from_slice(&bytes)
                .map_err(|error| Problem::usage(format!("the body is not what is asked for: {error}")))?;
            by_body.asked(url)?
        }
        Some("text/plain" | "application/sql") => {
            let bytes = body::take(body, MAX_BODY, BODY_TIME).await?;
            let sql = String::from_utf8(bytes.into())
                .map_err(|error| Problem::usage(format!("the statement is no UTF-8: {error}")))?;
            url.asked(sql)
        }
        _ => {
            let message = "a statement comes as JSON or as text";
            return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, ErrorKind::Usage, message)
                .hint("send Content-Type: application/json, application/sql or text/plain"));
        }
    };
    answer(&state, &head.headers, asked).await
}

async fn answer(state: &State, headers: &HeaderMap, asked: Asked) -> Result<Response, Problem> {
    let format = format::choose(asked.format.as_deref(), headers)?;
    let stream = state.node().ask_typed(asked.workspace.as_deref(), asked.question).await?;
    output::respond(stream, format).await
}
