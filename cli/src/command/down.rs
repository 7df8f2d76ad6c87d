//! `dataforge down`.

use clap::Args;
use dataforge_node::api::{ApiError, ErrorKind, Request};

use crate::context::Context;
use crate::error::Failure;

/// Ends the process that is up.
#[derive(Debug, Args)]
pub(crate) struct Down {}

impl Down {
    /// Does it.
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        if !context.client().await?.is_remote() {
            return Err(
                ApiError::new(ErrorKind::NotFound, format!("no process serves {}", context.dir.display())).into()
            );
        }
        context.ask(Request::Shutdown).await
    }
}
