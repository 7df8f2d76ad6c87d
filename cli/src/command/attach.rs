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
    /// The project they belong to, instead of a well
    #[arg(long, value_name = "PROJECT", conflicts_with = "to")]
    project: Option<String>,
    /// What they are
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
}

impl Attach {
    /// Does it.
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let paths = paths::expand(&self.paths)?;
        let workspace = context.workspace.clone();
        let Self { to: well, project, description, .. } = self;
        let request = Request::Attach { workspace, paths, well, project, description };
        super::import::show(context, context.call(request).await?)
    }
}

/// Lists the files kept as they are.
#[derive(Debug, Args)]
pub(crate) struct Attachments {
    /// Only of this well: name, id or start of the id
    well: Option<String>,
    /// Only those that belong to this project
    #[arg(long, value_name = "PROJECT")]
    project: Option<String>,
}

impl Attachments {
    /// Does it.
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let Self { well, project } = self;
        context.ask(Request::Attachments { workspace: context.workspace.clone(), well, project }).await
    }
}

impl Human for Vec<AttachmentInfo> {
    fn human(&self) -> String {
        let columns = [
            ("file", Align::Left),
            ("belongs to", Align::Left),
            ("name", Align::Left),
            ("size", Align::Right),
            ("description", Align::Left),
            ("", Align::Left),
        ];
        let mut table = Table::new(&columns);
        for file in self {
            let of = match (&file.well, &file.project) {
                (Some(well), _) => well.clone(),
                (None, Some(project)) => format!("project {project}"),
                (None, None) => String::new(),
            };
            let description = file.description.as_deref().unwrap_or_default();
            let held = if file.held { "" } else { "not here yet" };
            table.row([&file.short, &of, &file.name, &bytes(file.bytes), description, held]);
        }
        table.or("no attachments yet: dataforge attach PATH")
    }
}
