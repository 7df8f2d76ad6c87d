//! Announcements as datagrams to all of a link: the way that is left where multicast is filtered.
//!
//! IPv4 goes to the broadcast address of each interface, IPv6 to all nodes of each link
//! (`ff02::1`), which no switch may filter.

use std::collections::BTreeSet;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};

use dataforge_protocol::discovery::MAX_BEACON_BYTES;
use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::UdpSocket;

use super::interfaces::Interface;

/// All nodes of a link.
const ALL_NODES: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 1);

/// Sockets for beacons.
pub(super) struct Beacon {
    port: u16,
    v4: Option<UdpSocket>,
    v6: Option<UdpSocket>,
}

impl Beacon {
    /// Opens the sockets; one family is enough.
    ///
    /// # Errors
    /// When neither can be opened.
    pub(super) fn bind(port: u16) -> io::Result<Self> {
        let v4 = open(Domain::IPV4, (Ipv4Addr::UNSPECIFIED, port).into());
        let v6 = open(Domain::IPV6, (Ipv6Addr::UNSPECIFIED, port).into());
        match (v4, v6) {
            (Err(error), Err(_)) => Err(error),
            (v4, v6) => Ok(Self { port, v4: v4.ok(), v6: v6.ok() }),
        }
    }

    /// Sends to all of each link; returns how many links took it.
    pub(super) async fn send(&self, beacon: &[u8], interfaces: &[Interface]) -> usize {
        let mut sent = 0;
        let broadcasts: BTreeSet<_> = interfaces.iter().filter_map(|interface| interface.broadcast).collect();
        for broadcast in broadcasts {
            sent += usize::from(self.send_to(beacon, (broadcast, self.port).into()).await);
        }
        let links: BTreeSet<_> = interfaces.iter().filter(|one| one.ip.is_ipv6()).map(|one| one.index).collect();
        for index in links {
            let all = SocketAddrV6::new(ALL_NODES, self.port, 0, index);
            sent += usize::from(self.send_to(beacon, all.into()).await);
        }
        sent
    }

    /// Sends to one node; returns whether that was possible.
    pub(super) async fn send_to(&self, beacon: &[u8], to: SocketAddr) -> bool {
        let Some(socket) = (if to.is_ipv4() { &self.v4 } else { &self.v6 }) else { return false };
        match socket.send_to(beacon, to).await {
            Ok(_) => true,
            Err(error) => {
                // A link that is going down; the next interval tries again.
                tracing::debug!("no beacon to {to}: {error}");
                false
            }
        }
    }

    /// Returns the next datagram and who sent it.
    pub(super) async fn receive(&self) -> (Vec<u8>, SocketAddr) {
        tokio::select! {
            heard = receive(self.v4.as_ref()) => heard,
            heard = receive(self.v6.as_ref()) => heard,
        }
    }
}

fn open(domain: Domain, address: SocketAddr) -> io::Result<UdpSocket> {
    let socket = Socket::new(domain, Type::DGRAM, Some(Protocol::UDP))?;
    // Several nodes on one machine hear the same beacons.
    socket.set_reuse_address(true)?;
    #[cfg(all(unix, not(target_os = "linux")))]
    socket.set_reuse_port(true)?;
    if domain == Domain::IPV4 {
        socket.set_broadcast(true)?;
    } else {
        socket.set_only_v6(true)?;
    }
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    UdpSocket::from_std(socket.into())
}

async fn receive(socket: Option<&UdpSocket>) -> (Vec<u8>, SocketAddr) {
    let Some(socket) = socket else { return std::future::pending().await };
    loop {
        // One more than there may be, so that what is longer is seen to be.
        let mut bytes = vec![0; MAX_BEACON_BYTES + 1];
        match socket.recv_from(&mut bytes).await {
            Ok((length, from)) => {
                bytes.truncate(length);
                return (bytes, from);
            }
            Err(error) => {
                // Errors of what was sent before are told here, on some systems.
                tracing::debug!("no beacon was received: {error}");
                tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            }
        }
    }
}
