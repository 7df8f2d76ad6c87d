//! `dataforge role`.

use clap::{Args, ValueEnum};
use dataforge_node::api::{PeopleRequest, Request};

use super::confirm::{agreed, check_terminal, concerned, confirm, not_confirmed};
use super::groups;
use crate::context::Context;
use crate::error::Failure;
use crate::output::clean;

/// Gives a member another role.
#[derive(Debug, Args)]
pub(crate) struct GiveRole {
    /// Whose: name, words or start of the id; @ and a group for all of its people, or none
    member: String,
    /// The role from now on
    #[arg(value_enum)]
    role: MemberRole,
    /// Ask nothing, also when the role gets lower
    #[arg(long)]
    yes: bool,
}

/// A role a member may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
enum MemberRole {
    /// Sees everything
    Viewer,
    /// Imports and edits
    Editor,
    /// Deletes, restores, invites, removes
    Admin,
    /// Everything; makes owners
    Owner,
}

impl MemberRole {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Editor => "editor",
            Self::Admin => "admin",
            Self::Owner => "owner",
        }
    }

    fn of(word: &str) -> Option<Self> {
        [Self::Viewer, Self::Editor, Self::Admin, Self::Owner].into_iter().find(|role| role.as_str() == word)
    }
}

impl GiveRole {
    /// Does it.
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        if self.member.starts_with('@') {
            return self.run_for_group(context).await;
        }
        let now = concerned(context, Some(self.member), None).await?;
        if MemberRole::of(&now.role).is_some_and(|now| self.role < now) && !self.yes {
            let consequence = match self.role {
                MemberRole::Viewer => {
                    "What came here up to now counts. What comes later of their work is set aside as late work."
                }
                _ => "What they did with the higher role stays.",
            };
            let role = self.role.as_str();
            let whom = (Some(now.person_id.clone()), None);
            confirm(context, whom, false, consequence, |of| format!("Make {} {role}?", of.name)).await?;
        }
        let ask = PeopleRequest::SetRole { member: now.person_id, role: self.role.as_str().to_owned() };
        context.ask(Request::People { workspace: context.workspace.clone(), ask }).await
    }

    /// Asks once for all whose role gets lower; the node gives all of them the role or nobody.
    async fn run_for_group(self, context: &Context) -> Result<(), Failure> {
        let group = groups::named(context, &self.member).await?;
        let role = self.role.as_str();
        let lowered: Vec<_> = group
            .people
            .iter()
            .filter(|person| MemberRole::of(&person.role).is_some_and(|now| self.role < now))
            .map(|person| clean(&format!("{} ({})", person.name, person.role)))
            .collect();
        if !lowered.is_empty() && !self.yes {
            check_terminal()?;
            let question = format!("Make {} {role}? Their role gets lower.", lowered.join(", "));
            if !agreed(&question).await? {
                return Err(not_confirmed());
            }
        }
        let ask = PeopleRequest::SetRole { member: format!("@{}", group.id), role: role.to_owned() };
        context.ask(Request::People { workspace: context.workspace.clone(), ask }).await
    }
}
