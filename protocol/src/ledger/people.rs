//! What the ledger knows about people and their devices, for programs that show or change it.

use std::collections::{BTreeMap, BTreeSet};

use super::{Ledger, Node, Standing};
use crate::authority::OpSet;
use crate::entry::EntryKind;
use crate::id::{DeviceId, EntryId, PersonId};
use crate::key::DeviceCert;
use crate::op::{Op, Person, Role};

/// A person that some valid op brought in or spoke of, a member or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownPerson {
    /// The name they bear; of somebody who is no member the last they had.
    pub name: String,
    /// Their role; `None` when they are no member.
    pub role: Option<Role>,
    /// All their devices, live or not.
    pub devices: BTreeMap<DeviceId, KnownDevice>,
}

/// A device that some valid op certified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownDevice {
    /// The certificate.
    pub cert: DeviceCert,
    /// Its label.
    pub label: String,
    /// The first op that certified it.
    pub certified_by: EntryId,
    /// Whether it may act.
    pub state: DeviceState,
}

/// Whether a device may act for its person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DeviceState {
    /// It is a member's.
    Live,
    /// It was revoked, for ever.
    Revoked,
    /// Its person is no member any more, or was one again with other devices.
    Ended,
}

/// A device that signed two entries for one position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fork {
    /// The device.
    pub device: DeviceId,
    /// The lowest such position.
    pub seq: u64,
    /// What was signed for it, by the id of the entry there.
    pub branches: Vec<ForkBranch>,
}

/// One of the branches of a fork.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForkBranch {
    /// The entry at the forked position.
    pub entry: EntryId,
    /// Entries on the branch.
    pub entries: u64,
    /// Those of them that count.
    pub counted: u64,
    /// Other persons whose entries build upon it.
    pub builders: BTreeSet<PersonId>,
}

impl Ledger {
    /// Returns all persons that valid ops brought in, with all their devices, live or not.
    #[must_use]
    pub fn people(&self) -> BTreeMap<PersonId, KnownPerson> {
        let now = self.now();
        let mut people: BTreeMap<PersonId, KnownPerson> = BTreeMap::new();
        for (id, op) in self.valid_ops() {
            for person in op.persons() {
                let known = people.entry(person.id).or_insert_with(|| KnownPerson::new(person));
                known.name.clone_from(&person.name);
                person.devices.iter().for_each(|(cert, label)| known.add(id, cert, label));
            }
            let author = self.membership.author_of(&id).and_then(|author| people.get_mut(&author));
            match (op, author) {
                (Op::AddDevice(add), Some(known)) => known.add(id, &add.cert, &add.label),
                (Op::Describe(describe), Some(known)) => {
                    let device = self.nodes.get(&id).map(|node| node.device);
                    known.describe(describe.name.as_ref(), device, describe.device_label.as_ref());
                }
                _ => {}
            }
        }
        for (id, known) in &mut people {
            if let Some(member) = now.members.get(id) {
                known.name.clone_from(&member.name);
                known.role = Some(member.role);
                for (device, label) in &member.devices {
                    if let Some(of) = known.devices.get_mut(device) {
                        (of.state, of.label) = (DeviceState::Live, label.clone());
                    }
                }
            }
            for (device, of) in &mut known.devices {
                let revokes = |op: &EntryId| matches!(self.op(op), Some(Op::RevokeDevice(_)));
                if now.restrictions_on(device, id).any(|found| revokes(&found.op)) {
                    of.state = DeviceState::Revoked;
                }
            }
        }
        people
    }

    fn valid_ops(&self) -> impl Iterator<Item = (EntryId, &Op)> + '_ {
        self.order.iter().filter_map(|id| Some((*id, self.membership.op(id)?)))
    }

    /// Returns the person behind an entry: by the ops it knows, not those of today.
    #[must_use]
    pub fn author_of(&self, id: &EntryId) -> Option<PersonId> {
        let node = self.nodes.get(id)?;
        match node.author {
            Some((person, _)) => Some(person),
            None => self.membership.author_of(id).or_else(|| self.membership.certified(&node.device)),
        }
    }

    /// Returns the entries of a document, whatever became of them, in causal order.
    #[must_use]
    pub fn entries_of(&self, doc: &crate::id::DocId) -> &[EntryId] {
        self.docs.get(doc).map(|doc| doc.entries.as_slice()).unwrap_or_default()
    }

    /// Returns the rank of a valid op, 1 to 5.
    #[must_use]
    pub fn rank_of(&self, op: &EntryId) -> Option<u8> {
        self.membership.rank_of(op)
    }

    /// Returns the ops that are valid and void, in causal order.
    #[must_use]
    pub fn void_ops(&self) -> Vec<EntryId> {
        let is_void = |id: &EntryId| self.nodes.get(id).is_some_and(|node| node.standing == Standing::Excluded);
        self.valid_ops().map(|(id, _)| id).filter(is_void).collect()
    }

    /// Returns the ops in effect that speak against an op: they do not know it, it does not know
    /// them, they are of greater rank, and they lower its author, revoke its device or end its
    /// invite. Of a void op with none the author's own role came from an op that is void.
    #[must_use]
    pub fn against(&self, op: &EntryId) -> Vec<EntryId> {
        let (Some(rank), Some(author), Some(past)) =
            (self.membership.rank_of(op), self.membership.author_of(op), self.membership.past_of(op))
        else {
            return Vec::new();
        };
        let (device, named) = (self.nodes.get(op).map(|node| node.device), self.membership.op(op));
        let invite = match named {
            Some(Op::Admit(admit)) => Some(admit.invite),
            _ => None,
        };
        let now = self.now();
        let is_against = |(other, said): &(EntryId, &Op)| {
            let beside = !self.membership.holds(past, other)
                && !self.membership.past_of(other).is_some_and(|past| self.membership.holds(past, op));
            let signed = matches!(said, Op::RevokeDevice(revoke) if revoke.signature.is_some());
            let above = signed || self.membership.rank_of(other).is_some_and(|other| other > rank);
            let ends = matches!(said, Op::RevokeInvite(end) if Some(end.invite) == invite);
            other != op
                && self.membership.holds(now.effective(), other)
                && beside
                && (ends || (above && lowers(said, &author, device.as_ref(), rank)))
        };
        self.valid_ops().filter(is_against).map(|(id, _)| id).collect()
    }

    /// Returns whether what an op says may be known to somebody who is no member any more, or on a device
    /// that is none: whether an op in effect that ends a membership or a device is not in its past.
    #[must_use]
    pub fn is_known_outside(&self, op: &EntryId) -> bool {
        let Some(past) = self.membership.past_of(op) else { return true };
        let now = self.now();
        let ends = |said: &Op| matches!(said, Op::Remove(_) | Op::Leave(_) | Op::RevokeDevice(_) | Op::Recover(_));
        let is_unknown_to_it =
            |id: &EntryId| self.membership.holds(now.effective(), id) && !self.membership.holds(past, id);
        self.valid_ops().any(|(id, said)| ends(said) && is_unknown_to_it(&id))
    }

    /// Returns the restrictions in force and the devices of editors and above that wrote nothing
    /// yet that knows of them, though they were there before: work may still come from these.
    #[must_use]
    pub fn unacknowledged(&self) -> Vec<(EntryId, BTreeSet<DeviceId>)> {
        let now = self.now();
        let people = self.people();
        let mut restrictions = BTreeSet::new();
        for (person, known) in &people {
            for device in known.devices.keys() {
                // To be added as a viewer is nothing that others have to know.
                let adds = |op: &EntryId| matches!(self.op(op), Some(Op::Add(_) | Op::Admit(_)));
                restrictions.extend(now.restrictions_on(device, person).map(|found| found.op).filter(|op| !adds(op)));
            }
        }
        let writers = people.values().filter(|known| known.role.is_some_and(|role| role >= Role::Editor));
        let writers = writers.flat_map(|known| &known.devices).filter(|(_, of)| of.state == DeviceState::Live);
        let writers: Vec<_> = writers.collect();
        let knows = |op: &EntryId, restriction: &EntryId| {
            op == restriction
                || self.membership.past_of(op).is_some_and(|past| self.membership.holds(past, restriction))
        };
        let silent = |restriction: EntryId| {
            let told = self.acknowledged(&restriction);
            let silent =
                writers.iter().filter(|(device, of)| !told.contains(*device) && !knows(&of.certified_by, &restriction));
            (restriction, silent.map(|(device, _)| **device).collect::<BTreeSet<_>>())
        };
        restrictions.into_iter().map(silent).filter(|(_, silent)| !silent.is_empty()).collect()
    }

    /// Returns the devices that signed two entries for one position, with what was signed.
    #[must_use]
    pub fn forks(&self) -> Vec<Fork> {
        let fork = |(device, seq): (&DeviceId, &u64)| {
            let roots = self.chains.get(device).and_then(|chain| chain.get(seq)).cloned().unwrap_or_default();
            let branches = roots.into_iter().map(|root| self.fork_branch(*device, root)).collect();
            Fork { device: *device, seq: *seq, branches }
        };
        self.forked.iter().map(fork).collect()
    }

    fn fork_branch(&self, device: DeviceId, root: EntryId) -> ForkBranch {
        let mut branch = ForkBranch { entry: root, entries: 0, counted: 0, builders: BTreeSet::new() };
        let (mut own, mut upon) = (BTreeSet::from([root]), BTreeSet::from([root]));
        let person = self.author_of(&root);
        for (id, node) in self.order.iter().filter_map(|id| Some((id, self.nodes.get(id)?))) {
            let is_own = node.device == device && (*id == root || node.prev.is_some_and(|prev| own.contains(&prev)));
            if is_own {
                own.insert(*id);
                branch.entries += 1;
                branch.counted += u64::from(node.standing == Standing::Counts);
            }
            let builds = node.deps.iter().any(|dep| upon.contains(dep)) || self.knows_any(node, id, &upon);
            if is_own || builds {
                upon.insert(*id);
            }
            if builds && !is_own && node.standing == Standing::Counts {
                branch.builders.extend(self.author_of(id).filter(|other| Some(*other) != person));
            }
        }
        branch
    }

    /// Whether an op has one of some entries among its parents' past.
    fn knows_any(&self, node: &Node, id: &EntryId, upon: &BTreeSet<EntryId>) -> bool {
        let is_op = node.kind == Some(EntryKind::Op);
        is_op && self.membership.past_of(id).is_some_and(|past| self.holds_any(past, upon))
    }

    fn holds_any(&self, past: &OpSet, of: &BTreeSet<EntryId>) -> bool {
        of.iter().any(|id| self.membership.holds(past, id))
    }
}

impl KnownPerson {
    fn new(person: &Person) -> Self {
        Self { name: person.name.clone(), role: None, devices: BTreeMap::new() }
    }

    fn add(&mut self, op: EntryId, cert: &DeviceCert, label: &str) {
        self.devices.entry(cert.device).or_insert_with(|| KnownDevice {
            cert: cert.clone(),
            label: label.to_owned(),
            certified_by: op,
            state: DeviceState::Ended,
        });
    }

    fn describe(&mut self, name: Option<&String>, device: Option<DeviceId>, label: Option<&String>) {
        if let Some(name) = name {
            self.name.clone_from(name);
        }
        let of = device.and_then(|device| self.devices.get_mut(&device));
        if let (Some(of), Some(label)) = (of, label) {
            of.label.clone_from(label);
        }
    }
}

/// Whether an op takes from a person, or a device of theirs, what a rank needs.
fn lowers(op: &Op, person: &PersonId, device: Option<&DeviceId>, rank: u8) -> bool {
    match op {
        Op::SetRole(set) => set.person == *person && set.role.rank() < rank,
        Op::Remove(remove) => remove.person == *person,
        Op::RevokeDevice(revoke) => Some(&revoke.device) == device,
        Op::Recover(recover) => recover.removed.contains(person),
        _ => false,
    }
}
