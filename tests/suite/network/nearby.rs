//! A new machine joins by a code alone: the window is heard on the network, whatever of it works.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};

use dataforge_tests::net::{Host, Lab};
use dataforge_tests::program::wait_until;
use serde_json::Value;

use super::{Node, begin};

/// A pairing window that a process waits for; the process is killed with the value.
struct Window(Child);

impl Window {
    /// Opens it; returns its code.
    fn open(node: &Node, label: &str) -> (Self, String) {
        let mut command = node.place.command(["--json", "pair", "--label", label]);
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let opened: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("{line:?}"));
        (Self(child), opened["code"].as_str().unwrap().to_owned())
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        // It may have ended already.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// Two machines on a switch without a router; Ada has a workspace and is up.
fn switch(lab: &Lab, addresses: [&str; 2], prepare: impl Fn(&Host)) -> (Node, Node) {
    let switch = lab.switch("switch");
    let (mut ada, bob) = (Node::new(lab, "ada"), Node::new(lab, "bob"));
    for (node, address) in [&ada, &bob].into_iter().zip(addresses) {
        node.host.plug(&switch, "eth0", &[address]);
        prepare(&node.host);
    }
    begin(&mut ada);
    (ada, bob)
}

fn joins_by_code(test: &str, addresses: [&str; 2], prepare: impl Fn(&Host)) {
    let Some(lab) = Lab::new(test) else { return };
    let (ada, bob) = switch(&lab, addresses, prepare);
    let none = bob.place.json(&["nearby", "--seconds", "2"]);
    assert_eq!(none["neighbours"], Value::Array(Vec::new()), "nothing is announced outside of a window");
    assert!(!bob.place.path().join("keys/device.key").exists());
    let (window, code) = Window::open(&ada, "Rig 7");
    let found = bob.place.json(&["nearby", "--seconds", "20"])["neighbours"].clone();
    assert_eq!(found.as_array().map(Vec::len), Some(1), "{found}");
    assert_eq!(found[0]["label"], "Rig 7");
    let joined = bob.place.json(&["join", "--nearby", "Rig 7", "--code", &code, "--yes"]);
    assert_eq!(joined["workspace"]["name"], "Field", "{joined}");
    drop(window);
    bob.place.json(&["sync"]);
    // Once it is used it is not heard any more, now that Bob has a network to hear it by.
    wait_until("the window is not heard any more", || {
        bob.place.json(&["nearby", "--seconds", "2"])["neighbours"] == Value::Array(Vec::new())
    });
    assert_eq!(ada.place.json(&["members"])["members"].as_array().map(Vec::len), Some(2));
}

#[test]
fn a_new_machine_joins_by_a_code_without_any_address() {
    joins_by_code("a_new_machine_joins_by_a_code_without_any_address", ["10.88.0.1/24", "10.88.0.2/24"], |_| {});
}

#[test]
fn a_new_machine_joins_by_a_code_over_ipv6_alone() {
    joins_by_code("a_new_machine_joins_by_a_code_over_ipv6_alone", ["fd88::1/64", "fd88::2/64"], |_| {});
}

#[test]
fn a_new_machine_joins_by_a_code_where_multicast_dns_is_filtered() {
    let test = "a_new_machine_joins_by_a_code_where_multicast_dns_is_filtered";
    joins_by_code(test, ["10.88.0.1/24", "10.88.0.2/24"], |host| {
        host.set_rules(
            "table inet filtered {
                chain arrivals {
                    type filter hook input priority filter;
                    udp dport 5353 drop
                }
            }",
        );
    });
}
