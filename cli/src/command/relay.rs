//! `dataforge relay`, and what is said of relays elsewhere.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use dataforge_node::api::{RelayOptions, RelayServing, RelayUse, RelaysUsedReply, Reply, Request};

use super::up;
use crate::context::Context;
use crate::directory::absolute;
use crate::error::Failure;
use crate::output::{Human, clean, plural};

/// Brings this node up and runs a relay beside it: for members of its workspaces, and for holders of an
/// open invite while they join. Without a certificate it speaks plain HTTP; what it passes on is sealed
/// between the devices either way.
#[derive(Debug, Args)]
pub(crate) struct Relay {
    /// Where it listens; by default what relay.listen says, else 0.0.0.0:7415
    #[arg(long, value_name = "ADDR:PORT")]
    listen: Option<SocketAddr>,
    /// Its certificate, in PEM
    #[arg(long, value_name = "FILE", requires = "tls_key", conflicts_with = "self_signed")]
    tls_cert: Option<PathBuf>,
    /// The key of the certificate, in PEM
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// Make a certificate for this host name or IP address, and keep it
    #[arg(long, value_name = "HOST")]
    self_signed: Option<String>,
    /// Serve members of this workspace only; may be repeated
    #[arg(long = "for", value_name = "WORKSPACE")]
    workspaces: Vec<String>,
    /// End when standard input ends, so that a program that starts this one takes it along
    #[arg(long, hide = true)]
    while_stdin: bool,
}

impl Relay {
    /// Does it.
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let file = |path: Option<PathBuf>| path.map(|path| absolute(&path)).transpose();
        let options = RelayOptions {
            listen: self.listen,
            certificate: file(self.tls_cert)?,
            key: file(self.tls_key)?,
            self_signed: self.self_signed,
            workspaces: self.workspaces,
        };
        up::serve(context, Request::Relay { options }, self.while_stdin).await
    }
}

/// The options by which a command that joins uses a relay.
#[derive(Debug, Args)]
pub(super) struct Through {
    /// Use this relay too, or the one that the ticket names; it is kept in network.relays
    #[arg(long, value_name = "URL", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    relay: Option<String>,
    /// Trust relays by the certificates of this file, in PEM; it is kept in network.relay_certificate
    #[arg(long, value_name = "FILE", requires = "relay")]
    relay_certificate: Option<PathBuf>,
}

impl Through {
    /// Configures what was asked for, and says which host will be contacted.
    pub(super) async fn prepare(&self, context: &Context, ticket: &str) -> Result<(), Failure> {
        let Some(url) = &self.relay else { return Ok(()) };
        if let Some(file) = &self.relay_certificate {
            let value = absolute(file)?.display().to_string();
            context.call(Request::ConfigSet { key: "network.relay_certificate".into(), value }).await?;
        }
        let urls = if url.is_empty() { Vec::new() } else { vec![url.clone()] };
        let asked = Request::UseRelays { urls, ticket: Some(ticket.to_owned()) };
        if let Reply::RelaysUsed(reply) = context.call(asked).await? {
            context.note(&reply.human());
        }
        Ok(())
    }
}

/// Says how a relay is used, in a line.
pub(super) fn used(relay: &RelayUse) -> String {
    match &relay.problem {
        Some(problem) => format!("{} ({}: {problem})", relay.url, relay.state),
        None => format!("{} ({})", relay.url, relay.state),
    }
}

impl Human for RelaysUsedReply {
    fn human(&self) -> String {
        let relays: Vec<_> = self.relays.iter().map(|relay| clean(relay)).collect();
        let mut text = format!(
            "contacted from now on: {}\n(a relay sees that this machine is online and with whom it exchanges, not what)",
            relays.join(", ")
        );
        if self.later {
            text.push_str("\nThe process that is up uses it once it is started again.");
        }
        text
    }
}

impl Human for RelayServing {
    fn human(&self) -> String {
        let workspaces: Vec<_> = self.workspaces.iter().map(|name| clean(name)).collect();
        let whose = if workspaces.is_empty() { "no workspace yet".to_owned() } else { workspaces.join(", ") };
        let mut lines = vec![
            format!("relay    at {} for members of {whose}", self.listen),
            format!(
                "serves   {} now, {}, of {} at most; {} refused",
                plural(self.members, "member device"),
                plural(self.guests, "guest"),
                self.max_clients,
                self.refused
            ),
        ];
        if let Some(at) = &self.address_discovery {
            lines.push(format!("tells    clients their addresses, at UDP {at}"));
        }
        if let Some(url) = self.urls.first() {
            lines.push(format!("members  dataforge config set network.relays '[\"{}\"]'", clean(url)));
        }
        lines.extend(self.urls.iter().skip(1).map(|url| format!("or       {}", clean(url))));
        lines.join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_relay_does_and_how_members_use_it_is_said() {
        let serving = RelayServing {
            listen: "0.0.0.0:7415".into(),
            urls: vec!["http://10.0.0.5:7415".into(), "http://10.1.0.5:7415".into()],
            certificate: None,
            address_discovery: None,
            workspaces: vec!["Field".into()],
            members: 2,
            guests: 1,
            refused: 3,
            max_clients: 256,
        };
        let text = serving.human();
        assert!(text.contains("members of Field") && text.contains("2 member devices now, 1 guest, of 256"), "{text}");
        assert!(text.contains("network.relays '[\"http://10.0.0.5:7415\"]'") && text.contains("or       http://10.1"));
    }
}
