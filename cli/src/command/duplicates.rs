//! `dataforge duplicates`.

use clap::Args;
use dataforge_node::api::{DuplicateInfo, Request};

use super::workspaces::short;
use crate::context::Context;
use crate::error::Failure;
use crate::output::{Align, Human, Table};

/// Proposes wells that may be the same. Nothing is merged by itself: `set RUN well WELL` moves a
/// run, `delete WELL` takes away what is left.
#[derive(Debug, Args)]
pub(crate) struct Duplicates {}

impl Duplicates {
    /// Does it.
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        context.ask(Request::Duplicates { workspace: context.workspace.clone() }).await
    }
}

impl Human for Vec<DuplicateInfo> {
    fn human(&self) -> String {
        let columns = [("well", Align::Left), ("", Align::Left), ("like", Align::Left), ("", Align::Left)];
        let mut table = Table::new(&[&columns[..], &[("score", Align::Right), ("why", Align::Left)]].concat());
        for pair in self {
            let ((one, one_name), (other, other_name)) = (&pair.one, &pair.other);
            let score = format!("{} %", pair.score);
            table.row([one_name, short(one), other_name, short(other), &score, &pair.reasons.join(", ")]);
        }
        table.or("no wells look like the same")
    }
}
