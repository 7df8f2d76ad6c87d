//! Tests of the index.

use super::*;

fn shape_of(values: &[f64]) -> Shape {
    shape(&Values::Number(values.to_vec()))
}

fn item(mnemonic: &str, unit: &str) -> HeaderItem {
    HeaderItem { mnemonic: mnemonic.to_owned(), unit: unit.to_owned(), ..HeaderItem::default() }
}

fn meaning_of(mnemonic: &str, unit: &str, declared: &str) -> Meaning {
    let column = Column { definition: item(mnemonic, unit), values: Values::default() };
    meaning(&column, [Some(&item("STRT", declared)), None, None])
}

#[test]
fn a_regular_index_has_a_clean_step() {
    let depths: Vec<f64> = (0..2_000).map(|row| f64::from(10_000_000 + row * 1_524) / 1e4).collect();
    let shape = shape_of(&depths);
    assert_eq!(shape.step, Some(0.1524));
    assert_eq!((shape.min, shape.max), (Some(1_000.0), Some(1_304.647_6)));
    assert_eq!((shape.reversals, shape.strict), (0, Some(Direction::Ascending)));
    let upwards: Vec<f64> = depths.iter().rev().copied().collect();
    let shape = shape_of(&upwards);
    assert_eq!(shape.step, Some(-0.1524));
    assert_eq!((shape.reversals, shape.strict), (0, Some(Direction::Descending)));
    assert_eq!((shape.first, shape.last), (Some(1_304.647_6), Some(1_000.0)));
}

#[test]
fn steps_within_one_percent_are_regular() {
    assert_eq!(shape_of(&[0.0, 1.0, 2.0, 3.009]).step, Some(1.0));
    assert_eq!(shape_of(&[0.0, 1.0, 2.0, 3.02]).step, None);
    assert_eq!(shape_of(&[0.0, 1.0, 2.0, 4.0]).step, None);
    assert_eq!(shape_of(&[5.0, 5.0, 5.0]).step, None);
    assert_eq!(shape_of(&[5.0]).step, None);
}

#[test]
fn turns_and_repeats_are_counted() {
    let cases: [(&[f64], u64); 6] = [
        (&[1.0, 2.0, 3.0], 0),
        (&[1.0, 2.0, 2.0, 3.0], 1),
        (&[1.0, 2.0, 1.5, 3.0], 1),
        (&[3.0, 2.0, 2.5, 1.0], 1),
        (&[1.0, 1.0, 2.0], 1),
        (&[4.0, 4.0, 4.0], 2),
    ];
    for (values, reversals) in cases {
        let shape = shape_of(values);
        assert_eq!(shape.reversals, reversals, "{values:?}");
        assert_eq!(shape.strict.is_some(), reversals == 0, "{values:?}");
    }
}

#[test]
fn nulls_leave_range_but_no_step_or_order() {
    let shape = shape_of(&[1.0, f64::NAN, 3.0]);
    assert_eq!((shape.min, shape.max, shape.step), (Some(1.0), Some(3.0), None));
    assert_eq!((shape.reversals, shape.strict), (0, None));
    assert_eq!(shape_of(&[f64::NAN]), Shape::default());
    assert_eq!(shape_of(&[]), Shape::default());
    assert_eq!(shape_of(&[1.0]).strict, None);
    assert_eq!(super::shape(&Values::Text(vec![None])), Shape::default());
}

#[test]
fn the_unit_tells_kind_and_factor() {
    let cases = [
        ("DEPT", "M", IndexKind::Depth, Some(1.0)),
        ("DEPT", "F", IndexKind::Depth, Some(0.3048)),
        ("DEPTH", "FEET", IndexKind::Depth, Some(0.3048)),
        ("TDEP", ".1IN", IndexKind::Depth, Some(0.00254)),
        ("INDEX", "in", IndexKind::Depth, Some(0.0254)),
        ("TIME", "S", IndexKind::Time, Some(1.0)),
        ("TIME", "ms", IndexKind::Time, Some(0.001)),
        ("ETIM", "MIN", IndexKind::Time, Some(60.0)),
        ("T", "HR", IndexKind::Time, Some(3600.0)),
        ("ANGLE", "DEG", IndexKind::Other, None),
        ("DEPT", "DEG", IndexKind::Other, None),
        ("DEPT", "BLURB", IndexKind::Depth, None),
        ("CALI", "", IndexKind::Other, None),
        ("DATE", "DD/MM/YYYY", IndexKind::Time, None),
    ];
    for (mnemonic, unit, kind, to_si) in cases {
        let meaning = meaning_of(mnemonic, unit, "");
        assert_eq!((meaning.kind, meaning.to_si()), (kind, to_si), "{mnemonic} {unit}");
        assert_eq!(meaning.unit, unit);
    }
}

#[test]
fn the_header_stands_in_for_a_missing_unit() {
    let meaning = meaning_of("DEPT", "", "FT");
    assert_eq!((&*meaning.unit, meaning.to_si()), ("FT", Some(0.3048)));
    assert_eq!(meaning_of("DEPT", "NONE", "M").unit, "M");
    assert_eq!(meaning_of("DEPT", "M", "FT").unit, "M");
    let none = meaning_of("DEPT", "", "");
    assert_eq!((none.kind, none.to_si(), &*none.unit), (IndexKind::Depth, None, ""));
}
