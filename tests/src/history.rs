//! A workspace made in memory, entry by entry, for what needs a history and no node.

use std::collections::BTreeMap;

use dataforge_protocol::document::{Document, Edit, EngineError, Map};
use dataforge_protocol::entry::{BodyRef, Claims, Entry, EntryKind, HEADER_VERSION, Header, Link, SignedEntry};
use dataforge_protocol::facts::{DocKind, Facts, WellFacts};
use dataforge_protocol::gate;
use dataforge_protocol::id::{DocId, EntryId, PersonId, WorkspaceId};
use dataforge_protocol::key::{DeviceCert, Phrase, device_id};
use dataforge_protocol::ledger::{Bodies, Draft, Ledger, Outcome};
use dataforge_protocol::op::{Add, Genesis, Op, Person, Role};
use iroh::SecretKey;

/// Bodies of entries in memory.
#[derive(Debug, Clone, Default)]
pub struct Held(pub BTreeMap<EntryId, Vec<u8>>);

impl Bodies for Held {
    fn body(&self, id: &EntryId) -> Option<Vec<u8>> {
        self.0.get(id).cloned()
    }
}

/// A history under way, signed by a few devices: the owner's, then one of each other person.
#[derive(Debug)]
pub struct History {
    /// What its entries come to.
    pub ledger: Ledger,
    /// All of them, in the order they were written.
    pub entries: Vec<SignedEntry>,
    /// Their bodies.
    pub bodies: Held,
    /// The keys of the devices.
    pub devices: Vec<SecretKey>,
    documents: BTreeMap<DocId, Document>,
}

/// Returns the person of a number with the key of their device.
///
/// # Panics
/// Never: the recovery phrase is made of fixed bytes.
#[must_use]
pub fn person(number: u16) -> (Person, SecretKey) {
    let mut bytes = [1; 32];
    bytes[..2].copy_from_slice(&number.to_be_bytes());
    let device = SecretKey::from_bytes(&bytes);
    let cert = DeviceCert::sign(&Phrase::from_entropy(bytes).person_key(), &device);
    let name = format!("person {number}");
    (Person { id: cert.person, name, devices: vec![(cert, "laptop".into())] }, device)
}

/// Returns the draft of an op.
#[must_use]
pub fn op_draft(op: &Op) -> Draft {
    Draft { kind: EntryKind::Op, doc: None, deps: Vec::new(), blobs: Vec::new(), body: op.to_bytes() }
}

/// Returns the genesis of the workspace, owned by person 0.
///
/// # Panics
/// Never: it is valid.
#[must_use]
pub fn genesis() -> SignedEntry {
    let (owner, secret) = person(0);
    let body = Op::Genesis(Genesis {
        nonce: [1; 32],
        name: "North field".into(),
        owners: vec![owner],
        recovery: PersonId([2; 32]),
        quorum: 0,
        discovery_secret: [3; 32],
    })
    .to_bytes();
    let (version, kind, workspace) = (HEADER_VERSION, EntryKind::Op.to_u8(), WorkspaceId([0; 32]));
    let link =
        Link { version, kind, workspace, device: device_id(&secret), seq: 0, prev: None, body: BodyRef::of(&body) };
    SignedEntry::sign(&Header { link, claims: Claims::default() }, body, &secret)
}

/// The methods that write panic when the history does not allow it: a test means what it writes.
#[expect(clippy::missing_panics_doc, reason = "said once, for all of them")]
impl History {
    /// Starts a workspace with an owner and so many editors.
    #[must_use]
    pub fn new(editors: u16) -> Self {
        let signed = genesis();
        let ledger = Ledger::start(&signed.clone().verify().expect("a genesis that verifies")).expect("a genesis");
        let (bodies, documents) = Default::default();
        let mut history = Self { ledger, entries: vec![signed], bodies, devices: vec![person(0).1], documents };
        for number in 1..=editors {
            history.add(number, Role::Editor);
        }
        history
    }

    /// Adds a person, whose device is the last from now on.
    pub fn add(&mut self, number: u16, role: Role) -> EntryId {
        let (person, device) = person(number);
        let id = self.op(0, &Op::Add(Add { person, role, invite: None }));
        self.devices.push(device);
        id
    }

    /// Writes what a device drafted.
    pub fn write(&mut self, author: usize, draft: Draft) -> EntryId {
        let signed = self.sign(author, draft);
        self.take(signed)
    }

    /// Signs the next entry of a device, without writing it.
    #[must_use]
    pub fn sign(&self, author: usize, draft: Draft) -> SignedEntry {
        let secret = &self.devices[author];
        let header = self.ledger.next_header(device_id(secret), &draft, 1).expect("a header");
        SignedEntry::sign(&header, draft.body, secret)
    }

    /// Takes an entry that counts.
    pub fn take(&mut self, signed: SignedEntry) -> EntryId {
        let id = self.hold(signed);
        assert_eq!(self.ledger.outcome(&id), Some(Outcome::Accepted), "an own entry counts");
        id
    }

    /// Takes an entry, whatever becomes of it.
    pub fn hold(&mut self, signed: SignedEntry) -> EntryId {
        let entry = signed.read().expect("an own entry reads");
        let id = entry.id;
        let signed = entry.signed.clone();
        self.bodies.0.insert(id, signed.body.clone());
        self.ledger.accept(entry, &self.bodies);
        self.entries.push(signed);
        id
    }

    /// Writes a membership op.
    pub fn op(&mut self, author: usize, op: &Op) -> EntryId {
        self.write(author, op_draft(op))
    }

    /// Opens the well of a number.
    pub fn open(&mut self, author: usize, number: usize) -> DocId {
        let facts = Facts::Well(WellFacts::Uwi(format!("W{number}")));
        let (doc, deps, blobs) = (facts.doc_id(), Vec::new(), Vec::new());
        self.write(author, Draft { kind: EntryKind::Open, doc: Some(doc), deps, blobs, body: facts.to_bytes() });
        self.documents.insert(doc, Document::build(DocKind::Well, []).expect("an empty well"));
        doc
    }

    /// Gives a well a name.
    pub fn change(&mut self, author: usize, doc: DocId, name: &str) -> EntryId {
        let draft = self.draft(author, doc, |edit| edit.set_text(Map::Root, "name", Some(name)));
        self.write(author, draft)
    }

    /// Drafts an edit of a document, which keeps it.
    #[must_use]
    pub fn draft(
        &mut self,
        author: usize,
        doc: DocId,
        edit: impl FnOnce(&mut Edit<'_, '_>) -> Result<(), EngineError>,
    ) -> Draft {
        let actor = self.ledger.actor(device_id(&self.devices[author]), doc, &self.bodies).expect("an open document");
        let document = self.documents.get_mut(&doc).expect("an open document");
        let body = document.edit(actor, edit).expect("an edit").expect("a change");
        let changes = gate::scan(&body).expect("a change of our own").deps;
        let (deps, blobs) = (self.ledger.carriers(&doc, &changes).expect("known changes"), Vec::new());
        Draft { kind: EntryKind::Change, doc: Some(doc), deps, blobs, body }
    }

    /// Returns all entries, verified, in the order they were written.
    #[must_use]
    pub fn verified(&self) -> Vec<Entry> {
        self.entries.iter().map(|signed| signed.clone().verify().expect("an entry that verifies")).collect()
    }
}
