//! Chains: where entries stand on them, and which entries a peer lacks.
//!
//! Peers compare *sets of tips* per device by hash: a counter would call two forks equal.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Ledger, Node, Standing};
use crate::bug::{self, Bug};
use crate::entry::Link;
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
        if !self.branched.contains(device) {
            let mut last = chain.iter().rev().flat_map(|(seq, ids)| ids.iter().map(|id| (*seq, *id)));
            return last.find(|(_, id)| self.is_connected(id)).into_iter().collect();
        }
        let connected = || chain.values().flatten().filter(|id| self.is_connected(id));
        let continued: BTreeSet<_> = connected().filter_map(|id| self.nodes.get(id)?.prev).collect();
        let mut tips: Vec<_> = connected()
            .filter(|id| !continued.contains(*id))
            .filter_map(|id| Some((self.nodes.get(id)?.seq, *id)))
            .collect();
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
                let tip = self.counted_tip(device, *seq).unwrap_or(*tip);
                if self.nodes.get(&tip).is_some_and(|node| node.device == *device) {
                    self.collect_chain(&tip, &mut held);
                } else if ours.is_none_or(|ours| *seq > ours) {
                    ahead.insert(*device);
                }
            }
        }
        let lacks =
            |id: &&EntryId| self.nodes.get(id).is_some_and(|node| !held.contains(*id) && !ahead.contains(&node.device));
        let (ops, data): (Vec<_>, Vec<_>) = self
            .order
            .iter()
            .filter(lacks)
            .copied()
            .partition(|id| self.nodes.get(id).is_some_and(|node| !node.is_data()));
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

    /// With the bug of that name, our own entry for the position of a peer's tip.
    fn counted_tip(&self, device: &DeviceId, seq: u64) -> Option<EntryId> {
        let chain = self.chains.get(device).filter(|_| bug::is_on(Bug::CompareCounters))?;
        chain.get(&seq)?.first().copied()
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

    /// Returns whether a place on a chain is the one after an entry that is held.
    pub(super) fn follows(&self, link: &Link, prev: &EntryId) -> bool {
        self.nodes.get(prev).is_some_and(|node| node.device == link.device && node.seq.checked_add(1) == Some(link.seq))
    }

    /// Marks what follows `id` on its chain as connected, now that `id` is.
    pub(super) fn connect_after(&mut self, id: EntryId) {
        let mut queue = vec![id];
        while let Some(id) = queue.pop() {
            let Some(Node { device, seq, .. }) = self.nodes.get(&id).map(|node| &**node) else { continue };
            let next = seq.checked_add(1);
            let next = next.and_then(|seq| self.chains.get(device)?.get(&seq)).cloned();
            for follower in next.unwrap_or_default() {
                let follower_node = self.nodes.get_mut(&follower);
                if let Some(node) = follower_node.filter(|n| !n.connected && n.prev == Some(id)) {
                    node.connected = true;
                    queue.push(follower);
                }
            }
        }
    }

    /// Returns what is before an Open or Change on its chain, back to the last Open or Change.
    ///
    /// Ops stand wherever they claim to be, so those in between are checked here: the answer must
    /// not depend on which of them came first.
    pub(super) fn chain_before(&self, link: &Link, blob_base: u64) -> Before {
        let (mut seq, mut prev) = (link.seq, link.prev);
        loop {
            let Some(id) = prev else {
                return if seq == 0 && blob_base == 0 { Before::Data(None) } else { Before::Broken };
            };
            if self.invalid.contains(&id) {
                return Before::Invalid;
            }
            let Some(node) = self.nodes.get(&id) else { return Before::Missing(id) };
            let continues = node.device == link.device && node.seq.checked_add(1) == Some(seq);
            if !continues && !bug::is_on(Bug::ForgetPrev) {
                return Before::Broken;
            }
            if node.standing == Standing::Unreadable {
                return Before::Unreadable;
            }
            if node.blob_end != blob_base {
                return Before::Broken;
            }
            if node.is_data() {
                return Before::Data(Some(id));
            }
            (seq, prev) = (node.seq, node.prev);
        }
    }

    /// Returns the last Open or Change at or before an entry on its chain.
    pub(super) fn last_data(&self, from: Option<EntryId>) -> Option<EntryId> {
        let mut next = from;
        while let Some(id) = next {
            let node = self.nodes.get(&id)?;
            if node.is_data() {
                return Some(id);
            }
            next = node.prev;
        }
        None
    }
}

/// What is before an Open or Change on its chain.
pub(super) enum Before {
    /// All of it is here and continues; the last Open or Change, unless there is none.
    Data(Option<EntryId>),
    /// This one is missing.
    Missing(EntryId),
    /// One of them is invalid.
    Invalid,
    /// One of them does not continue the chain.
    Broken,
    /// One of them is of a newer version.
    Unreadable,
}
