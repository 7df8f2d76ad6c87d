//! `dataforge attach` and `dataforge attachments`.

use std::path::PathBuf;

use clap::Args;
use dataforge_node::api::{AttachmentInfo, Request};

use crate::context::Context;
use crate::error::Failure;
use crate::output::{Align, Human, Table, bytes};
use crate::paths;

/// Keeps files as they are: prints, photos, reports, logs in formats that are not read yet.
#[derive(Debug, Args)]
pub(crate) struct Attach {
    /// Files, folders (walked in full) and patterns with *, ? and **
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// The well they belong to; the workspace when left out
    #[arg(long, value_name = "WELL")]
    to: Option<String>,
    /// What they are
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
}

impl Attach {
    /// Does it.
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let paths = paths::expand(&self.paths)?;
        let workspace = context.workspace.clone();
        let request = Request::Attach { workspace, paths, well: self.to, description: self.description };
        super::import::show(context, context.call(request).await?)
    }
}

/// Lists the files kept as they are.
#[derive(Debug, Args)]
pub(crate) struct Attachments {
    /// Only of this well: name, id or start of the id
    well: Option<String>,
}

impl Attachments {
    /// Does it.
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        context.ask(Request::Attachments { workspace: context.workspace.clone(), well: self.well }).await
    }
}

impl Human for Vec<AttachmentInfo> {
    fn human(&self) -> String {
        let columns = [
            ("file", Align::Left),
            ("well", Align::Left),
            ("name", Align::Left),
            ("size", Align::Right),
            ("description", Align::Left),
            ("", Align::Left),
        ];
        let mut table = Table::new(&columns);
        for file in self {
            let (well, description) =
                (file.well.as_deref().unwrap_or_default(), file.description.as_deref().unwrap_or_default());
            let held = if file.held { "" } else { "not here yet" };
            table.row([&file.short, well, &file.name, &bytes(file.bytes), description, held]);
        }
        table.or("no attachments yet: dataforge attach PATH")
    }
}
