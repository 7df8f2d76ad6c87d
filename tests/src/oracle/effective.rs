//! Effective ops (R2): from the highest rank down.

use dataforge_protocol::op::Op;

use super::bits::Bits;
use super::state::State;
use super::{ADMIN, EDITOR, Oracle};

impl Oracle {
    /// The state of some known ops.
    pub(super) fn state(&mut self, known: &Bits) -> State {
        let effective = self.effective(known);
        self.fold(&effective)
    }

    pub(super) fn effective(&mut self, known: &Bits) -> Bits {
        let valid: Vec<_> = known.iter().filter(|x| self.is_valid_op(*x)).collect();
        let mut known = Bits::default();
        valid.iter().for_each(|x| known.put(*x));
        if let Some(effective) = self.effective.get(&known) {
            return effective.clone();
        }
        let effective = self.effective_anew(&known);
        self.effective.insert(known, effective.clone());
        effective
    }

    fn effective_anew(&mut self, known: &Bits) -> Bits {
        let mut effective = Bits::default();
        let (mut recovers, mut rest) = (Vec::new(), Vec::new());
        for x in known.iter() {
            match self.op(x) {
                Op::Genesis(_) => effective.put(x),
                Op::RevokeDevice(op) if op.signature.is_some() => effective.put(x),
                Op::Recover(op) => recovers.push((std::cmp::Reverse(op.epoch), self.ops[x].chained.id, x)),
                _ => rest.push(x),
            }
        }
        recovers.sort_unstable();
        for (_, _, x) in recovers {
            let is_recover = |y: &usize| matches!(self.op(*y), Op::Recover(_));
            if !effective.iter().filter(is_recover).any(|y| self.concurrent(x, y)) {
                effective.put(x);
            }
        }
        for rank in [4, 3, 2, 1] {
            for admits in [false, true] {
                let in_turn = |x: &usize| matches!(self.op(*x), Op::Admit(_)) == admits && self.rank(*x) == rank;
                let mut turn: Vec<_> = rest.iter().copied().filter(in_turn).collect();
                turn.sort_by_key(|x| (self.ops[*x].past.len(), self.ops[*x].chained.id));
                for x in turn {
                    if !self.is_void(x, &effective) {
                        effective.put(x);
                    }
                }
            }
        }
        effective
    }

    fn is_void(&mut self, x: usize, effective: &Bits) -> bool {
        (self.is_outranked(x, effective) && !self.is_ratified(x, effective, 1))
            || self.is_unfounded(x, effective)
            || (self.is_invite_gone(x, effective) && !self.is_ratified(x, effective, 0))
    }

    fn is_ratified(&self, x: usize, effective: &Bits, above: u8) -> bool {
        let lists = |y: &usize| matches!(self.op(*y), Op::Ratify(op) if op.ops.contains(&self.ops[x].chained.id));
        effective.iter().filter(lists).any(|y| self.rank(y) >= self.author_rank(x) + above)
    }

    /// 3a: somebody above took the author's rank or device, concurrently.
    fn is_outranked(&self, x: usize, effective: &Bits) -> bool {
        let (rank, device) = (self.author_rank(x), self.ops[x].chained.device);
        let Some(author) = self.author(x) else { return true };
        effective.iter().filter(|y| self.concurrent(x, *y)).any(|y| {
            let above = self.rank(y) > rank;
            let lowers = above && self.about(y).iter().any(|(person, value)| *person == author && *value < rank);
            let signed = matches!(self.op(y), Op::RevokeDevice(op) if op.signature.is_some());
            lowers || (self.revokes(y) == Some(device) && (signed || above))
        })
    }

    /// 3b: the author's rank does not follow from what counts of the op's past.
    fn is_unfounded(&mut self, x: usize, effective: &Bits) -> bool {
        let state = self.fold(&effective.both(&self.ops[x].past));
        let device = self.ops[x].chained.device;
        match self.op(x) {
            Op::Admit(op) => {
                let invite = self.op_place(&op.invite);
                state.author_rank(&device) < EDITOR || !invite.is_some_and(|invite| effective.has(invite))
            }
            Op::AddDevice(op) if op.cert.device == device => state.rank(&op.cert.person) < self.author_rank(x),
            _ => state.author_rank(&device) < self.author_rank(x),
        }
    }

    /// 3c: the invite of an admit was withdrawn elsewhere, or is used up.
    fn is_invite_gone(&self, x: usize, effective: &Bits) -> bool {
        let Op::Admit(_) = self.op(x) else { return false };
        let Some((i, invite)) = self.invite_of(x) else { return true };
        let (id, device) = (self.ops[i].chained.id, self.ops[i].chained.device);
        let host = self.author(i);
        let ends = |y: usize| {
            matches!(self.op(y), Op::RevokeInvite(op) if op.invite == id)
                || self.about(y).iter().any(|(person, value)| Some(*person) == host && *value < ADMIN)
                || self.revokes(y) == Some(device)
        };
        effective.iter().any(|y| !self.ops[x].past.has(y) && y != x && ends(y))
            || effective.iter().filter(|y| self.redeems(*y, &id)).count() >= invite.max_uses as usize
    }
}
