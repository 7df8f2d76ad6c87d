//! State of a set of ops (R3): ranks, restrictions in force, devices.

use std::collections::{BTreeMap, BTreeSet};

use dataforge_protocol::id::{DeviceId, EntryId, PersonId};
use dataforge_protocol::op::Op;

use super::bits::Bits;
use super::{EDITOR, NOBODY, OWNER, Oracle, TOP, rank_of};

/// Authority of a self-restriction.
const SELF: u8 = 6;

/// What `fold` gives.
#[derive(Debug, Clone, Default)]
pub(super) struct State {
    /// The rank of each member.
    pub(super) ranks: BTreeMap<PersonId, u8>,
    /// Restrictions in force.
    pub(super) force: BTreeSet<(usize, PersonId)>,
    /// The person of each device that is neither ended nor revoked.
    pub(super) persons: BTreeMap<DeviceId, PersonId>,
}

impl State {
    pub(super) fn rank(&self, person: &PersonId) -> u8 {
        self.ranks.get(person).copied().unwrap_or(NOBODY)
    }

    /// Returns the person a device is an author for.
    pub(super) fn author(&self, device: &DeviceId) -> Option<PersonId> {
        self.persons.get(device).copied().filter(|person| self.rank(person) > NOBODY)
    }

    /// Returns the rank of a device's author, or nobody's.
    pub(super) fn author_rank(&self, device: &DeviceId) -> u8 {
        self.persons.get(device).map_or(NOBODY, |person| self.rank(person))
    }

    pub(super) fn is_only_owner(&self, person: &PersonId) -> bool {
        self.rank(person) == OWNER && self.ranks.values().filter(|rank| **rank == OWNER).count() == 1
    }
}

/// An op that says something about a person.
#[derive(Debug, Clone, Copy)]
struct About {
    op: usize,
    id: EntryId,
    person: PersonId,
    value: u8,
    authority: u8,
    is_own: bool,
}

impl Oracle {
    /// Returns for whom an op sets what they may do, and what.
    pub(super) fn about(&self, x: usize) -> Vec<(PersonId, u8)> {
        let author = self.author(x);
        match self.op(x) {
            Op::Genesis(op) => op.owners.iter().map(|owner| (owner.id, OWNER)).collect(),
            Op::Recover(op) => {
                let removed = op.removed.iter().map(|person| (*person, NOBODY));
                op.owners.iter().map(|owner| (owner.id, OWNER)).chain(removed).collect()
            }
            Op::Add(op) => vec![(op.person.id, rank_of(op.role))],
            Op::Admit(op) => {
                let role = self.invite_of(x).map(|(_, invite)| rank_of(invite.role));
                role.map(|role| (op.person.id, role)).into_iter().collect()
            }
            Op::SetRole(op) => vec![(op.person, rank_of(op.role))],
            Op::Remove(op) => vec![(op.person, NOBODY)],
            Op::Leave(_) => author.map(|author| (author, NOBODY)).into_iter().collect(),
            Op::Transfer(op) => {
                let lowered = author.map(|author| (author, rank_of(op.role)));
                std::iter::once((op.person, OWNER)).chain(lowered).collect()
            }
            _ => Vec::new(),
        }
    }

    fn is_own(&self, x: usize, person: &PersonId) -> bool {
        match self.op(x) {
            Op::Leave(_) => true,
            Op::SetRole(_) => self.author(x) == Some(*person),
            Op::Transfer(op) => op.person != *person,
            _ => false,
        }
    }

    pub(super) fn concurrent(&self, x: usize, y: usize) -> bool {
        x != y && !self.ops[x].past.has(y) && !self.ops[y].past.has(x)
    }

    /// The state of some known ops, of which some are in effect.
    pub(super) fn fold(&mut self, effective: &Bits, known: &Bits) -> State {
        let key = (effective.clone(), known.clone());
        if let Some(state) = self.folds.get(&key) {
            return state.clone();
        }
        let state = self.fold_anew(effective, known);
        self.folds.insert(key, state.clone());
        state
    }

    fn fold_anew(&self, effective: &Bits, known: &Bits) -> State {
        let mut all: Vec<About> = Vec::new();
        for op in effective.iter() {
            for (person, value) in self.about(op) {
                let is_own = self.is_own(op, &person);
                let authority = if is_own { SELF } else { self.rank(op) };
                all.push(About { op, id: self.ops[op].chained.id, person, value, authority, is_own });
            }
        }
        let made_owners: BTreeSet<_> = all.iter().filter(|a| a.value == OWNER).map(|a| a.person).collect();
        let mut left_out: Vec<About> = Vec::new();
        loop {
            let (mut halves, counted): (Vec<_>, Vec<_>) =
                all.iter().copied().partition(|about| !self.half_counts(about, &all));
            halves.extend(&left_out);
            let counted: Vec<_> = counted.into_iter().filter(|about| !self.rests_on(about, &halves)).collect();
            let ranks = self.ranks(&counted);
            let has_owner = ranks.values().any(|rank| *rank == OWNER);
            let may_go = |about: &&About| about.is_own && made_owners.contains(&about.person);
            let goes = if has_owner { None } else { all.iter().filter(may_go).max_by_key(|about| about.id).copied() };
            let Some(goes) = goes else {
                let force = self.in_force(&counted);
                let persons = self.persons(effective, known, &force);
                return State { ranks, force, persons };
            };
            left_out.push(goes);
            all.retain(|about| !(about.is_own && about.id == goes.id));
        }
    }

    /// Others could lower a person only because that one had lowered itself, which does not count.
    fn rests_on(&self, about: &About, gone: &[About]) -> bool {
        let rests = |other: &About| other.person == about.person && self.ops[about.op].past.has(other.op);
        self.rank(about.op) < TOP && !about.is_own && gone.iter().any(rests)
    }

    /// A transfer lowers its author only when what it grants prevails.
    fn half_counts(&self, half: &About, all: &[About]) -> bool {
        let Op::Transfer(op) = self.op(half.op) else { return true };
        let rank = self.rank(half.op);
        let prevails = |other: &&About| {
            other.person == op.person
                && self.concurrent(half.op, other.op)
                && (other.authority > rank || (other.authority == rank && other.value < OWNER))
        };
        !half.is_own || !all.iter().any(|other| prevails(&other))
    }

    /// Step 1.
    fn ranks(&self, counted: &[About]) -> BTreeMap<PersonId, u8> {
        let last = |about: &&About| {
            let later = |other: &About| other.person == about.person && self.ops[other.op].past.has(about.op);
            !counted.iter().any(later)
        };
        let mut best: BTreeMap<PersonId, (u8, u8)> = BTreeMap::new();
        for about in counted.iter().filter(last) {
            let (authority, value) = best.entry(about.person).or_insert((about.authority, about.value));
            if about.authority > *authority {
                (*authority, *value) = (about.authority, about.value);
            } else if about.authority == *authority {
                *value = about.value.min(*value);
            }
        }
        best.into_iter().map(|(person, (_, value))| (person, value)).filter(|(_, value)| *value > NOBODY).collect()
    }

    /// Step 3.
    fn in_force(&self, counted: &[About]) -> BTreeSet<(usize, PersonId)> {
        let greater = |about: &About| {
            let above = |other: &About| {
                other.person == about.person && other.authority > about.authority && self.concurrent(other.op, about.op)
            };
            counted.iter().any(above)
        };
        let restrictions = counted.iter().filter(|about| about.value < EDITOR && !greater(about));
        restrictions.map(|about| (about.op, about.person)).collect()
    }

    /// Step 4.
    fn persons(
        &self,
        effective: &Bits,
        known: &Bits,
        force: &BTreeSet<(usize, PersonId)>,
    ) -> BTreeMap<DeviceId, PersonId> {
        let ends = |op: usize| matches!(self.op(op), Op::Remove(_) | Op::Leave(_) | Op::Recover(_));
        let is_ended = |certifier: usize, person: &PersonId| {
            let ended = |op: usize| op != certifier && !self.ops[certifier].past.has(op);
            force.iter().any(|(op, other)| other == person && ends(*op) && ended(*op))
        };
        let revoked: BTreeSet<_> = effective.iter().filter_map(|x| self.revokes(x)).collect();
        let mut best: BTreeMap<DeviceId, (std::cmp::Reverse<u8>, EntryId, PersonId)> = BTreeMap::new();
        for x in known.iter() {
            for (person, device) in self.certifies(x) {
                if revoked.contains(&device) || is_ended(x, &person) {
                    continue;
                }
                let claim = (std::cmp::Reverse(self.rank(x)), self.ops[x].chained.id, person);
                let best = best.entry(device).or_insert(claim);
                *best = claim.min(*best);
            }
        }
        best.into_iter().map(|(device, (_, _, person))| (device, person)).collect()
    }
}
