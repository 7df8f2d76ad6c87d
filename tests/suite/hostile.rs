//! Directed attacks of a member who signs what no program writes: each is answered with its own
//! reason, in little time and memory, and leaves everybody able to go on.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use dataforge_protocol::document::{DELETED, Document, Map};
use dataforge_protocol::entry::{BodyRef, EntryKind, Header, SignedEntry, entry_id};
use dataforge_protocol::gate;
use dataforge_protocol::id::{DocId, EntryId, WorkspaceId};
use dataforge_protocol::key::{device_id, sign_entry};
use dataforge_protocol::ledger::Draft;
use dataforge_protocol::op::Role;
use dataforge_tests::chunk::{self, Parts};
use dataforge_tests::fuzz::Outcome;
use dataforge_tests::fuzz::guard::{Guard, Limits};
use dataforge_tests::fuzz::target::Target;
use dataforge_tests::history::{History, person};

/// What one entry may cost whoever is given it.
const LIMITS: Limits = Limits {
    cpu: Duration::from_millis(200),
    cpu_per_byte: Duration::ZERO,
    memory: 64 << 20,
    memory_per_byte: 0,
    memory_most: 64 << 20,
};

const OWNER: usize = 0;
const EDITOR: usize = 1;
const VIEWER: usize = 3;
const STRANGER: usize = 4;

/// A change of a well on its way to being forged.
struct Forge {
    history: History,
    doc: DocId,
    author: usize,
    draft: Draft,
    /// What is done to the header before it is signed.
    header: fn(&mut Header, &History),
}

/// Returns a workspace with a well that two people changed.
fn base() -> (History, DocId) {
    let mut history = History::new(2);
    history.add(3, Role::Viewer);
    history.devices.push(person(4).1);
    let doc = history.open(OWNER, 0);
    history.change(EDITOR, doc, "one");
    history.change(2, doc, "two");
    (history, doc)
}

impl Forge {
    fn new() -> Self {
        let (mut history, doc) = base();
        let draft = history.draft(EDITOR, doc, |edit| edit.set_text(Map::Root, "name", Some("three")));
        Self { history, doc, author: EDITOR, draft, header: |_, _| {} }
    }

    fn body(&mut self, forge: impl FnOnce(Vec<u8>) -> Vec<u8>) {
        self.draft.body = forge(std::mem::take(&mut self.draft.body));
    }

    fn parts(&mut self, forge: impl FnOnce(&mut Parts)) {
        self.body(|body| {
            let mut parts = Parts::read(&body).unwrap();
            forge(&mut parts);
            parts.seal()
        });
    }

    /// Columns of its own, as (specification, bytes).
    fn columns(&mut self, columns: &[(u8, &[u8])]) {
        self.parts(|parts| {
            parts.rest = vec![0, 0, 0, u8::try_from(columns.len()).unwrap()];
            for (kind, bytes) in columns {
                parts.rest.extend([*kind, u8::try_from(bytes.len()).unwrap()]);
            }
            columns.iter().for_each(|(_, bytes)| parts.rest.extend(*bytes));
        });
    }

    fn sign(&self) -> SignedEntry {
        let secret = &self.history.devices[self.author];
        let mut draft = self.draft.clone();
        draft.body.truncate(dataforge_protocol::limits::MAX_BODY_BYTES);
        let mut header = self.history.ledger.next_header(device_id(secret), &draft, 1).unwrap();
        header.link.body = BodyRef::of(&draft.body);
        (self.header)(&mut header, &self.history);
        let bytes = header.to_bytes();
        let signature = sign_entry(secret, entry_id(&bytes).as_bytes());
        SignedEntry { header: bytes, signature, body: draft.body }
    }
}

/// The columns of one op that sets `k` to null.
const SET: [(u8, &[u8]); 5] =
    [(0x15, &[0x7f, 1, b'k']), (0x34, &[1]), (0x42, &[0x7f, 1]), (0x56, &[0x7f, 0]), (0x70, &[0x7f, 0])];

fn with(column: (u8, &'static [u8])) -> Vec<(u8, &'static [u8])> {
    let mut columns: Vec<_> = SET.iter().filter(|(kind, _)| *kind != column.0).copied().collect();
    columns.push(column);
    columns.sort_by_key(|(kind, _)| *kind);
    columns
}

type Attack = (&'static str, fn(&mut Forge), &'static str);

/// What is wrong with a change.
const CHANGES: &[Attack] = &[
    ("nothing at all", |_| {}, "Accepted"),
    ("one op of our own columns", |f| f.columns(&SET), "Accepted"),
    ("ten million ops in a hundred bytes", |f| f.body(|b| chunk::bomb(&b).unwrap()), "Inert(Gate(TooManyOps))"),
    ("a first op too high", |f| f.parts(|p| p.start_op += 1), "Inert(Gate(StartOp))"),
    ("a first op too low", |f| f.parts(|p| p.start_op -= 1), "Inert(Gate(StartOp))"),
    ("a first op of 0", |f| f.parts(|p| p.start_op = 0), "Inert(Gate(Counter))"),
    ("ops beyond 32 bits", |f| f.parts(|p| p.start_op = 1 << 32), "Inert(Gate(Counter))"),
    ("ops beyond 64 bits", |f| f.parts(|p| p.start_op = u64::MAX), "Inert(Gate(Counter))"),
    ("the actor of nobody", |f| f.parts(|p| p.actor.rotate_left(1)), "Inert(Gate(Actor))"),
    ("a long actor", |f| f.parts(|p| p.actor.push(1)), "Inert(Gate(ActorTable))"),
    ("a number twice", |f| f.parts(|p| p.seq -= 1), "Inert(Gate(Sequence))"),
    ("a number left out", |f| f.parts(|p| p.seq += 1), "Inert(Gate(Sequence))"),
    ("the number 0", |f| f.parts(|p| p.seq = 0), "Inert(Gate(Counter))"),
    ("a number beyond 32 bits", |f| f.parts(|p| p.seq = 1 << 32), "Inert(Gate(Counter))"),
    ("a dependency left out", |f| f.parts(|p| p.deps.clear()), "Inert(Gate(Dependencies))"),
    ("a dependency of nobody", |f| f.parts(|p| p.deps.push([0xff; 32])), "Inert(Gate(Dependencies))"),
    ("a dependency twice", |f| f.parts(|p| p.deps.push(p.deps[0])), "Inert(Gate(DepsOrder))"),
    ("65 dependencies", |f| f.parts(|p| p.deps = (0..65).map(|n| [n; 32]).collect()), "Inert(Gate(TooManyDeps))"),
    ("a time", |f| f.parts(|p| p.rest[0] = 1), "Inert(Gate(Time))"),
    ("a message", |f| f.parts(|p| drop(p.rest.splice(1..2, [1, b'x']))), "Inert(Gate(Message))"),
    ("bytes after the columns", |f| f.parts(|p| p.rest.push(0)), "Inert(Gate(ExtraBytes))"),
    (
        "an actor that nothing names",
        |f| {
            f.parts(|p| {
                let end = 3 + 17 * usize::from(p.rest[2]);
                p.rest[2] += 1;
                p.rest.splice(end..end, [&[16][..], &[0xff; 16]].concat());
            })
        },
        "Inert(Gate(ActorTable))",
    ),
    ("endless actors", |f| f.parts(|p| drop(p.rest.splice(2..3, [0xff, 0xff, 0x7f]))), "Inert(Gate(TooManyActors))"),
    ("a compressed chunk", |f| f.body(|b| chunk::chunk(2, chunk::content(&b).unwrap())), "Inert(Gate(ChunkType))"),
    ("a whole document", |f| f.body(|b| chunk::chunk(0, chunk::content(&b).unwrap())), "Inert(Gate(ChunkType))"),
    ("two changes", |f| f.body(|b| [&b[..], &b[..]].concat()), "Inert(Gate(Trailing))"),
    (
        "a wrong checksum",
        |f| {
            f.body(|mut b| {
                b[4] ^= 1;
                b
            })
        },
        "Inert(Gate(Checksum))",
    ),
    ("nothing in it", |f| f.body(|_| Vec::new()), "Inert(Gate(Truncated))"),
    ("half of it", |f| f.body(|b| b[..b.len() / 2].to_vec()), "Inert(Gate(Truncated))"),
    ("something else", |f| f.body(|_| b"no change at all".to_vec()), "Inert(Gate(NotAChange))"),
    ("256 KiB of zeros", |f| f.body(|_| vec![0; 256 << 10]), "Inert(Gate(NotAChange))"),
    ("no ops", |f| f.columns(&[]), "Inert(Gate(Empty))"),
    ("an unknown column", |f| f.columns(&with((0x05, &[1]))), "Inert(Gate(UnknownColumn))"),
    ("a compressed column", |f| f.columns(&with((0x1d, &[1]))), "Inert(Gate(CompressedColumn))"),
    ("an action of the future", |f| f.columns(&with((0x42, &[0x7f, 99]))), "Inert(Gate(Action))"),
    ("a table", |f| f.columns(&with((0x42, &[0x7f, 6]))), "Inert(Gate(Action))"),
    (
        "a value longer than its bytes",
        |f| f.columns(&with((0x56, &[0x7f, 0xf6, 0xff, 0x03]))),
        "Inert(Gate(Truncated))",
    ),
    (
        "2^40 predecessors",
        |f| f.columns(&with((0x70, &[0x7f, 0x80, 0x80, 0x80, 0x80, 0x80, 0x20]))),
        "Inert(Gate(TooManyPreds))",
    ),
    (
        "a deletion below admin",
        |f| {
            let doc = f.doc;
            (f.history, _) = base();
            f.draft = f.history.draft(EDITOR, doc, |edit| edit.set_bool(Map::Root, DELETED, true));
        },
        "Inert(Gate(MayNotDelete))",
    ),
    ("a predecessor beside it", beside, "Inert(Gate(UnknownOp))"),
];

/// Made on two concurrent changes, of which it names one, and says it overwrites both.
fn beside(f: &mut Forge) {
    let (mut history, _) = base();
    let beside = history.draft(2, f.doc, |edit| edit.set_text(Map::Root, "name", Some("four")));
    let mut document = Document::build(dataforge_protocol::facts::DocKind::Well, bodies(&history)).unwrap();
    let device = device_id(&history.devices[OWNER]);
    let actor = history.ledger.actor(device, f.doc, &history.bodies).unwrap();
    let own = document.edit(actor, |edit| edit.set_text(Map::Root, "name", Some("five"))).unwrap().unwrap();
    history.write(2, beside.clone());
    let first = history.write(OWNER, Draft { body: own, ..beside.clone() });
    document.apply(&beside.body).unwrap();
    let both = document.edit(actor, |edit| edit.set_text(Map::Root, "name", Some("six"))).unwrap().unwrap();
    let mut parts = Parts::read(&both).unwrap();
    let own = gate::scan(&history.bodies.0[&first]).unwrap().hash.0;
    parts.deps.retain(|dep| *dep == own);
    (f.author, f.draft) = (OWNER, Draft { deps: vec![first], body: parts.seal(), ..beside });
    f.history = history;
}

fn bodies(history: &History) -> Vec<&[u8]> {
    let is_change = |entry: &&SignedEntry| gate::scan(&entry.body).is_ok();
    history.entries.iter().filter(is_change).map(|entry| &*entry.body).collect()
}

/// What is wrong with the entry around it.
const ENTRIES: &[Attack] = &[
    ("of another workspace", |f| f.header = |h, _| h.link.workspace = WorkspaceId([9; 32]), "Invalid(Workspace)"),
    ("a place left out", |f| f.header = |h, _| h.link.seq += 1, "Invalid(Chain)"),
    ("the end of all places", |f| f.header = |h, _| h.link.seq = u64::MAX, "Invalid(Chain)"),
    ("a chain begun anew", |f| f.header = |h, _| (h.link.seq, h.link.prev) = (0, None), "Excluded"),
    (
        "after the entry of another",
        |f| {
            f.header = |h, f| {
                h.link.prev = f.ledger.device_tips(&device_id(&f.devices[2])).first().map(|(_, id)| *id);
            }
        },
        "Invalid(Chain)",
    ),
    ("blobs that were never named", |f| f.header = |h, _| h.claims.blob_base = 7, "Invalid(Chain)"),
    (
        "knowing less than what it builds on",
        |f| {
            f.header = |h, f| {
                h.claims.mheads = vec![f.ledger.ops()[1]];
            }
        },
        "Invalid(Order)",
    ),
    (
        "building on an op",
        |f| {
            f.header = |h, f| {
                h.claims.deps = vec![f.ledger.ops()[1]];
            }
        },
        "Invalid(Ancestor)",
    ),
    ("building on what nobody has", |f| f.header = |h, _| h.claims.deps = vec![EntryId([9; 32])], "Waiting"),
    ("knowing data as an op", |f| f.header = |h, _| h.claims.mheads = h.claims.deps.clone(), "Invalid(Ancestor)"),
    ("by a viewer", |f| f.author = VIEWER, "Invalid(NotAWriter)"),
    ("by a stranger", |f| f.author = STRANGER, "Invalid(NotAWriter)"),
    ("of a document that nobody opened", |f| f.draft.doc = Some(DocId([9; 32])), "Inert(NotOpened)"),
    (
        "of another document",
        |f| {
            let doc = f.history.open(EDITOR, 77);
            (f.draft.doc, f.draft.deps) = (Some(doc), f.history.ledger.doc_heads(&doc));
        },
        "Inert(Gate(Actor))",
    ),
    ("the facts of another document", |f| f.draft.kind = EntryKind::Open, "Inert(Facts)"),
    (
        "an op that is none",
        |f| {
            f.draft =
                Draft { kind: EntryKind::Op, doc: None, deps: Vec::new(), blobs: Vec::new(), body: vec![1, 2, 3] };
        },
        "Invalid(MalformedOp)",
    ),
    (
        "an op of the future",
        |f| {
            f.draft =
                Draft { kind: EntryKind::Op, doc: None, deps: Vec::new(), blobs: Vec::new(), body: vec![200, 2, 3] };
        },
        "Unreadable",
    ),
];

/// Gives one entry to the ledger of a history.
struct Given {
    forge: Forge,
    entry: Option<SignedEntry>,
    answer: Arc<Mutex<String>>,
}

impl Target for Given {
    fn run(&mut self, _: &[u8]) -> Outcome {
        let entry = self.entry.take().unwrap().verify().unwrap();
        let id = entry.id;
        let History { ledger, bodies, .. } = &mut self.forge.history;
        let other = ledger.accept(entry, bodies).other;
        let outcome = other.or_else(|| ledger.outcome(&id)).unwrap();
        *self.answer.lock().unwrap() = format!("{outcome:?}");
        // Everybody goes on.
        let doc = self.forge.history.open(OWNER, 99);
        self.forge.history.change(OWNER, doc, "unharmed");
        Outcome::default()
    }
}

/// Returns what was answered in place of what was expected.
fn wrong((name, attack, expected): &Attack) -> Option<String> {
    let mut forge = Forge::new();
    attack(&mut forge);
    let entry = Some(forge.sign());
    let answer = Arc::default();
    let target = Given { forge, entry, answer: Arc::clone(&answer) };
    let run = Guard::start(Box::new(target), LIMITS).run(&[]);
    let answer = run.map_or_else(|trouble| trouble.to_string(), |_| answer.lock().unwrap().clone());
    (answer != *expected).then(|| format!("{name}: {answer} in place of {expected}"))
}

#[test]
fn every_forged_change_is_answered_with_its_reason() {
    assert!(CHANGES.len() >= 32, "two of them are sound");
    assert_eq!(CHANGES.iter().filter_map(wrong).collect::<Vec<_>>(), [""; 0]);
}

#[test]
fn every_forged_entry_is_answered_with_its_reason() {
    assert_eq!(ENTRIES.iter().filter_map(wrong).collect::<Vec<_>>(), [""; 0]);
}

#[test]
fn a_bomb_is_refused_within_a_millisecond() {
    let mut forge = Forge::new();
    forge.body(|body| chunk::bomb(&body).unwrap());
    assert!(forge.draft.body.len() < 160, "{}", forge.draft.body.len());
    let refused = || {
        let start = Instant::now();
        assert_eq!(gate::scan(&forge.draft.body).unwrap_err(), gate::Refusal::TooManyOps);
        start.elapsed()
    };
    // The quickest of some: the machine may be busy.
    let quickest = (0..20).map(|_| refused()).min().unwrap();
    assert!(quickest < Duration::from_millis(1), "{quickest:?}");
}
