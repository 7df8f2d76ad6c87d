//! Prints how fast the protocol crate verifies and accepts entries, on histories of the shapes
//! that could make it slow: many documents, long documents, many ops, a fork.

#![allow(clippy::print_stdout, reason = "printing is what it is for")]

use std::collections::BTreeMap;
use std::time::Instant;

use dataforge_protocol::document::{Document, Map};
use dataforge_protocol::entry::{BodyRef, Claims, EntryKind, HEADER_VERSION, Header, Link, SignedEntry};
use dataforge_protocol::facts::{DocKind, Facts, WellFacts};
use dataforge_protocol::id::{DocId, EntryId, PersonId, WorkspaceId};
use dataforge_protocol::key::{DeviceCert, Phrase, device_id};
use dataforge_protocol::ledger::{Bodies, Draft, Ledger, Outcome};
use dataforge_protocol::op::{Add, Describe, Genesis, Op, Person, Role};
use iroh::SecretKey;

/// A history under way, signed by a few devices.
struct Bench {
    ledger: Ledger,
    entries: Vec<SignedEntry>,
    bodies: BTreeMap<EntryId, Vec<u8>>,
    devices: Vec<SecretKey>,
    documents: BTreeMap<DocId, (Document, EntryId)>,
}

struct Held<'a>(&'a BTreeMap<EntryId, Vec<u8>>);

impl Bodies for Held<'_> {
    fn body(&self, id: &EntryId) -> Option<Vec<u8>> {
        self.0.get(id).cloned()
    }
}

fn person(number: u16) -> (Person, SecretKey) {
    let mut bytes = [1; 32];
    bytes[..2].copy_from_slice(&number.to_be_bytes());
    let device = SecretKey::from_bytes(&bytes);
    let cert = DeviceCert::sign(&Phrase::from_entropy(bytes).person_key(), &device);
    let name = format!("person {number}");
    (Person { id: cert.person, name, devices: vec![(cert, "laptop".into())] }, device)
}

impl Bench {
    fn new(editors: u16) -> Self {
        let (owner, secret) = person(0);
        let body = Op::Genesis(Genesis {
            nonce: [1; 32],
            name: "Bench".into(),
            owners: vec![owner],
            recovery: PersonId([2; 32]),
            quorum: 0,
            discovery_secret: [3; 32],
        })
        .to_bytes();
        let (version, kind, workspace) = (HEADER_VERSION, EntryKind::Op.to_u8(), WorkspaceId([0; 32]));
        let device = device_id(&secret);
        let header = Header {
            link: Link { version, kind, workspace, device, seq: 0, prev: None, body: BodyRef::of(&body) },
            claims: Claims { ..Claims::default() },
        };
        let signed = SignedEntry::sign(&header, body, &secret);
        let genesis = signed.clone().verify().expect("a genesis that verifies");
        let ledger = Ledger::start(&genesis).expect("a valid genesis");
        let (bodies, documents) = Default::default();
        let mut bench = Self { ledger, entries: vec![signed], bodies, devices: vec![secret], documents };
        for number in 1..=editors {
            bench.add(number);
        }
        bench
    }

    fn add(&mut self, number: u16) {
        let (person, device) = person(number);
        self.op(0, &Op::Add(Add { person, role: Role::Editor, invite: None }));
        self.devices.push(device);
    }

    fn write(&mut self, author: usize, draft: Draft) -> EntryId {
        let secret = &self.devices[author];
        let header = self.ledger.next_header(device_id(secret), &draft, 1).expect("a header");
        let signed = SignedEntry::sign(&header, draft.body, secret);
        self.take(signed)
    }

    fn take(&mut self, signed: SignedEntry) -> EntryId {
        let entry = signed.clone().read().expect("an own entry reads");
        let id = entry.id;
        self.bodies.insert(id, signed.body.clone());
        let done = self.ledger.accept(entry, &Held(&self.bodies));
        assert_eq!(done.other, None, "an own entry settles");
        self.entries.push(signed);
        id
    }

    fn op(&mut self, author: usize, op: &Op) -> EntryId {
        let (deps, blobs) = (Vec::new(), Vec::new());
        self.write(author, Draft { kind: EntryKind::Op, doc: None, deps, blobs, body: op.to_bytes() })
    }

    fn open(&mut self, author: usize, number: usize) -> DocId {
        let facts = Facts::Well(WellFacts::Uwi(format!("W{number}")));
        let (doc, deps, blobs) = (facts.doc_id(), Vec::new(), Vec::new());
        let draft = Draft { kind: EntryKind::Open, doc: Some(doc), deps, blobs, body: facts.to_bytes() };
        let id = self.write(author, draft);
        let document = Document::build(DocKind::Well, []).expect("an empty well");
        self.documents.insert(doc, (document, id));
        doc
    }

    fn change(&mut self, author: usize, doc: DocId, text: &str) {
        let device = device_id(&self.devices[author]);
        let actor = self.ledger.actor(device, doc, &Held(&self.bodies)).expect("an open document");
        let (document, last) = self.documents.get_mut(&doc).expect("an open document");
        let body = document.edit(actor, |edit| edit.set_text(Map::Root, "name", Some(text)));
        let body = body.expect("an edit").expect("a change");
        let (deps, blobs) = (vec![*last], Vec::new());
        let id = self.write(author, Draft { kind: EntryKind::Change, doc: Some(doc), deps, blobs, body });
        if let Some((_, last)) = self.documents.get_mut(&doc) {
            *last = id;
        }
    }

    /// Verifies and accepts everything anew, restores it, and prints the times.
    fn print(&self, name: &str, wrote: std::time::Duration) {
        let count = self.entries.len();
        let rate = |took: std::time::Duration| count as f64 / took.as_secs_f64();
        let start = Instant::now();
        let verify = |signed: &SignedEntry| signed.clone().verify().expect("an entry that verifies");
        let verified: Vec<_> = self.entries.iter().map(verify).collect();
        let verifying = start.elapsed();
        let start = Instant::now();
        let mut ledger = Ledger::start(&verified[0]).expect("a valid genesis");
        for entry in &verified[1..] {
            ledger.accept(entry.clone(), &Held(&self.bodies));
        }
        let accepting = start.elapsed();
        assert_eq!(ledger.position(), self.ledger.position());
        let stored = verified.into_iter().map(|entry| {
            let outcome = ledger.outcome(&entry.id).unwrap_or(Outcome::Unreadable);
            (entry, outcome)
        });
        let stored: Vec<_> = stored.collect();
        let start = Instant::now();
        let restored = Ledger::restore(stored).expect("a stored log");
        let restoring = start.elapsed();
        let start = Instant::now();
        assert_eq!(restored.missing_for(&restored.tips()).0, []);
        let comparing = start.elapsed();
        println!(
            "{name}: {count} entries; write {:.0}/s, verify {:.0}/s, accept {:.0}/s, both {:.0}/s; restore {restoring:.0?}, compare tips {comparing:.0?}",
            rate(wrote),
            rate(verifying),
            rate(accepting),
            rate(verifying + accepting),
        );
    }
}

fn many_small_changes() {
    let (mut bench, start) = (Bench::new(3), Instant::now());
    let docs: Vec<_> = (0..200).map(|n| bench.open(0, n)).collect();
    for n in 0..20_000 {
        bench.change(n % 4, docs[n * 7 % 200], &format!("name {n}"));
    }
    bench.print("20,000 changes of 200 documents", start.elapsed());
}

fn one_long_document() {
    let (mut bench, start) = (Bench::new(3), Instant::now());
    let doc = bench.open(0, 0);
    for n in 0..2_000 {
        bench.change(n % 4, doc, &format!("name {n}"));
    }
    bench.print("one document of 2,000 changes", start.elapsed());
}

fn many_documents() {
    let (mut bench, start) = (Bench::new(3), Instant::now());
    for n in 0..10_000 {
        let doc = bench.open(n % 4, n);
        bench.change(n % 4, doc, "name");
    }
    bench.print("10,000 documents of one change", start.elapsed());
}

fn many_ops() {
    let (mut bench, start) = (Bench::new(0), Instant::now());
    for number in 1..=1_000 {
        bench.add(number);
        bench.op(usize::from(number), &Op::Describe(Describe { name: None, device_label: Some("rig".into()) }));
        bench.open(usize::from(number), usize::from(number));
    }
    bench.print("2,000 ops of 1,000 members, each with an open", start.elapsed());
}

/// A fork that somebody built upon, early in a long history.
fn beside_a_fork() {
    let (mut bench, start) = (Bench::new(3), Instant::now());
    let docs: Vec<_> = (0..50).map(|n| bench.open(0, n)).collect();
    let draft = |name: &str| {
        let op = Op::Describe(Describe { name: Some(name.into()), device_label: None });
        let (deps, blobs) = (Vec::new(), Vec::new());
        Draft { kind: EntryKind::Op, doc: None, deps, blobs, body: op.to_bytes() }
    };
    let (forker, other) = (bench.devices[1].clone(), draft("other"));
    let header = bench.ledger.next_header(device_id(&forker), &other, 1).expect("a header");
    bench.change(1, docs[0], "forked");
    bench.change(2, docs[0], "built upon");
    bench.take(SignedEntry::sign(&header, other.body, &forker));
    for n in 0..5_000 {
        let author = [0, 2, 3][n % 3];
        bench.change(author, docs[n * 7 % 50], &format!("name {n}"));
    }
    bench.print("5,000 changes beside a fork that was built upon", start.elapsed());
}

fn main() {
    let runs: [(&str, fn()); 5] = [
        ("changes", many_small_changes),
        ("document", one_long_document),
        ("documents", many_documents),
        ("ops", many_ops),
        ("fork", beside_a_fork),
    ];
    let only = std::env::args().nth(1);
    for (name, run) in runs {
        if only.as_deref().is_none_or(|only| only == name) {
            run();
        }
    }
}
