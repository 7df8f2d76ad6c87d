//! `dataforge join`.

use clap::Args;
use dataforge_node::api::{JoinPendingReply, JoinReply, Request};

use super::recovery::{Shown, recovery};
use super::relay::Through;
use crate::context::Context;
use crate::error::Failure;
use crate::output::{Human, clean, plural};

/// Joins a workspace by a ticket.
#[derive(Debug, Args)]
pub(crate) struct Join {
    /// The ticket, as dataforge invite printed it
    ticket: String,
    /// Your display name; by default the login name
    #[arg(long, alias = "person", value_name = "NAME")]
    name: Option<String>,
    /// Label of this device; by default the host name
    #[arg(long, value_name = "LABEL")]
    device: Option<String>,
    #[command(flatten)]
    through: Through,
    #[command(flatten)]
    shown: Shown,
}

impl Join {
    /// Does it.
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        // Tickets are copied from mails and chats, which break lines.
        let ticket: String = self.ticket.split_whitespace().collect();
        let sheet = self.shown.begin(context)?;
        self.through.prepare(context, &ticket).await?;
        let reply = context.call(Request::Join { ticket, person: self.name, device: self.device }).await?;
        sheet.show(context, &reply)
    }
}

impl Human for JoinPendingReply {
    fn human(&self) -> String {
        let mut text = format!(
            "workspace   {}\ninvited by  {}\nyour words  {}\n\nYou asked to join; an admin has to approve it. Read your words to {}.",
            clean(&self.workspace),
            clean(&self.inviter),
            self.fingerprint,
            clean(&self.inviter),
        );
        if let Some(words) = &self.recovery_words {
            text = format!("{text}\n\n{}", recovery(words));
        }
        text.push_str("\n\nNext: once you are approved, run dataforge join with the same ticket again.");
        text
    }
}

impl Human for JoinReply {
    fn human(&self) -> String {
        let workspace = &self.workspace;
        let mut text = format!(
            "workspace   {}\ninvited by  {}\nyour words  {}\nrole        {}\nhere        {}, {}, {}",
            clean(&workspace.name),
            clean(&self.inviter),
            self.fingerprint,
            workspace.role,
            plural(workspace.members, "member"),
            plural(workspace.wells, "well"),
            plural(workspace.runs, "run"),
        );
        text.push_str("\n\nRead your words to whoever invited you: dataforge members there must show the same ones.");
        if let Some(words) = &self.recovery_words {
            text = format!("{text}\n\n{}", recovery(words));
        }
        text.push_str("\n\nNext: dataforge sync, or dataforge up to stay in step.");
        text
    }
}
