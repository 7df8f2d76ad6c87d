//! Tests of sets: against a `BTreeSet`, their two forms byte by byte, and encodings of no set.

use std::collections::BTreeSet;

use data_encoding::HEXLOWER_PERMISSIVE;

use super::super::set::{Measure, varint_len};
use super::*;

fn bytes(hex: &str) -> Vec<u8> {
    HEXLOWER_PERMISSIVE.decode(hex.replace(' ', "").as_bytes()).unwrap()
}

/// A set of one of the shapes that occur, and some that do not.
fn random_set(random: &mut fastrand::Rng) -> BTreeSet<u64> {
    let mut at = match random.u8(..4) {
        0 => 0,
        1 => random.u64(..300),
        2 => random.u64(..1 << 40),
        _ => u64::MAX - random.u64(1..2_000),
    };
    let (gap, len) = (1 << random.u32(..9), 1 << random.u32(..9));
    let mut numbers = BTreeSet::new();
    for _ in 0..random.usize(..60) {
        for _ in 0..random.u64(1..=len) {
            numbers.insert(at);
            at = at.saturating_add(1);
        }
        at = at.saturating_add(random.u64(1..=gap));
    }
    numbers.remove(&u64::MAX);
    numbers
}

#[test]
fn sets_are_what_a_tree_is_and_are_read_as_written() {
    let mut forms = BTreeSet::new();
    for seed in 0..2_000 {
        eprintln!("seed {seed}");
        let mut random = fastrand::Rng::with_seed(seed);
        let tree = random_set(&mut random);
        let set = BlobSet::from_sorted(tree.iter().copied());
        assert_eq!(set.runs().flatten().collect::<Vec<_>>(), tree.iter().copied().collect::<Vec<_>>());
        assert_eq!((set.len(), set.is_empty()), (tree.len() as u64, tree.is_empty()));
        let runs: Vec<_> = set.runs().collect();
        assert!(runs.windows(2).all(|pair| pair[0].end < pair[1].start), "apart");
        assert_eq!(BlobSet::from_runs(runs), set);
        for number in tree.iter().copied().chain([0, 1, 1 << 40, u64::MAX - 1, u64::MAX]) {
            for near in [number.saturating_sub(1), number, number.saturating_add(1)] {
                assert_eq!(set.contains(near), tree.contains(&near), "{near}");
            }
        }
        let encoded = postcard::to_stdvec(&set).unwrap();
        assert_eq!(postcard::from_bytes(&encoded), Ok(set.clone()));
        assert_eq!(Measure::of(set.runs()).bytes(), encoded.len() as u64);
        forms.insert((encoded[0], tree.is_empty()));
        for end in 0..encoded.len() {
            assert!(postcard::from_bytes::<BlobSet>(&encoded[..end]).is_err(), "prefix of {end} bytes");
        }
    }
    assert_eq!(forms.into_iter().collect::<Vec<_>>(), [(0, false), (0, true), (1, false)], "both forms occur");
}

#[test]
fn mutated_encodings_are_refused_or_are_the_only_one_of_their_set() {
    for seed in 0..2_000 {
        eprintln!("seed {seed}");
        let mut random = fastrand::Rng::with_seed(seed);
        let set = BlobSet::from_sorted(random_set(&mut random));
        let mut encoded = postcard::to_stdvec(&set).unwrap();
        for _ in 0..20 {
            let place = random.usize(..encoded.len());
            let before = encoded[place];
            encoded[place] = random.u8(..);
            if let Ok((other, rest)) = postcard::take_from_bytes::<BlobSet>(&encoded) {
                let read = &encoded[..encoded.len() - rest.len()];
                let numbers: Vec<_> = other.runs().take(100).collect();
                assert_eq!(BlobSet::from_runs(other.runs()), other, "{numbers:?}");
                // An integer of more bytes than it needs is found by whoever encodes again.
                assert!(postcard::to_stdvec(&other).unwrap().len() <= read.len());
            }
            encoded[place] = before;
        }
    }
}

#[test]
fn forms_are_as_documented() {
    let is = |numbers: &[u64], hex: &str| {
        let set = BlobSet::from_sorted(numbers.iter().copied());
        assert_eq!(HEXLOWER_PERMISSIVE.encode(&postcard::to_stdvec(&set).unwrap()), hex.replace(' ', ""));
        assert_eq!(postcard::from_bytes(&bytes(hex)), Ok(set), "{hex}");
    };
    is(&[], "00 00");
    is(&[0], "00 01 0001");
    is(&[5, 6, 7], "00 01 0503");
    is(&[0, 1, 2, 300], "00 02 0003 a90201");
    is(&[3, 5, 7, 9, 11, 13, 15, 17], "01 03 02 5555");
    is(&[300, 302, 303, 306, 310], "01 ac02 02 4d04");
    is(&[8, 15], "01 08 01 81");
    is(&[8, 16], "01 08 02 0101");
    // Runs when both are as long.
    is(&[8, 24], "00 02 0801 0f01");
    is(&[u64::MAX - 1], "00 01 feffffffffffffffff01 01");
}

#[test]
fn encodings_of_no_set_are_refused() {
    let refused = |hex: &str, why: &str| {
        let read = postcard::from_bytes::<BlobSet>(&bytes(hex));
        assert!(read.is_err(), "{why}: {read:?}");
    };
    refused("00 01 0500", "an empty run");
    refused("00 02 0501 0001", "a run that touches the one before");
    refused("00 01 ffffffffffffffffff01 01", "a run that ends beyond all numbers");
    refused("00 02 feffffffffffffffff01 01 0101", "a run that starts beyond all numbers");
    refused("00 01 01 ffffffffffffffffff01", "a length beyond all numbers");
    refused("00 08 0301 0101 0101 0101 0101 0101 0101 0101", "runs where a bitmap is shorter");
    refused("01 05 01 07", "a bitmap where runs are no longer");
    refused("01 00 00", "an empty bitmap");
    refused("01 00 01 00", "a bitmap of nothing");
    refused("01 02 02 aaaa", "a bitmap that starts before its first number");
    refused("01 03 03 555500", "a bitmap that ends in a zero byte");
    refused("01 ffffffffffffffffff01 02 5555", "a bitmap that ends beyond all numbers");
    refused("01 f1ffffffffffffffff01 02 5555", "a bitmap that holds the last number there is");
    refused("02 00", "a form that is not known");
    refused("00 ffffffffffffffffff01", "a list longer than all memory");
    refused("01 00 ffffffffffffffffff01", "a bitmap longer than all memory");
    let last = postcard::from_bytes::<BlobSet>(&bytes("01 f0ffffffffffffffff01 02 5555"));
    assert!(last.unwrap().contains(u64::MAX - 1), "the highest number there can be");
}

#[test]
fn what_is_out_of_order_is_left_out() {
    assert_eq!(BlobSet::from_sorted([4, 4, 5, 3, 9]), BlobSet::from_sorted([4, 5, 9]));
    assert_eq!(BlobSet::from_sorted([7, u64::MAX]), BlobSet::from_sorted([7]));
    assert_eq!(BlobSet::from_runs([0..4, 2..9, 6..6, 4..5]), BlobSet::from_sorted(0..5));
}

#[test]
fn lengths_of_integers_are_those_of_postcard() {
    for bits in 0..64 {
        for value in [(1_u64 << bits) - 1, 1 << bits, u64::MAX >> bits] {
            assert_eq!(varint_len(value), postcard::to_stdvec(&value).unwrap().len() as u64, "{value}");
        }
    }
}
