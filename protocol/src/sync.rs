//! The sync session of one (peer, workspace): a state machine without I/O.
//!
//! Both sides send the tips of all chains, then stream what the other lacks in causal order,
//! membership first, then stay open and push what is new. The driver feeds messages in and pulls
//! messages out when the connection can take them, which is the flow control: of entries nothing
//! but ids is queued here. A cut loses nothing: the next session starts from the tips again.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use self::hand_in::Handing;
pub use self::hand_in::{HandIn, Left};
use self::notice::Notices;
use crate::entry::SignedEntry;
use crate::holding::SignedHolding;
use crate::id::{BlobHash, DeviceId, EntryId};
use crate::ledger::{DeviceTips, Ledger};
use crate::limits;
use crate::wire::{Ask, Level, Message, Promise, Room};

mod hand_in;
mod notice;

/// Gives stored entries to send.
pub trait Entries {
    /// Returns a settled entry; `None` when it cannot be read.
    fn entry(&self, id: &EntryId) -> Option<SignedEntry>;
}

/// What a message asks of the driver.
#[derive(Debug, PartialEq, Eq)]
pub enum Effect {
    /// Nothing; pull messages.
    None,
    /// Verify and accept these entries, then call [`Session::on_settled`].
    Accept(Vec<SignedEntry>),
    /// The peer holds these blobs.
    PeerHolds(Vec<BlobHash>),
    /// The peer says how far it holds what is here.
    PeerLevel(Level),
    /// What devices say they have, unverified: the peer and others.
    Holdings(Vec<SignedHolding>),
    /// The peer asks whether these blobs are kept here for now.
    Ask(Ask),
    /// The peer keeps these blobs for now.
    Promise(Promise),
    /// The peer has sent everything it had; the first time only.
    PeerCaughtUp,
    /// The peer says that this device is no member any more. What is left to send are entries of
    /// this device that the peer lacks; then the session is over.
    Removed,
}

/// The peer broke the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// A message that has no place here.
    #[error("peer sent {0} out of place")]
    OutOfPlace(&'static str),
    /// Tips without end.
    #[error("peer sent too many tips")]
    TooManyTips,
}

/// An entry that is held here cannot be read now. The session cannot be completed: it is to be ended,
/// without blame for the peer, and begun anew later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("entry {0} is held here and cannot be read")]
pub struct Unread(pub EntryId);

/// Number of tip messages a peer may send.
const MAX_TIP_MESSAGES: usize = 64;

/// One side of a session.
#[derive(Debug)]
pub struct Session {
    /// Tips still to be sent.
    tips: VecDeque<Message>,
    /// The peer's tips so far.
    peer_tips: Vec<DeviceTips>,
    /// Whether the peer's tips are complete and were used.
    compared: bool,
    tip_messages: usize,
    /// Devices of which the peer has more, or another branch: known once it has sent it.
    ahead: BTreeSet<DeviceId>,
    /// Entries to send, in causal order.
    outgoing: VecDeque<EntryId>,
    /// The first of these that could not be read.
    unread: Option<EntryId>,
    /// Entries the peer sent us or was sent since its tips; not sent again.
    peer_has: BTreeSet<EntryId>,
    /// Position of the ledger up to which entries were considered.
    considered: u64,
    /// What is to be said besides entries.
    notices: Notices,
    sent_caught_up: bool,
    peer_caught_up: bool,
    /// The peer said that this device is no member.
    removed: bool,
    /// The room that the peer has for what this device hands in, if it said so.
    room: Room,
    /// Handing in, once it is.
    handing: Option<Handing>,
}

impl Session {
    /// Starts a session.
    #[must_use]
    pub fn new(ledger: &Ledger) -> Self {
        Self {
            tips: tip_messages(ledger.tips()),
            peer_tips: Vec::new(),
            compared: false,
            tip_messages: 0,
            ahead: BTreeSet::new(),
            outgoing: VecDeque::new(),
            unread: None,
            peer_has: BTreeSet::new(),
            considered: 0,
            notices: Notices::default(),
            sent_caught_up: false,
            peer_caught_up: false,
            removed: false,
            room: Room::MOST,
            handing: None,
        }
    }

    /// Takes a message of the peer.
    ///
    /// # Errors
    /// [`Fault`] when the peer breaks the protocol; the session is over.
    pub fn on_message(&mut self, message: Message, ledger: &Ledger) -> Result<Effect, Fault> {
        match message {
            Message::Hello(_) => Err(Fault::OutOfPlace("hello")),
            // The ops that say why come before the peer says that this device is no member.
            Message::Introduction(ops) if !self.compared => Ok(Effect::Accept(ops)),
            Message::Introduction(_) => Err(Fault::OutOfPlace("introduction")),
            Message::Room(room) => {
                self.room = room;
                Ok(Effect::None)
            }
            Message::Removed(chain) if !self.compared => {
                (self.removed, self.compared) = (true, true);
                self.tips.clear();
                let (handing, lacking) = Handing::begin(ledger, &chain, self.room);
                (self.handing, self.outgoing) = (Some(handing), lacking.into());
                Ok(Effect::Removed)
            }
            Message::Removed(_) => Err(Fault::OutOfPlace("removed")),
            Message::Tips(tips, more) => self.on_tips(tips, more, ledger),
            Message::Entries(entries) => Ok(Effect::Accept(entries)),
            Message::Holding(hashes) => Ok(Effect::PeerHolds(hashes)),
            Message::Level(level) => Ok(Effect::PeerLevel(level)),
            Message::Holdings(statements) => self.heard("holdings", Effect::Holdings(statements)),
            Message::Ask(ask) => self.heard("ask", Effect::Ask(ask)),
            Message::Promise(promise) => self.heard("promise", Effect::Promise(promise)),
            Message::CaughtUp if !self.compared => Err(Fault::OutOfPlace("caught up")),
            Message::CaughtUp if self.peer_caught_up => Ok(Effect::None),
            Message::CaughtUp => {
                self.peer_caught_up = true;
                let branches = ledger.branches_beside(&self.peer_tips, &self.ahead);
                self.outgoing.extend(branches.into_iter().filter(|id| !self.peer_has.contains(id)));
                Ok(Effect::PeerCaughtUp)
            }
        }
    }

    /// Takes what is said between members that know each other's tips.
    fn heard(&self, what: &'static str, effect: Effect) -> Result<Effect, Fault> {
        match (self.compared, self.removed) {
            (false, _) => Err(Fault::OutOfPlace(what)),
            (true, true) => Ok(Effect::None),
            (true, false) => Ok(effect),
        }
    }

    fn on_tips(&mut self, tips: Vec<DeviceTips>, more: bool, ledger: &Ledger) -> Result<Effect, Fault> {
        if self.compared {
            return Err(Fault::OutOfPlace("tips"));
        }
        self.tip_messages += 1;
        if self.tip_messages > MAX_TIP_MESSAGES {
            return Err(Fault::TooManyTips);
        }
        self.peer_tips.extend(tips);
        if more {
            return Ok(Effect::None);
        }
        self.compared = true;
        self.considered = ledger.position();
        let (missing, ahead) = ledger.missing_for(&self.peer_tips);
        self.outgoing = missing.into_iter().filter(|id| !self.peer_has.contains(id)).collect();
        self.ahead = ahead;
        Ok(Effect::None)
    }

    /// Notes entries that came from the peer, so that they are not sent back.
    pub fn on_settled(&mut self, ids: impl IntoIterator<Item = EntryId>) {
        self.peer_has.extend(ids);
    }

    /// Queues what the ledger settled since, from whomever it came.
    pub fn on_progress(&mut self, ledger: &Ledger) {
        if !self.compared || self.removed {
            return;
        }
        for id in ledger.settled_since(self.considered) {
            if !self.peer_has.remove(id) {
                self.outgoing.push_back(*id);
            }
        }
        self.considered = ledger.position();
    }

    /// Queues the announcement of blobs that were made durable here.
    pub fn on_holding(&mut self, hashes: impl IntoIterator<Item = BlobHash>) {
        self.notices.holding.extend(hashes);
    }

    /// Queues holdings, an ask or a promise, to be sent after the entries. A later statement of a
    /// device takes the place of one that still waits; what no peer would take is dropped, and so
    /// are asks and promises beyond [`limits::MAX_NOTICES`].
    pub fn on_notice(&mut self, message: Message) {
        if !self.removed {
            self.notices.add(message);
        }
    }

    /// Notes how far this side durably holds what the peer has.
    pub fn on_level(&mut self, level: Level) {
        self.notices.level = level;
    }

    /// Returns the next message to send, if there is one.
    ///
    /// # Errors
    /// [`Unread`], once all that can be read has been sent.
    pub fn next_message(&mut self, entries: &dyn Entries) -> Result<Option<Message>, Unread> {
        if let Some(tips) = self.tips.pop_front() {
            return Ok(Some(tips));
        }
        if !self.compared {
            return Ok(None);
        }
        if let Some(batch) = self.next_batch(entries) {
            return Ok(Some(batch));
        }
        // The peer would take it that it has everything.
        if let Some(unread) = self.unread {
            return Err(Unread(unread));
        }
        if !self.sent_caught_up {
            self.sent_caught_up = true;
            return Ok(Some(Message::CaughtUp));
        }
        Ok(if self.removed { None } else { self.notices.next(self.peer_caught_up) })
    }

    fn next_batch(&mut self, entries: &dyn Entries) -> Option<Message> {
        let (mut batch, mut bytes) = (Vec::new(), 0);
        while bytes < limits::BATCH_BYTES && batch.len() < limits::MAX_BATCH_ENTRIES {
            let Some(id) = self.outgoing.pop_front() else { break };
            match entries.entry(&id) {
                Some(entry) => {
                    let (size, after) = (entry.size(), self.outgoing.len());
                    if self.handing.as_mut().is_some_and(|handing| !handing.takes(&id, size, after)) {
                        self.outgoing.clear();
                        break;
                    }
                    bytes += size;
                    batch.push(entry);
                }
                None => drop(self.unread.get_or_insert(id)),
            }
        }
        (!batch.is_empty()).then_some(Message::Entries(batch))
    }

    /// Returns how many entries are still to be sent.
    #[must_use]
    pub fn to_send(&self) -> usize {
        self.outgoing.len()
    }

    /// Returns how many entries the peer had when it told its tips that are not settled here; none
    /// before it has told them.
    #[must_use]
    pub fn behind(&self, ledger: &Ledger) -> Option<u64> {
        if !self.compared || self.removed {
            return None;
        }
        // A device with very many tips is told of in several parts.
        let mut ends: BTreeMap<DeviceId, u64> = BTreeMap::new();
        for DeviceTips { device, tips } in &self.peer_tips {
            let end = tips.iter().map(|(seq, _)| seq.saturating_add(1)).max().unwrap_or(0);
            let known = ends.entry(*device).or_default();
            *known = end.max(*known);
        }
        Some(ends.iter().map(|(device, end)| end.saturating_sub(ledger.next_seq(device))).sum())
    }

    /// Returns whether the peer said that this device is no member.
    #[must_use]
    pub const fn is_removed(&self) -> bool {
        self.removed
    }

    /// Returns what stays with this device of the work that it hands in.
    #[must_use]
    pub fn left(&self) -> Left {
        self.handing.as_ref().map(|handing| handing.left).unwrap_or_default()
    }

    /// Returns whether each side has sent what the other lacked when they met.
    #[must_use]
    pub const fn is_caught_up(&self) -> bool {
        self.sent_caught_up && self.peer_caught_up
    }

    /// Returns whether the peer has sent what this side lacked when they met.
    #[must_use]
    pub const fn is_peer_caught_up(&self) -> bool {
        self.peer_caught_up
    }
}

/// Returns ops as messages, without the empty one that ends an introduction.
pub fn introduction(ops: impl IntoIterator<Item = SignedEntry>) -> Vec<Message> {
    let (mut messages, mut part, mut bytes) = (Vec::new(), Vec::new(), 0);
    for op in ops {
        bytes += op.size();
        part.push(op);
        if bytes >= limits::BATCH_BYTES || part.len() >= limits::MAX_BATCH_ENTRIES {
            messages.push(Message::Introduction(std::mem::take(&mut part)));
            bytes = 0;
        }
    }
    if !part.is_empty() {
        messages.push(Message::Introduction(part));
    }
    messages
}

/// Splits tips into messages that no peer refuses. One device can have very many, by forking.
fn tip_messages(chains: Vec<DeviceTips>) -> VecDeque<Message> {
    const PART: usize = limits::MAX_TIPS / 2;
    let mut messages = VecDeque::new();
    let mut part = Vec::new();
    let mut size = 0;
    for DeviceTips { device, tips } in chains {
        for tips in tips.chunks(PART) {
            if size + tips.len() > PART {
                messages.push_back(Message::Tips(std::mem::take(&mut part), true));
                size = 0;
            }
            size += tips.len();
            part.push(DeviceTips { device, tips: tips.to_vec() });
        }
    }
    // A tip that is not told costs sending again what the peer has, no more.
    messages.truncate(MAX_TIP_MESSAGES - 1);
    messages.push_back(Message::Tips(part, false));
    messages
}

#[cfg(test)]
mod tests;
