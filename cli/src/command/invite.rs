//! `dataforge invite`.

use clap::{Args, ValueEnum};
use dataforge_node::api::{InviteReply, Reply, Request};

use super::ticket::Forms;
use crate::context::Context;
use crate::error::Failure;
use crate::output::{Human, clean, plural};

/// Makes a ticket by which somebody joins. Keep `dataforge up` running until they have.
#[derive(Debug, Args)]
pub(crate) struct Invite {
    /// What the new member may do
    #[arg(long, value_enum, default_value_t = Role::Editor)]
    role: Role,
    /// How many may use the ticket
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    uses: u32,
    /// Valid for so many hours
    #[arg(long, default_value_t = 72, value_parser = clap::value_parser!(u32).range(1..))]
    hours: u32,
    /// Let nobody in before an admin says so with dataforge approve
    #[arg(long)]
    approval: bool,
    /// Let in whoever has the ticket, also by editors that host it; not for admins
    #[arg(long, conflicts_with = "approval")]
    open: bool,
    #[command(flatten)]
    forms: Forms,
}

/// A role that can be given.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Role {
    /// Sees everything
    Viewer,
    /// Imports and edits
    Editor,
    /// Deletes, restores and invites
    Admin,
}

impl Role {
    /// Returns the word of requests.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Editor => "editor",
            Self::Admin => "admin",
        }
    }
}

impl Invite {
    /// Does it.
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let files = self.forms.begin(context)?;
        let request = Request::Invite {
            workspace: context.workspace.clone(),
            role: self.role.as_str().to_owned(),
            uses: self.uses,
            hours: self.hours,
            form: match (self.approval, self.open) {
                (true, _) => Some("approval".to_owned()),
                (_, true) => Some("open".to_owned()),
                _ => None,
            },
        };
        let reply = context.call(request).await?;
        context.show(&reply)?;
        match reply {
            Reply::Invite(invite) => files.write(context, &invite.ticket),
            _ => Ok(()),
        }
    }
}

impl Human for InviteReply {
    fn human(&self) -> String {
        let addresses = if self.addresses.is_empty() { "none".to_owned() } else { self.addresses.join(", ") };
        let mut text = format!(
            "{}\n\nworkspace   {}\nrole        {}\nfor         {}\nuntil       {}\nwords       {}\nreached at  {addresses}",
            self.ticket,
            clean(&self.workspace),
            self.role,
            plural(u64::from(self.uses), "person").replace("persons", "people"),
            self.expires,
            self.words,
        );
        text.push_str(match self.form.as_str() {
            "approval" => {
                "\n\nThey run: dataforge join TICKET, and wait. You see them with dataforge invites and let them in with dataforge approve."
            }
            _ => "\n\nThey run: dataforge join TICKET. Whoever has the ticket may join: send it as you would a key.",
        });
        text.push_str("\nThey are shown the same words before they join: say them, by voice.");
        text.push_str(&format!("\nTo take it back: dataforge uninvite {}", super::workspaces::short(&self.invite)));
        if !self.listening {
            text.push_str("\nNobody listens here now: run dataforge up and keep it running until they have joined.");
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_says_when_nobody_listens() {
        let invite = InviteReply {
            ticket: "dforge1".into(),
            workspace: "Field".into(),
            form: "handed".into(),
            invite: "0123456789abcdef".into(),
            words: "film-when-train-note".into(),
            role: "editor".into(),
            uses: 2,
            expires: "2026-01-01T00:00:00Z".into(),
            addresses: Vec::new(),
            listening: false,
        };
        let text = invite.human();
        assert!(text.starts_with("dforge1\n") && text.contains("2 people") && text.contains("dataforge up"), "{text}");
        assert!(!InviteReply { listening: true, ..invite }.human().contains("dataforge up"));
    }
}
