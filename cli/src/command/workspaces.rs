//! `dataforge workspaces`.

use clap::Args;
use dataforge_node::api::{Request, WorkspaceInfo};

use crate::context::Context;
use crate::error::Failure;
use crate::output::{Align, Human, Table, count};

/// Lists the workspaces held here.
#[derive(Debug, Args)]
pub(crate) struct Workspaces {}

impl Workspaces {
    /// Does it.
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        context.ask(Request::Workspaces).await
    }
}

impl Human for Vec<WorkspaceInfo> {
    fn human(&self) -> String {
        let columns = [("name", Align::Left), ("role", Align::Left), ("wells", Align::Right), ("runs", Align::Right)];
        let columns =
            [&columns[..], &[("members", Align::Right), ("entries", Align::Right), ("id", Align::Left)]].concat();
        let mut table = Table::new(&columns);
        for workspace in self {
            let WorkspaceInfo { id, name, role, wells, runs, members, entries } = workspace;
            table.row([name, role, &count(*wells), &count(*runs), &count(*members), &count(*entries), short(id)]);
        }
        table.or("no workspace here yet: dataforge init NAME makes one, dataforge join TICKET joins one")
    }
}

/// The start of an id, enough to tell a few apart and to name it.
pub(super) fn short(id: &str) -> &str {
    id.get(..10).unwrap_or(id)
}
