//! `dataforge log`.

use clap::Args;
use dataforge_node::api::{LogEntry, Request};

use super::workspaces::short;
use crate::context::Context;
use crate::error::Failure;
use crate::output::{Align, Human, Table};

/// Lists the newest entries first: who changed what, when, and what became of it.
#[derive(Debug, Args)]
pub(crate) struct Log {
    /// Only of this well, run or attachment: name, id or start of the id
    target: Option<String>,
    /// Only what this person wrote, a member or one who was: name, words or start of the id
    #[arg(long)]
    member: Option<String>,
    /// Only ops that do not count because others of more authority speak against them
    #[arg(long, conflicts_with = "target")]
    void: bool,
    /// At most so many
    #[arg(long, default_value_t = 50)]
    limit: u32,
}

impl Log {
    /// Does it.
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let Self { target, member, void, limit } = self;
        context.ask(Request::Log { workspace: context.workspace.clone(), target, member, void, limit }).await
    }
}

impl Human for Vec<LogEntry> {
    fn human(&self) -> String {
        let columns = ["entry", "author's clock", "here since", "author"].map(|name| (name, Align::Left));
        let rest = [("seq", Align::Right), ("status", Align::Left), ("what", Align::Left)];
        let mut table = Table::new(&[&columns[..], &rest].concat());
        for entry in self {
            let status = if entry.void { "void" } else { &entry.status };
            table.row([
                short(&entry.id),
                &entry.claimed,
                &entry.received,
                &entry.author,
                &entry.seq.to_string(),
                status,
                &entry.summary,
            ]);
        }
        let mut text = table.or("no entries");
        for entry in self {
            if let Some(why) = &entry.why {
                text.push_str(&format!("\n\n{} is void: {}", short(&entry.id), crate::output::clean(why)));
            }
        }
        text
    }
}
