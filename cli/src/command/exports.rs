//! `dataforge exports`.

use clap::Args;
use dataforge_node::api::{ExportInfo, Request};

use crate::context::Context;
use crate::error::Failure;
use crate::output::{Align, Human, Table, bytes};

/// Lists what was exported from this node, newest first.
#[derive(Debug, Args)]
pub(crate) struct Exports {
    /// At most so many
    #[arg(long, default_value_t = 50)]
    limit: u32,
}

impl Exports {
    /// Does it.
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        context.ask(Request::Exports { workspace: context.workspace.clone(), limit: self.limit }).await
    }
}

impl Human for Vec<ExportInfo> {
    fn human(&self) -> String {
        let columns = [("exported", Align::Left), ("what", Align::Left), ("as", Align::Left), ("size", Align::Right)];
        let mut table = Table::new(&[&columns[..], &[("file", Align::Left), ("blake3", Align::Left)]].concat());
        for export in self {
            let size = bytes(export.bytes);
            let hash: String = export.hash.chars().take(16).collect();
            table.row([&export.exported, &export.what, &export.format, &size, &export.file, &hash]);
        }
        table.or("nothing was exported from here yet")
    }
}
