//! `dataforge remove`, `dataforge leave` and `dataforge transfer`.

use clap::{Args, ValueEnum};
use dataforge_node::api::{PeopleRequest, Request, WroteReply};

use super::confirm::confirm;
use crate::context::Context;
use crate::error::Failure;
use crate::output::{Human, clean};

/// Removes a member, with all their devices.
#[derive(Debug, Args)]
pub(crate) struct Remove {
    /// Whom: name, words or start of the id
    member: String,
    /// Ask nothing
    #[arg(long)]
    yes: bool,
}

impl Remove {
    /// Does it.
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let consequence = "What came here up to now counts. What comes later of their work is set aside as late work.\n\
                           What was copied to their devices stays there.";
        let whom = (Some(self.member), None);
        let concerned = confirm(context, whom, self.yes, consequence, |of| format!("Remove {}?", of.name)).await?;
        let ask = PeopleRequest::Remove { member: concerned.person_id };
        context.ask(Request::People { workspace: context.workspace.clone(), ask }).await
    }
}

/// Ends your own membership.
#[derive(Debug, Args)]
pub(crate) struct Leave {
    /// Ask nothing
    #[arg(long)]
    yes: bool,
}

impl Leave {
    /// Does it.
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let consequence = "What you wrote counts. You can read what is here, and nothing new will come.\n\
                           Only an invitation brings you back.";
        let question = |_: &_| "Leave the workspace, with all your devices?".to_owned();
        confirm(context, (None, None), self.yes, consequence, question).await?;
        let ask = PeopleRequest::Leave;
        context.ask(Request::People { workspace: context.workspace.clone(), ask }).await
    }
}

/// Makes a member the owner in your place.
#[derive(Debug, Args)]
pub(crate) struct Transfer {
    /// Whom: name, words or start of the id
    member: String,
    /// The role you keep
    #[arg(long, value_enum, default_value_t = Kept::Admin)]
    keep: Kept,
    /// Ask nothing
    #[arg(long)]
    yes: bool,
}

/// A role that can be kept.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Kept {
    /// Deletes, restores, invites, removes
    Admin,
    /// Imports and edits
    Editor,
}

impl Transfer {
    /// Does it.
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let keep = match self.keep {
            Kept::Admin => "admin",
            Kept::Editor => "editor",
        };
        let consequence = format!("They get all power over the workspace, and you are {keep} from then on.");
        let whom = (Some(self.member), None);
        let question = |of: &dataforge_node::api::ConcernedReply| format!("Make {} owner in your place?", of.name);
        let concerned = confirm(context, whom, self.yes, &consequence, question).await?;
        let ask = PeopleRequest::Transfer { member: concerned.person_id, keep: keep.to_owned() };
        context.ask(Request::People { workspace: context.workspace.clone(), ask }).await
    }
}

impl Human for WroteReply {
    fn human(&self) -> String {
        clean(&self.message)
    }
}
