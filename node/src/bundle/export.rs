//! Making a bundle: its sections are gone through twice, first to say in the manifest what they are,
//! then to write them, so that nothing has to be in memory as a whole.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use dataforge_protocol::bundle::{
    MAGIC, Manifest, PARTS, Part, SignedManifest, Tally, VolumeHeader, entry_record, holding_record, table_row,
    tips_records, wants_record,
};
use dataforge_protocol::entry::BlobRef;
use dataforge_protocol::id::{BlobHash, BundleId, DeviceId, EntryId, PersonId, WorkspaceId};
use dataforge_protocol::limits::MAX_VOLUMES;
use iroh::SecretKey;
use tokio::sync::mpsc;

use super::out::{Writer, Written, too_long_hint};
use super::plan::Selection;
use super::volumes::volume_path;
use super::{envelope, place, step};
use crate::api::{ApiError, ErrorKind};
use crate::client::Output;
use crate::clock::now_ms;
use crate::directory::storage;
use crate::node::Node;
use crate::store::{BundleRow, Exported};

/// Entries read from the database at a time.
const ENTRIES: usize = 256;
/// Bytes of blobs read at a time.
const PIECE: usize = 1 << 20;
/// The smallest volume.
const MIN_VOLUME: u64 = 1_000_000;

/// What is to be made.
#[derive(Debug)]
pub(super) struct Order {
    pub(super) workspace: WorkspaceId,
    pub(super) selection: Selection,
    pub(super) base: Option<BundleId>,
    pub(super) audience: Option<PersonId>,
    /// The file, absolute.
    pub(super) target: PathBuf,
    /// Whether one that is there is replaced.
    pub(super) replaces: bool,
    /// The most bytes a file may have.
    pub(super) max_bytes: Option<u64>,
    /// The devices to encrypt to.
    pub(super) readers: Option<Vec<DeviceId>>,
}

/// What was made.
#[derive(Debug)]
pub(super) struct Made {
    pub(super) manifest: Manifest,
    pub(super) files: Vec<PathBuf>,
    pub(super) bytes: u64,
}

/// Makes a bundle and remembers it.
///
/// # Errors
/// `Usage` when the file exists or cannot be of that size, `Storage` when it cannot be written, `Damaged`
/// when a blob cannot be read as it should be.
pub(super) async fn make(node: &Node, order: Order, out: &mpsc::Sender<Output>) -> Result<Made, ApiError> {
    let (maker, out) = (node.clone(), out.clone());
    let made = tokio::task::spawn_blocking(move || make_here(&maker, &order, &out)).await;
    made.map_err(|error| ApiError::new(ErrorKind::Internal, format!("a task failed: {error}")))?
}

fn make_here(node: &Node, order: &Order, out: &mpsc::Sender<Output>) -> Result<Made, ApiError> {
    let dir = order.target.parent().unwrap_or(Path::new("."));
    see_that_free(order)?;
    let (secret, made_ms) = node.locked(|core| {
        let secret = core.identity()?.secret.clone();
        let device = core.device().unwrap_or(DeviceId([0; 32]));
        let last = core.store.last_bundle_of(&order.workspace, &device)?;
        // Later than the last, so that the last one stands.
        Ok((secret, last.map_or(0, |last| last.made_ms + 1).max(now_ms())))
    })?;
    let (manifest, signed) = manifest(node, order, &secret, made_ms, out)?;
    let header = VolumeHeader { number: 1, manifest: signed.clone() }.byte_len();
    let needed = manifest.content_bytes() + header * u64::from(manifest.volumes);
    if let Some(free) = crate::space::free_bytes(dir).filter(|free| *free < needed) {
        return Err(ApiError::new(
            ErrorKind::Storage,
            format!("{needed} bytes are needed in {}, and {free} are free", dir.display()),
        )
        .hint("make room there, or leave data out with --blobs or --for"));
    }
    let longest = place::longest_file(dir).filter(|longest| manifest.volume_content(1) + header > *longest);
    if longest.is_some() {
        return Err(ApiError::new(
            ErrorKind::Usage,
            format!("a file of {needed} bytes does not fit on the disk of {}", dir.display()),
        )
        .hint(too_long_hint()));
    }
    let mut writer = Writer::new(&order.target, manifest.clone(), signed, order.readers.clone());
    for part in PARTS {
        each_record(node, order, part, &mut |record| writer.write(record))?;
    }
    write_blobs(node, &order.selection.blobs, &mut writer, out)?;
    let Written { files, bytes } = writer.finish()?;
    remove_rest(&order.target, files.len());
    remember(node, order, &manifest, &files, bytes)?;
    Ok(Made { manifest, files, bytes })
}

/// A bundle is not written over unless somebody says so.
fn see_that_free(order: &Order) -> Result<(), ApiError> {
    let dir = order.target.parent().unwrap_or(Path::new("."));
    if !dir.is_dir() {
        return Err(ApiError::new(ErrorKind::NotFound, format!("there is no directory {}", dir.display()))
            .hint("is the stick plugged in and mounted?"));
    }
    for path in [order.target.clone(), volume_path(&order.target, 1)] {
        match std::fs::symlink_metadata(&path) {
            Ok(found) if !found.is_file() => {
                return Err(ApiError::new(ErrorKind::Usage, format!("{} is no file", path.display()))
                    .hint("choose another name"));
            }
            Ok(_) if !order.replaces => {
                return Err(ApiError::new(ErrorKind::Usage, format!("{} exists already", path.display()))
                    .hint("choose another name, or replace it with --force"));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Removes what is left of a bundle that was replaced: its later volumes, or its one file.
fn remove_rest(target: &Path, files: usize) {
    let first = if files == 1 { 1 } else { u32::try_from(files + 1).unwrap_or(u32::MAX) };
    let rest = (first..=MAX_VOLUMES).map(|number| volume_path(target, number));
    for path in rest.take_while(|path| is_ours(path)) {
        // What cannot be removed is found to belong to another bundle when it is read.
        drop(std::fs::remove_file(path));
    }
    if files > 1 && is_ours(target) {
        drop(std::fs::remove_file(target));
    }
}

/// Whether a file begins as a volume does: another of that name stays.
fn is_ours(path: &Path) -> bool {
    let mut start = Vec::new();
    let read = place::open_file(path).map(|file| file.take(envelope::PEEK as u64).read_to_end(&mut start).is_ok());
    read.unwrap_or(false) && (start.starts_with(MAGIC) || envelope::is_sealed(&start))
}

/// Returns how much content goes into a volume.
fn volume_bytes(order: &Order, content: u64) -> Result<u64, ApiError> {
    let Some(max) = order.max_bytes else { return Ok(content.max(1)) };
    if max < MIN_VOLUME {
        return Err(ApiError::new(ErrorKind::Usage, format!("volumes of {max} bytes are too small"))
            .hint("give at least 1 MB with --max-size"));
    }
    let file = order.readers.as_ref().map_or(max, |readers| envelope::room(max, readers.len()));
    let each = file.saturating_sub(VolumeHeader::max_byte_len()).max(1);
    let volumes = Manifest::volumes_of(content, each);
    if volumes > u64::from(MAX_VOLUMES) {
        return Err(ApiError::new(
            ErrorKind::Usage,
            format!("that would be {volumes} volumes, and there can be {MAX_VOLUMES}"),
        )
        .hint("give more with --max-size"));
    }
    Ok(each.min(content.max(1)))
}

fn manifest(
    node: &Node,
    order: &Order,
    secret: &SecretKey,
    made_ms: u64,
    out: &mpsc::Sender<Output>,
) -> Result<(Manifest, SignedManifest), ApiError> {
    let mut sections = Vec::with_capacity(PARTS.len());
    for (done, part) in PARTS.into_iter().enumerate() {
        step(out, "gathering", done as u64, PARTS.len() as u64, part.as_str())?;
        let mut tally = Tally::default();
        each_record(node, order, part, &mut |record| {
            tally.add(record);
            Ok(())
        })?;
        sections.push(tally.section());
    }
    let internal = |error: &dyn std::fmt::Display| ApiError::new(ErrorKind::Internal, error.to_string());
    let sections = sections.try_into().map_err(|_sections| internal(&"a section is missing"))?;
    let mut manifest = Manifest {
        workspace: order.workspace,
        exporter: DeviceId(*secret.public().as_bytes()),
        made_ms,
        base: order.base,
        audience: order.audience,
        sections,
        blob_bytes: order.selection.blobs.iter().map(|blob| blob.size).sum(),
        volume_bytes: 1,
        volumes: 1,
    };
    let content = manifest.content_bytes();
    manifest.volume_bytes = volume_bytes(order, content)?;
    manifest.volumes = u32::try_from(Manifest::volumes_of(content, manifest.volume_bytes)).unwrap_or(u32::MAX);
    let signed = SignedManifest::sign(&manifest, secret).map_err(|error| {
        ApiError::new(ErrorKind::Usage, format!("this is more than one bundle may have: {error}"))
            .hint("leave data out with --since, --for or --blobs")
    })?;
    Ok((manifest, signed))
}

/// Goes through the records of a section, the same each time.
fn each_record(
    node: &Node,
    order: &Order,
    part: Part,
    take: &mut dyn FnMut(&[u8]) -> Result<(), ApiError>,
) -> Result<(), ApiError> {
    let selection = &order.selection;
    match part {
        Part::Tips => selection.tips.iter().flat_map(tips_records).try_for_each(|record| take(&record)),
        Part::Table => selection.blobs.iter().try_for_each(|blob| take(&table_row(blob))),
        Part::Ops => each_entry(node, &selection.ops, take),
        Part::Entries => each_entry(node, &selection.entries, take),
        Part::Holdings => selection.holdings.iter().try_for_each(|signed| take(&holding_record(signed))),
        Part::Wants => take(&wants_record(Some(&selection.wants))),
    }
}

fn each_entry(
    node: &Node,
    ids: &[EntryId],
    take: &mut dyn FnMut(&[u8]) -> Result<(), ApiError>,
) -> Result<(), ApiError> {
    for ids in ids.chunks(ENTRIES) {
        // The lock is given back between groups: others have work too.
        let entries = node.locked(|core| {
            let stored = ids.iter().map(|id| {
                core.store.stored_entry(id)?.ok_or_else(|| {
                    ApiError::new(ErrorKind::Damaged, format!("entry {} cannot be read", id.fmt_short()))
                        .hint("run dataforge verify")
                })
            });
            stored.collect::<Result<Vec<_>, _>>()
        })?;
        entries.iter().try_for_each(|entry| take(&entry_record(entry)))?;
    }
    Ok(())
}

fn write_blobs(
    node: &Node,
    blobs: &[BlobRef],
    writer: &mut Writer,
    out: &mpsc::Sender<Output>,
) -> Result<(), ApiError> {
    let total = blobs.iter().map(|blob| blob.size).sum();
    let mut done = 0;
    let mut buffer = vec![0; PIECE];
    for blob in blobs {
        step(out, "writing", done, total, &blob.hash.fmt_short())?;
        write_blob(node, blob, writer, &mut buffer, &mut |bytes| {
            done += bytes;
            step(out, "writing", done, total, &blob.hash.fmt_short())
        })?;
    }
    Ok(())
}

fn write_blob(
    node: &Node,
    blob: &BlobRef,
    writer: &mut Writer,
    buffer: &mut [u8],
    on_bytes: &mut dyn FnMut(u64) -> Result<(), ApiError>,
) -> Result<(), ApiError> {
    if blob.size == 0 {
        // It has no file.
        return Ok(());
    }
    let path = node.blobs().path(&blob.hash);
    let damaged = |why: &str| {
        ApiError::new(ErrorKind::Damaged, format!("blob {} {why}", blob.hash.fmt_short()))
            .hint("if it was freed meanwhile, try again; else run dataforge verify --repair, then try again")
    };
    let mut file = File::open(&path).map_err(|_error| damaged("is not here any more"))?;
    let (mut left, mut hasher) = (blob.size, blake3::Hasher::new());
    while left > 0 {
        let most = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
        let part = buffer.get_mut(..most).unwrap_or_default();
        let read = file.read(part).map_err(|error| storage("cannot read", &path, &error))?;
        let part = part.get(..read).filter(|part| !part.is_empty()).ok_or_else(|| damaged("is cut short"))?;
        hasher.update(part);
        left -= read as u64;
        // Before its end is written: nobody is to be given what is damaged.
        if left == 0 && BlobHash(*hasher.finalize().as_bytes()) != blob.hash {
            return Err(damaged("is damaged on disk"));
        }
        writer.write(part)?;
        on_bytes(read as u64)?;
    }
    Ok(())
}

fn remember(node: &Node, order: &Order, manifest: &Manifest, files: &[PathBuf], bytes: u64) -> Result<(), ApiError> {
    let selection = &order.selection;
    let row = BundleRow {
        id: manifest.id(),
        device: manifest.exporter,
        made_ms: manifest.made_ms,
        base: manifest.base,
        tips: selection.tips.clone(),
        wants: Some(selection.wants.clone()),
        blobs: selection.numbers.clone(),
        entries: Some(selection.places.clone()),
        readers: order.readers.clone(),
    };
    let exported = Exported {
        what: format!("{} entries, {} blobs", selection.entries.len(), selection.blobs.len()),
        doc: None,
        format: "bundle".to_owned(),
        file: files.first().map(|file| file.display().to_string()).unwrap_or_default(),
        bytes,
        hash: BlobHash(manifest.id().0),
    };
    node.locked(|core| {
        core.store.transaction(|store| {
            let now = now_ms();
            store.note_bundle(&order.workspace, &row, now)?;
            store.note_export(&order.workspace, now, &exported)
        })
    })
}
