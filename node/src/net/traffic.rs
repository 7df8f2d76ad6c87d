//! Bytes that went over the network: by peer, and by class of path.
//!
//! QUIC counts per connection, so connections are looked at now and then and once more when they end;
//! what was added since the last look is credited to the peer. Everything counts, not only data.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use dataforge_protocol::id::DeviceId;
use iroh::endpoint::Connection;

/// Bytes both ways, by class of path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Bytes {
    /// Received over direct paths.
    pub(crate) direct_in: u64,
    /// Sent over direct paths.
    pub(crate) direct_out: u64,
    /// Received over relays.
    pub(crate) relay_in: u64,
    /// Sent over relays.
    pub(crate) relay_out: u64,
}

impl Bytes {
    /// Returns what came.
    pub(crate) const fn received(&self) -> u64 {
        self.direct_in + self.relay_in
    }

    /// Returns what went.
    pub(crate) const fn sent(&self) -> u64 {
        self.direct_out + self.relay_out
    }

    /// Returns whether most of it went over relays.
    pub(crate) const fn is_relayed(&self) -> bool {
        self.relay_in + self.relay_out > self.direct_in + self.direct_out
    }

    const fn add(&mut self, other: &Self) {
        self.direct_in += other.direct_in;
        self.direct_out += other.direct_out;
        self.relay_in += other.relay_in;
        self.relay_out += other.relay_out;
    }
}

/// What a connection counted when it was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Sample {
    all_in: u64,
    all_out: u64,
    /// Of open paths over relays only.
    relay_in: u64,
    relay_out: u64,
}

impl Sample {
    fn of(connection: &Connection) -> Self {
        let stats = connection.stats();
        let mut sample = Self { all_in: stats.udp_rx.bytes, all_out: stats.udp_tx.bytes, ..Self::default() };
        for path in connection.paths().iter().filter(|path| !path.is_ip()) {
            let stats = path.stats();
            sample.relay_in += stats.udp_rx.bytes;
            sample.relay_out += stats.udp_tx.bytes;
        }
        sample
    }

    /// Returns what was added since an earlier look. A relay path that closed takes its counts along.
    fn since(&self, before: &Self) -> Bytes {
        let relay_in = self.relay_in.saturating_sub(before.relay_in);
        let relay_out = self.relay_out.saturating_sub(before.relay_out);
        Bytes {
            direct_in: self.all_in.saturating_sub(before.all_in).saturating_sub(relay_in),
            direct_out: self.all_out.saturating_sub(before.all_out).saturating_sub(relay_out),
            relay_in,
            relay_out,
        }
    }
}

/// The counts of all peers since the network started.
#[derive(Debug, Default)]
pub(crate) struct Traffic(Mutex<Counts>);

#[derive(Debug, Default)]
struct Counts {
    peers: BTreeMap<DeviceId, Bytes>,
    /// Connections by their stable id: the last look, and all that they counted.
    seen: BTreeMap<usize, (Sample, Bytes)>,
}

impl Counts {
    fn take(&mut self, connection: usize, peer: DeviceId, now: Sample) -> Bytes {
        let (last, all) = self.seen.entry(connection).or_default();
        let added = now.since(last);
        *last = now;
        all.add(&added);
        let all = *all;
        self.peers.entry(peer).or_default().add(&added);
        all
    }
}

impl Traffic {
    fn counts(&self) -> MutexGuard<'_, Counts> {
        // Sums are whole after each assignment.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks at a connection to a member.
    pub(crate) fn look(&self, connection: &Connection) {
        let peer = DeviceId(*connection.remote_id().as_bytes());
        let now = Sample::of(connection);
        self.counts().take(connection.stable_id(), peer, now);
    }

    /// Looks at a connection for the last time; returns all that it counted.
    pub(crate) fn end(&self, connection: &Connection) -> Bytes {
        let peer = DeviceId(*connection.remote_id().as_bytes());
        let now = Sample::of(connection);
        let mut counts = self.counts();
        let all = counts.take(connection.stable_id(), peer, now);
        counts.seen.remove(&connection.stable_id());
        all
    }

    /// Returns the counts of each peer.
    pub(crate) fn peers(&self) -> BTreeMap<DeviceId, Bytes> {
        self.counts().peers.clone()
    }

    /// Returns the counts of all peers together.
    pub(crate) fn all(&self) -> Bytes {
        self.counts().peers.values().fold(Bytes::default(), |mut sum, bytes| {
            sum.add(bytes);
            sum
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PEER: DeviceId = DeviceId([1; 32]);

    fn sample(all: (u64, u64), relay: (u64, u64)) -> Sample {
        Sample { all_in: all.0, all_out: all.1, relay_in: relay.0, relay_out: relay.1 }
    }

    #[test]
    fn what_connections_add_is_credited_once_and_by_class() {
        let mut counts = Counts::default();
        counts.take(1, PEER, sample((100, 10), (0, 0)));
        counts.take(1, PEER, sample((150, 15), (30, 5)));
        let all = counts.take(1, PEER, sample((150, 15), (30, 5)));
        let expected = Bytes { direct_in: 120, direct_out: 10, relay_in: 30, relay_out: 5 };
        assert_eq!((all, counts.peers[&PEER]), (expected, expected));
        // The relay path closes, and bytes go directly.
        counts.take(1, PEER, sample((250, 15), (0, 0)));
        assert_eq!(counts.peers[&PEER], Bytes { direct_in: 220, ..expected });
        // Another connection to the same peer begins at nothing.
        let second = counts.take(2, PEER, sample((7, 7), (7, 7)));
        assert!(second.is_relayed() && !counts.peers[&PEER].is_relayed());
        assert_eq!(counts.peers[&PEER].relay_out, 12);
    }
}
