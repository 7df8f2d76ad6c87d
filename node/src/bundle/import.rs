//! Taking what is in a bundle: entries through the one door, blobs through the durable store. It goes on
//! where an earlier attempt ended, since what is here is passed over.

use std::collections::BTreeSet;
use std::path::PathBuf;

use bytes::Bytes;
use dataforge_protocol::bundle::{BundleError, Item, Part, Reader};
use dataforge_protocol::entry::{BlobRef, SignedEntry, entry_id};
use dataforge_protocol::holding::{BlobSet, SignedHolding};
use dataforge_protocol::id::{BlobHash, DeviceId, EntryId, WorkspaceId};
use dataforge_protocol::limits::MAX_HOLDINGS;
use dataforge_protocol::wire::Message;
use tokio::sync::mpsc;

use super::check::{Checked, ENTRIES, at, check, verified};
use super::volumes::{Bundle, Content};
use super::{Take, step};
use crate::api::{ApiError, BundleImportReply, ErrorKind};
use crate::blob::Stored;
use crate::client::Output;
use crate::clock::now_ms;
use crate::core::{Core, device_name};
use crate::holdings;
use crate::node::Node;
use crate::store::{BundleRow, Exchange, Moved};
use crate::transfer::wanted;

/// Blobs up to so many bytes are read before they are stored, larger ones by pieces of that size.
const SMALL: u64 = 1 << 20;
/// Blobs, or parts of one, that wait to be stored.
const QUEUE: usize = 4;
/// Blobs made durable together …
const GROUP: usize = 64;
/// … or bytes.
const GROUP_BYTES: u64 = 64 << 20;

/// How a bundle is taken.
#[derive(Debug, Clone)]
pub(super) struct Options {
    /// Which blobs.
    pub(super) take: Take,
    /// Take what is whole of one that is not.
    pub(super) salvages: bool,
    /// The workspace it must be of.
    pub(super) only: Option<WorkspaceId>,
}

/// A blob on its way to the store.
enum Arrival {
    Small(BlobRef, Bytes),
    Large(BlobRef, mpsc::Receiver<std::io::Result<Bytes>>),
}

/// What the reading side did.
#[derive(Debug, Default)]
struct Read {
    settled: u64,
    invalid: Vec<(String, String)>,
    waiting: u64,
    damaged: Vec<BlobHash>,
    /// Why it ended early, when it did.
    ended: Option<ApiError>,
}

/// What was stored.
#[derive(Debug, Default)]
struct Kept {
    blobs: u64,
    bytes: u64,
    failed: Option<ApiError>,
}

/// Finds a bundle.
///
/// # Errors
/// As for [`Bundle::open`].
pub(super) async fn open(node: &Node, path: PathBuf) -> Result<Bundle, ApiError> {
    let secret = node.with_core(|core| Ok(core.identity.as_ref().map(|identity| identity.secret.clone()))).await?;
    let opened = tokio::task::spawn_blocking(move || Bundle::open(&path, secret.as_ref())).await;
    opened.map_err(|error| ApiError::new(ErrorKind::Internal, format!("a task failed: {error}")))?
}

/// Takes what is in a bundle.
///
/// # Errors
/// `NotFound` when its workspace is not here, `Input` when it is not good: then nothing was taken;
/// `Storage` when it cannot be read to its end or kept: what was taken before stays.
pub(super) async fn import(
    node: &Node,
    bundle: Bundle,
    options: Options,
    out: &mpsc::Sender<Output>,
) -> Result<BundleImportReply, ApiError> {
    let (workspace, maker, begun_ms) = (bundle.manifest.workspace, bundle.manifest.exporter, now_ms());
    see_that_here(node, &bundle, options.only).await?;
    let (checker, looked, asked, progress) = (node.clone(), bundle.clone(), options.clone(), out.clone());
    let checked = tokio::task::spawn_blocking(move || check(&checker, &looked, asked.take, asked.salvages, &progress));
    let failed = |error: tokio::task::JoinError| ApiError::new(ErrorKind::Internal, format!("a task failed: {error}"));
    let checked = checked.await.map_err(failed)??;
    let (sender, arrivals) = mpsc::channel(QUEUE);
    let (taker, taken, progress) = (node.clone(), bundle.clone(), out.clone());
    let reading = tokio::task::spawn_blocking(move || read(&taker, &taken, &options, &sender, &progress));
    let kept = store(node, bundle.manifest.workspace, arrivals).await;
    let read = reading.await.map_err(failed)?;
    let waiting = node.with_core(move |core| Ok(core.ledger(&workspace)?.waiting() as u64)).await?.min(read.waiting);
    let is_whole = read.ended.is_none() && kept.failed.is_none() && read.damaged.is_empty();
    note(node, &bundle, &checked, is_whole && waiting == 0).await?;
    if is_whole && waiting == 0 {
        let settled = node.with_core(move |core| Ok(crate::conflicts::settle(core, &workspace))).await?;
        node.on_progress(workspace, &settled);
    }
    crate::admission::admit_or_tell(node).await;
    let mut reply = node.with_core(move |core| reply(core, &bundle, &checked)).await?;
    reply.entries = read.settled;
    reply.waiting = waiting;
    reply.refused = read.invalid;
    reply.damaged = read.damaged.iter().map(ToString::to_string).collect();
    (reply.blobs, reply.bytes) = (kept.blobs, kept.bytes);
    let moved = Moved { entries_in: read.settled, blobs_in: kept.blobs, bytes_in: kept.bytes, ..Moved::default() };
    log(node, (workspace, maker), begun_ms, moved, is_whole).await;
    match kept.failed.or(read.ended) {
        None => Ok(reply),
        Some(error) => Err(ApiError {
            message: format!(
                "{}; {} entries and {} blobs were taken before and stay",
                error.message, reply.entries, reply.blobs
            ),
            ..error
        }
        .hint("see to it that the stick is plugged in and the disk has room, then give the same command: it goes on")),
    }
}

/// Writes down in the sync log that a device was met by a bundle of its.
async fn log(node: &Node, from: (WorkspaceId, DeviceId), begun_ms: u64, moved: Moved, is_whole: bool) {
    let (workspace, device) = from;
    let reason = if is_whole { "all of the bundle was taken" } else { "not all of the bundle could be taken" };
    let exchange = Exchange {
        workspace,
        device,
        is_out: false,
        path: "bundle".to_owned(),
        begun_ms,
        ended_ms: Some(now_ms()),
        moved,
        reason: Some(reason.to_owned()),
    };
    // One's own bundle, read again, is no meeting.
    let noted = node.with_core(move |core| match core.device() {
        Some(own) if own == device => Ok(()),
        _ => core.store.note_exchange(&exchange).map(|_row| ()),
    });
    if let Err(error) = noted.await {
        tracing::warn!("a bundle is not in the sync log: {error}");
    }
}

async fn see_that_here(node: &Node, bundle: &Bundle, only: Option<WorkspaceId>) -> Result<(), ApiError> {
    let of = bundle.manifest.workspace;
    if only.is_some_and(|only| only != of) {
        return Err(ApiError::new(
            ErrorKind::Input,
            format!("{} is of workspace {}, not of this one", bundle.path().display(), of.fmt_short()),
        )
        .hint("leave --workspace out, or name another file"));
    }
    if node.with_core(move |core| Ok(core.workspace_ids().contains(&of))).await? {
        return Ok(());
    }
    Err(ApiError::new(
        ErrorKind::NotFound,
        format!("{} is of workspace {}, which is not here", bundle.path().display(), of.fmt_short()),
    )
    .hint("join it first: dataforge join TICKET, with a ticket of one of its admins"))
}

/// Reads the bundle again: takes entries, and hands on blobs that are to be kept.
fn read(
    node: &Node,
    bundle: &Bundle,
    options: &Options,
    sender: &mpsc::Sender<Arrival>,
    out: &mpsc::Sender<Output>,
) -> Read {
    let mut taker = Taker {
        node,
        workspace: bundle.manifest.workspace,
        read: Read::default(),
        batch: Vec::new(),
        statements: Vec::new(),
    };
    let done = taker.run(bundle, options, sender, out);
    taker.read.ended = done.err();
    taker.read
}

struct Taker<'a> {
    node: &'a Node,
    workspace: WorkspaceId,
    read: Read,
    batch: Vec<SignedEntry>,
    statements: Vec<SignedHolding>,
}

impl Taker<'_> {
    fn run(
        &mut self,
        bundle: &Bundle,
        options: &Options,
        sender: &mpsc::Sender<Arrival>,
        out: &mpsc::Sender<Output>,
    ) -> Result<(), ApiError> {
        let total = bundle.manifest.content_bytes();
        let content = if options.salvages { bundle.what_is_there() } else { bundle.content() };
        let mut reader = Reader::new(bundle.manifest.clone(), content);
        let mut due = BTreeSet::new();
        loop {
            let Some(item) = reader.next_item().map_err(|error| at(&reader, &error))? else { return Ok(()) };
            match item {
                Item::Tips(_) => {}
                Item::Op(entry) | Item::Entry(entry) => {
                    self.batch.push(entry);
                    if self.batch.len() >= ENTRIES {
                        self.accept()?;
                        step(out, "taking", reader.at(), total, "entries")?;
                    }
                }
                Item::Holding(statement) => self.hear(Some(statement))?,
                Item::Wants(_) => {
                    self.accept()?;
                    self.hear(None)?;
                    due = self.due(reader.table(), options.take)?;
                }
                Item::Blob(blob) if due.contains(&blob.hash) => {
                    step(out, "taking", reader.at(), total, &blob.hash.fmt_short())?;
                    match hand_on(&mut reader, blob, sender) {
                        Err(BundleError::Blob(hash)) if options.salvages => self.read.damaged.push(hash),
                        Err(error) => return Err(at(&reader, &error)),
                        // The store says why it takes no more.
                        Ok(false) => return Ok(()),
                        Ok(true) => {}
                    }
                }
                Item::Blob(_) => {}
            }
        }
    }

    fn accept(&mut self) -> Result<(), ApiError> {
        let (workspace, batch) = (self.workspace, std::mem::take(&mut self.batch));
        let node = self.node;
        let unknown: Vec<_> = node.locked(|core| {
            let ledger = core.ledger(&workspace)?;
            let is_new = |entry: &SignedEntry| !ledger.contains(&entry_id(&entry.header));
            Ok(batch.into_iter().filter(is_new).collect())
        })?;
        if unknown.is_empty() {
            return Ok(());
        }
        let entries = unknown.into_iter().map(|signed| verified(signed, &workspace)).collect::<Result<Vec<_>, _>>()?;
        let progress = node.locked(|core| core.accept(&workspace, entries))?;
        self.read.settled += progress.settled.len() as u64;
        self.read.waiting += progress.waiting;
        self.read.invalid.extend(progress.invalid.iter().map(|(id, why)| (id.to_string(), why.clone())));
        node.on_progress(workspace, &progress);
        if progress.put_off {
            let message = "an entry that is held here cannot be read, so others cannot be judged";
            return Err(ApiError::new(ErrorKind::Damaged, message).hint("run dataforge verify"));
        }
        Ok(())
    }

    /// Takes statements, once the entries are here that say who is a member.
    fn hear(&mut self, statement: Option<SignedHolding>) -> Result<(), ApiError> {
        let is_last = statement.is_none();
        self.statements.extend(statement);
        if !is_last && self.statements.len() < MAX_HOLDINGS {
            return Ok(());
        }
        if !self.batch.is_empty() {
            self.accept()?;
        }
        let (workspace, statements) = (self.workspace, std::mem::take(&mut self.statements));
        let news = self.node.locked(|core| holdings::take(core, &workspace, statements))?;
        if let Some(network) = self.node.running().filter(|_| !news.is_empty()) {
            network.tell_all(&workspace, None, &Message::Holdings(news));
        }
        Ok(())
    }

    /// Returns the blobs that are to be kept.
    fn due(&self, table: &[BlobRef], take: Take) -> Result<BTreeSet<BlobHash>, ApiError> {
        let (workspace, default) = (self.workspace, self.node.config().cache.policy);
        let interest = self.node.transfers().interest(&workspace);
        self.node.locked(|core| {
            let wanted: Option<BTreeSet<_>> = match take {
                Take::Nothing => return Ok(BTreeSet::new()),
                Take::All => None,
                Take::Wanted => {
                    let all = wanted(&core.store, &workspace, default, &interest, now_ms())?;
                    Some(all.into_iter().map(|one| one.blob.hash).collect())
                }
            };
            let mut due = BTreeSet::new();
            for blob in table {
                let is_due = wanted.as_ref().is_none_or(|wanted| wanted.contains(&blob.hash))
                    && core.store.referred(&blob.hash)?.contains(&(workspace, blob.size))
                    && !core.store.holds(&workspace, &blob.hash)?;
                if is_due {
                    due.insert(blob.hash);
                }
            }
            Ok(due)
        })
    }
}

/// Hands a blob on to be stored; `false` when nothing is taken any more.
fn hand_on(
    reader: &mut Reader<Content<'_>>,
    blob: BlobRef,
    sender: &mpsc::Sender<Arrival>,
) -> Result<bool, BundleError> {
    if blob.size <= SMALL {
        let mut bytes = vec![0; usize::try_from(blob.size).unwrap_or_default()];
        let mut filled = 0;
        loop {
            match reader.read_blob(bytes.get_mut(filled..).unwrap_or_default())? {
                0 => break,
                read => filled += read,
            }
        }
        return Ok(sender.blocking_send(Arrival::Small(blob, bytes.into())).is_ok());
    }
    let (pieces, receiver) = mpsc::channel(QUEUE);
    if sender.blocking_send(Arrival::Large(blob, receiver)).is_err() {
        return Ok(false);
    }
    loop {
        let mut piece = vec![0; SMALL as usize];
        let read = match reader.read_blob(&mut piece) {
            Ok(0) => return Ok(true),
            Ok(read) => read,
            Err(error) => {
                // Without this the store would take the beginning for the whole.
                drop(pieces.blocking_send(Err(std::io::ErrorKind::UnexpectedEof.into())));
                return Err(error);
            }
        };
        piece.truncate(read);
        if pieces.blocking_send(Ok(piece.into())).is_err() {
            // It is there already, or the store says why it takes no more.
            return Ok(true);
        }
    }
}

/// Stores blobs as they come, and makes them durable in groups.
async fn store(node: &Node, workspace: WorkspaceId, mut arrivals: mpsc::Receiver<Arrival>) -> Kept {
    let mut kept = Kept::default();
    let (mut group, mut bytes) = (Vec::new(), 0);
    while let Some(arrival) = arrivals.recv().await {
        let stored = match arrival {
            Arrival::Small(blob, bytes) => node.blobs().take_bytes(blob, bytes).await,
            Arrival::Large(blob, pieces) => node.blobs().take_pieces(blob, pieces).await,
        };
        match stored {
            Ok(stored) => {
                bytes += stored.blob.size;
                group.push(stored);
            }
            // One that broke off is told by who read it, and in most cases the last.
            Err(error) if error.kind == ErrorKind::Input => tracing::debug!("{error}"),
            Err(error) => {
                kept.failed = Some(error);
                break;
            }
        }
        if group.len() >= GROUP || bytes >= GROUP_BYTES {
            bytes = 0;
            if let Err(error) = settle(node, workspace, std::mem::take(&mut group), &mut kept).await {
                kept.failed = Some(error);
                break;
            }
        }
    }
    drop(arrivals);
    // What came before a failure is kept.
    if let Err(error) = settle(node, workspace, group, &mut kept).await {
        kept.failed = kept.failed.or(Some(error));
    }
    kept
}

async fn settle(node: &Node, workspace: WorkspaceId, group: Vec<Stored>, kept: &mut Kept) -> Result<(), ApiError> {
    if group.is_empty() {
        return Ok(());
    }
    let durable = node.blobs().settle_stored(group).await?;
    let held: Vec<_> = durable.iter().map(|blob| (blob.hash, blob.size)).collect();
    node.note_held(workspace, &held).await?;
    kept.blobs += held.len() as u64;
    kept.bytes += held.iter().map(|(_, size)| size).sum::<u64>();
    Ok(())
}

/// Remembers what the bundle said, and the bundle itself once all of it was taken.
async fn note(node: &Node, bundle: &Bundle, checked: &Checked, is_done: bool) -> Result<(), ApiError> {
    let manifest = &bundle.manifest;
    let (workspace, exporter) = (manifest.workspace, manifest.exporter);
    let (blobs, entries) = (checked.blobs.clone(), checked.entries.clone());
    let row = BundleRow {
        id: manifest.id(),
        device: exporter,
        made_ms: manifest.made_ms,
        base: manifest.base,
        tips: checked.tips.clone(),
        wants: checked.wants.clone(),
        blobs: Vec::new(),
        entries: None,
        readers: None,
    };
    node.with_core(move |core| {
        if Some(exporter) == core.device() {
            // What is known of it here is more than it says.
            return Ok(());
        }
        // Only a member's device is believed.
        if !core.ledger(&workspace)?.members().is_member(&exporter) {
            return Ok(());
        }
        if let Some(own) = core.device()
            && let Some(seq) = level(core, &workspace, &own, &row)?
        {
            core.store.note_level(&workspace, &exporter, seq)?;
        }
        if !is_done || core.store.bundle(&workspace, &row.id)?.is_some() {
            return Ok(());
        }
        let entries = entries.map(|ids| places_of(core, &workspace, ids)).transpose()?;
        let row = BundleRow { blobs: core.store.numbers_of(&workspace, &blobs)?, entries, ..row };
        core.store.transaction(|store| store.note_bundle(&workspace, &row, now_ms()))
    })
    .await
}

/// The places of entries in the order of settling.
fn places_of(core: &mut Core, workspace: &WorkspaceId, ids: Vec<EntryId>) -> Result<BlobSet, ApiError> {
    let ids: BTreeSet<_> = ids.into_iter().collect();
    let settled = core.ledger(workspace)?.settled_since(0).iter().zip(0_u64..);
    Ok(BlobSet::from_sorted(settled.filter(|(id, _)| ids.contains(id)).map(|(_, place)| place)))
}

/// How far the exporter held this device's chain.
fn level(core: &mut Core, workspace: &WorkspaceId, own: &DeviceId, row: &BundleRow) -> Result<Option<u64>, ApiError> {
    let ledger = core.ledger(workspace)?;
    let told = row.tips.iter().filter(|chain| chain.device == *own).flat_map(|chain| &chain.tips);
    Ok(told.filter(|(_, id)| ledger.contains(id)).map(|(seq, _)| *seq).max())
}

fn reply(core: &mut Core, bundle: &Bundle, checked: &Checked) -> Result<BundleImportReply, ApiError> {
    let manifest = &bundle.manifest;
    let ledger = core.ledger(&manifest.workspace)?;
    let members = ledger.members();
    let is_known = ledger.people().values().any(|person| person.devices.contains_key(&manifest.exporter));
    Ok(BundleImportReply {
        id: manifest.id().to_string(),
        workspace: ledger.genesis().name.clone(),
        by: device_name(&members, &manifest.exporter),
        by_member: members.is_member(&manifest.exporter),
        by_known: is_known,
        base: manifest.base.map(|base| base.to_string()),
        carried_entries: manifest.section(Part::Entries).count + manifest.section(Part::Ops).count,
        carried_blobs: checked.blobs.len() as u64,
        carried_bytes: manifest.blob_bytes,
        ..BundleImportReply::default()
    })
}
