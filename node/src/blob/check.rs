//! Checking a blob's files against its hash, data and outboard in one pass.
//!
//! The outboard is what lets the crate serve ranges that prove themselves: the two hashes of every
//! inner node above 16 KiB groups, in pre-order. It follows from the data, so it is computed along
//! with the hash and compared. With the groups themselves between, it is what a peer is sent that
//! asks for the whole blob.

use std::fs::File;
use std::io::{Error, ErrorKind, Read as _, Result, Seek as _, SeekFrom};
use std::ops::Range;
use std::path::Path;
use std::slice::Chunks;

use blake3::Hasher;
use blake3::hazmat::{ChainingValue, HasherExt as _, Mode, merge_subtrees_non_root, merge_subtrees_root};
use dataforge_protocol::id::BlobHash;
use iroh_blobs::store::fs::options::PathOptions;

use super::durable::side_by_side;
use super::{has_outboard_file, iroh_hash, is_empty};

/// Bytes under one leaf of the crate's trees.
pub(super) const GROUP: usize = 16 << 10;
/// Bytes read at a time.
const BUFFER: usize = 64 * GROUP;
/// Bytes of a file for each further thread that hashes it.
const SPAN: u64 = 32 << 20;

/// What is found of a blob's files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Data and outboard are right.
    Whole,
    /// The data are missing, of another size, or wrong.
    Damaged,
    /// The data are right, the outboard is not: it can be read here and not be served.
    Unservable,
}

/// Checks the files of a blob.
pub(super) fn check(paths: &PathOptions, hash: &BlobHash, size: u64) -> Verdict {
    if is_empty(hash) {
        // The crate keeps no file for it.
        return if size == 0 { Verdict::Whole } else { Verdict::Damaged };
    }
    let hash = iroh_hash(hash);
    let useful = usize::try_from(size / SPAN + 1).unwrap_or(usize::MAX);
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(useful);
    match hash_file(&paths.data_path(&hash), size, threads) {
        Ok((found, outboard)) if found.as_bytes() == hash.as_bytes() => {
            // A small one is in the database, whatever stayed behind as a file.
            let is_right = !has_outboard_file(size)
                || std::fs::read(paths.outboard_path(&hash)).is_ok_and(|stored| stored == outboard);
            if is_right { Verdict::Whole } else { Verdict::Unservable }
        }
        _ => Verdict::Damaged,
    }
}

/// Returns the hash of a file of a known size, and the outboard that belongs to it, by some threads.
pub(super) fn hash_file(path: &Path, size: u64, threads: usize) -> Result<(blake3::Hash, Vec<u8>)> {
    if std::fs::metadata(path)?.len() != size {
        return Err(Error::new(ErrorKind::InvalidData, "another size"));
    }
    if size <= GROUP as u64 {
        return Ok((blake3::hash(&std::fs::read(path)?), Vec::new()));
    }
    let span = size.div_ceil(threads as u64).next_multiple_of(GROUP as u64);
    let spans: Vec<_> =
        (0..size).step_by(usize::try_from(span).unwrap_or(usize::MAX)).map(|at| at..size.min(at + span)).collect();
    let hashed = side_by_side(&spans, threads, |span| hash_span(path, span.clone())).map_err(Error::other)?;
    let groups = hashed.into_iter().collect::<Result<Vec<_>>>()?.concat();
    let mut outboard = Vec::with_capacity((groups.len() - 1) * 64);
    Ok((root(&groups, &mut [].chunks(GROUP), &mut outboard), outboard))
}

/// Returns the hashes of the groups of a part of a file.
fn hash_span(path: &Path, span: Range<u64>) -> Result<Vec<ChainingValue>> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(span.start))?;
    let len = usize::try_from(span.end - span.start).unwrap_or(usize::MAX);
    let (mut groups, mut buffer) = (Vec::with_capacity(len.div_ceil(GROUP)), vec![0; len.min(BUFFER)]);
    let mut offset = span.start;
    while offset < span.end {
        let len = usize::try_from(span.end - offset).map_or(buffer.len(), |left| left.min(buffer.len()));
        let part = buffer.get_mut(..len).unwrap_or_default();
        file.read_exact(part)?;
        hash_groups(part, offset, &mut groups);
        offset += part.len() as u64;
    }
    Ok(groups)
}

/// Returns a blob as it is sent to a peer that asks for all of it, and its hash: its size, then its tree in
/// pre-order with each group in the place of its leaf.
///
/// The format is that of iroh-blobs, whose peers prove each group as it comes.
pub(super) fn encode(data: &[u8]) -> (blake3::Hash, Vec<u8>) {
    let mut encoded = Vec::with_capacity(8 + data.len() + data.len() / GROUP * 64);
    encoded.extend_from_slice(&(data.len() as u64).to_le_bytes());
    if data.len() <= GROUP {
        encoded.extend_from_slice(data);
        return (blake3::hash(data), encoded);
    }
    let mut groups = Vec::with_capacity(data.len().div_ceil(GROUP));
    hash_groups(data, 0, &mut groups);
    (root(&groups, &mut data.chunks(GROUP), &mut encoded), encoded)
}

/// Appends the hashes of the groups of a blob of several that begin at an offset.
fn hash_groups(part: &[u8], mut offset: u64, groups: &mut Vec<ChainingValue>) {
    for group in part.chunks(GROUP) {
        groups.push(Hasher::new().set_input_offset(offset).update(group).finalize_non_root());
        offset += group.len() as u64;
    }
}

/// Appends the tree of two groups or more, and what is in its leaves; returns its hash.
fn root(groups: &[ChainingValue], leaves: &mut Chunks<'_, u8>, tree: &mut Vec<u8>) -> blake3::Hash {
    let (left, right) = pair(groups, leaves, tree);
    merge_subtrees_root(&left, &right, Mode::Hash)
}

/// Appends a subtree of two groups or more; returns the hashes of its two halves.
fn pair(groups: &[ChainingValue], leaves: &mut Chunks<'_, u8>, tree: &mut Vec<u8>) -> (ChainingValue, ChainingValue) {
    // The left half is the largest full tree that leaves something for the right.
    let (left, right) = groups.split_at(groups.len().next_power_of_two() / 2);
    let at = tree.len();
    tree.extend_from_slice(&[0; 64]);
    let (left, right) = (subtree(left, leaves, tree), subtree(right, leaves, tree));
    if let Some(own) = tree.get_mut(at..at + 64) {
        own[..32].copy_from_slice(&left);
        own[32..].copy_from_slice(&right);
    }
    (left, right)
}

fn subtree(groups: &[ChainingValue], leaves: &mut Chunks<'_, u8>, tree: &mut Vec<u8>) -> ChainingValue {
    if let [one] = groups {
        tree.extend_from_slice(leaves.next().unwrap_or_default());
        return *one;
    }
    let (left, right) = pair(groups, leaves, tree);
    merge_subtrees_non_root(&left, &right, Mode::Hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_one_hash_by_any_number_of_threads() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        for size in [GROUP + 1, 2 * GROUP, 5 * GROUP, 7 * GROUP + 1, 200 * GROUP - 1] {
            let data: Vec<u8> = (0..size).map(|at| (at / 7 % 251) as u8).collect();
            std::fs::write(&path, &data).unwrap();
            let one = hash_file(&path, size as u64, 1).unwrap();
            assert_eq!(one.0, blake3::hash(&data), "{size}");
            for threads in [2, 3, 8, 1000] {
                assert_eq!(hash_file(&path, size as u64, threads).unwrap(), one, "{size} by {threads}");
            }
        }
    }

    #[test]
    fn what_cannot_be_read_has_no_hash() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        assert!(hash_file(&path, 100_000, 2).is_err());
        std::fs::write(&path, [1; 99_999]).unwrap();
        assert!(hash_file(&path, 100_000, 2).is_err());
        assert!(hash_span(&path, 0..100_000).is_err(), "it ends before its span");
    }
}
