//! Which ops count (R2 of `docs/authority.md`): by strata, from the highest rank down.
//!
//! [`Graph::resolve`] is the rule as it stands. [`Graph::step`] adds one op to a set that was
//! resolved before, when that changes the verdict on no other; it tells when it might.

use std::sync::Arc;

use super::OpSet;
use super::graph::{Graph, OpNode};
use super::state::State;
use super::view::View;
use crate::bug::{self, Bug};
use crate::id::EntryId;
use crate::op::{Op, Role};

/// A set of ops closed under parents, and those of them that count.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Resolved {
    pub(super) past: Arc<OpSet>,
    pub(super) effective: Arc<OpSet>,
}

impl Resolved {
    /// Returns the heads of the ops that count.
    pub(super) fn heads(&self, graph: &Graph) -> impl Iterator<Item = EntryId> {
        heads(graph, &self.effective).into_iter().map(|number| graph.node(number).id)
    }
}

impl Resolved {
    /// Returns whether a view is that of this set.
    pub(super) fn is_of(&self, view: &View) -> bool {
        self.past == view.past && self.effective == view.effective
    }

    /// Returns the number of ops that differ from those of a view.
    pub(super) fn distance(&self, view: &View) -> usize {
        let differ = |a: &OpSet, b: &OpSet| a.difference(b).len() + b.difference(a).len();
        differ(&self.past, &view.past) + differ(&self.effective, &view.effective)
    }
}

/// Returns those of a set that are in the past of no other, the latest added first.
pub(super) fn heads(graph: &Graph, set: &OpSet) -> Vec<usize> {
    let mut numbers: Vec<_> = set.numbers().collect();
    numbers.reverse();
    let (mut covered, mut heads) = (OpSet::default(), Vec::new());
    for number in numbers {
        if !covered.contains(number) {
            covered.extend(&graph.node(number).past);
            heads.push(number);
        }
    }
    heads
}

impl Graph {
    /// Returns the ops of a closed set that count.
    pub(super) fn resolve(&self, ops: &OpSet) -> OpSet {
        let mut effective = OpSet::default();
        for (_, number) in &self.order {
            if ops.contains(*number) && !self.is_void(*number, &effective) {
                effective.insert(*number);
            }
        }
        effective
    }

    /// Adds an op whose parents are all in the set. Returns whether that could be done; when it
    /// may change the verdict on another op of the set, nothing is done.
    pub(super) fn step(&self, set: &mut Resolved, number: usize) -> bool {
        let is_void = self.is_void(number, &set.effective);
        if !is_void && self.revives(self.node(number), set) {
            return false;
        }
        let shared = Arc::ptr_eq(&set.past, &set.effective);
        let affected = if is_void { Vec::new() } else { self.affected_by(number, set) };
        if !affected.is_empty() {
            let mut effective = OpSet::clone(&set.effective);
            effective.insert(number);
            if affected.into_iter().any(|other| self.is_void(other, &effective)) {
                return false;
            }
        }
        if shared {
            // Two names of one allocation would be copied twice.
            set.effective = Arc::default();
        }
        let before = shared.then(|| Arc::clone(&set.past)).filter(|_| is_void);
        Arc::make_mut(&mut set.past).insert(number);
        if let Some(before) = before {
            set.effective = before;
        } else if shared {
            set.effective = Arc::clone(&set.past);
        } else if !is_void {
            Arc::make_mut(&mut set.effective).insert(number);
        }
        true
    }

    /// Whether an op might make void ops count, or is a recovery beside another.
    fn revives(&self, node: &OpNode, set: &Resolved) -> bool {
        let in_doubt = |id: &EntryId| self.number(id).is_some_and(|listed| !set.effective.contains(listed));
        match &node.op {
            Op::Ratify(op) => op.ops.iter().any(in_doubt),
            Op::Recover(_) => {
                let known = |number: &usize| set.past.contains(*number) && !node.past.contains(*number);
                self.links.recovers.iter().any(known)
            }
            _ => false,
        }
    }

    /// Returns the ops of a set that count, do not know an op and might be void because of it.
    fn affected_by(&self, number: usize, set: &Resolved) -> Vec<usize> {
        let node = self.node(number);
        let beside = |other: &usize| set.effective.contains(*other) && *other != number && !node.past.contains(*other);
        let mut found = Vec::new();
        let values = self.values(node);
        for (person, _) in values.iter().filter(|(_, value)| *value < Role::Owner.rank()) {
            found.extend(self.people.authored.get(person).into_iter().flatten().copied().filter(beside));
        }
        if let Op::RevokeDevice(op) = &node.op {
            found.extend(self.devices.signed.get(&op.device).into_iter().flatten().copied().filter(beside));
        }
        let on_admits = matches!(node.op, Op::RevokeInvite(_) | Op::RevokeDevice(_) | Op::Admit(_));
        if on_admits || !values.is_empty() {
            found.extend(self.links.admits.iter().copied().filter(beside));
        }
        found
    }

    /// Whether an op does not count, beside the ops that were judged before it and count.
    fn is_void(&self, number: usize, effective: &OpSet) -> bool {
        let node = self.node(number);
        match &node.op {
            Op::Genesis(_) => false,
            Op::RevokeDevice(op) if op.signature.is_some() => false,
            _ if bug::is_on(Bug::CountVoid) => false,
            Op::Recover(_) => {
                let beside = |other: &&usize| self.judged(**other, node, effective) && self.concurrent(**other, number);
                self.links.recovers.iter().any(|other| beside(&other))
            }
            _ => {
                let ratified = self.links.ratified.get(&number).into_iter().flatten();
                let is_ratified = ratified.into_iter().any(|ratify| self.judged(*ratify, node, effective));
                (!is_ratified && (self.is_outranked(number, effective) || self.is_invite_gone(number, effective)))
                    || self.is_unfounded(number, effective)
            }
        }
    }

    /// Whether an op counts and is judged before another.
    fn judged(&self, number: usize, node: &OpNode, effective: &OpSet) -> bool {
        effective.contains(number) && self.node(number).place() < node.place()
    }

    /// 3a: whether somebody above took the author's rank or device, without knowing the op.
    fn is_outranked(&self, number: usize, effective: &OpSet) -> bool {
        let node = self.node(number);
        let beside = |other: usize| self.judged(other, node, effective) && self.concurrent(other, number);
        let lowered = self.about(&node.author).iter().any(|about| {
            about.value < needed(node) && self.node(about.number).rank > node.author_rank && beside(about.number)
        });
        let revoked = self.devices.revoked.get(&node.device).into_iter().flatten();
        lowered
            || revoked.into_iter().any(|other| {
                let revocation = self.node(*other);
                let signed = matches!(&revocation.op, Op::RevokeDevice(op) if op.signature.is_some());
                (signed || revocation.rank > node.author_rank) && beside(*other)
            })
    }

    /// 3b: whether the author's rank does not follow from what counts of the op's past.
    fn is_unfounded(&self, number: usize, effective: &OpSet) -> bool {
        let node = self.node(number);
        let state = State::judging(self, effective, node);
        if let Op::Admit(op) = &node.op
            && !self.number(&op.invite).is_some_and(|invite| self.judged(invite, node, effective))
        {
            return true;
        }
        let by_itself = matches!(&node.op, Op::AddDevice(op) if op.cert.device == node.device);
        state.rank(&node.author) < needed(node)
            || !(by_itself || state.person_of(&node.device) == Some(node.author))
            || self.is_target_too_high(node, &state)
    }

    /// Whether somebody whom an op concerns is not below its author by what counts of its past.
    fn is_target_too_high(&self, node: &OpNode, state: &State<'_>) -> bool {
        let target = match &node.op {
            Op::Admit(op) => return state.rank(&op.person.id) > 0,
            Op::Add(op) => Some(op.person.id),
            Op::SetRole(op) => Some(op.person),
            Op::Remove(op) => Some(op.person),
            Op::Transfer(op) => Some(op.person),
            Op::RevokeDevice(op) => State::new(self, &node.effective, &node.past).person_of(&op.device),
            _ => None,
        };
        target.is_some_and(|target| target != node.author && state.rank(&target) >= node.author_rank)
    }

    /// 3c: whether the invite of an admit was withdrawn elsewhere, or is used up.
    fn is_invite_gone(&self, number: usize, effective: &OpSet) -> bool {
        let node = self.node(number);
        let Op::Admit(op) = &node.op else { return false };
        let Some(invite) = self.number(&op.invite) else { return true };
        let beside = |other: usize| self.judged(other, node, effective) && self.concurrent(other, number);
        let host @ OpNode { op: Op::Invite(terms), .. } = self.node(invite) else { return true };
        let ended = self.links.ends.get(&invite).into_iter().flatten().any(|other| beside(*other));
        let lowered =
            self.about(&host.author).iter().any(|about| about.value < Role::Admin.rank() && beside(about.number));
        let revoked = self.devices.revoked.get(&host.device).into_iter().flatten().any(|other| beside(*other));
        let uses = self.links.uses.get(&invite).into_iter().flatten();
        let used = uses.filter(|other| self.judged(**other, node, effective)).count();
        ended || lowered || revoked || used >= terms.max_uses as usize
    }
}

/// The rank an op's author must have for it to count.
fn needed(node: &OpNode) -> u8 {
    if matches!(node.op, Op::Admit(_)) { Role::Editor.rank() } else { node.author_rank }
}
