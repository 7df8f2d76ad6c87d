//! Invites of the three forms.

use super::world::{
    World, add, add_by, id, invite, key, leave, ratify, remove, revoke, set_role, uninvite, with_devices,
};
use crate::authority::OpRefusal;
use crate::key::sign_admission;
use crate::op::{Admit, InviteForm, Op, Role};

#[test]
fn handed_invite_is_redeemed_on_its_device_as_often_as_it_says() {
    let mut world = World::base();
    let handed = world.op("A1", invite(InviteForm::Handed, Role::Editor, 2));
    assert_eq!(world.try_op("O1", add_by("X", Role::Editor, handed)), Err(OpRefusal::InviteForm), "elsewhere");
    assert_eq!(world.try_op("A1", add_by("X", Role::Viewer, handed)), Err(OpRefusal::InviteForm), "another role");
    world.op("A1", add_by("X", Role::Editor, handed));
    world.op("A1", add_by("Y", Role::Editor, handed));
    assert_eq!(world.try_op("A1", add_by("Z", Role::Editor, handed)), Err(OpRefusal::InviteUsedUp));
    let unknown = id(77);
    assert_eq!(world.try_op("A1", add_by("Z", Role::Editor, unknown)), Err(OpRefusal::UnknownInvite));
}

#[test]
fn invite_for_approval_is_redeemed_by_any_admin() {
    let mut world = World::base();
    let approval = world.op("A1", invite(InviteForm::Approval, Role::Viewer, 1));
    world.op("O1", add_by("X", Role::Viewer, approval));
    world.op("A1", add_by("Y", Role::Viewer, approval));
    assert_eq!(world.try_op("B1", add_by("Z", Role::Viewer, approval)), Err(OpRefusal::Role));
    assert_eq!(world.try_op("B1", world.admission(approval, "Z")), Err(OpRefusal::InviteForm));
}

#[test]
fn open_invite_is_redeemed_by_any_editor() {
    let mut world = World::base();
    let open = world.op("A1", invite(InviteForm::Open, Role::Editor, 2));
    assert_eq!(world.try_op("A1", add_by("X", Role::Editor, open)), Err(OpRefusal::InviteForm), "not by an add");
    assert_eq!(world.try_op("V1", world.admission(open, "X")), Err(OpRefusal::Role), "not by a viewer");
    let admitted = world.op("B1", world.admission(open, "X"));
    assert_eq!(world.role("X"), Some(Role::Editor));
    assert_eq!(world.membership.rank_of(&admitted), Some(3), "the invite's");
    assert_eq!(world.try_op("B1", world.admission(open, "X")), Err(OpRefusal::AlreadyMember));
    // Whom an open invite brought admits the next.
    world.op("X1", world.admission(open, "Y"));
    assert_eq!(world.try_op("B1", world.admission(open, "Z")), Err(OpRefusal::InviteUsedUp));
}

#[test]
fn admission_needs_the_signature_of_the_ticket_for_this_person() {
    let mut world = World::base();
    let open = world.op("A1", invite(InviteForm::Open, Role::Editor, 9));
    let Op::Admit(good) = world.admission(open, "X") else { unreachable!() };
    let mut other = good.clone();
    other.person = super::world::with_devices("X", &["X2"]);
    assert_eq!(world.try_op("B1", Op::Admit(other)), Err(OpRefusal::Signature));
    let mut other = good.clone();
    other.signature = sign_admission(&super::world::key("another"), world.workspace(), open, &good.person);
    assert_eq!(world.try_op("B1", Op::Admit(other)), Err(OpRefusal::Signature));
    let second = world.op("A1", invite(InviteForm::Open, Role::Viewer, 9));
    let mut other = good.clone();
    other.invite = second;
    assert_eq!(world.try_op("B1", Op::Admit(other)), Err(OpRefusal::Signature), "of another invite");
    world.op("B1", Op::Admit(good));
}

#[test]
fn of_too_many_uses_apart_the_last_are_void_until_ratified() {
    let mut world = World::base();
    let open = world.op("A1", invite(InviteForm::Open, Role::Editor, 1));
    let first = world.after("B1", &[open], world.admission(open, "X")).unwrap();
    let second = world.after("M1", &[open], world.admission(open, "Y")).unwrap();
    assert!(world.counts(first) && !world.counts(second), "by size of the past, then id");
    world.after("A1", &[first, second], ratify(&[second])).unwrap();
    assert!(world.counts(first) && world.counts(second));
}

#[test]
fn revoked_invite_admits_nobody_beside_or_after() {
    let mut world = World::base();
    let open = world.op("A1", invite(InviteForm::Open, Role::Editor, 9));
    let before = world.op("B1", world.admission(open, "X"));
    let heads = world.heads();
    let beside = world.after("B1", &heads, world.admission(open, "Y")).unwrap();
    assert_eq!(world.try_op("B1", uninvite(open)), Err(OpRefusal::Role));
    assert_eq!(world.try_op("A1", uninvite(before)), Err(OpRefusal::UnknownInvite), "no invite");
    world.after("O1", &heads, uninvite(open)).unwrap();
    assert!(world.counts(before) && !world.counts(beside));
    assert_eq!(world.try_op("B1", world.admission(open, "Z")), Err(OpRefusal::InviteEnded));
    assert!(world.membership.now().invites.is_empty());
}

#[test]
fn open_invite_ends_with_its_author() {
    let endings = [remove("A"), set_role("A", Role::Editor), revoke("A1")];
    for ending in endings {
        let mut world = World::base();
        let open = world.op("A1", invite(InviteForm::Open, Role::Editor, 9));
        let before = world.op("B1", world.admission(open, "X"));
        let heads = world.heads();
        let beside = world.after("B1", &heads, world.admission(open, "Y")).unwrap();
        world.after("O1", &heads, ending.clone()).unwrap();
        assert!(world.counts(before), "{ending:?}");
        assert!(!world.counts(beside), "{ending:?}");
        assert_eq!(world.try_op("B1", world.admission(open, "Z")), Err(OpRefusal::InviteEnded), "{ending:?}");
    }
    let mut world = World::base();
    let open = world.op("A1", invite(InviteForm::Open, Role::Editor, 9));
    let heads = world.heads();
    let beside = world.after("B1", &heads, world.admission(open, "Y")).unwrap();
    world.after("A1", &heads, leave()).unwrap();
    assert!(!world.counts(beside));
}

#[test]
fn void_invite_admits_nobody() {
    let mut world = World::base();
    let heads = world.heads();
    let open = world.after("A1", &heads, invite(InviteForm::Open, Role::Editor, 9)).unwrap();
    let admitted = world.after("B1", &[open], world.admission(open, "X")).unwrap();
    let removed = world.after("O1", &heads, remove("A")).unwrap();
    assert!(!world.counts(open) && !world.counts(admitted));
    let parents = [open, removed];
    assert_eq!(world.after("B1", &parents, world.admission(open, "Y")), Err(OpRefusal::InviteEnded));
    let mut world = World::base();
    let heads = world.heads();
    let open = world.after("A1", &heads, invite(InviteForm::Open, Role::Editor, 9)).unwrap();
    world.after("O1", &heads, set_role("A", Role::Editor)).unwrap();
    let raised = world.op("O1", set_role("A", Role::Admin));
    assert!(!world.counts(open));
    let parents = [open, raised];
    let refused = Err(OpRefusal::InviteEnded);
    assert_eq!(world.after("B1", &parents, world.admission(open, "Y")), refused, "though A is admin again");
}

#[test]
fn invite_is_revoked_by_its_author_or_by_who_stands_as_high() {
    let mut world = World::base();
    world.op("O1", add("C", Role::Admin));
    let owners = world.op("O1", invite(InviteForm::Open, Role::Editor, 9));
    let admins = world.op("A1", invite(InviteForm::Open, Role::Editor, 9));
    assert_eq!(world.try_op("A1", uninvite(owners)), Err(OpRefusal::Role));
    world.op("C1", uninvite(admins));
    world.op("O1", uninvite(owners));
    let own = world.op("A1", invite(InviteForm::Handed, Role::Editor, 9));
    world.op("A1", uninvite(own));
    assert_eq!(world.try_op("A1", add_by("X", Role::Editor, own)), Err(OpRefusal::InviteEnded));
}

#[test]
fn admission_of_who_was_never_removed_after_all_is_void() {
    let mut world = World::base();
    let open = world.op("O1", invite(InviteForm::Open, Role::Viewer, 9));
    let removed = world.after("A1", &[open], remove("M")).unwrap();
    let person = super::world::with_devices("M", &["M2"]);
    let signature = sign_admission(&super::world::key("ticket"), world.workspace(), open, &person);
    let back = Op::Admit(Admit { invite: open, person, signature });
    let admitted = world.after("B1", &[removed], back).unwrap();
    assert_eq!(world.role("M"), Some(Role::Viewer));
    world.after("O1", &[open], remove("A")).unwrap();
    assert!(!world.counts(removed) && !world.counts(admitted));
    assert_eq!(world.role("M"), Some(Role::Editor));
}

#[test]
fn invites_give_at_most_what_the_inviter_may() {
    let mut world = World::base();
    assert_eq!(world.try_op("B1", invite(InviteForm::Handed, Role::Viewer, 1)), Err(OpRefusal::Role));
    assert_eq!(world.try_op("A1", invite(InviteForm::Handed, Role::Admin, 1)), Err(OpRefusal::Role));
    world.op("O1", invite(InviteForm::Handed, Role::Admin, 1));
    assert_eq!(world.try_op("A1", add("X", Role::Admin)), Err(OpRefusal::Role));
}

#[test]
fn who_left_comes_again_by_an_open_invite() {
    let mut world = World::base();
    let open = world.op("A1", invite(InviteForm::Open, Role::Editor, 1));
    world.op("B1", leave());
    let person = with_devices("B", &["B2"]);
    let signature = sign_admission(&key("ticket"), world.workspace(), open, &person);
    let admitted = world.op("M1", Op::Admit(Admit { invite: open, person, signature }));
    assert!(world.counts(admitted));
    assert_eq!((world.role("B"), world.is_live("B2"), world.is_live("B1")), (Some(Role::Editor), true, false));
    world.check(&mut fastrand::Rng::with_seed(1));
}
