//! The ladder of bad lines: in CI one rung, in a release all of them, each with what may break.
//! `NET_RUNGS=0,1,2` chooses rungs, `NET_RUNGS=all` all nine.

use std::time::{Duration, Instant};

use dataforge_tests::impair::{Cut, Loss, Order, Profile};
use dataforge_tests::net::Lab;

use super::lines::pair;
use super::{Node, agree, asked, attach, has_file};

/// A rung: bits a second, round trip in milliseconds, loss in percent and in runs of how many.
type Rung = (u64, u64, f64, f64);

/// From a good wireless network to a satellite in a storm.
const RUNGS: [Rung; 9] = [
    (100_000_000, 16, 0.1, 1.0),
    (50_000_000, 30, 0.5, 1.0),
    (20_000_000, 50, 1.0, 1.5),
    (10_000_000, 80, 2.0, 2.0),
    (5_000_000, 120, 4.0, 2.0),
    (2_000_000, 200, 6.0, 3.0),
    (1_000_000, 300, 10.0, 3.0),
    (512_000, 500, 16.0, 4.0),
    (256_000, 800, 25.0, 5.0),
];

fn profile((bits_per_s, round_trip_ms, loss_percent, run): Rung) -> Profile {
    let way_us = round_trip_ms * 500;
    Profile {
        delay_us: way_us,
        jitter_us: way_us / 5,
        loss: Loss::bursts(loss_percent / 100.0, run),
        ..Profile::default()
    }
    .with_rate(bits_per_s)
}

/// What breaks on top of the rung.
#[derive(Debug, Clone, Copy)]
enum Breaks {
    Nothing,
    Partition,
    Kill,
    Address,
}

fn climb(number: usize, breaks: Breaks) {
    let Some(lab) = Lab::new("the_ladder") else { return };
    let rung = RUNGS[number];
    // Two seconds of the line at its best.
    let blob = usize::try_from(rung.0 / 4).unwrap().min(4_000_000);
    // Loss slows it down much more than its share.
    let patience = Duration::from_secs(60 + 60 * number as u64);
    let begun = Instant::now();
    let (mut ada, bob, wire) = pair(&lab, profile(rung));
    agree(patience, &[&ada, &bob]);
    ada.place.json(&["set", "Test 1", "field", "by Ada"]);
    bob.place.json(&["set", "Test 1", "company", "by Bob"]);
    attach(&ada, "rung.bin", blob);
    std::thread::sleep(Duration::from_secs(1));
    match breaks {
        Breaks::Nothing => {}
        Breaks::Partition => {
            let seconds = asked("NET_PARTITION_SECS", 600);
            wire.order(&Order { after_ms: seconds * 1000, cut: Some(Cut::Nothing), ..Order::default() });
            wire.cut(Cut::Both);
            std::thread::sleep(Duration::from_secs(seconds));
        }
        Breaks::Kill => restart(&mut ada),
        Breaks::Address => bob.host.move_to("eth0", &["10.77.0.42/24", "fd77::42/64"]),
    }
    let took = agree(patience, &[&ada, &bob]);
    assert!(has_file(&bob, "rung.bin", blob));
    for node in [&ada, &bob] {
        node.place.verify();
    }
    println!("rung {number}, {breaks:?}: {blob} bytes in {took:?}, all of it in {:?}", begun.elapsed());
}

fn restart(node: &mut Node) {
    node.kill();
    std::thread::sleep(Duration::from_secs(2));
    node.start();
}

#[test]
fn the_ladder() {
    let asked = std::env::var("NET_RUNGS").ok();
    let all: Vec<usize> = (0..RUNGS.len()).collect();
    match asked.as_deref() {
        None => climb(2, Breaks::Nothing),
        Some(text) => {
            let chosen = text.split(',').map(|number| number.parse::<usize>().expect("NET_RUNGS are numbers, or all"));
            let chosen = if text == "all" { all } else { chosen.collect() };
            for number in chosen {
                for breaks in [Breaks::Nothing, Breaks::Partition, Breaks::Kill, Breaks::Address] {
                    climb(number, breaks);
                }
            }
        }
    }
}
