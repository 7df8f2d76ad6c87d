//! The network interfaces of this machine.

use std::collections::BTreeMap;

use if_addrs::{IfAddr, Interface};

use crate::api::InterfaceInfo;

/// Returns the interfaces that have an address, by name; why not, when the system does not tell.
pub(crate) fn interfaces() -> Result<Vec<InterfaceInfo>, String> {
    let found = if_addrs::get_if_addrs().map_err(|error| error.to_string())?;
    Ok(gather(&found))
}

fn gather(found: &[Interface]) -> Vec<InterfaceInfo> {
    let mut all: BTreeMap<&str, InterfaceInfo> = BTreeMap::new();
    for one in found {
        let info = all.entry(&one.name).or_insert_with(|| InterfaceInfo {
            name: one.name.clone(),
            addresses: Vec::new(),
            up: false,
            loopback: true,
        });
        let length = match &one.addr {
            IfAddr::V4(address) => address.prefixlen,
            IfAddr::V6(address) => address.prefixlen,
        };
        info.addresses.push(format!("{}/{length}", one.ip()));
        info.up |= one.is_oper_up();
        info.loopback &= one.is_loopback();
    }
    all.into_values().collect()
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr};

    use if_addrs::{IfOperStatus, Ifv4Addr, Ifv6Addr};

    use super::*;

    fn interface(name: &str, addr: IfAddr) -> Interface {
        let oper_status = IfOperStatus::Up;
        Interface { name: name.into(), addr, index: None, oper_status, is_p2p: false }
    }

    #[test]
    #[cfg(not(windows))]
    fn addresses_are_gathered_by_interface() {
        let v4 = |ip: Ipv4Addr, prefixlen| {
            IfAddr::V4(Ifv4Addr { ip, netmask: Ipv4Addr::BROADCAST, prefixlen, broadcast: None })
        };
        let v6 = |ip: Ipv6Addr, prefixlen| {
            IfAddr::V6(Ifv6Addr { ip, netmask: Ipv6Addr::UNSPECIFIED, prefixlen, broadcast: None })
        };
        let found = [
            interface("lo", v4(Ipv4Addr::LOCALHOST, 8)),
            interface("eth0", v4(Ipv4Addr::new(10, 0, 0, 7), 24)),
            interface("eth0", v6("fe80::7".parse().unwrap(), 64)),
        ];
        let told: Vec<_> =
            gather(&found).into_iter().map(|one| (one.name, one.addresses.join(" "), one.loopback)).collect();
        let expected =
            [("eth0".to_owned(), "10.0.0.7/24 fe80::7/64".to_owned(), false), ("lo".into(), "127.0.0.1/8".into(), true)];
        assert_eq!(told, expected);
    }
}
