//! Nodes that know each other find each other again by discovery alone: each test gives both sides
//! addresses that nobody was ever told.

use std::time::{Duration, Instant};

use dataforge_tests::net::{Lab, Switch};
use dataforge_tests::program::wait_within;

use super::{Node, agree, begin, join};

/// When a run is given up; a run that takes this long has failed its promise anyhow.
const PATIENCE: Duration = Duration::from_secs(20);
/// What nineteen of twenty runs are promised to take at most.
const PROMISED: Duration = Duration::from_secs(5);
/// When everything has to be everywhere.
const AGREED: Duration = Duration::from_secs(30);

/// Which family of addresses a network has.
#[derive(Clone, Copy, PartialEq)]
enum Family {
    V4,
    V6,
}

/// Addresses that nobody had before: of a run, a network and a host.
fn address(family: Family, run: u32, network: u32, host: u32) -> String {
    match family {
        Family::V4 => format!("10.{}.{run}.{host}/16", 77 + network),
        Family::V6 => format!("fd77:{network}::{run}:{host}/64"),
    }
}

/// Two nodes on a switch who have met.
fn pair(lab: &Lab, family: Family) -> (Node, Node) {
    let switch = lab.switch("switch");
    let (mut ada, mut bob) = (Node::new(lab, "ada"), Node::new(lab, "bob"));
    ada.host.plug(&switch, "eth0", &[&address(family, 0, 0, 1)]);
    bob.host.plug(&switch, "eth0", &[&address(family, 0, 0, 2)]);
    begin(&mut ada);
    join(&ada, &mut bob, "editor");
    agree(AGREED, &[&ada, &bob]);
    (ada, bob)
}

/// Stops both, gives them new addresses, starts them; returns how long it takes until they have met.
fn meet_again(family: Family, run: u32, ada: &mut Node, bob: &mut Node) -> Duration {
    ada.stop();
    bob.stop();
    ada.host.move_to("eth0", &[&address(family, run, 0, 1)]);
    bob.host.move_to("eth0", &[&address(family, run, 0, 2)]);
    ada.start();
    bob.start();
    let begun = Instant::now();
    wait_within(PATIENCE, "they found each other", || ada.is_connected() && bob.is_connected());
    begun.elapsed()
}

fn find_each_other(test: &str, family: Family, runs: u32, prepare: impl FnOnce(&Node, &Node)) {
    let Some(lab) = Lab::new(test) else { return };
    let (mut ada, mut bob) = pair(&lab, family);
    prepare(&ada, &bob);
    let mut took: Vec<Duration> = (1..=runs).map(|run| meet_again(family, run, &mut ada, &mut bob)).collect();
    took.sort();
    // The nineteenth of twenty, the longest of fewer.
    let p95 = took[(took.len() * 95).div_ceil(100) - 1];
    println!("{runs} runs: median {:?}, 95 % {p95:?}, longest {:?}", took[took.len() / 2], took[took.len() - 1]);
    assert!(p95 < PROMISED, "{took:?}");
    ada.place.json(&["set", "Test 1", "field", "found"]);
    agree(AGREED, &[&ada, &bob]);
}

#[test]
fn new_addresses_are_found_twenty_times() {
    find_each_other("new_addresses_are_found_twenty_times", Family::V4, 20, |_, _| {});
}

#[test]
fn new_addresses_are_found_by_ipv6_alone() {
    find_each_other("new_addresses_are_found_by_ipv6_alone", Family::V6, 5, |_, _| {});
}

/// Where a firewall or a switch keeps multicast DNS away, the beacon is left.
#[test]
fn new_addresses_are_found_where_multicast_dns_is_filtered() {
    find_each_other("new_addresses_are_found_where_multicast_dns_is_filtered", Family::V4, 5, |ada, bob| {
        for node in [ada, bob] {
            node.host.set_rules(
                "table inet filtered {
                    chain arrivals {
                        type filter hook input priority filter;
                        udp dport 5353 drop
                        udp sport 5353 drop
                    }
                    chain departures {
                        type filter hook output priority filter;
                        udp dport 5353 drop
                    }
                }",
            );
        }
    });
}

/// A machine's second card is another network, and the first one has the way out.
#[test]
fn a_neighbour_on_the_second_card_is_found() {
    let Some(lab) = Lab::new("a_neighbour_on_the_second_card_is_found") else { return };
    let (office, rig) = (lab.switch("office"), lab.switch("rig"));
    let (mut ada, mut bob) = (Node::new(&lab, "ada"), Node::new(&lab, "bob"));
    ada.host.plug(&office, "eth0", &["192.0.2.1/24"]);
    ada.host.set_default_route("192.0.2.254");
    ada.host.plug(&rig, "eth1", &[&address(Family::V4, 0, 0, 1)]);
    bob.host.plug(&rig, "eth0", &[&address(Family::V4, 0, 0, 2)]);
    begin(&mut ada);
    join(&ada, &mut bob, "editor");
    agree(AGREED, &[&ada, &bob]);
    for run in 1..=3 {
        ada.stop();
        bob.stop();
        ada.host.move_to("eth1", &[&address(Family::V4, run, 0, 1)]);
        bob.host.move_to("eth0", &[&address(Family::V4, run, 0, 2)]);
        ada.start();
        bob.start();
        let took = wait_within(PATIENCE, "they found each other", || ada.is_connected() && bob.is_connected());
        println!("found in {took:?}");
        assert!(took < PROMISED, "{took:?}");
    }
}

fn plug(node: &Node, switch: &Switch, interface: &str, (network, host): (u32, u32)) {
    node.host.plug(switch, interface, &[&address(Family::V4, 0, network, host)]);
}

#[test]
fn two_switches_are_joined_by_one_node() {
    let Some(lab) = Lab::new("two_switches_are_joined_by_one_node") else { return };
    let (left, right) = (lab.switch("left"), lab.switch("right"));
    let (mut ada, mut bob, mut cid) = (Node::new(&lab, "ada"), Node::new(&lab, "bob"), Node::new(&lab, "cid"));
    plug(&ada, &left, "eth0", (1, 1));
    plug(&bob, &left, "eth0", (1, 2));
    plug(&bob, &right, "eth1", (2, 2));
    plug(&cid, &right, "eth0", (2, 3));
    begin(&mut ada);
    join(&ada, &mut bob, "admin");
    agree(AGREED, &[&ada, &bob]);
    join(&bob, &mut cid, "editor");
    agree(AGREED, &[&ada, &bob, &cid]);
    for node in [&mut ada, &mut bob, &mut cid] {
        node.stop();
    }
    let moved = |node: &Node, interface: &str, (network, host)| {
        node.host.move_to(interface, &[&address(Family::V4, 1, network, host)]);
    };
    moved(&ada, "eth0", (1, 1));
    moved(&bob, "eth0", (1, 2));
    moved(&bob, "eth1", (2, 2));
    moved(&cid, "eth0", (2, 3));
    for node in [&mut ada, &mut bob, &mut cid] {
        node.start();
    }
    let both = || bob.status()["connected"].as_array().unwrap().len() == 2;
    let took = wait_within(PATIENCE, "Bob found both", both);
    println!("found in {took:?}");
    ada.place.json(&["set", "Test 1", "field", "from the other side"]);
    agree(AGREED, &[&ada, &bob, &cid]);
    assert_eq!(cid.field_of("Test 1"), "from the other side");
}

/// The address changes while both run, as from one wireless network to another.
#[test]
fn new_addresses_are_found_without_a_restart() {
    let Some(lab) = Lab::new("new_addresses_are_found_without_a_restart") else { return };
    let (ada, bob) = pair(&lab, Family::V4);
    ada.host.move_to("eth0", &[&address(Family::V4, 1, 0, 1)]);
    bob.host.move_to("eth0", &[&address(Family::V4, 1, 0, 2)]);
    ada.place.json(&["set", "Test 1", "field", "moved"]);
    let took = agree(Duration::from_secs(45), &[&ada, &bob]);
    println!("agreed again in {took:?}");
}
