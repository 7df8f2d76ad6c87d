//! The files of an identity: `keys/device.key` with the secret, plain or sealed, and
//! `keys/identity.json` with the rest.
//!
//! Each is replaced whole, so a cut leaves the old or the new one. Where both change, the new
//! `identity.json` waits beside the old one until the key is there: the key decides which holds.

use std::path::{Path, PathBuf};

use dataforge_protocol::id::DeviceId;
use zeroize::Zeroizing;

use super::PublicIdentity;
use crate::api::{ApiError, ErrorKind};
use crate::clock::random_bytes;
use crate::directory::{create_private, storage, sync_directory, write_atomically};
use crate::seal::{Seal, SealError, Sealed, is_sealed};

/// What is no secret.
const PUBLIC: &str = "identity.json";
/// The same for a key that is about to be written.
const NEXT: &str = "identity.next.json";

/// A key as its file has it.
#[derive(Debug)]
pub(crate) enum KeyFile {
    /// The secret itself.
    Plain(Zeroizing<[u8; 32]>),
    /// Sealed by a passphrase.
    Sealed(Sealed),
}

fn keys(dir: &Path) -> PathBuf {
    dir.join("keys")
}

/// Returns where the key of a data directory is.
pub(crate) fn key_path(dir: &Path) -> PathBuf {
    keys(dir).join("device.key")
}

/// The files cannot be what was written.
pub(super) fn damaged(dir: &Path) -> ApiError {
    ApiError::new(ErrorKind::Damaged, format!("the identity in {} is damaged", keys(dir).display())).hint(
        "put keys back from a backup, or dataforge device renew --without-key makes a new key by your 24 recovery words",
    )
}

/// The key is sealed, and no passphrase was given.
pub(crate) fn sealed(dir: &Path) -> ApiError {
    ApiError::new(ErrorKind::Sealed, format!("the key in {} is sealed by a passphrase", keys(dir).display())).hint(
        "run it on a terminal, which asks for it; or give it with --passphrase-file FILE or in DATAFORGE_PASSPHRASE; \
         while dataforge up runs, other commands need none",
    )
}

/// Says why a sealed key does not open.
pub(crate) fn told(dir: &Path, error: SealError) -> ApiError {
    let path = key_path(dir);
    match error {
        SealError::Passphrase => {
            ApiError::new(ErrorKind::Sealed, format!("this is not the passphrase of {}", path.display())).hint(
                "mind capitals and the keyboard's language; when it is lost, dataforge device renew --without-key \
                 makes a new key by your 24 recovery words",
            )
        }
        SealError::Checksum | SealError::Length(_) | SealError::Cost(_) => {
            ApiError { causes: vec![error.to_string()], ..damaged(dir) }
        }
        SealError::Version(_) | SealError::Unknown { .. } => {
            let message = format!("{} is sealed in a way that is not known here", path.display());
            let failure = ApiError::new(ErrorKind::Input, message).hint("use the version of DataForge that sealed it");
            ApiError { causes: vec![error.to_string()], ..failure }
        }
        SealError::Memory(_) => {
            ApiError::new(ErrorKind::Busy, error.to_string()).hint("end other programs and try again")
        }
    }
}

/// Reads the key file; `None` when there is none yet.
///
/// # Errors
/// `Damaged`, `Input` when a later version sealed it, `Storage` when it cannot be read.
pub(crate) fn read_key(dir: &Path) -> Result<Option<KeyFile>, ApiError> {
    let path = key_path(dir);
    let bytes = match std::fs::read(&path) {
        Ok(bytes) => Zeroizing::new(bytes),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(storage("cannot read", &path, &error)),
    };
    if is_sealed(&bytes) {
        return Sealed::read(&bytes).map(|sealed| Some(KeyFile::Sealed(sealed))).map_err(|error| told(dir, error));
    }
    let decoded = data_encoding::HEXLOWER.decode(bytes.trim_ascii()).map_err(|_not_hex| damaged(dir))?;
    let decoded = Zeroizing::new(decoded);
    let secret: [u8; 32] = decoded.as_slice().try_into().map_err(|_length| damaged(dir))?;
    Ok(Some(KeyFile::Plain(Zeroizing::new(secret))))
}

/// Writes the key file, sealed when there is a seal. The one before stays until the new one is
/// durable.
///
/// # Errors
/// `Storage`; the key is then as before.
pub(super) fn write_key(dir: &Path, secret: &[u8; 32], seal: Option<&Seal>) -> Result<(), ApiError> {
    let Some(seal) = seal else {
        let hex = Zeroizing::new(data_encoding::HEXLOWER.encode(secret));
        return write_atomically(&key_path(dir), Zeroizing::new(format!("{}\n", *hex)).as_bytes(), true);
    };
    let mut nonce = [0; 12];
    nonce.copy_from_slice(&random_bytes()?[..12]);
    let file = seal.close(secret, nonce);
    // What does not open would be lost with the file that it replaces.
    let opened = Sealed::read(&file).and_then(|sealed| sealed.open_with(seal));
    if opened.ok().as_deref() != Some(secret) {
        return Err(ApiError::new(ErrorKind::Internal, "the sealed key does not open again: nothing was changed"));
    }
    write_atomically(&key_path(dir), &file, true)
}

/// Writes the whole identity. The key comes last but one: an identity exists once its key does, and
/// a cut before that leaves the old one whole.
///
/// # Errors
/// `Storage`.
pub(super) fn write(
    dir: &Path,
    public: &PublicIdentity,
    secret: &[u8; 32],
    seal: Option<&Seal>,
) -> Result<(), ApiError> {
    create_private(&keys(dir))?;
    let json = serde_json::to_vec_pretty(public).expect("the identity has no unserialisable part");
    write_atomically(&keys(dir).join(NEXT), &json, true)?;
    write_key(dir, secret, seal)?;
    settle(dir)
}

/// Puts the waiting `identity.json` in its place.
fn settle(dir: &Path) -> Result<(), ApiError> {
    let (from, to) = (keys(dir).join(NEXT), keys(dir).join(PUBLIC));
    let renamed = std::fs::rename(&from, &to).and_then(|()| sync_directory(&keys(dir)));
    renamed.map_err(|error| storage("cannot write", &to, &error))
}

fn read_json(dir: &Path, name: &str) -> Result<Option<PublicIdentity>, ApiError> {
    let path = keys(dir).join(name);
    match std::fs::read(&path) {
        Ok(json) => serde_json::from_slice(&json).map(Some).map_err(|_json| damaged(dir)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(storage("cannot read", &path, &error)),
    }
}

/// Reads what is no secret, whatever the key is; `None` when there is none yet.
///
/// # Errors
/// `Damaged`, `Storage`.
pub(crate) fn read_public(dir: &Path) -> Result<Option<PublicIdentity>, ApiError> {
    match read_json(dir, PUBLIC)? {
        Some(public) => Ok(Some(public)),
        None => read_json(dir, NEXT),
    }
}

/// Reads what is no secret for a device, and ends what a cut left half done.
///
/// # Errors
/// `Damaged` when the files contradict each other, `Storage`.
pub(super) fn read_public_of(dir: &Path, device: &DeviceId) -> Result<PublicIdentity, ApiError> {
    if let Some(public) = read_json(dir, PUBLIC)?.filter(|public| public.certifies(device)) {
        return Ok(public);
    }
    let next = read_json(dir, NEXT)?.filter(|public| public.certifies(device)).ok_or_else(|| damaged(dir))?;
    settle(dir)?;
    Ok(next)
}

/// Removes what a cut left of files that were being written: it may hold a secret. Only for who has
/// the lock of the directory.
///
/// # Errors
/// `Storage`.
pub(crate) fn sweep(dir: &Path) -> Result<(), ApiError> {
    let Ok(entries) = std::fs::read_dir(keys(dir)) else { return Ok(()) };
    for entry in entries.flatten() {
        let name = entry.file_name();
        if name.to_string_lossy().contains(".new-") {
            std::fs::remove_file(entry.path()).map_err(|error| storage("cannot remove", &entry.path(), &error))?;
        }
    }
    Ok(())
}
