//! What comes late: an op or an entry that changes what counts of those that were here before it.

use super::fixture::{
    Author, Peer, State, add, describe, forge, header, op_draft, open_draft, same_as_ops_arrive, same_in_all_orders,
    well,
};
use crate::entry::Entry;
use crate::id::EntryId;
use crate::key::DeviceCert;
use crate::ledger::Outcome;
use crate::op::{AddDevice, Cut, CutAt, Leave, Op, Remove, Role, Transfer};

/// The same person on another device.
fn on_another_device(who: &Author, number: u8) -> Author {
    Author { device: Author::new(number).device, ..who.clone() }
}

fn remove(who: &Author, cut: Vec<CutAt>) -> Op {
    Op::Remove(Remove { person: who.id(), cut: Cut::new(cut) })
}

fn outcome<'a>(state: &'a State, id: &EntryId) -> &'a str {
    state.outcomes.get(id).map_or("none", String::as_str)
}

/// An op of an author that knows no more than `base` does, whatever is before it on its chain.
fn unaware_op(peer: &mut Peer, who: &Author, base: &Peer, op: &Op) -> Entry {
    let draft = op_draft(op);
    let mut own = peer.header(who, &draft);
    own.claims.mheads = base.header(who, &draft).claims.mheads;
    let entry = forge(who, &own, draft.body);
    assert_eq!(peer.receive(&entry), Outcome::Accepted);
    entry
}

/// Seed 18024: the cut of a removal names a branch of a fork by an op, and by another before that.
#[test]
fn cut_names_what_is_before_its_head_whenever_that_comes() {
    let (owner, gone) = (Author::new(1), Author::new(2));
    let base = Peer::with(&owner, &[(&gone, Role::Editor)]);
    let (mut left, mut right) = (base.replica(), base.replica());
    let named = left.open(&gone, &well(1));
    let between = unaware_op(&mut left, &gone, &base, &describe("G"));
    let head = unaware_op(&mut left, &gone, &base, &describe("Gone"));
    let other = right.open(&gone, &well(2));
    let at = CutAt { device: gone.device(), seq: 2, head: head.id };
    let removal = base.sign(&owner, op_draft(&remove(&gone, vec![at])));
    let state = same_as_ops_arrive(&base, &[named.clone(), between, head, other.clone(), removal]);
    assert_eq!(outcome(&state, &named.id), "Accepted", "the chain of the head leads to it");
    assert_eq!(outcome(&state, &other.id), "Excluded");
}

/// Without a fork: where the cut is not as it says, its chain decides and not the position.
#[test]
fn cut_whose_head_is_further_on_takes_in_what_leads_to_it() {
    let (owner, gone) = (Author::new(1), Author::new(2));
    let base = Peer::with(&owner, &[(&gone, Role::Editor)]);
    let mut peer = base.replica();
    let (first, second) = (peer.open(&gone, &well(1)), peer.open(&gone, &well(2)));
    let head = unaware_op(&mut peer, &gone, &base, &describe("Gone"));
    let at = CutAt { device: gone.device(), seq: 0, head: head.id };
    let removal = base.sign(&owner, op_draft(&remove(&gone, vec![at])));
    let state = same_as_ops_arrive(&base, &[first.clone(), second.clone(), head, removal]);
    assert_eq!(outcome(&state, &first.id), "Accepted");
    assert_eq!(outcome(&state, &second.id), "Accepted");
}

/// Seed 11940: of the two removals one is known to the entry and overrides the other, so that it
/// counts, until somebody makes its author a viewer.
#[test]
fn viewer_who_wrote_between_two_removals_loses_that() {
    let owner = Author::new(1);
    let (first, second, gone) = (Author::new(2), Author::new(3), Author::new(4));
    let base = Peer::with(&owner, &[(&first, Role::Admin), (&second, Role::Admin), (&gone, Role::Editor)]);
    let (back, again) = (on_another_device(&gone, 5), on_another_device(&gone, 6));
    let mut peer = base.replica();
    let by_owner = peer.op(&owner, &remove(&gone, Vec::new()));
    let added = peer.op(&first, &add(&back, Role::Editor));
    let work = peer.open(&back, &well(1));
    let by_admin = base.sign(&second, op_draft(&remove(&gone, Vec::new())));
    peer.deliver([&by_admin]);
    assert_eq!(peer.ledger.outcome(&work.id), Some(Outcome::Accepted), "the removal beside the owner's is overridden");
    let viewer = peer.sign(&owner, op_draft(&add(&again, Role::Viewer)));
    let done = peer.accept(&viewer);
    assert_eq!(done.settled[0].1, Outcome::Accepted);
    assert_eq!(done.changed, [(work.id, Outcome::Excluded)]);
    let state = same_as_ops_arrive(&base, &[by_owner, added, work.clone(), by_admin, viewer]);
    assert_eq!(outcome(&state, &work.id), "Excluded");
}

/// An admin leaves on one machine and adds somebody on another; who adds the admin again, as less,
/// takes back what they did beside the leave.
#[test]
fn add_of_somebody_who_left_voids_what_they_did_beside_it_with_what_rests_on_that() {
    let (owner, admin, added) = (Author::new(1), Author::new(2), Author::new(3));
    let (tablet, again) = (on_another_device(&admin, 4), on_another_device(&admin, 5));
    let mut base = Peer::with(&owner, &[(&admin, Role::Admin)]);
    let cert = DeviceCert::sign(&admin.person, &tablet.device);
    base.op(&admin, &Op::AddDevice(AddDevice { cert, label: "tablet".into() }));
    let (mut left, mut right) = (base.replica(), base.replica());
    let leave = left.op(&admin, &Op::Leave(Leave { cut: Cut::default() }));
    let add_beside = right.op(&tablet, &add(&added, Role::Editor));
    let work = right.open(&added, &well(1));
    right.deliver([&leave]);
    assert_eq!(right.ledger.outcome(&work.id), Some(Outcome::Accepted), "a leave voids nothing of one's own");
    let back = left.op(&owner, &add(&again, Role::Editor));
    let state = same_as_ops_arrive(&base, &[leave, add_beside.clone(), work.clone(), back]);
    assert_eq!(outcome(&state, &add_beside.id), "Excluded");
    assert_eq!(outcome(&state, &work.id), "Excluded");
}

/// Two owners add one person, one of them as less: what the person did as more is void, and who came
/// by it wrote nothing.
#[test]
fn adds_of_one_person_beside_each_other_reach_what_rests_on_the_higher_role() {
    let (owner, second, both, added) = (Author::new(1), Author::new(2), Author::new(3), Author::new(4));
    let base = Peer::with(&owner, &[(&second, Role::Owner)]);
    let mut peer = base.replica();
    let as_admin = peer.op(&second, &add(&both, Role::Admin));
    let add_by = peer.op(&both, &add(&added, Role::Editor));
    let work = peer.open(&added, &well(1));
    for role in [Role::Viewer, Role::Editor] {
        let as_less = base.sign(&owner, op_draft(&add(&on_another_device(&both, 5), role)));
        let all = [as_admin.clone(), add_by.clone(), work.clone(), as_less];
        let state = same_as_ops_arrive(&base, &all);
        assert_eq!(outcome(&state, &add_by.id), "Excluded", "{role}");
        assert_eq!(outcome(&state, &work.id), "Excluded", "{role}");
    }
    let as_owner = base.sign(&owner, op_draft(&add(&on_another_device(&both, 5), Role::Owner)));
    let state = same_as_ops_arrive(&base, &[as_admin, add_by, work.clone(), as_owner]);
    assert_eq!(outcome(&state, &work.id), "Accepted", "nobody lowers them");
}

/// An op may say that it stands anywhere: beside an entry of the branch it says it is on it forks
/// that branch, also where another fork is known below.
#[test]
fn op_that_lies_about_its_place_forks_the_branch_it_is_on() {
    let (owner, forker, editor) = (Author::new(1), Author::new(2), Author::new(3));
    let mut base = Peer::with(&owner, &[(&forker, Role::Editor), (&editor, Role::Editor)]);
    base.open(&forker, &well(1));
    let mut left = base.replica();
    let branch: Vec<_> = (2..5).map(|number| left.open(&forker, &well(number))).collect();
    let other = base.replica().open(&forker, &well(5));
    let lie = describe("F");
    let mut place = left.header(&forker, &op_draft(&lie));
    (place.link.seq, place.link.prev) = (header(&branch[2]).link.seq, Some(branch[0].id));
    let lie = forge(&forker, &place, lie.to_bytes());
    let mut draft = open_draft(&well(6));
    draft.deps = vec![branch[2].id];
    let mut upon = left.header(&editor, &draft);
    upon.claims.mheads = vec![lie.id];
    let upon = forge(&editor, &upon, draft.body);
    let [first, second, third] = branch.try_into().expect("three");
    let all = [first, second, third.clone(), lie.clone(), other, upon.clone()];
    let state = same_in_all_orders(&base, &all);
    assert_eq!(outcome(&state, &upon.id), "none", "its own past shows the fork");
    assert_eq!(outcome(&state, &third.id), "Excluded");
    assert_eq!(outcome(&state, &lie.id), "Accepted", "forks void no ops");
}

/// What an entry builds on is judged by the part of the chain that it knows, also where all of it is
/// held.
#[test]
fn cut_is_judged_from_the_past_of_an_entry_alone() {
    let (owner, gone, editor) = (Author::new(1), Author::new(2), Author::new(3));
    let base = Peer::with(&owner, &[(&gone, Role::Editor), (&editor, Role::Editor)]);
    let mut peer = base.replica();
    let opened: Vec<_> = (1..=3).map(|number| peer.open(&gone, &well(number))).collect();
    let head = unaware_op(&mut peer, &gone, &base, &describe("Gone"));
    let at = CutAt { device: gone.device(), seq: 0, head: head.id };
    let removal = peer.sign(&owner, op_draft(&remove(&gone, vec![at])));
    let mut draft = open_draft(&well(4));
    draft.deps = vec![opened[1].id];
    let mut upon = peer.header(&editor, &draft);
    upon.claims.mheads = vec![removal.id];
    let upon = forge(&editor, &upon, draft.body);
    let [first, second, third] = opened.try_into().expect("three");
    let all = [first, second.clone(), third, head, removal, upon.clone()];
    let state = same_as_ops_arrive(&base, &all);
    assert_eq!(outcome(&state, &second.id), "Accepted", "the whole chain leads to it");
    assert_eq!(outcome(&state, &upon.id), "none", "what it knows of the chain does not, nor the position");
}

/// A cut may name an entry of another device as the head of a chain: nothing leads from there to
/// what it is to hold.
#[test]
fn cut_with_the_head_of_another_chain_holds_nothing_where_that_is_known() {
    let (owner, gone, editor) = (Author::new(1), Author::new(2), Author::new(3));
    let base = Peer::with(&owner, &[(&gone, Role::Editor), (&editor, Role::Editor)]);
    let mut peer = base.replica();
    let (foreign, work) = (peer.open(&editor, &well(1)), peer.open(&gone, &well(2)));
    let at = CutAt { device: gone.device(), seq: 5, head: foreign.id };
    let removal = base.sign(&owner, op_draft(&remove(&gone, vec![at])));
    let mut draft = open_draft(&well(3));
    draft.deps = vec![work.id];
    let mut upon = peer.header(&editor, &draft);
    upon.claims.mheads = vec![removal.id];
    let upon = forge(&editor, &upon, draft.body);
    let state = same_as_ops_arrive(&base, &[foreign, work.clone(), removal, upon.clone()]);
    assert_eq!(outcome(&state, &work.id), "Excluded");
    assert_eq!(outcome(&state, &upon.id), "none");
}

/// The one whom a transfer names leaves beside it: its author is owner again, and may act as such.
#[test]
fn owner_again_beside_a_leave_adds_who_left_and_that_counts() {
    let (owner, named) = (Author::new(1), Author::new(2));
    let base = Peer::with(&owner, &[(&named, Role::Admin)]);
    let (mut peer, mut apart) = (base.replica(), base.replica());
    let transfer = peer.op(&owner, &Op::Transfer(Transfer { person: named.id(), role: Role::Editor }));
    let leave = apart.op(&named, &Op::Leave(Leave { cut: Cut::default() }));
    peer.deliver([&leave]);
    assert_eq!(peer.ledger.members().author(&owner.device()), Some((owner.id(), Role::Owner)));
    let again = on_another_device(&named, 8);
    let added = peer.op(&owner, &add(&again, Role::Editor));
    let written = peer.open(&again, &well(1));
    let state = same_as_ops_arrive(&base, &[transfer, leave, added.clone(), written.clone()]);
    assert_eq!([&added, &written].map(|entry| outcome(&state, &entry.id)), ["Accepted", "Accepted"]);
}
