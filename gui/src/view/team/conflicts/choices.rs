//! How a conflict can be decided: what is offered, what not, and why.

use dataforge_node::api::{ConflictCandidate, ConflictChoice, ConflictInfo};

use crate::view::team::role::{Need, why_not};

/// Texts whose lines are joined by a merge, and lists whose words are.
const JOINED: [&str; 6] = ["description", "comment", "notes", "remarks", "tags", "aliases"];

/// A way to decide.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Choice {
    /// What the button says; empty for taking a side, which each side has a button for.
    pub(super) label: &'static str,
    /// What is asked.
    pub(super) choice: ConflictChoice,
    /// Why it cannot be.
    pub(super) why_not: Option<String>,
}

/// Returns what is offered for a conflict to a person of this role. The first one is taking a side.
pub(super) fn choices(conflict: &ConflictInfo, role: Option<&str>) -> Vec<Choice> {
    let need = match conflict.about.as_str() {
        "deletion" | "filed" | "wells" => Need::Admin,
        _ => Need::Editor,
    };
    let may = why_not(role, need, if need == Need::Admin { "decide about deletions" } else { "decide conflicts" });
    let (mine, theirs) = (mine_why_not(conflict), theirs_why_not(conflict));
    let side = ("", ConflictChoice::Candidate { number: 1 }, None);
    let of_people = [
        ("Take mine", ConflictChoice::Mine, mine),
        ("Take theirs", ConflictChoice::Theirs, theirs),
        ("Take the last written", ConflictChoice::LastWriter, None),
    ];
    let mut offered = vec![side];
    match conflict.about.as_str() {
        "wells" | "curves" => offered.push(("Keep them apart", ConflictChoice::Keep, None)),
        "field" => {
            offered.extend(of_people);
            offered.push(("Merge", ConflictChoice::Merge, merge_why_not(conflict)));
        }
        _ => {
            offered.extend(of_people);
            offered.push(("Keep it with the edits", ConflictChoice::Merge, None));
            offered.push(("Keep it", ConflictChoice::Keep, None));
            offered.push(("Delete it …", ConflictChoice::Delete, None));
        }
    }
    let choices = offered.into_iter();
    // Two wells are kept apart by whoever may write: nothing goes.
    let keeps = (conflict.about == "wells").then(|| why_not(role, Need::Editor, "decide conflicts"));
    let told = |(label, choice, own): (&'static str, ConflictChoice, Option<String>)| {
        let may = keeps.as_ref().filter(|_| choice == ConflictChoice::Keep).unwrap_or(&may);
        Choice { label, choice, why_not: may.clone().or(own) }
    };
    choices.map(told).collect()
}

/// Returns why no side can be taken.
pub(super) fn candidate_why_not(offered: &[Choice]) -> Option<&str> {
    offered.first()?.why_not.as_deref()
}

fn mine_why_not(conflict: &ConflictInfo) -> Option<String> {
    let any = conflict.candidates.iter().any(|side| side.mine);
    (!any).then(|| "none of these is yours".to_owned())
}

fn theirs_why_not(conflict: &ConflictInfo) -> Option<String> {
    let mut others = conflict.candidates.iter().filter(|side| !side.mine);
    let Some(first) = others.next() else {
        return Some("all of these are yours".to_owned());
    };
    let agree = others.all(|side| side.value == first.value && side.removes == first.removes);
    (!agree).then(|| "the others do not agree: take one of the sides".to_owned())
}

fn merge_why_not(conflict: &ConflictInfo) -> Option<String> {
    let mut values: Vec<_> = conflict.candidates.iter().filter_map(|side| side.value.as_deref()).collect();
    values.sort_unstable();
    values.dedup();
    let name = conflict.field.rsplit(['.', '/']).next().unwrap_or_default();
    let can = values.len() < 2 || JOINED.contains(&name);
    (!can).then(|| "these values cannot be joined: take one, or type another".to_owned())
}

/// Returns a decision in words.
pub(super) fn told(choice: &ConflictChoice) -> String {
    match choice {
        ConflictChoice::Strategy => "as the strategy says".to_owned(),
        ConflictChoice::Mine => "mine".to_owned(),
        ConflictChoice::Theirs => "theirs".to_owned(),
        ConflictChoice::LastWriter => "the last written".to_owned(),
        ConflictChoice::Merge => "all of it together".to_owned(),
        ConflictChoice::Value { value } if value.is_empty() => "no value".to_owned(),
        ConflictChoice::Value { value } => value.clone(),
        ConflictChoice::Candidate { number } => format!("side {number}"),
        ConflictChoice::Keep => "it stays".to_owned(),
        ConflictChoice::Delete => "it goes".to_owned(),
    }
}

/// Returns what a side did, in words.
pub(super) fn side_told(side: &ConflictCandidate) -> String {
    match (&side.value, &side.target) {
        (Some(value), _) if value.is_empty() => "an empty text".to_owned(),
        (Some(value), _) => value.clone(),
        (None, Some(target)) => target.clone(),
        (None, None) if side.removes => "took it away".to_owned(),
        (None, None) if !side.edits.is_empty() => "edited it".to_owned(),
        (None, None) => "no value".to_owned(),
    }
}

/// Returns what is asked of the person who decides.
pub(super) fn question(conflict: &ConflictInfo) -> &'static str {
    match conflict.about.as_str() {
        "field" => "They wrote different values without knowing of each other. Which one holds?",
        "deletion" => "One deleted it, another edited it without knowing of that. Does it go, or stay?",
        "filed" => "One deleted the well, another filed runs under it without knowing of that. Does it go, or stay?",
        "item" => "One took it away, another edited it without knowing of that. Does it go, or stay?",
        "wells" => "Are these one well? The side you take stays and gets what the other has.",
        "curves" => "Do these curves say the same? The side you take stands for the property.",
        _ => "Which side holds?",
    }
}
