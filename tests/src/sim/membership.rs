//! What people decide about the membership: whatever their role lets them, at random.

use std::collections::BTreeMap;

use dataforge_protocol::id::{DeviceId, EntryId, PersonId};
use dataforge_protocol::key::{DeviceCert, device_id, sign_admission, sign_recovery, sign_revocation};
use dataforge_protocol::ledger::Outcome;
use dataforge_protocol::op::{
    Add, AddDevice, Admit, Cut, CutAt, ExtendCut, Invite, InviteForm, Leave, Op, Proof, Ratify, Recover, Remove,
    RevokeDevice, RevokeInvite, Role, SetRole, Transfer,
};
use iroh::SecretKey;

use super::deeds::op_draft;
use super::node::{Fault, Node};
use super::people::{Who, recovery, ticket};

/// Somebody who may come in, with the device they bring.
#[derive(Debug, Clone)]
pub(super) struct Guest {
    /// Their node; none for somebody who is only on paper.
    pub(super) node: Option<usize>,
    pub(super) who: Who,
    pub(super) device: SecretKey,
}

/// An op, and who comes in by it.
#[derive(Debug)]
pub(super) struct Decision {
    pub(super) op: Op,
    pub(super) guest: Option<Guest>,
}

impl From<Op> for Decision {
    fn from(op: Op) -> Self {
        Self { op, guest: None }
    }
}

const ROLES: [Role; 4] = [Role::Viewer, Role::Editor, Role::Admin, Role::Owner];

impl Node {
    /// Decides something that this node's role allows, as far as it knows.
    pub(super) fn decide(
        &mut self,
        guests: &[Guest],
        now_ms: u64,
        random: &mut fastrand::Rng,
    ) -> Result<Decision, Fault> {
        let role = self.role().ok_or(Fault::Role)?;
        let nothing = || Fault::Idle;
        let decision = match random.u8(..32) {
            0..=5 => self.add(role, guests, random),
            6..=9 => self.set_role(role, random).map(Decision::from),
            10..=12 => self.remove(role, random).map(Decision::from),
            13 => Some(Op::Leave(Leave { cut: self.cut_of(&self.who.id(), random) }).into()),
            14..=16 => self.ratify(random).map(Decision::from),
            17..=18 => self.extend_cut(random).map(Decision::from),
            19..=20 => self.revoke_device(role, random).map(Decision::from),
            21 => self.transfer(role, random).map(Decision::from),
            22..=24 => Some(self.invite(role, now_ms, random).into()),
            25 => self.revoke_invite(random).map(Decision::from),
            26..=28 => self.admit(guests, now_ms, random),
            29 if random.u8(..4) == 0 => Some(self.recover(random).into()),
            _ => self.add_device(guests, random),
        };
        decision.ok_or_else(nothing)
    }

    /// Roles that somebody of a role may give.
    fn given(role: Role, random: &mut fastrand::Rng) -> Role {
        let given = ROLES.into_iter().filter(|other| *other < role || role == Role::Owner);
        random.choice(given.collect::<Vec<_>>()).unwrap_or(Role::Viewer)
    }

    /// Guests that are no members here: a person who comes back brings a new device.
    fn newcomers<'g>(&mut self, guests: &'g [Guest]) -> Vec<&'g Guest> {
        let members = self.ledger.members();
        guests.iter().filter(|guest| !members.members.contains_key(&guest.who.id())).collect()
    }

    fn add(&mut self, role: Role, guests: &[Guest], random: &mut fastrand::Rng) -> Option<Decision> {
        if role < Role::Admin {
            return None;
        }
        let guest = random.choice(self.newcomers(guests))?.clone();
        let (members, own) = (self.ledger.members(), self.id());
        let redeems = |(_, (device, invite)): &(&EntryId, &(DeviceId, Invite))| match invite.form {
            InviteForm::Handed => *device == own,
            InviteForm::Approval => true,
            InviteForm::Open => false,
        };
        let invites: Vec<_> = members.invites.iter().filter(redeems).collect();
        let person = guest.who.person(std::slice::from_ref(&guest.device));
        let invited = random.choice(invites).filter(|(_, (_, invite))| random.bool() && invite.role < role);
        let (role, invite) = match invited {
            Some((id, (_, invite))) => (invite.role, Some(*id)),
            None => (Self::given(role, random), None),
        };
        Some(Decision { op: Op::Add(Add { person, role, invite }), guest: Some(guest) })
    }

    fn admit(&mut self, guests: &[Guest], now_ms: u64, random: &mut fastrand::Rng) -> Option<Decision> {
        let guest = random.choice(self.newcomers(guests))?.clone();
        let (members, shown_ms) = (self.ledger.members(), self.clock.read(now_ms));
        let open = |(_, (_, invite)): &(&EntryId, &(DeviceId, Invite))| {
            invite.form == InviteForm::Open && invite.expires_ms >= shown_ms
        };
        let invites: Vec<_> = members.invites.iter().filter(open).map(|(id, _)| *id).collect();
        let invite = random.choice(invites)?;
        let person = guest.who.person(std::slice::from_ref(&guest.device));
        let signature = sign_admission(&ticket(), self.ledger.workspace(), invite, &person);
        Some(Decision { op: Op::Admit(Admit { invite, person, signature }), guest: Some(guest) })
    }

    /// A device of this person at another place.
    fn add_device(&self, guests: &[Guest], random: &mut fastrand::Rng) -> Option<Decision> {
        let own: Vec<_> = guests.iter().filter(|guest| guest.who.id() == self.who.id()).collect();
        let guest = random.choice(own)?.clone();
        Some(Decision { op: self.certify(&guest.device), guest: Some(guest) })
    }

    /// The op that adds a device of this person.
    pub(super) fn certify(&self, device: &SecretKey) -> Op {
        Op::AddDevice(AddDevice { cert: DeviceCert::sign(&self.who.key(), device), label: "another".into() })
    }

    /// Somebody else whose role is below a role.
    fn below(&mut self, role: Role, random: &mut fastrand::Rng) -> Option<PersonId> {
        let own = self.who.id();
        let members = self.ledger.members();
        let below = members.members.iter().filter(|(id, member)| member.role < role && **id != own);
        random.choice(below.map(|(id, _)| *id).collect::<Vec<_>>()).filter(|_| role >= Role::Admin)
    }

    fn set_role(&mut self, role: Role, random: &mut fastrand::Rng) -> Option<Op> {
        let lowers_own = random.u8(..8) == 0 && role > Role::Viewer;
        let person = if lowers_own { self.who.id() } else { self.below(role, random)? };
        let below: Vec<_> = ROLES.into_iter().filter(|other| *other < role).collect();
        let given = if lowers_own { random.choice(below)? } else { Self::given(role, random) };
        let cut = if given < Role::Editor { self.cut_of(&person, random) } else { Cut::default() };
        Some(Op::SetRole(SetRole { person, role: given, cut }))
    }

    fn remove(&mut self, role: Role, random: &mut fastrand::Rng) -> Option<Op> {
        let person = self.below(role, random)?;
        Some(Op::Remove(Remove { person, cut: self.cut_of(&person, random) }))
    }

    fn ratify(&self, random: &mut fastrand::Rng) -> Option<Op> {
        let mut void = self.ops_that(|id, _| self.ledger.outcome(id) == Some(Outcome::Excluded));
        random.shuffle(&mut void);
        void.truncate(2);
        void.sort_unstable();
        (!void.is_empty()).then_some(Op::Ratify(Ratify { ops: void }))
    }

    fn extend_cut(&self, random: &mut fastrand::Rng) -> Option<Op> {
        let removals = self.ops_that(|_, op| !matches!(op, Op::ExtendCut(_)) && op.cut().is_some());
        let removal = random.choice(removals)?;
        let devices = self.places();
        let chosen = devices.values().filter_map(|chain| chain.last()).filter(|_| random.bool());
        Some(Op::ExtendCut(ExtendCut { removal, cut: Cut::new(chosen.copied().collect()) }))
    }

    fn revoke_device(&mut self, role: Role, random: &mut fastrand::Rng) -> Option<Op> {
        let own = random.choice(&self.old_devices).copied();
        let (device, person) = match own.filter(|_| random.u8(..3) != 0) {
            Some(device) => (device, self.who.id()),
            None => {
                let person = self.below(role, random)?;
                let member = self.ledger.members().members.get(&person)?.clone();
                (random.choice(member.devices.keys().copied().collect::<Vec<_>>())?, person)
            }
        };
        let places = self.places().remove(&device).unwrap_or_default();
        let cut = Cut::new(self.place(&places, random).into_iter().collect());
        let signs = person == self.who.id() && random.bool();
        let signature = signs.then(|| sign_revocation(&self.who.key(), &device));
        Some(Op::RevokeDevice(RevokeDevice { device, cut, signature }))
    }

    fn transfer(&mut self, role: Role, random: &mut fastrand::Rng) -> Option<Op> {
        if role < Role::Owner {
            return None;
        }
        let person = self.below(role, random)?;
        Some(Op::Transfer(Transfer { person, role: [Role::Editor, Role::Admin][random.usize(..2)] }))
    }

    fn invite(&self, role: Role, now_ms: u64, random: &mut fastrand::Rng) -> Op {
        let form = [InviteForm::Handed, InviteForm::Approval, InviteForm::Open][random.usize(..3)];
        let open = form == InviteForm::Open;
        let given = [Role::Viewer, Role::Editor][random.usize(..2)];
        let given = if !open && role == Role::Owner && random.bool() { Role::Admin } else { given };
        let key = if open { *ticket().public().as_bytes() } else { [random.u8(..); 32] };
        let expires_ms = self.clock.read(now_ms).saturating_add(random.u64(..100_000_000));
        Op::Invite(Invite { form, key, role: given, max_uses: random.u32(1..3), expires_ms })
    }

    fn revoke_invite(&mut self, random: &mut fastrand::Rng) -> Option<Op> {
        let invites: Vec<_> = self.ledger.members().invites.keys().copied().collect();
        Some(Op::RevokeInvite(RevokeInvite { invite: random.choice(invites)? }))
    }

    /// Recovers with the key of the workspace: this person becomes an owner, maybe others go.
    fn recover(&mut self, random: &mut fastrand::Rng) -> Op {
        let epochs = self.ledger.ops().into_iter().filter_map(|id| match self.ledger.op(&id) {
            Some(Op::Recover(op)) => Some(op.epoch),
            _ => None,
        });
        let epoch = epochs.max().unwrap_or(0) + 1;
        let removed: Vec<_> = self.below(Role::Owner, random).into_iter().filter(|_| random.bool()).collect();
        let cut = removed.first().map(|person| self.cut_of(person, random)).unwrap_or_default();
        let owners = vec![self.who.person(std::slice::from_ref(&self.device))];
        let mut op = Recover { epoch, owners, removed, cut, proofs: Vec::new() };
        let parents = self.ledger.next_header(self.id(), &op_draft(&Op::Recover(op.clone())), 0);
        let parents = parents.map(|header| header.claims.mheads).unwrap_or_default();
        let digest = op.digest(self.ledger.workspace(), self.id(), &parents);
        let key = PersonId(*recovery().public().as_bytes());
        op.proofs = vec![Proof { key, signature: sign_recovery(&recovery(), &digest) }];
        Op::Recover(op)
    }

    fn ops_that(&self, wanted: impl Fn(&EntryId, &Op) -> bool) -> Vec<EntryId> {
        let all = self.ledger.ops().into_iter();
        all.filter(|id| self.ledger.op(id).is_some_and(|op| wanted(id, op))).collect()
    }

    /// Every place on every chain held here.
    fn places(&self) -> BTreeMap<DeviceId, Vec<CutAt>> {
        let mut places: BTreeMap<DeviceId, Vec<CutAt>> = BTreeMap::new();
        for id in self.disk.order() {
            if let Some(entry) = self.disk.stored(id).and_then(|signed| self.verify(signed.clone()).ok()) {
                let link = entry.header.link();
                places.entry(link.device).or_default().push(CutAt { device: link.device, seq: link.seq, head: *id });
            }
        }
        places.values_mut().for_each(|chain| chain.sort_unstable_by_key(|at| at.seq));
        places
    }

    /// Mostly the last place on a chain, sometimes an earlier one or none.
    fn place(&self, chain: &[CutAt], random: &mut fastrand::Rng) -> Option<CutAt> {
        match random.u8(..8) {
            0 => None,
            1..=2 => random.choice(chain).copied(),
            _ => chain.last().copied(),
        }
    }

    /// How far the work of a person counts, as far as it is known here.
    fn cut_of(&self, person: &PersonId, random: &mut fastrand::Rng) -> Cut {
        let places = self.places();
        let ops = self.ledger.ops();
        let ops = ops.iter().filter_map(|id| self.ledger.op(id));
        let mut devices: Vec<DeviceId> = Vec::new();
        for op in ops {
            let certified = op.persons().iter().filter(|other| other.id == *person).flat_map(|p| &p.devices);
            devices.extend(certified.map(|(cert, _)| cert.device));
            if let Op::AddDevice(op) = op
                && op.cert.person == *person
            {
                devices.push(op.cert.device);
            }
        }
        let chains = devices.iter().filter_map(|device| places.get(device));
        Cut::new(chains.filter_map(|chain| self.place(chain, random)).collect())
    }

    /// Comes in: takes the ops that the host shows, and works with a device from now on.
    pub(super) fn join(&mut self, host: &Self, device: &SecretKey) -> Result<(), Fault> {
        if self.joined && device_id(device) != self.id() {
            self.old_devices.push(self.id());
            self.generation += 1;
        }
        self.device = device.clone();
        (self.joined, self.up, self.outdated) = (true, true, false);
        for signed in host.introduction() {
            if let Ok(entry) = self.verify(signed) {
                self.take(entry);
            }
        }
        self.commit(None).map_err(|_full| Fault::Disk)
    }
}
