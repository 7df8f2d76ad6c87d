//! Import: files → runs, in bounded memory, durable file group by file group.
//!
//! Worker threads read and prepare files; the importer stores the blobs of a group, syncs them
//! once, and writes the group's entries in one transaction. A cut loses the group at hand and
//! nothing that was reported.

mod files;
mod record;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use bytes::Bytes;
use dataforge_las::ReadOptions;
use dataforge_protocol::id::{BlobHash, WorkspaceId};
use dataforge_protocol::op::Role;
use tokio::sync::mpsc;

use crate::api::{ApiError, ErrorKind, Event, FileResult, ImportSummary};
use crate::client::Output;
use crate::ingest::{Prepared, prepare};
use crate::node::Node;

/// A group is committed when it has so many files …
const GROUP_FILES: usize = 48;
/// … or so many bytes of source.
const GROUP_BYTES: usize = 32 << 20;
/// Bytes of a file that is read into memory.
const MAX_FILE_BYTES: u64 = 2 << 30;

/// A file that was read, or why it was not.
struct Read {
    path: PathBuf,
    bytes: Bytes,
    prepared: Result<Prepared, ApiError>,
}

/// Imports files and directories into a workspace.
///
/// # Errors
/// `NotAllowed` for viewers, `Storage` when the disk fails or is full; what was imported until
/// then stays. Files that cannot be imported are in the summary.
pub(crate) async fn import(
    node: &Node,
    workspace: WorkspaceId,
    paths: Vec<PathBuf>,
    strict: bool,
    out: &mpsc::Sender<Output>,
) -> Result<ImportSummary, ApiError> {
    let started = Instant::now();
    let role = node.with_core(move |core| core.role(&workspace)).await?;
    if role.is_none_or(|role| role < Role::Editor) {
        return Err(ApiError::new(ErrorKind::NotAllowed, "your role in this workspace does not allow imports")
            .hint("ask an admin or owner for the role of an editor"));
    }
    let found = tokio::task::spawn_blocking(move || files::find(&paths)).await.map_err(|error| interrupted(&error))?;
    let total = found.files.len() as u64;
    let mut summary = ImportSummary {
        imported: 0,
        already_here: 0,
        failed: 0,
        skipped: found.skipped,
        bytes: 0,
        seconds: 0.0,
        files: found.failed,
    };
    let mut incoming = spawn_readers(found.files, strict);
    let mut done = summary.files.len() as u64;
    while let Some(group) = next_group(&mut incoming).await {
        summary.bytes += group.iter().map(|read| read.bytes.len() as u64).sum::<u64>();
        let item = group.last().map(|read| read.path.display().to_string()).unwrap_or_default();
        done += group.len() as u64;
        summary.files.extend(store_group(node, workspace, group).await?);
        let progress = Event::Progress { step: "importing".into(), done, total, item };
        // Nobody may be listening any more; the import goes on.
        drop(out.send(Output::Event(progress)).await);
    }
    summary.files.sort_by(|a, b| a.path.cmp(&b.path));
    let count = |outcome: &str| summary.files.iter().filter(|file| file.outcome == outcome).count() as u64;
    (summary.imported, summary.failed) = (count(IMPORTED), count(FAILED));
    summary.already_here = count(ALREADY_HERE) + count(RESTORABLE);
    summary.seconds = started.elapsed().as_secs_f64();
    Ok(summary)
}

const IMPORTED: &str = "imported";
const ALREADY_HERE: &str = "already here";
const RESTORABLE: &str = "restorable";
const FAILED: &str = "failed";

fn interrupted(error: &tokio::task::JoinError) -> ApiError {
    ApiError::new(ErrorKind::Internal, format!("a task was interrupted: {error}"))
}

/// Starts the worker threads; the channel's bound limits how many files are in memory.
fn spawn_readers(files: Vec<PathBuf>, strict: bool) -> mpsc::Receiver<Read> {
    let workers = std::thread::available_parallelism().map_or(2, usize::from);
    let (sender, receiver) = mpsc::channel(2 * workers);
    let files = Arc::new(files);
    let next = Arc::new(AtomicUsize::new(0));
    for worker in 0..workers.min(files.len()) {
        let (files, next, sender) = (Arc::clone(&files), Arc::clone(&next), sender.clone());
        let work = move || {
            while let Some(path) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                if sender.blocking_send(read_file(path, strict)).is_err() {
                    return;
                }
            }
        };
        // Without threads the import ends early with fewer results, which the count shows.
        drop(std::thread::Builder::new().name(format!("import-{worker}")).spawn(work));
    }
    receiver
}

async fn next_group(incoming: &mut mpsc::Receiver<Read>) -> Option<Vec<Read>> {
    let mut group = vec![incoming.recv().await?];
    let mut bytes = group.first().map_or(0, |read| read.bytes.len());
    while group.len() < GROUP_FILES && bytes < GROUP_BYTES {
        let Some(read) = incoming.recv().await else { break };
        bytes += read.bytes.len();
        group.push(read);
    }
    Some(group)
}

fn read_file(path: &Path, strict: bool) -> Read {
    let bytes = match read_bytes(path) {
        Ok(bytes) => bytes,
        Err(error) => return Read { path: path.to_owned(), bytes: Bytes::new(), prepared: Err(error) },
    };
    let options = ReadOptions { strict, ..ReadOptions::default() };
    // A reader that panics on one file must not take the import with it.
    let work = || {
        let input = |error: &dyn std::error::Error| ApiError::from_error(ErrorKind::Input, error);
        let reading = dataforge_las::read(&bytes, &options).map_err(|error| input(&error))?;
        prepare(&bytes, &reading).map_err(|error| input(&error))
    };
    let prepared = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).unwrap_or_else(|_panic| {
        Err(ApiError::new(ErrorKind::Internal, "the reader failed on this file; please report it"))
    });
    Read { path: path.to_owned(), bytes, prepared }
}

fn read_bytes(path: &Path) -> Result<Bytes, ApiError> {
    let failed = |error: std::io::Error| {
        let failure = ApiError::new(ErrorKind::Input, format!("cannot read the file: {error}"));
        if error.kind() == std::io::ErrorKind::NotFound { failure.hint("check the path") } else { failure }
    };
    let size = std::fs::metadata(path).map_err(failed)?.len();
    if size > MAX_FILE_BYTES {
        return Err(ApiError::new(
            ErrorKind::Input,
            format!("the file has {size} bytes; at most {MAX_FILE_BYTES} are read"),
        )
        .hint("split it by depth"));
    }
    std::fs::read(path).map(Bytes::from).map_err(failed)
}

/// Stores the blobs of a group, then writes its entries in one transaction.
async fn store_group(node: &Node, workspace: WorkspaceId, group: Vec<Read>) -> Result<Vec<FileResult>, ApiError> {
    let needed = group.iter().map(|read| 2 * read.bytes.len() as u64).sum();
    node.check_space(needed)?;
    let mut results = Vec::new();
    let mut files = Vec::new();
    for read in group {
        match read.prepared {
            Ok(prepared) if prepared.runs.is_empty() => {
                let error = ApiError::new(ErrorKind::Input, "the file has a header and no data rows")
                    .hint("ask for the complete file");
                results.push(failure(&read.path, &error));
            }
            Ok(prepared) => files.push((read.path, read.bytes, prepared)),
            Err(error) => results.push(failure(&read.path, &error)),
        }
    }
    let blobs = files.iter().flat_map(|(_, source, prepared)| {
        std::iter::once(source.clone()).chain(prepared.runs.iter().map(|run| Bytes::from(run.parquet.clone())))
    });
    let durable = node.blobs().add(blobs.collect()).await?;
    let held: Vec<(BlobHash, u64)> = durable.iter().map(|blob| (blob.hash, blob.size)).collect();
    let (recorded, progress) = node
        .with_core(move |core| {
            core.write(&workspace, &held, |writer| {
                files
                    .iter()
                    .map(|(path, source, prepared)| record::record(writer, path, source, prepared))
                    .collect::<Result<Vec<_>, _>>()
            })
        })
        .await?;
    drop(durable);
    node.on_progress(workspace, &progress);
    results.extend(recorded);
    Ok(results)
}

fn failure(path: &Path, error: &ApiError) -> FileResult {
    let mut text = error.message.clone();
    for cause in &error.causes {
        text = format!("{text}: {cause}");
    }
    FileResult { error: Some(text), hint: error.hint.clone(), ..result(path, FAILED) }
}

fn result(path: &Path, outcome: &str) -> FileResult {
    FileResult {
        path: path.to_owned(),
        outcome: outcome.to_owned(),
        runs: Vec::new(),
        well: None,
        curves: 0,
        rows: 0,
        warnings: Vec::new(),
        warnings_total: 0,
        error: None,
        hint: None,
    }
}
