//! Nothing but iroh-blobs, as its users would use it.

use std::error::Error;
use std::path::Path;
use std::time::Instant;

use dataforge_tests::raw;
use iroh::EndpointAddr;
use iroh::protocol::Router;
use iroh_blobs::store::fs::FsStore;
use iroh_blobs::{BlobsProtocol, Hash};
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

use super::Source;
use super::process::{Times, syncfs};

/// Blobs fetched at a time over one connection, as many as the crate's own downloader fetches.
const AT_A_TIME: usize = 32;

/// Enters the files into a store of the crate's, to be served from there.
pub(super) fn import(source: &Source, store: &Path) -> Result<(), Box<dyn Error>> {
    Runtime::new()?.block_on(async {
        let store = FsStore::load(store).await?;
        for entry in std::fs::read_dir(&source.path)? {
            store.blobs().add_path(entry?.path()).await?;
        }
        store.shutdown().await?;
        Ok(())
    })
}

/// Fetches all blobs of a store into an empty one. Each side has threads of its own, as two
/// processes would.
pub(super) fn fetch(source: &Source, store: &Path, target: &Path) -> Result<Times, Box<dyn Error>> {
    let (serving, fetching) = (Runtime::new()?, Runtime::new()?);
    let (router, address, hashes) = serving.block_on(serve(store))?;
    if hashes.len() != source.count {
        return Err(format!("{} blobs of {} files", hashes.len(), source.count).into());
    }
    let times = fetching.block_on(receive(address, hashes, target))?;
    serving.block_on(router.shutdown())?;
    Ok(times)
}

async fn serve(store: &Path) -> Result<(Router, EndpointAddr, Vec<Hash>), Box<dyn Error>> {
    let store = FsStore::load(store).await?;
    let hashes = store.list().hashes().await?;
    let server = raw::endpoint().await?;
    let address = server.addr();
    let router = Router::builder(server).accept(iroh_blobs::ALPN, BlobsProtocol::new(&store, None)).spawn();
    Ok((router, address, hashes))
}

async fn receive(address: EndpointAddr, hashes: Vec<Hash>, target: &Path) -> Result<Times, Box<dyn Error>> {
    let (client, store) = (raw::endpoint().await?, FsStore::load(target).await?);
    syncfs(target)?;
    let started = Instant::now();
    let connection = client.connect(address, iroh_blobs::ALPN).await?;
    let mut running = JoinSet::new();
    for hash in hashes {
        while running.len() >= AT_A_TIME {
            running.join_next().await.transpose()?.transpose()?;
        }
        let (store, connection) = (store.clone(), connection.clone());
        running.spawn(async move { store.remote().fetch(connection, hash).await.map(drop) });
    }
    while let Some(fetched) = running.join_next().await {
        fetched??;
    }
    let done = started.elapsed();
    store.sync_db().await?;
    syncfs(target)?;
    let synced = started.elapsed();
    store.shutdown().await?;
    client.close().await;
    Ok(Times { done, synced })
}
