//! Bad lines: loss, delay, disorder, duplicates, damage, a low rate. Slower, but everything passes.

use std::time::Duration;

use dataforge_tests::impair::{Counts, Loss, Profile};
use dataforge_tests::net::{End, Lab, Wire};

use super::{Node, begin, join, live};

const PATIENCE: Duration = Duration::from_secs(50);

/// Two nodes at the ends of a wire that is bad from the beginning; Bob joins over it.
pub(super) fn pair(lab: &Lab, profile: Profile) -> (Node, Node, Wire) {
    let (mut ada, mut bob) = (Node::new(lab, "ada"), Node::new(lab, "bob"));
    let wire = lab.wire(
        &End::Host(&ada.host, "eth0", &["10.77.0.1/24", "fd77::1/64"]),
        &End::Host(&bob.host, "eth0", &["10.77.0.2/24", "fd77::2/64"]),
    );
    wire.set(profile);
    begin(&mut ada);
    join(&ada, &mut bob, "editor");
    (ada, bob, wire)
}

/// Plays the story on a bad line, and looks whether the line was bad.
fn story(test: &str, profile: Profile, blob: usize, was_bad: impl Fn(&Counts) -> bool) {
    let Some(lab) = Lab::new(test) else { return };
    let (ada, bob, wire) = pair(&lab, profile);
    live(PATIENCE, &ada, &bob, blob);
    let said = wire.counts();
    println!("{said:?}");
    // The way of the blob; there are too few frames on the way back to be sure of them.
    assert!(was_bad(&said.forward), "nothing went wrong: {said:?}");
}

#[test]
fn one_percent_loss_and_100_ms() {
    let profile = Profile::delay_ms(50).with_loss(Loss::even(0.01));
    story("one_percent_loss_and_100_ms", profile, 1_000_000, |counts| counts.lost > 0);
}

#[test]
fn ten_percent_loss_in_bursts() {
    let profile = Profile::delay_ms(5).with_loss(Loss::bursts(0.1, 4.0));
    // Long enough for some forty bursts: of eleven there may be two.
    story("ten_percent_loss_in_bursts", profile, 2_000_000, |counts| counts.lost > 10);
}

#[test]
fn jitter_and_reordering() {
    let profile = Profile { jitter_us: 20_000, reorder: 0.05, reorder_us: 10_000, ..Profile::delay_ms(20) };
    story("jitter_and_reordering", profile, 1_000_000, |counts| counts.reordered > 10);
}

#[test]
fn duplicates() {
    let profile = Profile { duplicate: 0.2, ..Profile::delay_ms(5) };
    story("duplicates", profile, 2_000_000, |counts| counts.duplicated > 10);
}

#[test]
fn five_percent_damaged() {
    let profile = Profile { corrupt: 0.05, ..Profile::delay_ms(5) };
    story("five_percent_damaged", profile, 500_000, |counts| counts.corrupted > 10);
}

#[test]
fn one_megabit_a_second() {
    let profile = Profile::delay_ms(10).with_rate(1_000_000);
    let begun = std::time::Instant::now();
    story("one_megabit_a_second", profile, 500_000, |counts| counts.lost == 0 && counts.delivered > 0);
    assert!(begun.elapsed() > Duration::from_secs(4), "half a megabyte takes four seconds at least");
}
