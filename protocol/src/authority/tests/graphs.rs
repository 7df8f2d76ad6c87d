//! The graphs of the executable model (`tests/model`), and what it says about their ops.

use std::collections::{BTreeMap, BTreeSet};

use super::world::{id, key, person};
use crate::authority::Membership;
use crate::id::{DeviceId, EntryId, PersonId, WorkspaceId};
use crate::key::{DeviceCert, Signature, sign_admission, sign_recovery, sign_revocation};
use crate::ledger::tests::graphs::file_of_graphs;
use crate::op::{
    Add, AddDevice, Admit, Cut, CutAt, Describe, ExtendCut, Genesis, Invite, InviteForm, Leave, Op, Person, Proof,
    Ratify, Recover, Remove, RevokeDevice, RevokeInvite, Role, SetRole, Transfer,
};

/// The fields of a line, by name.
struct Fields<'a>(BTreeMap<&'a str, &'a str>);

impl<'a> Fields<'a> {
    fn of(words: &[&'a str]) -> Self {
        Self(words.iter().map(|word| word.split_once('=').unwrap()).collect())
    }

    fn get(&self, name: &str) -> &'a str {
        self.0.get(name).copied().unwrap_or("")
    }

    fn list(&self, name: &str) -> Vec<&'a str> {
        self.get(name).split(',').filter(|word| !word.is_empty()).collect()
    }

    fn number<T: std::str::FromStr>(&self, name: &str) -> T {
        self.get(name).parse().ok().unwrap()
    }

    fn role(&self) -> Role {
        Role::from_rank(self.number("role")).unwrap()
    }
}

/// A graph as it is rebuilt; data is left out.
#[derive(Default)]
struct Graph {
    membership: Membership,
    /// Ids of ops, valid or not, by name.
    ops: BTreeMap<String, EntryId>,
    invalid: BTreeSet<String>,
}

/// Returns the device of a name; devices sort as their numbers do.
fn device(name: &str) -> DeviceId {
    DeviceId(id(name[1..].parse().unwrap()).0)
}

/// Returns a certificate nobody signed: membership does not look at that.
fn cert(person: PersonId, device: DeviceId) -> DeviceCert {
    let bytes = [person.as_bytes().as_slice(), device.as_bytes(), &[0; 128]].concat();
    postcard::from_bytes(&bytes).unwrap()
}

fn with_devices(name: &str, devices: &[&str]) -> Person {
    let certified = |name_of: &&str| (cert(person(name), device(name_of)), (*name_of).to_owned());
    Person { id: person(name), name: name.to_owned(), devices: devices.iter().map(certified).collect() }
}

fn owners(text: &str) -> Vec<Person> {
    let one = |text: &str| {
        let (name, devices) = text.split_once(':').unwrap();
        with_devices(name, &devices.split(',').collect::<Vec<_>>())
    };
    text.split(';').filter(|text| !text.is_empty()).map(one).collect()
}

impl Graph {
    fn find(&self, name: &str) -> EntryId {
        self.ops.get(name).copied().unwrap_or(EntryId([0xff; 32]))
    }

    fn cut(&self, fields: &Fields<'_>) -> Cut {
        let place = |text: &str| {
            let parts: Vec<_> = text.split(':').collect();
            CutAt { device: device(parts[0]), seq: parts[1].parse().unwrap(), head: self.find(parts[2]) }
        };
        Cut::new(fields.list("cut").into_iter().map(place).collect())
    }

    fn workspace(&self) -> WorkspaceId {
        WorkspaceId(self.find("o0").0)
    }

    fn recover(&self, by: DeviceId, parents: &[EntryId], fields: &Fields<'_>) -> Op {
        let removed: BTreeSet<_> = fields.list("gone").into_iter().map(person).collect();
        let mut op = Recover {
            epoch: fields.number("epoch"),
            owners: owners(fields.get("owners")),
            removed: removed.into_iter().collect(),
            cut: self.cut(fields),
            proofs: Vec::new(),
        };
        let digest = op.digest(self.workspace(), by, parents);
        let proof = |name: &str| Proof { key: person(name), signature: sign_recovery(&key(name), &digest) };
        op.proofs = fields.list("proofs").into_iter().map(proof).collect();
        Op::Recover(op)
    }

    fn op(&self, kind: &str, by: DeviceId, parents: &[EntryId], fields: &Fields<'_>) -> Op {
        let named = || person(fields.get("t"));
        let joins = || with_devices(fields.get("t"), &fields.list("with"));
        let of = || self.find(fields.get("of"));
        match kind {
            "genesis" => Op::Genesis(Genesis {
                nonce: [0; 32],
                name: "Field".into(),
                owners: owners(fields.get("owners")),
                recovery: person("key"),
                quorum: fields.number("quorum"),
                discovery_secret: [0; 32],
            }),
            "add" => {
                let invite = (!fields.get("of").is_empty()).then(of);
                Op::Add(Add { person: joins(), role: fields.role(), invite })
            }
            "role" => Op::SetRole(SetRole { person: named(), role: fields.role(), cut: self.cut(fields) }),
            "remove" => Op::Remove(Remove { person: named(), cut: self.cut(fields) }),
            "leave" => Op::Leave(Leave { cut: self.cut(fields) }),
            "ratify" => {
                Op::Ratify(Ratify { ops: fields.list("ops").into_iter().map(|name| self.find(name)).collect() })
            }
            "extend" => Op::ExtendCut(ExtendCut { removal: of(), cut: self.cut(fields) }),
            "device" => {
                let cert = cert(named(), device(fields.get("d")));
                Op::AddDevice(AddDevice { cert, label: fields.get("d").to_owned() })
            }
            "revoke" => {
                let device = device(fields.get("d"));
                let signer = Some(fields.get("signed")).filter(|signer| !signer.is_empty());
                let signature = signer.map(|signer| sign_revocation(&key(signer), &device));
                Op::RevokeDevice(RevokeDevice { device, cut: self.cut(fields), signature })
            }
            "describe" => Op::Describe(Describe { name: None, device_label: Some("label".into()) }),
            "recover" => self.recover(by, parents, fields),
            "transfer" => Op::Transfer(Transfer { person: named(), role: fields.role() }),
            "invite" => {
                let form = match fields.get("form") {
                    "handed" => InviteForm::Handed,
                    "approval" => InviteForm::Approval,
                    form => {
                        assert_eq!(form, "open");
                        InviteForm::Open
                    }
                };
                let key = *key("ticket").public().as_bytes();
                Op::Invite(Invite { form, key, role: fields.role(), max_uses: fields.number("uses"), expires_ms: 0 })
            }
            "admit" => {
                let (invite, person) = (of(), joins());
                let signature: Signature = sign_admission(&key("ticket"), self.workspace(), invite, &person);
                Op::Admit(Admit { invite, person, signature })
            }
            "uninvite" => Op::RevokeInvite(RevokeInvite { invite: of() }),
            other => panic!("kind {other}"),
        }
    }

    fn object(&mut self, words: &[&str]) {
        let [name, rank, by, _seq, _prev, kind, rest @ ..] = words else { panic!("{words:?}") };
        if *kind == "data" {
            return;
        }
        let fields = Fields::of(rest);
        let (by, this) = (device(by), id(rank.parse().unwrap()));
        let mut parents: Vec<_> = fields.list("on").into_iter().map(|parent| self.find(parent)).collect();
        parents.sort_unstable();
        self.ops.insert((*name).to_owned(), this);
        let op = self.op(kind, by, &parents, &fields);
        let is_known = parents.iter().all(|parent| self.membership.contains(parent));
        if !is_known || self.membership.add(this, by, &parents, op).is_err() {
            self.invalid.insert((*name).to_owned());
        }
    }

    fn verdict(&mut self, words: &[&str]) -> BTreeMap<&'static str, String> {
        let fields = Fields::of(words);
        let view = self.membership.now();
        let names = |name: &str| -> BTreeSet<String> {
            fields.list(name).into_iter().filter(|name| name.starts_with('o')).map(str::to_owned).collect()
        };
        let mut members = BTreeMap::new();
        for member in fields.get("members").split(';') {
            let parts: Vec<_> = member.split(':').collect();
            let devices: BTreeSet<_> = parts[2].split(',').filter(|name| !name.is_empty()).map(device).collect();
            members.insert(person(parts[0]), (parts[1].parse::<u8>().unwrap(), devices));
        }
        let ours: BTreeMap<_, _> = view
            .members
            .iter()
            .map(|(person, member)| {
                (*person, (member.role.rank(), member.devices.keys().copied().collect::<BTreeSet<_>>()))
            })
            .collect();
        let is_void =
            |id: &EntryId| self.membership.number_of(id).is_some_and(|number| !view.effective().contains(number));
        let void: BTreeSet<_> = self.ops.iter().filter(|(_, id)| is_void(id)).map(|(name, _)| name.clone()).collect();
        let mut wrong = BTreeMap::new();
        let mut compare = |what, ours: String, theirs: String| {
            if ours != theirs {
                wrong.insert(what, format!("{ours} instead of {theirs}"));
            }
        };
        compare("invalid", format!("{:?}", self.invalid), format!("{:?}", names("invalid")));
        compare("void", format!("{void:?}"), format!("{:?}", names("void")));
        compare("members", format!("{ours:?}"), format!("{members:?}"));
        super::world::check_resolved(&mut self.membership);
        wrong
    }
}

fn check_file(file: &str) {
    let text = file_of_graphs(file);
    let (mut verdicts, mut wrong) = (0, Vec::new());
    let (mut graph, mut name) = (Graph::default(), "");
    for line in text.lines() {
        let words: Vec<_> = line.split_whitespace().collect();
        match words.as_slice() {
            [] => {}
            ["graph", named] => (graph, name) = (Graph::default(), named),
            ["verdict", rest @ ..] => {
                verdicts += 1;
                let found = graph.verdict(rest);
                if !found.is_empty() {
                    wrong.push(format!("{name}: {found:?}"));
                }
            }
            words => graph.object(words),
        }
    }
    assert!(wrong.is_empty(), "{} of {verdicts} verdicts differ:\n{}", wrong.len(), wrong.join("\n"));
    assert!(verdicts > 50, "{file} is not what the model writes");
}

#[test]
fn ops_of_the_scripted_stories_stand_as_the_model_says() {
    check_file("attacks.txt");
}

#[test]
fn ops_of_random_runs_stand_as_the_model_says() {
    check_file("seeds.txt");
}
