//! The network interfaces of this machine, and what is near by them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use if_addrs::IfAddr;

/// One address of an interface that is up.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Interface {
    /// Its name in this system.
    pub(crate) name: String,
    /// Its number, the scope of link-local addresses.
    pub(crate) index: u32,
    /// The address.
    pub(crate) ip: IpAddr,
    /// Bits of it that all of the same link share.
    pub(crate) prefix: u8,
    /// Where what is for all of the link is sent, of IPv4.
    pub(crate) broadcast: Option<Ipv4Addr>,
}

/// Returns the addresses of interfaces that are up, loopback left out, sorted.
pub(crate) fn list() -> Vec<Interface> {
    let interfaces = match if_addrs::get_if_addrs() {
        Ok(interfaces) => interfaces,
        Err(error) => {
            tracing::debug!("the interfaces cannot be listed: {error}");
            return Vec::new();
        }
    };
    let mut list: Vec<_> = interfaces
        .into_iter()
        .filter(|interface| interface.is_oper_up() && !interface.is_loopback())
        .map(|interface| {
            let (ip, prefix, broadcast) = match interface.addr {
                IfAddr::V4(ref v4) => (IpAddr::V4(v4.ip), v4.prefixlen, broadcast(v4.ip, v4.prefixlen)),
                IfAddr::V6(ref v6) => (IpAddr::V6(v6.ip), v6.prefixlen, None),
            };
            Interface { index: interface.index.unwrap_or_default(), name: interface.name, ip, prefix, broadcast }
        })
        .collect();
    list.sort();
    list.dedup();
    list
}

/// Returns the address that means all of a link; none where a link has two ends only.
fn broadcast(ip: Ipv4Addr, prefix: u8) -> Option<Ipv4Addr> {
    (1..31).contains(&prefix).then(|| Ipv4Addr::from_bits(ip.to_bits() | (u32::MAX >> prefix)))
}

/// Whether an address is on one of the links of this machine, or one that no public network uses. IPv6
/// link-local ones are not: connections lose the link they are of.
pub(crate) fn is_near(ip: IpAddr, interfaces: &[Interface]) -> bool {
    if matches!(ip, IpAddr::V6(ip) if ip.is_unicast_link_local()) {
        return false;
    }
    is_private(ip) || interfaces.iter().any(|interface| is_on_link(ip, interface))
}

fn is_on_link(ip: IpAddr, interface: &Interface) -> bool {
    match (ip, interface.ip) {
        (IpAddr::V4(a), IpAddr::V4(b)) => (a.to_bits() ^ b.to_bits()).leading_zeros() >= u32::from(interface.prefix),
        (IpAddr::V6(a), IpAddr::V6(b)) => (a.to_bits() ^ b.to_bits()).leading_zeros() >= u32::from(interface.prefix),
        _ => false,
    }
}

/// Private, shared, link-local and unique local addresses (RFC 1918, 6598, 3927, 4193).
fn is_private(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => {
            let is_shared = ip.octets()[0] == 100 && ip.octets()[1] & 0xc0 == 64;
            ip.is_private() || ip.is_link_local() || is_shared
        }
        IpAddr::V6(ip) => ip.is_unique_local(),
    }
}

/// Returns the IPv6 addresses that mean something beyond one link.
pub(crate) fn wide_v6(interfaces: &[Interface]) -> Vec<Ipv6Addr> {
    let wide = interfaces.iter().filter_map(|interface| match interface.ip {
        IpAddr::V6(ip) if !ip.is_unicast_link_local() => Some(ip),
        _ => None,
    });
    wide.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interface(ip: &str, prefix: u8) -> Interface {
        Interface { name: "x".to_owned(), index: 2, ip: ip.parse().unwrap(), prefix, broadcast: None }
    }

    #[test]
    fn broadcast_address_follows_the_prefix() {
        let ip = Ipv4Addr::new(10, 1, 2, 3);
        assert_eq!(broadcast(ip, 24), Some(Ipv4Addr::new(10, 1, 2, 255)));
        assert_eq!(broadcast(ip, 30), Some(Ipv4Addr::new(10, 1, 2, 3)));
        assert_eq!(broadcast(ip, 31), None);
        assert_eq!(broadcast(ip, 32), None);
    }

    #[test]
    fn public_address_is_near_only_on_an_own_link() {
        let interfaces = [interface("203.0.113.7", 24), interface("2001:db8:1::7", 64)];
        for near in [
            "203.0.113.99",
            "2001:db8:1::1",
            "10.9.9.9",
            "172.31.0.1",
            "192.168.4.1",
            "169.254.1.1",
            "fd00::1",
            "100.64.0.1",
        ] {
            assert!(is_near(near.parse().unwrap(), &interfaces), "{near}");
        }
        for far in ["fe80::1", "8.8.8.8", "203.0.114.1", "2001:db8:2::1", "100.128.0.1", "172.32.0.1"] {
            assert!(!is_near(far.parse().unwrap(), &interfaces), "{far}");
        }
    }
}
