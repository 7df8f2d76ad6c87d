//! Who may take up this node: few connections that are not judged yet, few of one source, few of one
//! member; and nobody who is no member any more.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Mutex};

use dataforge_protocol::id::DeviceId;
use iroh::EndpointId;
use iroh::endpoint::{Connection, Incoming, IncomingAddr, QuicTransportConfig, VarInt};

use super::congestion::ByPath;
use super::{Network, code, lock};
use crate::api::ApiError;
use crate::core::Core;

/// Connections being judged at a time.
const MAX_JUDGED: usize = 64;
/// Of these, from one source.
const MAX_PER_SOURCE: usize = 8;
/// From so many on, a source has to show that it gets answers before it may begin.
const VALIDATE_FROM: usize = 16;
/// Connections of one member at a time: one for each workspace, one for blobs, and those being replaced.
const MAX_PER_MEMBER: usize = 64;
/// Connections of members at a time.
const MAX_OF_MEMBERS: usize = 1024;
/// Bytes that are not read yet, of a connection that is not judged.
const STRANGER_WINDOW: u32 = 128 << 10;
/// Streams of such a connection at a time.
const STRANGER_STREAMS: u32 = 4;
/// Bytes that are not read yet, of a member's connection: 1 Gbit/s over a quarter of a second.
const MEMBER_WINDOW: u32 = 32 << 20;
/// Streams of such a connection at a time.
const MEMBER_STREAMS: u32 = 100;

/// Returns the transport as a stranger meets it.
pub(super) fn transport() -> QuicTransportConfig {
    QuicTransportConfig::builder()
        .max_concurrent_bidi_streams(VarInt::from_u32(STRANGER_STREAMS))
        .max_concurrent_uni_streams(VarInt::from_u32(0))
        .receive_window(VarInt::from_u32(STRANGER_WINDOW))
        .congestion_controller_factory(Arc::new(ByPath::default()))
        .datagram_receive_buffer_size(None)
        .build()
}

/// Gives a connection the room that members have.
pub(super) fn widen(connection: &Connection) {
    connection.set_receive_window(VarInt::from_u32(MEMBER_WINDOW));
    connection.set_max_concurrent_bi_streams(VarInt::from_u32(MEMBER_STREAMS));
}

/// Where a connection comes from, as far as one machine can easily be several.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Source {
    V4(Ipv4Addr),
    /// The first 64 bits: a machine may take any of the others.
    V6(u64),
    Relayed(EndpointId),
    Other,
}

impl From<IncomingAddr> for Source {
    fn from(from: IncomingAddr) -> Self {
        match from {
            IncomingAddr::Ip(address) => match address.ip().to_canonical() {
                IpAddr::V4(ip) => Self::V4(ip),
                IpAddr::V6(ip) => Self::V6(u64::try_from(ip.to_bits() >> 64).unwrap_or_default()),
            },
            IncomingAddr::Relay { endpoint_id, .. } => Self::Relayed(endpoint_id),
            _ => Self::Other,
        }
    }
}

/// Counts connections by who they are of.
#[derive(Debug)]
struct Counts<K> {
    total: usize,
    by: BTreeMap<K, usize>,
}

impl<K> Default for Counts<K> {
    fn default() -> Self {
        Self { total: 0, by: BTreeMap::new() }
    }
}

impl<K: Ord> Counts<K> {
    fn take(&mut self, key: K, limit: usize, limit_each: usize) -> bool {
        let of = self.by.get(&key).copied().unwrap_or_default();
        if self.total >= limit || of >= limit_each {
            return false;
        }
        self.total += 1;
        self.by.insert(key, of + 1);
        true
    }

    fn give_back(&mut self, key: &K) {
        self.total = self.total.saturating_sub(1);
        if let Some(of) = self.by.get_mut(key) {
            *of -= 1;
            if *of == 0 {
                self.by.remove(key);
            }
        }
    }
}

/// The counts of a node.
#[derive(Debug, Default)]
pub(super) struct Guard {
    judged: Mutex<Counts<Source>>,
    members: Mutex<Counts<DeviceId>>,
}

/// What to do with a connection that comes in.
pub(super) enum Verdict {
    /// Judge it, holding this.
    Judge(Box<Incoming>, Judged),
    /// It was answered already.
    Answered,
}

/// A place among those that are judged.
pub(super) struct Judged {
    guard: Arc<Guard>,
    source: Source,
}

/// A place among connections of members.
pub(super) struct Admitted {
    guard: Arc<Guard>,
    device: DeviceId,
}

impl Drop for Judged {
    fn drop(&mut self) {
        lock(&self.guard.judged).give_back(&self.source);
    }
}

impl Drop for Admitted {
    fn drop(&mut self) {
        lock(&self.guard.members).give_back(&self.device);
    }
}

impl Guard {
    /// Decides about a connection before its handshake.
    pub(super) fn meet(self: &Arc<Self>, incoming: Incoming) -> Verdict {
        let source = Source::from(incoming.remote_addr());
        let mut judged = lock(&self.judged);
        if judged.total >= VALIDATE_FROM && !incoming.remote_addr_validated() {
            drop(judged);
            // One that cannot be answered like that is gone.
            drop(incoming.retry());
            return Verdict::Answered;
        }
        if !judged.take(source, MAX_JUDGED, MAX_PER_SOURCE) {
            drop(judged);
            incoming.refuse();
            return Verdict::Answered;
        }
        Verdict::Judge(Box::new(incoming), Judged { guard: Arc::clone(self), source })
    }

    /// Gives a member's connection its place, if there is one left.
    pub(super) fn admit(self: &Arc<Self>, device: DeviceId) -> Option<Admitted> {
        let admitted = lock(&self.members).take(device, MAX_OF_MEMBERS, MAX_PER_MEMBER);
        admitted.then(|| Admitted { guard: Arc::clone(self), device })
    }
}

/// Closes blob connections of devices that are no members any more; sessions see to themselves.
pub(super) async fn keep_to_members(network: Arc<Network>) {
    let Ok(mut changes) = network.node.get().map(|node| node.changes()) else { return };
    while changes.changed().await.is_ok() {
        let connected: Vec<_> = network.blob_connections.borrow().keys().copied().collect();
        if connected.is_empty() {
            continue;
        }
        let Ok(node) = network.node.get() else { return };
        let strangers = node.with_core(move |core| strangers(core, connected)).await.unwrap_or_default();
        for device in strangers {
            if let Some(connection) = network.blob_connections.borrow().get(&device) {
                connection.close(code::REFUSED.into(), b"");
            }
        }
    }
}

/// Returns those devices that are members of no workspace held here.
pub(super) fn strangers(core: &mut Core, mut devices: Vec<DeviceId>) -> Result<Vec<DeviceId>, ApiError> {
    for workspace in core.workspace_ids() {
        let members = core.ledger(&workspace)?.members();
        devices.retain(|device| !members.is_member(device));
    }
    Ok(devices)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_bounded_in_all_and_for_each() {
        let mut counts = Counts::default();
        assert!(counts.take('a', 3, 2));
        assert!(counts.take('a', 3, 2));
        assert!(!counts.take('a', 3, 2));
        assert!(counts.take('b', 3, 2));
        assert!(!counts.take('c', 3, 2));
        counts.give_back(&'a');
        assert!(counts.take('c', 3, 2));
        for key in ['a', 'b', 'c'] {
            counts.give_back(&key);
        }
        assert!(counts.by.is_empty() && counts.total == 0);
    }

    #[test]
    fn addresses_of_one_ipv6_network_are_one_source() {
        let from = |address: &str| Source::from(IncomingAddr::Ip(address.parse().unwrap()));
        assert_eq!(from("[2001:db8::1]:1"), from("[2001:db8::2]:9"));
        assert_ne!(from("[2001:db8::1]:1"), from("[2001:db8:0:1::1]:1"));
        assert_eq!(from("10.0.0.1:1"), from("[::ffff:10.0.0.1]:7"));
        assert_ne!(from("10.0.0.1:1"), from("10.0.0.2:1"));
    }
}
