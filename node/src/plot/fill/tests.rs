//! Claims about fills.

use super::super::fixture::{areas, drawn, laid, one_track, trace};
use super::super::scene::{Area, Colour};
use super::super::window::Window;

const LIMIT: &str = r##", "fills": [{"id": "f", "kind": "limit", "series": "s", "limit": 50, "opacity": 1,
                     "colour_left": "#0000ff", "colour_right": "#ff0000"}]"##;

fn window() -> Window {
    Window::showing(0.0, 100.0, 100.0, 1.0).unwrap()
}

fn fill(more: &str, s: &[f64], o: Option<&[f64]>, step: f64) -> Vec<Area> {
    let layout = laid(&one_track("", more));
    assert!(layout.left_out.is_empty(), "{:?}", layout.left_out);
    let (s, o) = (trace(0.0, step, s), o.map(|o| trace(0.0, step, o)));
    let group = drawn(&layout, &window(), &s, o.as_ref());
    areas(&group, "f").into_iter().cloned().collect()
}

fn of(areas: &[Area], colour: Colour) -> Vec<&Area> {
    areas.iter().filter(|area| area.fill == colour).collect()
}

const BLUE: Colour = Colour::rgb(0, 0, 255);
const RED: Colour = Colour::rgb(255, 0, 0);

fn near(one: f32, other: f32) -> bool {
    (one - other).abs() < 1e-3
}

#[test]
fn a_fill_changes_its_side_exactly_where_the_line_crosses_the_limit() {
    // From 0 at the top to 100 at the bottom: it crosses at a half.
    let found = fill(LIMIT, &[0.0, 100.0], None, 100.0);
    let (left, right) = (of(&found, BLUE), of(&found, RED));
    assert_eq!((left.len(), right.len(), found.len()), (1, 1, 2), "{found:?}");
    let levels = |area: &Area| (area.levels[0], *area.levels.last().unwrap());
    assert!(near(levels(left[0]).0, 0.0) && near(levels(left[0]).1, 50.0), "{left:?}");
    assert!(near(levels(right[0]).0, 50.0) && near(levels(right[0]).1, 100.0), "{right:?}");
    assert!(near(left[0].left[0], 0.0) && near(left[0].right[0], 50.0));
    assert!(near(*right[0].right.last().unwrap(), 100.0) && near(*right[0].left.last().unwrap(), 50.0));
}

#[test]
fn between_two_curves_each_side_has_its_colour() {
    let between = r##", "fills": [{"id": "f", "kind": "between", "series": "s", "other": "o", "opacity": 1,
                      "colour_left": "#0000ff", "colour_right": "#ff0000"}]"##;
    let found = fill(between, &[20.0, 80.0], Some(&[60.0, 60.0]), 90.0);
    // s reaches 60 at two thirds of 90.
    let (left, right) = (of(&found, BLUE), of(&found, RED));
    assert!(near(*left[0].levels.last().unwrap(), 60.0) && near(right[0].levels[0], 60.0), "{found:?}");
    assert!(near(left[0].left[0], 20.0) && near(left[0].right[0], 60.0));
    assert!(near(*right[0].right.last().unwrap(), 80.0));
}

#[test]
fn a_side_without_colour_has_no_fill_and_edges_are_those_of_the_track() {
    let to_left =
        r##", "fills": [{"id": "f", "kind": "left", "series": "s", "colour_right": "#ff0000", "opacity": 1}]"##;
    let found = fill(to_left, &[30.0, 30.0], None, 50.0);
    assert_eq!(found.len(), 1);
    assert!(near(found[0].left[0], 0.0) && near(found[0].right[0], 30.0));
    let only_right = LIMIT.replace(r##""colour_left": "#0000ff", "##, "");
    let found = fill(&only_right, &[0.0, 100.0], None, 100.0);
    assert!(found.len() == 1 && found[0].fill == RED);
}

#[test]
fn nothing_is_filled_over_a_gap() {
    let found = fill(LIMIT, &[80.0, 80.0, f64::NAN, 80.0, 80.0], None, 20.0);
    assert_eq!(found.len(), 2, "{found:?}");
    let levels: Vec<_> = found.iter().map(|area| (area.levels[0], *area.levels.last().unwrap())).collect();
    assert!(near(levels[0].1, 20.0) && near(levels[1].0, 60.0), "{levels:?}");
}

#[test]
fn a_condition_shows_it_only_where_it_holds() {
    let when = LIMIT.replace("\"limit\": 50", "\"limit\": 0, \"when\": \"o\", \"above\": 25, \"below\": 75");
    let found = fill(&when, &[50.0, 50.0], Some(&[0.0, 100.0]), 100.0);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(near(found[0].levels[0], 25.0) && near(*found[0].levels.last().unwrap(), 75.0), "{found:?}");
}

#[test]
fn a_row_is_filled_as_far_as_its_samples_reach_at_both_sides() {
    let values: Vec<f64> = (0..1000).map(|at| if at % 2 == 0 { 10.0 } else { 90.0 }).collect();
    let found = fill(LIMIT, &values, None, 0.1);
    let (left, right) = (of(&found, BLUE), of(&found, RED));
    assert_eq!((left.len(), right.len()), (1, 1), "rows that meet are one: {}", found.len());
    assert!(left[0].left.iter().all(|x| near(*x, 10.0)) && left[0].right.iter().all(|x| near(*x, 50.0)));
    assert!(right[0].right.iter().all(|x| near(*x, 90.0)));
    assert!(near(left[0].levels[0], 0.0) && near(*left[0].levels.last().unwrap(), 100.0), "{:?}", left[0].levels);
}

#[test]
fn a_fill_whose_series_is_gone_is_told() {
    let layout = laid(&one_track("", &LIMIT.replace("\"series\": \"s\"", "\"series\": \"x\"")));
    assert!(layout.fills.is_empty() && layout.left_out[0].contains("gone"), "{:?}", layout.left_out);
}
