//! Giving up blobs: only what others prove to hold, in the order that is told.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use dataforge_protocol::entry::BlobRef;
use dataforge_protocol::id::{BlobHash, WorkspaceId};

use super::order::{Candidate, Priority, Reason, sort};
use super::prove::{self, Proofs};
use super::{Mark, Policy};
use crate::api::ApiError;
use crate::clock::now_ms;
use crate::core::Core;
use crate::holdings;
use crate::node::Node;
use crate::transfer::wanted;

/// What was given up, and what stayed.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Freed {
    /// Blobs that went, or would go.
    pub(crate) freed: Vec<BlobRef>,
    /// Bytes of blobs of which only parts were here.
    pub(crate) partial_bytes: u64,
    /// Bytes of the former that stay on the disk, because another workspace holds them too.
    pub(crate) shared_bytes: u64,
    /// Blobs that stay, with why.
    pub(crate) kept: Vec<(BlobRef, Reason)>,
}

impl Freed {
    /// Bytes that are free, or would be.
    pub(crate) fn bytes(&self) -> u64 {
        self.freed.iter().map(|blob| blob.size).sum::<u64>() - self.shared_bytes + self.partial_bytes
    }
}

/// What may go of a workspace, in order, and what may not.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub(super) candidates: Vec<Candidate>,
    /// Those of them that another workspace holds too: giving them up here frees nothing.
    pub(super) shared: BTreeSet<BlobHash>,
    pub(super) kept: Vec<(BlobRef, Reason)>,
}

/// Plans what of these held blobs may go.
///
/// # Errors
/// `Storage`.
pub(super) fn plan(
    core: &Core,
    node: &Node,
    workspace: &WorkspaceId,
    blobs: impl IntoIterator<Item = BlobRef>,
) -> Result<Plan, ApiError> {
    let marked = core.store.marked_blobs(workspace)?;
    let uses = core.store.uses()?;
    let shown = node.transfers().shown();
    let default = node.config().cache.policy;
    let (now, now_ms) = (Instant::now(), now_ms());
    let mut mirrored = BTreeMap::new();
    let mut plan = Plan::default();
    for blob in blobs {
        let holders = core.store.held_for(&blob.hash)?;
        if !holders.contains(workspace) {
            continue;
        }
        let (mut is_mirrored, mut is_followed) = (false, false);
        // It stays on the disk for as long as another one holds it.
        let is_shared = holders.len() > 1;
        for of in holders {
            let policy = match mirrored.get(&of) {
                Some(policy) => *policy,
                None => *mirrored.entry(of).or_insert(core.store.policy(&of)?.unwrap_or(default)),
            };
            is_mirrored |= policy == Policy::Mirror;
            is_followed |= policy == Policy::Follow && of == *workspace;
        }
        let mark = marked.get(&blob.hash).copied();
        let used = uses.get(&blob.hash).copied().unwrap_or_default();
        let stays = if mark == Some(Mark::Pin) || (is_followed && mark.is_some()) {
            Some(Reason::Marked)
        } else if is_mirrored {
            Some(Reason::Mirrored)
        } else if shown.contains(&blob.hash) {
            Some(Reason::Shown)
        } else if node.leases().is_promised(&blob.hash, now) {
            Some(Reason::Promised)
        } else {
            None
        };
        match stays {
            Some(reason) => plan.kept.push((blob, reason)),
            None => {
                let priority = Priority::of(false, mark, Some(used.last_ms).filter(|ms| *ms > 0), now_ms);
                plan.shared.extend(is_shared.then_some(blob.hash));
                plan.candidates.push(Candidate { blob, priority, used });
            }
        }
    }
    sort(&mut plan.candidates);
    // Giving these up frees nothing, so all of them would go before the first that does.
    let shared = &plan.shared;
    plan.candidates.sort_by_key(|candidate| shared.contains(&candidate.blob.hash));
    Ok(plan)
}

/// Gives up held blobs of a workspace until so many bytes are free, or all of these may-be-gone are;
/// only looks when `go` is not set. Of those `on_drive` a stick is a copy: they were read from it and
/// hashed just now.
///
/// # Errors
/// `Storage`, `Network` where no network can be had.
pub(crate) async fn free(
    node: &Node,
    workspace: WorkspaceId,
    blobs: Vec<BlobRef>,
    bytes: u64,
    go: bool,
    on_drive: &BTreeSet<BlobHash>,
) -> Result<Freed, ApiError> {
    let planner = node.clone();
    let Plan { candidates, shared, kept } = node.with_core(move |core| plan(core, &planner, &workspace, blobs)).await?;
    let mut freed = Freed { kept, ..Freed::default() };
    let ordered: Vec<_> = candidates.iter().map(|candidate| candidate.blob).collect();
    let mut rest = ordered.as_slice();
    while freed.bytes() < bytes && !rest.is_empty() {
        // What is needed, and no more than fits into one question.
        let mut sum = freed.bytes();
        let needed = rest.iter().take_while(|blob| {
            let more = sum < bytes;
            sum += if shared.contains(&blob.hash) { 0 } else { blob.size };
            more
        });
        let count = prove::questions(&needed.copied().collect::<Vec<_>>()).first().map_or(0, Vec::len).max(1);
        let (batch, left) = rest.split_at(count.min(rest.len()));
        rest = left;
        let before = freed.freed.len();
        give_up(node, workspace, batch, go, on_drive, &mut freed).await?;
        let gone = freed.freed.get(before..).unwrap_or_default().iter();
        freed.shared_bytes += gone.filter(|blob| shared.contains(&blob.hash)).map(|blob| blob.size).sum::<u64>();
    }
    if go && !freed.freed.is_empty() {
        sweep(node).await?;
    }
    Ok(freed)
}

/// Asks for proofs of a batch and gives up what is proven.
async fn give_up(
    node: &Node,
    workspace: WorkspaceId,
    batch: &[BlobRef],
    go: bool,
    on_drive: &BTreeSet<BlobHash>,
    freed: &mut Freed,
) -> Result<(), ApiError> {
    let hashes: Vec<_> = batch.iter().map(|blob| blob.hash).collect();
    let leaving = node.leases().leave(&hashes, Instant::now());
    let _settled = Leaving { node, hashes: leaving.clone() };
    let asked: Vec<_> = batch.iter().filter(|blob| leaving.contains(&blob.hash)).copied().collect();
    let mut proofs = prove::ask(node, workspace, &asked).await;
    proofs.on_drive.clone_from(on_drive);
    let gone = if go { forget(node, workspace, &asked, proofs).await? } else { proven(node, &asked, &proofs) };
    for blob in batch {
        if gone.contains(&blob.hash) {
            freed.freed.push(*blob);
        } else if leaving.contains(&blob.hash) {
            freed.kept.push((*blob, Reason::TooFewCopies));
        } else {
            freed.kept.push((*blob, Reason::Promised));
        }
    }
    Ok(())
}

/// What is being given up; it is no more when this is dropped.
struct Leaving<'a> {
    node: &'a Node,
    hashes: Vec<BlobHash>,
}

impl Drop for Leaving<'_> {
    fn drop(&mut self) {
        self.node.leases().settle(&self.hashes);
    }
}

fn proven(node: &Node, asked: &[BlobRef], proofs: &Proofs) -> BTreeSet<BlobHash> {
    let enough = node.config().cache.min_copies.max(1) as usize;
    let has = |hash: &BlobHash| proofs.copies(hash, |_| true) >= enough;
    asked.iter().map(|blob| blob.hash).filter(has).collect()
}

/// Gives up proven blobs of a workspace. The files of those that no other one holds go with the next sweep.
async fn forget(
    node: &Node,
    workspace: WorkspaceId,
    asked: &[BlobRef],
    proofs: Proofs,
) -> Result<BTreeSet<BlobHash>, ApiError> {
    let enough = node.config().cache.min_copies.max(1) as usize;
    let asked: Vec<_> = asked.iter().map(|blob| blob.hash).collect();
    let forgetter = node.clone();
    let gone = node
        .with_core(move |core| {
            let members = core.ledger(&workspace)?.members();
            let is_proven = |hash: &BlobHash| proofs.copies(hash, |device| members.is_member(device)) >= enough;
            let gone: Vec<_> = asked.into_iter().filter(is_proven).collect();
            // The last look, under the lock under which promises are given.
            if !proofs.deadline.holds() {
                return Ok(Vec::new());
            }
            let now = Instant::now();
            let gone: Vec<_> = gone.into_iter().filter(|hash| !forgetter.leases().is_promised(hash, now)).collect();
            core.store.transaction(|store| {
                store.give_up(&workspace, &gone)?;
                store.end_transfers(&workspace, gone.iter().copied())
            })?;
            Ok(gone)
        })
        .await?;
    node.transfers().unask(&workspace, &gone);
    node.look_for_blobs();
    Ok(gone.into_iter().collect())
}

/// Removes from the disk what is neither held, nor partly here for somebody who read it, nor on its way.
///
/// # Errors
/// `Storage`.
pub(crate) async fn sweep(node: &Node) -> Result<(), ApiError> {
    let Some(window) = node.blobs().window().await else {
        // The next sweep takes it along.
        tracing::info!("nothing is removed from the disk while imports or downloads go on");
        return Ok(());
    };
    let (sweeper, default) = (node.clone(), node.config().cache.policy);
    let live = node
        .with_core(move |core| {
            let mut live: BTreeSet<_> = core.store.held()?.into_iter().map(|blob| blob.hash).collect();
            live.extend(core.store.partials()?.into_iter().map(|(hash, _)| hash));
            // What came of a blob before the line broke is not fetched twice, by the workspace it came for.
            let begun = core.store.begun()?;
            for workspace in core.workspace_ids() {
                let interest = sweeper.transfers().interest(&workspace);
                let wanted = wanted(&core.store, &workspace, default, &interest, now_ms())?;
                let own = wanted.into_iter().map(|one| one.blob.hash);
                live.extend(own.filter(|hash| begun.get(hash) == Some(&workspace)));
            }
            let gone = begun.into_keys().filter(|hash| !live.contains(hash));
            core.store.transaction(|store| store.forget_begun(gone))?;
            Ok(live)
        })
        .await?;
    node.blobs().sweep(window, live).await
}

/// Gives up what is more than the limits allow, of workspaces that are not mirrored.
///
/// # Errors
/// `Storage`.
pub(crate) async fn keep_within_limits(node: &Node) -> Result<Freed, ApiError> {
    let mut all = Freed::default();
    let limits = node.config().cache.clone();
    let (limit_bytes, project_limit) = (limits.limit_bytes, limits.project_limit_bytes);
    let enough = limits.min_copies.max(1) as usize;
    let workspaces = node
        .with_core(move |core| {
            let mut ids = core.workspace_ids();
            let mut failed = None;
            ids.retain(|id| match core.store.policy(id) {
                Ok(policy) => policy.unwrap_or(limits.policy) != Policy::Mirror,
                Err(error) => {
                    failed = Some(error);
                    false
                }
            });
            failed.map_or(Ok(ids), Err)
        })
        .await?;
    if workspaces.is_empty() {
        return Ok(all);
    }
    for workspace in &workspaces {
        let workspace = *workspace;
        for (blobs, bytes) in over_project_limit(node, workspace, project_limit).await? {
            merge(&mut all, free(node, workspace, blobs, bytes, true, &BTreeSet::new()).await?);
        }
    }
    let policy = node.config().cache.policy;
    let (held, partials) =
        node.with_core(move |core| Ok((cached_bytes(core, policy)?, core.store.partials()?))).await?;
    let total = held + partials.iter().map(|(_, bytes)| bytes).sum::<u64>();
    let mut excess = total.saturating_sub(limit_bytes);
    if excess == 0 {
        return Ok(all);
    }
    excess = excess.saturating_sub(drop_partials(node, partials, excess, &mut all).await?);
    for workspace in workspaces {
        if excess == 0 {
            break;
        }
        let blobs = node.with_core(move |core| claimed(core, &workspace, enough)).await?;
        let freed = free(node, workspace, blobs, excess, true, &BTreeSet::new()).await?;
        excess = excess.saturating_sub(freed.bytes());
        merge(&mut all, freed);
    }
    Ok(all)
}

/// Bytes that are held of workspaces that are not mirrored: what the limits are about.
///
/// # Errors
/// `Storage`.
pub(crate) fn cached_bytes(core: &Core, default: Policy) -> Result<u64, ApiError> {
    let mut mirrored = Vec::new();
    for workspace in core.workspace_ids() {
        if core.store.policy(&workspace)?.unwrap_or(default) == Policy::Mirror {
            mirrored.push(workspace);
        }
    }
    if mirrored.len() == core.workspace_ids().len() {
        return Ok(0);
    }
    core.store.held_bytes_but(&mirrored)
}

fn merge(all: &mut Freed, more: Freed) {
    all.freed.extend(more.freed);
    all.kept.extend(more.kept);
    all.partial_bytes += more.partial_bytes;
    all.shared_bytes += more.shared_bytes;
}

/// Drops parts of blobs, those read longest ago first; they are nobody's last copy, since nobody
/// counts on them.
async fn drop_partials(
    node: &Node,
    partials: Vec<(BlobHash, u64)>,
    excess: u64,
    all: &mut Freed,
) -> Result<u64, ApiError> {
    let mut bytes = 0;
    let going: Vec<_> = partials
        .into_iter()
        .take_while(|(_, size)| {
            let more = bytes < excess;
            bytes += if more { *size } else { 0 };
            more
        })
        .map(|(hash, _)| hash)
        .collect();
    if going.is_empty() {
        return Ok(0);
    }
    node.with_core(move |core| core.store.transaction(|store| store.forget_partials(going))).await?;
    sweep(node).await?;
    all.partial_bytes += bytes;
    Ok(bytes)
}

/// Returns the blobs of a workspace that are held here, and of which enough others say that they hold
/// them: whom it makes sense to ask.
fn claimed(core: &mut Core, workspace: &WorkspaceId, enough: usize) -> Result<Vec<BlobRef>, ApiError> {
    let mut held = core.store.held_of(workspace)?;
    let hashes: Vec<_> = held.iter().map(|blob| blob.hash).collect();
    let (own, holders) = (core.device(), holdings::holders(core, workspace, &hashes)?);
    let others = |blob: &BlobRef| {
        holders.get(&blob.hash).map_or(0, |devices| devices.iter().filter(|device| Some(**device) != own).count())
    };
    held.retain(|blob| others(blob) >= enough);
    Ok(held)
}

/// Returns for each project that has more than its share what it holds, and how many bytes are too
/// many.
async fn over_project_limit(
    node: &Node,
    workspace: WorkspaceId,
    limit: u64,
) -> Result<Vec<(Vec<BlobRef>, u64)>, ApiError> {
    node.with_core(move |core| {
        let mut over = Vec::new();
        for (project, quota) in core.store.projects(&workspace)? {
            let limit = quota.unwrap_or(limit);
            let named = core.store.blobs_of(&workspace, &crate::store::Scope::Project(project))?;
            let mut held = Vec::new();
            for one in named {
                if core.store.holds(&workspace, &one.blob.hash)? {
                    held.push(one.blob);
                }
            }
            let bytes: u64 = held.iter().map(|blob| blob.size).sum();
            if bytes > limit {
                over.push((held, bytes - limit));
            }
        }
        Ok(over)
    })
    .await
}
