//! Bundles: entries on a stick, which somebody carries and may read more than once.

use dataforge_protocol::entry::{Entry, SignedEntry};

use super::node::Node;

/// Entries of one node.
#[derive(Debug, Clone)]
pub(super) struct Bundle {
    /// The node that wrote it.
    pub(super) from: usize,
    pub(super) entries: Vec<SignedEntry>,
}

impl Bundle {
    /// Writes what a node holds: all of it, or what it settled last.
    pub(super) fn pack(from: usize, node: &Node, random: &mut fastrand::Rng) -> Self {
        let order = node.disk.order();
        let first = if random.bool() { 0 } else { random.usize(..order.len()) };
        let entries = order[first..].iter().filter_map(|id| node.disk.stored(id)).cloned().collect();
        Self { from, entries }
    }

    pub(super) fn trace(&self, hasher: &mut blake3::Hasher) {
        hasher.update(&(self.entries.len() as u64).to_be_bytes());
        for entry in &self.entries {
            hasher.update(blake3::hash(&entry.header).as_bytes());
        }
    }

    /// Returns the entries that verify.
    pub(super) fn read(self, node: &Node) -> Vec<Entry> {
        self.entries.into_iter().filter_map(|signed| node.verify(signed).ok()).collect()
    }
}
