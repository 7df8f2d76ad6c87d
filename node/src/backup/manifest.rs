//! What a snapshot is made of: its manifest, which is encrypted, and the list of objects in clear
//! that lets old ones be removed and missing ones be found without a key.

use dataforge_protocol::entry::SignedEntry;
use dataforge_protocol::id::BlobHash;
use dataforge_protocol::key::Signature;
use serde::{Deserialize, Serialize};

use super::envelope::Name;
use super::keys::WriteKeys;

/// Bytes of a blob in one object: what an interrupted backup does again at most, and far below what
/// any file system takes.
pub(super) const CHUNK: u64 = 8 << 20;
/// Entries in one part at most …
const MOST_ENTRIES: usize = 8192;
/// … and bytes of them.
const MOST_ENTRY_BYTES: u64 = 4 << 20;
/// A part ends with an entry whose id says so, one of so many: parts then stay the same wherever what
/// is before them begins.
const ONE_OF: u16 = 1024;

/// What a snapshot is made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Manifest {
    /// When it was begun.
    pub(super) created_ms: u64,
    /// Version of the program that wrote it.
    pub(super) program: String,
    /// The device it is of.
    pub(super) device: Option<[u8; 32]>,
    /// Display name of its person.
    pub(super) person: String,
    /// Its label.
    pub(super) label: String,
    /// Which blobs were asked for, in words.
    pub(super) choice: String,
    /// Blobs that were held and not asked for, and their bytes.
    pub(super) left_out: (u64, u64),
    /// Small files of the data directory, whole.
    pub(super) files: Vec<FilePart>,
    /// Tables that only this node knows.
    pub(super) tables: Vec<TablePart>,
    /// Workspaces with their chains.
    pub(super) workspaces: Vec<WorkspacePart>,
    /// Blobs.
    pub(super) blobs: Vec<BlobPart>,
}

/// A small file of the data directory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct FilePart {
    /// Which.
    pub(super) file: LocalFile,
    /// Its bytes.
    pub(super) bytes: Vec<u8>,
}

/// The files of a data directory that are taken along. No path comes out of a backup.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum LocalFile {
    /// `dataforge.toml`.
    Settings,
    /// `keys/device.key`, sealed or not, as it lies there.
    Key,
    /// `keys/identity.json`.
    Identity,
}

impl LocalFile {
    /// All of them.
    pub(super) const ALL: [Self; 3] = [Self::Settings, Self::Key, Self::Identity];

    /// Returns where it is.
    pub(super) const fn path(self) -> &'static str {
        match self {
            Self::Settings => "dataforge.toml",
            Self::Key => "keys/device.key",
            Self::Identity => "keys/identity.json",
        }
    }
}

/// A table of the database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct TablePart {
    /// Its name.
    pub(super) table: String,
    /// Its rows.
    pub(super) parts: Vec<Part>,
}

/// A workspace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct WorkspacePart {
    /// Its id.
    pub(super) id: [u8; 32],
    /// Its name.
    pub(super) name: String,
    /// Since when it is here.
    pub(super) added_ms: u64,
    /// Its entries, in the order they were settled.
    pub(super) parts: Vec<Part>,
}

/// An object with rows or entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Part {
    /// Its name.
    pub(super) name: Name,
    /// How many.
    pub(super) items: u64,
}

/// A blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct BlobPart {
    /// Its hash.
    pub(super) hash: [u8; 32],
    /// Its size.
    pub(super) size: u64,
}

impl BlobPart {
    /// Returns its hash.
    pub(super) const fn hash(&self) -> BlobHash {
        BlobHash(self.hash)
    }

    /// Returns the objects that hold it, in order.
    pub(super) fn names(&self, keys: &WriteKeys) -> impl Iterator<Item = Name> + use<> {
        let (keys, hash) = (keys.clone(), self.hash);
        (0..self.size.div_ceil(CHUNK)).map(move |number| keys.name("blob", &[&hash, &number.to_le_bytes()]))
    }
}

impl Manifest {
    /// Returns all objects but the manifest itself, each once and sorted.
    pub(super) fn names(&self, keys: &WriteKeys) -> Vec<Name> {
        let parts = self.workspaces.iter().flat_map(|of| &of.parts).chain(self.tables.iter().flat_map(|of| &of.parts));
        let mut names: Vec<_> = parts.map(|part| part.name).collect();
        names.extend(self.blobs.iter().flat_map(|blob| blob.names(keys)));
        names.sort_unstable();
        names.dedup();
        names
    }

    /// Returns the entries of all workspaces.
    pub(super) fn entries(&self) -> u64 {
        self.workspaces.iter().flat_map(|of| &of.parts).map(|part| part.items).sum()
    }

    /// Returns the bytes of all blobs.
    pub(super) fn blob_bytes(&self) -> u64 {
        self.blobs.iter().map(|blob| blob.size).sum()
    }
}

/// A snapshot as it lies in the backup, in clear: it says nothing of what it is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Snapshot {
    /// When it was begun.
    pub(super) created_ms: u64,
    /// Which data directory it is of: snapshots of one are counted together.
    pub(super) source: [u8; 16],
    /// The object with its manifest.
    pub(super) manifest: Name,
    /// Bytes that were written for it.
    pub(super) new_bytes: u64,
    /// All other objects, sorted.
    pub(super) names: Vec<Name>,
}

/// Entries of a part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct EntryPart {
    header: Vec<u8>,
    signature: Vec<u8>,
    body: Vec<u8>,
    /// When it came here.
    pub(super) received_ms: u64,
}

impl EntryPart {
    /// Makes one of an entry as it is stored.
    pub(super) const fn new(header: Vec<u8>, signature: Vec<u8>, body: Vec<u8>, received_ms: u64) -> Self {
        Self { header, signature, body, received_ms }
    }

    /// Returns the entry; none when its signature has another length than one has.
    pub(super) fn signed(self) -> Option<SignedEntry> {
        let signature: [u8; 64] = self.signature.try_into().ok()?;
        Some(SignedEntry { header: self.header, signature: Signature::from_bytes(&signature), body: self.body })
    }
}

/// Returns the name of a part with these entries of a workspace.
pub(super) fn entries_name<'a>(
    keys: &WriteKeys,
    workspace: &'a [u8; 32],
    ids: impl IntoIterator<Item = &'a [u8; 32]>,
) -> Name {
    let mut pieces: Vec<&[u8]> = vec![workspace];
    pieces.extend(ids.into_iter().map(<[u8; 32]>::as_slice));
    keys.name("entries", &pieces)
}

/// Cuts chains into parts.
#[derive(Debug, Default)]
pub(super) struct Cutter {
    entries: usize,
    bytes: u64,
}

impl Cutter {
    /// Takes an entry; returns whether the part ends with it.
    pub(super) fn take(&mut self, id: &[u8; 32], bytes: u64) -> bool {
        self.entries += 1;
        self.bytes = self.bytes.saturating_add(bytes);
        let says_so = u16::from_le_bytes([id[0], id[1]]).is_multiple_of(ONE_OF);
        let ends = says_so || self.entries >= MOST_ENTRIES || self.bytes >= MOST_ENTRY_BYTES;
        if ends {
            *self = Self::default();
        }
        ends
    }
}

/// Writes what is in a part, manifest or snapshot.
pub(super) fn to_bytes<T: Serialize>(value: &T) -> Vec<u8> {
    postcard::to_stdvec(value).expect("parts of a backup have no unserialisable part")
}

/// Reads it; none when it is something else.
pub(super) fn from_bytes<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Option<T> {
    postcard::take_from_bytes(bytes).ok().filter(|(_, rest)| rest.is_empty()).map(|(value, _)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_appended_or_dropped_at_the_front_leaves_most_parts_as_they_were() {
        let parts = |ids: &[[u8; 32]]| {
            let (mut cutter, mut all, mut part) = (Cutter::default(), Vec::new(), Vec::new());
            for id in ids {
                part.push(*id);
                if cutter.take(id, 300) {
                    all.push(std::mem::take(&mut part));
                }
            }
            all.push(part);
            all
        };
        let ids: Vec<_> = (0_u32..20_000).map(|number| *blake3::hash(&number.to_le_bytes()).as_bytes()).collect();
        let all = parts(&ids);
        assert!((5..60).contains(&all.len()), "{}", all.len());
        assert_eq!(all.concat(), ids);
        let (longer, shorter) = (parts(&[&ids[..], &[[1; 32]]].concat()), parts(&ids[100..]));
        assert_eq!(longer[..all.len() - 1], all[..all.len() - 1]);
        assert_eq!(shorter[1..], all[1..]);
    }

    #[test]
    fn large_entries_end_a_part() {
        let mut cutter = Cutter::default();
        let ends = (0_u8..100).filter(|number| cutter.take(&[number | 1; 32], 256 << 10)).count();
        assert_eq!(ends, 6);
    }
}
