//! What the ledger tells about people: who there is, what speaks against an op, who does not know.

use std::collections::BTreeSet;

use super::fixture::{Author, Peer, add, describe, op_draft, well};
use crate::id::DeviceId;
use crate::ledger::{DeviceState, Outcome};
use crate::op::{Cut, Op, Remove, RevokeDevice, Role, SetRole};

fn set_role(who: &Author, role: Role) -> Op {
    Op::SetRole(SetRole { person: who.id(), role, cut: Cut::default() })
}

#[test]
fn people_are_known_with_their_devices_after_they_are_gone() {
    let (owner, gone, kept) = (Author::new(1), Author::new(2), Author::new(3));
    let mut peer = Peer::with(&owner, &[(&gone, Role::Editor), (&kept, Role::Editor)]);
    peer.op(&gone, &describe("Gone"));
    let work = peer.open(&gone, &well(1));
    let cut = peer.ledger.cut_of([gone.device()]);
    peer.op(&owner, &Op::Remove(Remove { person: gone.id(), cut }));
    let revoke = RevokeDevice { device: kept.device(), cut: Cut::default(), signature: None };
    peer.op(&owner, &Op::RevokeDevice(revoke));
    let people = peer.ledger.people();
    let state = |who: &Author| people[&who.id()].devices[&who.device()].state;
    assert_eq!((people[&gone.id()].name.as_str(), people[&gone.id()].role), ("Gone", None));
    assert_eq!(people[&kept.id()].role, Some(Role::Editor));
    assert_eq!(
        [state(&owner), state(&gone), state(&kept)],
        [DeviceState::Live, DeviceState::Ended, DeviceState::Revoked]
    );
    assert_eq!(peer.ledger.author_of(&work.id), Some(gone.id()), "also when it is no member any more");
    assert_eq!(peer.ledger.outcome(&work.id), Some(Outcome::Accepted));
}

#[test]
fn what_speaks_against_a_void_op_is_named() {
    let (owner, admin, editor) = (Author::new(1), Author::new(2), Author::new(3));
    let base = Peer::with(&owner, &[(&admin, Role::Admin), (&editor, Role::Editor)]);
    let (mut left, mut right) = (base.replica(), base.replica());
    let lowered = left.op(&owner, &set_role(&admin, Role::Editor));
    let void = right.op(&admin, &set_role(&editor, Role::Viewer));
    let rests = right.op(&admin, &add(&Author::new(4), Role::Viewer));
    left.deliver([&void, &rests]);
    assert_eq!(left.ledger.void_ops(), [void.id, rests.id]);
    assert_eq!(left.ledger.against(&void.id), [lowered.id]);
    assert!(left.ledger.against(&lowered.id).is_empty());
    assert_eq!(left.ledger.rank_of(&void.id), Some(Role::Admin.rank()));
}

#[test]
fn who_wrote_nothing_that_knows_of_a_removal_is_listed_until_they_do() {
    let (owner, gone, other, late) = (Author::new(1), Author::new(2), Author::new(3), Author::new(4));
    let mut peer = Peer::with(&owner, &[(&gone, Role::Editor), (&other, Role::Editor)]);
    assert!(peer.ledger.unacknowledged().is_empty());
    let removal = peer.op(&owner, &Op::Remove(Remove { person: gone.id(), cut: Cut::default() }));
    // Who came later was told, and a viewer writes nothing.
    peer.op(&owner, &add(&late, Role::Editor));
    peer.op(&owner, &add(&Author::new(5), Role::Viewer));
    let silent = |peer: &Peer| -> Vec<(_, Vec<DeviceId>)> {
        peer.ledger.unacknowledged().into_iter().map(|(op, devices)| (op, devices.into_iter().collect())).collect()
    };
    assert_eq!(silent(&peer), [(removal.id, vec![other.device()])]);
    peer.open(&other, &well(1));
    assert!(peer.ledger.unacknowledged().is_empty());
}

#[test]
fn a_fork_tells_who_built_on_which_branch() {
    let (owner, forker, other) = (Author::new(1), Author::new(2), Author::new(3));
    let mut base = Peer::with(&owner, &[(&forker, Role::Editor), (&other, Role::Editor)]);
    base.open(&owner, &well(1));
    assert!(base.ledger.forks().is_empty());
    let (mut left, mut right) = (base.replica(), base.replica());
    let first = left.edit(&forker, well(1).doc_id(), "name", "left");
    left.edit(&forker, well(1).doc_id(), "name", "more");
    left.edit(&other, well(1).doc_id(), "name", "upon");
    let second = right.edit(&forker, well(1).doc_id(), "name", "right");
    left.accept(&second);
    let forks = left.ledger.forks();
    assert_eq!((forks.len(), forks[0].device, forks[0].seq), (1, forker.device(), 0));
    let branch = |id| forks[0].branches.iter().find(|branch| branch.entry == id).unwrap();
    let told = |id| (branch(id).entries, branch(id).counted, branch(id).builders.clone());
    assert_eq!(told(first.id), (2, 2, BTreeSet::from([other.id()])));
    assert_eq!(told(second.id), (1, 0, BTreeSet::new()));
    assert!(left.ledger.next_header(forker.device(), &op_draft(&describe("x")), 1).is_err());
}
