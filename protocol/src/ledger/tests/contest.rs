//! Beside a fork of which both branches were built upon: what entries cost, and which count.

use std::sync::atomic::Ordering::Relaxed;

use super::fixture::{Author, Peer, same_in_all_orders};
use super::forks::{cast, doc};
use crate::entry::Entry;
use crate::ledger::Outcome;
use crate::ledger::shown::Branches;
use crate::op::{Cut, CutAt, Op, RevokeDevice};

/// A fork: a branch that one person built upon, in document 1, and one that two did, in document 2.
struct Split {
    base: Peer,
    owner: Author,
    forker: Author,
    others: [Author; 3],
    /// The first branch, and the peer that knows nothing but it.
    left: [Entry; 2],
    left_peer: Peer,
    right: [Entry; 3],
}

impl Split {
    fn new() -> Self {
        let (base, owner, forker, others) = cast();
        let (mut left, mut right) = (base.replica(), base.replica());
        let [a, b, c] = &others;
        let on_left = [left.edit(&forker, doc(1), "name", "left"), left.edit(a, doc(1), "company", "A")];
        let on_right = [
            right.edit(&forker, doc(2), "name", "right"),
            right.edit(b, doc(2), "field", "B"),
            right.edit(c, doc(2), "country", "C"),
        ];
        Self { base, owner, forker, others, left: on_left, left_peer: left, right: on_right }
    }

    /// A peer that knows both branches.
    fn peer(&self) -> Peer {
        let mut peer = self.base.replica();
        peer.deliver(self.left.iter().chain(&self.right));
        peer
    }

    /// Has everybody write, again and again, and returns how many entries judging looked at in each
    /// round.
    fn rounds(&self, peer: &mut Peer, docs: [usize; 2]) -> Vec<usize> {
        let [a, b, c] = &self.others;
        let mut costs = Vec::new();
        for round in 0..40 {
            let before = peer.ledger.steps.load(Relaxed);
            for who in [a, &self.owner, b, c] {
                let number = docs[round % 2];
                let entry = peer.edit(who, doc(number), "company", &format!("{} {round}", who.name));
                let shown = peer.ledger.nodes[&entry.id].shown.forks().expect("the fork shows");
                assert_eq!(shown[&self.forker.device()].branches, Branches::Several, "round {round}");
            }
            costs.push(peer.ledger.steps.load(Relaxed) - before);
        }
        costs
    }
}

/// Asserts that something is looked at, as much at the end as before.
fn assert_steady(costs: &[usize]) {
    let (early, late): (usize, usize) = (costs[10..20].iter().sum(), costs[30..40].iter().sum());
    assert!(early > 0 && late <= early, "{costs:?}");
}

#[test]
fn cost_of_an_entry_does_not_grow_with_what_was_built_upon_two_branches() {
    let split = Split::new();
    let mut peer = split.peer();
    let costs = split.rounds(&mut peer, [2, 3]);
    assert_steady(&costs);
    assert_eq!(peer.ledger.outcome(&split.left[0].id), Some(Outcome::Excluded));
    assert!(peer.ledger.judge_again().is_empty(), "a look at all of it says the same");
    // Nor after a restart, which marks all of it anew.
    let mut restarted = peer.restarted();
    assert_eq!(restarted.state(), peer.state());
    let before = restarted.ledger.steps.load(Relaxed);
    restarted.edit(&split.owner, doc(2), "company", "again");
    assert!(restarted.ledger.steps.load(Relaxed) - before <= costs[39]);
}

#[test]
fn cost_does_not_grow_where_a_cut_names_the_branch_that_stays() {
    let split = Split::new();
    let mut peer = split.peer();
    let at = CutAt { device: split.forker.device(), seq: 0, head: split.left[0].id };
    let revocation = RevokeDevice { device: at.device, cut: Cut::new(vec![at]), signature: None };
    peer.op(&split.owner, &Op::RevokeDevice(revocation));
    let counts = |peer: &Peer, entry: &Entry| peer.ledger.outcome(&entry.id) == Some(Outcome::Accepted);
    assert!(split.left.iter().all(|entry| counts(&peer, entry)), "named, though fewer built upon it");
    assert!(!split.right.iter().any(|entry| counts(&peer, entry)));
    // Both show to who worked on the other one, and to all who build on that.
    peer.edit(&split.others[2], doc(1), "company", "c");
    assert_steady(&split.rounds(&mut peer, [1, 1]));
    assert!(peer.ledger.judge_again().is_empty());
}

#[test]
fn cost_of_what_is_built_upon_a_branch_that_went_does_not_grow() {
    let mut split = Split::new();
    let mut peer = split.peer();
    let author = split.others[0].clone();
    let edit = |n: usize| split.left_peer.edit(&author, doc(1), "company", &format!("A {n}"));
    let tail: Vec<_> = (0..40).map(edit).collect();
    let mut costs = Vec::new();
    for entry in &tail {
        let before = peer.ledger.steps.load(Relaxed);
        assert_eq!(peer.receive(entry), Outcome::Excluded);
        costs.push(peer.ledger.steps.load(Relaxed) - before);
    }
    assert_steady(&costs);
    super::oracle::check(&peer.ledger);
    let mut first = split.base.replica();
    first.deliver(split.left.iter().chain(&tail).chain(&split.right));
    assert_eq!(first.state(), peer.state());
}

/// Whoever built upon the branch that went, and learnt of the other, goes on there and is one more on
/// its side.
#[test]
fn who_built_upon_the_branch_that_went_goes_on_upon_the_other() {
    let split = Split::new();
    let aware = split.peer().edit(&split.others[0], doc(2), "company", "aware");
    let all: Vec<_> = split.left.iter().chain(&split.right).chain([&aware]).cloned().collect();
    let state = same_in_all_orders(&split.base, &all);
    let outcomes: Vec<_> = all.iter().map(|entry| state.outcomes[&entry.id].as_str()).collect();
    assert_eq!(outcomes, ["Excluded", "Excluded", "Accepted", "Accepted", "Accepted", "Accepted"]);
}
