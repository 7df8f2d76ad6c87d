//! The envelope of everything in a backup: what it is, its name, its length, a proof of who wrote it
//! and a checksum for who has no key.
//!
//! Pure: bytes in, bytes out. The name stands inside, so that one envelope in the place of another is
//! noticed; the length too, so that one cut short or made longer is. `docs/backup.md` has the layout
//! byte by byte.

use serde::{Deserialize, Serialize};

/// First bytes.
const MAGIC: [u8; 16] = *b"dataforge-backup";
/// Version of the layout and of all that is in it.
pub(super) const VERSION: u8 = 1;
/// Bytes before the content.
pub(super) const HEADER: usize = 58;
/// Bytes of the proof and of the checksum behind it.
const HASH: usize = 32;
/// Bytes after the content.
pub(super) const TRAILER: usize = 2 * HASH;

/// The name of something in a backup.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Name(pub(super) [u8; 32]);

impl Name {
    /// Returns the name of a snapshot.
    pub(super) fn of_number(number: u64) -> Self {
        let mut name = [0; 32];
        name[..8].copy_from_slice(&number.to_le_bytes());
        Self(name)
    }

    /// Reads 64 hex digits.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let bytes = data_encoding::HEXLOWER.decode(text.as_bytes()).ok()?;
        bytes.try_into().ok().map(Self)
    }

    /// Returns its first digits, for people.
    pub(super) fn fmt_short(&self) -> String {
        data_encoding::HEXLOWER.encode(&self.0[..6])
    }
}

impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&data_encoding::HEXLOWER.encode(&self.0))
    }
}

impl std::fmt::Debug for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Name({})", self.fmt_short())
    }
}

/// What is in an envelope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// The keys of the backup, under its passphrase.
    Key,
    /// Encrypted content.
    Object,
    /// A snapshot: which objects it takes.
    Snapshot,
}

impl Kind {
    const fn to_u8(self) -> u8 {
        match self {
            Self::Key => 1,
            Self::Object => 2,
            Self::Snapshot => 3,
        }
    }

    fn from_u8(number: u8) -> Option<Self> {
        [Self::Key, Self::Object, Self::Snapshot].into_iter().find(|kind| kind.to_u8() == number)
    }
}

/// What is wrong with an envelope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum EnvelopeError {
    /// Its first bytes are others.
    #[error("it does not begin like a part of a backup")]
    Magic,
    /// A later version wrote it.
    #[error("it has version {0}, this program reads {VERSION}")]
    Version(u8),
    /// It is cut short, or something was added.
    #[error("it has {found} bytes instead of {expected}")]
    Length {
        /// Bytes that it should have.
        expected: u64,
        /// Bytes that are there.
        found: u64,
    },
    /// Bytes are not those that were written.
    #[error("the checksum does not fit")]
    Checksum,
    /// It is something else, in this place.
    #[error("something else stands in its place")]
    Other,
    /// Who wrote it has not the key of this backup.
    #[error("it was not written with the key of this backup")]
    Proof,
    /// Its content is no content of its kind.
    #[error("its content makes no sense")]
    Content,
}

/// What an envelope says before its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    /// What it is.
    pub(super) kind: Kind,
    /// Its name.
    pub(super) name: Name,
    /// Bytes of the content.
    pub(super) length: u64,
}

impl Header {
    /// Bytes of the whole envelope.
    pub(super) const fn total(&self) -> u64 {
        ((HEADER + TRAILER) as u64).saturating_add(self.length)
    }
}

/// Puts content into an envelope.
pub(super) fn close(kind: Kind, name: Name, content: &[u8], proof_key: &[u8; 32]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(HEADER + content.len() + TRAILER);
    bytes.extend_from_slice(&MAGIC);
    bytes.extend_from_slice(&[VERSION, kind.to_u8()]);
    bytes.extend_from_slice(&name.0);
    bytes.extend_from_slice(&(content.len() as u64).to_le_bytes());
    bytes.extend_from_slice(content);
    let proof = blake3::keyed_hash(proof_key, &bytes);
    bytes.extend_from_slice(proof.as_bytes());
    let checksum = blake3::hash(&bytes);
    bytes.extend_from_slice(checksum.as_bytes());
    bytes
}

/// Reads the header of an envelope from its first bytes.
///
/// # Errors
/// [`EnvelopeError`]: of these first bytes only.
pub(super) fn header(bytes: &[u8]) -> Result<Header, EnvelopeError> {
    let short = EnvelopeError::Length { expected: HEADER as u64, found: bytes.len() as u64 };
    if !bytes.starts_with(&MAGIC) {
        return Err(if MAGIC.starts_with(bytes) { short } else { EnvelopeError::Magic });
    }
    match bytes.get(16) {
        Some(&VERSION) => {}
        Some(&other) => return Err(EnvelopeError::Version(other)),
        None => return Err(short),
    }
    let fields = bytes.get(17..HEADER).ok_or(short)?;
    let kind = Kind::from_u8(fields[0]).ok_or(EnvelopeError::Other)?;
    let (mut name, mut length) = ([0; 32], [0; 8]);
    name.copy_from_slice(&fields[1..33]);
    length.copy_from_slice(&fields[33..]);
    Ok(Header { kind, name: Name(name), length: u64::from_le_bytes(length) })
}

/// An envelope that is whole; who wrote it is not known yet.
#[derive(Debug)]
pub(super) struct Opened<'a> {
    /// What it says of itself.
    pub(super) header: Header,
    proven: &'a [u8],
    content: &'a [u8],
    proof: blake3::Hash,
}

impl<'a> Opened<'a> {
    /// Returns the content without looking at who wrote it.
    pub(super) const fn unproven(&self) -> &'a [u8] {
        self.content
    }

    /// Returns the content, when who has the key wrote it.
    ///
    /// # Errors
    /// [`EnvelopeError::Proof`].
    pub(super) fn proven(&self, proof_key: &[u8; 32]) -> Result<&'a [u8], EnvelopeError> {
        // Compared in constant time.
        if blake3::keyed_hash(proof_key, self.proven) == self.proof {
            Ok(self.content)
        } else {
            Err(EnvelopeError::Proof)
        }
    }
}

/// Opens an envelope and checks all that needs no key.
///
/// # Errors
/// An [`EnvelopeError`] other than [`EnvelopeError::Proof`].
pub(super) fn open(bytes: &[u8]) -> Result<Opened<'_>, EnvelopeError> {
    let header = header(bytes)?;
    let (found, expected) = (bytes.len() as u64, header.total());
    if found != expected {
        return Err(EnvelopeError::Length { expected, found });
    }
    let (whole, checksum) = bytes.split_at(bytes.len() - HASH);
    if blake3::hash(whole).as_bytes() != checksum {
        return Err(EnvelopeError::Checksum);
    }
    let (proven, proof) = whole.split_at(whole.len() - HASH);
    let proof = <[u8; HASH]>::try_from(proof).map_err(|_length| EnvelopeError::Checksum)?;
    Ok(Opened { header, proven, content: proven.get(HEADER..).unwrap_or_default(), proof: proof.into() })
}

/// Opens the envelope of something that should be in its place.
///
/// # Errors
/// As [`open`], and [`EnvelopeError::Other`].
pub(super) fn open_as(kind: Kind, name: Name, bytes: &[u8]) -> Result<Opened<'_>, EnvelopeError> {
    let opened = open(bytes)?;
    if opened.header.kind == kind && opened.header.name == name { Ok(opened) } else { Err(EnvelopeError::Other) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: [u8; 32] = [9; 32];

    #[test]
    fn content_comes_out_as_it_went_in() {
        for length in [0, 1, 5000] {
            let content = vec![7; length];
            let bytes = close(Kind::Object, Name([1; 32]), &content, &KEY);
            assert_eq!(header(&bytes).unwrap().total(), bytes.len() as u64);
            assert_eq!(open_as(Kind::Object, Name([1; 32]), &bytes).unwrap().proven(&KEY).unwrap(), content);
        }
    }

    #[test]
    fn every_flipped_bit_every_cut_and_every_addition_is_noticed() {
        for kind in [Kind::Key, Kind::Object, Kind::Snapshot] {
            let bytes = close(kind, Name([1; 32]), &[7; 300], &KEY);
            for at in 0..bytes.len() {
                let mut flipped = bytes.clone();
                flipped[at] ^= 1 << (at % 8);
                assert!(open_as(kind, Name([1; 32]), &flipped).is_err(), "bit at {at} of {kind:?}");
                assert!(open_as(kind, Name([1; 32]), &bytes[..at]).is_err(), "{at} bytes of {kind:?}");
            }
            let longer = [&bytes[..], &[0]].concat();
            assert!(open_as(kind, Name([1; 32]), &longer).is_err());
            assert!(open_as(kind, Name([1; 32]), &bytes.repeat(2)).is_err());
        }
    }

    #[test]
    fn one_in_the_place_of_another_and_one_of_another_writer_are_noticed() {
        let bytes = close(Kind::Object, Name([1; 32]), b"content", &KEY);
        assert_eq!(open_as(Kind::Object, Name([2; 32]), &bytes).unwrap_err(), EnvelopeError::Other);
        assert_eq!(open_as(Kind::Snapshot, Name([1; 32]), &bytes).unwrap_err(), EnvelopeError::Other);
        // Who has no key can make a checksum, and no proof.
        let forged = close(Kind::Object, Name([1; 32]), b"content", &[8; 32]);
        let opened = open_as(Kind::Object, Name([1; 32]), &forged).unwrap();
        assert_eq!(opened.proven(&KEY).unwrap_err(), EnvelopeError::Proof);
    }

    #[test]
    fn later_versions_and_absurd_lengths_are_told() {
        let mut bytes = close(Kind::Object, Name([1; 32]), b"content", &KEY);
        bytes[16] = 2;
        assert_eq!(open(&bytes).unwrap_err(), EnvelopeError::Version(2));
        bytes[16] = VERSION;
        bytes[50..58].fill(0xff);
        assert!(matches!(open(&bytes).unwrap_err(), EnvelopeError::Length { .. }));
        assert_eq!(open(b"something else entirely").unwrap_err(), EnvelopeError::Magic);
    }
}
