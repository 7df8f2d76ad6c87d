//! `dataforge members`.

use clap::Args;
use dataforge_node::api::{MemberInfo, Request};

use crate::context::Context;
use crate::error::Failure;
use crate::output::{Align, Human, Table};

/// Lists members and their devices.
#[derive(Debug, Args)]
pub(crate) struct Members {}

impl Members {
    /// Does it.
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        context.ask(Request::Members { workspace: context.workspace.clone() }).await
    }
}

impl Human for Vec<MemberInfo> {
    fn human(&self) -> String {
        let mut table = Table::new(&[
            ("member", Align::Left),
            ("role", Align::Left),
            ("words", Align::Left),
            ("devices", Align::Left),
        ]);
        for member in self {
            let name = if member.this_person { format!("{} (you)", member.name) } else { member.name.clone() };
            let devices = member.devices.iter().map(|device| {
                if device.this_device { format!("{} (this)", device.label) } else { device.label.clone() }
            });
            table.row([&name, &member.role, &member.fingerprint, &devices.collect::<Vec<_>>().join(", ")]);
        }
        table.or("no members")
    }
}
