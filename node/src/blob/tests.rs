//! Blobs survive what the crate below does not.

use dataforge_protocol::entry::BlobRef;
use dataforge_protocol::wire::BLOBS_ALPN;
use iroh::endpoint::{Connection, presets};
use iroh::{Endpoint, RelayMode};

use super::{BlobServer, Blobs, Bytes};

async fn endpoint() -> Endpoint {
    let builder = Endpoint::builder(presets::Minimal).relay_mode(RelayMode::Disabled).alpns(vec![BLOBS_ALPN.to_vec()]);
    builder.clear_ip_transports().bind_addr("127.0.0.1:0").unwrap().bind().await.unwrap()
}

/// A connection to a node that serves `blobs` to everybody, or nobody.
async fn connect_to(blobs: Blobs, serve: bool) -> (Endpoint, Endpoint, Connection) {
    let (server, client) = (endpoint().await, endpoint().await);
    let listening = server.clone();
    tokio::spawn(async move {
        while let Some(incoming) = listening.accept().await {
            let connection = incoming.await.unwrap();
            let server = BlobServer::new(blobs.clone(), std::sync::Arc::new(move |_, _| serve));
            tokio::spawn(async move { server.serve(connection).await });
        }
    });
    let connection = client.connect(server.addr(), BLOBS_ALPN).await.unwrap();
    (server, client, connection)
}

async fn store(dir: &tempfile::TempDir, bytes: &[Vec<u8>]) -> (Blobs, Vec<BlobRef>) {
    let blobs = Blobs::open(dir.path()).await.unwrap();
    let added = blobs.add(bytes.iter().cloned().map(Bytes::from).collect()).await.unwrap();
    (blobs, added.iter().map(|blob| BlobRef { hash: blob.hash, size: blob.size }).collect())
}

fn contents() -> Vec<Vec<u8>> {
    [0_usize, 1, 1000, 20_000, 300_000].iter().map(|size| (0..*size).map(|at| (at % 251) as u8).collect()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn added_blobs_are_files_that_read_back() {
    let dir = tempfile::tempdir().unwrap();
    let (blobs, refs) = store(&dir, &contents()).await;
    for (blob, bytes) in refs.iter().zip(contents()) {
        assert!(blobs.is_whole(&blob.hash, blob.size));
        assert_eq!(blobs.read_all(&blob.hash).unwrap(), bytes);
        let middle = blob.size / 3..blob.size / 2;
        assert_eq!(blobs.read(&blob.hash, middle.clone()).unwrap(), bytes[middle.start as usize..middle.end as usize]);
    }
    assert!(blobs.read(&refs[2].hash, 900..1100).is_err(), "past the end");
    blobs.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn blob_emptied_by_a_cut_is_healed_by_the_next_fetch() {
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (source, refs) = store(&there, &contents()).await;
    let (damaged, _) = store(&here, &contents()).await;
    for blob in refs.iter().filter(|blob| blob.size > 0) {
        std::fs::write(damaged.path(&blob.hash), b"").unwrap();
    }
    let (_server, _client, connection) = connect_to(source, true).await;
    let mut fetched = Vec::new();
    for blob in &refs {
        fetched.push(damaged.fetch(&connection, blob).await.unwrap());
    }
    assert!(!damaged.is_whole(&refs[4].hash, refs[4].size), "the store believes that it is whole");
    let durable = damaged.settle(&connection, fetched).await.unwrap();
    assert_eq!(durable.len(), refs.len());
    assert!(refs.iter().all(|blob| damaged.is_whole(&blob.hash, blob.size)));
}

#[tokio::test(flavor = "multi_thread")]
async fn peer_that_may_not_read_gets_what_a_missing_blob_gives() {
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (source, refs) = store(&there, &contents()).await;
    let (blobs, _) = store(&here, &[]).await;
    let (_server, _client, connection) = connect_to(source, false).await;
    let held = blobs.fetch(&connection, &refs[4]).await.unwrap_err();
    let missing = BlobRef { hash: dataforge_protocol::id::BlobHash([9; 32]), size: 5 };
    let absent = blobs.fetch(&connection, &missing).await.unwrap_err();
    let without_name = |text: &str| text.split_once(": ").map(|(_, rest)| rest.to_owned());
    assert_eq!(without_name(&held.message), without_name(&absent.message));
}
