//! The queue as people see it.

use std::time::Instant;

use dataforge_protocol::entry::BlobRef;
use dataforge_protocol::id::{DeviceId, WorkspaceId};

use super::{Flight, Transfers};

/// How a transfer stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum State {
    /// Bytes are coming.
    Fetching,
    /// A peer is there and it comes next.
    Queued,
    /// It failed and is tried again shortly.
    Retrying,
    /// Nobody who is connected has it.
    Waiting,
    /// Somebody said to leave it.
    Paused,
}

impl State {
    /// Returns the word used in SQL and JSON.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Fetching => "fetching",
            Self::Queued => "queued",
            Self::Retrying => "retrying",
            Self::Waiting => "waiting",
            Self::Paused => "paused",
        }
    }
}

/// A transfer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Standing {
    /// What.
    pub(crate) blob: BlobRef,
    /// Of which workspace.
    pub(crate) workspace: WorkspaceId,
    /// How urgent.
    pub(crate) priority: u8,
    /// How it stands.
    pub(crate) state: State,
    /// Who gives it.
    pub(crate) from: Vec<DeviceId>,
    /// Bytes that are still missing, as far as is known.
    pub(crate) missing: u64,
    /// Attempts that failed.
    pub(crate) attempts: u32,
    /// Why the last one did.
    pub(crate) last_error: Option<String>,
}

impl Transfers {
    /// Returns all transfers of workspaces whose lists were made, in the order they are taken.
    pub(crate) fn standings(&self, now: Instant, now_ms: u64) -> Vec<Standing> {
        let state = self.state();
        let mut all = Vec::new();
        for (workspace, queue) in &state.queues {
            for wanted in &queue.blobs {
                let hash = &wanted.blob.hash;
                let flight = state.flights.get(hash).filter(|(of, _)| of == workspace).map(|(_, flight)| flight);
                let known = state.known.get(&(*workspace, *hash));
                let offers = || state.providers.keys().filter(|provider| provider.0 == *workspace);
                let is_paused = [super::Paused::Workspace(*workspace), super::Paused::Blob(*hash)]
                    .iter()
                    .any(|paused| state.paused.contains(paused));
                let how = match flight {
                    _ if is_paused => State::Paused,
                    Some(_) => State::Fetching,
                    None if known.is_some_and(|transfer| transfer.next_ms > now_ms) => State::Retrying,
                    None if offers().any(|provider| state.may_give(provider, hash, now)) => State::Queued,
                    None => State::Waiting,
                };
                let (mut from, missing) = match flight {
                    Some(Flight::Shared(shared, _)) => (shared.devices().collect(), shared.missing()),
                    Some(Flight::Whole(device) | Flight::Settling(device)) => (vec![*device], wanted.blob.size),
                    None => (Vec::new(), wanted.blob.size),
                };
                from.sort_unstable();
                from.dedup();
                all.push(Standing {
                    blob: wanted.blob,
                    workspace: *workspace,
                    priority: wanted.priority,
                    state: how,
                    from,
                    missing: missing.saturating_sub(state.came(hash)),
                    attempts: known.map_or(0, |transfer| transfer.attempts),
                    last_error: known.and_then(|transfer| transfer.last_error.clone()),
                });
            }
        }
        all
    }
}
