//! Validity of data (R4, R5), judged from headers alone.

use dataforge_protocol::entry::Claims;
use dataforge_protocol::id::{EntryId, PersonId};

use super::bits::Bits;
use super::{Chained, EDITOR, Oracle, Place};

/// An Open or a Change: what it says is no matter here.
#[derive(Debug)]
pub(super) struct Data {
    pub(super) chained: Chained,
    /// The ops it knows.
    pub(super) known: Bits,
    /// Data it builds on, itself left out.
    pub(super) past: Bits,
    /// The same, and what is before it on its chain.
    pub(super) full: Bits,
    /// The ops between it and the data before it on its chain.
    pub(super) between: Vec<usize>,
    pub(super) author: Option<PersonId>,
    before: Option<usize>,
    blob_base: u64,
    is_valid: bool,
}

impl Oracle {
    pub(super) fn add_data(&mut self, chained: Chained, claims: &Claims) -> Option<Place> {
        let (mut known, mut unreadable, mut wrong) = (Bits::default(), false, false);
        for head in &claims.mheads {
            match self.places.get(head)? {
                Place::Op(x) => {
                    known.put_all(&self.ops[*x].past);
                    known.put(*x);
                }
                Place::Unreadable => unreadable = true,
                Place::Data(_) => wrong = true,
            }
        }
        let (mut between, mut before, mut at) = (Vec::new(), None, chained);
        let mut is_broken = false;
        while let Some(id) = at.prev {
            let link = self.unreadable.get(&id).copied().or_else(|| self.chained(&id))?;
            is_broken |= link.device != at.device || link.seq.checked_add(1) != Some(at.seq);
            match self.places.get(&id)? {
                Place::Op(x) => {
                    between.push(*x);
                    is_broken |= link.blob_end != claims.blob_base;
                    at = link;
                }
                Place::Data(e) => {
                    before = Some(*e);
                    break;
                }
                // That its chain is broken can be seen nevertheless.
                Place::Unreadable => return (!is_broken).then_some(Place::Unreadable),
            }
        }
        let (mut past, mut full) = (Bits::default(), Bits::default());
        for dep in &claims.deps {
            match self.places.get(dep)? {
                Place::Data(e) => {
                    past.put_all(&self.data[*e].past);
                    past.put(*e);
                    full.put_all(&self.data[*e].full);
                }
                Place::Unreadable => unreadable = true,
                Place::Op(_) => wrong = true,
            }
        }
        full.put_all(&past);
        if let Some(e) = before {
            full.put_all(&self.data[e].full);
            full.put(e);
        }
        let state = self.state(&known);
        let author = state.author(&chained.device);
        let may_write = author.is_some_and(|author| state.rank(&author) >= EDITOR);
        let e = self.data.len();
        let blob_base = claims.blob_base;
        let data = Data { chained, known, past, full, between, author, before, blob_base, is_valid: false };
        // What rests on the unreadable is that too, whatever else it names.
        if unreadable {
            return self.is_chained(&data).then_some(Place::Unreadable);
        }
        if wrong {
            return None;
        }
        self.data.push(data);
        self.data[e].is_valid = may_write && self.check_data(e);
        Some(Place::Data(e))
    }

    /// Whether it goes on where its chain ended, in place and in blobs.
    fn is_chained(&self, data: &Data) -> bool {
        let mut links = data.between.iter().map(|x| self.ops[*x].chained).chain([data.chained]);
        links.all(|link| self.continues(&link)) && self.counts_blobs(data)
    }

    pub(super) fn is_valid_data(&self, e: usize) -> bool {
        self.data[e].is_valid
    }

    fn check_data(&mut self, e: usize) -> bool {
        let data = &self.data[e];
        let valid_ops = data.known.iter().chain(data.between.iter().copied()).all(|x| self.is_valid_op(x));
        let before = data.full.iter().all(|d| self.is_valid_data(d) && self.data[d].known.is_within(&data.known));
        if !(self.is_chained(data) && valid_ops && before) {
            return false;
        }
        let (full, known) = (data.full.clone(), data.known.clone());
        let accepted = self.accepted(&full, &known);
        self.data[e].past.is_within(&accepted)
    }

    /// Whether the link to the entry before it on the chain is right.
    fn continues(&self, link: &Chained) -> bool {
        let Some(prev) = link.prev else { return link.seq == 0 };
        let before = self.chained(&prev);
        before.is_some_and(|before| before.device == link.device && before.seq.checked_add(1) == Some(link.seq))
    }

    /// Whether it counts the blobs named before it on its chain as all of these do.
    fn counts_blobs(&self, data: &Data) -> bool {
        let before = data.before.map(|d| self.data[d].chained.blob_end);
        let between = data.between.iter().map(|x| self.ops[*x].chained.blob_end);
        between.chain(before).chain(if before.is_none() { Some(0) } else { None }).all(|end| end == data.blob_base)
    }

    pub(super) fn data_id(&self, e: usize) -> EntryId {
        self.data[e].chained.id
    }
}
