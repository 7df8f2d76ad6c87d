//! R3, step 4: whose a device is.

use super::world::{World, add, add_device, describe, leave, remove, revoke, revoke_signed, set_role};
use crate::authority::OpRefusal;
use crate::op::{Add, Op, Role};

#[test]
fn device_signs_for_itself_when_its_person_is_a_member() {
    let mut world = World::base();
    world.op("M2", add_device("M", "M2"));
    assert!(world.is_live("M2"));
    assert_eq!(world.try_op("X1", add_device("X", "X1")), Err(OpRefusal::NotMember));
    assert_eq!(world.try_op("M1", add_device("B", "B2")), Err(OpRefusal::Role));
}

#[test]
fn device_that_was_seen_is_never_new() {
    let mut world = World::base();
    assert_eq!(world.try_op("M1", add_device("M", "B1")), Err(OpRefusal::DeviceTaken));
    world.op("M1", add_device("M", "M2"));
    world.op("M1", revoke("M2"));
    assert!(!world.is_live("M2"));
    assert_eq!(world.try_op("M1", add_device("M", "M2")), Err(OpRefusal::DeviceTaken));
    assert_eq!(world.try_op("M2", describe("Em", "")), Err(OpRefusal::NotMember));
    assert_eq!(world.try_op("M1", revoke("M2")), Err(OpRefusal::NoSuchMember), "final");
}

#[test]
fn removed_person_comes_back_with_new_devices_only() {
    let mut world = World::base();
    let heads = world.heads();
    world.after("M1", &heads, add_device("M", "M3")).unwrap();
    world.after("M1", &heads, leave()).unwrap();
    assert!(!world.is_live("M3"), "certified beside the leave");
    assert_eq!(world.try_op("O1", add("M", Role::Editor)), Err(OpRefusal::DeviceTaken));
    let again = Add { person: super::world::with_devices("M", &["M2"]), role: Role::Editor, invite: None };
    world.op("O1", Op::Add(again));
    assert!(world.is_live("M2") && !world.is_live("M1") && !world.is_live("M3"));
}

#[test]
fn viewer_keeps_the_devices() {
    let mut world = World::base();
    world.op("O1", set_role("M", Role::Viewer));
    assert!(world.is_live("M1"));
    world.op("O1", set_role("M", Role::Editor));
    assert!(world.is_live("M1"));
}

#[test]
fn device_certified_for_two_is_that_of_the_higher_rank_then_the_lower_id() {
    let mut world = World::base();
    let heads = world.heads();
    world.after("B1", &heads, add_device("B", "T1")).unwrap();
    world.after("M1", &heads, add_device("M", "T1")).unwrap();
    let owner_of = |world: &mut World| world.membership.now().devices[&super::world::device("T1")];
    assert_eq!(owner_of(&mut world), super::world::person("B"), "the lower id");
    world.after("A1", &heads, add_device("A", "T1")).unwrap();
    assert_eq!(owner_of(&mut world), super::world::person("A"));
    world.op("O1", remove("A"));
    assert_eq!(owner_of(&mut world), super::world::person("B"), "the next claim, once that is ended");
}

#[test]
fn device_added_with_a_lower_role_serves_the_higher_one() {
    let mut world = World::base();
    world.op("B1", add_device("B", "B2"));
    world.op("O1", set_role("B", Role::Owner));
    let added = world.op("B2", add("X", Role::Owner));
    assert!(world.counts(added));
}

#[test]
fn revocation_needs_the_person_or_a_higher_rank() {
    let mut world = World::base();
    assert_eq!(world.try_op("B1", revoke("M1")), Err(OpRefusal::Role));
    assert_eq!(world.try_op("A1", revoke("O1")), Err(OpRefusal::Role));
    assert_eq!(world.try_op("A1", revoke("X1")), Err(OpRefusal::NoSuchMember));
    assert_eq!(world.try_op("A1", revoke_signed("M1", "M")), Err(OpRefusal::Signature), "by another");
    assert_eq!(world.try_op("M1", revoke_signed("M1", "B")), Err(OpRefusal::Signature), "of another");
    world.op("A1", revoke("M1"));
    assert!(!world.is_live("M1"));
}
