//! A backup in one file: the keys, the objects, the snapshot, one envelope after the other.
//!
//! It is written beside its place and renamed when it is whole and synced, so the one before stays
//! until then.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, OpenOptions};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::{Item, MOST_BYTES, beside, failed, no_backup};
use crate::api::{ApiError, ErrorKind};
use crate::backup::envelope::{self, EnvelopeError, HEADER, Kind, Name};
use crate::directory::sync_directory;

/// A backup in one file.
#[derive(Debug)]
pub(in crate::backup) struct Single {
    path: PathBuf,
    file: Mutex<File>,
    /// Where each part begins, and its length.
    table: BTreeMap<Item, (u64, u64)>,
    oddity: Option<String>,
}

impl Single {
    /// Opens one, and finds its parts.
    ///
    /// # Errors
    /// `Input` when it is none, `Storage`.
    pub(in crate::backup) fn open(path: &Path) -> Result<Self, ApiError> {
        let unread = |error: std::io::Error| failed("read", path, &error);
        let mut file = File::open(path).map_err(unread)?;
        let length = file.metadata().map_err(unread)?.len();
        let (mut table, mut oddity, mut at) = (BTreeMap::new(), None, 0);
        while at < length {
            file.seek(SeekFrom::Start(at)).map_err(unread)?;
            let mut head = Vec::with_capacity(HEADER);
            (&file).take(HEADER as u64).read_to_end(&mut head).map_err(unread)?;
            let header = match envelope::header(&head) {
                Ok(header) => header,
                Err(EnvelopeError::Magic | EnvelopeError::Other) if at == 0 => return Err(no_backup(path)),
                Err(error) => {
                    oddity = Some(format!("from byte {at} on {} is damaged: {error}", path.display()));
                    break;
                }
            };
            let end = at.checked_add(header.total()).filter(|end| *end <= length);
            let Some(end) = end else {
                oddity = Some(format!("{} is cut short: it ends within a part", path.display()));
                break;
            };
            let item = match header.kind {
                Kind::Key => Item::Key(0),
                Kind::Object => Item::Object(header.name),
                Kind::Snapshot => number_of(header.name).map_or(Item::Object(header.name), Item::Snapshot),
            };
            if table.insert(item, (at, header.total())).is_some() {
                oddity = Some(format!("{item} is twice in {}", path.display()));
            }
            at = end;
        }
        if table.is_empty() && oddity.is_none() {
            return Err(no_backup(path));
        }
        let is_whole = table.keys().any(|item| matches!(item, Item::Snapshot(_)));
        if !is_whole && oddity.is_none() {
            oddity = Some(format!("{} is cut short: its snapshot, which comes last, is missing", path.display()));
        }
        Ok(Self { path: path.to_owned(), file: Mutex::new(file), table, oddity })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn read(&self, item: Item) -> Result<Option<Vec<u8>>, ApiError> {
        let Some((at, length)) = self.table.get(&item).copied() else { return Ok(None) };
        let length = usize::try_from(length).ok().filter(|length| *length as u64 <= MOST_BYTES);
        let length = length.ok_or_else(|| {
            ApiError::new(ErrorKind::Damaged, format!("{item} of {} is larger than any part", self.path.display()))
        })?;
        let mut bytes = vec![0; length];
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let read = file.seek(SeekFrom::Start(at)).and_then(|_| file.read_exact(&mut bytes));
        read.map_err(|error| failed("read", &self.path, &error))?;
        Ok(Some(bytes))
    }

    pub(super) fn objects(&self) -> BTreeSet<Name> {
        let name = |item: &Item| match item {
            Item::Object(name) => Some(*name),
            _ => None,
        };
        self.table.keys().filter_map(name).collect()
    }

    pub(super) fn snapshots(&self) -> Vec<u64> {
        let number = |item: &Item| match item {
            Item::Snapshot(number) => Some(*number),
            _ => None,
        };
        self.table.keys().filter_map(number).collect()
    }

    pub(super) fn oddity(&self) -> Option<String> {
        self.oddity.clone()
    }
}

fn number_of(name: Name) -> Option<u64> {
    let (number, rest) = name.0.split_first_chunk::<8>()?;
    rest.iter().all(|byte| *byte == 0).then(|| u64::from_le_bytes(*number))
}

/// A backup in one file, while it is written.
#[derive(Debug)]
pub(in crate::backup) struct SingleWriter {
    target: PathBuf,
    temp: PathBuf,
    file: Mutex<Option<File>>,
}

impl SingleWriter {
    /// Begins one beside its place.
    ///
    /// # Errors
    /// `Busy` when another process writes it, `Storage`.
    pub(in crate::backup) fn create(target: &Path) -> Result<Self, ApiError> {
        let temp = beside(target);
        let opened = OpenOptions::new().create(true).truncate(false).write(true).open(&temp);
        let file = opened.map_err(|error| failed("write", &temp, &error))?;
        if let Err(std::fs::TryLockError::WouldBlock) = file.try_lock() {
            return Err(ApiError::new(ErrorKind::Busy, format!("a backup to {} is under way", target.display()))
                .hint("wait until it ends"));
        }
        // An interrupted one left half of it.
        file.set_len(0).map_err(|error| failed("write", &temp, &error))?;
        Ok(Self { target: target.to_owned(), temp, file: Mutex::new(Some(file)) })
    }

    /// Adds a part.
    ///
    /// # Errors
    /// `Storage`.
    pub(in crate::backup) fn write(&self, bytes: &[u8]) -> Result<(), ApiError> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let file = file.as_mut().ok_or_else(|| ApiError::new(ErrorKind::Internal, "the backup is written already"))?;
        file.write_all(bytes).map_err(|error| failed("write", &self.temp, &error))
    }

    /// Makes the file durable and puts it in its place.
    ///
    /// # Errors
    /// `Storage`; the one before is there still.
    pub(in crate::backup) fn finish(&self) -> Result<(), ApiError> {
        let file = self.file.lock().unwrap_or_else(PoisonError::into_inner).take();
        let file = file.ok_or_else(|| ApiError::new(ErrorKind::Internal, "the backup is written already"))?;
        let finish = || {
            file.sync_all()?;
            drop(file);
            std::fs::rename(&self.temp, &self.target)?;
            self.target.parent().filter(|parent| !parent.as_os_str().is_empty()).map_or(Ok(()), sync_directory)
        };
        finish().map_err(|error| failed("write", &self.target, &error))
    }
}

impl Drop for SingleWriter {
    fn drop(&mut self) {
        if self.file.lock().unwrap_or_else(PoisonError::into_inner).take().is_some() {
            // Half a backup is of no use to anyone.
            drop(std::fs::remove_file(&self.temp));
        }
    }
}
