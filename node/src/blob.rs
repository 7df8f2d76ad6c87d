//! Blobs: iroh-blobs' file store with the durability it lacks.
//!
//! The crate never syncs data files and calls a blob complete that a power cut has emptied. So a
//! blob counts as held only once its files and directory were synced, its bytes on disk were
//! hashed again, the crate's database was committed, and our have-table says so; the caller writes
//! that table in the transaction that also stores the entries which name the blob.
//!
//! A file that is right is never written again: the crate would put an unsynced file in the place of
//! a durable one, which is held already, and a cut would take both.
//!
//! Local reads go straight to the data files, which the have-table vouches for.

mod check;
mod durable;
mod engine;
mod fetch;
mod intake;
mod receive;
mod recover;
mod serve;
mod stall;
mod sweep;

use std::fs::File;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use dataforge_protocol::id::BlobHash;
use iroh_blobs::Hash;
use iroh_blobs::api::TempTag;
use iroh_blobs::api::blobs::BlobStatus;
use iroh_blobs::store::fs::options::{InlineOptions, Options};
use tokio::sync::{OwnedRwLockReadGuard, RwLock, Semaphore};

pub(crate) use self::check::Verdict;
pub(crate) use self::durable::side_by_side;
use self::engine::Engine;
pub(crate) use self::fetch::Fetched;
pub(crate) use self::intake::Stored;
pub(crate) use self::receive::{FetchError, SMALL};
pub(crate) use self::recover::{Recovered, recover};
pub(crate) use self::serve::{BlobServer, Gate};
use self::sweep::Sweeper;
use crate::api::{ApiError, ErrorKind};
use crate::directory::{create_private, storage, sync_directory};

/// Bytes of an outboard that the crate keeps in its database, whose commit is durable; a larger one
/// is a file.
const MAX_INLINE_OUTBOARD: u64 = 16 << 10;

/// Small blobs that are sent from memory at a time, to all peers.
const SENT_FROM_MEMORY: usize = 64;

/// The blobs of a data directory. Clones share one store.
#[derive(Debug, Clone)]
pub(crate) struct Blobs(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    root: PathBuf,
    engine: Engine,
    /// Shared by what writes temporary files; whoever has it alone may remove those left behind.
    temp: RwLock<()>,
    /// Held while files are entered into the database.
    adopting: tokio::sync::Mutex<()>,
    /// Shared from before blobs are found durable until they are noted as held; whoever has it alone
    /// may sweep.
    noting: Arc<RwLock<()>>,
    sweeper: Arc<Sweeper>,
    /// What is known of the lines to those who give blobs.
    lines: stall::Lines,
    /// Places for small blobs that are sent from memory.
    small: Semaphore,
}

/// A blob whose bytes are durable here but not yet in the have-table; kept from being swept until
/// dropped.
#[derive(Debug)]
pub(crate) struct Durable {
    /// Its hash.
    pub(crate) hash: BlobHash,
    /// Its size in bytes.
    pub(crate) size: u64,
    _tag: TempTag,
    _noting: Noting,
}

/// While it lives nothing is swept.
type Noting = Arc<OwnedRwLockReadGuard<()>>;

fn options(root: &Path) -> Options {
    let mut options = Options::new(root);
    // Data always in files, so that it can be synced and read by position.
    options.inline = InlineOptions { max_data_inlined: 0, max_outboard_inlined: MAX_INLINE_OUTBOARD };
    options
}

/// Returns where the data files of a data directory are.
pub(crate) fn data_directory(dir: &Path) -> PathBuf {
    options(&dir.join("blobs")).path.data_path
}

fn iroh_hash(hash: &BlobHash) -> Hash {
    Hash::from_bytes(*hash.as_bytes())
}

/// The crate keeps no file for the blob of no bytes.
fn is_empty(hash: &BlobHash) -> bool {
    *hash == BlobHash::of(b"")
}

/// Whether the outboard of a blob of a size is a file: 64 bytes for each group but one.
const fn has_outboard_file(size: u64) -> bool {
    size.div_ceil(check::GROUP as u64).saturating_sub(1) * 64 > MAX_INLINE_OUTBOARD
}

fn blob_error(what: &str, error: &impl std::fmt::Display) -> ApiError {
    // Errors of the crate give their causes only this way.
    let text = format!("{error:#}");
    let failure = ApiError::new(ErrorKind::Storage, format!("{what}: {text}"));
    if is_full(&text) {
        failure.hint("the disk is full: free some space and try again; nothing was lost")
    } else {
        failure
    }
}

/// Whether an error, which the crate gives only as text, is that of a full disk.
fn is_full(text: &str) -> bool {
    text.contains("No space left") || text.contains("no storage space")
}

impl Blobs {
    /// Opens the blob store of a data directory, making it when it is missing. What a cut left
    /// behind is dealt with by [`recover`].
    ///
    /// # Errors
    /// `Storage` when it cannot be opened.
    pub(crate) async fn open(dir: &Path) -> Result<Self, ApiError> {
        let root = dir.join("blobs");
        create_private(&root)?;
        let sweeper = Arc::<Sweeper>::default();
        let options = options(&root);
        // The crate never empties its temporary directory. It stays: a full disk has no room for another.
        let temp = &options.path.temp_path;
        if temp.exists() {
            remove_files(temp).map_err(|error| storage("cannot empty", temp, &error))?;
        }
        let is_new = !options.path.data_path.exists();
        let engine = Engine::open(&root, options, Arc::clone(&sweeper)).await?;
        if is_new {
            sync_directory(&root).map_err(|error| storage("cannot sync", &root, &error))?;
            sync_directory(dir).map_err(|error| storage("cannot sync", dir, &error))?;
        }
        Ok(Self(Arc::new(Inner {
            root,
            engine,
            temp: RwLock::default(),
            adopting: tokio::sync::Mutex::default(),
            noting: Arc::default(),
            sweeper,
            lines: stall::Lines::default(),
            small: Semaphore::new(SENT_FROM_MEMORY),
        })))
    }

    async fn noting(&self) -> Noting {
        Arc::new(Arc::clone(&self.0.noting).read_owned().await)
    }

    fn engine(&self) -> &Engine {
        &self.0.engine
    }

    fn options(&self) -> &Options {
        self.0.engine.options()
    }

    /// Returns the data file of a blob.
    #[must_use]
    pub(crate) fn path(&self, hash: &BlobHash) -> PathBuf {
        self.options().path.data_path(&iroh_hash(hash))
    }

    /// Adds blobs and makes them durable, in one sync for all of them.
    ///
    /// # Errors
    /// `Storage` when writing or syncing fails; nothing counts as held then.
    pub(crate) async fn add(&self, blobs: Vec<Bytes>) -> Result<Vec<Durable>, ApiError> {
        let writing = self.0.temp.read().await;
        let added = self.add_each(blobs).await;
        drop(writing);
        match added {
            Ok(added) => Ok(added),
            Err(error) => {
                self.sweep_temp();
                Err(error)
            }
        }
    }

    async fn add_each(&self, blobs: Vec<Bytes>) -> Result<Vec<Durable>, ApiError> {
        let noting = self.noting().await;
        let mut added = Vec::with_capacity(blobs.len());
        for bytes in blobs {
            let (hash, size) = (BlobHash::of(&bytes), bytes.len() as u64);
            let tag = if self.has(&hash, size).await? { self.protect(&hash).await? } else { self.write(bytes).await? };
            added.push(Durable { hash, size, _tag: tag, _noting: Arc::clone(&noting) });
        }
        let wanted: Vec<_> = added.iter().map(|blob| (blob.hash, blob.size)).collect();
        let wrong = self.make_durable(wanted).await?;
        if let Some(hash) = wrong.first() {
            return Err(ApiError::new(
                ErrorKind::Storage,
                format!("blob {} was not stored as written", hash.fmt_short()),
            ));
        }
        Ok(added)
    }

    /// Whether the files of a blob are right and the database knows them.
    async fn has(&self, hash: &BlobHash, size: u64) -> Result<bool, ApiError> {
        let (paths, hash) = (self.options().path.clone(), *hash);
        let checked = tokio::task::spawn_blocking(move || check::check(&paths, &hash, size)).await;
        let verdict = checked.map_err(|error| blob_error("a check was interrupted", &error))?;
        Ok(verdict == Verdict::Whole && self.is_known(&hash).await?)
    }

    /// Whether the database knows a blob as complete, held or not.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) async fn is_known(&self, hash: &BlobHash) -> Result<bool, ApiError> {
        let hash = iroh_hash(hash);
        let status = self.engine().run("cannot look up a blob", |store| async move { store.status(hash).await });
        Ok(matches!(status.await?, BlobStatus::Complete { .. }))
    }

    async fn protect(&self, hash: &BlobHash) -> Result<TempTag, ApiError> {
        let hash = iroh_hash(hash);
        let tag = |store: iroh_blobs::store::fs::FsStore| async move { store.tags().temp_tag(hash).await };
        self.engine().run("cannot protect a blob", tag).await
    }

    async fn write(&self, bytes: Bytes) -> Result<TempTag, ApiError> {
        let add = |store: iroh_blobs::store::fs::FsStore| {
            let bytes = bytes.clone();
            async move { store.add_bytes(bytes).temp_tag().await }
        };
        self.engine().run("cannot store a blob", add).await
    }

    /// Removes temporary files that a failure left behind, so that they do not fill a disk that is
    /// full; not while others write.
    fn sweep_temp(&self) {
        let Ok(_alone) = self.0.temp.try_write() else { return };
        for file in std::fs::read_dir(&self.options().path.temp_path).into_iter().flatten().flatten() {
            // What stays is removed at the next start.
            drop(std::fs::remove_file(file.path()));
        }
    }

    /// Syncs files and directory, hashes the bytes again and commits the crate's database. Returns
    /// the blobs whose bytes are not what their hash says.
    async fn make_durable(&self, blobs: Vec<(BlobHash, u64)>) -> Result<Vec<BlobHash>, ApiError> {
        let paths = self.options().path.clone();
        let synced = tokio::task::spawn_blocking(move || durable::sync(&paths, &blobs)).await;
        let wrong = synced.map_err(|error| blob_error("syncing was interrupted", &error))??;
        self.engine().commit().await?;
        Ok(wrong)
    }

    /// Reads a range of a held blob.
    ///
    /// # Errors
    /// `Damaged` when the file is missing or shorter than it should be.
    pub(crate) fn read(&self, hash: &BlobHash, range: Range<u64>) -> Result<Bytes, ApiError> {
        let mut parts = self.read_ranges(hash, std::slice::from_ref(&range))?;
        Ok(parts.pop().unwrap_or_default())
    }

    /// Reads ranges of a held blob, in the order asked, from a file that is opened once.
    ///
    /// # Errors
    /// As [`Blobs::read`].
    pub(crate) fn read_ranges(&self, hash: &BlobHash, ranges: &[Range<u64>]) -> Result<Vec<Bytes>, ApiError> {
        let damaged = |error: std::io::Error| {
            ApiError::new(ErrorKind::Damaged, format!("cannot read blob {}: {error}", hash.fmt_short()))
                .hint("run dataforge verify; the blob is then fetched again from a peer")
        };
        if is_empty(hash) && ranges.iter().all(Range::is_empty) {
            return Ok(vec![Bytes::new(); ranges.len()]);
        }
        let file = File::open(self.path(hash)).map_err(damaged)?;
        let part = |range: &Range<u64>| -> Result<Bytes, ApiError> {
            let len = usize::try_from(range.end.saturating_sub(range.start)).unwrap_or(usize::MAX);
            let mut buffer = vec![0; len];
            read_exact_at(&file, &mut buffer, range.start).map_err(damaged)?;
            Ok(Bytes::from(buffer))
        };
        ranges.iter().map(part).collect()
    }

    /// Reads a whole held blob.
    ///
    /// # Errors
    /// `Damaged` when the file cannot be read.
    pub(crate) fn read_all(&self, hash: &BlobHash) -> Result<Bytes, ApiError> {
        if is_empty(hash) {
            return Ok(Bytes::new());
        }
        let read = std::fs::read(self.path(hash));
        read.map(Bytes::from).map_err(|error| {
            ApiError::new(ErrorKind::Damaged, format!("cannot read blob {}: {error}", hash.fmt_short()))
                .hint("run dataforge verify")
        })
    }

    /// Hashes the files of blobs on disk; returns a verdict for each.
    ///
    /// # Errors
    /// `Internal` when a thread fails.
    pub(crate) fn check(&self, blobs: &[(BlobHash, u64)]) -> Result<Vec<Verdict>, ApiError> {
        durable::check_all(&self.options().path, blobs)
    }

    /// Closes the store in order.
    pub(crate) async fn close(&self) {
        self.engine().close().await;
    }
}

fn remove_files(dir: &Path) -> std::io::Result<()> {
    std::fs::read_dir(dir)?.try_for_each(|file| std::fs::remove_file(file?.path()))
}

#[cfg(unix)]
fn read_exact_at(file: &File, buffer: &mut [u8], offset: u64) -> std::io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, buffer, offset)
}

#[cfg(windows)]
fn read_exact_at(file: &File, mut buffer: &mut [u8], mut offset: u64) -> std::io::Result<()> {
    use std::os::windows::fs::FileExt as _;
    while !buffer.is_empty() {
        let read = file.seek_read(buffer, offset)?;
        if read == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        buffer = buffer.get_mut(read..).unwrap_or_default();
        offset += read as u64;
    }
    Ok(())
}

#[cfg(test)]
pub(crate) mod hostile;
#[cfg(test)]
mod tests;
