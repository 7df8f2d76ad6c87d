//! Findings and their places.

use dataforge_protocol::document::chart::{Item, Sheet};
use dataforge_protocol::id::DocId;

use super::*;

const TRACK: &str = "0000000000000001";
const GR: &str = "0000000000000002";
const RES: &str = "0000000000000003";
const OTHER: &str = "0000000000000004";
const WELL: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

struct Field;

impl Known for Field {
    fn curve(&self, curve: &CurveId) -> Option<Meaning> {
        let meaning = |unit: &str, property: Option<&str>| Meaning {
            unit: unit.to_owned(),
            property: property.map(ToOwned::to_owned),
        };
        match (curve.run == DocId([1; 32]), curve.ordinal) {
            (true, 1) => Some(meaning("GAPI", Some("gamma_ray"))),
            (true, 2) => Some(meaning("us/ft", None)),
            _ => None,
        }
    }

    fn has_well(&self, id: &str) -> bool {
        id == WELL
    }

    fn has_project(&self, _: &str) -> bool {
        false
    }
}

fn item(id: &str, fields: &[(&str, &str)]) -> Item {
    let fields = fields.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    Item { id: id.to_owned(), order: String::new(), fields }
}

/// A log with a track and two series.
fn log() -> Sheet {
    let mut sheet = Sheet::default();
    sheet.fields.insert("kind".into(), "log_tracks".into());
    sheet.replace(Part::Axis, vec![item(OTHER, &[("kind", "depth"), ("unit", "m")])]);
    sheet.replace(Part::Track, vec![item(TRACK, &[("kind", "curves")]), item(OTHER, &[("kind", "depth")])]);
    sheet.replace(
        Part::Series,
        vec![
            item(GR, &[("kind", "values"), ("track", TRACK), ("source", "gamma_ray"), ("unit", "gAPI")]),
            item(RES, &[("kind", "values"), ("track", TRACK), ("source", "resistivity_deep"), ("scale", "log")]),
        ],
    );
    sheet
}

fn crossplot() -> Sheet {
    let mut sheet = Sheet::default();
    sheet.fields.insert("kind".into(), "crossplot".into());
    let axis = |id, kind, source| item(id, &[("kind", kind), ("source", source)]);
    sheet.replace(Part::Axis, vec![axis(GR, "x", "neutron_porosity"), axis(RES, "y", "bulk_density")]);
    sheet.replace(Part::Series, vec![item(GR, &[("kind", "points")])]);
    sheet
}

fn found(sheet: &Sheet) -> Vec<String> {
    check(&ChartState::of(sheet), &Field).iter().map(ToString::to_string).collect()
}

/// What is found when an item has other fields.
fn with(mut sheet: Sheet, part: Part, id: &str, fields: &[(&str, &str)]) -> Vec<String> {
    assert_eq!(found(&sheet), [""; 0]);
    if sheet.item(part, id).is_err() {
        let mut items = sheet.items(part).to_vec();
        items.push(item(id, &[]));
        sheet.replace(part, items);
    }
    for (name, text) in fields {
        sheet.set(part, id, name, (!text.is_empty()).then(|| (*text).to_owned())).unwrap();
    }
    found(&sheet)
}

fn assert_one(found: &[String], at: &str, told: &str) {
    assert!(found.len() == 1 && found[0].starts_with(&format!("{at}: ")) && found[0].contains(told), "{at}: {found:?}");
}

#[test]
fn scales_and_units_that_cannot_be_drawn_are_found() {
    let run = DocId([1; 32]);
    let (gamma, sonic) = (format!("{run}:1"), format!("{run}:2"));
    for (id, fields, at, told) in [
        (RES, &[("left", "0"), ("right", "2000")][..], "left", "logarithmic scale has no 0"),
        (RES, &[("left", "2"), ("right", "2")], "right", "both limits are 2"),
        (GR, &[("unit", "ohm.m")], "unit", "no unit of radioactivity api"),
        (GR, &[("source", &*gamma), ("unit", "m")], "unit", "no unit of radioactivity api"),
        (GR, &[("source", &*sonic), ("unit", "gAPI")], "unit", "no unit of slowness"),
        (GR, &[("source", "gama_ray"), ("unit", "")], "source", "no property"),
        (GR, &[("source", "")], "source", "missing"),
        (GR, &[("shift", "1"), ("shift_unit", "s")], "shift_unit", "no unit of length"),
        (GR, &[("track", OTHER)], "track", "track of depths"),
        (GR, &[("track", RES)], "track", "there is no track"),
        (GR, &[("track", "")], "track", "missing"),
        (GR, &[("kind", "points"), ("source", "")], "kind", ""),
    ] {
        let found = with(log(), Part::Series, id, fields);
        let place = format!("series/{id}/{at}");
        if told.is_empty() {
            assert!(found.iter().all(|one| one.starts_with(&place)) && !found.is_empty(), "{found:?}");
        } else {
            assert_one(&found, &place, told);
        }
    }
    let found = with(log(), Part::Track, TRACK, &[("scale", "log"), ("left", "-1"), ("right", "10")]);
    assert!(found.iter().any(|one| one.starts_with(&format!("track/{TRACK}/left: "))), "{found:?}");
    assert!(
        found.iter().any(|one| one.starts_with(&format!("series/{GR}/left: "))),
        "it counts for its series: {found:?}"
    );
}

#[test]
fn a_curve_or_well_that_is_gone_is_told_apart() {
    let mut sheet = log();
    sheet.fields.insert("well".into(), "b".repeat(64));
    sheet.set(Part::Series, GR, "source", Some(format!("{}:9", DocId([1; 32])))).unwrap();
    sheet.set(Part::Series, RES, "well", Some("c".repeat(64))).unwrap();
    let found = check(&ChartState::of(&sheet), &Field);
    let at: Vec<_> = found.iter().map(|one| (one.at.clone(), one.gone)).collect();
    let place = |id: &str, field: &str| format!("series/{id}/{field}");
    assert_eq!(at, [("well".into(), true), (place(GR, "source"), true), (place(RES, "well"), true)]);
}

#[test]
fn fills_end_somewhere_and_name_what_is_there() {
    let yellow = ("colour_left", "#ffe040");
    let fill = "0000000000000009";
    for (fields, at, told) in [
        (&[("kind", "between"), ("series", GR), ("other", OTHER), yellow][..], "other", "there is no series"),
        (&[("kind", "between"), ("series", GR), yellow], "other", "missing"),
        (&[("kind", "limit"), ("series", OTHER), ("limit", "75"), yellow], "series", "there is no series"),
        (&[("kind", "limit"), ("series", GR), yellow], "limit", "missing"),
        (&[("kind", "limit"), ("series", RES), ("limit", "0"), yellow], "limit", "logarithmic"),
        (&[("kind", "left"), ("series", GR)], "colour_left", "shows nothing"),
        (&[("kind", "left"), yellow], "series", "missing"),
        (&[("kind", "left"), ("series", GR), ("when", OTHER), yellow], "when", "there is no series"),
        (&[("kind", "left"), ("series", GR), ("above", "2"), ("below", "1"), yellow], "below", "nothing is above"),
    ] {
        assert_one(&with(log(), Part::Fill, fill, fields), &format!("fill/{fill}/{at}"), told);
    }
    assert_eq!(with(log(), Part::Fill, fill, &[("kind", "between"), ("series", GR), ("other", RES), yellow]), [""; 0]);
}

#[test]
fn annotations_stand_somewhere_in_units_of_their_kind() {
    let id = "0000000000000009";
    for (sheet, fields, at, told) in [
        (log(), &[("kind", "marker"), ("text", "Top")][..], "depth", "no position"),
        (log(), &[("kind", "marker"), ("depth", "10"), ("depth_unit", "gAPI")], "depth_unit", "no unit of length"),
        (log(), &[("kind", "marker"), ("depth", "10"), ("depth_to", "20")], "depth_to", "one position"),
        (log(), &[("kind", "region"), ("depth", "10")], "depth_to", "a region has an end"),
        (log(), &[("kind", "region"), ("depth", "10"), ("depth_to", "5")], "depth_to", "ends beyond"),
        (log(), &[("kind", "line"), ("depth_to", "5"), ("x", "1")], "depth", "missing"),
        (log(), &[("kind", "line"), ("depth", "5"), ("track", GR)], "track", "there is no track"),
        (
            log(),
            &[("kind", "marker"), ("depth", "5"), ("series", GR), ("x", "1"), ("x_unit", "m")],
            "x_unit",
            "radioactivity",
        ),
        (
            crossplot(),
            &[("kind", "marker"), ("x", "0.1"), ("x_unit", "g/cm3"), ("y", "2")],
            "x_unit",
            "no unit of fraction",
        ),
        (
            crossplot(),
            &[("kind", "marker"), ("x", "0.1"), ("y", "2"), ("y_unit", "gAPI")],
            "y_unit",
            "no unit of density",
        ),
        (crossplot(), &[("kind", "marker"), ("depth", "10")], "depth", "no depths"),
    ] {
        assert_one(&with(sheet, Part::Annotation, id, fields), &format!("annotation/{id}/{at}"), told);
    }
    let good = [("kind", "region"), ("depth", "10"), ("depth_to", "20"), ("depth_unit", "ft"), ("datum", "KB")];
    assert_eq!(with(log(), Part::Annotation, id, &good), [""; 0]);
}

#[test]
fn axes_fit_their_chart() {
    for (sheet, id, fields, at, told) in [
        (log(), OTHER, &[("unit", "s")][..], "unit", "no unit of length"),
        (log(), OTHER, &[("from", "10"), ("to", "5")], "to", "ends before it begins"),
        (log(), OTHER, &[("source", "gamma_ray")], "source", "no source"),
        (log(), OTHER, &[("domain", "time"), ("unit", "s"), ("datum", "KB")], "datum", "only depths"),
        (log(), OTHER, &[("survey", WELL)], "survey", "only vertical depths"),
        (crossplot(), GR, &[("unit", "m")], "unit", "no unit of fraction"),
        (crossplot(), GR, &[("scale", "log"), ("from", "0")], "from", "logarithmic"),
        (crossplot(), GR, &[("domain", "md")], "domain", "only a depth axis"),
    ] {
        assert_one(&with(sheet, Part::Axis, id, fields), &format!("axis/{id}/{at}"), told);
    }
    let found = with(crossplot(), Part::Axis, GR, &[("source", "")]);
    assert_one(&found, &format!("series/{GR}/kind"), "an x axis with a source");
    let mut sheet = log();
    sheet.fields.insert("template".into(), "true".into());
    sheet.fields.insert("well".into(), WELL.into());
    assert_eq!(found_at(&sheet), ["well"]);
}

fn found_at(sheet: &Sheet) -> Vec<String> {
    check(&ChartState::of(sheet), &Field).into_iter().map(|problem| problem.at).collect()
}
