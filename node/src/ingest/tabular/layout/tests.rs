use super::*;
use crate::ingest::tabular::mapping::SourceMapping;
use crate::ingest::tabular::sheet::{Merged, RawBook};
use crate::ingest::tabular::text::read_text;

fn book(text: &str) -> RawBook {
    read_text(text.as_bytes(), &SourceMapping::default()).unwrap()
}

/// Returns the lines of header, units and first row.
fn lines(text: &str) -> (Vec<u32>, Option<u32>, u32) {
    lines_of(&book(text), &TableMapping::default()).unwrap().unwrap()
}

type Lines = (Vec<u32>, Option<u32>, u32);

fn lines_of(book: &RawBook, given: &TableMapping) -> Result<Option<Lines>, MappingError> {
    let sheet = &book.sheets[0];
    let found = find(sheet, book.format, given, &Rules::default())?;
    Ok(found.map(|layout| {
        let header = layout.header.iter().map(|&row| sheet.line(row)).collect();
        (header, layout.units.map(|row| sheet.line(row)), sheet.line(layout.first))
    }))
}

const ROWS: &str = "1000,20.5,0.2\n1001,21.5,0.3\n1002,,0.4\n1003,22,0.5\n";

#[test]
fn a_plain_header_is_found() {
    assert_eq!(lines(&format!("DEPT,GR,NPHI\n{ROWS}")), (vec![1], None, 2));
}

#[test]
fn titles_stand_above_the_header() {
    let titled = format!("Well: A-1,,\nKB,25.3,\nDate,2020-01-05,\n,,\nDEPT,GR,NPHI\n{ROWS}");
    assert_eq!(lines(&titled), (vec![5], None, 6));
    let prose = format!("Logs of the northern field\nprepared by us; as is\n\nDEPT,GR,NPHI\n{ROWS}");
    assert_eq!(lines(&prose), (vec![4], None, 5));
}

#[test]
fn a_title_of_one_cell_is_no_header() {
    assert_eq!(lines("Gamma log\nDEPT,GR\n1000,20\n1001,21\n"), (vec![2], None, 3));
}

#[test]
fn the_header_may_stand_as_far_down_as_line_fifty() {
    let titled = format!("{}DEPT,GR,NPHI\n{ROWS}", "a remark,,\n".repeat(49));
    assert_eq!(lines(&titled), (vec![50], None, 51));
}

#[test]
fn units_stand_below_or_above_the_names() {
    assert_eq!(lines(&format!("DEPT,GR,NPHI\nm,gAPI,v/v\n{ROWS}")), (vec![1], Some(2), 3));
    assert_eq!(lines(&format!("DEPT,GR,NPHI\n(m),[gAPI],-\n\n{ROWS}")), (vec![1], Some(2), 4));
    assert_eq!(lines(&format!("m,gAPI,v/v\nDEPT,GR,NPHI\n{ROWS}")), (vec![2], Some(1), 3));
    assert_eq!(lines(&format!("m,s,K\n{ROWS}")), (vec![1], None, 2), "a single row has the names");
}

#[test]
fn headers_of_several_rows_are_kept_together() {
    let two = format!("Depth,Gamma,Neutron\nmeasured,ray,porosity\nm,gAPI,v/v\n{ROWS}");
    assert_eq!(lines(&two), (vec![1, 2], Some(3), 4));
    let mut grouped = book(&format!("Title here,,\nDepth,Logs,\nDEPT,GR,NPHI\n{ROWS}"));
    grouped.sheets[0].merged.push(Merged { first_row: 2, last_row: 2, first_column: 1, last_column: 2 });
    assert_eq!(lines_of(&grouped, &TableMapping::default()).unwrap(), Some((vec![2, 3], None, 4)));
}

#[test]
fn a_table_may_lack_a_header() {
    assert_eq!(lines(ROWS), (vec![], None, 1));
}

#[test]
fn names_may_be_numbers() {
    assert_eq!(lines(&format!("DEPT,1,2\n{ROWS}")), (vec![1], None, 2));
}

#[test]
fn tables_of_text_begin_below_the_first_full_row() {
    assert_eq!(lines("Wells of the field,\nWell,Operator\nA-1,Us\nB-2,Them\n"), (vec![2], None, 3));
}

#[test]
fn sparse_rows_are_data() {
    let sparse = "DEPT,A,B,C\n1000,,,\n1001,,,\n1002,1,,\n1003,,,2\n1004,1,2,3\n1005,1,2,3\n1006,,2,3\n1007,1,2,\n";
    assert_eq!(lines(sparse), (vec![1], None, 2));
}

#[test]
fn a_mapping_wins() {
    let text = format!("DEPT,GR,NPHI\nm,gAPI,v/v\n{ROWS}");
    let given = TableMapping { first_row: Some(4), ..TableMapping::default() };
    assert_eq!(lines_of(&book(&text), &given).unwrap().unwrap().2, 4);
    let given = TableMapping { header_rows: Some(vec![1]), unit_row: Some(0), ..TableMapping::default() };
    assert_eq!(lines_of(&book(&text), &given).unwrap().unwrap(), (vec![1], None, 2));
    let given = TableMapping { header_rows: Some(vec![1]), ..TableMapping::default() };
    assert_eq!(lines_of(&book(&text), &given).unwrap().unwrap(), (vec![1], Some(2), 3));
    let given = TableMapping { at: 7, first_row: Some(99), ..TableMapping::default() };
    let Err(MappingError::Unfit { line: 7, message }) = lines_of(&book(&text), &given) else { panic!() };
    assert!(message.contains("line 99") && message.contains("the last one with any is 6"), "{message}");
    let given = TableMapping { at: 7, first_row: Some(4), last_row: Some(3), ..TableMapping::default() };
    let Err(MappingError::Unfit { line: 7, message }) = lines_of(&book(&text), &given) else { panic!() };
    assert_eq!(message, "the data begins at line 4, below last_row");
}
