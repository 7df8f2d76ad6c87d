//! Neighbours: nodes of the same network that have a pairing window open, and what this node
//! announces of its own.
//!
//! Nodes announce themselves to members only, by what a stranger cannot read. A pairing window is
//! the exception: while one is open, its host tells everybody the label that was chosen for it, its
//! device and where it is reached. Nothing here is believed: the code proves who is who.

use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use dataforge_protocol::id::DeviceId;
use dataforge_protocol::op::is_name;
use tokio::sync::watch;

/// Neighbours kept at a time; whoever comes beyond is not listed.
const MAX_NEIGHBOURS: usize = 64;
/// Addresses kept of each.
const MAX_ADDRESSES: usize = 16;
/// Bytes of a label: it must fit into a record of a local network.
pub(crate) const MAX_LABEL_BYTES: usize = 63;

/// A node that has a pairing window open, as it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Neighbour {
    /// Its device.
    pub(crate) device: DeviceId,
    /// What it calls itself.
    pub(crate) label: String,
    /// Where it is reached.
    pub(crate) addresses: Vec<SocketAddr>,
    /// Until when this counts unless it is heard again.
    pub(crate) until: Instant,
}

/// What this node announces to everybody while its pairing window is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PairingNotice {
    /// The label chosen for it.
    pub(crate) label: String,
}

/// Whether a label may be announced and listed.
pub(crate) fn is_label(label: &str) -> bool {
    is_name(label) && label.len() <= MAX_LABEL_BYTES
}

/// The neighbours that were heard of late.
#[derive(Debug, Default)]
pub(crate) struct Neighbours {
    heard: Mutex<Vec<Neighbour>>,
    changes: watch::Sender<u64>,
}

impl Neighbours {
    fn lock(&self) -> MutexGuard<'_, Vec<Neighbour>> {
        // Every change leaves the list whole.
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes what a neighbour says; what is out of bounds is passed over.
    pub(crate) fn heard(&self, mut neighbour: Neighbour) {
        if !is_label(&neighbour.label) || neighbour.addresses.is_empty() {
            return;
        }
        neighbour.addresses.truncate(MAX_ADDRESSES);
        let (mut heard, now) = (self.lock(), Instant::now());
        heard.retain(|known| known.until > now && known.device != neighbour.device);
        if heard.len() < MAX_NEIGHBOURS {
            heard.push(neighbour);
        }
        drop(heard);
        self.changes.send_modify(|count| *count += 1);
    }

    /// Returns who was heard of late, by label.
    pub(crate) fn list(&self) -> Vec<Neighbour> {
        let mut heard = self.lock();
        let now = Instant::now();
        heard.retain(|known| known.until > now);
        let mut list = heard.clone();
        list.sort_by(|a, b| a.label.cmp(&b.label).then_with(|| a.device.cmp(&b.device)));
        list
    }

    /// Listens for so long, and a little less once somebody was heard.
    pub(crate) async fn listen(&self, patience: Duration, after_first: Duration) -> Vec<Neighbour> {
        let mut changes = self.changes.subscribe();
        let first = async {
            while self.list().is_empty() {
                // The sender lives as long as this table.
                drop(changes.changed().await);
            }
            tokio::time::sleep(after_first).await;
        };
        drop(tokio::time::timeout(patience, first).await);
        self.list()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn neighbour(device: u8, label: &str, seconds: u64) -> Neighbour {
        Neighbour {
            device: DeviceId([device; 32]),
            label: label.to_owned(),
            addresses: vec![SocketAddr::from(([10, 0, 0, device], 7411))],
            until: Instant::now() + Duration::from_secs(seconds),
        }
    }

    #[test]
    fn neighbours_are_listed_once_until_their_time_is_over() {
        let table = Neighbours::default();
        table.heard(neighbour(1, "rig", 60));
        table.heard(neighbour(2, "office", 60));
        table.heard(neighbour(1, "rig 7", 60));
        table.heard(neighbour(3, "gone", 0));
        let labels: Vec<_> = table.list().into_iter().map(|known| known.label).collect();
        assert_eq!(labels, ["office", "rig 7"]);
    }

    #[test]
    fn what_strangers_say_is_bounded() {
        let table = Neighbours::default();
        table.heard(neighbour(1, "a\u{202e}b", 60));
        table.heard(neighbour(1, &"x".repeat(MAX_LABEL_BYTES + 1), 60));
        table.heard(Neighbour { addresses: Vec::new(), ..neighbour(1, "nowhere", 60) });
        assert_eq!(table.list(), []);
        table.heard(Neighbour {
            addresses: vec![SocketAddr::from(([10, 0, 0, 1], 1)); 900],
            ..neighbour(1, "many", 60)
        });
        assert_eq!(table.list()[0].addresses.len(), MAX_ADDRESSES);
        for device in 2..=255 {
            table.heard(neighbour(device, "crowd", 60));
        }
        assert_eq!(table.list().len(), MAX_NEIGHBOURS);
    }
}
