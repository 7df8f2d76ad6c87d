//! The manifest: who made a bundle of what, and how much of it there is.

use iroh_base::SecretKey;
use serde::{Deserialize, Serialize};

use super::{BundleError, PARTS, Part};
use crate::id::{BundleId, DeviceId, PersonId, WorkspaceId};
use crate::key::{Signature, device_id, sign_bundle, verify_bundle};
use crate::limits;

/// What the manifest says of a section.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Section {
    /// Records.
    pub count: u64,
    /// Bytes of all records.
    pub bytes: u64,
    /// BLAKE3 of these.
    pub hash: [u8; 32],
}

/// What the manifest says of all sections, in their order.
pub type Sections = [Section; PARTS.len()];

/// What a device says of a bundle that it makes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// Who makes it, and signs.
    pub exporter: DeviceId,
    /// The device's clock in milliseconds since 1970, and later than in its last bundle.
    pub made_ms: u64,
    /// The bundle that the receiver is thought to have, if this one only has what came since.
    pub base: Option<BundleId>,
    /// The person it was made for, if it leaves out what their devices have.
    pub audience: Option<PersonId>,
    /// The sections.
    pub sections: Sections,
    /// Bytes of all blobs.
    pub blob_bytes: u64,
    /// Bytes of content in every volume but the last.
    pub volume_bytes: u64,
    /// Volumes.
    pub volumes: u32,
}

/// A manifest as it stands in a volume.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedManifest {
    /// The encoded [`Manifest`].
    pub bytes: Vec<u8>,
    /// The exporter's signature over the hash of these.
    pub signature: Signature,
}

impl Manifest {
    /// Returns the canonical bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        postcard::to_stdvec(self).expect("manifests have no unserialisable part")
    }

    /// Returns the id of the bundle.
    #[must_use]
    pub fn id(&self) -> BundleId {
        BundleId(*blake3::hash(&self.to_bytes()).as_bytes())
    }

    /// Returns what it says of a section.
    #[must_use]
    pub fn section(&self, part: Part) -> &Section {
        &self.sections[part as usize]
    }

    /// Returns the bytes of all content: sections and blobs.
    #[must_use]
    pub fn content_bytes(&self) -> u64 {
        // Checked to fit.
        self.sections.iter().fold(self.blob_bytes, |sum, section| sum.saturating_add(section.bytes))
    }

    /// Returns the bytes of content in a volume, counted from 1.
    #[must_use]
    pub fn volume_content(&self, number: u32) -> u64 {
        let before = self.volume_bytes.saturating_mul(u64::from(number.saturating_sub(1)));
        self.content_bytes().saturating_sub(before).min(self.volume_bytes)
    }

    /// Returns the volumes that some content needs, if each takes so many bytes; too many when there are
    /// more than there may be.
    #[must_use]
    pub fn volumes_of(content_bytes: u64, volume_bytes: u64) -> u64 {
        content_bytes.div_ceil(volume_bytes.max(1)).max(1)
    }

    fn check(&self) -> Result<(), BundleError> {
        let bound = |ok: bool, what| if ok { Ok(()) } else { Err(BundleError::Bounds(what)) };
        let mut content = self.blob_bytes;
        for (part, section) in PARTS.into_iter().zip(&self.sections) {
            let (least, most) = part.record_bytes();
            bound(section.count <= part.max_records(), part.as_str())?;
            bound(section.bytes >= section.count * least && section.bytes <= section.count * most, part.as_str())?;
            content = content.checked_add(section.bytes).ok_or(BundleError::Bounds("content"))?;
        }
        bound(self.section(Part::Wants).count == 1, "wants")?;
        bound(self.section(Part::Ops).count > 0, "ops")?;
        bound(self.blob_bytes <= self.section(Part::Table).count * limits::MAX_BLOB_BYTES, "blobs")?;
        bound(self.volumes <= limits::MAX_VOLUMES && self.volume_bytes > 0, "volumes")?;
        bound(Self::volumes_of(content, self.volume_bytes) == u64::from(self.volumes), "volumes")
    }
}

impl SignedManifest {
    /// Signs a manifest with the exporter's key.
    ///
    /// # Errors
    /// [`BundleError`] when it is out of bounds or the key is another device's.
    pub fn sign(manifest: &Manifest, secret: &SecretKey) -> Result<Self, BundleError> {
        if manifest.exporter != device_id(secret) {
            return Err(BundleError::Bounds("exporter"));
        }
        manifest.check()?;
        let bytes = manifest.to_bytes();
        let signature = sign_bundle(secret, blake3::hash(&bytes).as_bytes());
        Ok(Self { bytes, signature })
    }

    /// Checks bounds, canonical encoding and signature.
    ///
    /// # Errors
    /// [`BundleError`] says which of them fails.
    pub fn verify(&self) -> Result<Manifest, BundleError> {
        if self.bytes.len() > limits::MAX_MANIFEST_BYTES {
            return Err(BundleError::Manifest);
        }
        let manifest = match postcard::take_from_bytes::<Manifest>(&self.bytes) {
            Ok((manifest, [])) if manifest.to_bytes() == self.bytes => manifest,
            _ => return Err(BundleError::Manifest),
        };
        verify_bundle(&manifest.exporter, blake3::hash(&self.bytes).as_bytes(), &self.signature)?;
        manifest.check()?;
        Ok(manifest)
    }
}
