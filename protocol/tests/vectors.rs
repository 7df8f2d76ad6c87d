//! Golden vectors: the bytes of format version 1, frozen.
//!
//! `vectors/v1.json` was made once from fixed keys. What this build makes of the same inputs must
//! be the same bytes, and what is committed must be read: a difference is a new format version,
//! not a new vector. `cargo test -p dataforge-protocol --test vectors -- --ignored` writes the
//! file, for additions.

#![allow(clippy::unwrap_used, reason = "this is a test")]

use std::net::SocketAddr;
use std::path::PathBuf;

use data_encoding::HEXLOWER;
use dataforge_protocol::document::{Document, Map, WellState, constant_hash};
use dataforge_protocol::entry::{
    BlobRef, BodyRef, Claims, Entry, EntryKind, HEADER_VERSION, Header, Link, ReadHeader, SignedEntry, read_header,
};
use dataforge_protocol::facts::{DocKind, Facts, Origin, WellFacts};
use dataforge_protocol::gate::actor_for;
use dataforge_protocol::hello::{self, Side};
use dataforge_protocol::id::{BlobHash, DeviceId, DocId, EntryId, PersonId, WorkspaceId};
use dataforge_protocol::key::{
    DeviceCert, Phrase, Signature, device_id, sign_admission, sign_recovery, sign_revocation, verify_recovery,
};
use dataforge_protocol::ledger::{Bodies, DeviceTips, Draft, Ledger, Outcome};
use dataforge_protocol::op::{
    Add, AddDevice, Admit, Cut, CutAt, Describe, ExtendCut, Genesis, Invite, InviteForm, Leave, Op, Person, Proof,
    Ratify, Recover, Remove, RevokeDevice, RevokeInvite, Role, SetRole, Transfer,
};
use dataforge_protocol::ticket::{
    JoinRefusal, JoinReply, JoinRequest, JoinSide, Ticket, TicketForm, fingerprint, join_frame, join_proof,
    read_join_frame, secret_hash,
};
use dataforge_protocol::wire::{Hello, Level, Message};
use iroh_base::SecretKey;
use serde_json::{Map as Object, Value, json};

#[path = "vectors/holding.rs"]
mod holding;

/// One person with one device, from fixed bytes.
struct Someone {
    phrase: Phrase,
    device: SecretKey,
    name: &'static str,
    label: &'static str,
}

impl Someone {
    fn ada() -> Self {
        let device = SecretKey::from_bytes(&[0x21; 32]);
        Self { phrase: Phrase::from_entropy([0x11; 32]), device, name: "Ada", label: "rig 7" }
    }

    fn ben() -> Self {
        let device = SecretKey::from_bytes(&[0x22; 32]);
        Self { phrase: Phrase::from_entropy([0x12; 32]), device, name: "Ben Øst", label: "office" }
    }

    fn cal() -> Self {
        let device = SecretKey::from_bytes(&[0x23; 32]);
        Self { phrase: Phrase::from_entropy([0x13; 32]), device, name: "Cal", label: "tablet" }
    }

    fn dee() -> Self {
        let device = SecretKey::from_bytes(&[0x24; 32]);
        Self { phrase: Phrase::from_entropy([0x14; 32]), device, name: "Dee", label: "desk" }
    }

    fn device(&self) -> DeviceId {
        device_id(&self.device)
    }

    fn id(&self) -> PersonId {
        PersonId(*self.phrase.person_key().public().as_bytes())
    }

    fn person(&self) -> Person {
        let cert = DeviceCert::sign(&self.phrase.person_key(), &self.device);
        Person { id: cert.person, name: self.name.into(), devices: vec![(cert, self.label.into())] }
    }
}

/// The entries so far, in order, by name.
struct Log {
    ledger: Ledger,
    entries: Vec<(&'static str, Entry)>,
}

struct Held<'a>(&'a [(&'static str, Entry)]);

impl Bodies for Held<'_> {
    fn body(&self, id: &EntryId) -> Option<Vec<u8>> {
        let found = self.0.iter().find(|(_, entry)| entry.id == *id);
        found.map(|(_, entry)| entry.signed.body.clone())
    }
}

impl Log {
    fn start(ada: &Someone) -> Self {
        let op = Op::Genesis(Genesis {
            nonce: [0x31; 32],
            name: "North field".into(),
            owners: vec![ada.person()],
            recovery: PersonId(*ada.phrase.recovery_key().public().as_bytes()),
            quorum: 1,
            discovery_secret: [0x32; 32],
        });
        let body = op.to_bytes();
        let header = Header {
            link: Link {
                version: HEADER_VERSION,
                kind: EntryKind::Op.to_u8(),
                workspace: WorkspaceId([0; 32]),
                device: ada.device(),
                seq: 0,
                prev: None,
                body: BodyRef::of(&body),
            },
            claims: Claims { claimed_ms: 1_760_000_000_000, ..Claims::default() },
        };
        let entry = SignedEntry::sign(&header, body, &ada.device).verify().unwrap();
        let ledger = Ledger::start(&entry).unwrap();
        Self { ledger, entries: vec![("genesis", entry)] }
    }

    fn write(&mut self, name: &'static str, who: &Someone, draft: Draft) -> EntryId {
        let ms = 1_760_000_000_000 + self.entries.len() as u64;
        let header = self.ledger.next_header(who.device(), &draft, ms).unwrap();
        let entry = SignedEntry::sign(&header, draft.body, &who.device).verify().unwrap();
        let done = self.ledger.accept(entry.clone(), &Held(&self.entries));
        assert_eq!(done.settled.first().map(|(_, outcome)| outcome), Some(&Outcome::Accepted));
        self.entries.push((name, entry.clone()));
        entry.id
    }

    fn op(&mut self, name: &'static str, who: &Someone, op: &Op) -> EntryId {
        let (deps, blobs, body) = (Vec::new(), Vec::new(), op.to_bytes());
        self.write(name, who, Draft { kind: EntryKind::Op, doc: None, deps, blobs, body })
    }

    fn open(&mut self, name: &'static str, who: &Someone, facts: &Facts, blobs: Vec<BlobRef>) -> EntryId {
        let (doc, deps, body) = (Some(facts.doc_id()), Vec::new(), facts.to_bytes());
        self.write(name, who, Draft { kind: EntryKind::Open, doc, deps, blobs, body })
    }

    fn change(&mut self, name: &'static str, who: &Someone, doc: DocId, deps: Vec<EntryId>, state: &WellState) {
        let actor = self.ledger.actor(who.device(), doc, &Held(&self.entries)).unwrap();
        let bodies: Vec<_> = self
            .entries
            .iter()
            .filter(|(_, entry)| self.ledger.doc_of(&entry.id) == Some(doc))
            .skip(1)
            .map(|(_, entry)| entry.signed.body.as_slice())
            .collect();
        let mut document = Document::build(DocKind::Well, bodies).unwrap();
        let body = document.edit(actor, |edit| state.write(edit)).unwrap().unwrap();
        let blobs = Vec::new();
        self.write(name, who, Draft { kind: EntryKind::Change, doc: Some(doc), deps, blobs, body });
    }
}

fn well() -> Facts {
    Facts::Well(WellFacts::Uwi("100010203104W500".into()))
}

fn run() -> Facts {
    Facts::Run { source: BlobHash::of(b"source file"), data_set: 0 }
}

fn named(name: &str) -> WellState {
    WellState { name: Some(name.into()), ..WellState::default() }
}

fn log() -> Log {
    let (ada, ben) = (Someone::ada(), Someone::ben());
    let mut log = Log::start(&ada);
    let invite = Op::Invite(Invite {
        form: InviteForm::Handed,
        key: secret_hash(&[0x33; 32]),
        role: Role::Editor,
        max_uses: 1,
        expires_ms: 1_760_000_600_000,
    });
    let invite = log.op("invite", &ada, &invite);
    let add = Add { person: ben.person(), role: Role::Editor, invite: Some(invite) };
    log.op("add", &ada, &Op::Add(add));
    let label = Describe { name: Some("Ben".into()), device_label: Some("truck".into()) };
    log.op("describe", &ben, &Op::Describe(label));
    let opened = log.open("open_well", &ada, &well(), Vec::new());
    log.open("open_well_by_first_run", &ada, &Facts::Well(WellFacts::FirstRun(run().doc_id())), Vec::new());
    let source = BlobRef { hash: BlobHash::of(b"source file"), size: 11 };
    log.open("open_run", &ben, &run(), vec![source]);
    log.open("open_project", &ben, &Facts::Project { nonce: [0x34; 16] }, Vec::new());
    log.change("change", &ada, well().doc_id(), vec![opened], &named("10-02-031-04W5"));
    let first = log.entries.last().unwrap().1.id;
    log.change("second_change", &ben, well().doc_id(), vec![first], &named("Øst 1"));
    write_device_ops(&mut log);
    write_restrictions(&mut log);
    write_owners(&mut log);
    log
}

/// Ben's second device, and what ends it.
fn boat() -> SecretKey {
    SecretKey::from_bytes(&[0x25; 32])
}

/// The key of an open ticket.
fn ticket_key() -> SecretKey {
    SecretKey::from_bytes(&[0x35; 32])
}

fn cut_at(device: DeviceId, seq: u64) -> Cut {
    Cut::new(vec![CutAt { device, seq, head: EntryId([0x61; 32]) }])
}

fn write_device_ops(log: &mut Log) {
    let (ben, person) = (Someone::ben(), Someone::ben().phrase.person_key());
    let add = AddDevice { cert: DeviceCert::sign(&person, &boat()), label: "boat".into() };
    log.op("add_device", &ben, &Op::AddDevice(add));
    let device = device_id(&boat());
    let signature = Some(sign_revocation(&person, &device));
    log.op("revoke_device", &ben, &Op::RevokeDevice(RevokeDevice { device, cut: cut_at(device, 300), signature }));
}

fn write_restrictions(log: &mut Log) {
    let (ada, ben, cal) = (Someone::ada(), Someone::ben(), Someone::cal());
    let (key, role) = (*ticket_key().public().as_bytes(), Role::Editor);
    let open = Op::Invite(Invite { form: InviteForm::Open, key, role, max_uses: 300, expires_ms: 1_760_000_600_000 });
    let invite = log.op("open_invite", &ada, &open);
    let person = cal.person();
    let signature = sign_admission(&ticket_key(), log.ledger.workspace(), invite, &person);
    let admitted = log.op("admit", &ben, &Op::Admit(Admit { invite, person, signature }));
    let cut = || cut_at(cal.device(), 2);
    let role = Role::Viewer;
    let lowered = log.op("set_role", &ada, &Op::SetRole(SetRole { person: cal.id(), role, cut: cut() }));
    let cut_further = ExtendCut { removal: lowered, cut: cut_at(cal.device(), 7) };
    log.op("extend_cut", &ada, &Op::ExtendCut(cut_further));
    log.op("remove", &ada, &Op::Remove(Remove { person: cal.id(), cut: cut() }));
    log.op("revoke_invite", &ada, &Op::RevokeInvite(RevokeInvite { invite }));
    log.op("ratify", &ada, &Op::Ratify(Ratify { ops: vec![admitted] }));
}

fn write_owners(log: &mut Log) {
    let (ada, dee) = (Someone::ada(), Someone::dee());
    log.op("add_owner", &ada, &Op::Add(Add { person: dee.person(), role: Role::Owner, invite: None }));
    log.op("transfer", &dee, &Op::Transfer(Transfer { person: Someone::ben().id(), role: Role::Editor }));
    let parent = log.op("leave", &dee, &Op::Leave(Leave { cut: cut_at(dee.device(), 1) }));
    log.op("recover", &ada, &Op::Recover(recovery(log, parent)));
}

/// Signed by the recovery key and by the one first owner, in the order of the keys.
fn recovery(log: &Log, parent: EntryId) -> Recover {
    let ada = Someone::ada();
    let mut op = Recover {
        epoch: 300,
        owners: vec![ada.person()],
        removed: vec![Someone::dee().id()],
        cut: cut_at(Someone::dee().device(), 1),
        proofs: Vec::new(),
    };
    let digest = op.digest(log.ledger.workspace(), ada.device(), &[parent]);
    for secret in [ada.phrase.person_key(), ada.phrase.recovery_key()] {
        let key = PersonId(*secret.public().as_bytes());
        op.proofs.push(Proof { key, signature: sign_recovery(&secret, &digest) });
    }
    op.proofs.sort_by_key(|proof| proof.key);
    op
}

fn recover_digest(log: &Log) -> [u8; 32] {
    let [.., parent, _] = log.entries.as_slice() else { unreachable!("made so") };
    recovery(log, parent.1.id).digest(log.ledger.workspace(), Someone::ada().device(), &[parent.1.id])
}

fn hex(bytes: &[u8]) -> Value {
    Value::String(HEXLOWER.encode(bytes))
}

fn entries(log: &Log) -> Value {
    let entry = |(name, entry): &(&str, Entry)| {
        let SignedEntry { header, signature, body } = &entry.signed;
        let value = json!({
            "header": hex(header),
            "id": entry.id.to_string(),
            "signature": hex(&signature.to_bytes()),
            "body": hex(body),
        });
        ((*name).to_owned(), value)
    };
    Value::Object(log.entries.iter().map(entry).collect::<Object<_, _>>())
}

fn messages(log: &Log) -> Vec<(&'static str, Message)> {
    let signed = |place: usize| log.entries[place].1.signed.clone();
    let chain = DeviceTips {
        device: Someone::ada().device(),
        tips: vec![(5, log.entries[5].1.id), (300, EntryId([0x41; 32]))],
    };
    let level = Level { tips: vec![(7, EntryId([0x42; 32]))], missing_blobs: 300, fetching: true };
    let hello = Hello { tag: [0x43; 32], introduce: true, agent: "dataforge/0.1.0".into() };
    let mut messages = vec![
        ("hello", Message::Hello(hello)),
        ("introduction", Message::Introduction(vec![signed(0), signed(2)])),
        ("tips", Message::Tips(vec![chain], true)),
        ("entries", Message::Entries(vec![signed(4), signed(8)])),
        ("caught_up", Message::CaughtUp),
        ("holding", Message::Holding(vec![BlobHash::of(b"source file"), BlobHash([0x44; 32])])),
        ("level", Message::Level(level)),
    ];
    messages.extend(holding::frames(log));
    messages
}

fn ticket(log: &Log) -> Ticket {
    let addresses = ["192.168.1.7:4433", "[fd00::7]:4433"];
    Ticket {
        workspace: log.ledger.workspace(),
        workspace_name: "North field".into(),
        inviter: "Ada".into(),
        host: Someone::ada().device(),
        addresses: addresses.map(|text| text.parse::<SocketAddr>().unwrap()).to_vec(),
        relays: vec!["https://relay.example/".into()],
        invite: log.entries[1].1.id,
        form: TicketForm::Handed,
        role: Role::Editor,
        expires_ms: 1_760_000_600_000,
        secret: [0x33; 32],
    }
}

fn join_messages(log: &Log) -> (JoinRequest, [JoinReply; 2]) {
    let ticket = ticket(log);
    let person = Someone::ben().person();
    let proof = |side| join_proof(&ticket.secret, &[0x51; 32], side, &ticket.host, &ticket.invite, &person);
    let request =
        JoinRequest { invite: ticket.invite, person: person.clone(), proof: proof(JoinSide::Joiner), admission: None };
    let admitted = JoinReply::Admitted { proof: proof(JoinSide::Host), ops: 3 };
    (request, [admitted, JoinReply::Refused(JoinRefusal::UsedUp)])
}

fn keys() -> Value {
    let ada = Someone::ada();
    let person = ada.person();
    json!({
        "phrase_entropy": hex(&[0x11; 32]),
        "phrase_words": ada.phrase.words(),
        "person_secret": hex(&ada.phrase.person_key().to_bytes()),
        "recovery_secret": hex(&ada.phrase.recovery_key().to_bytes()),
        "person": person.id.to_string(),
        "device_secret": hex(&ada.device.to_bytes()),
        "device": ada.device().to_string(),
        "certificate": hex(&postcard::to_stdvec(&person.devices[0].0).unwrap()),
        "fingerprint": fingerprint(&person.id),
    })
}

fn derived(log: &Log) -> Value {
    let (ada, ben) = (Someone::ada().device(), Someone::ben().device());
    let (tag, proofs) = (|side| hex(&hello::tag(&[0x32; 32], &[0x51; 32], side, &ada, &ben)), join_messages(log));
    let JoinReply::Admitted { proof, .. } = proofs.1[0] else { unreachable!("made so") };
    json!({
        "workspace": log.ledger.workspace().to_string(),
        "well_doc": well().doc_id().to_string(),
        "run_doc": run().doc_id().to_string(),
        "project_doc": Facts::Project { nonce: [0x34; 16] }.doc_id().to_string(),
        "dictionary_doc": Facts::Dictionary.doc_id().to_string(),
        "attachment_doc": Facts::Attachment { blob: BlobHash::of(b"source file") }.doc_id().to_string(),
        "chart_doc": Facts::Chart { nonce: [0x34; 16] }.doc_id().to_string(),
        "selection_doc": Facts::Selection { nonce: [0x34; 16] }.doc_id().to_string(),
        "tops_doc": Facts::Tops(Origin::Run(run().doc_id())).doc_id().to_string(),
        "survey_doc": Facts::Survey(Origin::Person([0x34; 16])).doc_id().to_string(),
        "settings_doc": Facts::Settings.doc_id().to_string(),
        "constant_chart": constant_hash(DocKind::Chart).to_string(),
        "constant_well": constant_hash(DocKind::Well).to_string(),
        "constant_run": constant_hash(DocKind::Run).to_string(),
        "constant_project": constant_hash(DocKind::Project).to_string(),
        "actor": hex(&actor_for(log.ledger.workspace(), ada, well().doc_id(), 300)),
        "hello_tag_dialler": tag(Side::Dialler),
        "hello_tag_listener": tag(Side::Listener),
        "recover_digest": hex(&recover_digest(log)),
        "invite_secret_hash": hex(&secret_hash(&[0x33; 32])),
        "join_proof_joiner": hex(&proofs.0.proof),
        "join_proof_host": hex(&proof),
    })
}

fn vectors() -> Value {
    let log = log();
    let frames = messages(&log).into_iter().map(|(name, message)| (name.to_owned(), hex(&message.to_frame())));
    let (request, [admitted, refused]) = join_messages(&log);
    json!({
        "format": 1,
        "keys": keys(),
        "entries": entries(&log),
        "derived": derived(&log),
        "frames": Value::Object(frames.collect()),
        "join": {
            "request": hex(&join_frame(&request)),
            "admitted": hex(&join_frame(&admitted)),
            "refused": hex(&join_frame(&refused)),
        },
        "ticket": ticket(&log).to_string(),
    })
}

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/v1.json")
}

fn committed() -> Value {
    serde_json::from_str(&std::fs::read_to_string(path()).unwrap()).unwrap()
}

fn bytes(value: &Value) -> Vec<u8> {
    HEXLOWER.decode(value.as_str().unwrap().as_bytes()).unwrap()
}

fn committed_entries() -> Vec<(String, SignedEntry)> {
    let read = |(name, value): (&String, &Value)| {
        let signature: [u8; 64] = bytes(&value["signature"]).try_into().unwrap();
        let signature = Signature::from_bytes(&signature);
        let (header, body) = (bytes(&value["header"]), bytes(&value["body"]));
        (name.clone(), SignedEntry { header, signature, body })
    };
    committed()["entries"].as_object().unwrap().iter().map(read).collect()
}

fn compare(path: &str, ours: &Value, committed: &Value) {
    if let (Value::Object(ours), Value::Object(theirs)) = (ours, committed) {
        let names = |object: &Object<String, Value>| object.keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(ours), names(theirs), "{path}");
        for (name, value) in ours {
            compare(&format!("{path}/{name}"), value, &theirs[name]);
        }
    } else {
        assert_eq!(ours, committed, "{path}");
    }
}

#[test]
fn this_build_makes_the_committed_bytes() {
    compare("", &vectors(), &committed());
}

#[test]
fn committed_entries_verify_and_make_the_workspace() {
    let entries = committed_entries();
    let file = committed();
    let mut held: Vec<(&'static str, Entry)> = Vec::new();
    let mut ledger = None;
    for (name, signed) in entries {
        let entry = signed.verify().unwrap();
        assert_eq!(file["entries"][&name]["id"], entry.id.to_string());
        held.push(("", entry.clone()));
        match &mut ledger {
            None => ledger = Some(Ledger::start(&entry).unwrap()),
            Some(ledger) => {
                let done = ledger.accept(entry, &Held(&held));
                assert_eq!(done.settled[0].1, Outcome::Accepted, "{name}");
            }
        }
    }
    let ledger = ledger.unwrap();
    assert_eq!(file["derived"]["workspace"], ledger.workspace().to_string());
    let members = ledger.members();
    let role = |who: &Someone| members.author(&who.device()).map(|(_, role)| role);
    let roles = [Someone::ada(), Someone::ben(), Someone::cal(), Someone::dee()].each_ref().map(role);
    assert_eq!(roles, [Some(Role::Owner), Some(Role::Owner), None, None]);
    assert!(!members.is_member(&device_id(&boat())) && members.effective() == members.past());
    assert_eq!(members.members[&Someone::ben().person().id].name, "Ben");
    assert_eq!(members.members[&Someone::ben().person().id].devices[&Someone::ben().device()], "truck");
    let changes = held[8..10].iter().map(|(_, entry)| entry.signed.body.as_slice());
    let document = Document::build(DocKind::Well, changes).unwrap();
    assert_eq!(document.get_str(Map::Root, "name").unwrap(), "Øst 1");
}

#[test]
fn committed_ops_are_of_every_kind() {
    let mut kinds = std::collections::BTreeSet::new();
    for (name, signed) in committed_entries() {
        let Ok(ReadHeader::Known(EntryKind::Op, _)) = read_header(&signed.header) else { continue };
        let op = Op::from_bytes(&signed.body).unwrap();
        assert_eq!(op.to_bytes(), signed.body, "{name}");
        kinds.insert(op.kind());
    }
    assert_eq!(kinds.into_iter().collect::<Vec<_>>(), (0..15).collect::<Vec<_>>());
}

#[test]
fn committed_recovery_is_proven() {
    let file = committed();
    let digest: [u8; 32] = bytes(&file["derived"]["recover_digest"]).try_into().unwrap();
    let Ok(Op::Recover(op)) = Op::from_bytes(&bytes(&file["entries"]["recover"]["body"])) else {
        panic!("not a recovery");
    };
    assert_eq!(op.proofs.len(), 2);
    for Proof { key, signature } in &op.proofs {
        assert_eq!(verify_recovery(key, &digest, signature), Ok(()));
    }
}

#[test]
fn committed_headers_are_read_and_encode_to_themselves() {
    for (name, signed) in committed_entries() {
        let Ok(ReadHeader::Known(_, header)) = read_header(&signed.header) else {
            panic!("{name} is not read");
        };
        assert_eq!(header.to_bytes(), signed.header, "{name}");
    }
}

#[test]
fn committed_frames_are_read() {
    let file = committed();
    let log = log();
    for (name, message) in messages(&log) {
        let frame = bytes(&file["frames"][name]);
        let (length, content) = frame.split_at(4);
        assert_eq!(u32::from_be_bytes(length.try_into().unwrap()) as usize, content.len());
        assert_eq!(Message::from_frame(content), Ok(Some(message)), "{name}");
    }
    let (request, [admitted, refused]) = join_messages(&log);
    let join = |name: &str| bytes(&file["join"][name]);
    assert_eq!(read_join_frame(&join("request")[4..]), Some(request));
    assert_eq!(read_join_frame(&join("admitted")[4..]), Some(admitted));
    assert_eq!(read_join_frame(&join("refused")[4..]), Some(refused));
}

#[test]
fn committed_ticket_and_keys_are_read() {
    let file = committed();
    assert_eq!(file["ticket"].as_str().unwrap().parse(), Ok(ticket(&log())));
    let phrase = Phrase::from_words(file["keys"]["phrase_words"].as_str().unwrap()).unwrap();
    assert_eq!(hex(&phrase.person_key().to_bytes()), file["keys"]["person_secret"]);
    let cert: DeviceCert = postcard::from_bytes(&bytes(&file["keys"]["certificate"])).unwrap();
    assert_eq!(cert.verify(), Ok(()));
}

/// Writes the vectors, for additions: `cargo test --test vectors -- --ignored`.
#[test]
#[ignore = "writes into the source tree"]
fn write_vectors() {
    let text = serde_json::to_string_pretty(&vectors()).unwrap();
    std::fs::write(path(), text + "\n").unwrap();
}
