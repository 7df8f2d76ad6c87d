//! Tests of what several people wrote without knowing of each other.

use super::*;
use crate::document::Edit;
use crate::facts::DocKind;

const A: [u8; 16] = [0xa; 16];
const B: [u8; 16] = [0xb; 16];

type Work<'a> = &'a dyn Fn(&mut Edit<'_, '_>) -> Result<(), EngineError>;

fn text(text: &str) -> Field {
    Field::Text(text.to_owned())
}

/// Lets two people work on what one of them began, without knowing of each other; returns what each
/// has once they met.
fn apart(kind: DocKind, begun: Work<'_>, one: Work<'_>, other: Work<'_>) -> [Document; 2] {
    let mut left = Document::build(kind, []).unwrap();
    left.edit(A, begun).unwrap();
    let mut right = left.clone();
    let from_left = left.edit(A, one).unwrap();
    let from_right = right.edit(B, other).unwrap();
    from_right.iter().for_each(|change| left.apply(change).unwrap());
    from_left.iter().for_each(|change| right.apply(change).unwrap());
    assert_eq!(left.contests().unwrap(), right.contests().unwrap());
    [left, right]
}

fn set<'a>(
    map: Map,
    key: &'a str,
    value: Option<&'a str>,
) -> impl Fn(&mut Edit<'_, '_>) -> Result<(), EngineError> + 'a {
    move |edit| edit.set_text(map, key, value)
}

fn values(contest: &Contest) -> BTreeSet<Option<&str>> {
    let text = |candidate: &Candidate| candidate.value.is_none() || matches!(candidate.value, Some(Field::Text(_)));
    assert!(contest.candidates.iter().all(text), "{contest:?}");
    let texts = contest.candidates.iter().map(|candidate| match &candidate.value {
        Some(Field::Text(text)) => Some(text.as_str()),
        _ => None,
    });
    texts.collect()
}

#[test]
fn values_that_differ_wait_and_any_of_them_ends_it() {
    let begin = set(Map::Root, "name", Some("old"));
    for chosen in ["left", "right", "third"] {
        let [mut left, mut right] =
            apart(DocKind::Well, &begin, &set(Map::Root, "name", Some("left")), &set(Map::Root, "name", Some("right")));
        let contests = left.contests().unwrap();
        let [contest] = contests.fields.as_slice() else { panic!("{contests:?}") };
        assert_eq!(values(contest), BTreeSet::from([Some("left"), Some("right")]));
        assert_eq!(left.conflicts(Map::Root, "name"), contest.candidates);
        assert_eq!(left.conflicts(Map::Root, "field"), []);
        let reads: Vec<_> = contest.candidates.iter().filter(|candidate| candidate.reads).collect();
        assert_eq!(reads.len(), 1);
        assert_eq!(reads[0].value, left.get(Map::Root, "name"));
        let change = left.edit(A, |edit| edit.resolve(Map::Root, "name", Some(&text(chosen)))).unwrap().unwrap();
        right.apply(&change).unwrap();
        for document in [&left, &right] {
            assert_eq!(document.get_str(Map::Root, "name").as_deref(), Some(chosen));
            assert_eq!(document.contests().unwrap(), Contests::default());
        }
    }
}

#[test]
fn one_who_took_a_value_away_is_heard_too() {
    let begin = set(Map::Attributes, "rig", Some("old"));
    for chosen in [None, Some("new"), Some("third")] {
        let [mut left, mut right] =
            apart(DocKind::Well, &begin, &set(Map::Attributes, "rig", None), &set(Map::Attributes, "rig", Some("new")));
        let contests = left.contests().unwrap();
        let [contest] = contests.fields.as_slice() else { panic!("{contests:?}") };
        assert_eq!(values(contest), BTreeSet::from([None, Some("new")]));
        assert_eq!(left.get_str(Map::Attributes, "rig").as_deref(), Some("new"), "meanwhile");
        let chosen = chosen.map(text);
        let change = right.edit(B, |edit| edit.resolve(Map::Attributes, "rig", chosen.as_ref())).unwrap().unwrap();
        left.apply(&change).unwrap();
        for document in [&left, &right] {
            assert_eq!(document.get(Map::Attributes, "rig"), chosen);
            assert_eq!(document.contests().unwrap(), Contests::default());
        }
    }
}

#[test]
fn the_same_twice_and_different_fields_need_nobody() {
    let begin = set(Map::Root, "name", Some("old"));
    let same = set(Map::Root, "name", Some("new"));
    let clear = set(Map::Root, "name", None);
    let other = set(Map::Root, "field", Some("North"));
    let pairs: [(Work<'_>, Work<'_>); 3] = [(&same, &same), (&clear, &clear), (&same, &other)];
    for (one, two) in pairs {
        for document in apart(DocKind::Well, &begin, one, two) {
            assert_eq!(document.contests().unwrap(), Contests::default());
        }
    }
}

#[test]
fn places_file_names_and_typing_need_nobody() {
    let nothing: Work<'_> = &|_edit| Ok(());
    let moved = |place: &'static str| set(Map::Items, "series/a/order", Some(place));
    let typed = |word: &'static str| move |edit: &mut Edit<'_, '_>| edit.splice(LongText::Title, 0, 0, word);
    let named = |name: &'static str| set(Map::Root, "source_name", Some(name));
    let pairs = [
        apart(DocKind::Chart, nothing, &moved("3"), &moved("7")),
        apart(DocKind::Chart, nothing, &typed("one"), &typed("two")),
        apart(DocKind::Run, nothing, &named("a.las"), &named("b.las")),
    ];
    for document in pairs.iter().flatten() {
        assert_eq!(document.contests().unwrap(), Contests::default());
    }
    assert_eq!(pairs[1][0].long_text(LongText::Title).len(), 6, "both typed");
}

#[test]
fn a_third_who_did_not_know_of_the_decision_asks_again() {
    let [mut left, mut right] = apart(
        DocKind::Well,
        &|_edit| Ok(()),
        &set(Map::Root, "name", Some("left")),
        &set(Map::Root, "name", Some("right")),
    );
    let id = left.contests().unwrap().fields[0].id(&DocId([1; 32]));
    let decided = left.edit(A, |edit| edit.resolve(Map::Root, "name", Some(&text("left")))).unwrap().unwrap();
    let unaware = right.edit(B, set(Map::Root, "name", Some("third"))).unwrap().unwrap();
    left.apply(&unaware).unwrap();
    right.apply(&decided).unwrap();
    let contests = left.contests().unwrap();
    assert_eq!(contests, right.contests().unwrap());
    assert_eq!(values(&contests.fields[0]), BTreeSet::from([Some("left"), Some("third")]));
    assert_ne!(contests.fields[0].id(&DocId([1; 32])), id, "it is another one");
    assert_ne!(contests.fields[0].id(&DocId([2; 32])), contests.fields[0].id(&DocId([1; 32])));
}

#[test]
fn a_deletion_waits_for_who_edited_without_knowing_of_it() {
    let delete: Work<'_> = &|edit| edit.set_bool(Map::Root, DELETED, true);
    let begin = set(Map::Root, "name", Some("old"));
    for stays in [true, false] {
        let [mut left, mut right] = apart(DocKind::Well, &begin, delete, &set(Map::Root, "name", Some("new")));
        let contests = left.contests().unwrap();
        assert_eq!(contests.fields, []);
        let [removal] = contests.removals.as_slice() else { panic!("{contests:?}") };
        assert_eq!((removal.item.as_ref(), removal.by.len(), removal.edits.len()), (None, 1, 1));
        assert_eq!(removal.edits[0].1.fields[0].value, Some(text("new")));
        assert!(left.is_deleted(), "meanwhile");
        let flag = Field::Bool(!stays);
        let change = left.edit(A, |edit| edit.resolve(Map::Root, DELETED, Some(&flag))).unwrap().unwrap();
        right.apply(&change).unwrap();
        for document in [&left, &right] {
            assert_eq!(document.is_deleted(), !stays);
            assert_eq!(document.contests().unwrap(), Contests::default());
        }
    }
    for document in apart(DocKind::Well, &begin, delete, delete) {
        assert_eq!(document.contests().unwrap(), Contests::default(), "they agree");
    }
}

#[test]
fn typing_into_what_another_deletes_is_an_edit_and_what_follows_from_a_table_is_none() {
    let delete: Work<'_> = &|edit| edit.set_bool(Map::Root, DELETED, true);
    let nothing: Work<'_> = &|_edit| Ok(());
    let [chart, _] = apart(DocKind::Chart, nothing, delete, &|edit| edit.splice(LongText::Description, 0, 0, "why"));
    let removal = &chart.contests().unwrap().removals[0];
    assert_eq!(removal.edits[0].1.texts, BTreeSet::from([LongText::Description]));
    for key in ["grid/ab", "pyramid/ab", "lineage/ab"] {
        let [run, _] =
            apart(DocKind::Run, nothing, delete, &|edit| edit.set_bytes(Map::Renditions, key, Some(b"facts")));
        assert_eq!(run.contests().unwrap(), Contests::default(), "{key}");
    }
}

#[test]
fn an_item_that_one_removes_and_another_edits_comes_back_whole_or_goes() {
    let begin: Work<'_> = &|edit| {
        edit.set_text(Map::Items, "series/a/color", Some("red"))?;
        edit.set_text(Map::Items, "series/a/unit", Some("gAPI"))?;
        edit.set_text(Map::Items, "series/a/order", Some("5"))
    };
    let remove: Work<'_> = &|edit| {
        ["color", "unit", "order"]
            .into_iter()
            .try_for_each(|field| edit.set_text(Map::Items, &format!("series/a/{field}"), None))
    };
    // What it had, and what it had not.
    for edited in ["series/a/color", "series/a/width"] {
        for stays in [true, false] {
            let [mut left, mut right] = apart(DocKind::Chart, begin, remove, &set(Map::Items, edited, Some("new")));
            let contests = left.contests().unwrap();
            assert_eq!(contests.fields, []);
            let [removal] = contests.removals.as_slice() else { panic!("{contests:?}") };
            assert_eq!((removal.item.as_deref(), removal.edits.len()), (Some("series/a"), 1));
            let change = left.edit(A, |edit| {
                if stays {
                    removal.kept.iter().try_for_each(|(key, value)| edit.resolve(Map::Items, key, Some(value)))
                } else {
                    edit.resolve(Map::Items, edited, None)
                }
            });
            right.apply(&change.unwrap().unwrap()).unwrap();
            for document in [&left, &right] {
                assert_eq!(document.contests().unwrap(), Contests::default());
                let item = document.texts(Map::Items);
                if stays {
                    assert_eq!(item.get(edited).map(String::as_str), Some("new"));
                    assert_eq!(item.get("series/a/unit").map(String::as_str), Some("gAPI"));
                    assert_eq!(item.get("series/a/order").map(String::as_str), Some("5"));
                } else {
                    assert_eq!(item.len(), 0, "{item:?}");
                }
            }
        }
    }
}

#[test]
fn one_field_of_an_item_taken_away_is_no_removal() {
    let begin: Work<'_> = &|edit| {
        edit.set_text(Map::Items, "series/a/color", Some("red"))?;
        edit.set_text(Map::Items, "series/a/unit", Some("gAPI"))
    };
    let [left, _] = apart(
        DocKind::Chart,
        begin,
        &set(Map::Items, "series/a/color", None),
        &set(Map::Items, "series/a/color", Some("blue")),
    );
    let contests = left.contests().unwrap();
    assert_eq!((contests.fields.len(), contests.removals.len()), (1, 0));
}
