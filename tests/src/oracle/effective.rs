//! Effective ops (R2): from the highest rank down.

use dataforge_protocol::op::Op;

use super::bits::Bits;
use super::state::State;
use super::{ADMIN, EDITOR, NOBODY, Oracle};

impl Oracle {
    /// The state of some known ops.
    pub(super) fn state(&mut self, known: &Bits) -> State {
        let effective = self.effective(known);
        let known = self.valid_ops(known);
        self.fold(&effective, &known)
    }

    pub(super) fn valid_ops(&self, known: &Bits) -> Bits {
        let mut valid = Bits::default();
        known.iter().filter(|x| self.is_valid_op(*x)).for_each(|x| valid.put(x));
        valid
    }

    pub(super) fn effective(&mut self, known: &Bits) -> Bits {
        let known = self.valid_ops(known);
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
        let mut turn: Vec<_> =
            rest.iter().map(|x| (self.stratum(*x), self.ops[*x].past.len(), self.ops[*x].chained.id, *x)).collect();
        turn.sort_unstable();
        for (_, _, _, x) in turn {
            if !self.is_void(x, &effective) {
                effective.put(x);
            }
        }
        effective
    }

    /// When an op is judged that is neither the genesis nor a recovery.
    fn stratum(&self, x: usize) -> u8 {
        match self.rank(x) {
            _ if matches!(self.op(x), Op::Admit(_)) => 2,
            4 => 0,
            3 => 1,
            2 => 3,
            _ => 4,
        }
    }

    fn is_void(&mut self, x: usize, effective: &Bits) -> bool {
        let lists = |y: usize| matches!(self.op(y), Op::Ratify(op) if op.ops.contains(&self.ops[x].chained.id));
        let is_ratified = effective.iter().any(lists);
        (!is_ratified && (self.is_outranked(x, effective) || self.is_invite_gone(x, effective)))
            || self.is_unfounded(x, effective)
    }

    /// What rank the author of an op must have.
    fn needs(&self, x: usize) -> u8 {
        if matches!(self.op(x), Op::Admit(_)) { EDITOR } else { self.author_rank(x) }
    }

    /// 3a: somebody above took the author's rank or device, concurrently.
    fn is_outranked(&self, x: usize, effective: &Bits) -> bool {
        let (rank, device, needs) = (self.author_rank(x), self.ops[x].chained.device, self.needs(x));
        let Some(author) = self.author(x) else { return true };
        effective.iter().filter(|y| self.concurrent(x, *y)).any(|y| {
            let above = self.rank(y) > rank;
            let lowers = above && self.about(y).iter().any(|(person, value)| *person == author && *value < needs);
            let signed = matches!(self.op(y), Op::RevokeDevice(op) if op.signature.is_some());
            lowers || (self.revokes(y) == Some(device) && (signed || above))
        })
    }

    /// 3b: the author's rank does not follow from what counts of the op's past.
    fn is_unfounded(&mut self, x: usize, effective: &Bits) -> bool {
        let past = self.ops[x].past.clone();
        let mut counts = effective.both(&past);
        let own_words: Vec<_> = self.effective(&past).iter().filter(|y| self.comes_later(*y, x)).collect();
        own_words.into_iter().for_each(|y| counts.put(y));
        let state = self.fold(&counts, &past);
        let (device, rank, needs) = (self.ops[x].chained.device, self.author_rank(x), self.needs(x));
        let Some(author) = self.author(x) else { return true };
        let by_itself = matches!(self.op(x), Op::AddDevice(op) if op.cert.device == device);
        let author_stays = by_itself || state.author(&device) == Some(author);
        if !author_stays || state.rank(&author) < needs {
            return true;
        }
        let target = match self.op(x) {
            Op::Admit(op) => {
                let invite = self.op_place(&op.invite);
                let gone = !invite.is_some_and(|invite| effective.has(invite));
                return gone || state.rank(&op.person.id) > NOBODY;
            }
            Op::RevokeDevice(op) => {
                let device = op.device;
                self.state(&past).persons.get(&device).copied()
            }
            Op::Add(op) => Some(op.person.id),
            Op::SetRole(op) => Some(op.person),
            Op::Remove(op) => Some(op.person),
            Op::Transfer(op) => Some(op.person),
            _ => None,
        };
        target.is_some_and(|target| target != author && state.rank(&target) >= rank)
    }

    /// Whether an op is what somebody did to themselves and is judged later than another.
    fn comes_later(&self, y: usize, x: usize) -> bool {
        let to_itself = match self.op(y) {
            Op::Leave(_) => true,
            Op::SetRole(op) => Some(op.person) == self.author(y),
            _ => false,
        };
        to_itself && self.stratum(y) > self.stratum(x)
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
        effective.iter().any(|y| self.concurrent(x, y) && ends(y))
            || effective.iter().filter(|y| self.redeems(*y, &id)).count() >= invite.max_uses as usize
    }
}
