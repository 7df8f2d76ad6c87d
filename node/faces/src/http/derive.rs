//! `POST /v1/runs`: appends a derived run, whose table is the body: a Parquet file or an Arrow stream.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{self, Request};
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use dataforge_node::api::{DeriveRequest, ErrorKind, Reply};

use super::problem::Problem;
use super::{State, body, listing};

/// Bytes of a table; larger ones are given as files: `dataforge derive`.
const MAX_BODY: usize = 512 << 20;
/// Tables at a time; others wait.
pub(super) const TABLES: usize = 2;
/// How long a body may take to come.
const BODY_TIME: Duration = Duration::from_secs(120);

/// What an address says.
#[derive(Debug, Default)]
struct Asked {
    workspace: Option<String>,
    request: DeriveRequest,
}

/// Reads the parameters of an address; `from` and `unit` may be there several times.
fn asked(uri: &Uri) -> Result<Asked, Problem> {
    let pairs: Vec<(String, String)> = body::parameters(uri)?;
    let mut asked = Asked::default();
    let mut seen = std::collections::BTreeSet::new();
    for (key, value) in pairs {
        let request = &mut asked.request;
        let repeats = matches!(key.as_str(), "from" | "unit");
        match key.as_str() {
            "workspace" => asked.workspace = Some(value),
            "well" => request.well = value,
            "name" => request.name = value,
            "from" => request.sources.push(value),
            "tool" => request.tool = value,
            "version" => request.version = value,
            "parameters" => request.parameters = Some(value),
            "description" => request.description = Some(value),
            "unit" => request.units.push(unit(&value)?),
            "index" => request.index = Some(value),
            "index_unit" => request.index_unit = Some(value),
            _ => {
                return Err(Problem::usage(format!("there is no parameter {key:?}")).hint(
                    "use workspace, well, name, from, tool, version, parameters, description, unit, index, index_unit",
                ));
            }
        }
        if !repeats && !seen.insert(key.clone()) {
            return Err(Problem::usage(format!("the parameter {key:?} is there twice")));
        }
    }
    Ok(asked)
}

fn unit(text: &str) -> Result<(String, String), Problem> {
    let (column, unit) = text
        .rsplit_once('=')
        .ok_or_else(|| Problem::usage(format!("{text:?} is no unit of a column")).hint("write unit=COLUMN=UNIT"))?;
    Ok((column.trim().to_owned(), unit.trim().to_owned()))
}

/// `POST /v1/runs`.
pub(super) async fn derive(
    extract::State(state): extract::State<Arc<State>>,
    request: Request,
) -> Result<Response, Problem> {
    let (head, sent) = request.into_parts();
    let Asked { workspace, request } = asked(&head.uri)?;
    let media = body::media_type(&head.headers);
    if !matches!(media.as_deref(), Some("application/vnd.apache.parquet" | "application/vnd.apache.arrow.stream")) {
        let message = "a table comes as a parquet file or as an arrow stream";
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, ErrorKind::Usage, message)
            .hint("send Content-Type: application/vnd.apache.arrow.stream or application/vnd.apache.parquet"));
    }
    let turn = state.tables.acquire().await.map_err(|closed| Problem::internal(closed.to_string()))?;
    let table = body::take(sent, MAX_BODY, BODY_TIME).await?;
    let reply = state.node().derive(workspace.as_deref(), request, table).await?;
    drop(turn);
    let status = if reply.outcome == "derived" { StatusCode::CREATED } else { StatusCode::OK };
    let mut response = listing::told(&Reply::Derived(reply));
    *response.status_mut() = status;
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_what_a_table_was_made_of() {
        let uri: Uri =
            "/v1/runs?well=North%201&name=V&from=a:GR&from=b&tool=t&version=1&unit=VSH%3Dv/v&parameters=%7B%7D"
                .parse()
                .unwrap();
        let Asked { workspace, request } = asked(&uri).unwrap();
        assert_eq!(
            (workspace, request.well.as_str(), request.sources),
            (None, "North 1", vec!["a:GR".into(), "b".into()])
        );
        assert_eq!(request.units, [("VSH".to_owned(), "v/v".to_owned())]);
        assert_eq!(request.parameters.as_deref(), Some("{}"));
        for wrong in ["/v1/runs?wel=1", "/v1/runs?well=1&well=2", "/v1/runs?unit=VSH"] {
            assert!(asked(&wrong.parse().unwrap()).is_err(), "{wrong}");
        }
    }
}
