//! Bundles that were made to harm, or that came to harm: each refused with a word, and nothing of it
//! taken.

use std::path::{Path, PathBuf};
use std::process::Command;

use dataforge_protocol::bundle::{
    Manifest, PARTS, Part, SignedManifest, Tally, VolumeHeader, entry_record, table_row, wants_record,
};
use dataforge_protocol::entry::{BlobRef, SignedEntry, read_header};
use dataforge_protocol::id::{BlobHash, DeviceId, WorkspaceId};
use dataforge_tests::program::Place;
use dataforge_tests::raw;
use iroh::SecretKey;

use super::{Held, export, field, held, number, take, wells, word};

/// Refuses a file, and is as before.
fn refuses(place: &Place, file: &Path, before: &Held, what: &str) -> String {
    let output = place.run(["bundle", "import", word(file)]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(matches!(output.status.code(), Some(2..=8)), "{what}: {:?} {said}", output.status.code());
    assert!(said.starts_with("error: ") && said.contains("hint: "), "{what}: {said}");
    assert_eq!(&held(place), before, "{what}: {said}");
    said
}

#[test]
fn no_part_of_a_bundle_and_no_changed_one_is_taken() {
    let bob = Place::new("bob");
    let (ada, dir) = field(&[(&bob, "editor")], 1);
    let (good, bad) = (dir.path().join("good.dfb"), dir.path().join("bad.dfb"));
    export(&ada, &good, &[]);
    let bytes = std::fs::read(&good).unwrap();
    let before = held(&bob);
    let mut random = fastrand::Rng::with_seed(4);
    // Hundreds of both are tried on the reader alone, in the crate that has it.
    for round in 0..12 {
        let end = if round < 2 { bytes.len() - 1 - round } else { random.usize(..bytes.len()) };
        std::fs::write(&bad, &bytes[..end]).unwrap();
        refuses(&bob, &bad, &before, &format!("cut at {end}"));
    }
    for round in 0..16 {
        let mut changed = bytes.clone();
        let at = if round == 0 { bytes.len() - 1 } else { random.usize(..bytes.len()) };
        changed[at] ^= 1 << random.u8(..8);
        std::fs::write(&bad, &changed).unwrap();
        refuses(&bob, &bad, &before, &format!("byte {at}"));
    }
    std::fs::write(&bad, [&bytes[..], b"more"].concat()).unwrap();
    refuses(&bob, &bad, &before, "longer");
    assert!(number(&take(&bob, &good), "blobs") > 0, "the good one is taken");
}

#[cfg(unix)]
#[test]
fn what_is_no_file_is_not_opened() {
    let bob = Place::new("bob");
    let (ada, dir) = field(&[(&bob, "editor")], 1);
    let path = |name: &str| dir.path().join(name);
    export(&ada, &path("good.dfb"), &[]);
    std::os::unix::fs::symlink(path("good.dfb"), path("link.dfb")).unwrap();
    std::os::unix::fs::symlink("/dev/zero", path("zero.dfb")).unwrap();
    assert!(Command::new("mkfifo").arg(path("pipe.dfb")).status().unwrap().success());
    std::fs::create_dir(path("directory.dfb")).unwrap();
    let before = held(&bob);
    for name in ["link.dfb", "zero.dfb", "pipe.dfb", "directory.dfb"] {
        assert!(refuses(&bob, &path(name), &before, name).contains("a bundle is a file"), "{name}");
    }
    refuses(&bob, Path::new("/dev/zero"), &before, "a device");
    refuses(&bob, &path("none.dfb"), &before, "nothing");
    // A terabyte of holes: alone, and behind a good bundle.
    for name in ["holes.dfb", "good.dfb"] {
        let file = std::fs::OpenOptions::new().create(true).truncate(false).write(true).open(path(name)).unwrap();
        file.set_len(1 << 40).unwrap();
        refuses(&bob, &path(name), &before, "a terabyte");
    }
}

/// A bundle as somebody else's program might make it.
struct Forged {
    workspace: WorkspaceId,
    entries: Vec<SignedEntry>,
    blobs: Vec<Vec<u8>>,
}

impl Forged {
    fn write(&self, file: &Path, secret: &SecretKey, change: impl FnOnce(&mut Manifest)) {
        let is_op = |entry: &&SignedEntry| read_header(&entry.header).is_ok_and(|header| header.link().kind == 0);
        let mut blobs = self.blobs.clone();
        blobs.sort_by_key(|bytes| BlobHash::of(bytes));
        let mut content = Vec::new();
        let mut sections = Vec::new();
        for part in PARTS {
            let records: Vec<Vec<u8>> = match part {
                Part::Tips | Part::Holdings => Vec::new(),
                Part::Table => blobs
                    .iter()
                    .map(|bytes| table_row(&BlobRef { hash: BlobHash::of(bytes), size: bytes.len() as u64 }).to_vec())
                    .collect(),
                Part::Ops => self.entries.iter().filter(is_op).map(entry_record).collect(),
                Part::Entries => self.entries.iter().filter(|entry| !is_op(entry)).map(entry_record).collect(),
                Part::Wants => vec![wants_record(None)],
            };
            let mut tally = Tally::default();
            records.iter().for_each(|record| tally.add(record));
            content.extend(records.concat());
            sections.push(tally.section());
        }
        content.extend(blobs.concat());
        let mut manifest = Manifest {
            workspace: self.workspace,
            exporter: DeviceId(*secret.public().as_bytes()),
            made_ms: 1,
            base: None,
            audience: None,
            sections: sections.try_into().unwrap(),
            blob_bytes: blobs.iter().map(|bytes| bytes.len() as u64).sum(),
            volume_bytes: content.len() as u64,
            volumes: 1,
        };
        change(&mut manifest);
        let bytes = manifest.to_bytes();
        let signature = dataforge_protocol::key::sign_bundle(secret, blake3::hash(&bytes).as_bytes());
        let header = VolumeHeader { number: 1, manifest: SignedManifest { bytes, signature } };
        std::fs::write(file, [header.to_bytes(), content].concat()).unwrap();
    }
}

fn workspace_of(place: &Place) -> WorkspaceId {
    place.json(&["workspaces"])["workspaces"][0]["id"].as_str().unwrap().parse().unwrap()
}

#[test]
fn a_signed_bundle_with_lies_in_it_is_refused_whole() {
    let (bob, eve) = (Place::new("bob"), Place::new("eve"));
    let (ada, dir) = field(&[(&bob, "editor")], 1);
    eve.json(&["init", "Elsewhere", "--name", "Eve"]);
    let (file, secret) = (dir.path().join("forged.dfb"), SecretKey::from_bytes(&[9; 32]));
    let good = Forged { workspace: workspace_of(&ada), entries: raw::entries(ada.path()), blobs: Vec::new() };
    let (before, unchanged) = (held(&bob), |_: &mut Manifest| {});
    // An entry in the middle that its device did not sign, after many that are good.
    let mut entries = good.entries.clone();
    let last = entries.last_mut().unwrap();
    last.signature = dataforge_protocol::key::sign_entry(&secret, &[1; 32]);
    Forged { entries, ..good_of(&good) }.write(&file, &secret, unchanged);
    assert!(refuses(&bob, &file, &before, "signature").contains("is not good"));
    let mut entries = good.entries.clone();
    entries.last_mut().unwrap().body.push(0);
    Forged { entries, ..good_of(&good) }.write(&file, &secret, unchanged);
    refuses(&bob, &file, &before, "body");
    // Entries of another workspace among them.
    let entries = [good.entries.clone(), raw::entries(eve.path())].concat();
    Forged { entries, ..good_of(&good) }.write(&file, &secret, unchanged);
    assert!(refuses(&bob, &file, &before, "entries of another workspace").contains("another workspace"));
    // A workspace that is not here.
    let other = Forged { workspace: workspace_of(&eve), entries: raw::entries(eve.path()), blobs: Vec::new() };
    other.write(&file, &secret, unchanged);
    assert!(refuses(&bob, &file, &before, "another workspace").contains("join it first"));
    // Counts, sizes and volumes that are not so.
    good_of(&good).write(&file, &secret, |m| m.sections[Part::Entries as usize].count = 1_000_000);
    refuses(&bob, &file, &before, "a million entries of no size");
    good_of(&good).write(&file, &secret, |m| m.blob_bytes = 1 << 40);
    refuses(&bob, &file, &before, "a terabyte of blobs that are not in the table");
    good_of(&good).write(&file, &secret, |m| m.volumes = 900);
    refuses(&bob, &file, &before, "volumes that are not needed");
    good_of(&good)
        .write(&file, &secret, |m| m.exporter = DeviceId(*SecretKey::from_bytes(&[8; 32]).public().as_bytes()));
    assert!(refuses(&bob, &file, &before, "another exporter").contains("not signed by the device"));
    // The same blob twice.
    let blobs = vec![vec![7; 900], vec![7; 900]];
    Forged { blobs, ..good_of(&good) }.write(&file, &secret, unchanged);
    refuses(&bob, &file, &before, "a blob twice");
}

fn good_of(good: &Forged) -> Forged {
    Forged { workspace: good.workspace, entries: good.entries.clone(), blobs: good.blobs.clone() }
}

#[test]
fn a_stranger_may_carry_what_is_true_and_nothing_else() {
    let bob = Place::new("bob");
    let (ada, dir) = field(&[(&bob, "editor")], 1);
    let (file, secret) = (dir.path().join("carried.dfb"), SecretKey::from_bytes(&[9; 32]));
    let blobs = vec![vec![7; 900_000], vec![8; 100]];
    let carried = Forged { workspace: workspace_of(&ada), entries: raw::entries(ada.path()), blobs };
    let files = held(&bob).files;
    carried.write(&file, &secret, |_| {});
    let taken = take(&bob, &file);
    assert_eq!((&taken["by_known"], number(&taken, "blobs")), (&false.into(), 0), "{taken}");
    assert_eq!(wells(&bob), wells(&ada), "the entries are Ada's, whoever brought them");
    assert_eq!(held(&bob).files, files, "nothing refers to these blobs");
    let database = rusqlite::Connection::open(bob.path().join("node.db")).unwrap();
    let remembered: u64 = database.query_row("SELECT count(*) FROM bundles", [], |row| row.get(0)).unwrap();
    assert_eq!(remembered, 0, "what a stranger says of who has what is nothing");
}

#[test]
fn an_old_bundle_takes_nothing_back() {
    let bob = Place::new("bob");
    let (ada, dir) = field(&[(&bob, "editor")], 1);
    let path = |name: &str| -> PathBuf { dir.path().join(name) };
    export(&ada, &path("old.dfb"), &[]);
    ada.json(&["set", "Test 1", "company", "New Oil"]);
    ada.json(&["role", "bob", "viewer", "--yes"]);
    export(&ada, &path("new.dfb"), &[]);
    take(&bob, &path("new.dfb"));
    let before = held(&bob);
    let taken = take(&bob, &path("old.dfb"));
    assert_eq!((number(&taken, "entries"), number(&taken, "blobs")), (0, 0), "{taken}");
    let after = held(&bob);
    assert_eq!((&after.status, &after.files), (&before.status, &before.files));
    assert_eq!(wells(&bob)[0]["company"], "New Oil");
    assert_eq!(bob.json(&["workspaces"])["workspaces"][0]["role"], "viewer");
    // Ada does not think that he went back either.
    let news = export(&ada, &path("news.dfb"), &["--since", word(&path("new.dfb"))]);
    assert_eq!(number(&news, "entries"), 0);
}

#[test]
fn what_a_removed_member_wrote_counts_for_nobody_who_knows() {
    let (bob, cyd) = (Place::new("bob"), Place::new("cyd"));
    let (ada, dir) = field(&[(&bob, "editor"), (&cyd, "editor")], 1);
    let path = |name: &str| dir.path().join(name);
    export(&ada, &path("all.dfb"), &[]);
    take(&bob, &path("all.dfb"));
    bob.json(&["set", "Test 1", "company", "Bobs Oil"]);
    ada.json(&["remove", "bob", "--yes"]);
    export(&ada, &path("removed.dfb"), &[]);
    take(&cyd, &path("removed.dfb"));
    let before = wells(&cyd);
    let scan = path("scan.bin");
    std::fs::write(&scan, vec![5; 4000]).unwrap();
    bob.json(&["attach", word(&scan)]);
    export(&bob, &path("bob.dfb"), &[]);
    let blobs = number(&cyd.json(&["cache", "stats"]), "files");
    let taken = take(&cyd, &path("bob.dfb"));
    assert_eq!((&taken["by_member"], &taken["by_known"]), (&false.into(), &true.into()), "{taken}");
    assert_eq!(wells(&cyd), before);
    assert_eq!(number(&cyd.json(&["cache", "stats"]), "files"), blobs, "nor are his blobs kept");
    // It is late work: an admin may bring it in.
    take(&ada, &path("bob.dfb"));
    assert_eq!(wells(&ada), before);
    assert!(number(&ada.json(&["late-work"])["late_work"][0], "entries") > 0);
    ada.json(&["late-work", "accept"]);
    assert_eq!(wells(&ada)[0]["company"], "Bobs Oil");
    cyd.verify();
}
