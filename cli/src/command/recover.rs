//! `dataforge recover` and `dataforge ratify`.

mod quorum;

use std::path::PathBuf;

use clap::Args;
use dataforge_node::api::{PeopleRequest, Request};

use self::quorum::Action;
use super::confirm::{agreed, check_terminal, concerned, not_confirmed};
use super::words;
use crate::context::Context;
use crate::error::Failure;
use crate::output::{clean, write_note};

/// Gives the workspace an owner by the recovery words of whoever made it, or by the signatures of
/// enough of its first owners.
#[derive(Debug, Args)]
pub(crate) struct Recover {
    #[command(subcommand)]
    action: Option<Action>,
    /// The owner from now on; you when left out
    #[arg(long, value_name = "MEMBER")]
    owner: Option<String>,
    /// Members to remove with it; may be repeated
    #[arg(long, value_name = "MEMBER", num_args = 1..)]
    remove: Vec<String>,
    /// Read the words from a file instead of asking
    #[arg(long, value_name = "FILE")]
    words_file: Option<PathBuf>,
    /// Ask nothing but the words
    #[arg(long)]
    yes: bool,
}

impl Recover {
    /// Does it.
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        if let Some(action) = self.action {
            if self.owner.is_some() || !self.remove.is_empty() || self.words_file.is_some() || self.yes {
                return Err(Failure::usage(
                    "options of recover stand before what is to be done about a draft",
                    "put them behind it: dataforge recover draft FILE --owner MEMBER",
                ));
            }
            return quorum::run(context, action).await;
        }
        if !self.yes {
            check_terminal()?;
        }
        let owner = concerned(context, self.owner, None).await?;
        let mut removed = Vec::new();
        for member in self.remove {
            removed.push(concerned(context, Some(member), None).await?);
        }
        let names: Vec<_> = removed.iter().map(|of| clean(&of.name)).collect();
        let mut text = format!("{} becomes owner, above everybody else", clean(&owner.name));
        if !names.is_empty() {
            text.push_str(&format!("; removed: {}", names.join(", ")));
        }
        if !self.yes {
            write_note(&text);
            if !agreed("Recover the workspace?").await? {
                return Err(not_confirmed());
            }
        }
        let words = words::read("whoever made the workspace", self.words_file.as_deref()).await?;
        let remove = removed.into_iter().map(|of| of.person_id).collect();
        let ask = PeopleRequest::Recover { words, owner: Some(owner.person_id), remove };
        context.ask(Request::People { workspace: context.workspace.clone(), ask }).await
    }
}

/// Lets ops count that are void because their author was restricted at the same time.
#[derive(Debug, Args)]
pub(crate) struct Ratify {
    /// The ops by the start of their ids: dataforge log --void lists them
    #[arg(required = true, value_name = "OP")]
    ops: Vec<String>,
}

impl Ratify {
    /// Does it.
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let ask = PeopleRequest::Ratify { ops: self.ops };
        context.ask(Request::People { workspace: context.workspace.clone(), ask }).await
    }
}
