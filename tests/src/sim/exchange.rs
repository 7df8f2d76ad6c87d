//! How entries get from node to node: connections, sessions and bundles.

use std::collections::BTreeSet;

use dataforge_protocol::entry::{EntryKind, ReadHeader};
use dataforge_protocol::id::EntryId;
use dataforge_protocol::ledger::Outcome;
use dataforge_protocol::sync::{Effect, HandIn, Session};
use dataforge_protocol::wire::Room;

use super::Simulation;
use super::bundle::Bundle;
use super::faults::Kind;
use super::hostile::Hostile;
use super::network::Event;
use super::node::Fault;

impl Simulation {
    /// Two nodes try to connect: one dials, both show that they are members, and both start a
    /// session.
    pub(super) fn connect(&mut self, link: usize) {
        let ends = self.network.links[link].ends;
        // Who tried in the time of trouble and is not healed is cut off.
        if !self.trouble && !ends.iter().all(|node| self.core.contains(node)) {
            return;
        }
        let both_up = ends.iter().all(|node| self.nodes[*node].up && self.nodes[*node].joined);
        if both_up && self.network.open(link, &mut self.random) {
            let dialler = self.random.usize(..2);
            if self.greet(ends[dialler], ends[1 - dialler]) {
                for (end, node) in ends.into_iter().enumerate() {
                    let peer = self.nodes[ends[1 - end]].id();
                    self.nodes[node].meet(link, peer);
                }
                self.report.count("sessions", 1);
                ends.into_iter().for_each(|node| self.pump(node));
            } else {
                self.network.cut(link);
                self.report.count("refusals", 1);
            }
        }
        if self.trouble {
            self.soon(0.1..1.5, Event::Connect(link));
        }
    }

    /// Returns whether both sides find that the other is a member; one that is not known shows the
    /// ops it holds.
    fn greet(&mut self, dialler: usize, listener: usize) -> bool {
        let (from, to) = (self.nodes[dialler].id(), self.nodes[listener].id());
        if !self.nodes[dialler].knows(&to) && !self.is_hostile(dialler) {
            return false;
        }
        if self.nodes[listener].knows(&from) {
            return true;
        }
        let is_op = |header: &ReadHeader| matches!(header, ReadHeader::Known(EntryKind::Op, _));
        let mut shown = BTreeSet::new();
        for op in self.nodes[dialler].introduction() {
            if let Ok(entry) = self.nodes[listener].verify(op)
                && is_op(&entry.header)
            {
                shown.insert(entry.id);
                self.nodes[listener].take(entry);
            }
        }
        self.report.count("introductions", 1);
        self.commit(listener, None);
        let known = self.nodes[listener].knows(&from);
        if !known && !self.is_hostile(dialler) && !self.is_hostile(listener) {
            self.hand_in(dialler, listener, &shown);
        }
        known
    }

    /// One that is no member any more is told why, and hands in what it wrote before it knew.
    fn hand_in(&mut self, dialler: usize, listener: usize, shown: &BTreeSet<EntryId>) {
        let [from, to] = self.nodes.get_disjoint_mut([dialler, listener]).expect("two nodes");
        let Some((mut hand_in, told)) = HandIn::begin(&to.ledger, from.id(), shown, &to.disk, Room::MOST) else {
            return;
        };
        let mut session = Session::new(&from.ledger);
        for message in told {
            let effect = session.on_message(message, &from.ledger).expect("I4: what an honest node says");
            if let Effect::Accept(ops) = effect {
                for op in ops {
                    let entry = from.verify(op).expect("I4: an op that was verified");
                    from.take(entry);
                }
            }
        }
        while let Ok(Some(message)) = session.next_message(&from.disk) {
            let Ok(Some(entries)) = hand_in.on_message(message) else { break };
            for signed in entries {
                let entry = to.verify(signed).expect("I4: an entry that was verified");
                if hand_in.takes(&entry) {
                    to.take(entry);
                }
            }
        }
        self.report.count("hand-ins", 1);
        self.commit(dialler, None);
        self.commit(listener, None);
    }

    pub(super) fn cut(&mut self, link: usize) {
        self.network.cut(link);
        for node in self.network.links[link].ends {
            self.nodes[node].part(link);
        }
    }

    pub(super) fn cut_and_dial(&mut self, link: usize) {
        self.cut(link);
        self.redial(link, 0);
    }

    /// In the time of trouble somebody dials all the time.
    pub(super) fn redial(&mut self, link: usize, after_ms: u64) {
        if !self.trouble {
            let ms = self.random.u64(20..300);
            self.network.after(after_ms + ms, Event::Connect(link));
        }
    }

    pub(super) fn time_out(&mut self, link: usize, epoch: u64) {
        if self.network.links[link].up && self.network.links[link].epoch == epoch {
            self.report.count("timeouts", 1);
            self.cut_and_dial(link);
        }
    }

    pub(super) fn deliver(&mut self, link: usize, epoch: u64, end: usize, frame: &[u8]) {
        if !self.network.arrived(link, epoch, end) {
            return;
        }
        self.report.count("frames", 1);
        if self.trouble && self.faults.drops(&mut self.random) && self.random.u8(..20) == 0 {
            return self.cut_and_dial(link);
        }
        let ends = self.network.links[link].ends;
        let (node, from) = (ends[end], ends[1 - end]);
        let received = self.nodes[node].on_frame(link, frame);
        let trusted = !self.is_hostile(node) && !self.is_hostile(from);
        match received {
            Ok(invalid) => {
                assert!(!trusted || invalid.is_empty(), "I4: an honest node sent what is invalid: {invalid:?}");
                if self.trouble && self.faults.strikes(Kind::Crash, 200, &mut self.random) {
                    return self.crash(node);
                }
                self.commit(node, Some(link));
            }
            Err(fault) => {
                assert!(!trusted || fault == Fault::Disk, "an honest node blames another: {fault:?}");
                self.report.count("peer faults", usize::from(!self.is_hostile(node)));
                self.commit(node, Some(link));
                self.cut_and_dial(link);
            }
        }
        self.pump(from);
    }

    /// Moves messages from a node's sessions into its connections, as far as these take them.
    pub(super) fn pump(&mut self, node: usize) {
        let lies = self.trouble && self.is_hostile(node);
        for link in self.network.of(node) {
            while self.network.has_room(link, node) {
                let message = match self.nodes[node].next_message(link) {
                    Ok(Some(message)) => message,
                    Ok(None) => break,
                    Err(_unread) => {
                        self.report.count("unread entries", 1);
                        self.cut_and_dial(link);
                        break;
                    }
                };
                let frame = match &mut self.hostile {
                    Some(hostile) if lies => hostile.tamper(message, &mut self.random),
                    _ => message.to_frame(),
                };
                self.network.send(link, node, frame, &mut self.random);
            }
        }
    }

    /// Somebody writes a bundle and carries it to others, for days if need be; it may get lost.
    pub(super) fn pack(&mut self, node: usize) {
        self.soon(5.0..40.0, Event::Pack(node));
        if !self.nodes[node].up || !self.nodes[node].joined {
            return;
        }
        let mut bundle = Bundle::pack(node, &self.nodes[node], &mut self.random);
        if self.faults.has(Kind::Reorder) {
            self.random.shuffle(&mut bundle.entries);
        }
        let times = if self.faults.has(Kind::Duplicate) { 3 } else { 1 };
        for _ in 0..times {
            let to = self.random.usize(..self.nodes.len());
            if !self.faults.drops(&mut self.random) {
                self.soon(0.2..15.0, Event::Import { node: to, bundle: bundle.clone() });
            }
        }
    }

    pub(super) fn import(&mut self, node: usize, bundle: Bundle) {
        if !self.nodes[node].up || !self.nodes[node].joined {
            return;
        }
        self.report.count("bundles", 1);
        let trusted = !self.is_hostile(bundle.from) && !self.is_hostile(node);
        for entry in bundle.read(&self.nodes[node]) {
            let outcome = self.nodes[node].take(entry);
            let invalid = matches!(outcome, Some(Outcome::Invalid(_)));
            assert!(!trusted || !invalid, "I4: the bundle of an honest node holds what is invalid: {outcome:?}");
        }
        self.commit(node, None);
        if !self.trouble {
            // It may be how a node comes to know another, when those that dialled it have given up long ago.
            self.network.of(node).into_iter().for_each(|link| self.network.after(20, Event::Connect(link)));
        }
    }

    pub(super) fn attack(&mut self, node: usize) {
        let Some(hostile) = &mut self.hostile else { return };
        let frames = hostile.attack(&mut self.nodes[node], self.network.now, &mut self.random);
        self.forged.extend(hostile.ungated.iter().map(|(id, what)| (*id, *what)));
        self.commit(node, None);
        for frame in frames {
            for link in self.network.of(node) {
                // Each peer may see another part.
                if self.network.links[link].up && self.random.bool() {
                    self.network.send(link, node, frame.clone(), &mut self.random);
                }
            }
        }
        self.pump(node);
    }

    /// Whether a node is the hostile one.
    pub(super) fn hostile_node(&self) -> Option<usize> {
        self.hostile.as_ref().map(|hostile: &Hostile| hostile.node)
    }
}
