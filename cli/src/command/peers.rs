//! `dataforge peers`.

use std::net::SocketAddr;

use clap::{Args, Subcommand};
use dataforge_node::api::{PeerInfo, Request};

use super::workspaces::short;
use crate::context::Context;
use crate::error::Failure;
use crate::output::{Align, Human, Table};

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
        let columns = ["peer", "state", "path", "last seen", "addresses", "device", "last problem"];
        let mut table = Table::new(&columns.map(|column| (column, Align::Left)));
        for peer in self {
            let state = if peer.connected { "connected" } else { "away" };
            let seen = peer.last_seen.as_deref().unwrap_or("never");
            let problem = peer.last_error.as_deref().unwrap_or_default();
            let path = peer.path.as_deref().unwrap_or_default();
            table.row([&peer.name, state, path, seen, &peer.addresses.join(", "), short(&peer.device_id), problem]);
        }
        table.or("no peers yet: dataforge invite")
    }
}
