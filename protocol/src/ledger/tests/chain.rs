//! Chains: what waits, what is bounded, and what does not continue its chain.

use super::fixture::{
    Author, Peer, add, describe, forge, genesis, header, op_draft, open_draft, same_in_all_orders, set_body, well,
};
use crate::entry::{BlobRef, Entry};
use crate::id::{BlobHash, EntryId};
use crate::ledger::{Invalid, Ledger, Outcome};
use crate::limits;
use crate::op::Role;

fn pair() -> (Peer, Author, Author) {
    let (owner, editor) = (Author::new(1), Author::new(2));
    (Peer::with(&owner, &[(&editor, Role::Editor)]), owner, editor)
}

#[test]
fn entry_before_what_it_rests_on_waits_and_settles_with_it() {
    let (base, owner, editor) = pair();
    let mut writer = base.replica();
    let opened = writer.open(&owner, &well(1));
    let change = writer.edit(&editor, well(1).doc_id(), "name", "A");
    let next = writer.edit(&editor, well(1).doc_id(), "name", "B");
    let mut peer = base.replica();
    assert_eq!(peer.receive(&next), Outcome::Waiting);
    assert_eq!(peer.receive(&change), Outcome::Waiting);
    assert_eq!(peer.receive(&change), Outcome::Waiting, "again");
    assert_eq!(peer.ledger.waiting(), 2);
    let done = peer.accept(&opened);
    let settled: Vec<_> = done.settled.iter().map(|(entry, _)| entry.id).collect();
    assert_eq!(settled, [opened.id, change.id, next.id], "in causal order");
    assert_eq!((done.other, done.changed.len(), peer.ledger.waiting()), (None, 0, 0));
    assert_eq!(peer.state(), writer.state());
}

#[test]
fn entry_whose_membership_heads_are_missing_waits() {
    let (base, owner, _) = pair();
    let late = Author::new(3);
    let mut writer = base.replica();
    let added = writer.op(&owner, &add(&late, Role::Editor));
    let opened = writer.open(&late, &well(1));
    let mut peer = base.replica();
    assert_eq!(peer.receive(&opened), Outcome::Waiting);
    peer.deliver([&added]);
    assert_eq!(peer.state(), writer.state());
}

#[test]
fn accepting_twice_does_nothing() {
    let (mut peer, owner, _) = pair();
    let opened = peer.open(&owner, &well(1));
    let before = peer.state();
    for entry in peer.entries() {
        let done = peer.accept(&entry);
        assert!(done.settled.is_empty() && done.changed.is_empty() && done.other.is_none());
    }
    assert_eq!(peer.state(), before);
    assert_eq!(peer.ledger.outcome(&opened.id), Some(Outcome::Accepted));
}

/// Signs opens of the owner that all rest on an entry that does not exist.
fn orphans(peer: &Peer, owner: &Author, count: usize) -> impl Iterator<Item = Entry> {
    let base = peer.header(owner, &open_draft(&well(1)));
    let owner = owner.clone();
    (0..count).map(move |n| {
        let mut header = base.clone();
        let mut missing = [0xee; 32];
        missing[..8].copy_from_slice(&n.to_be_bytes());
        header.claims.deps = vec![EntryId(missing)];
        // Signatures are checked before the ledger; these would take most of the time.
        let body = open_draft(&well(1)).body;
        let bytes = header.to_bytes();
        let signature = crate::key::Signature::from_bytes(&[0; 64]);
        assert_eq!(header.link.device, owner.device());
        crate::entry::SignedEntry { header: bytes, signature, body }.read().unwrap()
    })
}

#[test]
fn waiting_entries_are_bounded_and_the_oldest_go() {
    let (mut peer, owner, _) = pair();
    let count = limits::MAX_WAITING_ENTRIES + 10;
    let entries: Vec<_> = orphans(&peer, &owner, count).collect();
    peer.deliver(&entries);
    assert_eq!(peer.ledger.waiting(), limits::MAX_WAITING_ENTRIES);
    assert_eq!(peer.receive(&entries[9]), Outcome::Waiting, "dropped, and taken anew");
    assert_eq!(peer.ledger.waiting(), limits::MAX_WAITING_ENTRIES);
}

#[test]
fn waiting_leaves_nothing_behind() {
    let (mut peer, owner, editor) = pair();
    peer.deliver(&orphans(&peer, &owner, 1).collect::<Vec<_>>());
    // One entry waits for ever; others come and go beside it.
    for n in 2..50 {
        let mut writer = peer.replica();
        let opened = writer.open(&editor, &well(n));
        let change = writer.edit(&editor, well(n).doc_id(), "name", "A");
        assert_eq!(peer.receive(&change), Outcome::Waiting);
        peer.deliver([&opened]);
        assert_eq!((peer.ledger.waiting(), peer.ledger.waiting_places()), (1, (1, 1)));
    }
    let entries: Vec<_> = orphans(&peer, &owner, limits::MAX_WAITING_ENTRIES + 500).collect();
    peer.deliver(&entries);
    let full = limits::MAX_WAITING_ENTRIES;
    assert_eq!(peer.ledger.waiting_places(), (full, full));
}

#[test]
fn gap_or_foreign_predecessor_is_invalid() {
    let (mut peer, owner, editor) = pair();
    let opened = peer.open(&editor, &well(1));
    let foreign = peer.open(&owner, &well(2));
    let good = peer.header(&editor, &open_draft(&well(3)));
    let body = open_draft(&well(3)).body;
    let mut gap = good.clone();
    gap.link.seq += 1;
    let mut stolen = good.clone();
    stolen.link.prev = Some(foreign.id);
    let mut backwards = good.clone();
    (backwards.link.seq, backwards.link.prev) = (u64::MAX, Some(opened.id));
    for header in [gap, stolen, backwards] {
        let entry = forge(&editor, &header, body.clone());
        assert_eq!(peer.receive(&entry), Outcome::Invalid(Invalid::Chain));
    }
    assert_eq!(peer.receive(&forge(&editor, &good, body)), Outcome::Accepted);
}

#[test]
fn blob_numbers_continue_over_opens_changes_and_ops() {
    let (mut peer, _, editor) = pair();
    let blob = |n| BlobRef { hash: BlobHash([n; 32]), size: 1 };
    let mut draft = open_draft(&well(1));
    draft.blobs = vec![blob(1), blob(2)];
    peer.write(&editor, draft);
    peer.op(&editor, &describe("Ed"));
    let draft = open_draft(&well(2));
    let good = peer.header(&editor, &draft);
    assert_eq!(good.claims.blob_base, 2);
    for wrong in [0, 1, 3, u64::MAX] {
        let mut header = good.clone();
        header.claims.blob_base = wrong;
        let entry = forge(&editor, &header, draft.body.clone());
        assert_eq!(peer.receive(&entry), Outcome::Invalid(Invalid::Chain), "{wrong}");
    }
    assert_eq!(peer.receive(&forge(&editor, &good, draft.body)), Outcome::Accepted);
}

#[test]
fn op_that_lies_about_its_place_breaks_the_chain_behind_it_and_nothing_else() {
    let (mut base, owner, editor) = pair();
    let opened = base.open(&editor, &well(1));
    let foreign = base.open(&owner, &well(2));
    let op = describe("Ed");
    let good = base.header(&editor, &op_draft(&op));
    let lies = [
        (good.link.seq, good.link.prev, u64::MAX),
        (u64::MAX, Some(opened.id), 0),
        (u64::MAX - 1, Some(opened.id), 0),
        (good.link.seq, Some(foreign.id), 0),
        (good.link.seq + 5, good.link.prev, 0),
        (0, None, 0),
    ];
    for (seq, prev, blob_base) in lies {
        let mut header = good.clone();
        (header.link.seq, header.link.prev) = (seq, prev);
        header.claims.blob_base = blob_base;
        let liar = forge(&editor, &header, op.to_bytes());
        let mut next = base.header(&editor, &open_draft(&well(3)));
        (next.link.seq, next.link.prev) = (seq.saturating_add(1), Some(liar.id));
        next.claims.blob_base = blob_base;
        next.claims.blobs = vec![BlobRef { hash: BlobHash([1; 32]), size: 1 }];
        let behind = forge(&editor, &next, open_draft(&well(3)).body);
        let state = same_in_all_orders(&base, &[liar.clone(), behind.clone()]);
        assert_eq!(state.outcomes.get(&liar.id).map(String::as_str), Some("Accepted"));
        if prev.is_none() {
            // A second chain from the start: a fork.
            continue;
        }
        assert_eq!(state.outcomes.get(&behind.id), None, "seq {seq}");
    }
}

#[test]
fn entry_behind_an_op_waits_for_what_is_before_the_op() {
    let (base, owner, editor) = pair();
    let mut writer = base.replica();
    let first = writer.open(&editor, &well(1));
    let op = writer.op(&editor, &describe("Ed"));
    let second = writer.op(&editor, &describe("Edd"));
    let last = writer.open(&editor, &well(2));
    let other = writer.open(&owner, &well(3));
    let mut peer = base.replica();
    peer.deliver([&second, &op]);
    assert_eq!(peer.receive(&last), Outcome::Waiting, "its chain has a hole");
    peer.deliver([&first, &other]);
    assert_eq!(peer.state(), writer.state());
    same_in_all_orders(&base, &[first, op, second, last]);
}

#[test]
fn entry_that_knows_less_than_what_it_builds_on_is_invalid() {
    let (base, owner, editor) = pair();
    let mut writer = base.replica();
    let opened = writer.open(&owner, &well(1));
    let op = writer.op(&owner, &describe("Ada"));
    let change = writer.edit(&owner, well(1).doc_id(), "name", "A");
    // By what it builds on.
    let mut backdated = base.header(&editor, &open_draft(&well(2)));
    backdated.claims.deps = vec![change.id];
    let by_deps = forge(&editor, &backdated, open_draft(&well(2)).body);
    // By its own chain.
    let mut on_chain = writer.header(&owner, &open_draft(&well(3)));
    on_chain.claims.mheads = header(&opened).claims.mheads;
    let by_chain = forge(&owner, &on_chain, open_draft(&well(3)).body);
    let mut peer = writer.replica();
    assert_eq!(peer.receive(&by_deps), Outcome::Invalid(Invalid::Order));
    assert_eq!(peer.receive(&by_chain), Outcome::Invalid(Invalid::Order));
    let all = [opened, op, change, by_deps.clone(), by_chain.clone()];
    let state = same_in_all_orders(&base, &all);
    assert!(!state.outcomes.contains_key(&by_deps.id) && !state.outcomes.contains_key(&by_chain.id));
}

#[test]
fn entry_that_knows_less_than_its_chain_before_an_op_is_invalid_in_every_order() {
    let (base, owner, editor) = pair();
    let mut writer = base.replica();
    let added = writer.op(&owner, &describe("Ada"));
    let first = writer.open(&editor, &well(1));
    let op = writer.op(&editor, &describe("Ed"));
    let mut backdated = writer.header(&editor, &open_draft(&well(2)));
    backdated.claims.mheads = base.header(&editor, &open_draft(&well(2))).claims.mheads;
    let backdated = forge(&editor, &backdated, open_draft(&well(2)).body);
    let state = same_in_all_orders(&base, &[added, first, op, backdated.clone()]);
    assert!(!state.outcomes.contains_key(&backdated.id));
}

#[test]
fn what_an_entry_builds_on_must_be_data() {
    let (mut peer, owner, _) = pair();
    let op = peer.op(&owner, &describe("Ada"));
    let mut draft = open_draft(&well(1));
    draft.deps = vec![op.id];
    let entry = peer.sign(&owner, draft);
    assert_eq!(peer.receive(&entry), Outcome::Invalid(Invalid::Ancestor));
    let opened = peer.open(&owner, &well(1));
    let mut header = peer.header(&owner, &open_draft(&well(2)));
    header.claims.mheads = vec![opened.id];
    let entry = forge(&owner, &header, open_draft(&well(2)).body);
    assert_eq!(peer.receive(&entry), Outcome::Invalid(Invalid::Ancestor));
}

#[test]
fn entry_of_another_workspace_is_invalid() {
    let (mut peer, owner, _) = pair();
    let mut other = genesis(&[&owner]);
    let mut header = header(&other);
    header.claims.claimed_ms = 77;
    other = forge(&owner, &header, other.signed.body);
    let mut elsewhere = Peer::start(&other);
    let entry = elsewhere.open(&owner, &well(1));
    assert_ne!(elsewhere.ledger.workspace(), peer.ledger.workspace());
    assert_eq!(peer.receive(&entry), Outcome::Invalid(Invalid::Workspace));
    let newer = super::fixture::newer(&owner, &super::fixture::header(&entry));
    assert_eq!(peer.receive(&newer), Outcome::Invalid(Invalid::Workspace));
    assert!(Ledger::start(&entry).is_err());
}

#[test]
fn body_that_is_no_longer_held_is_never_a_verdict() {
    let (mut peer, owner, editor) = pair();
    let doc = well(1).doc_id();
    peer.open(&owner, &well(1));
    peer.edit(&owner, doc, "name", "A");
    let mut writer = peer.replica();
    let change = writer.edit(&editor, doc, "name", "B");
    struct Nothing;
    impl crate::ledger::Bodies for Nothing {
        fn body(&self, _: &EntryId) -> Option<Vec<u8>> {
            None
        }
    }
    let mut restarted = peer.restarted();
    let done = restarted.ledger.accept(change.clone(), &Nothing);
    assert!(done.settled.is_empty());
    assert_eq!(done.other, Some(Outcome::Waiting));
    let mut header = header(&change);
    set_body(&mut header, b"no change");
    let bad = forge(&editor, &header, b"no change".to_vec());
    assert!(matches!(peer.receive(&bad), Outcome::Inert(_)));
}
