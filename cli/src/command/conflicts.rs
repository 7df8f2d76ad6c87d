//! `dataforge conflicts`.

use clap::{ArgGroup, Args, Subcommand};
use dataforge_node::api::{
    ConflictCandidate, ConflictChoice, ConflictInfo, ConflictPolicyReply, ConflictsRequest, Request,
};

use crate::context::Context;
use crate::error::Failure;
use crate::output::{Align, Human, Table, clean};

/// What several people wrote without knowing of each other: lists it, decides it.
#[derive(Debug, Args)]
#[command(after_help = "Until it is decided one of the values reads everywhere: docs/conflicts.md.")]
pub(crate) struct Conflicts {
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List what waits, of one thing or of all
    List {
        /// A well, run, attachment, project, chart, selection, tops or survey
        target: Option<String>,
    },
    /// Show one with all its sides
    Show {
        /// Its id, or the start of it
        conflict: String,
    },
    /// Decide one, for everybody; by the workspace's strategy when nothing is chosen
    Resolve(Resolve),
    /// Say or set how conflicts are decided in this workspace
    Policy {
        /// The kind of field; default for all that have no strategy of their own
        kind: Option<String>,
        /// manual, `last_writer`, mine, theirs, merge; default takes a kind's own one away
        strategy: Option<String>,
    },
}

#[derive(Debug, Args)]
#[command(group(ArgGroup::new("choice").multiple(false)))]
struct Resolve {
    /// Its id, or the start of it
    conflict: String,
    /// What you wrote
    #[arg(long, group = "choice")]
    mine: bool,
    /// What others wrote
    #[arg(long, group = "choice")]
    theirs: bool,
    /// What was written last, by the clocks of its authors
    #[arg(long, group = "choice")]
    last_writer: bool,
    /// All of it together, where that makes sense
    #[arg(long, group = "choice")]
    merge: bool,
    /// Another value; empty for none
    #[arg(long, group = "choice", allow_hyphen_values = true)]
    value: Option<String>,
    /// The candidate of this number
    #[arg(long, group = "choice", value_name = "N")]
    candidate: Option<u32>,
    /// What was taken away stays; what may be the same are two
    #[arg(long, group = "choice")]
    keep: bool,
    /// What was taken away goes
    #[arg(long, group = "choice")]
    delete: bool,
}

impl Resolve {
    fn choice(&self) -> ConflictChoice {
        let flags = [
            (self.mine, ConflictChoice::Mine),
            (self.theirs, ConflictChoice::Theirs),
            (self.last_writer, ConflictChoice::LastWriter),
            (self.merge, ConflictChoice::Merge),
            (self.keep, ConflictChoice::Keep),
            (self.delete, ConflictChoice::Delete),
        ];
        let flag = flags.into_iter().find_map(|(is_set, choice)| is_set.then_some(choice));
        let value = self.value.clone().map(|value| ConflictChoice::Value { value });
        let candidate = self.candidate.map(|number| ConflictChoice::Candidate { number });
        flag.or(value).or(candidate).unwrap_or(ConflictChoice::Strategy)
    }
}

impl Conflicts {
    /// Does it.
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let ask = match self.action {
            None => ConflictsRequest::List { target: None },
            Some(Action::List { target }) => ConflictsRequest::List { target },
            Some(Action::Show { conflict }) => ConflictsRequest::Show { conflict },
            Some(Action::Resolve(resolve)) => {
                let choice = resolve.choice();
                ConflictsRequest::Resolve { conflict: resolve.conflict, choice }
            }
            Some(Action::Policy { kind, strategy }) => ConflictsRequest::Policy { kind, strategy },
        };
        context.ask(Request::Conflicts { workspace: context.workspace.clone(), ask }).await
    }
}

/// What a side says, in words.
fn said(candidate: &ConflictCandidate) -> String {
    match &candidate.value {
        Some(value) => format!("{value:?}"),
        None if candidate.removes => "took it away".to_owned(),
        None if !candidate.edits.is_empty() => candidate.edits.join(", "),
        None => "no value".to_owned(),
    }
}

/// What a conflict is about, in words.
fn about(conflict: &ConflictInfo) -> String {
    match conflict.about.as_str() {
        "deletion" => "deleted, and edited by others".to_owned(),
        "filed" => "deleted, and something filed under it by others".to_owned(),
        "item" => format!("{} taken away, and edited by others", conflict.field),
        "wells" => "wells that may be the same".to_owned(),
        "curves" => format!("curves that may be the same: {}", conflict.field),
        _ => conflict.field.clone(),
    }
}

impl Human for Vec<ConflictInfo> {
    fn human(&self) -> String {
        let columns = [("id", Align::Left), ("of", Align::Left), ("what", Align::Left), ("candidates", Align::Left)];
        let mut table = Table::new(&columns);
        for conflict in self {
            let sides: Vec<_> = conflict.candidates.iter().map(said).collect();
            table.row([&conflict.short, &conflict.document, &about(conflict), &sides.join(" or ")]);
        }
        if self.is_empty() {
            return "nobody contradicts anybody".to_owned();
        }
        format!("{}\n\ndataforge conflicts show ID says more, dataforge conflicts resolve ID decides", table.text())
    }
}

impl Human for ConflictInfo {
    fn human(&self) -> String {
        let what = about(self);
        let head = [
            ("id", &self.id),
            ("of", &self.document),
            ("what", &what),
            ("kind", &self.kind),
            ("strategy", &self.strategy),
        ];
        let head = head.into_iter().filter(|(_, text)| !text.is_empty());
        let head: Vec<_> = head.map(|(name, text)| format!("{name:<8} {}", clean(text))).collect();
        let columns = [
            ("candidate", Align::Right),
            ("", Align::Left),
            ("by", Align::Left),
            ("claimed", Align::Left),
            ("reads now", Align::Left),
        ];
        let mut table = Table::new(&columns);
        for candidate in &self.candidates {
            let by = candidate.target.as_ref().unwrap_or(&candidate.device);
            let reads = if candidate.reads { "yes" } else { "" };
            table.row([&candidate.number.to_string(), &said(candidate), by, &candidate.claimed, reads]);
        }
        format!("{}\n\n{}", head.join("\n"), table.text())
    }
}

impl Human for ConflictPolicyReply {
    fn human(&self) -> String {
        let mut table = Table::new(&[("kind", Align::Left), ("strategy", Align::Left), ("", Align::Left)]);
        for kind in &self.kinds {
            let own = if kind.own { "" } else { "by default" };
            table.row([&kind.kind, &kind.strategy, own]);
        }
        format!("default: {}\n\n{}", clean(&self.default), table.text())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(number: u32, value: Option<&str>) -> ConflictCandidate {
        ConflictCandidate {
            number,
            value: value.map(str::to_owned),
            reads: number == 1,
            removes: false,
            edits: Vec::new(),
            change: "c".into(),
            entry: "e".into(),
            person_id: None,
            person: "Ada".into(),
            device_id: "d".into(),
            device: "Ada (laptop)".into(),
            claimed: "2026-11-20T10:00:00Z".into(),
            mine: true,
            target: None,
        }
    }

    fn conflict(about: &str, candidates: Vec<ConflictCandidate>) -> ConflictInfo {
        ConflictInfo {
            id: "ab12".into(),
            short: "ab".into(),
            about: about.into(),
            kind: "well".into(),
            strategy: "manual".into(),
            document_id: "d0".into(),
            document: "well North".into(),
            map: "root".into(),
            field: "name".into(),
            candidates,
        }
    }

    #[test]
    fn all_sides_are_listed_with_what_took_a_value_away() {
        let text = vec![conflict("field", vec![candidate(1, Some("A")), candidate(2, None)])].human();
        assert!(text.contains("\"A\" or no value"), "{text}");
        assert_eq!(Vec::<ConflictInfo>::new().human(), "nobody contradicts anybody");
    }

    #[test]
    fn a_deletion_is_shown_with_what_others_wrote() {
        let gone = ConflictCandidate { removes: true, ..candidate(1, None) };
        let edited = ConflictCandidate { edits: vec!["name = \"B\"".into()], ..candidate(2, None) };
        let text = conflict("deletion", vec![gone, edited]).human();
        assert!(text.contains("deleted, and edited by others"), "{text}");
        assert!(text.contains("took it away") && text.contains("name = \"B\""), "{text}");
    }
}
