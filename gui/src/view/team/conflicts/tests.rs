//! What is offered, what is told, and what can be undone.

use dataforge_node::api::{ConflictCandidate, ConflictChoice, ConflictInfo};

use super::choices::{candidate_why_not, choices, side_told};
use super::{ConflictsView, Decided, called, conflict_row, undo_target, undo_why_not};

fn side(number: u32, value: Option<&str>, mine: bool) -> ConflictCandidate {
    ConflictCandidate {
        number,
        value: value.map(str::to_owned),
        reads: number == 1,
        removes: false,
        edits: Vec::new(),
        change: format!("c{number}"),
        entry: format!("e{number}"),
        person_id: None,
        person: if mine { "Ada" } else { "Bob" }.to_owned(),
        device_id: String::new(),
        device: "Bob (truck)".to_owned(),
        claimed: "2026-11-20T10:00:00Z".to_owned(),
        mine,
        target: None,
    }
}

fn conflict(about: &str, field: &str, candidates: Vec<ConflictCandidate>) -> ConflictInfo {
    ConflictInfo {
        id: format!("id-{field}"),
        short: "3f21ab".to_owned(),
        about: about.to_owned(),
        kind: "well".to_owned(),
        strategy: "manual".to_owned(),
        document_id: "doc".to_owned(),
        document: "A1".to_owned(),
        map: "root".to_owned(),
        field: field.to_owned(),
        candidates,
    }
}

fn two(about: &str, field: &str) -> ConflictInfo {
    conflict(about, field, vec![side(1, Some("North"), true), side(2, Some("South"), false)])
}

fn refused(conflict: &ConflictInfo, role: &str, wanted: &ConflictChoice) -> Option<String> {
    let offered = choices(conflict, Some(role));
    offered.into_iter().find(|one| one.choice == *wanted).expect("it is offered").why_not
}

#[test]
fn mine_and_theirs_are_offered_where_there_are_such() {
    let both = two("field", "name");
    assert_eq!(refused(&both, "editor", &ConflictChoice::Mine), None);
    assert_eq!(refused(&both, "editor", &ConflictChoice::Theirs), None);
    let others = conflict("field", "name", vec![side(1, Some("A"), false), side(2, Some("B"), false)]);
    assert!(refused(&others, "editor", &ConflictChoice::Mine).is_some_and(|why| why.contains("yours")));
    assert!(refused(&others, "editor", &ConflictChoice::Theirs).is_some_and(|why| why.contains("agree")));
    let own = conflict("field", "name", vec![side(1, Some("A"), true), side(2, Some("B"), true)]);
    assert!(refused(&own, "editor", &ConflictChoice::Theirs).is_some_and(|why| why.contains("all of these")));
}

#[test]
fn only_what_can_be_joined_is_merged() {
    assert!(refused(&two("field", "name"), "editor", &ConflictChoice::Merge).is_some());
    for field in ["description", "1.description", "attributes/tags"] {
        assert_eq!(refused(&two("field", field), "editor", &ConflictChoice::Merge), None, "{field}");
    }
    let taken_away = conflict("field", "name", vec![side(1, Some("A"), true), side(2, None, false)]);
    assert_eq!(refused(&taken_away, "editor", &ConflictChoice::Merge), None, "the value stays");
}

#[test]
fn viewers_decide_nothing_and_editors_no_deletions() {
    let field = choices(&two("field", "name"), Some("viewer"));
    assert!(candidate_why_not(&field).is_some_and(|why| why.contains("viewer")));
    assert!(field.iter().all(|choice| choice.why_not.is_some()));
    let deletion = two("deletion", "");
    assert!(refused(&deletion, "editor", &ConflictChoice::Keep).is_some_and(|why| why.contains("deletions")));
    assert_eq!(refused(&deletion, "admin", &ConflictChoice::Delete), None);
    assert!(choices(&deletion, Some("admin")).iter().all(|one| !matches!(one.choice, ConflictChoice::Value { .. })));
}

#[test]
fn sides_without_a_value_say_what_they_did() {
    assert_eq!(side_told(&side(1, Some("North"), true)), "North");
    assert_eq!(side_told(&side(1, None, true)), "no value");
    let mut gone = side(1, None, true);
    gone.removes = true;
    assert_eq!(side_told(&gone), "took it away");
    let mut edited = side(2, None, false);
    edited.edits = vec!["company = \"Acme\"".to_owned()];
    assert_eq!(side_told(&edited), "edited it");
}

#[test]
fn a_row_names_document_field_values_and_mark() {
    let row = conflict_row(&two("field", "name"), true);
    assert_eq!(row.name, "Conflict about name of A1, North | South, marked");
    assert!(row.more.contains("by Ada, Bob") && row.more.contains("3f21ab"));
    assert_eq!(conflict_row(&two("field", "name"), false).cells[0], "");
    assert_eq!(called(&two("deletion", "")), "deletion of A1");
}

#[test]
fn a_decision_is_undone_before_an_earlier_one_of_the_same_thing() {
    let decided = |what: &str, target: Option<&str>| Decided {
        what: what.to_owned(),
        how: "mine".to_owned(),
        target: target.map(str::to_owned),
    };
    let all = [decided("name of A1", Some("a")), decided("name of B2", Some("b")), decided("field of A1", Some("a"))];
    assert_eq!(undo_why_not(&all, 0).as_deref(), Some("undo the later decision on field of A1 first"));
    assert_eq!(undo_why_not(&all, 1), None);
    assert_eq!(undo_why_not(&all, 2), None);
    assert!(undo_why_not(&[decided("wells", None)], 0).is_some());
    let mut meaning = two("field", "*|GR|*");
    meaning.kind = "meaning".to_owned();
    assert_eq!(undo_target(&meaning).as_deref(), Some("dictionary"));
    assert_eq!(undo_target(&two("field", "name")).as_deref(), Some("doc"));
}

#[test]
fn when_the_chosen_one_is_decided_the_next_takes_its_place() {
    let mut view = ConflictsView::default();
    let list = |fields: &[&str]| fields.iter().map(|field| two("field", field)).collect::<Vec<_>>();
    view.conflicts.end(Ok(list(&["a", "b", "c"])));
    view.settle();
    assert_eq!(view.chosen.as_deref(), Some("id-a"));
    view.choose(1);
    view.marked = ["id-b".to_owned(), "id-c".to_owned()].into();
    view.conflicts.end(Ok(list(&["a", "c"])));
    view.settle();
    assert_eq!(view.chosen.as_deref(), Some("id-c"));
    assert_eq!(view.marked, ["id-c".to_owned()].into(), "what is decided is not marked");
    view.conflicts.end(Ok(Vec::new()));
    view.settle();
    assert_eq!((view.chosen, view.marked.len()), (None, 0));
}
