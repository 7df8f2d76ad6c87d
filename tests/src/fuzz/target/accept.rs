//! The one door of entries: members who sign whatever they like.
//!
//! The input is a program: whose device writes what, and what is untrue about it. Every entry is
//! signed, so that it comes as far as the rules. What is promised: no panic, the same answers in
//! another order, documents that Automerge takes, and as many ops as Automerge counts.

use std::sync::Arc;

use dataforge_protocol::document::{Document, Map, said};
use dataforge_protocol::entry::{
    BlobRef, BodyRef, Claims, Entry, EntryKind, HEADER_VERSION, Header, Link, SignedEntry, entry_id,
};
use dataforge_protocol::facts::{Facts, WellFacts};
use dataforge_protocol::gate;
use dataforge_protocol::id::{BlobHash, DocId, EntryId, WorkspaceId};
use dataforge_protocol::key::{device_id, sign_entry};
use dataforge_protocol::ledger::{Ledger, Outcome};
use dataforge_protocol::op::{
    Add, Cut, Describe, Invite, InviteForm, Leave, Op, Ratify, Remove, RevokeInvite, Role, SetRole,
};

use super::{Target, random_of};
use crate::chunk;
use crate::fuzz::Outcome as Shown;
use crate::history::{Held, History, person};

/// Entries that one input may write.
const MAX_WRITTEN: usize = 24;
/// Bytes that one edit may add to a body.
const MAX_GROWTH: usize = 200;

/// The target, with the history that inputs go on from.
#[derive(Debug)]
pub(super) struct Accept {
    history: History,
    entries: Arc<[Entry]>,
    docs: Vec<DocId>,
    ops: Vec<Op>,
}

impl Default for Accept {
    fn default() -> Self {
        let mut history = History::new(2);
        history.add(3, Role::Viewer);
        history.add(4, Role::Admin);
        let docs = vec![history.open(0, 0), history.open(1, 1)];
        for n in 0..4 {
            history.change(n % 3, docs[n % 2], &format!("name {n}"));
        }
        // One that was removed, and one that never was a member.
        let removed = history.devices.len();
        history.add(5, Role::Editor);
        history.change(removed, docs[0], "last words");
        history.op(0, &Op::Remove(Remove { person: person(5).0.id, cut: Cut::default() }));
        history.devices.push(person(6).1);
        let ops = ops(&history);
        Self { entries: history.verified().into(), history, docs, ops }
    }
}

/// Ops to begin with.
fn ops(history: &History) -> Vec<Op> {
    let (known, cut) = (history.ledger.ops(), Cut::default());
    let of = |number| person(number).0;
    let invite = Invite { form: InviteForm::Open, key: [7; 32], role: Role::Viewer, max_uses: 3, expires_ms: u64::MAX };
    vec![
        Op::Describe(Describe { name: Some("name".into()), device_label: Some("rig".into()) }),
        Op::Add(Add { person: of(7), role: Role::Editor, invite: None }),
        Op::SetRole(SetRole { person: of(1).id, role: Role::Viewer, cut: cut.clone() }),
        Op::SetRole(SetRole { person: of(4).id, role: Role::Owner, cut: cut.clone() }),
        Op::Remove(Remove { person: of(2).id, cut: cut.clone() }),
        Op::Remove(Remove { person: of(0).id, cut: cut.clone() }),
        Op::Leave(Leave { cut }),
        Op::Invite(invite),
        Op::Ratify(Ratify { ops: known.get(1..3).unwrap_or_default().to_vec() }),
        Op::RevokeInvite(RevokeInvite { invite: known.last().copied().unwrap_or(EntryId([0; 32])) }),
    ]
}

/// Reads an input; after its end everything is zero.
struct Cursor<'a>(&'a [u8]);

impl Cursor<'_> {
    fn byte(&mut self) -> u8 {
        let first = self.0.split_first();
        first.map_or(0, |(byte, rest)| {
            self.0 = rest;
            *byte
        })
    }

    /// Whether something happens that happens once in so many times.
    fn one_in(&mut self, count: u8) -> bool {
        self.byte().is_multiple_of(count)
    }

    fn below(&mut self, count: usize) -> usize {
        let value = usize::from(u16::from_le_bytes([self.byte(), self.byte()]));
        if count == 0 { 0 } else { value % count }
    }

    fn of<T: Clone>(&mut self, items: &[T]) -> Option<T> {
        let at = self.below(items.len());
        items.get(at).cloned()
    }
}

/// The entries of one run.
struct Run<'a> {
    target: &'a mut Accept,
    ledger: Ledger,
    bodies: Held,
    ids: Vec<EntryId>,
    written: Vec<Entry>,
    shown: Shown,
}

impl Target for Accept {
    fn run(&mut self, input: &[u8]) -> Shown {
        let entries = Arc::clone(&self.entries);
        let (ledger, bodies) = accepted(&entries);
        let ids = entries.iter().map(|entry| entry.id).collect();
        let (written, shown) = Default::default();
        let mut run = Run { target: self, ledger, bodies, ids, written, shown };
        let mut cursor = Cursor(input);
        while !cursor.0.is_empty() && run.written.len() < MAX_WRITTEN {
            run.write(&mut cursor);
        }
        run.check(&entries, input);
        run.shown
    }
}

/// Returns a ledger that was given some entries, genesis first.
fn accepted(entries: &[Entry]) -> (Ledger, Held) {
    let mut ledger = Ledger::start(&entries[0]).expect("a genesis");
    let mut bodies = Held::default();
    for entry in &entries[1..] {
        take(&mut ledger, &mut bodies, entry);
    }
    (ledger, bodies)
}

/// Gives an entry to a ledger; bodies of what settled are kept, as a node does.
fn take(ledger: &mut Ledger, bodies: &mut Held, entry: &Entry) -> Option<Outcome> {
    let done = ledger.accept(entry.clone(), bodies);
    for (entry, _) in done.settled {
        bodies.0.insert(entry.id, entry.signed.body);
    }
    done.other.or_else(|| ledger.outcome(&entry.id))
}

impl Run<'_> {
    fn write(&mut self, cursor: &mut Cursor<'_>) {
        let author = cursor.below(self.target.history.devices.len());
        let (kind, doc, body) = self.draft(author, cursor);
        let mut header = self.header(author, kind, doc, cursor);
        let body = damaged(body, cursor);
        header.link.body = BodyRef::of(&body);
        for _ in 0..cursor.byte() % 5 {
            self.spoil(&mut header, cursor);
        }
        if !cursor.one_in(8) {
            for ids in [&mut header.claims.mheads, &mut header.claims.deps] {
                ids.sort_unstable();
                ids.dedup();
            }
        }
        let mut bytes = header.to_bytes();
        if cursor.one_in(16) {
            bytes = damaged(bytes, cursor);
        }
        let secret = &self.target.history.devices[author];
        let signature = sign_entry(secret, entry_id(&bytes).as_bytes());
        match (SignedEntry { header: bytes, signature, body }).verify() {
            Err(error) => self.shown.note_variant("refused", &error),
            Ok(entry) => {
                let outcome = take(&mut self.ledger, &mut self.bodies, &entry);
                self.note(header.link.kind, outcome.as_ref());
                self.ids.push(entry.id);
                self.written.push(entry);
            }
        }
    }

    fn note(&mut self, kind: u8, outcome: Option<&Outcome>) {
        let text = format!("{outcome:?}");
        let words: String = text.chars().filter(|c| c.is_ascii_alphabetic() || *c == '(').take(60).collect();
        self.shown.note("outcome", (kind, words));
    }

    /// Returns what a device would write.
    fn draft(&mut self, author: usize, cursor: &mut Cursor<'_>) -> (EntryKind, Option<DocId>, Vec<u8>) {
        let Accept { history, docs, ops, .. } = &mut *self.target;
        let doc = cursor.of(docs).unwrap_or(DocId([0; 32]));
        match cursor.byte() % 6 {
            0 => (EntryKind::Op, None, cursor.of(ops).map(|op| op.to_bytes()).unwrap_or_default()),
            1 => {
                let facts = Facts::Well(WellFacts::Uwi(format!("W{}", cursor.byte() % 3)));
                (EntryKind::Open, Some(doc), facts.to_bytes())
            }
            2 => {
                let body = cursor.of(&history.entries).map(|entry| entry.body).unwrap_or_default();
                (EntryKind::Change, Some(doc), body)
            }
            _ => (EntryKind::Change, Some(doc), self.change(author, doc, cursor).unwrap_or_default()),
        }
    }

    /// Returns a change that a device may make of a document as it is now.
    fn change(&mut self, author: usize, doc: DocId, cursor: &mut Cursor<'_>) -> Option<Vec<u8>> {
        let mut document = self.document(&doc)?;
        let device = device_id(&self.target.history.devices[author]);
        let actor = self.ledger.actor(device, doc, &self.bodies).ok()?;
        let (key, value) = (format!("key {}", cursor.byte() % 4), format!("value {}", cursor.byte()));
        let map = if cursor.one_in(2) { Map::Root } else { Map::Attributes };
        let clears = cursor.one_in(8);
        let edited = document.edit(actor, |edit| edit.set_text(map, &key, (!clears).then_some(&*value)));
        edited.ok()?
    }

    fn document(&self, doc: &DocId) -> Option<Document> {
        let kind = self.ledger.doc_kind(doc, &self.bodies)?;
        let effective = self.ledger.effective_entries(doc);
        let changes = effective.iter().filter(|(_, kind)| *kind == EntryKind::Change);
        let changes = changes.filter_map(|(id, _)| self.bodies.0.get(id)).map(|body| &**body);
        Some(Document::build(kind, changes).expect("what the gate lets pass makes a document"))
    }

    /// Returns the header its program would write, or one that only looks like it.
    fn header(&self, author: usize, kind: EntryKind, doc: Option<DocId>, cursor: &mut Cursor<'_>) -> Header {
        let device = device_id(&self.target.history.devices[author]);
        let deps = match doc {
            Some(doc) if kind == EntryKind::Change => self.ledger.doc_heads(&doc),
            _ => Vec::new(),
        };
        let (blobs, body) = (Vec::new(), Vec::new());
        let draft = dataforge_protocol::ledger::Draft { kind, doc, deps, blobs, body };
        if !cursor.one_in(16)
            && let Ok(header) = self.ledger.next_header(device, &draft, 1)
        {
            return header;
        }
        let mheads = self.ledger.ops().into_iter().next_back().into_iter().collect();
        let tip = cursor.of(&self.ledger.device_tips(&device));
        let link = Link {
            version: HEADER_VERSION,
            kind: kind.to_u8(),
            workspace: self.ledger.workspace(),
            device,
            seq: tip.map_or(0, |(seq, _)| seq + 1),
            prev: tip.map(|(_, id)| id),
            body: BodyRef::of(&[]),
        };
        Header { link, claims: Claims { mheads, doc, deps: draft.deps, ..Claims::default() } }
    }

    /// Makes one thing in a header untrue.
    fn spoil(&self, header: &mut Header, cursor: &mut Cursor<'_>) {
        let Header { link, claims } = header;
        let any = |cursor: &mut Cursor<'_>| cursor.of(&self.ids).unwrap_or(EntryId([cursor.byte(); 32]));
        match cursor.byte() % 16 {
            0 => link.seq = link.seq.wrapping_add(u64::from(cursor.byte()) + 1),
            1 => link.seq = link.seq.saturating_sub(u64::from(cursor.byte()) + 1),
            2 => link.seq = u64::MAX - u64::from(cursor.byte()),
            3 => link.prev = Some(any(cursor)),
            4 => link.prev = None,
            5 => link.version = cursor.byte(),
            6 => link.kind = cursor.byte(),
            7 => link.workspace = WorkspaceId([cursor.byte(); 32]),
            8 => claims.mheads.push(any(cursor)),
            9 => claims.mheads = vec![any(cursor)],
            10 => claims.deps.push(any(cursor)),
            11 => drop(claims.deps.pop()),
            12 => claims.doc = cursor.of(&self.target.docs),
            13 => claims.blob_base = claims.blob_base.wrapping_add(u64::from(cursor.byte())),
            14 => claims.blobs.push(BlobRef { hash: BlobHash([cursor.byte(); 32]), size: u64::from(cursor.byte()) }),
            _ => claims.mheads = self.ledger.ops().into_iter().rev().take(cursor.below(20)).collect(),
        }
    }

    /// Checks what is promised of everything that was written.
    fn check(&mut self, entries: &[Entry], input: &[u8]) {
        let mut all: Vec<Entry> = entries[1..].iter().chain(&self.written).cloned().collect();
        random_of(input).shuffle(&mut all);
        let (mut other, mut bodies) = accepted(&entries[..1]);
        for entry in &all {
            take(&mut other, &mut bodies, entry);
        }
        for id in &self.ids {
            assert_eq!(self.ledger.outcome(id), other.outcome(id), "{id} in another order");
        }
        assert_eq!(self.ledger.members().members, other.members().members, "members in another order");
        let docs: Vec<_> = self.ledger.documents().collect();
        for doc in docs {
            if let Some(document) = self.document(&doc) {
                self.shown.note_size("heads", document.heads().len());
            }
            for (id, kind) in self.ledger.effective_entries(&doc) {
                let body = &self.bodies.0[&id];
                if kind == EntryKind::Change {
                    let ours = gate::scan(body).expect("a change that passed the gate").ops.len();
                    let change = automerge::Change::try_from(&body[..]).expect("a change that passed the gate");
                    assert_eq!(ours, change.len(), "ops of {id}");
                    drop(said(body));
                }
            }
        }
    }
}

/// Changes bytes as the input says; a change may be sealed again.
fn damaged(mut bytes: Vec<u8>, cursor: &mut Cursor<'_>) -> Vec<u8> {
    let choice = cursor.byte();
    if !choice.is_multiple_of(3) {
        return bytes;
    }
    if let Some(mut parts) = chunk::Parts::read(&bytes).filter(|_| choice.is_multiple_of(2)) {
        match cursor.byte() % 6 {
            0 => parts.start_op = parts.start_op.wrapping_add(u64::from(cursor.byte())),
            1 => parts.seq = parts.seq.wrapping_add(u64::from(cursor.byte())),
            2 => drop(parts.deps.pop()),
            3 => parts.actor.reverse(),
            4 => return chunk::bomb(&bytes).unwrap_or(bytes),
            _ => edit(&mut parts.rest, cursor),
        }
        return parts.seal();
    }
    match chunk::content(&bytes).map(<[u8]>::to_vec).filter(|_| !choice.is_multiple_of(5)) {
        Some(mut content) => {
            edit(&mut content, cursor);
            chunk::chunk(chunk::CHANGE, &content)
        }
        None => {
            edit(&mut bytes, cursor);
            bytes
        }
    }
}

/// Sets, adds and takes away some bytes.
fn edit(bytes: &mut Vec<u8>, cursor: &mut Cursor<'_>) {
    for _ in 0..=cursor.byte() % 4 {
        let at = cursor.below(bytes.len() + 1);
        match cursor.byte() % 4 {
            0 => bytes.insert(at, cursor.byte()),
            1 if at < bytes.len() => drop(bytes.remove(at)),
            2 => {
                let byte = cursor.byte();
                let count = cursor.below(MAX_GROWTH);
                bytes.splice(at..at, std::iter::repeat_n(byte, count));
            }
            _ => {
                let byte = cursor.byte();
                if let Some(place) = bytes.get_mut(at) {
                    *place = byte;
                }
            }
        }
    }
}
