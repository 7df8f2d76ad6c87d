//! The files of an identity: what is read back, and what a cut or damage leaves.

use std::path::PathBuf;

use super::*;
use crate::api::Passphrase;
use crate::seal::Cost;

const CHEAP: Cost = Cost { memory_kib: 8, passes: 1, lanes: 1 };

fn right() -> Passphrase {
    Passphrase("right one".to_owned())
}

fn seal() -> Seal {
    Seal::derive(&right().0, CHEAP, [1; 16]).unwrap()
}

/// Makes an identity, with a seal or without.
fn made(dir: &Path, seal: Option<Seal>) -> (Identity, Phrase) {
    let phrase = Phrase::from_entropy([5; 32]);
    (Identity::from_phrase(dir, &phrase, ("Ada", "laptop"), seal).unwrap(), phrase)
}

fn kind(dir: &Path, access: Access<'_>) -> Result<DeviceId, ErrorKind> {
    let read = Identity::read(dir, access).map_err(|error| error.kind)?;
    read.map(|identity| identity.device()).ok_or(ErrorKind::NotFound)
}

fn key(dir: &Path) -> PathBuf {
    files::key_path(dir)
}

#[test]
fn a_seal_is_put_on_and_taken_off_and_the_key_stays() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    assert_eq!(kind(dir, Access::Plain), Err(ErrorKind::NotFound));
    let (mut identity, _) = made(dir, None);
    let device = identity.device();
    assert_eq!(kind(dir, Access::Plain), Ok(device));
    let wrong = Passphrase("wrong one".to_owned());
    identity.replace_seal(dir, Some(seal())).unwrap();
    let hex = data_encoding::HEXLOWER.encode(&identity.secret.to_bytes());
    let file = std::fs::read(key(dir)).unwrap();
    assert!(!String::from_utf8_lossy(&file).contains(&hex[..8]));
    assert!(!file.windows(8).any(|part| part == &identity.secret.to_bytes()[..8]));
    assert_eq!(kind(dir, Access::Plain), Err(ErrorKind::Sealed));
    assert_eq!(kind(dir, Access::Passphrase(&wrong)), Err(ErrorKind::Sealed));
    assert_eq!(kind(dir, Access::Passphrase(&right())), Ok(device));
    assert_eq!(kind(dir, Access::WithoutKey), Err(ErrorKind::Sealed));
    identity.replace_seal(dir, None).unwrap();
    assert_eq!(kind(dir, Access::Plain), Ok(device));
    assert_eq!(kind(dir, Access::Passphrase(&wrong)), Ok(device), "there is nothing to open");
}

#[cfg(unix)]
#[test]
fn only_its_owner_reads_a_key() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = tempfile::tempdir().unwrap();
    let (mut identity, _) = made(dir.path(), None);
    for seal in [None, Some(seal())] {
        identity.replace_seal(dir.path(), seal).unwrap();
        let mode = |path: PathBuf| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(key(dir.path())), mode(dir.path().join("keys"))), (0o600, 0o700));
    }
}

#[test]
fn a_damaged_key_file_is_said_to_be_damaged_whatever_byte_it_is() {
    for seal in [None, Some(seal())] {
        let dir = tempfile::tempdir().unwrap();
        let (identity, _) = made(dir.path(), seal);
        let whole = std::fs::read(key(dir.path())).unwrap();
        // Without its line end a plain key is whole.
        let end = whole.trim_ascii_end().len();
        for at in 0..end {
            std::fs::write(key(dir.path()), &whole[..at]).unwrap();
            assert_eq!(kind(dir.path(), Access::Passphrase(&right())), Err(ErrorKind::Damaged), "{at} bytes");
            for bit in 0..8 {
                let mut flipped = whole.clone();
                flipped[at] ^= 1 << bit;
                std::fs::write(key(dir.path()), &flipped).unwrap();
                let read = kind(dir.path(), Access::Passphrase(&right()));
                assert_eq!(read, Err(ErrorKind::Damaged), "bit {bit} of byte {at}");
            }
        }
        std::fs::write(key(dir.path()), &whole).unwrap();
        assert_eq!(kind(dir.path(), Access::Passphrase(&right())), Ok(identity.device()));
    }
}

#[test]
fn a_cut_while_the_key_changes_leaves_the_old_or_the_new_device() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let (keys, (old, phrase)) = (dir.join("keys"), made(dir, Some(seal())));
    let names = ["identity.json", "device.key"];
    let before = names.map(|name| std::fs::read(keys.join(name)).unwrap());
    let new = Identity::from_phrase(dir, &phrase, ("Ada", "laptop"), old.seal.clone()).unwrap();
    assert_ne!(new.device(), old.device());
    let after = names.map(|name| std::fs::read(keys.join(name)).unwrap());
    let put = |public: &[u8], next: Option<&[u8]>, key: &[u8]| {
        std::fs::write(keys.join("identity.json"), public).unwrap();
        std::fs::write(keys.join("device.key"), key).unwrap();
        drop(std::fs::remove_file(keys.join("identity.next.json")));
        next.into_iter().for_each(|next| std::fs::write(keys.join("identity.next.json"), next).unwrap());
        kind(dir, Access::Passphrase(&right()))
    };
    assert_eq!(put(&before[0], Some(&after[0]), &before[1]), Ok(old.device()), "the new key was not written");
    assert_eq!(put(&before[0], Some(&after[0]), &after[1]), Ok(new.device()), "it was");
    assert!(!keys.join("identity.next.json").exists(), "what was half done is done");
    assert_eq!(kind(dir, Access::Passphrase(&right())), Ok(new.device()));
    assert_eq!(put(&before[0], None, &after[1]), Err(ErrorKind::Damaged));
    // What was being written may be a plain key.
    std::fs::write(keys.join("device.new-4711"), "secret").unwrap();
    files::sweep(dir).unwrap();
    let left: Vec<_> = std::fs::read_dir(&keys).unwrap().flatten().map(|entry| entry.file_name()).collect();
    assert!(left.len() == 2 && left.iter().all(|name| names.contains(&name.to_str().unwrap())), "{left:?}");
}

#[test]
fn a_key_sealed_by_a_later_version_is_no_damage() {
    let dir = tempfile::tempdir().unwrap();
    let (_identity, _) = made(dir.path(), Some(seal()));
    let mut file = std::fs::read(key(dir.path())).unwrap();
    file[16] = 2;
    let checksum = blake3::hash(&file[..104]);
    file[104..].copy_from_slice(checksum.as_bytes());
    std::fs::write(key(dir.path()), file).unwrap();
    assert_eq!(kind(dir.path(), Access::Passphrase(&right())), Err(ErrorKind::Input));
}
