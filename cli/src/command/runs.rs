//! `dataforge runs`.

use clap::Args;
use dataforge_node::api::{Request, RunInfo};

use crate::context::Context;
use crate::error::Failure;
use crate::output::{Align, Human, Table, bytes, clean, count, decimal, interval};

/// Lists runs.
#[derive(Debug, Args)]
pub(crate) struct Runs {
    /// Only of this well: name, id or start of the id
    well: Option<String>,
}

impl Runs {
    /// Does it.
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        context.ask(Request::Runs { workspace: context.workspace.clone(), well: self.well }).await
    }
}

impl Human for Vec<RunInfo> {
    fn human(&self) -> String {
        let names = [("run", Align::Left), ("well", Align::Left), ("name", Align::Left), ("index", Align::Left)];
        let numbers =
            [("interval", Align::Right), ("step", Align::Right), ("rows", Align::Right), ("curves", Align::Right)];
        let mut table = Table::new(&[&names[..], &numbers, &[("table", Align::Right), ("", Align::Left)]].concat());
        for run in self {
            let span = interval(run.index_min, run.index_max, &run.index_unit);
            let step = run
                .step
                .map_or_else(|| "irregular".to_owned(), |step| format!("{} {}", decimal(step), clean(&run.index_unit)));
            let index = format!("{} ({})", run.index, run.index_kind);
            let held = if run.held { "" } else { "not here yet" };
            let (rows, curves, size) = (count(run.rows), count(run.curves), bytes(run.blob_bytes));
            table.row([&run.short, &run.well, &run.name, &index, &span, step.trim_end(), &rows, &curves, &size, held]);
        }
        table.or("no runs yet: dataforge import PATH")
    }
}
