//! Blobs survive what the crate below does not.

use std::sync::{Arc, Mutex};

use dataforge_protocol::entry::BlobRef;
use dataforge_protocol::id::{BlobHash, DeviceId};
use dataforge_protocol::wire::BLOBS_ALPN;
use iroh::endpoint::{Connection, presets};
use iroh::{Endpoint, RelayMode};

use super::{BlobServer, Blobs, Bytes, FetchError, Gate, Verdict, iroh_hash};
use crate::pace::Pace;

async fn endpoint() -> Endpoint {
    let builder = Endpoint::builder(presets::Minimal).relay_mode(RelayMode::Disabled).alpns(vec![BLOBS_ALPN.to_vec()]);
    builder.clear_ip_transports().bind_addr("127.0.0.1:0").unwrap().bind().await.unwrap()
}

/// Lets everybody in, or nobody, and keeps what was noted.
struct Door {
    is_open: bool,
    noted: Mutex<Vec<(Option<BlobHash>, u64)>>,
}

impl Gate for Door {
    fn may_read(&self, _device: &DeviceId, _hash: &BlobHash) -> bool {
        self.is_open
    }

    fn note(&self, _device: DeviceId, hash: Option<BlobHash>, bytes: u64) {
        self.noted.lock().unwrap().push((hash, bytes));
    }
}

/// A connection to a node that serves `blobs` to everybody, or nobody.
pub(super) async fn connect_to(blobs: Blobs, serve: bool) -> (Endpoint, Endpoint, Connection) {
    connect_through(blobs, Arc::new(Door { is_open: serve, noted: Mutex::default() })).await
}

async fn connect_through(blobs: Blobs, door: Arc<Door>) -> (Endpoint, Endpoint, Connection) {
    let serve = move |connection| {
        let server = BlobServer::new(blobs.clone(), door.clone(), Pace::default());
        async move { server.serve(connection).await }
    };
    connect_with(serve).await
}

/// A connection to somebody who serves in this way.
pub(super) async fn connect_with<F>(
    serve: impl Fn(Connection) -> F + Send + 'static,
) -> (Endpoint, Endpoint, Connection)
where
    F: Future<Output = ()> + Send + 'static,
{
    let (server, client) = (endpoint().await, endpoint().await);
    let listening = server.clone();
    tokio::spawn(async move {
        while let Some(incoming) = listening.accept().await {
            let connection = incoming.await.unwrap();
            tokio::spawn(serve(connection));
        }
    });
    let connection = client.connect(server.addr(), BLOBS_ALPN).await.unwrap();
    (server, client, connection)
}

pub(super) async fn store(dir: &tempfile::TempDir, bytes: &[Vec<u8>]) -> (Blobs, Vec<BlobRef>) {
    let blobs = Blobs::open(dir.path()).await.unwrap();
    let added = blobs.add(bytes.iter().cloned().map(Bytes::from).collect()).await.unwrap();
    (blobs, added.iter().map(|blob| BlobRef { hash: blob.hash, size: blob.size }).collect())
}

fn content(size: usize) -> Vec<u8> {
    (0..size).map(|at| (at * 31 % 251) as u8).collect()
}

/// None, less than a group, exactly one, a little more, and one whose outboard is a file.
pub(super) fn contents() -> Vec<Vec<u8>> {
    [0_usize, 1, 1000, 16_384, 16_385, 300_000, 5_000_000].map(content).to_vec()
}

pub(super) fn verdict(blobs: &Blobs, blob: &BlobRef) -> Verdict {
    blobs.check(&[(blob.hash, blob.size)]).unwrap()[0]
}

/// Fetches and settles; returns how many are durable then.
async fn fetch(blobs: &Blobs, connection: &Connection, wanted: &[BlobRef]) -> usize {
    let mut fetched = Vec::new();
    for blob in wanted {
        fetched.push(blobs.fetch(connection, blob, &Pace::default()).await.unwrap());
    }
    blobs.settle(connection, fetched).await.unwrap().len()
}

#[tokio::test(flavor = "multi_thread")]
async fn added_blobs_are_files_that_read_back() {
    let dir = tempfile::tempdir().unwrap();
    let (blobs, refs) = store(&dir, &contents()).await;
    for (blob, bytes) in refs.iter().zip(contents()) {
        assert_eq!(verdict(&blobs, blob), Verdict::Whole, "{} bytes", blob.size);
        assert_eq!(blobs.read_all(&blob.hash).unwrap(), bytes);
        let middle = blob.size / 3..blob.size / 2;
        let part = &bytes[middle.start as usize..middle.end as usize];
        assert_eq!(blobs.read(&blob.hash, middle.clone()).unwrap(), part);
        let parts: [&[u8]; 3] = [part, &bytes, &[]];
        assert_eq!(blobs.read_ranges(&blob.hash, &[middle, 0..blob.size, 0..0]).unwrap(), parts);
    }
    assert!(blobs.read(&refs[2].hash, 900..1100).is_err(), "past the end");
    blobs.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn check_finds_what_is_wrong_with_data_and_outboard() {
    let dir = tempfile::tempdir().unwrap();
    let sizes = [1_usize, 16_384, 16_385, 3 * 16_384, 4_210_688, 4_210_689, 9_000_001];
    let (blobs, refs) = store(&dir, &sizes.map(content)).await;
    for blob in &refs {
        let path = blobs.path(&blob.hash);
        let right = std::fs::read(&path).unwrap();
        assert_eq!(verdict(&blobs, blob), Verdict::Whole, "{} bytes", blob.size);
        assert_eq!(verdict(&blobs, &BlobRef { size: blob.size + 1, ..*blob }), Verdict::Damaged);
        for at in [0, right.len() / 2, right.len() - 1] {
            let mut wrong = right.clone();
            wrong[at] ^= 1;
            std::fs::write(&path, wrong).unwrap();
            assert_eq!(verdict(&blobs, blob), Verdict::Damaged, "byte {at} of {}", blob.size);
        }
        std::fs::write(&path, &right[1..]).unwrap();
        assert_eq!(verdict(&blobs, blob), Verdict::Damaged);
        std::fs::remove_file(&path).unwrap();
        assert_eq!(verdict(&blobs, blob), Verdict::Damaged);
        std::fs::write(&path, &right).unwrap();
        assert_eq!(verdict(&blobs, blob), Verdict::Whole);
    }
    let outboards: Vec<_> =
        refs.iter().map(|blob| blobs.options().path.outboard_path(&iroh_hash(&blob.hash))).collect();
    assert_eq!(outboards.iter().filter(|file| file.exists()).count(), 2, "above 257 groups");
    for (blob, file) in refs.iter().zip(outboards).filter(|(_, file)| file.exists()) {
        let mut wrong = std::fs::read(&file).unwrap();
        *wrong.last_mut().unwrap() ^= 1;
        std::fs::write(&file, wrong).unwrap();
        assert_eq!(verdict(&blobs, blob), Verdict::Unservable, "{} bytes", blob.size);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn file_that_is_right_is_not_written_again() {
    let dir = tempfile::tempdir().unwrap();
    let (blobs, refs) = store(&dir, &contents()).await;
    let inode = |blob: &BlobRef| {
        let file = std::fs::metadata(blobs.path(&blob.hash)).unwrap();
        #[cfg(unix)]
        let inode = std::os::unix::fs::MetadataExt::ino(&file);
        #[cfg(not(unix))]
        let inode = file.modified().unwrap();
        inode
    };
    let before: Vec<_> = refs[1..].iter().map(inode).collect();
    // Another file with the number of one that is gone would be taken for it.
    let _held: Vec<_> = refs[1..].iter().map(|blob| std::fs::File::open(blobs.path(&blob.hash)).unwrap()).collect();
    let twice = contents().into_iter().chain(contents()).map(Bytes::from).collect();
    assert_eq!(blobs.add(twice).await.unwrap().len(), 2 * refs.len());
    assert_eq!(refs[1..].iter().map(inode).collect::<Vec<_>>(), before);
    std::fs::write(blobs.path(&refs[5].hash), b"").unwrap();
    blobs.add(vec![contents()[5].clone().into()]).await.unwrap();
    assert_eq!(verdict(&blobs, &refs[5]), Verdict::Whole, "one that is not is");
}

#[tokio::test(flavor = "multi_thread")]
async fn blob_damaged_by_a_cut_is_healed_by_the_next_fetch() {
    let there = tempfile::tempdir().unwrap();
    let (source, refs) = store(&there, &contents()).await;
    let (_server, _client, connection) = connect_to(source, true).await;
    let outboard = |blobs: &Blobs, blob: &BlobRef| blobs.options().path.outboard_path(&iroh_hash(&blob.hash));
    type Damage<'a> = (&'a str, &'a dyn Fn(&Blobs, &BlobRef));
    let damages: [Damage<'_>; 4] = [
        ("emptied", &|blobs, blob| std::fs::write(blobs.path(&blob.hash), b"").unwrap()),
        ("gone", &|blobs, blob| std::fs::remove_file(blobs.path(&blob.hash)).unwrap()),
        ("zeroed", &|blobs, blob| std::fs::write(blobs.path(&blob.hash), vec![0; blob.size as usize]).unwrap()),
        ("outboard gone", &|blobs, blob| drop(std::fs::remove_file(outboard(blobs, blob)))),
    ];
    for (name, damage) in damages {
        let here = tempfile::tempdir().unwrap();
        let (blobs, _) = store(&here, &contents()).await;
        blobs.close().await;
        for blob in &refs[1..] {
            damage(&blobs, blob);
        }
        let blobs = Blobs::open(here.path()).await.unwrap();
        assert_ne!(verdict(&blobs, &refs[6]), Verdict::Whole, "{name}");
        assert_eq!(fetch(&blobs, &connection, &refs).await, refs.len(), "{name}");
        for blob in &refs {
            assert_eq!(verdict(&blobs, blob), Verdict::Whole, "{name} {}", blob.size);
        }
        blobs.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn blob_of_another_size_than_declared_is_refused_when_it_is_fetched_anew() {
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (source, refs) = store(&there, &contents()).await;
    let (_server, _client, connection) = connect_to(source, true).await;
    let (blobs, _) = store(&here, &[]).await;
    for size in [0, refs[5].size - 1, refs[5].size + 1, 1 << 40] {
        let blob = BlobRef { size, ..refs[5] };
        blobs.renew(&connection, &blob, &Pace::default()).await.unwrap_err();
        assert_ne!(verdict(&blobs, &refs[5]), Verdict::Whole);
    }
    assert_eq!(std::fs::read_dir(&blobs.options().path.temp_path).unwrap().count(), 0, "nothing is left behind");
}

#[tokio::test(flavor = "multi_thread")]
async fn store_whose_database_stopped_is_opened_again() {
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (source, refs) = store(&there, &contents()).await;
    let (blobs, own) = store(&here, &[content(70_000)]).await;
    let (_server, _client, connection) = connect_to(source.clone(), true).await;
    // The database actor of the crate ends, as it does after any error of its own.
    let stop = async |blobs: &Blobs| blobs.engine().store().await.unwrap().shutdown().await.unwrap();
    stop(&blobs).await;
    assert!(blobs.engine().store().await.unwrap().sync_db().await.is_err(), "it is of no use");
    assert_eq!(blobs.add(vec![content(80_000).into()]).await.unwrap().len(), 1);
    stop(&blobs).await;
    assert_eq!(fetch(&blobs, &connection, &refs[..3]).await, 3);
    stop(&source).await;
    assert_eq!(fetch(&blobs, &connection, &refs[3..]).await, refs.len() - 3, "over the same connection");
    assert!(refs.iter().chain(&own).all(|blob| verdict(&blobs, blob) == Verdict::Whole));
    blobs.close().await;
    assert!(blobs.add(vec![content(5).into()]).await.is_err(), "it stays closed");
}

#[tokio::test(flavor = "multi_thread")]
async fn peer_that_may_not_read_gets_what_a_missing_blob_gives() {
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (source, refs) = store(&there, &contents()).await;
    let (blobs, _) = store(&here, &[]).await;
    let (_server, _client, connection) = connect_to(source, false).await;
    let held = blobs.fetch(&connection, &refs[4], &Pace::default()).await.unwrap_err();
    let missing = BlobRef { hash: BlobHash([9; 32]), size: 5 };
    let absent = blobs.fetch(&connection, &missing, &Pace::default()).await.unwrap_err();
    assert_eq!((held, absent), (FetchError::Lacking, FetchError::Lacking));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_served_and_what_is_refused_is_noted() {
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (source, refs) = store(&there, &contents()).await;
    let (blobs, _) = store(&here, &[]).await;
    for (is_open, wanted) in [(true, refs[5]), (true, refs[4]), (false, refs[6]), (false, refs[4])] {
        let door = Arc::new(Door { is_open, noted: Mutex::default() });
        let (_server, _client, connection) = connect_through(source.clone(), Arc::clone(&door)).await;
        assert_eq!(blobs.fetch(&connection, &wanted, &Pace::default()).await.is_ok(), is_open);
        let expected = if is_open { (Some(wanted.hash), wanted.size) } else { (None, 0) };
        for _ in 0..100 {
            if !door.noted.lock().unwrap().is_empty() {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        assert_eq!(*door.noted.lock().unwrap(), [expected]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn small_blob_is_sent_as_the_store_would_send_it() {
    use futures::StreamExt as _;
    use iroh_blobs::api::blobs::EncodedItem;
    let there = tempfile::tempdir().unwrap();
    let contents = [1, 1000, 16_384, 16_385, 32_768, 49_153, 100_000, 180_225, 262_144].map(content);
    let (source, refs) = store(&there, &contents).await;
    let crates = source.engine().store().await.unwrap();
    for (blob, content) in refs.iter().zip(&contents) {
        let mut expected = Vec::new();
        let mut items =
            Box::pin(crates.export_bao(iroh_hash(&blob.hash), iroh_blobs::protocol::ChunkRanges::all()).stream());
        while let Some(item) = items.next().await {
            match item {
                EncodedItem::Size(size) => expected.extend(size.to_le_bytes()),
                EncodedItem::Parent(node) => {
                    expected.extend(node.pair.0.as_bytes());
                    expected.extend(node.pair.1.as_bytes());
                }
                EncodedItem::Leaf(leaf) => expected.extend(&leaf.data),
                EncodedItem::Error(error) => panic!("{error}"),
                EncodedItem::Done => {}
            }
        }
        let (hash, encoded) = super::check::encode(content);
        assert_eq!(hash.as_bytes(), blob.hash.as_bytes(), "{}", blob.size);
        assert!(encoded == expected, "{}: {} bytes, {} by the store", blob.size, encoded.len(), expected.len());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn small_blob_needs_no_store_and_a_damaged_one_is_not_sent() {
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (source, refs) = store(&there, &[content(100_000), content(100_001), content(300_000)]).await;
    let (blobs, _) = store(&here, &[]).await;
    let door = Arc::new(Door { is_open: true, noted: Mutex::default() });
    let (_server, _client, connection) = connect_through(source.clone(), Arc::clone(&door)).await;
    source.engine().store().await.unwrap().shutdown().await.unwrap();
    assert_eq!(fetch(&blobs, &connection, &refs[..1]).await, 1);
    let is_stopped = async || source.engine().store().await.unwrap().sync_db().await.is_err();
    assert!(is_stopped().await, "nobody asked the store");
    let mut damaged = content(100_001);
    damaged[50_000] ^= 1;
    std::fs::write(source.path(&refs[1].hash), damaged).unwrap();
    assert!(blobs.fetch(&connection, &refs[1], &Pace::default()).await.is_err());
    assert_eq!(fetch(&blobs, &connection, &refs[2..]).await, 1);
    assert!(!is_stopped().await, "what the file does not give is asked of the store");
}

#[tokio::test(flavor = "multi_thread")]
async fn small_blob_comes_as_fast_as_the_limit_says() {
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (source, refs) = store(&there, &[content(200_000)]).await;
    let (blobs, _) = store(&here, &[]).await;
    let pace = Pace::default();
    pace.set_limit(100_000);
    let serve = move |connection| {
        let door = Arc::new(Door { is_open: true, noted: Mutex::default() });
        let server = BlobServer::new(source.clone(), door, pace.clone());
        async move { server.serve(connection).await }
    };
    let (_server, _client, connection) = connect_with(serve).await;
    let started = std::time::Instant::now();
    blobs.fetch(&connection, &refs[0], &Pace::default()).await.unwrap();
    assert!(started.elapsed() > std::time::Duration::from_millis(1_200), "{:?}", started.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn only_plain_requests_for_one_blob_are_answered() {
    use iroh_blobs::protocol::{ChunkRanges, GetManyRequest, GetRequest, PushRequest};
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (source, refs) = store(&there, &contents()).await;
    // A list of hashes that a member wrote, so that what it names is served along with it.
    let list: Vec<u8> = refs[2..4].iter().flat_map(|blob| *blob.hash.as_bytes()).collect();
    let list = source.add(vec![list.into()]).await.unwrap()[0].hash;
    let (blobs, _) = store(&here, &[]).await;
    let (_server, _client, connection) = connect_to(source, true).await;
    let remote = blobs.engine().store().await.unwrap();
    let remote = remote.remote();
    let all = remote.execute_get(connection.clone(), GetRequest::all(iroh_hash(&list))).await;
    assert!(all.is_err(), "a list with what it names");
    let many = GetManyRequest::builder().hash(iroh_hash(&refs[3].hash), ChunkRanges::all()).build();
    assert!(remote.execute_get_many(connection.clone(), many).await.is_err(), "several blobs");
    let push = PushRequest::new(iroh_hash(&refs[3].hash), iroh_blobs::protocol::ChunkRangesSeq::root());
    drop(remote.execute_push(connection.clone(), push).await);
    assert!(refs[1..].iter().all(|blob| verdict(&blobs, blob) == Verdict::Damaged), "nothing came");
    assert_eq!(fetch(&blobs, &connection, &refs).await, refs.len(), "the connection is of use still");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_here_for_another_comes_all_the_same_and_the_file_stays() {
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (blobs, refs) = store(&here, &contents()).await;
    let (source, _) = store(&there, &contents()).await;
    let blob = refs[6];
    let before = std::fs::metadata(blobs.path(&blob.hash)).unwrap().modified().unwrap();
    // Who has nothing brings nothing, though all of it is here.
    let (_server, _client, connection) = connect_to(source.clone(), false).await;
    assert!(!blobs.is_absent(&blob).await);
    let refused = blobs.fetch_again(&connection, &blob, &Pace::default()).await.unwrap_err();
    let anew = blobs.fetch_anew(&connection, &blob, &Pace::default()).await.unwrap_err();
    assert_eq!((refused, anew), (FetchError::Lacking, FetchError::Lacking));
    let pace = Pace::default();
    let (_server, _client, connection) = connect_to(source, true).await;
    let fetched = blobs.fetch_again(&connection, &blob, &pace).await.unwrap();
    assert_eq!(pace.passed(), blob.size, "all of it came");
    assert_eq!(blobs.settle(&connection, vec![fetched]).await.unwrap().len(), 1);
    assert_eq!(std::fs::metadata(blobs.path(&blob.hash)).unwrap().modified().unwrap(), before);
    assert_eq!(verdict(&blobs, &blob), Verdict::Whole);
    let unknown = BlobRef { hash: BlobHash([9; 32]), size: 5_000_000 };
    assert!(blobs.is_absent(&unknown).await);
}
