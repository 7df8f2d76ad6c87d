//! What the judging of entries asks.

use std::sync::Arc;

use super::world::{
    World, add, add_device, cut, describe, device, extend, id, invite, leave, person, ratify, remove, revoke, set_role,
    uninvite, with_devices,
};
use crate::authority::View;
use crate::id::EntryId;
use crate::op::{Add, Cut, InviteForm, Leave, Op, Remove, RevokeDevice, Role, SetRole};

fn restrictions(view: &View, name: &str) -> Vec<EntryId> {
    let found = view.restrictions_on(&device(&format!("{name}1")), &person(name));
    found.map(|restriction| restriction.op).collect()
}

#[test]
fn restrictions_in_force_are_those_nothing_greater_overrides() {
    let mut world = World::base();
    let heads = world.heads();
    let removed = world.after("A1", &heads, remove("M")).unwrap();
    assert_eq!(restrictions(&world.membership.now(), "M"), [removed]);
    world.after("O1", &heads, set_role("M", Role::Editor)).unwrap();
    assert!(restrictions(&world.membership.now(), "M").is_empty(), "the owner said otherwise beside it");
    let lowered = world.op("O1", set_role("M", Role::Viewer));
    world.op("O1", set_role("M", Role::Editor));
    let view = world.membership.now();
    assert_eq!(restrictions(&view, "M"), [lowered], "what was lifted later was in force");
    let number = world.membership.number_of(&lowered).unwrap();
    let found = view.restrictions_on(&device("M1"), &person("M")).next().unwrap();
    assert_eq!((found.number, &found.past), (number, world.membership.past_of(&lowered).unwrap()));
    let revoked = world.op("O1", revoke("M1"));
    assert_eq!(restrictions(&world.membership.now(), "M"), [lowered, revoked]);
    assert!(restrictions(&view, "B").is_empty());
}

#[test]
fn cuts_are_the_restrictions_own_and_what_extends_them() {
    let mut world = World::base();
    let at = |seq| cut(&[("M1", seq, id(seq))]);
    let removed = world.op("A1", Op::Remove(Remove { person: person("M"), cut: at(3) }));
    let before = world.heads();
    world.op("O1", extend(removed, at(7)));
    let view = world.membership.now();
    let seqs = |cuts: Vec<&Cut>| -> Vec<u64> { cuts.iter().map(|cut| cut.places()[0].seq).collect() };
    assert_eq!(seqs(world.membership.cuts_of(&view, &removed)), [3, 7]);
    assert_eq!(seqs(world.membership.cuts_of(&view, &id(4))), [0_u64; 0]);
    let old = world.membership.view(&before);
    assert_eq!(seqs(world.membership.cuts_of(&old, &removed)), [3]);
}

#[test]
fn cuts_name_chains_of_those_they_are_against() {
    let mut world = World::base();
    let both = || cut(&[("B1", 2, id(2)), ("M1", 3, id(3))]);
    let removed = world.op("A1", Op::Remove(Remove { person: person("M"), cut: both() }));
    world.op("O1", extend(removed, cut(&[("M1", 9, id(9))])));
    // No restriction: its cut says nothing, nor does what extends it.
    let raised = world.op("O1", Op::SetRole(SetRole { person: person("B"), role: Role::Admin, cut: both() }));
    world.op("O1", extend(raised, both()));
    let view = world.membership.now();
    let seqs = |world: &World, name: &str| -> Vec<u64> {
        let names = world.membership.naming_cuts(&view, &device(&format!("{name}1")), &person(name));
        names.iter().map(|(_, at)| at.seq).collect()
    };
    assert_eq!(seqs(&world, "M"), [3, 9]);
    assert!(seqs(&world, "B").is_empty(), "the removal of M is not against B");
    let revoked = world.op("O1", Op::RevokeDevice(RevokeDevice { device: device("B1"), cut: both(), signature: None }));
    let view = world.membership.now();
    let names = world.membership.naming_cuts(&view, &device("B1"), &person("B"));
    assert_eq!(names.iter().map(|(op, at)| (*op, at.seq)).collect::<Vec<_>>(), [(revoked, 2)]);
}

#[test]
fn grant_survives_while_what_an_entry_knew_still_makes_its_author() {
    let mut world = World::base();
    let heads = world.heads();
    let added = world.after("A1", &heads, add("X", Role::Editor)).unwrap();
    let known = Arc::clone(world.membership.view(&[added]).past());
    let (x1, x) = (device("X1"), person("X"));
    let still = |world: &mut World| {
        let now = world.membership.now();
        world.membership.still_author(&now, &known, &x1, &x)
    };
    assert!(still(&mut world));
    let now = world.membership.now();
    assert!(!world.membership.still_author(&now, &known, &x1, &person("B")), "for the same person only");
    let removed = world.after("O1", &heads, remove("A")).unwrap();
    assert!(!still(&mut world), "the add is void");
    world.after("O1", &[added, removed], ratify(&[added])).unwrap();
    assert!(still(&mut world));
    world.op("O1", remove("X"));
    assert!(still(&mut world), "a removal the entry did not know is for the cut to judge");
}

#[test]
fn persons_and_devices_nobody_restricted_are_told_apart() {
    let mut world = World::base();
    let told = |world: &World, name: &str| world.membership.may_restrict(&device(&format!("{name}1")), &person(name));
    let heads = world.heads();
    assert!(!told(&world, "M") && !told(&world, "A") && told(&world, "V"), "a viewer is below editor");
    world.after("A1", &heads, remove("M")).unwrap();
    world.after("O1", &heads, remove("A")).unwrap();
    assert!(told(&world, "M"), "though it is void");
    world.op("O1", revoke("B1"));
    assert!(told(&world, "B") && !told(&world, "O"));
}

#[test]
fn ops_that_disturb_nothing_before_them_are_told_apart() {
    let mut world = World::base();
    let heads = world.heads();
    let unsettles = |world: &World, op| world.membership.changes_verdicts(&op);
    let calm = [
        world.after("A1", &heads, add("X", Role::Editor)).unwrap(),
        world.after("B1", &heads, describe("Be", "")).unwrap(),
        world.after("B1", &heads, add_device("B", "B2")).unwrap(),
        world.after("A1", &heads, invite(InviteForm::Open, Role::Editor, 9)).unwrap(),
        world.after("A1", &heads, add("Y", Role::Viewer)).unwrap(),
    ];
    assert!(calm.iter().all(|op| !unsettles(&world, *op)));
    let open = calm[3];
    let ends = world.after("A1", &[open], uninvite(open)).unwrap();
    assert!(!unsettles(&world, ends), "nobody came by it");
    let disturbing = [
        world.after("O1", &heads, add("X", Role::Viewer)).unwrap(),
        world.after("M1", &heads, add_device("M", "B2")).unwrap(),
        world.after("O1", &heads, remove("A")).unwrap(),
        world.after("B1", &heads, Op::Leave(Leave { cut: Cut::default() })).unwrap(),
    ];
    assert!(disturbing.iter().all(|op| unsettles(&world, *op)));
    assert!(unsettles(&world, id(5)), "unknown");
}

/// An add of somebody on their second device.
fn add_again(name: &str, role: Role) -> Op {
    Op::Add(Add { person: with_devices(name, &[&format!("{name}2")]), role, invite: None })
}

#[test]
fn viewer_who_was_somebody_before_disturbs() {
    let mut world = World::base();
    world.op("O1", remove("M"));
    let again = world.op("O1", add_again("M", Role::Viewer));
    assert!(world.membership.changes_verdicts(&again), "a restriction of what they wrote");
    let new = world.op("O1", add("X", Role::Viewer));
    assert!(!world.membership.changes_verdicts(&new), "they wrote nothing");
}

#[test]
fn adds_of_one_person_beside_each_other_put_in_doubt_what_they_did() {
    let mut world = World::base();
    let heads = world.heads();
    let more = world.after("O1", &heads, add("X", Role::Admin)).unwrap();
    let added = world.after("X1", &[more], add("Y", Role::Editor)).unwrap();
    let in_doubt = |world: &World, op| {
        let number = world.membership.number_of(&op).unwrap();
        world.membership.contestable().contains(number)
    };
    world.after("A1", &heads, add("Z", Role::Viewer)).unwrap();
    assert!(!in_doubt(&world, added));
    let mut other = World::default();
    let less = world.after("O1", &heads, add_again("X", Role::Viewer)).unwrap();
    assert!(in_doubt(&world, added) && !world.counts(added) && world.counts(less));
    // Whichever came first.
    let last = world.told.pop().unwrap();
    let place = world.told.iter().position(|told| told.id == more).unwrap();
    world.told.insert(place, last);
    world.told.iter().for_each(|told| other.tell(told).unwrap());
    assert!(in_doubt(&other, added) && !other.counts(added));
}

#[test]
fn heads_are_those_of_the_ops_that_count() {
    let mut world = World::base();
    let heads = world.heads();
    let first = world.after("A1", &heads, add("X", Role::Editor)).unwrap();
    let second = world.after("B1", &heads, describe("Be", "")).unwrap();
    assert_eq!(world.heads(), [first, second]);
    let removed = world.after("O1", &heads, remove("A")).unwrap();
    assert_eq!(world.heads(), [second, removed]);
    let left = world.op("M1", leave());
    assert_eq!(world.heads(), [left]);
    assert_eq!(world.membership.all_heads().iter().copied().collect::<Vec<_>>(), [first, left]);
}

#[test]
fn view_of_a_set_is_that_at_its_heads() {
    let mut world = World::base();
    let heads = world.heads();
    let first = world.after("A1", &heads, add("X", Role::Editor)).unwrap();
    let second = world.after("B1", &heads, describe("Be", "")).unwrap();
    world.op("O1", remove("X"));
    let at = world.membership.view(&[first, second]);
    assert!(at.is_member(&device("X1")) && at.members[&person("B")].name == "Be");
    let set = at.past().as_ref().clone();
    assert_eq!(world.membership.view_of(&set), at);
    assert_eq!(world.membership.view(&[]).members.len(), 0);
    assert_eq!(world.membership.author_of(&first), Some(person("A")));
}
