//! `dataforge delete` and `dataforge restore`.

use std::path::PathBuf;

use clap::Args;
use dataforge_node::api::Request;

use super::backup::{FROM_BACKUP, RestoreOptions, restore};
use super::history::restore_at;
use crate::context::Context;
use crate::error::Failure;

/// Marks a well or run as deleted; needs admin. The data stays until it is restored or dropped.
#[derive(Debug, Args)]
pub(crate) struct Delete {
    /// A well or run: name, id or start of the id
    target: String,
}

impl Delete {
    /// Does it.
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        context.ask(Request::Delete { workspace: context.workspace.clone(), target: self.target }).await
    }
}

/// Takes a deletion back; needs admin. With --at it makes something read as at an earlier state, by a new change; with --to
/// it makes a data directory from a backup.
#[derive(Debug, Args)]
#[command(after_help = FROM_BACKUP)]
pub(crate) struct Restore {
    /// What: name, id or start of the id; with --to a backup: its directory or file
    target: PathBuf,
    /// The state: the start of an entry's id, ~N for N changes back, or a time (see dataforge diff --help)
    #[arg(long, value_name = "STATE", conflicts_with = "to")]
    at: Option<String>,
    /// Make this data directory from a backup; it must be empty or missing
    #[arg(long, value_name = "DATADIR")]
    to: Option<PathBuf>,
    #[command(flatten)]
    options: RestoreOptions,
}

impl Restore {
    /// Whether it may make a data directory.
    pub(crate) const fn makes_directory(&self) -> bool {
        self.to.is_some()
    }

    /// Does it.
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let target = || self.target.to_string_lossy().into_owned();
        match (self.to, self.at) {
            (Some(to), _) => restore(context, &self.target, &to, self.options).await,
            (None, Some(at)) => restore_at(context, target(), at).await,
            (None, None) => {
                context.ask(Request::Restore { workspace: context.workspace.clone(), target: target() }).await
            }
        }
    }
}
