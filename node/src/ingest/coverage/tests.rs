//! Tests of coverage.

use super::*;

mod well;

/// A metre apart from 100, `x` valid and anything else null.
fn of(pattern: &str) -> Coverage {
    let index: Vec<f64> = (0_u32..).take(pattern.len()).map(|row| 100.0 + f64::from(row)).collect();
    let valid: Vec<bool> = pattern.chars().map(|ch| ch == 'x').collect();
    coverage(&index, &valid, Options { threshold: None, to_m: Some(1.0) })
}

fn ends(spans: &[Span]) -> Vec<(f64, f64)> {
    spans.iter().map(|span| (span.top, span.base)).collect()
}

fn gaps(coverage: &Coverage) -> Vec<(GapPlace, f64, f64)> {
    coverage.gaps.iter().map(|gap| (gap.place, gap.span.top, gap.span.base)).collect()
}

#[test]
fn a_full_curve_is_one_interval() {
    let full = of("xxxxx");
    assert_eq!(ends(&full.intervals), [(100.0, 104.0)]);
    assert!(full.gaps.is_empty());
    assert_eq!((full.step, full.threshold, full.share()), (Some(1.0), Some(2.0), 1.0));
}

#[test]
fn short_holes_are_bridged_and_long_ones_are_gaps() {
    let one = of("xxx-xxx");
    assert_eq!(ends(&one.intervals), [(100.0, 106.0)]);
    let two = of("xxx--xx");
    assert_eq!(ends(&two.intervals), [(100.0, 102.0), (105.0, 106.0)]);
    assert_eq!(gaps(&two), [(GapPlace::Inside, 102.0, 105.0)]);
    assert_eq!((two.rows, two.samples), (7, 5));
}

#[test]
fn holes_at_the_ends_are_told_apart() {
    let inner = of("---x-x----");
    assert_eq!(ends(&inner.intervals), [(103.0, 105.0)]);
    assert_eq!(gaps(&inner), [(GapPlace::Start, 100.0, 103.0), (GapPlace::End, 105.0, 109.0)]);
    assert_eq!(gaps(&of("----")), [(GapPlace::Whole, 100.0, 103.0)]);
    assert_eq!(ends(&of("x------").intervals), [(100.0, 100.0)]);
}

#[test]
fn missing_rows_are_gaps_too() {
    let index = [1.0, 2.0, 3.0, 9.0, 10.0];
    let found = coverage(&index, &[true; 5], Options::default());
    assert_eq!(ends(&found.intervals), [(1.0, 3.0), (9.0, 10.0)]);
    assert_eq!(gaps(&found), [(GapPlace::Inside, 3.0, 9.0)]);
    let wide = Options { threshold: Some(6.0), to_m: None };
    assert_eq!(ends(&coverage(&index, &[true; 5], wide).intervals), [(1.0, 10.0)]);
}

#[test]
fn direction_and_order_do_not_matter() {
    let up = coverage(&[5.0, 4.0, 3.0, 2.0, 1.0], &[true, true, false, false, true], Options::default());
    assert_eq!(ends(&up.intervals), [(1.0, 1.0), (4.0, 5.0)]);
    // Repeated rows count once, and a null index nowhere.
    let odd = [1.0, 2.0, 2.0, f64::NAN, 3.0];
    let odd = coverage(&odd, &[true, false, true, true, true], Options::default());
    assert_eq!(ends(&odd.intervals), [(1.0, 3.0)]);
    assert_eq!((odd.rows, odd.samples), (3, 3));
}

#[test]
fn rounding_of_the_index_makes_no_gaps() {
    let index: Vec<f64> = (0..1_000).map(|row| 1_000.0 + f64::from(row) * 0.1).collect();
    let valid: Vec<bool> = (0..1_000).map(|row| row % 2 == 0).collect();
    assert_eq!(coverage(&index, &valid, Options::default()).intervals.len(), 1);
}

#[test]
fn metres_stand_beside_the_unit() {
    let options = Options { threshold: None, to_m: Some(0.3048) };
    let found = coverage(&[1_000.0, 1_001.0], &[true, true], options);
    assert_eq!((found.intervals[0].top_m, found.intervals[0].base_m), (Some(304.8), Some(1_001.0 * 0.3048)));
    let time = coverage(&[1.0, 2.0], &[true, true], Options::default());
    assert_eq!(time.domain.unwrap().top_m, None);
}

#[test]
fn a_sample_stands_for_a_step() {
    assert_eq!(of("xxxxx").covered(), 5.0);
    assert_eq!(of("xx---x").covered(), 3.0);
    assert_eq!(of("------").covered(), 0.0);
}

#[test]
fn nothing_gives_nothing() {
    let none = coverage(&[], &[], Options::default());
    assert_eq!((none.domain, none.rows, none.share()), (None, 0, 0.0));
    assert!(none.intervals.is_empty() && none.gaps.is_empty());
    assert_eq!(none.bar(5), ".....");
    assert_eq!(of("x").bar(5), "#####");
    assert_eq!(of("-").bar(5), ".....");
}

#[test]
fn the_bar_shows_full_part_and_empty() {
    assert_eq!(of("xxxx----xxxx").bar(12), "####....####");
    assert_eq!(of("xxxx----xxxx").bar(6), "##..##");
    assert_eq!(of("xxx-----xxxx").bar(6), "#+..##");
    assert_eq!(of("xxx").bar(0), "");
    let curves = [("gr", "xxxx"), ("density", "x---")]
        .map(|(column, pattern)| CurveCoverage { column: column.to_owned(), coverage: of(pattern) });
    let text = render(&curves);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], format!("gr      [{}] 100.0 %", "#".repeat(60)));
    assert_eq!(lines[1], format!("density [{}{}]  25.0 %", "#".repeat(15), ".".repeat(45)));
}

#[test]
fn coverage_survives_json() {
    let found = of("xx---x");
    let json = serde_json::to_string(&found).unwrap();
    assert!(json.contains(r#""place":"inside""#), "{json}");
    assert_eq!(serde_json::from_str::<Coverage>(&json).unwrap(), found);
}
