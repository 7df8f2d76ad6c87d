//! How a command fails, and what is said about it.

use std::io::{ErrorKind as IoKind, Write as _};
use std::path::Path;
use std::process::ExitCode;

use dataforge_node::api::{ApiError, ErrorKind};
use serde_json::json;

use crate::output::{clean, escaped};

/// Exit code after Ctrl-C, as shells have it: 128 and the number of SIGINT.
const INTERRUPTED: u8 = 130;
/// Exit code when nobody reads the output any more: 128 and the number of SIGPIPE.
const OUTPUT_CLOSED: u8 = 141;

/// Why a command did not do all it was asked.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Something went wrong.
    Api(ApiError),
    /// The printed reply says already what is wrong.
    Reported(ErrorKind),
    /// Nobody reads the output any more.
    OutputClosed,
    /// Ctrl-C.
    Interrupted,
}

impl From<ApiError> for Failure {
    fn from(error: ApiError) -> Self {
        Self::Api(error)
    }
}

impl Failure {
    /// The failure to write a result.
    pub(crate) fn from_output(error: std::io::Error) -> Self {
        match error.kind() {
            IoKind::BrokenPipe => Self::OutputClosed,
            kind => {
                let failure = ApiError::new(ErrorKind::Storage, format!("the result cannot be written: {error}"));
                Self::Api(if kind == IoKind::StorageFull {
                    failure.hint("the disk is full: free some space")
                } else {
                    failure
                })
            }
        }
    }

    /// The failure to do something with a file.
    pub(crate) fn from_file(what: &str, path: &Path, error: &std::io::Error) -> Self {
        let failure = ApiError::new(ErrorKind::Storage, format!("cannot {what} {}: {error}", path.display()));
        Self::Api(match error.kind() {
            IoKind::StorageFull => failure.hint("the disk is full: free some space"),
            IoKind::NotFound => failure.hint("does its directory exist?"),
            IoKind::PermissionDenied => failure.hint("check who may write there"),
            _ => failure,
        })
    }

    /// A request that makes no sense, with what to do instead.
    pub(crate) fn usage(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Api(ApiError::new(ErrorKind::Usage, message).hint(hint))
    }

    /// Says what went wrong on standard error and returns the exit code.
    pub(crate) fn report(&self, json: bool) -> ExitCode {
        let code = match self {
            Self::Api(error) => {
                let text = if json { escaped(&json!({ "error": error }).to_string()) } else { text(error) };
                // A broken standard error leaves nobody to tell.
                drop(writeln!(std::io::stderr(), "{text}"));
                error.kind.exit_code()
            }
            Self::Reported(kind) => kind.exit_code(),
            Self::OutputClosed => OUTPUT_CLOSED,
            Self::Interrupted => INTERRUPTED,
        };
        ExitCode::from(code)
    }
}

fn text(error: &ApiError) -> String {
    let mut text = format!("error: {}", clean(&error.message));
    for cause in &error.causes {
        text.push_str(&format!("\n  because: {}", clean(cause)));
    }
    if let Some(hint) = &error.hint {
        text.push_str(&format!("\nhint: {}", clean(hint)));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_names_causes_and_what_to_do() {
        let mut error = ApiError::new(ErrorKind::Network, "no peer could be reached").hint("is it up?");
        error.causes.push("bob: \u{1b}[31mtimed out".into());
        assert_eq!(
            text(&error),
            "error: no peer could be reached\n  because: bob: \u{fffd}[31mtimed out\nhint: is it up?"
        );
    }

    #[test]
    fn a_closed_output_is_no_error_to_speak_of() {
        assert!(matches!(Failure::from_output(IoKind::BrokenPipe.into()), Failure::OutputClosed));
        assert!(
            matches!(Failure::from_output(IoKind::StorageFull.into()), Failure::Api(error) if error.hint.is_some())
        );
    }
}
