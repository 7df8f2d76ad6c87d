//! The one check of who may ask, in front of every handler, also of what does not exist.
//!
//! What it keeps out: other users of the machine, who do not have the token; pages in a browser, which
//! reach this machine too (by a name that was pointed here, or by a form or script of their own), and
//! whatever else sends a request without meaning this face. The token is shown in a header and nowhere
//! else: what a browser adds by itself, a cookie or what an address says, admits nobody.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{self, Request};
use axum::http::header::{self, HeaderName};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Version};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use dataforge_node::api::ErrorKind;

use super::State;
use super::body::media_type;
use super::problem::Problem;
use crate::shared::Shared;

/// Says that a request means to change something: no form and no simple script can send it.
const MEANT: &str = "x-dataforge";
/// Who made a browser ask.
const FETCH_SITE: &str = "sec-fetch-site";
/// The one path that takes a body and changes nothing.
const READS_BY_POST: &str = "/v1/sql";
/// What may be written.
const WRITTEN: [&str; 3] =
    ["application/json", "application/vnd.apache.parquet", "application/vnd.apache.arrow.stream"];
/// The port that is left out of addresses.
const HTTP_PORT: u16 = 80;

/// On every answer: nothing of it is shown as a page, guessed at, kept, or taken into other pages.
const CLOSED: [(&str, &str); 4] = [
    ("content-security-policy", "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"),
    ("x-content-type-options", "nosniff"),
    ("cache-control", "no-store"),
    ("cross-origin-resource-policy", "same-origin"),
];

/// Returns what clients may call a face that listens there.
pub(super) fn hosts(at: SocketAddr) -> Vec<String> {
    let port = at.port();
    let mut names = vec!["127.0.0.1".to_owned(), "[::1]".to_owned(), "localhost".to_owned()];
    let own = match at.ip() {
        std::net::IpAddr::V4(ip) => ip.to_string(),
        std::net::IpAddr::V6(ip) => format!("[{ip}]"),
    };
    if !names.contains(&own) {
        names.push(own);
    }
    let mut hosts: Vec<_> = names.iter().map(|name| format!("{name}:{port}")).collect();
    if port == HTTP_PORT {
        hosts.extend(names);
    }
    hosts
}

/// Passes on what may be answered.
pub(super) async fn guard(extract::State(state): extract::State<Arc<State>>, request: Request, next: Next) -> Response {
    let judged = judge(&request, &state);
    let mut response = match judged {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    };
    for (name, value) in CLOSED {
        response.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    response
}

/// Whether a request may be answered.
fn judge(request: &Request, state: &State) -> Result<(), Problem> {
    is_for_here(request, &state.hosts)?;
    let headers = request.headers();
    is_from_no_other_page(headers, &state.hosts)?;
    if request.version() != Version::HTTP_11 {
        // Without chunks a result that is cut off looks whole.
        return Err(Problem::new(
            StatusCode::HTTP_VERSION_NOT_SUPPORTED,
            ErrorKind::Usage,
            "only HTTP/1.1 is spoken here",
        ));
    }
    if request.method() == Method::OPTIONS {
        let problem = Problem::new(
            StatusCode::METHOD_NOT_ALLOWED,
            ErrorKind::Usage,
            "pages of others may not ask here, so there is nothing to ask for",
        );
        return Err(problem.header(header::ALLOW, HeaderValue::from_static("GET, HEAD, POST")));
    }
    if !shows_the_token(headers, &state.shared) {
        let problem = Problem::new(StatusCode::UNAUTHORIZED, ErrorKind::NotAllowed, "the token is missing or wrong")
            .hint("send it as Authorization: Bearer TOKEN; dataforge faces --token prints it");
        return Err(problem.header(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer")));
    }
    if writes(request) {
        is_meant(headers)?;
    }
    Ok(())
}

/// Whether it names this face: a page whose name was pointed here has its own name in `Host`.
fn is_for_here(request: &Request, hosts: &[String]) -> Result<(), Problem> {
    let is_own = |host: &str| hosts.iter().any(|own| own.eq_ignore_ascii_case(host));
    let mut named = request.headers().get_all(header::HOST).iter();
    let (Some(host), None) = (named.next(), named.next()) else {
        return Err(Problem::usage("a request has one Host header"));
    };
    let in_target = request.uri().authority();
    if host.to_str().is_ok_and(is_own) && in_target.is_none_or(|authority| is_own(authority.as_str())) {
        return Ok(());
    }
    let problem = Problem::new(StatusCode::FORBIDDEN, ErrorKind::NotAllowed, "this face goes by another name");
    Err(problem.hint(format!("ask {}", hosts.join(" or "))))
}

/// Whether no page of another origin had a browser send it.
fn is_from_no_other_page(headers: &HeaderMap, hosts: &[String]) -> Result<(), Problem> {
    let is_own = |origin: &HeaderValue| {
        let host = origin.to_str().ok().and_then(|origin| origin.strip_prefix("http://"));
        host.is_some_and(|host| hosts.iter().any(|own| own == host))
    };
    let is_near = |site: &HeaderValue| matches!(site.as_bytes(), b"same-origin" | b"none");
    let from_own = headers.get_all(header::ORIGIN).iter().all(is_own);
    if from_own && headers.get_all(FETCH_SITE).iter().all(is_near) {
        return Ok(());
    }
    Err(Problem::new(StatusCode::FORBIDDEN, ErrorKind::NotAllowed, "pages of others are not answered"))
}

fn shows_the_token(headers: &HeaderMap, shared: &Shared) -> bool {
    let mut shown = headers.get_all(header::AUTHORIZATION).iter();
    // Of two nobody knows which is meant.
    let (Some(shown), None) = (shown.next(), shown.next()) else { return false };
    let Some((scheme, token)) = shown.to_str().ok().and_then(|shown| shown.split_once(' ')) else { return false };
    scheme.eq_ignore_ascii_case("bearer") && shared.admits(token.trim())
}

/// Whether a request may change something.
fn writes(request: &Request) -> bool {
    !matches!(*request.method(), Method::GET | Method::HEAD) && request.uri().path() != READS_BY_POST
}

/// Whether what may change something says so, in a way that no form of a page can.
fn is_meant(headers: &HeaderMap) -> Result<(), Problem> {
    let mut meant = headers.get_all(MEANT).iter();
    if !matches!((meant.next().map(HeaderValue::as_bytes), meant.next()), (Some(b"1"), None)) {
        let message = "what changes something has to say so";
        return Err(Problem::new(StatusCode::FORBIDDEN, ErrorKind::NotAllowed, message).hint("send X-DataForge: 1"));
    }
    if media_type(headers).is_some_and(|sent| WRITTEN.contains(&sent.as_str())) {
        return Ok(());
    }
    let problem = Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, ErrorKind::Usage, "this is nothing to be written");
    Err(problem.hint(format!("send one of these as Content-Type: {}", WRITTEN.join(", "))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_face_goes_by_the_names_of_its_own_port_only() {
        let at = |text: &str| hosts(text.parse().unwrap());
        assert_eq!(at("127.0.0.1:7414"), ["127.0.0.1:7414", "[::1]:7414", "localhost:7414"]);
        assert_eq!(at("[::1]:9"), ["127.0.0.1:9", "[::1]:9", "localhost:9"]);
        assert_eq!(at("127.0.0.8:9").last().unwrap(), "127.0.0.8:9");
        assert!(at("127.0.0.1:80").contains(&"localhost".to_owned()), "clients leave this port out");
    }
}
