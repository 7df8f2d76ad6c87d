//! A workspace of ops alone: persons and devices by name, ids that grow.

use std::collections::{BTreeMap, BTreeSet};

use iroh_base::SecretKey;

use crate::authority::{Membership, OpRefusal, OpSet};
use crate::id::{DeviceId, EntryId, PersonId, WorkspaceId};
use crate::key::{DeviceCert, device_id, sign_admission, sign_recovery, sign_revocation};
use crate::op::{
    Add, AddDevice, Admit, Cut, CutAt, Describe, ExtendCut, Genesis, Invite, InviteForm, Leave, Op, Person, Proof,
    Ratify, Recover, Remove, RevokeDevice, RevokeInvite, Role, SetRole, Transfer,
};

/// Returns the secret key of a name.
pub(crate) fn key(name: &str) -> SecretKey {
    SecretKey::from_bytes(blake3::hash(name.as_bytes()).as_bytes())
}

pub(crate) fn person(name: &str) -> PersonId {
    PersonId(*key(name).public().as_bytes())
}

pub(crate) fn device(name: &str) -> DeviceId {
    device_id(&key(name))
}

/// Returns the id of a number; ids sort as the numbers do.
pub(crate) fn id(number: u64) -> EntryId {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&number.to_be_bytes());
    EntryId(bytes)
}

/// A person with devices, as an op brings them in.
pub(crate) fn with_devices(name: &str, devices: &[&str]) -> Person {
    let certified = |device: &&str| (DeviceCert::sign(&key(name), &key(device)), (*device).to_owned());
    Person { id: person(name), name: name.to_owned(), devices: devices.iter().map(certified).collect() }
}

pub(crate) fn add(name: &str, role: Role) -> Op {
    Op::Add(Add { person: with_devices(name, &[&format!("{name}1")]), role, invite: None })
}

pub(crate) fn add_by(name: &str, role: Role, invite: EntryId) -> Op {
    Op::Add(Add { person: with_devices(name, &[&format!("{name}1")]), role, invite: Some(invite) })
}

pub(crate) fn set_role(name: &str, role: Role) -> Op {
    Op::SetRole(SetRole { person: person(name), role, cut: Cut::default() })
}

pub(crate) fn remove(name: &str) -> Op {
    Op::Remove(Remove { person: person(name), cut: Cut::default() })
}

pub(crate) fn leave() -> Op {
    Op::Leave(Leave { cut: Cut::default() })
}

pub(crate) fn ratify(ops: &[EntryId]) -> Op {
    let sorted: BTreeSet<_> = ops.iter().copied().collect();
    Op::Ratify(Ratify { ops: sorted.into_iter().collect() })
}

pub(crate) fn extend(removal: EntryId, cut: Cut) -> Op {
    Op::ExtendCut(ExtendCut { removal, cut })
}

pub(crate) fn add_device(name: &str, device: &str) -> Op {
    Op::AddDevice(AddDevice { cert: DeviceCert::sign(&key(name), &key(device)), label: device.to_owned() })
}

pub(crate) fn revoke(name: &str) -> Op {
    Op::RevokeDevice(RevokeDevice { device: device(name), cut: Cut::default(), signature: None })
}

pub(crate) fn revoke_signed(name: &str, by: &str) -> Op {
    let signature = Some(sign_revocation(&key(by), &device(name)));
    Op::RevokeDevice(RevokeDevice { device: device(name), cut: Cut::default(), signature })
}

pub(crate) fn describe(name: &str, label: &str) -> Op {
    let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    Op::Describe(Describe { name: text(name), device_label: text(label) })
}

pub(crate) fn transfer(name: &str, role: Role) -> Op {
    Op::Transfer(Transfer { person: person(name), role })
}

pub(crate) fn invite(form: InviteForm, role: Role, max_uses: u32) -> Op {
    Op::Invite(Invite { form, key: *key("ticket").public().as_bytes(), role, max_uses, expires_ms: 0 })
}

pub(crate) fn uninvite(invite: EntryId) -> Op {
    Op::RevokeInvite(RevokeInvite { invite })
}

pub(crate) fn cut(places: &[(&str, u64, EntryId)]) -> Cut {
    Cut::new(places.iter().map(|(name, seq, head)| CutAt { device: device(name), seq: *seq, head: *head }).collect())
}

/// An op as it was added.
#[derive(Debug, Clone)]
pub(crate) struct Told {
    pub(crate) id: EntryId,
    pub(crate) device: DeviceId,
    pub(crate) parents: Vec<EntryId>,
    pub(crate) op: Op,
}

/// What must not depend on the order of adding.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct State {
    pub(crate) effective: BTreeSet<EntryId>,
    members: BTreeMap<PersonId, crate::authority::Member>,
    devices: BTreeMap<DeviceId, PersonId>,
    invites: BTreeSet<EntryId>,
    restrictions: BTreeMap<PersonId, BTreeSet<EntryId>>,
    revocations: BTreeMap<DeviceId, BTreeSet<EntryId>>,
    heads: BTreeSet<EntryId>,
    all_heads: BTreeSet<EntryId>,
}

pub(crate) fn state(membership: &mut Membership) -> State {
    let view = membership.now();
    let ids = |found: &Vec<crate::authority::Restriction>| found.iter().map(|restriction| restriction.op).collect();
    State {
        effective: view.effective().numbers().map(|number| membership.graph.node(number).id).collect(),
        members: view.members.clone(),
        devices: view.devices.clone(),
        invites: view.invites.keys().copied().collect(),
        restrictions: view.restricted.iter().map(|(person, found)| (*person, ids(found))).collect(),
        revocations: view.revoked.iter().map(|(device, found)| (*device, ids(found))).collect(),
        heads: membership.heads().clone(),
        all_heads: membership.all_heads().clone(),
    }
}

/// One node's membership.
#[derive(Debug, Default)]
pub(crate) struct World {
    pub(crate) membership: Membership,
    pub(crate) told: Vec<Told>,
}

impl World {
    /// Starts with owners of one device each.
    pub(crate) fn of_owners(names: &[&str], quorum: u8) -> Self {
        let mut world = Self::default();
        let op = Op::Genesis(Genesis {
            nonce: [1; 32],
            name: "Field".into(),
            owners: names.iter().map(|name| with_devices(name, &[&format!("{name}1")])).collect(),
            recovery: person("recovery"),
            quorum,
            discovery_secret: [2; 32],
        });
        world.after(&format!("{}1", names[0]), &[], op).unwrap();
        world
    }

    /// O owner, A admin, B and M editors, V viewer, with a device each.
    pub(crate) fn base() -> Self {
        let mut world = Self::of_owners(&["O"], 0);
        for (name, role) in [("A", Role::Admin), ("B", Role::Editor), ("M", Role::Editor), ("V", Role::Viewer)] {
            world.op("O1", add(name, role));
        }
        world
    }

    pub(crate) fn heads(&self) -> Vec<EntryId> {
        self.membership.heads().iter().copied().collect()
    }

    /// Adds an op behind some others.
    pub(crate) fn after(&mut self, by: &str, parents: &[EntryId], op: Op) -> Result<EntryId, OpRefusal> {
        let number = 1000 * (self.told.len() as u64 + 1);
        self.after_with_id(id(number), by, parents, op)
    }

    pub(crate) fn after_with_id(
        &mut self,
        id: EntryId,
        by: &str,
        parents: &[EntryId],
        op: Op,
    ) -> Result<EntryId, OpRefusal> {
        assert_eq!(Op::from_bytes(&op.to_bytes()).as_ref(), Ok(&op), "ops of tests are well formed");
        let told = Told { id, device: device(by), parents: parents.to_vec(), op };
        self.tell(&told)?;
        Ok(id)
    }

    pub(crate) fn tell(&mut self, told: &Told) -> Result<(), OpRefusal> {
        self.membership.add(told.id, told.device, &told.parents, told.op.clone())?;
        self.told.push(told.clone());
        Ok(())
    }

    /// Adds an op that knows all effective ones.
    pub(crate) fn op(&mut self, by: &str, op: Op) -> EntryId {
        self.try_op(by, op).unwrap()
    }

    pub(crate) fn try_op(&mut self, by: &str, op: Op) -> Result<EntryId, OpRefusal> {
        let heads = self.heads();
        self.after(by, &heads, op)
    }

    pub(crate) fn recover(
        &mut self,
        by: &str,
        parents: &[EntryId],
        epoch: u64,
        (owners, removed): (&[(&str, &str)], &[&str]),
        proofs: &[&str],
    ) -> Result<EntryId, OpRefusal> {
        let op = self.recovery(by, parents, epoch, (owners, removed), proofs);
        self.after(by, parents, Op::Recover(op))
    }

    /// Signs a recovery; `owners` are persons, each with a device.
    pub(crate) fn recovery(
        &self,
        by: &str,
        parents: &[EntryId],
        epoch: u64,
        (owners, removed): (&[(&str, &str)], &[&str]),
        proofs: &[&str],
    ) -> Recover {
        let removed: BTreeSet<_> = removed.iter().map(|name| person(name)).collect();
        let mut op = Recover {
            epoch,
            owners: owners.iter().map(|(name, device)| with_devices(name, &[device])).collect(),
            removed: removed.into_iter().collect(),
            cut: Cut::default(),
            proofs: Vec::new(),
        };
        let digest = op.digest(self.workspace(), device(by), parents);
        let proof = |name: &&str| Proof { key: person(name), signature: sign_recovery(&key(name), &digest) };
        op.proofs = proofs.iter().map(proof).collect();
        op.proofs.sort_by_key(|proof| proof.key);
        op
    }

    pub(crate) fn workspace(&self) -> WorkspaceId {
        WorkspaceId(self.told.first().map_or([0; 32], |told| told.id.0))
    }

    pub(crate) fn admission(&self, invite: EntryId, name: &str) -> Op {
        let person = with_devices(name, &[&format!("{name}1")]);
        let signature = sign_admission(&key("ticket"), self.workspace(), invite, &person);
        Op::Admit(Admit { invite, person, signature })
    }

    pub(crate) fn role(&mut self, name: &str) -> Option<Role> {
        self.membership.now().members.get(&person(name)).map(|member| member.role)
    }

    pub(crate) fn is_live(&mut self, name: &str) -> bool {
        self.membership.now().is_member(&device(name))
    }

    pub(crate) fn counts(&mut self, id: EntryId) -> bool {
        let number = self.membership.number_of(&id).unwrap();
        self.membership.now().effective().contains(number)
    }

    /// Checks that what was reached op by op is what the rules give from the start, and that other
    /// orders of adding give the same.
    pub(crate) fn check(&mut self, random: &mut fastrand::Rng) {
        check_resolved(&mut self.membership);
        check_doubt(&self.membership);
        let expected = state(&mut self.membership);
        let mut other = Self::default();
        let mut rest: Vec<_> = self.told.iter().collect();
        while !rest.is_empty() {
            let ready = |told: &&Told| told.parents.iter().all(|parent| other.membership.contains(parent));
            let places: Vec<_> = (0..rest.len()).filter(|place| ready(&rest[*place])).collect();
            let told = rest.remove(places[random.usize(..places.len())]);
            assert_eq!(other.tell(told), Ok(()), "validity depends on the past alone");
            if random.u8(..4) == 0 {
                other.membership.now();
            }
        }
        assert_eq!(state(&mut other.membership), expected);
    }
}

/// Checks the state reached step by step against the rules applied to all ops at once.
pub(crate) fn check_resolved(membership: &mut Membership) {
    let all = membership.all();
    let resolved = membership.graph.resolve(&all);
    assert_eq!(*membership.resolved_now().set.past, all);
    assert_eq!(*membership.resolved_now().set.effective, resolved, "op by op and all at once");
    let target = membership.resolved_now().set.clone();
    let mut fresh = crate::authority::View::default();
    membership.graph.update(&mut fresh, &target);
    assert_eq!(*membership.now(), fresh);
    let heads: BTreeSet<_> = target.heads(&membership.graph).collect();
    assert_eq!(*membership.heads(), heads);
}

/// Checks that ops that others void, or bring back, are known to be in doubt.
fn check_doubt(membership: &Membership) {
    let all = membership.all();
    let resolved = membership.graph.resolve(&all);
    for number in all.difference(membership.contestable()).numbers() {
        let mut known = OpSet::clone(&membership.graph.node(number).past);
        known.insert(number);
        let alone = membership.graph.resolve(&known).contains(number);
        assert_eq!(resolved.contains(number), alone, "op {number} was not in doubt");
    }
}
