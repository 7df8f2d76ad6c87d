//! `dataforge faces`.

use std::path::PathBuf;

use clap::Args;
use dataforge_node::api::{FaceStatus, Reply, Request};
use dataforge_node::{face_token, face_token_file};
use serde::Serialize;

use crate::context::Context;
use crate::error::Failure;
use crate::output::{Human, clean};

/// Every face: its setting, a port to begin with, and what it is for.
const ALL: [(&str, u16, &str); 3] = [
    ("http", 7414, "spreadsheets, DuckDB, Polars, pandas, curl"),
    ("postgres", 7416, "psql, DBeaver, whatever speaks to PostgreSQL"),
    ("flight", 7417, "Arrow Flight SQL: ADBC and JDBC"),
];

/// Says how other tools on this machine connect: SQL and tables over HTTP, the language of PostgreSQL, or
/// Arrow Flight SQL.
///
/// All are off until they are set. They are open while a node is up, on addresses of this machine only, to
/// whoever has the token.
#[derive(Debug, Args)]
pub(crate) struct Faces {
    /// Print the token, which is made when there is none
    #[arg(long)]
    token: bool,
}

/// What is open, and how to get in.
#[derive(Debug, Serialize)]
#[serde(tag = "reply", rename = "faces")]
struct FacesReply {
    /// Whether a node is up.
    up: bool,
    /// Those that are set.
    faces: Vec<FaceStatus>,
    /// The file with the token.
    token_file: PathBuf,
    /// The token, when it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
}

impl Faces {
    /// Does it.
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let Reply::Status(status) = context.call(Request::Status).await? else {
            return Err(Failure::usage("the node that is up answers something else", "update both to one version"));
        };
        let token = if self.token { Some(face_token(&context.dir)?) } else { None };
        let token_file = face_token_file(&context.dir);
        context.show(&FacesReply { up: status.up, faces: status.faces, token_file, token })
    }
}

impl Human for FacesReply {
    fn human(&self) -> String {
        if let Some(token) = &self.token {
            return token.clone();
        }
        let mut parts = Vec::new();
        if !self.up {
            parts.push("no node is up, so nothing is open: dataforge up opens what is set".to_owned());
        }
        if self.faces.is_empty() {
            parts.push("no face is set: other tools cannot connect".to_owned());
        }
        parts.extend(self.faces.iter().map(|face| {
            let ways: String = ways(face).iter().map(|way| format!("\n  {way}")).collect();
            format!("{}{ways}", line(face))
        }));
        let unset: Vec<_> = ALL
            .iter()
            .filter(|(name, ..)| !self.faces.iter().any(|face| face.face == *name))
            .map(|(name, port, what)| {
                let command = format!("dataforge config set faces.{name} 127.0.0.1:{port}");
                format!("  {command:<58}  {what}")
            })
            .collect();
        if !unset.is_empty() {
            parts.push(format!("to switch one on, at once when a node is up:\n{}", unset.join("\n")));
        }
        if !self.faces.is_empty() {
            let file = clean(&self.token_file.display().to_string());
            parts.push(format!(
                "the token of all is in {file}; dataforge faces --token prints it\n\
                 to switch one off: dataforge config set faces.NAME \"\""
            ));
        }
        parts.join("\n\n")
    }
}

/// Says in a line where a face is open, or why not.
pub(super) fn line(face: &FaceStatus) -> String {
    let FaceStatus { face, address, open, error } = face;
    match (open, error) {
        (true, _) => format!("{face} at {address}"),
        (false, Some(error)) => format!("{face} is not open: {}", clean(error)),
        (false, None) => format!("{face} is to be open at {address} while a node is up"),
    }
}

/// Says how to connect to a face that is open, by lines to copy.
fn ways(face: &FaceStatus) -> Vec<String> {
    /// What a shell puts the token in the place of.
    const TOKEN: &str = "$(dataforge faces --token)";
    let address = face.address.as_str();
    let (host, port) = address.rsplit_once(':').unwrap_or((address, ""));
    let host = host.trim_matches(['[', ']']);
    let lines: Vec<(&str, String)> = match face.face.as_str() {
        _ if !face.open => Vec::new(),
        "http" => vec![
            (
                "curl",
                format!(
                    "curl -G -H \"Authorization: Bearer {TOKEN}\" \"http://{address}/v1/sql?format=csv\" \
                     --data-urlencode \"q=select name from wells\""
                ),
            ),
            (
                "DuckDB",
                format!(
                    "create secret (type http, scope 'http://{address}', bearer_token 'TOKEN'); \
                     from read_parquet('http://{address}/v1/runs/RUN.parquet');"
                ),
            ),
            (
                "pandas",
                format!(
                    "pandas.read_csv(\"http://{address}/v1/sql?format=csv-raw&q=select+name+from+wells\", \
                     storage_options={{\"Authorization\": \"Bearer TOKEN\"}})"
                ),
            ),
            ("more", format!("http://{address}/v1/openapi.json, docs/http.md")),
        ],
        "postgres" => vec![
            ("psql", format!("PGPASSWORD=\"{TOKEN}\" psql -h {host} -p {port} -U dataforge -d dataforge")),
            ("JDBC", format!("jdbc:postgresql://{address}/dataforge, user dataforge, password TOKEN")),
        ],
        "flight" => vec![
            (
                "ADBC",
                format!(
                    "adbc_driver_flightsql.dbapi.connect(\"grpc://{address}\", \
                     db_kwargs={{\"adbc.flight.sql.authorization_header\": \"Bearer TOKEN\"}})"
                ),
            ),
            ("JDBC", format!("jdbc:arrow-flight-sql://{address}?useEncryption=false&token=TOKEN")),
        ],
        _ => Vec::new(),
    };
    let named = |(tool, line): (&str, String)| {
        let name = format!("{tool}:");
        format!("{name:<8} {line}")
    };
    lines.into_iter().map(named).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn face(name: &str, open: bool, error: Option<&str>) -> FaceStatus {
        let address = "127.0.0.1:7414".to_owned();
        FaceStatus { face: name.to_owned(), address, open, error: error.map(str::to_owned) }
    }

    fn told(up: bool, faces: Vec<FaceStatus>) -> String {
        FacesReply { up, faces, token_file: PathBuf::from("/data/faces.token"), token: None }.human()
    }

    #[test]
    fn what_is_off_is_said_with_how_to_switch_it_on() {
        let text = told(false, Vec::new());
        assert!(text.starts_with("no node is up, so nothing is open: dataforge up"), "{text}");
        assert!(text.contains("\n\nno face is set"), "{text}");
        for (name, ..) in ALL {
            assert!(text.contains(&format!("dataforge config set faces.{name} 127.0.0.1:")), "{text}");
        }
        assert!(!text.contains("faces.token"), "nobody needs it yet");
    }

    #[test]
    fn an_open_face_is_told_with_lines_to_copy_and_the_token_is_not() {
        let text = told(true, vec![face("http", true, None), face("flight", false, Some("the port\u{1b} is taken"))]);
        assert!(
            text.starts_with("http at 127.0.0.1:7414\n  curl:    curl -G -H \"Authorization: Bearer $(data"),
            "{text}"
        );
        assert!(text.contains("flight is not open: the port\u{fffd} is taken\n\n"), "{text}");
        assert!(text.contains("faces.postgres 127.0.0.1:7416") && !text.contains("config set faces.http"), "{text}");
        assert!(text.contains("/data/faces.token") && !text.contains("ADBC:"), "{text}");
    }

    #[test]
    fn for_programs_the_token_is_there_when_it_is_asked_for() {
        let reply = |token: Option<&str>| FacesReply {
            up: true,
            faces: vec![face("http", true, None)],
            token_file: PathBuf::from("/data/faces.token"),
            token: token.map(str::to_owned),
        };
        let json = serde_json::to_value(reply(None)).unwrap();
        let open = serde_json::json!({ "face": "http", "address": "127.0.0.1:7414", "open": true });
        assert_eq!(json["reply"], "faces");
        assert_eq!(json["faces"][0], open);
        assert_eq!(json.get("token"), None);
        assert_eq!(serde_json::to_value(reply(Some("ab"))).unwrap()["token"], "ab");
        assert_eq!(reply(Some("ab")).human(), "ab");
    }
}
