//! What people do at a node: they open documents, edit them and manage the membership.

use dataforge_protocol::document::{DELETED, Document, Map};
use dataforge_protocol::entry::{BlobRef, BodyRef, Entry, EntryKind, Header, SignedEntry, entry_id};
use dataforge_protocol::facts::{DocKind, Facts, WellFacts};
use dataforge_protocol::id::{BlobHash, DocId, EntryId};
use dataforge_protocol::key::sign_entry;
use dataforge_protocol::ledger::{Bodies as _, Draft, DraftError, Invalid, Outcome};
use dataforge_protocol::op::{Describe, Op, Role};
use dataforge_protocol::{gate, limits};

use super::node::{Fault, Node};

/// Header version that nobody here reads.
const NEWER: u8 = 2;

fn refused(why: &dyn std::fmt::Debug) -> Fault {
    Fault::Refused(format!("{why:?}"))
}

pub(super) fn op_draft(op: &Op) -> Draft {
    Draft { kind: EntryKind::Op, doc: None, deps: Vec::new(), blobs: Vec::new(), body: op.to_bytes() }
}

impl Node {
    /// Writes something that people write; `now_ms` is the time of the simulation.
    pub(super) fn work(&mut self, now_ms: u64, random: &mut fastrand::Rng) -> Result<(), Fault> {
        let written = match random.u8(..20) {
            0 => self.describe(now_ms, random),
            1..5 => self.open(now_ms, random),
            _ => self.edit(now_ms, random),
        };
        written.map(|_| ())
    }

    fn describe(&mut self, now_ms: u64, random: &mut fastrand::Rng) -> Result<Entry, Fault> {
        if self.role().is_none() {
            return Err(Fault::Role);
        }
        let name = Some(format!("name {}", random.u32(..)));
        let describe = Op::Describe(Describe { name, device_label: Some("desk".into()) });
        // Any member may.
        self.write_op(&describe, now_ms)
            .map_err(|fault| if fault == Fault::Role { refused(&"describe") } else { fault })
    }

    pub(super) fn write_op(&mut self, op: &Op, now_ms: u64) -> Result<Entry, Fault> {
        self.write(op_draft(op), now_ms)
    }

    fn open(&mut self, now_ms: u64, random: &mut fastrand::Rng) -> Result<Entry, Fault> {
        let facts = Facts::Well(WellFacts::Uwi(format!("W{}", random.u8(..12))));
        let hash = BlobHash([random.u8(..); 32]);
        let blobs = vec![BlobRef { hash, size: 1 }; random.usize(..3)];
        let deps = self.pick_doc(random).map(|doc| self.ledger.doc_heads(&doc)).unwrap_or_default();
        let doc = Some(facts.doc_id());
        self.write(Draft { kind: EntryKind::Open, doc, deps, blobs, body: facts.to_bytes() }, now_ms)
    }

    pub(super) fn pick_doc(&self, random: &mut fastrand::Rng) -> Option<DocId> {
        let open = |doc: &DocId| !self.ledger.effective_entries(doc).is_empty();
        random.choice(self.ledger.documents().filter(open).collect::<Vec<_>>())
    }

    fn edit(&mut self, now_ms: u64, random: &mut fastrand::Rng) -> Result<Entry, Fault> {
        let Some(doc) = self.pick_doc(random) else { return self.open(now_ms, random) };
        let draft = self.draft_edit(doc, random)?;
        self.write(draft, now_ms)
    }

    /// Drafts a change as the node's writer does.
    pub(super) fn draft_edit(&mut self, doc: DocId, random: &mut fastrand::Rng) -> Result<Draft, Fault> {
        let actor = self.ledger.actor(self.id(), doc, &self.disk).map_err(|inert| self.engine(&inert))?;
        let mut document = self.build(&self.ledger.buildable(&self.id(), &doc))?;
        let (key, text) = (format!("key {}", random.u8(..4)), format!("value {}", random.u32(..)));
        let may_delete = self.role().is_some_and(|role| role >= Role::Admin);
        let deletes = may_delete && !document.is_deleted() && random.u8(..20) == 0;
        let edited = document.edit(actor, |edit| {
            if deletes {
                edit.set_bool(Map::Root, DELETED, true)?;
            }
            edit.set_text(Map::Attributes, &key, Some(&text))
        });
        let body = edited.map_err(|error| self.engine(&error))?.ok_or_else(|| refused(&"no change"))?;
        let changes = gate::scan(&body).map_err(|error| refused(&error))?.deps;
        let deps = self.ledger.carriers(&doc, &changes).ok_or_else(|| refused(&"no carrier"))?;
        Ok(Draft { kind: EntryKind::Change, doc: Some(doc), deps, blobs: Vec::new(), body })
    }

    /// An error of the engine is no surprise while bodies cannot be read.
    fn engine(&self, error: &dyn std::fmt::Debug) -> Fault {
        if self.disk.failing.read { Fault::Disk } else { refused(error) }
    }

    /// Makes a document from the entries that have effect.
    pub(super) fn document(&self, doc: &DocId) -> Result<Document, Fault> {
        self.build(&self.ledger.effective_entries(doc))
    }

    fn build(&self, entries: &[(EntryId, EntryKind)]) -> Result<Document, Fault> {
        let changes = entries.iter().filter(|(_, kind)| *kind == EntryKind::Change);
        let bodies = changes.map(|(id, _)| self.disk.body(id)).collect::<Option<Vec<_>>>().ok_or(Fault::Disk)?;
        Document::build(DocKind::Well, bodies.iter().map(Vec::as_slice)).map_err(|error| self.engine(&error))
    }

    /// Signs an entry and takes it into the open transaction.
    pub(super) fn write(&mut self, draft: Draft, now_ms: u64) -> Result<Entry, Fault> {
        let claimed_ms = self.clock.read(now_ms);
        let header = self.ledger.next_header(self.id(), &draft, claimed_ms);
        let header = header.map_err(|error| match error {
            DraftError::TooManyDeps(_) | DraftError::TooManyHeads => Fault::Room,
            DraftError::NotMember(_) => Fault::Role,
            DraftError::Unsupported(_) => Fault::Unsupported,
            other => refused(&other),
        })?;
        let draft_kind = draft.kind;
        // What it does not name may speak against it.
        let is_full = header.claims.mheads.len() >= limits::MAX_MHEADS;
        let signed = if self.newer && draft.kind != EntryKind::Op {
            self.sign_newer(header, draft.body)
        } else {
            SignedEntry::sign(&header, draft.body, &self.device)
        };
        let entry = self.verify(signed).map_err(|error| refused(&error))?;
        let may_write = draft_kind == EntryKind::Op || self.role().is_none_or(|role| role < Role::Editor);
        match self.take(entry.clone()) {
            Some(Outcome::Accepted) => {}
            Some(Outcome::Unreadable) if self.newer => {}
            Some(Outcome::Excluded) if draft_kind == EntryKind::Op && (is_full || self.may_be_void()) => {
                self.note_written(entry);
                return Err(Fault::Void);
            }
            Some(Outcome::Invalid(Invalid::NotAWriter | Invalid::Op(_))) if may_write => return Err(Fault::Role),
            Some(Outcome::Waiting) if self.disk.failing.read => return Err(Fault::Disk),
            other => {
                let (why, what) = (self.ledger.explain(&entry.id), self.describe_entry(&entry.id));
                return Err(Fault::Refused(format!("it is {other:?}, {why:?}: {what}")));
            }
        }
        self.note_written(entry.clone());
        Ok(entry)
    }

    /// Whether ops of this person may be void by a limit of the rules (docs/authority.md, Limits): those of
    /// an admin or owner, and of somebody whom an op that counts removed, and another beside it did not.
    fn may_be_void(&self) -> bool {
        let Some((person, role)) = self.ledger.members().author(&self.id()) else { return false };
        let removes = |id: &EntryId| {
            let op = self.disk.body(id).and_then(|body| Op::from_bytes(&body).ok());
            matches!(op, Some(Op::Remove(remove)) if remove.person == person)
                && self.ledger.outcome(id) == Some(Outcome::Accepted)
        };
        role >= Role::Admin || self.ledger.ops().iter().any(removes)
    }

    /// Signs what a later version would: more fields than anybody here knows.
    fn sign_newer(&self, mut header: Header, body: Vec<u8>) -> SignedEntry {
        header.link.version = NEWER;
        header.link.body = BodyRef::of(&body);
        let mut bytes = header.to_bytes();
        bytes.extend_from_slice(b"fields of the future");
        let signature = sign_entry(&self.device, entry_id(&bytes).as_bytes());
        SignedEntry { header: bytes, signature, body }
    }
}
