//! Blobs: iroh-blobs' file store with the durability it lacks.
//!
//! The crate never syncs data files and calls a blob complete that a power cut has emptied. So a
//! blob counts as held only once its files and directory were synced, its bytes on disk were
//! hashed again, the crate's database was committed, and our have-table says so; the caller writes
//! that table in the transaction that also stores the entries which name the blob.
//!
//! Local reads go straight to the data files, which the have-table vouches for.

mod fetch;
mod serve;

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use dataforge_protocol::id::BlobHash;
use iroh_blobs::Hash;
use iroh_blobs::api::TempTag;
use iroh_blobs::store::fs::FsStore;
use iroh_blobs::store::fs::options::{InlineOptions, Options};

pub(crate) use self::serve::BlobServer;
use crate::api::{ApiError, ErrorKind};
use crate::directory::{create_private, storage, sync_directory};

/// The blobs of a data directory.
#[derive(Debug, Clone)]
pub(crate) struct Blobs {
    store: FsStore,
    options: Options,
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
}

fn options(root: &Path) -> Options {
    let mut options = Options::new(root);
    // Data always in files, so that it can be synced and read by position; small outboards stay in
    // the database, whose commit is durable.
    options.inline = InlineOptions { max_data_inlined: 0, max_outboard_inlined: 16 * 1024 };
    options
}

fn iroh_hash(hash: &BlobHash) -> Hash {
    Hash::from_bytes(*hash.as_bytes())
}

/// Files synced at a time; a sync is mostly waiting.
const SYNC_THREADS: usize = 4;

fn blob_error(what: &str, error: impl std::fmt::Display) -> ApiError {
    let text = error.to_string();
    let failure = ApiError::new(ErrorKind::Storage, format!("{what}: {text}"));
    if text.contains("No space left") {
        failure.hint("the disk is full: free some space and try again; nothing was lost")
    } else {
        failure
    }
}

impl Blobs {
    /// Opens the blob store of a data directory, making it when it is missing.
    ///
    /// # Errors
    /// `Storage` when it cannot be opened.
    pub(crate) async fn open(dir: &Path) -> Result<Self, ApiError> {
        let root = dir.join("blobs");
        create_private(&root)?;
        // The crate never empties its temporary directory.
        let temp = root.join("temp");
        if temp.exists() {
            std::fs::remove_dir_all(&temp).map_err(|error| storage("cannot empty", &temp, &error))?;
        }
        let options = options(&root);
        let store = FsStore::load_with_opts(root.join("blobs.db"), options.clone())
            .await
            .map_err(|error| blob_error("cannot open the blob store", error))?;
        Ok(Self { store, options })
    }

    /// Gives the fetching and serving modules the crate's store.
    pub(super) const fn store(&self) -> &FsStore {
        &self.store
    }

    /// Returns the data file of a blob.
    #[must_use]
    pub(crate) fn path(&self, hash: &BlobHash) -> PathBuf {
        self.options.path.data_path(&iroh_hash(hash))
    }

    /// Adds blobs and makes them durable, in one sync for all of them.
    ///
    /// # Errors
    /// `Storage` when writing or syncing fails; nothing counts as held then.
    pub(crate) async fn add(&self, blobs: Vec<Bytes>) -> Result<Vec<Durable>, ApiError> {
        let mut added = Vec::with_capacity(blobs.len());
        for bytes in blobs {
            let size = bytes.len() as u64;
            let tag = self
                .store
                .add_bytes(bytes)
                .temp_tag()
                .await
                .map_err(|error| blob_error("cannot store a blob", error))?;
            added.push(Durable { hash: BlobHash(*tag.hash().as_bytes()), size, _tag: tag });
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

    /// Syncs files and directory, hashes the bytes again and commits the crate's database. Returns
    /// the blobs whose bytes are not what their hash says.
    async fn make_durable(&self, blobs: Vec<(BlobHash, u64)>) -> Result<Vec<BlobHash>, ApiError> {
        let options = self.options.clone();
        let synced = tokio::task::spawn_blocking(move || sync_files(&options, &blobs)).await;
        let wrong = synced.map_err(|error| blob_error("syncing was interrupted", error))??;
        self.store.sync_db().await.map_err(|error| blob_error("cannot commit the blob database", error))?;
        Ok(wrong)
    }

    /// Reads a range of a held blob.
    ///
    /// # Errors
    /// `Damaged` when the file is missing or shorter than it should be.
    pub(crate) fn read(&self, hash: &BlobHash, range: std::ops::Range<u64>) -> Result<Bytes, ApiError> {
        let path = self.path(hash);
        let damaged = |error: std::io::Error| {
            ApiError::new(ErrorKind::Damaged, format!("cannot read blob {}: {error}", hash.fmt_short()))
                .hint("run dataforge verify; the blob is then fetched again from a peer")
        };
        if is_empty(hash) && range.is_empty() {
            return Ok(Bytes::new());
        }
        let file = File::open(path).map_err(damaged)?;
        let len = usize::try_from(range.end.saturating_sub(range.start)).unwrap_or(usize::MAX);
        let mut buffer = vec![0; len];
        read_exact_at(&file, &mut buffer, range.start).map_err(damaged)?;
        Ok(buffer.into())
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

    /// Hashes the bytes of a blob on disk; returns whether they are right.
    #[must_use]
    pub(crate) fn is_whole(&self, hash: &BlobHash, size: u64) -> bool {
        (is_empty(hash) && size == 0) || is_whole(&self.path(hash), hash, size)
    }

    /// Closes the store in order.
    pub(crate) async fn close(&self) {
        if let Err(error) = self.store.shutdown().await {
            tracing::warn!("the blob store did not close in order: {error}");
        }
    }
}

/// The crate keeps no file for the blob of no bytes.
fn is_empty(hash: &BlobHash) -> bool {
    *hash == BlobHash::of(b"")
}

/// Syncs and checks files, several at a time, and then their directory. Returns the blobs whose bytes are not what their hash says.
fn sync_files(options: &Options, blobs: &[(BlobHash, u64)]) -> Result<Vec<BlobHash>, ApiError> {
    let share = blobs.len().div_ceil(SYNC_THREADS).max(1);
    let wrong = std::thread::scope(|scope| {
        let shares: Vec<_> = blobs.chunks(share).map(|share| scope.spawn(move || sync_share(options, share))).collect();
        let mut wrong = Vec::new();
        for share in shares {
            wrong.extend(share.join().map_err(|_panic| blob_error("cannot sync blobs", "a thread failed"))??);
        }
        Ok::<_, ApiError>(wrong)
    })?;
    let directory = &options.path.data_path;
    sync_directory(directory).map_err(|error| storage("cannot sync", directory, &error))?;
    Ok(wrong)
}

fn sync_share(options: &Options, blobs: &[(BlobHash, u64)]) -> Result<Vec<BlobHash>, ApiError> {
    let mut wrong = Vec::new();
    for (hash, size) in blobs.iter().filter(|(hash, _)| !is_empty(hash)) {
        let data = options.path.data_path(&iroh_hash(hash));
        sync_file(&data)?;
        let outboard = options.path.outboard_path(&iroh_hash(hash));
        if outboard.exists() {
            sync_file(&outboard)?;
        }
        if !is_whole(&data, hash, *size) {
            wrong.push(*hash);
        }
    }
    Ok(wrong)
}

fn sync_file(path: &Path) -> Result<(), ApiError> {
    File::open(path).and_then(|file| file.sync_all()).map_err(|error| storage("cannot sync", path, &error))
}

fn is_whole(path: &Path, hash: &BlobHash, size: u64) -> bool {
    let hashed = || -> std::io::Result<(u64, blake3::Hash)> {
        let mut file = File::open(path)?;
        let mut hasher = blake3::Hasher::new();
        let mut buffer = vec![0; 1 << 16];
        let mut total = 0;
        loop {
            let read = file.read(&mut buffer)?;
            if read == 0 {
                return Ok((total, hasher.finalize()));
            }
            total += read as u64;
            hasher.update(buffer.get(..read).unwrap_or_default());
        }
    };
    hashed().is_ok_and(|(total, found)| total == size && found.as_bytes() == hash.as_bytes())
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
mod tests;
