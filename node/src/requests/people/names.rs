//! Who is who: finding people, devices and entries by what a user calls them, and naming them.

use std::collections::BTreeMap;

use dataforge_protocol::id::{DeviceId, EntryId, PersonId, WorkspaceId};
use dataforge_protocol::ledger::{DeviceState, KnownDevice, KnownPerson, Ledger};
use dataforge_protocol::op::{InviteForm, Op};
use dataforge_protocol::ticket::fingerprint;

use super::{not_allowed, usage};
use crate::api::{ApiError, ErrorKind, OpInfo};
use crate::clock::rfc3339;
use crate::core::Core;
use crate::store::Store;

/// Hex digits that an id is named by at least.
const MIN_PREFIX: usize = 4;

/// The people of a workspace, members and those who were.
#[derive(Debug)]
pub(crate) struct People {
    all: BTreeMap<PersonId, KnownPerson>,
    own: Option<PersonId>,
    own_device: Option<DeviceId>,
}

fn is_start_of(text: &str, id: &str) -> bool {
    text.len() >= MIN_PREFIX && id.starts_with(&text.to_ascii_lowercase())
}

impl People {
    /// Reads them from a ledger.
    pub(crate) fn of(core: &mut Core, workspace: &WorkspaceId) -> Result<Self, ApiError> {
        let own_device = core.device();
        let own = core.identity.as_ref().map(|identity| identity.public.person.id);
        Ok(Self { all: core.ledger(workspace)?.people(), own, own_device })
    }

    /// Returns all of them.
    pub(crate) const fn all(&self) -> &BTreeMap<PersonId, KnownPerson> {
        &self.all
    }

    /// Returns this person's id, when this data directory has an identity.
    pub(super) const fn own(&self) -> Option<PersonId> {
        self.own
    }

    pub(super) fn is_own_device(&self, device: &DeviceId) -> bool {
        self.own_device.as_ref() == Some(device)
    }

    /// Returns this person, who must be a member.
    pub(in crate::requests) fn me(&self) -> Result<(PersonId, &KnownPerson), ApiError> {
        let me = self.own.and_then(|id| Some((id, self.all.get(&id)?)));
        me.filter(|(_, me)| me.role.is_some()).ok_or_else(|| {
            not_allowed("you are no member of this workspace any more", "ask an admin or owner to invite you again")
        })
    }

    pub(super) fn get(&self, id: &PersonId) -> Option<&KnownPerson> {
        self.all.get(id)
    }

    /// Returns what a person is called; with their words where another one bears the same name.
    pub(crate) fn name(&self, id: &PersonId) -> String {
        let Some(known) = self.all.get(id) else { return id.fmt_short() };
        let others = self.all.iter().filter(|(other, of)| *other != id && of.name == known.name);
        if others.count() == 0 { known.name.clone() } else { format!("{} [{}]", known.name, fingerprint(id)) }
    }

    fn owner_of(&self, device: &DeviceId) -> Option<(&PersonId, &KnownDevice)> {
        self.all.iter().find_map(|(id, known)| Some((id, known.devices.get(device)?)))
    }

    /// Returns what a device is called: its person and label.
    pub(crate) fn device(&self, device: &DeviceId) -> String {
        match self.owner_of(device) {
            Some((person, known)) => format!("{} ({})", self.name(person), known.label),
            None => device.fmt_short(),
        }
    }

    /// Finds a person by name, words or id; only a member when `members`.
    pub(super) fn find(&self, text: &str, members: bool) -> Result<PersonId, ApiError> {
        let text = text.trim();
        let is_in = |known: &KnownPerson| !members || known.role.is_some();
        let matching = |matches: &dyn Fn(&PersonId, &KnownPerson) -> bool| -> Vec<PersonId> {
            let found = self.all.iter().filter(|(id, known)| is_in(known) && matches(id, known));
            found.map(|(id, _)| *id).collect()
        };
        let mut found = matching(&|id, known| known.name == text || fingerprint(id) == text || id.to_string() == text);
        if found.is_empty() {
            found = matching(&|id, known| known.name.eq_ignore_ascii_case(text) || is_start_of(text, &id.to_string()));
        }
        // Of several with one name the member is meant, where only one of them is.
        let current = |id: &PersonId| self.all.get(id).is_some_and(|known| known.role.is_some());
        if found.iter().filter(|id| current(id)).count() == 1 {
            found.retain(current);
        }
        match found.as_slice() {
            [one] => Ok(*one),
            [] => {
                let list: Vec<_> =
                    self.all.iter().filter(|(_, known)| is_in(known)).map(|(id, _)| self.name(id)).collect();
                let who = if members { "member" } else { "person" };
                Err(ApiError::new(ErrorKind::NotFound, format!("there is no {who} {text:?}"))
                    .hint(format!("there are: {}", list.join(", "))))
            }
            several => {
                let list: Vec<_> = several.iter().map(|id| self.told_apart(id)).collect();
                Err(usage(
                    format!("{text:?} may be {} people", several.len()),
                    format!("name one by their words: {}", list.join(", ")),
                ))
            }
        }
    }

    fn told_apart(&self, id: &PersonId) -> String {
        let name = self.all.get(id).map_or("?", |known| known.name.as_str());
        format!("{} ({name}, {})", fingerprint(id), id.fmt_short())
    }

    /// Finds a device by label, id or `PERSON/LABEL`; only a live one when `live`.
    pub(in crate::requests) fn find_device(&self, text: &str, live: bool) -> Result<(PersonId, DeviceId), ApiError> {
        let text = text.trim();
        let (of, label) = match text.rsplit_once('/') {
            Some((person, label)) if self.find(person, false).is_ok() => (Some(self.find(person, false)?), label),
            _ => (None, text),
        };
        let all = || {
            let people = self.all.iter().filter(|(id, _)| of.is_none_or(|of| of == **id));
            let devices =
                people.flat_map(|(id, known)| known.devices.iter().map(|(device, known)| (*id, *device, known)));
            devices.filter(|(_, _, known)| !live || known.state == DeviceState::Live)
        };
        let mut found: Vec<_> =
            all().filter(|(_, device, known)| known.label == label || device.to_string() == label).collect();
        if found.is_empty() {
            found = all().filter(|(_, device, _)| is_start_of(label, &device.to_string())).collect();
        }
        match found.as_slice() {
            [(person, device, _)] => Ok((*person, *device)),
            [] => Err(ApiError::new(
                ErrorKind::NotFound,
                format!("there is no {}device {text:?}", if live { "live " } else { "" }),
            )
            .hint("dataforge devices lists them")),
            several => {
                let list: Vec<_> = several
                    .iter()
                    .map(|(person, device, known)| {
                        format!("{} ({}, {})", device.fmt_short(), self.name(person), known.label)
                    })
                    .collect();
                Err(usage(
                    format!("{text:?} may be {} devices", several.len()),
                    format!("use an id: {}", list.join(", ")),
                ))
            }
        }
    }

    /// Returns what an op says, with the names of people.
    pub(crate) fn told(&self, op: &Op) -> String {
        match op {
            Op::Genesis(genesis) => format!("started the workspace {:?}", genesis.name),
            Op::Add(add) => format!("added {} as {}", add.person.name, add.role),
            Op::SetRole(op) => format!("made {} {}", self.name(&op.person), op.role),
            Op::Remove(op) => format!("removed {}", self.name(&op.person)),
            Op::Leave(_) => "left".to_owned(),
            Op::Ratify(op) if op.ops.len() == 1 => "ratified an op".to_owned(),
            Op::Ratify(op) => format!("ratified {} ops", op.ops.len()),
            Op::ExtendCut(op) => format!("accepted late work beyond {}", op.removal.fmt_short()),
            Op::AddDevice(op) => format!("added the device {} of {}", op.label, self.name(&op.cert.person)),
            Op::RevokeDevice(op) => format!("revoked the device {}", self.device(&op.device)),
            Op::Describe(op) if op.name.is_none() && op.device_label.is_none() => "brought ops together".to_owned(),
            Op::Describe(_) => "changed their own name or label".to_owned(),
            Op::Recover(op) => {
                let owners: Vec<_> = op.owners.iter().map(|owner| owner.name.as_str()).collect();
                format!("recovered the workspace for {}", owners.join(", "))
            }
            Op::Transfer(op) => format!("made {} owner and became {}", self.name(&op.person), op.role),
            Op::Invite(op) => {
                let form = match op.form {
                    InviteForm::Handed => "",
                    InviteForm::Approval => ", with approval",
                    InviteForm::Open => ", open to whoever has the ticket",
                };
                format!("invited {} as {}{form}", op.max_uses, op.role)
            }
            Op::Admit(op) => format!("let {} in by an open invite", op.person.name),
            Op::RevokeInvite(op) => format!("ended the invite {}", op.invite.fmt_short()),
        }
    }

    /// Describes an op for an answer.
    pub(super) fn op_info(&self, ledger: &Ledger, store: &Store, id: &EntryId) -> Result<OpInfo, ApiError> {
        let claimed = store.entry_times(id)?.map_or_else(String::new, |(claimed, _)| rfc3339(claimed));
        Ok(OpInfo {
            id: id.to_string(),
            what: ledger.op(id).map_or_else(|| "an op that is not here".to_owned(), |op| self.told(op)),
            by: ledger.author_of(id).map_or_else(|| "?".to_owned(), |author| self.name(&author)),
            claimed,
        })
    }
}

/// Finds a settled entry by its id or a unique start of it.
pub(in crate::requests) fn find_entry(ledger: &Ledger, text: &str) -> Result<EntryId, ApiError> {
    let missing = || {
        ApiError::new(ErrorKind::NotFound, format!("there is no entry {text:?}"))
            .hint("dataforge log lists entries with the start of their ids")
    };
    if let Ok(id) = text.parse::<EntryId>() {
        return if ledger.contains(&id) { Ok(id) } else { Err(missing()) };
    }
    let is_hex = text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let found = ledger.settled_since(0).iter().filter(|id| is_hex && is_start_of(text, &id.to_string()));
    match found.collect::<Vec<_>>().as_slice() {
        [one] => Ok(**one),
        [] => Err(missing()),
        several => {
            let list: Vec<_> = several.iter().take(8).map(ToString::to_string).collect();
            Err(usage(
                format!("{text:?} is the start of {} entries", several.len()),
                format!("use more of the id: {}", list.join(", ")),
            ))
        }
    }
}
