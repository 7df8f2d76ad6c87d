//! The first words of a connection: tags that only members can make and recognise.
//!
//! A tag is a MAC under the workspace's discovery secret over the TLS exporter of this connection
//! and the roles and ids of both sides, so it can be neither replayed nor reflected, and tells a
//! stranger nothing.

use crate::id::DeviceId;

/// Label of the TLS exporter that binds tags and join proofs to a connection.
pub const EXPORTER_LABEL: &[u8] = b"EXPORTER-dataforge-1";

/// Which side of the connection makes the tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The side that dialled.
    Dialler,
    /// The side that was dialled.
    Listener,
}

/// Returns the tag of one side.
#[must_use]
pub fn tag(
    discovery_secret: &[u8; 32],
    exporter: &[u8; 32],
    side: Side,
    dialler: &DeviceId,
    listener: &DeviceId,
) -> [u8; 32] {
    let key = blake3::derive_key("dataforge hello 1", discovery_secret);
    let mut hasher = blake3::Hasher::new_keyed(&key);
    hasher.update(&[match side {
        Side::Dialler => 0,
        Side::Listener => 1,
    }]);
    hasher.update(exporter).update(dialler.as_bytes()).update(listener.as_bytes());
    *hasher.finalize().as_bytes()
}

/// Compares two tags in constant time.
#[must_use]
pub fn same(a: &[u8; 32], b: &[u8; 32]) -> bool {
    blake3::Hash::from_bytes(*a) == blake3::Hash::from_bytes(*b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tag_changes_with_secret_connection_side_and_peers() {
        let (a, b) = (DeviceId([1; 32]), DeviceId([2; 32]));
        let base = tag(&[0; 32], &[0; 32], Side::Dialler, &a, &b);
        assert!(same(&base, &tag(&[0; 32], &[0; 32], Side::Dialler, &a, &b)));
        for other in [
            tag(&[1; 32], &[0; 32], Side::Dialler, &a, &b),
            tag(&[0; 32], &[1; 32], Side::Dialler, &a, &b),
            tag(&[0; 32], &[0; 32], Side::Listener, &a, &b),
            tag(&[0; 32], &[0; 32], Side::Dialler, &b, &a),
        ] {
            assert!(!same(&base, &other));
        }
    }
}
