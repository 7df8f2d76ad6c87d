//! Membership: who holds which role at a set of membership heads.
//!
//! A [`View`] is a pure function of the ops in the past of some heads, so every node derives the
//! same one whatever it received first. This version folds genesis, add, describe and invite;
//! with no removal among them every valid op is effective.
//!
//! Sets of ops are bits by the number under which an op was added here, which never leaves this
//! node: one entry in ten thousand may then name other heads than the next, at a few bytes each.
//! Only a few views are kept; a view is made from that at the parents of its head where possible.

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
    past: Arc<OpSet>,
    /// Members by person.
    pub members: BTreeMap<PersonId, Member>,
    /// The person of each device.
    pub devices: BTreeMap<DeviceId, PersonId>,
    /// Invites, with the device that redeems them.
    pub invites: BTreeMap<EntryId, (DeviceId, Invite)>,
}

/// A set of membership ops; comparable only with sets of the same [`Membership`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OpSet(Vec<u64>);

impl OpSet {
    /// Returns whether all ops of this set are in another.
    #[must_use]
    pub fn is_subset(&self, other: &Self) -> bool {
        let mut others = other.0.iter().copied().chain(std::iter::repeat(0));
        self.0.iter().all(|bits| bits & !others.next().unwrap_or(0) == 0)
    }

    /// Returns the number of ops.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.iter().map(|bits| bits.count_ones() as usize).sum()
    }

    /// Returns whether there is no op.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|bits| *bits == 0)
    }

    fn contains(&self, number: usize) -> bool {
        self.0.get(number / 64).is_some_and(|bits| bits >> (number % 64) & 1 == 1)
    }

    fn insert(&mut self, number: usize) {
        if self.0.len() <= number / 64 {
            self.0.resize(number / 64 + 1, 0);
        }
        if let Some(bits) = self.0.get_mut(number / 64) {
            *bits |= 1 << (number % 64);
        }
    }

    fn extend(&mut self, other: &Self) {
        if self.0.len() < other.0.len() {
            self.0.resize(other.0.len(), 0);
        }
        for (bits, others) in self.0.iter_mut().zip(&other.0) {
            *bits |= others;
        }
    }

    fn numbers(&self) -> impl Iterator<Item = usize> + '_ {
        let word = |(place, bits): (usize, &u64)| {
            let bits = *bits;
            (0..64).filter(move |bit| bits >> bit & 1 == 1).map(move |bit| place * 64 + bit)
        };
        self.0.iter().enumerate().flat_map(word)
    }
}

impl View {
    /// Returns all ops in the past of the heads, the heads included.
    #[must_use]
    pub const fn past(&self) -> &Arc<OpSet> {
        &self.past
    }

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
    id: EntryId,
    device: DeviceId,
    op: Op,
    /// Rank of its author at its parents; the genesis stands above all.
    rank: u8,
    parents: Vec<EntryId>,
    /// The ops before it, itself excluded, and their number.
    past: Arc<OpSet>,
    depth: usize,
}

/// Views kept at a time; a workspace of thousands of members has large ones.
const MAX_VIEWS: usize = 32;

/// The membership graph of a workspace: all valid ops, and the views derived from them.
#[derive(Debug, Default)]
pub struct Membership {
    ops: Vec<OpNode>,
    numbers: BTreeMap<EntryId, usize>,
    heads: BTreeSet<EntryId>,
    /// Recent views, each with the time of its last use.
    views: BTreeMap<Vec<EntryId>, (u64, Arc<View>)>,
    uses: u64,
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
        self.numbers.contains_key(id)
    }

    /// Returns a valid op.
    #[must_use]
    pub fn op(&self, id: &EntryId) -> Option<&Op> {
        self.node(id).map(|node| &node.op)
    }

    fn node(&self, id: &EntryId) -> Option<&OpNode> {
        self.ops.get(*self.numbers.get(id)?)
    }

    /// Returns the view at all heads.
    pub fn now(&mut self) -> Arc<View> {
        let heads: Vec<_> = self.heads.iter().copied().collect();
        self.view(&heads)
    }

    /// Returns the view at some heads; ops that are not valid or not known add nothing.
    pub fn view(&mut self, heads: &[EntryId]) -> Arc<View> {
        if let Some(view) = self.recent(heads) {
            return view;
        }
        let view = Arc::new(self.continued(heads).unwrap_or_else(|| self.fold(heads)));
        if self.views.len() >= MAX_VIEWS {
            let oldest = self.views.iter().min_by_key(|(_, (used, _))| *used);
            if let Some(oldest) = oldest.map(|(heads, _)| heads.clone()) {
                self.views.remove(&oldest);
            }
        }
        self.views.insert(heads.to_vec(), (self.uses, Arc::clone(&view)));
        view
    }

    fn recent(&mut self, heads: &[EntryId]) -> Option<Arc<View>> {
        self.uses += 1;
        let (used, view) = self.views.get_mut(heads)?;
        *used = self.uses;
        Some(Arc::clone(view))
    }

    /// Returns the view at a single head from that at its parents, of which it is the last.
    fn continued(&mut self, heads: &[EntryId]) -> Option<View> {
        let [head] = heads else { return None };
        let number = *self.numbers.get(head)?;
        let parents = self.ops.get(number)?.parents.clone();
        let before = self.recent(&parents)?;
        let mut view = View::clone(&before);
        // Whom it adds is no member before it, so no rank of an earlier add matters.
        apply(&mut view, &mut BTreeMap::new(), self.ops.get(number)?);
        Arc::make_mut(&mut view.past).insert(number);
        Some(view)
    }

    /// Checks an op against its own past and adds it.
    ///
    /// `parents` must all be valid ops of this graph.
    ///
    /// # Errors
    /// [`OpRefusal`]; the answer depends on the op's past alone and never changes.
    pub fn add(&mut self, id: EntryId, device: DeviceId, parents: &[EntryId], op: Op) -> Result<(), OpRefusal> {
        let view = self.view(parents);
        let rank = self.check(&view, device, &op)?;
        for parent in parents {
            self.heads.remove(parent);
        }
        self.heads.insert(id);
        let (past, parents) = (Arc::clone(&view.past), parents.to_vec());
        let depth = past.len();
        self.numbers.insert(id, self.ops.len());
        self.ops.push(OpNode { id, device, op, rank, parents, past, depth });
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
        let mut past = OpSet::default();
        for head in heads {
            if let Some(number) = self.numbers.get(head)
                && let Some(node) = self.ops.get(*number)
            {
                past.extend(&node.past);
                past.insert(*number);
            }
        }
        // Topological, ties by id: the size of the past grows along every edge.
        let mut order: Vec<_> = past.numbers().filter_map(|number| self.ops.get(number)).collect();
        order.sort_by_key(|node| (node.depth, node.id));
        let mut view = View::default();
        let mut ranks = BTreeMap::new();
        for node in order {
            apply(&mut view, &mut ranks, node);
        }
        View { past: Arc::new(past), ..view }
    }

    /// Returns the set of all ops.
    pub(crate) fn all(&self) -> OpSet {
        let mut all = OpSet::default();
        (0..self.ops.len()).for_each(|number| all.insert(number));
        all
    }

    /// Returns whether an op is in a set of this graph.
    pub(crate) fn holds(&self, set: &OpSet, id: &EntryId) -> bool {
        self.numbers.get(id).is_some_and(|number| set.contains(*number))
    }
}

fn apply(view: &mut View, ranks: &mut BTreeMap<PersonId, u8>, node: &OpNode) {
    match &node.op {
        Op::Genesis(Genesis { owners, .. }) => {
            for owner in owners {
                admit(view, ranks, owner, Role::Owner, node.rank);
            }
        }
        Op::Add(Add { person, role, .. }) => admit(view, ranks, person, *role, node.rank),
        Op::Describe(describe) => describe_member(view, node.device, describe),
        Op::Invite(invite) => {
            view.invites.insert(node.id, (node.device, invite.clone()));
        }
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
