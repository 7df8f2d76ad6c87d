//! Import: files → runs and attachments, in bounded memory, durable file group by file group.
//!
//! Worker threads read and prepare files; the importer stores the blobs of a group, syncs them
//! once, and writes the group's entries in one transaction while it stores the blobs of the next. A
//! cut loses the groups at hand and nothing that was reported. A dry run goes the same way up to the
//! point where something would be written.

mod budget;
mod files;
mod fill;
mod plan;
mod project;
mod read;
mod record;
mod room;
mod watch;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Instant;

use bytes::Bytes;
use dataforge_protocol::id::{BlobHash, DocId, WorkspaceId};
use dataforge_protocol::limits::MAX_BLOB_BYTES;
use dataforge_protocol::op::Role;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use self::files::{Files, Wanted};
use self::project::Door;
use self::read::{Content, Read};
use self::record::Filing;
pub(crate) use self::record::{add_pyramid, note_own};
pub(crate) use self::watch::watch_configured;
use crate::api::{ApiError, ErrorKind, Event, FileResult, ImportOptions, ImportSummary};
use crate::caller;
use crate::client::Output;
use crate::index::Index;
use crate::ingest::PreparedRun;
use crate::ingest::identity::WellIdentity;
use crate::node::Node;
use crate::requests::duplicates_of;

/// A group is committed when it has so many files …
const GROUP_FILES: usize = 48;
/// … or so many bytes of source.
const GROUP_BYTES: usize = 8 << 20;

const IMPORTED: &str = "imported";
const ATTACHED: &str = "attached";
const ALREADY_HERE: &str = "already here";
const RESTORABLE: &str = "restorable";
const FAILED: &str = "failed";

/// Imports files and directories into a workspace.
///
/// # Errors
/// `NotAllowed` for viewers, `NotFound` for an unknown well, `Usage` for a wrong map, `Storage`
/// when the disk fails or is full; what was imported until then stays. Files that cannot be
/// imported are in the summary.
pub(crate) async fn import(
    node: &Node,
    workspace: WorkspaceId,
    paths: Vec<PathBuf>,
    options: ImportOptions,
    out: &mpsc::Sender<Output>,
) -> Result<ImportSummary, ApiError> {
    let wanted = if options.no_attachments { Wanted::Readable } else { Wanted::All };
    let job = Job::new(node, workspace, &options, None).await?;
    if options.watch { watch::watch(&job, paths, wanted, out).await } else { job.run(paths, wanted, out).await }
}

/// What attachments belong to, and what is said about them.
#[derive(Debug, Default)]
pub(crate) struct Belonging {
    /// A well.
    pub(crate) well: Option<String>,
    /// A project.
    pub(crate) project: Option<String>,
    /// What a person says about them.
    pub(crate) description: Option<String>,
}

/// Keeps files as they are, whatever they are.
///
/// # Errors
/// As [`import`].
pub(crate) async fn attach(
    node: &Node,
    workspace: WorkspaceId,
    paths: Vec<PathBuf>,
    to: Belonging,
    out: &mpsc::Sender<Output>,
) -> Result<ImportSummary, ApiError> {
    let Belonging { well, project, description } = to;
    if well.is_some() && project.is_some() {
        return Err(ApiError::new(ErrorKind::Usage, "an attachment belongs to a well or to a project, not to both")
            .hint("a well's attachments count as its project's too"));
    }
    let options = ImportOptions { well, project, ..ImportOptions::default() };
    let job = Job::new(node, workspace, &options, description).await?;
    job.run(paths, Wanted::Attachments, out).await
}

/// A group of files whose blobs are durable and whose entries are being written.
struct Recording {
    /// The path of its last file.
    item: String,
    /// What became of files that nothing is written of.
    results: Vec<FileResult>,
    /// What becomes of the others.
    made: Option<JoinHandle<Result<Vec<Made>, ApiError>>>,
}

/// What became of a file, with the runs it made.
type Made = (FileResult, Vec<DocId>);

/// What all files of an import share.
struct Job {
    node: Node,
    workspace: WorkspaceId,
    read: read::Settings,
    filing: Filing,
    dry_run: bool,
    grid: bool,
    max_file_bytes: u64,
}

impl Job {
    async fn new(
        node: &Node,
        workspace: WorkspaceId,
        options: &ImportOptions,
        description: Option<String>,
    ) -> Result<Self, ApiError> {
        let max_file_bytes = node.config().import.max_file_bytes.min(MAX_BLOB_BYTES);
        let read = read::Settings::new(options, max_file_bytes)?;
        let (well, project, match_names) = (options.well.clone(), options.project.clone(), options.match_names);
        let filing = node.with_core(move |core| {
            if core.role(&workspace)?.is_none_or(|role| role < Role::Editor) {
                return Err(ApiError::new(ErrorKind::NotAllowed, "your role in this workspace does not allow imports")
                    .hint("ask an admin or owner for the role of an editor"));
            }
            let index = Index::new(core.store.connection(), workspace);
            let well = well.map(|well| index.find_well(&well)).transpose()?;
            let project = project.map(|project| index.find_project(&project)).transpose()?;
            Ok(Filing { well, project, match_names, description })
        });
        let (dry_run, grid) = (options.dry_run, options.grid);
        Ok(Self { node: node.clone(), workspace, read, filing: filing.await?, dry_run, grid, max_file_bytes })
    }

    /// Returns what the project says about files now, if they are imported into one.
    async fn door(&self) -> Result<Option<Door>, ApiError> {
        let Some(project) = self.filing.project else { return Ok(None) };
        let (workspace, default) = (self.workspace, self.node.config().cache.project_limit_bytes);
        self.node.with_core(move |core| Door::of(core, workspace, project, default).map(Some)).await
    }

    /// Finds the files, and takes out those that are refused before they are read.
    async fn find(&self, paths: Vec<PathBuf>, wanted: Wanted, door: Option<&Door>) -> Result<Files, ApiError> {
        let named = paths.clone();
        let found = tokio::task::spawn_blocking(move || files::find(&paths, wanted));
        let mut found: Files = found.await.map_err(|error| interrupted(&error))?;
        if let Some(door) = door {
            door.sort_out(&mut found, &named);
        }
        room::refuse_large(&self.node, &mut found, self.max_file_bytes);
        Ok(found)
    }

    async fn run(
        &self,
        paths: Vec<PathBuf>,
        wanted: Wanted,
        out: &mpsc::Sender<Output>,
    ) -> Result<ImportSummary, ApiError> {
        let started = Instant::now();
        let mut door = self.door().await?;
        let found = self.find(paths, wanted, door.as_ref()).await?;
        let total = (found.files.len() + found.failed.len()) as u64;
        let mut summary = ImportSummary {
            skipped: found.skipped,
            files: found.failed,
            dry_run: self.dry_run,
            ..ImportSummary::default()
        };
        let mut incoming = read::spawn(found.files, self.read.clone());
        let mut done = summary.files.len() as u64;
        let mut planned = Vec::new();
        let mut recording = None;
        loop {
            let group = next_group(&mut incoming).await;
            let next = match group {
                Some(mut group) => {
                    if let Some(door) = &mut door {
                        tokio::task::block_in_place(|| group.iter_mut().for_each(|read| door.let_in(read)));
                    }
                    Some(self.begin(group, &mut planned, &mut summary).await?)
                }
                None => None,
            };
            // The entries of a group are written while the blobs of the next are stored.
            if let Some(recording) = std::mem::replace(&mut recording, next) {
                let (results, item) = self.finish(recording).await?;
                done += results.len() as u64;
                summary.files.extend(results);
                let progress = Event::Progress { step: "importing".into(), done, total, item };
                // Nobody may be listening any more; the import goes on.
                drop(out.send(Output::Event(progress)).await);
            }
            if recording.is_none() {
                break;
            }
        }
        self.name_duplicates(&mut summary.files, planned).await?;
        summary.files.sort_by(|a, b| a.path.cmp(&b.path));
        summary.count();
        summary.seconds = started.elapsed().as_secs_f64();
        Ok(summary)
    }

    /// Begins with a group: stores its blobs and starts to write its entries; or says what would
    /// become of it, and adds the wells that it would make to `planned`.
    async fn begin(
        &self,
        group: Vec<Read>,
        planned: &mut Vec<WellIdentity>,
        summary: &mut ImportSummary,
    ) -> Result<Recording, ApiError> {
        summary.bytes += group.iter().map(|read| read.bytes.len() as u64).sum::<u64>();
        let item = group.last().map(|read| read.path.display().to_string()).unwrap_or_default();
        if !self.dry_run {
            return self.store(group, item).await;
        }
        let (workspace, filing) = (self.workspace, self.filing.clone());
        let plans = self.node.with_core(move |core| {
            let mut wells = Vec::new();
            let mut plan = |read: &Read| plan::plan(core, workspace, &filing, read, &mut wells);
            Ok((group.iter().map(&mut plan).collect::<Result<Vec<_>, _>>()?, wells))
        });
        let (results, wells) = plans.await?;
        planned.extend(wells);
        Ok(Recording { item, results, made: None })
    }

    /// Stores the blobs of a group, and starts to write its entries in one transaction.
    async fn store(&self, group: Vec<Read>, item: String) -> Result<Recording, ApiError> {
        let needed = group.iter().map(|read| 2 * read.bytes.len() as u64).sum();
        self.node.check_space(needed)?;
        let mut results = Vec::new();
        let mut files = Vec::new();
        for read in group {
            match read.content {
                Ok(ref content) if content.is_empty() => results.push(failure(&read.path, &no_rows())),
                Ok(_) => files.push(read),
                Err(error) => results.push(failure(&read.path, &error)),
            }
        }
        let durable = self.node.blobs().add(files.iter().flat_map(Read::blobs).collect()).await?;
        let (node, workspace, filing) = (self.node.clone(), self.workspace, self.filing.clone());
        // A task of its own works for the same client.
        let made = tokio::spawn(caller::work_for(caller::current(), async move {
            let held: Vec<(BlobHash, u64)> = durable.iter().map(|blob| (blob.hash, blob.size)).collect();
            let written = node.with_core(move |core| {
                core.write(&workspace, &held, |writer| {
                    files
                        .iter()
                        .map(|read| record::record(writer, workspace, &filing, read))
                        .collect::<Result<Vec<_>, _>>()
                })
            });
            let (made, progress) = written.await?;
            drop(durable);
            node.on_progress(workspace, &progress);
            Ok(made)
        }));
        Ok(Recording { item, results, made: Some(made) })
    }

    /// Waits until the entries of a group are written, and grids its runs if that is wanted.
    /// Returns the results and the path of the last file.
    async fn finish(&self, recording: Recording) -> Result<(Vec<FileResult>, String), ApiError> {
        let Recording { item, mut results, made } = recording;
        let Some(made) = made else { return Ok((results, item)) };
        for (result, runs) in made.await.map_err(|error| interrupted(&error))?? {
            results.push(result);
            for run in runs.into_iter().filter(|_| self.grid) {
                // What cannot be gridded is no fault of the import: the run says why when asked.
                drop(crate::grid::grid_run(&self.node, self.workspace, run).await);
            }
        }
        Ok((results, item))
    }

    /// Says of every file that made a well which others may be the same.
    async fn name_duplicates(&self, files: &mut [FileResult], planned: Vec<WellIdentity>) -> Result<(), ApiError> {
        if files.iter().all(|file| file.new_wells.is_empty()) {
            return Ok(());
        }
        let workspace = self.workspace;
        let found = self.node.with_core(move |core| duplicates_of(core, workspace, planned)).await?;
        let mut makers: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (position, file) in files.iter().enumerate() {
            for well in &file.new_wells {
                makers.entry(well.clone()).or_default().push(position);
            }
        }
        for pair in &found {
            let mut told = BTreeSet::new();
            for (well, other) in [(&pair.one, &pair.other), (&pair.other, &pair.one)] {
                for &position in makers.get(&well.0).into_iter().flatten() {
                    if told.insert(position) {
                        files[position].duplicates.push(format!("{} ({})", other.1, pair.reasons.join(", ")));
                    }
                }
            }
        }
        Ok(())
    }
}

fn no_rows() -> ApiError {
    ApiError::new(ErrorKind::Input, "the file has a header and no data rows").hint("ask for the complete file")
}

impl ImportSummary {
    /// Counts what became of the files.
    fn count(&mut self) {
        let count = |outcome: &str| self.files.iter().filter(|file| file.outcome == outcome).count() as u64;
        let counts = (count(IMPORTED), count(ATTACHED), count(FAILED), count(ALREADY_HERE) + count(RESTORABLE));
        (self.imported, self.attached, self.failed, self.already_here) = counts;
    }
}

fn interrupted(error: &tokio::task::JoinError) -> ApiError {
    ApiError::new(ErrorKind::Internal, format!("a task was interrupted: {error}"))
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

fn failure(path: &Path, error: &ApiError) -> FileResult {
    let mut text = error.message.clone();
    for cause in &error.causes {
        text = format!("{text}: {cause}");
    }
    FileResult { error: Some(text), hint: error.hint.clone(), ..result(path, FAILED) }
}

fn result(path: &Path, outcome: &str) -> FileResult {
    FileResult { path: path.to_owned(), outcome: outcome.to_owned(), ..FileResult::default() }
}

impl Read {
    /// Returns the blobs of a file: its bytes, and the tables and pyramids made of them.
    fn blobs(&self) -> Vec<Bytes> {
        let made = |run: &PreparedRun| {
            let pyramid = run.pyramid.as_ref().map(|pyramid| pyramid.parquet.clone());
            std::iter::once(run.parquet.clone()).chain(pyramid).collect::<Vec<_>>()
        };
        let tables = match &self.content {
            Ok(Content::Runs(prepared)) => prepared.runs.iter().flat_map(made).collect(),
            _ => Vec::new(),
        };
        std::iter::once(self.bytes.clone()).chain(tables).collect()
    }
}
