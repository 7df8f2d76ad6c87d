//! Tests of the session: two sides over a perfect wire, and what breaks the protocol.

use super::{Effect, Entries, Fault, MAX_TIP_MESSAGES, Session, Unread, tip_messages};
use crate::entry::SignedEntry;
use crate::id::{BlobHash, DeviceId, EntryId};
use crate::ledger::DeviceTips;
use crate::ledger::tests::fixture::{Author, Peer, describe, same_in_all_orders, well};
use crate::limits;
use crate::op::Role;
use crate::wire::{Level, Message};

impl Entries for Peer {
    fn entry(&self, id: &EntryId) -> Option<SignedEntry> {
        self.entries().into_iter().find(|entry| entry.id == *id).map(|entry| entry.signed)
    }
}

/// Carries messages both ways until neither side has one; returns how many entries went each way.
fn talk(sides: &mut [(Session, Peer); 2]) -> [usize; 2] {
    let mut sent = [0; 2];
    loop {
        let mut idle = true;
        for (from, sent) in sent.iter_mut().enumerate() {
            let [first, second] = sides;
            let (from_side, to_side) = if from == 0 { (first, second) } else { (second, first) };
            let Some(message) = from_side.0.next_message(&from_side.1).unwrap() else { continue };
            idle = false;
            let frame = message.to_frame();
            let message = Message::from_frame(&frame[4..]).unwrap().unwrap();
            let effect = to_side.0.on_message(message, &to_side.1.ledger).unwrap();
            if let Effect::Accept(entries) = effect {
                *sent += entries.len();
                for signed in entries {
                    let done = to_side.1.accept(&signed.verify().unwrap());
                    to_side.0.on_settled(done.settled.iter().map(|(entry, _)| entry.id));
                }
                to_side.0.on_progress(&to_side.1.ledger);
            }
        }
        if idle {
            assert!(sides.iter().all(|(session, _)| session.is_caught_up()));
            return sent;
        }
    }
}

fn meet(left: Peer, right: Peer) -> [(Session, Peer); 2] {
    [(Session::new(&left.ledger), left), (Session::new(&right.ledger), right)]
}

fn same(sides: &mut [(Session, Peer); 2]) {
    let [(_, left), (_, right)] = sides;
    assert_eq!(left.state(), right.state());
}

/// A common start, the owner and two editors.
fn base() -> (Peer, Author, [Author; 2]) {
    let (owner, editors) = (Author::new(1), [Author::new(2), Author::new(3)]);
    let list: Vec<_> = editors.iter().map(|who| (who, Role::Editor)).collect();
    let mut peer = Peer::with(&owner, &list);
    peer.open(&owner, &well(1));
    (peer, owner, editors)
}

#[test]
fn each_side_sends_just_what_the_other_lacks() {
    let (base, owner, [editor, _]) = base();
    let (mut left, mut right) = (base.replica(), base.replica());
    for n in 0..3 {
        left.edit(&owner, well(1).doc_id(), "name", &format!("left {n}"));
        right.edit(&editor, well(1).doc_id(), "company", &format!("right {n}"));
    }
    right.op(&editor, &describe("Ed"));
    let mut sides = meet(left, right);
    assert_eq!(talk(&mut sides), [3, 4]);
    same(&mut sides);
    let [(_, left), (_, right)] = sides;
    let mut again = meet(left, right);
    assert_eq!(talk(&mut again), [0, 0], "nothing twice");
}

#[test]
fn each_side_knows_how_far_it_is_behind_and_what_is_left_to_send() {
    let (base, owner, [editor, _]) = base();
    let (mut left, mut right) = (base.replica(), base.replica());
    for n in 0..3 {
        left.edit(&owner, well(1).doc_id(), "name", &format!("left {n}"));
    }
    right.edit(&editor, well(1).doc_id(), "company", "right");
    let mut sides = meet(left, right);
    let standing = |(session, peer): &(Session, Peer)| (session.behind(&peer.ledger), session.to_send());
    assert_eq!(sides.each_ref().map(standing), [(None, 0), (None, 0)], "nothing is known yet");
    // Only the tips go.
    let tips = sides.each_mut().map(|(session, peer)| session.next_message(peer).unwrap().unwrap());
    let [to_right, to_left] = tips;
    for ((session, peer), message) in sides.iter_mut().zip([to_left, to_right]) {
        session.on_message(message, &peer.ledger).unwrap();
    }
    assert_eq!(sides.each_ref().map(standing), [(Some(1), 3), (Some(3), 1)]);
    talk(&mut sides);
    assert_eq!(sides.each_ref().map(standing), [(Some(0), 0), (Some(0), 0)]);
    let (session, left) = &mut sides[0];
    left.edit(&owner, well(1).doc_id(), "name", "later");
    session.on_progress(&left.ledger);
    assert_eq!(standing(&sides[0]), (Some(0), 1));
}

#[test]
fn what_is_written_later_is_pushed_once_and_not_sent_back() {
    let (base, owner, [editor, _]) = base();
    let mut sides = meet(base.replica(), base.replica());
    assert_eq!(talk(&mut sides), [0, 0]);
    let (session, left) = &mut sides[0];
    left.edit(&owner, well(1).doc_id(), "name", "A");
    left.edit(&editor, well(1).doc_id(), "name", "B");
    session.on_progress(&left.ledger);
    session.on_progress(&left.ledger);
    assert_eq!(talk(&mut sides), [2, 0]);
    same(&mut sides);
}

#[test]
fn new_node_gets_everything_membership_first() {
    let (mut full, owner, [editor, _]) = base();
    for n in 2..40 {
        full.open(&owner, &well(n));
        full.op(&editor, &describe(&format!("name {n}")));
    }
    let count = full.entries().len() - 1;
    let empty = Peer::start(&full.entries()[0]);
    let mut sides = meet(full, empty);
    assert_eq!(talk(&mut sides), [count, 0]);
    same(&mut sides);
}

#[test]
fn branches_of_a_fork_are_exchanged_whichever_is_longer() {
    for extra in [0, 1, 5] {
        let (base, _, [forker, other]) = base();
        let (mut left, mut right) = (base.replica(), base.replica());
        left.edit(&forker, well(1).doc_id(), "name", "left");
        left.edit(&other, well(1).doc_id(), "company", "left");
        right.edit(&forker, well(1).doc_id(), "name", "right");
        for n in 0..extra {
            right.edit(&forker, well(1).doc_id(), "name", &format!("right {n}"));
        }
        let mut sides = meet(left, right);
        talk(&mut sides);
        same(&mut sides);
        assert_eq!(sides[0].1.ledger.forked().len(), 1);
    }
}

#[test]
fn op_branches_and_ops_beside_their_chain_are_exchanged() {
    let (base, _, [forker, _]) = base();
    let (mut left, mut right) = (base.replica(), base.replica());
    let entries = [left.op(&forker, &describe("a")), right.op(&forker, &describe("b"))];
    same_in_all_orders(&base, &entries);
    let mut far = right.replica();
    far.op(&forker, &describe("c"));
    let last = far.op(&forker, &describe("d"));
    // `right` holds an op whose parents it lacks: it waits, and comes again later.
    right.deliver([&last]);
    let mut sides = meet(left, far);
    talk(&mut sides);
    same(&mut sides);
    let [_, (_, far)] = sides;
    let mut sides = meet(far, right);
    talk(&mut sides);
    same(&mut sides);
}

#[test]
fn lies_in_tips_cost_only_the_liar() {
    let (mut full, owner, _) = base();
    full.edit(&owner, well(1).doc_id(), "name", "A");
    let mut session = Session::new(&full.ledger);
    let lie = DeviceTips { device: owner.device(), tips: vec![(900, EntryId([9; 32]))] };
    assert_eq!(session.on_message(Message::Tips(vec![lie], false), &full.ledger), Ok(Effect::None));
    let mut sent = 0;
    let mut drain = |session: &mut Session| {
        while let Some(message) = session.next_message(&full).unwrap() {
            if let Message::Entries(entries) = message {
                sent += entries.len();
            }
        }
        sent
    };
    assert_eq!(drain(&mut session), 0, "the peer claims to be ahead, so it sends first");
    assert_eq!(session.on_message(Message::CaughtUp, &full.ledger), Ok(Effect::PeerCaughtUp));
    assert_eq!(drain(&mut session), full.entries().len(), "then it gets what it lacks");
}

/// A peer that cannot read one of its entries.
struct Lossy<'a>(&'a Peer, EntryId);

impl Entries for Lossy<'_> {
    fn entry(&self, id: &EntryId) -> Option<SignedEntry> {
        if *id == self.1 { None } else { self.0.entry(id) }
    }
}

#[test]
fn who_cannot_read_an_entry_sends_the_rest_and_never_says_that_it_is_all() {
    let (mut full, owner, _) = base();
    let lost = full.edit(&owner, well(1).doc_id(), "name", "A").id;
    let mut session = Session::new(&full.ledger);
    session.on_message(Message::Tips(Vec::new(), false), &full.ledger).unwrap();
    let (mut sent, unread) = (0, Lossy(&full, lost));
    let end = loop {
        match session.next_message(&unread) {
            Ok(Some(Message::Entries(entries))) => sent += entries.len(),
            Ok(Some(Message::CaughtUp) | None) => panic!("it is not at its end"),
            Ok(Some(_)) => {}
            Err(end) => break end,
        }
    };
    assert_eq!((sent, end), (full.entries().len() - 1, Unread(lost)));
}

#[test]
fn messages_out_of_place_end_the_session() {
    let (peer, ..) = base();
    let tips = || Message::Tips(Vec::new(), false);
    let mut session = Session::new(&peer.ledger);
    let early = session.on_message(Message::CaughtUp, &peer.ledger);
    assert_eq!(early, Err(Fault::OutOfPlace("caught up")));
    let mut session = Session::new(&peer.ledger);
    assert_eq!(session.on_message(tips(), &peer.ledger), Ok(Effect::None));
    assert_eq!(session.on_message(tips(), &peer.ledger), Err(Fault::OutOfPlace("tips")));
    let introduction = Message::Introduction(Vec::new());
    assert!(session.on_message(introduction, &peer.ledger).is_err());
    let mut session = Session::new(&peer.ledger);
    let more = || Message::Tips(Vec::new(), true);
    for _ in 0..MAX_TIP_MESSAGES {
        assert_eq!(session.on_message(more(), &peer.ledger), Ok(Effect::None));
    }
    assert_eq!(session.on_message(more(), &peer.ledger), Err(Fault::TooManyTips));
}

#[test]
fn tips_of_a_device_with_many_branches_fit_their_messages() {
    let chain = |device, count: usize| {
        let tips = (0..count as u64).map(|seq| (seq, EntryId([device; 32]))).collect();
        DeviceTips { device: DeviceId([device; 32]), tips }
    };
    let chains = vec![chain(1, 1), chain(2, 2 * limits::MAX_TIPS + 5), chain(3, 1)];
    let messages = tip_messages(chains.clone());
    let mut told = Vec::new();
    let count = messages.len();
    for (place, message) in messages.into_iter().enumerate() {
        let frame = message.to_frame();
        let Ok(Some(Message::Tips(tips, more))) = Message::from_frame(&frame[4..]) else {
            panic!("a frame that no peer reads");
        };
        assert_eq!(more, place + 1 < count);
        told.extend(tips.into_iter().flat_map(|c| c.tips.into_iter().map(move |tip| (c.device, tip))));
    }
    let all = chains.into_iter().flat_map(|c| c.tips.into_iter().map(move |tip| (c.device, tip)));
    assert_eq!(told, all.collect::<Vec<_>>());
    let absurd = tip_messages(vec![chain(1, limits::MAX_TIPS * MAX_TIP_MESSAGES)]);
    assert_eq!(absurd.len(), MAX_TIP_MESSAGES);
    assert!(matches!(absurd.back(), Some(Message::Tips(_, false))));
}

#[test]
fn level_is_told_when_it_changes_and_blobs_once() {
    let (base, ..) = base();
    let mut sides = meet(base.replica(), base.replica());
    talk(&mut sides);
    let (session, peer) = &mut sides[0];
    let level = Level { tips: vec![(1, EntryId([1; 32]))], missing_blobs: 2, fetching: true };
    session.on_level(level.clone());
    session.on_level(level.clone());
    session.on_holding([BlobHash([1; 32]), BlobHash([2; 32])]);
    assert_eq!(session.next_message(peer), Ok(Some(Message::Level(level))));
    let holding = Message::Holding(vec![BlobHash([1; 32]), BlobHash([2; 32])]);
    assert_eq!(session.next_message(peer), Ok(Some(holding)));
    assert_eq!(session.next_message(peer), Ok(None));
}
