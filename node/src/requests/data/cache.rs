//! What the cache holds, and freeing it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use dataforge_protocol::entry::BlobRef;
use dataforge_protocol::id::{BlobHash, WorkspaceId};

use super::{blobs, target};
use crate::api::{ApiError, CacheReply, ErrorKind, FreedReply, KeptInfo, Reply};
use crate::index::Index;
use crate::keep::{self, Freed, Policy, Reason};
use crate::net::Purpose;
use crate::node::Node;
use crate::store::Scope;

/// What is to be freed.
#[derive(Debug)]
pub(super) struct What {
    pub(super) target: Option<String>,
    pub(super) bytes: Option<u64>,
    /// A stick that counts as a copy.
    pub(super) drive: Option<PathBuf>,
}

/// Frees what a target has, or whatever is needed least.
pub(super) async fn free(node: &Node, workspace: WorkspaceId, what: What, go: bool) -> Result<Reply, ApiError> {
    let What { target: text, bytes, drive } = what;
    if text.is_none() && bytes.is_none() {
        return Err(ApiError::new(ErrorKind::Usage, "say what to free, or how many bytes"));
    }
    see_that_not_mirrored(node, workspace).await?;
    let held = node
        .with_core(move |core| {
            let scope = target(core, &workspace, text.as_deref().unwrap_or("."))?;
            Ok(blobs(core, &workspace, &scope)?.into_iter().map(|one| one.blob).collect::<Vec<_>>())
        })
        .await?;
    let on_drive = match drive {
        Some(drive) => {
            let wanted = held.iter().map(|blob| blob.hash).collect();
            crate::bundle::proven(node, workspace, drive, wanted).await?
        }
        None => BTreeSet::new(),
    };
    give_up(node, workspace, held, bytes.unwrap_or(u64::MAX), go, &on_drive).await
}

/// Gives up blobs and parts of them.
async fn give_up(
    node: &Node,
    workspace: WorkspaceId,
    blobs: Vec<BlobRef>,
    bytes: u64,
    go: bool,
    on_drive: &BTreeSet<BlobHash>,
) -> Result<Reply, ApiError> {
    let mut partials = node.with_core(|core| core.store.partials()).await?;
    let named: BTreeSet<_> = blobs.iter().map(|blob| blob.hash).collect();
    partials.retain(|(hash, _)| named.contains(hash));
    reach(node).await?;
    let freed_first: u64 = partials.iter().map(|(_, bytes)| bytes).sum();
    let mut freed = keep::free(node, workspace, blobs, bytes.saturating_sub(freed_first), go, on_drive).await?;
    freed.partial_bytes += freed_first;
    if go && !partials.is_empty() {
        node.with_core(move |core| {
            let gone = partials.into_iter().map(|(hash, _)| hash);
            core.store.transaction(|store| store.forget_partials(gone))
        })
        .await?;
        keep::sweep(node).await?;
    }
    Ok(Reply::Freed(reply(freed, go)))
}

/// What is mirrored would come back at once.
async fn see_that_not_mirrored(node: &Node, workspace: WorkspaceId) -> Result<(), ApiError> {
    let default = node.config().cache.policy;
    let policy = node.with_core(move |core| Ok(core.store.policy(&workspace)?.unwrap_or(default))).await?;
    if policy == Policy::Mirror {
        return Err(ApiError::new(
            ErrorKind::Usage,
            "all of this workspace is kept here, so what is freed would come back",
        )
        .hint("dataforge policy follow keeps what is pinned or starred, dataforge policy demand what is asked for"));
    }
    Ok(())
}

/// Sees that those who can prove something are connected, where nothing runs that would.
async fn reach(node: &Node) -> Result<(), ApiError> {
    if node.running().is_some_and(|network| !network.sessions().is_empty()) {
        return Ok(());
    }
    let network = node.network(Purpose::Once).await?;
    let targets = node.with_core(crate::net::targets).await?;
    let dials = targets
        .iter()
        .filter(|(_, peer)| network.knows_where(peer))
        .map(|(workspace, peer)| network.dial(*workspace, peer));
    for dialled in futures::future::join_all(dials).await {
        if let Err(error) = dialled {
            tracing::debug!("{error}");
        }
    }
    network.settled(std::time::Duration::from_secs(5)).await;
    Ok(())
}

pub(super) async fn clear(
    node: &Node,
    workspace: WorkspaceId,
    project: Option<String>,
    go: bool,
) -> Result<Reply, ApiError> {
    see_that_not_mirrored(node, workspace).await?;
    let held = node
        .with_core(move |core| {
            let scope = match &project {
                None => Scope::Workspace,
                Some(name) => Scope::Project(Index::new(core.store.connection(), workspace).find_project(name)?),
            };
            let named = core.store.blobs_of(&workspace, &scope)?;
            Ok(named.into_iter().map(|one| one.blob).collect::<Vec<_>>())
        })
        .await?;
    give_up(node, workspace, held, u64::MAX, go, &BTreeSet::new()).await
}

fn reply(freed: Freed, done: bool) -> FreedReply {
    let mut kept: BTreeMap<Reason, (u64, u64)> = BTreeMap::new();
    for (blob, reason) in &freed.kept {
        let (blobs, bytes) = kept.entry(*reason).or_default();
        *blobs += 1;
        *bytes += blob.size;
    }
    let kept = kept.into_iter().map(|(reason, (blobs, bytes))| KeptInfo { reason: words(reason).into(), blobs, bytes });
    FreedReply { done, blobs: freed.freed.len() as u64, bytes: freed.bytes(), kept: kept.collect() }
}

const fn words(reason: Reason) -> &'static str {
    match reason {
        Reason::TooFewCopies => "too few devices that are connected proved to hold it",
        Reason::Marked => "it is pinned or starred",
        Reason::Shown => "it is on screen",
        Reason::Promised => "another device was promised that it stays for some minutes",
        Reason::Mirrored => "its workspace is kept here as a whole",
    }
}

pub(super) async fn stats(node: &Node) -> Result<Reply, ApiError> {
    let limits = node.config().cache;
    let (hits, misses) = node.uses().rate();
    let reply = node
        .with_core(move |core| {
            let bytes = core.store.held_bytes()?;
            let cached = keep::cached_bytes(core, limits.policy)?;
            let partials = core.store.partials()?;
            let partial_bytes = partials.iter().map(|(_, bytes)| bytes).sum();
            let mut warnings = Vec::new();
            if cached + partial_bytes > limits.limit_bytes {
                warnings.push(format!("more is held than cache.limit_bytes, {} bytes", limits.limit_bytes));
            } else if cached + partial_bytes > limits.warn_bytes {
                warnings.push(format!("more is held than cache.warn_bytes, {} bytes", limits.warn_bytes));
            }
            for workspace in core.workspace_ids() {
                let pinned = super::pinned_bytes(core, &workspace)?;
                if pinned > limits.limit_bytes {
                    warnings.push(format!("what is pinned takes {pinned} bytes, more than cache.limit_bytes"));
                }
            }
            let reads = hits + misses;
            Ok(CacheReply {
                files: core.store.count_held()?,
                bytes,
                partial_files: partials.len() as u64,
                partial_bytes,
                hits,
                misses,
                hit_rate: (reads > 0).then(|| hits as f64 / reads as f64),
                limit_bytes: limits.limit_bytes,
                warn_bytes: limits.warn_bytes,
                project_limit_bytes: limits.project_limit_bytes,
                warnings,
            })
        })
        .await?;
    Ok(Reply::Cache(reply))
}
