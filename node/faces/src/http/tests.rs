//! The face as clients meet it: real connections to a real node.

mod derived;
mod doors;
mod files;
mod lists;
mod slow;
mod sql;

use std::collections::BTreeMap;
use std::time::Duration;

use dataforge_node::api::ImportOptions;
use dataforge_node::ingest::sample::demo_files;
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use super::*;

/// The longest that anything is waited for.
const PATIENCE: Duration = Duration::from_secs(60);

/// A node with two wells, and its face.
struct Place {
    state: Arc<State>,
    at: SocketAddr,
    token: String,
    serving: JoinSet<()>,
    // Last, so that everything in it is closed before.
    dir: TempDir,
}

impl Place {
    async fn open() -> Self {
        Self::within(Limits::default()).await
    }

    async fn within(limits: Limits) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let node = Node::open(dir.path()).await.unwrap();
        let token = node.face_token().unwrap();
        let shared = Arc::new(Shared::new(node, token.clone()));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        let mut serving = JoinSet::new();
        serving.spawn(connection::accept(listener, app(at, Arc::clone(&shared)), limits));
        let state = Arc::new(State::new(at, shared));
        let place = Self { state, at, token, serving, dir };
        place.fill().await;
        place
    }

    async fn fill(&self) {
        let init = Request::Init { name: "Field".into(), person: Some("Ada".into()), device: Some("truck".into()) };
        self.state.ask(init).await.unwrap();
        let logs = self.dir.path().join("logs");
        std::fs::create_dir_all(&logs).unwrap();
        for (name, text) in demo_files() {
            std::fs::write(logs.join(name), text).unwrap();
        }
        let import = Request::Import { workspace: None, paths: vec![logs], options: ImportOptions::default() };
        let Reply::Import(summary) = self.state.ask(import).await.unwrap() else { panic!("a summary") };
        assert_eq!((summary.imported, summary.failed), (2, 0), "{summary:?}");
    }

    async fn close(mut self) {
        self.serving.shutdown().await;
        self.state.node().close().await;
    }

    fn host(&self) -> String {
        self.at.to_string()
    }

    fn bearer(&self) -> String {
        format!("Bearer {}", self.token)
    }

    /// Sends a request as a client does that may.
    async fn ask(&self, method: &str, target: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let (host, bearer) = (self.host(), self.bearer());
        let mut all = vec![("Host", host.as_str()), ("Authorization", bearer.as_str())];
        all.extend(headers);
        send(self.at, method, target, &all, body).await
    }

    async fn get(&self, target: &str) -> Answer {
        self.ask("GET", target, &[], &[]).await
    }

    async fn query(&self, sql: &str, format: &str) -> Answer {
        self.get(&format!("/v1/sql?q={}&format={format}", escaped(sql))).await
    }
}

/// What came back.
#[derive(Debug)]
struct Answer {
    status: u16,
    headers: BTreeMap<String, String>,
    body: Vec<u8>,
    /// Whether it came to its end, as far as HTTP can tell.
    is_whole: bool,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {:?}", self.text()))
    }

    /// Returns status and kind of a problem, which always says something.
    fn problem(&self) -> (u16, String) {
        let json = self.json();
        let error = &json["error"];
        assert!(error["message"].as_str().is_some_and(|message| !message.is_empty()), "{json}");
        assert_eq!(self.header("content-type"), "application/json");
        (self.status, error["kind"].as_str().unwrap().to_owned())
    }
}

/// Writes text so that an address can hold it.
fn escaped(text: &str) -> String {
    text.bytes()
        .map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

/// Returns a request that ends its connection.
fn request(method: &str, target: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut head = format!("{method} {target} HTTP/1.1\r\nConnection: close\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    if !body.is_empty() {
        head.push_str(&format!("Content-Length: {}\r\n", body.len()));
    }
    [head.as_bytes(), b"\r\n", body].concat()
}

async fn send(at: SocketAddr, method: &str, target: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
    exchange(at, method, &request(method, target, headers, body)).await
}

/// Sends bytes and reads to the end.
async fn exchange(at: SocketAddr, method: &str, request: &[u8]) -> Answer {
    let talk = async {
        let mut stream = TcpStream::connect(at).await.unwrap();
        // A server that has heard enough may close before all is written.
        drop(stream.write_all(request).await);
        let mut bytes = Vec::new();
        // A connection that breaks off ends the answer as well.
        drop(stream.read_to_end(&mut bytes).await);
        bytes
    };
    let bytes = tokio::time::timeout(PATIENCE, talk).await.expect("an answer in time");
    parsed(method, &bytes)
}

fn parsed(method: &str, bytes: &[u8]) -> Answer {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n");
    let end = end.unwrap_or_else(|| panic!("no head: {:?}", String::from_utf8_lossy(bytes)));
    let head = std::str::from_utf8(&bytes[..end]).unwrap();
    let mut lines = head.split("\r\n");
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let headers: BTreeMap<_, _> = lines
        .map(|line| line.split_once(':').unwrap())
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let rest = &bytes[end + 4..];
    let (body, is_whole) = if method == "HEAD" || status == 304 {
        (rest.to_vec(), rest.is_empty())
    } else if headers.get("transfer-encoding").is_some_and(|coding| coding == "chunked") {
        unchunked(rest)
    } else {
        let length: usize = headers.get("content-length").map_or(0, |length| length.parse().unwrap());
        (rest.to_vec(), rest.len() == length)
    };
    Answer { status, headers, body, is_whole }
}

/// Returns what chunks hold, and whether the last one came.
fn unchunked(mut rest: &[u8]) -> (Vec<u8>, bool) {
    let mut body = Vec::new();
    loop {
        let Some(line) = rest.windows(2).position(|two| two == b"\r\n") else { return (body, false) };
        let size = usize::from_str_radix(std::str::from_utf8(&rest[..line]).unwrap(), 16).unwrap();
        rest = &rest[line + 2..];
        if size == 0 {
            return (body, rest == b"\r\n");
        }
        if rest.len() < size + 2 {
            body.extend_from_slice(&rest[..size.min(rest.len())]);
            return (body, false);
        }
        body.extend_from_slice(&rest[..size]);
        rest = &rest[size + 2..];
    }
}
