//! A host: a namespace with interfaces and addresses, in which programs run.

use std::process::Command;

use serde_json::Value;

use super::Switch;
use super::command::{must, must_with};

/// A host. Copies are the same host; it goes with its lab.
#[derive(Debug, Clone)]
pub struct Host {
    namespace: String,
}

/// What an interface has carried, in frames as they are on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counters {
    /// Bytes received.
    pub in_bytes: u64,
    /// Bytes sent.
    pub out_bytes: u64,
    /// Frames received.
    pub in_frames: u64,
    /// Frames sent.
    pub out_frames: u64,
}

impl Counters {
    /// Returns the bytes of both directions since earlier ones.
    #[must_use]
    pub const fn bytes_since(&self, earlier: &Self) -> u64 {
        self.in_bytes + self.out_bytes - earlier.in_bytes - earlier.out_bytes
    }
}

impl Host {
    pub(super) const fn new(namespace: String) -> Self {
        Self { namespace }
    }

    pub(super) fn namespace(&self) -> &str {
        &self.namespace
    }

    /// Returns the words that run a program here, to be put before it.
    #[must_use]
    pub fn prefix(&self) -> Vec<String> {
        ["ip", "netns", "exec", &self.namespace].map(str::to_owned).to_vec()
    }

    /// Returns a command of a program that runs here.
    #[must_use]
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.namespace, program]);
        command
    }

    /// Sets a value below `/proc/sys`.
    ///
    /// # Panics
    /// When the kernel does not take it.
    pub fn set_kernel(&self, key: &str, value: &str) {
        must_with(&format!("ip netns exec {} tee /proc/sys/{key}", self.namespace), value);
    }

    /// Plugs a new interface into a switch, with addresses such as `10.77.0.1/24` or `fd77::1/64`.
    ///
    /// # Panics
    /// When the system does not take it.
    pub fn plug(&self, switch: &Switch, interface: &str, addresses: &[&str]) {
        let (namespace, port) = switch.port();
        must(&format!("ip -n {} link add {interface} type veth peer name {port} netns {namespace}", self.namespace));
        switch.take(&port);
        self.set_up(interface, addresses);
    }

    /// Sets an interface up, with addresses.
    pub(super) fn set_up(&self, interface: &str, addresses: &[&str]) {
        // Whole frames are sent, not many as one: what is counted and impaired is what a wire has.
        must(&format!("ip -n {} link set {interface} up gso_max_segs 1", self.namespace));
        for address in addresses {
            self.add_address(interface, address);
        }
    }

    /// Adds an address.
    ///
    /// # Panics
    /// When the system does not take it.
    pub fn add_address(&self, interface: &str, address: &str) {
        let nodad = if address.contains(':') { "nodad" } else { "" };
        must(&format!("ip -n {} address add {address} dev {interface} {nodad}", self.namespace));
    }

    /// Takes an address away.
    ///
    /// # Panics
    /// When it has none such.
    pub fn remove_address(&self, interface: &str, address: &str) {
        must(&format!("ip -n {} address del {address} dev {interface}", self.namespace));
    }

    /// Gives an interface these addresses in place of all it has, but for link-local ones.
    ///
    /// # Panics
    /// When the system does not take them.
    pub fn move_to(&self, interface: &str, addresses: &[&str]) {
        must(&format!("ip -n {} address flush dev {interface} scope global", self.namespace));
        for address in addresses {
            self.add_address(interface, address);
        }
    }

    /// Sets the largest packet of an interface.
    ///
    /// # Panics
    /// When the system does not take it.
    pub fn set_mtu(&self, interface: &str, bytes: u32) {
        must(&format!("ip -n {} link set {interface} mtu {bytes}", self.namespace));
    }

    /// Sets an interface up or down, as when a cable is plugged in or pulled out. Down costs it
    /// its IPv6 addresses, as anywhere.
    ///
    /// # Panics
    /// When the system does not take it.
    pub fn set_link(&self, interface: &str, is_up: bool) {
        let state = if is_up { "up" } else { "down" };
        must(&format!("ip -n {} link set {interface} {state}", self.namespace));
    }

    /// Sends what has no better way to a router.
    ///
    /// # Panics
    /// When the system does not take it.
    pub fn set_default_route(&self, router: &str) {
        let family = if router.contains(':') { "-6" } else { "-4" };
        must(&format!("ip {family} -n {} route replace default via {router}", self.namespace));
    }

    /// Loads rules of nftables.
    ///
    /// # Panics
    /// When they make no sense.
    pub fn set_rules(&self, rules: &str) {
        must_with(&format!("ip netns exec {} nft -f -", self.namespace), rules);
    }

    /// Returns the packets that a named counter of the table `inet test` has counted.
    ///
    /// # Panics
    /// When there is none such.
    #[must_use]
    pub fn counted(&self, counter: &str) -> u64 {
        let text = must(&format!("ip netns exec {} nft -j list counter inet test {counter}", self.namespace));
        let list: Value = serde_json::from_str(&text).expect("nft prints JSON");
        let found =
            list["nftables"].as_array().into_iter().flatten().find_map(|item| item["counter"]["packets"].as_u64());
        found.unwrap_or_else(|| panic!("no counter {counter}: {text}"))
    }

    /// Returns what an interface has carried.
    ///
    /// # Panics
    /// When there is none such.
    #[must_use]
    pub fn counters(&self, interface: &str) -> Counters {
        let text = must(&format!("ip -n {} -s -j link show dev {interface}", self.namespace));
        let list: Value = serde_json::from_str(&text).expect("ip prints JSON");
        let of = |way: &str, what: &str| list[0]["stats64"][way][what].as_u64().expect("a count");
        Counters {
            in_bytes: of("rx", "bytes"),
            out_bytes: of("tx", "bytes"),
            in_frames: of("rx", "packets"),
            out_frames: of("tx", "packets"),
        }
    }
}
