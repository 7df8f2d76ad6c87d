//! Reading the content of a bundle, record by record, in memory that does not grow with it: a record
//! at a time, and the table of blobs.
//!
//! Nothing is taken for good before it was verified: a section is when its end was passed without an
//! error, and the last piece of a blob comes only when the whole of it hashes to its name.

use std::io::{self, Read};

use serde::de::DeserializeOwned;

use super::volume::fill;
use super::{BundleError, Manifest, PARTS, Part, TABLE_ROW};
use crate::entry::{BlobRef, SignedEntry};
use crate::holding::{ChainBlobs, SignedHolding};
use crate::id::BlobHash;
use crate::ledger::DeviceTips;
use crate::limits;

/// Where content comes from: the volumes one after the other, without their headers.
pub trait Source: Read {
    /// Passes over bytes; returns how many there were.
    ///
    /// # Errors
    /// Those of reading.
    fn pass(&mut self, bytes: u64) -> io::Result<u64> {
        io::copy(&mut Read::take(&mut *self, bytes), &mut io::sink())
    }
}

impl Source for &[u8] {}

/// What stands in a bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// Ends of a chain that the exporter holds.
    Tips(DeviceTips),
    /// A membership op, not verified.
    Op(SignedEntry),
    /// Another entry, not verified.
    Entry(SignedEntry),
    /// A statement, not verified.
    Holding(SignedHolding),
    /// What the exporter lacks and wants; none when that was too much to tell.
    Wants(Option<Vec<ChainBlobs>>),
    /// A blob begins; see [`Reader::read_blob`].
    Blob(BlobRef),
}

/// Reads the content of a bundle.
#[derive(Debug)]
pub struct Reader<S> {
    source: S,
    manifest: Manifest,
    /// Bytes read or passed over.
    at: u64,
    stage: Stage,
    table: Vec<BlobRef>,
    /// Which blob of the table comes next.
    next_blob: usize,
}

#[derive(Debug)]
enum Stage {
    Section {
        part: Part,
        records: u64,
        bytes: u64,
        hasher: Box<blake3::Hasher>,
    },
    /// Between blobs.
    Blobs,
    Blob {
        blob: BlobRef,
        left: u64,
        hasher: Box<blake3::Hasher>,
    },
    End,
}

impl<S: Source> Reader<S> {
    /// Begins to read content that a manifest was made for.
    #[must_use]
    pub fn new(manifest: Manifest, source: S) -> Self {
        let stage = Stage::of(&manifest, Part::Tips);
        Self { source, manifest, at: 0, stage, table: Vec::new(), next_blob: 0 }
    }

    /// Returns the manifest.
    #[must_use]
    pub const fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Returns where the content comes from.
    #[must_use]
    pub const fn source(&self) -> &S {
        &self.source
    }

    /// Returns the blobs, once the first op was given.
    #[must_use]
    pub fn table(&self) -> &[BlobRef] {
        &self.table
    }

    /// Returns how many bytes of content were read or passed over.
    #[must_use]
    pub const fn at(&self) -> u64 {
        self.at
    }

    /// Returns the next item; none at the end. What is left of a blob is passed over.
    ///
    /// # Errors
    /// [`BundleError`]; the rest cannot be read then.
    pub fn next_item(&mut self) -> Result<Option<Item>, BundleError> {
        loop {
            match &self.stage {
                Stage::Section { part, records: 0, .. } => {
                    let part = *part;
                    self.end_section(part)?;
                }
                Stage::Section { part: Part::Table, .. } => self.read_row()?,
                Stage::Section { part, .. } => {
                    let part = *part;
                    return self.read_record(part).map(Some);
                }
                Stage::Blob { .. } => self.pass_blob()?,
                Stage::Blobs => {
                    if let Some(blob) = self.table.get(self.next_blob).copied() {
                        self.next_blob += 1;
                        self.stage = Stage::Blob { blob, left: blob.size, hasher: Box::default() };
                        return Ok(Some(Item::Blob(blob)));
                    }
                    if fill(&mut self.source, &mut [0])? > 0 {
                        return Err(BundleError::Trailing);
                    }
                    self.stage = Stage::End;
                }
                Stage::End => return Ok(None),
            }
        }
    }

    /// Reads a piece of the blob that began; nothing at its end. The last piece is given only if the
    /// whole is right.
    ///
    /// # Errors
    /// [`BundleError::Blob`] when it is not; then the next one can be read. Others as for
    /// [`Reader::next_item`].
    pub fn read_blob(&mut self, buffer: &mut [u8]) -> Result<usize, BundleError> {
        let Stage::Blob { blob, left, hasher } = &mut self.stage else { return Ok(0) };
        let wanted = usize::try_from(*left).unwrap_or(usize::MAX).min(buffer.len());
        let piece = buffer.get_mut(..wanted).unwrap_or_default();
        let read = fill(&mut self.source, piece)?;
        self.at += read as u64;
        if read < wanted {
            return Err(BundleError::Truncated { at: self.at, missing: *left - read as u64 });
        }
        hasher.update(piece);
        *left -= read as u64;
        if *left == 0 {
            let (hash, is_right) = (blob.hash, hasher.finalize().as_bytes() == blob.hash.as_bytes());
            self.stage = Stage::Blobs;
            if !is_right {
                return Err(BundleError::Blob(hash));
            }
        }
        Ok(read)
    }

    /// Passes over what is left of the blob that began, without looking at it.
    ///
    /// # Errors
    /// As for [`Reader::next_item`].
    pub fn pass_blob(&mut self) -> Result<(), BundleError> {
        let Stage::Blob { left, .. } = &self.stage else { return Ok(()) };
        let left = *left;
        let passed = self.source.pass(left).map_err(BundleError::Read)?;
        self.at += passed;
        if passed < left {
            return Err(BundleError::Truncated { at: self.at, missing: left - passed });
        }
        self.stage = Stage::Blobs;
        Ok(())
    }

    fn end_section(&mut self, ended: Part) -> Result<(), BundleError> {
        let Stage::Section { bytes, hasher, .. } = &self.stage else { return Ok(()) };
        if *bytes != 0 || *hasher.finalize().as_bytes() != self.manifest.section(ended).hash {
            return Err(BundleError::Section(ended));
        }
        if ended == Part::Table {
            self.check_table()?;
        }
        self.stage = match PARTS.get(ended as usize + 1) {
            Some(next) => Stage::of(&self.manifest, *next),
            None => Stage::Blobs,
        };
        Ok(())
    }

    /// Ascending, so that no blob comes twice, and as large together as was said.
    fn check_table(&self) -> Result<(), BundleError> {
        let sorted = self.table.windows(2).all(|pair| matches!(pair, [a, b] if a.hash < b.hash));
        let bounded = self.table.iter().all(|blob| blob.size <= limits::MAX_BLOB_BYTES);
        // Each is bounded, and so is their number.
        let sum: u64 = self.table.iter().map(|blob| blob.size.min(limits::MAX_BLOB_BYTES)).sum();
        if sorted && bounded && sum == self.manifest.blob_bytes {
            Ok(())
        } else {
            Err(BundleError::Record { part: Part::Table, at: self.at })
        }
    }

    /// Reads bytes of the section at hand.
    fn read(&mut self, buffer: &mut [u8]) -> Result<(), BundleError> {
        let Stage::Section { part, bytes, hasher, .. } = &mut self.stage else { return Ok(()) };
        let wanted = buffer.len() as u64;
        if wanted > *bytes {
            return Err(BundleError::Record { part: *part, at: self.at });
        }
        let read = fill(&mut self.source, buffer)? as u64;
        self.at += read;
        if read < wanted {
            return Err(BundleError::Truncated { at: self.at, missing: *bytes - read });
        }
        *bytes -= wanted;
        hasher.update(buffer);
        Ok(())
    }

    fn count_record(&mut self) {
        if let Stage::Section { records, .. } = &mut self.stage {
            *records -= 1;
        }
    }

    fn read_row(&mut self) -> Result<(), BundleError> {
        let mut row = [0; TABLE_ROW];
        self.read(&mut row)?;
        self.count_record();
        let (mut hash, mut size) = ([0; 32], [0; 8]);
        hash.copy_from_slice(&row[..32]);
        size.copy_from_slice(&row[32..]);
        self.table.push(BlobRef { hash: BlobHash(hash), size: u64::from_be_bytes(size) });
        Ok(())
    }

    fn read_record(&mut self, part: Part) -> Result<Item, BundleError> {
        let mut len = [0; 4];
        self.read(&mut len)?;
        let len = u32::from_be_bytes(len);
        let (least, most) = part.record_bytes();
        if !(least..=most).contains(&(u64::from(len) + 4)) {
            return Err(BundleError::Record { part, at: self.at });
        }
        let mut bytes = vec![0; len as usize];
        self.read(&mut bytes)?;
        self.count_record();
        decode(part, &bytes).ok_or(BundleError::Record { part, at: self.at })
    }
}

impl Stage {
    fn of(manifest: &Manifest, part: Part) -> Self {
        let section = manifest.section(part);
        Self::Section { part, records: section.count, bytes: section.bytes, hasher: Box::default() }
    }
}

fn decode(part: Part, bytes: &[u8]) -> Option<Item> {
    fn whole<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
        match postcard::take_from_bytes(bytes) {
            Ok((value, [])) => Some(value),
            _ => None,
        }
    }
    match part {
        Part::Tips => whole(bytes).filter(|chain: &DeviceTips| chain.tips.len() <= limits::MAX_TIPS).map(Item::Tips),
        Part::Ops => whole(bytes).map(Item::Op),
        Part::Entries => whole(bytes).map(Item::Entry),
        Part::Holdings => whole(bytes).map(Item::Holding),
        Part::Wants => whole(bytes)
            .filter(|wants: &Option<Vec<ChainBlobs>>| {
                wants.as_ref().is_none_or(|chains| chains.len() <= limits::MAX_HOLDING_CHAINS)
            })
            .map(Item::Wants),
        Part::Table => None,
    }
}
