//! The rules of `docs/authority.md` once more, written down as they stand there and as slowly as
//! that is: what a ledger makes of its entries is compared with it.
//!
//! It shares no code with the product but the types of entries and ops. It knows nothing of
//! changes and their gate, of wires or of disks.

mod accept;
mod bits;
mod data;
mod effective;
mod ops;
mod state;

use std::collections::BTreeMap;

use dataforge_protocol::entry::{Entry, EntryKind, ReadHeader};
use dataforge_protocol::id::{DeviceId, EntryId, PersonId};
use dataforge_protocol::op::{Op, Role};

use self::bits::Bits;
use self::data::Data;
use self::ops::OpNode;
use self::state::State;

const NOBODY: u8 = 0;
const EDITOR: u8 = 2;
const ADMIN: u8 = 3;
const OWNER: u8 = 4;
/// The rank of genesis and recover.
const TOP: u8 = 5;

const fn rank_of(role: Role) -> u8 {
    match role {
        Role::Viewer => 1,
        Role::Editor => EDITOR,
        Role::Admin => ADMIN,
        Role::Owner => OWNER,
    }
}

/// What is to be made of some entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It can never count.
    Invalid,
    /// An op in effect, or data that is accepted, whether or not its change passes the gate.
    Counts,
    /// A void op, or data that is not accepted.
    Excluded,
    /// It is of a newer version or rests on such.
    Unreadable,
}

/// Entries that refer to nothing that is not among them, and what was found out about them.
#[derive(Debug, Default)]
pub struct Oracle {
    ops: Vec<OpNode>,
    data: Vec<Data>,
    /// Where each entry is.
    places: BTreeMap<EntryId, Place>,
    /// Those that cannot be read.
    unreadable: BTreeMap<EntryId, Chained>,
    effective: BTreeMap<Bits, Bits>,
    folds: BTreeMap<(Bits, Bits), State>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Op(usize),
    Data(usize),
    Unreadable,
}

/// A place on a chain.
#[derive(Debug, Clone, Copy)]
struct Chained {
    id: EntryId,
    device: DeviceId,
    seq: u64,
    prev: Option<EntryId>,
    /// Blobs named on the chain up to here, by the entry's own account.
    blob_end: u64,
}

impl Oracle {
    /// Adds an entry; all it refers to was added before, but for what an op names as the one before
    /// it on its chain. Returns whether it could be placed.
    pub fn add(&mut self, entry: &Entry) -> bool {
        if self.places.contains_key(&entry.id) {
            return true;
        }
        let link = entry.header.link();
        let blob_end = match &entry.header {
            ReadHeader::Known(_, header) => header.claims.blob_base.saturating_add(header.claims.blobs.len() as u64),
            ReadHeader::Newer(_) => 0,
        };
        let chained = Chained { id: entry.id, device: link.device, seq: link.seq, prev: link.prev, blob_end };
        let place = match &entry.header {
            ReadHeader::Newer(_) => Some(Place::Unreadable),
            ReadHeader::Known(EntryKind::Op, header) => self.add_op(chained, &header.claims.mheads, &entry.signed.body),
            ReadHeader::Known(_, header) => self.add_data(chained, &header.claims),
        };
        if place.is_some_and(|place| matches!(place, Place::Unreadable)) {
            self.unreadable.insert(entry.id, chained);
        }
        place.is_some_and(|place| self.places.insert(entry.id, place).is_none())
    }

    /// Returns what all entries come to.
    pub fn verdicts(&mut self) -> BTreeMap<EntryId, Verdict> {
        let (all_ops, all_data) = (Bits::first(self.ops.len()), Bits::first(self.data.len()));
        let effective = self.effective(&all_ops);
        let accepted = self.accepted(&all_data, &all_ops);
        let counts = |counts: bool| if counts { Verdict::Counts } else { Verdict::Excluded };
        let places: Vec<_> = self.places.iter().map(|(id, place)| (*id, *place)).collect();
        let verdict = |(id, place)| {
            let verdict = match place {
                Place::Unreadable => Verdict::Unreadable,
                Place::Op(x) if !self.is_valid_op(x) => Verdict::Invalid,
                Place::Op(x) => counts(effective.has(x)),
                Place::Data(e) if !self.is_valid_data(e) => Verdict::Invalid,
                Place::Data(e) => counts(accepted.has(e)),
            };
            (id, verdict)
        };
        places.into_iter().map(verdict).collect()
    }

    /// Returns the rank of each member, and the member behind each device.
    pub fn members(&mut self) -> (BTreeMap<PersonId, u8>, BTreeMap<DeviceId, PersonId>) {
        let state = self.state(&Bits::first(self.ops.len()));
        let devices = state.persons.iter().filter(|(_, person)| state.ranks.contains_key(person));
        (state.ranks.clone(), devices.map(|(device, person)| (*device, *person)).collect())
    }

    fn op(&self, x: usize) -> &Op {
        &self.ops[x].op
    }

    fn op_place(&self, id: &EntryId) -> Option<usize> {
        match self.places.get(id)? {
            Place::Op(x) => Some(*x),
            _ => None,
        }
    }

    fn chained(&self, id: &EntryId) -> Option<Chained> {
        match self.places.get(id)? {
            Place::Op(x) => Some(self.ops[*x].chained),
            Place::Data(e) => Some(self.data[*e].chained),
            Place::Unreadable => None,
        }
    }
}
