//! Promises not to give up a blob, and what this device is about to give up: never both of one blob.
//!
//! Of two devices that want to give up the same blob at once, each counting on the other, at most one
//! gets the other's promise: whoever began to leave does not promise, and whoever promised does not
//! leave until the promise ran out. A promise is written down before it is given and begins anew with
//! a restart, since no clock tells how long a process was away.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use dataforge_protocol::id::{BlobHash, DeviceId};

use crate::store::Lease;

/// How long a promise binds who gives it.
pub(crate) const BINDS: Duration = Duration::from_secs(300);

/// How long a promise may be relied on, from when it was asked for: shorter than it binds by more
/// than clocks differ in their pace.
pub(crate) fn relied_on(binds: Duration) -> Duration {
    binds / 2
}

/// What was promised, and what is being given up.
#[derive(Debug, Default)]
pub(crate) struct Leases {
    promised: BTreeMap<BlobHash, BTreeMap<DeviceId, Instant>>,
    leaving: BTreeSet<BlobHash>,
}

impl Leases {
    /// Takes the promises that were written down; all of them begin anew.
    pub(crate) fn load(leases: Vec<Lease>, now: Instant) -> Self {
        let mut promised: BTreeMap<BlobHash, BTreeMap<DeviceId, Instant>> = BTreeMap::new();
        for lease in leases {
            promised.entry(lease.hash).or_default().insert(lease.device, now + BINDS);
        }
        Self { promised, leaving: BTreeSet::new() }
    }

    /// Promises blobs to a device, but for those that are being given up; returns which. The caller has
    /// seen that they are right on disk, sees under the same lock that they are still held, and
    /// writes the promise down before it is given.
    pub(crate) fn promise(&mut self, device: DeviceId, blobs: &[BlobHash], now: Instant) -> Vec<BlobHash> {
        let stays: Vec<_> = blobs.iter().filter(|hash| !self.leaving.contains(*hash)).copied().collect();
        for hash in &stays {
            self.promised.entry(*hash).or_default().insert(device, now + BINDS);
        }
        stays
    }

    /// Begins to give up blobs, but for those that were promised or that somebody gives up already;
    /// returns which.
    pub(crate) fn leave(&mut self, blobs: &[BlobHash], now: Instant) -> Vec<BlobHash> {
        let mut left = Vec::new();
        for hash in blobs {
            if !self.is_promised(hash, now) && self.leaving.insert(*hash) {
                left.push(*hash);
            }
        }
        left
    }

    /// Ends what [`Leases::leave`] began, whether or not the blobs went.
    pub(crate) fn settle(&mut self, blobs: &[BlobHash]) {
        for hash in blobs {
            self.leaving.remove(hash);
        }
    }

    /// Whether a promise of a blob binds.
    pub(crate) fn is_promised(&self, hash: &BlobHash, now: Instant) -> bool {
        self.promised.get(hash).is_some_and(|devices| devices.values().any(|until| *until > now))
    }

    /// Takes out promises that ran out; returns them.
    pub(crate) fn expire(&mut self, now: Instant) -> Vec<(BlobHash, DeviceId)> {
        let mut ended = Vec::new();
        self.promised.retain(|hash, devices| {
            devices.retain(|device, until| {
                let binds = *until > now;
                if !binds {
                    ended.push((*hash, *device));
                }
                binds
            });
            !devices.is_empty()
        });
        ended
    }
}

#[cfg(test)]
mod tests;
