//! Nothing leaves the networks that the user configured, with a way out wide open.

use std::time::{Duration, Instant};

use dataforge_tests::net::{Host, Lab, Sink, Switch};

use super::{Node, agree, asked, attach, begin, join};

const PATIENCE: Duration = Duration::from_secs(60);

/// A host with a way out of both families.
fn connect(host: &Host, switch: &Switch, number: u32) {
    host.plug(switch, "eth0", &[&format!("10.77.0.{number}/24"), &format!("fd77::{number}/64")]);
    ways_out(host);
}

fn ways_out(host: &Host) {
    host.set_default_route("10.77.0.254");
    host.set_default_route("fd77::254");
}

/// A packet to somewhere else is counted: the count can fail.
fn counts(sink: &Sink, host: &Host) {
    for address in ["192.0.2.1", "2001:db8::1", "192.0.2.53"] {
        let before = sink.packets();
        let sent = host.command("bash").args(["-c", &format!("echo hello >/dev/udp/{address}/53")]).status().unwrap();
        assert!(sent.success());
        dataforge_tests::program::wait_until("it is counted", || sink.packets() > before);
    }
}

#[test]
fn nothing_leaves_the_lan() {
    let Some(lab) = Lab::new("nothing_leaves_the_lan") else { return };
    let switch = lab.switch("switch");
    let sink = lab.sink(&switch, ["10.77.0.254/24", "fd77::254/64"], ["10.77.0.0/24", "fd77::/64"]);
    let (mut ada, mut bob) = (Node::new(&lab, "ada"), Node::new(&lab, "bob"));
    connect(&ada.host, &switch, 1);
    connect(&bob.host, &switch, 2);
    counts(&sink, &ada.host);
    counts(&sink, &bob.host);
    let before = sink.packets();
    let begun = Instant::now();

    // Start, join, sync.
    begin(&mut ada);
    join(&ada, &mut bob, "editor");
    agree(PATIENCE, &[&ada, &bob]);
    attach(&ada, "one.bin", 1_000_000);
    agree(PATIENCE, &[&ada, &bob]);
    for command in [&["status"][..], &["peers"], &["sync"], &["verify"], &["transfers"]] {
        bob.place.json(command);
    }
    // Sleep and wake.
    bob.signal("STOP");
    std::thread::sleep(Duration::from_secs(12));
    ada.place.json(&["set", "Test 1", "field", "while Bob slept"]);
    bob.signal("CONT");
    agree(PATIENCE, &[&ada, &bob]);
    // A peer that fails; a cable that is out; a peer that comes back elsewhere.
    bob.kill();
    bob.place.run(["sync", "--timeout", "3"]);
    ada.host.set_link("eth0", false);
    std::thread::sleep(Duration::from_secs(3));
    ada.host.set_link("eth0", true);
    ada.host.add_address("eth0", "fd77::1/64");
    ways_out(&ada.host);
    bob.host.move_to("eth0", &["10.77.0.22/24", "fd77::22/64"]);
    ways_out(&bob.host);
    std::thread::sleep(Duration::from_secs(10));
    bob.start();
    ada.place.json(&["set", "Test 1", "company", "once more"]);
    agree(PATIENCE, &[&ada, &bob]);
    // What is done only now and then is done too.
    let all = Duration::from_secs(asked("NET_LAN_SECS", 120));
    std::thread::sleep(all.saturating_sub(begun.elapsed()));
    assert_eq!(sink.packets() - before, 0, "packets left the network within {:?}", begun.elapsed());
    // It still could have been counted.
    counts(&sink, &ada.host);
}
