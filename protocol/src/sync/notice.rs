//! What a session says besides entries, once none are left to send.
//!
//! In this order: how far this side is, asks and promises, which somebody waits for, then blobs
//! that have come, then what devices say they have. All of it can be lost: it is said again, or
//! asked for again.

use std::collections::VecDeque;

use crate::holding::SignedHolding;
use crate::id::BlobHash;
use crate::limits;
use crate::wire::{Level, Message};

/// What is to be said.
#[derive(Debug, Default)]
pub(super) struct Notices {
    /// How far this side holds what the peer has, and what the peer was told last.
    pub(super) level: Level,
    told: Option<Level>,
    /// Asks and promises, in the order they came.
    asked: VecDeque<Message>,
    /// Blobs to announce.
    pub(super) holding: VecDeque<BlobHash>,
    /// Statements, one of each device.
    statements: VecDeque<SignedHolding>,
}

impl Notices {
    /// Queues a message; see [`super::Session::on_notice`].
    pub(super) fn add(&mut self, message: Message) {
        match message {
            Message::Holdings(statements) => statements.into_iter().for_each(|signed| self.add_statement(signed)),
            Message::Ask(_) | Message::Promise(_) => {
                if message.is_bounded() && self.asked.len() < limits::MAX_NOTICES {
                    self.asked.push_back(message);
                }
            }
            other => debug_assert!(false, "no notice: {other:?}"),
        }
    }

    fn add_statement(&mut self, signed: SignedHolding) {
        let Some(head) = signed.head().filter(|_| signed.bytes.len() <= limits::MAX_HOLDING_BYTES) else { return };
        let is_same = |other: &SignedHolding| {
            other.head().is_some_and(|other| (other.workspace, other.device) == (head.workspace, head.device))
        };
        match self.statements.iter_mut().find(|queued| is_same(queued)) {
            None => self.statements.push_back(signed),
            Some(queued) if signed.supersedes(queued) => *queued = signed,
            Some(_) => {}
        }
    }

    /// Returns the next message.
    pub(super) fn next(&mut self, peer_caught_up: bool) -> Option<Message> {
        if peer_caught_up && self.told.as_ref() != Some(&self.level) {
            self.told = Some(self.level.clone());
            return Some(Message::Level(self.level.clone()));
        }
        if let Some(message) = self.asked.pop_front() {
            return Some(message);
        }
        if !self.holding.is_empty() {
            let count = self.holding.len().min(limits::MAX_HASHES);
            return Some(Message::Holding(self.holding.drain(..count).collect()));
        }
        let count = self.fitting();
        (count > 0).then(|| Message::Holdings(self.statements.drain(..count).collect()))
    }

    /// Returns how many statements go into the next message: at least one, when there are any.
    fn fitting(&self) -> usize {
        let mut bytes = 0;
        let fits = |signed: &&SignedHolding| {
            let is_first = bytes == 0;
            bytes += signed.size();
            is_first || bytes <= limits::BATCH_BYTES
        };
        self.statements.iter().take(limits::MAX_HOLDINGS).take_while(fits).count()
    }
}

#[cfg(test)]
mod tests;
