//! The keys of a backup, and what they do.
//!
//! Two secrets are made with every backup: an age identity, without which nothing is read, and a secret
//! that names things and proves who wrote them. Both lie in the backup under its passphrase. The data
//! directory keeps the public half of the first and all of the second, so that it can go on backing up
//! without the passphrase, and cannot read what it wrote.

use std::io::{Read as _, Write as _};

use age::secrecy::{ExposeSecret as _, SecretString};
use age::x25519;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize as _, Zeroizing};

use super::envelope::{self, EnvelopeError, Kind, Name, Opened};
use crate::api::{ApiError, ErrorKind, Passphrase};
use crate::clock::random_bytes;

/// log2 of scrypt's N for a passphrase: 128 MiB for each guess.
const WORK: u8 = 17;
/// The most that a file from elsewhere may ask for: 1 GiB.
const MOST_WORK: u8 = 20;
/// zstd level of what gets smaller by it: sources are text.
const LEVEL: i32 = 3;
/// Bytes that are tried to see whether the rest gets smaller.
const SAMPLE: usize = 64 << 10;
/// Most bytes of one object's content.
const MOST_BYTES: u64 = 1 << 30;

/// What names and proofs are made with.
const NAMES: &str = "dataforge backup 1: names";
const PROOFS: &str = "dataforge backup 1: proofs";

/// What it takes to write into a backup.
#[derive(Clone)]
pub(super) struct WriteKeys {
    /// Which backup.
    pub(super) id: Name,
    recipient: x25519::Recipient,
    secret: Zeroizing<[u8; 32]>,
    names: Zeroizing<[u8; 32]>,
    proofs: Zeroizing<[u8; 32]>,
}

/// What it takes to read a backup.
#[derive(Clone)]
pub(super) struct ReadKeys {
    /// What it takes to write into it.
    pub(super) write: WriteKeys,
    identity: x25519::Identity,
}

impl std::fmt::Debug for WriteKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WriteKeys").field("id", &self.id).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for ReadKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ReadKeys").field("id", &self.write.id).finish_non_exhaustive()
    }
}

/// The keys as they lie in a backup, under its passphrase.
#[derive(Serialize, Deserialize)]
struct Stored {
    identity: String,
    secret: String,
}

impl Drop for Stored {
    fn drop(&mut self) {
        self.identity.zeroize();
        self.secret.zeroize();
    }
}

/// Why the keys of a backup do not come out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum KeyError {
    /// The passphrase is another one.
    #[error("the passphrase does not fit")]
    Passphrase,
    /// A guess would cost more than is given.
    #[error("a guess at the passphrase would cost too much")]
    Cost,
    /// The envelope is damaged.
    #[error(transparent)]
    Envelope(#[from] EnvelopeError),
}

fn internal(what: &str, error: &dyn std::fmt::Display) -> ApiError {
    ApiError::new(ErrorKind::Internal, format!("{what}: {error}"))
}

impl ReadKeys {
    /// Makes the keys of a new backup.
    ///
    /// # Errors
    /// `Internal` when the system gives no random bytes.
    pub(super) fn make() -> Result<Self, ApiError> {
        let identity = x25519::Identity::generate();
        let write = WriteKeys::new(Name(random_bytes()?), identity.to_public(), Zeroizing::new(random_bytes()?));
        Ok(Self { write, identity })
    }

    /// Puts them under a passphrase. Takes a moment and 128 MiB of memory.
    ///
    /// # Errors
    /// `Internal` when the library refuses.
    pub(super) fn seal(&self, passphrase: &Passphrase) -> Result<Vec<u8>, ApiError> {
        let stored = Stored {
            identity: self.identity.to_string().expose_secret().to_owned(),
            secret: data_encoding::HEXLOWER.encode(&*self.write.secret),
        };
        let json = Zeroizing::new(serde_json::to_vec(&stored).expect("keys have no unserialisable part"));
        let mut recipient = age::scrypt::Recipient::new(SecretString::from(passphrase.0.clone()));
        recipient.set_work_factor(WORK);
        let sealed = encrypt(&recipient, &json).map_err(|error| internal("the keys cannot be sealed", &error))?;
        Ok(envelope::close(Kind::Key, self.write.id, &sealed, &self.write.proofs))
    }

    /// Takes them out by the passphrase.
    ///
    /// # Errors
    /// [`KeyError`].
    pub(super) fn open(bytes: &[u8], passphrase: &Passphrase) -> Result<Self, KeyError> {
        let opened = envelope::open(bytes)?;
        if opened.header.kind != Kind::Key {
            return Err(EnvelopeError::Other.into());
        }
        let mut by = age::scrypt::Identity::new(SecretString::from(passphrase.0.clone()));
        by.set_max_work_factor(MOST_WORK);
        // The checksum fits, so that what does not open has another passphrase.
        let json = decrypt(&by, opened.unproven()).map_err(|error| match error {
            age::DecryptError::ExcessiveWork { .. } => KeyError::Cost,
            age::DecryptError::DecryptionFailed | age::DecryptError::KeyDecryptionFailed => KeyError::Passphrase,
            _ => KeyError::Envelope(EnvelopeError::Content),
        })?;
        let stored: Stored = serde_json::from_slice(&json).map_err(|_json| EnvelopeError::Content)?;
        let identity: x25519::Identity = stored.identity.parse().map_err(|_text| EnvelopeError::Content)?;
        let secret = secret_of(&stored.secret).ok_or(EnvelopeError::Content)?;
        let write = WriteKeys::new(opened.header.name, identity.to_public(), secret);
        opened.proven(&write.proofs)?;
        Ok(Self { write, identity })
    }

    /// Returns what an object holds.
    ///
    /// # Errors
    /// [`EnvelopeError`].
    pub(super) fn read(&self, name: Name, bytes: &[u8]) -> Result<Vec<u8>, EnvelopeError> {
        let content = self.write.prove(&envelope::open_as(Kind::Object, name, bytes)?)?;
        let packed = decrypt(&self.identity, content).map_err(|_error| EnvelopeError::Content)?;
        unpack(&packed).ok_or(EnvelopeError::Content)
    }
}

impl WriteKeys {
    fn new(id: Name, recipient: x25519::Recipient, secret: Zeroizing<[u8; 32]>) -> Self {
        let derive = |context| Zeroizing::new(blake3::derive_key(context, secret.as_slice()));
        let (names, proofs) = (derive(NAMES), derive(PROOFS));
        Self { id, recipient, secret, names, proofs }
    }

    /// Brings back what a data directory kept.
    pub(super) fn from_texts(id: &str, recipient: &str, secret: &str) -> Option<Self> {
        Some(Self::new(Name::parse(id)?, recipient.parse().ok()?, secret_of(secret)?))
    }

    /// Returns what a data directory keeps: id, recipient and secret.
    pub(super) fn to_texts(&self) -> (String, String, Zeroizing<String>) {
        let secret = data_encoding::HEXLOWER.encode(&*self.secret);
        (self.id.to_string(), self.recipient.to_string(), Zeroizing::new(secret))
    }

    /// Returns the name of content of a kind. It tells nothing to who has not the keys.
    pub(super) fn name(&self, kind: &str, content: &[&[u8]]) -> Name {
        let mut hasher = blake3::Hasher::new_keyed(&self.names);
        hasher.update(&[u8::try_from(kind.len()).unwrap_or(u8::MAX)]).update(kind.as_bytes());
        content.iter().for_each(|part| {
            hasher.update(part);
        });
        Name(*hasher.finalize().as_bytes())
    }

    /// Returns an object that holds content.
    ///
    /// # Errors
    /// `Internal` when the library refuses.
    pub(super) fn object(&self, name: Name, content: &[u8]) -> Result<Vec<u8>, ApiError> {
        let sealed = encrypt(&self.recipient, &pack(content));
        let sealed = sealed.map_err(|error| internal("an object cannot be encrypted", &error))?;
        Ok(envelope::close(Kind::Object, name, &sealed, &self.proofs))
    }

    /// Returns the envelope of a snapshot.
    pub(super) fn snapshot(&self, number: u64, content: &[u8]) -> Vec<u8> {
        envelope::close(Kind::Snapshot, Name::of_number(number), content, &self.proofs)
    }

    /// Returns what is in an envelope, when who has the keys wrote it.
    ///
    /// # Errors
    /// [`EnvelopeError::Proof`].
    pub(super) fn prove<'a>(&self, opened: &Opened<'a>) -> Result<&'a [u8], EnvelopeError> {
        opened.proven(&self.proofs)
    }
}

fn secret_of(hex: &str) -> Option<Zeroizing<[u8; 32]>> {
    let bytes = Zeroizing::new(data_encoding::HEXLOWER.decode(hex.as_bytes()).ok()?);
    bytes.as_slice().try_into().ok().map(Zeroizing::new)
}

fn encrypt(recipient: &dyn age::Recipient, content: &[u8]) -> std::io::Result<Vec<u8>> {
    let encryptor = age::Encryptor::with_recipients(std::iter::once(recipient)).map_err(std::io::Error::other)?;
    let mut writer = encryptor.wrap_output(Vec::with_capacity(content.len() + 1024))?;
    writer.write_all(content)?;
    writer.finish()
}

fn decrypt(identity: &dyn age::Identity, content: &[u8]) -> Result<Zeroizing<Vec<u8>>, age::DecryptError> {
    let mut plain = Zeroizing::new(Vec::with_capacity(content.len()));
    let decryptor = age::Decryptor::new_buffered(content)?;
    decryptor.decrypt(std::iter::once(identity))?.read_to_end(&mut plain)?;
    Ok(plain)
}

/// Content as it is encrypted: a byte that says how it is packed, its length, and the rest.
fn pack(content: &[u8]) -> Vec<u8> {
    let shrinks =
        |part: &[u8]| zstd::bulk::compress(part, LEVEL).ok().filter(|small| small.len() < part.len() / 10 * 9);
    let sample = content.get(..SAMPLE.min(content.len())).unwrap_or_default();
    let small = if content.len() <= SAMPLE { shrinks(content) } else { shrinks(sample).and_then(|_| shrinks(content)) };
    let (packing, rest) = small.as_deref().map_or((0, content), |small| (1, small));
    let mut packed = Vec::with_capacity(9 + rest.len());
    packed.push(packing);
    packed.extend_from_slice(&(content.len() as u64).to_le_bytes());
    packed.extend_from_slice(rest);
    packed
}

fn unpack(packed: &[u8]) -> Option<Vec<u8>> {
    let (head, rest) = packed.split_at_checked(9)?;
    let length = u64::from_le_bytes(head.get(1..)?.try_into().ok()?);
    let length = usize::try_from(length).ok().filter(|length| *length as u64 <= MOST_BYTES)?;
    let content = match head.first()? {
        0 => rest.to_vec(),
        1 => zstd::bulk::decompress(rest, length).ok()?,
        _ => return None,
    };
    (content.len() == length).then_some(content)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passphrase(text: &str) -> Passphrase {
        Passphrase(text.to_owned())
    }

    #[test]
    fn content_comes_out_as_it_went_in_packed_or_not() {
        let keys = ReadKeys::make().unwrap();
        let mut noise = vec![0; 200_000];
        fastrand::Rng::with_seed(1).fill(&mut noise);
        for content in [Vec::new(), b"a".to_vec(), b"text ".repeat(100_000), noise] {
            let name = keys.write.name("test", &[&content]);
            let object = keys.write.object(name, &content).unwrap();
            assert_eq!(keys.read(name, &object).unwrap(), content);
        }
        let text = b"text ".repeat(100_000);
        assert!(keys.write.object(Name([1; 32]), &text).unwrap().len() < text.len() / 20);
    }

    #[test]
    fn an_object_that_is_changed_anywhere_is_not_read() {
        let keys = ReadKeys::make().unwrap();
        let object = keys.write.object(Name([1; 32]), b"some content").unwrap();
        for at in 0..object.len() {
            let mut flipped = object.clone();
            flipped[at] ^= 0x10;
            assert!(keys.read(Name([1; 32]), &flipped).is_err(), "byte {at}");
        }
        // With the secret and not the identity one can write, and what is forged inside shows.
        let other = ReadKeys::make().unwrap();
        let foreign = encrypt(&other.write.recipient, &pack(b"some content")).unwrap();
        let foreign = envelope::close(Kind::Object, Name([1; 32]), &foreign, &keys.write.proofs);
        assert_eq!(keys.read(Name([1; 32]), &foreign).unwrap_err(), EnvelopeError::Content);
    }

    #[test]
    fn keys_come_out_by_their_passphrase_alone() {
        let keys = ReadKeys::make().unwrap();
        let sealed = keys.seal(&passphrase("right horse")).unwrap();
        let opened = ReadKeys::open(&sealed, &passphrase("right horse")).unwrap();
        assert_eq!(opened.write.to_texts(), keys.write.to_texts());
        assert_eq!(ReadKeys::open(&sealed, &passphrase("wrong horse")).unwrap_err(), KeyError::Passphrase);
        let mut flipped = sealed.clone();
        flipped[100] ^= 1;
        let error = ReadKeys::open(&flipped, &passphrase("right horse")).unwrap_err();
        assert_eq!(error, KeyError::Envelope(EnvelopeError::Checksum), "damage is no wrong passphrase");
        let (id, recipient, secret) = keys.write.to_texts();
        let kept = WriteKeys::from_texts(&id, &recipient, &secret).unwrap();
        let object = kept.object(Name([1; 32]), b"x").unwrap();
        assert_eq!(opened.read(Name([1; 32]), &object).unwrap(), b"x", "who writes needs no passphrase");
        assert_eq!(kept.name("blob", &[b"y"]), opened.write.name("blob", &[b"y"]));
        assert_ne!(kept.name("blob", &[b"y"]), ReadKeys::make().unwrap().write.name("blob", &[b"y"]));
    }
}
