//! Errors as users see them: a kind that decides the exit code, a message, a hint.

use serde::{Deserialize, Serialize};

/// What kind of thing went wrong; see [`ErrorKind::exit_code`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorKind {
    /// The request makes no sense as it stands.
    Usage,
    /// Something named does not exist.
    NotFound,
    /// A file or text from outside is not what it should be.
    Input,
    /// The rules of the workspace do not allow it.
    NotAllowed,
    /// The data directory is in use by another process that does not answer.
    Busy,
    /// A peer cannot be reached or broke off.
    Network,
    /// The disk: full, missing, not writable.
    Storage,
    /// Stored data is damaged.
    Damaged,
    /// A query is refused or fails.
    Query,
    /// The device's key is sealed, and no passphrase or another one was given.
    Sealed,
    /// A bug.
    Internal,
}

impl ErrorKind {
    /// Returns the exit code of the program for this kind.
    #[must_use]
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::Internal => 1,
            Self::Usage => 2,
            Self::NotFound => 3,
            Self::Input => 4,
            Self::NotAllowed => 5,
            Self::Busy => 6,
            Self::Network => 7,
            Self::Storage => 8,
            Self::Damaged => 9,
            Self::Query => 10,
            Self::Sealed => 11,
        }
    }
}

/// An error with what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct ApiError {
    /// Kind.
    pub kind: ErrorKind,
    /// What happened: lower case, no full stop, with the path or value.
    pub message: String,
    /// What the user can do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// Deeper causes, outermost first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub causes: Vec<String>,
}

impl ApiError {
    /// Makes an error without a cause.
    #[must_use]
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), hint: None, causes: Vec::new() }
    }

    /// Makes an error from another one, whose own sources become causes.
    #[must_use]
    pub fn from_error(kind: ErrorKind, error: &dyn std::error::Error) -> Self {
        let mut causes = Vec::new();
        let mut source = error.source();
        while let Some(cause) = source {
            causes.push(cause.to_string());
            source = cause.source();
        }
        Self { kind, message: error.to_string(), hint: None, causes }
    }

    /// Adds what the user can do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}
