//! Where a backup lies: a directory with a file for each part, or one file with all of them.
//!
//! Parts are envelopes, which say where they end, so the single file is one after the other: the keys
//! first, the snapshot last. Nothing here knows a key or trusts a name: what is read is judged by
//! whoever reads it.

mod folder;
mod single;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

pub(super) use self::folder::Folder;
pub(super) use self::single::{Single, SingleWriter};
use super::envelope::Name;
use crate::api::{ApiError, ErrorKind};

/// How the name of a single file ends.
pub(super) const EXTENSION: &str = "dfbackup";
/// Copies of the keys in a directory: without them all is lost.
pub(super) const KEY_COPIES: u8 = 2;
/// Most bytes of a part that are read into memory.
pub(super) const MOST_BYTES: u64 = (1 << 30) + (64 << 20);

/// A part of a backup.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Item {
    /// A copy of the keys.
    Key(u8),
    /// An object.
    Object(Name),
    /// A snapshot, by number.
    Snapshot(u64),
}

impl std::fmt::Display for Item {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Key(copy) => write!(f, "copy {} of the keys", copy + 1),
            Self::Object(name) => write!(f, "object {name}"),
            Self::Snapshot(number) => write!(f, "snapshot {number}"),
        }
    }
}

/// A backup to be read.
#[derive(Debug)]
pub(super) enum Medium {
    /// A directory.
    Folder(Folder),
    /// A single file.
    Single(Single),
}

/// Whether a path that does not exist yet is to be a single file.
pub(super) fn is_single(path: &Path) -> bool {
    if path.exists() { path.is_file() } else { path.extension().is_some_and(|found| found == EXTENSION) }
}

impl Medium {
    /// Opens a backup.
    ///
    /// # Errors
    /// `NotFound` when there is nothing, `Input` when it is something else, `Storage`.
    pub(super) fn open(path: &Path) -> Result<Self, ApiError> {
        if !path.exists() {
            return Err(ApiError::new(ErrorKind::NotFound, format!("there is no backup {}", path.display()))
                .hint("check the path, and whether its drive is plugged in and mounted"));
        }
        if path.is_file() { Single::open(path).map(Self::Single) } else { Folder::open(path).map(Self::Folder) }
    }

    /// Returns where it lies.
    pub(super) fn path(&self) -> &Path {
        match self {
            Self::Folder(folder) => folder.path(),
            Self::Single(single) => single.path(),
        }
    }

    /// Reads a part; none when it is not there.
    ///
    /// # Errors
    /// `Storage` when it cannot be read, `Damaged` when it is larger than any part is.
    pub(super) fn read(&self, item: Item) -> Result<Option<Vec<u8>>, ApiError> {
        match self {
            Self::Folder(folder) => folder.read(item),
            Self::Single(single) => single.read(item),
        }
    }

    /// Returns the objects that are there.
    ///
    /// # Errors
    /// `Storage`.
    pub(super) fn objects(&self) -> Result<BTreeSet<Name>, ApiError> {
        match self {
            Self::Folder(folder) => folder.objects(),
            Self::Single(single) => Ok(single.objects()),
        }
    }

    /// Returns the numbers of the snapshots that are there, in order.
    ///
    /// # Errors
    /// `Storage`.
    pub(super) fn snapshots(&self) -> Result<Vec<u64>, ApiError> {
        match self {
            Self::Folder(folder) => folder.snapshots(),
            Self::Single(single) => Ok(single.snapshots()),
        }
    }

    /// Returns what is wrong with the whole of it, rather than with a part.
    pub(super) fn oddities(&self) -> Vec<String> {
        match self {
            Self::Folder(folder) => folder.oddities(),
            Self::Single(single) => single.oddity().into_iter().collect(),
        }
    }
}

/// An error with a backup's files, and what to do about it.
pub(super) fn failed(what: &str, path: &Path, error: &std::io::Error) -> ApiError {
    use std::io::ErrorKind as Io;
    let failure = ApiError::new(ErrorKind::Storage, format!("cannot {what} {}: {error}", path.display()));
    match error.kind() {
        Io::StorageFull | Io::QuotaExceeded => failure.hint(
            "that disk is full: earlier snapshots are whole. Free some space there and give the same command again, which \
             goes on where this one ended",
        ),
        Io::FileTooLarge => failure.hint(
            "that disk takes no files so large (FAT32 ends at 4 GB): back up into a directory instead, whose files are small",
        ),
        Io::PermissionDenied => failure.hint("check who may write there"),
        Io::ReadOnlyFilesystem => failure.hint("that disk is read-only: mount it so that it can be written"),
        Io::NotFound => failure.hint("is the drive still plugged in and mounted?"),
        _ => failure,
    }
}

/// What is no backup of ours.
pub(super) fn no_backup(path: &Path) -> ApiError {
    ApiError::new(ErrorKind::Input, format!("{} is no backup of DataForge", path.display()))
        .hint("name the directory or file that dataforge backup create wrote")
}

/// Where a file is written before it is whole.
pub(super) fn beside(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".part");
    path.with_file_name(name)
}
