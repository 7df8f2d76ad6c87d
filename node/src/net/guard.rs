//! Who may take up this node: few connections that are not judged yet, few of one source, few of one
//! member; and nobody who is no member any more.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};

use dataforge_protocol::id::DeviceId;
use iroh::EndpointId;
use iroh::endpoint::{Connection, Incoming, IncomingAddr, QuicTransportConfig, VarInt};
use tokio::sync::Notify;

use super::congestion::ByPath;
use super::rivals::Seat;
use super::{Network, code, lock};
use crate::api::ApiError;
use crate::core::Core;
use crate::crowd::{Crowd, network_of};
use crate::transfer::Provider;

/// Connections being judged at a time.
const MAX_JUDGED: usize = 64;
/// Of these, from one source.
const MAX_PER_SOURCE: usize = 8;
/// From so many on, every source has to show that it gets answers before it may begin.
const VALIDATE_FROM: usize = 16;
/// From so many of it on, a source has to.
const VALIDATE_FROM_OF_SOURCE: usize = 2;
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

/// Where a connection comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Source {
    Network(IpAddr),
    Relayed(EndpointId),
    Other,
}

impl From<IncomingAddr> for Source {
    fn from(from: IncomingAddr) -> Self {
        match from {
            IncomingAddr::Ip(address) => Self::Network(network_of(address.ip())),
            IncomingAddr::Relay { endpoint_id, .. } => Self::Relayed(endpoint_id),
            _ => Self::Other,
        }
    }
}

/// Whether a source has to show first that answers reach it.
fn wants_proof(judged: &Crowd<Source>, source: Source) -> bool {
    judged.len() >= VALIDATE_FROM || judged.of(source) >= VALIDATE_FROM_OF_SOURCE
}

/// The places of a node.
#[derive(Debug)]
pub(super) struct Guard {
    /// Connections that are being judged.
    judged: Mutex<Crowd<Source>>,
    members: Mutex<BTreeMap<DeviceId, usize>>,
}

impl Default for Guard {
    fn default() -> Self {
        Self { judged: Mutex::new(Crowd::new(MAX_JUDGED, MAX_PER_SOURCE)), members: Mutex::default() }
    }
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
    number: u64,
    /// Told when it has to give way to a newer one.
    pub(super) gives_way: Arc<Notify>,
}

/// A place among connections of members.
pub(super) struct Admitted {
    guard: Arc<Guard>,
    device: DeviceId,
}

impl Drop for Judged {
    fn drop(&mut self) {
        lock(&self.guard.judged).leave(self.number);
    }
}

impl Drop for Admitted {
    fn drop(&mut self) {
        let mut members = lock(&self.guard.members);
        if let Some(of) = members.get_mut(&self.device) {
            *of -= 1;
            if *of == 0 {
                members.remove(&self.device);
            }
        }
    }
}

impl Guard {
    /// Decides about a connection before its handshake.
    pub(super) fn meet(self: &Arc<Self>, incoming: Incoming) -> Verdict {
        let source = Source::from(incoming.remote_addr());
        let mut judged = lock(&self.judged);
        if wants_proof(&judged, source) && !incoming.remote_addr_validated() {
            drop(judged);
            // One that cannot be answered like that is gone.
            drop(incoming.retry());
            return Verdict::Answered;
        }
        let (number, gives_way) = judged.take(source);
        drop(judged);
        Verdict::Judge(Box::new(incoming), Judged { guard: Arc::clone(self), number, gives_way })
    }

    /// Gives a member's connection its place, if there is one left.
    pub(super) fn admit(self: &Arc<Self>, device: DeviceId) -> Option<Admitted> {
        let mut members = lock(&self.members);
        let (total, of) = (members.values().sum::<usize>(), members.entry(device).or_default());
        if total >= MAX_OF_MEMBERS || *of >= MAX_PER_MEMBER {
            if *of == 0 {
                members.remove(&device);
            }
            return None;
        }
        *of += 1;
        drop(members);
        Some(Admitted { guard: Arc::clone(self), device })
    }
}

/// Closes blob connections of devices that are no members of their workspaces any more; sessions see to
/// themselves.
pub(super) async fn keep_to_members(network: Arc<Network>) {
    let Ok(mut changes) = network.node.get().map(|node| node.changes()) else { return };
    while changes.changed().await.is_ok() {
        let connected: Vec<_> = network.blob_connections.borrow().keys().copied().collect();
        if connected.is_empty() {
            continue;
        }
        let Ok(node) = network.node.get() else { return };
        let gone = node.with_core(move |core| removed(core, connected)).await.unwrap_or_default();
        for provider in gone {
            for connection in network.blob_connections.borrow().get(&provider).into_iter().flat_map(Seat::all) {
                connection.close(code::REFUSED.into(), b"");
            }
        }
    }
}

/// Returns those of some peers that are no members of the workspaces they serve.
fn removed(core: &mut Core, providers: Vec<Provider>) -> Result<Vec<Provider>, ApiError> {
    let mut gone = Vec::new();
    for (workspace, device) in providers {
        if !core.ledger(&workspace)?.members().is_member(&device) {
            gone.push((workspace, device));
        }
    }
    Ok(gone)
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

    fn host(number: u8) -> Source {
        Source::from(IncomingAddr::Ip(([10, 0, 0, number], 7411).into()))
    }

    #[test]
    fn proof_is_wanted_of_a_source_with_some_and_of_all_in_a_crowd() {
        let mut crowd = Crowd::new(MAX_JUDGED, MAX_PER_SOURCE);
        for _ in 0..VALIDATE_FROM_OF_SOURCE {
            assert!(!wants_proof(&crowd, host(1)));
            crowd.take(host(1));
        }
        assert!(wants_proof(&crowd, host(1)) && !wants_proof(&crowd, host(2)));
        let (mut number, mut last) = (2, 0);
        while crowd.len() < VALIDATE_FROM {
            last = crowd.take(host(number)).0;
            number += 1;
        }
        assert!(wants_proof(&crowd, host(99)));
        crowd.leave(last);
        assert!(!wants_proof(&crowd, host(99)));
    }

    #[test]
    fn places_of_members_are_bounded_and_given_back() {
        let guard = Arc::new(Guard::default());
        let device = DeviceId([1; 32]);
        let mut held: Vec<_> = (0..MAX_PER_MEMBER).map(|_| guard.admit(device).unwrap()).collect();
        assert!(guard.admit(device).is_none());
        assert!(guard.admit(DeviceId([2; 32])).is_some());
        held.pop();
        assert!(guard.admit(device).is_some());
        drop(held);
        assert!(lock(&guard.members).is_empty());
    }
}
