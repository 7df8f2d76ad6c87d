//! Questions about ops: what the judging of entries asks.

use super::graph::{Graph, OpNode};
use super::state::State;
use super::{Membership, OpSet, View};
use crate::id::{DeviceId, EntryId, PersonId};
use crate::op::{Cut, CutAt, Op, Role};

impl Membership {
    /// Returns whether an op is known and valid.
    #[must_use]
    pub fn contains(&self, id: &EntryId) -> bool {
        self.graph.number(id).is_some()
    }

    /// Returns a valid op.
    #[must_use]
    pub fn op(&self, id: &EntryId) -> Option<&Op> {
        self.node(id).map(|node| &node.op)
    }

    fn node(&self, id: &EntryId) -> Option<&OpNode> {
        self.graph.get(self.graph.number(id)?)
    }

    /// Returns the rank of a valid op, 1 to 5.
    #[must_use]
    pub fn rank_of(&self, id: &EntryId) -> Option<u8> {
        Some(self.node(id)?.rank)
    }

    /// Returns the person who wrote a valid op.
    #[must_use]
    pub fn author_of(&self, id: &EntryId) -> Option<PersonId> {
        Some(self.node(id)?.author)
    }

    /// Returns the number of a valid op in sets of ops.
    #[must_use]
    pub fn number_of(&self, id: &EntryId) -> Option<usize> {
        self.graph.number(id)
    }

    /// Returns the ops before a valid op, itself excluded.
    #[must_use]
    pub fn past_of(&self, id: &EntryId) -> Option<&std::sync::Arc<OpSet>> {
        Some(&self.node(id)?.past)
    }

    /// Returns the author that a device has by those of the effective ops of a view that an entry
    /// knows: what is left of the grant by which it was written.
    #[must_use]
    pub fn author_in(&self, view: &View, known: &OpSet, device: &DeviceId) -> Option<(PersonId, Role)> {
        let (person, rank) = State::new(&self.graph, &view.effective, known).author(device)?;
        Some((person, Role::from_rank(rank)?))
    }

    /// Returns whether those of the effective ops of a view that an entry knows still make its
    /// device an author for the same person, with the role of an editor or higher.
    ///
    /// That all of `known` is effective is not enough: an op may be void by what the entry knew,
    /// and ratified since.
    #[must_use]
    pub fn still_author(&self, view: &View, known: &OpSet, device: &DeviceId, person: &PersonId) -> bool {
        self.author_in(view, known, device).is_some_and(|(whose, role)| whose == *person && role >= Role::Editor)
    }

    /// Returns the cuts of a restriction: its own, and those of the effective ops that extend it.
    #[must_use]
    pub fn cuts_of(&self, view: &View, restriction: &EntryId) -> Vec<&Cut> {
        self.cuts_by_op(view, restriction).into_iter().map(|(_, cut)| cut).collect()
    }

    /// Returns the places on a device's chain that are named by cuts of effective restrictions
    /// against it or its person, in force or not, each with the restriction.
    #[must_use]
    pub fn naming_cuts(&self, view: &View, device: &DeviceId, person: &PersonId) -> Vec<(EntryId, &CutAt)> {
        let cuts = self.graph.devices.cuts.get(device).into_iter().flatten();
        let counts = |number: usize| view.effective.contains(number);
        let place = |(restriction, holder): &(usize, usize)| {
            let node = self.graph.node(*restriction);
            let at = self.graph.node(*holder).op.cut()?.at(device)?;
            let names = counts(*restriction) && counts(*holder) && self.graph.is_against(node, device, person);
            names.then_some((node.id, at))
        };
        cuts.filter_map(place).collect()
    }

    /// Returns whether any valid op, void or not, puts a person below editor or revokes a device.
    #[must_use]
    pub fn may_restrict(&self, device: &DeviceId, person: &PersonId) -> bool {
        self.graph.people.restricted.contains(person) || self.graph.devices.revoked.contains_key(device)
    }

    /// Returns whether a valid op, when it was added, could change what counts among the entries
    /// that were here before it, ops and data.
    ///
    /// An add, admit or new device changes nothing there unless an op it does not know concerns
    /// the same person or device, or it makes a viewer of somebody whom an op concerned before; a
    /// describe or an invite never does.
    #[must_use]
    pub fn changes_verdicts(&self, id: &EntryId) -> bool {
        self.node(id).is_none_or(|node| node.unsettling)
    }

    /// Returns the set of all ops.
    pub(crate) fn all(&self) -> OpSet {
        let mut all = OpSet::default();
        (0..self.graph.len()).for_each(|number| all.insert(number));
        all
    }

    /// Returns whether an op is in a set of this graph.
    pub(crate) fn holds(&self, set: &OpSet, id: &EntryId) -> bool {
        self.graph.number(id).is_some_and(|number| set.contains(number))
    }
}

impl Graph {
    /// Whether an op puts a person below editor or revokes a device.
    fn is_against(&self, node: &OpNode, device: &DeviceId, person: &PersonId) -> bool {
        let revokes = matches!(&node.op, Op::RevokeDevice(op) if op.device == *device);
        let below = |(whom, value): &(PersonId, u8)| whom == person && *value < Role::Editor.rank();
        revokes || self.values(node).iter().any(below)
    }

    /// Whether adding an op may change verdicts; see [`Membership::changes_verdicts`].
    pub(super) fn is_unsettling(&self, node: &OpNode) -> bool {
        let beside = |number: &usize| !node.past.contains(*number);
        match &node.op {
            Op::Describe(_) | Op::Invite(_) => false,
            Op::RevokeInvite(op) => {
                let invite = self.number(&op.invite);
                let mut uses = invite.and_then(|invite| self.links.uses.get(&invite)).into_iter().flatten();
                uses.any(beside)
            }
            Op::AddDevice(op) => self.is_device_elsewhere(node, &op.cert.device),
            Op::Add(_) | Op::Admit(_) => {
                let values = self.values(node);
                // Another owner may lift the rule that kept one who left.
                let lifts = values.iter().any(|(_, value)| *value == Role::Owner.rank())
                    && !self.people.self_restrictions.is_empty();
                // A restriction of what they wrote before, if those before it are not in force.
                let mut below = values.iter().filter(|(_, value)| *value < Role::Editor.rank());
                let restricts = below.any(|(person, _)| !self.about(person).is_empty());
                let is_admit = matches!(node.op, Op::Admit(_)) && self.links.admits.iter().any(beside);
                lifts
                    || restricts
                    || is_admit
                    || node.op.persons().iter().any(|person| {
                        let mut about = self.about(&person.id).iter().map(|about| about.number);
                        let mut transfers = self.people.transfers.get(&person.id).into_iter().flatten();
                        about.any(|number| beside(&number))
                            || transfers.any(beside)
                            || person.devices.iter().any(|(cert, _)| self.is_device_elsewhere(node, &cert.device))
                    })
            }
            _ => true,
        }
    }

    /// Whether an op that another does not know certifies or revokes a device.
    fn is_device_elsewhere(&self, node: &OpNode, device: &DeviceId) -> bool {
        let certified = self.devices.certified.get(device).into_iter().flatten().map(|(number, _)| number);
        let revoked = self.devices.revoked.get(device).into_iter().flatten();
        certified.chain(revoked).any(|number| !node.past.contains(*number))
    }
}
