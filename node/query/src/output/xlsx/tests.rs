use std::io::Cursor;

use arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Float32Array, Float64Array, Int64Array, StringArray, UInt64Array,
};
use calamine::{Data, Range, Reader as _, Xlsx as Workbook};

use super::*;

fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, column)| (name, column, true))).unwrap()
}

fn written(batches: &[RecordBatch], max_rows: u32) -> Vec<u8> {
    let mut out = Vec::new();
    let mut workbook = Xlsx::with_rows(&mut out, &batches[0].schema(), max_rows).unwrap();
    batches.iter().for_each(|batch| workbook.write_batch(batch).unwrap());
    workbook.write_end().unwrap();
    out
}

fn sheets(bytes: Vec<u8>) -> Vec<(String, Range<Data>)> {
    Workbook::new(Cursor::new(bytes)).unwrap().worksheets()
}

#[test]
fn values_come_back_as_they_were() {
    let numbers = [0.1, -0.0, 1e300, 5e-324, 123_456_789.123_456_79, f64::MAX, 2.0_f64.powi(53) + 2.0, 1e-5, 1e17];
    let batch = batch(vec![("x", Arc::new(Float64Array::from(numbers.to_vec())))]);
    let found = &sheets(written(&[batch], MAX_ROWS))[0].1;
    for (row, number) in numbers.iter().enumerate() {
        let Some(Data::Float(read)) = found.get((row + 1, 0)) else { panic!("{row}: {:?}", found.get((row + 1, 0))) };
        assert_eq!(read.to_bits(), number.to_bits(), "{number}");
    }
}

#[test]
fn every_type_has_its_cell() {
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("double", Arc::new(Float64Array::from(vec![Some(1.5), None, Some(f64::INFINITY)]))),
        ("float", Arc::new(Float32Array::from(vec![0.1, 2.0, f32::NAN]))),
        ("int", Arc::new(Int64Array::from(vec![7, i64::MAX, -3]))),
        ("large", Arc::new(UInt64Array::from(vec![1, 2, u64::MAX]))),
        ("flag", Arc::new(BooleanArray::from(vec![Some(true), None, Some(false)]))),
        ("day", Arc::new(Date32Array::from(vec![0, 1, 2]))),
        ("text", Arc::new(StringArray::from(vec![Some("=1+1"), None, Some("a & <b>")]))),
    ];
    let (name, found) = sheets(written(&[batch(columns)], MAX_ROWS)).remove(0);
    assert_eq!(name, "Result");
    let row =
        |row: usize| (0..7).map(|column| found.get((row, column)).cloned().unwrap_or_default()).collect::<Vec<_>>();
    let text = |text: &str| Data::String(text.to_owned());
    assert_eq!(row(0), ["double", "float", "int", "large", "flag", "day", "text"].map(text));
    let first = [
        Data::Float(1.5),
        Data::Float(0.1),
        Data::Float(7.0),
        text("1"),
        Data::Bool(true),
        text("1970-01-01"),
        text("=1+1"),
    ];
    assert_eq!(row(1), first);
    assert_eq!((&row(2)[0], &row(2)[2], &row(2)[6]), (&Data::Empty, &text("9223372036854775807"), &Data::Empty));
    assert_eq!((&row(3)[0], &row(3)[1], &row(3)[6]), (&text("inf"), &text("NaN"), &text("a & <b>")));
}

#[test]
fn text_is_never_a_formula_and_keeps_its_characters() {
    let texts = ["=cmd|'x'!A1", " two  blanks ", "line\nline", "tab\tx", "ГК °C", "\"q\"", "_x0041_", "-1"];
    let bytes = written(&[batch(vec![("t", Arc::new(StringArray::from(texts.to_vec())))])], MAX_ROWS);
    let mut workbook = Workbook::new(Cursor::new(bytes)).unwrap();
    assert_eq!(workbook.worksheet_formula("Result").unwrap().used_cells().count(), 0);
    let found = workbook.worksheet_range("Result").unwrap();
    for (row, text) in texts.iter().enumerate() {
        let Some(Data::String(read)) = found.get((row + 1, 0)) else { panic!("{text:?}") };
        assert_eq!(read, text);
    }
    let mut escaped = String::new();
    parts::escape("a\rb\u{1}_x000D_\u{ffff}", &mut escaped);
    assert_eq!(escaped, "a_x000D_b_x0001__x005F_x000D__xFFFF_");
}

#[test]
fn more_rows_than_a_sheet_takes_go_on_further_sheets() {
    let numbers = |from: i64, to: i64| batch(vec![("n", Arc::new(Int64Array::from_iter_values(from..to)))]);
    let found = sheets(written(&[numbers(0, 5), numbers(5, 7)], 4));
    let names: Vec<&str> = found.iter().map(|(name, _)| &**name).collect();
    assert_eq!(names, ["Result", "Result 2", "Result 3"]);
    let heights: Vec<usize> = found.iter().map(|(_, range)| range.height()).collect();
    assert_eq!(heights, [4, 4, 2]);
    assert_eq!(found[1].1.get((0, 0)), Some(&Data::String("n".into())));
    assert_eq!(found[1].1.get((1, 0)), Some(&Data::Float(3.0)));
    assert_eq!(found[2].1.get((1, 0)), Some(&Data::Float(6.0)));
}

#[test]
fn the_same_result_gives_the_same_bytes_and_no_rows_a_header() {
    let empty = batch(vec![("n", Arc::new(Int64Array::from(Vec::<i64>::new())))]);
    let (one, two) = (written(std::slice::from_ref(&empty), MAX_ROWS), written(&[empty], MAX_ROWS));
    assert_eq!(one, two);
    assert_eq!(sheets(one)[0].1.height(), 1);
}

#[test]
fn what_does_not_fit_is_refused_with_its_place() {
    let long = "x".repeat(MAX_TEXT + 1);
    let texts = batch(vec![("remark", Arc::new(StringArray::from(vec!["fine", &long])))]);
    let mut out = Vec::new();
    let mut workbook = Xlsx::new(&mut out, &texts.schema()).unwrap();
    let error = workbook.write_batch(&texts).unwrap_err().to_string();
    assert!(error.contains("remark") && error.contains("row 3"), "{error}");
    let fields: Vec<_> =
        (0..=MAX_COLUMNS).map(|n| arrow::datatypes::Field::new(format!("c{n}"), DataType::Int64, true)).collect();
    assert!(Xlsx::new(Vec::new(), &Schema::new(fields)).is_err());
}

#[test]
fn a_workbook_that_is_given_up_writes_no_directory() {
    let mut out = Vec::new();
    let mut workbook = Xlsx::new(&mut out, &Schema::empty()).unwrap();
    workbook.zip.flush().unwrap();
    drop(workbook);
    assert!(!out.windows(4).any(|bytes| bytes == b"PK\x01\x02"));
}
