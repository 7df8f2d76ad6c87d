//! Tests of curve facts.

use dataforge_las::HeaderItem;

use super::*;

fn column(mnemonic: &str, values: Values) -> Column {
    let definition = HeaderItem { mnemonic: mnemonic.to_owned(), ..HeaderItem::default() };
    Column { definition, values }
}

fn facts_of(index: &[f64], values: Values) -> CurveFacts {
    let data = DataSet {
        columns: vec![column("DEPT", Values::Number(index.to_vec())), column("GR", values)],
        rows: index.len(),
        line: 1,
        ..DataSet::default()
    };
    curve_facts(&data, &["dept".to_owned(), "gr".to_owned()]).remove(0)
}

#[test]
fn statistics_pass_over_nulls() {
    let values = Values::Number(vec![f64::NAN, 5.0, f64::NAN, -3.0, 4.0, f64::NAN]);
    let facts = facts_of(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], values);
    assert_eq!((facts.count, facts.min, facts.max), (3, Some(-3.0), Some(5.0)));
    assert_eq!((facts.top, facts.base), (Some(2.0), Some(5.0)));
    assert_eq!((facts.ordinal, &*facts.mnemonic, &*facts.column, facts.text), (1, "GR", "gr", false));
}

#[test]
fn top_and_base_follow_the_rows() {
    let facts = facts_of(&[9.0, 8.0, 7.0], Values::Number(vec![1.0, 2.0, f64::NAN]));
    assert_eq!((facts.top, facts.base), (Some(9.0), Some(8.0)));
    // A value without an index is counted, but has no place.
    let facts = facts_of(&[f64::NAN, 8.0], Values::Number(vec![1.0, 2.0]));
    assert_eq!((facts.count, facts.top, facts.base), (2, Some(8.0), Some(8.0)));
}

#[test]
fn empty_curves_have_no_range() {
    let facts = facts_of(&[1.0, 2.0], Values::Number(vec![f64::NAN; 2]));
    assert_eq!((facts.count, facts.min, facts.max, facts.top, facts.base), (0, None, None, None, None));
}

#[test]
fn text_is_counted_and_placed() {
    let facts = facts_of(&[1.0, 2.0], Values::Text(vec![None, Some("sand".to_owned())]));
    assert_eq!((facts.text, facts.count, facts.min), (true, 1, None));
    assert_eq!((facts.top, facts.base), (Some(2.0), Some(2.0)));
}
