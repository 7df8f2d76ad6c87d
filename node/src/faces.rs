//! Which faces other tools may connect by, and what came of opening them. They themselves are a crate of
//! their own, beside the node.

mod places;
mod runs;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

pub(crate) use self::places::forget_places;
pub use self::runs::RunTable;
use crate::api::{ApiError, Event, FaceStatus};
use crate::loopback::token;
use crate::node::Node;

/// The file with the token of all faces, in the data directory.
const TOKEN_FILE: &str = "faces.token";

/// A way in which other tools connect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Face {
    /// HTTP.
    Http,
    /// The language of PostgreSQL.
    Postgres,
    /// Arrow Flight SQL.
    Flight,
}

impl Face {
    /// Returns its name in the settings.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Postgres => "postgres",
            Self::Flight => "flight",
        }
    }
}

/// Returns the file with the token that opens the faces of a data directory.
#[must_use]
pub fn face_token_file(dir: &Path) -> PathBuf {
    dir.join(TOKEN_FILE)
}

/// Returns the token that opens the faces of a data directory, making it when there is none.
///
/// # Errors
/// `Storage` when it can be neither read nor written.
pub fn face_token(dir: &Path) -> Result<String, ApiError> {
    token(dir, TOKEN_FILE)
}

impl Node {
    /// Returns the faces that the settings ask for, each with the address it listens on.
    #[must_use]
    pub fn face_settings(&self) -> Vec<(Face, SocketAddr)> {
        let faces = self.config().faces;
        let all = [(Face::Http, faces.http), (Face::Postgres, faces.postgres), (Face::Flight, faces.flight)];
        all.into_iter().filter_map(|(face, address)| Some((face, address.0?))).collect()
    }

    /// Returns the token that opens them, making it when there is none.
    ///
    /// # Errors
    /// `Storage` when it can be neither read nor written.
    pub fn face_token(&self) -> Result<String, ApiError> {
        face_token(self.directory())
    }

    /// Returns what is configured, and what came of it.
    pub(crate) fn face_states(&self) -> Vec<FaceStatus> {
        let opened = self.faces();
        let state = |(face, address): (Face, SocketAddr)| {
            let (address, open, error) = match opened.get(&face) {
                Some(Ok(at)) => (*at, true, None),
                Some(Err(why)) => (address, false, Some(why.clone())),
                None => (address, false, None),
            };
            FaceStatus { face: face.as_str().to_owned(), address: address.to_string(), open, error }
        };
        self.face_settings().into_iter().map(state).collect()
    }

    /// Notes at which address a face is open, or why it is not.
    pub fn note_face(&self, face: Face, opened: Result<SocketAddr, ApiError>) {
        match &opened {
            Ok(at) => tracing::info!("{} is given at {at}", face.as_str()),
            Err(error) => {
                tracing::warn!("{error}");
                self.emit(Event::Notice { message: error.message.clone() });
            }
        }
        self.set_face(face, opened.map_err(|error| error.message));
        self.tell_faces();
    }
}
