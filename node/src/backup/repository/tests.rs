//! A backup as a whole, without a node: what is damaged, missing, exchanged or put back is found.

use std::path::PathBuf;

use super::*;
use crate::backup::manifest::{BlobPart, to_bytes};
use crate::backup::verify;

const PASSPHRASE: &str = "right horse";

fn passphrase() -> Passphrase {
    Passphrase(PASSPHRASE.to_owned())
}

/// A data directory and a backup with two snapshots: one blob in both, another in the second only.
struct Backup {
    _dir: tempfile::TempDir,
    data: PathBuf,
    target: PathBuf,
}

fn blob(content: &[u8]) -> BlobPart {
    BlobPart { hash: *blake3::hash(content).as_bytes(), size: content.len() as u64 }
}

fn open(data: &Path, target: &Path) -> Repository {
    match Repository::begin(data, target, Some(&passphrase())).unwrap() {
        Begun::Open(repository) => *repository,
        Begun::Needs { .. } => panic!("the passphrase is given"),
    }
}

fn snapshot(data: &Path, target: &Path, contents: &[&[u8]]) -> u64 {
    let mut repository = open(data, target);
    for content in contents {
        let names: Vec<_> = blob(content).names(&repository.keys).collect();
        for (name, chunk) in names.into_iter().zip(content.chunks(1 << 23)) {
            repository.put(name, chunk).unwrap();
        }
    }
    let manifest = Manifest {
        created_ms: 7,
        program: String::new(),
        device: None,
        person: "Ada".into(),
        label: "truck".into(),
        choice: "all".into(),
        left_out: (0, 0),
        files: Vec::new(),
        tables: Vec::new(),
        workspaces: Vec::new(),
        blobs: contents.iter().map(|content| blob(content)).collect(),
    };
    let content = to_bytes(&manifest);
    let name = repository.keys.name("manifest", &[&content]);
    repository.put(name, &content).unwrap();
    let names = manifest.names(&repository.keys);
    let snapshot = Snapshot { created_ms: 7, source: [1; 16], manifest: name, new_bytes: 0, names };
    repository.finish(data, snapshot).unwrap()
}

fn backup() -> Backup {
    let dir = tempfile::tempdir().unwrap();
    let (data, target) = (dir.path().join("data"), dir.path().join("backup"));
    std::fs::create_dir(&data).unwrap();
    assert_eq!(snapshot(&data, &target, &[b"one blob"]), 1);
    assert_eq!(snapshot(&data, &target, &[b"one blob", b"another blob"]), 2);
    Backup { _dir: dir, data, target }
}

/// What a check finds: quickly, and in full.
fn problems(target: &Path) -> (Vec<String>, Vec<String>) {
    let check = |passphrase: Option<&Passphrase>| match verify(target, passphrase, false, |_step| {}) {
        Ok(reply) => reply.problems,
        Err(error) => vec![error.to_string()],
    };
    (check(None), check(Some(&passphrase())))
}

fn files(of: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut left = vec![of.to_owned()];
    while let Some(path) = left.pop() {
        if path.is_dir() {
            left.extend(std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
        } else if !["lock", "README.txt"].iter().any(|name| path.ends_with(name)) {
            found.push(path);
        }
    }
    found.sort();
    found
}

#[test]
fn a_flip_in_any_file_and_one_that_is_missing_or_cut_short_is_found() {
    let backup = backup();
    assert_eq!(problems(&backup.target), (Vec::new(), Vec::new()));
    let files = files(&backup.target);
    assert_eq!(files.len(), 2 + 2 + 2 + 2, "keys, snapshots, manifests, blobs: {files:?}");
    for file in &files {
        let good = std::fs::read(file).unwrap();
        // The passphrase makes a check in full slow, so these are few; envelopes are flipped bit by bit
        // in their own tests.
        for at in [0, 16, 40, 57, good.len() / 2, good.len() - 1] {
            let mut flipped = good.clone();
            flipped[at] ^= 4;
            std::fs::write(file, &flipped).unwrap();
            assert_eq!(verify(&backup.target, None, false, |_step| {}).unwrap().problems.len(), 1, "{at} of {file:?}");
        }
        std::fs::write(file, &good[..good.len() - 1]).unwrap();
        let (quick, full) = problems(&backup.target);
        assert!(!quick.is_empty() && !full.is_empty(), "{file:?}");
        std::fs::remove_file(file).unwrap();
        let (quick, full) = problems(&backup.target);
        // That the newest snapshot is gone is known only where it was written.
        let is_snapshot = file.parent().unwrap().ends_with("snapshots");
        assert_eq!((quick.is_empty(), full.is_empty()), (is_snapshot, is_snapshot), "{file:?} {quick:?} {full:?}");
        if is_snapshot && file.ends_with("00000002") {
            let repository = open(&backup.data, &backup.target);
            assert!(repository.problems[0].contains("snapshot 2 was written from here and is gone"));
        }
        std::fs::write(file, &good).unwrap();
    }
    assert_eq!(problems(&backup.target), (Vec::new(), Vec::new()));
}

#[test]
fn parts_that_were_exchanged_and_old_ones_put_back_are_found() {
    let backup = backup();
    let objects: Vec<_> = files(&backup.target.join("objects"));
    let (one, other) = (std::fs::read(&objects[0]).unwrap(), std::fs::read(&objects[1]).unwrap());
    std::fs::write(&objects[0], &other).unwrap();
    std::fs::write(&objects[1], &one).unwrap();
    let (quick, full) = problems(&backup.target);
    assert!(quick.len() >= 2 && !full.is_empty(), "{quick:?} {full:?}");
    std::fs::write(&objects[0], &one).unwrap();
    std::fs::write(&objects[1], &other).unwrap();
    // An older snapshot under the name of a newer one.
    let snapshots = backup.target.join("snapshots");
    std::fs::copy(snapshots.join("00000001"), snapshots.join("00000002")).unwrap();
    let (quick, full) = problems(&backup.target);
    assert!(quick[0].contains("something else stands in its place"), "{quick:?}");
    assert!(full[0].contains("snapshot 2 cannot be restored"), "{full:?}");
}

#[test]
fn who_has_no_key_cannot_forge_a_snapshot_that_passes_in_full() {
    let backup = backup();
    let path = backup.target.join("snapshots/00000002");
    let bytes = std::fs::read(&path).unwrap();
    let mut content = envelope::open(&bytes).unwrap().unproven().to_vec();
    content[0] ^= 1;
    let forged = envelope::close(Kind::Snapshot, Name::of_number(2), &content, &[0; 32]);
    std::fs::write(&path, forged).unwrap();
    let (quick, full) = problems(&backup.target);
    assert!(quick.is_empty(), "a checksum can be made by anybody: {quick:?}");
    assert!(full[0].contains("not written with the key"), "{full:?}");
}

#[test]
fn what_is_there_is_not_written_again_and_old_snapshots_go_with_what_only_they_take() {
    let backup = backup();
    let objects = || files(&backup.target.join("objects")).len();
    let before = objects();
    assert_eq!(snapshot(&backup.data, &backup.target, &[b"another blob"]), 3);
    assert_eq!(objects(), before + 1, "only its manifest is new");
    let mut repository = open(&backup.data, &backup.target);
    assert_eq!(repository.prune(&[2; 16], 1).unwrap(), [0; 0], "those of another device stay");
    assert_eq!(objects(), before + 1);
    assert_eq!(repository.prune(&[1; 16], 1).unwrap(), [1, 2]);
    assert_eq!(objects(), 2, "one blob and one manifest");
    assert_eq!(repository.prune(&[1; 16], 0).unwrap(), [0; 0], "the last one stays");
    drop(repository);
    assert_eq!(problems(&backup.target), (Vec::new(), Vec::new()));
    assert_eq!(snapshot(&backup.data, &backup.target, &[]), 4, "numbers go on");
}

#[test]
fn damage_is_set_aside_and_written_again_by_the_next_backup() {
    let backup = backup();
    for path in files(&backup.target.join("objects")).into_iter().chain([backup.target.join("key")]) {
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[70] ^= 1;
        std::fs::write(&path, bytes).unwrap();
    }
    let reply = verify(&backup.target, Some(&passphrase()), true, |_step| {}).unwrap();
    assert_eq!(reply.repaired.len(), 4 + 1, "objects and keys: {reply:?}");
    let reply = verify(&backup.target, None, true, |_step| {}).unwrap();
    assert!(reply.problems.len() == 4 && reply.repaired.is_empty(), "they are missing now: {reply:?}");
    snapshot(&backup.data, &backup.target, &[b"one blob", b"another blob"]);
    let mut repository = open(&backup.data, &backup.target);
    repository.prune(&[1; 16], 1).unwrap();
    drop(repository);
    assert_eq!(problems(&backup.target), (Vec::new(), Vec::new()));
}

#[test]
fn a_single_file_says_when_it_is_cut_short_or_has_more_than_it_should() {
    let dir = tempfile::tempdir().unwrap();
    let (data, target) = (dir.path().join("data"), dir.path().join("all.dfbackup"));
    std::fs::create_dir(&data).unwrap();
    assert_eq!(snapshot(&data, &target, &[b"one blob", &[5; 9_000_000]]), 1);
    assert_eq!(problems(&target), (Vec::new(), Vec::new()));
    let good = std::fs::read(&target).unwrap();
    for end in [0, 20, 100, good.len() / 2, good.len() - 1] {
        std::fs::write(&target, &good[..end]).unwrap();
        let (quick, full) = problems(&target);
        assert!(!quick.is_empty() && !full.is_empty(), "{end} bytes");
    }
    std::fs::write(&target, [&good[..], b"more"].concat()).unwrap();
    assert!(!problems(&target).0.is_empty());
    for at in (0..good.len()).step_by(good.len() / 60) {
        let mut flipped = good.clone();
        flipped[at] ^= 0x20;
        std::fs::write(&target, flipped).unwrap();
        let found = verify(&target, None, false, |_step| {});
        assert!(found.is_err() || !found.unwrap().problems.is_empty(), "byte {at}");
    }
    std::fs::write(&target, &good).unwrap();
    assert_eq!(snapshot(&data, &target, &[b"another"]), 2, "it is written anew");
    assert_eq!(problems(&target), (Vec::new(), Vec::new()));
}

#[test]
fn what_is_no_backup_is_not_written_into() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("thesis.txt"), "precious").unwrap();
    let begun = |target: &Path| Repository::begin(dir.path(), target, Some(&passphrase())).map(drop);
    assert_eq!(begun(dir.path()).unwrap_err().kind, ErrorKind::Usage);
    assert_eq!(begun(&dir.path().join("thesis.txt")).unwrap_err().kind, ErrorKind::Input);
    assert_eq!(std::fs::read(dir.path().join("thesis.txt")).unwrap(), b"precious");
    assert_eq!(verify(dir.path(), None, false, |_step| {}).unwrap_err().kind, ErrorKind::Input);
    assert_eq!(verify(&dir.path().join("none"), None, false, |_step| {}).unwrap_err().kind, ErrorKind::NotFound);
}

#[test]
fn another_data_directory_needs_the_passphrase_once() {
    let backup = backup();
    let other = backup.data.with_file_name("other");
    std::fs::create_dir(&other).unwrap();
    let begin = |passphrase: Option<&Passphrase>| Repository::begin(&other, &backup.target, passphrase);
    assert!(matches!(begin(None), Ok(Begun::Needs { is_new: false })));
    assert_eq!(begin(Some(&Passphrase("wrong horse".into()))).unwrap_err().kind, ErrorKind::Sealed);
    assert!(matches!(begin(Some(&passphrase())), Ok(Begun::Open(_))));
    assert!(matches!(begin(None), Ok(Begun::Open(_))));
    let held = open(&backup.data, &backup.target);
    assert_eq!(begin(None).unwrap_err().kind, ErrorKind::Busy);
    drop(held);
}
