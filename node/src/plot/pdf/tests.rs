//! Claims about PDFs, read in the files themselves.

use super::super::data::Data;
use super::super::fixture::{template_with_curves, trace};
use super::super::layout::LayoutOptions;
use super::super::print::{PrintOptions, print};
use super::super::svg;
use super::*;

fn about() -> About {
    About { title: "Triple combo, North 1".into(), description: "a print".into(), program: "DataForge".into() }
}

/// A log of 100 metres at 1:500.
fn log() -> Vec<Scene> {
    let (chart, sources) = template_with_curves("triple_combo");
    let values: Vec<f64> = (0..=200).map(|at| f64::from(at % 100)).collect();
    let samples = trace(1000.0, 0.5, &values);
    let mut data = Data::default();
    for series in &chart.series {
        data.add(series.id.clone(), &samples, 1.0);
    }
    let ask = PrintOptions {
        paper: None,
        landscape: None,
        scale: Some(500.0),
        from: None,
        to: None,
        heading: None,
        foot: String::new(),
        row: None,
        longest: LONGEST,
    };
    print(&chart, &sources, &LayoutOptions::default(), &data, &ask).unwrap().sheets
}

/// The numbers before each operator of the content of a file that is not compressed.
fn operations(file: &[u8]) -> Vec<(Vec<f64>, String)> {
    let text = String::from_utf8_lossy(file);
    let (mut found, mut numbers) = (Vec::new(), Vec::new());
    for word in text.split_ascii_whitespace() {
        match word.parse::<f64>() {
            Ok(number) => numbers.push(number),
            Err(_) => found.push((std::mem::take(&mut numbers), word.to_owned())),
        }
    }
    found
}

/// The y of all level lines of a length, in order.
fn level_lines(file: &[u8], length: f64) -> Vec<f64> {
    let operations = operations(file);
    let pairs = operations.windows(2).filter(|pair| pair[0].1 == "m" && pair[1].1 == "l");
    let level = pairs.filter_map(|pair| {
        let (from, to) = (pair[0].0.last_chunk::<2>()?, pair[1].0.last_chunk::<2>()?);
        let is_level = (from[1] - to[1]).abs() < 1e-6 && ((to[0] - from[0]).abs() - length).abs() < 0.01;
        is_level.then_some(from[1])
    });
    let mut found: Vec<f64> = level.collect();
    found.sort_by(f64::total_cmp);
    found.dedup_by(|one, other| (*one - *other).abs() < 0.01);
    found
}

#[test]
fn the_lines_of_the_grid_are_a_metre_apart_in_the_file() {
    let file = write_with(&log(), &about(), false).unwrap();
    let per_metre = 72.0 / 0.0254 / 500.0;
    let lines = level_lines(&file, 6.35 * 72.0 / 2.54);
    let is_line = |y: f64| lines.iter().any(|line| (line - y).abs() < 0.01);
    // Frames are level lines too, so it is not simply each line and the next.
    let is_first = |first: &&f64| (0..=100).all(|metre| is_line(f64::from(metre).mul_add(per_metre, **first)));
    assert_eq!(lines.iter().filter(is_first).count(), 1, "101 lines a metre apart among {lines:?}");
}

#[test]
fn a_page_has_the_size_of_its_drawing_and_the_file_a_title() {
    let sheets = log();
    let file = write(&sheets, &about()).unwrap();
    assert!(file.starts_with(b"%PDF-"));
    let text = String::from_utf8_lossy(&file);
    assert!(text.contains("Triple combo, North 1"), "the title is in the metadata");
    let media = text.split("/MediaBox").nth(1).unwrap();
    let inside = media[media.find('[').unwrap() + 1..media.find(']').unwrap()].split_ascii_whitespace();
    let sizes: Vec<f32> = inside.map(|number| number.parse().unwrap()).collect();
    assert!((sizes[2] - sheets[0].width).abs() < 0.01 && (sizes[3] - sheets[0].height).abs() < 0.01, "{sizes:?}");
}

#[test]
fn the_same_drawings_give_the_same_bytes() {
    let sheets = log();
    assert_eq!(write(&sheets, &about()).unwrap(), write(&sheets, &about()).unwrap());
}

#[test]
fn everything_is_written_and_what_has_no_size_is_refused() {
    let mut scene = svg::tests::scene();
    assert!(write(std::slice::from_ref(&scene), &about()).is_ok());
    scene.height = LONGEST * 2.0;
    assert_eq!(write(std::slice::from_ref(&scene), &about()), Err(PdfError::Size { page: 1 }));
    scene.height = 0.0;
    assert_eq!(write(&[scene], &about()), Err(PdfError::Size { page: 1 }));
}
