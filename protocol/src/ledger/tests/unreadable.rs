//! What a newer version wrote: kept, passed on, and never judged.

use super::fixture::{Author, Peer, describe, forge, newer, op_draft, open_draft, same_in_all_orders, set_body, well};
use crate::entry::Entry;
use crate::id::EntryId;
use crate::ledger::Outcome;
use crate::op::Role;

fn pair() -> (Peer, Author, Author) {
    let (owner, editor) = (Author::new(1), Author::new(2));
    (Peer::with(&owner, &[(&editor, Role::Editor)]), owner, editor)
}

fn future_op(peer: &Peer, who: &Author) -> Entry {
    let mut header = peer.header(who, &op_draft(&describe("x")));
    set_body(&mut header, &[200, 1, 2, 3]);
    forge(who, &header, vec![200, 1, 2, 3])
}

#[test]
fn op_of_unknown_kind_and_newer_header_are_kept_as_unreadable() {
    let (mut peer, owner, editor) = pair();
    let op = future_op(&peer, &owner);
    let entry = newer(&editor, &peer.header(&editor, &open_draft(&well(1))));
    for entry in [&op, &entry] {
        assert_eq!(peer.receive(entry), Outcome::Unreadable);
        assert!(peer.ledger.contains(&entry.id));
        let (missing, _) = peer.ledger.missing_for(&[]);
        assert!(missing.contains(&entry.id), "it is passed on");
    }
    assert_eq!(peer.ledger.effective_entries(&well(1).doc_id()), []);
    let header = peer.header(&owner, &open_draft(&well(2)));
    assert!(!header.claims.mheads.contains(&op.id), "what we write does not rest on it");
    assert_eq!(header.link.prev, Some(op.id), "but it has its place on the chain");
    let now = peer.state();
    assert_eq!(peer.restarted().state(), now);
}

#[test]
fn what_rests_on_the_unreadable_is_unreadable_and_the_rest_is_not() {
    let (base, owner, editor) = pair();
    let mut peer = base.replica();
    let op = future_op(&peer, &owner);
    let mut on_op = base.header(&editor, &open_draft(&well(1)));
    on_op.claims.mheads = vec![op.id];
    let on_op = forge(&editor, &on_op, open_draft(&well(1)).body);
    peer.deliver([&op]);
    let mut op_on_op = base.header(&editor, &op_draft(&describe("y")));
    op_on_op.claims.mheads = vec![op.id];
    let op_on_op = forge(&editor, &op_on_op, describe("y").to_bytes());
    // A dependency on it, and the chain behind it.
    let other = Author::new(2);
    let mut draft = open_draft(&well(2));
    draft.deps = vec![on_op.id];
    let by_dep = base.sign(&other, draft);
    let behind = peer.sign(&owner, open_draft(&well(3)));
    let free = base.sign(&editor, open_draft(&well(4)));
    for order in [[&op, &on_op, &op_on_op, &behind], [&behind, &op_on_op, &on_op, &op]] {
        let mut node = base.replica();
        node.deliver(order);
        for entry in order {
            assert_eq!(node.ledger.outcome(&entry.id), Some(Outcome::Unreadable));
        }
        node.deliver([&by_dep]);
        assert_eq!(node.ledger.outcome(&by_dep.id), Some(Outcome::Unreadable));
        let state = node.state();
        assert_eq!(node.restarted().state(), state);
    }
    let mut node = base.replica();
    node.deliver([&op]);
    assert_eq!(node.receive(&free), Outcome::Accepted);
}

/// Seeds 12761 and 19855: it is kept with what it rests on, whatever else it names. Who can read that
/// will refuse it.
#[test]
fn what_rests_on_the_unreadable_and_on_one_of_the_wrong_kind_is_unreadable() {
    let (base, owner, editor) = pair();
    let mut peer = base.replica();
    let described = peer.op(&owner, &describe("Ada"));
    let opened = base.replica().open(&editor, &well(1));
    let future = future_op(&base, &editor);
    let unread = newer(&owner, &base.header(&owner, &open_draft(&well(2))));
    let sorted = |mut ids: Vec<EntryId>| {
        ids.sort_unstable();
        ids
    };
    let late = Author::new(3);
    let mut data = peer.header(&owner, &open_draft(&well(3)));
    (data.link.device, data.link.seq, data.link.prev) = (late.device(), 0, None);
    data.claims.deps = sorted(vec![described.id, unread.id]);
    let data = forge(&late, &data, open_draft(&well(3)).body);
    let mut op = base.header(&late, &op_draft(&describe("Late")));
    op.claims.mheads = sorted(vec![opened.id, future.id]);
    let op = forge(&late, &op, describe("Late").to_bytes());
    let state = same_in_all_orders(&base, &[described, unread, opened, future, data.clone(), op.clone()]);
    for entry in [data, op] {
        assert_eq!(state.outcomes.get(&entry.id).map(String::as_str), Some("Unreadable"));
    }
}

#[test]
fn entry_behind_a_newer_one_is_unreadable_also_with_an_op_between() {
    let (base, _, editor) = pair();
    let mut op = base.header(&editor, &op_draft(&describe("Ed")));
    let first = newer(&editor, &base.header(&editor, &open_draft(&well(1))));
    (op.link.seq, op.link.prev) = (1, Some(first.id));
    op.claims.blob_base = 9;
    let op = forge(&editor, &op, describe("Ed").to_bytes());
    let mut last = base.header(&editor, &open_draft(&well(2)));
    (last.link.seq, last.link.prev) = (2, Some(op.id));
    last.claims.blob_base = 9;
    let last = forge(&editor, &last, open_draft(&well(2)).body);
    for order in [[&first, &op, &last], [&last, &op, &first], [&op, &last, &first]] {
        let mut node = base.replica();
        node.deliver(order);
        assert_eq!(node.ledger.outcome(&op.id), Some(Outcome::Accepted));
        assert_eq!(node.ledger.outcome(&last.id), Some(Outcome::Unreadable));
    }
}

#[test]
fn newer_entry_with_an_absurd_place_does_no_harm() {
    let (mut peer, owner, editor) = pair();
    let mut header = peer.header(&editor, &open_draft(&well(1)));
    (header.link.seq, header.link.prev) = (u64::MAX, Some(peer.entries()[0].id));
    let absurd = newer(&editor, &header);
    assert_eq!(peer.receive(&absurd), Outcome::Unreadable);
    assert!(peer.ledger.device_tips(&editor.device()).is_empty(), "it continues nothing");
    peer.open(&editor, &well(1));
    peer.edit(&owner, well(1).doc_id(), "name", "A");
    let now = peer.state();
    assert_eq!(peer.restarted().state(), now);
}
