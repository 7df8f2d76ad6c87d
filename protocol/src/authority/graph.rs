//! The graph of valid ops, and indexes that answer what concerns a person, a device or an op.
//!
//! It only grows. Numbers are given in the order of adding, so a greater number is never in the
//! past of a lower one; apart from that nothing depends on them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::OpSet;
use crate::id::{DeviceId, EntryId, PersonId, WorkspaceId};
use crate::op::{CutAt, Genesis, Op, Role};

/// Rank of the genesis and of recoveries.
pub(super) const TOP: u8 = 5;
/// Authority of what people do to themselves.
pub(super) const SELF: u8 = 6;

/// Place in the order in which ops are judged: stratum, then size of the past, then id.
pub(super) type Place = (u8, u64, EntryId);

/// A valid op.
#[derive(Debug)]
pub(super) struct OpNode {
    pub(super) id: EntryId,
    pub(super) device: DeviceId,
    pub(super) op: Op,
    /// The person of its device, and their rank, at its parents.
    pub(super) author: PersonId,
    pub(super) author_rank: u8,
    /// Its own rank: its author's, of an admit its invite's.
    pub(super) rank: u8,
    /// The ops before it, itself excluded, and those of them that count by themselves.
    pub(super) past: Arc<OpSet>,
    pub(super) effective: Arc<OpSet>,
    /// Number of ops before it.
    pub(super) depth: u64,
    /// Whether adding it could change verdicts on what was here before.
    pub(super) unsettling: bool,
}

impl OpNode {
    /// Returns its place in the order of judging.
    pub(super) fn place(&self) -> Place {
        let (stratum, size) = match &self.op {
            Op::Genesis(_) => (0, 0),
            Op::RevokeDevice(op) if op.signature.is_some() => (0, self.depth),
            Op::Recover(op) => (1, u64::MAX - op.epoch),
            Op::Admit(_) => (4, self.depth),
            _ => (STRATUM.get(usize::from(self.rank)).copied().unwrap_or(0), self.depth),
        };
        (stratum, size, self.id)
    }

    /// Whether its author leaves or takes a lower role by it; of a transfer it is only the half.
    pub(super) fn is_to_its_author(&self) -> bool {
        match &self.op {
            Op::Leave(_) => true,
            Op::SetRole(op) => op.person == self.author,
            _ => false,
        }
    }
}

/// Stratum of ops that are no admits, by rank: 4, 3, all admits, 2, 1.
const STRATUM: [u8; 6] = [7, 6, 5, 3, 2, 0];

/// What an op sets for one person.
#[derive(Debug, Clone, Copy)]
pub(super) struct About {
    pub(super) number: usize,
    /// Rank of the role it gives; 0 is no member.
    pub(super) value: u8,
    /// Its weight against concurrent ops about the same person.
    pub(super) authority: u8,
    /// The person a transfer names, when this is the half that lowers its author.
    pub(super) half_for: Option<PersonId>,
}

/// Ops by the persons they concern.
#[derive(Debug, Default)]
pub(super) struct People {
    pub(super) about: BTreeMap<PersonId, Vec<About>>,
    /// Persons that some op makes owner.
    pub(super) made_owner: BTreeSet<PersonId>,
    /// Self-restrictions by id.
    pub(super) self_restrictions: BTreeSet<(EntryId, PersonId, usize)>,
    /// Transfers by whom they name.
    pub(super) transfers: BTreeMap<PersonId, Vec<usize>>,
    /// Ops that give a name.
    pub(super) names: BTreeMap<PersonId, Vec<usize>>,
    pub(super) authored: BTreeMap<PersonId, Vec<usize>>,
    /// Persons that some op puts below editor.
    pub(super) restricted: BTreeSet<PersonId>,
}

/// Ops by the devices they concern.
#[derive(Debug, Default)]
pub(super) struct Devices {
    pub(super) certified: BTreeMap<DeviceId, Vec<(usize, PersonId)>>,
    pub(super) revoked: BTreeMap<DeviceId, Vec<usize>>,
    pub(super) of: BTreeMap<PersonId, BTreeSet<DeviceId>>,
    /// Describes that give a label, by their device.
    pub(super) labels: BTreeMap<DeviceId, Vec<usize>>,
    pub(super) signed: BTreeMap<DeviceId, Vec<usize>>,
    /// Cuts that name a device: the restriction, and the op that holds the cut.
    pub(super) cuts: BTreeMap<DeviceId, Vec<(usize, usize)>>,
    /// Places in cuts by the entry each names as the head of a chain.
    pub(super) heads: BTreeMap<EntryId, Vec<CutAt>>,
}

/// Ops by the ops they refer to.
#[derive(Debug, Default)]
pub(super) struct Links {
    pub(super) uses: BTreeMap<usize, Vec<usize>>,
    pub(super) ends: BTreeMap<usize, Vec<usize>>,
    pub(super) extends: BTreeMap<usize, Vec<usize>>,
    pub(super) ratified: BTreeMap<usize, Vec<usize>>,
    pub(super) recovers: Vec<usize>,
    pub(super) admits: Vec<usize>,
}

/// The valid ops.
#[derive(Debug, Default)]
pub(super) struct Graph {
    nodes: Vec<OpNode>,
    numbers: BTreeMap<EntryId, usize>,
    /// Numbers in the order of judging.
    pub(super) order: BTreeSet<(Place, usize)>,
    pub(super) people: People,
    pub(super) devices: Devices,
    pub(super) links: Links,
}

impl Graph {
    pub(super) fn len(&self) -> usize {
        self.nodes.len()
    }

    pub(super) fn number(&self, id: &EntryId) -> Option<usize> {
        self.numbers.get(id).copied()
    }

    pub(super) fn get(&self, number: usize) -> Option<&OpNode> {
        self.nodes.get(number)
    }

    /// Returns the op of a number that came from this graph.
    pub(super) fn node(&self, number: usize) -> &OpNode {
        self.nodes.get(number).expect("numbers are only given to ops of the graph")
    }

    pub(super) fn genesis(&self) -> Option<(WorkspaceId, &Genesis)> {
        let node = self.nodes.first()?;
        let Op::Genesis(genesis) = &node.op else { return None };
        Some((WorkspaceId(node.id.0), genesis))
    }

    /// Whether neither of two ops knows the other.
    pub(super) fn concurrent(&self, x: usize, y: usize) -> bool {
        let (low, high) = (x.min(y), x.max(y));
        low != high && !self.node(high).past.contains(low)
    }

    pub(super) fn about(&self, person: &PersonId) -> &[About] {
        self.people.about.get(person).map_or(&[], Vec::as_slice)
    }

    /// Returns the persons an op is about, each with what it sets.
    pub(super) fn sets(node: &OpNode) -> Vec<(PersonId, u8)> {
        match &node.op {
            Op::Genesis(op) => op.owners.iter().map(|owner| (owner.id, 4)).collect(),
            Op::Add(op) => vec![(op.person.id, op.role.rank())],
            Op::SetRole(op) => vec![(op.person, op.role.rank())],
            Op::Remove(op) => vec![(op.person, 0)],
            Op::Leave(_) => vec![(node.author, 0)],
            Op::Recover(op) => {
                let removed = op.removed.iter().map(|person| (*person, 0));
                op.owners.iter().map(|owner| (owner.id, 4)).chain(removed).collect()
            }
            Op::Transfer(op) => vec![(op.person, 4), (node.author, op.role.rank())],
            _ => Vec::new(),
        }
    }

    /// Returns the persons an op is about, each with the rank it sets; of an admit it is that of
    /// the invite's role.
    pub(super) fn values(&self, node: &OpNode) -> Vec<(PersonId, u8)> {
        let Op::Admit(op) = &node.op else { return Self::sets(node) };
        let role = self.number(&op.invite).and_then(|number| match &self.node(number).op {
            Op::Invite(invite) => Some(invite.role),
            _ => None,
        });
        vec![(op.person.id, role.map_or(0, Role::rank))]
    }

    /// Adds a valid op whose parents are here.
    pub(super) fn insert(&mut self, node: OpNode) -> usize {
        let number = self.nodes.len();
        self.numbers.insert(node.id, number);
        self.order.insert((node.place(), number));
        self.index_persons(number, &node);
        self.index_devices(number, &node);
        self.index_links(number, &node);
        self.nodes.push(node);
        number
    }

    fn index_persons(&mut self, number: usize, node: &OpNode) {
        for (person, value) in self.values(node) {
            let half_for = match &node.op {
                Op::Transfer(op) if op.person != person => Some(op.person),
                _ => None,
            };
            let is_self = half_for.is_some() || node.is_to_its_author();
            let authority = if is_self { SELF } else { node.rank };
            let people = &mut self.people;
            people.about.entry(person).or_default().push(About { number, value, authority, half_for });
            if value == Role::Owner.rank() {
                people.made_owner.insert(person);
            }
            if value < Role::Editor.rank() {
                people.restricted.insert(person);
            }
            if is_self {
                people.self_restrictions.insert((node.id, person, number));
            }
        }
        let people = &mut self.people;
        if let Op::Transfer(op) = &node.op {
            people.transfers.entry(op.person).or_default().push(number);
        }
        for person in node.op.persons() {
            people.names.entry(person.id).or_default().push(number);
        }
        if matches!(&node.op, Op::Describe(op) if op.name.is_some()) {
            people.names.entry(node.author).or_default().push(number);
        }
        people.authored.entry(node.author).or_default().push(number);
    }

    fn index_devices(&mut self, number: usize, node: &OpNode) {
        let devices = &mut self.devices;
        let mut certify = |device: DeviceId, person: PersonId| {
            devices.certified.entry(device).or_default().push((number, person));
            devices.of.entry(person).or_default().insert(device);
        };
        for person in node.op.persons() {
            person.devices.iter().for_each(|(cert, _)| certify(cert.device, person.id));
        }
        match &node.op {
            Op::AddDevice(op) => certify(op.cert.device, op.cert.person),
            Op::RevokeDevice(op) => devices.revoked.entry(op.device).or_default().push(number),
            Op::Describe(op) if op.device_label.is_some() => {
                devices.labels.entry(node.device).or_default().push(number);
            }
            _ => {}
        }
        devices.signed.entry(node.device).or_default().push(number);
        let restriction = match &node.op {
            Op::ExtendCut(op) => self.numbers.get(&op.removal).copied().filter(|removal| self.is_restriction(*removal)),
            _ => restricts(node).then_some(number),
        };
        if let (Some(cut), Some(restriction)) = (node.op.cut(), restriction) {
            for at in cut.places() {
                self.devices.cuts.entry(at.device).or_default().push((restriction, number));
                self.devices.heads.entry(at.head).or_default().push(*at);
            }
        }
    }

    fn is_restriction(&self, number: usize) -> bool {
        self.get(number).is_some_and(restricts)
    }

    fn index_links(&mut self, number: usize, node: &OpNode) {
        let find = |id: &EntryId| self.numbers.get(id).copied();
        let links = &mut self.links;
        match &node.op {
            Op::Add(op) => {
                if let Some(invite) = op.invite.as_ref().and_then(find) {
                    links.uses.entry(invite).or_default().push(number);
                }
            }
            Op::Admit(op) => {
                links.admits.push(number);
                if let Some(invite) = find(&op.invite) {
                    links.uses.entry(invite).or_default().push(number);
                }
            }
            Op::RevokeInvite(op) => {
                if let Some(invite) = find(&op.invite) {
                    links.ends.entry(invite).or_default().push(number);
                }
            }
            Op::ExtendCut(op) => {
                if let Some(removal) = find(&op.removal) {
                    links.extends.entry(removal).or_default().push(number);
                }
            }
            Op::Ratify(op) => {
                for listed in op.ops.iter().filter_map(find) {
                    links.ratified.entry(listed).or_default().push(number);
                }
            }
            Op::Recover(_) => links.recovers.push(number),
            _ => {}
        }
    }
}

/// Whether an op puts somebody below editor or revokes a device: one whose cut matters. Adds and
/// admits of viewers have none.
fn restricts(node: &OpNode) -> bool {
    matches!(node.op, Op::RevokeDevice(_)) || Graph::sets(node).iter().any(|(_, value)| *value < Role::Editor.rank())
}
