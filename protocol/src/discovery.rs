//! What a node says of itself on a LAN: a nonce and tags that only members can recognise.
//!
//! A tag is a MAC under the workspace's discovery secret over the nonce and the device's id, so a
//! record names neither workspace nor device, and two records of one device cannot be told to
//! belong together once the nonce has changed. A former member can still recognise that the
//! workspace is near; whoever repeats a record somewhere else gains nothing, because the device's
//! key is proved on the connection. The same content travels as a datagram (the beacon) and in the
//! TXT record of a DNS-SD service.
//!
//! Only a node whose owner opened a pairing window says more: the device's id and a label.

use std::collections::BTreeSet;
use std::net::Ipv6Addr;

use crate::id::DeviceId;

/// Bytes of a nonce and of a tag.
const TAG_BYTES: usize = 16;
/// Tags in an announcement at most: one for each workspace, and what fits into one datagram.
pub const MAX_TAGS: usize = 60;
/// Bytes of a label at most.
pub const MAX_LABEL_BYTES: usize = 64;
/// IPv6 addresses in a beacon at most.
pub const MAX_BEACON_ADDRESSES: usize = 4;
/// Bytes of a beacon at most.
pub const MAX_BEACON_BYTES: usize =
    4 + TAG_BYTES + 2 + 1 + MAX_TAGS * TAG_BYTES + 1 + MAX_BEACON_ADDRESSES * 16 + 32 + 1 + MAX_LABEL_BYTES;
/// What every beacon starts with; the last byte is the version.
const MAGIC: [u8; 4] = *b"DFB\x01";
/// Tags in one string of a TXT record: it holds 255 bytes with its key.
const TAGS_PER_STRING: usize = 15;

/// A random number of one announcement.
pub type Nonce = [u8; TAG_BYTES];
/// What a member recognises.
pub type Tag = [u8; TAG_BYTES];

/// What a node says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Announcement {
    /// Random; a new one from time to time.
    pub nonce: Nonce,
    /// One for each workspace, sorted, so that their order tells nothing.
    pub tags: BTreeSet<Tag>,
    /// Whether somebody new may join here now.
    pub pairing: Option<Pairing>,
}

/// What a node with an open pairing window says to everybody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pairing {
    /// Whom to dial.
    pub device: DeviceId,
    /// What its owner chose to be called, at most [`MAX_LABEL_BYTES`] long.
    pub label: String,
}

/// What a beacon says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Beacon {
    /// Who is there, for those who recognise it.
    pub announcement: Announcement,
    /// The UDP port it listens on.
    pub port: u16,
    /// Its IPv6 addresses: what it sends from means something on that link only.
    pub addresses: Vec<Ipv6Addr>,
}

/// Why bytes are no announcement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AnnouncementError {
    /// Something else was sent to this port.
    #[error("not a beacon of DataForge")]
    Foreign,
    /// Its length does not fit what it says.
    #[error("a beacon of wrong length")]
    Length,
    /// The label is no printable text.
    #[error("a label that is no text")]
    Label,
}

/// Returns what says to members of a workspace that this device is near.
#[must_use]
pub fn tag(discovery_secret: &[u8; 32], nonce: &Nonce, device: &DeviceId) -> Tag {
    let key = blake3::derive_key("dataforge discovery 1", discovery_secret);
    let mut hasher = blake3::Hasher::new_keyed(&key);
    hasher.update(nonce).update(device.as_bytes());
    let mut tag = Tag::default();
    hasher.finalize_xof().fill(&mut tag);
    tag
}

/// Whether a text may be shown as a label.
#[must_use]
pub fn is_label(text: &str) -> bool {
    !text.is_empty() && text.len() <= MAX_LABEL_BYTES && !text.chars().any(char::is_control)
}

impl Announcement {
    /// Makes the announcement of a device for workspaces with these discovery secrets; those beyond
    /// [`MAX_TAGS`] are left out.
    #[must_use]
    pub fn new<'s>(nonce: Nonce, device: &DeviceId, secrets: impl IntoIterator<Item = &'s [u8; 32]>) -> Self {
        let tags = secrets.into_iter().take(MAX_TAGS).map(|secret| tag(secret, &nonce, device)).collect();
        Self { nonce, tags, pairing: None }
    }

    /// Returns which of these devices it is, if any: a member of the workspace with this secret.
    #[must_use]
    pub fn recognise<'d>(
        &self,
        discovery_secret: &[u8; 32],
        devices: impl IntoIterator<Item = &'d DeviceId>,
    ) -> Option<DeviceId> {
        devices.into_iter().find(|device| self.tags.contains(&tag(discovery_secret, &self.nonce, device))).copied()
    }

    /// Encodes it as a datagram of a node that listens on a UDP port, with the first of its IPv6 addresses.
    #[must_use]
    pub fn to_beacon(&self, port: u16, addresses: &[Ipv6Addr]) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend_from_slice(&self.nonce);
        bytes.extend_from_slice(&port.to_be_bytes());
        bytes.push(u8::try_from(self.tags.len().min(MAX_TAGS)).unwrap_or_default());
        for tag in self.tags.iter().take(MAX_TAGS) {
            bytes.extend_from_slice(tag);
        }
        bytes.push(u8::try_from(addresses.len().min(MAX_BEACON_ADDRESSES)).unwrap_or_default());
        for address in addresses.iter().take(MAX_BEACON_ADDRESSES) {
            bytes.extend_from_slice(&address.octets());
        }
        if let Some(pairing) = self.pairing.as_ref().filter(|pairing| is_label(&pairing.label)) {
            bytes.extend_from_slice(pairing.device.as_bytes());
            bytes.push(u8::try_from(pairing.label.len()).unwrap_or_default());
            bytes.extend_from_slice(pairing.label.as_bytes());
        }
        bytes
    }

    /// Decodes a datagram.
    ///
    /// # Errors
    /// See [`AnnouncementError`].
    pub fn from_beacon(bytes: &[u8]) -> Result<Beacon, AnnouncementError> {
        let rest = bytes.strip_prefix(&MAGIC).ok_or(AnnouncementError::Foreign)?;
        if bytes.len() > MAX_BEACON_BYTES {
            return Err(AnnouncementError::Length);
        }
        let (nonce, rest) = rest.split_first_chunk().ok_or(AnnouncementError::Length)?;
        let (port, rest) = rest.split_first_chunk().ok_or(AnnouncementError::Length)?;
        let (count, rest) = rest.split_first().ok_or(AnnouncementError::Length)?;
        let count = usize::from(*count);
        if count > MAX_TAGS {
            return Err(AnnouncementError::Length);
        }
        let (tags, rest) = rest.split_at_checked(count * TAG_BYTES).ok_or(AnnouncementError::Length)?;
        let tags = tags.as_chunks().0.iter().copied().collect();
        let (count, rest) = rest.split_first().ok_or(AnnouncementError::Length)?;
        let count = usize::from(*count);
        if count > MAX_BEACON_ADDRESSES {
            return Err(AnnouncementError::Length);
        }
        let (addresses, rest) = rest.split_at_checked(count * 16).ok_or(AnnouncementError::Length)?;
        let addresses = addresses.as_chunks().0.iter().map(|octets: &[u8; 16]| Ipv6Addr::from(*octets)).collect();
        let pairing = if rest.is_empty() {
            None
        } else {
            let (device, rest) = rest.split_first_chunk().ok_or(AnnouncementError::Length)?;
            let (length, label) = rest.split_first().ok_or(AnnouncementError::Length)?;
            if usize::from(*length) != label.len() {
                return Err(AnnouncementError::Length);
            }
            Some(Pairing { device: DeviceId(*device), label: label_of(label)? })
        };
        let announcement = Self { nonce: *nonce, tags, pairing };
        Ok(Beacon { announcement, port: u16::from_be_bytes(*port), addresses })
    }

    /// Returns it as the strings of a TXT record: `n` the nonce, `t0` … `t3` tags, `d` and `l`
    /// device and label of a pairing window; values are raw bytes (RFC 6763 §6.5).
    #[must_use]
    pub fn to_txt(&self) -> Vec<(String, Vec<u8>)> {
        let mut strings = vec![("n".to_owned(), self.nonce.to_vec())];
        let tags: Vec<_> = self.tags.iter().take(MAX_TAGS).collect();
        for (at, chunk) in tags.chunks(TAGS_PER_STRING).enumerate() {
            strings.push((format!("t{at}"), chunk.iter().flat_map(|tag| tag.iter().copied()).collect()));
        }
        if let Some(pairing) = self.pairing.as_ref().filter(|pairing| is_label(&pairing.label)) {
            strings.push(("d".to_owned(), pairing.device.as_bytes().to_vec()));
            strings.push(("l".to_owned(), pairing.label.clone().into_bytes()));
        }
        strings
    }

    /// Reads it from the strings of a TXT record.
    ///
    /// # Errors
    /// See [`AnnouncementError`].
    pub fn from_txt<'t>(string: impl Fn(&str) -> Option<&'t [u8]>) -> Result<Self, AnnouncementError> {
        let nonce = string("n").ok_or(AnnouncementError::Foreign)?;
        let nonce = nonce.try_into().map_err(|_wrong_length| AnnouncementError::Length)?;
        let mut tags = BTreeSet::new();
        for at in 0..MAX_TAGS.div_ceil(TAGS_PER_STRING) {
            let Some(value) = string(&format!("t{at}")) else { break };
            let (found, rest) = value.as_chunks();
            if !rest.is_empty() || found.len() > TAGS_PER_STRING {
                return Err(AnnouncementError::Length);
            }
            tags.extend(found.iter().copied());
        }
        let pairing = match (string("d"), string("l")) {
            (Some(device), Some(label)) => {
                let device = device.try_into().map_err(|_wrong_length| AnnouncementError::Length)?;
                Some(Pairing { device: DeviceId(device), label: label_of(label)? })
            }
            _ => None,
        };
        Ok(Self { nonce, tags, pairing })
    }
}

fn label_of(bytes: &[u8]) -> Result<String, AnnouncementError> {
    let text = std::str::from_utf8(bytes).ok().filter(|text| is_label(text));
    text.map(str::to_owned).ok_or(AnnouncementError::Label)
}

#[cfg(test)]
mod tests;
