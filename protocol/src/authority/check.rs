//! Whether an op is valid (R1 of `docs/authority.md`): by its own past alone, for ever.

use std::collections::BTreeSet;

use super::graph::{Graph, OpNode, TOP};
use super::resolve::Resolved;
use super::state::State;
use super::{OpRefusal, OpSet};
use crate::id::{DeviceId, EntryId, PersonId};
use crate::key::{verify_admission, verify_recovery, verify_revocation};
use crate::op::{Add, Admit, ExtendCut, Invite, InviteForm, Op, Person, Ratify, Recover, RevokeDevice, Role, Transfer};

/// Who wrote an op, and with which rank.
#[derive(Debug, Clone, Copy)]
pub(super) struct Authorship {
    pub(super) author: PersonId,
    pub(super) author_rank: u8,
    /// Rank of the op.
    pub(super) rank: u8,
}

/// An op before it is added.
#[derive(Debug, Clone, Copy)]
pub(super) struct Candidate<'a> {
    pub(super) device: DeviceId,
    pub(super) parents: &'a [EntryId],
    pub(super) op: &'a Op,
}

const EDITOR: u8 = Role::Editor.rank();
const ADMIN: u8 = Role::Admin.rank();
const OWNER: u8 = Role::Owner.rank();

fn ensure(holds: bool, refusal: OpRefusal) -> Result<(), OpRefusal> {
    if holds { Ok(()) } else { Err(refusal) }
}

/// Whether somebody of a rank may give a role.
fn gives(rank: u8, role: Role) -> bool {
    rank >= ADMIN && (role.rank() < rank || rank >= OWNER)
}

impl Graph {
    /// Checks an op against what it knows.
    pub(super) fn check(&self, op: Candidate<'_>, known: &Resolved) -> Result<Authorship, OpRefusal> {
        if let Op::Genesis(genesis) = op.op {
            let mut devices = genesis.owners.iter().flat_map(|owner| &owner.devices);
            let author = devices.find(|(cert, _)| cert.device == op.device).map(|(cert, _)| cert.person);
            let author = author.filter(|_| self.len() == 0 && op.parents.is_empty()).ok_or(OpRefusal::Genesis)?;
            return Ok(Authorship { author, author_rank: TOP, rank: TOP });
        }
        ensure(!op.parents.is_empty(), OpRefusal::NoParents)?;
        let state = State::new(self, &known.effective, &known.past);
        let check = Check { graph: self, known, state };
        let (author, author_rank) = check.author(op).ok_or(OpRefusal::NotMember)?;
        let rank = check.kind(op, author, author_rank)?;
        Ok(Authorship { author, author_rank, rank })
    }
}

struct Check<'a> {
    graph: &'a Graph,
    known: &'a Resolved,
    state: State<'a>,
}

impl Check<'_> {
    fn past(&self) -> &OpSet {
        &self.known.past
    }

    /// Returns the valid op of an id, if the op at hand knows it.
    fn find(&self, id: &EntryId) -> Option<(usize, &OpNode)> {
        let number = self.graph.number(id).filter(|number| self.past().contains(*number))?;
        Some((number, self.graph.get(number)?))
    }

    fn author(&self, op: Candidate<'_>) -> Option<(PersonId, u8)> {
        let author = self.state.author(&op.device);
        match op.op {
            Op::Recover(recover) => {
                let mut listed = recover.owners.iter().flat_map(|owner| &owner.devices);
                let listed = listed.find(|(cert, _)| cert.device == op.device).map(|(cert, _)| cert.person);
                Some((listed.or(author.map(|(person, _)| person))?, TOP))
            }
            // Only the recovery words can sign the certificate: the person is at the keyboard.
            Op::AddDevice(add) if author.is_none() && add.cert.device == op.device => {
                let rank = self.state.rank(&add.cert.person);
                (rank > 0).then_some((add.cert.person, rank))
            }
            _ => author,
        }
    }

    /// Checks what the kind asks for; returns the rank of the op.
    fn kind(&self, op: Candidate<'_>, author: PersonId, rank: u8) -> Result<u8, OpRefusal> {
        match op.op {
            Op::Genesis(_) => return Err(OpRefusal::Genesis),
            Op::Add(add) => self.add(op, add, rank)?,
            Op::SetRole(set) => self.set_role(&set.person, set.role, author, rank)?,
            Op::Remove(remove) => self.remove(&remove.person, author, rank)?,
            Op::Leave(_) => ensure(!self.state.is_only_owner(&author), OpRefusal::OnlyOwner)?,
            Op::Ratify(ratify) => self.ratify(ratify, rank)?,
            Op::ExtendCut(extend) => self.extend_cut(extend, rank)?,
            Op::AddDevice(add) => {
                ensure(add.cert.person == author, OpRefusal::Role)?;
                ensure(!self.is_known(&add.cert.device), OpRefusal::DeviceTaken)?;
            }
            Op::RevokeDevice(revoke) => self.revoke_device(revoke, author, rank)?,
            Op::Describe(_) => {}
            Op::Recover(recover) => self.recover(op, recover)?,
            Op::Transfer(transfer) => self.transfer(transfer, rank)?,
            Op::Invite(invite) => {
                let highest = if invite.form == InviteForm::Open { Role::Editor } else { Role::Admin };
                ensure(gives(rank, invite.role) && invite.role <= highest, OpRefusal::Role)?;
            }
            Op::Admit(admit) => return self.admit(admit, rank),
            Op::RevokeInvite(revoke) => {
                let (_, invite) = self.find(&revoke.invite).ok_or(OpRefusal::UnknownInvite)?;
                ensure(matches!(invite.op, Op::Invite(_)), OpRefusal::UnknownInvite)?;
                ensure(rank >= ADMIN && (invite.author == author || rank >= invite.rank), OpRefusal::Role)?;
            }
        }
        Ok(rank)
    }

    /// Whether some op, void or not, certifies or revokes a device.
    fn is_known(&self, device: &DeviceId) -> bool {
        let certified = self.graph.devices.certified.get(device).into_iter().flatten().map(|(number, _)| number);
        let revoked = self.graph.devices.revoked.get(device).into_iter().flatten();
        certified.chain(revoked).any(|number| self.past().contains(*number))
    }

    /// A person who joins is no member, and comes with devices nobody has seen.
    fn newcomer(&self, person: &Person) -> Result<(), OpRefusal> {
        ensure(self.state.rank(&person.id) == 0, OpRefusal::AlreadyMember)?;
        ensure(!person.devices.iter().any(|(cert, _)| self.is_known(&cert.device)), OpRefusal::DeviceTaken)
    }

    fn add(&self, op: Candidate<'_>, add: &Add, rank: u8) -> Result<(), OpRefusal> {
        ensure(gives(rank, add.role), OpRefusal::Role)?;
        self.newcomer(&add.person)?;
        let Some(invite) = &add.invite else { return Ok(()) };
        let (number, node, terms) = self.invite(invite)?;
        match terms.form {
            InviteForm::Open => return Err(OpRefusal::InviteForm),
            InviteForm::Approval => {}
            InviteForm::Handed => {
                ensure(node.device == op.device, OpRefusal::InviteForm)?;
                ensure(self.uses(number, self.past()) < terms.max_uses as usize, OpRefusal::InviteUsedUp)?;
            }
        }
        ensure(terms.role == add.role, OpRefusal::InviteForm)
    }

    /// Returns an invite that was not revoked.
    fn invite(&self, id: &EntryId) -> Result<(usize, &OpNode, &Invite), OpRefusal> {
        let (number, node) = self.find(id).ok_or(OpRefusal::UnknownInvite)?;
        let Op::Invite(terms) = &node.op else { return Err(OpRefusal::UnknownInvite) };
        let mut ends = self.graph.links.ends.get(&number).into_iter().flatten();
        ensure(!ends.any(|end| self.known.effective.contains(*end)), OpRefusal::InviteEnded)?;
        Ok((number, node, terms))
    }

    fn uses(&self, invite: usize, among: &OpSet) -> usize {
        let uses = self.graph.links.uses.get(&invite).into_iter().flatten();
        uses.filter(|number| among.contains(**number)).count()
    }

    fn set_role(&self, person: &PersonId, role: Role, author: PersonId, rank: u8) -> Result<(), OpRefusal> {
        if *person == author {
            ensure(role.rank() < rank, OpRefusal::Role)?;
            return ensure(!self.state.is_only_owner(person), OpRefusal::OnlyOwner);
        }
        self.above(person, rank)?;
        ensure(gives(rank, role), OpRefusal::Role)
    }

    fn remove(&self, person: &PersonId, author: PersonId, rank: u8) -> Result<(), OpRefusal> {
        ensure(*person != author, OpRefusal::Role)?;
        self.above(person, rank)
    }

    /// The author manages members, and stands above this one.
    fn above(&self, person: &PersonId, rank: u8) -> Result<(), OpRefusal> {
        let theirs = self.state.rank(person);
        ensure(theirs > 0, OpRefusal::NoSuchMember)?;
        ensure(rank >= ADMIN && rank > theirs, OpRefusal::Role)
    }

    fn ratify(&self, ratify: &Ratify, rank: u8) -> Result<(), OpRefusal> {
        ensure(rank >= ADMIN, OpRefusal::Role)?;
        ensure(!ratify.ops.is_empty(), OpRefusal::UnknownOp)?;
        for id in &ratify.ops {
            let (_, node) = self.find(id).ok_or(OpRefusal::UnknownOp)?;
            let is_admit = matches!(node.op, Op::Admit(_));
            ensure(rank > node.rank || (is_admit && rank == node.rank), OpRefusal::Role)?;
        }
        Ok(())
    }

    fn extend_cut(&self, extend: &ExtendCut, rank: u8) -> Result<(), OpRefusal> {
        ensure(rank >= ADMIN, OpRefusal::Role)?;
        let (_, node) = self.find(&extend.removal).ok_or(OpRefusal::UnknownOp)?;
        match &node.op {
            Op::Recover(_) => ensure(rank >= OWNER, OpRefusal::Role),
            Op::SetRole(_) | Op::Remove(_) | Op::Leave(_) | Op::RevokeDevice(_) => {
                ensure(node.rank <= rank, OpRefusal::Role)
            }
            _ => Err(OpRefusal::UnknownOp),
        }
    }

    fn revoke_device(&self, revoke: &RevokeDevice, author: PersonId, rank: u8) -> Result<(), OpRefusal> {
        let person = self.state.person_of(&revoke.device).ok_or(OpRefusal::NoSuchMember)?;
        if let Some(signature) = &revoke.signature {
            let verified = verify_revocation(&person, &revoke.device, signature).is_ok();
            return ensure(author == person && verified, OpRefusal::Signature);
        }
        let above = rank >= ADMIN && rank > self.state.rank(&person);
        ensure(author == person || above, OpRefusal::Role)
    }

    fn recover(&self, op: Candidate<'_>, recover: &Recover) -> Result<(), OpRefusal> {
        let (workspace, genesis) = self.graph.genesis().ok_or(OpRefusal::Genesis)?;
        let digest = recover.digest(workspace, op.device, op.parents);
        let good = recover.proofs.iter().filter(|proof| verify_recovery(&proof.key, &digest, &proof.signature).is_ok());
        let keys: BTreeSet<PersonId> = good.map(|proof| proof.key).collect();
        let owners = genesis.owners.iter().filter(|owner| keys.contains(&owner.id)).count();
        let by_quorum = genesis.quorum > 0 && owners >= usize::from(genesis.quorum);
        ensure(keys.contains(&genesis.recovery) || by_quorum, OpRefusal::Signature)?;
        let mut before = self.graph.links.recovers.iter().filter(|number| self.past().contains(**number));
        let is_older = |number: &usize| match &self.graph.node(*number).op {
            Op::Recover(other) => other.epoch < recover.epoch,
            _ => true,
        };
        ensure(before.all(is_older), OpRefusal::Epoch)?;
        let removed = |person: &PersonId| recover.removed.contains(person);
        ensure(!recover.owners.is_empty() && !recover.owners.iter().any(|owner| removed(&owner.id)), OpRefusal::Role)?;
        let certs = recover.owners.iter().flat_map(|owner| &owner.devices).map(|(cert, _)| cert);
        let is_free = |device: &DeviceId, person: &PersonId| {
            !self.is_known(device) || self.state.person_of(device) == Some(*person)
        };
        ensure(certs.into_iter().all(|cert| is_free(&cert.device, &cert.person)), OpRefusal::DeviceTaken)
    }

    fn transfer(&self, transfer: &Transfer, rank: u8) -> Result<(), OpRefusal> {
        ensure(rank == OWNER && (EDITOR..OWNER).contains(&transfer.role.rank()), OpRefusal::Role)?;
        let theirs = self.state.rank(&transfer.person);
        ensure(theirs > 0, OpRefusal::NoSuchMember)?;
        ensure(theirs < OWNER, OpRefusal::Role)
    }

    fn admit(&self, admit: &Admit, rank: u8) -> Result<u8, OpRefusal> {
        ensure(rank >= EDITOR, OpRefusal::Role)?;
        let (number, node, terms) = self.invite(&admit.invite)?;
        ensure(terms.form == InviteForm::Open, OpRefusal::InviteForm)?;
        let host = self.state.author(&node.device);
        let may_invite = host.is_some_and(|(person, rank)| person == node.author && rank >= ADMIN);
        ensure(self.known.effective.contains(number) && may_invite, OpRefusal::InviteEnded)?;
        ensure(self.uses(number, &self.known.effective) < terms.max_uses as usize, OpRefusal::InviteUsedUp)?;
        let (workspace, _) = self.graph.genesis().ok_or(OpRefusal::Genesis)?;
        let verified = verify_admission(&terms.key, workspace, admit.invite, &admit.person, &admit.signature);
        ensure(verified.is_ok(), OpRefusal::Signature)?;
        self.newcomer(&admit.person)?;
        Ok(node.rank)
    }
}
