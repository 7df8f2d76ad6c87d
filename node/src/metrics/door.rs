//! Answers `GET /metrics` in HTTP/1.1, and nothing else.
//!
//! One request a connection, with a bound on its bytes, its time and how many are answered at once.
//! A page in a browser on this machine can make it send requests here, so the host must be named as
//! a loopback one (a name that was pointed here is not) and the token must be shown in a header.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::gather::gather;
use super::text;
use crate::api::ApiError;
use crate::node::WeakNode;

/// Bytes of a request.
const MAX_REQUEST: usize = 8 << 10;
/// How long a request may take to come, and as long again an answer to go.
const PATIENCE: Duration = Duration::from_secs(2);
/// Connections that are answered at a time; others wait.
const MAX_CONNECTIONS: usize = 16;
/// Pause after a connection could not be accepted, for want of file descriptors for instance.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);
/// The one thing there is.
const PATH: &str = "/metrics";

/// An answer: its status with a word, a header of its own, and its text.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Answer {
    status: &'static str,
    header: &'static str,
    body: String,
}

impl Answer {
    fn refusal(status: &'static str, header: &'static str, body: &str) -> Self {
        Self { status, header, body: format!("{body}\n") }
    }

    fn to_bytes(&self) -> Vec<u8> {
        let Self { status, header, body } = self;
        let length = body.len();
        format!(
            "HTTP/1.1 {status}\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\nContent-Length: {length}\r\n\
             Cache-Control: no-store\r\nConnection: close\r\n{header}\r\n{body}"
        )
        .into_bytes()
    }
}

/// Answers until the node is gone.
pub(super) async fn serve(listener: TcpListener, token: String, node: WeakNode) {
    let (slots, token) = (Arc::new(Semaphore::new(MAX_CONNECTIONS)), Arc::new(token));
    let mut answering = JoinSet::new();
    while let Ok(slot) = Arc::clone(&slots).acquire_owned().await {
        while answering.try_join_next().is_some() {}
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::debug!("nobody could be let in to the metrics: {error}");
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let (token, node) = (Arc::clone(&token), node.clone());
        answering.spawn(async move {
            let render = || async {
                let node = node.get()?;
                Ok::<_, ApiError>(text::write(&gather(&node).await?))
            };
            if let Err(error) = attend(stream, &token, render).await {
                tracing::debug!("metrics were not given: {error}");
            }
            drop(slot);
        });
    }
}

/// Reads one request and answers it.
async fn attend<R: Future<Output = Result<String, ApiError>>>(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    token: &str,
    render: impl FnOnce() -> R,
) -> std::io::Result<()> {
    let answer = match timeout(PATIENCE, read_head(&mut stream)).await {
        Err(_elapsed) => Answer::refusal("408 Request Timeout", "", "the request took too long"),
        Ok(Err(error)) => return Err(error),
        Ok(Ok(None)) => {
            Answer::refusal("431 Request Header Fields Too Large", "", "the request is longer than 8 KiB")
        }
        Ok(Ok(Some(head))) => match judge(&head, token) {
            Err(refusal) => refusal,
            Ok(()) => match render().await {
                Ok(body) => Answer { status: "200 OK", header: "", body },
                Err(error) => Answer::refusal("503 Service Unavailable", "", &error.message),
            },
        },
    };
    let send = async {
        stream.write_all(&answer.to_bytes()).await?;
        stream.shutdown().await?;
        // What is left unread when a connection closes may take the answer with it.
        let mut rest = [0; 1024];
        for _ in 0..MAX_REQUEST / 64 {
            if stream.read(&mut rest).await? == 0 {
                break;
            }
        }
        Ok(())
    };
    timeout(PATIENCE, send).await.unwrap_or(Ok(()))
}

/// Reads up to the empty line that ends the headers; none when that does not come in time.
async fn read_head(stream: &mut (impl AsyncRead + Unpin)) -> std::io::Result<Option<Vec<u8>>> {
    let mut head = Vec::new();
    let mut part = [0; 1024];
    loop {
        let read = stream.read(&mut part).await?;
        if read == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        head.extend_from_slice(&part[..read]);
        if let Some(end) = head.windows(4).position(|four| four == b"\r\n\r\n") {
            head.truncate(end);
            return Ok((head.len() <= MAX_REQUEST).then_some(head));
        }
        if head.len() > MAX_REQUEST {
            return Ok(None);
        }
    }
}

/// Whether a request may be answered.
fn judge(head: &[u8], token: &str) -> Result<(), Answer> {
    let malformed = || Answer::refusal("400 Bad Request", "", "this is no HTTP/1.1 request");
    let head = std::str::from_utf8(head).map_err(|_error| malformed())?;
    let mut lines = head.split("\r\n");
    let mut words = lines.next().unwrap_or_default().split(' ');
    let (Some(method), Some(target), Some(version), None) = (words.next(), words.next(), words.next(), words.next())
    else {
        return Err(malformed());
    };
    if !matches!(version, "HTTP/1.1" | "HTTP/1.0") {
        return Err(malformed());
    }
    let (mut host, mut shown) = (Vec::new(), Vec::new());
    for line in lines {
        let (name, value) = line.split_once(':').ok_or_else(malformed)?;
        match name.to_ascii_lowercase().as_str() {
            "host" => host.push(value.trim()),
            "authorization" => shown.push(value.trim()),
            _ => {}
        }
    }
    if !matches!(host.as_slice(), [host] if is_loopback(host)) {
        let body = "metrics are given on this machine only: ask for 127.0.0.1 or localhost";
        return Err(Answer::refusal("421 Misdirected Request", "", body));
    }
    let is_shown = matches!(shown.as_slice(), [shown] if is_bearer(shown, token));
    if !is_shown {
        let body = "show the token that is in metrics.token in the data directory, as Authorization: Bearer TOKEN";
        return Err(Answer::refusal("401 Unauthorized", "WWW-Authenticate: Bearer\r\n", body));
    }
    if target != PATH {
        return Err(Answer::refusal("404 Not Found", "", "there is /metrics and nothing else"));
    }
    if method != "GET" {
        return Err(Answer::refusal("405 Method Not Allowed", "Allow: GET\r\n", "there is GET and nothing else"));
    }
    Ok(())
}

/// Whether the token is shown. Hashes are compared in a time that does not tell how much of it is right.
fn is_bearer(value: &str, token: &str) -> bool {
    let Some((scheme, shown)) = value.split_once(' ') else { return false };
    scheme.eq_ignore_ascii_case("bearer") && blake3::hash(shown.trim().as_bytes()) == blake3::hash(token.as_bytes())
}

/// Whether a host, with a port or without, is this machine by an address or name that nobody else can
/// point elsewhere.
fn is_loopback(host: &str) -> bool {
    let name = match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((name, port)) if port.is_empty() || is_port(port) => name,
        Some(_) => return false,
        None => match host.split_once(':') {
            Some((name, port)) if is_port(&format!(":{port}")) => name,
            Some(_) => return false,
            None => host,
        },
    };
    name.eq_ignore_ascii_case("localhost") || name.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

fn is_port(text: &str) -> bool {
    text.strip_prefix(':').is_some_and(|digits| digits.parse::<u16>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "0123456789abcdef";

    fn status(lines: &[&str]) -> &'static str {
        match judge(lines.join("\r\n").as_bytes(), TOKEN) {
            Ok(()) => "200",
            Err(answer) => &answer.status[..3],
        }
    }

    #[test]
    fn only_the_one_request_with_the_token_is_answered() {
        let (get, host, auth) = ("GET /metrics HTTP/1.1", "Host: localhost:7412", "Authorization: Bearer 0123456789abcdef");
        assert_eq!(status(&[get, host, auth]), "200");
        assert_eq!(status(&[get, "HOST: [::1]:1", "x: y", "authorization: bearer 0123456789abcdef"]), "200");
        assert_eq!(status(&[get, host]), "401");
        assert_eq!(status(&[get, host, "Authorization: Bearer 0123456789abcdee"]), "401");
        assert_eq!(status(&[get, host, "Authorization: Basic 0123456789abcdef"]), "401");
        assert_eq!(status(&[get, host, auth, auth]), "401", "which of two is meant");
        for host in ["Host: field.example", "Host: 10.0.0.1:7412", "Host: localhost.example", "Host: [::1]x", "x: y"] {
            assert_eq!(status(&[get, host, auth]), "421", "{host}");
        }
        assert_eq!(status(&[get, host, host, auth]), "421");
        assert_eq!(status(&["POST /metrics HTTP/1.1", host, auth]), "405");
        assert_eq!(status(&["GET / HTTP/1.1", host, auth]), "404");
        assert_eq!(status(&["GET / HTTP/1.1", host]), "401", "what there is is not told without the token");
        for first in ["", "GET /metrics", "GET /metrics HTTP/2", "GET  /metrics HTTP/1.1", "\u{1}"] {
            assert_eq!(status(&[first, host, auth]), "400", "{first:?}");
        }
        assert_eq!(status(&[get, "no colon", host, auth]), "400");
    }

    async fn answer_to(request: &[u8]) -> String {
        let (mut client, server) = tokio::io::duplex(64 << 10);
        let render = || async { Ok("up 1\n".to_owned()) };
        let attend = attend(server, TOKEN, render);
        let ask = async {
            client.write_all(request).await.unwrap();
            let mut answer = String::new();
            client.read_to_string(&mut answer).await.unwrap();
            drop(client);
            answer
        };
        tokio::join!(attend, ask).1
    }

    #[tokio::test(start_paused = true)]
    async fn answers_are_whole_and_requests_bounded() {
        let request = format!("GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {TOKEN}\r\n\r\n");
        let answer = answer_to(request.as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("\r\n\r\nup 1\n"), "{answer}");
        assert!(answer.contains("\r\nContent-Length: 5\r\n"), "{answer}");
        let long = [b"GET /metrics HTTP/1.1\r\nx: ".as_slice(), &[b'a'; MAX_REQUEST]].concat();
        assert!(answer_to(&long).await.starts_with("HTTP/1.1 431 "));
        assert!(answer_to(b"GET /metrics HTTP/1.1\r\n").await.starts_with("HTTP/1.1 408 "), "it does not end");
    }
}
