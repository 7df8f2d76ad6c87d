//! Entries of a graph, with ids that are its ranks.

use std::collections::{BTreeMap, BTreeSet};

use iroh_base::SecretKey;

use super::text::{Graph, Item};
use crate::entry::{BodyRef, Claims, Entry, EntryKind, HEADER_VERSION, Header, Link, ReadHeader, SignedEntry};
use crate::id::{DeviceId, EntryId, PersonId, WorkspaceId};
use crate::key::{DeviceCert, Signature, device_id, sign_admission, sign_recovery, sign_revocation};
use crate::ledger::tests::fixture::well;
use crate::op::{
    Add, AddDevice, Admit, Cut, CutAt, Describe, ExtendCut, Genesis, Invite, InviteForm, Leave, Op, Person, Proof,
    Ratify, Recover, Remove, RevokeDevice, RevokeInvite, Role, SetRole, Transfer,
};

/// Keys and ids by name.
pub(super) struct Cast {
    ranks: BTreeMap<String, u64>,
    persons: Vec<SecretKey>,
    devices: Vec<SecretKey>,
    recovery: SecretKey,
}

/// Keys enough for any graph, in the order of their public halves.
fn keys(context: &str, count: usize) -> Vec<SecretKey> {
    let key = |number: usize| SecretKey::from_bytes(&blake3::derive_key(context, &number.to_be_bytes()));
    let mut keys: Vec<_> = (0..count).map(key).collect();
    keys.sort_by_key(|key| *key.public().as_bytes());
    keys
}

fn number(name: &str) -> usize {
    name.get(1..).and_then(|digits| digits.parse().ok()).expect("a letter and a number")
}

fn role(rank: &str) -> Role {
    rank.parse().ok().and_then(Role::from_rank).expect("a rank")
}

fn rank_id(rank: u64) -> EntryId {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&rank.to_be_bytes());
    EntryId(bytes)
}

impl Cast {
    pub(super) fn of(graph: &Graph) -> Self {
        let ranks = graph.items().map(|item| (item.name.clone(), item.rank)).collect();
        let (persons, devices) = (keys("test persons", 40), keys("test devices", 80));
        Self { ranks, persons, devices, recovery: SecretKey::from_bytes(&[9; 32]) }
    }

    pub(super) fn id(&self, name: &str) -> EntryId {
        match self.ranks.get(name) {
            Some(rank) => rank_id(*rank),
            // Of nothing in the graph.
            None => EntryId(*blake3::hash(name.as_bytes()).as_bytes()),
        }
    }

    fn ids(&self, names: &[&str]) -> Vec<EntryId> {
        let ids: BTreeSet<_> = names.iter().map(|name| self.id(name)).collect();
        ids.into_iter().collect()
    }

    fn device(&self, name: &str) -> DeviceId {
        device_id(&self.devices[number(name)])
    }

    fn person_id(&self, name: &str) -> PersonId {
        PersonId(*self.persons[number(name)].public().as_bytes())
    }

    pub(super) fn device_name(&self, id: &DeviceId) -> (usize, String) {
        let found = self.devices.iter().position(|key| device_id(key) == *id).unwrap();
        (found, format!("d{found}"))
    }

    pub(super) fn person_name(&self, id: &PersonId) -> (usize, String) {
        let found = self.persons.iter().position(|key| key.public().as_bytes() == id.as_bytes()).unwrap();
        (found, format!("p{found}"))
    }

    fn cert(&self, person: &str, device: &str) -> DeviceCert {
        DeviceCert::sign(&self.persons[number(person)], &self.devices[number(device)])
    }

    fn person(&self, name: &str, devices: &[&str]) -> Person {
        let devices = devices.iter().map(|device| (self.cert(name, device), "a device".to_owned()));
        Person { id: self.person_id(name), name: name.to_owned(), devices: devices.collect() }
    }

    /// Reads `p0:d0,d3;p1:d1`.
    fn people(&self, text: &str) -> Vec<Person> {
        let person = |word: &str| {
            let (name, devices) = word.split_once(':').unwrap();
            self.person(name, &devices.split(',').collect::<Vec<_>>())
        };
        text.split(';').filter(|word| !word.is_empty()).map(person).collect()
    }

    /// Reads `d0:7:e3,d1:2:o5`.
    fn cut(&self, item: &Item) -> Cut {
        let at = |word: &str| {
            let parts: Vec<_> = word.split(':').collect();
            let [device, seq, head] = parts[..] else { panic!("device:seq:head") };
            CutAt { device: self.device(device), seq: seq.parse().unwrap(), head: self.id(head) }
        };
        Cut::new(item.list("cut").into_iter().map(at).collect())
    }

    /// The key of the ticket of an invite.
    fn ticket(&self, invite: &str) -> SecretKey {
        SecretKey::from_bytes(&blake3::derive_key("test tickets", invite.as_bytes()))
    }

    fn op(&self, item: &Item, parents: &[EntryId]) -> Op {
        let t = item.field("t");
        let person = || self.person_id(t);
        match item.kind.as_str() {
            "genesis" => Op::Genesis(self.genesis(item)),
            "add" => Op::Add(Add {
                person: self.person(t, &item.list("with")),
                role: role(item.field("role")),
                invite: item.fields.get("of").map(|invite| self.id(invite)),
            }),
            "role" => Op::SetRole(SetRole { person: person(), role: role(item.field("role")), cut: self.cut(item) }),
            "remove" => Op::Remove(Remove { person: person(), cut: self.cut(item) }),
            "leave" => Op::Leave(Leave { cut: self.cut(item) }),
            "ratify" => Op::Ratify(Ratify { ops: self.ids(&item.list("ops")) }),
            "extend" => Op::ExtendCut(ExtendCut { removal: self.id(item.field("of")), cut: self.cut(item) }),
            "device" => Op::AddDevice(AddDevice { cert: self.cert(t, item.field("d")), label: "more".into() }),
            "revoke" => Op::RevokeDevice(self.revocation(item)),
            "describe" => Op::Describe(Describe { name: None, device_label: None }),
            "recover" => Op::Recover(self.recovery(item, parents)),
            "transfer" => Op::Transfer(Transfer { person: person(), role: role(item.field("role")) }),
            "invite" => Op::Invite(self.invite(item)),
            "admit" => Op::Admit(self.admission(item)),
            "uninvite" => Op::RevokeInvite(RevokeInvite { invite: self.id(item.field("of")) }),
            other => panic!("unknown kind {other}"),
        }
    }

    fn genesis(&self, item: &Item) -> Genesis {
        let owners = self.people(item.field("owners"));
        let quorum: u8 = item.field("quorum").parse().unwrap();
        Genesis {
            nonce: [1; 32],
            name: "Graph".into(),
            recovery: PersonId(*self.recovery.public().as_bytes()),
            // More than there are is malformed, and comes to the same as none.
            quorum: if usize::from(quorum) <= owners.len() { quorum } else { 0 },
            owners,
            discovery_secret: [2; 32],
        }
    }

    fn revocation(&self, item: &Item) -> RevokeDevice {
        let device = self.device(item.field("d"));
        let signer = item.fields.get("signed").map(|person| &self.persons[number(person)]);
        let signature = signer.map(|person| sign_revocation(person, &device));
        RevokeDevice { device, cut: self.cut(item), signature }
    }

    fn recovery(&self, item: &Item, parents: &[EntryId]) -> Recover {
        let removed: BTreeSet<_> = item.list("gone").into_iter().map(|name| self.person_id(name)).collect();
        let mut op = Recover {
            epoch: item.field("epoch").parse().unwrap(),
            owners: self.people(item.field("owners")),
            removed: removed.into_iter().collect(),
            cut: self.cut(item),
            proofs: Vec::new(),
        };
        let digest = op.digest(WorkspaceId(self.id("o0").0), self.device(&item.device), parents);
        let proof = |name: &str| {
            let key = if name == "key" { &self.recovery } else { &self.persons[number(name)] };
            let signature: Signature = sign_recovery(key, &digest);
            Proof { key: PersonId(*key.public().as_bytes()), signature }
        };
        op.proofs = item.list("proofs").into_iter().map(proof).collect();
        op.proofs.sort_by_key(|proof| proof.key);
        op
    }

    fn invite(&self, item: &Item) -> Invite {
        let form = match item.field("form") {
            "handed" => InviteForm::Handed,
            "approval" => InviteForm::Approval,
            "open" => InviteForm::Open,
            other => panic!("unknown form {other}"),
        };
        let key = *self.ticket(&item.name).public().as_bytes();
        let max_uses = item.field("uses").parse().unwrap();
        Invite { form, key, role: role(item.field("role")), max_uses, expires_ms: 0 }
    }

    fn admission(&self, item: &Item) -> Admit {
        let (name, invite) = (item.field("of"), self.id(item.field("of")));
        let person = self.person(item.field("t"), &item.list("with"));
        let signature = sign_admission(&self.ticket(name), WorkspaceId(self.id("o0").0), invite, &person);
        Admit { invite, person, signature }
    }

    pub(super) fn entry(&self, item: &Item) -> Entry {
        let parents = self.ids(&item.list("on"));
        let is_data = item.kind == "data";
        let is_genesis = item.kind == "genesis";
        let facts = well(usize::try_from(item.rank).unwrap());
        let (kind, body) = match is_data {
            true => (EntryKind::Open, facts.to_bytes()),
            false => (EntryKind::Op, self.op(item, &parents).to_bytes()),
        };
        let workspace = WorkspaceId(if is_genesis { [0; 32] } else { self.id("o0").0 });
        let link = Link {
            version: HEADER_VERSION,
            kind: kind.to_u8(),
            workspace,
            device: self.device(&item.device),
            seq: item.seq,
            prev: item.prev.as_ref().map(|prev| self.id(prev)),
            body: BodyRef::of(&body),
        };
        let deps = self.ids(&item.list("deps"));
        let claims = Claims { mheads: parents, doc: is_data.then(|| facts.doc_id()), deps, ..Claims::default() };
        let header = Header { link, claims };
        let signed = SignedEntry::sign(&header, body, &self.devices[number(&item.device)]);
        Entry { id: self.id(&item.name), header: ReadHeader::Known(kind, header), signed }
    }
}
