//! R1: refusals that no other story shows.

use super::world::{
    World, add, add_device, cut, device, extend, id, leave, person, ratify, remove, set_role, transfer, with_devices,
};
use crate::authority::OpRefusal;
use crate::op::{Cut, Genesis, Op, Role};

fn refused(world: &mut World, by: &str, op: Op, refusal: OpRefusal) {
    assert_eq!(world.try_op(by, op), Err(refusal));
}

#[test]
fn genesis_is_one_and_all_else_has_parents() {
    let mut world = World::base();
    let again = Op::Genesis(Genesis {
        nonce: [3; 32],
        name: "Other".into(),
        owners: vec![with_devices("X", &["X1"])],
        recovery: person("recovery"),
        quorum: 0,
        discovery_secret: [4; 32],
    });
    assert_eq!(world.after("X1", &[], again.clone()), Err(OpRefusal::Genesis));
    refused(&mut world, "X1", again.clone(), OpRefusal::Genesis);
    assert_eq!(world.after("O1", &[], leave()), Err(OpRefusal::NoParents));
    let mut empty = World::default();
    assert_eq!(empty.after("X2", &[], again.clone()), Err(OpRefusal::Genesis), "by a device it does not list");
    empty.after("X1", &[], again).unwrap();
}

#[test]
fn stranger_writes_nothing() {
    let mut world = World::base();
    for op in [add("X", Role::Viewer), remove("M"), leave(), add_device("X", "X2"), ratify(&[id(1000)])] {
        refused(&mut world, "X1", op, OpRefusal::NotMember);
    }
}

#[test]
fn roles_are_given_from_above() {
    let mut world = World::base();
    for by in ["B1", "V1"] {
        refused(&mut world, by, add("X", Role::Viewer), OpRefusal::Role);
        refused(&mut world, by, set_role("V", Role::Editor), OpRefusal::Role);
        refused(&mut world, by, remove("M"), OpRefusal::Role);
        refused(&mut world, by, transfer("M", Role::Editor), OpRefusal::Role);
    }
    refused(&mut world, "A1", set_role("M", Role::Admin), OpRefusal::Role);
    refused(&mut world, "A1", set_role("O", Role::Editor), OpRefusal::Role);
    refused(&mut world, "A1", set_role("A", Role::Admin), OpRefusal::Role);
    refused(&mut world, "A1", set_role("A", Role::Owner), OpRefusal::Role);
    refused(&mut world, "A1", remove("A"), OpRefusal::Role);
    refused(&mut world, "A1", remove("O"), OpRefusal::Role);
    refused(&mut world, "A1", transfer("M", Role::Editor), OpRefusal::Role);
    refused(&mut world, "O1", set_role("X", Role::Editor), OpRefusal::NoSuchMember);
    refused(&mut world, "O1", remove("X"), OpRefusal::NoSuchMember);
    refused(&mut world, "O1", transfer("X", Role::Editor), OpRefusal::NoSuchMember);
    refused(&mut world, "O1", add("M", Role::Editor), OpRefusal::AlreadyMember);
    world.op("O1", set_role("A", Role::Owner));
    refused(&mut world, "O1", set_role("A", Role::Admin), OpRefusal::Role);
    refused(&mut world, "O1", transfer("A", Role::Admin), OpRefusal::Role);
}

#[test]
fn ratify_needs_a_higher_rank_than_each_op() {
    let mut world = World::base();
    let added = world.op("A1", add("X", Role::Editor));
    let by_editor = world.op("B1", super::world::describe("Be", ""));
    let later = id(999_999);
    refused(&mut world, "B1", ratify(&[by_editor]), OpRefusal::Role);
    refused(&mut world, "A1", ratify(&[added]), OpRefusal::Role);
    refused(&mut world, "A1", ratify(&[added, by_editor]), OpRefusal::Role);
    refused(&mut world, "O1", ratify(&[later]), OpRefusal::UnknownOp);
    assert_eq!(world.after("O1", &[added], ratify(&[by_editor])), Err(OpRefusal::UnknownOp), "not in its past");
    world.op("A1", ratify(&[by_editor]));
    world.op("O1", ratify(&[added, by_editor]));
}

#[test]
fn cut_is_extended_by_who_could_have_made_it() {
    let mut world = World::base();
    let added = world.op("A1", add("X", Role::Editor));
    let removed = world.op("O1", remove("M"));
    let lowered = world.op("A1", set_role("B", Role::Viewer));
    refused(&mut world, "X1", extend(lowered, Cut::default()), OpRefusal::Role);
    refused(&mut world, "A1", extend(removed, Cut::default()), OpRefusal::Role);
    refused(&mut world, "O1", extend(added, Cut::default()), OpRefusal::UnknownOp);
    refused(&mut world, "O1", extend(id(3), Cut::default()), OpRefusal::UnknownOp);
    world.op("A1", extend(lowered, Cut::default()));
    world.op("O1", extend(removed, cut(&[("M1", 3, id(5))])));
    let left = world.op("X1", leave());
    world.op("A1", extend(left, Cut::default()));
    let heads = world.heads();
    let recovered = world.recover("A1", &heads, 1, (&[("A", "A1")], &[]), &["recovery"]).unwrap();
    world.op("A1", extend(recovered, Cut::default()));
    let admin = world.op("O1", add("C", Role::Admin));
    assert_eq!(world.after("C1", &[admin], extend(recovered, Cut::default())), Err(OpRefusal::Role));
    assert!(world.membership.now().is_member(&device("C1")));
}
