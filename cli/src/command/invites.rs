//! `dataforge invites`, `dataforge uninvite` and `dataforge approve`.

use clap::Args;
use dataforge_node::api::{InvitesReply, PeopleRequest, Request};

use super::workspaces::short;
use crate::context::Context;
use crate::error::Failure;
use crate::output::{Align, Human, Table};

/// Lists open invites, and who waits for approval.
#[derive(Debug, Args)]
pub(crate) struct Invites {}

impl Invites {
    /// Does it.
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let ask = PeopleRequest::Invites;
        context.ask(Request::People { workspace: context.workspace.clone(), ask }).await
    }
}

/// Ends an invite: its tickets are worth nothing then.
#[derive(Debug, Args)]
pub(crate) struct Uninvite {
    /// The start of its id, as dataforge invites lists it
    invite: String,
}

impl Uninvite {
    /// Does it.
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let ask = PeopleRequest::Uninvite { invite: self.invite };
        context.ask(Request::People { workspace: context.workspace.clone(), ask }).await
    }
}

/// Lets somebody in who asked by an invite with approval.
#[derive(Debug, Args)]
pub(crate) struct Approve {
    /// Who: by the words they read to you, or by name or start of the id
    person: String,
}

impl Approve {
    /// Does it.
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let ask = PeopleRequest::Approve { person: self.person };
        context.ask(Request::People { workspace: context.workspace.clone(), ask }).await
    }
}

impl Human for InvitesReply {
    fn human(&self) -> String {
        let columns = ["invite", "form", "role", "used", "until", "by"].map(|name| (name, Align::Left));
        let mut table = Table::new(&columns);
        for invite in &self.invites {
            let until = if invite.expired { format!("{} (expired)", invite.expires) } else { invite.expires.clone() };
            let by = if invite.this_device { format!("{} (this)", invite.by) } else { invite.by.clone() };
            let used = format!("{} of {}", invite.used, invite.uses);
            table.row([short(&invite.invite), &invite.form, &invite.role, &used, &until, &by]);
        }
        let invites = table.or("no open invites: dataforge invite makes one");
        if self.pending.is_empty() {
            return invites;
        }
        let columns = ["waits", "words", "device", "as", "asked"].map(|name| (name, Align::Left));
        let mut table = Table::new(&columns);
        for asked in &self.pending {
            table.row([&asked.name, &asked.fingerprint, &asked.device, &asked.role, &asked.asked]);
        }
        let pending = table.text();
        format!("{invites}\n\n{pending}\n\nNext: let them read their words to you, then dataforge approve WORDS.")
    }
}
