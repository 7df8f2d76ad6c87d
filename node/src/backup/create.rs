//! Making a backup: what is in it is fixed in one moment under the core's lock, and written while the
//! node goes on.
//!
//! The database is read through a connection of its own, whose transaction sees that moment until it
//! ends. Blobs never change; one that goes meanwhile is left out.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;

use dataforge_protocol::id::BlobHash;
use rusqlite::{Connection, params};

use super::local::Plan;
use super::manifest::{
    BlobPart, CHUNK, Cutter, EntryPart, FilePart, LocalFile, Manifest, Part, Snapshot, TablePart, WorkspacePart,
    entries_name, to_bytes,
};
use super::medium::is_single;
use super::repository::{Begun, Repository};
use super::{Step, tables};
use crate::api::{ApiError, BackupReply, BlobChoice, ErrorKind, Passphrase};
use crate::blob::{Blobs, Verdict, side_by_side};
use crate::clock::now_ms;
use crate::core::Core;
use crate::directory::storage;
use crate::node::Node;
use crate::requests::blobs_named;
use crate::store::Store;

/// Blobs that are written side by side: each is read, encrypted and synced.
const WRITERS: usize = 4;

/// What is backed up, and where to.
#[derive(Debug, Clone)]
pub(crate) struct Order {
    /// Where to.
    pub(crate) target: PathBuf,
    /// Which blobs.
    pub(crate) blobs: BlobChoice,
    /// Snapshots to keep.
    pub(crate) keep: Option<u32>,
}

impl From<&Plan> for Order {
    fn from(plan: &Plan) -> Self {
        Self { target: plan.target.clone(), blobs: plan.blobs.clone(), keep: plan.keep }
    }
}

/// How making a backup came out.
#[derive(Debug)]
pub(crate) enum Made {
    /// It is there.
    Done(BackupReply),
    /// Its passphrase is needed: that of a new backup, or of one that is there.
    NeedsPassphrase {
        /// Whether it is a new one.
        is_new: bool,
    },
}

/// What is in a backup, as it was in one moment.
#[derive(Debug)]
struct Moment {
    connection: Connection,
    manifest: Manifest,
    blobs: Vec<BlobPart>,
}

/// Ends the work on a backup when whoever waits for it goes away.
#[derive(Debug)]
struct Stop(Arc<AtomicBool>);

impl Drop for Stop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Makes a backup; `tell` hears how far it is.
///
/// # Errors
/// As [`Repository::begin`], `NotFound` when what is named is not here, `Storage`.
pub(crate) async fn create(
    node: &Node,
    order: Order,
    passphrase: Option<Passphrase>,
    tell: impl Fn(Step) + Send + Sync + 'static,
) -> Result<Made, ApiError> {
    let started = Instant::now();
    check_target(node.directory(), &order.target)?;
    let (dir, target) = (node.directory().to_owned(), order.target.clone());
    let begun = blocking(move || Repository::begin(&dir, &target, passphrase.as_ref())).await?;
    let repository = match begun {
        Begun::Open(repository) => repository,
        Begun::Needs { is_new } => return Ok(Made::NeedsPassphrase { is_new }),
    };
    let (dir, choice) = (node.directory().to_owned(), order.blobs.clone());
    let moment = node.with_core(move |core| moment(core, &dir, &choice)).await?;
    let (dir, blobs) = (node.directory().to_owned(), node.blobs().clone());
    let stop = Stop(Arc::default());
    let stopped = Arc::clone(&stop.0);
    let written = blocking(move || write(repository, moment, &dir, &blobs, (&tell, &stopped), order.keep)).await?;
    drop(stop);
    let mut reply = written.reply;
    // One that is held no more went meanwhile, because others hold it.
    let missing = written.missing;
    let lost = node.with_core(move |core| {
        let mut lost = Vec::new();
        for hash in missing {
            if core.store.has_blob(&hash)? {
                lost.push(hash);
            }
        }
        Ok(lost)
    });
    reply.problems.extend(lost.await?.iter().map(|hash| {
        format!(
            "blob {hash} is damaged here, and not in this snapshot: dataforge verify --repair fetches it from a peer"
        )
    }));
    reply.target = order.target;
    reply.seconds = started.elapsed().as_secs_f64();
    Ok(Made::Done(reply))
}

/// Begins a backup, or finds that it can be written to; returns whether its passphrase is needed for
/// that, and whether that is a new one.
///
/// # Errors
/// `Usage` for a single file, else as [`Repository::begin`].
pub(crate) async fn prepare(
    node: &Node,
    target: PathBuf,
    passphrase: Option<Passphrase>,
) -> Result<Option<bool>, ApiError> {
    check_target(node.directory(), &target)?;
    if is_single(&target) {
        return Err(ApiError::new(ErrorKind::Usage, format!("{} would be a single file", target.display()))
            .hint("schedule a backup into a directory: each snapshot then adds only what is new"));
    }
    let dir = node.directory().to_owned();
    match blocking(move || Repository::begin(&dir, &target, passphrase.as_ref())).await? {
        Begun::Open(_) => Ok(None),
        Begun::Needs { is_new } => Ok(Some(is_new)),
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ApiError> + Send + 'static,
) -> Result<T, ApiError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|error| Err(ApiError::new(ErrorKind::Internal, format!("a task failed: {error}"))))
}

/// Refuses a backup that would be lost with what it is of.
fn check_target(dir: &Path, target: &Path) -> Result<(), ApiError> {
    let above = target.ancestors().find_map(|path| path.canonicalize().ok());
    if above.is_some_and(|path| path.starts_with(dir)) {
        return Err(ApiError::new(ErrorKind::Usage, format!("{} is within the data directory", target.display()))
            .hint("back up to another disk: what is in the data directory is lost with it"));
    }
    Ok(())
}

/// Fixes what is in a backup.
fn moment(core: &mut Core, dir: &Path, choice: &BlobChoice) -> Result<Moment, ApiError> {
    let connection = Store::open_moment(dir)?;
    let public = core.public().map(|public| public.person.clone()).ok();
    let held = core.store.held()?;
    let chosen = chosen(core, choice)?;
    let is_chosen = |hash: &BlobHash| chosen.as_ref().is_none_or(|chosen| chosen.contains(hash));
    let part = |blob: &dataforge_protocol::entry::BlobRef| BlobPart { hash: blob.hash.0, size: blob.size };
    let blobs: Vec<_> = held.iter().filter(|blob| is_chosen(&blob.hash)).map(part).collect();
    let left_out = held.iter().filter(|blob| !is_chosen(&blob.hash)).map(|blob| blob.size);
    let left_out = (left_out.clone().count() as u64, left_out.sum());
    let mut files = Vec::new();
    for file in LocalFile::ALL {
        let path = dir.join(file.path());
        match std::fs::read(&path) {
            Ok(bytes) => files.push(FilePart { file, bytes }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(storage("cannot read", &path, &error)),
        }
    }
    let label = public.as_ref().and_then(|person| person.devices.first().map(|(_, label)| label.clone()));
    let manifest = Manifest {
        created_ms: now_ms(),
        program: env!("CARGO_PKG_VERSION").to_owned(),
        device: core.public().ok().and_then(crate::identity::PublicIdentity::device).map(|device| device.0),
        person: public.map(|person| person.name).unwrap_or_default(),
        label: label.unwrap_or_default(),
        choice: choice.to_string(),
        left_out,
        files,
        tables: Vec::new(),
        workspaces: Vec::new(),
        blobs: Vec::new(),
    };
    Ok(Moment { connection, manifest, blobs })
}

/// Returns the blobs that are asked for; none when all are.
fn chosen(core: &mut Core, choice: &BlobChoice) -> Result<Option<BTreeSet<BlobHash>>, ApiError> {
    match choice {
        BlobChoice::All => Ok(None),
        BlobChoice::None => Ok(Some(BTreeSet::new())),
        BlobChoice::Own => {
            let Ok(person) = core.public().map(|public| public.person.id) else { return Ok(Some(BTreeSet::new())) };
            let mut own = BTreeSet::new();
            for workspace in core.workspace_ids() {
                let devices = core.ledger(&workspace)?.people();
                let devices = devices.get(&person).map(|known| known.devices.keys().copied().collect::<Vec<_>>());
                own.extend(core.store.brought_in(&workspace, &devices.unwrap_or_default())?);
            }
            Ok(Some(own))
        }
        BlobChoice::Of(targets) => targets_of(core, targets).map(Some),
    }
}

/// Returns the blobs of what is named, in any workspace.
pub(super) fn targets_of(core: &Core, targets: &[String]) -> Result<BTreeSet<BlobHash>, ApiError> {
    let mut found = BTreeSet::new();
    for target in targets {
        let (mut is_known, mut failure) = (false, None);
        for workspace in core.workspace_ids() {
            match blobs_named(core, &workspace, target) {
                Ok(blobs) => {
                    is_known = true;
                    found.extend(blobs.into_iter().map(|named| named.blob.hash));
                }
                Err(error) => failure = Some(error),
            }
        }
        if let Some(error) = failure.filter(|_| !is_known) {
            return Err(error);
        }
    }
    Ok(found)
}

/// What was written.
#[derive(Debug)]
struct Written {
    reply: BackupReply,
    /// Blobs whose files were not right.
    missing: Vec<BlobHash>,
}

fn write(
    mut repository: Box<Repository>,
    moment: Moment,
    dir: &Path,
    blobs: &Blobs,
    (tell, stopped): (&(dyn Fn(Step) + Sync), &AtomicBool),
    keep: Option<u32>,
) -> Result<Written, ApiError> {
    let Moment { connection, mut manifest, blobs: wanted } = moment;
    for table in tables::taken(Store::truth_tables()?) {
        let parts = write_table(&repository, &connection, &table)?;
        if !parts.is_empty() {
            manifest.tables.push(TablePart { table, parts });
        }
    }
    manifest.workspaces = write_chains(&repository, &connection, tell)?;
    // What follows takes its time, and an open transaction keeps the log of the database from shrinking.
    drop(connection);
    let missing = write_blobs(&repository, &wanted, blobs, tell, stopped)?;
    manifest.blobs = wanted.into_iter().filter(|blob| !missing.contains(&blob.hash())).collect();
    let content = to_bytes(&manifest);
    let name = repository.keys.name("manifest", &[&content]);
    repository.put(name, &content)?;
    let source = source(&repository, &manifest);
    let snapshot = Snapshot {
        created_ms: manifest.created_ms,
        source,
        manifest: name,
        new_bytes: repository.written().1,
        names: manifest.names(&repository.keys),
    };
    let number = repository.finish(dir, snapshot)?;
    let removed = keep.map_or(Ok(Vec::new()), |keep| repository.prune(&source, keep))?;
    let (new_objects, new_bytes) = repository.written();
    let reply = BackupReply {
        target: PathBuf::new(),
        snapshot: number,
        workspaces: manifest.workspaces.len() as u64,
        entries: manifest.entries(),
        blobs: manifest.blobs.len() as u64,
        bytes: manifest.blob_bytes(),
        left_out: manifest.left_out.0,
        left_out_bytes: manifest.left_out.1,
        new_objects,
        new_bytes,
        removed,
        problems: std::mem::take(&mut repository.problems),
        seconds: 0.0,
    };
    Ok(Written { reply, missing: missing.into_iter().collect() })
}

/// Whose snapshots are counted together: those of a device.
fn source(repository: &Repository, manifest: &Manifest) -> [u8; 16] {
    let name = repository.keys.name("source", &[&manifest.device.unwrap_or_default()]);
    let mut source = [0; 16];
    source.copy_from_slice(&name.0[..16]);
    source
}

fn write_table(repository: &Repository, connection: &Connection, table: &str) -> Result<Vec<Part>, ApiError> {
    let mut parts = Vec::new();
    tables::read(connection, table, |rows| {
        let content = to_bytes(&rows);
        let name = repository.keys.name("rows", &[table.as_bytes(), &content]);
        repository.put(name, &content)?;
        parts.push(Part { name, items: rows.len() as u64 });
        Ok(())
    })?;
    Ok(parts)
}

fn write_chains(
    repository: &Repository,
    connection: &Connection,
    tell: &(dyn Fn(Step) + Sync),
) -> Result<Vec<WorkspacePart>, ApiError> {
    let total: u64 = connection.query_row("SELECT count(*) FROM entries", [], |row| row.get(0))?;
    let mut statement = connection.prepare("SELECT id, name, added_ms FROM workspaces ORDER BY added_ms, id")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    let mut workspaces = Vec::new();
    let mut done = 0;
    for row in rows {
        let (id, name, added_ms): ([u8; 32], String, u64) = row?;
        let mut parts = Vec::new();
        each_part(connection, &id, |ids, (from, to)| {
            let name = entries_name(&repository.keys, &id, ids);
            if !repository.has(&name) {
                repository.put(name, &to_bytes(&entries(connection, &id, (from, to))?))?;
            }
            parts.push(Part { name, items: ids.len() as u64 });
            done += ids.len() as u64;
            tell(Step { step: "entries", done, total });
            Ok(())
        })?;
        workspaces.push(WorkspacePart { id, name, added_ms, parts });
    }
    Ok(workspaces)
}

/// Calls `each` with the ids of every part of a workspace's entries, and where it begins and ends.
fn each_part(
    connection: &Connection,
    workspace: &[u8; 32],
    mut each: impl FnMut(&[[u8; 32]], (i64, i64)) -> Result<(), ApiError>,
) -> Result<(), ApiError> {
    let mut statement = connection.prepare(
        "SELECT position, id, length(header) + length(body) FROM entries WHERE workspace = ?1 ORDER BY position",
    )?;
    let mut rows = statement.query(params![workspace])?;
    let (mut cutter, mut ids, mut from, mut to) = (Cutter::default(), Vec::new(), 0, 0);
    while let Some(row) = rows.next()? {
        let (position, id, bytes): (i64, [u8; 32], u64) = (row.get(0)?, row.get(1)?, row.get(2)?);
        if ids.is_empty() {
            from = position;
        }
        to = position;
        ids.push(id);
        if cutter.take(&id, bytes) {
            each(&ids, (from, to))?;
            ids.clear();
        }
    }
    if ids.is_empty() { Ok(()) } else { each(&ids, (from, to)) }
}

fn entries(connection: &Connection, workspace: &[u8; 32], (from, to): (i64, i64)) -> Result<Vec<EntryPart>, ApiError> {
    let mut statement = connection.prepare_cached(
        "SELECT header, signature, body, received_ms FROM entries
         WHERE workspace = ?1 AND position BETWEEN ?2 AND ?3 ORDER BY position",
    )?;
    let rows = statement.query_map(params![workspace, from, to], |row| {
        Ok(EntryPart::new(row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Writes blobs side by side; returns those whose files are not right.
fn write_blobs(
    repository: &Repository,
    wanted: &[BlobPart],
    blobs: &Blobs,
    tell: &(dyn Fn(Step) + Sync),
    stopped: &AtomicBool,
) -> Result<BTreeSet<BlobHash>, ApiError> {
    let (done, failed) = (AtomicU64::new(0), AtomicBool::new(false));
    let written = side_by_side(wanted, WRITERS, |blob| {
        if failed.load(Ordering::Relaxed) || stopped.load(Ordering::Relaxed) {
            return Ok(true);
        }
        let written = write_blob(repository, blob, blobs, stopped);
        failed.fetch_or(written.is_err(), Ordering::Relaxed);
        tell(Step { step: "blobs", done: done.fetch_add(1, Ordering::Relaxed) + 1, total: wanted.len() as u64 });
        written
    })?;
    if stopped.load(Ordering::Relaxed) {
        return Err(ApiError::new(ErrorKind::Internal, "the backup was given up: the next one goes on"));
    }
    let mut missing = BTreeSet::new();
    for (blob, written) in wanted.iter().zip(written) {
        if !written? {
            missing.insert(blob.hash());
        }
    }
    Ok(missing)
}

/// Writes what is missing of a blob; returns whether its file is right.
fn write_blob(repository: &Repository, blob: &BlobPart, blobs: &Blobs, stopped: &AtomicBool) -> Result<bool, ApiError> {
    let names: Vec<_> = blob.names(&repository.keys).collect();
    if names.iter().all(|name| repository.has(name)) {
        return Ok(true);
    }
    let path = blobs.path(&blob.hash());
    if let [name] = names.as_slice() {
        let Some(bytes) = std::fs::read(&path).ok().filter(|bytes| BlobHash::of(bytes) == blob.hash()) else {
            return Ok(false);
        };
        return repository.put(*name, &bytes).map(|()| true);
    }
    // Hashed first: a part that is written is taken for right from then on.
    let verdict = blobs.check(&[(blob.hash(), blob.size)])?;
    if verdict.first().is_none_or(|verdict| *verdict == Verdict::Damaged) {
        return Ok(false);
    }
    let Ok(mut file) = File::open(&path) else { return Ok(false) };
    for name in names {
        if stopped.load(Ordering::Relaxed) {
            return Ok(true);
        }
        let mut bytes = Vec::new();
        if file.by_ref().take(CHUNK).read_to_end(&mut bytes).is_err() {
            return Ok(false);
        }
        repository.put(name, &bytes)?;
    }
    Ok(true)
}
