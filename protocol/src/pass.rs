//! Passes: how a relay recognises somebody who is no member yet.
//!
//! A relay serves members, whose devices the ledger names. Who holds a ticket shows a pass besides: it
//! can be checked by the ledger alone, so the relay need not ask whoever invited. A pass is bound to one
//! device, which the relay has proven, and to one workspace: who reads it on the way can do nothing with it.
//!
//! As text it is `dfpass`, then lower-case base32 of a version byte and the pass in postcard.

use data_encoding::BASE32_NOPAD;
use iroh_base::SecretKey;
use serde::{Deserialize, Serialize};

use crate::hello::same;
use crate::id::{DeviceId, EntryId, WorkspaceId};
use crate::key::{DeviceCert, Signature, sign_pass, verify_pass};
use crate::ledger::{DeviceState, Ledger};
use crate::op::{InviteForm, Role};
use crate::ticket::{Ticket, TicketForm, secret_hash};

/// What every pass starts with.
const PREFIX: &str = "dfpass";
/// Version of the content.
const VERSION: u8 = 1;
/// Characters of a pass.
const MAX_TEXT: usize = 1024;

/// What a relay is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Pass {
    /// The device has the secret of an open invite.
    Invite {
        /// The invite op.
        invite: EntryId,
        /// The proof, by the form of the invite.
        proof: InviteProof,
    },
    /// The device is certified by a person, who is a member.
    Device(DeviceCert),
}

/// How the secret of an invite is proven.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum InviteProof {
    /// Of a handed invite, or one with approval: a keyed hash under the hash that the invite carries.
    Hash([u8; 32]),
    /// Of an open invite: a signature by the ticket's key.
    Signature(Signature),
}

/// What a pass is for: names everything, so that it serves nowhere else.
fn statement(workspace: &WorkspaceId, invite: &EntryId, device: &DeviceId) -> Vec<u8> {
    [*workspace.as_bytes(), *invite.as_bytes(), *device.as_bytes()].concat()
}

fn hash_proof(key: &[u8; 32], workspace: &WorkspaceId, invite: &EntryId, device: &DeviceId) -> [u8; 32] {
    let key = blake3::derive_key("dataforge pass 1", key);
    *blake3::keyed_hash(&key, &statement(workspace, invite, device)).as_bytes()
}

impl Pass {
    /// Makes the pass that a ticket gives a device. A device's ticket gives its own certificate.
    #[must_use]
    pub fn of_ticket(ticket: &Ticket, cert: &DeviceCert) -> Self {
        let (workspace, invite, device) = (&ticket.workspace, ticket.invite, &cert.device);
        let proof = match ticket.form {
            TicketForm::Device { .. } => return Self::Device(cert.clone()),
            TicketForm::Open => {
                let key = SecretKey::from_bytes(&ticket.secret);
                InviteProof::Signature(sign_pass(&key, &statement(workspace, &invite, device)))
            }
            TicketForm::Handed | TicketForm::Approval => {
                InviteProof::Hash(hash_proof(&secret_hash(&ticket.secret), workspace, &invite, device))
            }
        };
        Self::Invite { invite, proof }
    }

    /// Returns whether it lets a device in that is no member, by what the ledger says now: whether the
    /// invite is open, whoever made it may still let people in, and, where the hash of its secret is the
    /// proof, nobody knows it who is no member any more. `used` counts how often an invite was used.
    #[must_use]
    pub fn admits(
        &self,
        workspace: &WorkspaceId,
        ledger: &Ledger,
        device: &DeviceId,
        now_ms: u64,
        used: impl FnOnce(&Ledger, &EntryId) -> u64,
    ) -> bool {
        match self {
            Self::Invite { invite, proof } => {
                let view = ledger.members();
                let Some((host, terms)) = view.invites.get(invite) else { return false };
                // Who may let nobody in any more has nobody brought by a relay either.
                let is_hosts = view.author(host).is_some_and(|(_, role)| role >= Role::Admin);
                let is_open = now_ms <= terms.expires_ms && used(ledger, invite) < u64::from(terms.max_uses);
                is_hosts
                    && is_open
                    && match (proof, terms.form) {
                        // Every member knows the hash, so it proves something while all who knew it are.
                        (InviteProof::Hash(hash), InviteForm::Handed | InviteForm::Approval) => {
                            same(hash, &hash_proof(&terms.key, workspace, invite, device))
                                && !ledger.is_known_outside(invite)
                        }
                        (InviteProof::Signature(signature), InviteForm::Open) => {
                            verify_pass(&terms.key, &statement(workspace, invite, device), signature).is_ok()
                        }
                        _ => false,
                    }
            }
            Self::Device(cert) => {
                cert.device == *device
                    && cert.verify().is_ok()
                    && ledger.members().members.contains_key(&cert.person)
                    && is_unknown(ledger, device)
            }
        }
    }
}

/// A device that is known and no member's any more was revoked, or ended with its person's membership.
fn is_unknown(ledger: &Ledger, device: &DeviceId) -> bool {
    ledger.people().values().all(|person| person.devices.get(device).is_none_or(|of| of.state == DeviceState::Live))
}

impl std::fmt::Display for Pass {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let bytes = postcard::to_extend(self, vec![VERSION]).expect("passes have no unserialisable part");
        write!(f, "{PREFIX}{}", BASE32_NOPAD.encode(&bytes).to_ascii_lowercase())
    }
}

/// A text that is no pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a pass")]
pub struct NotAPass;

impl std::str::FromStr for Pass {
    type Err = NotAPass;

    fn from_str(text: &str) -> Result<Self, NotAPass> {
        let encoded = text.strip_prefix(PREFIX).filter(|_| text.len() <= MAX_TEXT).ok_or(NotAPass)?;
        let bytes = BASE32_NOPAD.decode(encoded.to_ascii_uppercase().as_bytes()).map_err(|_error| NotAPass)?;
        match bytes.split_first() {
            Some((&VERSION, rest)) => match postcard::take_from_bytes::<Self>(rest) {
                Ok((pass, [])) => Ok(pass),
                _ => Err(NotAPass),
            },
            _ => Err(NotAPass),
        }
    }
}

#[cfg(test)]
mod tests;
