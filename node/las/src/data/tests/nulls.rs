//! Tests of what counts as no value.

use super::*;
use crate::NullPolicy;

const ROWS: &str = "-9999 1 a\n2 -999.25 ERR\n3 -9999 (null)\n4 9999 NA\n5 7 -999.25\n";

/// Asserts what columns A and T are under a policy.
#[track_caller]
fn assert_under(nulls: NullPolicy, a: [f64; 5], t: [Option<&str>; 5]) {
    let text = file("WRAP. NO:\n", &["D", "A", "T"], ROWS);
    let reading = read(text.as_bytes(), &ReadOptions { nulls, ..ReadOptions::default() }).unwrap();
    assert_eq!(numbers(&reading)[0], [-9999.0, 2.0, 3.0, 4.0, 5.0], "the index has no nulls");
    assert_eq!(format!("{:?}", numbers(&reading)[1]), format!("{a:?}"));
    assert_eq!(texts(&reading, 2), t);
}

#[test]
fn the_header_alone_says_what_is_null() {
    let t = [Some("a"), Some("ERR"), Some("(null)"), Some("NA"), None];
    assert_under(NullPolicy::Header, [1.0, NAN, -9999.0, 9999.0, 7.0], t);
}

#[test]
fn nothing_is_null_when_the_caller_says_so() {
    let t = [Some("a"), Some("ERR"), Some("(null)"), Some("NA"), Some("-999.25")];
    assert_under(NullPolicy::None, [1.0, -999.25, -9999.0, 9999.0, 7.0], t);
}

#[test]
fn lists_add_to_the_header() {
    let t = [Some("a"), Some("ERR"), None, None, None];
    assert_under(NullPolicy::Common, [1.0, NAN, NAN, 9999.0, 7.0], t);
    assert_under(NullPolicy::Aggressive, [1.0, NAN, NAN, NAN, 7.0], [Some("a"), None, None, None, None]);
    let also = NullPolicy::Also(vec!["7.0".into(), "A".into()]);
    let t = [None, Some("ERR"), Some("(null)"), Some("NA"), None];
    assert_under(also, [1.0, NAN, -9999.0, 9999.0, NAN], t);
}

#[test]
fn a_word_that_is_null_makes_no_text_column() {
    let text = file("WRAP. NO:\n", &["D", "A"], "1 5\n2 ERR\n3 6\n");
    let options = ReadOptions { nulls: NullPolicy::Also(vec!["err".into()]), ..ReadOptions::default() };
    let reading = read(text.as_bytes(), &options).unwrap();
    assert_columns(&reading, &[&[1.0, 2.0, 3.0], &[5.0, NAN, 6.0]]);
    assert!(reading.report.notices.is_empty());
}

#[test]
fn an_index_of_words_has_no_nulls_either() {
    let text = file("WRAP. NO:\n", &["T", "A"], "a 5\n-999.25 6\nNA 7\n");
    let options = ReadOptions { nulls: NullPolicy::Common, ..ReadOptions::default() };
    assert_eq!(texts(&read(text.as_bytes(), &options).unwrap(), 0), [Some("a"), Some("-999.25"), Some("NA")]);
}
