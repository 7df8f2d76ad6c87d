//! Charts as documents: what is read, what is written, and what concurrent edits come to.

use std::collections::BTreeMap;

use super::*;
use crate::document::{DELETED, Map, merge_text};
use crate::facts::DocKind;

const ONE: &str = "0000000000000001";
const TWO: &str = "0000000000000002";
const THREE: &str = "0000000000000003";

fn fields(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
}

fn values() -> BTreeMap<String, String> {
    fields(&[(KIND, "values"), ("source", "gamma_ray"), ("colour", "#00a000")])
}

/// Changes a chart as one actor; returns the change.
fn change(doc: &mut Document, actor: u8, work: impl FnOnce(&mut Sheet)) -> Option<Vec<u8>> {
    let before = Sheet::read(doc);
    let mut sheet = before.clone();
    work(&mut sheet);
    let mut changes = sheet.write(&before, doc, [actor; 16]).unwrap();
    assert!(changes.len() <= 1, "what is not very much is one change");
    changes.pop()
}

/// A chart with three series, and what made it.
fn chart() -> (Document, Vec<u8>) {
    let mut doc = Document::build(DocKind::Chart, []).unwrap();
    let made = change(&mut doc, 1, |sheet| {
        sheet.title = "Gamma".into();
        sheet.fields.insert(KIND.into(), "log_tracks".into());
        sheet.fields.insert("grid".into(), "true".into());
        for id in [ONE, TWO, THREE] {
            sheet.add(Part::Series, id, values(), &Place::Last).unwrap();
        }
    });
    (doc, made.unwrap())
}

fn order(doc: &Document) -> Vec<String> {
    ChartState::read(doc).series.into_iter().map(|series| series.id).collect()
}

/// Both documents after each has the other's changes, which must be the same.
fn meet(mut one: Document, mut other: Document, ones: &[Option<Vec<u8>>], others: &[Option<Vec<u8>>]) -> Document {
    ones.iter().flatten().for_each(|change| other.apply(change).unwrap());
    others.iter().flatten().for_each(|change| one.apply(change).unwrap());
    assert_eq!(Sheet::read(&one), Sheet::read(&other));
    one
}

#[test]
fn a_chart_reads_as_it_was_written() {
    let (mut doc, _) = chart();
    change(&mut doc, 1, |sheet| {
        sheet.tags.insert("shale".into());
        sheet.set(Part::Series, TWO, "left", Some("0.2".into())).unwrap();
        sheet.set(Part::Series, TWO, "scale", Some("log".into())).unwrap();
        sheet.set(Part::Series, TWO, "visible", Some("false".into())).unwrap();
    });
    let state = ChartState::read(&doc);
    assert_eq!((state.kind, &*state.title, state.look.grid), (ChartKind::LogTracks, "Gamma", Some(true)));
    assert_eq!(state.tags, ["shale"]);
    assert_eq!(order(&doc), [ONE, TWO, THREE]);
    let two = &state.series[1];
    assert_eq!((two.left, two.scale, two.visible), (Some(0.2), Some(Scale::Log), Some(false)));
    assert_eq!(two.source, Some(Source::Property("gamma_ray".into())));
    assert_eq!(doc.get_bool(Map::Items, &format!("series/{TWO}/visible")), Some(false), "flags are truth values");
    assert_eq!(change(&mut doc, 1, |_| ()), None, "nothing differs, nothing is written");
    let json = serde_json::to_value(&state).unwrap();
    assert_eq!(json["series"][1]["left"], 0.2);
    assert_eq!(serde_json::from_value::<ChartState>(json).unwrap(), state);
}

#[test]
fn what_is_malformed_reads_as_absent() {
    let (mut doc, _) = chart();
    let texts = [
        ("series/0000000000000001/left", "wide"),
        ("series/0000000000000001/colour", "red"),
        ("series/0000000000000001/from_later", "kept"),
        ("series/0000000000000009/colour", "#00a000"),
        ("series/nine/kind", "values"),
        ("sound/0000000000000001/kind", "values"),
        ("track/0000000000000001/kind", "loud"),
        ("series", "values"),
    ];
    doc.edit([2; 16], |edit| {
        texts.iter().try_for_each(|&(key, text)| edit.set_text(Map::Items, key, Some(text)))?;
        edit.set_text(Map::Root, "theme", Some("pink"))
    })
    .unwrap();
    let state = ChartState::read(&doc);
    assert_eq!(
        (order(&doc), state.tracks.len(), state.look.theme),
        (vec![ONE.into(), TWO.into(), THREE.into()], 0, None)
    );
    assert_eq!((state.series[0].left, state.series[0].colour.as_deref()), (None, None));
    let written = change(&mut doc, 2, |sheet| sheet.set(Part::Series, ONE, "left", Some("1".into())).unwrap());
    assert!(written.is_some());
    assert_eq!(doc.get_str(Map::Items, "series/0000000000000001/from_later").as_deref(), Some("kept"));
}

#[test]
fn items_beyond_the_bound_are_not_read() {
    let mut doc = Document::build(DocKind::Chart, []).unwrap();
    doc.edit([1; 16], |edit| {
        (0..20).try_for_each(|number| edit.set_text(Map::Items, &format!("axis/{number:016x}/kind"), Some("x")))
    })
    .unwrap();
    assert_eq!(ChartState::read(&doc).axes.len(), Part::Axis.most());
}

#[test]
fn who_removes_an_item_wins_over_who_changes_or_moves_it() {
    let (base, _) = chart();
    let (mut one, mut other) = (base.clone(), base);
    let removed = change(&mut one, 2, |sheet| drop(sheet.remove(Part::Series, TWO).unwrap()));
    let edited = change(&mut other, 3, |sheet| {
        sheet.set(Part::Series, TWO, "colour", Some("#ff0000".into())).unwrap();
        sheet.set(Part::Series, TWO, "line", Some("dash".into())).unwrap();
    });
    let moved = change(&mut other, 3, |sheet| sheet.move_to(Part::Series, TWO, &Place::First).unwrap());
    let mut doc = meet(one, other, &[removed], &[edited, moved]);
    assert_eq!(order(&doc), [ONE, THREE], "it does not half-exist");
    assert!(doc.get_str(Map::Items, &format!("series/{TWO}/colour")).is_some(), "what was written stays behind unread");
    let again = change(&mut doc, 2, |sheet| sheet.add(Part::Series, TWO, values(), &Place::Last).unwrap());
    assert!(again.is_some());
    assert_eq!(order(&doc), [ONE, THREE, TWO], "an undo brings it back");
}

#[test]
fn people_who_move_things_at_once_lose_and_double_none() {
    let ids: Vec<String> = (1..=12).map(|number| format!("{number:016x}")).collect();
    for seed in 0..60 {
        let mut rng = fastrand::Rng::with_seed(seed);
        let mut base = Document::build(DocKind::Chart, []).unwrap();
        change(&mut base, 1, |sheet| {
            ids.iter().for_each(|id| sheet.add(Part::Series, id, values(), &Place::Last).unwrap());
        });
        let (mut one, mut other) = (base.clone(), base);
        let (mut ones, mut others) = (Vec::new(), Vec::new());
        for _ in 0..6 {
            for (doc, actor, changes) in [(&mut one, 2, &mut ones), (&mut other, 3, &mut others)] {
                let (id, near) = (rng.choice(&ids).unwrap(), rng.choice(&ids).unwrap().clone());
                let place = match rng.u8(0..4) {
                    0 => Place::First,
                    1 => Place::Last,
                    2 => Place::Before(near),
                    _ => Place::After(near),
                };
                changes.push(change(doc, actor, |sheet| sheet.move_to(Part::Series, id, &place).unwrap()));
            }
        }
        let mut doc = meet(one, other, &ones, &others);
        let mut found = order(&doc);
        found.sort();
        assert_eq!(found, ids, "seed {seed}");
        // Also between items that got equal keys there is a place.
        let place = Place::Before(order(&doc)[6].clone());
        let moved = order(&doc)[0].clone();
        change(&mut doc, 2, |sheet| sheet.move_to(Part::Series, &moved, &place).unwrap());
        assert_eq!(order(&doc)[5], moved, "seed {seed}");
    }
}

#[test]
fn two_who_edit_different_things_keep_both() {
    let (base, _) = chart();
    let (mut one, mut other) = (base.clone(), base);
    let left = change(&mut one, 2, |sheet| {
        sheet.tags.insert("north".into());
        sheet.set(Part::Series, ONE, "colour", Some("#ff0000".into())).unwrap();
        sheet.description = "Ada's words. ".into();
    });
    let right = change(&mut other, 3, |sheet| {
        sheet.tags.insert("south".into());
        sheet.set(Part::Series, ONE, "line", Some("dot".into())).unwrap();
        sheet.description = "Bob's words. ".into();
    });
    let doc = meet(one, other, &[left], &[right]);
    let state = ChartState::read(&doc);
    assert_eq!(state.tags, ["north", "south"]);
    assert_eq!((state.series[0].colour.as_deref(), state.series[0].line), (Some("#ff0000"), Some(LineStyle::Dot)));
    assert!(state.description.contains("Ada's words. ") && state.description.contains("Bob's words. "));
    assert!(merge_text("", "x", "y").is_ok_and(|text| text.len() == 2));
}

#[test]
fn a_chart_as_large_as_may_be_takes_several_changes() {
    let before = Sheet::default();
    let mut sheet = before.clone();
    sheet.description = "d".repeat(MAX_DESCRIPTION_CHARS);
    let item = |number: usize| Item {
        id: format!("{number:016x}"),
        order: String::new(),
        fields: fields(&[(KIND, "marker"), ("text", &"t".repeat(200)), ("depth", "1203.5"), ("depth_unit", "m")]),
    };
    sheet.replace(Part::Annotation, (0..Part::Annotation.most()).map(item).collect());
    let mut doc = Document::build(DocKind::Chart, []).unwrap();
    let changes = sheet.write(&before, &mut doc, [1; 16]).unwrap();
    assert!(changes.len() > 1, "{}", changes.len());
    let built = Document::build(DocKind::Chart, changes.iter().map(Vec::as_slice)).unwrap();
    assert_eq!(ChartState::read(&built), ChartState::of(&sheet));
    let changes = before.write(&sheet, &mut doc, [1; 16]).unwrap();
    assert!(changes.len() > 1, "taking all of it away does too");
    assert_eq!(Sheet::read(&doc), before);
}

#[test]
fn a_list_is_replaced_by_few_changes() {
    let (mut doc, _) = chart();
    let before = Sheet::read(&doc);
    let key = |id: &str| before.item(Part::Series, id).unwrap().order.clone();
    change(&mut doc, 1, |sheet| {
        let item = |id: &str| Item { id: id.into(), order: String::new(), fields: values() };
        sheet.replace(Part::Series, vec![item(THREE), item(ONE), item(TWO)]);
    });
    assert_eq!(order(&doc), [THREE, ONE, TWO]);
    let now = Sheet::read(&doc);
    assert_eq!(now.item(Part::Series, ONE).unwrap().order, key(ONE), "what stays in order keeps its key");
    assert_eq!(now.item(Part::Series, TWO).unwrap().order, key(TWO));
    assert_ne!(now.item(Part::Series, THREE).unwrap().order, key(THREE));
}

#[test]
fn what_it_takes_values_from_is_told_with_the_well() {
    let (mut doc, _) = chart();
    let (own, other) = ("a".repeat(64), "b".repeat(64));
    change(&mut doc, 1, |sheet| {
        sheet.fields.insert("well".into(), own.clone());
        sheet.set(Part::Series, TWO, "well", Some(other.clone())).unwrap();
        sheet.set(Part::Series, TWO, "colour_by", Some("caliper".into())).unwrap();
        sheet.remove(Part::Series, THREE).unwrap();
        sheet.add(Part::Axis, ONE, fields(&[(KIND, "x"), ("source", "bulk_density")]), &Place::Last).unwrap();
    });
    let state = ChartState::read(&doc);
    let told: Vec<_> = state.sources().into_iter().map(|one| (one.field, one.source.to_string(), one.well)).collect();
    assert_eq!(
        told,
        [
            ("source", "bulk_density".to_owned(), Some(&*own)),
            ("source", "gamma_ray".to_owned(), Some(&*own)),
            ("source", "gamma_ray".to_owned(), Some(&*other)),
            ("colour_by", "caliper".to_owned(), Some(&*other)),
        ]
    );
}

#[test]
fn no_field_is_called_as_what_is_reserved() {
    for part in Part::ALL {
        let names: Vec<_> = part.fields().iter().map(|field| field.name).collect();
        assert_eq!((names[0], names.contains(&ORDER), names.contains(&"id")), (KIND, false, false));
        assert!(names.iter().all(|name| name.len() <= 32));
    }
    assert!(
        Look::FIELDS.iter().all(|field| ![DELETED, "title", "description", "tags", "schema"].contains(&field.name))
    );
}
