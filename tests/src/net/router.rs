//! Hosts that pass packets on: behind a translation of addresses, or into nothing.

use super::{Host, Lab, Switch};

/// A router whose other side is nowhere: what is sent out of the own networks ends here, counted.
#[derive(Debug, Clone)]
pub struct Sink {
    host: Host,
}

impl Lab {
    /// Makes a router between two switches that translates addresses as most routers of homes and
    /// hotels do: who is outside reaches nobody inside who did not ask first. Each pair of ends gets
    /// a port by chance, which is a symmetric NAT: an address that one peer sees is of no use to
    /// another. Hosts inside need a default route to its inside address.
    ///
    /// # Panics
    /// When the system does not make it.
    pub fn nat(&self, name: &str, inside: (&Switch, &str), outside: (&Switch, &str)) -> Host {
        let router = self.host(name);
        router.plug(inside.0, "inside", &[inside.1]);
        router.plug(outside.0, "outside", &[outside.1]);
        router.set_kernel("net/ipv4/ip_forward", "1");
        router.set_rules(
            "table inet router {
                chain translated {
                    type nat hook postrouting priority srcnat;
                    oifname outside masquerade fully-random
                }
                chain passed {
                    type filter hook forward priority filter; policy drop;
                    iifname inside accept
                    ct state established,related accept
                }
            }",
        );
        router
    }

    /// Makes a sink on a switch, with an address of each family there. `networks` are those that may
    /// be spoken to beside all that is sent to many; link-local ones always may.
    ///
    /// # Panics
    /// When the system does not make it.
    #[must_use]
    pub fn sink(&self, switch: &Switch, addresses: [&str; 2], networks: [&str; 2]) -> Sink {
        let host = self.host("sink");
        host.plug(switch, "eth0", &addresses);
        let [v4, v6] = networks;
        host.set_rules(&format!(
            "table inet test {{
                counter outside {{ }}
                chain arrivals {{
                    type filter hook prerouting priority raw;
                    ip daddr {{ {v4}, 224.0.0.0/4, 255.255.255.255 }} accept
                    ip6 daddr {{ {v6}, fe80::/10, ff00::/8 }} accept
                    meta protocol {{ ip, ip6 }} counter name outside drop
                }}
            }}"
        ));
        Sink { host }
    }
}

impl Sink {
    /// Returns how many packets were sent out of the own networks.
    #[must_use]
    pub fn packets(&self) -> u64 {
        self.host.counted("outside")
    }
}
