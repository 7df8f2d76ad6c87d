//! Clean networks of different make: everything passes, and the bytes on the wire are few.

use std::time::Duration;

use dataforge_tests::net::Lab;
use dataforge_tests::program::skip;

use super::{Node, agree, attach, begin, join, live};

const PATIENCE: Duration = Duration::from_secs(30);
/// Bytes of the blob whose way is counted.
const BLOB: usize = 8_000_000;

/// Two nodes on a switch; Bob has joined.
fn pair(lab: &Lab, addresses: [&[&str]; 2], mtu: u32) -> (Node, Node) {
    let switch = lab.switch("switch");
    let mut ada = Node::new(lab, "ada");
    let mut bob = Node::new(lab, "bob");
    for (node, addresses) in [(&ada, addresses[0]), (&bob, addresses[1])] {
        node.host.plug(&switch, "eth0", addresses);
        node.host.set_mtu("eth0", mtu);
    }
    begin(&mut ada);
    join(&ada, &mut bob, "editor");
    (ada, bob)
}

/// What the wire carries for a blob is the blob, and little more.
fn few_bytes(ada: &Node, bob: &Node) {
    let before = bob.host.counters("eth0");
    attach(ada, "counted.bin", BLOB);
    agree(PATIENCE, &[ada, bob]);
    let carried = bob.host.counters("eth0").bytes_since(&before);
    let ratio = carried as f64 / BLOB as f64;
    println!("{carried} bytes on the wire for {BLOB}: {ratio:.3}");
    assert!((1.0..=1.3).contains(&ratio), "{ratio:.3} bytes on the wire for each new one");
}

#[test]
fn plain_lan() {
    let Some(lab) = Lab::new("plain_lan") else { return };
    let (ada, bob) = pair(&lab, [&["10.77.0.1/24", "fd77::1/64"], &["10.77.0.2/24", "fd77::2/64"]], 1500);
    live(PATIENCE, &ada, &bob, 100_000);
    few_bytes(&ada, &bob);
}

#[test]
fn ipv6_only() {
    let Some(lab) = Lab::new("ipv6_only") else { return };
    let (ada, bob) = pair(&lab, [&["fd77::1/64"], &["fd77::2/64"]], 1500);
    live(PATIENCE, &ada, &bob, 100_000);
    few_bytes(&ada, &bob);
}

#[test]
fn packets_of_1280_bytes() {
    let Some(lab) = Lab::new("packets_of_1280_bytes") else { return };
    let (ada, bob) = pair(&lab, [&["10.77.0.1/24", "fd77::1/64"], &["10.77.0.2/24", "fd77::2/64"]], 1280);
    live(PATIENCE, &ada, &bob, 100_000);
    few_bytes(&ada, &bob);
}

/// Only the calendar is wrong: a machine whose clock is off still counts seconds.
fn clock_off_by(test: &str, offset: &str) {
    let words = ["faketime", "-m", "--exclude-monotonic", "-f", offset];
    let Some(lab) = Lab::new(test) else { return };
    let host = lab.host("clock");
    let year = |words: &[&str]| {
        let mut command = host.command("env");
        let output = command.args(words).args(["date", "+%Y"]).output().ok()?;
        String::from_utf8_lossy(&output.stdout).trim().parse::<i32>().ok()
    };
    let (Some(now), Some(off)) = (year(&[]), year(&words)) else {
        skip(test, "faketime");
        return;
    };
    assert!((off - now).abs() >= 9, "the clock is off: {now}, {off}");
    // A ticket would have run out by such a clock: it goes wrong after joining.
    let (ada, mut bob) = pair(&lab, [&["10.77.0.1/24"], &["10.77.0.2/24"]], 1500);
    bob.stop();
    bob.run_by(&words);
    bob.start();
    live(PATIENCE, &ada, &bob, 1_000_000);
}

#[test]
fn a_clock_ten_years_ahead() {
    clock_off_by("a_clock_ten_years_ahead", "+10y");
}

#[test]
fn a_clock_ten_years_behind() {
    clock_off_by("a_clock_ten_years_behind", "-10y");
}
