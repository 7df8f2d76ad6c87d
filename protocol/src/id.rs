//! Identifiers: 32-byte newtypes that cannot be mixed up.
//!
//! `Display` and `FromStr` are 64 lower-case hex digits; `fmt_short` gives the first ten for people.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The text is not 64 hex digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected 64 hex digits")]
pub struct ParseIdError;

macro_rules! id32 {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub struct $name(pub [u8; 32]);

        impl $name {
            /// Returns the raw bytes.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; 32] {
                &self.0
            }

            /// Returns the first ten hex digits, for people.
            #[must_use]
            pub fn fmt_short(&self) -> String {
                data_encoding::HEXLOWER.encode(&self.0[..5])
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&data_encoding::HEXLOWER.encode(&self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.fmt_short())
            }
        }

        impl FromStr for $name {
            type Err = ParseIdError;

            fn from_str(text: &str) -> Result<Self, ParseIdError> {
                let bytes = data_encoding::HEXLOWER_PERMISSIVE
                    .decode(text.as_bytes())
                    .map_err(|_| ParseIdError)?;
                Ok(Self(bytes.try_into().map_err(|_| ParseIdError)?))
            }
        }

        impl TryFrom<&[u8]> for $name {
            type Error = ParseIdError;

            fn try_from(bytes: &[u8]) -> Result<Self, ParseIdError> {
                Ok(Self(bytes.try_into().map_err(|_| ParseIdError)?))
            }
        }
    };
}

id32! {
    /// A workspace: the id of its genesis entry.
    WorkspaceId
}
id32! {
    /// An entry: the BLAKE3 hash of its header.
    EntryId
}
id32! {
    /// A document: the BLAKE3 hash of its kind and facts.
    DocId
}
id32! {
    /// A blob: the BLAKE3 hash of its bytes.
    BlobHash
}
id32! {
    /// A person: an ed25519 public key that certifies devices.
    PersonId
}
id32! {
    /// A device: an ed25519 public key; its iroh endpoint id.
    DeviceId
}
id32! {
    /// A bundle: the BLAKE3 hash of its manifest.
    BundleId
}
id32! {
    /// An Automerge change: its SHA-256 hash.
    ChangeHash
}

impl BlobHash {
    /// Hashes the bytes of a blob.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(*blake3::hash(bytes).as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn display_and_parse_are_inverse() {
        let id = EntryId([0xa5; 32]);
        assert_eq!(id.to_string().parse::<EntryId>().unwrap(), id);
        assert_eq!(id.fmt_short(), "a5a5a5a5a5");
        assert_eq!("a5".parse::<EntryId>(), Err(ParseIdError));
    }
}
