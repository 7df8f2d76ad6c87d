//! Entries: the signed, hash-linked elements of a device's chain.
//!
//! A header names everything an entry rests on; its BLAKE3 hash is the entry's id, and the device
//! signs the id. The body (a membership op, the facts of a document, or one Automerge change) is
//! named by hash and kept apart, so that it can be pruned or fetched later.
//!
//! Invariants: received bytes are kept and never re-encoded; a header whose re-encoding differs
//! from its bytes is refused, so one header has one id. `docs/protocol.md` gives the layout.

use iroh_base::SecretKey;
use serde::{Deserialize, Serialize};

use crate::id::{BlobHash, DeviceId, DocId, EntryId, WorkspaceId};
use crate::key::{BadSignature, Signature, device_id, sign_entry, verify_entry};
use crate::limits;

/// The header version this build writes.
pub const HEADER_VERSION: u8 = 1;

/// What an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EntryKind {
    /// A membership op.
    Op,
    /// The facts of a document.
    Open,
    /// One Automerge change of one document.
    Change,
}

impl EntryKind {
    const fn from_u8(value: u8) -> Option<Self> {
        match value {
            0 => Some(Self::Op),
            1 => Some(Self::Open),
            2 => Some(Self::Change),
            _ => None,
        }
    }

    /// Returns the number used in headers.
    #[must_use]
    pub const fn to_u8(self) -> u8 {
        match self {
            Self::Op => 0,
            Self::Open => 1,
            Self::Change => 2,
        }
    }

    /// Returns the word used in SQL and JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Op => "op",
            Self::Open => "open",
            Self::Change => "change",
        }
    }
}

/// A blob named by an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlobRef {
    /// BLAKE3 of its bytes.
    pub hash: BlobHash,
    /// Its size in bytes.
    pub size: u64,
}

/// A body named by a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct BodyRef {
    /// Bytes of the body.
    pub len: u32,
    /// BLAKE3 of the body.
    pub hash: [u8; 32],
}

impl BodyRef {
    /// Names a body. One that is too long for a header to hold fails every check of it.
    #[must_use]
    pub fn of(body: &[u8]) -> Self {
        Self { len: u32::try_from(body.len()).unwrap_or(u32::MAX), hash: *blake3::hash(body).as_bytes() }
    }
}

/// The fields every header version starts with, so that a newer entry can be kept in its place on
/// the chain and passed on by a build that cannot read the rest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// Header version.
    pub version: u8,
    /// Number of the kind; see [`EntryKind`].
    pub kind: u8,
    /// The workspace; all zero in a genesis, whose id it is.
    pub workspace: WorkspaceId,
    /// The author's device.
    pub device: DeviceId,
    /// Position on the device's chain, from 0.
    pub seq: u64,
    /// The entry before it on the chain; `None` at 0.
    pub prev: Option<EntryId>,
    /// The body.
    pub body: BodyRef,
}

/// The rest of a version 1 header.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Claims {
    /// Membership heads the author knew, sorted; for an op its parents.
    pub mheads: Vec<EntryId>,
    /// The document; `None` for an op.
    pub doc: Option<DocId>,
    /// Entries it builds on, sorted: the document's heads, and Opens of documents it refers to.
    pub deps: Vec<EntryId>,
    /// Blobs it names.
    pub blobs: Vec<BlobRef>,
    /// Number of blobs named by earlier entries of the chain.
    pub blob_base: u64,
    /// The author's clock in milliseconds since 1970; shown, never trusted.
    pub claimed_ms: u64,
}

/// A header of version 1.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// Place on the chain.
    pub link: Link,
    /// Everything else.
    pub claims: Claims,
}

/// An entry as it travels and is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedEntry {
    /// The encoded header.
    pub header: Vec<u8>,
    /// The device's signature over the header's hash.
    pub signature: Signature,
    /// The body.
    pub body: Vec<u8>,
}

/// Why bytes are no entry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EntryError {
    /// The header is longer than the limit.
    #[error("header of {0} bytes exceeds the limit")]
    HeaderSize(usize),
    /// The body is longer than the limit.
    #[error("body of {0} bytes exceeds the limit")]
    BodySize(usize),
    /// The header does not decode.
    #[error("header does not decode")]
    Decode,
    /// The header has another encoding than the canonical one.
    #[error("header is not in its canonical encoding")]
    NotCanonical,
    /// A list is too long, not sorted, or has duplicates, or fields contradict each other.
    #[error("header field {0} is out of bounds")]
    Field(&'static str),
    /// The body is not the one the header names.
    #[error("body does not match the header")]
    Body,
    /// The signature does not verify.
    #[error(transparent)]
    Signature(#[from] BadSignature),
}

/// A header that was read: version 1 in full, or of a newer version or unknown kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReadHeader {
    /// A header this build understands.
    Known(EntryKind, Header),
    /// A newer one: only its place on the chain is known.
    Newer(Link),
}

impl ReadHeader {
    /// Returns the place on the chain.
    #[must_use]
    pub const fn link(&self) -> &Link {
        match self {
            Self::Known(_, header) => &header.link,
            Self::Newer(link) => link,
        }
    }
}

/// An entry whose signature, hashes and bounds hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its id.
    pub id: EntryId,
    /// Its header.
    pub header: ReadHeader,
    /// The bytes it came from.
    pub signed: SignedEntry,
}

/// Returns the id of encoded header bytes.
#[must_use]
pub fn entry_id(header: &[u8]) -> EntryId {
    EntryId(*blake3::hash(header).as_bytes())
}

fn strictly_sorted<T: Ord>(items: &[T]) -> bool {
    items.windows(2).all(|pair| matches!(pair, [a, b] if a < b))
}

impl Header {
    /// Returns the canonical bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        postcard::to_stdvec(self).expect("headers have no unserialisable part")
    }

    fn check(&self, kind: EntryKind) -> Result<(), EntryError> {
        let Self { link, claims } = self;
        let field = |ok: bool, name| if ok { Ok(()) } else { Err(EntryError::Field(name)) };
        field((link.seq == 0) == link.prev.is_none(), "prev")?;
        field(claims.mheads.len() <= limits::MAX_MHEADS && strictly_sorted(&claims.mheads), "mheads")?;
        field(claims.deps.len() <= limits::MAX_DEPS && strictly_sorted(&claims.deps), "deps")?;
        field(claims.blobs.len() <= limits::MAX_BLOBS, "blobs")?;
        field(claims.blobs.iter().all(|blob| blob.size <= limits::MAX_BLOB_BYTES), "blobs")?;
        field(link.body.len as usize <= limits::MAX_BODY_BYTES, "body")?;
        let is_op = kind == EntryKind::Op;
        field(is_op == claims.doc.is_none(), "doc")?;
        field(!is_op || (claims.deps.is_empty() && claims.blobs.is_empty()), "deps")?;
        let is_genesis = is_op && claims.mheads.is_empty();
        field(is_genesis == (link.workspace == WorkspaceId([0; 32])), "workspace")
    }
}

impl SignedEntry {
    /// Signs a header and body with a device's key.
    #[must_use]
    pub fn sign(header: &Header, body: Vec<u8>, secret: &SecretKey) -> Self {
        debug_assert_eq!(header.link.device, device_id(secret), "signed by another device");
        let bytes = header.to_bytes();
        let signature = sign_entry(secret, entry_id(&bytes).as_bytes());
        Self { header: bytes, signature, body }
    }

    /// Bytes it takes, for limits.
    #[must_use]
    pub fn size(&self) -> usize {
        self.header.len() + self.body.len() + 64
    }

    /// Checks bounds, canonical encoding, body hash and signature.
    ///
    /// # Errors
    /// [`EntryError`] says which of them fails.
    pub fn verify(self) -> Result<Entry, EntryError> {
        let entry = self.read()?;
        verify_entry(&entry.header.link().device, entry.id.as_bytes(), &entry.signed.signature)?;
        Ok(entry)
    }

    /// Reads an entry that was verified before it was stored: everything but the signature.
    ///
    /// # Errors
    /// [`EntryError`] as for [`SignedEntry::verify`].
    pub fn read(self) -> Result<Entry, EntryError> {
        if self.body.len() > limits::MAX_BODY_BYTES {
            return Err(EntryError::BodySize(self.body.len()));
        }
        let header = read_header(&self.header)?;
        if header.link().body != BodyRef::of(&self.body) {
            return Err(EntryError::Body);
        }
        Ok(Entry { id: entry_id(&self.header), header, signed: self })
    }
}

/// Decodes header bytes and checks every bound.
///
/// # Errors
/// [`EntryError`] says which bound fails.
pub fn read_header(bytes: &[u8]) -> Result<ReadHeader, EntryError> {
    if bytes.len() > limits::MAX_HEADER_BYTES {
        return Err(EntryError::HeaderSize(bytes.len()));
    }
    let (link, _rest) = postcard::take_from_bytes::<Link>(bytes).map_err(|_error| EntryError::Decode)?;
    if link.version == 0 {
        return Err(EntryError::Field("version"));
    }
    let kind = EntryKind::from_u8(link.kind);
    let Some(kind) = kind.filter(|_| link.version == HEADER_VERSION) else {
        return Ok(ReadHeader::Newer(link));
    };
    let (header, rest) = postcard::take_from_bytes::<Header>(bytes).map_err(|_error| EntryError::Decode)?;
    if !rest.is_empty() || header.to_bytes() != bytes {
        return Err(EntryError::NotCanonical);
    }
    header.check(kind)?;
    Ok(ReadHeader::Known(kind, header))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(secret: &SecretKey, body: &[u8]) -> Header {
        Header {
            link: Link {
                version: 1,
                kind: 1,
                workspace: WorkspaceId([1; 32]),
                device: device_id(secret),
                seq: 0,
                prev: None,
                body: BodyRef::of(body),
            },
            claims: Claims { mheads: vec![EntryId([2; 32])], doc: Some(DocId([3; 32])), ..Claims::default() },
        }
    }

    #[test]
    fn changed_body_or_header_is_refused() {
        let secret = SecretKey::from_bytes(&[4; 32]);
        let signed = SignedEntry::sign(&header(&secret, b"facts"), b"facts".to_vec(), &secret);
        assert!(signed.clone().verify().is_ok());
        let mut other = signed.clone();
        other.body = b"fakes".to_vec();
        assert_eq!(other.verify(), Err(EntryError::Body));
        let mut other = signed.clone();
        *other.header.last_mut().unwrap() ^= 1;
        assert_eq!(other.verify(), Err(EntryError::Signature(BadSignature)));
        let mut other = signed;
        other.header.push(0);
        assert_eq!(other.verify(), Err(EntryError::NotCanonical));
    }

    #[test]
    fn unsorted_heads_are_refused() {
        let secret = SecretKey::from_bytes(&[4; 32]);
        let mut header = header(&secret, b"");
        header.claims.mheads = vec![EntryId([3; 32]), EntryId([2; 32])];
        let signed = SignedEntry::sign(&header, Vec::new(), &secret);
        assert_eq!(signed.verify(), Err(EntryError::Field("mheads")));
    }

    #[test]
    fn newer_version_keeps_its_place_on_the_chain() {
        let secret = SecretKey::from_bytes(&[4; 32]);
        let mut header = header(&secret, b"");
        header.link.version = 2;
        let mut bytes = header.to_bytes();
        bytes.extend_from_slice(b"fields of the future");
        let signature = sign_entry(&secret, entry_id(&bytes).as_bytes());
        let signed = SignedEntry { header: bytes, signature, body: b"x".to_vec() };
        assert_eq!(signed.clone().verify(), Err(EntryError::Body), "the body is bound in every version");
        let entry = SignedEntry { body: Vec::new(), ..signed }.verify().unwrap();
        assert_eq!(entry.header, ReadHeader::Newer(header.link));
    }

    #[test]
    fn no_prefix_of_a_header_decodes() {
        let secret = SecretKey::from_bytes(&[4; 32]);
        let bytes = header(&secret, b"facts").to_bytes();
        for end in 0..bytes.len() {
            assert!(read_header(&bytes[..end]).is_err(), "{end}");
        }
    }
}
