//! Claims about layouts.

use dataforge_protocol::document::chart::Theme;

use super::super::fixture::{chart, laid, one_track, source, template_with_curves, texts};
use super::super::header;
use super::super::theme::Palette;
use super::super::window::points_per_metre;
use super::*;
use crate::plot::font;

fn paper(name: &str) -> Layout {
    let (chart, sources) = template_with_curves(name);
    layout(&chart, &sources, &LayoutOptions::default())
}

#[test]
fn tracks_stand_side_by_side_as_wide_as_the_chart_says() {
    let triple = paper("triple_combo");
    let widths: Vec<f32> = triple.tracks.iter().map(TrackLayout::width).collect();
    let wanted = [6.35, 1.9, 6.35, 6.35].map(|cm: f32| cm * 72.0 / 2.54);
    assert!(widths.iter().zip(wanted).all(|(one, other)| (one - other).abs() < 1e-3), "{widths:?}");
    assert!(triple.tracks.windows(2).all(|pair| pair[0].right == pair[1].left));
    let (chart, sources) = template_with_curves("triple_combo");
    let narrow = layout(&chart, &sources, &LayoutOptions { width: Width::Points(300.0), ..LayoutOptions::default() });
    assert!((narrow.width - 300.0).abs() < 1e-3 && narrow.tracks.len() == 4);
    assert!((narrow.tracks[0].width() / narrow.tracks[1].width() - 6.35 / 1.9).abs() < 1e-3);
}

#[test]
fn all_headers_are_as_high_as_the_highest() {
    let (mut chart, sources) = template_with_curves("triple_combo");
    let all = layout(&chart, &sources, &LayoutOptions::default());
    let header = header::draw(&all);
    let heights: Vec<f32> = header
        .items
        .iter()
        .map(|item| match item {
            crate::plot::scene::Item::Group(group) => group.bounds.height(),
            _ => 0.0,
        })
        .collect();
    assert!(heights.len() == 4 && heights.iter().all(|height| *height == all.header_height), "{heights:?}");
    chart.series.truncate(1);
    assert!(layout(&chart, &sources, &LayoutOptions::default()).header_height < all.header_height);
    // The last series of each track stands at the foot, whatever stands above it in others.
    let last = |name: &str| texts(&header).iter().find(|text| text.text == name).unwrap().at.y;
    assert!(last("RHOB") > last("DRHO"), "in the order of the chart");
}

#[test]
fn values_are_shown_in_the_unit_of_the_chart_whatever_the_file_has() {
    let (chart, mut sources) = template_with_curves("triple_combo");
    let density = sources.iter_mut().find(|source| source.source == "bulk_density").unwrap();
    density.curve.as_mut().unwrap().unit = "K/M3".into();
    let found = layout(&chart, &sources, &LayoutOptions::default());
    let rhob = found.series.iter().find(|series| series.label == "RHOB").unwrap();
    assert!((rhob.shown(2450.0) - 2.45).abs() < 1e-12);
    assert!((rhob.share(2450.0).unwrap() - 0.5).abs() < 1e-9, "1.95 to 2.95");
    assert_eq!(rhob.unit, "g/cm³");
    let mut options = LayoutOptions::default();
    options.units.insert("density".into(), "kg/m3".into());
    let switched = layout(&chart, &sources, &options);
    let rhob = switched.series.iter().find(|series| series.label == "RHOB").unwrap();
    assert!((rhob.shown(2450.0) - 2450.0).abs() < 1e-9 && (rhob.scale.left - 1950.0).abs() < 1e-9);
    assert!((rhob.share(2450.0).unwrap() - 0.5).abs() < 1e-9, "the place stays");
}

#[test]
fn a_unit_that_is_not_known_is_left_as_it_is_and_told() {
    let (chart, mut sources) = one_track("", "");
    sources[0].curve.as_mut().unwrap().unit = "FURLONGS".into();
    let found = laid(&(chart, sources));
    assert_eq!((found.series[0].unit.as_str(), found.series[0].shown(3.0)), ("FURLONGS", 3.0));
}

#[test]
fn scales_come_from_series_track_property_or_values_in_this_order() {
    let text = |series: &str, track: &str| {
        let json = format!(
            r#"{{"kind": "log_tracks", "axes": [], "tracks": [{{"id": "t", "kind": "curves"{track}}}],
                "series": [{{"id": "s", "kind": "values", "track": "t", "source": "gamma_ray"{series}}}]}}"#
        );
        let found = laid(&(chart(&json), vec![source("series", "s", "source", "gamma_ray", "gAPI")]));
        (found.series[0].scale.left, found.series[0].scale.right)
    };
    let (own, track) = (r#", "left": 1, "right": 2"#, r#", "left": 3, "right": 4"#);
    assert_eq!(text(own, track), (1.0, 2.0));
    assert_eq!(text("", track), (3.0, 4.0));
    assert_eq!(text("", ""), (0.0, 150.0), "as gamma rays usually are");
    // Of something without a usual scale the range of its values, rounded.
    let json = r#"{"kind": "log_tracks", "axes": [], "tracks": [{"id": "t", "kind": "curves"}],
                   "series": [{"id": "s", "kind": "values", "track": "t",
                               "source": "0000000000000000000000000000000000000000000000000000000000000000:1"}]}"#;
    let mut curve = source("series", "s", "source", "qqx", "");
    curve.curve.as_mut().unwrap().property = None;
    let mut options = LayoutOptions::default();
    options.ranges.insert("s".into(), (13.0, 87.0));
    let found = layout(&chart(json), &[curve], &options);
    assert_eq!((found.series[0].scale.left, found.series[0].scale.right), (0.0, 100.0));
}

#[test]
fn what_is_absent_says_so_in_the_header() {
    let (chart, mut sources) = template_with_curves("triple_combo");
    sources[0].curve = None;
    sources[1].curve.as_mut().unwrap().held = false;
    let mut options = LayoutOptions::default();
    options.notes.insert(sources[1].item.clone(), "held by Ann's laptop".into());
    let found = layout(&chart, &sources, &options);
    assert_eq!(found.series[0].absent.as_deref(), Some("no such curve"));
    assert_eq!(found.series[1].absent.as_deref(), Some("held by Ann's laptop"));
    let header = header::draw(&found);
    let words: Vec<&str> = texts(&header).into_iter().map(|text| text.text.as_str()).collect();
    assert!(words.contains(&"no such curve") && words.contains(&"held by Ann's laptop"), "{words:?}");
    assert!(words.contains(&"1.95") && words.contains(&"2.95"), "scales of the others: {words:?}");
}

#[test]
fn a_name_of_forty_letters_stays_within_its_track() {
    let (chart, mut sources) = one_track("", "");
    sources[0].curve.as_mut().unwrap().label = "W".repeat(40);
    let found = laid(&(chart, sources));
    let header = header::draw(&found);
    let track = &found.tracks[0];
    let long = texts(&header).into_iter().find(|text| text.text.starts_with("WWW")).unwrap().clone();
    assert!(font::width(&long.text, long.size) <= track.width(), "{long:?}");
}

#[test]
fn lines_and_numbers_stand_as_on_paper() {
    let axis = |unit: &str| {
        let json = format!(r#"{{"kind": "log_tracks", "axes": [{{"id": "d", "kind": "depth", "unit": "{unit}"}}]}}"#);
        laid(&(chart(&json), Vec::new())).axis
    };
    let steps = |unit: &str, scale: f64| {
        let axis = axis(unit);
        let Steps { heavy, medium, light } = axis.steps(axis.points_per_unit(scale));
        (heavy, medium.unwrap(), light.unwrap_or(0.0))
    };
    for (unit, scale, wanted) in [
        ("m", 200.0, (25.0, 5.0, 1.0)),
        ("m", 500.0, (25.0, 5.0, 1.0)),
        ("m", 1000.0, (50.0, 10.0, 2.0)),
        ("ft", 240.0, (50.0, 10.0, 2.0)),
    ] {
        let (heavy, medium, light) = steps(unit, scale);
        let close = |one: f64, other: f64| (one - other).abs() < 1e-9;
        assert!(
            close(heavy, wanted.0) && close(medium, wanted.1) && close(light, wanted.2),
            "1:{scale} {unit}: {heavy} {medium} {light}"
        );
    }
    assert!((axis("m").points_per_unit(500.0) - points_per_metre(500.0)).abs() < 1e-12);
    assert!((axis("ft").points_per_unit(240.0) - 3.6).abs() < 1e-9, "five inches to a hundred feet");
}

#[test]
fn a_chart_says_its_own_steps_unless_another_unit_is_shown() {
    let json = r#"{"kind": "log_tracks", "axes": [{"id": "d", "kind": "depth", "unit": "m", "major": 20, "minor": 4, "from": 100}]}"#;
    let own = laid(&(chart(json), Vec::new())).axis;
    assert_eq!(own.steps(5.0), Steps { heavy: 20.0, medium: None, light: Some(4.0) });
    let options = LayoutOptions { axis_unit: Some("ft".into()), ..LayoutOptions::default() };
    let feet = layout(&chart(json), &[], &options).axis;
    assert_eq!((feet.unit.as_str(), feet.major), ("ft", None));
    assert!((feet.from.unwrap() - 100.0 / 0.3048).abs() < 1e-9);
}

#[test]
fn without_colours_the_curves_of_a_track_differ_by_their_dashes() {
    let (chart, sources) = template_with_curves("triple_combo");
    let palette = Palette::of(Some(Theme::Mono), false);
    let found = layout(&chart, &sources, &LayoutOptions { palette, ..LayoutOptions::default() });
    for track in &found.tracks {
        let dashes: Vec<_> = track.series.iter().map(|series| found.series[*series].stroke.dash).collect();
        let different = dashes.iter().enumerate().all(|(at, dash)| !dashes[..at].contains(dash));
        assert!(different, "{}: {dashes:?}", track.title);
    }
    for fill in &found.fills {
        assert!([fill.left, fill.right].into_iter().flatten().all(|side| side.pattern.is_some()), "{}", fill.label);
    }
}

#[test]
fn annotations_stand_at_their_depth_whatever_their_unit_and_never_mix_datums() {
    let annotation = |more: &str| {
        format!(
            r#"{{"kind": "log_tracks", "axes": [{{"id": "d", "kind": "depth", "unit": "m", "datum": "KB"}}],
                "annotations": [{{"id": "a", "kind": "marker", "text": "Top", "depth": 1000{more}}}]}}"#
        )
    };
    let depth = |more: &str| {
        let mut options = LayoutOptions::default();
        options.datums.insert("GL".into(), 12.5);
        let found = layout(&chart(&annotation(more)), &[], &options);
        found.annotations.first().map(|one| one.depth.unwrap()).ok_or(found.left_out)
    };
    assert_eq!(depth(""), Ok(1000.0));
    assert!((depth(r#", "depth_unit": "ft""#).unwrap() - 304.8).abs() < 1e-9);
    assert_eq!(depth(r#", "datum": "GL""#), Ok(1012.5));
    assert!(depth(r#", "datum": "DF""#).unwrap_err()[0].contains("DF"));
}

#[test]
fn a_log_without_tracks_has_depths_and_one_track() {
    let json = r#"{"kind": "log_tracks", "series": [{"id": "s", "kind": "values", "source": "gamma_ray"}]}"#;
    let found = laid(&(chart(json), vec![source("series", "s", "source", "gamma_ray", "gAPI")]));
    assert_eq!((found.tracks.len(), found.tracks[1].series.len()), (2, 1));
    let empty = laid(&(chart(r#"{"kind": "log_tracks"}"#), Vec::new()));
    assert_eq!(empty.tracks.len(), 1, "an empty chart has its depths");
    let lost = r#"{"kind": "log_tracks", "tracks": [{"id": "t", "kind": "curves"}],
                   "series": [{"id": "s", "kind": "values", "track": "x", "source": "gamma_ray", "label": "GR"}]}"#;
    let found = laid(&(chart(lost), Vec::new()));
    assert!(found.series.is_empty() && found.left_out[0].contains("GR"), "{:?}", found.left_out);
}

#[test]
fn coverage_has_a_column_for_each_series() {
    let found = paper("coverage");
    assert_eq!(found.tracks.len(), 1 + found.series.len());
    assert!(found.tracks[1..].iter().all(|track| track.series.len() == 1));
}
