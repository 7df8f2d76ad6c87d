//! Replies about joining.

use serde::{Deserialize, Serialize};

/// What a ticket says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TicketReply {
    /// Name of the workspace.
    pub workspace: String,
    /// Its id.
    pub workspace_id: String,
    /// Who invites.
    pub inviter: String,
    /// How it is redeemed: `handed`, `approval`, `open`, or `device` for another machine of somebody.
    pub form: String,
    /// The role it gives; none for another machine.
    pub role: Option<String>,
    /// Whose machine it adds.
    pub person: Option<String>,
    /// Four words, the same for whoever made it.
    pub words: String,
    /// The device that redeems it.
    pub host: String,
    /// Where that may be reached.
    pub addresses: Vec<String>,
    /// Relays it may be reached through.
    pub relays: Vec<String>,
    /// Not after, RFC 3339 UTC.
    pub expires: String,
    /// What the clock here says.
    pub clock: String,
    /// Whether it has expired by that clock; the device that redeems it goes by its own.
    pub expired: bool,
}

/// A pairing window that was opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PairingReply {
    /// Its number.
    pub window: u64,
    /// The code to read to whoever is to join.
    pub code: String,
    /// What this machine is called while it is open.
    pub label: String,
    /// Name of the workspace.
    pub workspace: String,
    /// Role it gives.
    pub role: String,
    /// When it closes, RFC 3339 UTC.
    pub until: String,
    /// This device.
    pub device_id: String,
    /// Where it is reached.
    pub addresses: Vec<String>,
}

/// Somebody who joined by a pairing window.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JoinedReply {
    /// Their name.
    pub person: String,
    /// Their four words.
    pub fingerprint: String,
    /// Their role.
    pub role: String,
    /// Name of the workspace.
    pub workspace: String,
}

/// A node of the local network that has a pairing window open, as it says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NeighbourInfo {
    /// What it calls itself.
    pub label: String,
    /// Device id.
    pub device_id: String,
    /// Where it is reached.
    pub addresses: Vec<String>,
}

/// Nodes of the local network that have a pairing window open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NearbyReply {
    /// By label.
    pub neighbours: Vec<NeighbourInfo>,
    /// What this node is called to others just now; none while it has no window open.
    pub announced: Option<String>,
}

/// A ticket that came by a pairing code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandedReply {
    /// The ticket's text.
    pub ticket: String,
    /// What it says.
    pub about: TicketReply,
}
