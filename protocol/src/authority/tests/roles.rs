//! R3: what several ops about one person come to, and that an owner remains.

use super::world::{World, add, describe, device, leave, person, remove, set_role, transfer, with_devices};
use crate::authority::OpRefusal;
use crate::op::{Add, Op, Role};

#[test]
fn op_that_knows_the_others_about_a_person_decides() {
    let mut world = World::base();
    world.op("O1", set_role("B", Role::Admin));
    assert_eq!(world.role("B"), Some(Role::Admin));
    world.op("A1", set_role("M", Role::Viewer));
    world.op("O1", set_role("M", Role::Admin));
    assert_eq!(world.role("M"), Some(Role::Admin));
    world.op("M1", remove("V"));
    assert_eq!(world.role("V"), None);
    assert!(!world.is_live("V1"));
}

#[test]
fn of_concurrent_ops_the_greater_authority_decides_then_the_lower_value() {
    let mut world = World::base();
    let heads = world.heads();
    world.after("A1", &heads, remove("M")).unwrap();
    world.after("O1", &heads, set_role("M", Role::Admin)).unwrap();
    assert_eq!(world.role("M"), Some(Role::Admin), "the owner's word");
    world.op("O1", add("C", Role::Admin));
    let heads = world.heads();
    world.after("A1", &heads, set_role("B", Role::Viewer)).unwrap();
    world.after("C1", &heads, remove("B")).unwrap();
    assert_eq!(world.role("B"), None, "among equals the lower");
}

#[test]
fn two_adds_of_one_person_give_the_lower_role() {
    let mut world = World::base();
    world.op("O1", add("C", Role::Admin));
    let heads = world.heads();
    world.after("A1", &heads, add("X", Role::Editor)).unwrap();
    world.after("C1", &heads, add("X", Role::Viewer)).unwrap();
    assert_eq!(world.role("X"), Some(Role::Viewer));
    let view = world.membership.now();
    assert_eq!(view.devices.get(&device("X1")), Some(&person("X")));
}

#[test]
fn what_people_do_to_themselves_stands_against_all() {
    let mut world = World::base();
    let heads = world.heads();
    world.after("A1", &heads, leave()).unwrap();
    world.after("O1", &heads, set_role("A", Role::Owner)).unwrap();
    assert_eq!(world.role("A"), None);
}

#[test]
fn only_owner_cannot_go() {
    let mut world = World::base();
    assert_eq!(world.try_op("O1", leave()), Err(OpRefusal::OnlyOwner));
    assert_eq!(world.try_op("O1", set_role("O", Role::Admin)), Err(OpRefusal::OnlyOwner));
    world.op("O1", set_role("A", Role::Owner));
    world.op("O1", leave());
    assert_eq!((world.role("A"), world.role("O")), (Some(Role::Owner), None));
}

#[test]
fn when_all_owners_leave_at_once_the_last_id_stays() {
    let mut world = World::of_owners(&["O", "P"], 0);
    let heads = world.heads();
    world.after("O1", &heads, leave()).unwrap();
    assert_eq!(world.role("O"), None);
    world.after("P1", &heads, leave()).unwrap();
    assert_eq!((world.role("O"), world.role("P")), (None, Some(Role::Owner)), "the later id is left out");
    let view = world.membership.now();
    assert_eq!(view.restrictions_on(&device("P1"), &person("P")).count(), 0, "and not in force");
    assert_eq!(view.restrictions_on(&device("O1"), &person("O")).count(), 1);
    world.op("P1", add("Q", Role::Owner));
    assert_eq!((world.role("Q"), world.role("P")), (Some(Role::Owner), None), "no longer needed, it takes effect");
}

#[test]
fn what_rests_on_a_lowering_that_was_undone_does_not_count() {
    let mut world = World::of_owners(&["O", "P"], 0);
    world.op("O1", add("A", Role::Admin));
    let heads = world.heads();
    world.after("O1", &heads, set_role("O", Role::Editor)).unwrap();
    let lowered = world.after("P1", &heads, set_role("P", Role::Editor)).unwrap();
    world.after("A1", &[lowered], remove("P")).unwrap();
    assert_eq!(world.role("P"), Some(Role::Owner), "P is owner after all, so no admin removes P");
    assert_eq!(world.role("O"), Some(Role::Editor));
}

#[test]
fn transfer_hands_over_and_lowers() {
    let mut world = World::base();
    world.op("O1", transfer("A", Role::Editor));
    assert_eq!((world.role("A"), world.role("O")), (Some(Role::Owner), Some(Role::Editor)));
    assert_eq!(world.try_op("O1", add("X", Role::Viewer)), Err(OpRefusal::Role));
}

#[test]
fn transfer_lowers_only_when_its_grant_prevails() {
    let mut world = World::of_owners(&["O", "P"], 0);
    world.op("O1", add("A", Role::Admin));
    let heads = world.heads();
    world.after("O1", &heads, transfer("A", Role::Editor)).unwrap();
    world.after("P1", &heads, remove("A")).unwrap();
    assert_eq!((world.role("O"), world.role("A")), (Some(Role::Owner), None), "an equal took A out");
    let mut world = World::base();
    let heads = world.heads();
    world.after("O1", &heads, transfer("A", Role::Editor)).unwrap();
    world.after("A1", &heads, leave()).unwrap();
    assert_eq!((world.role("O"), world.role("A")), (Some(Role::Owner), None), "A left");
}

/// Adds a person again with a device that nobody has seen.
fn add_again(name: &str, role: Role) -> Op {
    Op::Add(Add { person: with_devices(name, &[&format!("{name}2")]), role, invite: None })
}

#[test]
fn who_is_owner_again_acts_as_one() {
    for beside in [leave(), set_role("A", Role::Viewer)] {
        let mut world = World::base();
        let heads = world.heads();
        world.after("O1", &heads, transfer("A", Role::Editor)).unwrap();
        world.after("A1", &heads, beside).unwrap();
        let added = world.op("O1", add("X", Role::Admin));
        assert!(world.counts(added));
        assert_eq!((world.role("O"), world.role("X")), (Some(Role::Owner), Some(Role::Admin)));
        world.check(&mut fastrand::Rng::with_seed(1));
    }
}

#[test]
fn owner_who_cannot_go_for_another_went_acts_as_one() {
    let mut world = World::base();
    let heads = world.heads();
    world.after("A1", &heads, leave()).unwrap();
    let raised = world.after("O1", &heads, set_role("A", Role::Owner)).unwrap();
    world.after("O1", &[raised], leave()).unwrap();
    assert_eq!((world.role("A"), world.role("O")), (None, Some(Role::Owner)), "nobody else is owner");
    let added = world.op("O1", add("X", Role::Owner));
    assert!(world.counts(added));
    assert_eq!((world.role("X"), world.role("O")), (Some(Role::Owner), None));
    world.check(&mut fastrand::Rng::with_seed(1));
}

#[test]
fn equal_adds_again_who_left_beside_a_promotion() {
    let mut world = World::base();
    let heads = world.heads();
    world.after("O1", &heads, set_role("B", Role::Admin)).unwrap();
    world.after("B1", &heads, leave()).unwrap();
    let added = world.op("A1", add_again("B", Role::Editor));
    assert!(world.counts(added));
    assert_eq!(world.role("B"), Some(Role::Editor));
    world.check(&mut fastrand::Rng::with_seed(1));
}

/// A limit: the add knows the removal, and the grant is above it, but it is judged after owners' ops.
#[test]
fn owner_whom_an_admin_added_again_is_not_heard() {
    let mut world = World::of_owners(&["O", "P"], 0);
    world.op("O1", add("A", Role::Admin));
    world.op("O1", add("D", Role::Editor));
    let heads = world.heads();
    let removed = world.after("P1", &heads, remove("D")).unwrap();
    world.after("A1", &[removed], add_again("D", Role::Editor)).unwrap();
    world.after("O1", &heads, set_role("D", Role::Owner)).unwrap();
    assert_eq!(world.role("D"), Some(Role::Owner));
    let said = world.op("D2", describe("Dee", "rig"));
    assert!(!world.counts(said));
    let others = world.op("O1", add("X", Role::Owner));
    assert!(world.counts(others), "the others are not touched");
    world.check(&mut fastrand::Rng::with_seed(1));
}

#[test]
fn names_and_labels_are_the_last_ones_given() {
    let mut world = World::base();
    world.op("M1", describe("Em", "truck"));
    world.op("M1", describe("", "rig"));
    let view = world.membership.now();
    let member = &view.members[&person("M")];
    assert_eq!((member.name.as_str(), member.devices[&device("M1")].as_str()), ("Em", "rig"));
}
