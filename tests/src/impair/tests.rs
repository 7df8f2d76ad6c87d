//! The model by itself: what it promises, over many frames of one seed.

use std::time::Duration;

use super::{Line, Loss, Order, Profile, Rate};

/// Bytes of a frame here.
const FRAME: usize = 1000;

fn line(seed: u64, profile: Profile) -> Line {
    let mut line = Line::new(seed, 0, 0);
    line.set_profile(profile);
    line
}

/// Sends numbered frames at a pace; returns what came out: number, when sent, when taken.
fn send(line: &mut Line, frames: u32, pace: Duration) -> Vec<(u32, Duration, Duration)> {
    let mut came = Vec::new();
    let mut take = |line: &mut Line, until: Option<Duration>| {
        while let Some(due) = line.next_due().filter(|due| until.is_none_or(|until| *due <= until)) {
            let frame = line.take(due).unwrap();
            let number = u32::from_le_bytes(frame[..4].try_into().unwrap());
            came.push((number, pace * number, due));
        }
    };
    for number in 0..frames {
        let now = pace * number;
        take(line, Some(now));
        let mut frame = vec![0; FRAME];
        frame[..4].copy_from_slice(&number.to_le_bytes());
        line.offer(now, &frame);
    }
    take(line, None);
    came
}

#[test]
fn a_perfect_line_changes_nothing() {
    let mut line = line(1, Profile::default());
    let came = send(&mut line, 1000, Duration::from_micros(10));
    assert_eq!(came.len(), 1000);
    assert!(came.iter().zip(0..).all(|((number, sent, taken), at)| *number == at && sent == taken));
    let counts = line.counts();
    assert_eq!((counts.offered_bytes, counts.delivered_bytes), (1_000_000, 1_000_000));
}

#[test]
fn even_loss_takes_its_share_and_comes_alone() {
    let came = send(&mut line(2, Profile::default().with_loss(Loss::even(0.1))), 100_000, Duration::from_micros(10));
    let lost = 100_000 - came.len();
    assert!((9_500..10_500).contains(&lost), "{lost}");
    let bursts = bursts(&came, 100_000);
    let mean = lost as f64 / bursts.len() as f64;
    assert!((1.05..1.2).contains(&mean), "bursts of {mean}");
}

/// Lengths of the runs of frames that are missing.
fn bursts(came: &[(u32, Duration, Duration)], frames: u32) -> Vec<u32> {
    let mut numbers: Vec<u32> = came.iter().map(|(number, ..)| *number).collect();
    numbers.push(frames);
    let mut next = 0;
    let mut runs = Vec::new();
    for number in numbers {
        if number > next {
            runs.push(number - next);
        }
        next = number + 1;
    }
    runs
}

#[test]
fn loss_in_bursts_takes_its_share_in_runs_of_that_length() {
    for (seed, chance, length) in [(3, 0.1, 5.0), (4, 0.25, 10.0), (5, 0.02, 3.0)] {
        let profile = Profile::default().with_loss(Loss::bursts(chance, length));
        let came = send(&mut line(seed, profile), 200_000, Duration::from_micros(10));
        let lost = f64::from(200_000 - came.len() as u32);
        let share = lost / 200_000.0;
        assert!((share / chance - 1.0).abs() < 0.1, "{share} of {chance}");
        let mean = lost / bursts(&came, 200_000).len() as f64;
        assert!((mean / length - 1.0).abs() < 0.1, "runs of {mean} for {length}");
    }
}

#[test]
fn a_delay_with_jitter_is_even_between_its_ends_and_keeps_the_order() {
    let profile = Profile { delay_us: 50_000, jitter_us: 20_000, ..Profile::default() };
    // Slow enough that nobody waits for who is before.
    let came = send(&mut line(6, profile.clone()), 10_000, Duration::from_millis(30));
    let delays: Vec<u64> = came.iter().map(|(_, sent, taken)| (*taken - *sent).as_micros() as u64).collect();
    assert!(delays.iter().all(|delay| (50_000..=70_000).contains(delay)));
    let mean = delays.iter().sum::<u64>() / 10_000;
    assert!((59_500..60_500).contains(&mean), "{mean}");
    let early = delays.iter().filter(|delay| **delay < 55_000).count();
    assert!((2_300..2_700).contains(&early), "{early} in the first quarter");
    let came = send(&mut line(6, profile), 10_000, Duration::from_micros(100));
    assert!(came.is_sorted_by_key(|(number, ..)| *number));
}

#[test]
fn frames_that_are_held_back_are_overtaken() {
    let profile = Profile { reorder: 0.1, reorder_us: 5_000, ..Profile::delay_ms(10) };
    let mut line = line(7, profile);
    let came = send(&mut line, 10_000, Duration::from_millis(1));
    assert_eq!(came.len(), 10_000);
    let late = came.iter().filter(|(_, sent, taken)| *taken - *sent == Duration::from_millis(15)).count();
    assert!((900..1100).contains(&late), "{late}");
    assert_eq!(line.counts().reordered, late as u64);
    // Who is held back by 5 ms is overtaken by the four or five behind, unless they are held back too.
    let overtaken = came.windows(2).filter(|pair| pair[0].0 > pair[1].0).count();
    assert!((800..1100).contains(&overtaken), "{overtaken}");
}

#[test]
fn duplicates_come_twice_and_damage_is_one_bit() {
    let mut double = line(8, Profile { duplicate: 0.2, ..Profile::default() });
    let came = send(&mut double, 10_000, Duration::from_micros(10));
    assert!((11_800..12_200).contains(&came.len()), "{}", came.len());
    assert_eq!(came.len() as u64, 10_000 + double.counts().duplicated);

    let mut line = Line::new(9, 10, 24);
    line.set_profile(Profile { corrupt: 0.05, ..Profile::default() });
    let mut damaged = 0;
    for _ in 0..10_000 {
        line.offer(Duration::ZERO, &[0; 124]);
        let frame = line.take(Duration::ZERO).unwrap();
        let bits: u32 = frame.iter().map(|byte| byte.count_ones()).sum();
        assert!(bits <= 1 && frame[..24] == [0; 24], "{frame:?}");
        damaged += u64::from(bits);
    }
    assert!((400..600).contains(&damaged), "{damaged}");
    assert_eq!(line.counts().corrupted, damaged);
    assert_eq!(line.counts().delivered_bytes, 10_000 * 114, "what is before the frame is not on the wire");
}

#[test]
fn a_rate_holds_and_a_full_queue_drops() {
    let rate = Rate { bits_per_s: 8_000_000, queue_bytes: 20_000 };
    let profile = Profile { rate: Some(rate), ..Profile::delay_ms(10) };
    // Half as much as it takes: nothing waits.
    let mut slow = line(10, profile.clone());
    let came = send(&mut slow, 1000, Duration::from_millis(2));
    assert!(came.iter().all(|(_, sent, taken)| *taken - *sent == Duration::from_millis(11)));
    // Twice as much: a megabyte a second goes through, and who goes waited for 20 kB at most.
    let mut fast = line(10, profile);
    let came = send(&mut fast, 4000, Duration::from_micros(500));
    let last = came.last().unwrap().2;
    let rate = came.len() as f64 * FRAME as f64 / last.as_secs_f64();
    assert!((980_000.0..1_001_000.0).contains(&rate), "{rate} bytes a second");
    let longest = came.iter().map(|(_, sent, taken)| *taken - *sent).max().unwrap();
    assert!((29..=31).contains(&longest.as_millis()), "{longest:?}");
    assert_eq!(came.len() as u64 + fast.counts().queue_full, 4000);
}

#[test]
fn a_queue_smaller_than_a_frame_still_sends() {
    let rate = Rate { bits_per_s: 8_000_000, queue_bytes: 10 };
    let came = send(&mut line(11, Profile { rate: Some(rate), ..Profile::default() }), 10, Duration::from_millis(5));
    assert_eq!(came.len(), 10);
    assert_eq!(Rate::new(8_000_000, Duration::from_millis(200)).queue_bytes, 200_000);
}

#[test]
fn a_cut_swallows_what_comes_and_what_is_under_way() {
    let mut line = line(12, Profile::delay_ms(10));
    let at = Duration::from_millis;
    line.offer(at(0), &[1; 10]);
    line.offer(at(5), &[2; 10]);
    assert_eq!(line.take(at(10)), Some(vec![1; 10]));
    line.set_cut(true);
    line.offer(at(11), &[3; 10]);
    assert_eq!(line.take(at(100)), None);
    assert_eq!(line.counts().cut, 2);
    line.set_cut(false);
    line.offer(at(101), &[4; 10]);
    assert_eq!((line.take(at(110)), line.take(at(111))), (None, Some(vec![4; 10])));
}

#[test]
fn the_same_seed_does_the_same_again() {
    let profile = Profile {
        loss: Loss::bursts(0.1, 4.0),
        jitter_us: 3_000,
        reorder: 0.1,
        reorder_us: 9_000,
        duplicate: 0.1,
        corrupt: 0.1,
        ..Profile::delay_ms(20).with_rate(10_000_000)
    };
    let run = |seed| send(&mut line(seed, profile.clone()), 5_000, Duration::from_micros(900));
    assert_eq!(run(13), run(13));
    assert_ne!(run(13), run(14));
}

#[test]
fn orders_are_read_as_they_are_written_and_misspelt_ones_refused() {
    let order = Order { both: Some(Profile::delay_ms(50).with_loss(Loss::even(0.01))), ..Order::default() };
    let text = serde_json::to_string(&order).unwrap();
    assert_eq!(serde_json::from_str::<Order>(&text).unwrap(), order);
    let read: Order = serde_json::from_str(r#"{"forward":{"delay_us":5}}"#).unwrap();
    assert_eq!(read.forward.unwrap().delay_us, 5);
    assert!(serde_json::from_str::<Order>(r#"{"forward":{"delay":5}}"#).is_err());
    assert!(serde_json::from_str::<Order>(r#"{"cut":"everything"}"#).is_err());
}
