//! The state of a set of ops (R3 of `docs/authority.md`), one person or device at a time.
//!
//! What a person may do depends on the ops about them alone, but for the rule that an owner
//! remains; so nothing here walks all ops.

use super::OpSet;
use super::graph::{About, Graph, OpNode, SELF, TOP};
use crate::bug::{self, Bug};
use crate::id::{DeviceId, EntryId, PersonId};
use crate::op::{Op, Role};

/// The state of some ops that count, among the ops they were taken from.
#[derive(Debug)]
pub(super) struct State<'a> {
    graph: &'a Graph,
    /// Ops that count, and ops that are known: those that are in both make roles, the known ones
    /// certify devices.
    effective: &'a OpSet,
    known: &'a OpSet,
    /// The op that is judged by it, if one is.
    judged: Option<&'a OpNode>,
    /// Self-restrictions that would leave no owner.
    left_out: Vec<(usize, PersonId)>,
}

impl<'a> State<'a> {
    /// Returns the state of the ops that are effective and known.
    pub(super) fn new(graph: &'a Graph, effective: &'a OpSet, known: &'a OpSet) -> Self {
        Self { graph, effective, known, judged: None, left_out: Vec::new() }.guarded()
    }

    /// Returns the state by which an op is judged: of what it knows, those that count of what was
    /// judged before it, and what people had done to themselves.
    pub(super) fn judging(graph: &'a Graph, effective: &'a OpSet, op: &'a OpNode) -> Self {
        Self { graph, effective, known: &op.past, judged: Some(op), left_out: Vec::new() }.guarded()
    }

    fn counts(&self, number: usize) -> bool {
        if !self.known.contains(number) {
            return false;
        }
        match self.judged {
            Some(op) if self.graph.node(number).place() > op.place() => {
                // Judged later, but by what the op knew it counts, and it may have made its author
                // again what somebody else was to be.
                op.effective.contains(number) && self.graph.node(number).is_to_its_author()
            }
            _ => self.effective.contains(number),
        }
    }

    /// Step 2: leaves out self-restrictions of owners, the greatest id first, until one is left.
    fn guarded(mut self) -> Self {
        if self.has_owner() {
            return self;
        }
        let made_owner = |person: &PersonId| {
            let owner = Role::Owner.rank();
            self.graph.about(person).iter().any(|about| about.value == owner && self.counts(about.number))
        };
        let candidates: Vec<(EntryId, PersonId, usize)> = self
            .graph
            .people
            .self_restrictions
            .iter()
            .rev()
            .filter(|(_, person, number)| self.counts(*number) && made_owner(person))
            .copied()
            .collect();
        for (_, person, number) in candidates {
            self.left_out.push((number, person));
            if self.has_owner() {
                break;
            }
        }
        self
    }

    /// Whether self-restrictions were left out.
    pub(super) fn is_guarded(&self) -> bool {
        !self.left_out.is_empty()
    }

    fn has_owner(&self) -> bool {
        let first = self.graph.genesis().into_iter().flat_map(|(_, genesis)| &genesis.owners);
        let is_owner = |person: &PersonId| self.rank(person) == Role::Owner.rank();
        // The first owners mostly stay; those made later may be many.
        first.into_iter().any(|owner| is_owner(&owner.id)) || self.graph.people.made_owner.iter().any(is_owner)
    }

    fn owners(&self) -> impl Iterator<Item = PersonId> + '_ {
        self.graph.people.made_owner.iter().filter(|person| self.rank(person) == Role::Owner.rank()).copied()
    }

    /// Returns whether a person is owner and nobody else is.
    pub(super) fn is_only_owner(&self, person: &PersonId) -> bool {
        self.rank(person) == Role::Owner.rank() && self.owners().all(|owner| owner == *person)
    }

    /// Returns what counts of the ops about a person, the latest added first.
    fn about(&self, person: &PersonId) -> Vec<&'a About> {
        let mut about: Vec<_> =
            self.graph.about(person).iter().rev().filter(|about| self.counts(about.number)).collect();
        let is_left_out = |about: &About| self.left_out.contains(&(about.number, *person));
        let fails = |about: &About| about.half_for.is_some_and(|named| !self.half_counts(about.number, &named));
        let gone: Vec<usize> =
            about.iter().filter(|about| is_left_out(about) || fails(about)).map(|about| about.number).collect();
        if !gone.is_empty() {
            about.retain(|about| !gone.contains(&about.number) && !self.rests_on(about, &gone));
        }
        about
    }

    /// Whether others could lower somebody only because they had lowered themselves, by what does
    /// not count.
    fn rests_on(&self, about: &About, gone: &[usize]) -> bool {
        let node = self.graph.node(about.number);
        node.rank < TOP && about.authority != SELF && gone.iter().any(|number| node.past.contains(*number))
    }

    /// Whether a transfer lowers its author: only when its grant prevails.
    fn half_counts(&self, transfer: usize, named: &PersonId) -> bool {
        let rank = self.graph.node(transfer).rank;
        let prevails_over = |about: &About| {
            !self.counts(about.number)
                || self.left_out.contains(&(about.number, *named))
                || !self.graph.concurrent(about.number, transfer)
                || about.authority < rank
                || (about.authority == rank && about.value == Role::Owner.rank())
        };
        self.graph.about(named).iter().all(prevails_over)
    }

    /// Returns the rank of a person; 0 is no member (step 1).
    pub(super) fn rank(&self, person: &PersonId) -> u8 {
        let mut last: Vec<&About> = Vec::new();
        for about in self.about(person) {
            // Later numbers came first, so what knows it is here already.
            if !last.iter().any(|later| self.graph.node(later.number).past.contains(about.number)) {
                last.push(about);
            }
        }
        let greatest = last.iter().map(|about| about.authority).max();
        let mut values = last.iter().filter(|about| Some(about.authority) == greatest).map(|about| about.value);
        if bug::is_on(Bug::ArrivalOrder) {
            return values.next_back().unwrap_or(0);
        }
        values.min().unwrap_or(0)
    }

    /// Returns the restrictions of a person that are in force, as added (step 3).
    pub(super) fn in_force(&self, person: &PersonId) -> Vec<usize> {
        let mut all = self.about(person);
        all.reverse();
        // On one line nothing is concurrent.
        let in_line = all.windows(2).all(|pair| match pair {
            [a, b] => self.graph.node(b.number).past.contains(a.number),
            _ => true,
        });
        let overridden = |restriction: &About| {
            let overrides = |other: &&About| {
                other.authority > restriction.authority && self.graph.concurrent(other.number, restriction.number)
            };
            !in_line && all.iter().any(overrides)
        };
        let restrictions = all.iter().filter(|about| about.value < Role::Editor.rank() && !overridden(about));
        restrictions.map(|about| about.number).collect()
    }

    /// Returns the restrictions in force that end certifications, but for those that know them.
    fn ends(&self, person: &PersonId) -> Vec<usize> {
        if !self.graph.people.restricted.contains(person) {
            return Vec::new();
        }
        let ends = |op: &Op| matches!(op, Op::Remove(_) | Op::Leave(_) | Op::Recover(_));
        let mut in_force = self.in_force(person);
        in_force.retain(|number| ends(&self.graph.node(*number).op));
        in_force
    }

    /// Returns the revocations of a device that count.
    pub(super) fn revocations(&self, device: &DeviceId) -> impl Iterator<Item = usize> + '_ {
        self.graph.devices.revoked.get(device).into_iter().flatten().copied().filter(|number| self.counts(*number))
    }

    /// Returns the person of a device and the op that certifies it, if it is neither ended nor
    /// revoked (step 4).
    pub(super) fn certified(&self, device: &DeviceId) -> Option<(PersonId, usize)> {
        if self.revocations(device).next().is_some() {
            return None;
        }
        let claims = self.graph.devices.certified.get(device)?;
        let known = claims.iter().filter(|(number, _)| self.known.contains(*number));
        let live = known.filter(|(number, person)| {
            let certifies_after = |end: &usize| end == number || self.graph.node(*number).past.contains(*end);
            self.ends(person).iter().all(certifies_after)
        });
        let best = live.min_by_key(|(number, _)| {
            let node = self.graph.node(*number);
            (u8::MAX - node.rank, node.id)
        });
        best.map(|(number, person)| (*person, *number))
    }

    /// Returns the person of a device, if it is neither ended nor revoked.
    pub(super) fn person_of(&self, device: &DeviceId) -> Option<PersonId> {
        self.certified(device).map(|(person, _)| person)
    }

    /// Returns the member behind a device and their rank.
    pub(super) fn author(&self, device: &DeviceId) -> Option<(PersonId, u8)> {
        let person = self.person_of(device)?;
        let rank = self.rank(&person);
        (rank > 0).then_some((person, rank))
    }

    /// Returns the op that gave a person the name they bear: the last in the order of the size of
    /// the past, then the id.
    pub(super) fn named_by(&self, person: &PersonId) -> Option<usize> {
        let all = || self.graph.people.names.get(person).into_iter().flatten().copied();
        // A member whose add is void has their name from it all the same.
        self.last(all().filter(|number| self.counts(*number)))
            .or_else(|| self.last(all().filter(|number| self.known.contains(*number))))
    }

    /// Returns the op that gave a device of a person its label.
    pub(super) fn labelled_by(&self, device: &DeviceId, person: &PersonId) -> Option<usize> {
        let certified = self.graph.devices.certified.get(device).into_iter().flatten();
        let certified = certified.filter(|(number, of)| of == person && self.known.contains(*number));
        let labels = self.graph.devices.labels.get(device).into_iter().flatten().copied();
        let labels = labels.filter(|number| self.counts(*number) && self.graph.node(*number).author == *person);
        self.last(certified.map(|(number, _)| *number).chain(labels))
    }

    fn last(&self, numbers: impl Iterator<Item = usize>) -> Option<usize> {
        numbers.max_by_key(|number| {
            let node = self.graph.node(*number);
            (node.depth, node.id)
        })
    }

    /// Returns whether an op is an invite that counts and that no op that counts revokes.
    pub(super) fn is_open(&self, invite: usize) -> bool {
        let ends = self.graph.links.ends.get(&invite);
        self.counts(invite) && !ends.into_iter().flatten().any(|number| self.counts(*number))
    }
}
