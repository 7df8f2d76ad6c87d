//! What of the node is about blobs: fetching, keeping, reading, and telling others.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;
use std::sync::{Arc, MutexGuard};
use std::time::Instant;

use dataforge_protocol::id::{BlobHash, DeviceId, WorkspaceId};

use super::{Node, WeakNode, lock};
use crate::api::{ApiError, ErrorKind, Event};
use crate::blob::{BlobServer, Gate};
use crate::clock::now_ms;
use crate::config::NetworkConfig;
use crate::core::Core;
use crate::footer::Footers;
use crate::keep::{Leases, Policy, Promises};
use crate::read::Reads;
use crate::transfer::{Interest, Transfers, wanted};
use crate::uses::Uses;

/// Gives members of a workspace what is held for it and what it refers to: nothing that only another one
/// holds, whose answer is that of what is not here.
struct Giver {
    node: WeakNode,
    workspace: WorkspaceId,
}

impl Gate for Giver {
    fn may_read(&self, device: &DeviceId, hash: &BlobHash) -> bool {
        let Ok(node) = self.node.get() else { return false };
        let may_read = node.block(|core| {
            let is_here = core.store.offers(&self.workspace, hash)?;
            Ok(is_here && core.ledger(&self.workspace)?.members().is_member(device))
        });
        may_read.unwrap_or(false)
    }

    fn note(&self, device: DeviceId, hash: Option<BlobHash>, bytes: u64) {
        if let Ok(node) = self.node.get() {
            if let (Some(network), Some(_)) = (node.running(), &hash) {
                network.note_served(&self.workspace, &device, bytes);
            }
            node.0.accesses.note(&self.node, device, hash, bytes);
        }
    }
}

impl Node {
    /// Tells peers and listeners that blobs are held now.
    pub(crate) fn on_blobs(&self, workspace: &WorkspaceId, held: &[(BlobHash, u64)]) {
        // Before a sync sees by what is announced that it has all of them.
        self.emit(Event::BlobsArrived { blobs: held.len() as u64, bytes: held.iter().map(|(_, size)| size).sum() });
        self.announce(workspace, &held.iter().map(|(hash, _)| *hash).collect());
        self.0.changes.send_modify(|count| *count += 1);
    }

    /// Tells peers that blobs are held now: those that asked for one in vain ask again.
    pub(super) fn announce(&self, workspace: &WorkspaceId, held: &BTreeSet<BlobHash>) {
        if held.is_empty() {
            return;
        }
        if let Some(network) = lock(&self.0.running).as_ref() {
            network.announce(held.iter().copied().collect());
        }
        self.0.transfers.on_held(workspace, held);
    }

    /// Tells sessions to look again for blobs: what is held, wanted or said to be elsewhere changed.
    pub(crate) fn look_for_blobs(&self) {
        self.0.transfers.on_change();
        self.0.changes.send_modify(|count| *count += 1);
    }

    /// Returns how often blobs came to be held no more, without waiting for the core: see
    /// [`Store::losses`](crate::store::Store::losses).
    pub(crate) fn losses(&self) -> u64 {
        self.0.losses.load(Ordering::Acquire)
    }

    /// Tells that a table was found sound, or refused: results that were kept before do not show it.
    pub(crate) fn on_verdict(&self) {
        self.0.changes.send_modify(|count| *count += 1);
    }

    pub(crate) fn transfers(&self) -> &Transfers {
        &self.0.transfers
    }

    pub(crate) fn uses(&self) -> &Uses {
        &self.0.uses
    }

    pub(crate) fn footers(&self) -> &Footers {
        &self.0.footers
    }

    #[cfg(test)]
    pub(crate) fn lie(&self) -> Option<crate::blob::hostile::Liar> {
        lock(&self.0.lie).clone()
    }

    #[cfg(test)]
    pub(crate) fn set_lie(&self, liar: crate::blob::hostile::Liar) {
        *lock(&self.0.lie) = Some(liar);
    }

    pub(crate) fn reads(&self) -> &Reads {
        &self.0.reads
    }

    pub(crate) fn promises(&self) -> &Promises {
        &self.0.promises
    }

    pub(crate) fn answering(&self) -> &tokio::sync::Mutex<()> {
        &self.0.answering
    }

    /// Writes down what was read until now.
    pub(crate) async fn write_uses(&self) -> Result<(), ApiError> {
        let node = self.clone();
        self.with_core(move |core| node.0.uses.write(core)).await
    }

    pub(crate) fn leases(&self) -> MutexGuard<'_, Leases> {
        lock(&self.0.leases)
    }

    /// Makes the list of what is wanted of a workspace anew, where it is out of date.
    pub(crate) async fn list_wanted(&self, workspace: &WorkspaceId) -> Result<(), ApiError> {
        let now = Instant::now();
        let Some(interest) = self.0.transfers.needs_list(workspace, now) else { return Ok(()) };
        let (workspace, default) = (*workspace, self.config().cache.policy);
        let list = self.with_core(move |core| wanted(&core.store, &workspace, default, &interest, now_ms())).await?;
        self.0.transfers.set_list(workspace, list, now);
        Ok(())
    }

    /// Does what [`Node::list_wanted`] does, on this thread.
    pub(crate) fn list_wanted_here(&self, workspace: &WorkspaceId) -> Result<(), ApiError> {
        let now = Instant::now();
        let Some(interest) = self.0.transfers.needs_list(workspace, now) else { return Ok(()) };
        let default = self.config().cache.policy;
        let list = self.locked(|core| wanted(&core.store, workspace, default, &interest, now_ms()))?;
        self.0.transfers.set_list(*workspace, list, now);
        Ok(())
    }

    /// Returns how many blobs of a workspace are wanted here and not held.
    pub(crate) fn count_wanted(&self, core: &Core, workspace: &WorkspaceId) -> Result<u64, ApiError> {
        let default = self.config().cache.policy;
        if core.store.policy(workspace)?.unwrap_or(default) == Policy::Mirror {
            return core.store.count_missing(workspace);
        }
        let interest: Interest = self.0.transfers.interest(workspace);
        Ok(wanted(&core.store, workspace, default, &interest, now_ms())?.len() as u64)
    }

    /// Notes blobs as held for a workspace that were found durable, and tells everybody.
    pub(crate) async fn note_held(&self, workspace: WorkspaceId, held: &[(BlobHash, u64)]) -> Result<(), ApiError> {
        let stored = held.to_vec();
        self.with_core(move |core| {
            core.store.transaction(|store| {
                store.note_held(&workspace, &stored, now_ms())?;
                store.forget_partials(stored.iter().map(|(hash, _)| *hash))?;
                store.end_transfers(&workspace, stored.iter().map(|(hash, _)| *hash))
            })
        })
        .await?;
        if !held.is_empty() {
            self.on_blobs(&workspace, held);
        }
        Ok(())
    }

    /// Refuses work that would fill the disk.
    pub(crate) fn check_space(&self, needed: u64) -> Result<(), ApiError> {
        let reserve = self.config().cache.reserve_bytes;
        match crate::space::free_bytes(self.directory()) {
            Some(free) if free < needed.saturating_add(reserve) => Err(ApiError::new(
                ErrorKind::Storage,
                format!(
                    "{} has {free} bytes free; {needed} are needed and {reserve} are kept free",
                    self.directory().display()
                ),
            )
            .hint("free some space, or lower cache.reserve_bytes with dataforge config set; nothing was lost")),
            _ => Ok(()),
        }
    }

    /// Returns what serves the blobs of a workspace.
    pub(crate) fn blob_server(&self, workspace: WorkspaceId, is_relayed: bool) -> BlobServer {
        let pace = self.0.transfers.pace_out(is_relayed).clone();
        BlobServer::new(self.0.blobs.clone(), Arc::new(Giver { node: self.weak(), workspace }), pace)
    }

    /// Writes down what peers fetched until now.
    pub(crate) async fn write_accesses(&self) -> Result<(), ApiError> {
        let inner = Arc::clone(&self.0);
        self.with_core(move |core| inner.accesses.write(core)).await
    }
}

/// Sets how fast blobs may travel.
pub(super) fn set_paces(transfers: &Transfers, config: &NetworkConfig) {
    for (is_relayed, limit) in [(false, config.limit_bytes_per_s), (true, config.relay_limit_bytes_per_s)] {
        transfers.pace(is_relayed).set_limit(limit);
        transfers.pace_out(is_relayed).set_limit(limit);
    }
}
