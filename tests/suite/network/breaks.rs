//! What breaks in the middle: a partition, a killed peer, a new address. What came stays.

use std::time::Duration;

use dataforge_tests::impair::{Cut, Order, Profile};
use dataforge_tests::net::{Lab, Wire};
use dataforge_tests::program::wait_within;

use super::lines::pair;
use super::{LISTEN, Node, agree, attach, begin, has_file, join, live};

/// A dead connection is given up after half a minute, and what failed waits up to as long again.
const PATIENCE: Duration = Duration::from_secs(120);
/// A giver that moved is missed after three seconds of silence and dialled where it is heard then, which
/// takes as long as a dial and a hello may, eight seconds and five; what is left of the blob takes three. A
/// connection that is given up only once it is dead takes thirty seconds.
const MOVED: Duration = Duration::from_secs(25);
/// A giver that vanished is missed after three seconds of silence; another one gives what is left in five.
const VANISHED: Duration = Duration::from_secs(20);
/// Bytes of the blob that is cut: six seconds of the line.
const BLOB: usize = 12_000_000;
const BITS_PER_S: u64 = 16_000_000;

#[test]
fn a_partition_heals() {
    let Some(lab) = Lab::new("a_partition_heals") else { return };
    let (ada, bob, wire) = pair(&lab, Profile::delay_ms(2));
    agree(PATIENCE, &[&ada, &bob]);
    // By script: the second order is on its way before the first is carried out.
    wire.order(&Order { after_ms: 20_000, cut: Some(Cut::Nothing), ..Order::default() });
    wire.cut(Cut::Both);
    ada.place.json(&["set", "Test 1", "field", "in the partition"]);
    bob.place.json(&["set", "Test 1", "company", "beside it"]);
    attach(&bob, "meanwhile.bin", 300_000);
    std::thread::sleep(Duration::from_secs(15));
    assert_ne!(ada.entries(), bob.entries(), "nothing passes a partition");
    std::thread::sleep(Duration::from_secs(5));
    let healed = agree(PATIENCE, &[&ada, &bob]);
    println!("agreed {healed:?} after the partition");
    assert!(wire.counts().forward.cut > 0);
    live(PATIENCE, &ada, &bob, 100_000);
}

/// Lets frames through one way only, which leaves each side with another view of the other.
#[test]
fn a_partition_in_one_direction_heals() {
    let Some(lab) = Lab::new("a_partition_in_one_direction_heals") else { return };
    let (ada, bob, wire) = pair(&lab, Profile::delay_ms(2));
    agree(PATIENCE, &[&ada, &bob]);
    wire.cut(Cut::Forward);
    ada.place.json(&["set", "Test 1", "field", "unheard"]);
    bob.place.json(&["set", "Test 1", "company", "heard perhaps"]);
    std::thread::sleep(Duration::from_secs(12));
    assert!(bob.field_of("Test 1") != "unheard");
    wire.cut(Cut::Nothing);
    agree(PATIENCE, &[&ada, &bob]);
}

/// Fetches a blob from Ada to Bob over a slow line, breaks it half-way, and counts what goes over the
/// line from then on: of what had come, at most a tenth again.
fn broken(test: &str, patience: Duration, mut break_it: impl FnMut(&mut Node, &mut Node, &Wire)) {
    let Some(lab) = Lab::new(test) else { return };
    let (mut ada, mut bob, wire) = pair(&lab, Profile::delay_ms(5).with_rate(BITS_PER_S));
    agree(PATIENCE, &[&ada, &bob]);
    let carried = || wire.counts().forward.delivered_bytes;
    let before = carried();
    attach(&ada, "broken.bin", BLOB);
    let blob = BLOB as u64;
    // By what the line carried, which is what is counted from then on.
    wait_within(PATIENCE, "half of it went over the line", || carried() - before > blob / 2);
    assert_eq!(bob.status()["blobs_missing"], 1, "it was too fast to be cut");
    let cut = carried();
    break_it(&mut ada, &mut bob, &wire);
    let took = agree(patience, &[&ada, &bob]);
    // Headers, acknowledgements and proofs are a twentieth of what is on a clean line, or a little
    // more; two hundred kilobytes are what both sides say to each other when they meet again.
    let come = (cut - before) * 95 / 100;
    let left = blob - come;
    let (again, most) = (carried() - cut, left + left / 10 + come / 10 + 200_000);
    println!("{come} bytes had come, {left} were missing; {again} came in {took:?}, {most} at most");
    assert!(again <= most, "{again} bytes for {left}: more than a tenth of {come} came again");
    assert!(has_file(&bob, "broken.bin", BLOB));
    for node in [&ada, &bob] {
        node.place.verify();
    }
}

#[test]
fn a_peer_killed_while_it_gives() {
    broken("a_peer_killed_while_it_gives", PATIENCE, |ada, _bob, _wire| {
        ada.kill();
        std::thread::sleep(Duration::from_secs(2));
        ada.start();
    });
}

#[test]
fn a_peer_killed_while_it_fetches() {
    broken("a_peer_killed_while_it_fetches", PATIENCE, |_ada, bob, _wire| {
        bob.kill();
        std::thread::sleep(Duration::from_secs(2));
        bob.start();
    });
}

#[test]
fn a_cable_pulled_out_for_five_seconds() {
    broken("a_cable_pulled_out_for_five_seconds", PATIENCE, |_ada, bob, _wire| {
        bob.host.set_link("eth0", false);
        std::thread::sleep(Duration::from_secs(5));
        bob.host.set_link("eth0", true);
        bob.host.add_address("eth0", "fd77::2/64");
    });
}

/// From one network to another under way, as a laptop that is carried through a building.
#[test]
fn another_address_while_it_fetches() {
    broken("another_address_while_it_fetches", PATIENCE, |_ada, bob, _wire| {
        bob.host.move_to("eth0", &["10.77.0.42/24", "fd77::42/64"]);
    });
}

/// Whoever gives moves: who fetches has to find it, long before the connection counts as dead.
#[test]
fn another_address_while_it_gives() {
    broken("another_address_while_it_gives", MOVED, |ada, _bob, _wire| {
        ada.host.move_to("eth0", &["10.77.0.41/24", "fd77::41/64"]);
    });
}

/// Of two who have a blob the one that gives it vanishes: the other one goes on with it, long before the
/// connection counts as dead.
#[test]
fn a_giver_that_vanishes_is_replaced_by_another() {
    let Some(lab) = Lab::new("a_giver_that_vanishes_is_replaced_by_another") else { return };
    let (switch, mut nodes) = (lab.switch("site"), ["ada", "bob", "cid"].map(|name| Node::new(&lab, name)));
    for (node, address) in nodes.iter().zip(["10.77.0.1/24", "10.77.0.2/24", "10.77.0.3/24"]) {
        node.host.plug(&switch, "eth0", &[address]);
        let settings = format!("[network]\nlisten = \"{LISTEN}\"\nlimit_bytes_per_s = {}\n", BITS_PER_S / 8);
        std::fs::write(node.place.path().join("dataforge.toml"), settings).unwrap();
    }
    {
        let [ada, bob, cid] = &mut nodes;
        begin(ada);
        join(ada, bob, "editor");
        join(ada, cid, "editor");
    }
    let [ada, bob, cid] = &nodes;
    agree(PATIENCE, &[ada, bob, cid]);
    let connected = |node: &Node| node.status()["connected"].as_array().map_or(0, Vec::len);
    wait_within(PATIENCE, "Bob is connected to both", || connected(bob) == 2);
    bob.place.json(&["transfers", "pause", "."]);
    attach(ada, "given.bin", BLOB);
    agree(PATIENCE, &[ada, cid]);
    wait_within(PATIENCE, "Bob knows of it", || bob.entries() == ada.entries());
    bob.place.json(&["transfers", "resume", "."]);
    let mut from = String::new();
    wait_within(PATIENCE, "some of it is with Bob", || {
        let transfer = bob.place.json(&["transfers"])["transfers"][0].clone();
        from = transfer["from"][0].as_str().unwrap_or_default().to_owned();
        !from.is_empty() && transfer["missing_bytes"].as_u64().is_some_and(|missing| missing < BLOB as u64 * 3 / 4)
    });
    assert_eq!(bob.status()["blobs_missing"], 1, "it was too fast to be cut");
    assert!(from.contains("ada") || from.contains("cid"), "{from}");
    let giver = if from.contains("ada") { ada } else { cid };
    giver.host.set_link("eth0", false);
    let took = wait_within(VANISHED, "the other one gave the rest", || bob.status()["blobs_missing"] == 0);
    println!("{from} vanished, and the rest came in {took:?}");
    assert!(has_file(bob, "given.bin", BLOB));
    bob.place.verify();
}
