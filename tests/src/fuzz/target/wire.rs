//! Bytes of peers that nobody signed: frames, headers, ops, facts, holdings, changes, tickets.

use dataforge_protocol::document::said;
use dataforge_protocol::entry::{ReadHeader, SignedEntry, read_header};
use dataforge_protocol::facts::Facts;
use dataforge_protocol::gate;
use dataforge_protocol::holding::SignedHolding;
use dataforge_protocol::key::Signature;
use dataforge_protocol::op::Op;
use dataforge_protocol::pairing::PairingReply;
use dataforge_protocol::ticket::{JoinReply, JoinRequest, Ticket, read_join_frame};
use dataforge_protocol::wire::Message;

use super::Target;
use crate::fuzz::Outcome;
use crate::history::{Held, History};

/// The target: every decoder is given the input; signed entries that are in it go to a ledger.
#[derive(Debug)]
pub(super) struct Wire {
    history: History,
}

impl Default for Wire {
    fn default() -> Self {
        Self { history: History::new(1) }
    }
}

impl Target for Wire {
    fn run(&mut self, input: &[u8]) -> Outcome {
        let mut outcome = Outcome::default();
        self.frame(input, &mut outcome);
        match read_header(input) {
            Ok(ReadHeader::Known(kind, header)) => {
                assert_eq!(header.to_bytes(), input, "a header has one encoding");
                outcome.note("header", kind);
            }
            Ok(ReadHeader::Newer(_)) => outcome.note("header", "newer"),
            Err(error) => outcome.note("header", error.to_string()),
        }
        match Op::from_bytes(input) {
            Ok(op) => {
                assert_eq!(op.to_bytes(), input, "an op has one encoding");
                outcome.note("op", op.kind());
            }
            Err(error) => outcome.note_variant("op", &error),
        }
        if let Some(facts) = Facts::from_bytes(input) {
            assert_eq!(Facts::from_bytes(&facts.to_bytes()), Some(facts.clone()), "facts are read as written");
            outcome.note("facts", format!("{:?}", facts.kind()));
        }
        holding(input, &mut outcome);
        change(input, &mut outcome);
        if read_join_frame::<JoinRequest>(input).is_some() || read_join_frame::<JoinReply>(input).is_some() {
            outcome.note("join", true);
        }
        if let Some(reply) = read_join_frame::<PairingReply>(input) {
            outcome.note("pairing", reply.is_bounded());
        }
        match String::from_utf8_lossy(input).parse::<Ticket>() {
            Ok(ticket) => assert_eq!(ticket.to_string().parse(), Ok(ticket), "a ticket is read as written"),
            Err(error) => outcome.note_variant("ticket", &error),
        }
        outcome
    }
}

impl Wire {
    fn frame(&self, input: &[u8], outcome: &mut Outcome) {
        match Message::from_frame(input) {
            Ok(Some(message)) => {
                let again = message.to_frame();
                assert_eq!(Message::from_frame(&again[4..]), Ok(Some(message.clone())), "a frame is read as written");
                outcome.note_variant("frame", &message);
                if let Message::Entries(entries) | Message::Introduction(entries) = message {
                    self.accept(entries, outcome);
                }
            }
            Ok(None) => outcome.note("frame", "skipped"),
            Err(error) => outcome.note_variant("frame", &error),
        }
    }

    /// Entries of a frame: whatever verifies was signed by somebody.
    fn accept(&self, entries: Vec<SignedEntry>, outcome: &mut Outcome) {
        let genesis = self.history.entries[0].clone().verify().expect("a genesis that verifies");
        let mut ledger = dataforge_protocol::ledger::Ledger::start(&genesis).expect("a genesis");
        for signed in entries {
            match signed.verify() {
                Ok(entry) => {
                    let done = ledger.accept(entry, &Held::default());
                    outcome.note_variant("entry", &done.other);
                }
                Err(error) => outcome.note("entry", error.to_string()),
            }
        }
    }
}

/// Reads a statement, whoever signed it: what is read is written as it was, and fits.
fn holding(input: &[u8], outcome: &mut Outcome) {
    let signed = SignedHolding { bytes: input.to_vec(), signature: Signature::from_bytes(&[8; 64]) };
    match signed.read() {
        Ok(holding) => {
            assert_eq!(holding.to_bytes(), input, "a statement has one encoding");
            assert_eq!(holding.clone().fit(), holding, "what is within the limits fits");
            outcome.note_size("chains", holding.chains.len());
        }
        Err(error) => outcome.note_variant("holding", &error),
    }
}

/// Reads a change: what we read, Automerge reads too, and finds as many ops in it.
fn change(input: &[u8], outcome: &mut Outcome) {
    match gate::scan(input) {
        Ok(scan) => {
            let theirs = automerge::Change::try_from(input).expect("a change that we read");
            assert_eq!(scan.ops.len(), theirs.len(), "ops");
            assert_eq!(scan.hash.0, theirs.hash().0, "hash");
            outcome.note_size("ops", scan.ops.len());
            said(input).expect("a change that we read");
        }
        Err(refusal) => outcome.note("change", refusal.name()),
    }
}
