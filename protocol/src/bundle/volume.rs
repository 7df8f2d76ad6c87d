//! The beginning of a volume.

use std::io::{ErrorKind, Read};

use super::{BundleError, Manifest, SignedManifest};
use crate::key::Signature;
use crate::limits;

/// What every volume begins with.
pub const MAGIC: &[u8; 8] = b"dfbundle";
/// Version of the format.
pub const VERSION: u8 = 1;
/// Bytes before the manifest.
const FIXED: usize = 13;
const SIGNATURE: usize = 64;

/// What a volume begins with: which one it is, and the manifest of the whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VolumeHeader {
    /// Counted from 1.
    pub number: u32,
    /// The manifest, the same in all volumes.
    pub manifest: SignedManifest,
}

impl VolumeHeader {
    /// Returns its bytes: magic, version, number and length of the manifest as big-endian `u16`,
    /// manifest, signature.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let Self { number, manifest } = self;
        let number = u16::try_from(*number).expect("there are at most 999");
        let len = u16::try_from(manifest.bytes.len()).expect("a manifest is short");
        let mut bytes = MAGIC.to_vec();
        bytes.push(VERSION);
        bytes.extend_from_slice(&number.to_be_bytes());
        bytes.extend_from_slice(&len.to_be_bytes());
        bytes.extend_from_slice(&manifest.bytes);
        bytes.extend_from_slice(&manifest.signature.to_bytes());
        bytes
    }

    /// Returns how many bytes it has.
    #[must_use]
    pub fn byte_len(&self) -> u64 {
        (FIXED + self.manifest.bytes.len() + SIGNATURE) as u64
    }

    /// Returns the most bytes one may have.
    #[must_use]
    pub const fn max_byte_len() -> u64 {
        (FIXED + limits::MAX_MANIFEST_BYTES + SIGNATURE) as u64
    }

    /// Reads one, and verifies the manifest.
    ///
    /// # Errors
    /// [`BundleError`] when it is none, or its manifest is not good.
    pub fn read(source: &mut impl Read) -> Result<(Self, Manifest), BundleError> {
        let mut fixed = [0; FIXED];
        let magic_read = fill(source, &mut fixed)?;
        if fixed[..8] != *MAGIC {
            return Err(BundleError::NotABundle);
        }
        if fixed[8] > VERSION {
            return Err(BundleError::Newer(fixed[8]));
        }
        if fixed[8] != VERSION {
            return Err(BundleError::NotABundle);
        }
        let number = u32::from(u16::from_be_bytes([fixed[9], fixed[10]]));
        let len = usize::from(u16::from_be_bytes([fixed[11], fixed[12]]));
        if len > limits::MAX_MANIFEST_BYTES {
            return Err(BundleError::Manifest);
        }
        let mut bytes = vec![0; len];
        let mut signature = [0; SIGNATURE];
        if magic_read < FIXED || fill(source, &mut bytes)? < len || fill(source, &mut signature)? < SIGNATURE {
            return Err(BundleError::Truncated { at: 0, missing: 1 });
        }
        let manifest = SignedManifest { bytes, signature: Signature::from_bytes(&signature) };
        let told = manifest.verify()?;
        if number == 0 || number > told.volumes {
            return Err(BundleError::OtherVolume);
        }
        Ok((Self { number, manifest }, told))
    }
}

/// Reads until the buffer is full or the source ends; returns how many bytes came.
pub(super) fn fill(source: &mut impl Read, buffer: &mut [u8]) -> Result<usize, BundleError> {
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match source.read(rest) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(BundleError::Read(error)),
        }
    }
    Ok(filled)
}
