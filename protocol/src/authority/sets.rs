//! Sets of ops of one graph: what heads stand for them, and what may still turn void in them.

use std::sync::Arc;

use super::graph::Graph;
use super::resolve::{Resolved, heads};
use super::{Membership, OpSet, View};
use crate::id::{DeviceId, EntryId, PersonId};
use crate::op::{Cut, CutAt, Op, Role};

/// Ops that may be void in some set of ops, and those that may make them so.
///
/// More than need be: all that are concurrent with one that takes something away, and all that know
/// one of these.
#[derive(Debug, Default)]
pub(super) struct Contest {
    taking: OpSet,
    contestable: OpSet,
}

impl Membership {
    /// Returns the ops of a set that no other of it has in its past, sorted.
    #[must_use]
    pub fn heads_of(&self, set: &OpSet) -> Vec<EntryId> {
        let heads = heads(&self.graph, set).into_iter();
        let mut heads: Vec<_> = heads.map(|number| self.graph.node(number).id).collect();
        heads.sort_unstable();
        heads
    }

    /// Returns the state of a set of ops that is closed under parents, for once.
    #[must_use]
    pub fn state_of(&self, set: &OpSet) -> Arc<View> {
        let resolved = Resolved { past: Arc::new(set.clone()), effective: Arc::new(self.graph.resolve(set)) };
        let mut view = View::default();
        self.graph.update(&mut view, &resolved);
        Arc::new(view)
    }

    /// Returns the person that some valid op certifies a device for, live or not.
    #[must_use]
    pub fn certified(&self, device: &DeviceId) -> Option<PersonId> {
        Some(self.graph.devices.certified.get(device)?.first()?.1)
    }

    /// Returns the devices, and whose they were, that wrote the valid ops which certify a device.
    pub fn admitters(&self, device: &DeviceId) -> impl Iterator<Item = (DeviceId, PersonId)> {
        let ops = self.graph.devices.certified.get(device).into_iter().flatten();
        ops.map(|(number, _)| self.graph.node(*number)).map(|node| (node.device, node.author))
    }

    /// Adds a valid op to a set with all that it knows.
    pub fn add_with_past(&self, set: &mut OpSet, id: &EntryId) {
        if let (Some(number), Some(past)) = (self.number_of(id), self.past_of(id)) {
            set.extend(past);
            set.insert(number);
        }
    }

    /// Returns a set with all that its ops know.
    #[must_use]
    pub fn closed(&self, set: &OpSet) -> OpSet {
        let mut closed = set.clone();
        // The heads know the rest.
        heads(&self.graph, set).into_iter().for_each(|number| closed.extend(&self.graph.node(number).past));
        closed
    }

    /// Returns the ops that are in one of two sets only.
    #[must_use]
    pub fn differing(&self, one: &OpSet, other: &OpSet) -> Vec<EntryId> {
        let (mut differing, more) = (one.difference(other), other.difference(one));
        differing.extend(&more);
        differing.numbers().map(|number| self.graph.node(number).id).collect()
    }

    /// Returns the cuts of a restriction with the op each is of: itself first, then effective ops
    /// that extend it.
    #[must_use]
    pub fn cuts_by_op(&self, view: &View, restriction: &EntryId) -> Vec<(EntryId, &Cut)> {
        let Some(number) = self.number_of(restriction) else { return Vec::new() };
        let extends = self.graph.links.extends.get(&number).into_iter().flatten().copied();
        let extends = extends.filter(|extend| view.effective().contains(*extend));
        let cut = |number: usize| {
            let node = self.graph.node(number);
            Some((node.id, node.op.cut()?))
        };
        std::iter::once(number).chain(extends).filter_map(cut).collect()
    }

    /// Returns the places in cuts of restrictions and of what extends them.
    pub fn cut_places(&self) -> impl Iterator<Item = &CutAt> {
        self.graph.devices.heads.values().flatten()
    }

    /// Returns those of them that name an entry as the head of a chain.
    #[must_use]
    pub fn cuts_headed(&self, head: &EntryId) -> &[CutAt] {
        self.graph.devices.heads.get(head).map_or(&[], Vec::as_slice)
    }

    /// Returns the ops that might be void in some set of ops of this graph; all others never are.
    #[must_use]
    pub const fn contestable(&self) -> &OpSet {
        &self.contest.contestable
    }

    /// Takes the op that was added last into account.
    pub(super) fn contest(&mut self, number: usize) {
        let node = self.graph.node(number);
        if !self.contest.taking.is_subset(&node.past) || node.past.meets(&self.contest.contestable) {
            self.contest.contestable.insert(number);
        }
        let rivals = self.graph.rivals(number);
        let mut taking: Vec<_> = rivals.iter().copied().filter(|other| self.graph.adds_below_owner(*other)).collect();
        if takes(&node.op) || (!rivals.is_empty() && self.graph.adds_below_owner(number)) {
            taking.push(number);
        }
        taking.into_iter().for_each(|number| self.take(number));
    }

    /// Notes an op that may make others void: those beside it, and what knows one of these.
    fn take(&mut self, number: usize) {
        let (graph, contest) = (&self.graph, &mut self.contest);
        if contest.taking.contains(number) {
            return;
        }
        contest.taking.insert(number);
        let beside: Vec<_> = (0..graph.len()).filter(|other| graph.concurrent(*other, number)).collect();
        if beside.is_empty() {
            return;
        }
        beside.into_iter().for_each(|other| contest.contestable.insert(other));
        for other in 0..graph.len() {
            if graph.node(other).past.meets(&contest.contestable) {
                contest.contestable.insert(other);
            }
        }
    }
}

impl Graph {
    /// Returns the ops about one of the persons that an op is about, which was added last, that it
    /// does not know.
    fn rivals(&self, number: usize) -> Vec<usize> {
        let node = self.node(number);
        let about = self.values(node).into_iter().flat_map(|(person, _)| self.about(&person));
        about.map(|about| about.number).filter(|other| *other != number && !node.past.contains(*other)).collect()
    }

    /// Whether an op is an add of somebody who may be more elsewhere: beside another op about them
    /// it may lower them.
    fn adds_below_owner(&self, number: usize) -> bool {
        matches!(&self.node(number).op, Op::Add(add) if add.role < Role::Owner)
    }
}

/// Whether an op may make others void by itself: it lowers somebody or ends something, or uses up an
/// invite.
fn takes(op: &Op) -> bool {
    match op {
        Op::Genesis(_) | Op::Ratify(_) | Op::ExtendCut(_) | Op::AddDevice(_) | Op::Describe(_) | Op::Invite(_) => false,
        Op::Add(add) => add.invite.is_some(),
        Op::SetRole(set) => set.role < Role::Owner,
        Op::Remove(_)
        | Op::Leave(_)
        | Op::RevokeDevice(_)
        | Op::Recover(_)
        | Op::Transfer(_)
        | Op::Admit(_)
        | Op::RevokeInvite(_) => true,
    }
}
