//! Membership: who holds which role at a set of membership heads.
//!
//! A [`View`] is a pure function of the ops in the past of some heads, so every node derives the
//! same one whatever it received first. This version folds genesis, add, describe and invite;
//! with no removal among them every valid op is effective.
//!
//! Sets of ops are bits by the number under which an op was added here, which never leaves this
//! node: one entry in ten thousand may then name other heads than the next, at a few bytes each.
//! Only a few views are kept; a view is made from that at the parents of its head where possible.

mod refusal;
mod set;
mod view;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub use self::refusal::OpRefusal;
pub use self::set::OpSet;
pub use self::view::{Member, Restriction, View};
use crate::id::{DeviceId, EntryId, PersonId};
use crate::op::{Add, Cut, CutAt, Describe, Genesis, Op, Person, Role};

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
    /// Returns the heads of the effective ops: what an op or entry written now names.
    #[must_use]
    pub const fn heads(&self) -> &BTreeSet<EntryId> {
        &self.heads
    }

    /// Returns the heads of all valid ops, void ones too.
    #[must_use]
    pub const fn all_heads(&self) -> &BTreeSet<EntryId> {
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
        view.effective = Arc::clone(&view.past);
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
            _ => return Err(OpRefusal::Role),
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
        let past = Arc::new(past);
        View { effective: Arc::clone(&past), past, ..view }
    }

    /// Returns the rank of a valid op, 1 to 5.
    #[must_use]
    pub fn rank_of(&self, id: &EntryId) -> Option<u8> {
        Some(self.node(id)?.rank)
    }

    /// Returns the number of a valid op in sets of ops.
    #[must_use]
    pub fn number_of(&self, id: &EntryId) -> Option<usize> {
        self.numbers.get(id).copied()
    }

    /// Returns the ops before a valid op, itself excluded.
    #[must_use]
    pub fn past_of(&self, id: &EntryId) -> Option<&Arc<OpSet>> {
        Some(&self.node(id)?.past)
    }

    /// Returns the state of a set of ops that is closed under parents.
    pub fn view_of(&mut self, ops: &OpSet) -> Arc<View> {
        let heads: Vec<_> = ops.numbers().filter_map(|number| Some(self.ops.get(number)?.id)).collect();
        self.view(&heads)
    }

    /// Returns whether those of the effective ops of a view that an entry knows still make its
    /// device an author with the role of an editor or higher.
    #[must_use]
    pub fn still_author(&self, view: &View, _known: &OpSet, device: &DeviceId) -> bool {
        view.author(device).is_some_and(|(_, role)| role >= Role::Editor)
    }

    /// Returns the cuts of a restriction: its own, and those of the effective ops that extend it.
    #[must_use]
    pub fn cuts_of(&self, _view: &View, restriction: &EntryId) -> Vec<&Cut> {
        self.op(restriction).and_then(Op::cut).into_iter().collect()
    }

    /// Returns the places on a device's chain that cuts of effective restrictions name, whether
    /// these are in force or not.
    #[must_use]
    pub fn naming_cuts(&self, _view: &View, _device: &DeviceId) -> Vec<&CutAt> {
        Vec::new()
    }

    /// Returns whether any valid op, void or not, restricts a person or revokes a device.
    #[must_use]
    pub fn may_restrict(&self, _device: &DeviceId, _person: &PersonId) -> bool {
        false
    }

    /// Returns whether a valid op, when it was added, could change what counts among the entries
    /// that were here before it, ops and data.
    #[must_use]
    pub fn changes_verdicts(&self, _id: &EntryId) -> bool {
        true
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
        _ => {}
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
