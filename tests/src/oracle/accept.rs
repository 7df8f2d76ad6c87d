//! Cuts and acceptance (R6, R8, R9).

use std::collections::{BTreeMap, BTreeSet};

use dataforge_protocol::id::{DeviceId, EntryId, PersonId};
use dataforge_protocol::op::{Cut, Op};

use super::bits::Bits;
use super::state::State;
use super::{EDITOR, Oracle};

/// Against whom an effective op is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Against {
    Person(PersonId),
    Device(DeviceId),
}

/// An effective restriction of a person or device.
#[derive(Debug)]
struct Restriction {
    op: usize,
    against: Against,
    in_force: bool,
    cuts: Vec<Cut>,
}

/// A set of data and ops, and what follows from them for acceptance.
struct View {
    data: Bits,
    effective: Bits,
    restrictions: Vec<Restriction>,
    chain: BTreeSet<EntryId>,
    /// The entries for each place on a chain that has several.
    slots: BTreeMap<(DeviceId, u64), Vec<EntryId>>,
}

impl View {
    fn fork_of(&self, device: &DeviceId) -> Option<u64> {
        self.slots.keys().find(|(other, _)| other == device).map(|(_, seq)| *seq)
    }
}

impl Oracle {
    /// Returns which of some data is accepted, by some ops. Both hold all that is before them.
    pub(super) fn accepted(&mut self, data: &Bits, known: &Bits) -> Bits {
        let view = self.view(data, known);
        let mut standing = Bits::default();
        for e in view.data.iter() {
            if self.stands(e, &view) {
                standing.put(e);
            }
        }
        let first = self.with_pasts(&standing);
        let rest = self.drop_losers(first, &view);
        self.with_pasts(&rest.both(&standing))
    }

    fn view(&mut self, data: &Bits, known: &Bits) -> View {
        let mut valid = Bits::default();
        data.iter().filter(|e| self.is_valid_data(*e)).for_each(|e| valid.put(e));
        let effective = self.effective(known);
        let state = self.state(known);
        let mut chain: BTreeSet<EntryId> = BTreeSet::new();
        for e in valid.iter() {
            chain.insert(self.data_id(e));
            chain.extend(self.data[e].between.iter().map(|x| self.ops[*x].chained.id));
        }
        chain.extend(known.iter().filter(|x| self.is_valid_op(*x)).map(|x| self.ops[x].chained.id));
        let mut slots: BTreeMap<(DeviceId, u64), Vec<EntryId>> = BTreeMap::new();
        for id in &chain {
            let at = self.chained(id).expect("it was added");
            slots.entry((at.device, at.seq)).or_default().push(*id);
        }
        slots.retain(|_, ids| ids.len() > 1);
        let restrictions = self.restrictions(&effective, &state);
        View { data: valid, effective, restrictions, chain, slots }
    }

    fn restrictions(&self, effective: &Bits, state: &State) -> Vec<Restriction> {
        let mut found = Vec::new();
        for op in effective.iter() {
            let persons = self.about(op).into_iter().filter(|(_, value)| *value < EDITOR).map(|(person, _)| person);
            let persons = persons.map(|person| (Against::Person(person), state.force.contains(&(op, person))));
            let device = self.revokes(op).map(|device| (Against::Device(device), true));
            for (against, in_force) in persons.chain(device) {
                found.push(Restriction { op, against, in_force, cuts: self.cuts(op, effective) });
            }
        }
        found
    }

    /// The cut of a restriction and those that extend it.
    fn cuts(&self, restriction: usize, effective: &Bits) -> Vec<Cut> {
        let id = self.ops[restriction].chained.id;
        let extends = effective.iter().filter_map(|y| match self.op(y) {
            Op::ExtendCut(op) if op.removal == id => Some(op.cut.clone()),
            _ => None,
        });
        self.op(restriction).cut().cloned().into_iter().chain(extends).collect()
    }

    fn stands(&mut self, e: usize, view: &View) -> bool {
        let known = self.data[e].known.clone();
        let state = self.fold(&view.effective.both(&known), &known);
        let (at, author) = (self.data[e].chained, self.data[e].author);
        let is_frozen = view.fork_of(&at.device).is_some_and(|fork| at.seq >= fork);
        let grant = author.is_some() && state.author(&at.device) == author && state.author_rank(&at.device) >= EDITOR;
        grant && self.is_in(e, view) && (!is_frozen || self.is_named(e, view))
    }

    fn is_against(&self, restriction: &Restriction, e: usize) -> bool {
        match restriction.against {
            Against::Person(person) => self.data[e].author == Some(person),
            Against::Device(device) => self.data[e].chained.device == device,
        }
    }

    fn is_in(&self, e: usize, view: &View) -> bool {
        let known = &self.data[e].known;
        let unknown = |r: &&Restriction| r.in_force && self.is_against(r, e) && !known.has(r.op);
        let unknown: Vec<_> = view.restrictions.iter().filter(unknown).collect();
        let is_first = |r: &&&Restriction| !unknown.iter().any(|other| self.ops[r.op].past.has(other.op));
        let applying: Vec<_> = unknown.iter().filter(is_first).collect();
        applying.is_empty() || applying.iter().flat_map(|r| &r.cuts).any(|cut| self.is_in_cut(e, cut, view, false))
    }

    fn is_named(&self, e: usize, view: &View) -> bool {
        let against = view.restrictions.iter().filter(|r| self.is_against(r, e));
        against.flat_map(|r| &r.cuts).any(|cut| self.is_in_cut(e, cut, view, true))
    }

    /// By the chain that ends with the head as far as it is here, then by the position unless
    /// `exact`.
    fn is_in_cut(&self, e: usize, cut: &Cut, view: &View, exact: bool) -> bool {
        let own = self.data[e].chained;
        let Some(place) = cut.at(&own.device) else { return false };
        let mut next = Some(place.head);
        while let Some(at) = next.filter(|at| view.chain.contains(at)).and_then(|at| self.chained(&at)) {
            if at.seq <= own.seq {
                return at.id == own.id;
            }
            next = at.prev;
        }
        !exact && own.seq <= place.seq
    }

    /// Whether an entry is on the chain that ends with `head`.
    fn is_on_chain(&self, head: &EntryId, id: &EntryId) -> bool {
        let mut next = Some(*head);
        while let Some(at) = next.filter(|at| at != id) {
            next = self.chained(&at).and_then(|link| link.prev);
        }
        next.is_some()
    }

    fn with_pasts(&self, some: &Bits) -> Bits {
        let mut all = some.clone();
        some.iter().for_each(|e| all.put_all(&self.data[e].past));
        all
    }

    fn drop_losers(&self, first: Bits, view: &View) -> Bits {
        let mut rest = first.clone();
        for heads in view.slots.values() {
            let branch = |head: &EntryId| {
                let mut branch = Bits::default();
                rest.iter().filter(|e| self.is_on_chain(&self.data_id(*e), head)).for_each(|e| branch.put(e));
                (*head, branch)
            };
            let branches: Vec<_> = heads.iter().map(branch).filter(|(_, branch)| branch.len() > 0).collect();
            if branches.len() < 2 {
                continue;
            }
            let stays = branches.iter().map(|(head, branch)| self.preference(*head, branch, &first, view)).min();
            let stays = stays.map(|(_, _, head)| head);
            for (_, branch) in branches.iter().filter(|(head, _)| Some(*head) != stays) {
                for e in rest.clone().iter() {
                    if branch.has(e) || self.data[e].past.meets(branch) {
                        rest.take(e);
                    }
                }
            }
        }
        rest
    }

    /// Lowest first: named, then more other persons that built upon it, then the id.
    fn preference(
        &self,
        head: EntryId,
        branch: &Bits,
        first: &Bits,
        view: &View,
    ) -> (bool, std::cmp::Reverse<usize>, EntryId) {
        let named = branch.iter().any(|e| self.is_named(e, view));
        let own: BTreeSet<_> = branch.iter().map(|e| self.data[e].author).collect();
        let upon = first.iter().filter(|e| self.data[*e].past.meets(branch)).map(|e| self.data[e].author);
        let others: BTreeSet<_> = upon.filter(|author| !own.contains(author)).collect();
        (!named, std::cmp::Reverse(others.len()), head)
    }
}
