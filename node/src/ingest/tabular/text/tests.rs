use super::*;
use crate::ingest::tabular::number::Decimal;

fn book(text: &str) -> RawBook {
    read_text(text.as_bytes(), &SourceMapping::default()).unwrap()
}

fn rows(book: &RawBook) -> Vec<(u32, Vec<String>)> {
    let sheet = &book.sheets[0];
    let cell = |value: Value<'_>| match value {
        Value::Empty => String::new(),
        Value::Text(text) => text.to_owned(),
        other => panic!("text files have no {other:?}"),
    };
    (0..sheet.rows()).map(|row| (sheet.line(row), sheet.values(row).map(cell).collect())).collect()
}

fn row(line: u32, cells: &[&str]) -> (u32, Vec<String>) {
    (line, cells.iter().map(|&cell| cell.to_owned()).collect())
}

#[test]
fn rows_know_their_line_behind_blank_lines_and_long_cells() {
    let text = "\n\nMD,Remark\n1,\"over\ntwo lines\"\r\n\r\n2,x\n";
    let expected = [row(3, &["MD", "Remark"]), row(4, &["1", "over\ntwo lines"]), row(7, &["2", "x"])];
    assert_eq!(rows(&book(text)), expected);
}

#[test]
fn line_ends_of_all_kinds_are_counted_once() {
    let lines: Vec<u32> = rows(&book("a,b\r1,2\r\n3,4\n\r5,6\n")).into_iter().map(|(line, _)| line).collect();
    assert_eq!(lines, [1, 2, 3, 5]);
}

#[test]
fn quotes_are_taken_off_and_doubled_ones_kept_once() {
    let book = book("a,b\n\"x, y\",\"5\"\" pipe\"\n5\" pipe,z\n");
    let cells = rows(&book);
    assert_eq!(cells[1].1, ["x, y", "5\" pipe"]);
    assert_eq!(cells[2].1, ["5\" pipe", "z"], "an inch sign is no quote");
}

#[test]
fn a_quote_that_is_never_closed_is_refused_with_its_line() {
    let open = |text: &str| read_text(text.as_bytes(), &SourceMapping::default());
    assert_eq!(open("a,b\n1,2\n3,\"x\n4,5\n6,7\n"), Err(ReadTableError::OpenQuote { line: 3 }));
    assert_eq!(open("a,b\n1,2\n3,\"x"), Err(ReadTableError::OpenQuote { line: 3 }));
    let many = format!("a,b\n1,2\n1,\"{}\"\n1,2\n", "x\n".repeat(2_000));
    assert_eq!(open(&many), Err(ReadTableError::OpenQuote { line: 3 }));
    let source = SourceMapping { quotes: Some(false), ..SourceMapping::default() };
    let book = read_text(b"a,b\n1,2\n3,\"x\n4,5\n6,7\n", &source).unwrap();
    assert_eq!(rows(&book)[2], row(3, &["3", "\"x"]));
}

#[test]
fn a_closed_quote_at_the_end_is_fine() {
    for last in ["\"x\",5\"\n", "\"x \"\"y\"\"\",2", "\"a\",\"\"", "5\",6\""] {
        let book = book(&format!("a,b\n1,2\n{last}"));
        assert_eq!(rows(&book)[2].1.len(), 2, "{last:?}");
    }
}

#[test]
fn ragged_rows_stay_ragged() {
    let cells = rows(&book("a,b,c\n1,2\n3,4,5,6\n7,8,9\n1,2,3\n"));
    assert_eq!((cells[1].1.len(), cells[2].1.len()), (2, 4));
}

#[test]
fn semicolons_with_decimal_commas_keep_numbers_whole() {
    let book = book("MD;GR\n1000,5;45,2\n1001,0;46,1\n");
    assert_eq!(book.format, Format::Semicolon);
    assert_eq!(rows(&book)[1], row(2, &["1000,5", "45,2"]));
}

#[test]
fn values_at_places_keep_their_column_when_one_is_missing() {
    let book = book("   MD     GR   NPHI\n\n 1000   20.5   0.25\n 1001          0.26\n 1002   21.5   0.27\n");
    assert_eq!(book.format, Format::Fixed);
    assert_eq!(rows(&book)[2], row(4, &["1001", "", "0.26"]));
    assert!(book.sheets[0].torn.is_empty());
}

#[test]
fn widths_may_be_given() {
    let source = SourceMapping { widths: vec![3, 2, 4], ..SourceMapping::default() };
    let book = read_text(b"100102.5\n1011 3.5\n", &source).unwrap();
    assert_eq!(rows(&book), [row(1, &["100", "10", "2.5"]), row(2, &["101", "1", "3.5"])]);
    assert!(book.sheets[0].torn.is_empty(), "it was meant");
}

#[test]
fn blank_separated_decimal_commas_are_numbers() {
    let book = book("MD GR\n1000,5 45,2\n1001,0 46,1\n1001,5 46,3\n");
    assert_eq!(book.format, Format::Spaces);
    assert_eq!(rows(&book)[1], row(2, &["1000,5", "45,2"]));
}

#[test]
fn what_is_no_table_is_refused() {
    let refuse = |bytes: &[u8]| read_text(bytes, &SourceMapping::default()).unwrap_err();
    assert_eq!(refuse(b" \n\r\n"), ReadTableError::Empty);
    assert_eq!(refuse(b"PK\x03\x04\0\0"), ReadTableError::Binary { at: 4 });
    assert_eq!(refuse(b"Dear colleague,\n\nplease find the logs\nattached.\n"), ReadTableError::NoTable);
}

#[test]
fn the_separator_may_be_given() {
    let source = SourceMapping { format: Some(Format::Csv), decimal: Some(Decimal::Point), ..SourceMapping::default() };
    let book = read_text(b"a;b,c\n1;2,3\n", &source).unwrap();
    assert_eq!(rows(&book)[1], row(2, &["1;2", "3"]));
}
