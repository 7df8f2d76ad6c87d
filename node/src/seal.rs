//! Sealed keys: the secret of a device under a passphrase, as the bytes of its file.
//!
//! Pure: bytes in, bytes out, randomness is an argument. Argon2id makes a key from the passphrase,
//! ChaCha20-Poly1305 seals the secret with it, the header is sealed along as associated data, and a
//! checksum behind it all tells damage from a wrong passphrase. `docs/keys.md` has the layout byte by
//! byte and a test vector. What is secret is wiped when dropped, as far as the libraries let it.

use argon2::{Algorithm, Argon2, Block, Params, Version};
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
use zeroize::{Zeroize as _, Zeroizing};

/// First bytes of the file. A key that is not sealed is hex, which never begins so.
const MAGIC: [u8; 16] = *b"dataforge-sealed";
/// Version of the layout.
const VERSION: u8 = 1;
/// Number of Argon2id, version 0x13.
const ARGON2ID: u8 = 1;
/// Number of ChaCha20-Poly1305 (RFC 8439).
const CHACHA20: u8 = 1;
/// Bytes of the header, which is associated data.
const HEADER: usize = 56;
/// Bytes of the secret with the tag of the cipher.
const BODY: usize = 48;
/// Bytes of the checksum, the last ones of the file in every version.
const CHECKSUM: usize = 32;
/// Bytes of the file.
pub(crate) const SEALED_BYTES: usize = HEADER + BODY + CHECKSUM;
/// Most memory that a header may ask for, in KiB: a file from elsewhere takes no machine down.
const MAX_MEMORY_KIB: u32 = 1 << 20;
/// Most passes that a header may ask for.
const MAX_PASSES: u32 = 64;
/// Most lanes that a header may ask for.
const MAX_LANES: u8 = 16;

/// What one guess at a passphrase costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cost {
    /// Memory in KiB.
    pub(crate) memory_kib: u32,
    /// Passes over the memory.
    pub(crate) passes: u32,
    /// Lanes that can be computed side by side.
    pub(crate) lanes: u8,
}

impl Cost {
    /// The second recommended option of RFC 9106, section 4: what fits every machine.
    pub(crate) const RECOMMENDED: Self = Self { memory_kib: 64 << 10, passes: 3, lanes: 4 };

    /// Argon2 needs two blocks for each of the four slices of a lane.
    fn is_sound(self) -> bool {
        (1..=MAX_LANES).contains(&self.lanes)
            && (1..=MAX_PASSES).contains(&self.passes)
            && (8 * u32::from(self.lanes)..=MAX_MEMORY_KIB).contains(&self.memory_kib)
    }
}

/// A key cannot be sealed, or a sealed one not be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SealError {
    /// Its bytes are not those that were written.
    #[error("the checksum does not fit")]
    Checksum,
    /// A layout of a later version.
    #[error("layout {0} is not known")]
    Version(u8),
    /// A later way of making a key from a passphrase, or another cipher.
    #[error("key derivation {derivation} with cipher {cipher} is not known")]
    Unknown {
        /// Number of the key derivation.
        derivation: u8,
        /// Number of the cipher.
        cipher: u8,
    },
    /// The length of another layout.
    #[error("it has {0} bytes instead of {SEALED_BYTES}")]
    Length(usize),
    /// The cost is out of bounds.
    #[error("a guess would cost {} KiB, {} passes, {} lanes", .0.memory_kib, .0.passes, .0.lanes)]
    Cost(Cost),
    /// There is no such memory now.
    #[error("there is not enough memory: {0} KiB are needed")]
    Memory(u32),
    /// The passphrase is another one, or somebody changed the file and its checksum.
    #[error("the passphrase does not fit")]
    Passphrase,
}

/// What a passphrase gives, for sealing: keys that are made later are sealed by it as well, without
/// keeping the passphrase.
#[derive(Clone)]
pub(crate) struct Seal {
    cost: Cost,
    salt: [u8; 16],
    key: Zeroizing<[u8; 32]>,
}

impl std::fmt::Debug for Seal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Seal").field("cost", &self.cost).finish_non_exhaustive()
    }
}

impl Seal {
    /// Makes the key of a passphrase. Takes the time and memory that the cost says.
    ///
    /// # Errors
    /// [`SealError::Cost`] when the cost is out of bounds, [`SealError::Memory`].
    pub(crate) fn derive(passphrase: &str, cost: Cost, salt: [u8; 16]) -> Result<Self, SealError> {
        if !cost.is_sound() {
            return Err(SealError::Cost(cost));
        }
        let params = Params::new(cost.memory_kib, cost.passes, u32::from(cost.lanes), Some(32));
        let params = params.map_err(|_error| SealError::Cost(cost))?;
        let mut blocks = Vec::new();
        let count = params.block_count();
        blocks.try_reserve_exact(count).map_err(|_error| SealError::Memory(cost.memory_kib))?;
        blocks.resize(count, Block::new());
        let mut key = Zeroizing::new([0; 32]);
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let made = argon2.hash_password_into_with_memory(
            passphrase.as_bytes(),
            &salt,
            key.as_mut_slice(),
            blocks.as_mut_slice(),
        );
        blocks.iter_mut().for_each(Block::zeroize);
        // Of all that it checks only the length of the passphrase is left.
        made.map_err(|_error| SealError::Passphrase)?;
        Ok(Self { cost, salt, key })
    }

    /// Seals a secret. A nonce serves once.
    pub(crate) fn close(&self, secret: &[u8; 32], nonce: [u8; 12]) -> [u8; SEALED_BYTES] {
        let mut file = [0; SEALED_BYTES];
        let (header, rest) = file.split_at_mut(HEADER);
        header[..16].copy_from_slice(&MAGIC);
        header[16..20].copy_from_slice(&[VERSION, ARGON2ID, CHACHA20, self.cost.lanes]);
        header[20..24].copy_from_slice(&self.cost.memory_kib.to_le_bytes());
        header[24..28].copy_from_slice(&self.cost.passes.to_le_bytes());
        header[28..44].copy_from_slice(&self.salt);
        header[44..].copy_from_slice(&nonce);
        let (sealed, tag) = rest[..BODY].split_at_mut(32);
        sealed.copy_from_slice(secret);
        let made = self
            .cipher()
            .seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), Aad::from(&*header), sealed)
            .expect("32 bytes are within what the cipher takes");
        tag.copy_from_slice(made.as_ref());
        let checksum = blake3::hash(&file[..HEADER + BODY]);
        file[HEADER + BODY..].copy_from_slice(checksum.as_bytes());
        file
    }

    fn cipher(&self) -> LessSafeKey {
        let key = UnboundKey::new(&CHACHA20_POLY1305, self.key.as_slice());
        LessSafeKey::new(key.expect("the key has the cipher's 32 bytes"))
    }
}

/// Whether the bytes of a key file are those of a sealed one, whole or not.
pub(crate) fn is_sealed(file: &[u8]) -> bool {
    file.starts_with(&MAGIC)
}

/// A sealed key as read, not opened.
#[derive(Debug, Clone)]
pub(crate) struct Sealed {
    file: [u8; SEALED_BYTES],
    cost: Cost,
}

impl Sealed {
    /// Reads the bytes of a sealed key and checks everything that needs no passphrase.
    ///
    /// # Errors
    /// A [`SealError`] other than [`SealError::Passphrase`] and [`SealError::Memory`].
    pub(crate) fn read(file: &[u8]) -> Result<Self, SealError> {
        let split = file.len().checked_sub(CHECKSUM).ok_or(SealError::Checksum)?;
        let (content, checksum) = file.split_at(split);
        if blake3::hash(content).as_bytes() != checksum || !is_sealed(content) {
            return Err(SealError::Checksum);
        }
        match content.get(MAGIC.len()) {
            Some(&VERSION) => {}
            Some(&other) => return Err(SealError::Version(other)),
            None => return Err(SealError::Length(file.len())),
        }
        let file: [u8; SEALED_BYTES] = file.try_into().map_err(|_error| SealError::Length(file.len()))?;
        let [derivation, cipher, lanes] = [file[17], file[18], file[19]];
        if (derivation, cipher) != (ARGON2ID, CHACHA20) {
            return Err(SealError::Unknown { derivation, cipher });
        }
        let number = |at: usize| u32::from_le_bytes([file[at], file[at + 1], file[at + 2], file[at + 3]]);
        let cost = Cost { memory_kib: number(20), passes: number(24), lanes };
        if cost.is_sound() { Ok(Self { file, cost }) } else { Err(SealError::Cost(cost)) }
    }

    /// Returns what a guess costs.
    pub(crate) const fn cost(&self) -> Cost {
        self.cost
    }

    /// Opens it: returns the secret, and the seal for keys that are made later.
    ///
    /// # Errors
    /// [`SealError::Passphrase`] when it is another one, [`SealError::Memory`].
    pub(crate) fn open(&self, passphrase: &str) -> Result<(Zeroizing<[u8; 32]>, Seal), SealError> {
        let mut salt = [0; 16];
        salt.copy_from_slice(&self.file[28..44]);
        let seal = Seal::derive(passphrase, self.cost, salt)?;
        Ok((self.open_with(&seal)?, seal))
    }

    /// Opens it with the key that a passphrase gave.
    ///
    /// # Errors
    /// [`SealError::Passphrase`] when it is another one.
    pub(crate) fn open_with(&self, seal: &Seal) -> Result<Zeroizing<[u8; 32]>, SealError> {
        let mut nonce = [0; 12];
        nonce.copy_from_slice(&self.file[44..HEADER]);
        let mut body = Zeroizing::new([0; BODY]);
        body.copy_from_slice(&self.file[HEADER..HEADER + BODY]);
        let opened = seal.cipher().open_in_place(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(&self.file[..HEADER]),
            body.as_mut_slice(),
        );
        let opened = opened.map_err(|_error| SealError::Passphrase)?;
        let mut secret = Zeroizing::new([0; 32]);
        secret.copy_from_slice(opened);
        Ok(secret)
    }
}

#[cfg(test)]
mod tests;
