//! `dataforge audit`.

use clap::Args;
use dataforge_node::api::{AccessInfo, Request};

use crate::context::Context;
use crate::error::Failure;
use crate::output::{Align, Human, Table, bytes};

/// Lists who fetched what from this node, the latest first.
#[derive(Debug, Args)]
pub(crate) struct Audit {
    /// Only what devices of this person fetched, a member or one who was
    #[arg(long)]
    member: Option<String>,
    /// At most so many
    #[arg(long, default_value_t = 50)]
    limit: u32,
}

impl Audit {
    /// Does it.
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let Self { member, limit } = self;
        context.ask(Request::Audit { workspace: context.workspace.clone(), member, limit }).await
    }
}

impl Human for Vec<AccessInfo> {
    fn human(&self) -> String {
        let columns = [("last", Align::Left), ("first", Align::Left), ("by", Align::Left), ("what", Align::Left)];
        let mut table = Table::new(&[&columns[..], &[("requests", Align::Right), ("sent", Align::Right)]].concat());
        for access in self {
            let sent = bytes(access.bytes);
            table.row([&access.last, &access.first, &access.device, &access.what, &access.requests.to_string(), &sent]);
        }
        table.or("nobody fetched anything from here yet")
    }
}
