//! Pairing: a ticket handed over to whoever is told a short code, between two nodes that know
//! nothing of each other.
//!
//! Both sides run SPAKE2 on the code and the ids of both devices, then prove the key they came to
//! over this connection: who guesses wrong learns only that, and has to ask again for each guess.
//! The joiner proves first, so that a stranger gets nothing to test a guess against.
//! [`Window`] counts the wrong ones.

mod window;

use rand_core::{CryptoRng, RngCore};
use serde::{Deserialize, Serialize};
use spake2::{Ed25519Group, Identity, Password, Spake2};

pub use self::window::{Shut, Tried, Window};
use crate::hello::same;
use crate::id::DeviceId;
use crate::ticket::JoinSide;

/// Digits of a code.
const DIGITS: usize = 8;
/// Bytes of a ticket's text in a [`PairingReply`].
const MAX_TICKET: usize = 4096;
/// What SPAKE2 puts before the message of the side that begins.
const SIDE_A: u8 = b'A';
/// What it puts before the message of the other.
const SIDE_B: u8 = b'B';

/// The digits that one person reads to another.
#[derive(Clone, PartialEq, Eq)]
pub struct Code([u8; DIGITS]);

impl std::fmt::Debug for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Code(secret)")
    }
}

/// A text is no code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a pairing code has 8 digits")]
pub struct NoCode;

impl Code {
    /// Makes a code of random bytes.
    #[must_use]
    pub fn draw(random: &[u8; 32]) -> Self {
        let bytes = blake3::derive_key("dataforge pairing code 1", random);
        let number = bytes.iter().take(16).fold(0_u128, |number, byte| (number << 8) | u128::from(*byte));
        let mut digits = [b'0'; DIGITS];
        // 2¹²⁸ numbers over 10⁸ codes: no code is any likelier than another.
        let text = format!("{:08}", number % 100_000_000);
        digits.copy_from_slice(text.as_bytes());
        Self(digits)
    }
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (at, digit) in self.0.iter().enumerate() {
            let space = if at == DIGITS / 2 { " " } else { "" };
            write!(f, "{space}{}", char::from(*digit))?;
        }
        Ok(())
    }
}

impl std::str::FromStr for Code {
    type Err = NoCode;

    fn from_str(text: &str) -> Result<Self, NoCode> {
        let is_between = |c: &char| c.is_whitespace() || matches!(c, '-' | '.');
        let digits: Vec<_> = text.chars().filter(|c| !is_between(c)).collect();
        let byte = |c: &char| c.to_digit(10).and_then(|digit| u8::try_from(digit).ok()).map(|digit| b'0' + digit);
        let digits: Option<Vec<u8>> = digits.iter().map(byte).collect();
        digits.and_then(|digits| digits.try_into().ok()).map(Self).ok_or(NoCode)
    }
}

/// First message of the joiner: its SPAKE2 element. Outside of a pairing window nothing is
/// answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PairingRequest {
    /// The element.
    pub element: [u8; 32],
}

/// The host's answer: its element.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PairingAnswer {
    /// The element.
    pub element: [u8; 32],
}

/// The joiner's proof that it knows the code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PairingProof {
    /// See [`Key::proof`].
    pub proof: [u8; 32],
}

/// What comes of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum PairingReply {
    /// The code was right.
    Paired {
        /// See [`Key::proof`].
        proof: [u8; 32],
        /// A ticket's text.
        ticket: String,
    },
    /// The code was wrong; so many more tries are left.
    Wrong {
        /// Tries left.
        left: u8,
    },
    /// The code was right, and the host may not invite any more.
    Unable,
}

impl PairingReply {
    /// Returns whether nothing in it is too long.
    #[must_use]
    pub const fn is_bounded(&self) -> bool {
        !matches!(self, Self::Paired { ticket, .. } if ticket.len() > MAX_TICKET)
    }
}

/// What a peer sent cannot be of this exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the peer sent no point of the curve")]
pub struct NoElement;

/// One side of an exchange that has begun.
pub struct Pairing {
    side: JoinSide,
    own: [u8; 32],
    spake: Spake2<Ed25519Group>,
}

impl std::fmt::Debug for Pairing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pairing").field("side", &self.side).finish_non_exhaustive()
    }
}

/// Hands out the bytes that an exchange was given.
struct Given(blake3::OutputReader);

impl RngCore for Given {
    fn next_u32(&mut self) -> u32 {
        let mut bytes = [0; 4];
        self.0.fill(&mut bytes);
        u32::from_le_bytes(bytes)
    }

    fn next_u64(&mut self) -> u64 {
        let mut bytes = [0; 8];
        self.0.fill(&mut bytes);
        u64::from_le_bytes(bytes)
    }

    fn fill_bytes(&mut self, into: &mut [u8]) {
        self.0.fill(into);
    }

    fn try_fill_bytes(&mut self, into: &mut [u8]) -> Result<(), rand_core::Error> {
        self.0.fill(into);
        Ok(())
    }
}

impl CryptoRng for Given {}

impl Pairing {
    /// Begins an exchange; returns the element for the peer. `random` serves for this one only.
    #[must_use]
    pub fn begin(
        code: &Code,
        side: JoinSide,
        joiner: &DeviceId,
        host: &DeviceId,
        random: &[u8; 32],
    ) -> (Self, [u8; 32]) {
        let (password, joiner, host) =
            (Password::new(code.0), Identity::new(joiner.as_bytes()), Identity::new(host.as_bytes()));
        let given = Given(blake3::Hasher::new_derive_key("dataforge pairing scalar 1").update(random).finalize_xof());
        let (spake, message) = match side {
            JoinSide::Joiner => Spake2::<Ed25519Group>::start_a_with_rng(&password, &joiner, &host, given),
            JoinSide::Host => Spake2::<Ed25519Group>::start_b_with_rng(&password, &joiner, &host, given),
        };
        let mut own = [0; 32];
        own.copy_from_slice(message.get(1..33).unwrap_or(&[0; 32]));
        (Self { side, own, spake }, own)
    }

    /// Takes the peer's element and the TLS exporter of the connection; returns the key that both
    /// sides come to if their codes, ids, elements and connection are the same.
    ///
    /// # Errors
    /// [`NoElement`] when it is no point of the curve.
    pub fn finish(self, theirs: &[u8; 32], exporter: &[u8; 32]) -> Result<Key, NoElement> {
        let side = if self.side == JoinSide::Joiner { SIDE_B } else { SIDE_A };
        let message = [&[side][..], theirs].concat();
        let shared = self.spake.finish(&message).map_err(|_error| NoElement)?;
        let (joiner, host) = if self.side == JoinSide::Joiner { (&self.own, theirs) } else { (theirs, &self.own) };
        let mut hasher = blake3::Hasher::new_derive_key("dataforge pairing key 1");
        hasher.update(&shared).update(exporter).update(joiner).update(host);
        Ok(Key { side: self.side, key: *hasher.finalize().as_bytes() })
    }
}

/// What an exchange ends with.
pub struct Key {
    side: JoinSide,
    key: [u8; 32],
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key(secret)")
    }
}

impl Key {
    /// Returns the proof of this side.
    #[must_use]
    pub fn proof(&self) -> [u8; 32] {
        self.proof_of(self.side)
    }

    /// Returns whether the peer proved that it has the key too.
    #[must_use]
    pub fn is_proved_by(&self, theirs: &[u8; 32]) -> bool {
        let other = if self.side == JoinSide::Joiner { JoinSide::Host } else { JoinSide::Joiner };
        same(theirs, &self.proof_of(other))
    }

    fn proof_of(&self, side: JoinSide) -> [u8; 32] {
        let side = match side {
            JoinSide::Joiner => 0,
            JoinSide::Host => 1,
        };
        *blake3::keyed_hash(&self.key, &[side]).as_bytes()
    }
}

#[cfg(test)]
mod tests;
