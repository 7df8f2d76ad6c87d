//! `dataforge late-work`.

use clap::{Args, Subcommand};
use dataforge_node::api::{AcceptedReply, LateInfo, OpInfo, PeopleRequest, Request};

use super::workspaces::short;
use crate::context::Context;
use crate::error::Failure;
use crate::output::{Human, clean, plural};

/// Lists work that came too late: its author was removed or made viewer, or its device revoked,
/// before it arrived.
#[derive(Debug, Args)]
pub(crate) struct LateWork {
    #[command(subcommand)]
    action: Option<Action>,
    /// List the entries one by one
    #[arg(long)]
    entries: bool,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List it
    List {
        /// List the entries one by one
        #[arg(long)]
        entries: bool,
    },
    /// Let it count
    Accept {
        /// Only of this device or person; all when left out
        #[arg(value_name = "DEVICE|MEMBER")]
        of: Option<String>,
        /// Only up to this entry of its device
        #[arg(long, value_name = "ENTRY")]
        until: Option<String>,
    },
}

impl LateWork {
    /// Does it.
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let entries = match self.action {
            Some(Action::Accept { of, until }) => {
                let ask = PeopleRequest::AcceptLate { of, until };
                return context.ask(Request::People { workspace: context.workspace.clone(), ask }).await;
            }
            Some(Action::List { entries }) => entries,
            None => self.entries,
        };
        let ask = PeopleRequest::LateWork;
        let reply = context.call(Request::People { workspace: context.workspace.clone(), ask }).await?;
        match &reply {
            dataforge_node::api::Reply::LateWork { late_work, .. } if entries && !context.json => {
                crate::output::write_text(&late_work.iter().map(in_full).collect::<Vec<_>>().join("\n\n"))
            }
            _ => context.show(&reply),
        }
    }
}

/// Says who did what, when, in one line.
pub(super) fn deed(op: &OpInfo) -> String {
    clean(&format!("{} {} (claimed {}, op {})", op.by, op.what, op.claimed, short(&op.id)))
}

fn in_short(late: &LateInfo) -> String {
    let mut lines = vec![
        format!("{} ({}), device {}", clean(&late.person), clean(&late.label), short(&late.device_id)),
        format!("  {}, from {} to {} by its clock", plural(late.entries, "entry"), late.first, late.last),
    ];
    lines.extend(late.restrictions.iter().map(|op| format!("  left out since {}", deed(op))));
    lines.push(format!("  about {}", clean(&named(&late.documents))));
    lines.join("\n")
}

fn in_full(late: &LateInfo) -> String {
    let mut text = in_short(late);
    for entry in &late.work {
        text.push_str(&format!("\n  {}  {}  {}", short(&entry.id), entry.claimed, clean(&entry.summary)));
    }
    let listed = late.work.len() as u64;
    if listed < late.entries {
        text.push_str(&format!("\n  and {} more", late.entries - listed));
    }
    text
}

/// The first few of some names.
fn named(names: &[String]) -> String {
    const SHOWN: usize = 8;
    let mut text = names.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    if names.len() > SHOWN {
        text.push_str(&format!(" and {}", plural((names.len() - SHOWN) as u64, "other")));
    }
    text
}

impl Human for Vec<LateInfo> {
    fn human(&self) -> String {
        if self.is_empty() {
            return "no late work: nothing is left out because of a removal".to_owned();
        }
        let all = self.iter().map(in_short).collect::<Vec<_>>().join("\n\n");
        format!(
            "{all}\n\nNext: dataforge late-work accept DEVICE lets it count; dataforge late-work --entries shows all of it."
        )
    }
}

impl Human for AcceptedReply {
    fn human(&self) -> String {
        let mut text = format!("{} now count", plural(self.entries, "entry"));
        if self.entries == 1 {
            text = "1 entry now counts".to_owned();
        }
        if !self.documents.is_empty() {
            text.push_str(&format!(": {}", clean(&named(&self.documents))));
        }
        for (id, why) in &self.left {
            text.push_str(&format!("\n{} is still left out: {}", short(id), clean(why)));
        }
        text
    }
}
