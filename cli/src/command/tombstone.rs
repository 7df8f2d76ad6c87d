//! `dataforge delete` and `dataforge restore`.

use clap::Args;
use dataforge_node::api::Request;

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

/// Takes a deletion back; needs admin.
#[derive(Debug, Args)]
pub(crate) struct Restore {
    /// A deleted well or run: name, id or start of the id
    target: String,
}

impl Restore {
    /// Does it.
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        context.ask(Request::Restore { workspace: context.workspace.clone(), target: self.target }).await
    }
}
