//! Claims about curves, against the samples themselves.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::super::fixture::{bands, chart, drawn, laid, lines_of, one_track, polylines, source, trace};
use super::super::scene::{Group, SOLID, What};
use super::super::window::Window;
use super::usual_range;
use crate::series::Trace;

fn window(from: f64, to: f64) -> Window {
    Window::showing(from, to, 100.0, 1.0).unwrap()
}

/// The spans of all rows by their numbers in the view, as drawn.
fn spans(group: &Group, window: &Window) -> BTreeMap<usize, (f32, f32)> {
    let view = window.rows(1.0, 0.0).unwrap();
    let mut found = BTreeMap::new();
    for band in bands(group, "s") {
        for (number, span) in band.spans.iter().enumerate() {
            found.insert(view.row_of(window.depth(band.middle(number))).unwrap(), *span);
        }
    }
    found
}

fn value() -> impl Strategy<Value = f64> {
    prop_oneof![8 => 0.0f64..100.0, 1 => Just(f64::NAN)]
}

proptest! {
    #[test]
    fn what_is_drawn_of_a_row_is_its_minimum_and_maximum(values in prop::collection::vec(value(), 400..900), from in 0.0f64..3.0) {
        // Four samples to a row.
        let samples = trace(0.0, 0.25, &values);
        let window = window(from, from + 100.0);
        let group = drawn(&laid(&one_track("", "")), &window, &samples, None);
        let view = window.rows(1.0, 0.0).unwrap();
        let drawn = spans(&group, &window);
        let Trace::Samples(series) = &samples else { unreachable!() };
        for row in 0..view.rows() {
            let within = series.index().iter().zip(series.values().iter());
            let within = within.filter(|(at, _)| view.edge(row) <= **at && **at < view.edge(row + 1));
            let known = within.map(|(_, value)| *value).filter(|value| !value.is_nan());
            let wanted = known.fold(None, |found: Option<(f64, f64)>, value| {
                Some(found.map_or((value, value), |(low, high)| (low.min(value), high.max(value))))
            });
            match (wanted, drawn.get(&row)) {
                (None, None) => {}
                (Some((low, high)), Some((left, right))) => {
                    prop_assert!((low - f64::from(*left)).abs() < 1e-3 && (high - f64::from(*right)).abs() < 1e-3);
                }
                other => return Err(TestCaseError::fail(format!("row {row}: {other:?}"))),
            }
        }
    }

    #[test]
    fn nothing_is_drawn_over_a_gap(values in prop::collection::vec(value(), 400..900)) {
        let samples = trace(0.0, 0.25, &values);
        let window = window(0.0, 100.0);
        let group = drawn(&laid(&one_track("", "")), &window, &samples, None);
        let Trace::Samples(series) = &samples else { unreachable!() };
        // Whether the last sample above a depth and the first below it both have values.
        let is_joined = |depth: f64| {
            let after = series.index().partition_point(|at| *at < depth - 1e-6);
            let has = |at: usize| series.values().get(at).is_some_and(|value| !value.is_nan());
            has(after) && after.checked_sub(1).is_some_and(has)
        };
        for band in bands(&group, "s") {
            for row in 1..band.spans.len() {
                let edge = window.depth((row as f32).mul_add(band.row, band.top));
                prop_assert!(is_joined(edge.round()), "rows meet over a gap at {edge}");
            }
        }
    }
}

#[test]
fn few_samples_are_drawn_as_they_are_and_one_between_gaps_is_a_dot() {
    let samples = trace(0.0, 10.0, &[10.0, f64::NAN, 20.0, f64::NAN, 30.0, 40.0, 50.0]);
    let group = drawn(&laid(&one_track("", "")), &window(0.0, 100.0), &samples, None);
    let lines = polylines(&group, "s");
    assert_eq!(lines.len(), 1);
    let places: Vec<_> = lines[0].iter().map(|point| (point.x.round(), point.y.round())).collect();
    assert_eq!(places, [(30.0, 40.0), (40.0, 50.0), (50.0, 60.0)]);
    let dots = lines_of(&group, &What::Series("s".into()));
    let places: Vec<_> = dots[0].ends.iter().map(|(from, to)| (from.x, from.y, from == to)).collect();
    assert_eq!(places, [(10.0, 0.0, true), (20.0, 20.0, true)]);
}

#[test]
fn values_hold_until_the_next_where_the_chart_says_so() {
    let samples = trace(0.0, 10.0, &[10.0, 20.0, 20.0]);
    // A gamma ray measures something, so it is a line and no codes.
    let chart = one_track(r#", "steps": true"#, "");
    let group = drawn(&laid(&chart), &window(0.0, 100.0), &samples, None);
    let places: Vec<_> = polylines(&group, "s")[0].iter().map(|point| (point.x, point.y)).collect();
    assert_eq!(places, [(10.0, 0.0), (10.0, 10.0), (20.0, 10.0), (20.0, 20.0), (20.0, 20.0)]);
}

#[test]
fn what_leaves_the_track_comes_in_again_as_often_as_the_chart_says() {
    let samples = trace(0.0, 10.0, &[150.0, 150.0]);
    let places = |more: &str| {
        let group = drawn(&laid(&one_track(more, "")), &window(0.0, 100.0), &samples, None);
        polylines(&group, "s").iter().map(|line| line[0].x).collect::<Vec<_>>()
    };
    assert_eq!(places(""), [150.0], "it is cut off by the clip");
    assert_eq!(places(r#", "wrap": 1"#), [150.0, 50.0]);
    let below = trace(0.0, 10.0, &[-30.0, -30.0]);
    let group = drawn(&laid(&one_track(r#", "wrap": 1"#, "")), &window(0.0, 100.0), &below, None);
    let found: Vec<_> = polylines(&group, "s").iter().map(|line| line[0].x.round()).collect();
    assert_eq!(found, [70.0, -30.0], "from the other side");
}

#[test]
fn a_logarithmic_scale_has_gaps_where_values_are_not_above_0() {
    let samples = trace(0.0, 10.0, &[1.0, 10.0, 0.0, 100.0, 10.0, -5.0, 1.0]);
    let json = r#"{"kind": "log_tracks", "axes": [{"id": "d", "kind": "depth", "unit": "m"}],
                   "tracks": [{"id": "t", "kind": "curves"}],
                   "series": [{"id": "s", "kind": "values", "track": "t", "source": "gamma_ray", "unit": "gAPI",
                               "left": 1, "right": 100, "scale": "log"}]}"#;
    let chart = (chart(json), vec![source("series", "s", "source", "gamma_ray", "gAPI")]);
    let group = drawn(&laid(&chart), &window(0.0, 100.0), &samples, None);
    let lines: Vec<Vec<f32>> = polylines(&group, "s").iter().map(|line| line.iter().map(|at| at.x).collect()).collect();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!((lines[0][1] - 50.0).abs() < 1e-3 && (lines[1][0] - 100.0).abs() < 1e-3, "{lines:?}");
    // With many samples to a row those that are there still show: 4 samples a row, one of them 0.
    let values: Vec<f64> = (0..400).map(|at| if at % 4 == 0 { 0.0 } else { 10.0 }).collect();
    let window = window(0.0, 100.0);
    let group = drawn(&laid(&chart), &window, &trace(0.0, 0.25, &values), None);
    let rows = spans(&group, &window);
    assert_eq!(rows.len(), 100);
    assert!(rows.values().all(|(left, right)| (left - 50.0).abs() < 1e-3 && (right - 50.0).abs() < 1e-3));
}

#[test]
fn what_is_drawn_does_not_change_while_the_view_moves() {
    let values: Vec<f64> = (0..2000).map(|at| f64::from(at * 7919 % 100)).collect();
    let samples = trace(0.0, 0.1, &values);
    let layout = laid(&one_track("", ""));
    let by_depth = |from: f64| -> BTreeMap<i64, (f32, f32)> {
        let window = window(from, from + 100.0);
        let view = window.rows(1.0, 0.0).unwrap();
        let group = drawn(&layout, &window, &samples, None);
        spans(&group, &window).into_iter().map(|(row, span)| (view.edge(row).round() as i64, span)).collect()
    };
    let (one, other) = (by_depth(10.0), by_depth(13.37));
    let both: Vec<_> = one.keys().filter(|depth| other.contains_key(depth)).collect();
    assert!(both.len() > 90);
    assert!(both.into_iter().all(|depth| one[depth] == other[depth]));
}

#[test]
fn rows_that_a_dash_leaves_out_are_faint_and_still_there() {
    let values: Vec<f64> = (0..400).map(|at| f64::from(at % 50)).collect();
    let window = window(0.0, 100.0);
    let group = drawn(&laid(&one_track(r#", "line": "longdash""#, "")), &window, &trace(0.0, 0.25, &values), None);
    let bands = bands(&group, "s");
    assert!(bands.iter().any(|band| band.faint) && bands.iter().any(|band| !band.faint));
    assert_eq!(spans(&group, &window).len(), 100, "no row is hidden");
    let solid = drawn(&laid(&one_track("", "")), &window, &trace(0.0, 0.25, &values), None);
    let all = super::super::fixture::bands(&solid, "s");
    assert!(all.iter().all(|band| !band.faint && band.stroke.dash == SOLID));
}

#[test]
fn an_axis_that_grows_upwards_turns_everything_round() {
    let values: Vec<f64> = (0..400).map(|at| if at < 200 { 10.0 } else { 90.0 }).collect();
    let upright = window(0.0, 100.0);
    let turned = Window { reversed: true, ..upright };
    let layout = laid(&one_track("", ""));
    let group = drawn(&layout, &turned, &trace(0.0, 0.25, &values), None);
    for band in bands(&group, "s") {
        for (row, span) in band.spans.iter().enumerate() {
            let wanted = if turned.depth(band.middle(row)) < 50.0 { 10.0 } else { 90.0 };
            assert!(
                (span.0 - wanted).abs() < 1e-3 && (span.1 - wanted).abs() < 1e-3,
                "{span:?} at {}",
                band.middle(row)
            );
        }
    }
}

#[test]
fn the_usual_range_leaves_out_the_outermost() {
    let mut values: Vec<f64> = (0..1000).map(f64::from).collect();
    values[500] = 1e6;
    values[501] = f64::NAN;
    let (low, high) = usual_range(&trace(0.0, 1.0, &values)).unwrap();
    assert!((5.0..20.0).contains(&low) && (980.0..1000.0).contains(&high), "{low} {high}");
    assert_eq!(usual_range(&trace(0.0, 1.0, &[f64::NAN])), None);
    assert_eq!(usual_range(&trace(0.0, 1.0, &[3.0])), Some((3.0, 3.0)));
}
