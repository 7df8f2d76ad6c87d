//! Recovery by key and by quorum.

use super::world::{World, add, remove, revoke};
use crate::authority::OpRefusal;
use crate::key::{Signature, verify_recovery};
use crate::op::{NO_RECOVERY_KEY, Op, Role};

type Terms = (&'static [(&'static str, &'static str)], &'static [&'static str]);

const TO_A: Terms = (&[("A", "A2")], &["O"]);

#[test]
fn recovery_key_makes_owners_and_removes_others() {
    let mut world = World::base();
    let heads = world.heads();
    world.recover("A2", &heads, 1, TO_A, &["recovery"]).unwrap();
    assert_eq!((world.role("A"), world.role("O")), (Some(Role::Owner), None));
    assert!(world.is_live("A1") && world.is_live("A2") && !world.is_live("O1"));
}

#[test]
fn recovery_voids_what_the_removed_did_beside_it() {
    let mut world = World::base();
    let heads = world.heads();
    let removed = world.after("O1", &heads, remove("A")).unwrap();
    let recovered = world.recover("A2", &heads, 1, TO_A, &["recovery"]).unwrap();
    assert!(world.counts(recovered) && !world.counts(removed));
    assert_eq!(world.role("A"), Some(Role::Owner));
}

#[test]
fn enough_of_the_first_owners_recover_together() {
    let mut world = World::of_owners(&["O", "P", "Q"], 2);
    let heads = world.heads();
    let terms: Terms = (&[("P", "P2")], &["O"]);
    assert_eq!(world.recover("P2", &heads, 1, terms, &["P"]), Err(OpRefusal::Signature), "one is not enough");
    assert_eq!(world.recover("P2", &heads, 1, terms, &["P", "X"]), Err(OpRefusal::Signature), "X is no owner");
    world.recover("P2", &heads, 1, terms, &["P", "Q"]).unwrap();
    assert_eq!(world.role("O"), None);
    let mut world = World::of_owners(&["O", "P"], 0);
    let heads = world.heads();
    assert_eq!(world.recover("P2", &heads, 1, terms, &["O", "P"]), Err(OpRefusal::Signature), "quorum 0 is never");
}

#[test]
fn nothing_verifies_in_place_of_a_recovery_key() {
    // Under a key of low order a loose check takes one of these for every fourth message.
    let low = [[0; 32], high(0), one(1), minus_one()];
    for (number, start) in (0..64).flat_map(|number| low.map(|start| (number, start))) {
        let mut bytes = [0; 64];
        bytes[..32].copy_from_slice(&start);
        let signature = Signature::from_bytes(&bytes);
        assert!(verify_recovery(&NO_RECOVERY_KEY, &[number; 32], &signature).is_err(), "{number} {start:?}");
    }
}

fn one(first: u8) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes[0] = first;
    bytes
}

fn high(first: u8) -> [u8; 32] {
    let mut bytes = one(first);
    bytes[31] = 0x80;
    bytes
}

fn minus_one() -> [u8; 32] {
    let mut bytes = [0xff; 32];
    (bytes[0], bytes[31]) = (0xec, 0x7f);
    bytes
}

#[test]
fn proof_counts_for_one_op_alone() {
    let mut world = World::base();
    let heads = world.heads();
    let good = world.recovery("A2", &heads, 1, TO_A, &["recovery"]);
    let mut other = good.clone();
    other.epoch = 2;
    let refused = Err(OpRefusal::Signature);
    assert_eq!(world.after("A2", &heads, Op::Recover(other)), refused, "another body");
    assert_eq!(world.after("A1", &heads, Op::Recover(good.clone())), refused, "another device");
    let next = world.op("O1", add("X", Role::Viewer));
    assert_eq!(world.after("A2", &[next], Op::Recover(good.clone())), refused, "other parents");
    world.after("A2", &heads, Op::Recover(good)).unwrap();
}

#[test]
fn later_recovery_needs_a_greater_epoch() {
    let mut world = World::base();
    let heads = world.heads();
    let first = world.recover("A2", &heads, 5, TO_A, &["recovery"]).unwrap();
    let terms: Terms = (&[("B", "B2")], &[]);
    for epoch in [0, 4, 5] {
        assert_eq!(world.recover("B2", &[first], epoch, terms, &["recovery"]), Err(OpRefusal::Epoch), "{epoch}");
    }
    world.recover("B2", &[first], 6, terms, &["recovery"]).unwrap();
    assert_eq!((world.role("A"), world.role("B")), (Some(Role::Owner), Some(Role::Owner)));
}

#[test]
fn of_recoveries_apart_the_greatest_epoch_then_the_lowest_id_counts() {
    let terms: [Terms; 3] = [(&[("A", "A2")], &["O"]), (&[("B", "B2")], &["O"]), (&[("M", "M2")], &["O"])];
    let mut world = World::base();
    let heads = world.heads();
    let first = world.recover("A2", &heads, 1, terms[0], &["recovery"]).unwrap();
    let second = world.recover("B2", &heads, 1, terms[1], &["recovery"]).unwrap();
    assert!(world.counts(first) && !world.counts(second));
    assert_eq!((world.role("A"), world.role("B")), (Some(Role::Owner), Some(Role::Editor)));
    let third = world.recover("M2", &heads, 2, terms[2], &["recovery"]).unwrap();
    assert!(!world.counts(first) && !world.counts(second) && world.counts(third));
    assert_eq!((world.role("A"), world.role("M")), (Some(Role::Admin), Some(Role::Owner)));
}

#[test]
fn recovery_takes_no_device_of_another() {
    let mut world = World::base();
    let heads = world.heads();
    let taken: Terms = (&[("A", "B1")], &[]);
    assert_eq!(world.recover("A1", &heads, 1, taken, &["recovery"]), Err(OpRefusal::DeviceTaken));
    let revoked = world.op("A1", revoke("A1"));
    let again: Terms = (&[("A", "A1")], &[]);
    assert_eq!(world.recover("A1", &[revoked], 1, again, &["recovery"]), Err(OpRefusal::DeviceTaken));
    let own: Terms = (&[("B", "B1")], &[]);
    world.recover("B1", &[revoked], 1, own, &["recovery"]).unwrap();
    assert!(world.is_live("B1"));
}

#[test]
fn stranger_cannot_bring_in_a_recovery() {
    let mut world = World::base();
    let heads = world.heads();
    assert_eq!(world.recover("X1", &heads, 1, TO_A, &["recovery"]), Err(OpRefusal::NotMember));
    world.recover("V1", &heads, 1, TO_A, &["recovery"]).unwrap();
}
