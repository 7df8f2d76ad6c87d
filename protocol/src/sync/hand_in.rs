//! The exchange with a device that is no member's any more: it is told so, may hand in what it wrote
//! as far as there is room, and gets nothing else.
//!
//! Room is what a node is willing to keep aside of people who are no members. It has no say in what
//! counts: an entry that finds no room is as one that never came.

use std::collections::BTreeSet;

use super::{Entries, Fault, introduction};
use crate::entry::{Entry, SignedEntry};
use crate::id::{DeviceId, EntryId};
use crate::ledger::{DeviceTips, Ledger};
use crate::limits;
use crate::wire::{Message, Room};

impl Room {
    /// What one connection may bring at most.
    pub const MOST: Self =
        Self { through: None, entries: limits::MAX_LATE_ENTRIES as u64, bytes: limits::MAX_LATE_BYTES as u64 };
}

/// What a device that is no member any more hands in: only entries of its own chain, and not
/// without end.
#[derive(Debug)]
pub struct HandIn {
    pub(super) device: DeviceId,
    pub(super) entries: usize,
    pub(super) bytes: usize,
}

impl HandIn {
    /// Begins the exchange with a device; returns what it is told: ops that it did not show and
    /// that say why it is no member, the room there is, and the ends of its chain that are here.
    /// `None` for a device that never was a member's.
    #[must_use]
    pub fn begin(
        ledger: &Ledger,
        device: DeviceId,
        shown: &BTreeSet<EntryId>,
        entries: &dyn Entries,
        room: Room,
    ) -> Option<(Self, Vec<Message>)> {
        let ops = ledger.ops_ending(&device)?;
        let ops = ops.into_iter().filter(|op| !shown.contains(op)).filter_map(|op| entries.entry(&op));
        let mut messages = introduction(ops);
        messages.push(Message::Room(room));
        let mut tips = ledger.device_tips(&device);
        tips.truncate(limits::MAX_TIPS);
        messages.push(Message::Removed(DeviceTips { device, tips }));
        Some((Self { device, entries: 0, bytes: 0 }, messages))
    }

    /// Whether a verified entry is of the device; no other is taken.
    #[must_use]
    pub fn takes(&self, entry: &Entry) -> bool {
        entry.header.link().device == self.device
    }

    /// Takes a message of the device: entries to be verified, or `None` at its end.
    ///
    /// # Errors
    /// [`Fault`] on anything else.
    pub fn on_message(&mut self, message: Message) -> Result<Option<Vec<SignedEntry>>, Fault> {
        match message {
            // Sent before it knew.
            Message::Tips(..) | Message::Holding(_) | Message::Level(_) => Ok(Some(Vec::new())),
            // It has no say any more.
            Message::Holdings(_) | Message::Ask(_) | Message::Promise(_) | Message::Room(_) => Ok(Some(Vec::new())),
            Message::CaughtUp => Ok(None),
            Message::Entries(entries) => {
                self.entries += entries.len();
                self.bytes += entries.iter().map(SignedEntry::size).sum::<usize>();
                if self.entries > limits::MAX_LATE_ENTRIES || self.bytes > limits::MAX_LATE_BYTES {
                    return Err(Fault::OutOfPlace("entries"));
                }
                Ok(Some(entries))
            }
            Message::Hello(_) | Message::Introduction(_) | Message::Removed(_) => Err(Fault::OutOfPlace("a message")),
        }
    }
}

/// What stays with a device that hands in its work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Left {
    /// Entries that the other side keeps no room for.
    pub no_room: u64,
    /// Entries beyond what one connection may bring: they can follow with the next.
    pub later: u64,
}

/// The side that hands in: what it may still send.
#[derive(Debug)]
pub(super) struct Handing {
    /// Entries that need no room.
    free: BTreeSet<EntryId>,
    /// Room for the others.
    room: Room,
    /// What the connection may still bring.
    connection: Room,
    pub(super) left: Left,
}

impl Handing {
    /// Begins to hand in; returns what the other side lacks, in causal order.
    pub(super) fn begin(ledger: &Ledger, chain: &DeviceTips, room: Room) -> (Self, Vec<EntryId>) {
        let lacking = ledger.branches_beside(std::slice::from_ref(chain), &BTreeSet::from([chain.device]));
        let is_free = |id: &&EntryId| ledger.seq_of(id).is_some_and(|seq| Some(seq) <= room.through);
        let free = lacking.iter().take_while(is_free).copied().collect();
        (Self { free, room, connection: Room::MOST, left: Left::default() }, lacking)
    }

    /// Whether the next entry may be sent. When it may not, none after it may: they rest on it.
    pub(super) fn takes(&mut self, id: &EntryId, size: usize, after: usize) -> bool {
        fn fits(room: &Room, size: u64) -> bool {
            room.entries > 0 && room.bytes >= size
        }
        fn take(room: &mut Room, size: u64) {
            room.entries = room.entries.saturating_sub(1);
            room.bytes = room.bytes.saturating_sub(size);
        }
        let (size, staying) = (size as u64, after as u64 + 1);
        let is_free = self.free.contains(id);
        if !is_free && !fits(&self.room, size) {
            self.left.no_room = staying;
            return false;
        }
        if !fits(&self.connection, size) {
            self.left.later = staying;
            return false;
        }
        take(&mut self.connection, size);
        if !is_free {
            take(&mut self.room, size);
        }
        true
    }
}

#[cfg(test)]
mod tests;
