//! Bounds of ops: what makes one malformed whatever came before it.

use std::collections::BTreeSet;

use super::{InviteForm, Op, Person, Recover, Role};
use crate::limits;

pub(super) fn is_bounded(op: &Op) -> bool {
    match op {
        Op::Genesis(op) => {
            is_name(&op.name)
                && (1..=limits::MAX_OWNERS).contains(&op.owners.len())
                && usize::from(op.quorum) <= op.owners.len()
                && are_persons(&op.owners)
        }
        Op::Add(op) => is_person(&op.person),
        Op::SetRole(op) => op.cut.is_bounded(),
        Op::Remove(op) => op.cut.is_bounded(),
        Op::Leave(op) => op.cut.is_bounded(),
        Op::Ratify(op) => (1..=limits::MAX_RATIFIED).contains(&op.ops.len()) && strictly_sorted(op.ops.iter()),
        Op::ExtendCut(op) => op.cut.is_bounded(),
        Op::AddDevice(op) => is_name(&op.label) && op.cert.verify().is_ok(),
        Op::RevokeDevice(op) => op.cut.is_bounded(),
        Op::Describe(op) => [&op.name, &op.device_label].into_iter().flatten().all(|name| is_name(name)),
        Op::Recover(op) => is_recovery(op) && !op.proofs.is_empty(),
        Op::Transfer(op) => (Role::Editor..Role::Owner).contains(&op.role),
        Op::Invite(op) => {
            let highest = if op.form == InviteForm::Open { Role::Editor } else { Role::Admin };
            op.role <= highest && op.max_uses > 0
        }
        Op::Admit(op) => is_person(&op.person),
        Op::RevokeInvite(_) => true,
    }
}

/// Whether a recovery is well formed, with proofs or without any yet.
fn is_recovery(op: &Recover) -> bool {
    (1..=limits::MAX_OWNERS).contains(&op.owners.len())
        && are_persons(&op.owners)
        && op.removed.len() <= limits::MAX_REMOVED
        && strictly_sorted(op.removed.iter())
        && op.owners.iter().all(|owner| op.removed.binary_search(&owner.id).is_err())
        && op.cut.is_bounded()
        && op.proofs.len() <= limits::MAX_OWNERS
        && strictly_sorted(op.proofs.iter().map(|proof| proof.key))
}

impl Recover {
    /// Returns whether it would be well formed once it has proofs.
    #[must_use]
    pub fn is_draft(&self) -> bool {
        is_recovery(self)
    }
}

fn strictly_sorted<T: Ord>(items: impl Iterator<Item = T> + Clone) -> bool {
    items.clone().zip(items.skip(1)).all(|(a, b)| a < b)
}

/// Whether all are well formed, and no person and no device is named twice: an op must not say two
/// things about one of them.
fn are_persons(persons: &[Person]) -> bool {
    let (mut ids, mut devices) = (BTreeSet::new(), BTreeSet::new());
    persons.iter().all(|person| {
        ids.insert(person.id)
            && is_name(&person.name)
            && (1..=limits::MAX_DEVICES).contains(&person.devices.len())
            && person.devices.iter().all(|(cert, label)| {
                is_name(label) && cert.person == person.id && devices.insert(cert.device) && cert.verify().is_ok()
            })
    })
}

/// Returns whether a person is well formed: a name, devices, and certificates that are theirs and
/// verify.
#[must_use]
pub fn is_person(person: &Person) -> bool {
    are_persons(std::slice::from_ref(person))
}

/// Returns whether a text can name a workspace, person or device: 1 to 120 characters, no control
/// characters or marks that change the direction of text.
#[must_use]
pub fn is_name(text: &str) -> bool {
    let chars = text.chars().count();
    let odd = |c: char| {
        c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    (1..=limits::MAX_NAME_CHARS).contains(&chars) && !text.trim().is_empty() && !text.chars().any(odd)
}
