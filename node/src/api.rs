//! The one door: typed requests, replies, events and errors.
//!
//! The command line, the desktop and the local socket use nothing else. Every type is JSON through
//! serde; `docs/cli.md` documents the shapes, [`API_VERSION`] counts breaking changes.

mod error;
mod reply;
mod request;

pub use self::error::{ApiError, ErrorKind};
pub use self::reply::*;
pub use self::request::*;

/// Version of the request, reply and event shapes.
pub const API_VERSION: u32 = 1;
