//! `dataforge grid`.

use clap::Args;
use dataforge_node::api::{GriddedInfo, Request};

use crate::context::Context;
use crate::error::Failure;
use crate::output::{Align, Human, Table, clean, count, decimal};

/// Makes gridded copies: every curve on the well's depth grid, in the unit of its property. The
/// samples as delivered stay as they are. `set WELL grid_step 0.5` changes the grid.
#[derive(Debug, Args)]
pub(crate) struct Grid {
    /// A run, or a well for all its depth logs: name, id or start of the id
    target: String,
}

impl Grid {
    /// Does it.
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        context.ask(Request::Grid { workspace: context.workspace.clone(), target: self.target }).await
    }
}

impl Human for Vec<GriddedInfo> {
    fn human(&self) -> String {
        let columns = [("run", Align::Left), ("grid", Align::Left), ("rows", Align::Right), ("curves", Align::Right)];
        let mut table = Table::new(&[&columns[..], &[("", Align::Left)]].concat());
        let mut remarks = Vec::new();
        for copy in self {
            remarks.extend(copy.remarks.iter().map(|remark| format!("{}: {}", copy.run, clean(remark))));
            if copy.blob.is_empty() {
                continue;
            }
            let grid = format!("{} {} from {}", decimal(copy.step), copy.unit, decimal(copy.origin));
            let state = if copy.already_here { "was here already" } else { "" };
            table.row([&copy.run, &grid, &count(copy.rows), &count(copy.curves), state]);
        }
        let parts = [table.or("nothing to put on a grid"), remarks.join("\n")];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n\n")
    }
}
