//! Forks: two entries of one device for one place, in every order of arrival.

use super::fixture::{Author, Peer, State, describe, forge, op_draft, open_draft, same_in_all_orders, well};
use crate::document::Map;
use crate::entry::Entry;
use crate::id::{DocId, EntryId};
use crate::ledger::shown::Branches;
use crate::ledger::{DraftError, Invalid, Outcome};
use crate::op::Role;

/// An owner (1), the one who forks (2), and three more editors.
pub(super) fn cast() -> (Peer, Author, Author, [Author; 3]) {
    let (owner, forker) = (Author::new(1), Author::new(2));
    let others = [Author::new(3), Author::new(4), Author::new(5)];
    let mut list = vec![(&forker, Role::Editor)];
    list.extend(others.iter().map(|who| (who, Role::Editor)));
    let mut peer = Peer::with(&owner, &list);
    for n in 1..=3 {
        peer.open(&owner, &well(n));
    }
    (peer, owner, forker, others)
}

pub(super) fn doc(number: usize) -> DocId {
    well(number).doc_id()
}

fn outcome<'a>(state: &'a State, id: &EntryId) -> &'a str {
    state.outcomes.get(id).map_or("none", String::as_str)
}

fn name(peer: &Peer, number: usize) -> String {
    peer.document(&doc(number)).get_str(Map::Root, "name").unwrap_or_default()
}

#[test]
fn two_entries_at_one_place_are_both_kept_and_neither_counts() {
    let (base, _, forker, _) = cast();
    let (mut left, mut right) = (base.replica(), base.replica());
    let first = left.edit(&forker, doc(1), "name", "left");
    let tail = left.edit(&forker, doc(2), "name", "left");
    let second = right.edit(&forker, doc(1), "name", "right");
    let done = left.accept(&second);
    assert_eq!(done.settled[0].1, Outcome::Excluded);
    let mut expected = vec![(first.id, Outcome::Excluded), (tail.id, Outcome::Excluded)];
    expected.sort_by_key(|(id, _)| *id);
    assert_eq!(done.changed, expected, "acceptance is withdrawn, also of the tail");
    assert_eq!(name(&left, 1), "", "the document is as before the fork");
    assert_eq!(left.ledger.forked()[&forker.device()], 0);
    let tips = left.ledger.device_tips(&forker.device());
    let mut both = vec![(0, second.id), (1, tail.id)];
    both.sort_unstable();
    assert_eq!(tips, both, "both ends are told to others");
    let state = same_in_all_orders(&base, &[first, tail, second]);
    assert_eq!(state, left.state());
}

#[test]
fn entries_before_the_fork_stand() {
    let (mut base, _, forker, _) = cast();
    let before = base.edit(&forker, doc(1), "name", "before");
    let (mut left, mut right) = (base.replica(), base.replica());
    let entries = [left.edit(&forker, doc(1), "name", "l"), right.edit(&forker, doc(2), "name", "r")];
    let state = same_in_all_orders(&base, &entries);
    assert_eq!(outcome(&state, &before.id), "Accepted");
    assert_eq!(entries.map(|entry| outcome(&state, &entry.id).to_owned()), ["Excluded", "Excluded"]);
}

#[test]
fn branch_that_others_built_upon_stays_and_the_other_does_not() {
    let (base, _, forker, [other, ..]) = cast();
    let (mut left, mut right) = (base.replica(), base.replica());
    let first = left.edit(&forker, doc(1), "name", "left");
    let voucher = left.edit(&other, doc(1), "company", "Acme");
    let tail = left.edit(&forker, doc(1), "field", "tail");
    let second = right.edit(&forker, doc(1), "name", "right");
    let all = [first.clone(), voucher.clone(), tail.clone(), second.clone()];
    let state = same_in_all_orders(&base, &all);
    assert_eq!(outcome(&state, &first.id), "Accepted");
    assert_eq!(outcome(&state, &voucher.id), "Accepted");
    assert_eq!(outcome(&state, &tail.id), "Excluded", "nobody built on the end");
    assert_eq!(outcome(&state, &second.id), "Excluded");
    // A voucher that comes late brings the branch back.
    let mut peer = base.replica();
    peer.deliver([&first, &second]);
    let done = peer.accept(&voucher);
    assert_eq!(done.changed, [(first.id, Outcome::Accepted)]);
    assert_eq!(done.settled[0].1, Outcome::Accepted);
}

#[test]
fn of_two_branches_that_others_built_upon_more_persons_win_and_dependents_go_too() {
    let (base, owner, forker, [a, b, c]) = cast();
    let (mut left, mut right) = (base.replica(), base.replica());
    let first = left.edit(&forker, doc(1), "name", "left");
    let left_a = left.edit(&a, doc(1), "company", "A");
    let left_a_again = left.edit(&a, doc(1), "company", "AA");
    let second = right.edit(&forker, doc(1), "name", "right");
    let right_b = right.edit(&b, doc(1), "field", "B");
    let right_c = right.edit(&c, doc(1), "country", "C");
    let all = [first.clone(), left_a.clone(), left_a_again.clone(), second.clone(), right_b.clone(), right_c.clone()];
    let state = same_in_all_orders(&base, &all);
    for entry in [&second, &right_b, &right_c] {
        assert_eq!(outcome(&state, &entry.id), "Accepted");
    }
    for entry in [&first, &left_a, &left_a_again] {
        assert_eq!(outcome(&state, &entry.id), "Excluded", "one person, however often");
    }
    // Whose work was dropped goes on from what counts, as a new actor.
    let mut peer = base.replica();
    peer.deliver(&all);
    assert_eq!(name(&peer, 1), "right");
    peer.edit(&a, doc(1), "company", "again");
    peer.edit(&owner, doc(1), "name", "mine");
    assert_eq!(peer.ledger.next_header(forker.device(), &open_draft(&well(9)), 1), Err(DraftError::Forked));
}

#[test]
fn of_two_branches_built_upon_by_as_many_the_lower_id_wins() {
    let (base, _, forker, [a, b, _]) = cast();
    let (mut left, mut right) = (base.replica(), base.replica());
    let first = left.edit(&forker, doc(1), "name", "left");
    let left_a = left.edit(&a, doc(1), "company", "A");
    let second = right.edit(&forker, doc(1), "name", "right");
    let right_b = right.edit(&b, doc(1), "company", "B");
    let all = [first.clone(), left_a, second.clone(), right_b];
    let state = same_in_all_orders(&base, &all);
    let (wins, loses) = if first.id < second.id { (first, second) } else { (second, first) };
    assert_eq!(outcome(&state, &wins.id), "Accepted");
    assert_eq!(outcome(&state, &loses.id), "Excluded");
}

#[test]
fn op_and_entry_at_one_place_are_a_fork_and_the_op_stands() {
    let (base, _, forker, _) = cast();
    let (mut left, mut right) = (base.replica(), base.replica());
    let op = left.op(&forker, &describe("Mallory"));
    let on_op = left.edit(&forker, doc(1), "name", "left");
    let second = right.edit(&forker, doc(1), "name", "right");
    let state = same_in_all_orders(&base, &[op.clone(), on_op.clone(), second.clone()]);
    assert_eq!(outcome(&state, &op.id), "Accepted", "forks void no ops");
    assert_eq!(outcome(&state, &on_op.id), "Excluded");
    assert_eq!(outcome(&state, &second.id), "Excluded");
}

#[test]
fn two_ops_at_one_place_freeze_what_follows() {
    let (base, _, forker, [other, ..]) = cast();
    let (mut left, mut right) = (base.replica(), base.replica());
    let ops = [left.op(&forker, &describe("M")), right.op(&forker, &describe("N"))];
    let entry = left.edit(&forker, doc(1), "name", "left");
    let voucher = left.edit(&other, doc(1), "name", "other");
    let [first, second] = ops;
    let state = same_in_all_orders(&base, &[first.clone(), second.clone(), entry.clone()]);
    assert_eq!(outcome(&state, &entry.id), "Excluded");
    let state = same_in_all_orders(&base, &[first, second, entry.clone(), voucher]);
    assert_eq!(outcome(&state, &entry.id), "Accepted", "somebody built upon it");
}

/// Two branches, each built upon in another document and at another place: were both to count,
/// one document would hold two changes of one actor and number, which Automerge refuses for ever.
#[test]
fn one_document_never_gets_two_changes_of_one_actor_and_number() {
    let (mut base, _, forker, [a, b, c]) = cast();
    base.edit(&forker, doc(1), "name", "before");
    let (mut left, mut right) = (base.replica(), base.replica());
    let first = left.edit(&forker, doc(2), "name", "left");
    let left_tail = left.edit(&forker, doc(1), "field", "left");
    let left_a = left.edit(&a, doc(1), "company", "A");
    let second = right.edit(&forker, doc(1), "field", "right");
    let right_b = right.edit(&b, doc(1), "company", "B");
    let right_c = right.edit(&c, doc(1), "country", "C");
    let all = [first, left_tail.clone(), left_a, second.clone(), right_b, right_c];
    let state = same_in_all_orders(&base, &all);
    assert_eq!(outcome(&state, &second.id), "Accepted");
    assert_eq!(outcome(&state, &left_tail.id), "Excluded");
    let mut peer = base.replica();
    peer.deliver(&all);
    assert_eq!(peer.document(&doc(1)).get_str(Map::Root, "field").unwrap(), "right");
}

#[test]
fn change_follows_those_of_its_own_branch_only() {
    let (mut base, _, forker, [a, ..]) = cast();
    base.edit(&forker, doc(1), "name", "before");
    let (mut left, mut right) = (base.replica(), base.replica());
    let first = left.edit(&forker, doc(1), "name", "left");
    let second = right.edit(&forker, doc(2), "name", "right");
    let last = right.edit(&forker, doc(1), "name", "right");
    let upon = right.edit(&a, doc(1), "company", "A");
    let state = same_in_all_orders(&base, &[first, second, last.clone(), upon.clone()]);
    assert_eq!(outcome(&state, &last.id), "Accepted");
    assert_eq!(outcome(&state, &upon.id), "Accepted");
}

#[test]
fn entry_that_builds_on_both_branches_is_invalid() {
    let (base, _, forker, [a, ..]) = cast();
    let (mut left, mut right) = (base.replica(), base.replica());
    let first = left.edit(&forker, doc(1), "name", "left");
    let second = right.edit(&forker, doc(2), "name", "right");
    let mut draft = open_draft(&well(7));
    draft.deps = vec![first.id, second.id];
    let on_both = base.sign(&a, draft);
    let state = same_in_all_orders(&base, &[first.clone(), second.clone(), on_both.clone()]);
    assert_eq!(outcome(&state, &on_both.id), "none");
    let mut peer = base.replica();
    peer.deliver([&first, &second]);
    assert_eq!(peer.receive(&on_both), Outcome::Invalid(Invalid::BuildsOnExcluded));
}

#[test]
fn forker_alone_can_make_neither_branch_count() {
    let (base, _, forker, _) = cast();
    let (mut left, mut right) = (base.replica(), base.replica());
    let mut all = vec![left.edit(&forker, doc(1), "name", "left")];
    all.push(left.edit(&forker, doc(1), "name", "left 2"));
    all.push(right.edit(&forker, doc(1), "name", "right"));
    all.push(right.edit(&forker, doc(1), "name", "right 2"));
    // Also not with one that builds on its own other branch.
    let mut crossing = right.header(&forker, &open_draft(&well(8)));
    crossing.claims.deps = vec![all[1].id];
    all.push(forge(&forker, &crossing, open_draft(&well(8)).body));
    let state = same_in_all_orders(&base, &all);
    assert_eq!(outcome(&state, &all[4].id), "none", "its own past shows the fork");
    for entry in &all[..4] {
        assert_eq!(outcome(&state, &entry.id), "Excluded");
    }
}

/// Where an author built on the branch that lost, its own past no longer shows why the other
/// counts, if those who built upon it did so in other documents.
#[test]
fn next_header_names_who_built_upon_what_it_builds_on() {
    let (base, _, forker, [a, b, c]) = cast();
    let (mut left, mut right) = (base.replica(), base.replica());
    let first = left.edit(&forker, doc(1), "name", "left");
    let mut upon = |who: &Author, number| {
        let mut draft = open_draft(&well(number));
        draft.deps = vec![first.id];
        left.write(who, draft)
    };
    let upon = [upon(&a, 7), upon(&c, 8)];
    let second = right.edit(&forker, doc(2), "name", "right");
    let lost = right.edit(&b, doc(2), "company", "lost");
    let mut peer = base.replica();
    peer.deliver([&first, &upon[0], &upon[1], &second, &lost]);
    assert_eq!(peer.ledger.outcome(&lost.id), Some(Outcome::Excluded));
    let draft = peer.draft_edit(&b, doc(1), "name", "mine");
    assert_eq!(draft.deps, [first.id]);
    let mut header = peer.header(&b, &draft);
    assert!(upon.iter().all(|entry| header.claims.deps.contains(&entry.id)));
    let good = forge(&b, &header, draft.body.clone());
    header.claims.deps = draft.deps;
    let bare = forge(&b, &header, draft.body);
    assert_eq!(peer.replica().receive(&bare), Outcome::Invalid(Invalid::BuildsOnExcluded));
    let [upon_a, upon_c] = upon;
    let all = [first, upon_a, upon_c, second, lost, good.clone()];
    let state = same_in_all_orders(&base, &all);
    assert_eq!(outcome(&state, &good.id), "Accepted");
}

/// An author worked on a branch until another got the upper hand: what it names then is judged
/// from its own past, where that is not to be seen, in whichever order one learnt of it.
#[test]
fn past_that_counted_is_looked_at_again_when_a_branch_is_dropped() {
    let (base, owner, forker, [a, b, c]) = cast();
    let second = base.replica().edit(&forker, doc(2), "name", "right");
    let first = (0..).map(|n| base.replica().edit(&forker, doc(1), "name", &format!("left {n}")));
    // Among as many persons the lower id wins.
    let first = first.into_iter().find(|first| first.id < second.id).unwrap();
    let upon = |who: &Author, number, deps: &[EntryId], peer: &mut Peer| {
        let mut draft = open_draft(&well(number));
        draft.deps = deps.to_vec();
        peer.write(who, draft)
    };
    let (mut left, mut right) = (base.replica(), base.replica());
    left.deliver([&first]);
    right.deliver([&second]);
    let (by_a, by_c) = (upon(&a, 7, &[first.id], &mut left), upon(&c, 8, &[first.id], &mut left));
    let again = upon(&a, 12, &[first.id], &mut left);
    let by_owner = upon(&owner, 9, &[second.id], &mut right);
    let by_b = upon(&b, 10, &[by_owner.id], &mut right);
    let mut draft = open_draft(&well(11));
    draft.deps = vec![again.id];
    right.deliver([&first, &by_a, &by_c, &again]);
    let mut header = right.header(&b, &draft);
    assert!(header.claims.deps.contains(&by_c.id), "it says why");
    header.claims.deps = draft.deps;
    let bare = forge(&b, &header, draft.body);
    for order in [
        [&first, &second, &by_owner, &by_b, &by_a, &by_c, &again],
        [&first, &by_a, &by_c, &again, &second, &by_owner, &by_b],
        [&second, &by_owner, &by_b, &first, &by_a, &by_c, &again],
    ] {
        let mut peer = base.replica();
        peer.deliver(order);
        assert_eq!(peer.ledger.outcome(&by_b.id), Some(Outcome::Excluded));
        assert_eq!(peer.receive(&bare), Outcome::Invalid(Invalid::BuildsOnExcluded));
        super::oracle::check(&peer.ledger);
    }
}

/// The same history beside a fork costs as much as without one.
#[test]
fn entries_that_see_one_branch_see_no_fork() {
    let (base, owner, forker, [a, b, _]) = cast();
    let (mut left, mut right) = (base.replica(), base.replica());
    left.edit(&forker, doc(1), "name", "left");
    left.edit(&a, doc(1), "company", "A");
    let second = right.edit(&forker, doc(2), "name", "right");
    left.deliver([&second]);
    for (number, who) in [&owner, &a, &b].into_iter().cycle().take(30).enumerate() {
        let entry = left.edit(who, doc(1 + number % 3), "field", &format!("{number}"));
        let node = &left.ledger.nodes[&entry.id];
        let shown = node.shown.forks().map(|forks| forks[&forker.device()].branches);
        assert_ne!(shown, Some(Branches::Several), "{number}");
    }
}

#[test]
fn fork_below_a_known_one_freezes_more() {
    let (base, _, forker, [a, ..]) = cast();
    let mut left = base.replica();
    let low = left.edit(&forker, doc(1), "name", "one");
    let mut right = left.replica();
    let high = [left.edit(&forker, doc(2), "name", "l"), right.edit(&forker, doc(2), "name", "r")];
    let mut third = base.replica();
    let lowest = third.edit(&forker, doc(3), "name", "three");
    let on_lowest = third.edit(&a, doc(3), "name", "four");
    let [l, r] = high;
    let all = [low.clone(), l, r, lowest.clone(), on_lowest];
    let state = same_in_all_orders(&base, &all);
    assert_eq!(outcome(&state, &low.id), "Excluded");
    assert_eq!(outcome(&state, &lowest.id), "Accepted");
}

#[test]
fn inert_entry_that_was_excluded_over_a_restart_is_still_inert() {
    let (base, _, forker, [a, ..]) = cast();
    let mut left = base.replica();
    let draft = left.draft_edit(&forker, doc(1), "deleted", "");
    let inert = left.sign(&forker, draft);
    left.deliver([&inert]);
    let mut foreign = open_draft(&well(20));
    foreign.doc = Some(doc(21));
    let foreign = left.sign(&forker, foreign);
    left.deliver([&foreign]);
    let second = base.replica().edit(&forker, doc(2), "name", "right");
    // Both builds upon the inert entries, so the branch stays.
    let mut draft = open_draft(&well(7));
    draft.deps = vec![inert.id, foreign.id];
    let voucher = left.sign(&a, draft);
    let mut peer = base.replica();
    peer.deliver([&inert, &foreign, &second]);
    let mut restarted = peer.restarted();
    for node in [&mut peer, &mut restarted] {
        assert_eq!(node.ledger.outcome(&inert.id), Some(Outcome::Excluded));
        assert_eq!(node.receive(&voucher), Outcome::Accepted);
        for id in [inert.id, foreign.id] {
            let outcome = node.ledger.outcome(&id);
            assert!(matches!(outcome, Some(Outcome::Inert(_))), "{outcome:?}");
        }
    }
    assert_eq!(restarted.state(), peer.state());
    let all = [inert, foreign, second, voucher];
    same_in_all_orders(&base, &all);
}

#[test]
fn unreadable_entry_beside_another_hides_neither() {
    let (base, _, forker, _) = cast();
    let first = base.replica().edit(&forker, doc(1), "name", "left");
    let header = base.header(&forker, &op_draft(&describe("x")));
    let newer: Entry = super::fixture::newer(&forker, &header);
    let state = same_in_all_orders(&base, &[first.clone(), newer.clone()]);
    assert_eq!(outcome(&state, &first.id), "Accepted");
    let mut peer = base.replica();
    peer.deliver([&newer, &first]);
    assert_eq!(peer.ledger.device_tips(&forker.device()).len(), 2);
}
