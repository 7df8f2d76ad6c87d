//! The first regression: twenty blobs, and a cut right after the crate has committed its database.

use std::path::Path;

use dataforge_tests::program::{Place, join};
use iroh::endpoint::presets;
use iroh::protocol::Router;
use iroh::{Endpoint, RelayMode};
use iroh_blobs::api::blobs::BlobStatus;
use iroh_blobs::store::fs::FsStore;
use iroh_blobs::{ALPN, BlobsProtocol, Hash};

use super::{disk, write_random};

const BLOBS: usize = 20;

fn sizes(random: &mut fastrand::Rng) -> Vec<usize> {
    (0..BLOBS).map(|_| random.usize(200_000..2_000_000)).collect()
}

async fn endpoint() -> Endpoint {
    let builder = Endpoint::builder(presets::Minimal).relay_mode(RelayMode::Disabled);
    builder.clear_ip_transports().bind_addr("127.0.0.1:0").unwrap().bind().await.unwrap()
}

/// How many blobs a store says are complete, and how many it can read.
async fn count(store: &FsStore, hashes: &[Hash]) -> (usize, usize) {
    let (mut complete, mut readable) = (0, 0);
    for hash in hashes {
        complete += usize::from(matches!(store.status(*hash).await.unwrap(), BlobStatus::Complete { .. }));
        readable += usize::from(store.get_bytes(*hash).await.is_ok_and(|bytes| Hash::new(bytes) == *hash));
    }
    (complete, readable)
}

/// Why we do not use the crate as it is. When this fails, it has got better: see what of
/// `node/src/blob` can go.
#[tokio::test(flavor = "multi_thread")]
async fn crate_alone_takes_what_a_cut_emptied_for_complete_and_never_fetches_it() {
    let Some(disk) = disk("crate_alone_takes_what_a_cut_emptied_for_complete_and_never_fetches_it") else { return };
    let elsewhere = tempfile::tempdir().unwrap();
    let source = FsStore::load(elsewhere.path()).await.unwrap();
    let store = FsStore::load(disk.path().join("blobs")).await.unwrap();
    let mut random = fastrand::Rng::with_seed(1);
    let mut hashes = Vec::new();
    for size in sizes(&mut random) {
        let bytes: Vec<u8> = std::iter::repeat_with(|| random.u8(..)).take(size).collect();
        source.add_bytes(bytes.clone()).await.unwrap();
        hashes.push(store.add_bytes(bytes).await.unwrap().hash);
    }
    store.sync_db().await.unwrap();
    disk.cut();
    drop(store.shutdown().await);
    drop(store);
    disk.restore();
    let store = FsStore::load(disk.path().join("blobs")).await.unwrap();
    assert_eq!(count(&store, &hashes).await, (BLOBS, 0));
    let server = endpoint().await;
    let address = server.addr();
    let router = Router::builder(server).accept(ALPN, BlobsProtocol::new(&source, None)).spawn();
    let client = endpoint().await;
    let connection = client.connect(address, ALPN).await.unwrap();
    for hash in &hashes {
        drop(store.remote().fetch(connection.clone(), *hash).await);
    }
    assert_eq!(count(&store, &hashes).await, (BLOBS, 0), "fetching again does nothing");
    store.shutdown().await.unwrap();
    router.shutdown().await.unwrap();
}

fn attached(dir: &Path) {
    let mut random = fastrand::Rng::with_seed(1);
    for (number, size) in sizes(&mut random).into_iter().enumerate() {
        write_random(&dir.join(format!("{number}.bin")), size, &mut random);
    }
}

/// Checks that all blobs are held and right.
fn assert_whole(place: &Place) {
    let report = place.json(&["verify"]);
    assert_eq!(report["problems"].as_array().map(Vec::len), Some(0), "{report}");
    assert_eq!(report["blobs"], BLOBS, "{report}");
}

#[test]
fn blobs_that_were_acknowledged_survive_the_cut() {
    let Some(disk) = disk("blobs_that_were_acknowledged_survive_the_cut") else { return };
    let files = tempfile::tempdir().unwrap();
    attached(files.path());
    let ada = Place::at(&disk.path().join("ada"), "ada");
    ada.json(&["init", "Field"]);
    let summary = ada.json(&["attach", files.path().to_str().unwrap()]);
    assert_eq!(summary["attached"], BLOBS, "{summary}");
    disk.cut();
    disk.restore();
    assert_whole(&ada);
}

#[test]
fn blobs_that_were_downloaded_survive_the_cut() {
    let Some(disk) = disk("blobs_that_were_downloaded_survive_the_cut") else { return };
    let files = tempfile::tempdir().unwrap();
    attached(files.path());
    let host = Place::new("eve");
    host.json(&["init", "Field"]);
    host.json(&["attach", files.path().to_str().unwrap()]);
    let bob = Place::at(&disk.path().join("bob"), "bob");
    let _up = join(&host, &bob, "editor");
    assert_eq!(bob.json(&["sync"])["blobs_missing"], 0);
    disk.cut();
    disk.restore();
    assert_whole(&bob);
}
