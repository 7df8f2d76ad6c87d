//! `dataforge status`.

use clap::Args;
use dataforge_node::api::{Request, StatusReply, WorkspaceStatus};

use crate::context::Context;
use crate::error::Failure;
use crate::output::{Human, bytes, clean, count, plural};

/// Says first whether work is safe, then what is going on.
#[derive(Debug, Args)]
pub(crate) struct Status {}

impl Status {
    /// Does it.
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        context.ask(Request::Status).await
    }
}

impl Human for StatusReply {
    fn human(&self) -> String {
        let mut lines = vec![safety(&self.workspaces), String::new()];
        lines.extend(self.workspaces.iter().map(workspace));
        if !self.workspaces.is_empty() {
            lines.push(String::new());
        }
        if let Some(person) = &self.person {
            lines.push(format!("you        {}", clean(person)));
        }
        if let Some(device) = &self.device_id {
            lines.push(format!("device     {device}"));
        }
        lines.push(match (self.up, self.addresses.is_empty()) {
            (true, false) => format!("up         yes, at {}", self.addresses.join(", ")),
            (true, true) => "up         yes".to_owned(),
            (false, _) => "up         no: dataforge up listens and syncs".to_owned(),
        });
        lines.push(format!("directory  {}", clean(&self.directory.display().to_string())));
        let free = self.free_bytes.map(|free| format!(", {} free on the disk", bytes(free))).unwrap_or_default();
        lines.push(format!("blobs      {}{free}", bytes(self.blob_bytes)));
        lines.push(format!("version    {}", self.version));
        lines.join("\n")
    }
}

/// The answer to the first question of the day: would a lost laptop lose work?
fn safety(workspaces: &[WorkspaceStatus]) -> String {
    let only_here: u64 = workspaces.iter().map(|workspace| workspace.only_here).sum();
    match only_here {
        _ if workspaces.is_empty() => {
            "no workspace here yet: dataforge init NAME makes one, dataforge join TICKET joins one".to_owned()
        }
        0 => "everything here is on another machine too".to_owned(),
        1 => "1 entry exists only on this machine".to_owned(),
        many => format!("{} entries exist only on this machine", count(many)),
    }
}

fn workspace(status: &WorkspaceStatus) -> String {
    let info = &status.workspace;
    let mut parts = vec![
        plural(info.wells, "well"),
        plural(info.runs, "run"),
        plural(info.entries, "entry"),
        plural(info.members, "member"),
    ];
    if status.only_here > 0 {
        parts.push(format!("{} only here", count(status.only_here)));
    }
    if status.blobs_missing > 0 {
        parts.push(format!("{} not here yet", plural(status.blobs_missing, "blob")));
    }
    if status.waiting > 0 {
        parts.push(format!("{} waiting", count(status.waiting)));
    }
    if status.set_aside > 0 {
        parts.push(format!("{} set aside", count(status.set_aside)));
    }
    let connected = if status.connected.is_empty() {
        "nobody connected".to_owned()
    } else {
        format!("connected: {}", status.connected.join(", "))
    };
    parts.push(clean(&connected));
    format!("{} ({}): {}", clean(&info.name), info.role, parts.join(", "))
}

#[cfg(test)]
mod tests {
    use dataforge_node::api::WorkspaceInfo;

    use super::*;

    fn status(only_here: u64) -> WorkspaceStatus {
        let workspace = WorkspaceInfo {
            id: "ab".into(),
            name: "Field".into(),
            role: "owner".into(),
            wells: 1,
            runs: 2,
            members: 1,
            entries: 1200,
        };
        WorkspaceStatus { workspace, only_here, blobs_missing: 3, waiting: 0, set_aside: 0, connected: Vec::new() }
    }

    #[test]
    fn the_first_line_says_whether_work_is_safe() {
        assert_eq!(safety(&[status(1200), status(34)]), "1,234 entries exist only on this machine");
        assert_eq!(safety(&[status(1), status(0)]), "1 entry exists only on this machine");
        assert_eq!(safety(&[status(0)]), "everything here is on another machine too");
        assert!(safety(&[]).starts_with("no workspace"));
    }

    #[test]
    fn a_workspace_tells_what_is_out_of_the_ordinary() {
        let text = "Field (owner): 1 well, 2 runs, 1,200 entries, 1 member, 5 only here, 3 blobs not here yet, nobody connected";
        assert_eq!(workspace(&status(5)), text);
    }
}
