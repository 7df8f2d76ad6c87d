//! Entries, states and what was taken back, in words.

use dataforge_node::api::{DiffReply, LogEntry, Reply, StateInfo, TakenBackReply};

use crate::view::team::time;
use crate::widget::table::Row;

/// Takes a comparison out of a reply.
pub(super) fn diff_of(reply: Reply) -> Option<DiffReply> {
    match reply {
        Reply::Diff(diff) => Some(diff),
        _ => None,
    }
}

/// Returns whether an entry counts, in words.
pub(super) fn counts(entry: &LogEntry) -> &'static str {
    match (entry.void, entry.status.as_str()) {
        (true, _) => "no: void",
        (false, "accepted") => "yes",
        (false, "excluded") => "no: left out by a restriction of its author",
        (false, "inert") => "it has no effect",
        (false, _) => "it cannot be read by this version",
    }
}

pub(super) fn entry_row(entry: &LogEntry, marked: Option<&str>) -> Row {
    let is_marked = marked == Some(entry.id.as_str());
    let counted = entry.status == "accepted" && !entry.void;
    let state = match (is_marked, counted) {
        (true, _) => "marked",
        (false, true) => "",
        (false, false) if entry.void => "void",
        (false, false) => entry.status.as_str(),
    };
    let mut more = format!("{}\nby {}", entry.summary, entry.author);
    for change in &entry.wrote {
        more += &format!("\n{}", change.told());
    }
    if let Some(why) = &entry.why {
        more += &format!("\nvoid: {why}");
    }
    let at = time(&entry.claimed);
    let suffix = if state.is_empty() { String::new() } else { format!(", {state}") };
    Row {
        name: format!("Entry {} by {}, {at}{suffix}", entry.summary, entry.author),
        cells: vec![at, entry.author.clone(), entry.summary.clone(), state.to_owned()],
        more,
        weak: !counted,
    }
}

/// Returns what differs between two states.
pub(super) fn diff_lines(diff: &DiffReply) -> Vec<String> {
    let mut lines = vec![format!("from {}", state(&diff.from)), format!("to {}", state(&diff.to))];
    lines.extend(diff.fields.iter().map(|change| change.told()));
    if diff.fields.is_empty() {
        lines.push("nothing".to_owned());
    }
    lines
}

/// Returns what going back would change.
pub(super) fn restoring_lines(diff: &DiffReply) -> Vec<String> {
    let mut lines = vec![
        "A new change is written, which goes to everybody and can be undone. Tables stay as they are.".to_owned(),
        format!("As at {}:", state(&diff.to)),
    ];
    lines.extend(diff.fields.iter().map(|change| change.told()));
    lines
}

fn state(state: &StateInfo) -> String {
    match &state.last {
        None => "before any change".to_owned(),
        Some(last) if state.asked.is_empty() || state.asked == "~0" => {
            format!("now, last written by {}, {}", last.by, time(&last.claimed))
        }
        Some(last) => format!("the state written by {}, {}", last.by, time(&last.claimed)),
    }
}

/// Returns what was taken back, and what was left, a line each.
pub(in crate::view::team) fn taken_back(reply: &TakenBackReply) -> Vec<String> {
    let mut lines = Vec::new();
    for document in &reply.documents {
        // What was asked for by its id is not called otherwise.
        let name = if document.document == document.id { "it" } else { document.document.as_str() };
        if document.deleted {
            lines.push(format!("{name}: deleted"));
        }
        lines.extend(document.fields.iter().map(|change| format!("{name}: {}", change.told())));
        for left in &document.left {
            let place = left.place.as_ref().map_or_else(|| "all of it".to_owned(), |place| place.name());
            lines.push(format!("{name}: {place} is left: {}", left.why));
        }
    }
    if lines.is_empty() {
        lines.push("nothing changed".to_owned());
    }
    lines
}

#[cfg(test)]
mod tests {
    use dataforge_node::api::{
        DiffReply, DocumentPlace, LeftInfo, LogEntry, PlaceChange, StateInfo, TakenBack, TakenBackReply, WrittenInfo,
    };

    use super::{counts, diff_lines, entry_row, restoring_lines, taken_back};

    fn change(field: &str, before: &str, after: &str) -> PlaceChange {
        let place = DocumentPlace { map: "root".to_owned(), field: field.to_owned() };
        let value = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        PlaceChange { place, before: value(before), after: value(after), inserted: 0, deleted: 0 }
    }

    fn entry(status: &str, void: bool) -> LogEntry {
        LogEntry {
            id: "e1".to_owned(),
            author: "Ada (truck)".to_owned(),
            seq: 3,
            kind: "change".to_owned(),
            summary: "changed A1".to_owned(),
            status: status.to_owned(),
            claimed: "2026-11-20T10:00:00Z".to_owned(),
            received: String::new(),
            void,
            why: void.then(|| "its author was removed".to_owned()),
            wrote: vec![change("name", "A1", "A2")],
        }
    }

    fn state(asked: &str) -> StateInfo {
        let last = WrittenInfo { by: "Ada".to_owned(), claimed: "2026-11-20T10:00:00Z".to_owned(), entry: "e1".into() };
        StateInfo { asked: asked.to_owned(), changes: 1, last: Some(last) }
    }

    #[test]
    fn a_row_tells_what_does_not_count_in_words() {
        let row = entry_row(&entry("accepted", false), None);
        assert_eq!(row.name, "Entry changed A1 by Ada (truck), 2026-11-20 10:00:00 UTC");
        assert!(row.more.contains("\"A1\" \u{2192} \"A2\"") && !row.weak, "{}", row.more);
        let void = entry_row(&entry("accepted", true), None);
        assert!(void.name.ends_with(", void") && void.weak && void.more.contains("its author was removed"));
        assert!(entry_row(&entry("excluded", false), None).name.ends_with(", excluded"));
        assert!(entry_row(&entry("accepted", false), Some("e1")).name.ends_with(", marked"));
        assert_eq!(counts(&entry("accepted", true)), "no: void");
        assert_eq!(counts(&entry("accepted", false)), "yes");
    }

    #[test]
    fn differences_name_both_states_and_each_field() {
        let fields = vec![change("name", "A1", "A2"), change("company", "", "Acme")];
        let diff = DiffReply { target: "A1".into(), from: state("e1"), to: state(""), fields };
        let lines = diff_lines(&diff);
        assert!(lines[0].starts_with("from the state written by Ada") && lines[1].starts_with("to now"), "{lines:?}");
        assert_eq!(lines[3], "company = \"Acme\"");
        let same = DiffReply { fields: Vec::new(), ..diff.clone() };
        assert_eq!(diff_lines(&same).last().map(String::as_str), Some("nothing"));
        assert!(restoring_lines(&diff).iter().any(|line| line.contains("can be undone")));
    }

    #[test]
    fn what_was_left_is_told_with_why() {
        let place = DocumentPlace { map: "root".to_owned(), field: "name".to_owned() };
        let left = LeftInfo { place: Some(place), value: None, why: "Bob wrote to it since".into(), written: vec![] };
        let document = TakenBack {
            document: "A1".into(),
            fields: vec![change("field", "North", "South")],
            left: vec![left],
            ..TakenBack::default()
        };
        let reply = TakenBackReply { deed: "undo".into(), dry_run: false, documents: vec![document] };
        let lines = taken_back(&reply);
        assert_eq!(lines[0], "A1: field \"North\" \u{2192} \"South\"");
        assert_eq!(lines[1], "A1: name is left: Bob wrote to it since");
        let nothing = TakenBackReply { documents: Vec::new(), ..reply };
        assert_eq!(taken_back(&nothing), ["nothing changed"]);
    }
}
