//! Encrypting bundles to the devices of the members, with age.
//!
//! Nothing is exchanged for it: an X25519 key follows from the ed25519 key that a device has. The
//! public half is the same point in the other form of the curve (RFC 7748, 4.1); the secret half is
//! the scalar that ed25519 signs with, the first half of SHA-512 of the key (RFC 8032, 5.1.5). age does
//! so with SSH keys of that kind; that both uses of one key do not harm each other is shown in
//! E. Thormarker, "On using the same key pair for Ed25519 and an X25519 based KEM" (IACR 2021/509).

use std::fs::File;
use std::io::{BufReader, ErrorKind as IoKind, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use age::stream::StreamReader;
use age::{DecryptError, Decryptor, Encryptor, Recipient};
use bech32::{Bech32, Hrp};
use curve25519_dalek::edwards::CompressedEdwardsY;
use dataforge_protocol::id::DeviceId;
use iroh::SecretKey;
use sha2::{Digest as _, Sha512};
use zeroize::Zeroizing;

use crate::api::{ApiError, ErrorKind};

/// What an age file begins with.
const START: &[u8] = b"age-encryption.org/v1\n";
/// Bytes that the header of an encrypted volume may have: it is read into memory. Room for some
/// thousands of devices.
const MAX_HEADER: u64 = 1 << 20;
/// Bytes that are encrypted at a time, and what each such part grows by.
const PART: (u64, u64) = (64 << 10, 16);
/// Bytes of the header for each device, and besides: an upper bound.
const HEADER: (u64, u64) = (160, 1024);

fn internal(error: &dyn std::fmt::Display) -> ApiError {
    ApiError::new(ErrorKind::Internal, format!("a key cannot be converted: {error}"))
}

/// Returns the key that what is meant for a device is encrypted to; none when its id is no key.
fn recipient(device: &DeviceId) -> Option<age::x25519::Recipient> {
    let point = CompressedEdwardsY(*device.as_bytes()).decompress()?;
    let text = bech32::encode::<Bech32>(Hrp::parse("age").ok()?, point.to_montgomery().as_bytes()).ok()?;
    text.parse().ok()
}

/// Returns the key that a device decrypts with.
fn identity(secret: &SecretKey) -> Result<age::x25519::Identity, ApiError> {
    let digest = Zeroizing::new(<[u8; 64]>::from(Sha512::digest(Zeroizing::new(secret.to_bytes()).as_slice())));
    // X25519 clears and sets the bits that ed25519 does.
    let scalar = digest.get(..32).unwrap_or_default();
    let hrp = Hrp::parse("age-secret-key-").map_err(|error| internal(&error))?;
    let text = Zeroizing::new(bech32::encode_upper::<Bech32>(hrp, scalar).map_err(|error| internal(&error))?);
    text.parse().map_err(|error| internal(&error))
}

/// Returns what encrypts to some devices.
///
/// # Errors
/// `Internal` when there is none.
pub(super) fn encryptor(devices: &[DeviceId]) -> Result<Encryptor, ApiError> {
    let keys: Vec<_> = devices.iter().filter_map(recipient).collect();
    Encryptor::with_recipients(keys.iter().map(|key| key as &dyn Recipient)).map_err(|error| internal(&error))
}

/// Returns how many bytes fit into an encrypted file of a size, at least.
pub(super) fn room(file_bytes: u64, devices: usize) -> u64 {
    let (each, fixed) = HEADER;
    let body = file_bytes.saturating_sub(fixed + each * devices as u64);
    let (part, more) = PART;
    // An empty last part may be needed.
    (body / (part + more) * part + (body % (part + more)).saturating_sub(more)).saturating_sub(more)
}

/// Whether a file that begins so is encrypted.
pub(super) fn is_sealed(start: &[u8]) -> bool {
    start.starts_with(START)
}

/// Bytes from the start of a file that tell.
pub(super) const PEEK: usize = START.len();

/// A file of which only so much can be read for now.
#[derive(Debug)]
pub(super) struct Limited {
    file: File,
    left: Arc<AtomicU64>,
}

impl Read for Limited {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let left = self.left.load(Ordering::Relaxed);
        if left == 0 {
            return Err(std::io::Error::new(IoKind::InvalidData, "the header of the encrypted file is too long"));
        }
        let most = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
        let read = self.file.read(buffer.get_mut(..most).unwrap_or_default())?;
        if left != u64::MAX {
            self.left.store(left - read as u64, Ordering::Relaxed);
        }
        Ok(read)
    }
}

/// An encrypted file as it is read.
pub(super) type Unsealed = StreamReader<BufReader<Limited>>;

/// Opens an encrypted file with a device's key.
///
/// # Errors
/// `NotAllowed` when it was not encrypted to the device, `Input` when it is damaged.
pub(super) fn open(file: File, path: &Path, secret: &SecretKey) -> Result<Unsealed, ApiError> {
    let left = Arc::new(AtomicU64::new(MAX_HEADER));
    let limited = Limited { file, left: Arc::clone(&left) };
    let failed = |error: DecryptError| match error {
        DecryptError::NoMatchingKeys => ApiError::new(
            ErrorKind::NotAllowed,
            format!("{} is encrypted, and not to this device", path.display()),
        )
        .hint("it opens on the devices that were members' when it was made; ask for a new one made after you joined"),
        DecryptError::Io(error) if error.kind() != IoKind::UnexpectedEof && error.kind() != IoKind::InvalidData => {
            crate::directory::storage("cannot read", path, &error)
        }
        error => ApiError::new(ErrorKind::Input, format!("{} is encrypted and damaged: {error}", path.display()))
            .hint("copy it to the stick again"),
    };
    let decryptor = Decryptor::new_buffered(BufReader::new(limited)).map_err(failed)?;
    let opened = decryptor.decrypt(std::iter::once(&identity(secret)? as &dyn age::Identity)).map_err(failed)?;
    left.store(u64::MAX, Ordering::Relaxed);
    Ok(opened)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn key(number: u8) -> (SecretKey, DeviceId) {
        let secret = SecretKey::from_bytes(&[number; 32]);
        let device = DeviceId(*secret.public().as_bytes());
        (secret, device)
    }

    #[test]
    fn both_halves_of_a_key_convert_to_halves_of_one_key() {
        for number in 0..50 {
            let (secret, device) = key(number);
            assert!(identity(&secret).unwrap().to_public() == recipient(&device).unwrap(), "{number}");
        }
    }

    #[test]
    fn what_is_sealed_opens_for_those_devices_only_and_fits_the_room() {
        let dir = tempfile::tempdir().unwrap();
        let (devices, secrets): (Vec<_>, Vec<_>) = (0..30).map(key).map(|(s, d)| (d, s)).unzip();
        for size in [0_u64, 1, 65_536, 65_537, 200_000] {
            let path = dir.path().join(size.to_string());
            let mut writer = encryptor(&devices).unwrap().wrap_output(File::create(&path).unwrap()).unwrap();
            writer.write_all(&vec![7; size as usize]).unwrap();
            writer.finish().unwrap();
            let len = std::fs::metadata(&path).unwrap().len();
            assert!(room(len, devices.len()) <= size, "{size} in {len}");
            let mut read = Vec::new();
            open(File::open(&path).unwrap(), &path, &secrets[3]).unwrap().read_to_end(&mut read).unwrap();
            assert_eq!(read, vec![7; size as usize]);
            let stranger = open(File::open(&path).unwrap(), &path, &key(99).0).map(|_| ()).unwrap_err();
            assert_eq!(stranger.kind, ErrorKind::NotAllowed);
        }
        assert!(room(4_000_000_000, 30) > 3_990_000_000);
    }

    #[test]
    fn a_header_without_end_is_not_read_into_memory() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("endless");
        let mut file = File::create(&path).unwrap();
        file.write_all(START).unwrap();
        file.write_all(b"-> X25519 ").unwrap();
        file.set_len(1 << 40).unwrap();
        let error = open(File::open(&path).unwrap(), &path, &key(1).0).map(|_| ()).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Input, "{error}");
    }
}
