//! Who may call: the one check in front of every call.
//!
//! A page in a browser must not reach the face even if it knew the token: what names another machine
//! (DNS rebinding) or comes from a page (`Origin`) is refused before the token is looked at.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, HOST, ORIGIN};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, Uri};
use axum::middleware::Next;
use axum::response::Response;
use data_encoding::BASE64_NOPAD;
use tonic::Status;

use super::connection::Known;
use crate::shared::Shared;

/// Port of an address that names none.
const DEFAULT_PORT: u16 = 80;

/// What the check needs.
#[derive(Debug)]
pub(super) struct Guard {
    shared: Arc<Shared>,
    port: u16,
}

/// Lets a call on, or answers it with what is wrong.
pub(super) async fn check(State(guard): State<Arc<Guard>>, request: Request, next: Next) -> Response {
    let admitted = guard.admit(request.uri(), request.headers());
    match admitted {
        Ok(()) => {
            if let Some(known) = request.extensions().get::<Known>() {
                known.note();
            }
            next.run(request).await
        }
        Err(status) => status.into_http(),
    }
}

impl Guard {
    pub(super) const fn new(shared: Arc<Shared>, port: u16) -> Self {
        Self { shared, port }
    }

    fn admit(&self, uri: &Uri, headers: &HeaderMap) -> Result<(), Status> {
        if headers.contains_key(ORIGIN) {
            return Err(Status::permission_denied("pages in a browser may not call: there is an origin header"));
        }
        let host = headers.get(HOST).map(|host| host.to_str().unwrap_or_default());
        if let Some(named) = uri.authority().map(Authority::as_str).or(host)
            && !names_this(named, self.port)
        {
            return Err(Status::permission_denied(format!(
                "the call is for {named:?}: use 127.0.0.1:{port}, localhost:{port} or [::1]:{port}",
                port = self.port
            )));
        }
        let shown = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        match shown {
            None => Err(Status::unauthenticated(
                "a token is needed: send authorization: Bearer TOKEN, or any user name with the token as password; \
                 it is in the file faces.token of the data directory",
            )),
            Some(shown) if credential(shown).is_some_and(|token| self.shared.admits(&token)) => Ok(()),
            Some(_) => Err(Status::unauthenticated(
                "this is not the token; it is in the file faces.token of the data directory",
            )),
        }
    }
}

/// Whether an authority is this machine by a name that no server of names can give to another.
fn names_this(authority: &str, port: u16) -> bool {
    let Ok(authority) = authority.parse::<Authority>() else {
        return false;
    };
    if authority.as_str().contains('@') || authority.port_u16().unwrap_or(DEFAULT_PORT) != port {
        return false;
    }
    let host = authority.host();
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    bare.eq_ignore_ascii_case("localhost") || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Returns the token in a header: that of a bearer, or the password of anybody.
fn credential(header: &str) -> Option<String> {
    let (scheme, rest) = header.split_once(' ')?;
    let rest = rest.trim();
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(rest.to_owned());
    }
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    // ADBC sends it without padding, the others with it.
    let decoded = BASE64_NOPAD.decode(rest.trim_end_matches('=').as_bytes()).ok()?;
    let text = String::from_utf8(decoded).ok()?;
    let (_user, password) = text.split_once(':')?;
    Some(password.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_this_machine_with_this_port_will_do() {
        for own in ["127.0.0.1:7415", "localhost:7415", "LOCALHOST:7415", "[::1]:7415", "127.8.8.8:7415"] {
            assert!(names_this(own, 7415), "{own}");
        }
        for other in [
            "127.0.0.1:7416",
            "127.0.0.1",
            "evil.example:7415",
            "localhost.evil.example:7415",
            "127.0.0.1.evil.example:7415",
            "10.0.0.1:7415",
            "127.0.0.1@evil.example:7415",
            "evil.example@127.0.0.1:7415",
            "[::2]:7415",
            "",
            ":7415",
        ] {
            assert!(!names_this(other, 7415), "{other}");
        }
    }

    #[test]
    fn a_token_comes_as_bearer_or_as_password() {
        assert_eq!(credential("Bearer abc").as_deref(), Some("abc"));
        assert_eq!(credential("bearer abc").as_deref(), Some("abc"));
        // user:abc, with padding and without.
        assert_eq!(credential("Basic dXNlcjphYmM=").as_deref(), Some("abc"));
        assert_eq!(credential("Basic dXNlcjphYmM").as_deref(), Some("abc"));
        for wrong in ["abc", "Bearer", "Basic !!!!", "Basic YWJj", "Digest abc", ""] {
            assert_eq!(credential(wrong), None, "{wrong}");
        }
    }
}
