//! The whole workspace as files: a directory per well, readable names, and a list of everything.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use arrow::array::{ArrayRef, StringArray, UInt64Array};
use arrow::record_batch::RecordBatch;
use dataforge_protocol::id::{BlobHash, DocId, WorkspaceId};
use dataforge_query::Format;
use tokio::sync::mpsc;

use super::choice::Choice;
use super::names::Names;
use super::{Written, copy, write_run};
use crate::api::{
    ApiError, AttachmentInfo, ErrorKind, Event, ExportAllReply, ExportFormat, ExportOptions, Reply, RunInfo,
};
use crate::client::Output;
use crate::clock::now_ms;
use crate::core::Core;
use crate::index::Index;
use crate::node::Node;
use crate::sink::Sink;
use crate::store::Exported;

/// The directory of source files, within that of a well.
const ORIGINALS: &str = "originals";
/// The directory of what belongs to no well.
const NO_WELL: &str = "no well";
/// The locations of all wells.
const MAP: &str = "wells.gpkg";
/// The list of everything that was written.
const CONTENTS: &str = "contents.csv";

/// Writes everything in a workspace into a directory.
///
/// # Errors
/// `Usage` when the directory is not empty or the format is none of runs, `NotFound` for an unknown
/// project, `Storage` when it cannot be written. What of the workspace cannot be written is in the reply.
pub(crate) async fn export_all(
    node: &Node,
    workspace: WorkspaceId,
    directory: PathBuf,
    format: ExportFormat,
    options: ExportOptions,
    out: &mpsc::Sender<Output>,
) -> Result<Reply, ApiError> {
    if format == ExportFormat::Geopackage {
        return Err(ApiError::new(ErrorKind::Usage, "runs cannot be written as a GeoPackage"));
    }
    let started = Instant::now();
    let mut choice = None;
    if let Some(selection) = options.selection.clone() {
        // A selection that is not there, or cannot be used, is told before anything is made.
        let load = move |core: &mut Core| Choice::load(core.store.connection(), workspace, &selection);
        choice = Some(Arc::new(node.with_core(load).await?));
    }
    let project = options.project.clone();
    let (runs, attachments, only) = node
        .with_core(move |core| {
            let index = Index::new(core.store.connection(), workspace);
            let only = project.map(|project| Only::of(&index, &project)).transpose()?;
            let wanted = |run: &RunInfo| only.as_ref().is_none_or(|only| only.wells.contains(&run.well_id));
            let runs = index.runs(None)?.into_iter().filter(wanted).map(|run| {
                let id = parsed::<DocId>(&run.id)?;
                Ok((index.blobs(&id)?.0, id, run))
            });
            let runs = runs.collect::<Result<Vec<_>, ApiError>>()?;
            let mut attachments = index.attachments(None)?;
            attachments.retain(|file| only.as_ref().is_none_or(|only| only.has(file)));
            Ok((runs, attachments, only))
        })
        .await?;
    make_empty(&directory)?;
    let total = (runs.len() + attachments.len()) as u64;
    let mut tree = Tree::new(&directory);
    let mut done = 0;
    for (source, id, run) in &runs {
        progress(out, done, total, &run.name).await;
        done += 1;
        let windows = match windows(node, workspace, run, &options, choice.as_ref()).await {
            Ok(windows) => windows,
            Err(error) => {
                tree.failed.push((run.name.clone(), error.to_string()));
                continue;
            }
        };
        if windows.is_empty() {
            continue;
        }
        for (window, options) in windows.iter().filter(|_| format != ExportFormat::Original) {
            let stem = format!("{} {window}", stem(&run.name));
            let file = tree.name(&run.well_id, &run.well, "", stem.trim_end(), format.extension());
            let written = one_run(node, workspace, *id, format, options, &file).await;
            tree.note(&file, format.word(), run, written);
        }
        // Sources hold more than was chosen.
        let is_whole = options.selection.is_none() || format == ExportFormat::Original;
        if is_whole && let Some(file) = tree.original(source, run) {
            tree.note(&file, ExportFormat::Original.word(), run, one_blob(node, &workspace, source, &file));
        }
    }
    for attachment in attachments.iter().filter(|_| options.selection.is_none()) {
        progress(out, done, total, &attachment.name).await;
        tree.attach(node, &workspace, attachment)?;
        done += 1;
    }
    let file = tree.map();
    let wells = only.as_ref().map(|only| &only.wells);
    if options.selection.is_none()
        && let Some(written) = all_wells(node, workspace, wells, &file).await.transpose()
    {
        tree.line(&file, ["", ExportFormat::Geopackage.extension(), "", ""], written, "well locations");
    }
    let reply = tree.finish(started)?;
    let exported = Exported {
        what: what_of(&options, only.as_ref()),
        doc: only.as_ref().map(|only| only.project),
        format: format.word().to_owned(),
        file: directory.display().to_string(),
        bytes: reply.0.bytes,
        hash: reply.1,
    };
    node.with_core(move |core| core.store.note_export(&workspace, now_ms(), &exported)).await?;
    Ok(Reply::ExportAll(reply.0))
}

/// What is of a project.
struct Only {
    project: DocId,
    name: String,
    /// Ids of its wells.
    wells: BTreeSet<String>,
}

impl Only {
    fn of(index: &Index<'_>, project: &str) -> Result<Self, ApiError> {
        let id = index.find_project(project)?;
        let wells = index.wells_in(&id)?.iter().map(ToString::to_string).collect();
        Ok(Self { project: id, name: index.project(&id)?.name, wells })
    }

    fn has(&self, file: &AttachmentInfo) -> bool {
        self.wells.contains(&file.well_id) || file.project_id == self.project.to_string()
    }
}

fn what_of(options: &ExportOptions, only: Option<&Only>) -> String {
    let part = options.selection.iter().map(|selection| format!("selection {selection}"));
    let parts: Vec<_> = part.chain(only.map(|only| format!("project {}", only.name))).collect();
    if parts.is_empty() { "the whole workspace".to_owned() } else { parts.join(" in ") }
}

/// Returns what is written of a run: all of it, or the parts that a selection chooses, with their names.
async fn windows(
    node: &Node,
    workspace: WorkspaceId,
    run: &RunInfo,
    options: &ExportOptions,
    choice: Option<&Arc<Choice>>,
) -> Result<Vec<(String, ExportOptions)>, ApiError> {
    let Some(choice) = choice.cloned() else { return Ok(vec![(String::new(), options.clone())]) };
    let (run, options) = (run.clone(), options.clone());
    node.with_core(move |core| choice.of_run(core.store.connection(), workspace, &run, &options)).await
}

async fn progress(out: &mpsc::Sender<Output>, done: u64, total: u64, item: &str) {
    let progress = Event::Progress { step: "exporting".to_owned(), done, total, item: item.to_owned() };
    // A client that went away notices itself.
    let _gone = out.send(Output::Event(progress)).await;
}

fn parsed<T: std::str::FromStr>(id: &str) -> Result<T, ApiError> {
    id.parse().map_err(|_error| ApiError::new(ErrorKind::Internal, "a stored id is malformed"))
}

/// Makes the directory, or sees that it is empty.
fn make_empty(directory: &Path) -> Result<(), ApiError> {
    let failed = |error: std::io::Error| {
        ApiError::new(ErrorKind::Storage, format!("cannot use {}: {error}", directory.display()))
    };
    if !directory.exists() {
        return fs::create_dir_all(directory).map_err(failed);
    }
    if fs::read_dir(directory).map_err(failed)?.next().is_some() {
        return Err(ApiError::new(ErrorKind::Usage, format!("{} is not empty", directory.display()))
            .hint("name a directory that is empty or does not exist"));
    }
    Ok(())
}

fn stem(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(stem, ending)| if stem.is_empty() || ending.len() > 5 { name } else { stem })
}

async fn one_run(
    node: &Node,
    workspace: WorkspaceId,
    run: DocId,
    format: ExportFormat,
    options: &ExportOptions,
    file: &Path,
) -> Result<Done, ApiError> {
    let mut sink = create(file)?;
    let written = write_run(node, workspace, run, format, options, &mut sink).await;
    finish(file, sink, written)
}

/// Writes the locations of wells, if any is known.
async fn all_wells(
    node: &Node,
    workspace: WorkspaceId,
    only: Option<&BTreeSet<String>>,
    file: &Path,
) -> Result<Option<Done>, ApiError> {
    let mut sink = create(file)?;
    let written = super::wells::write(node, workspace, only, &mut sink).await;
    if matches!(&written, Ok(written) if written.rows == 0) {
        drop(sink);
        return std::fs::remove_file(file).map(|()| None).map_err(unwritable);
    }
    finish(file, sink, written).map(Some)
}

fn one_blob(node: &Node, workspace: &WorkspaceId, blob: &BlobHash, file: &Path) -> Result<Done, ApiError> {
    let mut sink = create(file)?;
    let written = copy(node, workspace, blob, &mut sink).map(|()| Written::default());
    finish(file, sink, written)
}

fn create(file: &Path) -> Result<Sink, ApiError> {
    let parent = file.parent().map_or(Ok(()), fs::create_dir_all);
    let file = parent.and_then(|()| OpenOptions::new().write(true).create_new(true).open(file));
    file.map(Sink::to_file).map_err(unwritable)
}

fn unwritable(error: std::io::Error) -> ApiError {
    ApiError::new(ErrorKind::Storage, format!("cannot write: {error}"))
}

/// A file that was written.
struct Done {
    bytes: u64,
    hash: BlobHash,
}

/// Ends a file; of a failure nothing is left.
fn finish(file: &Path, mut sink: Sink, written: Result<Written, ApiError>) -> Result<Done, ApiError> {
    match written.and_then(|_written| sink.flush().map_err(unwritable)) {
        Ok(()) => Ok(Done { bytes: sink.bytes(), hash: sink.hash() }),
        Err(error) => {
            drop(sink);
            // What remains is an unfinished file that the reply names.
            let _left = fs::remove_file(file);
            Err(error)
        }
    }
}

/// A line of the list.
struct Line {
    /// File, well, what, kind, source, hash.
    texts: [String; 6],
    bytes: u64,
}

fn write_contents(lines: &[Line], sink: &mut Sink) -> Result<(), ApiError> {
    let names = ["file", "well", "what", "kind", "source", "blake3"];
    let texts = names.into_iter().enumerate().map(|(at, name)| {
        let texts = StringArray::from_iter_values(lines.iter().map(|line| &line.texts[at]));
        (name, Arc::new(texts) as ArrayRef)
    });
    let bytes = UInt64Array::from_iter_values(lines.iter().map(|line| line.bytes));
    let columns = texts.chain([("bytes", Arc::new(bytes) as ArrayRef)]);
    let table =
        RecordBatch::try_from_iter(columns).map_err(|error| ApiError::from_error(ErrorKind::Internal, &error))?;
    dataforge_query::write_batches(table.schema(), [Ok(table)], Format::Csv, sink).map_err(crate::sql::output_error)?;
    Ok(())
}

/// The directories and names given so far, and what was written.
struct Tree {
    root: PathBuf,
    wells: BTreeMap<String, String>,
    directories: Names,
    names: BTreeMap<PathBuf, Names>,
    /// Where source files are, so that each is there once.
    originals: BTreeMap<BlobHash, PathBuf>,
    contents: Vec<Line>,
    bytes: u64,
    failed: Vec<(String, String)>,
}

impl Tree {
    fn new(root: &Path) -> Self {
        let mut directories = Names::default();
        for taken in [CONTENTS, MAP] {
            directories.give(taken, "");
        }
        Self {
            root: root.to_owned(),
            wells: BTreeMap::new(),
            directories,
            names: BTreeMap::new(),
            originals: BTreeMap::new(),
            contents: Vec::new(),
            bytes: 0,
            failed: Vec::new(),
        }
    }

    /// Returns a path that was not given yet; `id` tells wells of one name apart.
    fn name(&mut self, id: &str, well: &str, below: &str, stem: &str, ending: &str) -> PathBuf {
        let directories = &mut self.directories;
        let well = if id.is_empty() { NO_WELL } else { well };
        let well = self.wells.entry(id.to_owned()).or_insert_with(|| directories.give(well, ""));
        let mut directory = self.root.join(&*well);
        let names = self.names.entry(directory.clone()).or_insert_with(|| {
            let mut names = Names::default();
            names.give(ORIGINALS, "");
            names
        });
        if below.is_empty() {
            return directory.join(names.give(stem, ending));
        }
        directory.push(below);
        directory.join(self.names.entry(directory.clone()).or_default().give(stem, ending))
    }

    /// Returns where the locations of the wells go.
    fn map(&self) -> PathBuf {
        self.root.join(MAP)
    }

    /// Returns where a source file goes; nothing when it is there already.
    fn original(&mut self, source: &BlobHash, run: &RunInfo) -> Option<PathBuf> {
        if self.originals.contains_key(source) {
            return None;
        }
        let (stem, ending) = run.source.rsplit_once('.').unwrap_or((&run.source, ""));
        let file = self.name(&run.well_id, &run.well, ORIGINALS, stem, ending);
        self.originals.insert(*source, file.clone());
        Some(file)
    }

    fn attach(&mut self, node: &Node, workspace: &WorkspaceId, attachment: &AttachmentInfo) -> Result<(), ApiError> {
        let (stem, ending) = attachment.name.rsplit_once('.').unwrap_or((&attachment.name, ""));
        let well = attachment.well.clone().unwrap_or_default();
        let file = self.name(&attachment.well_id, &well, "", stem, ending);
        let written = one_blob(node, workspace, &parsed(&attachment.blob)?, &file);
        self.line(&file, [&well, "attachment", "", &attachment.name], written, &attachment.name);
        Ok(())
    }

    fn note(&mut self, file: &Path, what: &str, run: &RunInfo, written: Result<Done, ApiError>) {
        self.line(file, [&run.well, what, &run.kind, &run.source], written, &run.name);
    }

    fn line(&mut self, file: &Path, cells: [&str; 4], written: Result<Done, ApiError>, name: &str) {
        let file = file.strip_prefix(&self.root).unwrap_or(file).display().to_string();
        match written {
            Err(error) => self.failed.push((format!("{file} ({name})"), error.to_string())),
            Ok(done) => {
                self.bytes += done.bytes;
                let [well, what, kind, source] = cells.map(str::to_owned);
                self.contents
                    .push(Line { texts: [file, well, what, kind, source, done.hash.to_string()], bytes: done.bytes });
            }
        }
    }

    /// Writes the list; returns the reply and the hash of the list.
    fn finish(self, started: Instant) -> Result<(ExportAllReply, BlobHash), ApiError> {
        let file = self.root.join(CONTENTS);
        let mut sink = create(&file)?;
        let written = write_contents(&self.contents, &mut sink).map(|()| Written::default());
        let done = finish(&file, sink, written)?;
        let reply = ExportAllReply {
            directory: self.root,
            files: self.contents.len() as u64 + 1,
            bytes: self.bytes + done.bytes,
            failed: self.failed,
            seconds: started.elapsed().as_secs_f64(),
        };
        Ok((reply, done.hash))
    }
}
