//! `dataforge blame`, `diff`, `undo` and `revert`, and what going back says.

use clap::Args;
use dataforge_node::api::{
    BlameReply, DiffReply, HistoryRequest, LeftInfo, PlaceChange, Request, StateInfo, TakenBack, TakenBackReply,
    WrittenInfo,
};

use super::workspaces::short;
use crate::context::Context;
use crate::error::Failure;
use crate::output::{Align, Human, Table, clean, plural};

const STATES: &str = "\
A STATE is the start of an entry's id (dataforge log TARGET lists them), ~N for N changes back, or a time: 2026-11-20,
2026-11-20T10:00:00Z, 24h. Times are those that authors claim; nobody vouches for their clocks.";

async fn ask(context: &Context, ask: HistoryRequest) -> Result<(), Failure> {
    context.ask(Request::History { workspace: context.workspace.clone(), ask }).await
}

/// Says who wrote each value of something, and when.
#[derive(Debug, Args)]
#[command(after_help = STATES)]
pub(crate) struct Blame {
    /// What: name, id or start of the id; RUN:NUMBER for a curve; dictionary or settings
    target: String,
    /// As it was at a state
    #[arg(long, value_name = "STATE")]
    at: Option<String>,
}

impl Blame {
    /// Does it.
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        ask(context, HistoryRequest::Blame { target: self.target, at: self.at }).await
    }
}

/// Says what differs between two states of something.
#[derive(Debug, Args)]
#[command(after_help = STATES)]
pub(crate) struct Diff {
    /// What: name, id or start of the id; RUN:NUMBER for a curve; dictionary or settings
    target: String,
    /// A state
    #[arg(value_name = "STATE")]
    from: String,
    /// The other one; now when left out
    #[arg(value_name = "STATE")]
    to: Option<String>,
}

impl Diff {
    /// Does it.
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        ask(context, HistoryRequest::Diff { target: self.target, from: self.from, to: self.to }).await
    }
}

const UNDO: &str = "\
Only fields whose value is still the one you wrote go back; the others are left and named. What somebody else wrote is
never undone. An undo is a change like any other: it goes to everybody.";

/// Undoes your last change, on this device or of one thing, or redoes what was undone last.
#[derive(Debug, Args)]
#[command(after_help = UNDO)]
pub(crate) struct Undo {
    /// Your last change of this; by default the last one made on this device
    target: Option<String>,
    /// Redo what was undone last
    #[arg(long)]
    redo: bool,
}

impl Undo {
    /// Does it.
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        ask(context, HistoryRequest::Undo { target: self.target, redo: self.redo }).await
    }
}

const REVERT: &str = "\
It writes new changes and takes no history away. Fields that others wrote to since are left and named; what the device made
is deleted, which needs the role of an admin, unless somebody else worked on it. See it first with --dry-run.

Examples:
  dataforge revert --device Bob/tablet --after 2026-11-20 --dry-run
  dataforge revert --device Bob/tablet --after 51889b751e --in \"North 1\"";

/// Takes back everything that a device wrote after an entry or a time.
#[derive(Debug, Args)]
#[command(after_help = REVERT)]
pub(crate) struct Revert {
    /// The device: label, MEMBER/LABEL, id or start of the id
    #[arg(long)]
    device: String,
    /// An entry of the device, or a time by its clock: 2026-11-20, 2026-11-20T10:00:00Z, 24h
    #[arg(long, value_name = "ENTRY|TIME")]
    after: String,
    /// Only in this
    #[arg(long = "in", value_name = "TARGET")]
    target: Option<String>,
    /// Only say what would be taken back
    #[arg(long)]
    dry_run: bool,
}

impl Revert {
    /// Does it.
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let Self { device, after, target, dry_run } = self;
        ask(context, HistoryRequest::Revert { device, after, target, dry_run }).await
    }
}

/// Makes something read as at an earlier state.
pub(super) async fn restore_at(context: &Context, target: String, at: String) -> Result<(), Failure> {
    ask(context, HistoryRequest::RestoreAt { target, at }).await
}

fn written(written: &WrittenInfo) -> String {
    format!("{}, {}, {}", clean(&written.by), written.claimed, short(&written.entry))
}

fn state(state: &StateInfo) -> String {
    let name = if state.asked.is_empty() { "now" } else { state.asked.as_str() };
    let last = state.last.as_ref().map(|last| format!(", the last by {}", written(last))).unwrap_or_default();
    format!("{}: {}{last}", clean(name), plural(state.changes, "change"))
}

impl Human for BlameReply {
    fn human(&self) -> String {
        let columns = ["field", "value", "by", "author's clock", "entry"].map(|name| (name, Align::Left));
        let mut table = Table::new(&columns);
        for field in &self.fields {
            let name = field.place.name();
            let WrittenInfo { by, claimed, entry } = &field.written;
            table.row([&name, &field.value, by, claimed, short(entry)]);
            for (value, WrittenInfo { by, claimed, entry }) in &field.beside {
                table.row([&format!("  beside {name}"), value, by, claimed, short(entry)]);
            }
        }
        let text = table.or("nothing was written yet");
        format!("{}\n\n{text}", state(&self.state))
    }
}

fn changes(fields: &[PlaceChange]) -> impl Iterator<Item = String> {
    fields.iter().map(|field| format!("  {}", clean(&field.told())))
}

impl Human for DiffReply {
    fn human(&self) -> String {
        let head = format!("from {}\nto   {}", state(&self.from), state(&self.to));
        let fields: Vec<_> = changes(&self.fields).collect();
        if fields.is_empty() {
            format!("{head}\n\nnothing differs")
        } else {
            format!("{head}\n\n{}", fields.join("\n"))
        }
    }
}

fn left(left: &LeftInfo) -> String {
    let name = left.place.as_ref().map_or_else(|| "all of it".to_owned(), |place| place.name());
    let value = left.value.as_ref().map(|value| format!(" {value:?}")).unwrap_or_default();
    let by: Vec<_> = left.written.iter().map(written).collect();
    let by = if by.is_empty() { String::new() } else { format!(" ({})", by.join("; ")) };
    format!("  left: {}{}, {}{by}", clean(&name), clean(&value), left.why)
}

fn taken_back(document: &TakenBack) -> String {
    let mut lines = vec![match &document.undone {
        Some(undone) => format!("{}: the change of {}", clean(&document.document), written(undone)),
        None => clean(&document.document),
    }];
    if document.deleted {
        lines.push("  deleted".to_owned());
    } else {
        lines.extend(changes(&document.fields));
    }
    lines.extend(document.left.iter().map(left));
    lines.join("\n")
}

impl Human for TakenBackReply {
    fn human(&self) -> String {
        let does_nothing = self.documents.iter().all(|document| document.fields.is_empty());
        let head = match (self.deed.as_str(), self.dry_run) {
            ("restore", _) if does_nothing => "it reads as it did then",
            (_, _) if does_nothing => "there is nothing to take back",
            ("undo", _) => "undone",
            ("redo", _) => "redone",
            ("restore", _) => "restored",
            (_, true) => "would be taken back",
            (_, false) => "taken back",
        };
        let told = self.documents.iter().filter(|document| !(document.fields.is_empty() && document.left.is_empty()));
        let parts: Vec<_> = std::iter::once(head.to_owned()).chain(told.map(taken_back)).collect();
        parts.join("\n\n")
    }
}

#[cfg(test)]
mod tests {
    use dataforge_node::api::DocumentPlace;

    use super::*;

    fn place(map: &str, field: &str) -> DocumentPlace {
        DocumentPlace { map: map.into(), field: field.into() }
    }

    fn by(by: &str) -> WrittenInfo {
        WrittenInfo { by: by.into(), claimed: "2026-11-20T10:00:00Z".into(), entry: "0123456789abcdef".into() }
    }

    #[test]
    fn what_was_taken_back_and_what_was_left_is_said() {
        let change = PlaceChange {
            place: place("curves", "3.quality"),
            before: Some("good".into()),
            after: None,
            ..PlaceChange::default()
        };
        let left = LeftInfo {
            place: Some(place("root", "name")),
            value: Some("North".into()),
            why: "it was written to since".into(),
            written: vec![by("Bob (tablet)")],
        };
        let document =
            TakenBack { document: "run A".into(), fields: vec![change], left: vec![left], ..TakenBack::default() };
        let reply = |dry_run, documents| TakenBackReply { deed: "revert".into(), dry_run, documents };
        assert_eq!(
            reply(true, vec![document.clone()]).human(),
            "would be taken back\n\nrun A\n  no quality of curve 3, was \"good\"\n  left: name \"North\", it was written to \
             since (Bob (tablet), 2026-11-20T10:00:00Z, 0123456789)"
        );
        assert!(reply(false, vec![document]).human().starts_with("taken back\n\n"));
        assert_eq!(reply(false, Vec::new()).human(), "there is nothing to take back");
    }

    #[test]
    fn differences_are_told_between_their_states() {
        let at = |asked: &str, changes, last| StateInfo { asked: asked.into(), changes, last };
        let change = |before: &str, after: &str| PlaceChange {
            place: place("text", "title"),
            before: Some(before.into()),
            after: Some(after.into()),
            ..PlaceChange::default()
        };
        let reply = DiffReply {
            target: "A".into(),
            from: at("~1", 1, Some(by("Ada (truck)"))),
            to: at("", 2, None),
            fields: vec![change("Old", "New\u{1b}")],
        };
        assert_eq!(
            reply.human(),
            "from ~1: 1 change, the last by Ada (truck), 2026-11-20T10:00:00Z, 0123456789\nto   now: 2 changes\n\n  title \
             \"Old\" \u{2192} \"New\\u{1b}\""
        );
        assert!(DiffReply { fields: Vec::new(), ..reply }.human().ends_with("nothing differs"));
    }
}
