//! A node: production ledger and sessions over a simulated disk.

use std::collections::BTreeMap;

use dataforge_protocol::document::{Document, Map};
use dataforge_protocol::entry::{BlobRef, Entry, EntryKind, SignedEntry};
use dataforge_protocol::facts::{DocKind, Facts, WellFacts};
use dataforge_protocol::gate;
use dataforge_protocol::id::{BlobHash, DeviceId, DocId, EntryId};
use dataforge_protocol::ledger::{Bodies as _, Draft, Invalid, Ledger, Outcome};
use dataforge_protocol::op::{Describe, Invite, InviteForm, Op, Role};
use dataforge_protocol::sync::{Effect, Session};
use dataforge_protocol::wire::{Level, Message};

use super::disk::Disk;
use super::people::Who;

/// Why a connection ends, or a draft is not written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fault {
    /// The peer broke the protocol.
    Peer(String),
    /// The writer's own ledger refuses it.
    Refused(String),
}

/// A session and whom it is with.
#[derive(Debug)]
struct Meeting {
    session: Session,
    peer: DeviceId,
    /// How far the peer last said it holds what is here.
    level: Option<Level>,
}

/// One node.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) who: Who,
    pub(super) role: Role,
    pub(super) up: bool,
    pub(super) ledger: Ledger,
    pub(super) disk: Disk,
    meetings: BTreeMap<usize, Meeting>,
    /// Own entries in the open transaction, and those that were acknowledged.
    written: Vec<EntryId>,
    pub(super) acknowledged: Vec<EntryId>,
}

impl Node {
    pub(super) fn start(who: Who, role: Role, genesis: &Entry) -> Self {
        let ledger = Ledger::start(genesis).expect("a valid genesis");
        let mut disk = Disk::default();
        disk.stage_first(genesis);
        disk.commit();
        let (meetings, written, acknowledged) = Default::default();
        Self { who, role, up: true, ledger, disk, meetings, written, acknowledged }
    }

    /// Accepts a verified entry; returns how it stands.
    pub(super) fn take(&mut self, entry: Entry) -> Option<Outcome> {
        let id = entry.id;
        let done = self.ledger.accept(entry, &self.disk);
        self.disk.stage(&done);
        self.ledger.outcome(&id).or(done.other)
    }

    /// Makes durable what was accepted, and only then acknowledges it and tells others.
    pub(super) fn commit(&mut self, from: Option<usize>) {
        let ids = self.disk.commit();
        self.acknowledged.append(&mut self.written);
        if let Some(meeting) = from.and_then(|link| self.meetings.get_mut(&link)) {
            meeting.session.on_settled(ids);
        }
        for Meeting { session, peer, .. } in self.meetings.values_mut() {
            session.on_progress(&self.ledger);
            let tips = self.ledger.device_tips(peer);
            session.on_level(Level { tips, ..Level::default() });
        }
    }

    pub(super) fn crash(&mut self) {
        self.up = false;
        self.disk.crash();
        self.written.clear();
        self.meetings.clear();
    }

    pub(super) fn restart(&mut self) {
        self.ledger = self.disk.restore();
        self.up = true;
    }

    pub(super) fn meet(&mut self, link: usize, peer: DeviceId) {
        let session = Session::new(&self.ledger);
        self.meetings.insert(link, Meeting { session, peer, level: None });
    }

    pub(super) fn part(&mut self, link: usize) {
        self.meetings.remove(&link);
    }

    pub(super) fn next_message(&mut self, link: usize) -> Option<Message> {
        self.meetings.get_mut(&link)?.session.next_message(&self.disk)
    }

    /// Returns whether a session has nothing left to say, and what the peer said it holds.
    pub(super) fn stands_with(&self, link: usize) -> Option<(bool, Option<&Level>)> {
        let meeting = self.meetings.get(&link)?;
        Some((meeting.session.is_caught_up(), meeting.level.as_ref()))
    }

    /// Takes a frame; returns the entries in it that can never count.
    pub(super) fn on_frame(&mut self, link: usize, frame: &[u8]) -> Result<Vec<Invalid>, Fault> {
        let blame = |error: &dyn std::fmt::Display| Fault::Peer(error.to_string());
        let content = frame.get(4..).ok_or_else(|| blame(&"short frame"))?;
        let Some(message) = Message::from_frame(content).map_err(|error| blame(&error))? else {
            return Ok(Vec::new());
        };
        let Some(meeting) = self.meetings.get_mut(&link) else { return Ok(Vec::new()) };
        let effect = meeting.session.on_message(message, &self.ledger).map_err(|error| blame(&error))?;
        let mut invalid = Vec::new();
        match effect {
            Effect::Accept(entries) => {
                for signed in entries {
                    let entry = signed.verify().map_err(|error| blame(&error))?;
                    if let Some(Outcome::Invalid(why)) = self.take(entry) {
                        invalid.push(why);
                    }
                }
            }
            Effect::PeerLevel(level) => meeting.level = Some(level),
            Effect::None | Effect::Removed | Effect::PeerHolds(_) | Effect::PeerCaughtUp => {}
        }
        Ok(invalid)
    }

    /// Writes something that people write.
    pub(super) fn work(&mut self, random: &mut fastrand::Rng) -> Result<(), Fault> {
        let written = match random.u8(..20) {
            0 => self.write_op(&describe(random)),
            1 if self.role >= Role::Admin => self.write_op(&invite(random)),
            2..6 => self.open(random),
            _ => self.edit(random),
        };
        match written {
            Err(Fault::Refused(why)) if self.role == Role::Viewer && why == "NotAWriter" => Ok(()),
            other => other.map(|_| ()),
        }
    }

    pub(super) fn write_op(&mut self, op: &Op) -> Result<Entry, Fault> {
        let (deps, blobs) = (Vec::new(), Vec::new());
        self.write(Draft { kind: EntryKind::Op, doc: None, deps, blobs, body: op.to_bytes() })
    }

    fn open(&mut self, random: &mut fastrand::Rng) -> Result<Entry, Fault> {
        let facts = Facts::Well(WellFacts::Uwi(format!("W{}", random.u8(..12))));
        let hash = BlobHash([random.u8(..); 32]);
        let blobs = vec![BlobRef { hash, size: 1 }; random.usize(..3)];
        let deps = self.pick_doc(random).map(|doc| self.ledger.doc_heads(&doc)).unwrap_or_default();
        let doc = Some(facts.doc_id());
        self.write(Draft { kind: EntryKind::Open, doc, deps, blobs, body: facts.to_bytes() })
    }

    fn pick_doc(&self, random: &mut fastrand::Rng) -> Option<DocId> {
        let open = |doc: &DocId| !self.ledger.effective_entries(doc).is_empty();
        random.choice(self.ledger.documents().filter(open).collect::<Vec<_>>())
    }

    fn edit(&mut self, random: &mut fastrand::Rng) -> Result<Entry, Fault> {
        let Some(doc) = self.pick_doc(random) else { return self.open(random) };
        let draft = self.draft_edit(doc, random)?;
        self.write(draft)
    }

    /// Drafts a change as the node's writer does.
    pub(super) fn draft_edit(&mut self, doc: DocId, random: &mut fastrand::Rng) -> Result<Draft, Fault> {
        let engine = |error: &dyn std::fmt::Debug| Fault::Refused(format!("engine: {error:?}"));
        let actor = self.ledger.actor(self.who.device(), doc, &self.disk).map_err(|inert| engine(&inert))?;
        let mut document = self.document(&doc);
        let (key, text) = (format!("key {}", random.u8(..4)), format!("value {}", random.u32(..)));
        let deletes = self.role >= Role::Admin && !document.is_deleted() && random.u8(..20) == 0;
        let edited = document.edit(actor, |edit| {
            if deletes {
                edit.set_bool(Map::Root, dataforge_protocol::document::DELETED, true)?;
            }
            edit.set_text(Map::Attributes, &key, Some(&text))
        });
        let body = edited.map_err(|error| engine(&error))?.ok_or_else(|| engine(&"no change"))?;
        let changes = gate::scan(&body).map_err(|error| engine(&error))?.deps;
        let deps = self.ledger.carriers(&doc, &changes).ok_or_else(|| engine(&"no carrier"))?;
        Ok(Draft { kind: EntryKind::Change, doc: Some(doc), deps, blobs: Vec::new(), body })
    }

    /// Makes a document from the entries that have effect.
    pub(super) fn document(&self, doc: &DocId) -> Document {
        let entries = self.ledger.effective_entries(doc).into_iter();
        let changes = entries.filter(|(_, kind)| *kind == EntryKind::Change);
        let bodies: Vec<_> = changes.filter_map(|(id, _)| self.disk.body(&id)).collect();
        Document::build(DocKind::Well, bodies.iter().map(Vec::as_slice))
            .expect("what the ledger lets pass makes a document")
    }

    fn write(&mut self, draft: Draft) -> Result<Entry, Fault> {
        let refused = |why: &dyn std::fmt::Debug| Fault::Refused(format!("{why:?}"));
        let header = self.ledger.next_header(self.who.device(), &draft, 1);
        let header = header.map_err(|error| refused(&error))?;
        let signed = SignedEntry::sign(&header, draft.body, &self.who.device);
        let entry = signed.verify().map_err(|error| refused(&error))?;
        match self.take(entry.clone()) {
            Some(Outcome::Accepted) => {
                self.written.push(entry.id);
                Ok(entry)
            }
            Some(Outcome::Invalid(invalid)) => Err(refused(&invalid)),
            other => Err(Fault::Refused(format!("an own entry is {other:?}"))),
        }
    }
}

fn describe(random: &mut fastrand::Rng) -> Op {
    let name = Some(format!("name {}", random.u32(..)));
    Op::Describe(Describe { name, device_label: Some("desk".into()) })
}

fn invite(random: &mut fastrand::Rng) -> Op {
    let (form, key) = (InviteForm::Handed, [random.u8(..); 32]);
    Op::Invite(Invite { form, key, role: Role::Viewer, max_uses: 1, expires_ms: 0 })
}
