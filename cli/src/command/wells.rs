//! `dataforge wells`.

use clap::Args;
use dataforge_node::api::{Request, WellInfo};

use crate::context::Context;
use crate::error::Failure;
use crate::output::{Align, Human, Table, count, interval};

/// Lists wells.
#[derive(Debug, Args)]
pub(crate) struct Wells {}

impl Wells {
    /// Does it.
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        context.ask(Request::Wells { workspace: context.workspace.clone() }).await
    }
}

impl Human for Vec<WellInfo> {
    fn human(&self) -> String {
        let names = [("well", Align::Left), ("uwi", Align::Left), ("field", Align::Left), ("company", Align::Left)];
        let numbers = [("runs", Align::Right), ("curves", Align::Right), ("depth", Align::Right)];
        let mut table = Table::new(&[&names[..], &numbers].concat());
        for well in self {
            let text = |field: &Option<String>| field.clone().unwrap_or_default();
            let depth = interval(well.top_m, well.base_m, "m");
            let (uwi, field, company) = (text(&well.uwi), text(&well.field), text(&well.company));
            table.row([&well.name, &uwi, &field, &company, &count(well.runs), &count(well.curves), &depth]);
        }
        table.or("no wells yet: dataforge import PATH")
    }
}
