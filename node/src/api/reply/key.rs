//! Replies about the device's key file.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// How the key of a device is kept. Known without its passphrase.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyStatus {
    /// The key file.
    pub file: PathBuf,
    /// Whether it is sealed by a passphrase.
    pub sealed: bool,
    /// What a guess at the passphrase costs; none when it is not sealed.
    pub cost: Option<KeyCost>,
    /// The device.
    pub device_id: String,
    /// Display name of its person.
    pub person: String,
    /// The person's four words.
    pub fingerprint: String,
}

/// What one guess at a passphrase costs, by Argon2id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyCost {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes over it.
    pub passes: u32,
    /// Lanes.
    pub lanes: u8,
}
