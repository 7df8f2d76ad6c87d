//! Where the faces of a node are open, told in its data directory to programs of the same user.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;

use super::Face;
use crate::api::{ApiError, ErrorKind};
use crate::directory::{storage, write_atomically};
use crate::node::Node;

/// The file that says where the faces are open, in the data directory: a JSON object with `http`, `postgres`
/// and `flight`, each `HOST:PORT`. It is there while one is open.
const PLACES_FILE: &str = "faces.json";

impl Node {
    /// Writes where faces are open, for programs of this user that look for this node.
    pub(crate) fn tell_faces(&self) {
        if let Err(error) = write_places(self.directory(), &self.faces()) {
            tracing::warn!("programs do not find where this node is open: {error}");
        }
    }
}

fn write_places(dir: &Path, faces: &BTreeMap<Face, Result<SocketAddr, String>>) -> Result<(), ApiError> {
    let open = faces.iter().filter_map(|(face, opened)| Some((face.as_str(), opened.as_ref().ok()?.to_string())));
    let open: BTreeMap<_, _> = open.collect();
    if open.is_empty() {
        return forget_places(dir);
    }
    let text = serde_json::to_string(&open).map_err(|error| ApiError::from_error(ErrorKind::Internal, &error))?;
    write_atomically(&dir.join(PLACES_FILE), text.as_bytes(), true)
}

/// Takes away what says where the faces of a data directory are open: none is.
///
/// # Errors
/// `Storage`.
pub(crate) fn forget_places(dir: &Path) -> Result<(), ApiError> {
    let path = dir.join(PLACES_FILE);
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(storage("cannot remove", &path, &error)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_told_while_a_face_is_open() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(PLACES_FILE);
        let at: SocketAddr = "127.0.0.1:7413".parse().unwrap();
        let mut faces = BTreeMap::from([(Face::Http, Ok(at)), (Face::Flight, Err("taken".to_owned()))]);
        write_places(dir.path(), &faces).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "{\"http\":\"127.0.0.1:7413\"}");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        faces.insert(Face::Http, Err("closed".to_owned()));
        write_places(dir.path(), &faces).unwrap();
        assert!(!path.exists());
        forget_places(dir.path()).unwrap();
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_node_that_ends_leaves_no_places_and_one_that_starts_believes_none() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(PLACES_FILE);
        std::fs::create_dir_all(dir.path()).unwrap();
        std::fs::write(&path, "{\"http\":\"127.0.0.1:1\"}").unwrap();
        let node = Node::open(dir.path()).await.unwrap();
        assert!(!path.exists(), "it was left by one that was killed");
        node.note_face(Face::Postgres, Ok("127.0.0.1:5433".parse().unwrap()));
        assert!(std::fs::read_to_string(&path).unwrap().contains("\"postgres\":\"127.0.0.1:5433\""));
        node.close().await;
        assert!(!path.exists());
    }
}
