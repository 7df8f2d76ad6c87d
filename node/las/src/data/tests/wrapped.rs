//! Tests of wrapped rows, and of flags that are wrong about them.

use super::*;

fn wrapped(curves: &[&str], rows: &str) -> Reading {
    read_text(&file("WRAP. YES:\n", curves, rows))
}

const FIVE: &[&str] = &["D", "A", "B", "C", "E"];

#[test]
fn rows_run_over_lines() {
    let reading = wrapped(FIVE, "1\n2 3\n4 5\n6\n7 8\n9 -999.25\n");
    assert_columns(&reading, &[&[1.0, 6.0], &[2.0, 7.0], &[3.0, 8.0], &[4.0, 9.0], &[5.0, NAN]]);
    assert!(reading.report.notices.is_empty());
}

#[test]
fn the_last_line_of_a_row_may_hold_one_value() {
    let reading = wrapped(&["D", "A", "B", "C"], "1\n2 3\n4\n5\n6 7\n8\n");
    assert_columns(&reading, &[&[1.0, 5.0], &[2.0, 6.0], &[3.0, 7.0], &[4.0, 8.0]]);
    assert!(reading.report.notices.is_empty());
}

#[test]
fn one_value_a_line_is_wrapped_too() {
    let reading = wrapped(&["D", "A"], "1\n2\n3\n4\n");
    assert_columns(&reading, &[&[1.0, 3.0], &[2.0, 4.0]]);
    assert!(reading.report.notices.is_empty());
    let reading = wrapped(&["D", "A"], "1000\n50\n1001\n60\n70\n1002\n80\n1003\n");
    assert_eq!(kinds(&reading), [NoticeKind::IndexOrder], "a lost value is noticed");
}

#[test]
fn a_row_that_lacks_values_does_not_move_the_next() {
    let reading = wrapped(FIVE, "1\n2 3\n4 5\n6\n7 8\n11\n12 13\n14 15\n");
    assert_columns(
        &reading,
        &[&[1.0, 6.0, 11.0], &[2.0, 7.0, 12.0], &[3.0, 8.0, 13.0], &[4.0, NAN, 14.0], &[5.0, NAN, 15.0]],
    );
    assert_eq!(kinds(&reading), [NoticeKind::ShortRow]);
    assert_eq!(reading.report.notices[0].line, 16);
}

#[test]
fn an_index_is_not_taken_for_the_last_value() {
    let reading = wrapped(&["D", "A", "B", "C"], "1\n2 3\n4\n5\n6 7\n9\n10 11\n12\n");
    assert_columns(&reading, &[&[1.0, 5.0, 9.0], &[2.0, 6.0, 10.0], &[3.0, 7.0, 11.0], &[4.0, NAN, 12.0]]);
    assert_eq!(kinds(&reading), [NoticeKind::ShortRow]);
}

#[test]
fn a_row_with_too_many_values_does_not_move_the_next() {
    let reading = wrapped(FIVE, "1\n2 3\n4 5\n6\n7 8\n9 10 99\n11\n12 13\n14 15\n");
    assert_columns(
        &reading,
        &[&[1.0, 6.0, 11.0], &[2.0, NAN, 12.0], &[3.0, NAN, 13.0], &[4.0, NAN, 14.0], &[5.0, NAN, 15.0]],
    );
    assert_eq!(kinds(&reading), [NoticeKind::LongRow]);
}

#[test]
fn a_torn_end_is_reported_or_refused() {
    let text = file("WRAP. YES:\n", FIVE, "1\n2 3\n4 5\n6\n7 8\n");
    assert_eq!(kinds(&read_text(&text)), [NoticeKind::Truncated]);
    assert!(matches!(strictly(&text), Err(ReadError::Truncated { found: 3, expected: 5, .. })));
}

#[test]
fn rows_that_cannot_be_told_apart_are_an_error() {
    let text = file("WRAP. YES:\n", FIVE, "1 2 3\n4 5\n6 7 8\n9 10 11\n12 13\n");
    let error = read(text.as_bytes(), &ReadOptions::default()).unwrap_err();
    assert_eq!(error, ReadError::WrappedRow { line: 15, found: 6, expected: 5 });
}

#[test]
fn a_flag_that_says_wrapped_of_plain_rows_does_no_harm() {
    let reading = wrapped(&["D", "A", "B"], "1 2 3\n4 5 6\n7 8\n9 10 11\n");
    assert_columns(&reading, &[&[1.0, 4.0, 7.0, 9.0], &[2.0, 5.0, 8.0, 10.0], &[3.0, 6.0, NAN, 11.0]]);
    assert_eq!(kinds(&reading), [NoticeKind::WrapFlag, NoticeKind::ShortRow]);
    let reading = wrapped(&["D"], "1\n2\n");
    assert!(reading.report.notices.is_empty(), "one column is the same either way");
}

#[test]
fn a_flag_that_says_plain_of_wrapped_rows_does_no_harm() {
    let reading = plain(FIVE, "1\n2 3\n4 5\n6\n7 8\n9 10\n");
    assert_columns(&reading, &[&[1.0, 6.0], &[2.0, 7.0], &[3.0, 8.0], &[4.0, 9.0], &[5.0, 10.0]]);
    assert_eq!(kinds(&reading), [NoticeKind::WrapFlag]);
}

#[test]
fn plain_rows_of_an_index_alone_are_not_taken_for_wrapped_ones() {
    let reading = plain(&["D", "A", "B"], "1\n2\n3\n");
    assert_columns(&reading, &[&[1.0, 2.0, 3.0], &[NAN; 3], &[NAN; 3]]);
}

#[test]
fn glued_values_of_wrapped_rows_are_taken_apart() {
    let reading = wrapped(FIVE, "1\n2.0 3.0\n4.0 5.0\n6\n7.5-8.5\n9.0 10.0\n");
    assert_columns(&reading, &[&[1.0, 6.0], &[2.0, 7.5], &[3.0, -8.5], &[4.0, 9.0], &[5.0, 10.0]]);
    assert_eq!(kinds(&reading), [NoticeKind::RunOn]);
}

#[test]
fn the_width_of_wrapped_rows_without_curves_is_inferred() {
    let reading = read_text("~V\nVERS. 2.0:\nWRAP. YES:\n~A\n1\n2 3\n4 5\n6\n7 8\n9 10\n");
    assert_eq!(reading.file.data[0].columns.len(), 5);
    assert_eq!(reading.file.data[0].rows, 2);
}

#[test]
fn places_in_wrapped_rows_are_those_of_the_token() {
    let reading = wrapped(FIVE, "1\n2 3\n4 ****\n");
    let notice = &reading.report.notices[0];
    assert_eq!((notice.line, notice.column), (15, 3));
}
