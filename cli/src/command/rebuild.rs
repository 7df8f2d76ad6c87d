//! `dataforge rebuild`.

use clap::Args;
use dataforge_node::api::Request;

use crate::context::Context;
use crate::error::Failure;

/// Makes the index anew from the chains; nothing but time is lost.
#[derive(Debug, Args)]
pub(crate) struct Rebuild {}

impl Rebuild {
    /// Does it.
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        context.ask(Request::Rebuild).await
    }
}
