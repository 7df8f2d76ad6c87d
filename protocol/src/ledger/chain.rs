//! Chains: where entries stand on them, and which entries a peer lacks.
//!
//! Peers compare *sets of tips* per device by hash: a counter would call two forks equal.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Ledger, Node};
use crate::id::{DeviceId, EntryId};

/// The ends of a device's chain: one, or several after a fork.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceTips {
    /// The device.
    pub device: DeviceId,
    /// Position and id of each tip, sorted.
    pub tips: Vec<(u64, EntryId)>,
}

impl Ledger {
    /// Returns the tips of every device: entries whose whole chain is held and that no held entry
    /// continues.
    #[must_use]
    pub fn tips(&self) -> Vec<DeviceTips> {
        self.chains
            .keys()
            .map(|device| DeviceTips { device: *device, tips: self.device_tips(device) })
            .filter(|chain| !chain.tips.is_empty())
            .collect()
    }

    /// Returns the tips of one device.
    #[must_use]
    pub fn device_tips(&self, device: &DeviceId) -> Vec<(u64, EntryId)> {
        let Some(chain) = self.chains.get(device) else { return Vec::new() };
        if !self.forked.contains_key(device) {
            let mut last = chain.iter().rev().flat_map(|(seq, ids)| ids.iter().map(|id| (*seq, *id)));
            return last.find(|(_, id)| self.is_connected(id)).into_iter().collect();
        }
        let connected = || chain.values().flatten().filter(|id| self.is_connected(id));
        let continued: BTreeSet<_> = connected().filter_map(|id| self.nodes.get(id)?.prev).collect();
        let mut tips: Vec<_> =
            connected().filter(|id| !continued.contains(*id)).filter_map(|id| Some((self.nodes.get(id)?.seq, *id))).collect();
        tips.sort_unstable();
        tips
    }

    /// Returns the settled entries that a peer with these tips lacks, in causal order, membership
    /// ops first, and the devices of which the peer has a longer chain that we do not know.
    ///
    /// Of the latter nothing is sent: the peer will send, and [`Ledger::branches_beside`] then
    /// tells what of ours it lacks. A tip that we do not know on a chain no longer than ours shows
    /// that the chains differ: the peer is given the whole of ours.
    #[must_use]
    pub fn missing_for(&self, tips: &[DeviceTips]) -> (Vec<EntryId>, BTreeSet<DeviceId>) {
        let mut held = BTreeSet::new();
        let mut ahead = BTreeSet::new();
        for DeviceTips { device, tips } in tips {
            let ours = self.chains.get(device).and_then(|chain| chain.keys().next_back()).copied();
            for (seq, tip) in tips {
                if self.nodes.get(tip).is_some_and(|node| node.device == *device) {
                    self.collect_chain(tip, &mut held);
                } else if ours.is_none_or(|ours| *seq > ours) {
                    ahead.insert(*device);
                }
            }
        }
        let lacks = |id: &&EntryId| self.nodes.get(id).is_some_and(|node| !held.contains(*id) && !ahead.contains(&node.device));
        let (ops, data): (Vec<_>, Vec<_>) =
            self.order.iter().filter(lacks).copied().partition(|id| self.nodes.get(id).is_some_and(|node| !node.is_data()));
        (ops.into_iter().chain(data).collect(), ahead)
    }

    /// Returns the entries of some devices that stand on no chain of a peer's tips, in causal order.
    #[must_use]
    pub fn branches_beside(&self, tips: &[DeviceTips], devices: &BTreeSet<DeviceId>) -> Vec<EntryId> {
        let mut held = BTreeSet::new();
        for (_, tip) in tips.iter().filter(|chain| devices.contains(&chain.device)).flat_map(|chain| &chain.tips) {
            self.collect_chain(tip, &mut held);
        }
        let beside = |id: &&EntryId| {
            !held.contains(*id) && self.nodes.get(id).is_some_and(|node| devices.contains(&node.device))
        };
        if devices.is_empty() { Vec::new() } else { self.order.iter().filter(beside).copied().collect() }
    }

    fn collect_chain(&self, tip: &EntryId, held: &mut BTreeSet<EntryId>) {
        let mut next = Some(*tip);
        while let Some(id) = next.filter(|id| held.insert(*id)) {
            next = self.nodes.get(&id).and_then(|node| node.prev);
        }
    }

    pub(super) fn is_connected(&self, id: &EntryId) -> bool {
        self.nodes.get(id).is_some_and(|node| node.connected)
    }

    /// Marks what follows `id` on its chain as connected, now that `id` is.
    pub(super) fn connect_after(&mut self, id: EntryId) {
        let mut queue = vec![id];
        while let Some(id) = queue.pop() {
            let Some(Node { device, seq, .. }) = self.nodes.get(&id) else { continue };
            let next = self.chains.get(device).and_then(|chain| chain.get(&(seq + 1))).cloned().unwrap_or_default();
            for follower in next {
                if let Some(node) = self.nodes.get_mut(&follower).filter(|node| !node.connected && node.prev == Some(id)) {
                    node.connected = true;
                    queue.push(follower);
                }
            }
        }
    }

    /// Returns the last Open or Change at or before an entry on its chain.
    pub(super) fn last_data(&self, from: Option<EntryId>) -> Option<EntryId> {
        let mut next = from;
        while let Some(id) = next {
            let node = self.nodes.get(&id)?;
            if node.kind != Some(crate::entry::EntryKind::Op) {
                return Some(id);
            }
            next = node.prev;
        }
        None
    }

    /// Returns whether `id` is `tip` or before it on the same chain.
    pub(super) fn is_on_chain(&self, id: &EntryId, tip: Option<EntryId>) -> bool {
        let Some(target) = self.nodes.get(id) else { return false };
        let mut next = tip;
        while let Some(at) = next {
            let Some(node) = self.nodes.get(&at) else { return false };
            if node.seq <= target.seq {
                return at == *id;
            }
            next = node.prev;
        }
        false
    }
}
