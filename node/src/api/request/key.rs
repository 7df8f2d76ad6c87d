//! Requests about the device's key file.

use serde::{Deserialize, Serialize};
use zeroize::Zeroize as _;

/// What a program asks about the key of the device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "key", rename_all = "snake_case")]
pub enum KeyRequest {
    /// Says how the key is kept. → `Key`
    Status,
    /// Seals the key by a passphrase, or by another one. → `Done`
    Seal {
        /// The passphrase from now on.
        passphrase: Passphrase,
        /// The one up to now, when it is sealed already.
        current: Option<Passphrase>,
    },
    /// Takes the seal off. → `Done`
    Unseal {
        /// The passphrase; also where the node has the key open already.
        passphrase: Passphrase,
    },
}

/// A passphrase on its way from the keyboard to the one use of it. Never printed or kept; wiped
/// when dropped.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Passphrase(pub String);

impl std::fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Passphrase(secret)")
    }
}

impl Drop for Passphrase {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}
