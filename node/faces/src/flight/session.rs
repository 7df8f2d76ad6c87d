//! Which workspace a call is about: its header `database`, or what its session was told.
//!
//! A session is a cookie and the workspace that belongs to it. The messages of sessions are not among those
//! that `arrow-flight` has, so they stand here, after `Flight.proto`.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use data_encoding::HEXLOWER;
use prost::Message as _;
use tonic::metadata::{AsciiMetadataValue, MetadataMap};
use tonic::{Response, Status};

use super::held::Held;
use super::status;

/// The cookie that all drivers of Arrow use for it.
const COOKIE: &str = "arrow_flight_session_id";

/// Headers that name a workspace, the first one first.
const HEADERS: [&str; 2] = ["database", "workspace"];

/// What a session was told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Session {
    /// Name or id of the workspace; the only one when none.
    pub(super) workspace: Option<String>,
}

/// All sessions.
#[derive(Debug)]
pub(super) struct Sessions(Held<Session>);

impl Sessions {
    pub(super) const fn new(most: usize, keep: Duration) -> Self {
        Self(Held::new(most, keep))
    }

    /// Returns the workspace that a call is about; none for the only one.
    pub(super) fn workspace(&self, headers: &MetadataMap) -> Option<String> {
        let named = HEADERS.iter().find_map(|header| headers.get(*header)?.to_str().ok());
        match named {
            Some(name) if !name.is_empty() => Some(name.to_owned()),
            _ => self.0.get(&cookie(headers)?)?.workspace,
        }
    }

    /// Keeps what a session was told, making one when the call belongs to none.
    pub(super) fn tell<T>(
        &self,
        headers: &MetadataMap,
        session: Session,
        mut answer: Response<T>,
    ) -> Result<Response<T>, Status> {
        if let Some(id) = cookie(headers)
            && self.0.replace(&id, session.clone())
        {
            return Ok(answer);
        }
        let id = self.0.put(session)?;
        set_cookie(&mut answer, &HEXLOWER.encode(&id), "")?;
        Ok(answer)
    }

    /// Ends the session of a call, if it has one.
    pub(super) fn close<T>(&self, headers: &MetadataMap, mut answer: Response<T>) -> Result<Response<T>, Status> {
        if let Some(id) = cookie(headers) {
            self.0.remove(&id);
            set_cookie(&mut answer, "", "; Max-Age=0")?;
        }
        Ok(answer)
    }
}

fn set_cookie<T>(answer: &mut Response<T>, value: &str, rest: &str) -> Result<(), Status> {
    let cookie =
        format!("{COOKIE}={value}{rest}").parse::<AsciiMetadataValue>().map_err(|error| status::internal(&error))?;
    answer.metadata_mut().insert("set-cookie", cookie);
    Ok(())
}

/// Returns the id in the cookie of a call.
fn cookie(headers: &MetadataMap) -> Option<Bytes> {
    let cookies = headers.get_all("cookie").iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let (_name, value) = pairs.find(|(name, _)| *name == COOKIE)?;
    HEXLOWER.decode(value.trim_matches('"').as_bytes()).ok().map(Bytes::from)
}

/// A value of an option.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct SessionOptionValue {
    /// None takes it back.
    #[prost(oneof = "OptionValue", tags = "1, 2, 3, 4, 5")]
    pub(super) option_value: Option<OptionValue>,
}

impl From<String> for SessionOptionValue {
    fn from(text: String) -> Self {
        Self { option_value: Some(OptionValue::String(text)) }
    }
}

/// The kinds of values.
#[derive(Clone, PartialEq, prost::Oneof)]
pub(super) enum OptionValue {
    #[prost(string, tag = "1")]
    String(String),
    #[prost(bool, tag = "2")]
    Bool(bool),
    #[prost(sfixed64, tag = "3")]
    Int64(i64),
    #[prost(double, tag = "4")]
    Double(f64),
    #[prost(message, tag = "5")]
    StringList(StringList),
}

/// A list of texts.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct StringList {
    #[prost(string, repeated, tag = "1")]
    pub(super) values: Vec<String>,
}

/// Asks to set options.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct SetSessionOptionsRequest {
    #[prost(btree_map = "string, message", tag = "1")]
    pub(super) session_options: BTreeMap<String, SessionOptionValue>,
}

/// Says which were not set.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct SetSessionOptionsResult {
    #[prost(btree_map = "string, message", tag = "1")]
    pub(super) errors: BTreeMap<String, SessionError>,
}

/// Why one was not set.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct SessionError {
    #[prost(int32, tag = "1")]
    pub(super) value: i32,
}

impl SessionError {
    /// There is no such option.
    pub(super) const INVALID_NAME: Self = Self { value: 1 };
    /// It cannot have this value.
    pub(super) const INVALID_VALUE: Self = Self { value: 2 };
}

/// Says which options are set.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct GetSessionOptionsResult {
    #[prost(btree_map = "string, message", tag = "1")]
    pub(super) session_options: BTreeMap<String, SessionOptionValue>,
}

/// Says that a session is closed.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct CloseSessionResult {
    #[prost(int32, tag = "1")]
    pub(super) status: i32,
}

impl CloseSessionResult {
    /// It is.
    pub(super) const CLOSED: Self = Self { status: 1 };
}

/// Reads what is asked to be set.
pub(super) fn asked(body: &[u8]) -> Result<BTreeMap<String, SessionOptionValue>, Status> {
    let request = SetSessionOptionsRequest::decode(body)
        .map_err(|error| Status::invalid_argument(format!("the session's options cannot be read: {error}")))?;
    Ok(request.session_options)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(3600);

    fn headers(pairs: &[(&'static str, &str)]) -> MetadataMap {
        let mut headers = MetadataMap::new();
        for (name, value) in pairs {
            headers.insert(*name, value.parse().unwrap());
        }
        headers
    }

    #[test]
    fn a_session_is_found_by_its_cookie_until_it_is_closed() {
        let sessions = Sessions::new(4, LONG);
        let north = Session { workspace: Some("north".to_owned()) };
        let answer = sessions.tell(&headers(&[]), north, Response::new(())).unwrap();
        let set = answer.metadata().get("set-cookie").unwrap().to_str().unwrap().to_owned();
        let with = headers(&[("cookie", &format!("other=1; {set}"))]);
        assert_eq!(sessions.workspace(&with).as_deref(), Some("north"));

        // The same session, told something else, keeps its cookie.
        let south = Session { workspace: Some("south".to_owned()) };
        let answer = sessions.tell(&with, south, Response::new(())).unwrap();
        assert!(answer.metadata().get("set-cookie").is_none());
        assert_eq!(sessions.workspace(&with).as_deref(), Some("south"));

        sessions.close(&with, Response::new(())).unwrap();
        assert_eq!(sessions.workspace(&with), None);
    }

    #[test]
    fn a_header_goes_before_the_session_and_an_unknown_cookie_is_none() {
        let sessions = Sessions::new(4, LONG);
        assert_eq!(sessions.workspace(&headers(&[("database", "east")])).as_deref(), Some("east"));
        assert_eq!(sessions.workspace(&headers(&[("workspace", "east")])).as_deref(), Some("east"));
        assert_eq!(sessions.workspace(&headers(&[("cookie", "arrow_flight_session_id=00ff")])), None);
        assert_eq!(sessions.workspace(&headers(&[("cookie", "arrow_flight_session_id=zz")])), None);
        assert_eq!(sessions.workspace(&headers(&[])), None);
    }

    #[test]
    fn options_are_read_as_other_programs_write_them() {
        // {"catalog": "a"} after Flight.proto, written by hand.
        let bytes = b"\x0a\x0e\x0a\x07catalog\x12\x03\x0a\x01a";
        let options = asked(bytes).unwrap();
        assert_eq!(options.get("catalog"), Some(&SessionOptionValue::from("a".to_owned())));
        assert_eq!(asked(b"\xff\xff").unwrap_err().code(), tonic::Code::InvalidArgument);
    }
}
