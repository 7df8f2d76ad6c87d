//! Replies about relays: those that are used, and the one that is run.

use serde::{Deserialize, Serialize};

/// A relay that may be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RelayUse {
    /// Its URL.
    pub url: String,
    /// `in use`, `connecting`, `ready`, `not tried yet`, `refused` or `down`.
    pub state: String,
    /// What it says, or why it is down.
    pub problem: Option<String>,
}

/// The relay that a node runs for others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RelayServing {
    /// Where it listens.
    pub listen: String,
    /// What members may set as `network.relays`.
    pub urls: Vec<String>,
    /// SHA-256 of its certificate; none for plain HTTP.
    pub certificate: Option<String>,
    /// Where it tells clients their addresses, if it does.
    pub address_discovery: Option<String>,
    /// The workspaces whose members it serves.
    pub workspaces: Vec<String>,
    /// Members connected now.
    pub members: u64,
    /// Holders of an invite connected now.
    pub guests: u64,
    /// Devices refused since it runs.
    pub refused: u64,
    /// Devices it serves at a time.
    pub max_clients: u64,
}

/// Relays as they are configured from now on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RelaysUsedReply {
    /// All of them.
    pub relays: Vec<String>,
    /// Those that were not before.
    pub added: Vec<String>,
    /// Whether a process that runs takes them up only at its next start.
    pub later: bool,
}
