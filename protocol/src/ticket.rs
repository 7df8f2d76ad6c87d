//! Tickets and the join exchange: how a stranger becomes a member.
//!
//! A ticket is text: `dforge`, then lower-case base32 of a version byte, the ticket in postcard and
//! four bytes of a BLAKE3 checksum, so that a mistyped one is told from an expired one. It carries
//! a secret; whoever has it may join until it expires or is used up. Its four words, which are no
//! secret, are compared by voice.

use std::net::SocketAddr;

use data_encoding::BASE32_NOPAD;
use serde::{Deserialize, Serialize};

use crate::entry::SignedEntry;
use crate::id::{DeviceId, EntryId, PersonId, WorkspaceId};
use crate::key::Signature;
use crate::op::{Person, Role, is_name};

/// What every ticket starts with.
const PREFIX: &str = "dforge";
/// Version of the content.
const VERSION: u8 = 1;
/// Characters of a ticket.
const MAX_TEXT: usize = 4096;
/// Addresses a ticket may carry.
const MAX_ADDRESSES: usize = 32;

/// An invitation to a workspace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ticket {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// Its name, to show before anything is done.
    pub workspace_name: String,
    /// Who invites.
    pub inviter: String,
    /// The device that redeems the ticket.
    pub host: DeviceId,
    /// Where it may be reached.
    pub addresses: Vec<SocketAddr>,
    /// Relays it may be reached through; used only if the joiner has configured them too.
    pub relays: Vec<String>,
    /// The invite op; of a device's ticket a random id.
    pub invite: EntryId,
    /// How it is redeemed.
    pub form: TicketForm,
    /// The role it gives; of a device's ticket it says nothing.
    pub role: Role,
    /// Not after, in milliseconds since 1970.
    pub expires_ms: u64,
    /// The secret.
    pub secret: [u8; 32],
}

/// How a ticket is redeemed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum TicketForm {
    /// The host admits whoever has it.
    Handed,
    /// An admin has to approve who asks.
    Approval,
    /// The host admits whoever has it, though it may be no admin: the joiner signs with the ticket's
    /// key.
    Open,
    /// A member adds another device, which certifies itself.
    Device {
        /// Whose device: the recovery words must be theirs.
        person: PersonId,
        /// Their name.
        name: String,
    },
}

/// Why a text is no ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TicketError {
    /// It does not start like one.
    #[error("this is not a DataForge ticket: it starts with \"dforge\"")]
    NotATicket,
    /// Characters are wrong, or some are missing or added on the way.
    #[error("the ticket is mistyped: copy it again, without changing a character")]
    Mistyped,
    /// A character that no ticket has.
    #[error(
        "the ticket is mistyped: character {at} is {character:?}, and tickets have only letters and the digits 2 to 7"
    )]
    Foreign {
        /// The character.
        character: char,
        /// Its place in the text, from 1, blanks not counted.
        at: usize,
    },
    /// Its end is missing.
    #[error("the ticket is cut short: {0} characters came; copy it again to its end")]
    CutShort(usize),
    /// A newer program made it.
    #[error("the ticket was made by a newer version of DataForge")]
    Newer,
}

impl std::fmt::Display for Ticket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut bytes = postcard::to_extend(self, vec![VERSION]).expect("tickets have no unserialisable part");
        let checksum = blake3::hash(&bytes);
        bytes.extend_from_slice(checksum.as_bytes().get(..4).unwrap_or_default());
        write!(f, "{PREFIX}{}", BASE32_NOPAD.encode(&bytes).to_ascii_lowercase())
    }
}

impl std::str::FromStr for Ticket {
    type Err = TicketError;

    fn from_str(text: &str) -> Result<Self, TicketError> {
        // Mail programs and terminals break long lines.
        let text: String = text.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_ascii_lowercase();
        let encoded = text.strip_prefix(PREFIX).filter(|_| text.len() <= MAX_TEXT).ok_or(TicketError::NotATicket)?;
        if let Some((at, character)) = text.chars().enumerate().find(|(_, c)| !matches!(c, 'a'..='z' | '2'..='7')) {
            return Err(TicketError::Foreign { character, at: at + 1 });
        }
        let encoded = encoded.to_ascii_uppercase();
        let bytes = BASE32_NOPAD.decode(encoded.as_bytes()).map_err(|_error| damage(&encoded))?;
        let (content, checksum) = bytes.split_last_chunk::<4>().ok_or_else(|| damage(&encoded))?;
        if blake3::hash(content).as_bytes().get(..4) != Some(checksum) {
            return Err(damage(&encoded));
        }
        match content.split_first() {
            Some((&VERSION, rest)) => match postcard::take_from_bytes::<Self>(rest) {
                Ok((ticket, [])) if ticket.is_bounded() => Ok(ticket),
                _ => Err(TicketError::Mistyped),
            },
            _ => Err(TicketError::Newer),
        }
    }
}

/// Says whether what is wrong with a ticket is that its end is missing.
fn damage(encoded: &str) -> TicketError {
    let whole = encoded.len().div_ceil(8) * 8;
    // Blanks beyond the end, so that what is there is read to the last byte.
    let filled = format!("{encoded:A<whole$}");
    let mut bytes = BASE32_NOPAD.decode(filled.as_bytes()).unwrap_or_default();
    bytes.truncate(encoded.len() * 5 / 8);
    let is_cut = match bytes.split_first() {
        None => true,
        Some((&VERSION, rest)) => match postcard::take_from_bytes::<Ticket>(rest) {
            Ok((_, checksum)) => checksum.len() < 4,
            Err(error) => error == postcard::Error::DeserializeUnexpectedEnd,
        },
        Some(_) => false,
    };
    if is_cut { TicketError::CutShort(PREFIX.len() + encoded.len()) } else { TicketError::Mistyped }
}

impl Ticket {
    /// Returns four words that are the same for whoever made the ticket and whoever got it, and
    /// others for a ticket of another workspace, host or invite. They are no secret.
    #[must_use]
    pub fn words(&self) -> String {
        let named = [self.workspace.0, self.host.0, self.invite.0].concat();
        four_words("dataforge ticket words 1", &named)
    }

    /// Returns the ticket with more addresses before its own, as far as they fit.
    #[must_use]
    pub fn reached_at(mut self, addresses: impl IntoIterator<Item = SocketAddr>) -> Self {
        let own = std::mem::take(&mut self.addresses);
        for address in addresses.into_iter().chain(own) {
            if self.addresses.len() < MAX_ADDRESSES && !self.addresses.contains(&address) {
                self.addresses.push(address);
            }
        }
        self
    }

    fn is_bounded(&self) -> bool {
        self.addresses.len() <= MAX_ADDRESSES
            && self.relays.len() <= 8
            && is_name(&self.workspace_name)
            && is_name(&self.inviter)
            && self.role < Role::Owner
            && !matches!(&self.form, TicketForm::Device { name, .. } if !is_name(name))
    }
}

/// First message of the joiner. The host answers nothing before it verifies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JoinRequest {
    /// The invite to redeem.
    pub invite: EntryId,
    /// Who wants to join, with the device that asks.
    pub person: Person,
    /// See [`join_proof`].
    pub proof: [u8; 32],
    /// The signature of an open ticket's key, see [`crate::key::sign_admission`].
    pub admission: Option<Signature>,
}

/// The host's answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum JoinReply {
    /// Admitted: the host's proof of the secret and the number of membership ops that follow, each
    /// as a frame with a [`SignedEntry`].
    Admitted {
        /// See [`join_proof`].
        proof: [u8; 32],
        /// How many ops follow.
        ops: u32,
    },
    /// Not admitted.
    Refused(JoinRefusal),
}

/// Why a joiner with a right ticket is not admitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum JoinRefusal {
    /// Its time has passed by the host's clock.
    #[error("the ticket has expired: ask for a new one")]
    Expired,
    /// It was redeemed as often as it may be.
    #[error("the ticket was already used: ask for a new one")]
    UsedUp,
    /// The person or device is a member already, or may not be added.
    #[error("this person or device cannot be added to the workspace")]
    CannotAdd,
    /// The host may not admit members any more.
    #[error("the inviting device may not admit members any more")]
    NotAllowed,
    /// An admin has to approve it first; the joiner may ask again.
    #[error("an admin has to approve it first: run dataforge join with the same ticket again then")]
    Pending,
    /// Whose device it would be is no member.
    #[error("whose device it would be is no member of the workspace")]
    NotMember,
    /// The invite was ended before its time.
    #[error("the invite was taken back: ask for a new ticket")]
    Revoked,
}

/// Which side makes a join proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JoinSide {
    /// The one who joins.
    Joiner,
    /// The one who admits.
    Host,
}

/// Returns the proof that one side knows the ticket's secret, on this connection, for this joiner.
#[must_use]
pub fn join_proof(
    secret: &[u8; 32],
    exporter: &[u8; 32],
    side: JoinSide,
    host: &DeviceId,
    invite: &EntryId,
    person: &Person,
) -> [u8; 32] {
    let key = blake3::derive_key("dataforge join 1", secret);
    let mut hasher = blake3::Hasher::new_keyed(&key);
    hasher.update(&[match side {
        JoinSide::Joiner => 0,
        JoinSide::Host => 1,
    }]);
    hasher.update(exporter).update(host.as_bytes()).update(invite.as_bytes());
    hasher.update(&postcard::to_stdvec(person).expect("persons have no unserialisable part"));
    *hasher.finalize().as_bytes()
}

/// Returns the hash of a ticket's secret that the invite op carries.
#[must_use]
pub fn secret_hash(secret: &[u8; 32]) -> [u8; 32] {
    blake3::derive_key("dataforge invite 1", secret)
}

/// Encodes a message of the join exchange: a big-endian `u32` length and postcard.
///
/// # Panics
/// Never: the messages are bounded and serialisable.
#[must_use]
pub fn join_frame<T: Serialize>(message: &T) -> Vec<u8> {
    let frame = postcard::to_extend(message, vec![0; 4]).expect("join messages are serialisable");
    let len = u32::try_from(frame.len() - 4).expect("join messages are bounded");
    [len.to_be_bytes().as_slice(), frame.get(4..).unwrap_or_default()].concat()
}

/// Decodes the content of a frame of the join exchange.
#[must_use]
pub fn read_join_frame<'a, T: Deserialize<'a>>(content: &'a [u8]) -> Option<T> {
    match postcard::take_from_bytes(content) {
        Ok((message, [])) => Some(message),
        _ => None,
    }
}

/// An op as it follows a [`JoinReply::Admitted`].
pub type JoinOp = SignedEntry;

/// A person id in a form two people can compare by voice.
#[must_use]
pub fn fingerprint(person: &PersonId) -> String {
    four_words("dataforge fingerprint 1", person.as_bytes())
}

/// Derives four words of the BIP 39 list: of each two of the first 8 bytes the lower 11 bits.
fn four_words(context: &str, bytes: &[u8]) -> String {
    let list = bip39::Language::English.word_list();
    let word = |chunk: &[u8]| match chunk {
        [a, b] => list.get(usize::from(u16::from_be_bytes([*a, *b])) % list.len()).copied().unwrap_or_default(),
        _ => "",
    };
    let bytes = blake3::derive_key(context, bytes);
    bytes.get(..8).unwrap_or_default().chunks(2).map(word).collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticket() -> Ticket {
        Ticket {
            workspace: WorkspaceId([1; 32]),
            workspace_name: "Field".into(),
            inviter: "Ada".into(),
            host: DeviceId([2; 32]),
            addresses: vec!["192.168.1.7:4433".parse().unwrap()],
            relays: Vec::new(),
            invite: EntryId([3; 32]),
            form: TicketForm::Handed,
            role: Role::Editor,
            expires_ms: 1,
            secret: [4; 32],
        }
    }

    #[test]
    fn ticket_survives_line_breaks_and_capitals() {
        let text = ticket().to_string();
        let (a, b) = text.split_at(40);
        assert_eq!(format!(" {}\n  {b}\n", a.to_ascii_uppercase()).parse(), Ok(ticket()));
    }

    #[test]
    fn every_single_wrong_or_missing_character_is_noticed() {
        let text = ticket().to_string();
        for at in PREFIX.len()..text.len() {
            let mut wrong = text.clone().into_bytes();
            wrong[at] = if wrong[at] == b'a' { b'b' } else { b'a' };
            let wrong = String::from_utf8(wrong).unwrap();
            assert_ne!(wrong.parse(), Ok(ticket()), "{at}");
            assert!(text[..at].parse::<Ticket>().is_err());
        }
        assert_eq!("hello".parse::<Ticket>(), Err(TicketError::NotATicket));
    }

    #[test]
    fn a_ticket_cut_short_is_told_from_one_that_is_mistyped() {
        let text = ticket().to_string();
        for end in PREFIX.len()..text.len() {
            assert_eq!(text[..end].parse::<Ticket>(), Err(TicketError::CutShort(end)), "{end}");
        }
        let wrong = text.replacen("dforgea", "dforgeb", 1);
        assert!(matches!(wrong.parse::<Ticket>(), Err(TicketError::Mistyped | TicketError::Newer)), "{wrong}");
        let last = if text.ends_with('a') { "b" } else { "a" };
        let wrong = format!("{}{last}", &text[..text.len() - 1]);
        assert_eq!(wrong.parse::<Ticket>(), Err(TicketError::Mistyped));
        assert_eq!(format!("{text}aaaa").parse::<Ticket>(), Err(TicketError::Mistyped));
        let foreign = format!("{}0{}", &text[..20], &text[21..]);
        assert_eq!(foreign.parse::<Ticket>(), Err(TicketError::Foreign { character: '0', at: 21 }));
    }

    #[test]
    fn a_ticket_of_a_newer_version_says_so() {
        let mut bytes = vec![VERSION + 1, 9, 9, 9];
        let checksum = blake3::hash(&bytes);
        bytes.extend_from_slice(&checksum.as_bytes()[..4]);
        let text = format!("{PREFIX}{}", BASE32_NOPAD.encode(&bytes).to_ascii_lowercase());
        assert_eq!(text.parse::<Ticket>(), Err(TicketError::Newer));
    }

    #[test]
    fn words_change_with_workspace_host_and_invite_and_with_nothing_else() {
        let base = ticket();
        assert_eq!(base.words().split('-').count(), 4);
        let other = |change: fn(&mut Ticket)| {
            let mut other = ticket();
            change(&mut other);
            other.words()
        };
        assert_eq!(other(|ticket| ticket.addresses.clear()), base.words());
        assert_eq!(other(|ticket| ticket.secret = [9; 32]), base.words());
        assert_ne!(other(|ticket| ticket.workspace.0[31] ^= 1), base.words());
        assert_ne!(other(|ticket| ticket.host.0[31] ^= 1), base.words());
        assert_ne!(other(|ticket| ticket.invite.0[31] ^= 1), base.words());
        // As documented, made by an independent implementation.
        assert_eq!(base.words(), "hazard-blast-pact-february");
    }

    #[test]
    fn addresses_it_was_reached_at_come_first_and_once() {
        let (one, two) = ("10.0.0.1:1".parse().unwrap(), "192.168.1.7:4433".parse().unwrap());
        assert_eq!(ticket().reached_at([one, two]).addresses, [one, two]);
        let many = (0..100).map(|port| SocketAddr::from(([10, 0, 0, 2], port)));
        let ticket = ticket().reached_at(many);
        assert_eq!(ticket.addresses.len(), MAX_ADDRESSES);
        assert_eq!(ticket.to_string().parse(), Ok(ticket));
    }
}
