//! Bundles: what nodes exchange by files that somebody carries.
//!
//! The way out: `plan` chooses what the readers lack → `export` goes through it → `out` writes volumes,
//! through `envelope` when they are encrypted. The way in: `volumes` finds and reads them → `check`
//! looks at all of it before anything is taken → `import` takes entries through the one door and blobs
//! through the durable store. `drive` does both with a stick. `docs/bundles.md` is for people.

mod check;
mod drive;
mod envelope;
mod export;
mod import;
mod out;
mod place;
mod plan;
mod show;
mod volumes;

use std::collections::BTreeSet;
use std::path::PathBuf;

use dataforge_protocol::id::{BundleId, DeviceId, WorkspaceId};
use tokio::sync::mpsc;

pub(crate) use self::drive::proven;
use self::export::{Made, Order};
use self::plan::{Blobs, Known};
use crate::api::{ApiError, BundleMadeReply, BundleRequest, BundleSince, ErrorKind, Event, ExportBundle, Reply};
use crate::client::Output;
use crate::core::Core;
use crate::node::Node;
use crate::requests::{blobs_named, find_member};
use crate::store::BundleRow;

/// Hex digits by which a bundle is named at least.
const ID_DIGITS: usize = 8;
/// What `--blobs` says for all and for none.
const ALL: &str = "all";
const METADATA: &str = "metadata";

/// Which blobs are taken from a bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Take {
    /// All that the workspace refers to.
    All,
    /// Those that the policy wants.
    Wanted,
    /// None.
    Nothing,
}

/// Does what is asked about bundles.
///
/// # Errors
/// Those of what is asked.
pub(crate) async fn dispatch(
    node: &Node,
    workspace: Option<WorkspaceId>,
    ask: BundleRequest,
    out: &mpsc::Sender<Output>,
) -> Result<Reply, ApiError> {
    let named = || workspace.ok_or_else(|| ApiError::new(ErrorKind::Internal, "a workspace is needed"));
    match ask {
        BundleRequest::Export(ask) => export_bundle(node, named()?, ask, out).await.map(Reply::BundleMade),
        BundleRequest::Import { file, blobs, salvage } => {
            let take = match blobs.as_deref() {
                None | Some(ALL) => Take::All,
                Some("wanted") => Take::Wanted,
                Some(METADATA) => Take::Nothing,
                Some(other) => {
                    return Err(ApiError::new(ErrorKind::Usage, format!("{other:?} says nothing about blobs"))
                        .hint("use all, wanted or metadata"));
                }
            };
            let bundle = import::open(node, file).await?;
            let options = import::Options { take, salvages: salvage, only: workspace };
            import::import(node, bundle, options, out).await.map(Reply::BundleTaken)
        }
        BundleRequest::Show { file, check } => show::show(node, file, check, out).await.map(Reply::Bundle),
        BundleRequest::DriveSync { drive, encrypt, max_bytes } => {
            drive::sync(node, named()?, drive, (encrypt, max_bytes), out).await.map(Reply::DriveSync)
        }
    }
}

impl BundleRequest {
    /// Whether it is about a workspace that has to be found by its name.
    pub(crate) const fn needs_workspace(&self) -> bool {
        matches!(self, Self::Export(_) | Self::DriveSync { .. })
    }
}

/// Tells how far something is; an error when nobody waits for it any more.
fn step(out: &mpsc::Sender<Output>, step: &str, done: u64, total: u64, item: &str) -> Result<(), ApiError> {
    if out.is_closed() {
        return Err(ApiError::new(ErrorKind::Internal, "the request was given up"));
    }
    let progress = Event::Progress { step: step.to_owned(), done, total, item: item.to_owned() };
    // Whoever is behind hears of later ones.
    drop(out.try_send(Output::Event(progress)));
    Ok(())
}

async fn export_bundle(
    node: &Node,
    workspace: WorkspaceId,
    ask: ExportBundle,
    out: &mpsc::Sender<Output>,
) -> Result<BundleMadeReply, ApiError> {
    let ExportBundle { file, since, blobs, max_bytes, encrypt, replace } = ask;
    let base = match &since {
        BundleSince::Bundle { bundle } => Some(find_bundle(node, workspace, bundle).await?),
        _ => None,
    };
    let (default, interest) = (node.config().cache.policy, node.transfers().interest(&workspace));
    let order = node
        .with_core(move |core| {
            see_that_signs(core)?;
            let blobs = chosen(core, &workspace, &blobs)?;
            let audience = match &since {
                BundleSince::Member { member } => Some(find_member(core, &workspace, member)?),
                _ => None,
            };
            let known = match (&base, &audience) {
                (Some(row), _) => vec![Known::since(core, &workspace, row)?],
                (None, Some(person)) => {
                    let devices = plan::readers(core, &workspace, Some(person))?;
                    if devices.is_empty() {
                        return Err(ApiError::new(ErrorKind::Usage, "they have no device but this one"));
                    }
                    let known = devices.iter().map(|device| Known::of_device(core, &workspace, device));
                    known.collect::<Result<_, _>>()?
                }
                (None, None) => Vec::new(),
            };
            let wants = plan::wants(core, &workspace, default, &interest)?;
            let selection = plan::select(core, &workspace, &known, &blobs, wants)?;
            let readers = encrypt.then(|| sealed_for(core, &workspace)).transpose()?;
            let base = base.map(|row| row.id);
            Ok(Order { workspace, selection, base, audience, target: file, replaces: replace, max_bytes, readers })
        })
        .await?;
    let made = export::make(node, order, out).await?;
    Ok(made_reply(&made, encrypt))
}

/// A copy of a data directory signs nothing.
fn see_that_signs(core: &Core) -> Result<(), ApiError> {
    core.identity()?;
    if core.is_copy {
        return Err(ApiError::new(
            ErrorKind::NotAllowed,
            "this data directory is a copy, or was put back from a backup: it may not sign as the device it was",
        )
        .hint("dataforge device renew makes it a device of its own; it asks for your 24 recovery words"));
    }
    Ok(())
}

/// The devices that an encrypted bundle is for: those of the members, this one among them.
fn sealed_for(core: &mut Core, workspace: &WorkspaceId) -> Result<Vec<DeviceId>, ApiError> {
    let mut devices = plan::readers(core, workspace, None)?;
    devices.extend(core.device());
    Ok(devices)
}

/// Which blobs somebody chose: `all`, `metadata`, or those of wells, runs and projects.
fn chosen(core: &Core, workspace: &WorkspaceId, words: &[String]) -> Result<Blobs, ApiError> {
    match words {
        [] => return Ok(Blobs::All),
        [one] if one == ALL => return Ok(Blobs::All),
        [one] if one == METADATA => return Ok(Blobs::Only(BTreeSet::new())),
        _ => {}
    }
    let mut hashes = BTreeSet::new();
    for word in words {
        hashes.extend(blobs_named(core, workspace, word)?.into_iter().map(|named| named.blob.hash));
    }
    Ok(Blobs::Only(hashes))
}

/// Finds a bundle to go on from: a file, or the id of one that was made or taken here.
async fn find_bundle(node: &Node, workspace: WorkspaceId, text: &str) -> Result<BundleRow, ApiError> {
    let is_id = text.len() >= ID_DIGITS && text.chars().all(|digit| digit.is_ascii_hexdigit());
    let path = PathBuf::from(text);
    if path.is_absolute() {
        let bundle = import::open(node, path).await?;
        if bundle.manifest.workspace != workspace {
            return Err(ApiError::new(ErrorKind::Input, format!("{text} is of another workspace")));
        }
        let id: BundleId = bundle.manifest.id();
        if let Some(row) = node.with_core(move |core| core.store.bundle(&workspace, &id)).await? {
            return Ok(row);
        }
        let (reader, found) = (node.clone(), bundle);
        let row = tokio::task::spawn_blocking(move || show::row_of(&reader, &found)).await;
        return row.map_err(|error| ApiError::new(ErrorKind::Internal, format!("a task failed: {error}")))?;
    }
    let hex = text.to_owned();
    let mut found = if is_id {
        node.with_core(move |core| core.store.bundles_beginning(&workspace, &hex)).await?
    } else {
        Vec::new()
    };
    match (found.pop(), found.is_empty()) {
        (Some(row), true) => Ok(row),
        (Some(_), false) => Err(ApiError::new(ErrorKind::Usage, format!("several bundles begin with {text}"))),
        (None, _) => Err(ApiError::new(
            ErrorKind::NotFound,
            format!("no bundle {text} was made or taken here, and there is no such file"),
        )
        .hint("name the file of the bundle, or its id as dataforge bundle show says it")),
    }
}

fn made_reply(made: &Made, encrypted: bool) -> BundleMadeReply {
    use dataforge_protocol::bundle::Part;
    let manifest = &made.manifest;
    BundleMadeReply {
        id: manifest.id().to_string(),
        files: made.files.clone(),
        bytes: made.bytes,
        ops: manifest.section(Part::Ops).count,
        entries: manifest.section(Part::Entries).count,
        blobs: manifest.section(Part::Table).count,
        blob_bytes: manifest.blob_bytes,
        base: manifest.base.map(|base| base.to_string()),
        encrypted,
    }
}
