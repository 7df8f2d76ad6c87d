//! Claims about crossplots, histograms and lines.

use super::super::data::Data;
use super::super::fixture::{chart, polylines, source, texts, trace};
use super::super::layout::LayoutOptions;
use super::super::scene::{Group, Item, Point, Rect, What};
use super::*;

const RECT: Rect = Rect::new(0.0, 0.0, 300.0, 300.0);

fn series_group(plot: &XyPlot) -> &Group {
    plot.group.groups().into_iter().find(|group| matches!(group.what, What::Series(_))).unwrap()
}

fn points(plot: &XyPlot) -> Vec<Point> {
    let marks = |item: &Item| if let Item::Marks(marks) = item { marks.points.clone() } else { Vec::new() };
    series_group(plot).items.iter().flat_map(marks).collect()
}

const CROSSPLOT: &str = r#"{"kind": "crossplot",
    "axes": [{"id": "x", "kind": "x", "source": "neutron_porosity", "unit": "v/v", "from": 0, "to": 0.5},
             {"id": "y", "kind": "y", "source": "bulk_density", "unit": "g/cm3", "from": 2, "to": 3, "reversed": true}],
    "series": [{"id": "p", "kind": "points"}],
    "annotations": [{"id": "a", "kind": "line", "text": "Limestone", "x": 0, "x_to": 0.5, "y": 2.71, "y_to": 2.0}]}"#;

fn sources() -> Vec<ChartSource> {
    vec![source("axis", "x", "source", "neutron_porosity", "%"), source("axis", "y", "source", "bulk_density", "K/M3")]
}

#[test]
fn a_point_stands_where_both_values_are() {
    // In the units of the files: 25 % is the middle of x, 2250 kg/m3 a quarter down a reversed y.
    let x = trace(0.0, 1.0, &[25.0, f64::NAN, 50.0]);
    let y = trace(0.0, 1.0, &[2250.0, 2250.0, 2250.0]);
    let mut data = Data::default();
    data.add("x", &x, 1.0);
    data.add("y", &y, 1.0);
    let plot = draw(&chart(CROSSPLOT), &sources(), &LayoutOptions::default(), &data, &RECT);
    let inner = series_group(&plot).bounds;
    let found = points(&plot);
    assert_eq!(found.len(), 2, "a pair needs both values: {found:?}");
    assert!((found[0].x - f32::midpoint(inner.left, inner.right)).abs() < 0.01);
    assert!((found[0].y - (inner.height() * 0.25 + inner.top)).abs() < 0.01, "it is turned round");
    let words: Vec<&str> = texts(&plot.group).into_iter().map(|text| text.text.as_str()).collect();
    assert!(words.contains(&"Limestone") && words.iter().any(|words| words.contains("g/cm³")), "{words:?}");
}

#[test]
fn of_runs_with_other_steps_the_value_between_samples_counts() {
    let x = trace(0.5, 1.0, &[10.0, 10.0]);
    let y = trace(0.0, 1.0, &[2000.0, 3000.0, f64::NAN]);
    let mut data = Data::default();
    data.add("x", &x, 1.0);
    data.add("y", &y, 1.0);
    let plot = draw(&chart(CROSSPLOT), &sources(), &LayoutOptions::default(), &data, &RECT);
    let inner = series_group(&plot).bounds;
    let found = points(&plot);
    assert_eq!(found.len(), 1, "nothing between a value and a gap");
    assert!((found[0].y - f32::midpoint(inner.top, inner.bottom)).abs() < 0.01);
}

#[test]
fn axes_without_a_curve_are_told() {
    let mut sources = sources();
    sources[0].curve = None;
    let plot = draw(&chart(CROSSPLOT), &sources, &LayoutOptions::default(), &Data::default(), &RECT);
    assert_eq!(plot.left_out.len(), 2);
    assert!(plot.left_out[0].contains("no such curve") && plot.left_out[1].contains("not here"), "{:?}", plot.left_out);
}

#[test]
fn bins_count_every_value_once_and_tell_what_lies_outside() {
    let json = r#"{"kind": "histogram",
        "axes": [{"id": "x", "kind": "x", "source": "gamma_ray", "unit": "gAPI", "from": 0, "to": 100, "bins": 4}],
        "series": [{"id": "s", "kind": "values", "source": "gamma_ray", "label": "GR"}]}"#;
    let values = trace(0.0, 1.0, &[0.0, 10.0, 25.0, 30.0, 99.0, 100.0, 101.0, -1.0, f64::NAN]);
    let mut data = Data::default();
    data.add("s", &values, 1.0);
    let sources =
        vec![source("axis", "x", "source", "gamma_ray", "gAPI"), source("series", "s", "source", "gamma_ray", "gAPI")];
    let plot = draw(&chart(json), &sources, &LayoutOptions::default(), &data, &RECT);
    let bars: Vec<Rect> = series_group(&plot)
        .items
        .iter()
        .filter_map(|item| if let Item::Rect { rect, .. } = item { Some(*rect) } else { None })
        .collect();
    // Two, two, none, two: what is at the upper end is in the last bin.
    assert_eq!(bars.len(), 3);
    assert!(bars.iter().all(|bar| (bar.height() - bars[0].height()).abs() < 0.01), "{bars:?}");
    let width = series_group(&plot).bounds.width() / 4.0;
    assert!((bars[2].left - bars[1].left - 2.0 * width).abs() < 0.01, "the third bin is empty");
    assert_eq!(plot.left_out, ["GR: 2 values lie outside of the axis"]);
}

#[test]
fn a_line_runs_to_the_right_and_not_over_gaps() {
    let json = r#"{"kind": "line", "axes": [{"id": "d", "kind": "depth", "unit": "m", "from": 0, "to": 100},
                                            {"id": "y", "kind": "y", "from": 0, "to": 10}],
                   "series": [{"id": "s", "kind": "values", "source": "gamma_ray", "unit": "gAPI"}]}"#;
    let values = trace(0.0, 20.0, &[0.0, 10.0, f64::NAN, 5.0, 5.0, 5.0]);
    let mut data = Data::default();
    data.add("s", &values, 1.0);
    let sources = vec![source("series", "s", "source", "gamma_ray", "gAPI")];
    let plot = draw(&chart(json), &sources, &LayoutOptions::default(), &data, &RECT);
    let inner = series_group(&plot).bounds;
    let lines = polylines(&plot.group, "s");
    assert_eq!(lines.len(), 2);
    let x = |share: f32| inner.width() * share + inner.left;
    assert!((lines[0][0].x - x(0.0)).abs() < 0.01 && (lines[0][0].y - inner.bottom).abs() < 0.01);
    assert!(
        (lines[0].last().unwrap().x - x(0.2)).abs() < 0.01 && (lines[0].last().unwrap().y - inner.top).abs() < 0.01
    );
    assert!((lines[1][0].x - x(0.6)).abs() < 0.01 && (lines[1].last().unwrap().x - x(1.0)).abs() < 0.01);
}
