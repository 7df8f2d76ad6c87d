//! `dataforge members`.

use clap::Args;
use dataforge_node::api::{MemberInfo, Request, UnawareInfo};

use crate::context::Context;
use crate::error::Failure;
use crate::output::{Align, Human, Table, clean, plural};

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

/// Says which devices do not know yet of a removal, demotion or revocation.
pub(super) fn unaware(unaware: &[UnawareInfo]) -> String {
    let line = |of: &UnawareInfo| {
        let since = if of.days == 0 { "today".to_owned() } else { format!("{} ago", plural(of.days, "day")) };
        clean(&format!("{} wrote nothing yet that knows: {} {} ({since})", of.device, of.op.by, of.op.what))
    };
    unaware.iter().map(line).collect::<Vec<_>>().join("\n")
}
