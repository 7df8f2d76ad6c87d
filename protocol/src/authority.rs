//! Membership: who holds which role at a set of membership heads.
//!
//! A [`View`] is a pure function of the ops in the past of some heads, so every node derives the
//! same one whatever it received first. This version folds genesis, add, describe and invite;
//! with no removal among them every valid op is effective.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::id::{DeviceId, EntryId, PersonId};
use crate::op::{Add, Describe, Genesis, Invite, Op, Person, Role};

/// A member as seen at some heads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Role.
    pub role: Role,
    /// Display name.
    pub name: String,
    /// Devices and their labels.
    pub devices: BTreeMap<DeviceId, String>,
}

/// The membership at a set of heads.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct View {
    /// All ops in the past of the heads, the heads included.
    pub past: BTreeSet<EntryId>,
    /// Members by person.
    pub members: BTreeMap<PersonId, Member>,
    /// The person of each device.
    pub devices: BTreeMap<DeviceId, PersonId>,
    /// Invites, with the device that redeems them.
    pub invites: BTreeMap<EntryId, (DeviceId, Invite)>,
}

impl View {
    /// Returns the person and role behind a device, if it belongs to a member.
    #[must_use]
    pub fn author(&self, device: &DeviceId) -> Option<(PersonId, Role)> {
        let person = self.devices.get(device)?;
        Some((*person, self.members.get(person)?.role))
    }

    /// Returns whether a device belongs to a member.
    #[must_use]
    pub fn is_member(&self, device: &DeviceId) -> bool {
        self.author(device).is_some()
    }
}

/// Why an op is invalid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpRefusal {
    /// Its author is no member at its parents.
    #[error("author is not a member")]
    NotMember,
    /// Its author's role does not allow it.
    #[error("author's role does not allow it")]
    Role,
    /// It adds somebody who is a member already.
    #[error("person is a member already")]
    AlreadyMember,
    /// It claims a device that belongs to another person.
    #[error("device belongs to another person")]
    DeviceTaken,
    /// A second genesis, or one signed by a device it does not list.
    #[error("not the genesis of this workspace")]
    Genesis,
    /// It redeems an invite that is not in its past.
    #[error("unknown invite")]
    UnknownInvite,
}

/// A valid op in the membership graph.
#[derive(Debug, Clone)]
struct OpNode {
    device: DeviceId,
    op: Op,
    /// Rank of its author at its parents; the genesis stands above all.
    rank: u8,
    past: Arc<View>,
}

/// The membership graph of a workspace: all valid ops, and the views derived from them.
#[derive(Debug, Default)]
pub struct Membership {
    ops: BTreeMap<EntryId, OpNode>,
    heads: BTreeSet<EntryId>,
    views: BTreeMap<Vec<EntryId>, Arc<View>>,
}

const GENESIS_RANK: u8 = 5;

const fn rank(role: Role) -> u8 {
    match role {
        Role::Viewer => 1,
        Role::Editor => 2,
        Role::Admin => 3,
        Role::Owner => 4,
    }
}

impl Membership {
    /// Returns the heads: valid ops that no valid op has among its parents.
    #[must_use]
    pub const fn heads(&self) -> &BTreeSet<EntryId> {
        &self.heads
    }

    /// Returns whether an op is known and valid.
    #[must_use]
    pub fn contains(&self, id: &EntryId) -> bool {
        self.ops.contains_key(id)
    }

    /// Returns a valid op.
    #[must_use]
    pub fn op(&self, id: &EntryId) -> Option<&Op> {
        self.ops.get(id).map(|node| &node.op)
    }

    /// Returns the view at all heads.
    pub fn now(&mut self) -> Arc<View> {
        let heads: Vec<_> = self.heads.iter().copied().collect();
        self.view(&heads)
    }

    /// Returns the view at some heads; ops that are not valid or not known add nothing.
    pub fn view(&mut self, heads: &[EntryId]) -> Arc<View> {
        if let Some(view) = self.views.get(heads) {
            return Arc::clone(view);
        }
        let view = Arc::new(self.fold(heads));
        self.views.insert(heads.to_vec(), Arc::clone(&view));
        view
    }

    /// Checks an op against its own past and adds it.
    ///
    /// `parents` must all be valid ops of this graph.
    ///
    /// # Errors
    /// [`OpRefusal`]; the answer depends on the op's past alone and never changes.
    pub fn add(&mut self, id: EntryId, device: DeviceId, parents: &[EntryId], op: Op) -> Result<(), OpRefusal> {
        let past = self.view(parents);
        let rank = self.check(&past, device, &op)?;
        for parent in parents {
            self.heads.remove(parent);
        }
        self.heads.insert(id);
        self.ops.insert(id, OpNode { device, op, rank, past });
        Ok(())
    }

    fn check(&self, past: &View, device: DeviceId, op: &Op) -> Result<u8, OpRefusal> {
        if let Op::Genesis(genesis) = op {
            let listed = genesis.owners.iter().flat_map(|owner| &owner.devices).any(|(cert, _)| cert.device == device);
            let first = self.ops.is_empty() && past.past.is_empty();
            return if listed && first { Ok(GENESIS_RANK) } else { Err(OpRefusal::Genesis) };
        }
        let (_, role) = past.author(&device).ok_or(OpRefusal::NotMember)?;
        let grants = |granted: Role| role == Role::Owner || (role == Role::Admin && granted < role);
        match op {
            Op::Add(add) => {
                if !grants(add.role) {
                    return Err(OpRefusal::Role);
                }
                if past.members.contains_key(&add.person.id) {
                    return Err(OpRefusal::AlreadyMember);
                }
                if add.person.devices.iter().any(|(cert, _)| past.devices.contains_key(&cert.device)) {
                    return Err(OpRefusal::DeviceTaken);
                }
                if add.invite.is_some_and(|invite| !past.invites.contains_key(&invite)) {
                    return Err(OpRefusal::UnknownInvite);
                }
            }
            Op::Invite(invite) if !grants(invite.role) => return Err(OpRefusal::Role),
            Op::Invite(_) | Op::Describe(_) | Op::Genesis(_) => {}
        }
        Ok(rank(role))
    }

    fn fold(&self, heads: &[EntryId]) -> View {
        let mut view = View::default();
        for head in heads {
            if let Some(node) = self.ops.get(head) {
                view.past.extend(node.past.past.iter().copied());
                view.past.insert(*head);
            }
        }
        // Topological, ties by id: the size of the past grows along every edge.
        let mut order: Vec<_> = view.past.iter().filter_map(|id| Some((self.ops.get(id)?, *id))).collect();
        order.sort_by_key(|(node, id)| (node.past.past.len(), *id));
        let mut ranks: BTreeMap<PersonId, u8> = BTreeMap::new();
        for (node, id) in order {
            match &node.op {
                Op::Genesis(Genesis { owners, .. }) => {
                    for owner in owners {
                        admit(&mut view, &mut ranks, owner, Role::Owner, node.rank);
                    }
                }
                Op::Add(Add { person, role, .. }) => admit(&mut view, &mut ranks, person, *role, node.rank),
                Op::Describe(describe) => describe_member(&mut view, node.device, describe),
                Op::Invite(invite) => {
                    view.invites.insert(id, (node.device, invite.clone()));
                }
            }
        }
        view
    }
}

/// Adds a person. Two adds of one person can only be concurrent: the one of greater authority
/// counts, among equals the lower role.
fn admit(view: &mut View, ranks: &mut BTreeMap<PersonId, u8>, person: &Person, role: Role, rank: u8) {
    let before = ranks.get(&person.id).copied().unwrap_or(0);
    let member = view.members.entry(person.id).or_insert_with(|| Member {
        role,
        name: person.name.clone(),
        devices: BTreeMap::new(),
    });
    if rank > before {
        member.role = role;
        ranks.insert(person.id, rank);
    } else if rank == before {
        member.role = member.role.min(role);
    }
    for (cert, label) in &person.devices {
        if *view.devices.entry(cert.device).or_insert(person.id) == person.id {
            member.devices.entry(cert.device).or_insert_with(|| label.clone());
        }
    }
}

fn describe_member(view: &mut View, device: DeviceId, describe: &Describe) {
    let Some(person) = view.devices.get(&device) else { return };
    let Some(member) = view.members.get_mut(person) else { return };
    if let Some(name) = &describe.name {
        member.name.clone_from(name);
    }
    if let Some(label) = &describe.device_label {
        member.devices.insert(device, label.clone());
    }
}
