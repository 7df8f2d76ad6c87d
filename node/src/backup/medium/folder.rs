//! A backup in a directory: a file for each part.
//!
//! A file is written in `temp`, synced and renamed, so that one with a name is whole. Directories are
//! synced before the snapshot that rests on them is written.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use super::{Item, KEY_COPIES, MOST_BYTES, failed, no_backup};
use crate::api::{ApiError, ErrorKind};
use crate::backup::envelope::Name;
use crate::directory::{create_private, sync_directory};

/// What the directory says to people who find it.
const README: &str = "\
This directory is a backup of a DataForge data directory. It is encrypted.

  dataforge backup list DIR       what is in it
  dataforge backup verify DIR     whether all of it is whole; asks for the passphrase
  dataforge backup restore DIR --to DATADIR

Copy or move it whole. Without its passphrase nobody can read it.
";

/// A backup in a directory.
#[derive(Debug)]
pub(in crate::backup) struct Folder {
    path: PathBuf,
    /// Held while it is written.
    _lock: Option<File>,
}

/// The directory that an object lies in, by its first byte.
fn fan(name: &Name) -> String {
    name.to_string().chars().take(2).collect()
}

fn key_file(copy: u8) -> String {
    if copy == 0 { "key".to_owned() } else { format!("key.{}", copy + 1) }
}

impl Folder {
    /// Opens one to read it.
    ///
    /// # Errors
    /// `Input` when it is none.
    pub(in crate::backup) fn open(path: &Path) -> Result<Self, ApiError> {
        let folder = Self { path: path.to_owned(), _lock: None };
        if folder.has_keys() { Ok(folder) } else { Err(no_backup(path)) }
    }

    /// Opens one to write it, or begins one in a directory that is empty or missing. The caller writes
    /// the keys of a new one.
    ///
    /// # Errors
    /// `Usage` when something else is there, `Busy` when another process writes it, `Storage`.
    pub(in crate::backup) fn open_to_write(path: &Path) -> Result<Self, ApiError> {
        create_private(path).map_err(|error| error.hint("check that the drive is there and can be written"))?;
        let lock_path = path.join("lock");
        let is_known = (0..KEY_COPIES).any(|copy| path.join(key_file(copy)).exists());
        if !is_known && !is_empty(path)? {
            return Err(ApiError::new(ErrorKind::Usage, format!("{} has other files in it", path.display()))
                .hint("name a directory that is empty or does not exist, or one that is a backup already"));
        }
        let lock = OpenOptions::new().create(true).truncate(false).write(true).open(&lock_path);
        let lock = lock.map_err(|error| failed("write", &lock_path, &error))?;
        // Where a file system knows no locks, one has to do without.
        if let Err(std::fs::TryLockError::WouldBlock) = lock.try_lock() {
            return Err(ApiError::new(ErrorKind::Busy, format!("a backup to {} is under way", path.display()))
                .hint("wait until it ends"));
        }
        let folder = Self { path: path.to_owned(), _lock: Some(lock) };
        for part in ["objects", "snapshots", "temp"] {
            create_private(&folder.path.join(part))?;
        }
        folder.empty_temp();
        Ok(folder)
    }

    /// Returns where it is.
    pub(in crate::backup) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether it has keys.
    pub(in crate::backup) fn has_keys(&self) -> bool {
        (0..KEY_COPIES).any(|copy| self.place(Item::Key(copy)).exists())
    }

    fn place(&self, item: Item) -> PathBuf {
        match item {
            Item::Key(copy) => self.path.join(key_file(copy)),
            Item::Object(name) => self.path.join("objects").join(fan(&name)).join(name.to_string()),
            Item::Snapshot(number) => self.path.join("snapshots").join(format!("{number:08}")),
        }
    }

    /// Removes what an interrupted backup was writing.
    fn empty_temp(&self) {
        for file in std::fs::read_dir(self.path.join("temp")).into_iter().flatten().flatten() {
            // What stays is in nobody's way.
            drop(std::fs::remove_file(file.path()));
        }
    }

    pub(super) fn read(&self, item: Item) -> Result<Option<Vec<u8>>, ApiError> {
        let path = self.place(item);
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed("read", &path, &error)),
        };
        let mut bytes = Vec::new();
        file.take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(|error| failed("read", &path, &error))?;
        if bytes.len() as u64 > MOST_BYTES {
            return Err(ApiError::new(
                ErrorKind::Damaged,
                format!("{} is larger than any part of a backup", path.display()),
            ));
        }
        Ok(Some(bytes))
    }

    pub(super) fn objects(&self) -> Result<BTreeSet<Name>, ApiError> {
        let mut found = BTreeSet::new();
        self.each_object(|name, _| {
            found.extend(name);
        })?;
        Ok(found)
    }

    /// Calls `each` with what lies among the objects: its name, unless it is no object in its place.
    fn each_object(&self, mut each: impl FnMut(Option<Name>, PathBuf)) -> Result<(), ApiError> {
        let objects = self.path.join("objects");
        for directory in list(&objects)? {
            if !directory.is_dir() {
                each(None, directory);
                continue;
            }
            for file in list(&directory)? {
                let name = file.file_name().and_then(|name| Name::parse(name.to_str()?));
                let is_here = name.is_some_and(|name| self.place(Item::Object(name)) == file);
                each(name.filter(|_| is_here), file);
            }
        }
        Ok(())
    }

    /// Returns the numbers of the snapshots that are there, in order.
    ///
    /// # Errors
    /// `Storage`.
    pub(in crate::backup) fn snapshots(&self) -> Result<Vec<u64>, ApiError> {
        let files = list(&self.path.join("snapshots"))?;
        let number = |file: &PathBuf| {
            let number = file.file_name()?.to_str()?.parse().ok()?;
            (self.place(Item::Snapshot(number)) == *file).then_some(number)
        };
        let mut numbers: Vec<_> = files.iter().filter_map(number).collect();
        numbers.sort_unstable();
        Ok(numbers)
    }

    pub(super) fn oddities(&self) -> Vec<String> {
        let mut odd = Vec::new();
        let listed = self.each_object(|name, path| {
            if name.is_none() {
                odd.push(format!("{} is no part of the backup", path.display()));
            }
        });
        if let Err(error) = listed {
            odd.push(error.to_string());
        }
        odd
    }

    /// Writes a part, durably but for its name: see [`Folder::sync`].
    ///
    /// # Errors
    /// `Storage`; what was there before is there still.
    pub(in crate::backup) fn write(&self, item: Item, bytes: &[u8]) -> Result<(), ApiError> {
        let (path, temp) = (self.place(item), self.path.join("temp").join(format!("{:016x}", unique())));
        let write = || -> std::io::Result<()> {
            if let Some(parent) = path.parent().filter(|parent| !parent.exists()) {
                std::fs::create_dir_all(parent)?;
            }
            let mut file = OpenOptions::new().write(true).create_new(true).open(&temp)?;
            file.write_all(bytes)?;
            file.sync_all()?;
            drop(file);
            std::fs::rename(&temp, &path)
        };
        write().map_err(|error| {
            // Half a part is of no use to anyone.
            drop(std::fs::remove_file(&temp));
            failed("write", &path, &error)
        })
    }

    /// Writes a copy of the keys and what people should know, durably.
    ///
    /// # Errors
    /// `Storage`.
    pub(in crate::backup) fn write_keys(&self, bytes: &[u8]) -> Result<(), ApiError> {
        for copy in (0..KEY_COPIES).rev() {
            self.write(Item::Key(copy), bytes)?;
        }
        let readme = self.path.join("README.txt");
        std::fs::write(&readme, README).map_err(|error| failed("write", &readme, &error))?;
        self.sync_one(&self.path)
    }

    fn sync_one(&self, directory: &Path) -> Result<(), ApiError> {
        match sync_directory(directory) {
            // Some network file systems sync by themselves and know no such call.
            Err(error) if error.kind() == std::io::ErrorKind::InvalidInput => Ok(()),
            Err(error) => Err(failed("sync", directory, &error)),
            Ok(()) => Ok(()),
        }
    }

    /// Makes the names of all objects durable.
    ///
    /// # Errors
    /// `Storage`.
    pub(in crate::backup) fn sync(&self) -> Result<(), ApiError> {
        let objects = self.path.join("objects");
        for directory in list(&objects)?.iter().filter(|path| path.is_dir()) {
            self.sync_one(directory)?;
        }
        self.sync_one(&objects)?;
        self.sync_one(&self.path)
    }

    /// Writes a snapshot: it is there, and durable, when this returns. All it takes has to be so before.
    ///
    /// # Errors
    /// `Storage`.
    pub(in crate::backup) fn write_snapshot(&self, number: u64, bytes: &[u8]) -> Result<(), ApiError> {
        self.sync()?;
        self.write(Item::Snapshot(number), bytes)?;
        self.sync_one(&self.path.join("snapshots"))
    }

    /// Removes a part.
    ///
    /// # Errors
    /// `Storage`.
    pub(in crate::backup) fn remove(&self, item: Item) -> Result<(), ApiError> {
        let path = self.place(item);
        std::fs::remove_file(&path).map_err(|error| failed("remove", &path, &error))
    }

    /// Makes the removal of snapshots durable.
    ///
    /// # Errors
    /// `Storage`.
    pub(in crate::backup) fn sync_snapshots(&self) -> Result<(), ApiError> {
        self.sync_one(&self.path.join("snapshots"))
    }

    /// Puts a damaged part aside, so that the next backup writes it again.
    ///
    /// # Errors
    /// `Storage`.
    pub(in crate::backup) fn set_aside(&self, item: Item) -> Result<(), ApiError> {
        let (path, aside) = (self.place(item), self.path.join("damaged"));
        create_private(&aside)?;
        let name = path.file_name().unwrap_or_default().to_owned();
        std::fs::rename(&path, aside.join(name)).map_err(|error| failed("set aside", &path, &error))
    }
}

/// A number that no other file being written has.
fn unique() -> u64 {
    use std::sync::atomic::{AtomicU64, Ordering};
    static NEXT: AtomicU64 = AtomicU64::new(0);
    (u64::from(std::process::id()) << 32) | (NEXT.fetch_add(1, Ordering::Relaxed) & 0xffff_ffff)
}

fn is_empty(path: &Path) -> Result<bool, ApiError> {
    // What file systems and interrupted first backups leave.
    let leaves =
        ["lost+found", "System Volume Information", ".Trashes", "lock", "objects", "snapshots", "temp", "README.txt"];
    let is_left = |path: &PathBuf| path.file_name().is_some_and(|name| leaves.iter().any(|leave| name == *leave));
    Ok(list(path)?.iter().all(is_left))
}

fn list(path: &Path) -> Result<Vec<PathBuf>, ApiError> {
    let unreadable = |error: std::io::Error| failed("list", path, &error);
    let entries = match std::fs::read_dir(path) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(unreadable(error)),
    };
    entries.map(|entry| entry.map(|entry| entry.path()).map_err(unreadable)).collect()
}
