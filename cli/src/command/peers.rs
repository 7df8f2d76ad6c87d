//! `dataforge peers`.

use std::net::SocketAddr;

use clap::{Args, Subcommand};
use dataforge_node::api::{PeerInfo, PeerStanding, Request};

use super::workspaces::short;
use crate::context::Context;
use crate::error::Failure;
use crate::output::{Align, Human, Table, bytes, count};

/// Lists known peers, or adds the address of one.
#[derive(Debug, Args)]
pub(crate) struct Peers {
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Add an address at which a peer listens
    Add {
        /// Device id, 64 hex digits
        device: String,
        /// Where it listens
        #[arg(value_name = "IP:PORT")]
        address: SocketAddr,
    },
}

impl Peers {
    /// Does it.
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        context
            .ask(match self.action {
                None => Request::Peers,
                Some(Action::Add { device, address }) => Request::AddPeer { device, address },
            })
            .await
    }
}

impl Human for Vec<PeerInfo> {
    fn human(&self) -> String {
        let columns = ["peer", "state", "path"].map(|name| (name, Align::Left));
        let numbers = ["latency", "sent", "received", "ahead", "behind", "blobs ahead", "blobs behind"]
            .map(|name| (name, Align::Right));
        let rest = ["last contact", "addresses", "device", "last problem"].map(|name| (name, Align::Left));
        let mut table = Table::new(&[&columns[..], &numbers, &rest].concat());
        for peer in self {
            let line = Line::of(peer);
            let problem = peer.last_error.as_deref().unwrap_or_default();
            table.row([
                &peer.name,
                line.state,
                line.path,
                &line.latency,
                &line.sent,
                &line.received,
                &line.ahead,
                &line.behind,
                &line.blobs_ahead,
                &line.blobs_behind,
                line.contact,
                &line.addresses,
                short(&peer.device_id),
                problem,
            ]);
        }
        table.or("no peers yet: dataforge invite")
    }
}

/// What stands for a number that cannot be known.
const UNKNOWN: &str = "–";

/// A peer in words, over all workspaces.
#[derive(Debug)]
pub(super) struct Line<'a> {
    pub(super) state: &'static str,
    pub(super) path: &'a str,
    pub(super) latency: String,
    pub(super) sent: String,
    pub(super) received: String,
    pub(super) ahead: String,
    pub(super) behind: String,
    pub(super) blobs_ahead: String,
    pub(super) blobs_behind: String,
    pub(super) contact: &'a str,
    addresses: String,
}

impl<'a> Line<'a> {
    /// Says it of a peer.
    pub(super) fn of(peer: &'a PeerInfo) -> Self {
        let sum = |of: fn(&PeerStanding) -> Option<u64>| {
            let known: Vec<_> = peer.standings.iter().filter_map(of).collect();
            if known.is_empty() { UNKNOWN.to_owned() } else { count(known.iter().sum()) }
        };
        let state = match (peer.connected, peer.standings.iter().any(|one| one.connected && !one.caught_up)) {
            (true, _) if peer.slowed => "slowed",
            (true, true) => "syncing",
            (true, false) => "connected",
            (false, _) => "away",
        };
        let addresses = match &peer.address {
            Some(used) => used.clone(),
            None => peer.addresses.join(", "),
        };
        Self {
            state,
            path: peer.path.as_deref().unwrap_or("never"),
            latency: peer.latency_ms.map_or_else(|| UNKNOWN.to_owned(), |ms| format!("{ms:.1} ms")),
            sent: bytes(peer.bytes_sent),
            received: bytes(peer.bytes_received),
            ahead: sum(|one| Some(one.ahead)),
            behind: sum(|one| one.behind),
            blobs_ahead: sum(|one| one.blobs_ahead),
            blobs_behind: sum(|one| one.blobs_behind),
            contact: if peer.connected { "now" } else { peer.last_seen.as_deref().unwrap_or("never") },
            addresses,
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(crate) fn peer(connected: bool) -> PeerInfo {
        let standing = |ahead, behind| PeerStanding {
            workspace_id: "w".into(),
            workspace: "Field".into(),
            connected,
            caught_up: true,
            ahead,
            behind,
            blobs_ahead: connected.then_some(0),
            blobs_behind: connected.then_some(2),
        };
        PeerInfo {
            device_id: "ab".repeat(32),
            name: "Bob (laptop)".into(),
            addresses: vec!["10.0.0.2:7411".into()],
            connected,
            last_seen: Some("2026-11-27T15:00:00Z".into()),
            last_error: None,
            path: Some("direct".into()),
            address: connected.then(|| "10.0.0.2:7411".into()),
            latency_ms: connected.then_some(0.42),
            bytes_sent: 12_000,
            bytes_received: 4_500_000,
            slowed: false,
            slowed_seconds: 0.0,
            standings: vec![standing(3, connected.then_some(0)), standing(1, connected.then_some(5))],
        }
    }

    #[test]
    fn peers_are_listed_with_how_they_are_reached() {
        let never = PeerInfo { path: None, last_seen: None, standings: Vec::new(), ..peer(false) };
        let slowed = PeerInfo { slowed: true, ..peer(true) };
        let lines: Vec<_> = [peer(true), peer(false), never, slowed]
            .iter()
            .map(|peer| {
                let line = Line::of(peer);
                [line.state, line.path, &line.latency, &line.ahead, &line.behind, &line.blobs_behind, line.contact]
                    .join(" ")
            })
            .collect();
        let expected = [
            "connected direct 0.4 ms 4 5 4 now",
            "away direct – 4 – – 2026-11-27T15:00:00Z",
            "away never – – – – never",
            "slowed direct 0.4 ms 4 5 4 now",
        ];
        assert_eq!(lines, expected);
        assert!(vec![peer(true)].human().contains("12.0 kB    4.5 MB"), "{}", vec![peer(true)].human());
    }
}
