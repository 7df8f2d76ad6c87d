//! Tests of reading rows, one trap each; the files are built here.

use crate::limits::MAX_COLUMNS;
use crate::{Delimiter, ImportReport, NoticeKind, ReadError, ReadOptions, Reading, Values, read};

mod late;
mod nulls;
mod wrapped;

const NAN: f64 = f64::NAN;

/// Returns a file whose `~V` has the lines `flags`.
fn file(flags: &str, curves: &[&str], rows: &str) -> String {
    let curves: String = curves.iter().map(|name| format!("{name}. : curve\n")).collect();
    format!("~V\nVERS. 2.0:\n{flags}~W\nNULL. -999.25:\n~C\n{curves}~A\n{rows}")
}

fn read_text(text: &str) -> Reading {
    read(text.as_bytes(), &ReadOptions::default()).unwrap()
}

fn strictly(text: &str) -> Result<Reading, ReadError> {
    read(text.as_bytes(), &ReadOptions { strict: true, ..ReadOptions::default() })
}

fn plain(curves: &[&str], rows: &str) -> Reading {
    read_text(&file("WRAP. NO:\n", curves, rows))
}

/// Returns the number columns; a text column is empty.
fn numbers(reading: &Reading) -> Vec<Vec<f64>> {
    let values = |values: &Values| match values {
        Values::Number(numbers) => numbers.clone(),
        Values::Text(_) => Vec::new(),
    };
    reading.file.data[0].columns.iter().map(|column| values(&column.values)).collect()
}

fn texts(reading: &Reading, column: usize) -> Vec<Option<&str>> {
    match &reading.file.data[0].columns[column].values {
        Values::Text(texts) => texts.iter().map(Option::as_deref).collect(),
        Values::Number(_) => panic!("column {column} is no text"),
    }
}

fn names(reading: &Reading) -> Vec<&str> {
    let columns = reading.file.data[0].columns.iter();
    columns.map(|column| column.definition.mnemonic.as_str()).collect()
}

fn kinds(reading: &Reading) -> Vec<NoticeKind> {
    reading.report.notices.iter().map(|notice| notice.kind).collect()
}

/// Asserts equality where NaN equals NaN.
#[track_caller]
fn assert_columns(reading: &Reading, expected: &[&[f64]]) {
    let found = numbers(reading);
    assert_eq!(format!("{found:?}"), format!("{expected:?}"));
}

#[test]
fn numbers_are_exact_and_nothing_is_odd() {
    let reading = plain(&["DEPT", "GR"], "100.1 -0.0733\n  100.2\t1.5E-3\n");
    assert_columns(&reading, &[&[100.1, 100.2], &[-0.0733, 0.0015]]);
    assert_eq!(reading.report, ImportReport::default());
}

#[test]
fn null_is_a_number_and_never_in_the_index() {
    let reading = plain(&["DEPT", "GR"], "-999.25 -999.2500\n1 -9.9925E2\n2 -999.250001\n");
    assert_columns(&reading, &[&[-999.25, 1.0, 2.0], &[NAN, NAN, -999.250001]]);
}

#[test]
fn null_may_be_text() {
    let text = file("WRAP. NO:\n", &["DEPT", "GR"], "1 (null)\n2 5\n");
    let reading = read_text(&text.replace("-999.25", "(NULL)"));
    assert_columns(&reading, &[&[1.0, 2.0], &[NAN, 5.0]]);
    assert!(reading.report.notices.is_empty());
}

#[test]
fn other_spellings_of_null_are_reported() {
    let reading = plain(&["DEPT", "GR"], "1 ****\n2 1.#QNAN\n3 nan\n4 1e999\n5 7\n");
    assert_columns(&reading, &[&[1.0, 2.0, 3.0, 4.0, 5.0], &[NAN, NAN, NAN, NAN, 7.0]]);
    use NoticeKind::{NullSpelling, NumberRange};
    assert_eq!(kinds(&reading), [NullSpelling, NullSpelling, NullSpelling, NumberRange]);
    let places: Vec<_> = reading.report.notices.iter().map(|n| (n.line, n.column)).collect();
    assert_eq!(places, [(10, 3), (11, 3), (12, 3), (13, 3)]);
}

#[test]
fn exponents_of_fortran_are_exponents() {
    let reading = plain(&["DEPT", "GR"], "1 1.5D+03\n2 2d-1\n");
    assert_columns(&reading, &[&[1.0, 2.0], &[1500.0, 0.2]]);
    assert!(reading.report.notices.is_empty());
}

#[test]
fn decimal_commas_are_understood_and_reported() {
    let reading = plain(&["DEPT", "GR"], "1,5 123,420\n2,0 -999,25\n");
    assert_columns(&reading, &[&[1.5, 2.0], &[123.42, NAN]]);
    assert_eq!(kinds(&reading), [NoticeKind::DecimalComma; 4]);
}

#[test]
fn glued_values_are_taken_apart_only_when_the_row_then_fits() {
    let reading = plain(&["D", "A", "B"], "1 2 3\n2 7.330-19508.961\n3 -999.25-999.25\n4 2.1****\n");
    assert_columns(&reading, &[&[1.0, 2.0, 3.0, 4.0], &[2.0, 7.33, NAN, 2.1], &[3.0, -19508.961, NAN, NAN]]);
    let reading = plain(&["D", "A", "B", "C"], "1 2 3 4\n2 7.330-19508.961\n");
    assert_columns(&reading, &[&[1.0, 2.0], &[2.0, NAN], &[3.0, NAN], &[4.0, NAN]]);
    assert_eq!(kinds(&reading), [NoticeKind::ShortRow]);
}

#[test]
fn glued_values_without_a_sign_between_them_are_unknown() {
    let reading = plain(&["D", "A", "B", "C"], "1 2 3 4\n2 7.020101130.188 5\n");
    assert_columns(&reading, &[&[1.0, 2.0], &[2.0, NAN], &[3.0, NAN], &[4.0, 5.0]]);
    assert_eq!(kinds(&reading)[0], NoticeKind::RunOn);
}

#[test]
fn dates_are_not_taken_apart() {
    let reading = plain(&["D", "A", "B", "C"], "1 2020-01-01 3 4\n2 2020-01-02\n");
    assert_eq!(texts(&reading, 1), [Some("2020-01-01"), None]);
}

#[test]
fn a_column_with_a_word_is_text_as_delivered() {
    let rows = "1 007 2.50\n2 ERR -999.2500\n3 -999.25 9\n4 \"pick gamma\" 10\n5 **** 11\n";
    let reading = plain(&["D", "T", "A"], rows);
    assert_eq!(texts(&reading, 1), [Some("007"), Some("ERR"), None, Some("pick gamma"), None]);
    assert_eq!(numbers(&reading)[0], [1.0, 2.0, 3.0, 4.0, 5.0]);
    assert_eq!(format!("{:?}", numbers(&reading)[2]), "[2.5, NaN, 9.0, 10.0, 11.0]");
    assert_eq!(kinds(&reading), [NoticeKind::TextColumn]);
}

#[test]
fn the_index_may_be_time_and_date() {
    let reading = plain(&["TIME", "DATE", "GR"], "00:00:00 01-Jan-20 1\n00:00:01 01-Jan-20 2\n");
    assert_eq!(texts(&reading, 0), [Some("00:00:00"), Some("00:00:01")]);
    assert_eq!(texts(&reading, 1), [Some("01-Jan-20"); 2]);
    assert_eq!(numbers(&reading)[2], [1.0, 2.0]);
}

#[test]
fn a_short_row_keeps_its_place() {
    let reading = plain(&["D", "A", "B"], "1 2 3\n2 5\n3 8 9\n");
    assert_columns(&reading, &[&[1.0, 2.0, 3.0], &[2.0, 5.0, 8.0], &[3.0, NAN, 9.0]]);
    assert_eq!(kinds(&reading), [NoticeKind::ShortRow]);
    assert_eq!(reading.report.notices[0].line, 12);
}

#[test]
fn a_blank_within_fixed_columns_moves_nothing() {
    let rows = "  1.0   20.0    3.0\n  2.0   21.0    4.0\n  3.0           5.0\n  4.0   22.0    6.0\n";
    let reading = plain(&["D", "A", "B"], rows);
    assert_columns(&reading, &[&[1.0, 2.0, 3.0, 4.0], &[20.0, 21.0, NAN, 22.0], &[3.0, 4.0, 5.0, 6.0]]);
    assert_eq!(kinds(&reading), [NoticeKind::ShortRow]);
}

#[test]
fn a_long_row_loses_only_its_end() {
    let reading = plain(&["D", "A"], "1 2\n2 5 99\n3 8\n");
    assert_columns(&reading, &[&[1.0, 2.0, 3.0], &[2.0, 5.0, 8.0]]);
    assert_eq!(kinds(&reading), [NoticeKind::LongRow]);
}

#[test]
fn words_with_blanks_do_not_move_what_follows() {
    let reading = plain(&["D", "LITH", "A"], "1 SAND 5\n2 SAND SHALE 6\n3 LIME 7\n");
    assert_eq!(texts(&reading, 1), [Some("SAND"), None, Some("LIME")]);
    assert_eq!(format!("{:?}", numbers(&reading)[2]), "[5.0, NaN, 7.0]");
}

#[test]
fn remarks_among_the_rows_are_left_out() {
    let rows = "DEPTH GR\n1 2\nSCHLUMBERGER OF ELK CITY\n# comment\n\n2 3\n";
    let reading = plain(&["D", "A"], rows);
    assert_columns(&reading, &[&[1.0, 2.0], &[2.0, 3.0]]);
    assert_eq!(kinds(&reading), [NoticeKind::StrayLine; 2]);
    assert!(reading.report.notices[1].message.ends_with("SCHLUMBERGER OF ELK CITY"));
}

#[test]
fn a_torn_last_row_is_reported_or_refused() {
    let text = file("WRAP. NO:\n", &["D", "A", "B"], "1 2 3\n2 5\n\n");
    let reading = read_text(&text);
    assert_columns(&reading, &[&[1.0, 2.0], &[2.0, 5.0], &[3.0, NAN]]);
    assert_eq!(kinds(&reading), [NoticeKind::Truncated]);
    assert_eq!(strictly(&text), Err(ReadError::Truncated { line: 12, found: 2, expected: 3 }));
}

#[test]
fn columns_without_curves_are_unknown() {
    let reading = plain(&["D"], "1 2 3\n2 5 6\n");
    assert_eq!(names(&reading), ["D", "UNKNOWN:1", "UNKNOWN:2"]);
    assert_eq!(kinds(&reading), [NoticeKind::ExtraColumns]);
    assert_eq!(names(&read_text("~A\n1 2\n3 4\n")), ["UNKNOWN:1", "UNKNOWN:2"]);
}

#[test]
fn curves_without_columns_are_empty() {
    let reading = plain(&["D", "A", "B", "C"], "1 2\n2 5\n");
    assert_columns(&reading, &[&[1.0, 2.0], &[2.0, 5.0], &[NAN, NAN], &[NAN, NAN]]);
    assert_eq!(kinds(&reading), [NoticeKind::MissingColumns]);
}

#[test]
fn equal_names_stay_equal() {
    assert_eq!(names(&plain(&["D", "GR", "GR"], "1 2 3\n")), ["D", "GR", "GR"]);
}

#[test]
fn names_in_another_order_are_reported() {
    let text = file("WRAP. NO:\n", &["GR", "DEPT"], "1 2\n").replace("~A", "~A DEPT GR");
    assert_eq!(kinds(&read_text(&text)), [NoticeKind::NamesDiffer]);
}

#[test]
fn commas_separate_and_empty_items_are_null() {
    let rows = "1, 2 ,3\n2,,-999.25\n3,4,\n";
    let reading = read_text(&file("WRAP. NO:\nDLM. COMMA:\n", &["D", "A", "B"], rows));
    assert_eq!(reading.file.version.delimiter, Delimiter::Comma);
    assert_columns(&reading, &[&[1.0, 2.0, 3.0], &[2.0, NAN, 4.0], &[3.0, NAN, NAN]]);
    assert!(reading.report.notices.is_empty());
}

#[test]
fn quotes_keep_the_delimiter_and_the_blanks() {
    let rows = "1,\"SAND, SHALE\",\"-999.25\"\n2,\"LOST INTERVAL   \",\"7.5\"\n";
    let reading = read_text(&file("WRAP. NO:\nDLM. COMMA:\n", &["D", "T", "A"], rows));
    assert_eq!(texts(&reading, 1), [Some("SAND, SHALE"), Some("LOST INTERVAL   ")]);
    assert_eq!(format!("{:?}", numbers(&reading)[2]), "[NaN, 7.5]");
}

#[test]
fn quotes_around_a_part_of_an_item_are_text() {
    let rows = "1,\"SAND\" grey,2\n2,\"a\"b,3\n3,\"c\" ,4\n";
    let reading = read_text(&file("WRAP. NO:\nDLM. COMMA:\n", &["D", "T", "A"], rows));
    assert_eq!(texts(&reading, 1), [Some("\"SAND\" grey"), Some("\"a\"b"), Some("c")]);
    assert_eq!(numbers(&reading)[2], [2.0, 3.0, 4.0]);
}

#[test]
fn tabs_separate_also_behind_a_leading_one() {
    for rows in ["1\t\t3\n2\t5\t6\n", "\t1\t\t3\n\t2\t5\t6\n", "1\t \t3\t\n2\t5\t6\t\n"] {
        let reading = read_text(&file("WRAP. NO:\nDLM. TAB:\n", &["D", "A", "B"], rows));
        assert_columns(&reading, &[&[1.0, 2.0], &[NAN, 5.0], &[3.0, 6.0]]);
        assert!(reading.report.notices.is_empty());
    }
}

#[test]
fn a_leading_tab_moves_nothing_also_where_curves_are_missing() {
    let rows = "\t1\t2\t3\t4\n\t5\t\t7\tx\n\t6\t2\t3\t4\n";
    let reading = read_text(&file("WRAP. NO:\nDLM. TAB:\n", &["D", "A"], rows));
    assert_eq!(names(&reading), ["D", "A", "UNKNOWN:1", "UNKNOWN:2"]);
    assert_eq!(numbers(&reading)[0], [1.0, 5.0, 6.0]);
    assert_eq!(texts(&reading, 3), [Some("4"), Some("x"), Some("4")]);
    assert_eq!(kinds(&reading), [NoticeKind::ExtraColumns, NoticeKind::TextColumn]);
}

#[test]
fn the_rows_tell_their_delimiter_when_the_header_does_not() {
    let reading = plain(&["D", "A", "B"], "1,2,3\n2,,6\n");
    assert_columns(&reading, &[&[1.0, 2.0], &[2.0, NAN], &[3.0, 6.0]]);
    assert_eq!(kinds(&reading), [NoticeKind::Delimiter]);
    let reading = read_text(&file("WRAP. NO:\nDLM. COMMA:\n", &["D", "A"], "1 2\n3 4\n"));
    assert_columns(&reading, &[&[1.0, 3.0], &[2.0, 4.0]]);
    assert_eq!(read_text("~A\n1, 2\n3, 4\n").file.data[0].columns.len(), 2);
}

#[test]
fn every_line_end_and_the_dos_end_of_file_are_harmless() {
    let text = file("WRAP. NO:\n", &["D", "A"], "1 2\n\n3 4\n");
    for end in ["\r\n", "\r", "\n"] {
        let reading = read_text(&(text.replace('\n', end) + "\u{1a}"));
        assert_columns(&reading, &[&[1.0, 3.0], &[2.0, 4.0]]);
        assert!(reading.report.notices.is_empty());
    }
    assert_eq!(numbers(&read_text(text.trim_end())), numbers(&read_text(&text)));
}

#[test]
fn too_many_columns_or_curves_are_refused() {
    let wide = format!("~A\n{}\n", "1 ".repeat(MAX_COLUMNS + 1));
    let error = read(wide.as_bytes(), &ReadOptions::default()).unwrap_err();
    assert_eq!(error, ReadError::TooLarge { what: "columns", limit: MAX_COLUMNS, line: 2 });
    let curves = vec!["X"; MAX_COLUMNS + 1];
    let error = read(file("", &curves, "1 2\n").as_bytes(), &ReadOptions::default()).unwrap_err();
    assert!(matches!(error, ReadError::TooLarge { what: "curves", .. }));
}

#[test]
fn missing_values_cannot_be_made_to_fill_the_memory() {
    let text = file("WRAP. NO:\n", &vec!["X"; MAX_COLUMNS], &"1\n".repeat(100_000));
    let error = read(text.as_bytes(), &ReadOptions::default()).unwrap_err();
    assert!(matches!(error, ReadError::TooLarge { .. }));
}

#[test]
fn fast_and_slow_ways_agree() {
    let rows = "1 2.5 -999.25\n2 3.25 4\n3 -999.25 1e3\n";
    let fast = plain(&["D", "A", "B"], rows);
    // A comma as decimal sign sends a row the slow way.
    let slow = plain(&["D", "A", "B"], &rows.replace('.', ","));
    assert_eq!(format!("{:?}", numbers(&fast)), format!("{:?}", numbers(&slow)));
}

#[test]
fn strict_refuses_the_first_oddity() {
    let error = strictly(&file("WRAP. NO:\n", &["D", "A"], "1 2\n2 ERR\n")).unwrap_err();
    let ReadError::StrictViolation { line: 11, column: 3, kind, .. } = error else {
        panic!("{error:?}");
    };
    assert_eq!(kind, NoticeKind::TextColumn);
}
