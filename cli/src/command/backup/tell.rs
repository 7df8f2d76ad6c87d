//! What replies about backups look like as text.

use dataforge_node::api::{
    BackupListReply, BackupPlan, BackupReply, BackupRestoredReply, BackupSnapshot, BackupVerifyReply,
};

use crate::output::{Human, bytes, clean, count, plural};

fn problems(problems: &[String]) -> impl Iterator<Item = String> {
    problems.iter().map(|problem| format!("problem   {}", clean(problem)))
}

impl Human for BackupReply {
    fn human(&self) -> String {
        let mut lines = vec![
            format!("backup    {}, snapshot {}", clean(&self.target.display().to_string()), self.snapshot),
            format!(
                "holds     {}, {}, {} ({})",
                plural(self.workspaces, "workspace"),
                plural(self.entries, "entry"),
                plural(self.blobs, "blob"),
                bytes(self.bytes)
            ),
            format!("written   {} in {}", bytes(self.new_bytes), plural(self.new_objects, "new object")),
        ];
        if self.left_out > 0 {
            let left_out = format!("{} ({})", plural(self.left_out, "blob"), bytes(self.left_out_bytes));
            lines.push(format!("left out  {left_out} that is held here"));
        }
        if !self.removed.is_empty() {
            lines.push(format!("removed   {}", plural(self.removed.len() as u64, "older snapshot")));
        }
        lines.extend(problems(&self.problems));
        lines.join("\n")
    }
}

fn snapshot(snapshot: &BackupSnapshot) -> String {
    let mut line = format!(
        "{:>8}  {}  {}, {} new",
        snapshot.number,
        snapshot.created,
        plural(snapshot.objects, "object"),
        bytes(snapshot.new_bytes)
    );
    if let Some(content) = &snapshot.content {
        line.push_str(&format!(
            "\n          {} ({}): {}; {}, {} ({}), blobs: {}",
            clean(&content.person),
            clean(&content.device),
            clean(&content.workspaces.join(", ")),
            plural(content.entries, "entry"),
            plural(content.blobs, "blob"),
            bytes(content.bytes),
            clean(&content.choice)
        ));
        if content.left_out > 0 {
            line.push_str(&format!(", {} left out", count(content.left_out)));
        }
    }
    line
}

impl Human for BackupListReply {
    fn human(&self) -> String {
        let mut lines: Vec<_> = self.snapshots.iter().map(snapshot).collect();
        if lines.is_empty() {
            lines.push("no snapshot: its first backup was interrupted".to_owned());
        }
        lines.extend(problems(&self.problems));
        lines.join("\n")
    }
}

impl Human for BackupVerifyReply {
    fn human(&self) -> String {
        let mut first = format!(
            "checked {}: {} ({})",
            plural(self.snapshots, "snapshot"),
            plural(self.objects, "object"),
            bytes(self.bytes)
        );
        if !self.quick {
            first.push_str(&format!(", {} and {}", plural(self.entries, "entry"), plural(self.blobs, "blob")));
        }
        let mut lines = vec![first];
        if self.left_over > 0 {
            let left = plural(self.left_over, "object");
            lines.push(format!("left over {left} of an interrupted backup: the next one takes them up"));
        }
        lines.extend(self.repaired.iter().map(|repaired| format!("repaired  {}", clean(repaired))));
        lines.extend(problems(&self.problems));
        if self.problems.is_empty() {
            lines.push(match self.quick {
                true => "all is there, by its checksums; without --quick the passphrase proves it".to_owned(),
                false => "all is well".to_owned(),
            });
        }
        lines.join("\n")
    }
}

impl Human for BackupRestoredReply {
    fn human(&self) -> String {
        let directory = clean(&self.directory.display().to_string());
        let mut lines = vec![
            format!("restored  snapshot {} of {}, made {}", self.snapshot, clean(&self.device), self.created),
            format!("to        {directory}"),
            format!(
                "holds     {}: {}, {} ({})",
                clean(&self.workspaces.join(", ")),
                plural(self.entries, "entry"),
                plural(self.blobs, "blob"),
                bytes(self.bytes)
            ),
        ];
        if self.left_out > 0 {
            lines.push(format!(
                "left out  {} of the backup; members that have them give them",
                plural(self.left_out, "blob")
            ));
        }
        lines.extend(problems(&self.problems));
        lines.push(String::new());
        lines.push(match self.renewed {
            true => "It is a device of its own: dataforge sync brings what is new.".to_owned(),
            false => format!(
                "It reads and syncs, and writes nothing yet: the machine that the backup is of may be running still, so this\n\
                 one has to become a device of its own, by your 24 recovery words:\n  dataforge --dir '{directory}' device renew"
            ),
        });
        lines.push(format!(
            "Is the old machine gone? Then end its device: dataforge devices lists it, dataforge revoke-device ends it. If it\n\
             still runs, leave it ({}): both go on side by side.",
            clean(&self.device)
        ));
        lines.join("\n")
    }
}

/// Seconds as people write them.
fn period(secs: u64) -> String {
    match secs {
        secs if secs.is_multiple_of(86_400) => format!("{} d", secs / 86_400),
        secs if secs.is_multiple_of(3600) => format!("{} h", secs / 3600),
        secs if secs.is_multiple_of(60) => format!("{} min", secs / 60),
        secs => format!("{secs} s"),
    }
}

impl Human for BackupPlan {
    fn human(&self) -> String {
        let mut text = format!("{} every {}", clean(&self.target.display().to_string()), period(self.every_secs));
        if let Some(keep) = self.keep {
            text.push_str(&format!(", keeps {}", plural(keep.into(), "snapshot")));
        }
        if self.blobs != "all" {
            text.push_str(&format!(", blobs: {}", clean(&self.blobs)));
        }
        match (&self.done, &self.error) {
            (None, None) => text.push_str(", not run yet: dataforge up runs it"),
            (Some(done), None) => text.push_str(&format!(", last {done}")),
            (Some(done), Some(error)) => text.push_str(&format!(", last {done}, then failed: {}", clean(error))),
            (None, Some(error)) => text.push_str(&format!(", failed: {}", clean(error))),
        }
        text
    }
}

impl Human for Vec<BackupPlan> {
    fn human(&self) -> String {
        if self.is_empty() {
            return "nothing is backed up by itself: dataforge backup schedule DIR --every 24h does that".to_owned();
        }
        self.iter().map(Human::human).collect::<Vec<_>>().join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_says_when_it_ran_and_why_not() {
        let plan = |done: Option<&str>, error: Option<&str>| BackupPlan {
            target: "/media/disk".into(),
            every_secs: 86_400,
            keep: Some(30),
            blobs: "all".into(),
            tried: None,
            done: done.map(str::to_owned),
            error: error.map(str::to_owned),
        };
        assert!(plan(None, None).human().ends_with("every 1 d, keeps 30 snapshots, not run yet: dataforge up runs it"));
        assert!(plan(Some("then"), None).human().ends_with("last then"));
        assert!(plan(Some("then"), Some("it is full")).human().ends_with("last then, then failed: it is full"));
    }
}
