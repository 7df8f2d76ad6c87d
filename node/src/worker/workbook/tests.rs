use std::io::Write as _;

use rust_xlsxwriter::{ExcelDateTime as Moment, Format as Style, Formula, Workbook};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::*;
use crate::worker::frame::{MAX_FRAME, ReadFrameError};

/// Returns what the child sends for a file, as the parent takes it.
fn gathered(bytes: &[u8]) -> Result<RawBook, String> {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    std::io::Seek::rewind(&mut file).unwrap();
    let mut out = Vec::new();
    match send(file, &mut out) {
        Ok(()) => {}
        Err(Stop::Refused(why)) => return Err(why),
        Err(Stop::Output(error)) => panic!("{error}"),
    }
    let (mut gathering, mut input) = (Gathering::default(), out.as_slice());
    loop {
        match frame::read(&mut input) {
            Ok((frame, bytes)) => {
                assert!(bytes <= MAX_FRAME as u64);
                gathering.take(frame).map_err(|error| error.to_string())?;
            }
            Err(ReadFrameError::Ended) => return Ok(gathering.finish()),
            Err(error) => panic!("{error:?}"),
        }
    }
}

fn row(sheet: &RawSheet, row: usize) -> Vec<Value<'_>> {
    sheet.values(row).collect()
}

/// Returns an xlsx of one sheet with the given inside of `sheetData`.
fn raw(workbook: &str, rows: &str) -> Vec<u8> {
    const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    const DOCUMENT: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    const PACKAGE: &str = "http://schemas.openxmlformats.org/package/2006/relationships";
    let parts = [
        (
            "_rels/.rels",
            format!(
                "<Relationships xmlns=\"{PACKAGE}\"><Relationship Id=\"r1\" Type=\"{DOCUMENT}/officeDocument\" \
             Target=\"xl/workbook.xml\"/></Relationships>"
            ),
        ),
        (
            "xl/workbook.xml",
            format!(
                "<workbook xmlns=\"{MAIN}\" xmlns:r=\"{DOCUMENT}\">{workbook}<sheets>\
             <sheet name=\"S\" sheetId=\"1\" r:id=\"r1\"/></sheets></workbook>"
            ),
        ),
        (
            "xl/_rels/workbook.xml.rels",
            format!(
                "<Relationships xmlns=\"{PACKAGE}\"><Relationship Id=\"r1\" Type=\"{DOCUMENT}/worksheet\" \
             Target=\"worksheets/sheet1.xml\"/><Relationship Id=\"r2\" Type=\"{DOCUMENT}/styles\" \
             Target=\"styles.xml\"/></Relationships>"
            ),
        ),
        (
            "xl/styles.xml",
            format!(
                "<styleSheet xmlns=\"{MAIN}\"><numFmts count=\"1\"><numFmt numFmtId=\"164\" formatCode=\"0&quot;%&quot;\"/>\
             </numFmts><cellXfs count=\"4\"><xf numFmtId=\"0\"/><xf numFmtId=\"14\"/><xf numFmtId=\"9\"/>\
             <xf numFmtId=\"164\"/></cellXfs></styleSheet>"
            ),
        ),
        ("xl/worksheets/sheet1.xml", format!("<worksheet xmlns=\"{MAIN}\"><sheetData>{rows}</sheetData></worksheet>")),
    ];
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in parts {
        writer.start_file(name, SimpleFileOptions::default()).unwrap();
        writer.write_all(text.as_bytes()).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

#[test]
fn cells_keep_what_they_are() {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet().set_name("Логи").unwrap();
    let (percent, date, clock, span) = (
        Style::new().set_num_format("0.0%"),
        Style::new().set_num_format("dd/mm/yyyy hh:mm"),
        Style::new().set_num_format("hh:mm"),
        Style::new().set_num_format("[h]:mm"),
    );
    sheet.write(0, 0, "Depth").unwrap();
    sheet.write(0, 2, 0.1).unwrap();
    sheet.write(0, 3, true).unwrap();
    sheet.write_with_format(0, 4, 0.07, &percent).unwrap();
    let moment = Moment::parse_from_str("2020-01-05T13:07:09").unwrap();
    sheet.write_with_format(2, 0, &moment, &date).unwrap();
    sheet.write_with_format(2, 1, 0.5, &clock).unwrap();
    sheet.write_with_format(2, 2, 1.25, &span).unwrap();
    sheet.write_formula(2, 3, Formula::new("=1/3").set_result("0.3333333333333333")).unwrap();
    sheet.write_formula(2, 4, Formula::new("=NA()").set_result("#N/A")).unwrap();
    sheet.merge_range(4, 0, 5, 1, "merged", &Style::new()).unwrap();
    workbook.add_worksheet().set_name("Hidden").unwrap().set_hidden(true);
    let book = gathered(&workbook.save_to_buffer().unwrap()).unwrap();
    let [logs, hidden] = &*book.sheets else { panic!("two sheets") };
    assert_eq!((&*logs.name, logs.hidden, &*hidden.name, hidden.hidden), ("Логи", false, "Hidden", true));
    assert_eq!((logs.rows(), logs.line(0), logs.line(1), hidden.rows()), (3, 1, 3, 0));
    let first = [Value::Text("Depth"), Value::Empty, Value::Number(0.1), Value::Bool(true), Value::Percent(0.07)];
    assert_eq!(row(logs, 0), first);
    let second = [
        Value::DateTime(1_578_229_629.0),
        Value::Time(43_200.0),
        Value::Time(108_000.0),
        Value::Number(0.333_333_333_333_333_3),
        Value::Error(CellError::NotAvailable),
    ];
    assert_eq!(row(logs, 1), second);
    let merged = Merged { first_row: 5, last_row: 6, first_column: 0, last_column: 1 };
    assert_eq!(logs.merged, [merged]);
}

#[test]
fn dates_follow_the_calendar_of_the_workbook() {
    let cell = "<row r=\"1\"><c r=\"A1\" s=\"1\"><v>42373</v></c></row>";
    let since_1900 = gathered(&raw("", cell)).unwrap();
    let since_1904 = gathered(&raw("<workbookPr date1904=\"1\"/>", cell)).unwrap();
    assert_eq!(since_1900.sheets[0].value(0, 0), Value::DateTime(1_451_865_600.0));
    assert_eq!(since_1904.sheets[0].value(0, 0), Value::DateTime(1_451_865_600.0 + 1_462.0 * 86_400.0));
}

#[test]
fn a_percent_sign_that_is_a_literal_shows_no_percent() {
    let cells = "<row><c s=\"2\"><v>0.5</v></c><c s=\"3\"><v>0.5</v></c><c s=\"99\"><v>1</v></c></row>";
    let book = gathered(&raw("", cells)).unwrap();
    assert_eq!(row(&book.sheets[0], 0), [Value::Percent(0.5), Value::Number(0.5), Value::Number(1.0)]);
}

#[test]
fn cells_out_of_order_are_refused() {
    let rows = "<row r=\"2\"><c r=\"A2\"><v>1</v></c></row><row r=\"1\"><c r=\"A1\"><v>1</v></c></row>";
    assert!(gathered(&raw("", rows)).unwrap_err().contains("sheet S, row 1: its cells are out of order"));
    let cells = "<row r=\"1\"><c r=\"B1\"><v>1</v></c><c r=\"B1\"><v>2</v></c></row>";
    assert!(gathered(&raw("", cells)).unwrap_err().contains("out of order"));
}

#[test]
fn cells_at_the_far_end_cost_no_more_than_they_may() {
    let far = "<row r=\"1048576\"><c r=\"XFD1048576\"><v>1</v></c></row>";
    let book = gathered(&raw("", far)).unwrap();
    assert_eq!((book.sheets[0].rows(), book.sheets[0].line(0), book.sheets[0].len(0)), (1, 1_048_576, 16_384));
    let many: String = (1..4_000).map(|row| format!("<row r=\"{row}\"><c r=\"XFD{row}\"><v>1</v></c></row>")).collect();
    assert!(gathered(&raw("", &many)).unwrap_err().contains("cells"));
}

#[test]
fn what_the_reader_cannot_read_is_refused() {
    let string = "<row r=\"1\"><c r=\"A1\" t=\"s\"><v>7</v></c></row>";
    assert!(gathered(&raw("", string)).unwrap_err().contains("cannot be read"));
    let unclosed = "<row r=\"1\"><c r=\"A1\"><v>7";
    assert!(gathered(&raw("", unclosed)).is_err());
    assert!(gathered(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1 and no more").unwrap_err().contains("cannot be read"));
    assert!(gathered(b"MD,GR\n").unwrap_err().contains("not a workbook"));
}

#[test]
fn a_long_sheet_comes_in_many_frames() {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    for row in 0..3_000 {
        sheet.write(row, 0, f64::from(row)).unwrap();
        sheet.write(row, 1, format!("row {row} {}", "x".repeat(100))).unwrap();
    }
    let book = gathered(&workbook.save_to_buffer().unwrap()).unwrap();
    assert_eq!(book.sheets[0].rows(), 3_000);
    assert_eq!(book.sheets[0].value(2_999, 0), Value::Number(2_999.0));
}

#[test]
fn frames_out_of_place_are_not_taken() {
    let mut gathering = Gathering::default();
    let rows = |line| Frame::Rows(vec![WireRow { line, cells: vec![WireCell::Bool(true)] }]);
    assert!(matches!(gathering.take(rows(1)), Err(WorkerError::Garbled { .. })));
    gathering.take(Frame::Sheet { name: "S".into(), hidden: false }).unwrap();
    gathering.take(rows(2)).unwrap();
    assert!(matches!(gathering.take(rows(2)), Err(WorkerError::Garbled { .. })));
    assert!(matches!(gathering.take(Frame::End), Err(WorkerError::Garbled { .. })));
    let wide = Frame::Rows(vec![WireRow { line: 9, cells: vec![WireCell::Empty(u16::MAX)] }]);
    assert!(gathering.take(wide).is_err());
}
