//! Requests about how a node is doing: its sync log, and what is wrong with it.

use serde::{Deserialize, Serialize};

/// What is asked about the node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "health", rename_all = "snake_case")]
pub enum HealthRequest {
    /// Lists sessions with peers, and bundles, the newest first. → `Exchanges`
    SyncLog {
        /// Only of this workspace.
        workspace: Option<String>,
        /// Only with devices of this person or device: name, label or start of the id.
        peer: Option<String>,
        /// Only what was not over by then: `2026-11-20`, `2026-11-20T10:00:00Z`, or `90m`, `24h`, `7d` ago.
        since: Option<String>,
        /// At most so many.
        limit: u32,
    },
    /// Looks at the network, clock, disk and settings, and says what is wrong. → `Doctor`
    Doctor,
}
