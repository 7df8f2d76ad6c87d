//! Keys and signatures: the recovery phrase, a person's key, device certificates.
//!
//! A person is the public half of a key that derives from a 24-word phrase and is never kept on a
//! device; a device has a key of its own, which is also its network identity. A certificate signed
//! by the person binds the two for ever. Every signature carries a domain prefix, because device
//! keys are used in TLS as well.

use std::cell::Cell;

use bip39::Mnemonic;
use ed25519_dalek::VerifyingKey;
use iroh_base::SecretKey;
use serde::{Deserialize, Serialize};

use crate::id::{DeviceId, EntryId, PersonId, WorkspaceId};
use crate::op::Person;

/// Domain prefix of entry signatures.
const ENTRY_DOMAIN: &[u8] = b"dataforge/entry/1\0";
/// Domain prefix of a person's signature over a device.
const DEVICE_DOMAIN: &[u8] = b"dataforge/device/1\0";
/// Domain prefix of a device's signature over its person.
const PERSON_DOMAIN: &[u8] = b"dataforge/person/1\0";
/// Domain prefix of a person's signature that ends a device.
const REVOKE_DOMAIN: &[u8] = b"dataforge/revoke/1\0";
/// Domain prefix of the signatures under a recovery.
const RECOVER_DOMAIN: &[u8] = b"dataforge/recover/1\0";
/// Domain prefix of a ticket key's signature over who joins.
const ADMIT_DOMAIN: &[u8] = b"dataforge/admit/1\0";
/// Domain prefix of a device's signature over what it says it holds.
const HOLDING_DOMAIN: &[u8] = b"dataforge/holding/1\0";
/// Domain prefix of a device's signature over the manifest of a bundle.
const BUNDLE_DOMAIN: &[u8] = b"dataforge/bundle/1\0";
/// Domain prefix of a ticket key's signature over a device that a relay is to let in.
const PASS_DOMAIN: &[u8] = b"dataforge/pass/1\0";

/// An ed25519 signature. Not part of any id: one message has many valid ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signature([u8; 32], [u8; 32]);

impl Signature {
    /// Wraps the 64 bytes of a signature.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; 64]) -> Self {
        let (mut a, mut b) = ([0; 32], [0; 32]);
        a.copy_from_slice(&bytes[..32]);
        b.copy_from_slice(&bytes[32..]);
        Self(a, b)
    }

    /// Returns the 64 bytes.
    #[must_use]
    pub fn to_bytes(self) -> [u8; 64] {
        let mut out = [0; 64];
        out[..32].copy_from_slice(&self.0);
        out[32..].copy_from_slice(&self.1);
        out
    }
}

/// A signature or key does not verify.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("signature does not verify")]
pub struct BadSignature;

fn sign(secret: &SecretKey, domain: &[u8], message: &[u8]) -> Signature {
    let bytes = [domain, message].concat();
    Signature::from_bytes(&secret.sign(&bytes).to_bytes())
}

thread_local! {
    /// The key that verified last: a device's entries come one after another, and to find the point of a key
    /// on its curve is a tenth of a signature's cost.
    static LAST: Cell<Option<VerifyingKey>> = const { Cell::new(None) };
}

fn verifying(key: &[u8; 32]) -> Result<VerifyingKey, BadSignature> {
    if let Some(last) = LAST.get().filter(|last| last.as_bytes() == key) {
        return Ok(last);
    }
    let key = VerifyingKey::from_bytes(key).map_err(|_error| BadSignature)?;
    LAST.set(Some(key));
    Ok(key)
}

fn verify(key: &[u8; 32], domain: &[u8], message: &[u8], signature: &Signature) -> Result<(), BadSignature> {
    let bytes = [domain, message].concat();
    let signature = ed25519_dalek::Signature::from_bytes(&signature.to_bytes());
    verifying(key)?.verify_strict(&bytes, &signature).map_err(|_error| BadSignature)
}

/// Signs the id of an entry with a device's key.
#[must_use]
pub fn sign_entry(secret: &SecretKey, id: &[u8; 32]) -> Signature {
    sign(secret, ENTRY_DOMAIN, id)
}

/// Checks a device's signature over the id of an entry, strictly (one rule on every platform).
///
/// # Errors
/// [`BadSignature`] when the key is no curve point or the signature does not verify.
pub fn verify_entry(device: &DeviceId, id: &[u8; 32], signature: &Signature) -> Result<(), BadSignature> {
    verify(device.as_bytes(), ENTRY_DOMAIN, id, signature)
}

/// Signs the hash of a holding with a device's key.
#[must_use]
pub fn sign_holding(secret: &SecretKey, hash: &[u8; 32]) -> Signature {
    sign(secret, HOLDING_DOMAIN, hash)
}

/// Checks a device's signature over the hash of a holding.
///
/// # Errors
/// [`BadSignature`] when the key is no curve point or the signature does not verify.
pub fn verify_holding(device: &DeviceId, hash: &[u8; 32], signature: &Signature) -> Result<(), BadSignature> {
    verify(device.as_bytes(), HOLDING_DOMAIN, hash, signature)
}

/// Signs the id of a bundle with the key of the device that makes it.
#[must_use]
pub fn sign_bundle(secret: &SecretKey, id: &[u8; 32]) -> Signature {
    sign(secret, BUNDLE_DOMAIN, id)
}

/// Checks a device's signature over the id of a bundle.
///
/// # Errors
/// [`BadSignature`] when the key is no curve point or the signature does not verify.
pub fn verify_bundle(device: &DeviceId, id: &[u8; 32], signature: &Signature) -> Result<(), BadSignature> {
    verify(device.as_bytes(), BUNDLE_DOMAIN, id, signature)
}

/// Signs, with the key of an open ticket, a device that a relay is to let in.
#[must_use]
pub fn sign_pass(ticket: &SecretKey, statement: &[u8]) -> Signature {
    sign(ticket, PASS_DOMAIN, statement)
}

/// Checks a ticket key's signature over a device that a relay is to let in.
///
/// # Errors
/// [`BadSignature`] when the key is no curve point or the signature does not verify.
pub fn verify_pass(key: &[u8; 32], statement: &[u8], signature: &Signature) -> Result<(), BadSignature> {
    verify(key, PASS_DOMAIN, statement, signature)
}

/// Signs the end of a device with its person's key.
#[must_use]
pub fn sign_revocation(person: &SecretKey, device: &DeviceId) -> Signature {
    sign(person, REVOKE_DOMAIN, device.as_bytes())
}

/// Checks a person's signature that ends a device.
///
/// # Errors
/// [`BadSignature`] when the key is no curve point or the signature does not verify.
pub fn verify_revocation(person: &PersonId, device: &DeviceId, signature: &Signature) -> Result<(), BadSignature> {
    verify(person.as_bytes(), REVOKE_DOMAIN, device.as_bytes(), signature)
}

/// Signs the digest of a recovery ([`crate::op::Recover::digest`]) with the recovery key or an
/// owner's.
#[must_use]
pub fn sign_recovery(secret: &SecretKey, digest: &[u8; 32]) -> Signature {
    sign(secret, RECOVER_DOMAIN, digest)
}

/// Checks a signature over the digest of a recovery.
///
/// # Errors
/// [`BadSignature`] when the key is no curve point or the signature does not verify.
pub fn verify_recovery(key: &PersonId, digest: &[u8; 32], signature: &Signature) -> Result<(), BadSignature> {
    verify(key.as_bytes(), RECOVER_DOMAIN, digest, signature)
}

/// Signs, with the key of an open ticket, who joins by it.
#[must_use]
pub fn sign_admission(ticket: &SecretKey, workspace: WorkspaceId, invite: EntryId, person: &Person) -> Signature {
    sign(ticket, ADMIT_DOMAIN, &admission(workspace, invite, person))
}

/// Checks a ticket key's signature over who joins.
///
/// # Errors
/// [`BadSignature`] when the key is no curve point or the signature does not verify.
pub fn verify_admission(
    key: &[u8; 32],
    workspace: WorkspaceId,
    invite: EntryId,
    person: &Person,
    signature: &Signature,
) -> Result<(), BadSignature> {
    verify(key, ADMIT_DOMAIN, &admission(workspace, invite, person), signature)
}

/// Names the invite too: one key in two invites gives no admission by the other.
fn admission(workspace: WorkspaceId, invite: EntryId, person: &Person) -> Vec<u8> {
    let start = [*workspace.as_bytes(), *invite.as_bytes()].concat();
    postcard::to_extend(person, start).expect("persons have no unserialisable part")
}

/// Returns the device id of a secret key.
#[must_use]
pub fn device_id(secret: &SecretKey) -> DeviceId {
    DeviceId(*secret.public().as_bytes())
}

/// A person's statement that a device is theirs, and the device's that it is that person's; without
/// the second, anybody could claim another's device. Final: a device belongs to one person for ever.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceCert {
    /// The person.
    pub person: PersonId,
    /// The device.
    pub device: DeviceId,
    by_person: Signature,
    by_device: Signature,
}

impl DeviceCert {
    /// Binds a device to a person with the keys of both.
    #[must_use]
    pub fn sign(person: &SecretKey, device: &SecretKey) -> Self {
        let (person_id, device_id) = (PersonId(*person.public().as_bytes()), device_id(device));
        Self {
            person: person_id,
            device: device_id,
            by_person: sign(person, DEVICE_DOMAIN, device_id.as_bytes()),
            by_device: sign(device, PERSON_DOMAIN, person_id.as_bytes()),
        }
    }

    /// Checks both signatures.
    ///
    /// # Errors
    /// [`BadSignature`] when one does not verify.
    pub fn verify(&self) -> Result<(), BadSignature> {
        verify(self.person.as_bytes(), DEVICE_DOMAIN, self.device.as_bytes(), &self.by_person)?;
        verify(self.device.as_bytes(), PERSON_DOMAIN, self.person.as_bytes(), &self.by_device)
    }
}

/// The recovery phrase: 32 random bytes, shown as 24 words. The person's key and the workspace
/// recovery key derive from it; it is shown once and never stored.
#[derive(Clone, PartialEq, Eq)]
pub struct Phrase([u8; 32]);

impl std::fmt::Debug for Phrase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Phrase(secret)")
    }
}

/// The words are not a valid phrase.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a valid recovery phrase: 24 words with a checksum are expected")]
pub struct BadPhrase;

impl Phrase {
    /// Makes a phrase of 32 random bytes.
    #[must_use]
    pub const fn from_entropy(entropy: [u8; 32]) -> Self {
        Self(entropy)
    }

    /// Reads 24 words (BIP 39, English list).
    ///
    /// # Errors
    /// [`BadPhrase`] on unknown words, a wrong count or a wrong checksum.
    pub fn from_words(words: &str) -> Result<Self, BadPhrase> {
        let mnemonic = Mnemonic::parse_normalized(words).map_err(|_error| BadPhrase)?;
        Ok(Self(mnemonic.to_entropy().try_into().map_err(|_error| BadPhrase)?))
    }

    /// Returns the 24 words (BIP 39, English list).
    #[must_use]
    pub fn words(&self) -> String {
        Mnemonic::from_entropy(&self.0).expect("32 bytes are a valid length").to_string()
    }

    /// Derives the person's key.
    #[must_use]
    pub fn person_key(&self) -> SecretKey {
        SecretKey::from_bytes(&blake3::derive_key("dataforge person key 1", &self.0))
    }

    /// Derives the key that may recover a workspace that lost its owners.
    #[must_use]
    pub fn recovery_key(&self) -> SecretKey {
        SecretKey::from_bytes(&blake3::derive_key("dataforge recovery key 1", &self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phrase_gives_the_same_keys_from_its_words() {
        let phrase = Phrase::from_entropy([7; 32]);
        let again = Phrase::from_words(&phrase.words()).unwrap();
        assert_eq!(phrase.words().split(' ').count(), 24);
        assert_eq!(again.person_key().public(), phrase.person_key().public());
        assert_ne!(phrase.person_key().public(), phrase.recovery_key().public());
        assert_eq!(Phrase::from_words("abandon abandon"), Err(BadPhrase));
    }

    #[test]
    fn certificate_for_another_device_does_not_verify() {
        let person = Phrase::from_entropy([1; 32]).person_key();
        let (mine, other) = (SecretKey::from_bytes(&[2; 32]), SecretKey::from_bytes(&[3; 32]));
        let mut cert = DeviceCert::sign(&person, &mine);
        assert_eq!(cert.verify(), Ok(()));
        cert.device = device_id(&other);
        assert_eq!(cert.verify(), Err(BadSignature));
        let claimed = DeviceCert { by_person: sign(&person, DEVICE_DOMAIN, device_id(&other).as_bytes()), ..cert };
        assert_eq!(claimed.verify(), Err(BadSignature), "the device itself must agree");
    }

    #[test]
    fn entry_signature_is_no_certificate() {
        let key = SecretKey::from_bytes(&[9; 32]);
        let signature = sign_entry(&key, &[1; 32]);
        assert_eq!(verify_entry(&device_id(&key), &[1; 32], &signature), Ok(()));
        assert_eq!(verify(key.public().as_bytes(), DEVICE_DOMAIN, &[1; 32], &signature), Err(BadSignature));
        assert_eq!(verify_holding(&device_id(&key), &[1; 32], &signature), Err(BadSignature));
    }
}
