//! `dataforge status`.

use clap::Args;
use dataforge_node::api::{LateQuota, Request, StatusReply, WorkspaceStatus};

use super::{faces, relay};
use crate::context::Context;
use crate::error::Failure;
use crate::output::{Human, bytes, clean, count, plural};

/// Says first whether work is safe, then what is going on.
#[derive(Debug, Args)]
pub(crate) struct Status {
    /// Go on showing who is online, over which path and how far each has what the other has; q ends it
    #[arg(long)]
    watch: bool,
}

impl Status {
    /// Whether it goes on until it is told to end.
    pub(crate) const fn watches(&self) -> bool {
        self.watch
    }

    /// Does it.
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        if self.watch { super::watch::run(context).await } else { context.ask(Request::Status).await }
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
            (true, false) => format!("up         yes{}, at {}", since(self), self.addresses.join(", ")),
            (true, true) => format!("up         yes{}", since(self)),
            (false, _) => "up         no: dataforge up listens and syncs".to_owned(),
        });
        if let Some(metrics) = &self.metrics {
            lines.push(format!("metrics    {}", clean(metrics)));
        }
        lines.extend(self.faces.iter().map(|face| format!("face       {}", clean(&faces::line(face)))));
        lines.extend(self.relays.iter().map(|used| format!("relay      {}", clean(&relay::used(used)))));
        if let Some(serving) = &self.relay {
            lines.extend([String::new(), serving.human(), String::new()]);
        }
        lines.push(format!("directory  {}", clean(&self.directory.display().to_string())));
        let free = self.free_bytes.map(|free| format!(", {} free on the disk", bytes(free))).unwrap_or_default();
        lines.push(format!("blobs      {}{free}", bytes(self.blob_bytes)));
        lines.extend(self.backups.iter().map(|plan| format!("backup     {}", plan.human())));
        lines.push(format!("version    {}", self.version));
        lines.join("\n")
    }
}

fn since(status: &StatusReply) -> String {
    status.up_since.as_ref().map(|since| format!(" since {since}")).unwrap_or_default()
}

/// The answer to the first question of the day: would a lost laptop lose work?
pub(super) fn safety(workspaces: &[WorkspaceStatus]) -> String {
    if workspaces.is_empty() {
        return "no workspace here yet: dataforge init NAME makes one, dataforge join TICKET joins one".to_owned();
    }
    let entries: u64 = workspaces.iter().map(|workspace| workspace.only_here).sum();
    let blobs: u64 = workspaces.iter().map(|workspace| workspace.blobs_only_here).sum();
    let safe = match work(entries, blobs) {
        None => "everything here is on another machine too".to_owned(),
        Some(work) => {
            let verb = if entries + blobs == 1 { "exists" } else { "exist" };
            format!("{work} {verb} only on this machine")
        }
    };
    let too_few: u64 = workspaces.iter().map(|workspace| workspace.blobs_too_few).sum();
    // One setting for all of them.
    match workspaces.iter().map(|workspace| workspace.min_copies).max() {
        Some(copies) if copies > 1 && too_few > 0 => {
            let verb = if too_few == 1 { "is" } else { "are" };
            format!("{safe}; {} {verb} on fewer than {copies} other machines", plural(too_few, "blob"))
        }
        _ => safe,
    }
}

/// Entries and blobs, as far as there are any.
fn work(entries: u64, blobs: u64) -> Option<String> {
    let parts = [(entries, "entry"), (blobs, "blob")];
    let parts: Vec<_> =
        parts.into_iter().filter(|(count, _)| *count > 0).map(|(count, noun)| plural(count, noun)).collect();
    (!parts.is_empty()).then(|| parts.join(" and "))
}

pub(super) fn workspace(status: &WorkspaceStatus) -> String {
    let info = &status.workspace;
    let mut parts = vec![
        plural(info.wells, "well"),
        plural(info.runs, "run"),
        plural(info.entries, "entry"),
        plural(info.members, "member"),
    ];
    if let Some(work) = work(status.only_here, status.blobs_only_here) {
        parts.push(format!("{work} only here"));
    }
    if status.min_copies > 1 && status.blobs_too_few > 0 {
        let too_few = plural(status.blobs_too_few, "blob");
        parts.push(format!("{too_few} on fewer than {} other machines", status.min_copies));
    }
    if status.blobs_missing > 0 {
        parts.push(format!("{} ({}) not here", plural(status.blobs_missing, "blob"), bytes(status.bytes_missing)));
    }
    if status.conflicts > 0 {
        parts.push(format!("{} to decide", plural(status.conflicts, "conflict")));
    }
    if status.waiting > 0 {
        parts.push(format!("{} waiting", count(status.waiting)));
    }
    if status.set_aside > 0 {
        parts.push(format!("{} set aside", count(status.set_aside)));
    }
    parts.extend(late(&status.late));
    let connected = if status.connected.is_empty() {
        "nobody connected".to_owned()
    } else {
        format!("connected: {}", status.connected.join(", "))
    };
    parts.push(clean(&connected));
    format!("{} ({}): {}", clean(&info.name), info.role, parts.join(", "))
}

/// What is kept of people who are no members, and whether more is taken.
pub(super) fn late(quota: &LateQuota) -> Option<String> {
    if quota.entries == 0 {
        return None;
    }
    let kept = format!("{} ({}) of late work", plural(quota.entries, "entry"), bytes(quota.bytes));
    let names: Vec<_> = quota.full.iter().map(|name| clean(name)).collect();
    Some(match (quota.is_full, names.is_empty()) {
        (true, _) => format!("{kept}, no room for more"),
        (false, true) => kept,
        (false, false) => format!("{kept}, no room for more of {}", names.join(", ")),
    })
}

#[cfg(test)]
mod tests {
    use dataforge_node::api::WorkspaceInfo;

    use super::*;

    fn status(only_here: u64, blobs: (u64, u64), min_copies: u32) -> WorkspaceStatus {
        let workspace = WorkspaceInfo {
            id: "ab".into(),
            name: "Field".into(),
            role: "owner".into(),
            wells: 1,
            runs: 2,
            members: 1,
            entries: 1200,
        };
        let (blobs_only_here, blobs_too_few) = blobs;
        WorkspaceStatus {
            workspace,
            only_here,
            blobs_missing: 3,
            bytes_missing: 4_500_000,
            blobs_only_here,
            blobs_too_few,
            min_copies,
            conflicts: 0,
            waiting: 0,
            set_aside: 0,
            late: LateQuota::default(),
            connected: Vec::new(),
        }
    }

    #[test]
    fn the_first_line_says_whether_work_is_safe() {
        let cases = [
            ((1200, 0), "1,200 entries exist only on this machine"),
            ((1, 0), "1 entry exists only on this machine"),
            ((0, 1), "1 blob exists only on this machine"),
            ((12, 3), "12 entries and 3 blobs exist only on this machine"),
            ((1, 1), "1 entry and 1 blob exist only on this machine"),
            ((0, 0), "everything here is on another machine too"),
        ];
        for ((entries, blobs), text) in cases {
            assert_eq!(safety(&[status(entries, (blobs, blobs), 1), status(0, (0, 0), 1)]), text);
        }
        let two = [status(1200, (1, 1), 1), status(34, (2, 2), 1)];
        assert_eq!(safety(&two), "1,234 entries and 3 blobs exist only on this machine");
        assert!(safety(&[]).starts_with("no workspace"));
    }

    #[test]
    fn too_few_copies_are_told_where_more_than_one_is_wanted() {
        let text = "12 entries and 3 blobs exist only on this machine; 5 blobs are on fewer than 2 other machines";
        assert_eq!(safety(&[status(12, (3, 5), 2)]), text);
        let text = "everything here is on another machine too; 1 blob is on fewer than 3 other machines";
        assert_eq!(safety(&[status(0, (0, 1), 3)]), text);
        assert_eq!(safety(&[status(0, (0, 0), 2)]), "everything here is on another machine too");
    }

    #[test]
    fn a_workspace_tells_what_is_out_of_the_ordinary() {
        let text = "Field (owner): 1 well, 2 runs, 1,200 entries, 1 member, 5 entries only here, 3 blobs (4.5 MB) not here, \
                    nobody connected";
        assert_eq!(workspace(&status(5, (0, 0), 1)), text);
        let text = "Field (owner): 1 well, 2 runs, 1,200 entries, 1 member, 5 entries and 1 blob only here, \
                    4 blobs on fewer than 2 other machines, 3 blobs (4.5 MB) not here, nobody connected";
        assert_eq!(workspace(&status(5, (1, 4), 2)), text);
        let text = workspace(&WorkspaceStatus { conflicts: 2, ..status(0, (0, 0), 1) });
        assert!(text.ends_with("not here, 2 conflicts to decide, nobody connected"), "{text}");
    }
    #[test]
    fn late_work_is_told_with_whether_more_is_taken() {
        let quota = |entries, is_full, full: &[&str]| {
            let full = full.iter().map(|name| (*name).to_owned()).collect();
            late(&LateQuota { entries, bytes: 3000, is_full, full, ..LateQuota::default() })
        };
        assert_eq!(quota(0, false, &[]), None);
        assert_eq!(quota(1200, false, &[]).unwrap(), "1,200 entries (3.0 kB) of late work");
        assert!(quota(2, false, &["Bob", "Eve"]).unwrap().ends_with(", no room for more of Bob, Eve"));
        assert!(quota(2, true, &["Bob"]).unwrap().ends_with("of late work, no room for more"));
    }
}
