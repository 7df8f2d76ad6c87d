//! Bytes of blobs by hash and range: the only way this crate reads data.

use std::error::Error;
use std::fmt::Debug;
use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;

use crate::reading::{Reading, Refusal, Whereabouts};

/// Reads ranges of verified blobs.
#[async_trait]
pub trait BlobReader: Send + Sync + Debug {
    /// Returns the bytes of each range, in the order asked.
    ///
    /// All ranges that are needed at one point come in one call: bringing near ones together and
    /// fetching what is not held in one request is the reader's business.
    /// The future runs on the engine's own runtime and is dropped when the query is cancelled.
    ///
    /// Before bytes come from peers the reader asks [`Reading::ask_remote`] and gives a refusal back
    /// as [`BlobError::Refused`]; what it reads here it tells [`Reading::note_here`].
    ///
    /// # Errors
    /// When the bytes cannot be had or may not be read.
    async fn read(
        &self,
        blob: &[u8; 32],
        ranges: &[Range<u64>],
        reading: &Arc<Reading>,
    ) -> Result<Vec<Bytes>, BlobError>;

    /// Says where a blob is, and how much of these ranges is not here, without asking anybody.
    ///
    /// # Errors
    /// When the index cannot be read.
    async fn whereabouts(&self, blob: &[u8; 32], ranges: &[Range<u64>]) -> Result<Whereabouts, BlobError>;
}

/// Why bytes of a blob cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    /// Neither this device nor one that can be reached holds the blob.
    #[error("blob {hash} is not held here and cannot be fetched now{}", known(.holders))]
    NotHeld {
        /// Hash of the blob, hex.
        hash: String,
        /// Names of devices known to hold it, for people.
        holders: Vec<String>,
    },
    /// The query may not read it from peers.
    #[error("{refusal}; blob {hash} is not held here{}", known(.holders))]
    Refused {
        /// Hash of the blob, hex.
        hash: String,
        /// Why not.
        refusal: Refusal,
        /// Names of devices known to hold it, for people.
        holders: Vec<String>,
    },
    /// Reading failed.
    #[error("cannot read blob {hash}")]
    Read {
        /// Hash of the blob, hex.
        hash: String,
        /// The cause.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// The reader returned other bytes than asked: a fault of the reader.
    #[error("reader returned other ranges than asked, blob {hash}")]
    WrongRange {
        /// Hash of the blob, hex.
        hash: String,
    },
    /// The table does not fit what the catalog says about it.
    #[error("table does not fit its run: {what}, blob {hash}")]
    Mismatch {
        /// Hash of the blob, hex.
        hash: String,
        /// What differs.
        what: String,
    },
}

impl BlobError {
    /// Makes a "not held" error.
    pub fn not_held(blob: &[u8; 32], holders: Vec<String>) -> Self {
        Self::NotHeld { hash: hex(blob), holders }
    }

    /// Makes the error of a read that the query may not make.
    pub fn refused(blob: &[u8; 32], refusal: Refusal, holders: Vec<String>) -> Self {
        Self::Refused { hash: hex(blob), refusal, holders }
    }

    /// Makes a read error from its cause.
    pub fn read(blob: &[u8; 32], source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Read { hash: hex(blob), source: source.into() }
    }
}

fn known(holders: &[String]) -> String {
    if holders.is_empty() { String::new() } else { format!("; held by {}", holders.join(", ")) }
}

/// Returns a hash as lower-case hex.
pub(crate) fn hex(hash: &[u8; 32]) -> String {
    use std::fmt::Write as _;
    hash.iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
