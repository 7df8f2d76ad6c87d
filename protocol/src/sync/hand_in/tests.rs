//! Tests of handing in: what is sent, what stays, and that both sides keep the bounds.

use super::*;
use crate::id::EntryId;
use crate::ledger::tests::fixture::{Author, Peer, add, well};
use crate::op::{Cut, CutAt, ExtendCut, Op, Remove, Role};
use crate::sync::{Effect, Session};

/// A node that knows of a removal, and the removed one, who wrote five Opens it has not.
fn removed() -> (Peer, Peer, Author, Vec<EntryId>) {
    removed_with(|_| Vec::new())
}

fn removed_with(cut: impl FnOnce(&[EntryId]) -> Vec<CutAt>) -> (Peer, Peer, Author, Vec<EntryId>) {
    let (owner, gone) = (Author::new(1), Author::new(2));
    let base = Peer::with(&owner, &[(&gone, Role::Editor)]);
    let (mut here, mut there) = (base.replica(), base.replica());
    let written: Vec<_> = (0..5).map(|number| there.open(&gone, &well(number)).id).collect();
    here.op(&owner, &Op::Remove(Remove { person: gone.id(), cut: Cut::new(cut(&written)) }));
    (here, there, gone, written)
}

/// What comes of handing in: the entries sent, and what stays.
fn hand_in(here: &Peer, there: &mut Peer, gone: &Author, room: Option<Room>) -> (Vec<EntryId>, Left) {
    let told = room.unwrap_or(Room::MOST);
    let (mut hand_in, messages) =
        HandIn::begin(&here.ledger, gone.device(), &BTreeSet::new(), here, told).expect("it was a member's");
    let mut session = Session::new(&there.ledger);
    for message in messages {
        if room.is_none() && matches!(message, Message::Room(_)) {
            continue;
        }
        if let Effect::Accept(ops) = session.on_message(message, &there.ledger).unwrap() {
            ops.into_iter().for_each(|op| drop(there.accept(&op.verify().unwrap())));
        }
    }
    assert!(session.is_removed());
    let mut sent = Vec::new();
    while let Some(message) = session.next_message(&*there).unwrap() {
        let Some(entries) = hand_in.on_message(message).unwrap() else { return (sent, session.left()) };
        for entry in entries {
            let entry = entry.verify().unwrap();
            assert!(hand_in.takes(&entry));
            sent.push(entry.id);
        }
    }
    panic!("it never said that this is all");
}

fn room(through: Option<u64>, entries: u64, bytes: u64) -> Option<Room> {
    Some(Room { through, entries, bytes })
}

#[test]
fn what_finds_no_room_stays_and_is_counted() {
    let (here, mut there, gone, written) = removed();
    let left = |no_room| Left { no_room, later: 0 };
    assert_eq!(hand_in(&here, &mut there, &gone, None), (written.clone(), left(0)), "who says nothing has room");
    let most = u64::MAX;
    assert_eq!(hand_in(&here, &mut there, &gone, room(None, 5, most)), (written.clone(), left(0)));
    assert_eq!(hand_in(&here, &mut there, &gone, room(None, 3, most)), (written[..3].to_vec(), left(2)));
    assert_eq!(hand_in(&here, &mut there, &gone, room(None, 0, most)), (Vec::new(), left(5)));
    assert_eq!(hand_in(&here, &mut there, &gone, room(None, most, 0)), (Vec::new(), left(5)));
    let sizes: Vec<_> = written.iter().map(|id| Entries::entry(&there, id).unwrap().size() as u64).collect();
    let two = sizes[0] + sizes[1];
    assert_eq!(hand_in(&here, &mut there, &gone, room(None, most, two)), (written[..2].to_vec(), left(3)));
    assert_eq!(hand_in(&here, &mut there, &gone, room(None, most, two - 1)), (written[..1].to_vec(), left(4)));
}

#[test]
fn what_a_cut_names_needs_no_room() {
    let gone = Author::new(2).device();
    let (here, mut there, author, written) =
        removed_with(|written| vec![CutAt { device: gone, seq: 1, head: written[1] }]);
    assert_eq!(here.ledger.named_up_to(&gone), Some(1));
    let through = here.ledger.named_up_to(&gone);
    let full = room(through, 0, 0);
    assert_eq!(hand_in(&here, &mut there, &author, full), (written[..2].to_vec(), Left { no_room: 3, later: 0 }));
    let one = room(through, 1, u64::MAX);
    assert_eq!(hand_in(&here, &mut there, &author, one), (written[..3].to_vec(), Left { no_room: 2, later: 0 }));
}

#[test]
fn who_was_admitted_by_one_who_was_removed_is_told_of_that() {
    let (owner, admin, guest) = (Author::new(1), Author::new(2), Author::new(3));
    let base = Peer::with(&owner, &[(&admin, Role::Admin)]);
    let (mut here, mut there) = (base.replica(), base.replica());
    here.op(&owner, &Op::Remove(Remove { person: admin.id(), cut: Cut::new(Vec::new()) }));
    let admitted = there.op(&admin, &add(&guest, Role::Editor));
    let written = there.open(&guest, &well(0)).id;
    // What the guest shows when it connects.
    here.accept(&admitted);
    assert!(there.ledger.members().is_member(&guest.device()));
    assert_eq!(hand_in(&here, &mut there, &guest, None).0, [written]);
    assert!(!there.ledger.members().is_member(&guest.device()), "it sees why it is no member");
}

#[test]
fn one_connection_brings_no_more_than_the_other_side_takes() {
    let id = |number| EntryId([number; 32]);
    let handing = |entries, bytes| Handing {
        free: BTreeSet::from([id(0)]),
        room: Room::MOST,
        connection: Room { through: None, entries, bytes },
        left: Left::default(),
    };
    // By number, and by size; what needs no room counts too.
    for mut handing in [handing(2, 100), handing(9, 20), handing(9, 29)] {
        let taken: Vec<_> = (0..3).map(|number| handing.takes(&id(number), 10, 7)).collect();
        assert_eq!((taken, handing.left), (vec![true, true, false], Left { no_room: 0, later: 8 }));
    }
    let (here, mut there, gone, _) = removed();
    let (begun, _) = Handing::begin(&there.ledger, &DeviceTips { device: gone.device(), tips: Vec::new() }, Room::MOST);
    assert_eq!(begun.connection, Room::MOST);
    let most = (limits::MAX_LATE_ENTRIES as u64, limits::MAX_LATE_BYTES as u64);
    assert_eq!((Room::MOST.entries, Room::MOST.bytes), most, "what the member takes");
    assert_eq!(hand_in(&here, &mut there, &gone, None).0.len(), 5);
}

#[test]
fn who_is_outside_and_what_is_settled_is_known_by_device() {
    let (owner, gone) = (Author::new(1), Author::new(2));
    let mut peer = Peer::with(&owner, &[(&gone, Role::Editor)]);
    assert_eq!(
        (peer.ledger.named_up_to(&gone.device()), peer.ledger.certified(&gone.device())),
        (None, Some(gone.id()))
    );
    let written = peer.open(&gone, &well(1));
    assert_eq!(peer.ledger.seq_of(&written.id), Some(0));
    assert!(peer.ledger.is_settled_at(&gone.device(), 0) && !peer.ledger.is_settled_at(&gone.device(), 1));
    assert_eq!(peer.ledger.certified(&Author::new(9).device()), None);
    let stranger = peer.ledger.named_up_to(&Author::new(9).device());
    assert_eq!(stranger, None);
}

/// Two nodes took different parts; a cut is extended over all of it. What counts is the same once they
/// met, whoever had room for what.
#[test]
fn room_changes_nothing_of_what_counts_once_members_met() {
    let (mut small, mut there, gone, written) = removed();
    let mut large = small.replica();
    for (node, entries) in [(&mut small, 1), (&mut large, 5)] {
        let (sent, _) = hand_in(node, &mut there, &gone, room(None, entries, u64::MAX));
        assert_eq!(sent.len() as u64, entries);
        let sent: Vec<_> = there.entries().into_iter().filter(|entry| sent.contains(&entry.id)).collect();
        node.deliver(&sent);
    }
    let owner = Author::new(1);
    let late = large.ledger.late_work();
    let cut = large.ledger.cut_for(&late[0]);
    let removal = late[0].restrictions[0];
    let extend = large.op(&owner, &Op::ExtendCut(ExtendCut { removal, cut }));
    // The op first: a cut whose head is not here yet.
    small.deliver(&[extend]);
    let (ours, theirs) = (small.entries(), large.entries());
    small.deliver(&theirs);
    large.deliver(&ours);
    let state = small.state();
    assert_eq!(state, large.state());
    assert!(written.iter().all(|id| state.outcomes[id] == "Accepted"), "{:?}", state.outcomes);
}
