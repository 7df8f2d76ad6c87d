//! People with fixed keys, and peers that write, receive, store and restart.

use std::collections::{BTreeMap, BTreeSet};

use iroh_base::SecretKey;

use crate::authority::Member;
use crate::document::{Document, Map};
use crate::entry::{Entry, EntryKind, Header, ReadHeader, SignedEntry, entry_id};
use crate::facts::{DocKind, Facts, WellFacts};
use crate::gate;
use crate::id::{DeviceId, DocId, EntryId, PersonId};
use crate::key::{DeviceCert, Phrase, device_id, sign_entry};
use crate::ledger::{Acceptance, Bodies, DeviceTips, Draft, Inert, Ledger, Outcome};
use crate::op::{Add, Describe, Genesis, Invite, InviteForm, Op, Person, Role};

/// A person with one device.
#[derive(Debug, Clone)]
pub(crate) struct Author {
    pub(crate) name: String,
    pub(crate) person: SecretKey,
    pub(crate) device: SecretKey,
}

impl Author {
    pub(crate) fn new(number: u8) -> Self {
        Self {
            name: format!("author {number}"),
            person: Phrase::from_entropy([number; 32]).person_key(),
            device: SecretKey::from_bytes(&[number; 32]),
        }
    }

    pub(crate) fn device(&self) -> DeviceId {
        device_id(&self.device)
    }

    pub(crate) fn id(&self) -> PersonId {
        PersonId(*self.person.public().as_bytes())
    }

    pub(crate) fn person(&self) -> Person {
        let cert = DeviceCert::sign(&self.person, &self.device);
        Person { id: self.id(), name: self.name.clone(), devices: vec![(cert, "laptop".into())] }
    }
}

/// What a node keeps: entries in the order they were settled, and what it wrote down of outcomes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Store {
    order: Vec<EntryId>,
    entries: BTreeMap<EntryId, (Entry, Outcome)>,
}

impl Bodies for Store {
    fn body(&self, id: &EntryId) -> Option<Vec<u8>> {
        Some(self.entries.get(id)?.0.signed.body.clone())
    }
}

/// All that must not depend on the order of arrival.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct State {
    pub(crate) outcomes: BTreeMap<EntryId, String>,
    members: BTreeMap<PersonId, Member>,
    tips: Vec<DeviceTips>,
    effective: BTreeMap<DocId, BTreeSet<EntryId>>,
    heads: BTreeMap<DocId, BTreeSet<EntryId>>,
    forked: BTreeMap<DeviceId, u64>,
}

/// One node.
#[derive(Debug)]
pub(crate) struct Peer {
    pub(crate) ledger: Ledger,
    pub(crate) store: Store,
}

/// Signs the genesis of a workspace of some owners with the device of the first.
pub(crate) fn genesis(owners: &[&Author]) -> Entry {
    let first = owners[0];
    let op = Op::Genesis(Genesis {
        nonce: [7; 32],
        name: "Field".into(),
        owners: owners.iter().map(|owner| owner.person()).collect(),
        recovery: PersonId(*first.person.public().as_bytes()),
        quorum: 0,
        discovery_secret: [8; 32],
    });
    let body = op.to_bytes();
    let header = Header {
        link: crate::entry::Link {
            version: 1,
            kind: EntryKind::Op.to_u8(),
            workspace: crate::id::WorkspaceId([0; 32]),
            device: first.device(),
            seq: 0,
            prev: None,
            body: crate::entry::BodyRef::of(&body),
        },
        claims: crate::entry::Claims::default(),
    };
    SignedEntry::sign(&header, body, &first.device).verify().unwrap()
}

pub(crate) fn well(number: usize) -> Facts {
    Facts::Well(WellFacts::Uwi(format!("W{number}")))
}

pub(crate) fn add(who: &Author, role: Role) -> Op {
    Op::Add(Add { person: who.person(), role, invite: None })
}

pub(crate) fn describe(name: &str) -> Op {
    Op::Describe(Describe { name: Some(name.into()), device_label: None })
}

pub(crate) fn invite(role: Role) -> Op {
    Op::Invite(Invite { form: InviteForm::Handed, key: [1; 32], role, max_uses: 1, expires_ms: 0 })
}

pub(crate) fn op_draft(op: &Op) -> Draft {
    let (deps, blobs) = (Vec::new(), Vec::new());
    Draft { kind: EntryKind::Op, doc: None, deps, blobs, body: op.to_bytes() }
}

pub(crate) fn open_draft(facts: &Facts) -> Draft {
    let (deps, blobs) = (Vec::new(), Vec::new());
    Draft { kind: EntryKind::Open, doc: Some(facts.doc_id()), deps, blobs, body: facts.to_bytes() }
}

/// Signs a header and body that no honest node would write.
pub(crate) fn forge(who: &Author, header: &Header, body: Vec<u8>) -> Entry {
    SignedEntry::sign(header, body, &who.device).verify().unwrap()
}

/// Signs a header of a version that does not exist yet.
pub(crate) fn newer(who: &Author, header: &Header) -> Entry {
    let mut header = header.clone();
    header.link.version = 2;
    header.link.body = crate::entry::BodyRef::of(b"?");
    let mut bytes = header.to_bytes();
    bytes.extend_from_slice(b"fields of the future");
    let signature = sign_entry(&who.device, entry_id(&bytes).as_bytes());
    SignedEntry { header: bytes, signature, body: b"?".to_vec() }.verify().unwrap()
}

/// Returns a known header.
pub(crate) fn header(entry: &Entry) -> Header {
    match &entry.header {
        ReadHeader::Known(_, header) => header.clone(),
        ReadHeader::Newer(_) => panic!("a newer header"),
    }
}

/// Sets a document's body in a header.
pub(crate) fn set_body(header: &mut Header, body: &[u8]) {
    header.link.body = crate::entry::BodyRef::of(body);
}

fn word(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Inert(inert) => format!("inert: {inert}"),
        other => format!("{other:?}"),
    }
}

impl Peer {
    pub(crate) fn start(genesis: &Entry) -> Self {
        let ledger = Ledger::start(genesis).unwrap();
        let mut store = Store::default();
        store.order.push(genesis.id);
        store.entries.insert(genesis.id, (genesis.clone(), Outcome::Accepted));
        Self { ledger, store }
    }

    /// A workspace of an owner who added some others.
    pub(crate) fn with(owner: &Author, others: &[(&Author, Role)]) -> Self {
        let mut peer = Self::start(&genesis(&[owner]));
        for (who, role) in others {
            peer.op(owner, &add(who, *role));
        }
        peer
    }

    pub(crate) fn accept(&mut self, entry: &Entry) -> Acceptance {
        let done = self.ledger.accept(entry.clone(), &self.store);
        for (entry, outcome) in &done.settled {
            self.store.order.push(entry.id);
            let before = self.store.entries.insert(entry.id, (entry.clone(), outcome.clone()));
            assert!(before.is_none(), "{} was settled twice", entry.id.fmt_short());
        }
        for (id, outcome) in &done.changed {
            let settled_now = done.settled.iter().any(|(entry, _)| entry.id == *id);
            assert!(!settled_now, "what is settled comes with its last outcome");
            let stored = &mut self.store.entries.get_mut(id).expect("changed before settled").1;
            assert_ne!(word(stored), word(outcome), "a change that is none");
            *stored = outcome.clone();
        }
        done
    }

    /// Accepts an entry and returns how it stands afterwards.
    pub(crate) fn receive(&mut self, entry: &Entry) -> Outcome {
        let done = self.accept(entry);
        self.ledger.outcome(&entry.id).or(done.other).expect("an outcome")
    }

    pub(crate) fn deliver<'a>(&mut self, entries: impl IntoIterator<Item = &'a Entry>) {
        for entry in entries {
            self.accept(entry);
        }
    }

    pub(crate) fn entries(&self) -> Vec<Entry> {
        self.store.order.iter().map(|id| self.store.entries[id].0.clone()).collect()
    }

    /// Another node that received the same in the same order.
    pub(crate) fn replica(&self) -> Self {
        let entries = self.entries();
        let mut peer = Self::start(&entries[0]);
        peer.deliver(&entries[1..]);
        peer
    }

    /// This node after a restart: reasons are stored as text.
    pub(crate) fn restarted(&self) -> Self {
        let stored = self.store.order.iter().map(|id| {
            let (entry, outcome) = self.store.entries[id].clone();
            let outcome = match outcome {
                Outcome::Inert(inert) => Outcome::Inert(Inert::Stored(inert.to_string())),
                other => other,
            };
            (entry, outcome)
        });
        Self { ledger: Ledger::restore(stored).unwrap(), store: self.store.clone() }
    }

    pub(crate) fn header(&self, who: &Author, draft: &Draft) -> Header {
        self.ledger.next_header(who.device(), draft, 1).unwrap()
    }

    /// Signs an author's next entry, without accepting it.
    pub(crate) fn sign(&self, who: &Author, draft: Draft) -> Entry {
        forge(who, &self.header(who, &draft), draft.body)
    }

    pub(crate) fn write(&mut self, who: &Author, draft: Draft) -> Entry {
        let entry = self.sign(who, draft);
        assert_eq!(self.receive(&entry), Outcome::Accepted);
        entry
    }

    pub(crate) fn op(&mut self, who: &Author, op: &Op) -> Entry {
        self.write(who, op_draft(op))
    }

    pub(crate) fn open(&mut self, who: &Author, facts: &Facts) -> Entry {
        self.write(who, open_draft(facts))
    }

    pub(crate) fn document(&self, doc: &DocId) -> Document {
        self.build(&self.ledger.effective_entries(doc))
    }

    fn build(&self, entries: &[(EntryId, EntryKind)]) -> Document {
        let changes = entries.iter().filter(|(_, kind)| *kind == EntryKind::Change);
        let bodies = changes.map(|(id, _)| self.store.entries[id].0.signed.body.as_slice());
        Document::build(DocKind::Well, bodies).unwrap()
    }

    /// Drafts an edit of a well as production does.
    pub(crate) fn draft_edit(&mut self, who: &Author, doc: DocId, key: &str, text: &str) -> Draft {
        let actor = self.ledger.actor(who.device(), doc, &self.store).unwrap();
        let mut document = self.build(&self.ledger.buildable(&who.device(), &doc));
        let edit = document.edit(actor, |edit| match key {
            "deleted" => edit.set_bool(Map::Root, key, true),
            _ => edit.set_text(Map::Root, key, Some(text)),
        });
        let body = edit.unwrap().expect("a new value");
        let changes = gate::scan(&body).unwrap().deps;
        let deps = self.ledger.carriers(&doc, &changes).unwrap();
        Draft { kind: EntryKind::Change, doc: Some(doc), deps, blobs: Vec::new(), body }
    }

    pub(crate) fn edit(&mut self, who: &Author, doc: DocId, key: &str, text: &str) -> Entry {
        let draft = self.draft_edit(who, doc, key, text);
        self.write(who, draft)
    }

    pub(crate) fn state(&mut self) -> State {
        let docs: Vec<_> = self.ledger.documents().collect();
        let effective = |doc: &DocId| self.ledger.effective_entries(doc);
        let changed = |doc: &&DocId| effective(doc).iter().any(|(_, k)| *k == EntryKind::Change);
        let heads = |doc: &DocId| (*doc, self.ledger.doc_heads(doc).into_iter().collect());
        State {
            heads: docs.iter().filter(changed).map(heads).collect(),
            effective: docs.iter().map(|doc| (*doc, effective(doc).into_iter().map(|(id, _)| id).collect())).collect(),
            outcomes: self
                .store
                .order
                .iter()
                .map(|id| (*id, word(&self.ledger.outcome(id).expect("a stored entry"))))
                .collect(),
            tips: self.ledger.tips(),
            forked: self.ledger.forked().clone(),
            members: self.ledger.members().members.clone(),
        }
    }

    /// Asserts that what is stored is what the ledger says.
    pub(crate) fn assert_store_agrees(&self) {
        for (id, (_, outcome)) in &self.store.entries {
            let now = self.ledger.outcome(id).expect("a stored entry");
            assert_eq!(word(outcome), word(&now), "{}", id.fmt_short());
        }
    }
}

/// Asserts that all orders of some entries give one state on top of `base`, that which the rules of
/// forks say, and returns it.
pub(crate) fn same_in_all_orders(base: &Peer, entries: &[Entry]) -> State {
    in_all_orders(base, entries, |peer| super::oracle::check(&peer.ledger))
}

/// The same where removals and void ops have a say, which the rules of forks leave out.
pub(crate) fn same_as_ops_arrive(base: &Peer, entries: &[Entry]) -> State {
    in_all_orders(base, entries, |_| ())
}

fn in_all_orders(base: &Peer, entries: &[Entry], check: impl Fn(&Peer)) -> State {
    let mut states: Vec<_> = permutations(entries.len())
        .into_iter()
        .map(|order| {
            let mut peer = base.replica();
            peer.deliver(order.iter().map(|n| &entries[*n]));
            check(&peer);
            peer.assert_store_agrees();
            assert_eq!(peer.restarted().state(), peer.state(), "{order:?}");
            (peer.state(), order)
        })
        .collect();
    let (first, _) = states.pop().unwrap();
    for (state, order) in states {
        assert_eq!(state, first, "{order:?}");
    }
    first
}

fn permutations(count: usize) -> Vec<Vec<usize>> {
    let Some(last) = count.checked_sub(1) else { return vec![Vec::new()] };
    let mut all = Vec::new();
    for shorter in permutations(last) {
        for place in 0..=last {
            let mut order = shorter.clone();
            order.insert(place, last);
            all.push(order);
        }
    }
    all
}
