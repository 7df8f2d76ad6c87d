//! Bundles: what two nodes exchange, in files that somebody carries.
//!
//! A bundle is one stream: a signed manifest, six sections of records, and blobs. The manifest says
//! how many records and bytes each section has and what they hash to; a blob goes by its hash. So
//! what was cut short, changed or added is found, and every length is known to be within its bound
//! before anything of that length is read. The stream is carried by one volume or several; each
//! begins with the manifest. There are no names and no paths in it.
//!
//! Who made a bundle gains nothing by it: entries and holdings are signed each by their own device and
//! pass the same doors as over a network. `docs/protocol.md` gives the layout.

mod manifest;
mod reader;
mod volume;

use serde::Serialize;

pub use self::manifest::{Manifest, Section, Sections, SignedManifest};
pub use self::reader::{Item, Reader, Source};
pub use self::volume::{MAGIC, VERSION, VolumeHeader};
use crate::entry::{BlobRef, SignedEntry};
use crate::holding::{ChainBlobs, SignedHolding};
use crate::id::BlobHash;
use crate::key::BadSignature;
use crate::ledger::DeviceTips;
use crate::limits;

/// Sections of a bundle, in their order.
pub const PARTS: [Part; 6] = [Part::Tips, Part::Table, Part::Ops, Part::Entries, Part::Holdings, Part::Wants];

/// A section of a bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// The ends of all chains that the exporter holds.
    Tips,
    /// Hash and size of each blob, ascending.
    Table,
    /// All membership ops, in causal order.
    Ops,
    /// Other entries, in causal order.
    Entries,
    /// What devices say they hold.
    Holdings,
    /// The blobs that the exporter lacks and wants.
    Wants,
}

impl Part {
    /// Returns its name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Tips => "tips",
            Self::Table => "table",
            Self::Ops => "ops",
            Self::Entries => "entries",
            Self::Holdings => "holdings",
            Self::Wants => "wants",
        }
    }

    /// Returns the most records it may have.
    #[must_use]
    pub const fn max_records(self) -> u64 {
        match self {
            Self::Tips => limits::MAX_BUNDLE_TIPS,
            Self::Table => limits::MAX_BUNDLE_BLOBS,
            Self::Ops => limits::MAX_BUNDLE_OPS,
            Self::Entries => limits::MAX_BUNDLE_ENTRIES,
            Self::Holdings => limits::MAX_BUNDLE_HOLDINGS,
            Self::Wants => 1,
        }
    }

    /// Returns the fewest and the most bytes of a record, its length included.
    #[must_use]
    pub const fn record_bytes(self) -> (u64, u64) {
        match self {
            Self::Tips => (4 + 33, 4 + limits::MAX_FRAME_BYTES as u64),
            Self::Table => (TABLE_ROW as u64, TABLE_ROW as u64),
            // A header's first fields alone have 101 bytes.
            Self::Ops | Self::Entries => {
                (4 + 160, 4 + 64 + 8 + (limits::MAX_HEADER_BYTES + limits::MAX_BODY_BYTES) as u64)
            }
            Self::Holdings => (4 + 64 + 1, 4 + 64 + 4 + limits::MAX_HOLDING_BYTES as u64),
            Self::Wants => (4 + 1, 4 + limits::MAX_HOLDING_BYTES as u64),
        }
    }
}

/// Bytes of a row of the table.
pub const TABLE_ROW: usize = 40;

/// Why bytes are no bundle, or not the one they say they are.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// They begin as no bundle does.
    #[error("not a bundle")]
    NotABundle,
    /// A newer version made it.
    #[error("a newer version of the program made this bundle (format {0})")]
    Newer(u8),
    /// The manifest does not decode, or has another encoding than the canonical one.
    #[error("the manifest is malformed")]
    Manifest,
    /// The manifest says what no bundle may.
    #[error("the manifest is out of bounds: {0}")]
    Bounds(&'static str),
    /// The signature under the manifest does not verify.
    #[error("the manifest was not signed by the device that it names")]
    Signature(#[from] BadSignature),
    /// It ends before it should.
    #[error("cut short: {missing} bytes are missing after byte {at} of its content")]
    Truncated {
        /// Bytes of content that are there.
        at: u64,
        /// Bytes that should follow at least.
        missing: u64,
    },
    /// Something follows its end.
    #[error("something follows the end of the bundle")]
    Trailing,
    /// A section is not the one that was signed.
    #[error("damaged: the {} do not hash to what the manifest says", .0.as_str())]
    Section(Part),
    /// A record does not decode or is out of bounds.
    #[error("damaged: a record of the {} before byte {at} is malformed", .part.as_str())]
    Record {
        /// Where.
        part: Part,
        /// Byte of the content at which it ends.
        at: u64,
    },
    /// A blob is not what its hash says.
    #[error("damaged: blob {0} does not hash to its name")]
    Blob(BlobHash),
    /// A volume of another bundle, or another one than it should be.
    #[error("this is another volume than the one that should come here")]
    OtherVolume,
    /// The bytes cannot be read.
    #[error("cannot be read")]
    Read(#[source] std::io::Error),
}

fn record(value: &impl Serialize) -> Vec<u8> {
    let mut bytes = postcard::to_extend(value, vec![0; 4]).expect("records have no unserialisable part");
    let len = u32::try_from(bytes.len() - 4).expect("records are bounded where they are made");
    bytes[..4].copy_from_slice(&len.to_be_bytes());
    bytes
}

/// Encodes tips: several records when a device has very many.
#[must_use]
pub fn tips_records(chain: &DeviceTips) -> Vec<Vec<u8>> {
    let parts = chain.tips.chunks(limits::MAX_TIPS);
    parts.map(|tips| record(&DeviceTips { device: chain.device, tips: tips.to_vec() })).collect()
}

/// Encodes a row of the table.
#[must_use]
pub fn table_row(blob: &BlobRef) -> [u8; TABLE_ROW] {
    let mut row = [0; TABLE_ROW];
    row[..32].copy_from_slice(blob.hash.as_bytes());
    row[32..].copy_from_slice(&blob.size.to_be_bytes());
    row
}

/// Encodes an entry.
#[must_use]
pub fn entry_record(entry: &SignedEntry) -> Vec<u8> {
    record(entry)
}

/// Encodes a statement.
#[must_use]
pub fn holding_record(statement: &SignedHolding) -> Vec<u8> {
    record(statement)
}

/// Encodes the blobs that the exporter lacks and wants, by the chains that name them. Where they are
/// too many to be told, nothing is said, which asks for all.
#[must_use]
pub fn wants_record(wants: Option<&Vec<ChainBlobs>>) -> Vec<u8> {
    let fits = |chains: &&Vec<ChainBlobs>| chains.len() <= limits::MAX_HOLDING_CHAINS;
    let bytes = record(&wants.filter(fits));
    let (_, most) = Part::Wants.record_bytes();
    if bytes.len() as u64 <= most { bytes } else { record(&None::<Vec<ChainBlobs>>) }
}

/// Adds up a section that is being made.
#[derive(Debug, Default)]
pub struct Tally {
    count: u64,
    bytes: u64,
    hasher: blake3::Hasher,
}

impl Tally {
    /// Adds a record.
    pub fn add(&mut self, record: &[u8]) {
        self.count += 1;
        self.bytes += record.len() as u64;
        self.hasher.update(record);
    }

    /// Returns what the manifest says of it.
    #[must_use]
    pub fn section(&self) -> Section {
        Section { count: self.count, bytes: self.bytes, hash: *self.hasher.finalize().as_bytes() }
    }
}

#[cfg(test)]
mod tests;
