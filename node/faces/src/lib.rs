//! Faces: how other tools connect to a node on this machine.
//!
//! Three of them, each off until its address is set, each on a loopback address only, each behind the
//! same token and over the same read-only SQL ([`Node::ask`]):
//!
//! | setting | for |
//! |---|---|
//! | `faces.http` | spreadsheets, DuckDB, Polars, pandas, curl; and the Python package |
//! | `faces.postgres` | psql, DBeaver, and whatever speaks to PostgreSQL |
//! | `faces.flight` | Arrow Flight SQL: ADBC and its JDBC driver |
//!
//! They follow the settings: one that is set opens at once, and one that is taken away closes.

mod flight;
mod http;
mod postgres;
mod shared;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use dataforge_node::api::{ApiError, ErrorKind};
use dataforge_node::{Face, Node};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use self::shared::Shared;

/// The faces that are open; dropping it closes them.
#[derive(Debug, Default)]
pub struct Faces {
    /// Follows the settings, and holds what is open.
    following: JoinSet<()>,
}

impl Faces {
    /// Opens those that the settings ask for, and from then on follows the settings. A node syncs also where
    /// one cannot be opened, so that is said to whoever listens to the node, and not returned.
    pub async fn open(node: &Node) -> Self {
        let mut changes = node.settings_changes();
        let mut open = Open::default();
        open.follow(node).await;
        let (mut faces, node) = (Self::default(), node.clone());
        faces.following.spawn(async move {
            while changes.changed().await.is_ok() {
                open.follow(&node).await;
            }
        });
        faces
    }

    /// Closes them: nobody is let in or answered any more.
    pub async fn close(mut self) {
        self.following.shutdown().await;
    }
}

/// A face that is open or could not be opened.
#[derive(Debug)]
struct Opened {
    /// What the settings said.
    address: SocketAddr,
    /// Empty when it could not be.
    serving: JoinSet<()>,
}

/// What is open.
#[derive(Debug, Default)]
struct Open {
    faces: BTreeMap<Face, Opened>,
}

impl Open {
    /// Closes what the settings ask for no more, and opens what they ask for now. What could not be opened is
    /// tried again.
    async fn follow(&mut self, node: &Node) {
        let settings = node.face_settings();
        let stays =
            |face: &Face, opened: &Opened| !opened.serving.is_empty() && settings.contains(&(*face, opened.address));
        let closing: Vec<_> =
            self.faces.iter().filter(|(face, opened)| !stays(face, opened)).map(|(face, _)| *face).collect();
        for face in closing {
            if let Some(mut opened) = self.faces.remove(&face) {
                // To the end, so that its port is free for another one.
                opened.serving.shutdown().await;
            }
            node.forget_face(face);
        }
        for (face, address) in settings {
            if self.faces.contains_key(&face) {
                continue;
            }
            let mut serving = JoinSet::new();
            let opened = open_one(&mut serving, node, face, address).await;
            node.note_face(face, opened);
            self.faces.insert(face, Opened { address, serving });
        }
    }
}

async fn open_one(
    serving: &mut JoinSet<()>,
    node: &Node,
    face: Face,
    address: SocketAddr,
) -> Result<SocketAddr, ApiError> {
    let shared = Arc::new(Shared::new(node.clone(), node.face_token()?));
    let listener = TcpListener::bind(address).await.map_err(|error| {
        ApiError::new(ErrorKind::Network, format!("{} cannot be given at {address}: {error}", face.as_str()))
            .hint(format!("dataforge config set faces.{} 127.0.0.1:PORT chooses another port", face.as_str()))
    })?;
    let at = listener.local_addr().unwrap_or(address);
    match face {
        Face::Http => serving.spawn(http::serve(listener, at, shared)),
        Face::Postgres => serving.spawn(postgres::serve(listener, shared)),
        Face::Flight => serving.spawn(flight::serve(listener, shared)),
    };
    Ok(at)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use dataforge_node::api::{Reply, Request};
    use tokio::net::TcpStream;
    use tokio::sync::mpsc;

    use super::*;

    async fn set(node: &Node, key: &str, value: &str) {
        let (out, _outputs) = mpsc::channel(1);
        let request = Request::ConfigSet { key: key.to_owned(), value: value.to_owned() };
        assert!(matches!(node.call(request, out).await, Ok(Reply::Config { .. })));
    }

    /// Waits until faces are as wanted.
    async fn until(node: &Node, what: &str, is_so: impl Fn(&BTreeMap<Face, Result<SocketAddr, String>>) -> bool) {
        let wait = async {
            while !is_so(&node.faces()) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), wait)
            .await
            .unwrap_or_else(|_| panic!("{what}: {:?}", node.faces()));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_face_opens_closes_and_moves_with_its_setting() {
        let dir = tempfile::tempdir().unwrap();
        let node = Node::open(dir.path()).await.unwrap();
        let faces = Faces::open(&node).await;
        assert!(node.faces().is_empty(), "all are off until they are set");
        set(&node, "faces.http", "127.0.0.1:0").await;
        until(&node, "it opens", |faces| matches!(faces.get(&Face::Http), Some(Ok(_)))).await;
        let at = node.faces()[&Face::Http].clone().unwrap();
        TcpStream::connect(at).await.unwrap();
        // Another face does not touch it, and one whose port is taken says so.
        set(&node, "faces.postgres", &at.to_string()).await;
        until(&node, "it is refused", |faces| matches!(faces.get(&Face::Postgres), Some(Err(_)))).await;
        TcpStream::connect(at).await.unwrap();
        set(&node, "faces.postgres", "").await;
        set(&node, "faces.http", "").await;
        until(&node, "they close", BTreeMap::is_empty).await;
        TcpStream::connect(at).await.unwrap_err();
        // All close before their node does.
        set(&node, "faces.http", "127.0.0.1:0").await;
        until(&node, "it opens again", |faces| matches!(faces.get(&Face::Http), Some(Ok(_)))).await;
        let at = node.faces()[&Face::Http].clone().unwrap();
        faces.close().await;
        let closes = async { while TcpStream::connect(at).await.is_ok() {} };
        tokio::time::timeout(Duration::from_secs(20), closes).await.unwrap();
        node.close().await;
    }
}
