//! Holdings: what a device says it has.
//!
//! A statement names all blobs of a workspace that a device holds, each by its number in a
//! device's chain (`blob_base` of the entry that names it, plus its place there), and is signed, so
//! that others can pass it on. Of a device's statements the one with the highest counter stands.
//!
//! Invariants: a statement has one encoding, and nothing else verifies; received bytes are kept and
//! never re-encoded. To say less than one has is safe. What is said here is shown and guides
//! fetching; it never justifies giving up a copy, which only a [`crate::wire::Promise`] does.

use std::cmp::Ordering;

use iroh_base::SecretKey;
use serde::{Deserialize, Serialize};

pub use self::set::BlobSet;
use crate::id::{DeviceId, WorkspaceId};
use crate::key::{BadSignature, Signature, device_id, sign_holding, verify_holding};
use crate::limits;

mod fit;
mod set;

/// What a device says it has of a workspace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holding {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// Who says so, and signs.
    pub device: DeviceId,
    /// Grows with every statement of the device.
    pub counter: u64,
    /// The device's clock in milliseconds since 1970; shown, never trusted.
    pub said_ms: u64,
    /// When the device last hashed all of them again, by its clock; 0 when that is not known.
    pub verified_ms: u64,
    /// The blobs by the chain that names them, sorted by device; none of them empty.
    pub chains: Vec<ChainBlobs>,
}

/// Blobs that entries of one chain name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChainBlobs {
    /// Whose chain it is.
    pub device: DeviceId,
    /// Their numbers on the chain.
    pub numbers: BlobSet,
}

/// A statement as it travels and is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedHolding {
    /// The encoded [`Holding`].
    pub bytes: Vec<u8>,
    /// The device's signature over the hash of these.
    pub signature: Signature,
}

/// The fields a statement starts with: enough to tell which of two stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct HoldingHead {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// Who says so.
    pub device: DeviceId,
    /// See [`Holding::counter`].
    pub counter: u64,
}

/// Why there is no statement in these bytes, or none can be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HoldingError {
    /// The statement is longer than the limit.
    #[error("holding of {0} bytes exceeds the limit")]
    Size(usize),
    /// The statement does not decode, or a set in it has another encoding than its canonical one.
    #[error("holding does not decode")]
    Decode,
    /// The statement has another encoding than the canonical one.
    #[error("holding is not in its canonical encoding")]
    NotCanonical,
    /// A list is too long, not sorted, or has duplicates or an empty element, or the key is another
    /// device's.
    #[error("holding field {0} is out of bounds")]
    Field(&'static str),
    /// The signature does not verify.
    #[error(transparent)]
    Signature(#[from] BadSignature),
}

impl Holding {
    /// Returns the canonical bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        postcard::to_stdvec(self).expect("holdings have no unserialisable part")
    }

    /// Returns whether it says so of a blob, by its number on a device's chain.
    #[must_use]
    pub fn has(&self, device: &DeviceId, number: u64) -> bool {
        let place = self.chains.binary_search_by_key(device, |chain| chain.device);
        place.is_ok_and(|place| self.chains[place].numbers.contains(number))
    }

    fn check(&self) -> Result<(), HoldingError> {
        let field = |ok: bool, name| if ok { Ok(()) } else { Err(HoldingError::Field(name)) };
        field(self.chains.len() <= limits::MAX_HOLDING_CHAINS, "chains")?;
        let sorted = self.chains.windows(2).all(|pair| matches!(pair, [a, b] if a.device < b.device));
        field(sorted, "chains")?;
        field(self.chains.iter().all(|chain| !chain.numbers.is_empty()), "numbers")
    }
}

impl SignedHolding {
    /// Signs a statement with the device's key. One that is too large is to be made smaller with
    /// [`Holding::fit`] before.
    ///
    /// # Errors
    /// [`HoldingError`] when it is out of bounds or the key is another device's.
    pub fn sign(holding: &Holding, secret: &SecretKey) -> Result<Self, HoldingError> {
        if holding.device != device_id(secret) {
            return Err(HoldingError::Field("device"));
        }
        holding.check()?;
        let bytes = holding.to_bytes();
        if bytes.len() > limits::MAX_HOLDING_BYTES {
            return Err(HoldingError::Size(bytes.len()));
        }
        let signature = sign_holding(secret, blake3::hash(&bytes).as_bytes());
        Ok(Self { bytes, signature })
    }

    /// Checks bounds, canonical encoding and signature.
    ///
    /// # Errors
    /// [`HoldingError`] says which of them fails.
    pub fn verify(&self) -> Result<Holding, HoldingError> {
        let holding = self.read()?;
        verify_holding(&holding.device, self.hash().as_bytes(), &self.signature)?;
        Ok(holding)
    }

    /// Reads a statement that was verified before it was stored: everything but the signature.
    ///
    /// # Errors
    /// [`HoldingError`] as for [`SignedHolding::verify`].
    pub fn read(&self) -> Result<Holding, HoldingError> {
        if self.bytes.len() > limits::MAX_HOLDING_BYTES {
            return Err(HoldingError::Size(self.bytes.len()));
        }
        let (holding, rest) =
            postcard::take_from_bytes::<Holding>(&self.bytes).map_err(|_error| HoldingError::Decode)?;
        if !rest.is_empty() || holding.to_bytes() != self.bytes {
            return Err(HoldingError::NotCanonical);
        }
        holding.check()?;
        Ok(holding)
    }

    /// Returns what it starts with, unverified; `None` when it does not decode.
    #[must_use]
    pub fn head(&self) -> Option<HoldingHead> {
        postcard::take_from_bytes(&self.bytes).ok().map(|(head, _rest)| head)
    }

    /// Returns whether this one stands and the other does not: both are of one device and
    /// workspace, and this one has the higher counter, or the same and the lower hash. The same on
    /// every node, in whatever order they came. Verifies nothing.
    #[must_use]
    pub fn supersedes(&self, other: &Self) -> bool {
        let (Some(this), Some(that)) = (self.head(), other.head()) else { return false };
        let same = (this.workspace, this.device) == (that.workspace, that.device);
        let is_later = match this.counter.cmp(&that.counter) {
            Ordering::Less => false,
            Ordering::Equal => self.hash().as_bytes() < other.hash().as_bytes(),
            Ordering::Greater => true,
        };
        same && is_later
    }

    /// Bytes it takes, for limits.
    #[must_use]
    pub fn size(&self) -> usize {
        self.bytes.len() + 64
    }

    fn hash(&self) -> blake3::Hash {
        blake3::hash(&self.bytes)
    }
}

#[cfg(test)]
mod tests;
