//! Tests of writing: what is written, what stays, and what is refused.

use super::*;
use crate::model::{Column, DataSet, HeaderItem, RowComment, Section, SectionKind, SetKind, Values};
use crate::{ReadOptions, read};

mod header;
mod random;
mod sets;

const NAN: f64 = f64::NAN;

fn item(mnemonic: &str, unit: &str) -> HeaderItem {
    HeaderItem::new(mnemonic, unit, "", "")
}

fn numbers(mnemonic: &str, unit: &str, numbers: &[f64]) -> Column {
    Column::of_numbers(item(mnemonic, unit), numbers.to_vec())
}

fn texts(mnemonic: &str, texts: &[Option<&str>]) -> Column {
    Column::of_texts(item(mnemonic, ""), texts.iter().map(|text| text.map(str::to_owned)).collect())
}

/// Returns a file with one log of these columns.
fn log(columns: Vec<Column>) -> LogFile {
    let mut file = LogFile::new(vec![HeaderItem::new("COMP", "", "ACME", "COMPANY")]);
    file.push(DataSet::new(SetKind::Log, "", columns), Vec::new());
    file
}

fn small() -> LogFile {
    log(vec![numbers("DEPT", "M", &[1.0, 1.5, 2.0]), numbers("GR", "GAPI", &[NAN, 45.25, -0.5])])
}

fn plain(version: LasVersion) -> WriteOptions {
    WriteOptions { version, line_end: LineEnd::Lf, ..WriteOptions::default() }
}

fn written(file: &LogFile, options: &WriteOptions) -> (String, WriteReport) {
    let mut bytes = Vec::new();
    let report = write(file, options, &mut bytes).unwrap();
    (String::from_utf8(bytes).unwrap(), report)
}

fn refused(file: &LogFile, options: &WriteOptions) -> String {
    let mut bytes = Vec::new();
    let error = write(file, options, &mut bytes).unwrap_err();
    assert!(bytes.is_empty(), "nothing is written of what is refused: {error}");
    error.to_string()
}

fn again(text: &str) -> LogFile {
    read(text.as_bytes(), &ReadOptions::default()).unwrap().file
}

/// Returns the values of all columns as text, NaN as itself.
fn values(set: &DataSet) -> String {
    set.columns.iter().map(|column| format!("{:?}\n", column.values)).collect()
}

/// Asserts that a file is read back with the values it was given.
#[track_caller]
fn assert_comes_back(file: &LogFile, options: &WriteOptions) {
    let (text, report) = written(file, options);
    let found = again(&text);
    for (set, found) in file.data.iter().zip(&found.data) {
        assert_eq!(values(set), values(found), "{text}");
    }
    assert_eq!(file.data.len(), found.data.len(), "{text}");
    assert_eq!(report.bytes, text.len() as u64);
}

#[test]
fn a_table_becomes_a_file() {
    let (text, report) = written(&small(), &plain(LasVersion::V2_0));
    let expected = "\
~Version Information
VERS .  2.0 : CWLS log ASCII Standard - VERSION 2.0
WRAP .  NO  : One line per depth step
~Well Information
STRT .M  1       : First index value
STOP .M  2       : Last index value
STEP .M  0.5     : Step, 0 when irregular
NULL .   -999.25 : Null value
COMP .   ACME    : COMPANY
~Curve Information
DEPT .M      :
GR   .GAPI   :
~ASCII
  1 -999.25
1.5   45.25
  2    -0.5
";
    assert_eq!(text, expected);
    let said: Vec<_> = report.updated.iter().map(|u| (u.mnemonic.as_str(), u.from.as_deref(), u.to.as_str())).collect();
    assert_eq!(said[2..4], [("STRT", None, "1 M"), ("STOP", None, "2 M")]);
}

#[test]
fn every_version_and_delimiter_comes_back() {
    use Delimiter::{Comma, Space, Tab};
    for version in [LasVersion::V1_2, LasVersion::V2_0, LasVersion::V3_0] {
        for delimiter in [Space, Comma, Tab] {
            for line_end in [LineEnd::Lf, LineEnd::CrLf] {
                let options = WriteOptions { version, delimiter: Some(delimiter), line_end, ..WriteOptions::default() };
                assert_comes_back(&small(), &options);
                let words = [Some("SAND, SHALE"), None, Some(" a\tb ")];
                let file =
                    log(vec![numbers("D", "M", &[1.0, 2.0, 3.0]), texts("T", &words), numbers("X", "", &[NAN; 3])]);
                assert_comes_back(&file, &options);
            }
        }
    }
}

#[test]
fn wrapped_rows_come_back() {
    for version in [LasVersion::V1_2, LasVersion::V2_0] {
        let options = WriteOptions { version, wrapped: true, ..WriteOptions::default() };
        for columns in [1, 2, 3, 8, 9, 30] {
            let column = |at: u32| {
                let long = f64::from(at) + 0.123_456_789_012_3;
                numbers(&format!("C{at}"), "", &[long, -long, if at > 0 { NAN } else { -2.0 * long }])
            };
            assert_comes_back(&log((0..columns).map(column).collect()), &options);
        }
        let long = "a sentence that is longer than half a line, and then some more";
        let file = log(vec![
            numbers("D", "", &[1.0, 2.0]),
            texts("A", &[Some(long), Some("x")]),
            texts("B", &[Some(long); 2]),
        ]);
        assert_comes_back(&file, &options);
    }
    let (text, _) = written(&small(), &WriteOptions { wrapped: true, ..plain(LasVersion::V2_0) });
    assert!(text.contains("WRAP .  YES : Multiple lines per depth step\n"), "{text}");
    assert!(text.ends_with("~ASCII\n1\n -999.25\n1.5\n 45.25\n2\n -0.5\n"), "{text}");
    for options in [
        WriteOptions { version: LasVersion::V3_0, wrapped: true, ..WriteOptions::default() },
        WriteOptions { delimiter: Some(Delimiter::Tab), wrapped: true, ..WriteOptions::default() },
    ] {
        assert!(refused(&small(), &options).starts_with("wrapped rows are of LAS 1.2 and 2.0"));
    }
}

#[test]
fn nulls_are_as_asked_for_and_never_a_value() {
    let options = |null: &str| WriteOptions { null: Some(null.to_owned()), ..plain(LasVersion::V2_0) };
    let (text, _) = written(&small(), &options("-9999"));
    assert!(text.contains("NULL .   -9999 : Null value\n") && text.contains("  1 -9999\n"), "{text}");
    assert_eq!(
        refused(&small(), &options("45.250")),
        "row 2 of GR has the value 45.250, which stands for no value: choose another null"
    );
    assert_comes_back(&small(), &options("1.5"));
    for null in ["a b", "", "a,b", "\""] {
        assert!(refused(&small(), &options(null)).contains("cannot stand for no value"), "{null}");
    }
    let taken = log(vec![numbers("D", "", &[1.0, 2.0]), numbers("A", "", &[-999.25, NAN])]);
    assert!(written(&taken, &plain(LasVersion::V2_0)).0.contains("-9999 : Null value"));
    assert_comes_back(&taken, &plain(LasVersion::V2_0));
}

#[test]
fn an_index_without_value_is_no_null() {
    let file = log(vec![numbers("D", "", &[1.0, NAN, 3.0]), numbers("A", "", &[1.0; 3])]);
    assert_comes_back(&file, &plain(LasVersion::V2_0));
    let options = WriteOptions { delimiter: Some(Delimiter::Comma), ..plain(LasVersion::V3_0) };
    assert_comes_back(&file, &options);
    let words = log(vec![texts("T", &[Some("a"), None]), numbers("A", "", &[1.0, 2.0])]);
    assert_comes_back(&words, &options);
    assert!(refused(&words, &plain(LasVersion::V2_0)).starts_with("row 2 of T is not read back"));
}

#[test]
fn a_row_of_nothing_is_written_so_that_it_stays_a_row() {
    let options = WriteOptions { delimiter: Some(Delimiter::Tab), ..plain(LasVersion::V3_0) };
    let mut file = LogFile::new(Vec::new());
    file.push(
        DataSet::new(SetKind::Tops, "", vec![texts("A", &[None, Some("a")]), texts("B", &[None, None])]),
        Vec::new(),
    );
    assert_comes_back(&file, &options);
    let lone = log(vec![texts("A", &[None, Some("b")])]);
    assert!(refused(&lone, &options).contains("no row"));
}

#[test]
fn words_that_cannot_stand_in_a_row_are_refused() {
    let with = |word: &str| log(vec![numbers("D", "", &[1.0, 2.0]), texts("T", &[Some("a"), Some(word)])]);
    let two = plain(LasVersion::V2_0);
    for (word, why) in [
        ("a\nb", "row 2 of T is a text of several lines"),
        ("9 5/8\"", "row 2 of T has a quote and needs quotes"),
        ("\"a\"", "row 2 of T begins with a quote"),
        ("-999.25", "row 2 of T is not read back as it is"),
        ("****", "row 2 of T is not read back as it is"),
        ("a\r", "row 2 of T is a text of several lines"),
    ] {
        assert!(refused(&with(word), &two).starts_with(why), "{word:?}");
    }
    let comma = WriteOptions { delimiter: Some(Delimiter::Comma), ..plain(LasVersion::V3_0) };
    for word in ["a\nb", "9 5/8\"", "~a", "#a", "a\n\nb, c", "NaN", "****", "", "a\n"] {
        assert_comes_back(&with(word), &comma);
    }
    for word in ["a\n~b", "a\r\nb", "-999.25", "9, 5/8\"", "\"", "\n"] {
        refused(&with(word), &comma);
    }
}

#[test]
fn a_row_that_would_be_taken_for_a_remark_is_refused() {
    let index = texts("I", &[Some("1"), Some("2"), Some("3"), Some("x")]);
    let file = log(vec![index, texts("T", &[Some("a"), Some("b"), Some("c"), Some("d")])]);
    let why = "row 4 of I is in a row that is not read back as one";
    assert!(refused(&file, &plain(LasVersion::V2_0)).starts_with(why));
    assert_comes_back(&file, &plain(LasVersion::V3_0));
    // A format that 2.0 does not have saves nothing there.
    let mut file = file;
    file.data[0].columns[0].definition.format = Some(crate::Format::new("S"));
    assert!(refused(&file, &plain(LasVersion::V2_0)).starts_with(why));
}

#[test]
fn words_that_look_like_numbers_need_a_format_to_stay_words() {
    let file = log(vec![numbers("D", "", &[1.0, 2.0]), texts("UWI", &[Some("007"), Some("1.50")])]);
    let (text, _) = written(&file, &plain(LasVersion::V3_0));
    assert_eq!(values(&again(&text).data[0]), values(&file.data[0]));
    let (text, report) = written(&file, &plain(LasVersion::V2_0));
    assert!(text.contains("1 007\n"), "{text}");
    assert_eq!(report.notes, ["every word of UWI looks like a number, and will be read as one"]);
}

#[test]
fn places_are_cut_only_when_asked_for() {
    let file = log(vec![numbers("D", "", &[1.0, 2.0]), numbers("A", "", &[1.0 / 3.0, -999.251])]);
    let options = |places| WriteOptions { numbers: NumberForm::Decimals(places), ..plain(LasVersion::V2_0) };
    assert!(written(&file, &options(3)).0.ends_with("1.000    0.333\n2.000 -999.251\n"));
    assert!(refused(&file, &options(2)).contains("stands for no value"), "-999.25 is not what it was");
    assert_comes_back(&file, &plain(LasVersion::V2_0));
}

#[test]
fn what_is_no_table_is_refused() {
    let two = plain(LasVersion::V2_0);
    assert_eq!(
        refused(&LogFile::new(Vec::new()), &two),
        "there is no such data set to write: choose one of those the file has"
    );
    assert!(refused(&log(Vec::new()), &two).starts_with("nothing to write"));
    assert!(refused(&log(vec![numbers("D", "", &[])]), &two).starts_with("nothing to write"));
    let uneven = log(vec![numbers("D", "", &[1.0, 2.0]), numbers("A", "", &[1.0])]);
    assert_eq!(refused(&uneven, &two), "column A has 1 rows where the data set has 2: Log");
    let infinite = log(vec![numbers("D", "", &[1.0, 2.0]), numbers("A", "", &[1.0, f64::INFINITY])]);
    assert!(refused(&infinite, &two).starts_with("row 2 of A is infinite"));
    let wide = log(vec![numbers("D", "", &[1.0]); crate::limits::MAX_COLUMNS + 1]);
    assert!(refused(&wide, &two).starts_with("a data set with 4097 columns"));
    assert!(refused(&small(), &WriteOptions { data_set: Some(1), ..two }).starts_with("there is no such data set"));
}

#[test]
fn comments_among_rows_keep_their_place() {
    let mut file = small();
    let comment = |row, text: &str| RowComment { row, line: 0, text: text.to_owned() };
    file.data[0].comments = vec![comment(0, "# first"), comment(2, "  # second"), comment(9, "# last")];
    for wrapped in [false, true] {
        let (text, _) = written(&file, &WriteOptions { wrapped, ..plain(LasVersion::V2_0) });
        let found: Vec<_> = again(&text).data[0].comments.iter().map(|c| (c.row, c.text.clone())).collect();
        assert_eq!(found, [(0, "# first".into()), (2, "  # second".into()), (3, "# last".into())]);
    }
    file.data[0].comments = vec![comment(0, "1 2")];
    assert!(refused(&file, &plain(LasVersion::V2_0)).contains("would not be read as it is meant"));
}

#[test]
fn a_failing_file_is_an_error() {
    struct Full;
    impl std::io::Write for Full {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    assert!(matches!(write(&small(), &WriteOptions::default(), &mut Full), Err(WriteError::Io(_))));
}
