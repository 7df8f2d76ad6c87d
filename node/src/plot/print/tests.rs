//! Claims about sheets.

use super::super::fixture::{chart, lines_of, template_with_curves, texts, trace};
use super::super::pdf::LONGEST;
use super::super::scene::{Item, What};
use super::*;
use crate::plot::TopMark;
use crate::series::Trace;

fn options() -> PrintOptions {
    PrintOptions {
        paper: None,
        landscape: None,
        scale: Some(500.0),
        from: None,
        to: None,
        heading: None,
        foot: "the program".into(),
        row: None,
        longest: LONGEST,
    }
}

/// Prints the triple combo with one trace for all of its series.
fn triple(trace: &Trace, ask: &PrintOptions) -> Result<Printed, PrintError> {
    let (chart, sources) = template_with_curves("triple_combo");
    let mut data = Data::default();
    for series in &chart.series {
        data.add(series.id.clone(), trace, 1.0);
    }
    data.tops.push(TopMark { id: "top".into(), name: "Top sand".into(), depth: 1010.0, base: None });
    print(&chart, &sources, &LayoutOptions::default(), &data, ask)
}

fn hundred_metres() -> Trace {
    let values: Vec<f64> = (0..=1000).map(|at| f64::from(at % 100)).collect();
    trace(1000.0, 0.1, &values)
}

/// The clipped group with the tracks.
fn body(sheet: &Scene) -> &Group {
    let is_body = |group: &&Group| group.what == What::Plot && group.clip.is_some();
    sheet.root.groups().into_iter().find(is_body).unwrap()
}

#[test]
fn a_metre_takes_two_millimetres_at_1_to_500() {
    let printed = triple(&hundred_metres(), &options()).unwrap();
    assert_eq!((printed.sheets.len(), printed.depths), (1, Some((1000.0, 1100.0))));
    let per_metre = printed.points_per_metre.unwrap();
    assert!((per_metre - 72.0 / 0.0254 / 500.0).abs() < 1e-12);
    let sheet = &printed.sheets[0];
    assert!((f64::from(body(sheet).bounds.height()) - 100.0 * per_metre).abs() < 1e-2);
    // Light lines a metre apart, strong numbers 25 metres apart.
    let grid = printed.sheets[0].root.groups().into_iter().find(|group| matches!(group.what, What::Grid(_))).unwrap();
    let level = |lines: &&super::super::scene::Lines| lines.ends.iter().all(|(from, to)| from.y == to.y);
    let lines = lines_of(grid, &grid.what);
    let light = lines.iter().copied().find(level).unwrap();
    assert_eq!(light.ends.len(), 101);
    for pair in light.ends.windows(2) {
        assert!((f64::from(pair[1].0.y - pair[0].0.y) - per_metre).abs() < 1e-2);
    }
    let y = |words: &str| texts(&sheet.root).into_iter().find(|text| text.text == words).unwrap().at.y;
    assert!((f64::from(y("1050") - y("1025")) - 25.0 * per_metre).abs() < 1e-2);
    for words in ["1:500   10 m", "sheet 1 of 1", "the program", "Top sand"] {
        assert!(texts(&sheet.root).iter().any(|text| text.text == words), "{words}");
    }
}

#[test]
fn names_and_scales_stand_above_and_below() {
    let printed = triple(&hundred_metres(), &options()).unwrap();
    let all = texts(&printed.sheets[0].root);
    let body = body(&printed.sheets[0]).bounds;
    for words in ["GR", "150", "RHOB", "1.95", "Ω·m"] {
        let found: Vec<f32> = all.iter().filter(|text| text.text == words).map(|text| text.at.y).collect();
        assert!(found.iter().any(|y| *y < body.top) && found.iter().any(|y| *y > body.bottom), "{words}: {found:?}");
    }
}

#[test]
fn depths_go_on_from_page_to_page_without_one_lost() {
    let values: Vec<f64> = (0..=10_000).map(|at| f64::from(at % 100)).collect();
    let ask = PrintOptions {
        paper: Some(Paper::A4),
        heading: Some(Heading { title: "North 1".into(), ..Heading::default() }),
        ..options()
    };
    let printed = triple(&trace(1003.0, 0.1, &values), &ask).unwrap();
    assert!(printed.sheets.len() > 5, "{}", printed.sheets.len());
    let per_metre = printed.points_per_metre.unwrap();
    let mut total = 0.0;
    for (number, sheet) in printed.sheets.iter().enumerate() {
        assert!((sheet.width - 595.276).abs() < 0.01 && (sheet.height - 841.89).abs() < 0.01);
        let bounds = body(sheet).bounds;
        assert!(bounds.bottom < sheet.height && bounds.right <= sheet.width - MARGIN + 0.01, "{bounds:?}");
        total += f64::from(bounds.height()) / per_metre;
        let words: Vec<&str> = texts(&sheet.root).into_iter().map(|text| text.text.as_str()).collect();
        assert!(
            words.contains(&"GR") && words.contains(&&*format!("sheet {} of {}", number + 1, printed.sheets.len()))
        );
        assert_eq!(words.contains(&"North 1"), number == 0, "the heading stands once");
    }
    assert!((total - 1000.0).abs() < 0.01, "{total}");
    // The cuts are at depths with numbers.
    let first = f64::from(body(&printed.sheets[0]).bounds.height()) / per_metre + 1003.0;
    assert!((first / 5.0 - (first / 5.0).round()).abs() < 1e-3, "{first}");
}

#[test]
fn what_is_longer_than_a_reader_shows_goes_on_on_the_next_sheet() {
    let values = vec![1.0; 100];
    let long = triple(&trace(0.0, 40.0, &values), &options()).unwrap();
    assert_eq!(long.sheets.len(), 2);
    assert!(long.sheets.iter().all(|sheet| sheet.height <= LONGEST));
    let ask = PrintOptions { longest: 1e6, ..options() };
    assert_eq!(triple(&trace(0.0, 40.0, &values), &ask).unwrap().sheets.len(), 1);
}

#[test]
fn a_well_without_anything_is_its_headings() {
    let (chart, _) = template_with_curves("triple_combo");
    let printed = print(&chart, &[], &LayoutOptions::default(), &Data::default(), &options()).unwrap();
    assert_eq!((printed.sheets.len(), printed.depths), (1, None));
    assert!(texts(&printed.sheets[0].root).iter().any(|text| text.text == "there is nothing to draw"));
    assert_eq!(printed.left_out.len(), chart.series.len());
    assert!(printed.left_out.iter().all(|why| why.contains("no such curve")), "{:?}", printed.left_out);
}

#[test]
fn what_makes_no_print_is_refused_in_words() {
    let trace = hundred_metres();
    let refused = |ask: PrintOptions| triple(&trace, &ask).unwrap_err();
    assert_eq!(refused(PrintOptions { scale: Some(0.0), ..options() }), PrintError::Scale(0.0));
    assert!(matches!(refused(PrintOptions { scale: Some(f64::NAN), ..options() }), PrintError::Scale(_)));
    let backwards = PrintOptions { from: Some(1100.0), to: Some(1000.0), ..options() };
    assert_eq!(refused(backwards), PrintError::Interval { from: 1100.0, to: 1000.0 });
    let endless = PrintOptions { from: Some(0.0), to: Some(1e9), ..options() };
    assert!(matches!(refused(endless), PrintError::Sheets(_)));
    let fields = (0..400).map(|at| (format!("name {at}"), "value".to_owned())).collect();
    let heading = Some(Heading { fields, ..Heading::default() });
    assert_eq!(refused(PrintOptions { heading, paper: Some(Paper::A4), ..options() }), PrintError::Room);
}

#[test]
fn charts_without_depths_are_one_sheet() {
    let (chart, sources) = template_with_curves("histogram");
    let values: Vec<f64> = (0..100).map(f64::from).collect();
    let samples = trace(0.0, 1.0, &values);
    let mut data = Data::default();
    data.add(chart.series[0].id.clone(), &samples, 1.0);
    let printed = print(&chart, &sources, &LayoutOptions::default(), &data, &options()).unwrap();
    assert_eq!((printed.sheets.len(), printed.points_per_metre), (1, None));
    let bars = printed.sheets[0].root.groups().into_iter().find(|group| matches!(group.what, What::Series(_))).unwrap();
    assert!(bars.items.iter().filter(|item| matches!(item, Item::Rect { .. })).count() > 20);
}

#[test]
fn an_axis_that_grows_upwards_begins_with_the_deepest_sheet() {
    let json = r#"{"kind": "log_tracks", "axes": [{"id": "d", "kind": "depth", "unit": "m", "reversed": true}],
                   "tracks": [{"id": "t", "kind": "depth"}]}"#;
    let ask = PrintOptions { from: Some(0.0), to: Some(300.0), paper: Some(Paper::A4), ..options() };
    let printed = print(&chart(json), &[], &LayoutOptions::default(), &Data::default(), &ask).unwrap();
    let has = |sheet: &Scene, words: &str| texts(&sheet.root).iter().any(|text| text.text == words);
    assert!(printed.sheets.len() > 1);
    assert!(has(&printed.sheets[0], "295") && !has(&printed.sheets[0], "5"));
    assert!(has(printed.sheets.last().unwrap(), "5"));
}
