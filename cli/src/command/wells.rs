//! `dataforge wells`.

use clap::{Args, Subcommand};
use dataforge_node::api::{CopiedReply, CopyRequest, Request, WellInfo};

use crate::context::Context;
use crate::error::Failure;
use crate::output::{Align, Human, Table, bytes, clean, count, interval, plural};

/// Lists wells, or carries some into another workspace.
#[derive(Debug, Args)]
pub(crate) struct Wells {
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List them
    List,
    /// Copy wells into another workspace held here, with runs, attachments, tops, surveys and charts
    Copy(Carried),
    /// Copy wells there and delete them here; needs admin here
    Move(Carried),
}

#[derive(Debug, Args)]
struct Carried {
    /// Names, ids or starts of ids
    #[arg(required = true, value_name = "WELL")]
    wells: Vec<String>,
    /// The other workspace: name, id or start of the id; you must be an editor there
    #[arg(long, value_name = "WORKSPACE")]
    to: String,
}

impl Wells {
    /// Does it.
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let workspace = context.workspace.clone();
        let (carried, moves) = match self.action {
            None | Some(Action::List) => return context.ask(Request::Wells { workspace }).await,
            Some(Action::Copy(carried)) => (carried, false),
            Some(Action::Move(carried)) => (carried, true),
        };
        let ask = CopyRequest { wells: carried.wells, to: carried.to, moves };
        context.ask(Request::Copy { workspace, ask }).await
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

impl Human for CopiedReply {
    fn human(&self) -> String {
        let did = if self.moved { "moved" } else { "copied" };
        let mut lines = Vec::new();
        for well in &self.wells {
            let name = clean(&well.name);
            let what = if well.written == 0 {
                format!("{name} was in {} already, with all of it", clean(&self.to))
            } else {
                let documents = plural(well.documents, "document");
                let blobs = plural(well.blobs, "blob");
                format!("{name}: {} of {documents} written, {blobs} of {}", well.written, bytes(well.bytes))
            };
            lines.push(what);
            if well.left > 0 {
                lines.push(format!("  left as it is there, though other: {}", plural(well.left, "field")));
            }
            lines.extend(well.remarks.iter().map(|remark| format!("  {}", clean(remark))));
        }
        let wells = plural(self.wells.len() as u64, "well");
        lines.push(format!("{did} {wells} from {} to {}", clean(&self.from), clean(&self.to)));
        lines.join("\n")
    }
}

#[cfg(test)]
mod tests {
    use dataforge_node::api::CopiedWell;

    use super::*;

    #[test]
    fn what_was_copied_and_what_was_left_is_told() {
        let north = CopiedWell {
            name: "North".into(),
            documents: 3,
            written: 2,
            blobs: 4,
            bytes: 1_000_000,
            left: 1,
            remarks: vec!["its source file a.csv holds runs of other wells too".into()],
            ..CopiedWell::default()
        };
        let south = CopiedWell { name: "South".into(), documents: 1, ..CopiedWell::default() };
        let reply = CopiedReply { from: "Field".into(), to: "Partner".into(), moved: false, wells: vec![north, south] };
        let expected = "\
North: 2 of 3 documents written, 4 blobs of 1.0 MB
  left as it is there, though other: 1 field
  its source file a.csv holds runs of other wells too
South was in Partner already, with all of it
copied 2 wells from Field to Partner";
        assert_eq!(reply.human(), expected);
    }
}
