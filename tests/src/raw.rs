//! The stack without us: what benchmarks compare with, and what is in a data directory.

pub mod plain;

use std::path::Path;
use std::time::{Duration, Instant};

use dataforge_protocol::entry::SignedEntry;
use dataforge_protocol::key::Signature;
use iroh::endpoint::presets;
use iroh::protocol::Router;
use iroh::{Endpoint, RelayMode};
use iroh_blobs::store::fs::FsStore;
use iroh_blobs::{BlobsProtocol, Hash};
use rusqlite::Connection as Database;

/// Returns all entries of a data directory, in the order they were settled.
///
/// # Panics
/// When it is none.
#[must_use]
pub fn entries(dir: &Path) -> Vec<SignedEntry> {
    let database = Database::open(dir.join("node.db")).expect("a database");
    let mut statement = database
        .prepare("SELECT header, signature, body FROM entries WHERE outcome = 0 ORDER BY position")
        .expect("a table of entries");
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)));
    let entry = |row: rusqlite::Result<(Vec<u8>, Vec<u8>, Vec<u8>)>| {
        let (header, signature, body) = row.expect("a row");
        let signature = Signature::from_bytes(signature.as_slice().try_into().expect("64 bytes"));
        SignedEntry { header, signature, body }
    };
    rows.expect("rows").map(entry).collect()
}

/// Binds an endpoint to any port of loopback, without relays.
///
/// # Errors
/// Whatever iroh says.
pub async fn endpoint() -> Result<Endpoint, Box<dyn std::error::Error>> {
    let builder = Endpoint::builder(presets::Minimal).relay_mode(RelayMode::Disabled);
    Ok(builder.clear_ip_transports().bind_addr("127.0.0.1:0")?.bind().await?)
}

/// Fetches all blobs of a node's store with nothing but iroh-blobs, one after another over one
/// connection, into an empty store. Returns bytes and time.
///
/// # Errors
/// Whatever iroh says.
pub async fn blobs(node: &Path, target: &Path) -> Result<(u64, Duration), Box<dyn std::error::Error>> {
    std::fs::create_dir_all(target)?;
    let source = FsStore::load_with_opts(
        node.join("blobs/blobs.db"),
        iroh_blobs::store::fs::options::Options::new(&node.join("blobs")),
    )
    .await?;
    let hashes: Vec<Hash> = source.list().hashes().await?;
    let (server, client) = (endpoint().await?, endpoint().await?);
    let router = Router::builder(server.clone()).accept(iroh_blobs::ALPN, BlobsProtocol::new(&source, None)).spawn();
    let store = FsStore::load(target).await?;
    let started = Instant::now();
    let connection = client.connect(server.addr(), iroh_blobs::ALPN).await?;
    let mut bytes = 0;
    for hash in hashes {
        store.remote().fetch(connection.clone(), hash).await?;
        bytes += match store.blobs().status(hash).await? {
            iroh_blobs::api::blobs::BlobStatus::Complete { size } => size,
            _ => 0,
        };
    }
    let time = started.elapsed();
    store.shutdown().await?;
    router.shutdown().await?;
    client.close().await;
    Ok((bytes, time))
}
