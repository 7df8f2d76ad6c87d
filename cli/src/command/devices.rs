//! `dataforge devices`.

use clap::Args;
use dataforge_node::api::{DeviceReport, PeopleRequest, Request};

use super::workspaces::short;
use crate::context::Context;
use crate::error::Failure;
use crate::output::{Align, Human, Table, count};

/// Lists the devices of everybody or of one person, live or not.
#[derive(Debug, Args)]
pub(crate) struct Devices {
    /// Only of this person: name, words or start of the id
    member: Option<String>,
}

impl Devices {
    /// Does it.
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let ask = PeopleRequest::Devices { member: self.member };
        context.ask(Request::People { workspace: context.workspace.clone(), ask }).await
    }
}

impl Human for Vec<DeviceReport> {
    fn human(&self) -> String {
        let names = ["person", "device", "state", "since"].map(|name| (name, Align::Left));
        let counts = [("entries", Align::Right), ("set aside", Align::Right)];
        let rest = ["last entry", "last contact", "id"].map(|name| (name, Align::Left));
        let mut table = Table::new(&[&names[..], &counts, &rest].concat());
        for device in self {
            let label = if device.this_device { format!("{} (this)", device.label) } else { device.label.clone() };
            let contact = device.last_contact.as_deref().unwrap_or(if device.this_device { "" } else { "never" });
            table.row([
                &device.person,
                &label,
                &device.state,
                &device.since,
                &count(device.entries),
                &count(device.set_aside),
                device.last_entry.as_deref().unwrap_or("none"),
                contact,
                short(&device.device_id),
            ]);
        }
        table.or("no devices")
    }
}
