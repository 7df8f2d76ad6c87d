//! `dataforge log`.

use clap::Args;
use dataforge_node::api::{LogEntry, Request};

use super::workspaces::short;
use crate::context::Context;
use crate::error::Failure;
use crate::output::{Align, Human, Table};

/// Lists the newest entries first.
#[derive(Debug, Args)]
pub(crate) struct Log {
    /// Only of this well or run: name, id or start of the id
    target: Option<String>,
    /// At most so many
    #[arg(long, default_value_t = 50)]
    limit: u32,
}

impl Log {
    /// Does it.
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        context.ask(Request::Log { workspace: context.workspace.clone(), target: self.target, limit: self.limit }).await
    }
}

impl Human for Vec<LogEntry> {
    fn human(&self) -> String {
        let columns =
            [("entry", Align::Left), ("author's clock", Align::Left), ("author", Align::Left), ("seq", Align::Right)];
        let mut table = Table::new(&[&columns[..], &[("status", Align::Left), ("what", Align::Left)]].concat());
        for entry in self {
            table.row([
                short(&entry.id),
                &entry.claimed,
                &entry.author,
                &entry.seq.to_string(),
                &entry.status,
                &entry.summary,
            ]);
        }
        table.or("no entries")
    }
}
