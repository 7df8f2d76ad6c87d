//! `dataforge pair` and `dataforge nearby`.

use clap::Args;
use dataforge_node::api::{
    ApiError, ErrorKind, JoinedReply, JoiningRequest, NearbyReply, PairingReply, Reply, Request,
};

use super::invite::Role;
use super::workspaces::short;
use crate::context::Context;
use crate::error::Failure;
use crate::output::{Align, Human, Table, clean};

/// Lets a machine of the same network join by a short code, while this command waits.
#[derive(Debug, Args)]
pub(crate) struct Pair {
    /// What the new member may do
    #[arg(long, value_enum, default_value_t = Role::Editor)]
    role: Role,
    /// Wait so many minutes
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=60))]
    minutes: u32,
    /// What this machine is called to others meanwhile; by default the label of this device
    #[arg(long, value_name = "LABEL")]
    label: Option<String>,
}

impl Pair {
    /// Does it.
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let ask = JoiningRequest::Pair {
            workspace: context.workspace.clone(),
            role: self.role.as_str().to_owned(),
            minutes: self.minutes,
            label: self.label,
        };
        let reply = context.call(Request::Joining { ask }).await?;
        let Reply::Pairing(pairing) = &reply else {
            return Err(ApiError::new(ErrorKind::Internal, "the node answered something else").into());
        };
        let ask = JoiningRequest::AwaitPaired { window: pairing.window };
        context.show(&reply)?;
        let joined = context.call(Request::Joining { ask }).await?;
        context.show(&joined)?;
        if !context.client().await?.is_remote() {
            context.note("This node ends now: run dataforge up so that they get the data.");
        }
        Ok(())
    }
}

/// Lists machines of the same network that can be joined by a code.
#[derive(Debug, Args)]
pub(crate) struct Nearby {
    /// Listen for so many seconds
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(0..=60))]
    seconds: u32,
}

impl Nearby {
    /// Does it.
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        context.ask(Request::Joining { ask: JoiningRequest::Nearby { seconds: self.seconds } }).await
    }
}

impl Human for PairingReply {
    fn human(&self) -> String {
        let mut text = format!(
            "code        {}\n\nworkspace   {}\nrole        {}\nshown as    {}\nuntil       {}",
            self.code,
            clean(&self.workspace),
            self.role,
            clean(&self.label),
            self.until,
        );
        for address in &self.addresses {
            text.push_str(&format!("\nat          {}@{address}", self.device_id));
        }
        text.push_str("\n\nOn the other machine: dataforge join --nearby, and there the code.");
        text.push_str(
            "\nTell the code to nobody else; after three wrong ones it is worth nothing. Ctrl-C closes it now.",
        );
        text
    }
}

impl Human for JoinedReply {
    fn human(&self) -> String {
        format!(
            "\n{} joined {} as {}.\nTheir words are {}: they see the same ones.",
            clean(&self.person),
            clean(&self.workspace),
            self.role,
            self.fingerprint
        )
    }
}

impl Human for NearbyReply {
    fn human(&self) -> String {
        let columns = [("name", Align::Left), ("device", Align::Left), ("at", Align::Left)];
        let mut table = Table::new(&columns);
        for neighbour in &self.neighbours {
            let addresses = neighbour.addresses.join(", ");
            table.row([neighbour.label.as_str(), short(&neighbour.device_id), addresses.as_str()]);
        }
        let mut text = table.or("no machine nearby can be joined: run dataforge pair on one, in the same network");
        if !self.neighbours.is_empty() {
            text.push_str("\n\nNext: dataforge join --nearby NAME, and the code that it shows. Names are what each says of itself.");
        }
        if let Some(announced) = &self.announced {
            text.push_str(&format!("\nThis machine shows itself as {}.", clean(announced)));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_shows_its_code_first() {
        let pairing = PairingReply {
            window: 1,
            code: "4829 1307".into(),
            label: "rig\u{1b}".into(),
            workspace: "Field".into(),
            role: "editor".into(),
            until: "2026-01-01T00:00:00Z".into(),
            device_id: "ab".into(),
            addresses: vec!["10.0.0.1:7411".into()],
        };
        let text = pairing.human();
        assert!(text.starts_with("code        4829 1307\n") && text.contains("ab@10.0.0.1:7411"), "{text}");
        assert!(!text.contains('\u{1b}'));
    }
}
