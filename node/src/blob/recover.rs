//! What is done at the start, before anything is reported as held.
//!
//! After a stop that was not in order the blobs that came in last are hashed again: a disk that says
//! "synced" too early loses what it had in its own memory. What is damaged leaves the have-table, and
//! with that is wanted again.
//!
//! When the database of the crate is gone or broken, the files are entered into a new one. The crate
//! can only take in a copy; meanwhile a second link in `blobs/adopt` keeps the durable file, because
//! the copy takes its name before it is durable itself. A link that is found at a start is put back
//! where the file is not right.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};

use dataforge_protocol::entry::BlobRef;
use dataforge_protocol::id::BlobHash;
use iroh_blobs::BlobFormat;
use iroh_blobs::api::blobs::{AddPathOptions, ImportMode};

use super::check::{Verdict, check};
use super::{Blobs, durable, iroh_hash, is_empty};
use crate::api::{ApiError, ErrorKind};
use crate::core::Core;
use crate::directory::{create_private, storage, sync_directory};

/// Files entered before they are synced together …
const GROUP: usize = 64;
/// … or bytes; so much more of the disk is taken meanwhile.
const GROUP_BYTES: u64 = 64 << 20;

/// What was found at a start.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Recovered {
    /// Blobs hashed again.
    pub(crate) checked: usize,
    /// Blobs that were reported as held and are missing or damaged.
    pub(crate) dropped: usize,
    /// Files entered into a new database.
    pub(crate) entered: usize,
}

/// Brings files, database and have-table into line.
///
/// # Errors
/// `Storage` when the have-table cannot be written. What the database lacks after a failure is
/// entered when it is asked for, and at the next start.
pub(crate) async fn recover(blobs: &Blobs, core: &mut Core) -> Result<Recovered, ApiError> {
    blobs.put_links_back()?;
    let recent = core.store.recent()?;
    let pairs: Vec<_> = recent.iter().map(|blob| (blob.hash, blob.size)).collect();
    let verdicts = tokio::task::block_in_place(|| blobs.check(&pairs))?;
    let mut recovered = Recovered { checked: recent.len(), ..Recovered::default() };
    let mut lost = Vec::new();
    for (blob, verdict) in recent.iter().zip(verdicts) {
        match verdict {
            Verdict::Whole => {}
            Verdict::Damaged => lost.push(blob.hash),
            Verdict::Unservable => {
                // What can be read stays held; entering it again makes the outboard anew.
                if let Err(error) = blobs.mend(blob).await {
                    tracing::warn!("blob {} cannot be served: {error}", blob.hash.fmt_short());
                }
            }
        }
    }
    let mut parts = Vec::new();
    if blobs.engine().marker().exists() {
        // Without the database nothing says which parts of a blob are there.
        parts = core.store.partials()?;
        let held = core.store.held()?;
        match blobs.rebuild(&held).await {
            Ok((entered, missing)) => {
                recovered.entered = entered;
                lost.extend(missing);
            }
            Err(error) => tracing::error!("the blob database was not made anew: {error}"),
        }
    }
    lost.sort_unstable();
    lost.dedup();
    recovered.dropped = lost.len();
    for hash in &lost {
        tracing::error!("blob {hash} was lost in a cut; it is fetched again when a peer holds it");
    }
    let noted = core.store.transaction(|store| {
        store.forget_have(&lost)?;
        store.forget_partials(parts.into_iter().map(|(hash, _)| hash))?;
        store.clear_recent()
    });
    match noted {
        // What is here is read on a disk without room, too.
        Err(error) if lost.is_empty() => tracing::warn!("the next start looks at the same blobs again: {error}"),
        noted => noted?,
    }
    Ok(recovered)
}

/// Blobs as they are passed between steps: with their sizes.
type Sized = (BlobHash, u64);

impl Blobs {
    fn adopt_dir(&self) -> PathBuf {
        self.0.root.join("adopt")
    }

    /// Enters all files into the database; returns how many, and which held blobs are not there.
    async fn rebuild(&self, held: &[BlobRef]) -> Result<(usize, Vec<BlobHash>), ApiError> {
        let files = self.files()?;
        let with_file = held.iter().filter(|blob| !is_empty(&blob.hash));
        let sizes: BTreeMap<_, _> = with_file.map(|blob| (blob.hash, blob.size)).collect();
        let mut lost: Vec<_> = sizes.keys().filter(|hash| !files.contains_key(hash)).copied().collect();
        let candidates: Vec<Sized> =
            files.iter().map(|(hash, len)| (*hash, sizes.get(hash).copied().unwrap_or(*len))).collect();
        let verdicts = tokio::task::block_in_place(|| self.check(&candidates))?;
        let mut sound = Vec::new();
        for (blob, verdict) in candidates.into_iter().zip(verdicts) {
            if verdict != Verdict::Damaged {
                sound.push(blob);
            } else if sizes.contains_key(&blob.0) {
                lost.push(blob.0);
            } else {
                self.remove_partial(&blob.0)?;
            }
        }
        tracing::warn!("{} files are entered into a new blob database", sound.len());
        let mut entered = 0;
        while entered < sound.len() {
            let rest = sound.get(entered..).unwrap_or_default();
            let group = rest.get(..group_len(rest)).unwrap_or_default();
            for hash in self.adopt(group).await? {
                if sizes.contains_key(&hash) {
                    lost.push(hash);
                }
            }
            entered += group.len();
        }
        self.engine().commit().await?;
        self.engine().unmark()?;
        Ok((entered, lost))
    }

    /// Returns the data files with their lengths.
    fn files(&self) -> Result<BTreeMap<BlobHash, u64>, ApiError> {
        let data = &self.options().path.data_path;
        let unreadable = |error: std::io::Error| storage("cannot list", data, &error);
        let mut files = BTreeMap::new();
        for entry in std::fs::read_dir(data).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            if let Some(hash) = hash_of(&entry.path(), "data") {
                files.insert(hash, entry.metadata().map_err(unreadable)?.len());
            }
        }
        Ok(files)
    }

    /// Removes what was received of a blob that is not held: without the database nothing says
    /// which parts of it are there. A damaged file that was complete once stays, it may be the last.
    fn remove_partial(&self, hash: &BlobHash) -> Result<(), ApiError> {
        let (paths, hash) = (&self.options().path, iroh_hash(hash));
        let sizes = paths.sizes_path(&hash);
        if !sizes.exists() {
            return Ok(());
        }
        for file in [paths.data_path(&hash), paths.outboard_path(&hash), paths.bitfield_path(&hash), sizes] {
            match std::fs::remove_file(&file) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(storage("cannot remove", &file, &error));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Enters data files that are right into the database, durably; outboards are made anew. Returns
    /// those that turned out not to be right.
    ///
    /// # Errors
    /// `Storage`; the files are as they were then, or their links are put back at the next start.
    async fn adopt(&self, blobs: &[Sized]) -> Result<Vec<BlobHash>, ApiError> {
        let _one_at_a_time = self.0.adopting.lock().await;
        let adopt = self.adopt_dir();
        create_private(&adopt)?;
        for (hash, _) in blobs {
            link(&self.path(hash), &adopt.join(file_name(hash)))?;
        }
        sync_directory(&adopt).map_err(|error| storage("cannot sync", &adopt, &error))?;
        let writing = self.0.temp.read().await;
        let mut tags = Vec::with_capacity(blobs.len());
        for (hash, _) in blobs {
            let path = adopt.join(file_name(hash));
            let add = |store: iroh_blobs::store::fs::FsStore| {
                let options = AddPathOptions { path: path.clone(), format: BlobFormat::Raw, mode: ImportMode::Copy };
                async move { store.add_path_with_opts(options).temp_tag().await }
            };
            tags.push(self.engine().run("cannot enter a blob", add).await?);
        }
        drop(writing);
        let wrong = self.make_durable(blobs.to_vec()).await?;
        for (hash, _) in blobs {
            let path = adopt.join(file_name(hash));
            let done = if wrong.contains(hash) {
                std::fs::rename(&path, self.path(hash))
            } else {
                std::fs::remove_file(&path)
            };
            done.map_err(|error| storage("cannot remove", &path, &error))?;
        }
        Ok(wrong)
    }

    /// Makes the outboard of a blob whose data are right anew.
    ///
    /// # Errors
    /// `Storage`, and `Damaged` when its data are not right after all.
    pub(crate) async fn mend(&self, blob: &BlobRef) -> Result<(), ApiError> {
        if self.adopt(&[(blob.hash, blob.size)]).await?.is_empty() {
            return Ok(());
        }
        Err(ApiError::new(ErrorKind::Damaged, format!("blob {} is damaged", blob.hash.fmt_short())))
    }

    /// Enters a held blob that the database lacks, so that it can be served. Does nothing when there
    /// is nothing to do.
    ///
    /// # Errors
    /// `Storage`, and `Damaged` when its file is not right.
    pub(super) async fn ensure_known(&self, hash: &BlobHash) -> Result<(), ApiError> {
        if self.is_known(hash).await? {
            return Ok(());
        }
        let damaged = || ApiError::new(ErrorKind::Damaged, format!("blob {} is damaged", hash.fmt_short()));
        let file = std::fs::metadata(self.path(hash)).map_err(|_missing| damaged())?;
        let blob = (*hash, file.len());
        if tokio::task::block_in_place(|| check(&self.options().path, hash, file.len())) == Verdict::Damaged {
            return Err(damaged());
        }
        tracing::warn!("the blob database lacks {}; it is entered from its file", hash.fmt_short());
        if self.adopt(&[blob]).await?.is_empty() { Ok(()) } else { Err(damaged()) }
    }

    /// Puts back files that a cut took while they were entered.
    fn put_links_back(&self) -> Result<(), ApiError> {
        let adopt = self.adopt_dir();
        let Ok(links) = std::fs::read_dir(&adopt) else { return Ok(()) };
        let paths = &self.options().path;
        for link in links.flatten() {
            let (path, len) = (link.path(), link.metadata().map_or(0, |file| file.len()));
            // The file may be right only in memory, when it was no cut that ended the node, so it is
            // synced before the link goes.
            let wrong = match hash_of(&path, "data") {
                Some(hash) => durable::sync(paths, &[(hash, len)])?.first().copied(),
                None => None,
            };
            let done = match wrong {
                Some(hash) => std::fs::rename(&path, self.path(&hash)),
                None => std::fs::remove_file(&path),
            };
            done.map_err(|error| storage("cannot put back", &path, &error))?;
        }
        sync_directory(&paths.data_path).map_err(|error| storage("cannot sync", &paths.data_path, &error))
    }
}

fn file_name(hash: &BlobHash) -> String {
    format!("{}.data", iroh_hash(hash).to_hex())
}

fn hash_of(path: &Path, extension: &str) -> Option<BlobHash> {
    let is_such = path.extension().is_some_and(|found| found == extension);
    let hash: iroh_blobs::Hash = path.file_stem().filter(|_| is_such)?.to_str()?.parse().ok()?;
    Some(BlobHash(*hash.as_bytes()))
}

/// Gives a file a second name; where the file system cannot, a copy that is durable.
fn link(from: &Path, to: &Path) -> Result<(), ApiError> {
    let linked = match std::fs::hard_link(from, to) {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(_no_links) => std::fs::copy(from, to).and_then(|_| File::options().write(true).open(to)?.sync_all()),
        Ok(()) => Ok(()),
    };
    linked.map_err(|error| storage("cannot link", to, &error))
}

fn group_len(blobs: &[Sized]) -> usize {
    let mut bytes = 0;
    let fits = blobs.iter().take(GROUP).take_while(|(_, size)| {
        let fits = bytes == 0 || bytes + size <= GROUP_BYTES;
        bytes += size;
        fits
    });
    fits.count().max(1)
}

#[cfg(test)]
mod tests;
