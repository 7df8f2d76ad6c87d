//! After a stop that was not in order, and without the database.

use super::super::tests::{connect_to, contents, store, verdict};
use super::{BlobRef, Blobs, Core, Path, Recovered, Verdict, file_name, recover};
use crate::core::Who;
use crate::pace::Pace;

/// Blobs that are held according to the have-table.
async fn held(dir: &tempfile::TempDir) -> Vec<BlobRef> {
    let (blobs, refs) = store(dir, &contents()).await;
    let core = Core::open(dir.path(), Who::Open(None)).unwrap();
    core.store.note_have(&refs.iter().map(|blob| (blob.hash, blob.size)).collect::<Vec<_>>(), 0).unwrap();
    blobs.close().await;
    refs
}

async fn reopen(dir: &Path) -> (Blobs, Core, Recovered) {
    let blobs = Blobs::open(dir).await.unwrap();
    let mut core = Core::open(dir, Who::Open(None)).unwrap();
    let recovered = recover(&blobs, &mut core).await.unwrap();
    (blobs, core, recovered)
}

/// Whether a peer gets all of these.
async fn are_served(blobs: &Blobs, refs: &[BlobRef]) -> bool {
    let there = tempfile::tempdir().unwrap();
    let (other, _) = store(&there, &[]).await;
    let (_server, _client, connection) = connect_to(blobs.clone(), true).await;
    let mut fetched = Vec::new();
    for blob in refs {
        match other.fetch(&connection, blob, &Pace::default()).await {
            Ok(durable) => fetched.push(durable),
            Err(_) => return false,
        }
    }
    other.settle(&connection, fetched).await.unwrap().len() == refs.len()
}

#[tokio::test(flavor = "multi_thread")]
async fn recent_blobs_are_hashed_again_and_damaged_ones_are_wanted() {
    let dir = tempfile::tempdir().unwrap();
    let refs = held(&dir).await;
    let path = |blob: &BlobRef| dir.path().join("blobs/data").join(file_name(&blob.hash));
    let mut bytes = contents()[5].clone();
    bytes[77] ^= 4;
    std::fs::write(path(&refs[5]), bytes).unwrap();
    std::fs::write(path(&refs[4]), b"").unwrap();
    let (blobs, core, recovered) = reopen(dir.path()).await;
    assert_eq!(recovered, Recovered { checked: refs.len(), dropped: 2, entered: 0 });
    let is_held: Vec<_> = refs.iter().map(|blob| core.store.has_blob(&blob.hash).unwrap()).collect();
    assert_eq!(is_held, [true, true, true, true, false, false, true]);
    blobs.close().await;
    drop(core);
    let (blobs, _, recovered) = reopen(dir.path()).await;
    assert_eq!(recovered, Recovered::default(), "once is enough");
    blobs.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn outboard_that_is_wrong_is_made_anew() {
    let dir = tempfile::tempdir().unwrap();
    let refs = held(&dir).await;
    let outboard = dir.path().join("blobs/data").join(file_name(&refs[6].hash)).with_extension("obao4");
    std::fs::write(&outboard, b"").unwrap();
    let (blobs, core, recovered) = reopen(dir.path()).await;
    assert_eq!((recovered.dropped, verdict(&blobs, &refs[6])), (0, Verdict::Whole));
    assert!(core.store.has_blob(&refs[6].hash).unwrap() && are_served(&blobs, &refs).await);
    blobs.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn database_that_is_gone_or_broken_is_made_anew_from_the_files() {
    type Damage<'a> = (&'a str, &'a dyn Fn(&Path));
    let damages: [Damage<'_>; 5] = [
        ("gone", &|db| std::fs::remove_file(db).unwrap()),
        ("empty", &|db| std::fs::write(db, b"").unwrap()),
        ("halved", &|db| std::fs::File::options().write(true).open(db).unwrap().set_len(9_000).unwrap()),
        ("garbled", &|db| std::fs::write(db, vec![0x55; 100_000]).unwrap()),
        ("zeroed", &|db| std::fs::write(db, vec![0; std::fs::metadata(db).unwrap().len() as usize]).unwrap()),
    ];
    for (name, damage) in damages {
        let dir = tempfile::tempdir().unwrap();
        let refs = held(&dir).await;
        let data = dir.path().join("blobs/data");
        damage(&dir.path().join("blobs/blobs.db"));
        std::fs::write(data.join(file_name(&refs[2].hash)), b"wrong").unwrap();
        // What was received of another one, and what nobody knows.
        let partial = file_name(&dataforge_protocol::id::BlobHash([7; 32]));
        std::fs::write(data.join(&partial), b"some of it").unwrap();
        std::fs::write(data.join(&partial).with_extension("sizes4"), [0; 8]).unwrap();
        std::fs::write(data.join("notes.txt"), b"not ours").unwrap();
        Core::open(dir.path(), Who::Open(None)).unwrap().store.clear_recent().unwrap();
        let (blobs, core, recovered) = reopen(dir.path()).await;
        assert_eq!((recovered.dropped, recovered.entered), (1, refs.len() - 2), "{name}: the empty one has no file");
        assert!(!core.store.has_blob(&refs[2].hash).unwrap());
        assert!(!data.join(&partial).exists() && data.join("notes.txt").exists());
        let rest: Vec<_> = refs.iter().filter(|blob| blob.hash != refs[2].hash).copied().collect();
        assert!(
            rest.iter().all(|blob| verdict(&blobs, blob) == Verdict::Whole && core.store.has_blob(&blob.hash).unwrap())
        );
        assert!(are_served(&blobs, &rest).await, "{name}");
        assert!(!blobs.engine().marker().exists());
        blobs.close().await;
        drop(core);
        let (blobs, _, recovered) = reopen(dir.path()).await;
        assert_eq!(recovered, Recovered::default(), "{name}: once is enough");
        blobs.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn blob_that_the_database_forgot_is_served_all_the_same() {
    let (dir, older) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let refs = held(&dir).await;
    // A database that rolled back: whole, and without what came last.
    let (empty, _) = store(&older, &[]).await;
    empty.close().await;
    std::fs::copy(older.path().join("blobs/blobs.db"), dir.path().join("blobs/blobs.db")).unwrap();
    let (blobs, _, _) = reopen(dir.path()).await;
    assert!(are_served(&blobs, &refs).await);
    blobs.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn file_that_a_cut_took_while_it_was_entered_is_put_back() {
    let dir = tempfile::tempdir().unwrap();
    let refs = held(&dir).await;
    let (data, adopt) = (dir.path().join("blobs/data"), dir.path().join("blobs/adopt"));
    std::fs::create_dir(&adopt).unwrap();
    for blob in &refs[3..5] {
        std::fs::rename(data.join(file_name(&blob.hash)), adopt.join(file_name(&blob.hash))).unwrap();
    }
    // The copy has the name and not yet the bytes.
    std::fs::write(data.join(file_name(&refs[3].hash)), b"").unwrap();
    std::fs::hard_link(data.join(file_name(&refs[5].hash)), adopt.join(file_name(&refs[5].hash))).unwrap();
    let (blobs, core, recovered) = reopen(dir.path()).await;
    assert_eq!(recovered.dropped, 0);
    assert!(
        refs.iter().all(|blob| verdict(&blobs, blob) == Verdict::Whole && core.store.has_blob(&blob.hash).unwrap())
    );
    assert_eq!(std::fs::read_dir(&adopt).unwrap().count(), 0);
    blobs.close().await;
}
