//! Validity of an op (R1): from its past alone.

use dataforge_protocol::id::{DeviceId, EntryId, PersonId, WorkspaceId};
use dataforge_protocol::key::{verify_admission, verify_recovery, verify_revocation};
use dataforge_protocol::op::{Admit, Genesis, Invite, InviteForm, Op, OpError, Person, Recover, Role};

use super::bits::Bits;
use super::state::State;
use super::{ADMIN, Chained, EDITOR, NOBODY, OWNER, Oracle, Place, TOP, rank_of};

/// A membership op and what was found out about it when it was added.
#[derive(Debug)]
pub(super) struct OpNode {
    pub(super) chained: Chained,
    pub(super) op: Op,
    pub(super) parents: Vec<EntryId>,
    /// All before it, itself left out.
    pub(super) past: Bits,
    author: Option<(PersonId, u8)>,
    is_valid: bool,
}

impl Oracle {
    pub(super) fn add_op(&mut self, chained: Chained, parents: &[EntryId], body: &[u8]) -> Option<Place> {
        let (mut past, mut unreadable, mut wrong) = (Bits::default(), false, false);
        for parent in parents {
            match self.places.get(parent)? {
                Place::Op(x) => {
                    past.put_all(&self.ops[*x].past);
                    past.put(*x);
                }
                Place::Unreadable => unreadable = true,
                Place::Data(_) => wrong = true,
            }
        }
        // What rests on the unreadable is that too, whatever else it names.
        if unreadable {
            return Some(Place::Unreadable);
        }
        if wrong {
            return None;
        }
        let op = match Op::from_bytes(body) {
            Ok(op) => op,
            Err(OpError::UnknownKind(_)) => return Some(Place::Unreadable),
            Err(OpError::Malformed) => return None,
        };
        let x = self.ops.len();
        let parents = parents.to_vec();
        self.ops.push(OpNode { chained, op, parents, past, author: None, is_valid: false });
        self.ops[x].author = self.find_author(x);
        self.ops[x].is_valid = self.check_op(x);
        Some(Place::Op(x))
    }

    pub(super) fn is_valid_op(&self, x: usize) -> bool {
        self.ops[x].is_valid
    }

    pub(super) fn author(&self, x: usize) -> Option<PersonId> {
        self.ops[x].author.map(|(person, _)| person)
    }

    pub(super) fn author_rank(&self, x: usize) -> u8 {
        self.ops[x].author.map_or(NOBODY, |(_, rank)| rank)
    }

    /// The rank of an op: that of its author, of an admit that of its invite.
    pub(super) fn rank(&self, x: usize) -> u8 {
        match self.op(x) {
            Op::Admit(_) => self.invite_of(x).map_or(NOBODY, |(invite, _)| self.author_rank(invite)),
            _ => self.author_rank(x),
        }
    }

    /// Returns the devices an op certifies, with whose they are.
    pub(super) fn certifies(&self, x: usize) -> Vec<(PersonId, DeviceId)> {
        let all = |persons: &[Person]| {
            let devices = persons.iter().flat_map(|p| p.devices.iter().map(|(cert, _)| (p.id, cert.device)));
            devices.collect()
        };
        match self.op(x) {
            Op::Genesis(op) => all(&op.owners),
            Op::Recover(op) => all(&op.owners),
            Op::Add(op) => all(std::slice::from_ref(&op.person)),
            Op::Admit(op) => all(std::slice::from_ref(&op.person)),
            Op::AddDevice(op) => vec![(op.cert.person, op.cert.device)],
            _ => Vec::new(),
        }
    }

    pub(super) fn revokes(&self, x: usize) -> Option<DeviceId> {
        match self.op(x) {
            Op::RevokeDevice(op) => Some(op.device),
            _ => None,
        }
    }

    pub(super) fn redeems(&self, x: usize, invite: &EntryId) -> bool {
        match self.op(x) {
            Op::Add(op) => op.invite == Some(*invite),
            Op::Admit(op) => op.invite == *invite,
            _ => false,
        }
    }

    /// Returns the invite that an add or admit redeems, if it is one and in its past.
    pub(super) fn invite_of(&self, x: usize) -> Option<(usize, &Invite)> {
        let id = match self.op(x) {
            Op::Add(op) => op.invite?,
            Op::Admit(op) => op.invite,
            _ => return None,
        };
        let invite = self.op_place(&id).filter(|invite| self.ops[x].past.has(*invite))?;
        match self.op(invite) {
            Op::Invite(op) => Some((invite, op)),
            _ => None,
        }
    }

    fn find_author(&mut self, x: usize) -> Option<(PersonId, u8)> {
        let device = self.ops[x].chained.device;
        let listed = self.certifies(x).into_iter().find(|(_, other)| *other == device).map(|(person, _)| person);
        if let Op::Genesis(_) = self.op(x) {
            return Some((listed?, TOP));
        }
        let state = self.state_before(x);
        match self.op(x) {
            Op::Recover(_) => Some((listed.or_else(|| state.author(&device))?, TOP)),
            Op::AddDevice(op) => {
                let own = Some(op.cert.person).filter(|person| op.cert.device == device && state.rank(person) > 0);
                let person = state.author(&device).or(own)?;
                Some((person, state.rank(&person)))
            }
            _ => state.author(&device).map(|person| (person, state.rank(&person))),
        }
    }

    fn state_before(&mut self, x: usize) -> State {
        let past = self.ops[x].past.clone();
        self.state(&past)
    }

    fn knows(&self, x: usize, device: &DeviceId) -> bool {
        let names = |y: usize| self.certifies(y).iter().any(|(_, d)| d == device) || self.revokes(y) == Some(*device);
        self.ops[x].past.iter().any(names)
    }

    fn genesis(&self) -> Option<&Genesis> {
        match &self.ops.first()?.op {
            Op::Genesis(op) => Some(op),
            _ => None,
        }
    }

    fn workspace(&self) -> WorkspaceId {
        WorkspaceId(self.ops[0].chained.id.0)
    }

    fn check_op(&mut self, x: usize) -> bool {
        let node = &self.ops[x];
        let parents_valid = node.parents.iter().all(|id| self.op_place(id).is_some_and(|y| self.ops[y].is_valid));
        let is_genesis = matches!(node.op, Op::Genesis(_));
        let Some((author, r)) = node.author else { return false };
        if !parents_valid || is_genesis != node.parents.is_empty() {
            return false;
        }
        if is_genesis {
            return x == 0;
        }
        let state = self.state_before(x);
        let effective = self.effective(&self.ops[x].past.clone());
        let given = |role: Role| rank_of(role) < r || r >= OWNER;
        match &self.ops[x].op {
            Op::Genesis(_) => false,
            Op::Add(op) => {
                let joins = r >= ADMIN && given(op.role) && self.is_new(x, &state, &op.person);
                joins && (op.invite.is_none() || self.check_add_by_invite(x, op.role, &effective))
            }
            Op::SetRole(op) if op.person == author => rank_of(op.role) < r && !state.is_only_owner(&author),
            Op::SetRole(op) => {
                let rank = state.rank(&op.person);
                rank > NOBODY && r >= ADMIN && r > rank && given(op.role)
            }
            Op::Remove(op) => {
                let rank = state.rank(&op.person);
                op.person != author && rank > NOBODY && r >= ADMIN && r > rank
            }
            Op::Leave(_) => !state.is_only_owner(&author),
            Op::Ratify(op) => r >= ADMIN && op.ops.iter().all(|id| self.may_ratify(x, id, r)),
            Op::ExtendCut(op) => r >= ADMIN && self.may_extend(x, &op.removal, r),
            Op::AddDevice(op) => op.cert.person == author && !self.knows(x, &op.cert.device),
            Op::RevokeDevice(op) => match state.persons.get(&op.device) {
                None => false,
                Some(person) => {
                    let signed = op.signature.map(|by| verify_revocation(person, &op.device, &by).is_ok());
                    match signed {
                        Some(signed) => signed && *person == author,
                        None => *person == author || (r >= ADMIN && r > state.rank(person)),
                    }
                }
            },
            Op::Describe(_) => true,
            Op::Recover(op) => self.check_recover(x, op, &state),
            Op::Transfer(op) => {
                let (rank, left) = (state.rank(&op.person), rank_of(op.role));
                r == OWNER && rank > NOBODY && rank < OWNER && (EDITOR..OWNER).contains(&left)
            }
            Op::Invite(op) => {
                let role = rank_of(op.role);
                let open = op.form != InviteForm::Open || role <= EDITOR;
                r >= ADMIN && given(op.role) && role < OWNER && op.max_uses >= 1 && open
            }
            Op::Admit(op) => r >= EDITOR && self.check_admit(x, op, &state, &effective),
            Op::RevokeInvite(op) => {
                let invite = self.op_place(&op.invite).filter(|y| self.ops[x].past.has(*y));
                invite.is_some_and(|y| {
                    let mine = self.author(y) == Some(author);
                    matches!(self.op(y), Op::Invite(_)) && r >= ADMIN && (mine || r >= self.rank(y))
                })
            }
        }
    }

    /// Whether a person is no member and comes with devices never seen.
    fn is_new(&self, x: usize, state: &State, person: &Person) -> bool {
        state.rank(&person.id) == NOBODY && !person.devices.iter().any(|(cert, _)| self.knows(x, &cert.device))
    }

    fn is_revoked(&self, invite: &EntryId, effective: &Bits) -> bool {
        effective.iter().any(|y| matches!(self.op(y), Op::RevokeInvite(op) if op.invite == *invite))
    }

    fn check_add_by_invite(&self, x: usize, role: Role, effective: &Bits) -> bool {
        let Some((i, invite)) = self.invite_of(x) else { return false };
        let Chained { id, device, .. } = self.ops[i].chained;
        let used = || self.ops[x].past.iter().filter(|y| self.redeems(*y, &id)).count();
        invite.role == role
            && !self.is_revoked(&id, effective)
            && match invite.form {
                InviteForm::Handed => device == self.ops[x].chained.device && used() < invite.max_uses as usize,
                InviteForm::Approval => true,
                InviteForm::Open => false,
            }
    }

    fn check_admit(&self, x: usize, op: &Admit, state: &State, effective: &Bits) -> bool {
        let Some((i, invite)) = self.invite_of(x) else { return false };
        let used = effective.iter().filter(|y| self.redeems(*y, &op.invite)).count();
        let host = self.author(i);
        invite.form == InviteForm::Open
            && effective.has(i)
            && !self.is_revoked(&op.invite, effective)
            && host.is_some_and(|host| {
                state.rank(&host) >= ADMIN && state.author(&self.ops[i].chained.device) == Some(host)
            })
            && used < invite.max_uses as usize
            && verify_admission(&invite.key, self.workspace(), op.invite, &op.person, &op.signature).is_ok()
            && self.is_new(x, state, &op.person)
    }

    fn may_ratify(&self, x: usize, id: &EntryId, r: u8) -> bool {
        let listed = self.op_place(id).filter(|y| self.ops[x].past.has(*y) && self.ops[*y].is_valid);
        listed.is_some_and(|y| match self.op(y) {
            Op::Admit(_) => r >= self.rank(y),
            _ => r > self.rank(y),
        })
    }

    fn may_extend(&self, x: usize, removal: &EntryId, r: u8) -> bool {
        let removal = self.op_place(removal).filter(|y| self.ops[x].past.has(*y));
        removal.is_some_and(|y| match self.op(y) {
            Op::Recover(_) => r >= OWNER,
            Op::SetRole(_) | Op::Remove(_) | Op::Leave(_) | Op::RevokeDevice(_) => self.rank(y) <= r,
            _ => false,
        })
    }

    fn check_recover(&self, x: usize, op: &Recover, state: &State) -> bool {
        let Some(genesis) = self.genesis() else { return false };
        let node = &self.ops[x];
        let digest = op.digest(self.workspace(), node.chained.device, &node.parents);
        let proves = |key: &PersonId| {
            op.proofs.iter().any(|proof| proof.key == *key && verify_recovery(key, &digest, &proof.signature).is_ok())
        };
        let owners = genesis.owners.iter().filter(|owner| proves(&owner.id)).count();
        let proved = proves(&genesis.recovery) || (genesis.quorum >= 1 && owners >= usize::from(genesis.quorum));
        let later = |y: usize| matches!(self.op(y), Op::Recover(other) if other.epoch >= op.epoch);
        let mut devices = self.certifies(x).into_iter();
        proved
            && !node.past.iter().any(later)
            && !op.owners.is_empty()
            && devices.all(|(person, device)| state.persons.get(&device) == Some(&person) || !self.knows(x, &device))
            && !op.owners.iter().any(|owner| op.removed.contains(&owner.id))
    }
}
