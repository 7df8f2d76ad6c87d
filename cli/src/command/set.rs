//! `dataforge set` and `dataforge rename`.

use clap::Args;
use dataforge_node::api::Request;

use crate::context::Context;
use crate::error::Failure;

/// Sets a field of a well, run or curve.
#[derive(Debug, Args)]
pub(crate) struct Set {
    /// A well or run (name, id or start of the id), or RUN:NUMBER for a curve
    target: String,
    /// Wells: name uwi field company country; runs: name well; curves: name unit property
    field: String,
    /// New value
    #[arg(allow_hyphen_values = true)]
    value: String,
}

impl Set {
    /// Does it.
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let Self { target, field, value } = self;
        context.ask(Request::Set { workspace: context.workspace.clone(), target, field, value }).await
    }
}

/// Renames a well, run or curve.
#[derive(Debug, Args)]
pub(crate) struct Rename {
    /// A well or run (name, id or start of the id), or RUN:NUMBER for a curve
    target: String,
    /// New name
    #[arg(allow_hyphen_values = true)]
    name: String,
}

impl Rename {
    /// Does it.
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let field = "name".to_owned();
        context
            .ask(Request::Set { workspace: context.workspace.clone(), target: self.target, field, value: self.name })
            .await
    }
}
