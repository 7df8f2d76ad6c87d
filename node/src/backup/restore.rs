//! Restoring: a data directory made anew from a snapshot, beside its place, and put there when it is
//! whole.
//!
//! Nothing of a backup is believed: signatures are verified, entries judged and blobs hashed as if
//! they came from a peer. The directory signs nothing until `device renew` gave it a key of its own,
//! because the machine that it is of may be running still.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use dataforge_protocol::entry::Entry;
use dataforge_protocol::id::{BlobHash, WorkspaceId};

use super::create::targets_of;
use super::envelope::EnvelopeError;
use super::keys::ReadKeys;
use super::manifest::{BlobPart, EntryPart, Manifest, Part, WorkspacePart, entries_name, from_bytes};
use super::medium::{Item, Medium};
use super::repository::{read_keys, read_manifest, read_object, read_snapshot, wrong};
use super::{Step, tables};
use crate::api::{ApiError, BackupRestoredReply, BlobChoice, ErrorKind, Passphrase};
use crate::blob::{Blobs, data_directory, recover};
use crate::clock::{now_ms, rfc3339};
use crate::core::{Core, Who};
use crate::directory::{Directory, create_private, storage, sync_directory, write_atomically};

/// Marks a directory that is being restored: one with it may be removed.
const MARKER: &str = "restoring";
/// The table of which workspaces blobs are held for.
const HELD_FOR: &str = "held_for";

/// What is restored, and where to.
#[derive(Debug, Clone)]
pub struct RestoreOrder {
    /// The backup.
    pub source: PathBuf,
    /// The data directory to be made: absolute, missing or empty.
    pub to: PathBuf,
    /// Number of the snapshot; the newest when left out.
    pub snapshot: Option<u64>,
    /// Which blobs: all, none, or those of something.
    pub blobs: BlobChoice,
}

/// Makes a data directory from a backup; `tell` hears how far it is. What cannot be restored is in the
/// reply. Runs on a runtime with threads.
///
/// # Errors
/// `Usage` when the directory is not empty, `Sealed` when the passphrase is another one, `NotFound` or
/// `Input` when there is no such backup or snapshot, `Damaged` when nothing of it can be restored,
/// `Storage`.
pub async fn restore(
    order: RestoreOrder,
    passphrase: &Passphrase,
    tell: impl Fn(Step) + Sync,
) -> Result<BackupRestoredReply, ApiError> {
    let place = tokio::task::block_in_place(|| Place::begin(&order.to))?;
    let made = Box::pin(make(&order, passphrase, &place.temp, &tell)).await?;
    tokio::task::block_in_place(|| place.finish())?;
    Ok(made)
}

/// Where a data directory is made.
#[derive(Debug)]
struct Place {
    to: PathBuf,
    temp: PathBuf,
    is_done: AtomicBool,
}

impl Place {
    fn begin(to: &Path) -> Result<Self, ApiError> {
        let has_files = match std::fs::read_dir(to) {
            Ok(mut entries) => entries.next().is_some(),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => false,
            Err(error) => return Err(storage("cannot look into", to, &error)),
        };
        if has_files {
            return Err(ApiError::new(ErrorKind::Usage, format!("{} is not empty: nothing was changed", to.display()))
                .hint("restore into a directory that is empty or does not exist; --to names one"));
        }
        let missing = || ApiError::new(ErrorKind::Usage, format!("{} is no place for a directory", to.display()));
        let (parent, name) = (to.parent().ok_or_else(missing)?, to.file_name().ok_or_else(missing)?);
        let mut temp = name.to_owned();
        temp.push(".restoring");
        let temp = parent.join(temp);
        if temp.exists() {
            if !temp.join(MARKER).exists() {
                return Err(ApiError::new(ErrorKind::Usage, format!("{} is in the way", temp.display()))
                    .hint("it is where the directory would be made: move it elsewhere"));
            }
            // An interrupted restore left it.
            std::fs::remove_dir_all(&temp).map_err(|error| storage("cannot remove", &temp, &error))?;
        }
        create_private(&temp)?;
        write_atomically(&temp.join(MARKER), b"", false)?;
        Ok(Self { to: to.to_owned(), temp, is_done: AtomicBool::new(false) })
    }

    fn finish(&self) -> Result<(), ApiError> {
        let failed = |error: std::io::Error| storage("cannot put in its place", &self.to, &error);
        std::fs::remove_file(self.temp.join(MARKER)).map_err(failed)?;
        sync_all(&self.temp)?;
        if self.to.exists() {
            // Only an empty one goes.
            std::fs::remove_dir(&self.to).map_err(failed)?;
        }
        std::fs::rename(&self.temp, &self.to).map_err(failed)?;
        self.is_done.store(true, Ordering::Relaxed);
        self.to.parent().map_or(Ok(()), sync_directory).map_err(failed)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if !self.is_done.load(Ordering::Relaxed) {
            // The next restore removes what stays.
            drop(std::fs::remove_dir_all(&self.temp));
        }
    }
}

/// Syncs a directory with all that are in it.
fn sync_all(directory: &Path) -> Result<(), ApiError> {
    let failed = |error: std::io::Error| storage("cannot sync", directory, &error);
    for entry in std::fs::read_dir(directory).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        if entry.file_type().map_err(failed)?.is_dir() {
            sync_all(&entry.path())?;
        }
    }
    sync_directory(directory).map_err(failed)
}

async fn make(
    order: &RestoreOrder,
    passphrase: &Passphrase,
    dir: &Path,
    tell: &(dyn Fn(Step) + Sync),
) -> Result<BackupRestoredReply, ApiError> {
    let (source, mut core, mut problems, wanted) = tokio::task::block_in_place(|| {
        let source = Source::open(&order.source, order.snapshot, passphrase)?;
        let mut problems = Vec::new();
        let (core, is_told) = source.core(dir, &mut problems, tell)?;
        let wanted = source.wanted(&core, &order.blobs)?;
        check_space(dir, wanted.iter().map(|blob| blob.size).sum())?;
        let wanted = source.write_blobs(dir, wanted, &mut problems, tell)?;
        let held: Vec<_> = wanted.iter().map(|blob| (blob.hash(), blob.size)).collect();
        core.store.transaction(|store| {
            store.note_have(&held, now_ms())?;
            if is_told { store.drop_unheld() } else { store.hold_named() }
        })?;
        Ok::<_, ApiError>((source, core, problems, wanted))
    })?;
    tell(Step { step: "checking", done: 0, total: 0 });
    // The database of blobs is made from the files, which are hashed again for it.
    let blobs = Blobs::open(dir).await?;
    let recovered = recover(&blobs, &mut core).await;
    blobs.close().await;
    if recovered?.dropped > 0 {
        problems.push("some blobs were not on the disk as they were written: dataforge verify looks again".to_owned());
    }
    core.store.unsettle()?;
    let Source { manifest, number, medium, .. } = &source;
    Ok(BackupRestoredReply {
        target: medium.path().to_owned(),
        snapshot: *number,
        created: rfc3339(manifest.created_ms),
        directory: order.to.clone(),
        workspaces: manifest.workspaces.iter().map(|workspace| workspace.name.clone()).collect(),
        entries: count_entries(&core)?,
        blobs: wanted.len() as u64,
        bytes: wanted.iter().map(|blob| blob.size).sum(),
        left_out: (manifest.blobs.len() as u64).saturating_sub(wanted.len() as u64),
        device: manifest.label.clone(),
        renewed: false,
        problems,
    })
}

fn count_entries(core: &Core) -> Result<u64, ApiError> {
    let mut count = 0;
    for workspace in core.workspace_ids() {
        count += core.store.count_entries(&workspace)?;
    }
    Ok(count)
}

fn check_space(dir: &Path, needed: u64) -> Result<(), ApiError> {
    match crate::space::free_bytes(dir) {
        Some(free) if free < needed => {
            let message = format!("the disk has {free} bytes free and the blobs need {needed}");
            Err(ApiError::new(ErrorKind::Storage, message)
                .hint("free some space, restore to another disk, or restore some of the blobs with --blobs"))
        }
        _ => Ok(()),
    }
}

/// A snapshot that is being restored.
#[derive(Debug)]
struct Source {
    medium: Medium,
    keys: ReadKeys,
    number: u64,
    manifest: Manifest,
}

impl Source {
    fn open(path: &Path, number: Option<u64>, passphrase: &Passphrase) -> Result<Self, ApiError> {
        let medium = Medium::open(path)?;
        let keys = read_keys(&medium, passphrase)?;
        let newest = || {
            medium.snapshots()?.last().copied().ok_or_else(|| {
                ApiError::new(ErrorKind::NotFound, format!("{} has no snapshot yet", path.display()))
                    .hint("its first backup was interrupted: there is nothing to restore in it")
            })
        };
        let number = number.map_or_else(newest, Ok)?;
        let others = |error: ApiError| match error.kind {
            ErrorKind::Damaged => {
                error.hint("dataforge backup list says which other snapshots there are; --snapshot names one")
            }
            _ => error,
        };
        let snapshot = read_snapshot(&medium, number, Some(&keys.write)).map_err(others)?;
        let manifest = read_manifest(&medium, &keys, &snapshot).map_err(others)?;
        Ok(Self { medium, keys, number, manifest })
    }

    /// Makes files and database, with all entries; returns, too, whether the snapshot tells for which
    /// workspaces blobs were held.
    fn core(
        &self,
        dir: &Path,
        problems: &mut Vec<String>,
        tell: &(dyn Fn(Step) + Sync),
    ) -> Result<(Core, bool), ApiError> {
        // Says, too, when the place is none for a data directory.
        drop(Directory::open(dir)?);
        create_private(&dir.join("keys"))?;
        for part in &self.manifest.files {
            write_atomically(&dir.join(part.file.path()), &part.bytes, true)?;
        }
        let mut core = Core::open(dir, Who::Open(None))?;
        let total = self.manifest.entries();
        let mut done = 0;
        for workspace in &self.manifest.workspaces {
            let mut restored = Chains { core: &mut core, workspace: None, of: workspace };
            for part in &workspace.parts {
                let read = self.entries(workspace, part).and_then(|entries| restored.add(entries));
                if let Err(error) = read {
                    if !matches!(error.kind, ErrorKind::Damaged | ErrorKind::Input) {
                        return Err(error);
                    }
                    problems.push(format!(
                        "{error}: {} entries of {} or what builds on them is lost, unless a peer has it",
                        part.items, workspace.name
                    ));
                }
                done += part.items;
                tell(Step { step: "entries", done, total });
            }
        }
        let is_told = self.tables(&core, problems)?;
        Ok((core, is_told))
    }

    /// Reads entries, and verifies them.
    fn entries(&self, workspace: &WorkspacePart, part: &Part) -> Result<Vec<(Entry, u64)>, ApiError> {
        let bytes = read_object(&self.medium, &self.keys, part.name)?;
        let told = || wrong(Item::Object(part.name), self.medium.path(), EnvelopeError::Content);
        let parts: Vec<EntryPart> = from_bytes(&bytes).ok_or_else(told)?;
        let mut entries = Vec::with_capacity(parts.len());
        for part in parts {
            let received_ms = part.received_ms;
            let entry = part.signed().and_then(|signed| signed.verify().ok()).ok_or_else(told)?;
            entries.push((entry, received_ms));
        }
        let ids = entries.iter().map(|(entry, _)| entry.id.as_bytes());
        if entries_name(&self.keys.write, &workspace.id, ids) == part.name { Ok(entries) } else { Err(told()) }
    }

    /// Puts back what only the node knew; returns whether the workspaces are among it that blobs were held
    /// for.
    fn tables(&self, core: &Core, problems: &mut Vec<String>) -> Result<bool, ApiError> {
        // One of an earlier version does not tell who holds what, nor does one that is damaged there.
        let mut is_told = self.manifest.tables.iter().any(|table| table.table == HELD_FOR);
        for table in &self.manifest.tables {
            for part in &table.parts {
                let read = read_object(&self.medium, &self.keys, part.name);
                let rows = read.and_then(|bytes| {
                    let told = || wrong(Item::Object(part.name), self.medium.path(), EnvelopeError::Content);
                    from_bytes::<tables::Rows>(&bytes).ok_or_else(told)
                });
                match rows {
                    Ok(rows) => {
                        core.store.transaction(|store| tables::write(store.connection(), &table.table, &rows))?
                    }
                    Err(error) if error.kind == ErrorKind::Damaged => {
                        is_told &= table.table != HELD_FOR;
                        problems.push(format!("{error}: {} rows of the table {} are lost", part.items, table.table));
                    }
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(is_told)
    }

    /// Returns the blobs that are asked for.
    fn wanted(&self, core: &Core, choice: &BlobChoice) -> Result<Vec<BlobPart>, ApiError> {
        let all = &self.manifest.blobs;
        Ok(match choice {
            BlobChoice::All => all.clone(),
            BlobChoice::None => Vec::new(),
            BlobChoice::Own => {
                return Err(ApiError::new(ErrorKind::Usage, "own blobs can be backed up, not restored apart")
                    .hint("--blobs takes all, none, or wells, runs, projects and attachments"));
            }
            BlobChoice::Of(targets) => {
                let chosen = targets_of(core, targets)?;
                all.iter().filter(|blob| chosen.contains(&blob.hash())).copied().collect()
            }
        })
    }

    /// Writes blobs, hashed on the way; returns those that are whole.
    fn write_blobs(
        &self,
        dir: &Path,
        wanted: Vec<BlobPart>,
        problems: &mut Vec<String>,
        tell: &(dyn Fn(Step) + Sync),
    ) -> Result<Vec<BlobPart>, ApiError> {
        let directory = data_directory(dir);
        create_private(&directory)?;
        let total = wanted.len() as u64;
        let mut whole = Vec::with_capacity(wanted.len());
        for (done, blob) in wanted.into_iter().enumerate() {
            let path = directory.join(format!("{}.data", blob.hash()));
            match self.write_blob(&blob, &path) {
                Ok(()) => whole.push(blob),
                Err(error) if error.kind == ErrorKind::Damaged => {
                    problems.push(format!(
                        "{error}: blob {} ({} bytes) is lost, unless a peer has it; dataforge where {} says what it is",
                        blob.hash(),
                        blob.size,
                        blob.hash()
                    ));
                    if path.exists() {
                        std::fs::remove_file(&path).map_err(|error| storage("cannot remove", &path, &error))?;
                    }
                }
                Err(error) => return Err(error),
            }
            tell(Step { step: "blobs", done: done as u64 + 1, total });
        }
        sync_directory(&directory).map_err(|error| storage("cannot sync", &directory, &error))?;
        Ok(whole)
    }

    fn write_blob(&self, blob: &BlobPart, path: &Path) -> Result<(), ApiError> {
        let failed = |error: std::io::Error| storage("cannot write", path, &error);
        if blob.size == 0 {
            // There is no file for it.
            return Ok(());
        }
        let mut file = OpenOptions::new().write(true).create_new(true).open(path).map_err(failed)?;
        let (mut hasher, mut length) = (blake3::Hasher::new(), 0);
        for name in blob.names(&self.keys.write) {
            let bytes = read_object(&self.medium, &self.keys, name)?;
            hasher.update(&bytes);
            length += bytes.len() as u64;
            file.write_all(&bytes).map_err(failed)?;
        }
        file.sync_all().map_err(failed)?;
        if length == blob.size && BlobHash(*hasher.finalize().as_bytes()) == blob.hash() {
            return Ok(());
        }
        Err(ApiError::new(ErrorKind::Damaged, format!("blob {} is not what its hash says", blob.hash())))
    }
}

/// The entries of a workspace on their way into a core.
struct Chains<'a> {
    core: &'a mut Core,
    /// Once its first entry is there.
    workspace: Option<WorkspaceId>,
    of: &'a WorkspacePart,
}

impl Chains<'_> {
    fn add(&mut self, parts: Vec<(Entry, u64)>) -> Result<(), ApiError> {
        let damaged = |what: String| ApiError::new(ErrorKind::Damaged, format!("workspace {}: {what}", self.of.name));
        let received: Vec<_> = parts.iter().map(|(entry, received_ms)| (entry.id, *received_ms)).collect();
        let mut entries: Vec<_> = parts.into_iter().map(|(entry, _)| entry).collect();
        let workspace = match self.workspace {
            Some(workspace) => workspace,
            None => {
                let genesis = entries.first().cloned().filter(|entry| entry.id.0 == self.of.id);
                let genesis = genesis.ok_or_else(|| damaged("its first entry is missing".into()))?;
                entries.remove(0);
                let workspace = self.core.begin(&genesis, Vec::new())?;
                self.core.store.set_added(&workspace, self.of.added_ms)?;
                *self.workspace.insert(workspace)
            }
        };
        let progress = self.core.accept(&workspace, entries)?;
        self.core.store.transaction(|store| {
            received.iter().try_for_each(|(id, received_ms)| store.set_received(id, *received_ms))
        })?;
        if let Some((id, why)) = progress.invalid.first() {
            return Err(damaged(format!("entry {id} does not count: {why}")));
        }
        if progress.waiting > 0 {
            return Err(damaged(format!("{} entries rest on others that are missing", progress.waiting)));
        }
        Ok(())
    }
}
