//! Restart: a ledger from the store is the one that was.

use super::fixture::{Author, Peer, add, describe, header, op_draft, open_draft, well};
use crate::entry::Entry;
use crate::id::EntryId;
use crate::ledger::{Ledger, Outcome, RestoreError};
use crate::op::Role;

/// A workspace with work by two, over two documents.
fn worked() -> (Peer, Author, Author) {
    let (owner, editor) = (Author::new(1), Author::new(2));
    let mut peer = Peer::with(&owner, &[(&editor, Role::Editor)]);
    for number in 1..=2 {
        peer.open(&owner, &well(number));
        peer.edit(&owner, well(number).doc_id(), "name", "A");
        peer.edit(&editor, well(number).doc_id(), "company", "B");
    }
    peer.op(&editor, &describe("Ed"));
    (peer, owner, editor)
}

#[test]
fn restored_ledger_is_the_live_one() {
    let (mut peer, ..) = worked();
    let mut restored = peer.restarted();
    assert_eq!(restored.state(), peer.state());
    assert_eq!(restored.ledger.workspace(), peer.ledger.workspace());
    assert_eq!(restored.ledger.ops(), peer.ledger.ops());
    assert_eq!(restored.ledger.settled_since(0), peer.ledger.settled_since(0));
    assert_eq!(restored.ledger.members(), peer.ledger.members());
    let doc = well(1).doc_id();
    let kind = peer.ledger.doc_kind(&doc, &peer.store);
    assert!(kind.is_some());
    assert_eq!(restored.ledger.doc_kind(&doc, &restored.store), kind);
}

#[test]
fn writing_goes_on_after_a_restart_as_if_there_was_none() {
    let (mut peer, owner, editor) = worked();
    let mut restored = peer.restarted();
    let doc = well(1).doc_id();
    for who in [&owner, &editor] {
        assert_eq!(restored.header(who, &open_draft(&well(3))), peer.header(who, &open_draft(&well(3))));
        assert_eq!(restored.ledger.next_seq(&who.device()), peer.ledger.next_seq(&who.device()));
        let actor = peer.ledger.actor(who.device(), doc, &peer.store).unwrap();
        assert_eq!(restored.ledger.actor(who.device(), doc, &restored.store).unwrap(), actor);
        let heads = peer.document(&doc).heads();
        let carriers = peer.ledger.carriers(&doc, &heads).unwrap();
        assert_eq!(restored.ledger.carriers(&doc, &heads).unwrap(), carriers);
        let (live, again) = (peer.edit(who, doc, "field", &who.name), restored.edit(who, doc, "field", &who.name));
        assert_eq!(live.id, again.id);
    }
    assert_eq!(restored.state(), peer.state());
}

#[test]
fn each_change_of_a_device_continues_its_actor() {
    let (mut peer, owner, editor) = worked();
    let doc = well(1).doc_id();
    let before = peer.ledger.actor(owner.device(), doc, &peer.store).unwrap();
    peer.edit(&editor, doc, "name", "C");
    peer.edit(&owner, doc, "name", "D");
    assert_eq!(peer.ledger.actor(owner.device(), doc, &peer.store).unwrap(), before);
    assert_ne!(peer.ledger.actor(editor.device(), doc, &peer.store).unwrap(), before);
    let other = peer.ledger.actor(owner.device(), well(2).doc_id(), &peer.store).unwrap();
    assert_ne!(other, before, "an actor is of one document");
    assert!(peer.ledger.actor(owner.device(), well(9).doc_id(), &peer.store).is_err());
}

#[test]
fn heads_of_a_document_are_its_last_changes_and_before_them_its_open() {
    let (mut base, owner, editor) = worked();
    let opened = base.open(&owner, &well(5));
    let doc = well(5).doc_id();
    assert_eq!(base.ledger.doc_heads(&doc), [opened.id]);
    let mut other = base.replica();
    let (a, b) = (base.edit(&owner, doc, "name", "A"), other.edit(&editor, doc, "name", "B"));
    base.deliver([&b]);
    let mut heads = base.ledger.doc_heads(&doc);
    heads.sort_unstable();
    let mut both = [a.id, b.id];
    both.sort_unstable();
    assert_eq!(heads, both);
    let merged = base.edit(&owner, doc, "name", "C");
    assert_eq!(header(&merged).claims.deps, both);
    assert_eq!(base.ledger.doc_heads(&doc), [merged.id]);
    assert_eq!(base.ledger.doc_heads(&well(6).doc_id()), []);
}

#[test]
fn what_waits_is_forgotten_and_taken_anew() {
    let (peer, owner, _) = worked();
    let mut writer = peer.replica();
    let opened = writer.open(&owner, &well(4));
    let change = writer.edit(&owner, well(4).doc_id(), "name", "A");
    let mut node = peer.replica();
    node.deliver([&change]);
    let mut restarted = node.restarted();
    assert_eq!(restarted.ledger.waiting(), 0);
    restarted.deliver([&opened, &change]);
    assert_eq!(restarted.state(), writer.state());
}

#[test]
fn what_is_no_log_of_one_workspace_is_refused() {
    let (peer, owner, _) = worked();
    let entries: Vec<Entry> = peer.entries();
    let restore = |entries: &[Entry]| Ledger::restore(entries.iter().map(|entry| (entry.clone(), Outcome::Accepted)));
    assert!(restore(&entries).is_ok());
    assert_eq!(restore(&[]).unwrap_err(), RestoreError::Genesis);
    assert_eq!(restore(&entries[1..]).unwrap_err(), RestoreError::Genesis);
    let mut twice = entries.clone();
    twice.push(entries[3].clone());
    assert_eq!(restore(&twice).unwrap_err(), RestoreError::Entry(entries[3].id));
    // An op before its parent.
    let mut writer = peer.replica();
    let ops = [writer.op(&owner, &add(&Author::new(7), Role::Editor)), writer.op(&Author::new(7), &describe("x"))];
    let unordered = [&entries[..], &[ops[1].clone(), ops[0].clone()]].concat();
    assert_eq!(restore(&unordered).unwrap_err(), RestoreError::Entry(ops[1].id));
}

#[test]
fn settled_entries_are_listed_from_any_position() {
    let (mut peer, owner, _) = worked();
    let position = peer.ledger.position();
    assert_eq!(peer.ledger.settled_since(position), []);
    let op = peer.op(&owner, &describe("Ada"));
    let opened = peer.open(&owner, &well(4));
    assert_eq!(peer.ledger.settled_since(position), [op.id, opened.id]);
    assert_eq!(peer.ledger.settled_since(u64::MAX), [] as [EntryId; 0]);
    assert_eq!(peer.ledger.doc_of(&opened.id), Some(well(4).doc_id()));
    assert_eq!(peer.ledger.doc_of(&op.id), None);
    let draft = op_draft(&describe("B"));
    assert!(peer.ledger.op(&op.id).is_some() && peer.ledger.op(&opened.id).is_none());
    assert_eq!(peer.header(&owner, &draft).link.prev, Some(opened.id));
}
