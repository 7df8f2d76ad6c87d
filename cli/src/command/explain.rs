//! `dataforge explain` and `dataforge forks`.

use clap::Args;
use dataforge_node::api::{BranchInfo, ExplainReply, ExplainedEntry, ForkInfo, PeopleRequest, Request};

use super::late_work::deed;
use super::workspaces::short;
use crate::context::Context;
use crate::error::Failure;
use crate::output::{Human, clean, plural};

/// Says why an entry, or the entries of a well, run or attachment, count or not.
#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// Entries by the start of their ids; wells, runs or attachments by name or id
    #[arg(required = true, value_name = "ENTRY|TARGET")]
    targets: Vec<String>,
}

impl Explain {
    /// Does it.
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let mut targets = self.targets;
        if context.json && targets.len() > 1 {
            return Err(Failure::usage(
                "--json explains one thing at a time",
                "name one entry, well, run or attachment",
            ));
        }
        let last = targets.pop();
        for target in targets {
            ask(context, target).await?;
            crate::output::write_text(" ")?;
        }
        match last {
            Some(target) => ask(context, target).await,
            None => Ok(()),
        }
    }
}

async fn ask(context: &Context, target: String) -> Result<(), Failure> {
    let ask = PeopleRequest::Explain { target };
    context.ask(Request::People { workspace: context.workspace.clone(), ask }).await
}

fn explained(entry: &ExplainedEntry) -> String {
    let mut lines = vec![
        format!("{}  {}", short(&entry.id), clean(&entry.summary)),
        format!("  by       {}", clean(&entry.author)),
        format!("  claimed  {}, here since {}", entry.claimed, entry.received),
        format!("  outcome  {}: {}", entry.outcome, clean(&entry.why)),
    ];
    lines.extend(entry.ops.iter().map(|op| format!("  op       {}", deed(op))));
    lines.extend(entry.hint.iter().map(|hint| format!("  next     {}", clean(hint))));
    lines.join("\n")
}

impl Human for ExplainReply {
    fn human(&self) -> String {
        let mut text = self.entries.iter().map(explained).collect::<Vec<_>>().join("\n\n");
        if self.more > 0 {
            text.push_str(&format!("\n\nand {} before these", plural(self.more, "entry")));
        }
        if text.is_empty() { format!("{} has no entries", clean(&self.target)) } else { text }
    }
}

/// Lists devices that signed two entries for one position, as copies of one data directory do.
#[derive(Debug, Args)]
pub(crate) struct Forks {}

impl Forks {
    /// Does it.
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let ask = PeopleRequest::Forks;
        context.ask(Request::People { workspace: context.workspace.clone(), ask }).await
    }
}

fn branch(branch: &BranchInfo) -> String {
    let builders = match branch.builders.as_slice() {
        [] => "nobody else built on it".to_owned(),
        names => format!("built on by {}", names.join(", ")),
    };
    let stays = if branch.stays { "stays" } else { "does not count" };
    format!(
        "  {}  {}\n    claimed {}, here since {}; {} on this branch, {builders}: {stays}",
        short(&branch.entry),
        clean(&branch.summary),
        branch.claimed,
        branch.received,
        plural(branch.entries, "entry"),
    )
}

impl Human for Vec<ForkInfo> {
    fn human(&self) -> String {
        if self.is_empty() {
            return "no forks: every device signed one entry for each position".to_owned();
        }
        let fork = |fork: &ForkInfo| {
            let this = if fork.this_device { ", this device" } else { "" };
            let head =
                format!("{} ({}{this}), from position {}", clean(&fork.device), short(&fork.device_id), fork.seq);
            let branches: Vec<_> = fork.branches.iter().map(branch).collect();
            format!("{head}\n{}", branches.join("\n"))
        };
        let all = self.iter().map(fork).collect::<Vec<_>>().join("\n\n");
        format!(
            "{all}\n\nA fork means that a data directory was copied or put back from a copy, or that a key was stolen.\n\
             Such a device cannot write any more: revoke it (dataforge revoke-device) and link the machine anew (dataforge device link)."
        )
    }
}
