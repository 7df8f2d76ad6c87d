//! R2: which ops are void, and what makes them count again.

use super::world::{World, add, device, key, person, ratify, remove, revoke, revoke_signed, set_role};
use crate::authority::OpRefusal;
use crate::op::Role;

#[test]
fn op_of_somebody_removed_by_a_higher_rank_beside_it_is_void() {
    let mut world = World::base();
    let heads = world.heads();
    let added = world.after("A1", &heads, add("X", Role::Editor)).unwrap();
    assert!(world.counts(added));
    world.after("O1", &heads, remove("A")).unwrap();
    assert!(!world.counts(added));
    assert_eq!(world.role("X"), None);
    assert!(!world.heads().contains(&added), "void ops are no parents");
    assert!(world.membership.all_heads().contains(&added));
}

#[test]
fn op_that_the_removal_knows_counts() {
    let mut world = World::base();
    let added = world.op("A1", add("X", Role::Editor));
    world.op("O1", remove("A"));
    assert!(world.counts(added));
    assert_eq!(world.role("X"), Some(Role::Editor));
}

#[test]
fn lowering_voids_what_the_lower_role_may_not_do() {
    let mut world = World::base();
    let heads = world.heads();
    let added = world.after("A1", &heads, add("X", Role::Viewer)).unwrap();
    world.after("O1", &heads, set_role("A", Role::Editor)).unwrap();
    assert!(!world.counts(added));
}

#[test]
fn equals_void_nothing_of_each_other() {
    let mut world = World::base();
    world.op("O1", add("C", Role::Admin));
    assert_eq!(world.try_op("A1", remove("C")), Err(OpRefusal::Role));
    let heads = world.heads();
    // Lower ranks do not either: an admin removes an editor who has become admin meanwhile.
    let raised = world.after("O1", &heads, set_role("B", Role::Admin)).unwrap();
    let added = world.after("B1", &[raised], add("X", Role::Viewer)).unwrap();
    world.after("A1", &heads, remove("B")).unwrap();
    assert!(world.counts(added));
    assert_eq!(world.role("B"), Some(Role::Admin));
}

#[test]
fn what_rests_on_a_void_op_is_void() {
    let mut world = World::base();
    let heads = world.heads();
    let added = world.after("A1", &heads, add("X", Role::Editor)).unwrap();
    let named = world.after("X1", &[added], super::world::describe("Ix", "")).unwrap();
    world.after("O1", &heads, remove("A")).unwrap();
    assert!(!world.counts(added) && !world.counts(named));
}

#[test]
fn ratified_op_counts_again_with_what_rests_on_it() {
    let mut world = World::base();
    let heads = world.heads();
    let added = world.after("A1", &heads, add("X", Role::Editor)).unwrap();
    let named = world.after("X1", &[added], super::world::describe("Ix", "")).unwrap();
    let removed = world.after("O1", &heads, remove("A")).unwrap();
    let parents = if added < removed { [added, removed] } else { [removed, added] };
    let ratified = world.after("O1", &parents, ratify(&[added])).unwrap();
    assert!(world.counts(added) && world.counts(named) && world.counts(ratified));
    assert_eq!(world.role("X"), Some(Role::Editor));
}

#[test]
fn ratify_made_beside_the_removal_holds_too() {
    let mut world = World::base();
    let heads = world.heads();
    let added = world.after("A1", &heads, add("X", Role::Editor)).unwrap();
    world.after("O1", &[added], ratify(&[added])).unwrap();
    world.after("O1", &heads, remove("A")).unwrap();
    assert!(world.counts(added));
}

#[test]
fn revocation_of_a_device_voids_what_it_signed_beside() {
    let mut world = World::base();
    let heads = world.heads();
    let added = world.after("A1", &heads, add("X", Role::Editor)).unwrap();
    world.after("O1", &heads, revoke("A1")).unwrap();
    assert!(!world.counts(added));
    assert_eq!(world.role("A"), Some(Role::Admin), "the person stays");
    assert!(!world.is_live("A1"));
}

#[test]
fn revocation_by_a_sibling_voids_only_when_the_person_signed_it() {
    let base = || {
        let mut world = World::base();
        world.op("A1", super::world::add_device("A", "A2"));
        let heads = world.heads();
        let added = world.after("A1", &heads, add("X", Role::Editor)).unwrap();
        (world, heads, added)
    };
    let (mut world, heads, added) = base();
    world.after("A2", &heads, revoke("A1")).unwrap();
    assert!(world.counts(added) && !world.is_live("A1"));
    let (mut world, heads, added) = base();
    world.after("A2", &heads, revoke_signed("A1", "A")).unwrap();
    assert!(!world.counts(added) && !world.is_live("A1"));
}

#[test]
fn nothing_voids_a_signed_revocation() {
    let mut world = World::base();
    let heads = world.heads();
    let revoked = world.after("A1", &heads, revoke_signed("A1", "A")).unwrap();
    world.after("O1", &heads, remove("A")).unwrap();
    assert!(world.counts(revoked));
}

#[test]
fn removal_of_an_owner_whose_lowering_is_void_is_void() {
    let mut world = World::of_owners(&["O", "P"], 0);
    world.op("O1", add("A", Role::Admin));
    let heads = world.heads();
    // P2 lowers P, then A removes P; P's own word takes P2 out beside both.
    let second = world.after("P1", &heads, super::world::add_device("P", "P2")).unwrap();
    let lowered = world.after("P2", &[second], set_role("P", Role::Editor)).unwrap();
    let removed = world.after("A1", &[lowered], remove("P")).unwrap();
    assert!(world.counts(removed));
    world.after("P1", &[second], revoke_signed("P2", "P")).unwrap();
    assert!(!world.counts(lowered) && !world.counts(removed));
    assert_eq!(world.role("P"), Some(Role::Owner));
    assert!(world.is_live("P1"));
    assert_ne!(device("P1"), device("P2"));
    assert_eq!(person("P").as_bytes(), key("P").public().as_bytes());
}
