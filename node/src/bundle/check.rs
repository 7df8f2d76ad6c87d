//! The look at a bundle before anything is taken from it: all of it is read, every entry is verified,
//! and every blob that would be taken is hashed.

use std::collections::BTreeSet;

use dataforge_protocol::bundle::{BundleError, Item, Part, Reader};
use dataforge_protocol::entry::{BlobRef, Entry, EntryKind, ReadHeader, SignedEntry, entry_id};
use dataforge_protocol::holding::ChainBlobs;
use dataforge_protocol::id::{BlobHash, EntryId, WorkspaceId};
use dataforge_protocol::ledger::DeviceTips;
use tokio::sync::mpsc;

use super::volumes::{Bundle, Content, told};
use super::{Take, step};
use crate::api::{ApiError, ErrorKind};
use crate::client::Output;
use crate::node::Node;

/// Entries judged at a time.
pub(super) const ENTRIES: usize = 512;
/// Entries of a bundle that are remembered at most.
const REMEMBERED: u64 = 2_000_000;
/// Bytes of blobs hashed at a time.
const PIECE: usize = 1 << 20;

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Checked {
    /// Ends of the chains that the exporter holds.
    pub(super) tips: Vec<DeviceTips>,
    /// What it lacks and wants.
    pub(super) wants: Option<Vec<ChainBlobs>>,
    /// Bytes of blobs that are not here and may be taken.
    pub(super) new_bytes: u64,
    /// Blobs in it.
    pub(super) blobs: Vec<BlobHash>,
    /// Its entries but for ops; none when they are too many to be remembered.
    pub(super) entries: Option<Vec<EntryId>>,
}

/// An error of a bundle, at the file that is being read.
pub(super) fn at(reader: &Reader<Content<'_>>, error: &BundleError) -> ApiError {
    told(reader.source().path(), error)
}

/// Looks at a bundle. With `salvages` blobs are not looked at, and it may end early.
///
/// # Errors
/// `Input` when it is not good, `NotAllowed` when an entry is of another workspace, `Storage` when it
/// cannot be read or there is no room for it.
pub(super) fn check(
    node: &Node,
    bundle: &Bundle,
    take: Take,
    salvages: bool,
    out: &mpsc::Sender<Output>,
) -> Result<Checked, ApiError> {
    if !salvages {
        bundle.check_volumes()?;
    }
    let workspace = bundle.manifest.workspace;
    let total = bundle.manifest.content_bytes();
    let content = if salvages { bundle.what_is_there() } else { bundle.content() };
    let mut reader = Reader::new(bundle.manifest.clone(), content);
    let mut checked = Checked::default();
    let is_few = bundle.manifest.section(Part::Entries).count <= REMEMBERED;
    let mut look = Look { node, workspace, named: BTreeSet::new(), batch: Vec::new(), entries: is_few.then(Vec::new) };
    let mut due: Option<BTreeSet<BlobHash>> = None;
    let mut buffer = vec![0; PIECE];
    loop {
        let item = match reader.next_item() {
            Ok(Some(item)) => item,
            Ok(None) => break,
            // What is whole before that can be taken.
            Err(_) if salvages && due.is_some() => break,
            Err(error) => return Err(at(&reader, &error)),
        };
        match item {
            Item::Tips(chain) => checked.tips.push(chain),
            Item::Op(entry) => look.add(Part::Ops, entry)?,
            Item::Entry(entry) => look.add(Part::Entries, entry)?,
            Item::Holding(_) => {}
            Item::Wants(wants) => {
                look.judge()?;
                checked.wants = wants;
                let found = look.due(reader.table(), take)?;
                checked.new_bytes = found.iter().map(|blob| blob.size).sum();
                node.check_space(checked.new_bytes)?;
                due = Some(found.iter().map(|blob| blob.hash).collect());
            }
            Item::Blob(_) if salvages => reader.pass_blob().or_else(|error| match error {
                BundleError::Truncated { .. } | BundleError::Read(_) => Ok(()),
                other => Err(at(&reader, &other)),
            })?,
            Item::Blob(blob) => {
                step(out, "checking", reader.at(), total, &blob.hash.fmt_short())?;
                if due.as_ref().is_some_and(|due| due.contains(&blob.hash)) {
                    while reader.read_blob(&mut buffer).map_err(|error| at(&reader, &error))? > 0 {
                        step(out, "checking", reader.at(), total, &blob.hash.fmt_short())?;
                    }
                }
            }
        }
    }
    checked.blobs = reader.table().iter().map(|blob| blob.hash).collect();
    checked.entries = look.entries;
    Ok(checked)
}

/// Looks at entries in groups.
struct Look<'a> {
    node: &'a Node,
    workspace: WorkspaceId,
    /// Blobs that new entries name, with their sizes.
    named: BTreeSet<(BlobHash, u64)>,
    batch: Vec<(Part, SignedEntry)>,
    entries: Option<Vec<EntryId>>,
}

impl Look<'_> {
    fn add(&mut self, part: Part, entry: SignedEntry) -> Result<(), ApiError> {
        self.batch.push((part, entry));
        if self.batch.len() >= ENTRIES { self.judge() } else { Ok(()) }
    }

    fn judge(&mut self) -> Result<(), ApiError> {
        let (workspace, batch) = (self.workspace, std::mem::take(&mut self.batch));
        if let Some(entries) = &mut self.entries {
            let others = batch.iter().filter(|(part, _)| *part == Part::Entries);
            entries.extend(others.map(|(_, entry)| entry_id(&entry.header)));
        }
        let unknown: Vec<_> = self.node.locked(|core| {
            let ledger = core.ledger(&workspace)?;
            let is_new = |(_, entry): &(Part, SignedEntry)| !ledger.contains(&entry_id(&entry.header));
            Ok(batch.into_iter().filter(is_new).collect())
        })?;
        for (part, signed) in unknown {
            let entry = verified(signed, &workspace)?;
            if part == Part::Ops && matches!(entry.header, ReadHeader::Known(EntryKind::Open | EntryKind::Change, _)) {
                return Err(bad(&entry, "stands among the ops and is none"));
            }
            if let ReadHeader::Known(_, header) = &entry.header {
                self.named.extend(header.claims.blobs.iter().map(|blob| (blob.hash, blob.size)));
            }
        }
        Ok(())
    }

    /// Returns the blobs that may be taken: not held, and named here or by new entries with that size.
    fn due(&self, table: &[BlobRef], take: Take) -> Result<Vec<BlobRef>, ApiError> {
        if take == Take::Nothing {
            return Ok(Vec::new());
        }
        let workspace = self.workspace;
        self.node.locked(|core| {
            let mut due = Vec::new();
            for blob in table {
                let is_named = self.named.contains(&(blob.hash, blob.size))
                    || core.store.referred(&blob.hash)?.contains(&(workspace, blob.size));
                if is_named && !core.store.holds(&workspace, &blob.hash)? {
                    due.push(*blob);
                }
            }
            Ok(due)
        })
    }
}

fn bad(entry: &Entry, what: &str) -> ApiError {
    ApiError::new(ErrorKind::Input, format!("entry {} {what}", entry.id.fmt_short()))
        .hint("whoever made this bundle did not make it with DataForge; nothing was taken from it")
}

/// Verifies an entry that came in a bundle of a workspace.
///
/// # Errors
/// `Input` when it is not good or of another workspace.
pub(super) fn verified(signed: SignedEntry, workspace: &WorkspaceId) -> Result<Entry, ApiError> {
    let id = entry_id(&signed.header);
    let entry = signed.verify().map_err(|error| {
        ApiError::new(ErrorKind::Input, format!("entry {} is not good: {error}", id.fmt_short()))
            .hint("whoever made this bundle did not make it with DataForge; nothing was taken from it")
    })?;
    let of = entry.header.link().workspace;
    let is_genesis = of == WorkspaceId([0; 32]) && entry.id.0 == workspace.0;
    if of == *workspace || is_genesis { Ok(entry) } else { Err(bad(&entry, "is of another workspace")) }
}
