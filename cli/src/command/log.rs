//! `dataforge log`.

use clap::Args;
use dataforge_node::api::{LogEntry, PlaceChange, Request};

use super::workspaces::short;
use crate::context::Context;
use crate::error::Failure;
use crate::output::{Align, Human, Table, clean};

/// Lists the newest entries first: who changed what, when, and what became of it.
#[derive(Debug, Args)]
pub(crate) struct Log {
    /// Only of this: name, id or start of the id, RUN:NUMBER for a curve, dictionary or settings; tells what changed
    target: Option<String>,
    /// Only what this person wrote, a member or one who was: name, words or start of the id
    #[arg(long)]
    member: Option<String>,
    /// Only ops that do not count because others of more authority speak against them
    #[arg(long, conflicts_with = "target")]
    void: bool,
    /// At most so many
    #[arg(long, default_value_t = 50)]
    limit: u32,
}

impl Log {
    /// Does it.
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let Self { target, member, void, limit } = self;
        context.ask(Request::Log { workspace: context.workspace.clone(), target, member, void, limit }).await
    }
}

/// Longest value of a change that is told in full.
const WIDEST: usize = 200;

/// The log of one thing: what each change wrote over what, a line each.
fn told(entry: &LogEntry) -> String {
    let status = if entry.status == "accepted" { String::new() } else { format!("  {}", entry.status) };
    let head = format!(
        "{}  {}  {}{status}  (here since {})",
        short(&entry.id),
        entry.claimed,
        clean(&entry.author),
        entry.received
    );
    let lines = match entry.wrote.as_slice() {
        [] => vec![entry.summary.clone()],
        wrote => wrote.iter().map(PlaceChange::told).collect(),
    };
    let shorten = |line: &String| match line.char_indices().nth(WIDEST) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None => line.clone(),
    };
    let lines: Vec<_> = lines.iter().map(|line| format!("  {}", clean(&shorten(line)))).collect();
    format!("{head}\n{}", lines.join("\n"))
}

impl Human for Vec<LogEntry> {
    fn human(&self) -> String {
        if self.iter().any(|entry| !entry.wrote.is_empty()) {
            return self.iter().map(told).collect::<Vec<_>>().join("\n");
        }
        let columns = ["entry", "author's clock", "here since", "author"].map(|name| (name, Align::Left));
        let rest = [("seq", Align::Right), ("status", Align::Left), ("what", Align::Left)];
        let mut table = Table::new(&[&columns[..], &rest].concat());
        for entry in self {
            let status = if entry.void { "void" } else { &entry.status };
            table.row([
                short(&entry.id),
                &entry.claimed,
                &entry.received,
                &entry.author,
                &entry.seq.to_string(),
                status,
                &entry.summary,
            ]);
        }
        let mut text = table.or("no entries");
        for entry in self {
            if let Some(why) = &entry.why {
                text.push_str(&format!("\n\n{} is void: {}", short(&entry.id), clean(why)));
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use dataforge_node::api::DocumentPlace;

    use super::*;

    #[test]
    fn the_log_of_one_thing_tells_what_became_of_each_value() {
        let place = DocumentPlace { map: "root".into(), field: "name".into() };
        let change = |before: Option<&str>, after: &str| PlaceChange {
            place: place.clone(),
            before: before.map(str::to_owned),
            after: Some(after.to_owned()),
            ..PlaceChange::default()
        };
        let entry = LogEntry {
            id: "0123456789abcdef".into(),
            author: "Ada (truck)".into(),
            seq: 3,
            kind: "change".into(),
            summary: "changed a well".into(),
            status: "accepted".into(),
            claimed: "2026-11-20T10:00:00Z".into(),
            received: "2026-11-20T10:00:05Z".into(),
            void: false,
            why: None,
            wrote: vec![change(Some("Old"), "New"), change(None, &"x".repeat(300))],
        };
        let opened = LogEntry { wrote: Vec::new(), status: "excluded".into(), ..entry.clone() };
        let text = vec![entry, opened].human();
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines[0], "0123456789  2026-11-20T10:00:00Z  Ada (truck)  (here since 2026-11-20T10:00:05Z)");
        assert_eq!(lines[1], "  name \"Old\" \u{2192} \"New\"");
        assert_eq!(lines[2].chars().count(), 2 + WIDEST + 1);
        assert!(lines[3].contains("  excluded  (here since") && lines[4] == "  changed a well", "{text}");
    }
}
