//! Why an entry counts or does not, what late work there is, and where a cut goes.

use std::collections::{BTreeMap, BTreeSet};

use super::judge::Case;
use super::{Inert, Ledger, Node, Standing};
use crate::authority::OpSet;
use crate::entry::EntryKind;
use crate::id::{DeviceId, EntryId, PersonId};
use crate::limits;
use crate::op::{Cut, CutAt};

/// Why an entry counts, or does not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// An op in effect, or an Open or Change whose author might write it.
    Stands,
    /// This restriction applies to it and its cut holds it.
    InCut(EntryId),
    /// It was late work, which this op brought in.
    BroughtIn(EntryId),
    /// It counts because these entries of others that stand build upon it: they did not know better.
    BuiltUpon(Vec<EntryId>),
    /// An op that is void: another of greater authority speaks against its author, or its author's
    /// role does not follow from what is in effect.
    Void,
    /// These restrictions of its author apply to it, and no cut holds it.
    Restricted(Vec<EntryId>),
    /// Its author's role came from these ops, which are void.
    NoGrant(Vec<EntryId>),
    /// Its device signed two entries for one position, this or one before it, from here on.
    Forked(u64),
    /// It builds on this entry, which does not count.
    BuildsOn(EntryId),
    /// Its change has no effect.
    Inert(Inert),
    /// A newer version wrote it.
    Unreadable,
}

/// Work of one device that a restriction leaves out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LateWork {
    /// The restrictions that apply; the first is the one whose cut is to be extended.
    pub restrictions: Vec<EntryId>,
    /// Whose work it is.
    pub person: PersonId,
    /// On which device.
    pub device: DeviceId,
    /// The entries, in the order of the chain.
    pub entries: Vec<EntryId>,
}

/// Entries named at most when telling who builds upon an entry.
const MAX_NAMED: usize = 8;

impl Ledger {
    /// Tells why a settled entry counts or not; `None` when it is not settled here.
    #[must_use]
    pub fn explain(&self, id: &EntryId) -> Option<Why> {
        let node = self.nodes.get(id)?;
        if node.standing == Standing::Unreadable {
            return Some(Why::Unreadable);
        }
        let counts = node.standing == Standing::Counts;
        if node.kind == Some(EntryKind::Op) {
            return Some(if counts { Why::Stands } else { Why::Void });
        }
        Some(match &node.inert {
            Some(inert) if counts => Why::Inert(Inert::clone(inert)),
            _ if counts => self.why_it_counts(id, node),
            _ => self.why_not(id, node),
        })
    }

    fn why_it_counts(&self, id: &EntryId, node: &Node) -> Why {
        let now = self.now();
        let case = Case { view: &now, part: None, forked: &self.forked };
        if !self.stands(id, node, &case) {
            let upon = self.order.iter().filter(|other| {
                self.nodes.get(*other).is_some_and(|n| n.deps.contains(id) && n.standing == Standing::Counts)
            });
            return Why::BuiltUpon(upon.take(MAX_NAMED).copied().collect());
        }
        for restriction in self.applying(node, &now) {
            for (op, cut) in self.membership.cuts_by_op(&now, &restriction.op) {
                if cut.at(&node.device).is_some_and(|cut| self.is_in_cut(id, node, cut, &case, false)) {
                    return if op == restriction.op { Why::InCut(op) } else { Why::BroughtIn(op) };
                }
            }
        }
        Why::Stands
    }

    fn why_not(&self, id: &EntryId, node: &Node) -> Why {
        let now = self.now();
        let case = Case { view: &now, part: None, forked: &self.forked };
        if !self.still_author(node, &now) {
            return Why::NoGrant(self.membership.differing(&node.past, &node.past.intersection(now.effective())));
        }
        if !self.is_in(id, node, &case) {
            return Why::Restricted(self.applying(node, &now).iter().map(|restriction| restriction.op).collect());
        }
        match self.forked.get(&node.device) {
            Some(from) if node.seq >= *from => Why::Forked(*from),
            _ => node.deps.iter().find(|dep| !self.counts(dep)).map_or(Why::Stands, |dep| Why::BuildsOn(*dep)),
        }
    }

    /// Returns the work that restrictions leave out, by device.
    #[must_use]
    pub fn late_work(&self) -> Vec<LateWork> {
        let now = self.now();
        let case = Case { view: &now, part: None, forked: &self.forked };
        let mut found: BTreeMap<DeviceId, LateWork> = BTreeMap::new();
        for (id, node) in self.order.iter().filter_map(|id| Some((id, self.nodes.get(id)?))) {
            let Some((person, _)) = node.author.filter(|_| node.near && node.standing == Standing::Excluded) else {
                continue;
            };
            if self.is_in(id, node, &case) {
                continue;
            }
            let work = found.entry(node.device).or_insert_with(|| LateWork {
                restrictions: self.applying(node, &now).iter().map(|restriction| restriction.op).collect(),
                person,
                device: node.device,
                entries: Vec::new(),
            });
            work.entries.push(*id);
        }
        let mut found: Vec<_> = found.into_values().collect();
        for work in &mut found {
            work.entries.sort_by_key(|id| self.nodes.get(id).map_or(u64::MAX, |node| node.seq));
        }
        found
    }

    /// Returns the cut that takes in all that counts now of some devices, for a removal.
    #[must_use]
    pub fn cut_of(&self, devices: impl IntoIterator<Item = DeviceId>) -> Cut {
        let last = |device: DeviceId| {
            let chain = self.chains.get(&device)?;
            let mut ends = chain.iter().rev().flat_map(|(seq, ids)| ids.iter().map(|id| (*seq, *id)));
            let counts =
                |id: &EntryId| self.nodes.get(id).is_some_and(|n| n.is_data() && n.standing == Standing::Counts);
            ends.find(|(_, id)| counts(id)).map(|(seq, head)| CutAt { device, seq, head })
        };
        let devices: BTreeSet<_> = devices.into_iter().collect();
        Cut::new(devices.into_iter().filter_map(last).take(limits::MAX_CUT).collect())
    }

    /// Returns the cut that takes in some late work.
    #[must_use]
    pub fn cut_for(&self, work: &LateWork) -> Cut {
        let last = work.entries.last().and_then(|id| Some((id, self.nodes.get(id)?)));
        Cut::new(last.map(|(id, node)| CutAt { device: work.device, seq: node.seq, head: *id }).into_iter().collect())
    }

    /// Returns the ops that ended what a device may do, with all that they know, in causal order;
    /// `None` while it is a member's, and when it never was.
    ///
    /// A device that was admitted by one who could not any more is told what ended that one: it knows of no op
    /// against itself, and there is none.
    #[must_use]
    pub fn ops_ending(&self, device: &DeviceId) -> Option<Vec<EntryId>> {
        let now = self.now();
        let person = self.membership.certified(device)?;
        if now.is_member(device) {
            return None;
        }
        let (mut told, mut asked) = (OpSet::default(), BTreeSet::new());
        let mut queue = vec![(*device, person)];
        while let Some((device, person)) = queue.pop() {
            now.restrictions_on(&device, &person).for_each(|found| self.membership.add_with_past(&mut told, &found.op));
            let admitters = self.membership.admitters(&device).filter(|(device, _)| !now.is_member(device));
            queue.extend(admitters.filter(|(device, _)| asked.insert(*device)));
        }
        let is_told = |id: &&EntryId| self.membership.holds(&told, id);
        Some(self.order.iter().filter(is_told).copied().collect())
    }

    /// Returns the devices that wrote something that knows an op.
    #[must_use]
    pub fn acknowledged(&self, op: &EntryId) -> BTreeSet<DeviceId> {
        let knows = |chain: &BTreeMap<u64, Vec<EntryId>>| {
            chain.values().rev().flatten().filter_map(|id| Some((id, self.nodes.get(id)?))).any(|(id, node)| {
                id == op
                    || self.membership.holds(&node.past, op)
                    || self.membership.past_of(id).is_some_and(|past| self.membership.holds(past, op))
            })
        };
        self.chains.iter().filter(|(_, chain)| knows(chain)).map(|(device, _)| *device).collect()
    }
}
