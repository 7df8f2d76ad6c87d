//! Charts and samples for the tests of this module.

use dataforge_protocol::document::chart::{ChartState, Sourced};

use super::layout::{Layout, LayoutOptions, Width, layout};
use super::scene::{Area, Band, Group, Item, Lines, Point, Text, What};
use super::window::Window;
use super::{Data, body};
use crate::api::{ChartCurve, ChartSource};
use crate::chart::template;
use crate::ingest::dictionary;
use crate::series::{Series, Trace};

/// Reads a chart of JSON whose items have ids.
pub(in crate::plot) fn chart(json: &str) -> ChartState {
    serde_json::from_str(json).unwrap()
}

/// A curve as the source of an item.
pub(in crate::plot) fn source(part: &str, item: &str, field: &str, source: &str, unit: &str) -> ChartSource {
    let property = dictionary::property(source).map(|property| property.id.to_owned());
    let curve = ChartCurve {
        run: "run".into(),
        ordinal: 1,
        label: source.to_uppercase(),
        column: source.into(),
        unit: unit.into(),
        property,
        blob: "blob".into(),
        held: true,
    };
    let (part, item, field) = (part.into(), item.into(), field.into());
    ChartSource { part, item, field, source: source.into(), well_id: None, curve: Some(curve) }
}

/// A template with a curve for each of its sources, in the canonical unit.
pub(in crate::plot) fn template_with_curves(name: &str) -> (ChartState, Vec<ChartSource>) {
    let chart = template(name).unwrap().state();
    let of = |one: Sourced<'_>| {
        let property = one.source.to_string();
        let unit = dictionary::property(&property).unwrap().canonical_unit;
        source(one.part.as_str(), one.id, one.field, &property, unit)
    };
    let sources = chart.sources().into_iter().map(of).collect();
    (chart, sources)
}

/// One track of 100 points from 0 to 100, with a gamma ray `s` and what else is in the series.
pub(in crate::plot) fn one_track(series: &str, more: &str) -> (ChartState, Vec<ChartSource>) {
    let text = format!(
        r#"{{"kind": "log_tracks", "grid": false, "axes": [{{"id": "d", "kind": "depth", "unit": "m"}}],
            "tracks": [{{"id": "t", "kind": "curves", "left": 0, "right": 100}}],
            "series": [{{"id": "s", "kind": "values", "track": "t", "source": "gamma_ray", "unit": "gAPI", "left": 0,
                         "right": 100{series}}},
                       {{"id": "o", "kind": "values", "track": "t", "source": "spontaneous_potential", "unit": "mV",
                         "left": 0, "right": 100}}]{more}}}"#
    );
    let sources = vec![
        source("series", "s", "source", "gamma_ray", "gAPI"),
        source("series", "o", "source", "spontaneous_potential", "mV"),
    ];
    (chart(&text), sources)
}

/// Lays it out 100 points wide.
pub(in crate::plot) fn laid((chart, sources): &(ChartState, Vec<ChartSource>)) -> Layout {
    layout(chart, sources, &LayoutOptions { width: Width::Points(100.0), ..LayoutOptions::default() })
}

/// Samples at equal distances.
pub(in crate::plot) fn trace(from: f64, step: f64, values: &[f64]) -> Trace {
    let index: Vec<f64> = (0..values.len()).map(|at| (at as f64).mul_add(step, from)).collect();
    Trace::Samples(Series::new(&index, values).unwrap())
}

/// Draws the series `s`, and `o` when it is given.
pub(in crate::plot) fn drawn(layout: &Layout, window: &Window, s: &Trace, o: Option<&Trace>) -> Group {
    let mut data = Data::default();
    data.add("s", s, 1.0);
    if let Some(o) = o {
        data.add("o", o, 1.0);
    }
    body::draw(layout, window, &data)
}

/// The shapes of all groups that stand for something.
fn items<'a>(group: &'a Group, what: &What) -> Vec<&'a Item> {
    group.groups().into_iter().filter(|group| group.what == *what).flat_map(|group| &group.items).collect()
}

fn series(id: &str) -> What {
    What::Series(id.into())
}

pub(in crate::plot) fn bands<'a>(group: &'a Group, id: &str) -> Vec<&'a Band> {
    let found = items(group, &series(id)).into_iter();
    found.filter_map(|item| if let Item::Band(band) = item { Some(band) } else { None }).collect()
}

pub(in crate::plot) fn polylines<'a>(group: &'a Group, id: &str) -> Vec<&'a [Point]> {
    let found = items(group, &series(id)).into_iter();
    found.filter_map(|item| if let Item::Polyline { points, .. } = item { Some(&points[..]) } else { None }).collect()
}

pub(in crate::plot) fn lines_of<'a>(group: &'a Group, what: &What) -> Vec<&'a Lines> {
    let found = items(group, what).into_iter();
    found.filter_map(|item| if let Item::Lines(lines) = item { Some(lines) } else { None }).collect()
}

pub(in crate::plot) fn areas<'a>(group: &'a Group, id: &str) -> Vec<&'a Area> {
    let found = items(group, &What::Fill(id.into())).into_iter();
    found.filter_map(|item| if let Item::Area(area) = item { Some(area) } else { None }).collect()
}

/// All texts of a group and those in it.
pub(in crate::plot) fn texts(group: &Group) -> Vec<&Text> {
    let all = group.groups().into_iter().flat_map(|group| &group.items);
    all.filter_map(|item| if let Item::Text(text) = item { Some(text) } else { None }).collect()
}
