//! Tests of what is said besides entries: when it is sent, in what order, and to whom it is not.

use iroh_base::SecretKey;

use super::super::{Effect, Fault, HandIn, Session};
use super::*;
use crate::holding::{BlobSet, ChainBlobs, Holding};
use crate::id::{DeviceId, EntryId, WorkspaceId};
use crate::key::device_id;
use crate::ledger::DeviceTips;
use crate::ledger::tests::fixture::{Author, Peer, well};
use crate::op::Role;
use crate::wire::{Ask, Promise};

/// A statement of a device, of about as many bytes.
fn statement(device: u8, counter: u64, bytes: u64) -> SignedHolding {
    let secret = SecretKey::from_bytes(&[device; 32]);
    let numbers = BlobSet::from_sorted((0..8 * bytes).step_by(2));
    let chains = vec![ChainBlobs { device: DeviceId([7; 32]), numbers }];
    let (workspace, device) = (WorkspaceId([1; 32]), device_id(&secret));
    let holding = Holding { workspace, device, counter, said_ms: 1, verified_ms: 0, chains };
    SignedHolding::sign(&holding, &secret).unwrap()
}

fn holdings(statements: &[SignedHolding]) -> Message {
    Message::Holdings(statements.to_vec())
}

fn ask(number: u64) -> Message {
    Message::Ask(Ask { number, blobs: vec![BlobHash([5; 32])] })
}

fn promise(number: u64) -> Message {
    Message::Promise(Promise { number, blobs: vec![BlobHash([5; 32])], seconds: 600 })
}

fn peer() -> Peer {
    let (owner, editor) = (Author::new(1), Author::new(2));
    let mut peer = Peer::with(&owner, &[(&editor, Role::Editor)]);
    peer.open(&owner, &well(1));
    peer
}

fn tips() -> Message {
    Message::Tips(Vec::new(), false)
}

/// Returns all that a session says now.
fn said(session: &mut Session, peer: &Peer) -> Vec<Message> {
    std::iter::from_fn(|| session.next_message(peer).unwrap()).collect()
}

/// A session in which both sides are caught up.
fn caught_up(peer: &Peer) -> Session {
    let mut session = Session::new(&peer.ledger);
    session.on_message(tips(), &peer.ledger).unwrap();
    session.on_message(Message::CaughtUp, &peer.ledger).unwrap();
    said(&mut session, peer);
    assert!(session.is_caught_up());
    session
}

#[test]
fn notices_follow_entries_in_their_order() {
    let peer = peer();
    let mut session = Session::new(&peer.ledger);
    session.on_notice(holdings(&[statement(1, 1, 10)]));
    session.on_holding([BlobHash([1; 32])]);
    session.on_notice(promise(3));
    session.on_notice(ask(1));
    session.on_level(Level { missing_blobs: 2, ..Level::default() });
    assert!(matches!(said(&mut session, &peer)[..], [Message::Tips(..)]), "nothing before the peer's tips");
    session.on_message(tips(), &peer.ledger).unwrap();
    session.on_message(Message::CaughtUp, &peer.ledger).unwrap();
    let messages = said(&mut session, &peer);
    let [Message::Entries(entries), Message::CaughtUp, Message::Level(_), notices @ ..] = &messages[..] else {
        panic!("{messages:?}");
    };
    assert_eq!(entries.len(), peer.entries().len());
    let holding = Message::Holding(vec![BlobHash([1; 32])]);
    assert_eq!(notices, [promise(3), ask(1), holding, holdings(&[statement(1, 1, 10)])]);
    assert_eq!(said(&mut session, &peer), [], "all of it once");
    session.on_notice(ask(2));
    assert_eq!(said(&mut session, &peer), [ask(2)]);
}

#[test]
fn statements_are_packed_up_to_the_bytes_of_a_batch() {
    let peer = peer();
    let mut session = caught_up(&peer);
    let large = limits::MAX_HOLDING_BYTES as u64 - 200;
    let all: Vec<_> = [(1, 100_000), (2, 100_000), (3, 100_000), (4, large), (5, 10), (6, 10)]
        .into_iter()
        .map(|(device, bytes)| statement(device, 1, bytes))
        .collect();
    session.on_notice(holdings(&all[..4]));
    session.on_notice(holdings(&all[4..]));
    let parts = [&all[..2], &all[2..3], &all[3..4], &all[4..]].map(holdings);
    let messages = said(&mut session, &peer);
    assert!(messages.iter().all(|message| message.to_frame().len() < limits::MAX_FRAME_BYTES));
    assert_eq!(messages, parts);
    let many: Vec<_> = (1..=limits::MAX_HOLDINGS as u8 + 3).map(|device| statement(device, 1, 1)).collect();
    session.on_notice(holdings(&many));
    let parts = [&many[..limits::MAX_HOLDINGS], &many[limits::MAX_HOLDINGS..]].map(holdings);
    assert_eq!(said(&mut session, &peer), parts);
}

#[test]
fn later_statement_takes_the_place_of_a_queued_one() {
    let peer = peer();
    let mut session = caught_up(&peer);
    session.on_notice(holdings(&[statement(1, 4, 10), statement(2, 1, 10)]));
    session.on_notice(holdings(&[statement(1, 5, 20)]));
    session.on_notice(holdings(&[statement(1, 3, 30), statement(2, 1, 10)]));
    let latest = holdings(&[statement(1, 5, 20), statement(2, 1, 10)]);
    assert_eq!(said(&mut session, &peer), [latest]);
    let twins = [statement(1, 6, 10), statement(1, 6, 20)];
    let stands = twins.iter().min_by_key(|signed| *blake3::hash(&signed.bytes).as_bytes()).unwrap();
    for order in [[0, 1], [1, 0]] {
        session.on_notice(holdings(&order.map(|place| twins[place].clone())));
        assert_eq!(said(&mut session, &peer), [holdings(std::slice::from_ref(stands))]);
    }
}

#[test]
fn what_no_peer_would_take_is_not_queued() {
    let peer = peer();
    let mut session = caught_up(&peer);
    let sound = statement(1, 1, 10);
    let long = [sound.bytes.clone(), vec![0; limits::MAX_HOLDING_BYTES]].concat();
    let headless = SignedHolding { bytes: vec![1; 9], ..sound.clone() };
    session.on_notice(holdings(&[SignedHolding { bytes: long, ..sound }, headless]));
    session.on_notice(Message::Ask(Ask { number: 1, blobs: vec![BlobHash([5; 32]); limits::MAX_ASKED + 1] }));
    assert_eq!(said(&mut session, &peer), []);
    let most = limits::MAX_NOTICES as u64;
    (0..most + 5).for_each(|number| session.on_notice(ask(number)));
    assert_eq!(said(&mut session, &peer), (0..most).map(ask).collect::<Vec<_>>());
}

#[test]
fn notices_have_their_place_after_the_tips() {
    let peer = peer();
    let statements = || vec![statement(1, 1, 10)];
    let heard = |message: &Message| match message.clone() {
        Message::Holdings(statements) => Effect::Holdings(statements),
        Message::Ask(ask) => Effect::Ask(ask),
        Message::Promise(promise) => Effect::Promise(promise),
        other => panic!("{other:?}"),
    };
    for (message, name) in [(Message::Holdings(statements()), "holdings"), (ask(1), "ask"), (promise(1), "promise")] {
        let mut session = Session::new(&peer.ledger);
        let early = session.on_message(message.clone(), &peer.ledger);
        assert_eq!(early, Err(Fault::OutOfPlace(name)));
        let more = Message::Tips(Vec::new(), true);
        session.on_message(more, &peer.ledger).unwrap();
        let early = session.on_message(message.clone(), &peer.ledger);
        assert_eq!(early, Err(Fault::OutOfPlace(name)), "tips are not complete");
        session.on_message(tips(), &peer.ledger).unwrap();
        assert_eq!(session.on_message(message.clone(), &peer.ledger), Ok(heard(&message)));
    }
}

#[test]
fn who_says_that_this_device_is_no_member_is_told_nothing_and_not_heard() {
    let peer = peer();
    let mut session = Session::new(&peer.ledger);
    session.on_notice(ask(1));
    session.on_notice(holdings(&[statement(1, 1, 10)]));
    let chain = DeviceTips { device: Author::new(2).device(), tips: vec![(0, EntryId([1; 32]))] };
    assert_eq!(session.on_message(Message::Removed(chain), &peer.ledger), Ok(Effect::Removed));
    session.on_notice(promise(1));
    session.on_notice(holdings(&[statement(2, 1, 10)]));
    assert_eq!(said(&mut session, &peer), [Message::CaughtUp]);
    for message in [holdings(&[statement(1, 1, 10)]), ask(1), promise(1)] {
        assert_eq!(session.on_message(message, &peer.ledger), Ok(Effect::None));
    }
}

#[test]
fn removed_device_has_no_say() {
    let mut hand_in = HandIn { device: Author::new(2).device(), entries: 0, bytes: 0 };
    for message in [holdings(&[statement(1, 1, 10)]), ask(1), promise(1)] {
        assert_eq!(hand_in.on_message(message), Ok(Some(Vec::new())));
    }
    assert_eq!(hand_in.on_message(Message::CaughtUp), Ok(None));
}
